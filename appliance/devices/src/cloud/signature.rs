//! The request signature, exactly as the server recomputes it (`ApiServer.verifyRequest`). Pure.
//!
//! Sorted by raw name in byte order, values encoded as Java's `URLEncoder` does with `%20` for a space, the whole
//! lower-cased, HMAC-SHA1, base64. SHA-1 is the server's choice; as a keyed MAC it still stands.

use std::collections::BTreeMap;
use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inventory::secret::Secret;
use ring::hmac;

/// The parameters of one request. Each name once: the server signs only the first of two equal names.
/// Names are ASCII and, by our own rule, lower case, so that no two servers sort them differently.
#[derive(Clone, Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    /// With one more parameter; a name given twice keeps the later value.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// What is signed.
    pub(super) fn to_sign(&self) -> String {
        self.joined(|name| name.to_owned()).to_lowercase()
    }

    /// The body of a form POST.
    pub(super) fn to_form(&self) -> String {
        self.joined(encode)
    }

    /// With the parameter `signature`.
    pub(super) fn signed(self, secret: &Secret) -> Self {
        let signature = sign(&self.to_sign(), secret);
        self.with("signature", signature)
    }

    fn joined(&self, name_as: impl Fn(&str) -> String) -> String {
        let pairs = self.0.iter();
        let texts = pairs.map(|(name, value)| format!("{}={}", name_as(name), encode(value)));
        texts.collect::<Vec<_>>().join("&")
    }
}

/// Values may be secrets: only names are printed.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// HMAC-SHA1 of `text` under the secret key, base64 with padding.
fn sign(text: &str, secret: &Secret) -> String {
    let key = hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        secret.expose().as_bytes(),
    );
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// `java.net.URLEncoder.encode(text, "UTF-8")` with `%20` for its `+`. Unlike RFC 3986, `*` stays bare and `~` does not.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(byte.into());
            }
            reserved => out.push_str(&format!("%{reserved:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    // Vectors made with JDK 17's own `URLEncoder` and `HmacSHA1`, and the worked example of the official developer guide.

    use proptest::prelude::*;

    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let all = pairs.iter();
        all.fold(Params::default(), |all, (name, value)| {
            all.with(name, *value)
        })
    }

    /// Case, parameters besides `apikey` and `response`, string to sign, signature.
    type Vector<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);

    const VECTORS: &[Vector] = &[
        (
            "a plain list",
            &[
                ("apikey", "AK-test_1"),
                ("command", "listHosts"),
                ("type", "Routing"),
            ],
            "apikey=ak-test_1&command=listhosts&response=json&type=routing",
            "gel5xQD+QrTeVfr485vh70G9q1A=",
        ),
        (
            "a space, a plus, a bare star, a tilde that must not stay bare",
            &[
                ("apikey", "AK-test_1"),
                ("command", "createZone"),
                ("name", "Tokyo 1+2*3~4"),
            ],
            "apikey=ak-test_1&command=createzone&name=tokyo%201%2b2*3%7e4&response=json",
            "X3LxxgRfFOnPnFS9NT/S9ojo+7E=",
        ),
        (
            "a password of reserved characters",
            &[
                ("apikey", "AK-test_1"),
                ("command", "addHost"),
                ("password", "p@ss/w:rd&=%#?"),
                ("url", "http://10.0.0.11"),
                ("username", "root"),
            ],
            "apikey=ak-test_1&command=addhost&password=p%40ss%2fw%3ard%26%3d%25%23%3f&response=json\
         &url=http%3a%2f%2f10.0.0.11&username=root",
            "iEPG2YJATNjhvDvF38tu7C5i4qU=",
        ),
        (
            "Japanese text",
            &[
                ("apikey", "AK-test_1"),
                ("command", "createPod"),
                ("name", "東京ラック"),
            ],
            "apikey=ak-test_1&command=createpod\
         &name=%e6%9d%b1%e4%ba%ac%e3%83%a9%e3%83%83%e3%82%af&response=json",
            "FvXiSQv/S9wmpt9qsQLIiqDZCTo=",
        ),
        (
            "a map parameter and signature version 3",
            &[
                ("apikey", "AK-test_1"),
                ("command", "addImageStore"),
                ("details[0].key", "a"),
                ("details[0].value", "B c"),
                ("expires", "2026-01-01T00:00:00+0000"),
                ("provider", "NFS"),
                ("signatureversion", "3"),
            ],
            "apikey=ak-test_1&command=addimagestore&details[0].key=a&details[0].value=b%20c\
         &expires=2026-01-01t00%3a00%3a00%2b0000&provider=nfs&response=json&signatureversion=3",
            "Nf/osYHfRuG75bK50BDifuITZ00=",
        ),
        (
            "names of mixed case sort before they are lower-cased",
            &[
                ("Available", "true"),
                ("apiKey", "AK-test_1"),
                ("command", "listZones"),
                ("zoneId", "1"),
            ],
            "available=true&apikey=ak-test_1&command=listzones&response=json&zoneid=1",
            "rB8ymWLutx8ReiCFLsoim8UUheo=",
        ),
    ];

    #[test]
    fn signs_as_the_server_does() {
        let secret = Secret::new("SK-test_1".to_owned());
        for (case, pairs, to_sign, signature) in VECTORS {
            let params = params(pairs).with("response", "json");
            assert_eq!(params.to_sign(), *to_sign, "{case}");
            assert_eq!(sign(&params.to_sign(), &secret), *signature, "{case}");
        }
    }

    #[test]
    fn signs_the_example_of_the_developer_guide() {
        let key = "plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg";
        let secret = "VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ";
        let params = params(&[("apikey", key), ("command", "listUsers")]).with("response", "json");
        let signature = sign(&params.to_sign(), &Secret::new(secret.to_owned()));
        assert_eq!(signature, "TTpdDq/7j/J58XCRHomKoQXEQds=");
    }

    /// What any form parser does.
    fn decode(text: &str) -> String {
        let mut bytes = text.bytes();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                out.push(if byte == b'+' { b' ' } else { byte });
            }
        }
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn the_wire_form_decodes_to_what_was_meant(
            meant in proptest::collection::btree_map("[a-z\\[\\].0-9]{1,12}", any::<String>(), 0..6)
        ) {
            let form = Params(meant.clone()).to_form();
            let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let read: BTreeMap<_, _> = pairs.map(|(name, value)| (decode(name), decode(value))).collect();
            prop_assert_eq!(read, meant);
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", params(&[("password", "hunter2")]));
        assert_eq!(shown, r#"{"password"}"#);
    }
}
