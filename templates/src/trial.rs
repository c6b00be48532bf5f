//! What a node is served to be tried: the boot scripts of an install, and a kickstart of one script that looks, reports
//! and takes the machine back to its own disk.
//!
//! It names no disk to write to, no layout and no packages. Should its script ever return, the installer finds a disk
//! named that cannot exist, and stops with an error.

use askama::Template;
use inventory::arm::Texts;
use inventory::trial::TrialPayload;

use crate::boot;
use crate::facts::{Boot, NotRenderable, Over};

/// How long the script may take; seconds. It waits 15 s for carriers and repeats its report for some minutes.
const LIMIT_S: u32 = 15 * 60;

/// What becomes of the machine once it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It restarts, from its own disk: it ran before.
    Restarted,
    /// It is switched off, as it was.
    Off,
}

#[derive(Template)]
#[template(path = "trial.ks", escape = "none")]
struct TrialKickstart<'a> {
    report: &'a str,
    ends: Ends,
    limit_s: u32,
}

/// All texts of one trial, for either family of addresses that the node has.
pub fn trial(boot: &Boot<'_>, ends: Ends) -> Result<TrialPayload, NotRenderable> {
    let over_ipv6 = match boot.node.address6 {
        Some(_) => Some(texts(boot, ends, Over::Ipv6)?),
        None => None,
    };
    Ok(TrialPayload {
        node: boot.node.name.clone(),
        token: boot.token,
        over_ipv4: texts(boot, ends, Over::Ipv4)?,
        over_ipv6,
    })
}

fn texts(boot: &Boot<'_>, ends: Ends, over: Over) -> Result<Texts, NotRenderable> {
    let report = format!("http://{}/report/{}", boot.url_host(over)?, boot.token);
    let kickstart = TrialKickstart {
        report: &report,
        ends,
        limit_s: LIMIT_S,
    };
    Ok(Texts {
        ipxe: boot::install_ipxe(boot, over)?,
        grub: boot::install_grub(boot, over)?,
        kickstart: kickstart.render()?,
    })
}
