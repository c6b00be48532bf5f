//! Keys and signatures that GnuPG 2.2 made (`made/`): a maker with a subkey, somebody else, and a revoked key.

use super::*;

const LIST: &str = include_str!("made/CHECKSUM");
const CLEAR: &str = include_str!("made/CHECKSUM.clear");
const ARMORED: &[u8] = include_bytes!("made/CHECKSUM.asc");
const BINARY: &[u8] = include_bytes!("made/CHECKSUM.sig");
const BY_SUBKEY: &[u8] = include_bytes!("made/CHECKSUM.by-subkey.asc");
const BY_SHA1: &[u8] = include_bytes!("made/CHECKSUM.sha1.asc");
const MAKER: &str = "4BCB4338EE2FDCFD61113ECF86B4FF7190AADC8B";

fn maker() -> Key {
    Key::parse(include_bytes!("made/maker-with-subkey.asc")).unwrap()
}

fn other() -> Key {
    Key::parse(include_bytes!("made/other.asc")).unwrap()
}

#[test]
fn a_signature_of_the_maker_is_taken_in_every_form() {
    for detached in [ARMORED, BINARY, BY_SUBKEY] {
        let signed = verify(LIST, Some(detached), &[other(), maker()]).unwrap();
        assert_eq!(
            (signed.text.as_str(), signed.by.to_string().as_str()),
            (LIST, MAKER)
        );
    }
    let signed = verify(CLEAR, None, &[maker()]).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&signed.text), lines(LIST));
}

#[test]
fn everything_else_is_refused_with_its_reason() {
    let keys = [maker()];
    let changed = LIST.replace("a3b1", "a3b2");
    let table = [
        (verify(LIST, None, &keys), "not signed"),
        (verify(LIST, Some(b"nonsense"), &keys), "cannot be read"),
        (
            verify(&changed, Some(ARMORED), &keys),
            "does not fit the list",
        ),
        (
            verify(&CLEAR.replace("a3b1", "a3b2"), None, &keys),
            "does not fit the list",
        ),
        (
            verify(LIST, Some(ARMORED), &[other()]),
            "is signed by 4BCB4338EE2F",
        ),
        (verify(LIST, Some(ARMORED), &[]), "the keys given are none"),
        (
            verify(LIST, Some(BY_SHA1), &keys),
            "no longer proves anything",
        ),
    ];
    for (found, wanted) in table {
        let said = found.unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn a_subkey_counts_only_with_the_key_that_binds_it() {
    let alone = Key::parse(include_bytes!("made/maker.asc")).unwrap();
    let said = verify(LIST, Some(BY_SUBKEY), &[alone]).unwrap_err();
    assert!(matches!(said, Fault::OtherKey { .. }), "{said}");
}

#[test]
fn what_is_no_key_or_was_taken_back_is_none() {
    let revoked = include_bytes!("made/revoked.asc");
    assert!(matches!(Key::parse(revoked), Err(Fault::Revoked(_))));
    assert!(matches!(Key::parse(b"hello"), Err(Fault::NoKey(_))));
    assert!(matches!(Key::parse(ARMORED), Err(Fault::NoKey(_))));
}

#[test]
fn fingerprints_are_compared_as_people_write_them() {
    let typed = Fingerprint::typed("4bcb 4338 ee2f dcfd 6111  3ecf 86b4 ff71 90aa dc8b").unwrap();
    assert_eq!(typed, maker().fingerprint());
    assert_eq!(typed.maker(), None);
    for (fingerprint, maker) in MAKERS {
        assert_eq!(
            Fingerprint::typed(fingerprint).unwrap().maker(),
            Some(maker)
        );
    }
    assert_eq!(Fingerprint::typed("86B4FF7190AADC8B"), None);
}

#[test]
fn a_signature_over_a_header_is_taken_and_everything_else_has_its_reason() {
    let of = |text: &str, signatures: &[&[u8]], keys: &[Key]| {
        let signatures: Vec<_> = signatures.iter().map(|bytes| bytes.to_vec()).collect();
        of_header(text.as_bytes(), &signatures, keys)
    };
    let by = of(LIST, &[BINARY], &[other(), maker()]).unwrap();
    assert_eq!(by.to_string(), MAKER);
    let changed = LIST.replace("a3b1", "a3b2");
    assert_eq!(of(&changed, &[BINARY], &[maker()]), Err(Unproven::Bad(by)));
    assert_eq!(of(LIST, &[], &[maker()]), Err(Unproven::Unsigned));
    let said = of(LIST, &[BINARY], &[other()]).unwrap_err().to_string();
    assert!(said.contains(MAKER), "{said}");
    let said = of(LIST, &[b"\x00"], &[maker()]).unwrap_err().to_string();
    assert!(said.contains("cannot be read"), "{said}");
}

#[test]
fn a_key_is_named_and_written_again() {
    let key = maker();
    assert!(!key.owner().is_empty());
    let again = Key::parse(key.armored().unwrap().as_bytes()).unwrap();
    assert_eq!(again.fingerprint(), key.fingerprint());
}
