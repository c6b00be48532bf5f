//! How many durable changes a second: `cargo run --release --example commits -- FOLDER` (on the disk in question).
//!
//! Each row is a number of concurrent writers, each of which waits for its change before it asks for the next. Beside the
//! store, the plain way: one lock, one append, one fdatasync a change.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use inventory::store::{Change, DiskStore, Expect, Put, Store, Table};
use ring::rand::SystemRandom;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let dir = PathBuf::from(folder).join("hinode-commits");
    println!("writers  store/s  fdatasync/s  ratio");
    for writers in [1, 8, 64] {
        let store = with_store(&dir, writers)?;
        let plain = with_file(&dir, writers)?;
        println!(
            "{writers:7}  {store:7.0}  {plain:11.0}  {:5.1}",
            store / plain
        );
    }
    fs::remove_dir_all(&dir)?;
    Ok(())
}

fn lease(writer: usize, n: u64) -> Put {
    Put {
        table: Table::Leases,
        key: writer.to_string(),
        expect: Expect::Any,
        value: Some(format!("{n:0300}").into_bytes()),
    }
}

fn with_store(dir: &Path, writers: usize) -> Result<f64, Box<dyn Error>> {
    let store = DiskStore::open(dir, &SystemRandom::new())?;
    Ok(rate(writers, |writer, n| {
        let puts = vec![lease(writer, n)];
        let events = Vec::new();
        store.submit(Change { puts, events }).wait().is_ok()
    }))
}

fn with_file(dir: &Path, writers: usize) -> Result<f64, Box<dyn Error>> {
    let file = Mutex::new(File::create(dir.join("plain"))?);
    Ok(rate(writers, |_, n| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{n:0300}")
            .and_then(|()| file.sync_data())
            .is_ok()
    }))
}

/// Changes a second of all writers together.
fn rate(writers: usize, change: impl Fn(usize, u64) -> bool + Sync) -> f64 {
    let begun = Instant::now();
    let work = |writer| {
        (0..)
            .take_while(|n| begun.elapsed() < SPAN && change(writer, *n))
            .count()
    };
    let work = &work;
    let done: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..writers)
            .map(|writer| scope.spawn(move || work(writer)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap_or(0)).sum()
    });
    done as f64 / begun.elapsed().as_secs_f64()
}
