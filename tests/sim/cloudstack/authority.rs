//! The management server's own certificate authority (CA plug-in `root`). Its key is ECDSA here, RSA there.

use std::net::Ipv4Addr;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    IsCa, KeyPair, SanType,
};

/// The authority; a new one every start.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A host's certificate and that of the authority, PEM.
pub(super) struct Issued {
    pub(super) certificate: String,
    pub(super) authority: String,
}

impl Authority {
    /// Makes its key.
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = "ca.cloudstack.apache.org";
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(Self(CertifiedIssuer::self_signed(
            params,
            KeyPair::generate()?,
        )?))
    }

    /// Signs the first request found in `text` (a script's output) for a host. The request proves that the host has the key.
    pub(super) fn issue(&self, text: &str, address: Ipv4Addr) -> Result<Issued, rcgen::Error> {
        let begin = text.find("-----BEGIN").unwrap_or(0);
        let mut request = CertificateSigningRequestParams::from_pem(&text[begin..])?;
        let names = &mut request.params.subject_alt_names;
        names.push(SanType::IpAddress(address.into()));
        names.push(SanType::DnsName(address.to_string().try_into()?));
        Ok(Issued {
            certificate: request.signed_by(&self.0)?.pem(),
            authority: self.0.pem(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl req -new -newkey rsa:2048 -nodes -subj /CN=kvm-01.rack.example`.
    const REQUEST: &str = "\
-----BEGIN CERTIFICATE REQUEST-----
MIICYzCCAUsCAQAwHjEcMBoGA1UEAwwTa3ZtLTAxLnJhY2suZXhhbXBsZTCCASIw
DQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAIrg9DTjI9vWlzUltBYBo4hYAKKW
siJgXF6QtNUMm8x2PBAbYr8yz8NGnxbVqOm71k69v4lynRmyfp3PoTiL2gPsTDyg
034DoDeNlumqX4QESitEWq7nmainUrHnla9qwZ2g3fzhdnZns3ElScL+e49hCg/d
2Yo0XaaCr62/shRuz6NJnk340CYuZBd66+634l8jjQOYfzRaVHjJObr6+xR1lCkK
PVc/xIU9JexzI+M8KZVIYeKaE9Ys2TQ1/suuoFVujVZVyzy2/1xcnm2MP3rJZwTY
7VsYCZkxchRo08vaENaLzyd/zLNMz/uzmZzFo95R2d1UohAV0dP64zcl6IECAwEA
AaAAMA0GCSqGSIb3DQEBCwUAA4IBAQA8u2u/RMXs5F1wYU9TwbxFeHYCKw1Frfwn
mYtrMAK1J6to2sNqE/n7izC30KEB4jtkB06DvMLqPjk3GeKO+tirpWTJPunb2AJh
oMeMsxojf3eoea9xYl2449L+xIoUuAMAGlbLuLJvg0cQ58fTBzmTFwUrxZTEhMsA
TlPtghi/c5d++m/GEgJB7YVVBYJHSnKWIdt+HJPh3mUNZphU+oBXbPj5JCLMUhd/
PazHdPY6Gs59c7WRebl/Yk51oPVTiOTTLM4LaMkpR9MmD65C6zTllScEFGWnf1aK
rpw6gRJGoYM78HYcHTvcM033yqNSl7ANmUQmVtSL9U8ScbFKaTD3
-----END CERTIFICATE REQUEST-----
";

    #[test]
    fn a_request_of_openssl_is_signed_whatever_stands_before_it() {
        let authority = Authority::new().unwrap();
        let text = format!("Generating a key\n{REQUEST}");
        let issued = authority.issue(&text, Ipv4Addr::new(10, 0, 0, 11)).unwrap();
        assert!(
            issued
                .certificate
                .starts_with("-----BEGIN CERTIFICATE-----")
        );
        assert_ne!(issued.certificate, issued.authority);
    }

    #[test]
    fn a_request_that_was_changed_is_refused() {
        let authority = Authority::new().unwrap();
        let changed = REQUEST.replacen("AQ", "AR", 1);
        for text in ["", "no request", changed.as_str()] {
            assert!(
                authority.issue(text, Ipv4Addr::LOCALHOST).is_err(),
                "{text}"
            );
        }
    }
}
