//! The installer, request by request (`rocky-install.md` E): dracut's fetches, Anaconda's, and the kickstart's scripts.

use super::dhcp::Program;
use super::disk::Disk;
use super::fault::Step;
use super::kickstart::Kickstart;
use super::life::{Life, Stop};
use super::look;
use super::wire::{Answer, Ask};

const CURL: &str = "curl/7.76.1";
const ANACONDA: &str = "Rocky Linux (anaconda)/9.8";
const LIBDNF: &str = "libdnf (Rocky Linux 9.8; generic; Linux.x86_64)";

/// How often `%pre` and `%pre-install` try to report; the last report is repeated until it is heard, here so often.
const TRIES: usize = 6;
const INSISTS: usize = 40;

impl Life<'_> {
    /// From the kernel's start to the restart after the install.
    pub(super) async fn install(&mut self, args: &str) -> Result<(), Stop> {
        let lease = self.lease(Program::Installer).await?;
        lease.ok_or_else(|| Self::stuck(Step::InstallerDiscover, "no address"))?;
        let stage2 = argument(args, "inst.stage2").unwrap_or_default();
        self.stage2(stage2.trim_end_matches('/'), args).await?;
        let url = argument(args, "inst.ks").unwrap_or_default();
        let answer = self.dracut(Step::Kickstart, (&url, args)).await?;
        if answer.status == 200 && look::is_trial(&answer.text()) {
            return self.look(&answer.text()).await;
        }
        let kickstart = match answer.status {
            200 => Kickstart::read(&answer.text()),
            status => return Err(Self::stuck(Step::Kickstart, format!("{url}: {status}"))),
        };
        let kickstart =
            kickstart.map_err(|lacks| Self::stuck(Step::Kickstart, lacks.to_string()))?;
        self.pre(&kickstart).await?;
        match self.anaconda(&kickstart).await {
            Err(Stop::Stuck(step, why)) => {
                // Non-interactive: %onerror, then a restart (`rocky-install.md` 0.6).
                self.insist(step, (&kickstart, "failed", &why)).await?;
                Err(Stop::Reboot)
            }
            other => other,
        }
    }

    /// Rows 2 to 5.
    async fn stage2(&mut self, tree: &str, args: &str) -> Result<(), Stop> {
        let url = format!("{tree}/.treeinfo");
        let found = self.dracut(Step::TreeInfo, (&url, args)).await?;
        let text = found.text();
        let image = match found.status {
            200 => value(&text, "stage2", "mainimage").unwrap_or("images/install.img"),
            _ => "images/install.img",
        };
        let image = format!("{tree}/{image}");
        let answer = self.dracut(Step::Stage2, (&image, args)).await?;
        if answer.status != 200 {
            return Err(Self::stuck(
                Step::Stage2,
                format!("{image}: {}", answer.status),
            ));
        }
        for extra in ["images/updates.img", "images/product.img"] {
            let url = format!("{tree}/{extra}");
            self.dracut(Step::ExtraImages, (&url, args)).await?;
        }
        Ok(())
    }

    async fn dracut(&mut self, step: Step, (url, args): (&str, &str)) -> Result<Answer, Stop> {
        let mut ask = Ask::get(url, CURL)
            .with("X-Anaconda-Architecture", "x86_64")
            .with("X-Anaconda-System-Release", "Rocky Linux");
        let has = |word: &str| args.split(' ').any(|arg| arg == word);
        if has("inst.ks.sendmac") {
            let mac = format!("eth0 {}", self.config.mac);
            ask = ask.with("X-RHN-Provisioning-MAC-0", &mac);
        }
        if has("inst.ks.sendsn") {
            ask = ask.with("X-System-Serial-Number", &self.config.serial);
        }
        self.http(step, ask).await
    }

    /// Row 8, and the last gate.
    async fn pre(&mut self, kickstart: &Kickstart) -> Result<(), Stop> {
        if let Some(why) = self.refusal(kickstart) {
            let report = (kickstart, "pre-failed", why.as_str());
            self.try_report(Step::Pre, report).await?;
            return Err(Stop::PowerOff(why));
        }
        self.try_report(Step::Pre, (kickstart, "pre", "disk /dev/vda, port enp1s0"))
            .await
    }

    /// What `%pre` finds wrong, in its words.
    fn refusal(&self, kickstart: &Kickstart) -> Option<String> {
        let config = self.config;
        let (serial, uuid) = (&config.serial, config.uuid.to_string());
        let wanted = &kickstart.serial;
        if !serial.eq_ignore_ascii_case(wanted) {
            return Some(format!(
                "product serial is '{serial}', armed for '{wanted}'"
            ));
        }
        if let Some(wanted) = kickstart.uuid.as_ref().filter(|wanted| **wanted != uuid) {
            return Some(format!("product UUID is '{uuid}', armed for '{wanted}'"));
        }
        if kickstart.disk != config.disk {
            let (wanted, found) = (&kickstart.disk, &config.disk);
            return Some(format!(
                "disk /dev/disk/by-id/{wanted} is not there; found: {found} "
            ));
        }
        if let Some(marks) = self.disk.marks().filter(|_| kickstart.keeps_data) {
            return Some(format!("disk already carries data: /dev/vda has {marks}"));
        }
        if kickstart.keeps_images && !matches!(self.disk, Disk::Installed(_)) {
            let node = kickstart.fqdn.split('.').next().unwrap_or_default();
            return Some(format!(
                "the images of {node} cannot be kept: there is no volume vg_sys/root; nothing was written"
            ));
        }
        let mac = config.mac.to_string();
        let wanted = &kickstart.mac;
        (mac != *wanted).then(|| format!("no network port has the MAC {wanted}"))
    }

    /// Rows 9 to 15.
    async fn anaconda(&mut self, kickstart: &Kickstart) -> Result<(), Stop> {
        let base = self
            .repository(kickstart.tree.trim_end_matches('/'))
            .await?;
        *self.disk = Disk::Half;
        self.trace.writes += 1;
        self.try_report(Step::Partitioned, (kickstart, "partitioned", ""))
            .await?;
        let packages = self.packages(&base).await?;
        for package in packages {
            let url = format!("{base}/{package}");
            self.need(Step::Packages, Ask::get(url, LIBDNF)).await?;
        }
        *self.disk = Disk::Installed(Box::new(kickstart.clone()));
        self.insist(Step::Installed, (kickstart, "installed", ""))
            .await
    }

    /// Rows 9 and 10: where the base repository is.
    async fn repository(&mut self, tree: &str) -> Result<String, Stop> {
        let ask = Ask::get(format!("{tree}/.treeinfo"), ANACONDA);
        let text = self.need(Step::Repository, ask).await?.text();
        let folder = value(&text, "general", "repository")
            .unwrap_or("")
            .to_owned();
        let base = format!("{tree}/{folder}").trim_end_matches('/').to_owned();
        let ask = Ask::get(format!("{base}/repodata/repomd.xml"), LIBDNF)
            .with("Cache-Control", "no-cache")
            .with("Pragma", "no-cache");
        self.need(Step::Repository, ask).await?;
        Ok(base)
    }

    /// Rows 11 to 13, and which packages there are: read from a primary.xml that is not compressed.
    async fn packages(&mut self, base: &str) -> Result<Vec<String>, Stop> {
        let repomd = Ask::get(format!("{base}/repodata/repomd.xml"), ANACONDA);
        let repomd = self.need(Step::Packages, repomd).await?.text();
        let mut packages = Vec::new();
        for href in hrefs(&repomd) {
            let ask = Ask::get(format!("{base}/{href}"), LIBDNF);
            let text = self.need(Step::Packages, ask).await?.text();
            if href.ends_with("primary.xml") {
                packages = hrefs(&text);
            }
        }
        Ok(packages)
    }

    async fn try_report(
        &mut self,
        step: Step,
        report: (&Kickstart, &str, &str),
    ) -> Result<(), Stop> {
        for _ in 0..TRIES {
            if self.report(step, report).await? {
                break;
            }
        }
        Ok(())
    }

    async fn insist(&mut self, step: Step, report: (&Kickstart, &str, &str)) -> Result<(), Stop> {
        for _ in 0..INSISTS {
            if self.report(step, report).await? {
                return Ok(());
            }
        }
        Err(Self::stuck(step, format!("nobody hears `{}`", report.1)))
    }

    /// One report; true once it was answered by 2xx.
    async fn report(
        &mut self,
        step: Step,
        (kickstart, phase, detail): (&Kickstart, &str, &str),
    ) -> Result<bool, Stop> {
        let (serial, uuid) = (self.config.serial.clone(), self.config.uuid.to_string());
        let fields = [
            ("phase", phase),
            ("detail", detail),
            ("serial", &serial),
            ("uuid", &uuid),
            ("boot_id", &self.boot_id),
        ];
        let pairs = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
        let ask = Ask {
            method: "POST",
            body: pairs.join("&"),
            ..Ask::get(&kickstart.report, CURL)
        };
        match self.http(step, ask).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(true),
            Ok(_) | Err(Stop::Stuck(..)) => {
                tokio::time::sleep(self.config.patience).await;
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }
}

fn argument(args: &str, name: &str) -> Option<String> {
    let mut words = args.split(' ');
    words.find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

/// A value of an INI file.
fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let start = format!("[{section}]");
    let lines = text.lines().skip_while(|line| *line != start).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        line.split_once('=')
            .filter(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim())
    })
}

fn hrefs(xml: &str) -> Vec<String> {
    let parts = xml.split("href=\"").skip(1);
    parts
        .filter_map(|part| part.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// As curl's `--data-urlencode`.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
