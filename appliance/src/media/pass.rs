//! One pass over the bytes of an image: copied if they are to be, and digested, the whole of it and the files that
//! `.treeinfo` has sums of, at once. Gigabytes are read once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use inventory::id::Sha256;
use inventory::media::Extent;
use ring::digest::{Context, SHA256};

/// Read, digested and written at once, bytes.
const BLOCK: usize = 1024 * 1024;

/// How far a pass is; whoever wants it ended says so here.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes done.
    pub done: AtomicU64,
    /// Bytes in all.
    pub size: AtomicU64,
    /// Whether to stop.
    pub stop: AtomicBool,
}

/// What to read, and where to.
pub struct Order<'a> {
    /// The image.
    pub from: &'a File,
    /// Its length, bytes.
    pub size: u64,
    /// The copy, and how many bytes it already has: those are read from there.
    pub copy: Option<(&'a File, u64)>,
    /// Files in it to be digested by themselves.
    pub parts: &'a [(String, Extent)],
}

/// Digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Of the image.
    pub whole: Sha256,
    /// Of each part.
    pub parts: BTreeMap<String, Sha256>,
}

/// Makes the pass; `None` if it was stopped. A copy is durable when it returns.
pub fn make(order: &Order<'_>, progress: &Progress) -> io::Result<Option<Digests>> {
    progress.size.store(order.size, Ordering::Relaxed);
    let mut whole = Context::new(&SHA256);
    let mut parts: Vec<_> = order
        .parts
        .iter()
        .map(|part| (part, Context::new(&SHA256)))
        .collect();
    let mut block = vec![0; BLOCK];
    let mut at = 0;
    while at < order.size {
        if progress.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let bytes = next(order, at, &mut block)?;
        whole.update(bytes);
        for ((_, extent), digest) in &mut parts {
            digest.update(overlap(bytes, at, *extent));
        }
        at += bytes.len() as u64;
        progress.done.store(at, Ordering::Relaxed);
    }
    if let Some((copy, _)) = order.copy {
        copy.sync_all()?;
    }
    let parts = parts
        .into_iter()
        .map(|((path, _), digest)| (path.clone(), sum(digest)));
    Ok(Some(Digests {
        parts: parts.collect(),
        whole: sum(whole),
    }))
}

/// The bytes from `at`, at most a block, in the copy when it returns.
fn next<'b>(order: &Order<'_>, at: u64, block: &'b mut [u8]) -> io::Result<&'b [u8]> {
    let (from, end) = match order.copy {
        Some((copy, has)) if at < has => (copy, has),
        Some(_) | None => (order.from, order.size),
    };
    let length = usize::try_from(end - at).map_or(BLOCK, |left| left.min(BLOCK));
    let bytes = &mut block[..length];
    from.read_exact_at(bytes, at)?;
    match order.copy {
        Some((copy, has)) if at >= has => copy.write_all_at(bytes, at)?,
        Some(_) | None => {}
    }
    Ok(bytes)
}

/// Those of `bytes`, which stand at `at`, that belong to `extent`.
fn overlap(bytes: &[u8], at: u64, extent: Extent) -> &[u8] {
    let within = |place: u64| {
        let from_at = usize::try_from(place.saturating_sub(at)).unwrap_or(usize::MAX);
        from_at.min(bytes.len())
    };
    &bytes[within(extent.offset)..within(extent.end())]
}

/// The digest as we keep it.
pub(super) fn sum(digest: Context) -> Sha256 {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest.finish().as_ref());
    Sha256(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two blocks and a half of bytes that differ, a file that holds them, and an empty one.
    fn image() -> (Vec<u8>, File, File) {
        let bytes: Vec<u8> = (0..BLOCK * 5 / 2).map(|n| (n % 251) as u8).collect();
        let image = tempfile::tempfile().unwrap();
        image.write_all_at(&bytes, 0).unwrap();
        (bytes, image, tempfile::tempfile().unwrap())
    }

    #[test]
    fn a_pass_copies_and_digests_and_goes_on_where_one_ended() {
        let (bytes, image, copy) = image();
        let extent = Extent {
            offset: BLOCK as u64 - 7,
            length: BLOCK as u64 + 20,
        };
        let parts = [("part".to_owned(), extent)];
        for has in [0, 1, BLOCK as u64 + 5, bytes.len() as u64] {
            copy.set_len(has).unwrap();
            let order = Order {
                from: &image,
                size: bytes.len() as u64,
                copy: Some((&copy, has)),
                parts: &parts,
            };
            let progress = Progress::default();
            let found = make(&order, &progress).unwrap().unwrap();
            assert_eq!(found.whole, Sha256::of(&bytes), "{has}");
            assert_eq!(
                found.parts["part"],
                Sha256::of(&bytes[BLOCK - 7..2 * BLOCK + 13])
            );
            let mut copied = vec![0; bytes.len()];
            copy.read_exact_at(&mut copied, 0).unwrap();
            assert!(copied == bytes);
            assert_eq!(progress.done.into_inner(), bytes.len() as u64);
        }
    }

    #[test]
    fn what_was_copied_wrong_before_shows_in_the_digest() {
        let (bytes, image, copy) = image();
        copy.write_all_at(b"wrong", 0).unwrap();
        let order = Order {
            from: &image,
            size: bytes.len() as u64,
            copy: Some((&copy, 5)),
            parts: &[],
        };
        let found = make(&order, &Progress::default()).unwrap().unwrap();
        assert_ne!(found.whole, Sha256::of(&bytes));
    }

    #[test]
    fn a_pass_ends_when_it_shall_and_when_the_image_is_too_short() {
        let (bytes, image, _) = image();
        let order = Order {
            from: &image,
            size: bytes.len() as u64 + 1,
            copy: None,
            parts: &[],
        };
        assert!(make(&order, &Progress::default()).is_err());
        let progress = Progress::default();
        progress.stop.store(true, Ordering::Relaxed);
        assert_eq!(make(&order, &progress).unwrap(), None);
    }
}
