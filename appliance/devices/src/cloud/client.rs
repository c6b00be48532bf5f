//! The client: one signed request, its answer or who must act.

use std::sync::Arc;
use std::time::Duration;

use inventory::clock::{Clock, Now};
use inventory::rack::Cloud;
use inventory::secret::Secret;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{self, unpack};
use super::blame::{Asked, blame};
use super::command::Command;
use super::error::{CloudError, Denial, Why};
use super::key::ApiKey;
use super::post;
use super::signature::Params;

/// A signature is good for this long: enough for clocks that differ by minutes, little enough to be worthless when found.
pub(super) const VALID: Duration = Duration::from_secs(600);

/// Objects asked for at a time; the server's own limit is 500.
const PAGE: usize = 100;

/// No rack has more pages of anything: an answer that never ends is an error of the other side.
const PAGES_MAX: usize = 100;

/// Time limits. [`Limits::FIELD`] outside tests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For `addHost`.
    pub add: Duration,
    /// For everything else.
    pub short: Duration,
    /// Between two looks at a host.
    pub look: Duration,
}

impl Limits {
    /// For real controllers.
    pub const FIELD: Self = Self {
        // addHost logs in to the host, runs its set-up (120 s without output and three tries a command) and then waits about
        // five minutes for the agent before it answers.
        add: Duration::from_secs(15 * 60),
        // Lists are answered from the database; a minute is what a loaded management server with a cold cache needs.
        short: Duration::from_secs(60),
        // Agents ping once a minute: looking more often than this shows nothing new.
        look: Duration::from_secs(10),
    };
}

/// A CloudStack management server.
pub struct CloudStack {
    pub(super) endpoint: String,
    pub(super) limits: Limits,
    pub(super) clock: Arc<dyn Clock>,
    http: reqwest::Client,
    key: ApiKey,
    secret_name: String,
}

impl CloudStack {
    /// A client for `cloud` with its secret `APIKEY:SECRETKEY`. Sends nothing yet.
    pub fn new(
        cloud: &Cloud,
        credential: &Secret,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CloudError> {
        let error = |why| CloudError {
            endpoint: cloud.endpoint.to_string(),
            command: Command::ListZones,
            why,
        };
        let secret_name = cloud.credential.to_string();
        let not_a_key = Denial::NotAKey {
            secret: secret_name.clone(),
        };
        let key = ApiKey::read(credential).ok_or_else(|| error(Why::Denied(not_a_key)))?;
        let http = post::client(&cloud.endpoint).map_err(error)?;
        Ok(Self {
            endpoint: cloud.endpoint.to_string(),
            limits,
            clock,
            http,
            key,
            secret_name,
        })
    }

    /// The answer to `command`, without its outer key.
    pub(super) async fn call(&self, command: Command, params: Params) -> Result<Value, CloudError> {
        let now = self.clock.now();
        let limit = match command.only_reads() {
            true => self.limits.short,
            false => self.limits.add,
        };
        let form = self.signed(command, params, &now).to_form();
        let request = self.http.post(&self.endpoint).timeout(limit);
        let reply = post::send(request, form, limit).await;
        let reply = reply.map_err(|quiet| self.error(command, Why::Silent(quiet)))?;
        unpack(command, reply.status, &reply.body).map_err(|fault| {
            let asked = Asked {
                command,
                secret: &self.secret_name,
                clock_ahead_s: reply.date.map(|date| ahead_s(date, &now)),
            };
            self.error(command, blame(&asked, fault))
        })
    }

    /// All objects of a list, over all its pages.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        command: Command,
        params: Params,
    ) -> Result<Vec<T>, CloudError> {
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let paged = params.clone().with("page", page.to_string());
            let paged = paged.with("pagesize", PAGE.to_string());
            let answer = self.call(command, paged).await?;
            let some: Vec<T> = self.objects(command, &answer)?;
            let last = some.is_empty();
            all.extend(some);
            if last || all.len() >= answer::count(&answer) {
                break;
            }
        }
        Ok(all)
    }

    /// The objects in an answer.
    pub(super) fn objects<T: DeserializeOwned>(
        &self,
        command: Command,
        answer: &Value,
    ) -> Result<Vec<T>, CloudError> {
        answer::objects(command, answer).map_err(|bad| {
            let text = format!("its {} objects do not read: {bad}", command.object());
            self.error(command, Why::Unsupported(text))
        })
    }

    /// An error of ours about `command`.
    pub(super) fn error(&self, command: Command, why: Why) -> CloudError {
        CloudError {
            endpoint: self.endpoint.clone(),
            command,
            why,
        }
    }

    fn signed(&self, command: Command, params: Params, now: &Now) -> Params {
        let params = params.with("command", command.name());
        let params = params.with("response", "json");
        let params = params.with("apikey", &self.key.key);
        let params = params.with("signatureversion", "3");
        params
            .with("expires", expires(now))
            .signed(&self.key.secret)
    }
}

/// `expires`, in the one format the server reads.
fn expires(now: &Now) -> String {
    let until = now.wall.saturating_add(VALID).unwrap_or(now.wall);
    until.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// The controller's clock minus ours, whole seconds.
fn ahead_s(date: Timestamp, now: &Now) -> i64 {
    date.as_second() - now.wall.as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_expires_ten_minutes_from_now() {
        let now = Now {
            wall: "2026-12-31T23:55:00Z".parse().unwrap(),
            mono: Duration::ZERO,
            boot: uuid::Uuid::nil(),
        };
        assert_eq!(expires(&now), "2027-01-01T00:05:00+0000");
    }
}
