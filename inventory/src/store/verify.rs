//! Whether the audit trail is as it was written: a pure check of the chain of events against its signed head.
//!
//! The key lies beside the data, so whoever takes both can sign a shorter trail. That shows against a head kept elsewhere
//! (`hinode events --verify --head HASH`): a copy from a backup, a job report, or a note.

use super::{Head, Link, PublicKey};
use crate::id::Sha256;

/// A chain without fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many events it has.
    pub events: u64,
    /// The sum of the last one: what to note elsewhere for `--head`. All zero if there is none.
    pub head: Sha256,
}

/// What is wrong with a chain. Each names the first event from which on it cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// Its text is not what was summed up when it happened.
    #[error("event {seq} was altered; compare with a backup and find out who had access")]
    Altered {
        /// The event.
        seq: u64,
    },
    /// It is missing, and later ones are there.
    #[error("event {seq} was removed; compare with a backup and find out who had access")]
    Removed {
        /// The event.
        seq: u64,
    },
    /// Another event stands in its place, and it stands elsewhere.
    #[error("event {seq} is out of order; compare with a backup and find out who had access")]
    Reordered {
        /// The place.
        seq: u64,
    },
    /// The chain ends before it, though a head says that it happened.
    #[error(
        "events from {seq} on were cut off or rewritten; compare with a backup and find out who had access"
    )]
    Truncated {
        /// The first missing one.
        seq: u64,
    },
    /// It is there, and the head does not know it.
    #[error("event {seq} was added behind the signed head; find out who had access")]
    Added {
        /// The first added one.
        seq: u64,
    },
    /// The head is missing or was not signed by this appliance.
    #[error("the head over event {seq} is not signed by this appliance; find out who had access")]
    Unsigned {
        /// The event that the head names, or the last one.
        seq: u64,
    },
}

/// Checks all `links` of a store, from event 1 on, against its `head`, the public key of its owner, and, if there is one,
/// the sum of an event that was noted elsewhere.
///
/// # Errors
/// The first fault in the order of the events.
pub fn verify(
    links: &[Link],
    head: Option<Head>,
    key: PublicKey,
    expected_head: Option<Sha256>,
) -> Result<Verified, ChainFault> {
    let last = follow(links)?;
    let end = against_head(last, head, key)?;
    let is_expected = |sum| links.iter().any(|link| link.sum == sum);
    match expected_head {
        Some(sum) if !is_expected(sum) => Err(ChainFault::Truncated {
            seq: end.events + 1,
        }),
        Some(_) | None => Ok(end),
    }
}

/// Follows the chain to its end.
fn follow(links: &[Link]) -> Result<Verified, ChainFault> {
    let mut last = Verified {
        events: 0,
        head: Sha256([0; 32]),
    };
    for link in links {
        let seq = last.events + 1;
        if link.seq != seq {
            return Err(misplaced(links, seq, link.seq));
        }
        if link.sum != Link::sum_of(seq, link.prev, &link.json) {
            return Err(ChainFault::Altered { seq });
        }
        if link.prev != last.head {
            // This one is as it was summed up, so the one before was altered and summed up anew.
            return Err(ChainFault::Altered {
                seq: last.events.max(1),
            });
        }
        last = Verified {
            events: seq,
            head: link.sum,
        };
    }
    Ok(last)
}

/// Event `found` stands where `seq` should: is that one elsewhere, or gone?
fn misplaced(links: &[Link], seq: u64, found: u64) -> ChainFault {
    let is_elsewhere = links.iter().any(|link| link.seq == seq);
    if is_elsewhere || found < seq {
        ChainFault::Reordered { seq }
    } else {
        ChainFault::Removed { seq }
    }
}

fn against_head(
    last: Verified,
    head: Option<Head>,
    key: PublicKey,
) -> Result<Verified, ChainFault> {
    let Some(head) = head else {
        return match last.events {
            0 => Ok(last),
            seq => Err(ChainFault::Unsigned { seq }),
        };
    };
    if !head.is_signed_by(key) {
        return Err(ChainFault::Unsigned { seq: head.seq });
    }
    if last.events < head.seq {
        return Err(ChainFault::Truncated {
            seq: last.events + 1,
        });
    }
    if last.events > head.seq {
        return Err(ChainFault::Added { seq: head.seq + 1 });
    }
    if last.head != head.sum {
        return Err(ChainFault::Altered { seq: head.seq });
    }
    Ok(last)
}
