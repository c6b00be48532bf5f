//! Drivers' errors as messages: who must act decides whether a step is tried again.

use devices::bmc::BmcError;
use inventory::id::SecretName;
use inventory::message::{Device, Message};
use inventory::secret::Secret;

use super::StepError;
use crate::context::Context;
use crate::ssh::SshError;

/// A BMC's error.
pub(super) fn bmc(error: &BmcError) -> StepError {
    let (device, detail) = (device_of(error), error.to_string());
    match error {
        BmcError::Silent { .. } => again(Device::Silent { device, detail }),
        BmcError::Denied { .. } => fail(Device::Denied { device, detail }),
        BmcError::Unsupported { .. } => fail(Device::Unsupported { device, detail }),
        BmcError::Refused { .. } | BmcError::WrongMachine { .. } => {
            fail(Device::Refused { device, detail })
        }
        BmcError::CertificateChanged { .. } => fail(Device::Changed { device, detail }),
    }
}

fn device_of(error: &BmcError) -> String {
    let asked = match error {
        BmcError::Silent { asked, .. }
        | BmcError::Denied { asked, .. }
        | BmcError::Unsupported { asked, .. }
        | BmcError::Refused { asked, .. }
        | BmcError::WrongMachine { asked, .. }
        | BmcError::CertificateChanged { asked, .. } => asked,
    };
    format!("BMC {}", asked.bmc)
}

/// An SSH error of `node`.
pub(super) fn ssh(node: &str, error: &SshError) -> StepError {
    let (device, detail) = (node.to_owned(), error.to_string());
    match error {
        SshError::Silent { .. } => again(Device::Silent { device, detail }),
        SshError::Denied { .. } => fail(Device::Denied { device, detail }),
        SshError::Changed { .. } => fail(Device::Changed { device, detail }),
    }
}

/// A secret, opened; a missing one is the operator's to set.
pub(super) fn opened(context: &Context, name: &SecretName) -> Result<Secret, StepError> {
    let opened = context.vault.open(context.store(), name);
    opened.map_err(|error| {
        fail(Device::Denied {
            device: format!("secret {name}"),
            detail: error.to_string(),
        })
    })
}

/// May pass.
pub(super) fn again(device: Device) -> StepError {
    StepError::Again(Message::Device(device))
}

/// Will not pass by itself.
pub(super) fn fail(device: Device) -> StepError {
    StepError::Fail(Message::Device(device))
}
