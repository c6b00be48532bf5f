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
