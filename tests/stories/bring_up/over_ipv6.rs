//! Trouble of IPv6 is IPv6's alone: an address of the appliance that another machine has, or that is gone, leaves DHCPv4, TFTP
//! and HTTP at work, and IPv6 is there once the trouble is over.

use std::net::{Ipv6Addr, SocketAddrV6, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dhcproto::v6::{DhcpOption, Encodable, Encoder, IANA, Message, MessageType};
use hyper::Method;
use tests::namespace::DEVICE;
use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, RackOfPackets, file, play};
use tests::small_rack::mac;

use super::{PATIENCE, is_brought_up};

const OURS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 1);
const OPERATOR: &str = "fd00:77:0:10::99";

/// The rack file in force, with IPv6 in the management network.
async fn speak_ipv6(rack: &RackOfPackets) {
    let rack_file = rack.appliance.client().get("/v1/rack").await;
    let mut rack_file: appliance::api::types::Apply = rack_file.unwrap();
    let mut insert = |behind: &str, more: &str| {
        assert!(rack_file.text.contains(behind), "{behind}");
        let both = format!("{behind}{more}");
        rack_file.text = rack_file.text.replacen(behind, &both, 1);
    };
    insert(
        "address = \"10.77.10.1\"",
        &format!(", address6 = \"{OURS}\""),
    );
    insert(
        "subnet = \"10.77.10.0/24\"\n",
        "subnet6 = \"fd00:77:0:10::/64\"\n",
    );
    let node = format!("address = \"{}\"\n", file::address(1));
    insert(&node, "address6 = \"fd00:77:0:10::21\"\n");
    rack.send(Method::PUT, "/v1/rack", &rack_file).await;
}

/// `ip` at the appliance's end of the cable.
fn ip(rack: &RackOfPackets, words: &str) -> String {
    let mut command = rack.cable.on_server(Path::new("ip"));
    let output = command.args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "{words}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        tokio::time::sleep(LOOK_AGAIN * 4).await;
    }
}

async fn until_told(rack: &RackOfPackets, code: &str) {
    let told = async || {
        rack.history()
            .await
            .iter()
            .any(|event| event.what.code == code)
    };
    until(code, told).await;
}

/// What `url` brings from the appliance.
fn curl(url: &str) -> String {
    let output = Command::new("curl").args(["-sS", "-m", "10", url]).output();
    String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
}

/// Whether DHCPv6 offers node 1 an address within a second.
fn is_offered_an_address() -> bool {
    let mut message = Message::new_with_id(MessageType::Solicit, [1, 2, 3]);
    let (id, t1, t2) = (1, 0, 0);
    let opts = Default::default();
    message
        .opts_mut()
        .insert(DhcpOption::ClientId(vec![0, 3, 0, 1, 2, 0, 0, 0, 0, 1]));
    message
        .opts_mut()
        .insert(DhcpOption::IANA(IANA { id, t1, t2, opts }));
    let mut bytes = Vec::new();
    message.encode(&mut Encoder::new(&mut bytes)).unwrap();
    let index = nix::net::if_::if_nametoindex(DEVICE).unwrap();
    let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 546)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let servers = SocketAddrV6::new("ff02::1:2".parse().unwrap(), 547, 0, index);
    let mut answer = [0; 1500];
    let sent = socket.send_to(&bytes, servers);
    sent.is_ok() && socket.recv_from(&mut answer).is_ok() && answer[0] == 2
}

/// A node is installed over IPv4 while nothing works over IPv6, which is told; then `mend` is done.
fn story(break_it: fn(&RackOfPackets), mend: fn(&RackOfPackets)) {
    play(1, PATIENCE, async move |rack| {
        rack.cable.set_mac(mac(1));
        rack.cable.add_to_client(&format!("{OPERATOR}/64 nodad"));
        break_it(&rack);
        speak_ipv6(&rack).await;
        until_told(&rack, "boot.ipv6-down").await;
        let script = format!("http://{}/boot/ipxe", file::APPLIANCE);
        assert!(curl(&script).contains("exit 1"), "{}", rack.told());
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        assert!(
            !is_offered_an_address(),
            "what it boots would be out of reach"
        );
        mend(&rack);
        until_told(&rack, "boot.ipv6-up").await;
        let script = format!("http://[{OURS}]/boot/ipxe");
        assert!(curl(&script).contains("exit 1"), "{}", rack.told());
        let loader = format!("tftp://[{OURS}]/snponly.efi");
        assert!(!curl(&loader).is_empty(), "{}", rack.told());
        until("an address over DHCPv6", async || is_offered_an_address()).await;
        rack
    });
}

#[test]
fn an_address_that_another_machine_has_stops_nothing_but_ipv6() {
    let break_it = |rack: &RackOfPackets| {
        rack.cable.add_to_client(&format!("{OURS}/64 nodad"));
        rack.cable.add_to_server(&format!("{OURS}/64"));
    };
    let mend = |rack: &RackOfPackets| {
        assert!(ip(rack, "-6 address show dev d0 dadfailed").contains(&OURS.to_string()));
        let gone = rack.cable.run(
            "ip",
            &["address", "del", &format!("{OURS}/64"), "dev", DEVICE],
        );
        assert!(gone.status.success(), "{gone:?}");
        ip(rack, &format!("address del {OURS}/64 dev d0"));
        ip(rack, &format!("address add {OURS}/64 dev d0"));
    };
    story(break_it, mend);
}

#[test]
fn an_address_that_is_not_there_stops_nothing_but_ipv6() {
    let mend = |rack: &RackOfPackets| rack.cable.add_to_server(&format!("{OURS}/64"));
    story(|_| {}, mend);
}
