//! What only one node may have.

use super::*;

#[test]
fn what_two_nodes_share_is_found_at_the_second() {
    each_is_found(include_str!("cases/nodes.txt"));
}

#[test]
fn a_bad_value_hides_no_other_fault_of_its_node() {
    let text = GOOD
        .replacen("name = \"kvm-02\"", "name = \"kvm 02\"", 1)
        .replacen("\"52:54:00:77:00:02\"", "\"52:54:00:77:00:01\"", 1)
        .replacen("\"10.77.10.22\"", "\"10.77.11.22\"", 1)
        .replacen("\"HN0002\"", "\"HN0001\"", 1);
    let faults = check(&text).unwrap_err();
    let codes: Vec<_> = faults.iter().map(|fault| fault.problem.code()).collect();
    assert_eq!(
        codes,
        [
            "bad-name",
            "duplicate-mac",
            "address-outside",
            "duplicate-serial"
        ]
    );
}
