//! Whatever happens in whatever order: the kickstart is given only to the armed node, with its token, after its boot script,
//! and never again after a reboot, an end, a stop or its time. An oracle that knows nothing of arms says when.

use std::net::Ipv4Addr;
use std::time::Duration;

use inventory::arm::{ArmState, KICKSTART_RETRY, Stimulus};
use inventory::rack::Node;
use proptest::prelude::*;

use super::super::head::Method;
use super::super::status::Status;
use super::{kickstart, report, script};
use crate::decide;
use crate::fixture::{self, Scene, arm, leased, node, stored, token};
use crate::script::{Loader, take};

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Node,
    Neighbour,
    Stranger,
}

/// Which token is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    Right,
    OfBefore,
    Guessed,
    Garbage,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Arm,
    Firmware,
    Script(Who),
    GrubScript(Who),
    LookAtScript,
    Kickstart(Who, Shown),
    LookAtKickstart,
    Report(&'static str, Who, Shown),
    Stop,
    Forward(u64),
    LoseTheDate,
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![6 => Just(Who::Node), 1 => Just(Who::Neighbour), 1 => Just(Who::Stranger)]
}

fn shown() -> impl Strategy<Value = Shown> {
    prop_oneof![
        6 => Just(Shown::Right),
        1 => Just(Shown::OfBefore),
        1 => Just(Shown::Guessed),
        1 => Just(Shown::Garbage),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let phase = prop::sample::select(vec![
        "pre",
        "pre-failed",
        "partitioned",
        "installed",
        "failed",
    ]);
    let step = prop::sample::select(vec![1, 100, 250, 301, 1800, 3601]);
    prop_oneof![
        3 => Just(Deed::Arm),
        2 => Just(Deed::Firmware),
        6 => who().prop_map(Deed::Script),
        2 => who().prop_map(Deed::GrubScript),
        1 => Just(Deed::LookAtScript),
        8 => (who(), shown()).prop_map(|(who, shown)| Deed::Kickstart(who, shown)),
        1 => Just(Deed::LookAtKickstart),
        4 => (phase, who(), shown()).prop_map(|(phase, who, shown)| Deed::Report(phase, who, shown)),
        1 => Just(Deed::Stop),
        3 => step.prop_map(Deed::Forward),
        1 => Just(Deed::LoseTheDate),
    ]
}

/// What the rules say, told from what happened since the last arming.
#[derive(Debug, Default)]
struct Oracle {
    is_armed: bool,
    was_booted: bool,
    first_kickstart: Option<u64>,
    has_ended: bool,
    armed_at: u64,
    clock: u64,
    date_is_lost: bool,
}

impl Oracle {
    fn may_boot(&self) -> bool {
        let is_in_time = self.clock - self.armed_at < fixture::SPAN.as_secs();
        self.is_armed && !self.has_ended && is_in_time && !self.date_is_lost
    }

    fn may_have_kickstart(&self) -> bool {
        let retry = KICKSTART_RETRY.as_secs();
        let is_first_or_retry = self
            .first_kickstart
            .is_none_or(|at| self.clock - at < retry);
        self.may_boot() && self.was_booted && is_first_or_retry
    }

    /// The firmware or a loader asks: once the kickstart is out, that is a reboot.
    fn boots(&mut self) {
        self.has_ended |= self.first_kickstart.is_some();
    }
}

struct Play {
    scene: Scene,
    node: Node,
    oracle: Oracle,
    arms: u8,
}

impl Play {
    fn address(&self, who: Who) -> Ipv4Addr {
        match who {
            Who::Node => self.node.address,
            Who::Neighbour => node(&self.scene.world, "kvm-02").address,
            Who::Stranger => Ipv4Addr::new(10, 77, 10, 99),
        }
    }

    fn token(&self, shown: Shown) -> String {
        match shown {
            Shown::Right => token(self.arms).to_string(),
            Shown::OfBefore => token(self.arms.wrapping_sub(1)).to_string(),
            Shown::Guessed => token(0xee).to_string(),
            Shown::Garbage => "../../etc/passwd".to_owned(),
        }
    }

    async fn does(&mut self, deed: Deed) -> Result<(), TestCaseError> {
        let world = self.scene.world.clone();
        match deed {
            Deed::Arm => {
                self.arms += 1;
                arm(&world, &self.node, self.arms);
                let (clock, date_is_lost) = (self.oracle.clock, self.oracle.date_is_lost);
                self.oracle = Oracle {
                    is_armed: true,
                    armed_at: clock,
                    clock,
                    date_is_lost,
                    ..Oracle::default()
                };
            }
            Deed::Firmware => {
                decide::tell(&world, &self.node.name, Stimulus::Firmware)
                    .await
                    .unwrap();
                self.oracle.boots();
            }
            Deed::Script(who) => {
                let body = script(&world, self.address(who), Method::Get).await;
                self.saw_script(who, &body)?;
            }
            Deed::GrubScript(who) => {
                let ends = fixture::ends(self.address(who));
                let body = take(&world, ends, Loader::Grub).await;
                self.saw_script(who, &body)?;
            }
            Deed::LookAtScript => {
                self.changes_nothing(Method::Head, Deed::Script(Who::Node))
                    .await?
            }
            Deed::Kickstart(who, shown) => self.asks_for_kickstart(who, shown).await?,
            Deed::LookAtKickstart => {
                let deed = Deed::Kickstart(Who::Node, Shown::Right);
                self.changes_nothing(Method::Head, deed).await?;
            }
            Deed::Report(phase, who, shown) => self.reports(phase, who, shown).await?,
            Deed::Stop => {
                decide::tell(&world, &self.node.name, Stimulus::Stop)
                    .await
                    .unwrap();
                self.oracle.has_ended = true;
            }
            Deed::Forward(by) => {
                self.scene.clock.forward(Duration::from_secs(by));
                self.oracle.clock += by;
            }
            Deed::LoseTheDate => {
                self.scene.clock.lose_the_date();
                self.oracle.date_is_lost = true;
            }
        }
        Ok(())
    }

    fn saw_script(&mut self, who: Who, body: &str) -> Result<(), TestCaseError> {
        let is_installer = body.contains("# install ");
        let may =
            who == Who::Node && self.oracle.may_boot() && self.oracle.first_kickstart.is_none();
        prop_assert_eq!(is_installer, may, "script for {:?}: {:?}", who, self.oracle);
        if who == Who::Node {
            self.oracle.boots();
            self.oracle.was_booted |= is_installer;
        }
        Ok(())
    }

    async fn asks_for_kickstart(&mut self, who: Who, shown: Shown) -> Result<(), TestCaseError> {
        let (from, shows) = (self.address(who), self.token(shown));
        let before = self.scene.world.store.last_event().unwrap();
        let (status, body) = kickstart(&self.scene.world, (from, &shows), Method::Get).await;
        let may = who == Who::Node && shown == Shown::Right && self.oracle.may_have_kickstart();
        prop_assert_eq!(status == Status::Ok, may, "{:?} {:?}", status, self.oracle);
        if may {
            prop_assert_eq!(body, format!("# kickstart {}\n", self.arms));
            let state = stored(&self.scene.world, &self.node).map(|arm| arm.state);
            let is_kept = matches!(state, Some(ArmState::Installing { .. }));
            prop_assert!(is_kept, "served, and kept as {:?}", state);
            self.oracle.first_kickstart.get_or_insert(self.oracle.clock);
        } else {
            prop_assert!(!body.contains("kickstart"), "{}", body);
        }
        let told = self.scene.world.store.last_event().unwrap() - before;
        prop_assert!(told <= 2, "{} events for one request", told);
        Ok(())
    }

    async fn reports(
        &mut self,
        phase: &'static str,
        who: Who,
        shown: Shown,
    ) -> Result<(), TestCaseError> {
        let (from, shows) = (self.address(who), self.token(shown));
        let is_end = !matches!(phase, "pre" | "partitioned");
        let body = format!("phase={phase}&detail=d&serial=HN0001");
        let status = report(&self.scene.world, (from, &shows), &body).await;
        let is_running = self.oracle.may_boot() && self.oracle.first_kickstart.is_some();
        let may = who == Who::Node && shown == Shown::Right && is_running;
        if may {
            prop_assert_eq!(status, Status::Ok, "{} {:?}", phase, self.oracle);
        }
        if status == Status::Ok && is_end {
            let state = stored(&self.scene.world, &self.node).map(|arm| arm.state);
            let is_kept = match state {
                Some(ArmState::Spent) => phase == "installed",
                Some(ArmState::Broken { .. }) => phase != "installed",
                _ => false,
            };
            prop_assert!(is_kept, "{} accepted, and kept as {:?}", phase, state);
        }
        if who != Who::Node || shown != Shown::Right {
            prop_assert_ne!(status, Status::Ok);
        }
        self.oracle.has_ended |= may && is_end;
        Ok(())
    }

    /// HEAD: the arm stays as it is, and the answer is what GET would give.
    async fn changes_nothing(&mut self, head: Method, deed: Deed) -> Result<(), TestCaseError> {
        let world = self.scene.world.clone();
        let before = stored(&world, &self.node);
        match deed {
            Deed::Script(who) => {
                let body = script(&world, self.address(who), head).await;
                let may = self.oracle.may_boot() && self.oracle.first_kickstart.is_none();
                prop_assert_eq!(body.contains("install "), may);
            }
            Deed::Kickstart(who, shown) => {
                let (from, shows) = (self.address(who), self.token(shown));
                let (status, _) = kickstart(&world, (from, &shows), head).await;
                prop_assert_eq!(status == Status::Ok, self.oracle.may_have_kickstart());
            }
            other => prop_assert!(false, "{:?} has no HEAD", other),
        }
        prop_assert_eq!(stored(&world, &self.node), before);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]
    #[test]
    fn the_kickstart_is_given_in_order_and_to_the_right_one_only(
        deeds in proptest::collection::vec(deed(), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let scene = leased();
        let node = node(&scene.world, "kvm-01");
        let mut play = Play { scene, node, oracle: Oracle::default(), arms: 0 };
        for deed in deeds {
            runtime.block_on(play.does(deed))?;
        }
    }
}
