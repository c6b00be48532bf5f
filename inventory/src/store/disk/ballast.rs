//! Dead weight beside the database: thrown off when the disk is full, so that what is under way can still be written.
//!
//! Which changes may use that room is decided here, simply: whatever moves or removes something that exists, and every
//! lease, report, node state and event. What begins new work (a job, an arm, a rack revision, a secret) or grows with
//! what strangers send must wait for room. After a power cut a missing ballast is put back as soon as there is room.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::store::{Change, Expect, Put, Table};

/// Room for some thousand small changes: hours of a rack's work. The engine writes about 40 KiB a commit at most.
const SIZE: usize = 8 << 20;
/// Written piece by piece, so that a full disk is noticed early.
const PIECE: usize = 1 << 20;

/// The ballast file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballast {
    /// Where it lies: on the same file system as the database.
    pub path: PathBuf,
}

impl Ballast {
    /// Whether it is there in full.
    pub(super) fn is_loaded(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|file| file.len() == SIZE as u64)
    }

    /// Puts it there unless it is; on failure nothing of it stays behind.
    pub(super) fn load(&self) -> io::Result<()> {
        if self.is_loaded() {
            return Ok(());
        }
        let written = self.write();
        if written.is_err() {
            self.release();
        }
        written
    }

    /// Zeros, really written: a hole would weigh nothing.
    fn write(&self) -> io::Result<()> {
        let mut file = fs::File::create(&self.path)?;
        let piece = vec![0; PIECE];
        for _ in 0..SIZE / PIECE {
            file.write_all(&piece)?;
        }
        file.sync_data()
    }

    /// Throws it off. If that fails too there is nothing left to try: the next commit tells.
    pub(super) fn release(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a change may use the last room.
pub(super) fn is_essential(change: &Change) -> bool {
    change.puts.iter().all(is_essential_put)
}

fn is_essential_put(put: &Put) -> bool {
    if put.value.is_none() {
        return true;
    }
    match put.table {
        Table::Arms | Table::Jobs => matches!(put.expect, Expect::Version(_)),
        Table::Leases | Table::Leases6 | Table::Nodes | Table::Reports | Table::Trials => true,
        Table::Meta | Table::Pins => true,
        Table::Payloads
        | Table::TrialPayloads
        | Table::Strangers
        | Table::ForeignServers
        | Table::Secrets
        | Table::DiskKeys
        | Table::Racks
        | Table::Media
        | Table::ReleaseKeys => false,
        // The job says what is wrong all the same.
        Table::Verifications | Table::Manifests => false,
        // Strangers' addresses wait for room; nodes' do not.
        Table::PoolLeases | Table::Windows => false,
    }
}
