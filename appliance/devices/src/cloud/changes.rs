//! What adding a host changes on it, beyond what was installed: for whoever looks afterwards whether all is as it should be.
//! Facts of CloudStack 4.19 to 4.22 (`cloudstack-setup-agent` and its keystore scripts).

use std::ops::RangeInclusive;

/// Ports that something listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// From, to.
    pub ports: RangeInclusive<u16>,
}

/// What registration changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What may be listened on afterwards.
    pub listening: &'static [Listening],
    /// Units that run afterwards.
    pub units: &'static [&'static str],
    /// Whether libvirt answers over TLS afterwards: the controller delivered its certificates.
    pub libvirt_tls: bool,
    /// Whether its set-up may have made SELinux permissive (`cloud-controllers.md` B3).
    pub may_relax_selinux: bool,
}

const fn tcp(from: u16, to: u16) -> Listening {
    Listening {
        protocol: "tcp",
        ports: from..=to,
    }
}

/// libvirt over TLS, migration (QEMU's own ports, and the agent's), VNC consoles.
const LISTENING: [Listening; 4] = [
    tcp(16514, 16514),
    tcp(49152, 49216),
    tcp(1798, 1798),
    tcp(5900, 6100),
];

/// What registration with CloudStack changes.
pub fn changes() -> Changes {
    Changes {
        listening: &LISTENING,
        units: &["cloudstack-agent"],
        libvirt_tls: true,
        may_relax_selinux: true,
    }
}
