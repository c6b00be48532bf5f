//! The exposition as Prometheus reads it, and the list in docs/metrics.md, which is made from the code.

use std::time::Duration;

use super::kinds::One;
use super::*;
use crate::fixture::leased;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
const HEAD: &str = "# Metrics

`GET /v1/metrics` on the appliance's socket answers in Prometheus' text format, and so does `http://ADDRESS/metrics` if the
rack file says `[appliance] metrics = \"ADDRESS\"`:

```
curl --unix-socket /var/lib/hinode/hinode.sock http://hinode/v1/metrics
```

Counters begin at zero when the appliance starts. No label ever has another value than those below. This list is made from
the code (`BLESS=1 cargo test -p pxe metrics` writes it).

";

#[test]
fn the_list_in_the_docs_is_what_the_code_counts() {
    let families = gather(&leased().world).unwrap();
    let list = format!("{HEAD}{}", text::list(&families));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(LIST, &list).unwrap();
    }
    let kept = std::fs::read_to_string(LIST).unwrap_or_default();
    assert!(
        kept == list,
        "docs/metrics.md is old; BLESS=1 writes it anew"
    );
}

#[test]
fn names_are_told_apart_and_keep_the_rules_of_prometheus() {
    let families = gather(&leased().world).unwrap();
    let mut names: Vec<_> = families.iter().map(|family| family.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), families.len());
    for family in &families {
        let is_counter = matches!(family.series, Series::Counter(_));
        assert_eq!(
            family.name.ends_with("_total"),
            is_counter,
            "{}",
            family.name
        );
        let words = family.labels.iter().flat_map(|(_, words)| words);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        for word in words {
            assert!(word.chars().all(is_plain), "{} of {}", word, family.name);
        }
    }
}

#[test]
fn what_was_counted_is_exposed() {
    let scene = leased();
    let metrics = &scene.world.metrics;
    metrics.bytes.add((Service::Http, One), 5_000_000_000);
    metrics.http.answers.add((Agent::Dnf, Status::NotFound), 3);
    metrics
        .http
        .seconds
        .note(Target::File, Duration::from_millis(2));
    let text = text::exposition(&gather(&scene.world).unwrap());
    let expected = [
        "# HELP hinode_sent_bytes_total Bytes sent to clients, without headers.",
        "# TYPE hinode_sent_bytes_total counter",
        "hinode_sent_bytes_total{service=\"tftp\"} 0",
        "hinode_sent_bytes_total{service=\"http\"} 5000000000",
        "hinode_http_answers_total{client=\"dnf\",status=\"404\"} 3",
        "# TYPE hinode_http_answer_seconds histogram",
        "hinode_http_answer_seconds_bucket{target=\"file\",le=\"0.001\"} 0",
        "hinode_http_answer_seconds_bucket{target=\"file\",le=\"0.0025\"} 1",
        "hinode_http_answer_seconds_bucket{target=\"file\",le=\"+Inf\"} 1",
        "hinode_http_answer_seconds_sum{target=\"file\"} 0.002",
        "hinode_http_answer_seconds_count{target=\"file\"} 1",
        "hinode_dhcp_leases 2",
    ];
    for line in expected {
        assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
    }
}
