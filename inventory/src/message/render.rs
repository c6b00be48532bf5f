//! Messages as sentences. The one place where text for people is made; one function a family and language.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Boot, Device, Install, Job, Message, Refusal, Store};
use crate::arm::Broke;
use crate::media::Voucher;
use crate::net::Mac;

/// The sentence in English.
pub(super) fn english(message: &Message) -> String {
    match message {
        Message::Boot(message) => boot(message),
        Message::Install(message) => install(message),
        Message::Job(message) => job(message),
        Message::Refusal(message) => refusal(message),
        Message::Device(message) => device(message),
        Message::Store(message) => store(message),
    }
}

fn boot(message: &Boot) -> String {
    match message {
        Boot::LeaseGiven {
            mac,
            address,
            client,
        } => format!("{address} given to {mac} ({client:?})"),
        Boot::StrangerHeard { mac, interface } => format!(
            "{mac} on {interface} asked for an address and got none: it is not in the rack file"
        ),
        Boot::ForeignServer {
            server,
            mac,
            interface,
        } => format!(
            "foreign DHCP server {server} ({mac}) on {interface}; unplug it, or name it in `dhcp_servers` of the network"
        ),
        Boot::ForeignServerMeant {
            server,
            by,
            interface,
        } => meant(*server, *by, interface),
        Boot::AddressInUse {
            address,
            by,
            interface,
        } => in_use(*address, *by, interface),
        Boot::RelayNotNamed {
            relay,
            network: Some(network),
        } => format!(
            "{relay} spoke as a DHCP relay of network {network} and got no answer; if it is one, write it under `relays` of \
             [network.{network}]"
        ),
        Boot::RelayNotNamed {
            relay,
            network: None,
        } => format!(
            "{relay} spoke as a DHCP relay of a network that is not in the rack file and got no answer"
        ),
        Boot::PoolLeaseGiven { mac, address } => {
            format!("{address} of the pool given to {mac}, which is not in the rack file")
        }
        Boot::PoolOpened { network, minutes } => {
            format!("the pool of network {network} gives addresses to strangers for {minutes} min")
        }
        Boot::PoolClosed { network } => format!("the pool of network {network} is closed"),
        Boot::Ipv6Down {
            address,
            interface,
            why,
        } => ipv6_down(address, interface, why),
        Boot::Ipv6Up { address, interface } => {
            format!("IPv6 is served again at {address} on {interface}")
        }
        Boot::StrayNode { address, own } => stray_node(*address, *own),
        Boot::StrayAddress { address, mac } => stray_address(*address, *mac),
        Boot::LocalBoot { why } => format!("told to boot its own disk: {why}"),
    }
}

fn stray_node(address: IpAddr, own: Option<IpAddr>) -> String {
    let own = match own {
        Some(own) => format!("not from its own, {own}: let it take that by DHCP"),
        None => "and has no address of that kind in the rack file".to_owned(),
    };
    format!("asks what to boot from {address}, {own}; told to boot its own disk")
}

fn in_use(address: Ipv4Addr, by: Mac, interface: &str) -> String {
    format!("{address} is used by {by} on {interface}, whose it is not; find that machine")
}

fn meant(server: Ipv4Addr, by: Mac, interface: &str) -> String {
    format!(
        "{by} on {interface} takes its address of DHCP server {server}, which the rack file does not name; find it, or name it in \
         `dhcp_servers` of the network"
    )
}

fn stray_address(address: IpAddr, mac: Option<Mac>) -> String {
    let mac = mac.map_or_else(|| "not known".to_owned(), |mac| mac.to_string());
    format!(
        "{address} asks what to boot and is the address of no node, its MAC is {mac}: it boots its own disk"
    )
}

fn ipv6_down(address: &Ipv6Addr, interface: &str, why: &str) -> String {
    format!(
        "nothing is served over IPv6 at {address} on {interface}, IPv4 goes on; tried again by itself: {why}. If `ip -6 address \
         show dev {interface}` says dadfailed, another machine has that address: find it, then take the address off and set it \
         again"
    )
}

fn install(message: &Install) -> String {
    match message {
        Install::Armed {
            os,
            kickstart,
            kickstart6,
        } => {
            let over_ipv6 = kickstart6.map(|sum| format!(", over IPv6 {sum}"));
            let over_ipv6 = over_ipv6.unwrap_or_default();
            format!("armed for one install of {os}, kickstart sha256 {kickstart}{over_ipv6}")
        }
        Install::ArmedForTrial {
            os,
            kickstart,
            kickstart6,
        } => {
            let over_ipv6 = kickstart6.map(|sum| format!(", over IPv6 {sum}"));
            let over_ipv6 = over_ipv6.unwrap_or_default();
            format!(
                "armed for one trial with the installer of {os}, which writes nothing, kickstart sha256 {kickstart}{over_ipv6}"
            )
        }
        Install::TrialServed => "kickstart of the trial served; it writes nothing".to_owned(),
        Install::Tried => "tried; the arm is spent".to_owned(),
        Install::BootScriptServed => "boot script of the installer served".to_owned(),
        Install::KickstartServed => "kickstart served; the disk may be written now".to_owned(),
        Install::KickstartRefused { why } => format!("kickstart refused: {why}"),
        Install::Reported { phase, detail } if detail.is_empty() => {
            format!("installer reports {phase:?}")
        }
        Install::Reported { phase, detail } => format!("installer reports {phase:?}: {detail}"),
        Install::ReportRefused { phase, detail, why } => {
            format!("report {phase:?} refused ({why}): {detail}")
        }
        Install::Spent => "installed; the arm is spent".to_owned(),
        Install::Broken { cause } => {
            format!("install broken: {}; local boot from now on", broke(cause))
        }
        Install::Expired => "arm expired before the node booted".to_owned(),
        Install::Voided => "arm taken back".to_owned(),
    }
}

fn broke(cause: &Broke) -> String {
    match cause {
        Broke::Rebooted => "the machine rebooted before the installer reported".to_owned(),
        Broke::Reported { detail } => format!("the installer reported: {detail}"),
        Broke::Overdue => "its time ran out".to_owned(),
    }
}

fn store(message: &Store) -> String {
    match message {
        Store::Started { version, epoch } => {
            format!("appliance {version} started, epoch {}", epoch.0)
        }
        Store::RackApplied { revision, nodes } => {
            format!("rack file applied as revision {revision}, {nodes} nodes")
        }
        Store::SecretSet => "secret set".to_owned(),
        Store::PassphraseShown => "the passphrases of its disks were shown".to_owned(),
        Store::MediumImported {
            id,
            sha256,
            voucher,
        } => {
            format!(
                "medium {id} imported, SHA-256 {sha256}, {}",
                vouched(voucher)
            )
        }
        Store::RepositoryImported {
            id,
            sha256,
            packages,
            keys,
        } => format!(
            "repository {id} imported, SHA-256 {sha256}, {packages} packages, all signed by {}",
            signers(keys)
        ),
        Store::MediumRemoved { id } => format!("medium {id} removed"),
        Store::MediumVerified { id, is_whole: true } => format!("medium {id} read through: whole"),
        Store::MediumVerified {
            id,
            is_whole: false,
        } => format!(
            "medium {id} read through: its bytes have changed; remove it, check the disk, import it again"
        ),
        Store::ReleaseKeyKept { fingerprint } => {
            format!("key {fingerprint} may vouch for installation media")
        }
    }
}

fn signers(keys: &BTreeSet<String>) -> String {
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    keys.join(" or ")
}

fn vouched(voucher: &Voucher) -> String {
    match voucher {
        Voucher::Signature { key, maker } => {
            let maker = maker.as_deref().unwrap_or("no maker we know");
            format!("signed by {key} ({maker})")
        }
        Voucher::Person => "its digest given by hand".to_owned(),
    }
}

fn job(message: &Job) -> String {
    match message {
        Job::Wished { author } => format!("bring-up wished by {author}"),
        Job::TrialWished { author, os } => format!("trial with the installer of {os} wished by {author}"),
        Job::Entered { stage } => format!("stage {stage}"),
        Job::Retrying { tries, cause } => format!("try {tries} failed: {}", english(cause)),
        Job::Failed { stage, cause } => format!("failed in stage {stage}: {}", english(cause)),
        Job::Done => "done".to_owned(),
        Job::Stopped { author } => format!("stopped by {author}"),
        Job::Overdue { stage, limit_s, blocker } => overdue(stage, *limit_s, blocker.as_deref()),
        Job::Working { stage } => format!("working on {stage}"),
        Job::NotBooted => "the node has not asked for its boot script yet; check its network boot and cable if this \
            lasts"
            .to_owned(),
        Job::AskedFromElsewhere { address } => format!(
            "the node asked for its boot script from {address}, which is not its own address, so it boots its own disk; let it take \
             its address by DHCP or DHCPv6"
        ),
        Job::NoKickstart => "the installer was started and has not fetched its kickstart yet".to_owned(),
        Job::StartedAnew { restarts } => format!(
            "the node did not fetch its kickstart in time; nothing was written; started anew ({restarts})"
        ),
        Job::Installing { served, expected } => installing(*served, *expected),
        Job::Trying => "the installer looks at the machine and has not reported yet".to_owned(),
        Job::TrialBroken { why, requests, console } => format!(
            "the trial ended without a report: {}; last requests: {}{}", broke(why), requests.join(", "), last_of(console)
        ),
        Job::GivingBack { stage, cause } => {
            format!("failed in stage {stage}, machine and port are given back: {}", english(cause))
        }
        Job::Judged { os, faults } if faults.is_empty() => format!("the installer of {os} finds everything the rack file names"),
        Job::Judged { os, faults } => format!("tried with the installer of {os}: {}", faults.join("; ")),
        Job::Defect { stage } => format!(
            "the appliance broke in stage {stage}; report its log as a defect, then start again"
        ),
        Job::ArmGone => "the node's arm is gone or ended; start the bring-up again".to_owned(),
        Job::InstallBroken { why, requests, console } => {
            format!("install broken: {}; last requests: {}{}", broke(why), requests.join(", "), last_of(console))
        }
        Job::NotAsInstalled { faults } => {
            format!("the installed system is not as wanted: {}", faults.join("; "))
        }
        Job::PlaybookRan { playbook, .. } => format!("playbook {playbook} was run, and all of it worked"),
        Job::PlaybookFailed { playbook, how, .. } => {
            format!("playbook {playbook} failed ({how}); see what it said, mend it or the node; it is run again")
        }
    }
}

fn refusal(message: &Refusal) -> String {
    match message {
        Refusal::SerialUnconfirmed { found } => format!(
            "the rack file gives no serial number and the machine says `{found}`; write serial = \"{found}\" if \
             that is the one"
        ),
        Refusal::WrongSerial { want, found } => format!(
            "the BMC says serial `{found}`, the rack file says `{want}`; nothing was touched; check the cabling of \
             the BMC, or mend the rack file"
        ),
        Refusal::WrongUuid { want, found } => format!(
            "the BMC says UUID {}, the rack file says {want}; nothing was touched; mend the rack file if the board \
             was changed",
            found.map_or("none".to_owned(), |uuid| uuid.to_string())
        ),
        Refusal::InstalledBefore { job } => format!(
            "job {job} began to install this node before; to wipe it, give its serial number: hinode up NODE --wipe SERIAL"
        ),
        Refusal::Running { node } => format!(
            "{node} is switched on; if nothing of worth runs there: give the command again with --power-off"
        ),
        Refusal::GuestsRun {
            cloud,
            host,
            guests,
        } => format!(
            "{cloud} says that {guests} guests are on this host (id {host}); put it into maintenance there, and once they \
             have moved start again; nothing was touched"
        ),
        Refusal::PortForeign { port, found } => format!(
            "port {port} carries {found}, which could not be given back after the trial; set it as the rack file's networks \
             say, then start again; nothing was touched"
        ),
        Refusal::KnownToCloud { cloud, host } => format!(
            "{cloud} knows a host with this address (id {host}); drain and delete it there first, or take the node \
             out of the rack file"
        ),
        Refusal::ClockWrong { shows } => format!(
            "the appliance's clock shows {shows}, before this software existed; set it, then start again"
        ),
        Refusal::NodeChanged { node } => format!(
            "the rack file says something else of {node} than when this job checked its machine; start it again"
        ),
        Refusal::NoMedium { id } => format!(
            "medium {id} is not here, or cannot be read; `hinode media list` tells, `hinode media import` brings it back"
        ),
        Refusal::OtherTree { os, wanted, found } => format!(
            "[os.{os}] is to be {wanted}, and the folder of its `tree` holds {found}; mend family, version or tree"
        ),
        Refusal::CannotKeep { profile } => format!(
            "images are kept only on logical volumes of one disk; [profile.{profile}] has no such volume, mirrors or encrypts: \
             save them elsewhere, then say --wipe without --keep-images"
        ),
        Refusal::NodeGone { node } => {
            format!("{node} is not in the rack file any more; put it back, or stop the job")
        }
    }
}

/// The last line of a console; the others are evidence, shown below a sentence.
fn last_of(console: &[String]) -> String {
    console.last().map_or_else(String::new, |line| {
        format!(
            "; its console said last, of {} lines that `hinode job` shows: {line}",
            console.len()
        )
    })
}

fn overdue(stage: &str, limit_s: u64, blocker: Option<&Message>) -> String {
    let blocker = blocker.map_or_else(String::new, |why| {
        format!("; it waited for: {}", english(why))
    });
    format!("stage {stage} took longer than {limit_s} s{blocker}")
}

fn installing(served: u64, expected: Option<u64>) -> String {
    let mib = |bytes: u64| bytes / (1024 * 1024);
    match expected {
        Some(expected) => format!(
            "installing, {} of {} MiB served",
            mib(served),
            mib(expected)
        ),
        None => format!("installing, {} MiB served", mib(served)),
    }
}

fn device(message: &Device) -> String {
    match message {
        Device::Silent { device, detail } => format!("{device} does not answer: {detail}"),
        Device::Denied { device, detail } => format!("{device} refused our login: {detail}"),
        Device::Unsupported { device, detail } => format!("{device} cannot do this: {detail}"),
        Device::Refused { device, detail } => format!("{device} refused: {detail}"),
        Device::Changed { device, detail } => {
            format!("{device} shows another certificate or key than before: {detail}")
        }
        Device::Pinned {
            address,
            fingerprint,
        } => {
            format!(
                "certificate or key of {address} seen for the first time and pinned: {fingerprint}"
            )
        }
        Device::Unpinned {
            address,
            fingerprint,
        } => format!("certificate of {address} forgotten, the next one is trusted: {fingerprint}"),
        Device::Did {
            device,
            deed,
            found,
        } => format!("{device}: {deed}; read back: {found}"),
    }
}
