//! Replays what real firmware, loaders and installers asked of the appliance (`tests/captures`, written by its
//! `extract.py`), and compares every answer with the one kept in `tests/captures/answers`, byte for byte.
//! `BLESS=1 cargo test -p pxe replay` rewrites those.
//!
//! Time, tokens and files are the test's own. DHCP is asked with the addresses of the rack file; TFTP and HTTP are the
//! real servers on loopback, so that their half of the world lies in 127.77 instead of 10.77, and over IPv6 both the appliance
//! and the node that asks are ::1.

pub(crate) mod captured;
pub(crate) mod chance;
mod mutated;
mod mutated6;
mod services;
mod shown;

use std::fs;
use std::path::{Path, PathBuf};

use captured::{Asked, Capture};
use services::Services;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures")
}

/// All captures by name, in order.
pub(crate) fn captures() -> Vec<(String, Capture)> {
    let files = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut captures: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == "txt"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, Capture::read(&fs::read_to_string(&path).unwrap()))
        })
        .collect();
    captures.sort_by(|one, other| one.0.cmp(&other.0));
    captures
}

/// The bytes of every request that `pick` picks.
pub(crate) fn packets(pick: impl Fn(&Asked) -> Option<&Vec<u8>>) -> Vec<Vec<u8>> {
    let captures = captures();
    let asked = captures.iter().flat_map(|(_, capture)| &capture.asked);
    asked.filter_map(pick).cloned().collect()
}

async fn answers(capture: &Capture) -> String {
    let services = Services::start(capture).await;
    let mut text = String::new();
    for asked in &capture.asked {
        let (summary, answer) = match asked {
            Asked::Dhcp(bytes) => (shown::dhcp_words(bytes), services.dhcp(bytes).await),
            Asked::Dhcp6(from, bytes) => (
                shown::dhcp6_words(bytes),
                services.dhcp6(*from, bytes).await,
            ),
            Asked::Tftp(over, bytes) => (shown::words(bytes), services.tftp(*over, bytes).await),
            Asked::Http(over, bytes) => {
                (shown::first_line(bytes), services.http(*over, bytes).await)
            }
        };
        text.push_str(&format!("{summary}\n{answer}\n"));
    }
    services.stop().await;
    text
}

#[tokio::test]
async fn every_answer_is_the_one_that_is_kept() {
    let captures = captures();
    assert!(!captures.is_empty(), "no captures");
    for (name, capture) in captures {
        let text = answers(&capture).await;
        let path = folder().join("answers").join(&name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, kept, "{name}: BLESS=1 rewrites what is kept");
    }
}
