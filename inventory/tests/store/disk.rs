//! A disk in memory that records what is written and synced, and can run out of room or fail.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use redb::StorageBackend;

/// What one unit of room is: the page of a file system.
const PAGE: usize = 4096;

/// One thing that happened to the disk, or beside it.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Write(usize, Vec<u8>),
    SetLen(usize),
    Sync,
    /// Change `.1` of writer `.0` was acknowledged.
    Acknowledged(usize, u64),
}

/// What is wrong with the disk just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Pages that were never written cannot be.
    Full,
    /// Nothing can be written or synced.
    Broken,
}

#[derive(Debug, Default)]
struct State {
    image: Vec<u8>,
    used: BTreeSet<usize>,
    log: Vec<Op>,
    is_syncing: bool,
    /// Calls of write, set_len and sync until `fault` begins.
    fault: Option<(usize, Fault)>,
}

/// A handle of the disk; its copies are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// A disk whose syncs are recorded.
    pub(crate) fn new() -> Self {
        let disk = Self::default();
        disk.heed_syncs(true);
        disk
    }

    /// A disk that holds `image`.
    pub(crate) fn holding(image: Vec<u8>) -> Self {
        let disk = Self::new();
        disk.state().image = image;
        disk
    }

    /// Whether syncs do anything from now on.
    pub(crate) fn heed_syncs(&self, heed: bool) {
        self.state().is_syncing = heed;
    }

    /// Begins a fault after `calls` more calls that write.
    pub(crate) fn fail_after(&self, calls: usize, fault: Fault) {
        self.state().fault = Some((calls, fault));
    }

    /// Whether the fault of [`Disk::fail_after`] has begun.
    pub(crate) fn is_failing(&self) -> bool {
        matches!(self.state().fault, Some((0, _)))
    }

    /// Ends every fault.
    pub(crate) fn mend(&self) {
        self.state().fault = None;
    }

    /// Records an acknowledgement among the writes.
    pub(crate) fn acknowledged(&self, writer: usize, change: u64) {
        self.state().log.push(Op::Acknowledged(writer, change));
    }

    /// What happened so far.
    pub(crate) fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// Counts a call that writes; fails it when its time has come.
    fn call(&mut self) -> io::Result<Option<Fault>> {
        match &mut self.fault {
            Some((0, Fault::Broken)) => Err(io::Error::other("the disk does not answer")),
            Some((0, fault)) => Ok(Some(*fault)),
            Some((calls, _)) => {
                *calls -= 1;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn write(&mut self, offset: usize, data: &[u8]) -> io::Result<()> {
        let pages: Vec<_> = (offset / PAGE..(offset + data.len()).div_ceil(PAGE)).collect();
        let is_new = pages.iter().any(|page| !self.used.contains(page));
        if self.call()? == Some(Fault::Full) && is_new {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.used.extend(pages);
        self.image[offset..offset + data.len()].copy_from_slice(data);
        self.log.push(Op::Write(offset, data.to_vec()));
        Ok(())
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().image.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = index(offset);
        let state = self.state();
        // An image that lost its last writes may be shorter than its own header says; a file then ends early too.
        let end = offset.saturating_add(out.len());
        let found = state.image.get(offset..end);
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.call()?;
        state.image.resize(index(len), 0);
        state.log.push(Op::SetLen(index(len)));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        // A disk takes its time, and meanwhile other writers come: that is what group commit is for.
        std::thread::sleep(Duration::from_micros(200));
        let mut state = self.state();
        state.call()?;
        if state.is_syncing {
            state.log.push(Op::Sync);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.state().write(index(offset), data)
    }
}
