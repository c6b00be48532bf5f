//! `hinode transfers`: what is on its way to each node.

use super::{CliError, Client, print_json};
use crate::api::types;

/// What is under way now.
pub(super) async fn list(client: &Client, json: bool) -> Result<(), CliError> {
    let transfers = underway(client).await?;
    if json {
        return print_json(&transfers);
    }
    if transfers.is_empty() {
        println!("no node is loading anything");
    }
    for transfer in &transfers {
        let since = transfer.since.strftime("%H:%M:%S");
        let (node, service) = (&transfer.node, &transfer.service);
        println!("{node:<16} {service} since {since}  {}", line(transfer));
    }
    Ok(())
}

/// Asks for it.
pub(super) async fn underway(client: &Client) -> Result<Vec<types::Transfer>, CliError> {
    Ok(client.get("/v1/transfers").await?)
}

/// The file, how much of it, and how fast.
pub(super) fn line(transfer: &types::Transfer) -> String {
    let percent = transfer.sent.saturating_mul(100) / transfer.size.max(1);
    let (sent, size) = (bytes(transfer.sent), bytes(transfer.size));
    let rate = bytes(transfer.rate);
    let what = &transfer.what;
    format!("{percent:>3}% {sent} of {size}, {rate}/s  {what}")
}

/// To three digits or so.
fn bytes(n: u64) -> String {
    match n {
        0..10_240 => format!("{n} B"),
        10_240..10_485_760 => format!("{} KiB", n >> 10),
        10_485_760..10_737_418_240 => format!("{} MiB", n >> 20),
        10_737_418_240.. => format!("{} GiB", n >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_in_a_line() {
        let transfer = types::Transfer {
            node: "kvm-01".to_owned(),
            service: "http".to_owned(),
            what: "/os/rocky/images/install.img".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            size: 1_073_741_824,
            sent: 268_435_456,
            rate: 9_000,
        };
        let expected = " 25% 256 MiB of 1024 MiB, 9000 B/s  /os/rocky/images/install.img";
        assert_eq!(line(&transfer), expected);
        let empty = types::Transfer {
            size: 0,
            sent: 0,
            rate: 20_000_000,
            ..transfer
        };
        assert!(line(&empty).starts_with("  0% 0 B of 0 B, 19 MiB/s"));
    }
}
