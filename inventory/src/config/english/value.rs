//! Faults of values as sentences.

use super::meant;
use crate::config::problem::Value;

pub(super) fn wrong(problem: &Value) -> String {
    match problem {
        Value::Bad { what, text } | Value::Unknown { what, text, .. } => {
            format!("`{}` is not {}", text.escape_debug(), what.noun())
        }
        Value::OutOfRange { what, text, .. } => {
            format!("{text} is out of range for {}", what.noun())
        }
        Value::Twice { what, text, also } => {
            let noun = what.noun();
            format!("`{text}` is given to two as {noun} (also at line {also})")
        }
        Value::Placeholder { what, text } => {
            format!("`{text}` is what vendors write who know no {}", what.code())
        }
        Value::LongHostName { name, length } => {
            format!("the host name `{name}` has {length} characters; Linux takes 64")
        }
        Value::DiskCount {
            profile,
            wanted,
            found,
            also,
        } => {
            format!(
                "{found} disk(s) are named, and [profile.{profile}] is made of {wanted} (also at line {also})"
            )
        }
        Value::NoLock => "`encrypt` names nothing that opens the disks at boot".to_owned(),
        Value::EncryptPlain => {
            "`encrypt` needs logical volumes: it is their group that is encrypted".to_owned()
        }
        Value::OurArgument { argument } => {
            format!("`{argument}` is an argument that the appliance writes itself")
        }
    }
}

pub(super) fn mend(problem: &Value) -> String {
    match problem {
        Value::Bad { what, .. } => format!("write {}", what.rule()),
        Value::Unknown { near, known, .. } => meant(near.as_deref(), known),
        Value::OutOfRange { min, max, .. } => format!("write {min} to {max}"),
        Value::Twice { .. } => "only one can have it: correct one of the two lines".to_owned(),
        Value::Placeholder { .. } => {
            "leave the line out; the node is told by its other marks".to_owned()
        }
        Value::LongHostName { .. } => "shorten the node's name or the domain of [site]".to_owned(),
        Value::DiskCount { wanted: 1, .. } => {
            "write disk = \"NAME\", or mirrored = true in `disk` of the profile".to_owned()
        }
        Value::DiskCount { .. } => "write disks = [\"FIRST\", \"SECOND\"]".to_owned(),
        Value::NoLock => {
            "write tpm2 = true, or tang = [{ url = \"...\", thumbprint = \"...\" }]".to_owned()
        }
        Value::EncryptPlain => "write volumes = \"lvm\", or leave `encrypt` out".to_owned(),
        Value::OurArgument { .. } => "take it out".to_owned(),
    }
}
