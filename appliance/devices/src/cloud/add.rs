//! Adding a host. `addHost` takes minutes and must not be sent twice: look before, and look after a lost answer.

use std::net::Ipv4Addr;

use inventory::clock::Deadline;
use inventory::id::NodeName;
use inventory::secret::Secret;
use inventory::word::Label;

use super::client::CloudStack;
use super::command::Command;
use super::error::{CloudError, Quiet, Refusal, Why};
use super::find::{Known, SameAs};
use super::host::Host;
use super::place::Place;
use super::signature::Params;

/// A host to be added.
#[derive(Debug, Clone)]
pub struct NewHost {
    /// Its name.
    pub name: NodeName,
    /// Its management address: the controller logs in there by SSH, port 22.
    pub address: Ipv4Addr,
    /// Where it belongs.
    pub place: Place,
    /// Host tags.
    pub tags: Vec<Label>,
    /// Password of root, for the controller's login. Sent in the request body only.
    pub password: Secret,
    /// What a host of the same name at the same address means.
    pub existing: Existing,
}

/// What a host of the same name at the same address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// We added it, in a step that is being repeated: take it.
    Ours,
    /// Somebody's: refuse.
    Foreign,
}

/// What to do, after a look.
#[derive(Debug, PartialEq, Eq)]
enum Before {
    Add,
    Take(Host),
    Refuse(Host),
}

impl CloudStack {
    /// Adds `new`, unless it is there. Gives the host as the controller has it, which need not be Up yet
    /// ([`CloudStack::wait_until_up`]). May be repeated, with [`Existing::Ours`] once it was begun.
    pub async fn add_host(&self, new: &NewHost) -> Result<Host, CloudError> {
        let known = self.find_host(&new.name, new.address).await?;
        match before(known, new.existing) {
            Before::Add => self.add(new).await,
            Before::Take(host) => Ok(host),
            Before::Refuse(host) => Err(self.refused(Refusal::Exists(Box::new(host)))),
        }
    }

    async fn add(&self, new: &NewHost) -> Result<Host, CloudError> {
        let begun = self.clock.now();
        let sent = self.call(Command::AddHost, params(new)).await;
        match sent.map_err(|error| without(error, &new.password)) {
            Ok(answer) => {
                let host = self.objects(Command::AddHost, &answer)?.pop();
                host.ok_or_else(|| self.error(Command::AddHost, nothing_said()))
            }
            Err(error) if may_have_worked(&error) => {
                let until = Deadline::after(&begun, self.limits.add);
                self.look_for(new, until, error).await
            }
            // An addHost sent before a restart of ours may have been at work still: there was no such host a moment ago.
            Err(error) if matches!(error.why, Why::Refused(_)) => {
                Ok(self.at_address(new).await?.ok_or(error)?)
            }
            Err(error) => Err(error),
        }
    }

    /// The host at the address of `new`, under whatever name.
    async fn at_address(&self, new: &NewHost) -> Result<Option<Host>, CloudError> {
        let mut known = self.find_host(&new.name, new.address).await?;
        known.retain(|known| known.host.address == Some(new.address));
        Ok(known.pop().map(|known| known.host))
    }

    /// The answer was lost, the request was not: looks for the host for as long as the controller may be at it. There was
    /// none at this address before, so one that is there now is ours, under whatever name.
    async fn look_for(
        &self,
        new: &NewHost,
        until: Deadline,
        lost: CloudError,
    ) -> Result<Host, CloudError> {
        loop {
            match self.at_address(new).await {
                Ok(Some(host)) => return Ok(host),
                Ok(None) => {}
                Err(error) if matches!(error.why, Why::Silent(_)) => {}
                Err(error) => return Err(error),
            }
            if until.has_passed(&self.clock.now()) {
                return Err(lost);
            }
            tokio::time::sleep(self.limits.look).await;
        }
    }

    fn refused(&self, refusal: Refusal) -> CloudError {
        self.error(Command::AddHost, Why::Refused(refusal))
    }
}

fn before(known: Vec<Known>, existing: Existing) -> Before {
    let Some(known) = known.into_iter().next() else {
        return Before::Add;
    };
    match (known.same, existing) {
        (SameAs::AddressAndName, Existing::Ours) => Before::Take(known.host),
        (SameAs::AddressAndName, Existing::Foreign)
        | (SameAs::Address | SameAs::Guid | SameAs::Name, _) => Before::Refuse(known.host),
    }
}

fn params(new: &NewHost) -> Params {
    let params = Params::default()
        .with("zoneid", &new.place.zone)
        .with("podid", &new.place.pod)
        .with("clusterid", &new.place.cluster)
        .with("hypervisor", "KVM")
        .with("url", format!("http://{}", new.address))
        .with("username", "root")
        .with("password", new.password.expose());
    let tags: Vec<&str> = new.tags.iter().map(Label::as_str).collect();
    match tags.is_empty() {
        true => params,
        false => params.with("hosttags", tags.join(",")),
    }
}

/// A request that was sent and not answered.
fn may_have_worked(error: &CloudError) -> bool {
    match &error.why {
        Why::Silent(Quiet::NoAnswer(_) | Quiet::Lost(_) | Quiet::Trouble { .. }) => true,
        Why::Silent(Quiet::Unreachable(_))
        | Why::Denied(_)
        | Why::Unsupported(_)
        | Why::Refused(_) => false,
    }
}

fn nothing_said() -> Why {
    Why::Unsupported("it answered without the host".to_owned())
}

/// The error without the password, should the controller have repeated it.
fn without(error: CloudError, password: &Secret) -> CloudError {
    let why = match error.why {
        Why::Refused(Refusal::Said { code, text }) => Why::Refused(Refusal::Said {
            code,
            text: text.replace(password.expose(), "****"),
        }),
        why @ (Why::Refused(_) | Why::Silent(_) | Why::Denied(_) | Why::Unsupported(_)) => why,
    };
    CloudError { why, ..error }
}
