//! The live step list of `hinode up --watch`: what each node does, what it waits for, and how long it still may.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::{CliError, Client, print_json, transfers};
use crate::api::types;

/// How often the appliance is asked: a person sees no difference to faster.
const EVERY: Duration = Duration::from_secs(1);
/// Width of the progress bar, characters.
const BAR: u64 = 20;

/// Shows `ids` until all are over. Fails if one of them failed.
pub(super) async fn jobs(client: &Client, ids: &[u64], json: bool) -> Result<(), CliError> {
    let mut shown: Vec<Option<types::Job>> = vec![None; ids.len()];
    let mut said: Vec<String> = vec![String::new(); ids.len()];
    let is_live = std::io::stdout().is_terminal() && !json;
    let mut drawn = 0;
    loop {
        let mut lines = Vec::new();
        let loading = match is_live {
            true => transfers::underway(client).await?,
            false => Vec::new(),
        };
        for (at, id) in ids.iter().enumerate() {
            let job: types::Job = client.get(&format!("/v1/jobs/{id}")).await?;
            if json
                && shown[at]
                    .as_ref()
                    .is_none_or(|before| differs(before, &job))
            {
                print_json(&job)?;
            } else if !json && !is_live && is_news(&mut said[at], &job) {
                println!("{}", line(&job));
            }
            lines.push(line(&job) + &loads(&job, &loading));
            shown[at] = Some(job);
        }
        if is_live {
            drawn = redraw(&lines, drawn)?;
        }
        if shown.iter().flatten().all(|job| job.is_over) {
            let failed = shown.iter().flatten().any(|job| job.failure.is_some());
            return if failed { Err(CliError::Said) } else { Ok(()) };
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Anything but the countdown changed.
fn differs(before: &types::Job, job: &types::Job) -> bool {
    types::Job {
        left_s: 0,
        ..before.clone()
    } != types::Job {
        left_s: 0,
        ..job.clone()
    }
}

/// Worth a line in a log: another stage, or another kind of blocker than said last. That it works again is not.
fn is_news(said: &mut String, job: &types::Job) -> bool {
    const WORKING: &str = "job.working";
    let code = job.blocker.as_ref().map_or("", |why| why.code.as_str());
    let is_same_stage = said.split(' ').next() == Some(job.stage.as_str());
    let now = format!("{} {code}", job.stage);
    if *said == now || (is_same_stage && code == WORKING) {
        return false;
    }
    *said = now;
    true
}

/// One job in one line: stages behind it, stage now, progress, what it waits for, time left.
fn line(job: &types::Job) -> String {
    let step = job.past.len() + 1;
    let progress = match (job.served, job.expected) {
        (Some(served), Some(expected)) if expected > 0 => bar(served, expected),
        (Some(served), _) => format!(" {} MiB", served >> 20),
        (None, _) => String::new(),
    };
    let why = job.failure.as_ref().or(job.blocker.as_ref());
    let why = why.map(|why| format!("  {}", why.text)).unwrap_or_default();
    let left = if job.is_over {
        String::new()
    } else {
        format!("  ({} s left)", job.left_s)
    };
    format!(
        "{:<16} {step:>2} {:<14}{progress}{why}{left}",
        job.node, job.stage
    )
}

/// What the job's node is loading: the largest, if it is more than one.
fn loads(job: &types::Job, loading: &[types::Transfer]) -> String {
    let of_node = loading.iter().filter(|it| it.node == job.node);
    let largest = of_node.max_by_key(|it| it.size);
    largest.map_or_else(String::new, |it| format!("  {}", transfers::line(it)))
}

fn bar(served: u64, expected: u64) -> String {
    let full = (served.min(expected) * BAR / expected) as usize;
    let percent = served.min(expected) * 100 / expected;
    format!(
        " [{}{}] {percent:>3}%",
        "#".repeat(full),
        ".".repeat(BAR as usize - full)
    )
}

/// Draws over the lines drawn before. Returns how many there are now.
fn redraw(lines: &[String], drawn: usize) -> Result<usize, CliError> {
    let io = |source| CliError::Io {
        what: "standard output".to_owned(),
        source,
    };
    let mut out = std::io::stdout().lock();
    if drawn > 0 {
        write!(out, "\x1b[{drawn}A").map_err(io)?;
    }
    for line in lines {
        writeln!(out, "\x1b[2K{line}").map_err(io)?;
    }
    out.flush().map_err(io)?;
    Ok(lines.len())
}
