//! Does anything run on this host? Evidence before it is switched off.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::client::CloudStack;
use super::command::Command;
use super::error::CloudError;
use super::host::HostId;
use super::signature::Params;

/// A guest, of which only that it is there counts: one that starts, stops or moves is on a host as well.
#[derive(Debug, Deserialize)]
struct Guest {
    id: String,
}

impl CloudStack {
    /// How many guests, system VMs and routers are on `host`. The controller shows the host of one only while it is not stopped,
    /// and only to a root administrator, who also sees those of other accounts and projects (`listall`, `projectid=-1`).
    pub async fn guests_on(&self, host: &HostId) -> Result<usize, CloudError> {
        let on_host = Params::default().with("hostid", &host.0);
        let of_all = on_host.clone().with("listall", "true");
        let of_projects = of_all.clone().with("projectid", "-1");
        // Some versions show a guest of a project in both lists.
        let mut guests = BTreeSet::new();
        for (command, params) in [
            (Command::ListVirtualMachines, of_all.clone()),
            (Command::ListVirtualMachines, of_projects.clone()),
            (Command::ListRouters, of_all),
            (Command::ListRouters, of_projects),
            (Command::ListSystemVms, on_host),
        ] {
            let some = self.list::<Guest>(command, params).await?;
            guests.extend(some.into_iter().map(|guest| guest.id));
        }
        Ok(guests.len())
    }
}
