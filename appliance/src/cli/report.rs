//! `hinode node report`, `verify` and `manifest`: what looks into installed nodes found, and what is on them.

use std::time::Duration;

use clap::Subcommand;
use hyper::Method;

use super::{CliError, Client, print_json};
use crate::api::types::verification::{Check, Manifest, Passphrase, Verification};

/// A login and a look, on a slow node whose packages are checked.
const LOOK_LIMIT: Duration = Duration::from_secs(240);

/// About one installed node.
#[derive(Debug, Subcommand)]
pub(super) enum NodeCommand {
    /// What the last verification found: asked, found, verdict
    Report {
        /// Which node
        node: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Look into the node now and show what differs; changes nothing
    Verify {
        /// Which node
        node: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What opens its encrypted disks at the console when a lock is gone; an event tells who asked
    Passphrase {
        /// Which node
        node: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What the install put on the node: packages, files, units, users
    Manifest {
        /// Which node
        node: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

fn print_passphrase(known: &Passphrase) {
    let made = known.made_at.strftime("%Y-%m-%d %H:%M:%S");
    let by = match known.origin.as_str() {
        "node" => "made on the node",
        _ => "delivered with the kickstart, good until the first login",
    };
    println!("{}  job {}, {made}, {by}", known.passphrase, known.job);
}

/// Runs one of them. What is wrong makes the command fail.
pub(super) async fn run(client: &Client, command: NodeCommand) -> Result<(), CliError> {
    match command {
        NodeCommand::Report { node, json } => {
            let looks: Vec<Verification> = client.get(&format!("/v1/nodes/{node}/report")).await?;
            let last = looks.last().map_or(0, |look| look.wrong);
            match json {
                true => print_json(&looks)?,
                false => looks.iter().for_each(print),
            }
            ended(last)
        }
        NodeCommand::Passphrase { node, json } => {
            let path = format!("/v1/nodes/{node}/passphrases");
            let known: Vec<Passphrase> = client.send(Method::POST, &path, &()).await?;
            match json {
                true => print_json(&known)?,
                false => known.iter().for_each(print_passphrase),
            }
            Ok(())
        }
        NodeCommand::Verify { node, json } => {
            let client = client.patient(LOOK_LIMIT);
            let path = format!("/v1/nodes/{node}/verify");
            let look: Verification = client.send(Method::POST, &path, &()).await?;
            match json {
                true => print_json(&look)?,
                false => print(&look),
            }
            ended(look.wrong)
        }
        NodeCommand::Manifest { node, json } => {
            let manifest: Manifest = client.get(&format!("/v1/nodes/{node}/manifest")).await?;
            match json {
                true => print_json(&manifest)?,
                false => print_manifest(&manifest),
            }
            Ok(())
        }
    }
}

fn ended(wrong: usize) -> Result<(), CliError> {
    match wrong {
        0 => Ok(()),
        _ => Err(CliError::Said),
    }
}

fn print_manifest(manifest: &Manifest) {
    let at = manifest.at.strftime("%Y-%m-%d %H:%M:%S");
    println!("{}, listed {at} UTC", manifest.node);
    for package in &manifest.packages {
        let digest = package.digest.as_deref().unwrap_or("-");
        println!("package {} {digest}", package.name);
    }
    for file in &manifest.files {
        let sum = file.sha256.as_deref().unwrap_or("-");
        println!("file {} {} {sum}", file.path, file.state);
    }
    for unit in &manifest.units {
        println!("unit {unit}");
    }
    for user in &manifest.users {
        println!("user {user}");
    }
}

fn print(look: &Verification) {
    let at = look.at.strftime("%Y-%m-%d %H:%M:%S");
    println!("{}, {}, {at} UTC", look.node, look.look.replace('-', " "));
    for check in &look.checks {
        println!("{}", line(check));
    }
    let skipped = |check: &&Check| check.verdict == "skipped";
    let skipped = look.checks.iter().filter(skipped).count();
    let good = look.checks.len() - look.wrong - skipped;
    println!("{good} good, {} wrong, {skipped} skipped", look.wrong);
}

/// One check. What was asked stands there only where it is not what was found.
fn line(check: &Check) -> String {
    let Check {
        topic,
        subject,
        asked,
        found,
        ..
    } = check;
    let verdict = match check.verdict.as_str() {
        "wrong" => "WRONG",
        other => other,
    };
    let sides = match &check.why {
        Some(why) => format!("{asked}: {why}"),
        None if asked == found => found.clone(),
        None => format!("{found} (asked: {asked})"),
    };
    format!("{verdict:<8} {topic:<9} {subject:<34} {sides}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_a_line() {
        let check = Check {
            topic: "network".to_owned(),
            what: "mtu".to_owned(),
            subject: "MTU of cloudbr0".to_owned(),
            asked: "1500".to_owned(),
            found: "1400".to_owned(),
            verdict: "wrong".to_owned(),
            why: None,
        };
        let expected = "WRONG    network   MTU of cloudbr0                    1400 (asked: 1500)";
        assert_eq!(line(&check), expected);
        let good = Check {
            found: "1500".to_owned(),
            verdict: "good".to_owned(),
            ..check
        };
        assert!(line(&good).ends_with("cloudbr0                    1500"));
    }
}
