//! Whatever the text is, the check comes back with a rack or with faults that lie within the text.

use proptest::prelude::*;

use super::*;
use crate::id::{Name, kind};
use crate::rack::Rack;

/// What must hold of every text.
fn holds(text: &str) -> Result<(), TestCaseError> {
    match check(text) {
        Ok(rack) => {
            let json =
                serde_json::to_string(&rack).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let back = serde_json::from_str::<Rack>(&json);
            prop_assert_eq!(back.map_err(|e| TestCaseError::fail(e.to_string()))?, rack);
        }
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            let lines: Vec<_> = text.split('\n').collect();
            for fault in &faults {
                let line = lines
                    .get(fault.place.line - 1)
                    .map(|line| line.chars().count());
                prop_assert!(
                    line.is_some_and(|length| fault.place.column <= length + 1),
                    "{fault:?}"
                );
                let words = format!("{}{}", fault.english(), fault.mend());
                prop_assert!(!words.contains(['\n', '\r', '\u{1b}']), "{words:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn bytes_that_flip_do_not_make_it_panic(flips in proptest::collection::vec((0..GOOD.len(), any::<u8>()), 1..6)) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (at, byte) in flips {
            bytes[at] = byte;
        }
        holds(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn pieces_that_are_cut_or_doubled_do_not_make_it_panic(from in 0..GOOD.len(), length in 1..200usize, twice: bool) {
        let end = (from + length).min(GOOD.len());
        let piece = if twice { &GOOD[from..end] } else { "" };
        holds(&format!("{}{piece}{piece}{}", &GOOD[..from], &GOOD[end..]))?;
    }

    #[test]
    fn lines_that_change_places_do_not_make_it_panic(mut order in Just(GOOD.lines().collect::<Vec<_>>()).prop_shuffle(), keep in 0..80usize) {
        order.truncate(keep);
        holds(&order.join("\n"))?;
    }

    #[test]
    fn values_of_any_kind_do_not_make_it_panic(line in 0..80usize, value in "(-?[0-9]{1,12}|\"\\PC{0,20}\"|\\[\\]|\\{\\}|true|1979-05-27|nan|'''\n''')") {
        let change = |(at, text): (usize, &str)| match text.split_once(" = ") {
            Some((key, _)) if at == line => format!("{key} = {value}\n"),
            _ => format!("{text}\n"),
        };
        holds(&GOOD.lines().enumerate().map(change).collect::<String>())?;
    }

    #[test]
    fn any_text_does_not_make_it_panic(text in "\\PC{0,200}") {
        holds(&text)?;
    }

    #[test]
    fn a_node_name_that_is_taken_comes_back_from_json(name in "[a-z0-9-]{1,70}") {
        let text = GOOD.replacen("name = \"kvm-02\"", &format!("name = \"{name}\""), 1);
        if let Ok(rack) = check(&text) {
            let name: Name<kind::Node> = name.parse().unwrap();
            let json = serde_json::to_string(&rack.nodes[&name].name).unwrap();
            prop_assert_eq!(serde_json::from_str::<Name<kind::Node>>(&json).unwrap(), name);
        }
    }
}
