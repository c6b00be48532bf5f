//! How long an operating system is supported: told by `status` and counted in the metrics.

use jiff::{ToSpan, Zoned};
use tests::rack_of_packets::{file, play};

use super::{PATIENCE, apply, hinode};

#[test]
fn status_and_metrics_tell_whose_support_ends() {
    play(1, PATIENCE, async |rack| {
        let text = file::text(rack.tree().parent().unwrap(), 1);
        let (_, said) = hinode(&rack, &["status"]).await;
        assert!(!said.contains("support"), "{said}");
        let today = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
        let table = [
            ((-1).days(), "HAS NO SUPPORT ANY MORE", "none"),
            (100.days(), "six months at most: reinstall", "6-months"),
            (300.days(), "a year at most: set a date", "12-months"),
            (700.days(), "two years at most: plan", "24-months"),
            (800.days(), "", "longer"),
        ];
        for (from_now, says, counted) in table {
            let end = today.checked_add(from_now).unwrap();
            let line = format!("[os.standin]\nend_of_support = {end}");
            assert!(apply(&rack, &text.replace("[os.standin]", &line)).await.0);
            let (_, said) = hinode(&rack, &["status"]).await;
            assert_eq!(said.contains("[os.standin] 1 "), !says.is_empty(), "{said}");
            assert!(said.contains(says), "{said}");
            let metrics = metrics(&rack.data);
            let line = format!("hinode_nodes_by_support{{left=\"{counted}\"}} 1");
            assert!(metrics.contains(&line), "{metrics}");
        }
        let (is_applied, said) = apply(
            &rack,
            &text.replace(
                "[os.standin]",
                "[os.standin]\nend_of_support = \"May 2032\"",
            ),
        )
        .await;
        assert!(
            !is_applied && said.contains("year, month and day, as 2032-05-31"),
            "{said}"
        );
        rack
    });
}

fn metrics(data: &std::path::Path) -> String {
    let socket = data.join("hinode.sock");
    let words = [
        "-s",
        "-m",
        "10",
        "--unix-socket",
        socket.to_str().unwrap(),
        "http://hinode/v1/metrics",
    ];
    super::maker::run("curl", words)
}
