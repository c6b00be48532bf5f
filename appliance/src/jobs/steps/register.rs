//! Registration: a one-time root password that works from the controller's address only, the host added, seen Up, and
//! the password gone again.

use std::time::Duration;

use devices::cloud::{Existing, NewHost};
use inventory::clock::Deadline;
use inventory::job::Stage;
use inventory::message::{Device, Message};
use inventory::node::NodeRecord;
use inventory::rack::Cloud;
use inventory::secret::Secret;
use inventory::store::{Change, Expect, read};
use ring::rand::SecureRandom;

use super::{StepError, Work, cloud, failure, host};
use crate::jobs::record;
use crate::ssh::Session;

/// From added to Up: the agent starts after half a minute and is looked at every half minute.
const UP_LIMIT: Duration = Duration::from_secs(10 * 60);

const OPEN_DOOR: &str = concat!(include_str!("open_door.sh"), include_str!("reload_sshd.sh"));
const CLOSE_DOOR: &str = concat!(
    include_str!("close_door.sh"),
    include_str!("reload_sshd.sh")
);

/// Adds the host and sees it Up.
pub(super) async fn perform(work: &Work<'_>) -> Result<Stage, StepError> {
    let Some((cloud, client)) = cloud::of(work)? else {
        return Ok(Stage::VerifyAgain);
    };
    let place = client
        .place(&cloud)
        .await
        .map_err(|error| cloud::error_of(&error))?;
    let session = host::login(work).await?;
    let password = open_door(work, &session, &cloud).await?;
    let new = NewHost {
        name: work.node.name.clone(),
        address: work.address(),
        place,
        tags: cloud.host_tags.clone(),
        password,
        existing: Existing::Ours,
    };
    let added = match client.add_host(&new).await {
        Ok(added) => {
            let deadline = Deadline::after(&work.context.now(), UP_LIMIT);
            client.wait_until_up(&added.id, deadline).await
        }
        Err(error) => Err(error),
    };
    // Closed whatever came of it; a failure to close is worth more than a success to register.
    host::run(
        work,
        &session,
        host::Script {
            name: "close the door",
            text: CLOSE_DOOR,
        },
    )
    .await?;
    session.close().await;
    let added = added.map_err(|error| cloud::error_of(&error))?;
    remember(work, &cloud, added.id.0).await?;
    Ok(Stage::VerifyAgain)
}

/// Sets a fresh password that sshd takes from the controller's addresses only.
async fn open_door(work: &Work<'_>, session: &Session, cloud: &Cloud) -> Result<Secret, StepError> {
    let mut bytes = [0; 24];
    let random = work.context.random.fill(&mut bytes);
    random.map_err(|_| {
        let detail = "the machine gives no random numbers".to_owned();
        failure::fail(Device::Refused {
            device: "the appliance".to_owned(),
            detail,
        })
    })?;
    let password = hex::encode(bytes);
    let from: Vec<String> = cloud.login_from.iter().map(ToString::to_string).collect();
    // On standard input, not in argv: the process list of the node shows nothing.
    let text = format!(
        "from='{}'\npassword='{password}'\n{OPEN_DOOR}",
        from.join(",")
    );
    host::run(
        work,
        session,
        host::Script {
            name: "open the door",
            text: &text,
        },
    )
    .await?;
    Ok(Secret::new(password))
}

async fn remember(work: &Work<'_>, cloud: &Cloud, id: String) -> Result<(), StepError> {
    let known = read::<NodeRecord>(work.context.store(), &work.node.name)?;
    let Some(known) = known else { return Ok(()) };
    let deed = "addHost".to_owned();
    let device = format!("cloud controller {}", cloud.endpoint);
    let found = format!("{} is Up and Enabled, host id {id}", work.node.name);
    let record = NodeRecord {
        cloud_host: Some(id),
        ..known.value
    };
    let mut change = Change::default();
    change.put(Expect::Version(known.version), &record)?;
    let what = Message::Device(Device::Did {
        device,
        deed,
        found,
    });
    change.tell(record::event(work.job, &work.context.now(), what));
    Ok(work.context.store().submit(change).await.map(drop)?)
}
