//! IPv6 on one interface: DHCPv6, router advertisements, TFTP and HTTP. They run together or not at all, since what DHCPv6
//! answers leads to our TFTP; and apart from IPv4, which waits for none of them: an address that another machine has, or
//! that is gone, costs IPv6 alone.
//!
//! What fails begins anew by itself, and a person is told when that lasts. After a power cut it begins here.

use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use inventory::event::{Actor, Event, Subject};
use inventory::message::{Boot, Message};
use inventory::rack::Interface;
use inventory::store::Change;
use pxe::{advert, dhcp6};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{ServiceError, Tasks, serve_files, together};
use crate::context::Context;
use crate::serve::until;

/// Pause after the first failure. Whether anybody else has an address takes the kernel a second or two to find out (RFC 4862
/// §5.4), and before that nobody can listen on it: right after a start the first try is often too early.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause: a person who mended it sees that soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An outage that lasts longer is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// What ran for so long has begun well: sockets that cannot be opened are known at once.
const STEADY: Duration = Duration::from_secs(2);

/// What is served over IPv6, and where.
pub(super) struct Part {
    pub(super) interface: Interface,
    /// The interface's IPv6 address.
    pub(super) server: Ipv6Addr,
    /// What is advertised, if anything.
    pub(super) link: Option<advert::Link>,
}

/// Serves until `ended`, whatever fails meanwhile.
pub(super) async fn run(context: Arc<Context>, part: Part, ended: watch::Receiver<bool>) {
    let mut outage = Outage::default();
    loop {
        let serving = serve(&context, &part, ended.clone());
        tokio::pin!(serving);
        let result = tokio::select! {
            result = &mut serving => result,
            () = tokio::time::sleep(STEADY) => {
                info!(interface = %part.interface.name, address = %part.server, "IPv6 boot services listen");
                if outage.ends() {
                    tell(&context, part.is_up());
                }
                serving.await
            }
        };
        let Err(failure) = result else { return };
        let (pause, is_news) = outage.goes_on(context.now().mono);
        let interface = &part.interface.name;
        warn!(%interface, address = %part.server, %failure, ?pause, "no IPv6 boot services; IPv4 goes on");
        if is_news {
            tell(&context, part.is_down(&failure));
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = until(ended.clone()) => return,
        }
    }
}

/// How long it has not worked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Outage {
    /// Since when, by the monotonic clock.
    since: Option<Duration>,
    failures: u32,
    is_told: bool,
}

impl Outage {
    /// It failed once more: how long to wait before the next try, and whether a person is to be told now.
    fn goes_on(&mut self, now: Duration) -> (Duration, bool) {
        let since = *self.since.get_or_insert(now);
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures += 1;
        let is_news = !self.is_told && now.saturating_sub(since) >= PATIENCE;
        self.is_told |= is_news;
        (pause.min(LONGEST_PAUSE), is_news)
    }

    /// It works: whether a person is to be told of that.
    fn ends(&mut self) -> bool {
        std::mem::take(self).is_told
    }
}

async fn serve(
    context: &Arc<Context>,
    part: &Part,
    ended: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    let (mut tasks, end) = (Tasks::new(), watch::channel(false));
    let begun = begin(context, part, (&mut tasks, &end.1)).await;
    together(begun, (tasks, end), ended).await
}

async fn begin(
    context: &Arc<Context>,
    part: &Part,
    (tasks, ended): (&mut Tasks, &watch::Receiver<bool>),
) -> Result<(), ServiceError> {
    let (interface, server) = (part.interface.clone(), part.server);
    serve_files(context, server.into(), (tasks, ended)).await?;
    let at = (interface.clone(), server);
    let run = dhcp6::run(context.world.clone(), at, until(ended.clone()));
    tasks.spawn(async move { Ok(run.await?) });
    if let Some(link) = part.link {
        let name = interface.name.to_string();
        let run = advert::run(interface, link, until(ended.clone()));
        tasks.spawn(async move {
            let run = run.await;
            run.map_err(|source| ServiceError::Advertise {
                interface: name,
                source,
            })
        });
    }
    Ok(())
}

impl Part {
    fn is_down(&self, failure: &ServiceError) -> Boot {
        Boot::Ipv6Down {
            address: self.server,
            interface: self.interface.name.to_string(),
            why: failure.to_string(),
        }
    }

    fn is_up(&self) -> Boot {
        Boot::Ipv6Up {
            address: self.server,
            interface: self.interface.name.to_string(),
        }
    }
}

/// No service waits for the note: it is in the log too.
fn tell(context: &Context, what: Boot) {
    let mut change = Change::default();
    change.tell(Event {
        at: context.now().wall,
        actor: Actor::Appliance,
        subject: Subject::Rack,
        job: None,
        what: Message::Boot(what),
    });
    drop(context.world.store.submit(change));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_is_tried_less_and_less_often_and_told_once_when_it_lasts() {
        let mut outage = Outage::default();
        let tries = [100, 101, 103, 107, 115, 125, 135].map(|second| outage.goes_on(at(second)));
        let expected = [
            (at(1), false),
            (at(2), false),
            (at(4), false),
            (at(8), true),
            (at(10), false),
            (at(10), false),
            (at(10), false),
        ];
        assert_eq!(tries, expected);
        assert!(outage.ends());
        assert_eq!(outage, Outage::default());
    }

    #[test]
    fn an_address_that_is_just_being_checked_is_no_news() {
        let mut outage = Outage::default();
        assert_eq!(outage.goes_on(at(100)), (at(1), false));
        assert_eq!(outage.goes_on(at(101)), (at(2), false));
        assert!(!outage.ends());
    }
}
