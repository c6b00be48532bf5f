//! A real Open vSwitch: its database server on loopback, its switching daemon with the userspace datapath in a network
//! namespace without a name, which ends with it. Seen from outside by its own `ovs-vsctl`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use devices::switch::ovs::Ovs;
use serde_json::{Value, json};
use tests::peer::{Peer, free_address, until_listening};

pub(super) const BRIDGE: &str = "tor0";
const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";

/// A switch with the ports `p1` (access 999), `p2` (access 999) and `up` (access 10) on `tor0`, and `q1` on `tor1`.
pub(super) struct Switch {
    pub(super) address: SocketAddr,
    folder: tempfile::TempDir,
    server: Option<Peer>,
    daemon: Option<Peer>,
}

impl Switch {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address().unwrap();
        let database = folder.path().join("conf.db");
        run(Command::new("ovsdb-tool")
            .arg("create")
            .arg(database)
            .arg(SCHEMA));
        let mut switch = Self {
            address,
            folder,
            server: None,
            daemon: None,
        };
        switch.start_server().await;
        switch.vsctl(&["--no-wait", "init"]);
        let mut daemon = Command::new("unshare");
        let daemon = daemon
            .args(["-n", "ovs-vswitchd", "-vconsole:off"])
            .arg(switch.socket());
        switch.daemon = Some(Peer::start(with_folder(daemon, switch.folder.path())).unwrap());
        for bridge in [BRIDGE, "tor1"] {
            let datapath = "datapath_type=netdev";
            switch.vsctl(&["add-br", bridge, "--", "set", "bridge", bridge, datapath]);
        }
        for (bridge, port, vlan) in [
            (BRIDGE, "p1", "tag=999"),
            (BRIDGE, "p2", "tag=999"),
            (BRIDGE, "up", "tag=10"),
            ("tor1", "q1", "tag=7"),
        ] {
            let kind = ["--", "set", "interface", port, "type=internal"];
            switch.vsctl(&[&["add-port", bridge, port, vlan][..], &kind].concat());
        }
        switch
    }

    /// Kills the database server as a power cut would, and starts it on the same file.
    pub(super) async fn restart_server(&mut self) {
        self.server = None;
        self.start_server().await;
    }

    async fn start_server(&mut self) {
        let folder = self.folder.path();
        let mut server = Command::new("ovsdb-server");
        server.arg("-vconsole:off").arg(folder.join("conf.db"));
        server.arg(format!("--remote=p{}", self.socket()));
        server.arg(format!("--remote=ptcp:{}:127.0.0.1", self.address.port()));
        server.arg("--unixctl").arg(folder.join("server.ctl"));
        self.server = Some(Peer::start(with_folder(&mut server, folder)).unwrap());
        until_listening(self.address).await.unwrap();
    }

    /// Nobody follows the database any more.
    pub(super) fn kill_daemon(&mut self) {
        self.daemon = None;
    }

    pub(super) fn driver(&self) -> Ovs {
        Ovs::new(self.address, BRIDGE)
    }

    fn socket(&self) -> String {
        format!("unix:{}", self.folder.path().join("db.sock").display())
    }

    /// Somebody else's command to the switch, ready to run.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("ovs-vsctl");
        command
            .arg(format!("--db={}", self.socket()))
            .arg("--timeout=20")
            .args(words);
        command
    }

    pub(super) fn vsctl(&self, words: &[&str]) -> String {
        run(&mut self.command(words))
    }

    /// What `ovs-vsctl` shows of a port: `vlan_mode`, `tag`, `trunks`.
    pub(super) fn seen(&self, port: &str) -> Value {
        let columns = "--columns=vlan_mode,tag,trunks";
        let text = self.vsctl(&["--format=json", columns, "list", "port", port]);
        let table: Value = serde_json::from_str(&text).unwrap();
        table["data"][0].clone()
    }

    pub(super) fn is_access(&self, port: &str, vlan: u16) {
        assert_eq!(self.seen(port)[1], json!(vlan), "{port}");
    }
}

fn with_folder<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    for name in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"] {
        command.env(name, folder);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null())
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
