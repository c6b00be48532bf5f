//! Trust on first use: the SHA-256 of the BMC's certificate is learned once, and any other is refused afterwards.
//!
//! BMCs come with certificates that no authority signed, so chains and names say nothing; the certificate itself does.
//! The signature of the handshake is still verified: who shows the certificate must hold its key.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

/// SHA-256 of a certificate in DER, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// Why a text is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a certificate fingerprint: write the SHA-256 of the certificate as 64 hex digits"
)]
pub struct BadFingerprint(pub String);

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.replace(':', ""), &mut bytes)
            .map_err(|_| BadFingerprint(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Accepts one certificate: the pinned one, or the first one seen.
#[derive(Debug)]
pub(super) struct Pinning {
    pin: OnceLock<Fingerprint>,
    shown: Mutex<Option<Fingerprint>>,
    provider: Arc<CryptoProvider>,
}

impl Pinning {
    pub(super) fn new(pin: Option<Fingerprint>) -> Self {
        Self {
            pin: pin.map(OnceLock::from).unwrap_or_default(),
            shown: Mutex::default(),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        }
    }

    /// The certificate trusted; none before the first handshake of an unpinned BMC.
    pub(super) fn pin(&self) -> Option<Fingerprint> {
        self.pin.get().copied()
    }

    /// The pin and what was shown last, if that was another.
    pub(super) fn mismatch(&self) -> Option<(Fingerprint, Fingerprint)> {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = self.pin().zip(shown);
        pair.filter(|(pin, shown)| pin != shown)
    }
}

/// TLS that trusts what `pinning` trusts, for a client that shows no certificate of its own. Every connection is verified.
pub(super) fn client_config(pinning: Arc<Pinning>) -> Result<ClientConfig, Error> {
    let provider = Arc::clone(&pinning.provider);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(pinning)
        .with_no_client_auth();
    // A resumed session shows no certificate, and so could hide that it changed.
    config.resumption = Resumption::disabled();
    Ok(config)
}

impl ServerCertVerifier for Pinning {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(end_entity);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        if *self.pin.get_or_init(|| shown) == shown {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
