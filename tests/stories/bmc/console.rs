//! The serial console over IPMI: our reader, with somebody else's client inside, on somebody else's BMC.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use devices::bmc::{Console, ConsoleAt, ConsoleError, Lines, Login};
use inventory::secret::Secret;
use tests::bmc::{PASSWORD, USER};
use tests::ipmi::IpmiSim;

/// A session takes a tenth of a second; on a machine that does much else, seconds.
const LIMIT: Duration = Duration::from_secs(60);

fn at(address: SocketAddr, user: &str, password: &str) -> ConsoleAt {
    let (user, password) = (user.to_owned(), Secret::new(password.to_owned()));
    let login = Login { user, password };
    ConsoleAt { address, login }
}

fn open(sim: &IpmiSim) -> Console {
    Console::open(at(sim.address, USER, PASSWORD)).unwrap()
}

/// The machine says `text` until it is heard: what it says before the session begins is lost, as on every BMC.
async fn hears(sim: &mut IpmiSim, console: &mut Console, text: &str) -> Result<(), ConsoleError> {
    let mut lines = Lines::default();
    let hearing = async {
        loop {
            sim.say(format!("\x1b[1m{text}\x1b[0m\r\n").as_bytes())
                .await
                .unwrap();
            let Ok(said) = tokio::time::timeout(Duration::from_millis(200), console.read()).await
            else {
                continue;
            };
            let all = lines.push(&said?);
            assert!(all.iter().all(|line| line == text), "{all:?}");
            if !all.is_empty() {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(LIMIT, hearing)
        .await
        .expect("nothing is heard")
}

async fn why_not(at: ConsoleAt) -> ConsoleError {
    let mut console = Console::open(at).unwrap();
    let read = tokio::time::timeout(LIMIT, console.read()).await;
    read.expect("no end").unwrap_err()
}

/// Command lines of the clients that talk to `address`.
fn clients(address: SocketAddr) -> Vec<String> {
    let port = address.port().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.starts_with("ipmitool ") && line.contains(&format!("-p {port} ")))
        .collect()
}

#[tokio::test]
async fn what_the_machine_says_is_read_and_the_session_is_given_back() {
    let mut sim = IpmiSim::start().await.unwrap();
    let mut console = open(&sim);
    hears(&mut sim, &mut console, "standin: one").await.unwrap();
    let running = clients(sim.address);
    assert_eq!(running.len(), 1, "{running:?}");
    assert!(!running[0].contains(PASSWORD), "{running:?}");
    console.close().await;
    assert!(clients(sim.address).is_empty());
    let mut again = open(&sim);
    hears(&mut sim, &mut again, "standin: two").await.unwrap();
    again.close().await;
}

#[tokio::test]
async fn a_console_that_somebody_reads_is_left_to_them() {
    let mut sim = IpmiSim::start().await.unwrap();
    let mut theirs = open(&sim);
    hears(&mut sim, &mut theirs, "theirs").await.unwrap();
    let why = why_not(at(sim.address, USER, PASSWORD)).await;
    assert!(matches!(why, ConsoleError::Held { .. }), "{why}");
    hears(&mut sim, &mut theirs, "theirs").await.unwrap();
    theirs.close().await;
}

#[tokio::test]
async fn a_console_that_is_dropped_leaves_no_client_behind() {
    let mut sim = IpmiSim::start().await.unwrap();
    let mut console = open(&sim);
    hears(&mut sim, &mut console, "text").await.unwrap();
    drop(console);
    let gone = async {
        while !clients(sim.address).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.unwrap();
}

#[tokio::test]
async fn who_must_act_is_told_apart() {
    let sim = IpmiSim::start().await.unwrap();
    for (user, password) in [(USER, "a wrong one"), ("nobody", PASSWORD)] {
        let why = why_not(at(sim.address, user, password)).await;
        assert!(matches!(why, ConsoleError::Denied { .. }), "{why}");
    }
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let why = why_not(at(nobody.local_addr().unwrap(), USER, PASSWORD)).await;
    assert!(matches!(why, ConsoleError::Silent { .. }), "{why}");
    let long = Console::open(at(sim.address, USER, "a password of more than 20"));
    let why = long.unwrap_err();
    assert!(matches!(why, ConsoleError::Unsupported { .. }), "{why}");
}
