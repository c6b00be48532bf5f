//! The kinds of value in a rack file: what a fault calls each, and the rule it keeps.

use super::of_host::OfHost;
use super::of_storage::OfStorage;
use crate::word::{Alphabet, kind};

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its own entry below")]
#[rustfmt::skip]
pub enum What {
    Name, Mac, Vlan, Vlans, Ip, Address, Address6, Subnet, Subnet6, Service, Pool, Port, PortName, Uuid, Size, Span, Day, Mtu, Link,
    Disk, Package, KernelArg, Url, Domain, Zone, PublicKey, Folder, Serial, Label, Version, Release, Slot, Bmc, Console,
    Role, Host(OfHost), Storage(OfStorage), Dhcp, Route, Language, Family, Loader, Volumes, Driver, Network, Switch, Profile, Os, Cloud, Repo,
}

impl What {
    /// As part of a stable code.
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// As a sentence calls it.
    pub(super) fn noun(self) -> &'static str {
        self.entry().1
    }

    /// What to write.
    pub(super) fn rule(self) -> &'static str {
        self.entry().2
    }

    #[rustfmt::skip]
    fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Name => ("name", "a name", "1 to 63 of a-z, 0-9 and -, not beginning or ending with -"),
            Self::Mac => ("mac", "a MAC address", "six pairs of hex digits of one card, as 52:54:00:ab:cd:01"),
            Self::Vlan => ("vlan", "a VLAN", "2 to 4094 without 1002 to 1005 (0 and 4095 are reserved by IEEE 802.1Q)"),
            Self::Vlans => ("vlans", "a list of VLANs", "numbers and ranges of 2 to 4094, as \"100,200-210\""),
            Self::Ip => ("address", "an address", "an IP address, as 10.0.10.21 or fd00:0:10::21"),
            Self::Address => ("address", "an address", "an IPv4 address, as 10.0.10.21"),
            Self::Address6 => ("address6", "an IPv6 address", "an IPv6 address, as fd00:0:10::21"),
            Self::Subnet => ("subnet", "a subnet", "an IPv4 subnet, as 10.0.10.0/24"),
            Self::Subnet6 => ("subnet6", "an IPv6 subnet", "an IPv6 subnet, as fd00:0:10::/64"),
            Self::Service => ("service", "a service address", "an IP address, with a port if it is not the usual one, as 10.0.9.11 or 10.0.9.11:8443"),
            Self::Pool => ("pool", "a pool", "first and last IPv4 address, as \"10.0.10.100-10.0.10.199\""),
            Self::Port => ("port", "a switch port", "SWITCH:PORT with the port as the switch spells it, as \"tor0:ge-0/0/3\""),
            Self::PortName => ("port-name", "a port of a switch", kind::PortName::RULE),
            Self::Uuid => ("uuid", "a UUID", "the UUID as `dmidecode -s system-uuid` prints it, or leave the line out"),
            Self::Size => ("size", "a size", "whole MiB, or text as \"20 GiB\""),
            Self::Span => ("span", "a span of time", "seconds or minutes up to 30 minutes, as \"90 s\" or \"20 min\""),
            Self::Day => ("day", "a day", "year, month and day, as 2032-05-31"),
            Self::Mtu => ("mtu", "an MTU", "bytes, usually 1500 or 9000"),
            Self::Link => ("interface", "an interface name", kind::LinkName::RULE),
            Self::Disk => ("disk", "a disk", kind::DiskId::RULE),
            Self::Package => ("package", "a package", kind::Package::RULE),
            Self::KernelArg => ("kernel-arg", "a kernel argument", kind::KernelArg::RULE),
            Self::Url => ("url", "a URL", kind::Endpoint::RULE),
            Self::Domain => ("domain", "a domain", kind::Domain::RULE),
            Self::Zone => ("timezone", "a time zone", kind::ZoneName::RULE),
            Self::PublicKey => ("public-key", "an OpenSSH public key", kind::PublicKey::RULE),
            Self::Folder => ("folder", "a folder", "a path from / on, without .. and without line breaks"),
            Self::Serial => ("serial", "a serial number", kind::Serial::RULE),
            Self::Label => ("label", "a text for people", kind::Label::RULE),
            Self::Version => ("version", "a version", kind::Version::RULE),
            Self::Release => ("release", "a release of Enterprise Linux", "8, 9 or 10, best with its minor release, as \"9.8\""),
            Self::Slot => ("slot", "a slot", kind::Label::RULE),
            Self::Bmc => ("bmc", "a BMC address", "the address of one BMC"),
            Self::Console => ("console", "a way to read a console", "how the BMC gives the serial console away"),
            Self::Role => ("role", "a role", "what the network is for"),
            Self::Host(kind) => kind.entry(),
            Self::Storage(kind) => kind.entry(),
            Self::Dhcp => ("dhcp", "a mode of DHCP", "whom DHCP answers on the network"),
            Self::Route => ("route", "a route", "SUBNET via ROUTER, as \"10.9.0.0/16 via 10.0.10.253\""),
            Self::Language => ("language", "a language", "the language of messages"),
            Self::Family => ("family", "an OS family", "the family of the operating system"),
            Self::Volumes => ("volumes", "a kind of volumes", "lvm or plain"),
            Self::Loader => ("loader", "a loader", "the first loader of UEFI nodes"),
            Self::Driver => ("driver", "a driver", "the dialect of the device"),
            Self::Network => ("network", "a network", "the NAME of a [network.NAME]"),
            Self::Switch => ("switch", "a switch", "the NAME of a [switch.NAME]"),
            Self::Profile => ("profile", "a profile", "the NAME of a [profile.NAME]"),
            Self::Os => ("os", "an operating system", "the NAME of an [os.NAME]"),
            Self::Repo => ("repo", "a repository", "the NAME of a [repo.NAME]"),
            Self::Cloud => ("cloud", "a cloud", "the NAME of a [cloud.NAME]"),
        }
    }
}
