//! What a request does, and what it is refused for. Pure, but for the clock that power needs.

use serde_json::{Value, json};

use super::machine::Machine;
use super::resources::{
    BOOT_SOURCES, CD, EJECT, INSERT, RESET, RESET_TYPES, ROOT, SYSTEM, resource,
};

/// A request as it came.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) method: String,
    pub(super) path: String,
    /// None without a login; false with a wrong one.
    pub(super) login: Option<bool>,
    pub(super) if_match: Option<String>,
    pub(super) body: Value,
}

/// An answer: status, ETag, body.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

fn reply(status: u16, body: Value) -> Reply {
    Reply {
        status,
        etag: None,
        body,
    }
}

fn done() -> Reply {
    reply(204, Value::Null)
}

/// DSP0266 §8.6.
fn error(status: u16, id: &str, message: &str) -> Reply {
    let info =
        json!({"MessageId": format!("Base.1.8.{id}"), "Message": message, "Severity": "Critical"});
    let body = json!({"error": {"code": format!("Base.1.8.{id}"), "message": "See ExtendedInfo.",
        "@Message.ExtendedInfo": [info]}});
    reply(status, body)
}

pub(super) fn answer(machine: &mut Machine, ask: &Ask) -> Reply {
    machine.settle();
    let public =
        matches!(ask.path.as_str(), "/redfish/v1" | ROOT) && !machine.lies.root_needs_login;
    if !public && let Some(refusal) = no_entry(machine, ask) {
        return refusal;
    }
    if ask.login.is_some() && machine.lies.failures > 0 {
        machine.lies.failures -= 1;
        return error(
            503,
            "ServiceTemporarilyUnavailable",
            "The service is starting.",
        );
    }
    match ask.method.as_str() {
        "GET" => get(machine, ask),
        "PATCH" if ask.path == SYSTEM => patch(machine, ask),
        "POST" => post(machine, ask),
        _ => error(
            405,
            "OperationNotAllowed",
            "The HTTP method is not allowed on this resource.",
        ),
    }
}

/// Counts logins, and refuses the wrong ones, and every one once the account is locked.
fn no_entry(machine: &mut Machine, ask: &Ask) -> Option<Reply> {
    if ask.login.is_some() {
        machine
            .requests
            .push(format!("{} {}", ask.method, ask.path));
    }
    match ask.login {
        Some(true) if !machine.locked() => {
            machine.refused_logins = 0;
            None
        }
        Some(_) => {
            machine.refused_logins += 1;
            Some(error(
                401,
                "NoValidSession",
                "There is no valid session established.",
            ))
        }
        None => Some(error(
            401,
            "NoValidSession",
            "There is no valid session established.",
        )),
    }
}

fn tag(machine: &Machine) -> String {
    format!("\"{}\"", machine.version)
}

fn get(machine: &mut Machine, ask: &Ask) -> Reply {
    match resource(machine, &ask.path) {
        Some(body) => {
            let weak = if machine.lies.weak_tags { "W/" } else { "" };
            let etag = (ask.path == SYSTEM).then(|| format!("{weak}{}", tag(machine)));
            if etag.is_some() && machine.lies.meddled > 0 {
                machine.lies.meddled -= 1;
                machine.version += 1;
            }
            Reply {
                status: 200,
                etag,
                body,
            }
        }
        None => error(404, "ResourceMissingAtURI", "The resource was not found."),
    }
}

fn patch(machine: &mut Machine, ask: &Ask) -> Reply {
    if ask
        .if_match
        .as_ref()
        .is_some_and(|given| *given != tag(machine))
    {
        return error(
            412,
            "PreconditionFailed",
            "The ETag supplied did not match.",
        );
    }
    let boot = &ask.body["Boot"];
    let text = |key: &str| boot[key].as_str().map(str::to_owned);
    let (Some(target), Some(enabled)) = (
        text("BootSourceOverrideTarget"),
        text("BootSourceOverrideEnabled"),
    ) else {
        return error(400, "PropertyMissing", "Boot is missing.");
    };
    let lasts = ["Once", "Continuous", "Disabled"];
    if !BOOT_SOURCES.contains(&target.as_str()) || !lasts.contains(&enabled.as_str()) {
        return error(
            400,
            "PropertyValueNotInList",
            "The value is not in the list of acceptable values.",
        );
    }
    if !machine.lies.override_reverts {
        machine.boot = (target, enabled);
        machine.version += 1;
    }
    done()
}

fn post(machine: &mut Machine, ask: &Ask) -> Reply {
    match ask.path.as_str() {
        RESET => reset(machine, ask.body["ResetType"].as_str().unwrap_or_default()),
        INSERT => insert(machine, &ask.body),
        EJECT => {
            if !machine.lies.eject_ignored {
                machine.image = None;
            }
            done()
        }
        SYSTEM | CD => error(
            405,
            "OperationNotAllowed",
            "The HTTP method is not allowed on this resource.",
        ),
        _ => error(404, "ResourceMissingAtURI", "The resource was not found."),
    }
}

fn reset(machine: &mut Machine, kind: &str) -> Reply {
    if !RESET_TYPES.contains(&kind) {
        return error(
            400,
            "ActionParameterNotSupported",
            "The parameter ResetType is not supported.",
        );
    }
    match (kind, machine.on) {
        ("ForceRestart", false) => {
            return error(
                409,
                "ResourceInUse",
                "The machine is off and cannot be restarted.",
            );
        }
        ("ForceRestart", true) => machine.lead_to(true, true),
        ("On", false) => machine.lead_to(true, true),
        ("ForceOff" | "GracefulShutdown", true) => machine.lead_to(false, false),
        _ => {}
    }
    done()
}

fn insert(machine: &mut Machine, body: &Value) -> Reply {
    let Some(image) = body["Image"].as_str() else {
        return error(
            400,
            "ActionParameterMissing",
            "The parameter Image is missing.",
        );
    };
    if machine.image.is_some() {
        return error(409, "ResourceInUse", "There is a medium in the drive.");
    }
    machine.image = Some(image.to_owned());
    done()
}
