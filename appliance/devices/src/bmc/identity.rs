//! Which machine a BMC belongs to, and whether it is the one meant. Pure.
//!
//! Boards come with placeholder serials and UUIDs; those count as none. The SMBIOS UUID appears in either byte order
//! (SMBIOS 3 §7.2.1: the first three fields are little-endian; some BMCs print them as if they were not).

use std::fmt;

use serde_json::Value;
use uuid::Uuid;

/// Who the machine says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Serial number, trimmed; none if absent or a placeholder.
    pub serial: Option<String>,
    /// Stock-keeping unit. Some vendors put the service tag here, which is the SMBIOS product serial.
    pub sku: Option<String>,
    /// SMBIOS UUID; none if absent or a placeholder.
    pub uuid: Option<Uuid>,
    /// Manufacturer and model, for people.
    pub model: String,
}

/// Who the machine should be. What is `None` is not known and not compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// Product serial number.
    pub serial: Option<String>,
    /// SMBIOS UUID, in either byte order.
    pub uuid: Option<Uuid>,
}

/// How an identity compares with the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comparison {
    /// At least one of serial and UUID agrees and none differs.
    Same,
    /// One differs.
    Different { expected: String, found: String },
    /// There is nothing that both sides know.
    NothingToCompare,
}

/// Serials that boards leave the factory with when nobody wrote one. Compared in lower case.
const PLACEHOLDER_SERIALS: &[&str] = &[
    "",
    "0",
    "none",
    "null",
    "n/a",
    "na",
    "empty",
    "unknown",
    "default string",
    "not specified",
    "not available",
    "system serial number",
    "to be filled by o.e.m.",
    "0123456789",
    "123456789",
    "1234567890",
];

/// UUIDs that whole product lines share: all zeros, all ones, and two of board makers.
const PLACEHOLDER_UUIDS: &[Uuid] = &[
    Uuid::nil(),
    Uuid::max(),
    Uuid::from_u128(0x0300_0200_0400_0500_0006_0007_0008_0009),
    Uuid::from_u128(0x1234_5678_1234_5678_90ab_cdde_efaa_bbcc),
];

/// Equal, or equal once the first three fields are swapped.
pub fn same_uuid(one: Uuid, other: Uuid) -> bool {
    one == other || one == swapped(other)
}

fn swapped(uuid: Uuid) -> Uuid {
    Uuid::from_bytes_le(*uuid.as_bytes())
}

fn serial(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    let filler = text
        .chars()
        .all(|c| matches!(c, '0' | '.' | '-' | ' ' | 'x' | 'X'));
    let placeholder = PLACEHOLDER_SERIALS.contains(&text.to_lowercase().as_str());
    (!filler && !placeholder).then(|| text.to_owned())
}

fn uuid(text: Option<&str>) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text?.trim()).ok()?;
    let placeholder = PLACEHOLDER_UUIDS
        .iter()
        .any(|known| same_uuid(*known, uuid));
    (!placeholder).then_some(uuid)
}

impl Identity {
    /// From a Redfish `ComputerSystem`.
    pub(super) fn of(system: &Value) -> Self {
        let text = |key: &str| system[key].as_str();
        let maker = [text("Manufacturer"), text("Model")];
        Self {
            serial: serial(text("SerialNumber")),
            sku: serial(text("SKU")),
            uuid: uuid(text("UUID")),
            model: maker.into_iter().flatten().collect::<Vec<_>>().join(" "),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_known(f, self.serial.as_deref(), self.uuid)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_known(f, self.serial.as_deref(), self.uuid)
    }
}

fn write_known(
    f: &mut fmt::Formatter<'_>,
    serial: Option<&str>,
    uuid: Option<Uuid>,
) -> fmt::Result {
    match (serial, uuid) {
        (Some(serial), Some(uuid)) => write!(f, "serial {serial}, UUID {uuid}"),
        (Some(serial), None) => write!(f, "serial {serial}, no UUID"),
        (None, Some(uuid)) => write!(f, "no serial, UUID {uuid}"),
        (None, None) => write!(f, "neither serial nor UUID"),
    }
}

impl Expected {
    /// A serial that differs outweighs a UUID that agrees: boards are swapped with their UUID set by hand.
    pub(super) fn compare(&self, found: &Identity) -> Comparison {
        let serial = self.serial.as_deref().and_then(|text| serial(Some(text)));
        let by_serial = serial.zip(found.serial.clone()).map(|(expected, shown)| {
            let same = expected == shown || found.sku.as_ref() == Some(&expected);
            (
                same,
                format!("serial {expected}"),
                format!("serial {shown}"),
            )
        });
        let by_uuid = self.uuid.zip(found.uuid).map(|(expected, shown)| {
            let same = same_uuid(expected, shown);
            (same, format!("UUID {expected}"), format!("UUID {shown}"))
        });
        let mut compared = by_serial.into_iter().chain(by_uuid).peekable();
        if compared.peek().is_none() {
            return Comparison::NothingToCompare;
        }
        match compared.find(|(same, _, _)| !same) {
            Some((_, expected, found)) => Comparison::Different { expected, found },
            None => Comparison::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const UUID: Uuid = Uuid::from_u128(0x4c4c_4544_0039_4710_8054_b7c0_4f59_5a31);

    fn identity(serial: &str, sku: &str, uuid: &str) -> Identity {
        Identity::of(&json!({"SerialNumber": serial, "SKU": sku, "UUID": uuid}))
    }

    fn expected(serial: &str, uuid: Option<Uuid>) -> Expected {
        let serial = (!serial.is_empty()).then(|| serial.to_owned());
        Expected { serial, uuid }
    }

    fn outcome(expected: &Expected, found: &Identity) -> &'static str {
        match expected.compare(found) {
            Comparison::Same => "same",
            Comparison::Different { .. } => "different",
            Comparison::NothingToCompare => "nothing",
        }
    }

    #[test]
    fn machines_are_told_apart_by_serial() {
        for (name, serial, sku, seen) in [
            ("the same, padded", "HN1 ", "", "same"),
            ("another", "HN2", "", "different"),
            ("the service tag stands in SKU", "CN123", "HN1", "same"),
            ("a placeholder", "To be filled by O.E.M.", "", "nothing"),
            ("zeros", "0000000", "", "nothing"),
            ("none", "", "", "nothing"),
        ] {
            let found = identity(serial, sku, "");
            assert_eq!(outcome(&expected("HN1", None), &found), seen, "{name}");
        }
    }

    #[test]
    fn machines_are_told_apart_by_uuid() {
        for (name, uuid, seen) in [
            ("the same", "4C4C4544-0039-4710-8054-B7C04F595A31", "same"),
            ("swapped", "44454c4c-3900-1047-8054-b7c04f595a31", "same"),
            (
                "another",
                "11111111-2222-3333-4444-000000000002",
                "different",
            ),
            (
                "of a product line",
                "03000200-0400-0500-0006-000700080009",
                "nothing",
            ),
            (
                "of a product line, swapped",
                "00020003-0004-0005-0006-000700080009",
                "nothing",
            ),
            ("no UUID", "Default string", "nothing"),
        ] {
            let found = identity("", "", uuid);
            assert_eq!(outcome(&expected("", Some(UUID)), &found), seen, "{name}");
        }
    }

    #[test]
    fn one_that_differs_outweighs_one_that_agrees() {
        let (uuid, other) = (UUID.to_string(), "11111111-2222-3333-4444-000000000002");
        for (name, found, seen) in [
            ("both agree", identity("A", "", &uuid), "same"),
            ("serial differs", identity("B", "", &uuid), "different"),
            ("UUID differs", identity("A", "", other), "different"),
            ("only the UUID is known", identity("", "", &uuid), "same"),
        ] {
            assert_eq!(outcome(&expected("A", Some(UUID)), &found), seen, "{name}");
        }
        let nothing = Expected::default();
        assert_eq!(outcome(&nothing, &identity("A", "", &uuid)), "nothing");
    }

    proptest! {
        #[test]
        fn byte_order_does_not_matter(bytes: [u8; 16]) {
            let uuid = Uuid::from_bytes(bytes);
            prop_assert!(same_uuid(uuid, uuid));
            prop_assert!(same_uuid(uuid, swapped(uuid)));
            prop_assert!(same_uuid(swapped(uuid), uuid));
        }
    }
}
