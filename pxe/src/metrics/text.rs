//! Metrics as text: for Prometheus (exposition format 0.0.4), and as the list that people read (docs/metrics.md).

use std::fmt::Write;

use super::kinds::{BOUNDS, Counters, Histograms, Label, Read};

/// The media type of [`exposition`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One metric: what it is, and its series now.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Name, without the suffixes of a histogram.
    pub name: &'static str,
    /// What it tells, in one sentence.
    pub help: &'static str,
    /// Its labels, with all values they can have.
    pub labels: Vec<(&'static str, Vec<&'static str>)>,
    /// Its series.
    pub series: Series,
}

/// Series by the values of their labels.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// Only grows, until we start anew.
    Counter(Vec<(Vec<&'static str>, u64)>),
    /// Goes up and down.
    Gauge(Vec<(Vec<&'static str>, u64)>),
    /// Durations, seconds.
    Histogram(Vec<(Vec<&'static str>, Read)>),
}

impl Series {
    fn kind(&self) -> &'static str {
        match self {
            Self::Counter(_) => "counter",
            Self::Gauge(_) => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// The values of a label, unless it is none.
pub(super) fn label<A: Label>() -> Option<(&'static str, Vec<&'static str>)> {
    let words = A::ALL.iter().map(|value| value.word());
    (!A::NAME.is_empty()).then(|| (A::NAME, words.collect()))
}

impl Family {
    /// Of counters.
    pub fn counters<A: Label, B: Label>(
        (name, help): (&'static str, &'static str),
        counters: &Counters<A, B>,
    ) -> Self {
        let words = |(a, b): (A, B)| {
            let pair = [(A::NAME, a.word()), (B::NAME, b.word())];
            let named = pair.into_iter().filter(|(name, _)| !name.is_empty());
            named.map(|(_, word)| word).collect()
        };
        let series = counters.all().map(|(pair, count)| (words(pair), count));
        Self {
            name,
            help,
            labels: label::<A>().into_iter().chain(label::<B>()).collect(),
            series: Series::Counter(series.collect()),
        }
    }

    /// Of histograms.
    pub fn histograms<A: Label>(
        (name, help): (&'static str, &'static str),
        histograms: &Histograms<A>,
    ) -> Self {
        let series = histograms
            .all()
            .map(|(value, read)| (vec![value.word()], read));
        Self {
            name,
            help,
            labels: label::<A>().into_iter().collect(),
            series: Series::Histogram(series.collect()),
        }
    }

    fn sample(&self, text: &mut String, (suffix, words): (&str, &[&str]), value: &str) {
        let mut pairs = String::new();
        for ((name, _), word) in self.labels.iter().zip(words) {
            let comma = if pairs.is_empty() { "" } else { "," };
            let _never = write!(pairs, "{comma}{name}=\"{word}\"");
        }
        // The bound of a bucket is a label like any other.
        if let Some(bound) = words.get(self.labels.len()) {
            let comma = if pairs.is_empty() { "" } else { "," };
            let _never = write!(pairs, "{comma}le=\"{bound}\"");
        }
        let name = self.name;
        let pairs = if pairs.is_empty() {
            pairs
        } else {
            format!("{{{pairs}}}")
        };
        let _never = writeln!(text, "{name}{suffix}{pairs} {value}");
    }

    fn histogram(&self, text: &mut String, (words, read): (&[&'static str], &Read)) {
        let bounds = BOUNDS.iter().map(f64::to_string).zip(read.within);
        for (bound, count) in bounds.chain([("+Inf".to_owned(), read.count)]) {
            let words: Vec<&str> = words.iter().copied().chain([bound.as_str()]).collect();
            self.sample(text, ("_bucket", &words), &count.to_string());
        }
        self.sample(text, ("_sum", words), &read.sum.to_string());
        self.sample(text, ("_count", words), &read.count.to_string());
    }
}

/// All of it, for Prometheus.
pub fn exposition(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        let (name, kind) = (family.name, family.series.kind());
        let _never = write!(
            text,
            "# HELP {name} {}\n# TYPE {name} {kind}\n",
            family.help
        );
        match &family.series {
            Series::Counter(series) | Series::Gauge(series) => {
                for (words, count) in series {
                    family.sample(&mut text, ("", words), &count.to_string());
                }
            }
            Series::Histogram(series) => {
                for (words, read) in series {
                    family.histogram(&mut text, (words, read));
                }
            }
        }
    }
    text
}

/// The list for people, as rows of a table.
pub fn list(families: &[Family]) -> String {
    let mut text = "| metric | kind | what it tells | labels |\n|---|---|---|---|\n".to_owned();
    for family in families {
        let (name, kind, help) = (family.name, family.series.kind(), family.help);
        let labels = family.labels.iter();
        let labels = labels.map(|(name, words)| format!("`{name}`: {}", words.join(", ")));
        let labels: Vec<String> = labels.collect();
        let _never = writeln!(
            text,
            "| `{name}` | {kind} | {help} | {} |",
            labels.join("; ")
        );
    }
    text
}
