//! `hinode trial`: begins a trial of a node, or shows what the last one found.

use clap::Args;
use hyper::Method;

use super::{CliError, Client, print_json, watch};
use crate::api::types;
use crate::api::types::trial::{Finding, Seen, Wish};

/// What is wanted of which node.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Which node
    node: String,
    /// NAME of the [os.NAME] whose installer looks; that of the node's profile if not given
    #[arg(long, conflicts_with = "show")]
    os: Option<String>,
    /// The machine may be switched off if it runs; it is started again afterwards
    #[arg(long, conflicts_with = "show")]
    power_off: bool,
    /// Show every step until it is over, and then what was found
    #[arg(long, conflicts_with = "show")]
    watch: bool,
    /// Begin nothing; show what the last trial found
    #[arg(long)]
    show: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Does it. What is wrong makes the command fail.
pub(super) async fn run(client: &Client, wanted: Wanted) -> Result<(), CliError> {
    let path = format!("/v1/nodes/{}/trial", wanted.node);
    if wanted.show {
        return show(client, &path, wanted.json).await;
    }
    let wish = Wish {
        os: wanted.os,
        power_off: wanted.power_off,
    };
    let begun: types::Begun = client.send(Method::POST, &path, &wish).await?;
    if wanted.json {
        print_json(&begun)?;
    }
    let Some(job) = begun.job else {
        let why = begun.refused.unwrap_or_default();
        eprintln!("{}: {why}", begun.node);
        return Err(CliError::Said);
    };
    if !wanted.json {
        println!("{}: job {job}", begun.node);
    }
    if !wanted.watch {
        return Ok(());
    }
    watch::jobs(client, &[job], wanted.json).await?;
    show(client, &path, wanted.json).await
}

async fn show(client: &Client, path: &str, json: bool) -> Result<(), CliError> {
    let seen: Seen = client.get(path).await?;
    if json {
        print_json(&seen)?;
    } else {
        let at = seen.at.strftime("%Y-%m-%d %H:%M:%S");
        println!(
            "{}, seen by the installer of {}, {at} UTC",
            seen.node, seen.os
        );
        seen.findings.iter().for_each(|it| println!("{}", line(it)));
        for disk in &seen.hardware.disks {
            let (name, gib, serial) = (&disk.name, disk.size >> 30, &disk.serial);
            println!(
                "disk {name}: {gib} GiB, serial number {serial}, {}",
                disk.ids.join(" ")
            );
        }
    }
    match seen.wrong {
        0 => Ok(()),
        _ => Err(CliError::Said),
    }
}

fn line(finding: &Finding) -> String {
    let verdict = match finding.verdict.as_str() {
        "wrong" => "WRONG",
        other => other,
    };
    let (subject, found, asked) = (&finding.subject, &finding.found, &finding.asked);
    match asked == found {
        true => format!("{verdict:<8} {subject:<38} {found}"),
        false => format!("{verdict:<8} {subject:<38} {found} (asked: {asked})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_in_a_line() {
        let finding = |found: &str, verdict: &str| Finding {
            what: inventory::trial::What::Cpu,
            subject: "processor".to_owned(),
            asked: "x86-64-v3".to_owned(),
            found: found.to_owned(),
            verdict: verdict.to_owned(),
        };
        let wrong = line(&finding("x86-64-v2", "wrong"));
        assert!(wrong.starts_with("WRONG    processor "), "{wrong}");
        assert!(wrong.ends_with("x86-64-v2 (asked: x86-64-v3)"), "{wrong}");
        assert!(line(&finding("x86-64-v3", "good")).ends_with(" x86-64-v3"));
    }
}
