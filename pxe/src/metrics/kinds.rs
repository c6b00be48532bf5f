//! Counters and histograms whose labels are known when we are built: every series is there from the start, adding to one
//! takes no lock, and nothing that a client sends can make a new one.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A label with all the values it can have.
pub trait Label: Copy + PartialEq + 'static {
    /// Its name; empty for [`One`].
    const NAME: &'static str;
    /// Its values.
    const ALL: &'static [Self];
    /// A value as written.
    fn word(self) -> &'static str;
}

/// The label of what needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct One;

impl Label for One {
    const NAME: &'static str = "";
    const ALL: &'static [Self] = &[Self];
    fn word(self) -> &'static str {
        ""
    }
}

/// One counter for each pair of values.
#[derive(Debug)]
pub struct Counters<A, B = One> {
    counts: Vec<AtomicU64>,
    labels: PhantomData<(A, B)>,
}

impl<A: Label, B: Label> Default for Counters<A, B> {
    fn default() -> Self {
        Self {
            counts: (0..A::ALL.len() * B::ALL.len())
                .map(|_| AtomicU64::new(0))
                .collect(),
            labels: PhantomData,
        }
    }
}

impl<A: Label, B: Label> Counters<A, B> {
    /// Counts `by` more.
    pub fn add(&self, (a, b): (A, B), by: u64) {
        let place = |of: Option<usize>| of.unwrap_or_default();
        let row = place(A::ALL.iter().position(|it| *it == a));
        let column = place(B::ALL.iter().position(|it| *it == b));
        if let Some(count) = self.counts.get(row * B::ALL.len() + column) {
            count.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Each pair of values and its count.
    pub fn all(&self) -> impl Iterator<Item = ((A, B), u64)> {
        let pairs = A::ALL.iter().flat_map(|a| B::ALL.iter().map(|b| (*a, *b)));
        pairs.zip(
            self.counts
                .iter()
                .map(|count| count.load(Ordering::Relaxed)),
        )
    }
}

/// Upper bounds of a histogram's buckets, seconds: from an answer out of memory to a disk that does not come back.
pub const BOUNDS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// One histogram of durations for each value.
#[derive(Debug)]
pub struct Histograms<A> {
    each: Vec<Histogram>,
    labels: PhantomData<A>,
}

/// How often each bound was kept (the last: none of them), and for how long altogether.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

/// A histogram as read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Read {
    /// How many were at most as long as each of [`BOUNDS`].
    pub within: [u64; BOUNDS.len()],
    /// How many there were.
    pub count: u64,
    /// How long they took altogether, seconds.
    pub sum: f64,
}

impl<A: Label> Default for Histograms<A> {
    fn default() -> Self {
        Self {
            each: A::ALL.iter().map(|_| Histogram::default()).collect(),
            labels: PhantomData,
        }
    }
}

impl<A: Label> Histograms<A> {
    /// Notes that something took so long.
    pub fn note(&self, label: A, took: Duration) {
        let place = A::ALL.iter().position(|it| *it == label);
        let Some(histogram) = place.and_then(|place| self.each.get(place)) else {
            return;
        };
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound);
        histogram.buckets[bucket.unwrap_or(BOUNDS.len())].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        histogram.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Each value and its histogram.
    pub fn all(&self) -> impl Iterator<Item = (A, Read)> {
        A::ALL
            .iter()
            .copied()
            .zip(self.each.iter().map(Histogram::read))
    }
}

impl Histogram {
    fn read(&self) -> Read {
        let mut count = 0;
        let mut within = [0; BOUNDS.len()];
        for (at, bucket) in self.buckets.iter().enumerate() {
            count += bucket.load(Ordering::Relaxed);
            if let Some(within) = within.get_mut(at) {
                *within = count;
            }
        }
        let sum = Duration::from_nanos(self.nanos.load(Ordering::Relaxed)).as_secs_f64();
        Read { within, count, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Two {
        This,
        That,
    }

    impl Label for Two {
        const NAME: &'static str = "which";
        const ALL: &'static [Self] = &[Self::This, Self::That];
        fn word(self) -> &'static str {
            match self {
                Self::This => "this",
                Self::That => "that",
            }
        }
    }

    #[test]
    fn each_pair_has_its_own_count() {
        let counters = Counters::<Two, Two>::default();
        counters.add((Two::That, Two::This), 5);
        counters.add((Two::This, Two::That), 1);
        counters.add((Two::That, Two::This), 2);
        let all: Vec<u64> = counters.all().map(|(_, count)| count).collect();
        assert_eq!(all, [0, 1, 7, 0]);
    }

    #[test]
    fn a_histogram_counts_what_is_within_each_bound() {
        let histograms = Histograms::<One>::default();
        for millis in [0, 1, 3, 3, 90_000] {
            histograms.note(One, Duration::from_millis(millis));
        }
        let (_, read) = histograms.all().next().unwrap();
        assert_eq!(read.within, [1, 1, 1, 2, 2, 4, 4, 4, 4, 4, 4, 4]);
        assert_eq!((read.count, read.sum), (5, 90.007));
    }
}
