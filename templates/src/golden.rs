//! What machines will read, as golden files: a diff in review shows it. `BLESS=1 cargo test -p templates` rewrites them.

use std::path::PathBuf;

use inventory::config;
use inventory::id::Token;
use inventory::node::Identity;
use inventory::rack::{Node, Rack};
use inventory::secret::Secret;

use crate::{Boot, Data, Ends, HostKey, Install, boot, network, payload, trial};

const VIRTUAL: &str = include_str!("../../docs/examples/virtual-rack.toml");
const SIXTEEN: &str = include_str!("../../docs/examples/rack-16.toml");

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, kept, "{name} differs; BLESS=1 rewrites it");
}

fn keys() -> (HostKey, Identity) {
    let host_key = HostKey {
        private: Secret::new(
            "-----BEGIN OPENSSH PRIVATE KEY-----\nGOLDEN\n-----END OPENSSH PRIVATE KEY-----\n"
                .to_owned(),
        ),
        public: "ssh-ed25519 AAAAGOLDENHOST kvm".to_owned(),
    };
    let identity = Identity {
        serial: "HN0001".to_owned(),
        uuid: None,
    };
    (host_key, identity)
}

fn install<'a>(
    rack: &'a Rack,
    node: &'a Node,
    (host_key, identity): (&'a HostKey, &'a Identity),
) -> Install<'a> {
    Install {
        rack,
        node,
        token: Token::from_random([0xab; 16]),
        identity,
        data: Data::Refused,
        host_key,
        passphrase: None,
        appliance_key: "ssh-ed25519 AAAAGOLDENAPPLIANCE hinode appliance",
    }
}

/// Renders everything for the first node of `text`, without and with leave to wipe.
fn render(rack: &Rack, prefix: &str) {
    let node = rack.nodes.values().next().unwrap();
    let (host_key, mut identity) = keys();
    identity.uuid = node.uuid;
    let mut install = install(rack, node, (&host_key, &identity));
    let texts = payload(&install).unwrap();
    golden(&format!("{prefix}.ks"), &texts.kickstart);
    golden(&format!("{prefix}.ipxe"), &texts.ipxe);
    golden(&format!("{prefix}.grub"), &texts.grub);
    let over_ipv6 = texts.over_ipv6.unwrap();
    golden(&format!("{prefix}-over-ipv6.ks"), &over_ipv6.kickstart);
    golden(&format!("{prefix}-over-ipv6.ipxe"), &over_ipv6.ipxe);
    golden(&format!("{prefix}-over-ipv6.grub"), &over_ipv6.grub);
    for file in network::keyfiles(&install).unwrap() {
        golden(&format!("{prefix}-{}", file.name), &file.text);
    }
    install.data = Data::Wiped;
    golden(
        &format!("{prefix}-wipe.ks"),
        &payload(&install).unwrap().kickstart,
    );
}

#[test]
fn the_virtual_rack() {
    render(&config::check(VIRTUAL).unwrap(), "virtual");
}

#[test]
fn a_rack_of_sixteen() {
    render(&config::check(SIXTEEN).unwrap(), "sixteen");
}

/// The same host as other releases of Enterprise Linux: only the kickstart differs.
#[test]
fn a_rack_of_sixteen_of_another_release() {
    for (version, name) in [("8.10", "el8.ks"), ("10.2", "el10.ks")] {
        let text = SIXTEEN.replace("version = \"9.6\"", &format!("version = \"{version}\""));
        let rack = config::check(&text).unwrap();
        let (node, (host_key, identity)) = (rack.nodes.values().next().unwrap(), keys());
        let install = install(&rack, node, (&host_key, &identity));
        golden(name, &payload(&install).unwrap().kickstart);
    }
}

/// Both disks of a mirrored layout, in each dialect, and partitions in place of volumes.
#[test]
fn other_layouts_of_the_disks() {
    let mirrored = [
        "mirrored = true, ",
        "disks = [\"nvme-eui.01\", \"nvme-eui.02\"]",
    ];
    let plain = ["volumes = \"plain\", ", "disk = \"wwn-0x5000c500a1b2c3d4\""];
    let both = ["mirrored = true, volumes = \"plain\", ", mirrored[1]];
    for (version, [layout, disks], name) in [
        ("8.10", mirrored, "el8-mirrored.ks"),
        ("9.6", mirrored, "el9-mirrored.ks"),
        ("10.2", mirrored, "el10-mirrored.ks"),
        ("9.6", both, "el9-mirrored-plain.ks"),
        ("9.6", plain, "el9-plain.ks"),
    ] {
        let text = SIXTEEN
            .replace("version = \"9.6\"", &format!("version = \"{version}\""))
            .replace("disk = { ", &format!("disk = {{ {layout}"));
        let mut number = 0;
        let lines = text
            .lines()
            .map(|line| match line.starts_with("disk = \"") {
                true => {
                    number += 1;
                    format!(
                        "{}\n",
                        disks
                            .replace("eui.", &format!("eui.{number:02}"))
                            .replace("c3d4", &format!("c3{number:02}"))
                    )
                }
                false => format!("{line}\n"),
            });
        let rack = config::check(&lines.collect::<String>()).unwrap();
        let (node, (host_key, identity)) = (rack.nodes.values().next().unwrap(), keys());
        let install = install(&rack, node, (&host_key, &identity));
        golden(name, &payload(&install).unwrap().kickstart);
    }
}

/// An encrypted volume group in each dialect: on one disk, and on an array with locks of which one is enough.
#[test]
fn encrypted_disks() {
    let tpm = "disk = { encrypt = { tpm2 = true }, ";
    let both = concat!(
        "disk = { mirrored = true, encrypt = { tpm2 = true, need = 1, tang = [{ url = \"http://10.9.0.5\", ",
        "thumbprint = \"Vy-KzNSo9_cD1WsWwMjN7FxMe6sCyXiDrxGm0Z4uXSA\" }] }, "
    );
    let passphrase = Secret::new("ab01-golden".to_owned());
    for (version, layout, name) in [
        ("8.10", tpm, "el8-encrypted.ks"),
        ("9.6", both, "el9-encrypted-mirrored.ks"),
        ("10.2", tpm, "el10-encrypted.ks"),
    ] {
        let mut number = 0;
        let text = SIXTEEN
            .replace("version = \"9.6\"", &format!("version = \"{version}\""))
            .replace("disk = { ", layout);
        let lines = text.lines().map(|line| {
            number += 1;
            match line.starts_with("disk = \"") && layout == both {
                true => format!("disks = [\"nvme-a.{number}\", \"nvme-b.{number}\"]\n"),
                false => format!("{line}\n"),
            }
        });
        let rack = config::check(&lines.collect::<String>()).unwrap();
        let (node, (host_key, identity)) = (rack.nodes.values().next().unwrap(), keys());
        let mut install = install(&rack, node, (&host_key, &identity));
        assert!(payload(&install).is_err(), "without a passphrase");
        install.passphrase = Some(&passphrase);
        golden(name, &payload(&install).unwrap().kickstart);
    }
}

/// A host of no controller: firewalld is on, libvirt is the distribution's, and the packet filter sees no bridged packet.
#[test]
fn a_host_without_a_controller() {
    let text = SIXTEEN
        .replace("cloud = \"tyo1\"\n", "")
        .replace("kdump = true", "kdump = false")
        .replace("\"enforcing\"", "\"permissive\"");
    let rack = config::check(&text).unwrap();
    let (node, (host_key, identity)) = (rack.nodes.values().next().unwrap(), keys());
    let install = install(&rack, node, (&host_key, &identity));
    let kickstart = payload(&install).unwrap().kickstart;
    assert!(!kickstart.contains("br_netfilter") && !kickstart.contains("libvirtd"));
    golden("without-cloud.ks", &kickstart);
}

/// Boards that share a UUID, or have none, get names of their own from libvirt, the same at every install.
#[test]
fn every_machine_has_its_own_name_for_libvirt() {
    let rack = config::check(SIXTEEN).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let host_uuid = |serial: &str| {
        let (host_key, identity) = keys();
        let identity = Identity {
            serial: serial.to_owned(),
            ..identity
        };
        let text = payload(&install(&rack, node, (&host_key, &identity))).unwrap();
        let lines = text.kickstart.lines();
        let mut lines = lines.filter_map(|line| line.strip_prefix("host_uuid = "));
        lines.next().unwrap().to_owned()
    };
    assert_eq!(host_uuid("HN0001"), host_uuid("HN0001"));
    assert_ne!(host_uuid("HN0001"), host_uuid("HN0002"));
}

/// A reinstall that leaves the images where they are, in each dialect.
#[test]
fn images_are_kept() {
    for (version, name) in [
        ("8.10", "el8-kept.ks"),
        ("9.6", "el9-kept.ks"),
        ("10.2", "el10-kept.ks"),
    ] {
        let text = SIXTEEN.replace("version = \"9.6\"", &format!("version = \"{version}\""));
        let rack = config::check(&text).unwrap();
        let (node, (host_key, identity)) = (rack.nodes.values().next().unwrap(), keys());
        let mut install = install(&rack, node, (&host_key, &identity));
        install.data = Data::ImagesKept;
        let kickstart = payload(&install).unwrap().kickstart;
        for word in ["zerombr", "clearpart --all", "reqpart", "--initlabel"] {
            assert!(!kickstart.contains(word), "{word}");
        }
        golden(name, &kickstart);
    }
}

#[test]
fn local_boot() {
    let dir = "http://10.77.10.1/os/standin/EFI/BOOT";
    golden("local.ipxe", &boot::local_ipxe(Some(dir)).unwrap());
    golden("local-unknown.ipxe", &boot::local_ipxe(None).unwrap());
    golden("local.grub", boot::local_grub());
}

#[test]
fn whom_no_node_s_address_belongs_to() {
    let from = "10.77.10.200".parse().unwrap();
    golden("unknown.ipxe", &boot::unknown_ipxe(from).unwrap());
    golden("unknown.grub", &boot::unknown_grub(from).unwrap());
    let node = "kvm-01".parse().unwrap();
    let stray = boot::Stray {
        node: &node,
        from: "fd00:77:0:10:5054:ff:fe77:1".parse().unwrap(),
        own: Some("fd00:77:0:10::21".parse().unwrap()),
    };
    golden("stray.ipxe", &stray.ipxe().unwrap());
    golden("stray.grub", &stray.grub().unwrap());
    let none = boot::Stray { own: None, ..stray };
    golden("stray-without.ipxe", &none.ipxe().unwrap());
}

#[test]
fn a_disk_that_may_be_wiped_is_not_looked_at_and_any_other_is() {
    let text = |name: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("golden")
            .join(name);
        std::fs::read_to_string(path).unwrap()
    };
    assert!(text("virtual.ks").contains("disk already carries data"));
    assert!(!text("virtual-wipe.ks").contains("disk already carries data"));
}

#[test]
fn a_node_without_an_ipv6_address_is_rendered_for_ipv4_alone() {
    let rack = config::check(VIRTUAL).unwrap();
    let mut node = rack.nodes.values().next().unwrap().clone();
    node.address6 = None;
    let (host_key, identity) = keys();
    let install = install(&rack, &node, (&host_key, &identity));
    assert_eq!(payload(&install).unwrap().over_ipv6, None);
    let files = network::keyfiles(&install).unwrap();
    assert!(files.iter().all(|file| !file.text.contains("fd00:")));
}

/// Of a network with an IPv6 address, routes and a bridge that speaks STP.
#[test]
fn what_the_examples_do_not_have_is_in_the_key_files_too() {
    let text = VIRTUAL
        .replace(
            "bridges = [\n",
            "bond = { mode = \"active-backup\", miimon = 50 }\nbridges = [\n",
        )
        .replace(
            "network = \"service\" }",
            "network = \"service\", stp = true }",
        )
        .replace(
            "name = \"cloudbr0\", network = \"management\"",
            "name = \"br-bmc\", network = \"bmc\"",
        )
        .replace(
            "mac = \"52:54:00:77:00:0",
            "bond_macs = [\"52:54:00:77:01:01\"]\nmac = \"52:54:00:77:00:0",
        )
        .replacen("52:54:00:77:01:01", "52:54:00:77:01:02", 1)
        .replacen(
            "slot = \"u01\"",
            "slot = \"u01\"\naddresses = { bmc = \"10.77.9.31\" }",
            1,
        )
        .replacen(
            "role = \"bmc\"\n",
            "role = \"bmc\"\nroutes = [\"10.8.0.0/16 via 10.77.9.254\"]\n",
            1,
        )
        .replacen("timezone =", "search = [\"ops.test\"]\ntimezone =", 1);
    let rack = config::check(&text).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let (host_key, identity) = keys();
    let install = install(&rack, node, (&host_key, &identity));
    let files = network::keyfiles(&install).unwrap();
    let all: String = files
        .iter()
        .map(|file| format!("# {}\n{}\n\n", file.name, file.text))
        .collect();
    golden("active-backup.nmconnections", &all);
}

/// What a node is tried with: the same text for each release, since it has hardly a command, as every dialect must read it.
#[test]
fn trials() {
    const WRITES: [&str; 10] = [
        "autopart",
        "bootloader",
        "clearpart",
        "logvol",
        "part ",
        "raid",
        "reqpart",
        "volgroup",
        "zerombr",
        "%packages",
    ];
    let rack = config::check(VIRTUAL).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let boot = Boot {
        rack: &rack,
        node,
        token: Token::from_random([0xab; 16]),
        os: &rack.profiles[&node.profile].os,
    };
    for (ends, names) in [
        (
            Ends::Restarted,
            ["el8-trial.ks", "el9-trial.ks", "el10-trial.ks"].as_slice(),
        ),
        (Ends::Off, &["trial-off.ks"]),
    ] {
        let texts = trial(&boot, ends).unwrap();
        let kickstart = &texts.over_ipv4.kickstart;
        names.iter().for_each(|name| golden(name, kickstart));
        let begins = |word: &&str| kickstart.lines().any(|line| line.starts_with(*word));
        assert_eq!(WRITES.iter().find(|word| begins(word)), None);
        assert!(texts.over_ipv6.unwrap().kickstart.contains("http://["));
    }
}
