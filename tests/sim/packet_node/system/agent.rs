//! The cloud agent of a registered host, as the simulated management server hears it: a hello, then pings.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

/// Between two pings. A real agent's is a minute.
const PING: Duration = Duration::from_millis(50);

/// The certificate request that `keystore-setup` prints.
pub(super) fn request(name: &str) -> (String, u32) {
    let made = rcgen::KeyPair::generate().and_then(|key| {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()])?;
        params.serialize_request(&key)?.pem()
    });
    match made {
        Ok(pem) => (pem, 0),
        Err(error) => (error.to_string(), 1),
    }
}

/// Talks until nobody listens.
pub(super) async fn talk(from: Ipv4Addr, to: SocketAddr, (guid, host): (String, String)) {
    let Ok(socket) = TcpSocket::new_v4() else {
        return;
    };
    if socket.bind((from, 0).into()).is_err() {
        return;
    }
    let Ok(mut stream) = socket.connect(to).await else {
        return;
    };
    let mut word = "startup";
    loop {
        let line = format!("hinode-standin-agent {word} guid={guid} host={host}\n");
        if stream.write_all(line.as_bytes()).await.is_err() {
            return;
        }
        word = "ping";
        tokio::time::sleep(PING).await;
    }
}
