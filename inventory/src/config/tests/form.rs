//! Faults of form: syntax, keys, types.

use super::*;

#[test]
fn faults_of_form_are_found_where_they_are() {
    each_is_found(include_str!("cases/form.txt"));
}

#[test]
fn a_slip_in_a_key_is_met_with_the_key_that_was_meant() {
    for (from, to, meant) in [
        ("gateway =", "gatway =", "`gateway`"),
        ("subnet =", "subnets =", "`subnet`"),
        ("uplinks =", "uplink =", "`uplinks`"),
        ("kernel_args =", "kernel-args =", "`kernel_args`"),
        ("[[node]]", "[[nodes]]", "`node`"),
    ] {
        let faults = check(&GOOD.replacen(from, to, 1)).unwrap_err();
        let unknown = faults
            .iter()
            .find(|fault| fault.problem.code() == "unknown-key");
        let mend = unknown.map(Fault::mend).unwrap_or_default();
        assert!(
            mend.starts_with(&format!("did you mean {meant}?")),
            "{to}: {mend}"
        );
    }
}

#[test]
fn what_is_not_toml_hides_no_fault_on_other_lines_and_makes_none_up() {
    let text = GOOD
        .replacen("vlan = 9\n", "vlan 9\n", 1)
        .replacen("vlan = 200", "vlan = 5000", 1)
        .replacen("\"10.77.9.12\"", "\"10.77.9.11\"", 1);
    let faults = check(&text).unwrap_err();
    let codes: Vec<_> = faults.iter().map(|fault| fault.problem.code()).collect();
    assert_eq!(
        codes,
        ["syntax", "bad-vlan", "duplicate-bmc"],
        "{}",
        shown(&faults)
    );
}

#[test]
fn an_empty_file_is_told_what_it_lacks() {
    let faults = check("").unwrap_err();
    let lacks: Vec<_> = faults.iter().map(Fault::english).collect();
    assert!(
        lacks.iter().any(|text| text == "the file has no `version`"),
        "{lacks:?}"
    );
    assert!(
        lacks
            .iter()
            .any(|text| text == "no network has the role management"),
        "{lacks:?}"
    );
}
