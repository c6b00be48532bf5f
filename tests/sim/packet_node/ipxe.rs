//! iPXE scripts, as far as boot servers write them. A command it does not know is an error, as it is for iPXE.

use std::net::Ipv4Addr;

use super::fault::Step;
use super::firmware::{Booted, Origin};
use super::life::{Life, Stop};
use super::wire::Ask;

/// What a line leads to.
enum Flow {
    /// The next line.
    Next,
    /// The line failed.
    Failed,
    /// This label.
    Goto(String),
    /// Another script in the place of this one.
    Replace(String),
    /// The end.
    Done(Result<Booted, Stop>),
}

/// Scripts run one after the other before it counts as going round in circles.
const SCRIPTS_MAX: usize = 20;

/// What was loaded so far.
#[derive(Default)]
struct Loaded {
    args: Option<String>,
    initrd: bool,
}

impl Life<'_> {
    pub(super) async fn ipxe_script(&mut self, text: &str, next: Ipv4Addr) -> Result<Booted, Stop> {
        let mut text = text.to_owned();
        for _ in 0..SCRIPTS_MAX {
            match self.script(&text, next).await? {
                Flow::Replace(other) => text = other,
                Flow::Next | Flow::Goto(_) => return self.leave(true),
                Flow::Failed => return self.leave(false),
                Flow::Done(end) => return end,
            }
        }
        Err(Self::stuck(
            Step::Script,
            "asks for its script again and again",
        ))
    }

    async fn script(&mut self, text: &str, next: Ipv4Addr) -> Result<Flow, Stop> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        if lines.first() != Some(&"#!ipxe") {
            return Err(Self::stuck(Step::Script, "not an iPXE script"));
        }
        let mut loaded = Loaded::default();
        let (mut at, mut jumps) = (1, 0);
        while let Some(line) = lines.get(at) {
            at += 1;
            match self.line(line, (&mut loaded, next)).await? {
                Flow::Next => {}
                Flow::Goto(label) if jumps < SCRIPTS_MAX => {
                    jumps += 1;
                    let label = format!(":{label}");
                    let found = lines.iter().position(|line| *line == label);
                    at = found.ok_or_else(|| Self::stuck(Step::Script, "no such label"))?;
                }
                Flow::Goto(label) => {
                    return Err(Self::stuck(Step::Script, format!("for ever at {label}")));
                }
                end @ (Flow::Failed | Flow::Replace(_) | Flow::Done(_)) => return Ok(end),
            }
        }
        Ok(Flow::Next)
    }

    /// Back to the firmware. A UEFI to which iPXE says "all well" stands in its menu.
    fn leave(&self, is_well: bool) -> Result<Booted, Stop> {
        match self.config.firmware.is_uefi() && is_well {
            true => Err(Self::stuck(Step::Script, "in the firmware's menu")),
            false => Err(Stop::NextEntry),
        }
    }

    /// `A && B || C`: C if A or B failed. Nothing after `||` means that failing does not matter.
    async fn line(
        &mut self,
        line: &str,
        (loaded, next): (&mut Loaded, Ipv4Addr),
    ) -> Result<Flow, Stop> {
        if line.is_empty() || line.starts_with(['#', ':']) {
            return Ok(Flow::Next);
        }
        for alternative in line.split("||") {
            let mut flow = Flow::Next;
            for command in alternative.split("&&") {
                flow = self.command(command.trim(), (loaded, next)).await?;
                if !matches!(flow, Flow::Next) {
                    break;
                }
            }
            if !matches!(flow, Flow::Failed) {
                return Ok(flow);
            }
        }
        Ok(Flow::Failed)
    }

    async fn command(
        &mut self,
        command: &str,
        (loaded, next): (&mut Loaded, Ipv4Addr),
    ) -> Result<Flow, Stop> {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        let is_uefi = self.config.firmware.is_uefi();
        Ok(match word {
            "" | "echo" => Flow::Next,
            "imgfree" => {
                *loaded = Loaded::default();
                Flow::Next
            }
            // Nobody stands before a machine of packets: its prompt ends as a failure, and what follows `||` goes on.
            "prompt" => Flow::Failed,
            "sleep" => {
                tokio::time::sleep(self.config.patience).await;
                Flow::Next
            }
            "kernel" => self.kernel(rest, loaded).await?,
            "initrd" => {
                loaded.initrd = self.file(Step::Initrd, rest).await?;
                worked(loaded.initrd)
            }
            "boot" => match loaded.args.take() {
                Some(args) if loaded.initrd => Flow::Done(Ok(Booted::Kernel(args))),
                Some(_) | None => Flow::Failed,
            },
            "goto" => Flow::Goto(rest.to_owned()),
            "iseq" => worked(is_equal(
                &rest
                    .replace("${platform}", platform(is_uefi))
                    .replace("${buildarch}", "x86_64"),
            )),
            // On UEFI: "No such device".
            "sanboot" if is_uefi => Flow::Failed,
            "sanboot" => Flow::Done(Ok(Booted::Disk)),
            "chain" => match rest.strip_prefix("--replace ") {
                Some(url) => self.replace(url).await?,
                None => self.chain(rest, next).await?,
            },
            "exit" => Flow::Done(self.leave(rest.is_empty() || rest == "0")),
            "reboot" => Flow::Done(Err(Stop::Reboot)),
            other => Flow::Done(Err(Self::stuck(
                Step::Script,
                format!("{other}: command not found"),
            ))),
        })
    }

    async fn kernel(&mut self, rest: &str, loaded: &mut Loaded) -> Result<Flow, Stop> {
        let (url, args) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_there = self.file(Step::Kernel, url).await?;
        loaded.args = is_there.then(|| args.to_owned());
        Ok(worked(is_there))
    }

    async fn file(&mut self, step: Step, url: &str) -> Result<bool, Stop> {
        let ask = Ask::get(url, "iPXE/1.21.1+ (g4fd9)");
        Ok(self.load(step, ask).await?.is_some())
    }

    async fn replace(&mut self, url: &str) -> Result<Flow, Stop> {
        let ask = Ask::get(url, "iPXE/1.21.1+ (g4fd9)");
        let answer = self.load(Step::Script, ask).await?;
        Ok(answer.map_or(Flow::Failed, |answer| Flow::Replace(answer.text())))
    }

    /// The signed GRUB takes its configuration from the TFTP server, wherever it came from itself.
    async fn chain(&mut self, url: &str, next: Ipv4Addr) -> Result<Flow, Stop> {
        let url = url.trim_start_matches("--autofree ").to_owned();
        if !self.file(Step::Loader, &url).await? {
            return Ok(Flow::Failed);
        }
        match url.ends_with("grubx64.efi") {
            true => {
                let booted = Box::pin(self.grub(&Origin::Tftp(next), "/grub")).await;
                Ok(Flow::Done(booted))
            }
            false => Ok(Flow::Done(Err(Self::stuck(
                Step::Loader,
                format!("cannot run {url}"),
            )))),
        }
    }
}

fn worked(is_well: bool) -> Flow {
    if is_well { Flow::Next } else { Flow::Failed }
}

fn is_equal(words: &str) -> bool {
    words
        .split_once(' ')
        .is_some_and(|(one, other)| one == other.trim())
}

fn platform(is_uefi: bool) -> &'static str {
    if is_uefi { "efi" } else { "pcbios" }
}
