//! What a node needs to boot: one network to do it in, somebody there who answers, a port that may be changed, and a
//! host name that fits.

use serde_spanned::Spanned;

use crate::config::draft::{Draft, device, node};
use crate::config::problem::{Form, Layer2, Value};
use crate::config::report::Report;
use crate::rack::Role;

/// The longest host name of Linux (`HOST_NAME_MAX`, gethostname(2)).
const HOST_NAME_MAX: usize = 64;

pub(super) fn check(draft: &Draft, report: &Report<'_>) {
    only_one(draft, report, Role::Management);
    only_one(draft, report, Role::Parking);
    somebody_answers(draft, report);
    for (name, switch) in &draft.switches {
        if switch.says_uplinks && switch.uplinks.is_empty() {
            let switch_name = name.get_ref().clone();
            report.add(
                switch.at,
                Layer2::NoUplink {
                    switch: switch_name,
                },
            );
        }
    }
    for node in &draft.nodes {
        uplink(draft, report, node);
        host_name(draft, report, node);
    }
}

/// Nodes boot in one network and wait in one other: a second of either would leave open which.
fn only_one(draft: &Draft, report: &Report<'_>, role: Role) {
    let mut networks = draft.of_role(role);
    let Some((first, network)) = networks.next() else {
        report.add(0, Layer2::NoRole { role });
        return;
    };
    for (_, other) in networks {
        let at = other
            .role
            .as_ref()
            .map_or(other.at, |role| role.span().start);
        let problem = Layer2::RoleTwice {
            role,
            by: first.get_ref().clone(),
            also: report.line(network.at),
        };
        report.add(at, problem);
    }
}

fn somebody_answers(draft: &Draft, report: &Report<'_>) {
    let Some((name, network)) = draft.of_role(Role::Management).next() else {
        return;
    };
    if network.subnet.is_none() {
        let (key, table) = ("subnet", format!("[network.{}]", name.get_ref()));
        report.add(network.at, Form::MissingKey { key, table });
    }
    let interfaces = draft.appliance.iter().flat_map(|a| &a.interfaces);
    let mut networks = interfaces.filter_map(|interface| interface.network.as_ref());
    if !networks.any(|its| its.get_ref() == name.get_ref()) {
        let network = name.get_ref().clone();
        report.add(name.span().start, Layer2::NobodyAnswers { network });
    }
}

fn uplink(draft: &Draft, report: &Report<'_>, node: &node::Draft) {
    let Some(port) = &node.port else {
        return;
    };
    let mut switches = draft.switches.iter();
    let switch = switches.find(|(name, _)| *name.get_ref() == port.get_ref().switch);
    let uplinks = |(_, switch): &_| -> Option<usize> {
        let switch: &device::Switch = switch;
        let mut uplinks = switch.uplinks.iter();
        let same = |uplink: &&Spanned<_>| *uplink.get_ref() == port.get_ref().port;
        uplinks.find(same).map(|uplink| uplink.span().start)
    };
    if let Some(at) = switch.and_then(uplinks) {
        let problem = Layer2::Uplink {
            port: port.get_ref().to_string(),
            also: report.line(at),
        };
        report.add(port.span().start, problem);
    }
}

fn host_name(draft: &Draft, report: &Report<'_>, node: &node::Draft) {
    let domain = draft.site.as_ref().and_then(|site| site.domain.as_ref());
    let (Some(domain), Some(name)) = (domain, &node.name) else {
        return;
    };
    let host = format!("{}.{}", name.get_ref(), domain.get_ref());
    if host.len() > HOST_NAME_MAX {
        let (at, length) = (name.span().start, host.len());
        report.add(at, Value::LongHostName { name: host, length });
    }
}
