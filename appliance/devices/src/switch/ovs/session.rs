//! One transaction on one connection, and what its failure means to the operator. A new connection each time, so that
//! what is read back does not come from a conversation that the change may have cut.

use serde_json::{Value, json};

use super::super::error::{Asked, SwitchError};
use super::Ovs;
use super::wire::{Connection, WireError};

/// The operation that failed a transaction.
struct Failed {
    at: usize,
    error: String,
    details: String,
}

impl Ovs {
    /// One transaction over a connection of its own.
    pub(super) async fn transact(
        &self,
        deed: &'static str,
        operations: Vec<Value>,
    ) -> Result<Vec<Value>, SwitchError> {
        let params = [vec![json!("Open_vSwitch")], operations].concat();
        let results = async {
            Connection::open(self.address)
                .await?
                .transact(&params)
                .await
        }
        .await;
        let results = results.map_err(|error| match error {
            WireError::Silent(why) => SwitchError::Silent {
                asked: self.asked(deed),
                why,
            },
            WireError::Garbled(what) => self.garbled(deed, &what),
        })?;
        match failed(&results) {
            None => Ok(results),
            Some(failed) => Err(self.explain(deed, &params[1..], failed)),
        }
    }

    fn explain(&self, deed: &'static str, operations: &[Value], failed: Failed) -> SwitchError {
        let asked = self.asked(deed);
        let operation = operations.get(failed.at).unwrap_or(&Value::Null);
        let why = format!("{}: {}", failed.error, failed.details);
        match failed.error.as_str() {
            // RFC 7047 §5.2.6: how a wait says that its rows are not so.
            "timed out" => SwitchError::Changed {
                asked,
                port: operation["where"][0][2]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                planned: operation["rows"][0].to_string(),
                found: "something else".to_owned(),
            },
            "permission error" => SwitchError::Denied { asked, why },
            "not supported" => SwitchError::Unsupported { asked, what: why },
            _ => SwitchError::Refused { asked, why },
        }
    }

    pub(super) fn garbled(&self, deed: &'static str, what: &str) -> SwitchError {
        SwitchError::Unsupported {
            asked: self.asked(deed),
            what: what.to_owned(),
        }
    }

    pub(super) fn asked(&self, deed: &'static str) -> Asked {
        Asked {
            switch: self.address,
            deed,
        }
    }
}

/// The first result that is an error (RFC 7047 §4.1.3); one past the operations if the commit itself failed.
fn failed(results: &[Value]) -> Option<Failed> {
    let mut numbered = results.iter().enumerate();
    numbered.find_map(|(at, result)| {
        let error = result["error"].as_str()?.to_owned();
        let details = result["details"].as_str().unwrap_or_default().to_owned();
        Some(Failed { at, error, details })
    })
}
