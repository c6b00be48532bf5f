//! Two network namespaces with a cable between them, gone when dropped. Needs root; says so loudly.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// Both ends of a cable are called so.
pub const DEVICE: &str = "d0";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A server's and a client's namespace. The cable's ends are `d0` in both.
pub struct Cable {
    server: String,
    client: String,
    /// Another cable's end is its server: that one deletes the namespace.
    is_behind: bool,
}

impl Cable {
    /// Lays a cable; the server's end has `address` (with its prefix length).
    pub fn lay(address: &str) -> Self {
        let uid = nix::unistd::geteuid();
        assert!(
            uid.is_root(),
            "this story makes network namespaces: run it as root"
        );
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = |side: &str| format!("hd-{side}-{}-{number}", std::process::id());
        let cable = Self {
            server: name("srv"),
            client: name("cli"),
            is_behind: false,
        };
        let (server, client) = (&cable.server, &cable.client);
        ip(&format!("netns add {server}"));
        ip(&format!("netns add {client}"));
        ip(&format!(
            "link add d0 netns {server} type veth peer name d0 netns {client}"
        ));
        ip(&format!("-n {server} address add {address} dev d0"));
        for namespace in [server, client] {
            ip(&format!("-n {namespace} link set lo up"));
            ip(&format!("-n {namespace} link set d0 up"));
        }
        cable
    }

    /// Lays a cable from the client's namespace of `front` on to a new one. Its near end is `e0` with `address`.
    pub fn behind(front: &Cable, address: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let cable = Self {
            server: front.client.clone(),
            client: format!("hd-far-{}-{number}", std::process::id()),
            is_behind: true,
        };
        let (server, client) = (&cable.server, &cable.client);
        ip(&format!("netns add {client}"));
        ip(&format!(
            "link add e0 netns {server} type veth peer name d0 netns {client}"
        ));
        ip(&format!("-n {server} address add {address} dev e0"));
        ip(&format!("-n {server} link set e0 up"));
        ip(&format!("-n {client} link set lo up"));
        ip(&format!("-n {client} link set d0 up"));
        cable
    }

    /// Makes one wire of a cable and of the one [`Cable::behind`] it: whoever stands between them is on it too, at `address`.
    pub fn bridge(front: &Cable, address: &str) {
        let between = &front.client;
        ip(&format!("-n {between} link add b0 type bridge"));
        for end in ["d0", "e0"] {
            ip(&format!("-n {between} link set {end} master b0"));
        }
        ip(&format!("-n {between} address add {address} dev b0"));
        ip(&format!("-n {between} link set b0 up"));
    }

    /// Tells the server's namespace a route, as `SUBNET via ROUTER`.
    pub fn route_from_server(&self, route: &str) {
        ip(&format!("-n {} route add {route}", self.server));
    }

    /// Gives the client's end another hardware address.
    pub fn set_mac(&self, mac: inventory::net::Mac) {
        ip(&format!("-n {} link set d0 address {mac}", self.client));
    }

    /// Runs a program in the client's namespace to its end.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.client, program]);
        command.args(arguments);
        command
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Gives the server's end one more address.
    pub fn add_to_server(&self, address: &str) {
        ip(&format!(
            "-n {} address add {address} dev {DEVICE}",
            self.server
        ));
    }

    /// Gives the client's end one more address.
    pub fn add_to_client(&self, address: &str) {
        ip(&format!(
            "-n {} address add {address} dev {DEVICE}",
            self.client
        ));
    }

    /// Takes the server's end out.
    pub fn unplug_server(&self) {
        ip(&format!("-n {} link set {DEVICE} down", self.server));
    }

    /// A program to be run in the server's namespace; its process is the program's own.
    pub fn on_server(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.server]).arg(program);
        command
    }

    /// The same in the client's namespace.
    pub fn on_client(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.client]).arg(program);
        command
    }

    /// Moves the calling thread into the server's namespace.
    pub fn enter_server(&self) {
        enter(&self.server);
    }

    /// Moves the calling thread into the client's namespace.
    pub fn enter_client(&self) {
        enter(&self.client);
    }
}

fn enter(namespace: &str) {
    let path = format!("/run/netns/{namespace}");
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let entered = nix::sched::setns(file, nix::sched::CloneFlags::CLONE_NEWNET);
    entered.unwrap_or_else(|error| panic!("{path}: {error}"));
}

impl Drop for Cable {
    fn drop(&mut self) {
        let server = (!self.is_behind).then_some(&self.server);
        for namespace in server.into_iter().chain([&self.client]) {
            let _ = Command::new("ip")
                .args(["netns", "del", namespace])
                .status();
        }
    }
}

fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    let output = output.unwrap_or_else(|error| panic!("ip: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {said}");
}
