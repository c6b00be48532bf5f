//! Storage clients of the installed system, as the kickstart's own text has them. Servers and arrays are thought to be
//! there, and to show each host what its kickstart lets multipath take.

use std::net::SocketAddr;

use super::super::kickstart::Kickstart;

/// Lines of the look.
pub(super) fn lines(kickstart: &Kickstart) -> Vec<(&'static str, String)> {
    let mut lines: Vec<_> = text(kickstart, "/etc/fstab").filter_map(mount).collect();
    let initiator = kickstart.initiator.iter();
    lines.extend(initiator.map(|name| ("initiator", name.clone())));
    let logins: Vec<_> = text(kickstart, "/usr/local/sbin/hinode-iscsi")
        .filter_map(session)
        .collect();
    let wwids = text(kickstart, "/etc/multipath.conf").filter_map(wwid);
    lines.extend(wwids.flat_map(|wwid| lun(wwid, logins.len())));
    lines.extend(logins);
    lines
}

fn text<'a>(kickstart: &'a Kickstart, path: &str) -> impl Iterator<Item = &'a str> {
    kickstart
        .files
        .get(path)
        .into_iter()
        .flat_map(|text| text.lines())
}

/// What systemd takes for itself is no option of the mount.
fn mount(line: &str) -> Option<(&'static str, String)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [source, point, "nfs", options, ..] = words[..] else {
        return None;
    };
    let is_mounts =
        |option: &&str| !option.starts_with("x-") && !["_netdev", "nofail"].contains(option);
    let options: Vec<&str> = options.split(',').filter(is_mounts).collect();
    let options = options.join(",");
    Some(("mount", format!("{point} nfs4 {source} rw,{options}")))
}

/// `log_in TARGET PORTAL || ...`.
fn session(line: &str) -> Option<(&'static str, String)> {
    let mut words = line.strip_prefix("log_in ")?.split(' ');
    let target = words.next()?;
    let portal: SocketAddr = words.next()?.parse().ok()?;
    let (address, port) = (portal.ip(), portal.port());
    Some(("session", format!("{target} {address} {port} LOGGED_IN")))
}

/// One that is an exception of what multipath leaves alone.
fn wwid(line: &str) -> Option<&str> {
    let wwid = line.trim().strip_prefix("wwid \"")?.strip_suffix('"')?;
    (wwid != ".*").then_some(wwid)
}

fn lun(wwid: &str, paths: usize) -> Vec<(&'static str, String)> {
    let path = |letter: char| ("lun", format!("{wwid} sd{letter}"));
    let mut lines: Vec<_> = ('b'..='z').take(paths).map(path).collect();
    lines.push(("multipath", format!("{wwid} {paths} 0")));
    lines
}
