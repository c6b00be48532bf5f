//! The boot services over IPv6 as programs of other people see them: ISC's dhclient, curl, each in a network namespace of its own.

mod astray;
mod relayed;
mod rig;

use inventory::arm::{ArmState, Payload};
use inventory::lease::{Client, Lease};
use inventory::net::Mac;
use inventory::node::Stranger;
use inventory::store;
use pxe::dhcp6::answer::Silence;
use pxe::metrics::{self, text};
use std::net::Ipv6Addr;
use tests::small_rack::mac;

use rig::{Rig, SERVER, address};

const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 99]);

/// What EDK2's firmware says of itself: option 16 with Intel's number, option 61.
const UEFI: &str = "option dhcp6.class code 16 = string; option dhcp6.arch code 61 = string;
    send dhcp6.class 00:00:01:57:00:20:50:58:45:43:6c:69:65:6e:74:3a:41:72:63:68:3a:30:30:30:30:37:3a:55:4e:44:49:3a:30:30:33:30:30:31;
    send dhcp6.arch 00:07;
    option dhcp6.url code 59 = text; also request dhcp6.url;";

fn lease(rig: &Rig, n: u8) -> Option<Lease<Ipv6Addr>> {
    let found = store::read::<Lease<Ipv6Addr>>(&*rig.world.store, &mac(n)).unwrap();
    found.map(|found| found.value)
}

/// Whether packets were left without an answer for this reason.
fn is_counted(rig: &Rig, reason: Silence) -> bool {
    let mut counts = rig.world.metrics.dhcp6.unanswered.all();
    counts.any(|((why, _), count)| why == reason && count > 0)
}

#[test]
fn dhclient_gets_the_address_of_its_card_whatever_duid_it_sends() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(2));
    let duids = [
        // Made by itself, of the card's address before it was changed; of another node's card; of nothing.
        String::new(),
        "send dhcp6.client-id 00:03:00:01:52:54:00:77:00:01;".to_owned(),
        format!("send dhcp6.client-id 00:04:{};", ["aa"; 16].join(":")),
    ];
    for duid in duids {
        let told = rig.dhclient(&duid, 20).unwrap();
        assert_eq!(told["new_ip6_address"], address(2).to_string(), "{duid}");
        assert_eq!(
            told["new_dhcp6_domain_search"].trim_matches(['.', ' ']),
            "rack.test"
        );
    }
    let lease = lease(&rig, 2).unwrap();
    assert_eq!(
        (lease.client, lease.interface.as_str()),
        (Client::System, "d0")
    );
    let samples = text::exposition(&metrics::gather(&rig.world).unwrap());
    for expected in [
        "hinode_dhcp6_received_total{message=\"request\",client=\"system\"} 3",
        "hinode_dhcp6_sent_total{message=\"request\"} 3",
        "hinode_dhcp6_answer_seconds_count{message=\"request\"} 3",
        "hinode_dhcp6_leases 1",
    ] {
        assert!(
            samples.lines().any(|line| line == expected),
            "no {expected} in {samples}"
        );
    }
    rig.stop();
}

#[test]
fn dhclient_posing_as_firmware_is_told_its_loader() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(1));
    let told = rig.dhclient(UEFI, 20).unwrap();
    let url = told["new_dhcp6_url"].trim_matches('"');
    assert_eq!(
        url,
        format!("tftp://[{SERVER}]/os/standin/EFI/BOOT/BOOTX64.EFI")
    );
    assert_eq!(lease(&rig, 1).unwrap().client, Client::Firmware);
    rig.stop();
}

#[test]
fn a_machine_that_is_not_in_the_rack_file_gets_nothing_and_is_noted() {
    let rig = Rig::start();
    rig.cable.set_mac(STRANGER);
    // It even says to be node 1.
    let liar = "send dhcp6.client-id 00:03:00:01:52:54:00:77:00:01;";
    let said = rig.dhclient(&format!("{UEFI}{liar}"), 6).unwrap_err();
    assert!(
        said.contains("XMT: Solicit") && !said.contains("RCV:"),
        "{said}"
    );
    assert_eq!(lease(&rig, 1), None);
    let noted = store::read::<Stranger>(&*rig.world.store, &STRANGER)
        .unwrap()
        .unwrap();
    assert_eq!(noted.value.vendor_class, "PXEClient:Arch:00007:UNDI:003001");
    assert!(is_counted(&rig, Silence::Stranger));
    rig.stop();
}

/// What a GET from `from` brings; `more` is for curl.
fn curl(rig: &Rig, from: Ipv6Addr, path: &str, more: &str) -> String {
    let url = format!("http://[{SERVER}]/{path}");
    rig.sh(&format!(
        "curl -6 -s -m 10 --interface {from} {more} '{url}'"
    ))
}

/// A rig whose client can speak from the address of either node. Node 1 is armed.
fn two_addresses() -> (Rig, Payload) {
    let rig = Rig::start();
    rig.cable.set_mac(mac(1));
    for n in [1, 2] {
        rig.cable.add_to_client(&format!("{}/64 nodad", address(n)));
    }
    let payload = rig.arm();
    (rig, payload)
}

#[test]
fn an_armed_node_is_served_its_script_over_ipv6_once_its_address_is_leased() {
    let (rig, payload) = two_addresses();
    let texts = payload.over_ipv6.unwrap();
    // The address alone is a claim.
    assert!(curl(&rig, address(1), "boot/ipxe", "").contains("exit 1"));
    assert_eq!(rig.arm_state(), ArmState::Armed);
    rig.dhclient(UEFI, 20).unwrap();
    // The address of a node that is not armed is nothing.
    assert!(curl(&rig, address(2), "boot/ipxe", "").contains("exit 1"));
    assert_eq!(rig.arm_state(), ArmState::Armed);
    assert_eq!(curl(&rig, address(1), "boot/ipxe", ""), texts.ipxe);
    assert_eq!(rig.arm_state(), ArmState::Booting);
    let from = address(1);
    let tftp = format!("curl -6 -s -m 10 --interface {from} 'tftp://[{SERVER}]/grub/grub.cfg'");
    assert_eq!(rig.sh(&tftp), texts.grub);
    rig.stop();
}

#[test]
fn kickstart_files_and_reports_of_an_install_go_over_ipv6() {
    let (rig, payload) = two_addresses();
    rig.dhclient(UEFI, 20).unwrap();
    curl(&rig, address(1), "boot/ipxe", "");
    let (ks, report) = (
        format!("ks/{}", payload.token),
        format!("report/{}", payload.token),
    );
    assert_eq!(curl(&rig, address(2), &ks, "-f"), "");
    assert_eq!(rig.arm_state(), ArmState::Booting);
    let kickstart = payload.over_ipv6.unwrap().kickstart;
    assert_eq!(curl(&rig, address(1), &ks, ""), kickstart);
    assert!(matches!(rig.arm_state(), ArmState::Installing { .. }));
    let file = curl(&rig, address(1), "os/standin/images/file", "");
    assert_eq!(file.len(), 100_000);
    let node = rig.node(1);
    assert!(rig.world.served.of(node.address.into()) >= 100_000);
    let said = curl(&rig, address(1), &report, "-d phase=installed");
    assert_eq!(said, "ok\n");
    assert_eq!(rig.arm_state(), ArmState::Spent);
    rig.stop();
}

#[test]
fn a_linux_machine_is_told_which_addresses_are_on_its_link_and_makes_up_none() {
    let rig = Rig::start();
    let told = "ip -6 route show dev d0 | grep -q 'fd00:78:0:10::/64.* expires'";
    let said = rig.sh(&format!(
        "until {told}; do sleep 0.1; done; ip -6 route; ip -6 address"
    ));
    assert!(said.contains("fd00:78:0:10::/64"), "{said}");
    assert!(!said.contains("default"), "we are no router: {said}");
    assert!(
        !said.contains("inet6 fd00:"),
        "addresses come by DHCPv6 alone: {said}"
    );
    rig.stop();
}
