//! The API key pair of an account with the Root Admin role (`registerUserKeys` makes one).

use inventory::secret::Secret;

/// API key and secret key.
pub(super) struct ApiKey {
    /// Sent with every request.
    pub(super) key: String,
    /// Signs, and is never sent.
    pub(super) secret: Secret,
}

impl ApiKey {
    /// Reads `APIKEY:SECRETKEY`; `None` if it is not that. Neither part holds a colon: both are URL-safe base64.
    pub(super) fn read(credential: &Secret) -> Option<Self> {
        let (key, secret) = credential.expose().trim().split_once(':')?;
        let whole = !key.is_empty() && !secret.is_empty() && !secret.contains(':');
        whole.then(|| Self {
            key: key.to_owned(),
            secret: Secret::new(secret.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pair_has_two_parts() {
        for (case, text, good) in [
            ("key and secret", "AK:SK", true),
            ("a line end from a file", "AK:SK\n", true),
            ("only a key", "AK", false),
            ("no secret", "AK:", false),
            ("no key", ":SK", false),
            ("three parts", "AK:S:K", false),
        ] {
            let read = ApiKey::read(&Secret::new(text.to_owned()));
            assert_eq!(read.is_some(), good, "{case}");
        }
    }
}
