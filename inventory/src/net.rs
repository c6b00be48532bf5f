//! Addresses and numbers of networks: MAC, VLAN, VLAN sets, switch ports. Spellings are made one at the edge.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::SwitchName;
use crate::word::PortName;

/// An Ethernet address. Read from `52:54:00:ab:cd:01` or with dashes, in either case; written lower-case with colons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// Why a text is not a MAC address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a MAC address: write six pairs of hex digits, as 52:54:00:ab:cd:01")]
pub struct BadMac(pub String);

impl Mac {
    /// With dashes, lower case: as GRUB's per-client configuration and Anaconda's BOOTIF spell it.
    pub fn dashed(&self) -> String {
        self.to_string().replace(':', "-")
    }
}

impl FromStr for Mac {
    type Err = BadMac;
    fn from_str(text: &str) -> Result<Self, BadMac> {
        let bad = || BadMac(text.to_owned());
        let mut bytes = [0; 6];
        let mut pairs = text.split([':', '-']);
        for byte in &mut bytes {
            let pair = pairs
                .next()
                .filter(|pair| pair.len() == 2)
                .ok_or_else(bad)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        if pairs.next().is_some() {
            Err(bad())
        } else {
            Ok(Self(bytes))
        }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Mac {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An address as it stands in a URL: an IPv6 one in brackets (RFC 3986 §3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlHost(pub IpAddr);

impl fmt::Display for UrlHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// A VLAN number a port can carry: 1 to 4094 (IEEE 802.1Q: 0 is priority-tagged, 4095 reserved).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Vlan(u16);

/// Why a number is not a VLAN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a VLAN: use 1 to 4094")]
pub struct BadVlan(pub u16);

impl Vlan {
    /// The VLAN of this number, if it is one.
    pub fn new(number: u16) -> Result<Self, BadVlan> {
        if (1..=4094).contains(&number) {
            Ok(Self(number))
        } else {
            Err(BadVlan(number))
        }
    }

    /// The number, 1 to 4094.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Vlan {
    type Error = BadVlan;
    fn try_from(number: u16) -> Result<Self, BadVlan> {
        Self::new(number)
    }
}

impl From<Vlan> for u16 {
    fn from(vlan: Vlan) -> u16 {
        vlan.0
    }
}

impl fmt::Display for Vlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A set of VLANs, written as `100,200-210`. Compared as a set, whatever the spelling was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VlanSet(pub BTreeSet<Vlan>);

impl FromStr for VlanSet {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut set = BTreeSet::new();
        for part in text.split(',').map(str::trim) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| {
                text.trim()
                    .parse::<u16>()
                    .map_err(|_| format!("`{text}` is not a VLAN number"))
            };
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(format!("`{part}` runs backwards: write {last}-{first}"));
            }
            for number in first..=last {
                set.insert(Vlan::new(number).map_err(|error| error.to_string())?);
            }
        }
        Ok(Self(set))
    }
}

impl fmt::Display for VlanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for vlan in &self.0 {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == vlan.0 => *last = vlan.0,
                Some(_) | None => runs.push((vlan.0, vlan.0)),
            }
        }
        for (at, (first, last)) in runs.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

/// A port of a switch, written as `SWITCH:PORT`; the port is spelled as the switch spells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId {
    /// The switch.
    pub switch: SwitchName,
    /// The port in the switch's own spelling, for example `ge-0/0/3`.
    pub port: PortName,
}

/// Why a text is not a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a port: write SWITCH:PORT, as tor0:eth3")]
pub struct BadPort(pub String);

impl FromStr for PortId {
    type Err = BadPort;
    fn from_str(text: &str) -> Result<Self, BadPort> {
        let bad = || BadPort(text.to_owned());
        let (switch, port) = text.split_once(':').ok_or_else(bad)?;
        Ok(Self {
            switch: switch.parse().map_err(|_| bad())?,
            port: port.parse().map_err(|_| bad())?,
        })
    }
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.switch, self.port)
    }
}

impl Serialize for PortId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mac_reads_what_it_writes(bytes: [u8; 6]) {
            let mac = Mac(bytes);
            prop_assert_eq!(mac.to_string().parse::<Mac>().unwrap(), mac);
            prop_assert_eq!(mac.dashed().to_uppercase().parse::<Mac>().unwrap(), mac);
        }

        #[test]
        fn a_vlan_set_reads_what_it_writes(numbers in proptest::collection::btree_set(1u16..=4094, 1..40)) {
            let set = VlanSet(numbers.into_iter().map(|number| Vlan::new(number).unwrap()).collect());
            prop_assert_eq!(set.to_string().parse::<VlanSet>().unwrap(), set);
        }
    }

    #[test]
    fn what_is_no_vlan_is_refused() {
        for text in ["0", "4095", "10-5", "x", "", "1,,2"] {
            assert!(text.parse::<VlanSet>().is_err(), "{text}");
        }
    }
}
