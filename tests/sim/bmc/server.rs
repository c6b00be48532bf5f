//! HTTPS in front of the machine, on loopback, for as long as the value lives.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, WWW_AUTHENTICATE};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::machine::Machine;
use super::rules::{Ask, answer};
use super::{PASSWORD, USER};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A certificate and the key behind it.
#[derive(Debug, Clone)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    key: Vec<u8>,
}

impl Identity {
    /// A new self-signed one.
    pub fn make() -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let der = made.signing_key.serialize_der();
        let key = PrivateKeyDer::try_from(der.clone())?;
        let signer = rustls::crypto::ring::sign::any_supported_type(&key)?;
        let chain = vec![made.cert.der().clone()];
        let certified = Arc::new(CertifiedKey::new(chain, signer));
        Ok(Self {
            certified,
            key: der,
        })
    }

    /// The certificate of `self` shown by somebody who has only a key of his own.
    pub fn stolen(&self) -> Result<Self, Failure> {
        let thief = Self::make()?;
        let signer = Arc::clone(&thief.certified.key);
        let chain = self.certified.cert.clone();
        let certified = Arc::new(CertifiedKey::new(chain, signer));
        Ok(Self {
            certified,
            key: thief.key,
        })
    }

    /// The certificate, DER.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certified.cert[0].clone()
    }

    /// The key, PKCS#8 DER.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

#[derive(Debug)]
struct Shared {
    machine: Mutex<Machine>,
    identity: Mutex<Identity>,
    hang_up: Notify,
}

impl Shared {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity(&self) -> MutexGuard<'_, Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Shared {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.identity().certified))
    }
}

/// A running BMC; it goes away with this value.
#[derive(Debug)]
pub struct BmcSim {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for BmcSim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl BmcSim {
    /// Starts the BMC of a machine that is off, at a free port of loopback.
    pub async fn start(serial: &str, uuid: &str) -> Result<Self, Failure> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(anywhere, serial, uuid).await
    }

    /// The same at `address`.
    pub async fn start_at(address: SocketAddr, serial: &str, uuid: &str) -> Result<Self, Failure> {
        let shared = Arc::new(Shared {
            machine: Mutex::new(Machine::new(serial, uuid)),
            identity: Mutex::new(Identity::make()?),
            hang_up: Notify::new(),
        });
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shared>::clone(&shared);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let task = tokio::spawn(accept(listener, acceptor, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// The machine, to look at it or to change it.
    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.shared.machine()
    }

    /// The certificate shown.
    pub fn identity(&self) -> Identity {
        self.shared.identity().clone()
    }

    /// Closes the connections that are open; new ones are taken.
    pub fn hang_up(&self) {
        self.shared.hang_up.notify_waiters();
    }

    /// From the next connection on another certificate is shown.
    pub fn show(&self, identity: Identity) {
        *self.shared.identity() = identity;
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, acceptor.clone(), Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

/// A client that breaks off is its own affair.
async fn converse(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let Ok(tls) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(|request| serve(request, Arc::clone(&shared)));
    let hung_up = shared.hang_up.notified();
    let server = hyper::server::conn::http1::Builder::new();
    tokio::select! {
        _ = server.serve_connection(TokioIo::new(tls), service) => {}
        () = hung_up => {}
    }
}

async fn serve(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let bytes = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let ask = Ask {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        login: header(AUTHORIZATION).map(right_login),
        if_match: header(IF_MATCH).map(str::to_owned),
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    };
    let delay = shared.machine().lies.delay;
    tokio::time::sleep(delay).await;
    let reply = answer(&mut shared.machine(), &ask);
    let mut response = Response::builder()
        .status(reply.status)
        .header(CONTENT_TYPE, "application/json");
    if let Some(etag) = reply.etag {
        response = response.header(ETAG, etag);
    }
    if reply.status == 401 {
        response = response.header(WWW_AUTHENTICATE, "Basic realm=\"Redfish\"");
    }
    let text = if reply.body.is_null() {
        String::new()
    } else {
        reply.body.to_string()
    };
    Ok(response
        .body(Full::new(Bytes::from(text)))
        .unwrap_or_default())
}

fn right_login(header: &str) -> bool {
    let right = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    header.strip_prefix("Basic ") == Some(&right)
}
