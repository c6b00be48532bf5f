//! A disk that is full or fails, at every call: nothing acknowledged is lost, and the store goes on when there is room.

use std::io::Write;
use std::path::PathBuf;

use inventory::store::{Ballast, DiskStore, Expect, Signer, Store, StoreError, Table};
use ring::rand::SystemRandom;

use crate::disk::{Disk, Fault};
use crate::make::{event, look, put};
use crate::writers::{self, change};

/// Changes a script asks for; about six calls of the disk each.
const CHANGES: u64 = 12;
/// Enough that the last ones are behind the whole script.
const CALLS: usize = 90;

fn store_on(disk: &Disk, ballast: Option<Ballast>) -> DiskStore {
    let disk = disk.clone();
    let signer = Signer::generate(&SystemRandom::new()).unwrap();
    let signer = Signer::from_pkcs8(&signer).unwrap();
    DiskStore::open_on(move || Ok(disk.clone()), signer, ballast).unwrap()
}

/// Asks for changes until one fails; how many were acknowledged, and the error.
fn script(store: &dyn Store) -> (u64, Option<StoreError>) {
    for n in 1..=CHANGES {
        if let Err(error) = store.submit(change(0, n)).wait() {
            return (n - 1, Some(error));
        }
    }
    (CHANGES, None)
}

/// Runs the script with the fault beginning at each call in turn; how many runs met it.
fn at_every_call(fault: Fault, mut during: impl FnMut(&dyn Store, u64, StoreError)) -> usize {
    let mut met = 0;
    for calls in 0..CALLS {
        let disk = Disk::new();
        let store = store_on(&disk, None);
        disk.fail_after(calls, fault);
        let (acknowledged, error) = script(&store);
        if let Some(error) = error {
            assert!(disk.is_failing(), "{error} before anything was wrong");
            during(&store, acknowledged, error);
            met += 1;
        }
        disk.mend();
        let next = writers::done(&store, 0) + 1;
        store.submit(change(0, next)).wait().unwrap();
        writers::inspect(&store, &[acknowledged.max(next - 1)]).unwrap();
    }
    met
}

#[test]
fn on_a_full_disk_reads_go_on_and_writes_go_on_when_there_is_room() {
    let met = at_every_call(Fault::Full, |store, acknowledged, error| {
        assert_eq!(error, StoreError::Full);
        writers::inspect(store, &[acknowledged]).unwrap();
        let more = store.submit(change(0, writers::done(store, 0) + 1)).wait();
        assert!(matches!(more, Ok(_) | Err(StoreError::Full)), "{more:?}");
    });
    assert!(met > 10, "only {met} runs met a full disk");
}

#[test]
fn a_broken_disk_is_named_and_the_store_goes_on_when_it_answers_again() {
    let met = at_every_call(Fault::Broken, |_, _, error| {
        let StoreError::Failed(why) = &error else {
            panic!("{error:?}");
        };
        assert!(why.contains("the disk does not answer"), "{why}");
    });
    assert!(met > 40, "only {met} runs met a broken disk");
}

#[test]
fn new_work_waits_for_the_ballast_and_what_is_under_way_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    // A folder in place of the file: the ballast does not fit, as on a disk that is full to the last block.
    let blocked = dir.path().join("ballast");
    std::fs::create_dir_all(blocked.join("x")).unwrap();
    let ballast = Ballast {
        path: blocked.clone(),
    };
    let store = store_on(&Disk::new(), Some(ballast));
    let ask = |table, expect, value: &str| store.submit(put(table, "k", expect, value)).wait();

    assert_eq!(
        ask(Table::Jobs, Expect::Absent, "new"),
        Err(StoreError::Full)
    );
    assert_eq!(ask(Table::Racks, Expect::Any, "new"), Err(StoreError::Full));
    ask(Table::Leases, Expect::Absent, "lease").unwrap();
    let mut told = put(Table::Reports, "k", Expect::Any, "report");
    told.tell(event("what happens is still written down"));
    store.submit(told).wait().unwrap();

    std::fs::remove_dir_all(&blocked).unwrap();
    ask(Table::Jobs, Expect::Absent, "new").unwrap();
    std::fs::remove_file(&blocked).unwrap();
    std::fs::create_dir_all(blocked.join("x")).unwrap();
    ask(Table::Jobs, Expect::Version(1), "moved").unwrap();
    assert_eq!(
        look(&store, Table::Jobs, "k"),
        Some((2, "moved".to_owned()))
    );
}

/// A file system of its own, 24 MiB small, in a mount namespace that ends with the process.
const SMALL: &str = "mount -t tmpfs -o size=24m tmpfs \"$0\" && exec \"$@\"";

#[test]
fn a_file_system_that_fills_up_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", SMALL])
        .arg(dir.path())
        .arg(this);
    command.args(["--exact", "full::inside_a_small_file_system", "--nocapture"]);
    let output = command
        .env("SMALL_FILE_SYSTEM", dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    if why.contains("Operation not permitted") {
        let _ = writeln!(std::io::stderr(), "SKIPPED: a small file system needs root");
        return;
    }
    println!("{said}");
    assert!(output.status.success(), "{why}");
    assert!(said.contains("nothing was lost"), "{why}");
}

/// The inside of the test above; on its own it has a whole disk and fills nothing.
#[test]
fn inside_a_small_file_system() {
    let Some(dir) = std::env::var_os("SMALL_FILE_SYSTEM").map(PathBuf::from) else {
        return;
    };
    let data = dir.join("data");
    let store = crate::make::disk(&data);
    let acknowledged = fill(&store, &dir.join("filler"));
    assert!(!data.join("ballast").exists(), "the ballast went overboard");
    let job = || put(Table::Jobs, "1", Expect::Absent, "new");
    assert_eq!(store.submit(job()).wait(), Err(StoreError::Full));
    writers::inspect(&store, &[acknowledged]).unwrap();
    std::fs::remove_file(dir.join("filler")).unwrap();
    store.submit(job()).wait().unwrap();
    assert!(data.join("ballast").exists(), "the ballast is back");
    let key = store.public_key();
    drop(store);
    let store = crate::make::disk(&data);
    assert_eq!(store.public_key(), key);
    writers::inspect(&store, &[acknowledged]).unwrap();
    println!("nothing was lost of {acknowledged} changes");
}

/// Fills the file system, writes until even what is essential is refused; how many were acknowledged.
fn fill(store: &dyn Store, filler: &std::path::Path) -> u64 {
    store.submit(change(0, 1)).wait().unwrap();
    let mut file = std::fs::File::create(filler).unwrap();
    let mut piece = vec![1; 1 << 20];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
    let bulk = "x".repeat(64 << 10);
    for n in 2.. {
        let _ = store
            .submit(put(Table::Reports, &n.to_string(), Expect::Any, &bulk))
            .wait();
        match store.submit(change(0, n)).wait() {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, StoreError::Full);
                return n - 1;
            }
        }
    }
    unreachable!("a disk without end")
}
