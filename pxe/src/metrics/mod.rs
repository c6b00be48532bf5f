//! What the boot services count, for monitoring: who asked for what, what became of it and how long it took. In memory;
//! counters begin at zero after a restart, as Prometheus expects.
//!
//! The exposition is our own: all labels are enums, so that the series are bounded by what is written here, and the list
//! for people comes from the same values.

pub mod kinds;
mod labels;
mod labels6;
pub mod text;

use inventory::lease::Client;
use inventory::rack::{Node, Os};
use inventory::store::{StoreError, Table};
use inventory::support::Left;
use jiff::tz::TimeZone;

use crate::World;
use crate::dhcp::answer::Silence;
use crate::dhcp::packet::{Kind, Unreadable};
use crate::dhcp6;
use crate::http::Target;
use crate::http::head::{Agent, Refusal};
use crate::http::status::Status;
use crate::served::Service;
use kinds::{Counters, Histograms, Label};
pub use labels::{Ending, Sent, TftpEnd};
use text::{Family, Series};

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// DHCP.
    pub dhcp: Dhcp,
    /// DHCPv6.
    pub dhcp6: Dhcp6,
    /// HTTP.
    pub http: Http,
    /// TFTP transfers that ended.
    pub tftp: Counters<TftpEnd>,
    /// Bytes that left for clients, nodes or not.
    pub bytes: Counters<Service>,
}

/// What DHCP counts.
#[derive(Debug, Default)]
pub struct Dhcp {
    /// Packets that could be read.
    pub received: Counters<Kind, Client>,
    /// Packets that could not.
    pub malformed: Counters<Unreadable>,
    /// Answers that left.
    pub sent: Counters<Sent>,
    /// Packets that deserve no answer.
    pub unanswered: Counters<Silence>,
    /// From the packet to the answer, the durable lease included.
    pub seconds: Histograms<Kind>,
}

/// What DHCPv6 counts.
#[derive(Debug, Default)]
pub struct Dhcp6 {
    /// Packets that could be read.
    pub received: Counters<dhcp6::packet::Kind, Client>,
    /// Packets that could not.
    pub malformed: Counters<dhcp6::packet::Unreadable>,
    /// Answers that left, by what they answer.
    pub sent: Counters<dhcp6::packet::Kind>,
    /// Packets that deserve no answer.
    pub unanswered: Counters<dhcp6::answer::Silence>,
    /// From the packet to the answer, the durable lease included.
    pub seconds: Histograms<dhcp6::packet::Kind>,
}

/// What HTTP counts.
#[derive(Debug, Default)]
pub struct Http {
    /// Requests.
    pub requests: Counters<Target, Agent>,
    /// Answers.
    pub answers: Counters<Agent, Status>,
    /// What was no request.
    pub refused: Counters<Refusal>,
    /// Connections that ended, or were not taken.
    pub ended: Counters<Ending>,
    /// From the whole request to its answer, what must be durable before it included; not the sending.
    pub seconds: Histograms<Target>,
}

/// Everything, as of now.
///
/// # Errors
/// The leases cannot be counted.
pub fn gather(world: &World) -> Result<Vec<Family>, StoreError> {
    let metrics = &world.metrics;
    let mut families = vec![
        Family::counters(
            (
                "hinode_sent_bytes_total",
                "Bytes sent to clients, without headers.",
            ),
            &metrics.bytes,
        ),
        transfers(world),
        Family::counters(
            ("hinode_tftp_transfers_total", "TFTP transfers that ended."),
            &metrics.tftp,
        ),
    ];
    families.extend(http(&metrics.http));
    families.extend(dhcp(&metrics.dhcp));
    families.push(Family {
        name: "hinode_dhcp_leases",
        help: "Addresses given to nodes, as stored.",
        ..stored(world, Table::Leases)?
    });
    families.push(Family {
        name: "hinode_dhcp_pool_leases",
        help: "Addresses of pools given to strangers, as stored; one that has run out counts until it is given anew.",
        ..stored(world, Table::PoolLeases)?
    });
    families.extend(dhcp6(&metrics.dhcp6));
    families.push(Family {
        name: "hinode_dhcp6_leases",
        help: "IPv6 addresses given to nodes, as stored.",
        ..stored(world, Table::Leases6)?
    });
    families.push(support(world));
    Ok(families)
}

/// Nodes of the rack file by how much support their OS has left.
fn support(world: &World) -> Family {
    let (rack, today) = (
        world.rack(),
        world.now().wall.to_zoned(TimeZone::UTC).date(),
    );
    let left = |node: &Node| {
        let os = rack
            .profiles
            .get(&node.profile)
            .and_then(|it| rack.oses.get(&it.os));
        Left::of(os.and_then(Os::support_ends), today)
    };
    let nodes: Vec<Left> = rack.nodes.values().map(left).collect();
    let series = Left::ALL.into_iter().map(|value| {
        let of_value = nodes.iter().filter(|left| **left == value);
        (vec![value.word()], of_value.count() as u64)
    });
    Family {
        name: "hinode_nodes_by_support",
        help: "Nodes by how much support their operating system has left.",
        labels: text::label::<Left>().into_iter().collect(),
        series: Series::Gauge(series.collect()),
    }
}

/// How many records a table holds, without a name yet.
fn stored(world: &World, table: Table) -> Result<Family, StoreError> {
    let count = world.store.list(table)?.len() as u64;
    Ok(Family {
        name: "",
        help: "",
        labels: Vec::new(),
        series: Series::Gauge(vec![(Vec::new(), count)]),
    })
}

fn transfers(world: &World) -> Family {
    let underway = world.served.underway(world.now().mono);
    let series = Service::ALL.iter().map(|service| {
        let of_service = underway.iter().filter(|it| it.begun.service == *service);
        (vec![service.word()], of_service.count() as u64)
    });
    Family {
        name: "hinode_transfers",
        help: "Files on their way to nodes now.",
        labels: text::label::<Service>().into_iter().collect(),
        series: Series::Gauge(series.collect()),
    }
}

fn http(http: &Http) -> [Family; 5] {
    [
        Family::counters(
            (
                "hinode_http_requests_total",
                "HTTP requests, by what was asked for and what kind of program asked.",
            ),
            &http.requests,
        ),
        Family::counters(
            (
                "hinode_http_answers_total",
                "HTTP answers, by what kind of program asked and status.",
            ),
            &http.answers,
        ),
        Family::counters(
            (
                "hinode_http_refused_total",
                "What came over HTTP and was no request, or one that could be read in two ways.",
            ),
            &http.refused,
        ),
        Family::counters(
            (
                "hinode_http_connections_ended_total",
                "HTTP connections that ended or were not taken.",
            ),
            &http.ended,
        ),
        Family::histograms(
            (
                "hinode_http_answer_seconds",
                "From a whole HTTP request to its answer; sending not included.",
            ),
            &http.seconds,
        ),
    ]
}

fn dhcp(dhcp: &Dhcp) -> [Family; 5] {
    [
        Family::counters(
            (
                "hinode_dhcp_received_total",
                "DHCP packets, by message and what kind of program sent them.",
            ),
            &dhcp.received,
        ),
        Family::counters(
            (
                "hinode_dhcp_malformed_total",
                "DHCP packets that were dropped unread.",
            ),
            &dhcp.malformed,
        ),
        Family::counters(
            ("hinode_dhcp_sent_total", "DHCP answers that left."),
            &dhcp.sent,
        ),
        Family::counters(
            (
                "hinode_dhcp_unanswered_total",
                "DHCP packets that were read and got no answer.",
            ),
            &dhcp.unanswered,
        ),
        Family::histograms(
            (
                "hinode_dhcp_answer_seconds",
                "From a DHCP packet to its answer, the lease on the disk included.",
            ),
            &dhcp.seconds,
        ),
    ]
}

fn dhcp6(dhcp: &Dhcp6) -> [Family; 5] {
    [
        Family::counters(
            (
                "hinode_dhcp6_received_total",
                "DHCPv6 packets, by message and what kind of program sent them.",
            ),
            &dhcp.received,
        ),
        Family::counters(
            (
                "hinode_dhcp6_malformed_total",
                "DHCPv6 packets that were dropped unread.",
            ),
            &dhcp.malformed,
        ),
        Family::counters(
            (
                "hinode_dhcp6_sent_total",
                "DHCPv6 answers that left, by the message that they answer.",
            ),
            &dhcp.sent,
        ),
        Family::counters(
            (
                "hinode_dhcp6_unanswered_total",
                "DHCPv6 packets that were read and got no answer.",
            ),
            &dhcp.unanswered,
        ),
        Family::histograms(
            (
                "hinode_dhcp6_answer_seconds",
                "From a DHCPv6 packet to its answer, the lease on the disk included.",
            ),
            &dhcp.seconds,
        ),
    ]
}

#[cfg(test)]
mod tests;
