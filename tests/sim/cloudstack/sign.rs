//! Who may ask: the signature as `ApiServer.verifyRequest` checks it, written without a look at any client's code.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp, fmt::strtime};
use ring::hmac;

use super::form::Form;

/// Setting `enforce.post.requests.and.timestamps` (4.21): `expires` may not lie further ahead than this.
const EXPIRES_MAX: SignedDuration = SignedDuration::from_mins(15);

/// The key pair of an account.
#[derive(Clone)]
pub struct Keys {
    /// Names the account.
    pub api: String,
    /// Signs.
    pub secret: String,
}

impl Keys {
    /// Reads `APIKEY:SECRETKEY`.
    pub fn read(text: &str) -> Option<Self> {
        let (api, secret) = text.trim().split_once(':')?;
        Some(Self {
            api: api.to_owned(),
            secret: secret.to_owned(),
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keys of {}", self.api)
    }
}

/// Whether `form` is signed by `keys` and not too old. Says why not, for the log; the client is told less.
pub(super) fn verify(form: &Form, keys: &Keys, now: Timestamp) -> Result<(), &'static str> {
    if form.get("apikey") != Some(&keys.api) {
        return Err("unknown api key");
    }
    in_time(form, now)?;
    let given = form.get("signature").ok_or("no signature")?;
    let given = STANDARD
        .decode(given)
        .map_err(|_| "signature is not base64")?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, keys.secret.as_bytes());
    // Compares in constant time.
    hmac::verify(&key, signed_text(form).as_bytes(), &given).map_err(|_| "wrong signature")
}

fn in_time(form: &Form, now: Timestamp) -> Result<(), &'static str> {
    if form.get("signatureversion") != Some("3") {
        return Err("signatureversion is not 3, so nothing says how old this is");
    }
    let expires = form.get("expires").ok_or("no expires")?;
    let expires = strtime::parse("%Y-%m-%dT%H:%M:%S%z", expires)
        .and_then(|parsed| parsed.to_timestamp())
        .map_err(|_| "expires does not parse")?;
    match expires.duration_since(now) {
        left if left <= SignedDuration::ZERO => Err("expired"),
        left if left > EXPIRES_MAX => Err("expires too far ahead"),
        _ => Ok(()),
    }
}

/// All parameters but the signature, sorted by raw name, values as `URLEncoder` writes them, all in lower case.
fn signed_text(form: &Form) -> String {
    let mut pairs: Vec<&(String, String)> = form.0.iter().collect();
    pairs.retain(|(name, _)| !name.eq_ignore_ascii_case("signature"));
    pairs.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
    let mut text = String::new();
    for (name, value) in pairs {
        let joint = if text.is_empty() { "" } else { "&" };
        text.push_str(&format!(
            "{joint}{name}={}",
            java_encoded(value).replace('+', "%20")
        ));
    }
    text.to_lowercase()
}

/// `java.net.URLEncoder`: letters, digits and `.-*_` stay, a space is a plus, the rest are bytes of UTF-8.
fn java_encoded(value: &str) -> String {
    let encoded = value.chars().map(|letter| match letter {
        ' ' => "+".to_owned(),
        _ if letter.is_ascii_alphanumeric() || ".-*_".contains(letter) => letter.to_string(),
        _ => {
            let mut utf8 = [0; 4];
            let bytes = letter.encode_utf8(&mut utf8).bytes();
            bytes.map(|byte| format!("%{byte:02X}")).collect()
        }
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    /// Signed with the JDK's own URLEncoder and HmacSHA1 for `AK-test_1` and `SK-test_1`.
    const SIGNED: &str = "details[0].value=B+c&command=addImageStore&details[0].key=a&apikey=AK-test_1&provider=NFS\
         &signatureversion=3&response=json&expires=2026-01-01T00:00:00%2B0000\
         &signature=Nf%2FosYHfRuG75bK50BDifuITZ00%3D";

    fn verdict(form: &str, now: &str) -> Result<(), &'static str> {
        let keys = Keys::read("AK-test_1:SK-test_1").unwrap();
        verify(&Form::read("", form), &keys, now.parse().unwrap())
    }

    #[test]
    fn what_java_signed_is_good_and_what_was_changed_is_not() {
        let before = "2025-12-31T23:50:00Z";
        for (case, form, now, want) in [
            ("as signed", SIGNED.to_owned(), before, Ok(())),
            ("too late", SIGNED.to_owned(), NOW, Err("expired")),
            (
                "an hour early",
                SIGNED.to_owned(),
                "2025-12-31T23:00:00Z",
                Err("expires too far ahead"),
            ),
            (
                "another value",
                SIGNED.replace("NFS", "nfs2"),
                before,
                Err("wrong signature"),
            ),
            (
                "another key",
                SIGNED.replace("AK-", "BK-"),
                before,
                Err("unknown api key"),
            ),
            (
                "without signature",
                SIGNED.replace("&signature=", "&other="),
                before,
                Err("no signature"),
            ),
            (
                "without version 3",
                SIGNED.replace("signatureversion=3&", ""),
                before,
                Err("signatureversion is not 3, so nothing says how old this is"),
            ),
        ] {
            assert_eq!(verdict(&form, now), want, "{case}");
        }
    }

    #[test]
    fn values_are_encoded_as_java_does() {
        assert_eq!(java_encoded("Tokyo 1+2*3~4_.-"), "Tokyo+1%2B2*3%7E4_.-");
        assert_eq!(java_encoded("東/"), "%E6%9D%B1%2F");
    }
}
