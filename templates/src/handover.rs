//! Handing installed nodes over to Ansible: its dynamic inventory (developing_inventory in Ansible's documentation), and
//! the host keys that go with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use inventory::rack::{Family, Node, Rack};
use serde_json::{Map, Value, json};

/// What is known of a node beyond the rack file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// SSH host key made on the node, one line, OpenSSH format; none before its first verification.
    pub host_key: Option<String>,
    /// Its host id at the cloud controller.
    pub cloud_host: Option<String>,
    /// Serial number as recognised.
    pub serial: Option<String>,
}

/// What is known of each node, by name.
pub type KnownNodes = BTreeMap<String, Known>;

/// The answer to `--list`: groups, and the variables of every host under `_meta`, so that Ansible asks once.
pub fn list(rack: &Rack, known: &KnownNodes) -> Value {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut hosts = Map::new();
    for node in rack.nodes.values() {
        let name = node.name.as_str();
        for group in groups_of(rack, node, known) {
            groups.entry(group).or_default().push(name);
        }
        hosts.insert(name.to_owned(), variables(rack, node, known));
    }
    let mut all = Map::new();
    for (group, members) in groups {
        all.insert(group, json!({ "hosts": members }));
    }
    all.insert("_meta".to_owned(), json!({ "hostvars": hosts }));
    Value::Object(all)
}

/// The answer to `--host NAME`; none if there is no such node.
pub fn host(rack: &Rack, known: &KnownNodes, name: &str) -> Option<Value> {
    let node = rack
        .nodes
        .values()
        .find(|node| node.name.as_str() == name)?;
    Some(variables(rack, node, known))
}

/// Lines of a `known_hosts` file: every node whose own key is known, by name and address (sshd(8)).
pub fn known_hosts(rack: &Rack, known: &KnownNodes) -> String {
    let mut lines = String::new();
    for node in rack.nodes.values() {
        let key = known.get(node.name.as_str());
        let Some(key) = key.and_then(|known| known.host_key.as_deref()) else {
            continue;
        };
        // Type and blob; the comment is no part of it.
        let mut words = key.split_whitespace();
        if let (Some(kind), Some(blob)) = (words.next(), words.next()) {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{},{} {kind} {blob}", node.name, node.address);
        }
    }
    lines
}

/// Groups by what a node is for, what it runs, where it stands, and who manages it. `hinode_installed` has those alone that
/// were verified: the others cannot be logged in to.
fn groups_of(rack: &Rack, node: &Node, known: &KnownNodes) -> Vec<String> {
    let mut groups = vec![
        "hinode".to_owned(),
        group("profile", node.profile.as_str()),
        group("site", &rack.site.domain),
        group("network", node.network.as_str()),
    ];
    if let Some(profile) = rack.profiles.get(&node.profile) {
        groups.push(group("os", profile.os.as_str()));
    }
    if let Some(cloud) = &node.cloud {
        groups.push(group("cloud", cloud.as_str()));
    }
    let is_known = |known: &Known| known.host_key.is_some();
    if known.get(node.name.as_str()).is_some_and(is_known) {
        groups.push("hinode_installed".to_owned());
    }
    groups
}

/// Ansible takes letters, digits and `_` in the names of groups.
fn group(kind: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("{kind}_{}", name.chars().map(plain).collect::<String>())
}

fn variables(rack: &Rack, node: &Node, known: &KnownNodes) -> Value {
    let known = known.get(node.name.as_str()).cloned().unwrap_or_default();
    let os = rack.profiles.get(&node.profile);
    let os = os.and_then(|profile| rack.oses.get(&profile.os));
    json!({
        "ansible_host": node.address,
        "ansible_port": 22,
        "ansible_user": "root",
        "hinode_fqdn": format!("{}.{}", node.name, rack.site.domain),
        "hinode_slot": node.slot,
        "hinode_serial": known.serial.or_else(|| node.serial.as_ref().map(ToString::to_string)),
        "hinode_mac": node.mac,
        "hinode_switch_port": format!("{}:{}", node.port.switch, node.port.port),
        "hinode_profile": node.profile,
        "hinode_os": os.map(|os| json!({ "family": family(os.family), "version": os.version })),
        "hinode_address6": node.address6,
        "hinode_addresses": node.addresses,
        "hinode_addresses6": node.addresses6,
        "hinode_cloud": node.cloud,
        "hinode_cloud_host": known.cloud_host,
        "hinode_host_key": known.host_key,
    })
}

fn family(family: Family) -> &'static str {
    match family {
        Family::Rocky => "rocky",
        Family::Alma => "alma",
        Family::Rhel => "rhel",
        Family::Standin => "standin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rack() -> Rack {
        let text = include_str!("../../docs/examples/virtual-rack.toml");
        inventory::config::check(text).unwrap()
    }

    fn known() -> KnownNodes {
        let first = Known {
            host_key: Some("ssh-ed25519 AAAAKEY kvm-01".to_owned()),
            cloud_host: Some("h1".to_owned()),
            serial: Some("HN0001".to_owned()),
        };
        KnownNodes::from([("kvm-01".to_owned(), first)])
    }

    #[test]
    fn groups_say_what_a_node_is_and_who_can_be_logged_in_to() {
        let list = list(&rack(), &known());
        let members = |group: &str| list[group]["hosts"].clone();
        for group in [
            "hinode",
            "profile_kvm",
            "os_standin",
            "site_rack_test",
            "cloud_cloudstack",
        ] {
            assert_eq!(members(group), json!(["kvm-01", "kvm-02"]), "{group}");
        }
        assert_eq!(members("hinode_installed"), json!(["kvm-01"]));
        let names = list.as_object().unwrap().keys();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        assert!(names.into_iter().all(|name| name.chars().all(is_plain)));
    }

    #[test]
    fn a_host_has_its_variables_by_itself_and_in_the_list() {
        let (rack, known) = (rack(), known());
        let its = host(&rack, &known, "kvm-01").unwrap();
        assert_eq!(list(&rack, &known)["_meta"]["hostvars"]["kvm-01"], its);
        assert_eq!(its["ansible_host"], "10.77.10.21");
        assert_eq!(its["hinode_switch_port"], "tor0:kvm-01");
        assert_eq!(host(&rack, &known, "kvm-01.rack.test"), None);
    }

    #[test]
    fn keys_are_pinned_for_name_and_address() {
        let lines = known_hosts(&rack(), &known());
        assert_eq!(lines, "kvm-01,10.77.10.21 ssh-ed25519 AAAAKEY\n");
    }
}
