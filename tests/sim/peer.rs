//! Somebody else's programs, started by a test and ended with it.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The slowest of them (Python, on a loaded machine) listens after ten seconds.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running program; killed with this value.
#[derive(Debug)]
pub struct Peer {
    child: Child,
}

impl Peer {
    /// Starts it. It must stay in the foreground.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        Ok(Self {
            child: command.spawn()?,
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback where nobody listens.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Waits until somebody listens there.
pub async fn until_listening(address: SocketAddr) -> io::Result<()> {
    let begun = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        if begun.elapsed() > START_LIMIT {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
