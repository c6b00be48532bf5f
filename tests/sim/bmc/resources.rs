//! The resources as JSON, in the shapes of DSP2046.

use serde_json::{Value, json};

use super::machine::Machine;

pub(super) const ROOT: &str = "/redfish/v1/";
pub(super) const SYSTEMS: &str = "/redfish/v1/Systems";
pub(super) const SYSTEM: &str = "/redfish/v1/Systems/437XR1138R2";
pub(super) const RESET: &str = "/redfish/v1/Systems/437XR1138R2/Actions/PowerControl";
pub(super) const MANAGERS: &str = "/redfish/v1/Managers";
pub(super) const MANAGER: &str = "/redfish/v1/Managers/BMC";
pub(super) const DRIVES: &str = "/redfish/v1/Drives-of-437XR1138R2";
pub(super) const CD: &str = "/redfish/v1/Drives-of-437XR1138R2/CD1";
pub(super) const FLOPPY: &str = "/redfish/v1/Drives-of-437XR1138R2/Floppy1";
pub(super) const INSERT: &str = "/redfish/v1/Drives-of-437XR1138R2/CD1/Actions/Insert";
pub(super) const EJECT: &str = "/redfish/v1/Drives-of-437XR1138R2/CD1/Actions/Eject";

/// Reset types it offers.
pub(super) const RESET_TYPES: [&str; 4] = ["On", "ForceOff", "GracefulShutdown", "ForceRestart"];
/// Boot sources it offers.
pub(super) const BOOT_SOURCES: [&str; 4] = ["None", "Pxe", "Hdd", "Cd"];

/// The resource at `path`, if there is one.
pub(super) fn resource(machine: &Machine, path: &str) -> Option<Value> {
    let found = match path {
        "/redfish/v1" | ROOT => root(),
        SYSTEMS => collection(path, "ComputerSystemCollection", &[SYSTEM]),
        SYSTEM => system(machine),
        MANAGERS => collection(path, "ManagerCollection", &[MANAGER]),
        MANAGER => manager(machine),
        DRIVES => collection(path, "VirtualMediaCollection", &[FLOPPY, CD]),
        CD => cd(machine),
        FLOPPY => {
            json!({"@odata.id": FLOPPY, "@odata.type": "#VirtualMedia.v1_3_0.VirtualMedia", "Id": "Floppy1",
            "Name": "Floppy", "MediaTypes": ["Floppy", "USBStick"], "Inserted": false, "Image": null})
        }
        _ => return None,
    };
    Some(found)
}

fn link(path: &str) -> Value {
    json!({"@odata.id": path})
}

fn root() -> Value {
    json!({
        "@odata.id": ROOT, "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "RootService",
        "Name": "Root Service", "RedfishVersion": "1.11.0", "UUID": "92384634-2938-2342-8820-489239905423",
        "Systems": link(SYSTEMS), "Managers": link(MANAGERS),
        "Links": {"Sessions": link("/redfish/v1/SessionService/Sessions")}
    })
}

fn collection(path: &str, kind: &str, members: &[&str]) -> Value {
    let links: Vec<_> = members.iter().map(|member| link(member)).collect();
    json!({"@odata.id": path, "@odata.type": format!("#{kind}.{kind}"), "Name": kind,
        "Members": links, "Members@odata.count": members.len()})
}

fn system(machine: &Machine) -> Value {
    let (target, enabled) = &machine.boot;
    let shown = match enabled.as_str() {
        "Once" if machine.lies.once_shown_as_continuous => "Continuous",
        other => other,
    };
    let mut system = json!({
        "@odata.id": SYSTEM, "@odata.type": "#ComputerSystem.v1_13_0.ComputerSystem", "Id": "437XR1138R2",
        "Name": "Simulated machine", "SystemType": "Physical", "Manufacturer": "Simulated", "Model": "One U",
        "SerialNumber": machine.serial, "UUID": machine.uuid, "PowerState": machine.power_state(),
        "Status": {"State": "Enabled", "Health": "OK"},
        "Boot": {"BootSourceOverrideTarget": target, "BootSourceOverrideEnabled": shown,
            "BootSourceOverrideMode": "UEFI", "BootSourceOverrideTarget@Redfish.AllowableValues": BOOT_SOURCES},
        "Actions": {"#ComputerSystem.Reset": {"target": RESET, "ResetType@Redfish.AllowableValues": RESET_TYPES}},
        "Links": {"ManagedBy": [link(MANAGER)]}
    });
    if !machine.lies.no_reset_time {
        system["LastResetTime"] = json!(format!("2026-11-01T00:00:{:02}Z", machine.resets % 60));
    }
    if !machine.lies.media_under_manager {
        system["VirtualMedia"] = link(DRIVES);
    }
    system
}

fn manager(machine: &Machine) -> Value {
    let mut manager = json!({"@odata.id": MANAGER, "@odata.type": "#Manager.v1_5_0.Manager", "Id": "BMC",
        "Name": "Manager", "ManagerType": "BMC", "FirmwareVersion": "1.00", "PowerState": "On",
        "Links": {"ManagerForServers": [link(SYSTEM)]}});
    if machine.lies.media_under_manager {
        manager["VirtualMedia"] = link(DRIVES);
    }
    manager
}

fn cd(machine: &Machine) -> Value {
    json!({"@odata.id": CD, "@odata.type": "#VirtualMedia.v1_3_0.VirtualMedia", "Id": "CD1", "Name": "Virtual CD",
        "MediaTypes": ["CD", "DVD"], "Image": machine.image, "Inserted": machine.image.is_some(),
        "WriteProtected": true, "ConnectedVia": if machine.image.is_some() { "URI" } else { "NotConnected" },
        "Actions": {"#VirtualMedia.InsertMedia": {"target": INSERT}, "#VirtualMedia.EjectMedia": {"target": EJECT}}})
}
