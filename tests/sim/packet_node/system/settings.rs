//! How the installed system is set up, as the kickstart's own text has it: kernel, users, routes, name servers.

use super::super::kickstart::Kickstart;
use super::look::{section_value, value};

/// Lines of the look.
pub(super) fn lines(kickstart: &Kickstart) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("cmdline", kickstart.kernel_args.clone()),
        ("accounts", "20".to_owned()),
    ];
    lines.extend(sysctl(kickstart));
    for (name, has_sudo) in &kickstart.users {
        lines.extend(user(kickstart, name, *has_sudo));
    }
    for file in kickstart.keyfiles.values() {
        lines.extend(routes(file, ("[ipv4]", "route4")));
        lines.extend(routes(file, ("[ipv6]", "route6")));
        lines.extend(names(file, "[ipv4]"));
        lines.extend(names(file, "[ipv6]"));
    }
    lines
}

fn sysctl(kickstart: &Kickstart) -> impl Iterator<Item = (&'static str, String)> {
    let file = kickstart.files.get("/etc/sysctl.d/60-hinode.conf");
    let pairs = file.into_iter().flat_map(|text| text.lines());
    pairs
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| ("sysctl", format!("{key} {value}")))
}

fn user(kickstart: &Kickstart, name: &str, has_sudo: bool) -> Vec<(&'static str, String)> {
    let sudo = if has_sudo { "all" } else { "none" };
    let path = format!("/home/{name}/.ssh/authorized_keys");
    let keys = kickstart.files.get(&path).into_iter();
    let keys = keys.flat_map(|text| text.lines());
    let mut lines = vec![("user", format!("{name} {sudo}"))];
    lines.extend(keys.map(|key| ("key", format!("{name} {key}"))));
    lines
}

/// `address1=ADDRESS,ROUTER` and `routeN=SUBNET,ROUTER`.
fn routes(file: &str, (section, key): (&str, &'static str)) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some((_, router)) = section_value(file, section, "address1").split_once(',') {
        lines.push((key, format!("default {router}")));
    }
    let routes = (1..).map(|n| section_value(file, section, &format!("route{n}")));
    for route in routes.take_while(|route| !route.is_empty()) {
        lines.push((key, route.replace(',', " ")));
    }
    lines
}

fn names(file: &str, section: &str) -> Vec<(&'static str, String)> {
    let words = |name: &str, key: &'static str| {
        let list = section_value(file, section, name).split(';');
        let list = list.filter(|word| !word.is_empty());
        list.map(|word| (key, word.to_owned())).collect::<Vec<_>>()
    };
    [words("dns", "dns"), words("dns-search", "search")].concat()
}

/// Whether a bridge speaks the spanning tree protocol.
pub(super) fn stp(link: &str, file: &str) -> (&'static str, String) {
    let is_on = u8::from(value(file, "stp") == "true");
    ("stp", format!("{link} {is_on}"))
}
