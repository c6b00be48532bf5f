//! Faults of VLANs, roles, ports and bridges.

use super::*;

#[test]
fn faults_of_layer_2_are_found_where_they_are() {
    each_is_found(include_str!("cases/layer2.txt"));
}

#[test]
fn a_rack_needs_networks_to_boot_and_to_wait_in() {
    for role in ["management", "parking"] {
        let text = GOOD.replacen(&format!("role = \"{role}\""), "role = \"transit\"", 1);
        let faults = check(&text).unwrap_err();
        let words = format!("no network has the role {role}");
        assert!(
            faults.iter().any(|fault| fault.english() == words),
            "{}",
            shown(&faults)
        );
    }
}
