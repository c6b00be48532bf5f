//! GRUB on UEFI, as far as boot servers write its configuration: a kernel, the disk's loader, or a restart.

use super::disk::Disk;
use super::fault::Step;
use super::firmware::{Booted, Origin};
use super::life::{Life, Stop};
use super::wire::Ask;

/// Module lists it looks for and does without.
const PROBES: [&str; 4] = ["command.lst", "fs.lst", "crypto.lst", "terminal.lst"];

/// How often it loads a kernel that does not come. The real one does for ever.
const TRIES: usize = 20;

impl Life<'_> {
    /// Reads `PREFIX/grub.cfg` and does what it says.
    pub(super) async fn grub(&mut self, origin: &Origin, prefix: &str) -> Result<Booted, Stop> {
        for probe in PROBES {
            let path = format!("{prefix}/x86_64-efi/{probe}");
            self.grub_file(Step::Loader, (origin, &path)).await?;
        }
        let config = format!("{prefix}/grub.cfg");
        let config = self.grub_file(Step::Script, (origin, &config)).await?;
        match config {
            Some(bytes) => {
                self.grub_config(&String::from_utf8_lossy(&bytes), origin)
                    .await
            }
            None => Err(Self::stuck(Step::Script, "at GRUB's prompt")),
        }
    }

    async fn grub_config(&mut self, text: &str, origin: &Origin) -> Result<Booted, Stop> {
        let line = |word: &str| {
            let mut lines = text.lines().map(str::trim);
            lines.find_map(|line| {
                let line = line.strip_prefix("until ").unwrap_or(line);
                let command = line.split("; do ").next().unwrap_or(line);
                command.strip_prefix(word)?.strip_prefix(' ')
            })
        };
        if let (Some(linux), Some(initrd)) = (line("linux"), line("initrd")) {
            let (kernel, args) = linux.split_once(' ').unwrap_or((linux, ""));
            self.grub_image(Step::Kernel, (origin, kernel)).await?;
            self.grub_image(Step::Initrd, (origin, initrd)).await?;
            return Ok(Booted::Kernel(args.to_owned()));
        }
        let has_loader = matches!(self.disk, Disk::Installed(_));
        if text.contains("search ") && text.contains("chainloader ") && has_loader {
            return Ok(Booted::Disk);
        }
        let is_restart = text.lines().any(|line| line.trim() == "reboot");
        match is_restart {
            // It asks again in a minute, and so on until there is something to boot.
            true => Err(Stop::NextEntry),
            // `exit`, with any number: the firmware shows its menu.
            false => Err(Self::stuck(Step::Script, "in the firmware's menu")),
        }
    }

    /// `until linux ...; do sleep 5; done`
    async fn grub_image(&mut self, step: Step, place: (&Origin, &str)) -> Result<(), Stop> {
        for _ in 0..TRIES {
            match self.grub_file(step, place).await? {
                Some(bytes) if !bytes.is_empty() => return Ok(()),
                Some(_) | None => tokio::time::sleep(self.config.patience).await,
            }
        }
        Err(Self::stuck(step, format!("GRUB cannot load {}", place.1)))
    }

    /// Over HTTP: HEAD, then GET, 200 or nothing, and a length that it can read.
    async fn grub_file(
        &mut self,
        step: Step,
        (origin, path): (&Origin, &str),
    ) -> Result<Option<Vec<u8>>, Stop> {
        let host = match origin {
            Origin::Tftp(server) => return self.tftp(step, (*server, path)).await,
            Origin::Http(host) => host,
        };
        let ask = Ask::get(format!("{host}{path}"), "GRUB 2.06");
        if self.http(step, ask.head()).await?.status != 200 {
            return Ok(None);
        }
        let answer = self.http(step, ask).await?;
        let length = answer.grub_length().unwrap_or(0);
        let body = answer.body.get(..length).unwrap_or_default();
        Ok((answer.status == 200).then(|| body.to_vec()))
    }
}
