//! Faults of single values, and names that stand for nothing.

use super::*;

#[test]
fn faults_of_values_are_found_where_they_are() {
    each_is_found(include_str!("cases/values.txt"));
}

#[test]
fn names_that_stand_for_nothing_are_found_where_they_are() {
    each_is_found(include_str!("cases/names.txt"));
}

#[test]
fn an_unknown_name_is_met_with_the_one_that_was_meant() {
    for (from, to, mend) in [
        (
            "\"open-vswitch\"",
            "\"openvswitch\"",
            "did you mean `open-vswitch`?",
        ),
        (
            "profile = \"kvm\"",
            "profile = \"kwm\"",
            "did you mean `kvm`?",
        ),
        ("\"tor0:kvm-01\"", "\"t0r0:kvm-01\"", "did you mean `tor0`?"),
        (
            "role = \"service\"",
            "role = \"guest\"",
            "write one of: bmc, management, storage,",
        ),
    ] {
        let faults = check(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(
            faults[0].mend().starts_with(mend),
            "{to}: {}",
            faults[0].mend()
        );
    }
}

#[test]
fn what_may_be_left_out_has_its_default() {
    let text = GOOD
        .replace("loaders = \"/usr/lib/ipxe\"\n", "")
        .replace("language = \"en\"\n", "");
    let text = text.replacen(
        "swap = \"256 MiB\", log = \"512 MiB\"",
        "swap = 0, log = 0",
        1,
    );
    let rack = check(&text).unwrap();
    assert_eq!(
        rack.appliance.loaders,
        std::path::Path::new("/usr/lib/ipxe")
    );
    assert_eq!(rack.site.language, crate::rack::Language::En);
    let disk = &rack.profiles[&"kvm".parse().unwrap()].disk;
    assert_eq!((disk.swap_mib, disk.log_mib, disk.boot_mib), (0, 0, 512));
}
