//! A kickstart as the installer reads it: what the packet node needs of it, taken out of the text it was served.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kickstart {
    /// Install tree.
    pub tree: String,
    /// Where reports go.
    pub report: String,
    /// Serial number that `%pre` insists on.
    pub serial: String,
    /// UUID that `%pre` insists on, if any.
    pub uuid: Option<String>,
    /// MAC that `%pre` insists on.
    pub mac: String,
    /// The disk, as named under `/dev/disk/by-id/`.
    pub disk: String,
    /// Whether a disk with data is refused.
    pub keeps_data: bool,
    /// Whether the volumes of an earlier install are used again.
    pub keeps_images: bool,
    /// What opens its disks, if they are encrypted.
    pub passphrase: Option<String>,
    /// What they are bound to, as clevis is told.
    pub policy: Option<String>,
    /// Packages.
    pub packages: Vec<String>,
    /// Kernel arguments of the installed system.
    pub kernel_args: String,
    /// People who log in besides root, and whether sudo makes them root.
    pub users: Vec<(String, bool)>,
    /// Its iSCSI name, if it has any.
    pub initiator: Option<String>,
    /// Keys that root's login takes, OpenSSH format.
    pub authorized_keys: Vec<String>,
    /// The SSH host key it delivers, OpenSSH format.
    pub host_key: String,
    /// Host name with domain.
    pub fqdn: String,
    /// Its own address, as `/etc/hosts` says.
    pub address: Option<Ipv4Addr>,
    /// First time server.
    pub ntp: String,
    /// NetworkManager key files by name.
    pub keyfiles: BTreeMap<String, String>,
    /// Every file that it writes whole, by path as the script spells it.
    pub files: BTreeMap<String, String>,
}

/// What is missing in a kickstart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kickstart has no {0}")]
pub struct Lacks(&'static str);

impl Kickstart {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, Lacks> {
        let files = here_documents(text);
        let line = |word: &str| command(text, word);
        let quoted = |text: String| text.trim_matches(['\'', '"']).to_owned();
        let network = line("network").ok_or(Lacks("network command"))?;
        let option = |line: &str, name: &str| option(line, name).map(quoted);
        let pre = section(text, "%pre ");
        let end = |path: &str, suffix: &str| {
            path.rsplit('/')
                .next()?
                .strip_suffix(suffix)
                .map(str::to_owned)
        };
        Ok(Self {
            tree: option(&line("url").unwrap_or_default(), "--url").ok_or(Lacks("url"))?,
            report: between(text, "'http://", "'")
                .map(|url| format!("http://{url}"))
                .ok_or(Lacks("report URL"))?,
            serial: between(&pre, "armed for '", "'").ok_or(Lacks("serial number"))?,
            uuid: between(&pre, "same \"$uuid\" '", "'"),
            mac: between(&pre, "no network port has the MAC ", "\"").ok_or(Lacks("MAC"))?,
            disk: between(&pre, "for disk in /dev/disk/by-id/", "; do").ok_or(Lacks("disk"))?,
            keeps_data: pre.contains("already carries data"),
            keeps_images: lines(text, "logvol ").any(|line| line.contains("--noformat")),
            passphrase: lines(text, "part pv.01 ").find_map(|line| option(line, "--passphrase")),
            policy: between(text, " sss '", "'"),
            packages: section(text, "%packages")
                .lines()
                .skip(1)
                .map(str::to_owned)
                .collect(),
            kernel_args: line("bootloader")
                .and_then(|line| between(&line, "--append=\"", "\""))
                .ok_or(Lacks("kernel arguments"))?,
            users: lines(text, "user ")
                .filter_map(|line| {
                    Some((
                        self::option(line, "--name")?,
                        line.contains("--groups=wheel"),
                    ))
                })
                .collect(),
            initiator: between(text, "InitiatorName=", "'"),
            authorized_keys: authorized_keys(text, &files),
            host_key: files
                .get("/etc/ssh/ssh_host_ed25519_key")
                .cloned()
                .ok_or(Lacks("SSH host key"))?,
            fqdn: option(&network, "--hostname").ok_or(Lacks("host name"))?,
            address: own_address(&files),
            ntp: line("timesource")
                .and_then(|line| option(&line, "--ntp-server"))
                .unwrap_or_default(),
            keyfiles: files
                .iter()
                .filter_map(|(path, text)| Some((end(path, ".nmconnection")?, text.clone())))
                .collect(),
            files,
        })
    }
}

fn own_address(files: &BTreeMap<String, String>) -> Option<Ipv4Addr> {
    let addresses = files
        .get("/etc/hosts")?
        .lines()
        .filter_map(|line| line.split(' ').next());
    addresses
        .filter_map(|address| address.parse().ok())
        .find(|address| *address != Ipv4Addr::LOCALHOST)
}

/// Those of the command, and those that `%post` adds.
fn authorized_keys(text: &str, files: &BTreeMap<String, String>) -> Vec<String> {
    let commands = lines(text, "sshkey ").filter_map(|line| between(line, "\"", "\""));
    let added = files.get("/root/.ssh/authorized_keys");
    let added = added
        .into_iter()
        .flat_map(|text| text.lines())
        .map(str::to_owned);
    commands.chain(added).collect()
}

fn lines<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| line.starts_with(start))
}

/// The first line of a command in the first part.
fn command(text: &str, word: &str) -> Option<String> {
    let start = format!("{word} ");
    text.lines()
        .find(|line| line.starts_with(&start))
        .map(str::to_owned)
}

fn option(line: &str, name: &str) -> Option<String> {
    let rest = &line[line.find(&format!("{name}="))? + name.len() + 1..];
    rest.split_whitespace().next().map(str::to_owned)
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(rest[..rest.find(after)?].to_owned())
}

/// A section with its first line, without `%end`.
fn section(text: &str, start: &str) -> String {
    let from = text.lines().skip_while(|line| !line.starts_with(start));
    let lines: Vec<&str> = from.take_while(|line| *line != "%end").collect();
    lines.join("\n")
}

/// Files that `cat > PATH <<'END'` writes.
fn here_documents(text: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let redirected = line
            .strip_prefix("cat >")
            .map(|rest| rest.trim_start_matches('>'));
        let Some((path, end)) = redirected.and_then(|rest| rest.trim().split_once(" <<'")) else {
            continue;
        };
        let end = end.trim_end_matches('\'');
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        files.insert(path.trim_matches('"').to_owned(), body.join("\n") + "\n");
    }
    files
}
