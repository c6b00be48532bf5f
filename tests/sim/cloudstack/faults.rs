//! What goes wrong, when told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::Deserialize;

use super::locked;

/// Ways to go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// 401, whatever the signature.
    Unauthorized,
    /// 530 with this text.
    Internal(String),
    /// Takes the request and never answers.
    Silent,
    /// Answers after so many milliseconds.
    Late(u64),
    /// Does what was asked; the connection breaks in the answer.
    Lost,
    /// A web page with status 200.
    Page,
}

/// Something to go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// With this command; with any if absent.
    pub command: Option<String>,
    /// In this way.
    pub wrong: Wrong,
    /// So many times, then it is good again.
    pub times: u32,
}

/// What is to go wrong still.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Mutex<Vec<Fault>>,
    clock_ahead_s: AtomicI64,
}

impl Faults {
    /// One more. The oldest that fits a command comes first.
    pub fn plan(&self, fault: Fault) {
        locked(&self.planned).push(fault);
    }

    /// Nothing goes wrong any more; the clock is right.
    pub fn clear(&self) {
        locked(&self.planned).clear();
        self.set_clock(0);
    }

    /// The clock shows so many seconds more than it should.
    pub fn set_clock(&self, ahead_s: i64) {
        self.clock_ahead_s.store(ahead_s, Ordering::Relaxed);
    }

    pub(super) fn clock_ahead_s(&self) -> i64 {
        self.clock_ahead_s.load(Ordering::Relaxed)
    }

    /// What goes wrong with this request, once fewer from now on.
    pub(super) fn take(&self, command: &str) -> Option<Wrong> {
        let mut planned = locked(&self.planned);
        let fault = planned.iter_mut().find(|fault| {
            let any = fault.command.as_ref();
            any.is_none_or(|name| name.eq_ignore_ascii_case(command))
        })?;
        let wrong = fault.wrong.clone();
        fault.times = fault.times.saturating_sub(1);
        planned.retain(|fault| fault.times > 0);
        Some(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_command_so_many_times() {
        let faults = Faults::default();
        let fault = r#"{"command": "addHost", "wrong": {"internal": "no"}, "times": 2}"#;
        faults.plan(serde_json::from_str(fault).unwrap());
        assert_eq!(faults.take("listhosts"), None);
        assert_eq!(
            faults.take("addhost"),
            Some(Wrong::Internal("no".to_owned()))
        );
        assert!(faults.take("addhost").is_some());
        assert_eq!(faults.take("addhost"), None);
    }
}
