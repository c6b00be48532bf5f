//! Words of storage: iSCSI names, LUNs, folders.

use super::within;
use crate::word::Alphabet;

/// See [`crate::word::IqnDate`].
pub enum IqnDate {}
/// See [`crate::word::Target`].
pub enum Target {}
/// See [`crate::word::Wwid`].
pub enum Wwid {}
/// See [`crate::word::Export`].
pub enum Export {}
/// See [`crate::word::MountPoint`].
pub enum MountPoint {}

impl Alphabet for IqnDate {
    const RULE: &'static str =
        "year and month since when the site has its domain, as \"2019-04\" (RFC 7143 §4.2.7.2)";
    fn holds(text: &str) -> bool {
        let is_number = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        text.split_once('-').is_some_and(|(year, month)| {
            let is_month = month
                .parse()
                .is_ok_and(|month: u8| (1..=12).contains(&month));
            is_number(year, 4) && is_number(month, 2) && is_month
        })
    }
}

impl Alphabet for Target {
    const RULE: &'static str =
        "the target's iSCSI name in lower case, as iqn.2001-04.jp.example:array1";
    /// At most 223 bytes (RFC 7143 §4.2.7.1).
    fn holds(text: &str) -> bool {
        let is_named = ["iqn.", "eui.", "naa."]
            .iter()
            .any(|kind| text.starts_with(kind) && text.len() > kind.len());
        within(text, 223, ".-:") && is_named && !text.bytes().any(|byte| byte.is_ascii_uppercase())
    }
}

impl Alphabet for Wwid {
    const RULE: &'static str = "the LUN's id as multipath has it, in lower case: 3 and the 16 or 32 hex digits of its NAA name, or 2 and the 16 of its EUI-64";
    /// `ID_SERIAL` of scsi_id, by the designators of SPC-4 §7.8.6.
    fn holds(text: &str) -> bool {
        let is_hex = |text: &str| {
            text.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let (kind, digits) = text.split_at_checked(1).unwrap_or_default();
        let is_long = match kind {
            "3" => matches!(digits.len(), 16 | 32),
            "2" => digits.len() == 16,
            _ => false,
        };
        is_long && is_hex(digits)
    }
}

/// A path from `/` on of plain names.
fn is_path(text: &str) -> bool {
    let mut parts = text.split('/');
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    within(text, 255, "._-/") && parts.next() == Some("") && parts.all(is_plain)
}

impl Alphabet for Export {
    const RULE: &'static str =
        "the exported folder from / on, of letters, digits and ._-/, as /export/guests";
    fn holds(text: &str) -> bool {
        is_path(text)
    }
}

impl Alphabet for MountPoint {
    const RULE: &'static str =
        "a folder below /mnt or /srv, of letters, digits and ._-/, as /mnt/guests";
    /// Nothing of the system can be hidden there.
    fn holds(text: &str) -> bool {
        is_path(text) && (text.starts_with("/mnt/") || text.starts_with("/srv/"))
    }
}
