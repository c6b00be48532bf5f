//! What each kind of [`super::Word`] may hold. No alphabet but that of a label has a space, and none a quote, `$`, `\`,
//! `;`, `|`, `<`, `>`, `#` or a control character: nothing that ends, expands or comments out a line of a script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Alphabet;

/// See [`super::KernelArg`].
pub enum KernelArg {}
/// See [`super::Package`].
pub enum Package {}
/// See [`super::DiskId`].
pub enum DiskId {}
/// See [`super::LinkName`].
pub enum LinkName {}
/// See [`super::PortName`].
pub enum PortName {}
/// See [`super::Domain`].
pub enum Domain {}
/// See [`super::Endpoint`].
pub enum Endpoint {}
/// See [`super::ZoneName`].
pub enum ZoneName {}
/// See [`super::Version`].
pub enum Version {}
/// See [`super::Serial`].
pub enum Serial {}
/// See [`super::Label`].
pub enum Label {}
/// See [`super::PublicKey`].
pub enum PublicKey {}
/// See [`super::UserName`].
pub enum UserName {}
/// See [`super::Sysctl`].
pub enum Sysctl {}
/// See [`super::TunedProfile`].
pub enum TunedProfile {}
/// See [`super::CpuList`].
pub enum CpuList {}
/// See [`super::UnitName`].
pub enum UnitName {}
/// See [`super::Thumbprint`].
pub enum Thumbprint {}

mod storage;
pub use storage::{Export, IqnDate, MountPoint, Target, Wwid};

/// 1 to `max` ASCII letters, digits and `others`.
fn within(text: &str, max: usize, others: &str) -> bool {
    (1..=max).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn begins_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

impl Alphabet for KernelArg {
    const RULE: &'static str = "one argument of letters, digits and ._-=,:/@+, beginning with a letter (write two arguments as two strings)";
    fn holds(text: &str) -> bool {
        within(text, 255, "._-=,:/@+") && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

impl Alphabet for Package {
    const RULE: &'static str =
        "a package name of letters, digits and ._+-, or such a @group or @^environment";
    fn holds(text: &str) -> bool {
        let group = text.strip_prefix('@');
        let name = group.map_or(text, |group| group.strip_prefix('^').unwrap_or(group));
        within(name, 128, "._+-") && begins_plain(name)
    }
}

impl Alphabet for DiskId {
    const RULE: &'static str =
        "the disk's name under /dev/disk/by-id/, as wwn-0x5000c500a1b2c3d4 or virtio-HNDISK01";
    /// Every name there has the bus before a dash; `sda` has not, and it may be another disk after the next boot.
    fn holds(text: &str) -> bool {
        within(text, 128, "._:+-") && begins_plain(text) && text.contains('-')
    }
}

impl Alphabet for LinkName {
    const RULE: &'static str =
        "1 to 15 letters, digits and ._-, beginning with a letter (the kernel's limit)";
    /// 15 is IFNAMSIZ less the final zero (linux/if.h).
    fn holds(text: &str) -> bool {
        within(text, 15, "._-") && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

impl Alphabet for PortName {
    const RULE: &'static str = "the port as the switch spells it, of letters, digits and ._-/:, as ge-0/0/3 or Ethernet1/1";
    fn holds(text: &str) -> bool {
        within(text, 63, "._-/:") && begins_plain(text)
    }
}

impl Alphabet for Domain {
    const RULE: &'static str =
        "a DNS domain of a-z, 0-9, - and dots, as rack1.example.com, without a dot at the end";
    /// Labels of RFC 1123 §2.1; 190 leaves a node name of 63 letters room under the 255 of RFC 1035 §2.3.4.
    fn holds(text: &str) -> bool {
        text.len() <= 190
            && text
                .split('.')
                .all(|label| label.parse::<crate::id::NodeName>().is_ok())
    }
}

impl Alphabet for Endpoint {
    const RULE: &'static str = "a URL as http://10.0.0.5:8080/client/api: http or https, a host, no user, query or fragment";
    fn holds(text: &str) -> bool {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| {
            within(rest, 255, "._:/-~[]") && !rest.starts_with(['/', ':', '.', '-', '~', ']'])
        })
    }
}

impl Alphabet for ZoneName {
    const RULE: &'static str = "a time zone of the IANA database, as Asia/Tokyo";
    fn holds(text: &str) -> bool {
        within(text, 64, "_+-/") && begins_plain(text)
    }
}

impl Alphabet for Version {
    const RULE: &'static str =
        "a version of letters, digits, dots and dashes in quotes, as \"9.6\"";
    fn holds(text: &str) -> bool {
        within(text, 32, ".-") && begins_plain(text)
    }
}

impl Alphabet for Serial {
    const RULE: &'static str =
        "the product serial number as SMBIOS has it, of letters, digits and ._-/:";
    fn holds(text: &str) -> bool {
        within(text, 64, "._-/:") && begins_plain(text)
    }
}

impl Alphabet for Label {
    const RULE: &'static str = "1 to 64 characters on one line, not beginning or ending with a space, without \" ' ` \\ $ < >";
    fn holds(text: &str) -> bool {
        let fine = |c: char| !c.is_control() && !"\"'`\\$<>\u{2028}\u{2029}".contains(c);
        text.trim() == text && (1..=64).contains(&text.chars().count()) && text.chars().all(fine)
    }
}

/// Key types of OpenSSH (sshd(8), AUTHORIZED_KEYS FILE FORMAT). `ssh-dss` is gone since OpenSSH 10.
const KEY_TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

impl Alphabet for PublicKey {
    const RULE: &'static str = "one line of a .pub file: type, base64, and a comment of letters, digits and ._-@+:, without options before the type";
    /// The blob begins with its own type as an SSH string (RFC 4253 §6.6): a cut or mixed-up line shows there.
    fn holds(text: &str) -> bool {
        let mut parts = text.split(' ');
        let (Some(kind), Some(blob)) = (parts.next(), parts.next()) else {
            return false;
        };
        let Ok(blob) = STANDARD.decode(blob) else {
            return false;
        };
        let length = u32::try_from(kind.len()).unwrap_or(u32::MAX).to_be_bytes();
        KEY_TYPES.contains(&kind)
            && blob.len() > kind.len() + 36
            && blob.starts_with(&[&length, kind.as_bytes()].concat())
            && parts.all(|word| within(word, 128, "._-@+:"))
    }
}

/// Accounts that a system or its daemons have; a kickstart that makes one of them fails late.
const SYSTEM_ACCOUNTS: [&str; 22] = [
    "root", "bin", "daemon", "adm", "lp", "sync", "shutdown", "halt", "mail", "operator", "games",
    "ftp", "nobody", "dbus", "tss", "sshd", "chrony", "qemu", "libvirt", "polkitd", "rpc", "cloud",
];

impl Alphabet for UserName {
    const RULE: &'static str = "a login name of at most 32 of a-z, 0-9, _ and -, beginning with a letter, and no account of the system";
    fn holds(text: &str) -> bool {
        within(text, 32, "_-")
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.chars().any(|c| c.is_ascii_uppercase())
            && !SYSTEM_ACCOUNTS.contains(&text)
    }
}

impl Alphabet for Sysctl {
    const RULE: &'static str = "KEY=VALUE as sysctl.d has it, as vm.swappiness=10: a key with a dot, a value of letters, digits, ._-/ and single spaces";
    fn holds(text: &str) -> bool {
        text.split_once('=').is_some_and(|(key, value)| {
            within(key, 128, "._-/")
                && begins_plain(key)
                && key.contains('.')
                && value.split(' ').all(|word| within(word, 64, "._-/"))
        })
    }
}

impl Alphabet for TunedProfile {
    const RULE: &'static str = "a profile as `tuned-adm list` names it, as virtual-host";
    fn holds(text: &str) -> bool {
        within(text, 64, "_-") && begins_plain(text)
    }
}

impl Alphabet for CpuList {
    const RULE: &'static str = "processors and ranges of them in rising order, without 0, which the kernel needs, as \"2-31,34-63\"";
    fn holds(text: &str) -> bool {
        let mut next = 1;
        text.len() <= 200
            && text.split(',').all(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let number = |text: &str| {
                    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
                    text.parse::<u32>().ok().filter(|it| plain && *it < 8192)
                };
                let (Some(first), Some(last)) = (number(first), number(last)) else {
                    return false;
                };
                let rises = first >= next && last >= first;
                next = last + 1;
                rises
            })
    }
}

impl Alphabet for Thumbprint {
    const RULE: &'static str =
        "what `tang-show-keys` prints: 43 letters, digits, - and _ (SHA-256), or 27 (SHA-1)";
    /// RFC 7638 thumbprints are base64url without padding (RFC 7515 §2).
    fn holds(text: &str) -> bool {
        matches!(text.len(), 27 | 43) && within(text, 43, "-_")
    }
}

impl Alphabet for UnitName {
    const RULE: &'static str =
        "a unit of letters, digits and ._-@, with or without its ending, as fstrim.timer";
    fn holds(text: &str) -> bool {
        within(text, 128, "._-@") && begins_plain(text)
    }
}
