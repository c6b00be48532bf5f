//! Messages as sentences. The one place where text for people is made; one function a family and language.

use super::{Boot, Install, Message, Store};
use crate::arm::Broke;

/// The sentence in English.
pub(super) fn english(message: &Message) -> String {
    match message {
        Message::Boot(message) => boot(message),
        Message::Install(message) => install(message),
        Message::Store(message) => store(message),
    }
}

fn boot(message: &Boot) -> String {
    match message {
        Boot::LeaseGiven {
            mac,
            address,
            client,
        } => {
            format!("{address} given to {mac} ({client:?})")
        }
        Boot::StrangerHeard { mac, interface } => format!(
            "{mac} on {interface} asked for an address and got none: it is not in the rack file"
        ),
        Boot::LocalBoot { why } => format!("told to boot its own disk: {why}"),
    }
}

fn install(message: &Install) -> String {
    match message {
        Install::Armed { os, kickstart } => {
            format!("armed for one install of {os}, kickstart sha256 {kickstart}")
        }
        Install::BootScriptServed => "boot script of the installer served".to_owned(),
        Install::KickstartServed => "kickstart served; the disk may be written now".to_owned(),
        Install::KickstartRefused { why } => format!("kickstart refused: {why}"),
        Install::Reported { phase, detail } if detail.is_empty() => {
            format!("installer reports {phase:?}")
        }
        Install::Reported { phase, detail } => format!("installer reports {phase:?}: {detail}"),
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
    }
}
