//! Options of DHCPv6 as they lie in a packet: two bytes of code, two of length, the value (RFC 8415 §21.1). Read strictly: an
//! option that runs over its end makes the packet unreadable, for whatever stood behind it would be lost unseen.
//!
//! Not by dhcproto, which reads them in the tests: its decoder stops at the first malformed option without a word, and takes
//! the message inside a Relay-forward for one more relay's.

use std::net::Ipv6Addr;

/// Codes, by the names of their RFCs.
pub(super) mod code {
    pub(in super::super) const CLIENT_ID: u16 = 1;
    pub(in super::super) const SERVER_ID: u16 = 2;
    pub(in super::super) const IA_NA: u16 = 3;
    pub(in super::super) const IA_TA: u16 = 4;
    pub(in super::super) const IAADDR: u16 = 5;
    pub(in super::super) const PREFERENCE: u16 = 7;
    pub(in super::super) const RELAY_MSG: u16 = 9;
    pub(in super::super) const STATUS: u16 = 13;
    pub(in super::super) const RAPID_COMMIT: u16 = 14;
    pub(in super::super) const USER_CLASS: u16 = 15;
    pub(in super::super) const VENDOR_CLASS: u16 = 16;
    pub(in super::super) const INTERFACE_ID: u16 = 18;
    /// RFC 3646.
    pub(in super::super) const DNS: u16 = 23;
    /// RFC 3646.
    pub(in super::super) const DOMAINS: u16 = 24;
    pub(in super::super) const IA_PD: u16 = 25;
    /// RFC 4075.
    pub(in super::super) const SNTP: u16 = 31;
    /// RFC 5908.
    pub(in super::super) const NTP: u16 = 56;
    /// RFC 5970.
    pub(in super::super) const BOOT_FILE_URL: u16 = 59;
    /// RFC 5970.
    pub(in super::super) const CLIENT_ARCH: u16 = 61;
    /// RFC 5970.
    pub(in super::super) const NII: u16 = 62;
    /// RFC 6939.
    pub(in super::super) const CLIENT_LINK_LAYER: u16 = 79;
}

/// The options of a message, in the order sent.
#[derive(Debug, Clone)]
pub(super) struct Options<'a>(Vec<(u16, &'a [u8])>);

impl<'a> Options<'a> {
    /// None if an option runs over the end.
    pub(super) fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            let [a, b, c, d] = *head;
            let length = usize::from(u16::from_be_bytes([c, d]));
            let (value, rest) = rest.split_at_checked(length)?;
            found.push((u16::from_be_bytes([a, b]), value));
            bytes = rest;
        }
        Some(Self(found))
    }

    /// The first of this code.
    pub(super) fn one(&self, code: u16) -> Option<&'a [u8]> {
        self.all(code).next()
    }

    /// Every one of this code.
    pub(super) fn all(&self, code: u16) -> impl Iterator<Item = &'a [u8]> {
        let found = self.0.iter().filter(move |(its, _)| *its == code);
        found.map(|(_, value)| *value)
    }

    /// Every option, in the order sent.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        self.0.iter().copied()
    }
}

/// Texts that each have their length before them: user class and vendor class (RFC 8415 §21.15, §21.16).
pub(super) fn texts(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<2>() {
        let Some((text, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes(*head)))
        else {
            break;
        };
        found.push(text);
        bytes = rest;
    }
    found
}

/// The address at the beginning of `bytes`, and what follows.
pub(super) fn address(bytes: &[u8]) -> Option<(Ipv6Addr, &[u8])> {
    let (address, rest) = bytes.split_first_chunk::<16>()?;
    Some((Ipv6Addr::from(*address), rest))
}

/// An option's value is longer than its length field can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// Options as they are written, one after the other.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// After what `head` holds already.
    pub(super) fn after(head: Vec<u8>) -> Self {
        Self(head)
    }

    /// Adds an option.
    pub(super) fn put(&mut self, code: u16, value: &[u8]) -> Result<(), TooLong> {
        let length = u16::try_from(value.len()).map_err(|_| TooLong)?;
        self.0.extend(code.to_be_bytes());
        self.0.extend(length.to_be_bytes());
        self.0.extend(value);
        Ok(())
    }

    /// Adds an option that is a list of addresses, unless the list is empty.
    pub(super) fn put_addresses(&mut self, code: u16, list: &[Ipv6Addr]) -> Result<(), TooLong> {
        let bytes: Vec<u8> = list.iter().flat_map(Ipv6Addr::octets).collect();
        if bytes.is_empty() {
            return Ok(());
        }
        self.put(code, &bytes)
    }

    /// What was written.
    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}
