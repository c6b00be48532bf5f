//! How long it takes to render everything that a node is served: kickstart, boot scripts, over both protocols. Prints one line
//! for the table of `tests/bench.sh`.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use inventory::config;
use inventory::id::Token;
use inventory::node::Identity;
use inventory::secret::Secret;
use templates::{Data, HostKey, Install};

/// The realistic rack.
const RACK: &str = include_str!("../../docs/examples/rack-16.toml");
/// Odd, so that one of them is the median.
const TIMES: usize = 1001;

fn main() -> Result<(), Box<dyn Error>> {
    let rack = config::check(RACK).map_err(|faults| format!("{faults:?}"))?;
    let node = rack.nodes.values().next().ok_or("no node")?;
    let host_key = HostKey {
        private: Secret::new("a private key".to_owned()),
        public: "ssh-ed25519 AAAA bench".to_owned(),
    };
    let identity = Identity {
        serial: "BENCH".to_owned(),
        uuid: node.uuid,
    };
    let install = Install {
        rack: &rack,
        node,
        token: Token::from_random([7; 16]),
        identity: &identity,
        data: Data::Refused,
        host_key: &host_key,
        passphrase: None,
        appliance_key: "ssh-ed25519 AAAA appliance",
    };
    let mut taken = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        black_box(templates::payload(black_box(&install))?);
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    taken.sort_by(f64::total_cmp);
    let median = taken[TIMES / 2];
    println!(r#"{{"row": "render", "srv": "ours", "round": 1, "render_ms": {median:.4}}}"#);
    Ok(())
}
