//! Registration: a one-time root password that works from the controller's address only, the host added, seen Up, and
//! the password gone again.

use std::time::Duration;

use devices::cloud::{CloudError, CloudStack, Existing, Host, NewHost, Place};
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
    let added = match open_door(work, &cloud).await {
        Ok(password) => add(work, &client, (&cloud, place, password)).await,
        Err(StepError::Store(failure)) => return Err(StepError::Store(failure)),
        // It may stand half open: it is closed first, and the reason told then.
        Err(failure) => {
            close_door(work).await?;
            return Err(failure);
        }
    };
    // Closed whatever came of it, over a new connection: registration takes longer than an idle one lives.
    close_door(work).await?;
    let added = added.map_err(|error| cloud::error_of(&error))?;
    remember(work, &cloud, added.id.0).await?;
    Ok(Stage::VerifyAgain)
}

async fn add(
    work: &Work<'_>,
    client: &CloudStack,
    (cloud, place, password): (&Cloud, Place, Secret),
) -> Result<Host, CloudError> {
    let new = NewHost {
        name: work.node.name.clone(),
        address: work.address(),
        place,
        tags: cloud.host_tags.clone(),
        password,
        existing: Existing::Ours,
    };
    let added = client.add_host(&new).await?;
    let deadline = Deadline::after(&work.context.now(), UP_LIMIT);
    client.wait_until_up(&added.id, deadline).await
}

async fn close_door(work: &Work<'_>) -> Result<(), StepError> {
    let session = host::login(work).await?;
    let script = host::Script {
        name: "close the door",
        text: CLOSE_DOOR,
    };
    host::run(work, &session, script).await?;
    session.close().await;
    Ok(())
}

/// Sets a fresh password that sshd takes from the controller's addresses only.
async fn open_door(work: &Work<'_>, cloud: &Cloud) -> Result<Secret, StepError> {
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
    let script = host::Script {
        name: "open the door",
        text: &text,
    };
    let session = host::login(work).await?;
    host::run(work, &session, script).await?;
    session.close().await;
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
