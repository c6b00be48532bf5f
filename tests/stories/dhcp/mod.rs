//! The DHCP service as DHCP clients of other people see it: busybox's udhcpc and ISC's dhclient, each in a network
//! namespace of its own. More of them are in `clients`.

mod clients;
mod off_link;
mod proxy;
mod rig;
mod window;

use inventory::lease::{Client, Lease};
use inventory::net::Mac;
use inventory::node::Stranger;
use inventory::store;
use tests::small_rack::mac;

use rig::Rig;

const STRANGER: Mac = Mac([0x52, 0x54, 0, 0x77, 0, 99]);

#[test]
fn udhcpc_gets_the_address_and_the_network_of_its_node() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(2));
    let told = rig.udhcpc(&["-t", "5", "-T", "1"]).unwrap();
    let expected = [
        ("ip", "10.78.10.22"),
        ("mask", "24"),
        ("router", "10.78.10.254"),
        ("dns", "10.78.10.1"),
        ("ntpsrv", "10.78.10.1"),
        ("hostname", "kvm-02"),
        ("domain", "rack.test"),
        ("serverid", "10.78.10.1"),
        ("lease", "3600"),
    ];
    for (key, value) in expected {
        assert_eq!(
            told.get(key).map(String::as_str),
            Some(value),
            "{key} of {told:?}"
        );
    }
    assert_eq!(told.get("boot_file"), None);
    let lease = store::read::<Lease>(&*rig.world.store, &mac(2))
        .unwrap()
        .unwrap();
    assert_eq!(lease.value.client, Client::System);
    rig.stop();
}

#[test]
fn udhcpc_posing_as_firmware_is_told_its_loader() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(1));
    let bios = ["-V", "PXEClient:Arch:00000:UNDI:002001", "-x", "0x5d:0000"];
    let told = rig.udhcpc(&bios).unwrap();
    assert_eq!(told["boot_file"], "undionly.kpxe");
    assert_eq!(told["siaddr"], "10.78.10.1");
    assert_eq!(told["tftp"], "10.78.10.1");
    let ipxe = [
        "-V",
        "PXEClient:Arch:00000",
        "-x",
        "0x5d:0000",
        "-x",
        "0x4d:69505845",
    ];
    let told = rig.udhcpc(&ipxe).unwrap();
    assert_eq!(told["ip"], "10.78.10.21");
    assert_eq!(told["boot_file"], "http://10.78.10.1/boot/ipxe");
    rig.stop();
}

#[test]
fn dhclient_gets_the_same_address_whatever_client_id_it_sends() {
    let rig = Rig::start();
    rig.cable.set_mac(mac(1));
    let ids = [
        "",
        "send dhcp-client-identifier \"installer\";",
        "send dhcp-client-identifier 1:2:3;",
    ];
    for id in ids {
        let told = rig.dhclient(&format!("timeout 20;\n{id}\n")).unwrap();
        assert_eq!(told["new_ip_address"], "10.78.10.21", "{id}");
        assert_eq!(told["new_host_name"], "kvm-01");
    }
    rig.stop();
}

#[test]
fn a_machine_that_is_not_in_the_rack_file_gets_nothing_and_is_noted() {
    let rig = Rig::start();
    rig.cable.set_mac(STRANGER);
    let said = rig
        .udhcpc(&["-t", "2", "-T", "1", "-V", "PXEClient:Arch:00000"])
        .unwrap_err();
    assert!(said.contains("no lease"), "{said}");
    assert!(!said.contains("DHCP NAK"), "{said}");
    let noted = store::read::<Stranger>(&*rig.world.store, &STRANGER)
        .unwrap()
        .unwrap();
    assert_eq!(noted.value.interface, "d0");
    assert_eq!(noted.value.vendor_class, "PXEClient:Arch:00000");
    rig.stop();
}
