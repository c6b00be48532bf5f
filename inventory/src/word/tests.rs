//! What each alphabet takes and what it refuses.

use proptest::prelude::*;

use super::*;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops@site";

fn takes<K: Alphabet>(text: &str) -> bool {
    text.parse::<Word<K>>().is_ok()
}

#[test]
fn words_of_real_racks_are_taken() {
    assert!(takes::<kind::KernelArg>("console=ttyS0,115200n8"));
    assert!(takes::<kind::KernelArg>("mitigations=off"));
    assert!(takes::<kind::Package>("gcc-c++"));
    assert!(takes::<kind::Package>("@^minimal-environment"));
    assert!(takes::<kind::DiskId>("nvme-eui.0025388b01234567"));
    assert!(takes::<kind::LinkName>("cloudbr0"));
    assert!(takes::<kind::PortName>("TenGigabitEthernet1/0/1"));
    assert!(takes::<kind::Domain>("rack1.example.com"));
    assert!(takes::<kind::Endpoint>("http://10.77.10.5:8080/client/api"));
    assert!(takes::<kind::Endpoint>("https://[2001:db8::5]/client/api"));
    assert!(takes::<kind::ZoneName>("America/Argentina/Buenos_Aires"));
    assert!(takes::<kind::Label>("東京第一 R&D, row 3"));
    assert!(takes::<kind::PublicKey>(KEY));
}

#[test]
fn what_could_end_or_expand_a_line_is_refused() {
    for bad in [
        " ", "\"", "'", "\n", "\r", "$", "`", ";", "&", "|", "#", "\\", "(", "*", "\0",
    ] {
        let with = |good: &str| format!("{good}{bad}x");
        assert!(!takes::<kind::KernelArg>(&with("a=b")), "{bad:?}");
        assert!(!takes::<kind::Package>(&with("kernel")), "{bad:?}");
        assert!(!takes::<kind::DiskId>(&with("wwn-0x5")), "{bad:?}");
        assert!(!takes::<kind::LinkName>(&with("eth0")), "{bad:?}");
        assert!(!takes::<kind::PortName>(&with("eth0")), "{bad:?}");
        assert!(!takes::<kind::Domain>(&with("a.b")), "{bad:?}");
        assert!(!takes::<kind::Endpoint>(&with("http://a/")), "{bad:?}");
        assert!(!takes::<kind::ZoneName>(&with("UTC")), "{bad:?}");
        assert!(!takes::<kind::Version>(&with("9")), "{bad:?}");
        assert!(!takes::<kind::Serial>(&with("HN1")), "{bad:?}");
    }
}

#[test]
fn a_label_is_one_line_without_quotes() {
    for text in [
        "",
        " a",
        "a\nb",
        "a\u{2028}b",
        "a\"b",
        "a'b",
        "$(reboot)",
        "a`b",
    ] {
        assert!(!takes::<kind::Label>(text), "{text:?}");
    }
}

#[test]
fn words_that_look_right_and_are_not_are_refused() {
    assert!(!takes::<kind::DiskId>("sda"));
    assert!(!takes::<kind::DiskId>("/dev/disk/by-id/wwn-0x5"));
    assert!(!takes::<kind::LinkName>("a-bridge-name-16"));
    assert!(!takes::<kind::Domain>("example.com."));
    assert!(!takes::<kind::Endpoint>("ftp://a/"));
    assert!(!takes::<kind::Endpoint>("http://admin:password@a/"));
    assert!(!takes::<kind::Endpoint>("http://"));
    assert!(!takes::<kind::Package>("-firewalld"));
}

#[test]
fn a_key_that_is_cut_mixed_up_or_has_options_is_refused() {
    let cut = KEY.replace("Hh8f ops@site", "");
    assert!(takes::<kind::PublicKey>(&KEY.replace(" ops@site", "")));
    for text in [
        KEY.replace("ssh-ed25519", "ssh-rsa"),
        KEY.replace("ssh-ed25519", "ssh-dss"),
        format!("command=x {KEY}"),
        format!("{KEY}\n{KEY}"),
        cut.replace("HB0e", "").replace(" ops@site", "="),
        "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
    ] {
        assert!(!takes::<kind::PublicKey>(&text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_word_of_two_lines(text in "\\PC*[\n\r\0]\\PC*") {
        prop_assert!(!takes::<kind::Label>(&text) && !takes::<kind::PublicKey>(&text));
        prop_assert!(!takes::<kind::KernelArg>(&text) && !takes::<kind::Endpoint>(&text));
    }

    #[test]
    fn a_word_comes_back_from_json_as_it_was(text in "[a-z][a-z0-9.=-]{0,30}") {
        let word: KernelArg = text.parse().unwrap();
        let json = serde_json::to_string(&word).unwrap();
        prop_assert_eq!(serde_json::from_str::<KernelArg>(&json).unwrap(), word);
    }
}

#[test]
fn settings_of_hosts_are_taken_and_none_ends_a_line() {
    assert!(takes::<kind::UserName>("ops-1"));
    assert!(takes::<kind::Sysctl>(
        "net.ipv4.tcp_rmem=4096 87380 6291456"
    ));
    assert!(takes::<kind::TunedProfile>("virtual-host"));
    assert!(takes::<kind::CpuList>("2-31,34-63,70"));
    assert!(takes::<kind::UnitName>("serial-getty@ttyS0.service"));
    let print = "Vy-KzNSo9_cD1WsWwMjN7FxMe6sCyXiDrxGm0Z4uXSA";
    assert!(takes::<kind::Thumbprint>(print) && takes::<kind::Thumbprint>(&print[..27]));
    assert!(
        !takes::<kind::Thumbprint>(&print[1..])
            && !takes::<kind::Thumbprint>(&print.replace('V', "$"))
    );
    for bad in [
        "\"", "'", "\n", "\r", "$", "`", ";", "&", "|", "#", "\\", "(", "*", "\0",
    ] {
        let takes_any = takes::<kind::UserName>(&format!("ops{bad}x"))
            | takes::<kind::Sysctl>(&format!("a.b=1{bad}x"))
            | takes::<kind::TunedProfile>(&format!("a{bad}x"))
            | takes::<kind::CpuList>(&format!("2{bad}3"))
            | takes::<kind::UnitName>(&format!("sshd{bad}x"));
        assert!(!takes_any, "{bad:?}");
    }
}
