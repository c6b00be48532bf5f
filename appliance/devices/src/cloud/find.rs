//! Is this machine known to the controller? Evidence before a disk is wiped, and before a host is added.

use std::net::Ipv4Addr;

use inventory::id::NodeName;

use super::client::CloudStack;
use super::command::Command;
use super::error::CloudError;
use super::guid::guid_of;
use super::host::{Host, HostState};
use super::signature::Params;

/// In what a known host equals the machine asked about; the strongest that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameAs {
    /// Address and name.
    AddressAndName,
    /// Only its management address.
    Address,
    /// Only the GUID that the controller makes from the address.
    Guid,
    /// Only its name, or the first label of it.
    Name,
}

/// A host the controller has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The host.
    pub host: Host,
    /// In what it equals the machine asked about.
    pub same: SameAs,
}

impl CloudStack {
    /// The hosts that have the name, the management address or the derived GUID of a machine. None: it is not known there.
    pub async fn find_host(
        &self,
        name: &NodeName,
        address: Ipv4Addr,
    ) -> Result<Vec<Known>, CloudError> {
        // System VMs are hosts too; those that run guests are of type Routing.
        let hypervisors = Params::default().with("type", "Routing");
        let hosts = self.list(Command::ListHosts, hypervisors).await?;
        let known = hosts.into_iter().filter_map(|host| {
            let same = same_as(&host, name, address)?;
            Some(Known { host, same })
        });
        Ok(known.collect())
    }
}

/// In what `host` is the machine, if in anything. Deleted hosts count for nothing.
fn same_as(host: &Host, name: &NodeName, address: Ipv4Addr) -> Option<SameAs> {
    let guid = guid_of(address).to_string();
    let same_guid = host.guid.as_ref().is_some_and(|it| it.starts_with(&guid));
    match (host.address == Some(address), same_name(&host.name, name)) {
        _ if host.state == HostState::Removed => None,
        (true, true) => Some(SameAs::AddressAndName),
        (true, false) => Some(SameAs::Address),
        (false, _) if same_guid => Some(SameAs::Guid),
        (false, true) => Some(SameAs::Name),
        (false, false) => None,
    }
}

/// Agents report the short or the full host name, as the host's resolver has it.
fn same_name(there: &str, ours: &NodeName) -> bool {
    let label = there.split('.').next().unwrap_or(there);
    label.eq_ignore_ascii_case(ours.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_host_is_ours_by_address_guid_or_name() {
        let guid = "6af97b9f-15b8-3199-9771-8d8248d98157-LibvirtComputingResource";
        for (case, host, same) in [
            (
                "both",
                json!({"id": "1", "name": "kvm-01", "ipaddress": "10.0.0.11", "state": "Up"}),
                Some(SameAs::AddressAndName),
            ),
            (
                "both, with the full name",
                json!({"id": "1", "name": "KVM-01.rack.example", "ipaddress": "10.0.0.11"}),
                Some(SameAs::AddressAndName),
            ),
            (
                "another machine has the address",
                json!({"id": "1", "name": "kvm-09", "ipaddress": "10.0.0.11"}),
                Some(SameAs::Address),
            ),
            (
                "it moved, and kept the GUID of the address",
                json!({"id": "1", "name": "x", "ipaddress": "10.0.0.99", "guid": guid}),
                Some(SameAs::Guid),
            ),
            (
                "the name stands at another address",
                json!({"id": "1", "name": "kvm-01", "ipaddress": "10.0.0.99"}),
                Some(SameAs::Name),
            ),
            (
                "a longer name is another name",
                json!({"id": "1", "name": "kvm-010", "ipaddress": "10.0.0.99"}),
                None,
            ),
            (
                "deleted",
                json!({"id": "1", "name": "kvm-01", "ipaddress": "10.0.0.11", "state": "Removed"}),
                None,
            ),
            (
                "a host of another kind without address",
                json!({"id": "1"}),
                None,
            ),
        ] {
            let host: Host = serde_json::from_value(host).unwrap();
            let name = "kvm-01".parse().unwrap();
            assert_eq!(same_as(&host, &name, [10, 0, 0, 11].into()), same, "{case}");
        }
    }
}
