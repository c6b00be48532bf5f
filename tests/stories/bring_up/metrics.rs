//! What the appliance counts while it installs a node, read as a monitoring system reads it: by Prometheus' own parser.

use std::process::Command;

use tests::rack_of_packets::{RackOfPackets, file, play};

use super::{PATIENCE, is_brought_up};

/// Prints each sample as the parser sees it: name, labels in order, value.
const PARSE: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families as families
for family in families(sys.stdin.read()):
    assert family.documentation, family
    for sample in family.samples:
        labels = ','.join(f'{k}={v}' for k, v in sample.labels.items())
        print(sample.name, labels, sample.value)
";

fn sh(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// All samples, asked for with curl's `how`.
fn scrape(how: &str) -> Vec<String> {
    let parse = format!("/usr/bin/python3 -c \"{PARSE}\"");
    let samples = sh(&format!("curl -sSf -m 10 {how} | {parse}"));
    samples.lines().map(str::to_owned).collect()
}

fn value(samples: &[String], of: &str) -> f64 {
    let found = samples.iter().find_map(|line| line.strip_prefix(of));
    let value = found.unwrap_or_else(|| panic!("no {of} in {samples:#?}"));
    value.trim().parse().unwrap()
}

fn is_counted(rack: &RackOfPackets, samples: &[String]) {
    let at_least = [
        (
            "hinode_dhcp_received_total message=discover,client=ipxe",
            1.0,
        ),
        ("hinode_dhcp_sent_total message=ack", 1.0),
        ("hinode_dhcp_leases", 1.0),
        (
            "hinode_http_requests_total target=kickstart,client=curl",
            1.0,
        ),
        ("hinode_http_requests_total target=file,client=dnf", 1.0),
        ("hinode_http_answers_total client=curl,status=404", 1.0),
        ("hinode_http_answer_seconds_count target=report", 1.0),
        (
            "hinode_http_answer_seconds_bucket target=report,le=+Inf",
            1.0,
        ),
        ("hinode_tftp_transfers_total end=whole", 1.0),
    ];
    for (of, least) in at_least {
        assert!(value(samples, of) >= least, "{of}: {samples:#?}");
    }
    assert_eq!(
        value(samples, "hinode_http_refused_total reason=malformed"),
        0.0
    );
    assert_eq!(
        value(samples, "hinode_transfers service=http"),
        0.0,
        "{}",
        rack.told()
    );
}

#[test]
fn an_install_is_counted_and_read_by_prometheus() {
    play(1, PATIENCE, async |rack| {
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let socket = rack.data.join("hinode.sock");
        let local = format!(
            "--unix-socket {} http://hinode/v1/metrics",
            socket.display()
        );
        is_counted(&rack, &scrape(&local));
        let remote = scrape(&format!("http://{}:9580/metrics", file::APPLIANCE));
        is_counted(&rack, &remote);
        let bytes = value(&remote, "hinode_sent_bytes_total service=http");
        assert!(bytes > 0.0);
        rack
    });
}
