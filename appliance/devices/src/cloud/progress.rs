//! From added to Up: what the controller's two states of a host mean for somebody who waits.

use inventory::clock::Deadline;

use super::client::CloudStack;
use super::command::Command;
use super::error::{CloudError, Refusal, Why};
use super::host::{Host, HostId, HostState, ResourceState};
use super::signature::Params;

/// How far a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Its agent is there and it may run guests.
    Up(Host),
    /// It may still come; its states tell how far it is.
    Coming(Host),
}

impl CloudStack {
    /// One look at a host. An error if it is gone, or cannot come Up by itself.
    pub async fn progress(&self, id: &HostId) -> Result<Progress, CloudError> {
        let mut hosts = self
            .list(Command::ListHosts, Params::default().with("id", &id.0))
            .await?;
        let refused = |refusal| self.error(Command::ListHosts, Why::Refused(refusal));
        let host = hosts
            .pop()
            .ok_or_else(|| refused(Refusal::Gone(id.clone())))?;
        progress(host).map_err(refused)
    }

    /// Looks until the host is Up and Enabled. After `deadline` the error names its last states.
    pub async fn wait_until_up(&self, id: &HostId, deadline: Deadline) -> Result<Host, CloudError> {
        loop {
            let late = deadline.has_passed(&self.clock.now());
            match self.progress(id).await {
                Ok(Progress::Up(host)) => return Ok(host),
                Ok(Progress::Coming(host)) if late => {
                    return Err(self.error(Command::ListHosts, Why::Refused(not_up(host))));
                }
                Err(error) if late || !matches!(error.why, Why::Silent(_)) => return Err(error),
                Ok(Progress::Coming(_)) | Err(_) => tokio::time::sleep(self.limits.look).await,
            }
        }
    }
}

/// What the states mean. Agents come back from Alert, Disconnected and Down by themselves; from the others only by a person.
fn progress(host: Host) -> Result<Progress, Refusal> {
    match (&host.state, &host.resource) {
        (HostState::Removed, _) => Err(Refusal::Gone(host.id)),
        (HostState::Error, _) | (_, ResourceState::Disabled | ResourceState::Other(_)) => {
            Err(not_up(host))
        }
        (HostState::Up, ResourceState::Enabled) => Ok(Progress::Up(host)),
        (HostState::Up, ResourceState::Creating)
        | (
            HostState::Creating
            | HostState::Connecting
            | HostState::Down
            | HostState::Disconnected
            | HostState::Alert
            | HostState::Rebalancing
            | HostState::Other(_),
            ResourceState::Creating | ResourceState::Enabled,
        ) => Ok(Progress::Coming(host)),
    }
}

fn not_up(host: Host) -> Refusal {
    Refusal::NotUp {
        host: host.id,
        state: host.state,
        resource: host.resource,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn states_tell_whether_waiting_helps() {
        for (case, state, resource, want) in [
            ("there", "Up", "Enabled", "up"),
            ("being made", "Creating", "Creating", "coming"),
            ("saying hello", "Connecting", "Enabled", "coming"),
            ("agent lost, may return", "Alert", "Enabled", "coming"),
            (
                "agent stopped, may return",
                "Disconnected",
                "Enabled",
                "coming",
            ),
            ("a word of CloudStack's own", "Unknown", "Enabled", "coming"),
            ("deleted", "Removed", "Disabled", "gone"),
            ("broken", "Error", "Enabled", "not up"),
            ("somebody disabled it", "Up", "Disabled", "not up"),
            ("in maintenance", "Up", "Maintenance", "not up"),
        ] {
            let host = json!({"id": "1", "state": state, "resourcestate": resource});
            let found = match progress(serde_json::from_value(host).unwrap()) {
                Ok(Progress::Up(_)) => "up",
                Ok(Progress::Coming(_)) => "coming",
                Err(Refusal::Gone(_)) => "gone",
                Err(_) => "not up",
            };
            assert_eq!(found, want, "{case}");
        }
    }
}
