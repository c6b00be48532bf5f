//! Guests of users, as far as `listVirtualMachines` needs them: which host each is on.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::form::Form;
use super::locked;

/// All guests.
#[derive(Default)]
pub struct Guests(Mutex<Vec<(String, String)>>);

impl Guests {
    /// A guest called `name` starts on the host with this id.
    pub fn start(&self, host: &str, name: &str) {
        locked(&self.0).push((host.to_owned(), name.to_owned()));
    }

    /// An operator moves all of them away.
    pub fn move_away(&self) {
        locked(&self.0).clear();
    }

    /// Those that the list shows: of one host, if one is named; of other accounts only with `listall`.
    pub(super) fn shown(&self, form: &Form) -> Vec<Value> {
        if form.get("listall") != Some("true") {
            return Vec::new();
        }
        let on = form.get("hostid");
        let guests = locked(&self.0);
        let fitting = guests
            .iter()
            .filter(|(host, _)| on.is_none_or(|on| on == host));
        let shown = fitting.map(|(host, name)| {
            json!({"id": format!("id-of-{name}"), "name": name, "hostid": host, "state": "Running"})
        });
        shown.collect()
    }
}
