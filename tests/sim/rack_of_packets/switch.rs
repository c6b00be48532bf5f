//! The top-of-rack switch: a real Open vSwitch, of which only the configuration counts here. Its daemon lives in a
//! namespace of its own, so packets do not pass through it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::file::{SWITCH, name};
use crate::peer::{Peer, until_listening};

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";

/// A running switch.
pub struct Switch {
    socket: String,
    _daemon: Peer,
    _server: Peer,
}

impl Switch {
    /// Starts it with an idle port for each node. Its files are in `folder`.
    pub async fn start(folder: &Path, nodes: u8) -> io::Result<Self> {
        let database = folder.join("conf.db");
        run(Command::new("ovsdb-tool")
            .arg("create")
            .arg(&database)
            .arg(SCHEMA))?;
        let socket = format!("unix:{}", folder.join("db.sock").display());
        let mut server = Command::new("ovsdb-server");
        server.arg("-vconsole:off").arg(&database);
        server.arg(format!("--remote=p{socket}"));
        server.arg(format!("--remote=ptcp:{}:{}", SWITCH.port(), SWITCH.ip()));
        server.arg("--unixctl").arg(folder.join("server.ctl"));
        let server = Peer::start(with_folder(&mut server, folder))?;
        until_listening(SWITCH).await?;
        let mut daemon = Command::new("unshare");
        daemon
            .args(["-n", "ovs-vswitchd", "-vconsole:off"])
            .arg(&socket);
        vsctl(&socket, &["--no-wait".to_owned(), "init".to_owned()])?;
        let daemon = Peer::start(with_folder(&mut daemon, folder))?;
        vsctl(&socket, &ports(nodes))?;
        Ok(Self {
            socket,
            _daemon: daemon,
            _server: server,
        })
    }

    /// What `ovs-vsctl` shows of node number `n`'s port: its columns `vlan_mode`, `tag`, `trunks`.
    pub fn seen(&self, n: u8) -> io::Result<String> {
        let words = [
            "--format=json",
            "--columns=vlan_mode,tag,trunks",
            "list",
            "port",
        ];
        let mut words: Vec<String> = words.map(str::to_owned).into();
        words.push(name(n));
        vsctl(&self.socket, &words)
    }
}

/// One transaction that makes the bridge and all its ports.
fn ports(nodes: u8) -> Vec<String> {
    let bridge = "add-br tor0 -- set bridge tor0 datapath_type=netdev";
    let idle = (1..=nodes).map(|n| (name(n), 999));
    let ports = idle.chain([("up".to_owned(), 10)]);
    let commands = ports.map(|(port, vlan)| {
        format!(" -- add-port tor0 {port} tag={vlan} -- set interface {port} type=internal")
    });
    let all = bridge.to_owned() + &commands.collect::<String>();
    all.split(' ').map(str::to_owned).collect()
}

fn vsctl(socket: &str, words: &[String]) -> io::Result<String> {
    let mut command = Command::new("ovs-vsctl");
    command
        .arg(format!("--db={socket}"))
        .arg("--timeout=30")
        .args(words);
    run(&mut command)
}

fn with_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    for name in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"] {
        command.env(name, folder);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

fn run(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{command:?}: {errors}")))
}
