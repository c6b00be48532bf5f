//! Somebody else's BMC that speaks IPMI: OpenIPMI's `ipmi_sim`, whose machine's serial port is in the test's hands. It knows
//! cipher suite 3 only. `tests/setup.sh` installs it.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::bmc::{PASSWORD, USER};
use crate::peer::Peer;

/// How long the machine's serial port waits for its reader before what is said is lost.
const ACCEPT_LIMIT: Duration = Duration::from_millis(50);

/// What it is told before it listens.
const COMMANDS: &str = "mc_setbmc 0x20\n\
    mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\n\
    mc_enable 0x20\n";

/// A running BMC; ends with this value.
#[derive(Debug)]
pub struct IpmiSim {
    /// Where it listens (UDP).
    pub address: SocketAddr,
    port: TcpListener,
    reader: Option<TcpStream>,
    _program: Peer,
    _folder: tempfile::TempDir,
}

impl IpmiSim {
    /// One on loopback.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start() -> io::Result<Self> {
        let free = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        Self::start_at(free).await
    }

    /// One that listens at `address`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_at(address: SocketAddr) -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0").await?;
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        std::fs::write(path.join("lan.conf"), config(address, port.local_addr()?))?;
        std::fs::write(path.join("commands"), COMMANDS)?;
        let program = Peer::start(&mut command(path))?;
        Ok(Self {
            address,
            port,
            reader: None,
            _program: program,
            _folder: folder,
        })
    }

    /// The machine writes to its serial port; lost if the BMC does not read it, which it does while it has a session.
    ///
    /// # Errors
    /// The port is gone.
    pub async fn say(&mut self, text: &[u8]) -> io::Result<()> {
        if let Ok(accepted) = timeout(ACCEPT_LIMIT, self.port.accept()).await {
            self.reader = Some(accepted?.0);
        }
        if let Some(reader) = &mut self.reader
            && reader.write_all(text).await.is_err()
        {
            self.reader = None;
        }
        Ok(())
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("ipmi_sim");
    command.arg("-n").arg("-c").arg(folder.join("lan.conf"));
    command.arg("-f").arg(folder.join("commands"));
    command.arg("-s").arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn config(address: SocketAddr, serial: SocketAddr) -> String {
    format!(
        r#"name "sim"
set_working_mc 0x20
  startlan 1
    addr {} {}
    priv_limit admin
    allowed_auths_admin md5
    guid 11111111222233334444000000000001
  endlan
  sol "tcp:{}:{}" 115200
  user 1 false "" "" user 10 none
  user 2 true "{USER}" "{PASSWORD}" admin 10 md5
"#,
        address.ip(),
        address.port(),
        serial.ip(),
        serial.port(),
    )
}
