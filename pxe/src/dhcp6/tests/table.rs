//! The answer to each kind of packet, and what each kind of machine boots.

use dhcproto::v6::{MessageType, Status};
use inventory::id::OsName;

use super::super::answer::{Answer, Asker, Facts, Silence, answer, asker};
use super::super::packet::Unreadable;
use super::super::reply::{Reply, Settings, VALID_SECONDS};
use super::*;

const WRONG: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x77, 0, 0x10, 0, 0, 0, 0x99);

fn ask(packet: &Packet, armed: Option<&OsName>) -> Answer {
    let (_, world) = service();
    let (rack, request) = (world.rack(), packet.read());
    let Asker::Node(node, address) = asker(&request, &rack, &rack.appliance.interfaces[0]) else {
        panic!("not of a node");
    };
    let facts = Facts {
        rack: &rack,
        server: SERVER6,
        armed,
    };
    answer(&request, &facts, (node, address))
}

/// The answer as it is sent.
fn sent(packet: &Packet) -> Message {
    match ask(packet, None) {
        Answer::Say(reply) => decode(&reply.write(&packet.read(), &server_id(SERVER6)).unwrap()),
        Answer::Silent(silence) => panic!("silent: {silence:?}"),
    }
}

#[test]
fn an_address_is_told_and_given_with_what_belongs_to_it() {
    let kept = || Packet::of(NODE_MAC, MessageType::Renew).for_us();
    let rebind = Packet::of(NODE_MAC, MessageType::Rebind);
    let rapid = Packet::solicit(NODE_MAC).with(DhcpOption::RapidCommit);
    let ours = vec![(NODE, VALID_SECONDS)];
    let table = [
        (
            "it looks",
            Packet::solicit(NODE_MAC),
            MessageType::Advertise,
            ours.clone(),
        ),
        (
            "it looks and takes at once",
            rapid,
            MessageType::Reply,
            ours.clone(),
        ),
        (
            "it takes",
            Packet::request(NODE_MAC),
            MessageType::Reply,
            ours.clone(),
        ),
        (
            "it keeps",
            kept().asking(&[NODE]),
            MessageType::Reply,
            ours.clone(),
        ),
        (
            "it keeps what it had before the rack file changed",
            kept().asking(&[WRONG]),
            MessageType::Reply,
            vec![(NODE, VALID_SECONDS), (WRONG, 0)],
        ),
        (
            "it keeps what another server gave",
            rebind.asking(&[WRONG]),
            MessageType::Reply,
            ours,
        ),
    ];
    for (name, packet, kind, expected) in table {
        let reply = sent(&packet);
        assert_eq!(reply.msg_type(), kind, "{name}");
        assert_eq!(addresses(&reply), expected, "{name}");
        assert_eq!(reply.xid(), [7, 8, 9], "{name}");
        let id = reply.opts().get(OptionCode::ClientId);
        assert_eq!(id, Some(&DhcpOption::ClientId(DUID.to_vec())), "{name}");
        let is_rapid = reply.opts().get(OptionCode::RapidCommit).is_some();
        assert_eq!(is_rapid, name.ends_with("at once"), "{name}");
    }
}

#[test]
fn the_settings_are_there_too() {
    let reply = sent(&Packet::of(NODE_MAC, MessageType::InformationRequest));
    assert_eq!(reply.msg_type(), MessageType::Reply);
    assert_eq!(addresses(&reply), []);
    let text = format!("{:?}", reply.opts());
    assert!(
        text.contains("rack.test") && text.contains("NtpServer"),
        "{text}"
    );
    let mut bytes = SERVER6.octets().to_vec();
    assert_eq!(value(&reply, 31), Some(bytes.clone()));
    let two = Settings {
        dns: vec![SERVER6, NODE],
        ntp: vec![SERVER6],
        domain: "a.example.jp".to_owned(),
        boot: None,
    };
    let request = Packet::of(NODE_MAC, MessageType::InformationRequest).read();
    let reply = decode(&Reply::Informed(two.clone()).write(&request, &DUID).unwrap());
    let dns = reply.opts().get(OptionCode::DomainNameServers);
    assert_eq!(
        dns,
        Some(&DhcpOption::DomainNameServers(vec![SERVER6, NODE]))
    );
    bytes.clear();
    for domain in ["a..b".to_owned(), "x".repeat(64), String::new()] {
        let bad = Settings {
            domain,
            ..two.clone()
        };
        assert!(Reply::Informed(bad).write(&request, &DUID).is_err());
    }
}

#[test]
fn what_is_confirmed_released_or_declined_is_answered_by_a_status() {
    let of = |kind| Packet::of(NODE_MAC, kind);
    let table = [
        (of(MessageType::Confirm).asking(&[NODE]), Status::Success),
        (of(MessageType::Confirm).asking(&[WRONG]), Status::NotOnLink),
        (
            of(MessageType::Confirm).asking(&[NODE, WRONG]),
            Status::NotOnLink,
        ),
        (
            of(MessageType::Release).for_us().asking(&[NODE]),
            Status::Success,
        ),
        (
            of(MessageType::Decline).for_us().asking(&[NODE]),
            Status::Success,
        ),
    ];
    for (packet, expected) in table {
        let reply = sent(&packet);
        let status = reply.opts().get(OptionCode::StatusCode);
        let Some(DhcpOption::StatusCode(status)) = status else {
            panic!("{packet:?}: {reply:?}");
        };
        assert_eq!(status.status, expected, "{packet:?}");
    }
    let nothing = of(MessageType::Confirm).asking(&[]);
    assert_eq!(
        ask(&nothing, None),
        Answer::Silent(Silence::NothingToConfirm)
    );
}

#[test]
fn another_server_s_client_hears_nothing() {
    let foreign = DhcpOption::ServerId(vec![0, 3, 0, 1, 2, 0, 0, 0, 0, 3]);
    for kind in [
        MessageType::Request,
        MessageType::Renew,
        MessageType::Decline,
    ] {
        let packet = Packet::of(NODE_MAC, kind)
            .asking(&[NODE])
            .with(foreign.clone());
        assert_eq!(ask(&packet, None), Answer::Silent(Silence::OtherServer));
    }
}

#[test]
fn one_address_is_all_there_is() {
    let prefix = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    let packet = Packet::request(NODE_MAC)
        .raw(25, &prefix)
        .raw(4, &[0, 0, 0, 8]);
    let second = DhcpOption::IANA(IANA {
        id: 2,
        t1: 0,
        t2: 0,
        opts: Default::default(),
    });
    let reply = sent(&packet.with(second));
    assert_eq!(addresses(&reply), [(NODE, VALID_SECONDS)]);
    let text = format!("{:?}", reply.opts());
    assert_eq!(text.matches("NoAddrsAvail").count(), 2, "{text}");
    assert_eq!(text.matches("NoPrefixAvail").count(), 1, "{text}");
}

/// What `packet` is told to boot.
fn boots(packet: &Packet, armed: Option<&OsName>) -> Option<String> {
    match ask(packet, armed) {
        Answer::Say(Reply::Advertise(terms)) => terms.settings.boot,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_each_kind_of_machine_boots_is_a_url_of_ours() {
    let solicit = || Packet::solicit(NODE_MAC);
    let pxe = solicit().class("PXEClient:Arch:00007:UNDI:003001", 7);
    let http = solicit().class("HTTPClient:Arch:00016:UNDI:003001", 16);
    let ours = "[fd00:77:0:10::1]";
    let shim = "os/standin/EFI/BOOT/BOOTX64.EFI";
    let table = [
        ("UEFI", &pxe, Some(format!("tftp://{ours}/{shim}"))),
        (
            "UEFI HTTP boot",
            &http,
            Some(format!("http://{ours}/{shim}")),
        ),
        (
            "iPXE",
            &pxe.clone().ipxe(),
            Some(format!("http://{ours}/boot/ipxe")),
        ),
        ("a system", &solicit(), None),
        (
            "a machine we have no loader for",
            &solicit().class("PXEClient", 6),
            None,
        ),
    ];
    let os = "standin".parse().unwrap();
    for (name, packet, expected) in table {
        for armed in [None, Some(&os)] {
            assert_eq!(boots(packet, armed), expected, "{name}, armed: {armed:?}");
        }
    }
    assert_eq!(
        value(&sent(&pxe), 59),
        Some(format!("tftp://{ours}/{shim}").into_bytes())
    );
    let class = |packet| format!("{:?}", sent(packet).opts().get(OptionCode::VendorClass));
    assert!(class(&http).contains(&format!("{:?}", b"HTTPClient".to_vec())));
    assert_eq!(class(&pxe), "None");
}

#[test]
fn what_breaks_a_rule_is_dropped_and_named() {
    let read = |packet: &Packet, origin| packet::read(&packet.bytes(), origin).unwrap_err();
    let near = from(NODE_MAC);
    let of = |kind| Packet::of(NODE_MAC, kind);
    let identifiers = [
        of(MessageType::Solicit).for_us(),
        of(MessageType::Rebind).for_us(),
        of(MessageType::Confirm).for_us(),
        of(MessageType::Request),
        of(MessageType::Renew),
        of(MessageType::Release),
        of(MessageType::Decline),
    ];
    for packet in identifiers {
        assert_eq!(read(&packet, near), Unreadable::Identifiers, "{packet:?}");
    }
    for kind in [
        MessageType::Advertise,
        MessageType::Reply,
        MessageType::Reconfigure,
    ] {
        assert_eq!(read(&of(kind), near), Unreadable::NotARequest);
    }
    let unicast = Origin {
        to_all: false,
        ..near
    };
    let global = Origin {
        address: NODE,
        ..near
    };
    for origin in [unicast, global] {
        assert_eq!(
            read(&Packet::solicit(NODE_MAC), origin),
            Unreadable::NotOnLink
        );
    }
    let inform = of(MessageType::InformationRequest).asking(&[]);
    assert_eq!(read(&inform, near), Unreadable::Malformed);
    let many = (0..17).fold(of(MessageType::Solicit), |packet, _| packet.asking(&[]));
    assert_eq!(read(&many, near), Unreadable::Malformed);
    let whole = Packet::request(NODE_MAC).bytes();
    for length in 0..whole.len() {
        // Between two options a packet is whole, but lacks an identifier or its association.
        if let Ok(request) = packet::read(&whole[..length], near) {
            assert!(request.ias.is_empty(), "{length}");
        }
    }
}
