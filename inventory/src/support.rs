//! Until when an operating system is supported: what its makers said, which the rack file may correct, and how near that is.
//! Reinstalling every host of a running cloud takes months of planning.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::rack::{Family, Os};
use crate::word::Version;

/// Last day of support by family and major release, as the makers had it in August 2026. RHEL without extended support.
const ENDS: [(Family, &str, Date); 9] = [
    (Family::Rocky, "8", date(2029, 5, 31)),
    (Family::Rocky, "9", date(2032, 5, 31)),
    (Family::Rocky, "10", date(2035, 5, 31)),
    (Family::Alma, "8", date(2029, 5, 31)),
    (Family::Alma, "9", date(2032, 5, 31)),
    (Family::Alma, "10", date(2035, 5, 31)),
    (Family::Rhel, "8", date(2029, 5, 31)),
    (Family::Rhel, "9", date(2032, 5, 31)),
    (Family::Rhel, "10", date(2035, 5, 31)),
];

/// How much support is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// None.
    Over,
    /// Six months at most: reinstalling must be under way.
    SixMonths,
    /// Twelve months at most: the reinstall must have a date.
    TwelveMonths,
    /// Twenty-four months at most: it must be planned.
    TwentyFourMonths,
    /// More.
    Longer,
    /// Nobody said when it ends.
    Unknown,
}

impl Left {
    /// Every value, the most urgent first.
    pub const ALL: [Self; 6] = [
        Self::Over,
        Self::SixMonths,
        Self::TwelveMonths,
        Self::TwentyFourMonths,
        Self::Longer,
        Self::Unknown,
    ];

    /// As of `today`; `end` is the last day of support.
    pub fn of(end: Option<Date>, today: Date) -> Self {
        let Some(end) = end else {
            return Self::Unknown;
        };
        // Past the end of the calendar is far away.
        let within = |months: i64| {
            let limit = today.checked_add(jiff::Span::new().months(months));
            limit.is_ok_and(|limit| end <= limit)
        };
        match end {
            end if end < today => Self::Over,
            _ if within(6) => Self::SixMonths,
            _ if within(12) => Self::TwelveMonths,
            _ if within(24) => Self::TwentyFourMonths,
            _ => Self::Longer,
        }
    }

    /// Whether a person should be told.
    pub fn is_news(self) -> bool {
        match self {
            Self::Over | Self::SixMonths | Self::TwelveMonths | Self::TwentyFourMonths => true,
            Self::Longer | Self::Unknown => false,
        }
    }
}

impl Os {
    /// The last day on which its maker supports it, if that is known. What the rack file says counts first.
    pub fn support_ends(&self) -> Option<Date> {
        self.end_of_support
            .or_else(|| known(self.family, &self.version))
    }
}

fn known(family: Family, version: &Version) -> Option<Date> {
    let major = version.split('.').next()?;
    let mut all = ENDS.iter();
    let found = all.find(|(of, release, _)| *of == family && *release == major);
    found.map(|(_, _, end)| *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_begin_on_the_day_they_should() {
        let end = Some(date(2032, 5, 31));
        let table = [
            (date(2026, 11, 24), Left::Longer),
            (date(2030, 5, 30), Left::Longer),
            (date(2030, 5, 31), Left::TwentyFourMonths),
            (date(2031, 5, 30), Left::TwentyFourMonths),
            (date(2031, 5, 31), Left::TwelveMonths),
            (date(2031, 11, 29), Left::TwelveMonths),
            (date(2031, 11, 30), Left::TwelveMonths),
            (date(2031, 12, 1), Left::SixMonths),
            (date(2032, 5, 31), Left::SixMonths),
            (date(2032, 6, 1), Left::Over),
        ];
        for (today, wanted) in table {
            assert_eq!(Left::of(end, today), wanted, "{today}");
        }
        assert_eq!(Left::of(None, date(2026, 1, 1)), Left::Unknown);
        assert_eq!(Left::of(end, Date::MAX), Left::Over);
        assert_eq!(Left::of(Some(Date::MAX), Date::MAX), Left::Longer);
    }

    #[test]
    fn the_major_release_decides() {
        let ends = |family, version: &str| known(family, &version.parse().unwrap());
        assert_eq!(ends(Family::Rocky, "9.8"), Some(date(2032, 5, 31)));
        assert_eq!(ends(Family::Rocky, "9"), Some(date(2032, 5, 31)));
        assert_eq!(ends(Family::Rhel, "10.2"), Some(date(2035, 5, 31)));
        assert_eq!(ends(Family::Rocky, "90.1"), None);
        assert_eq!(ends(Family::Standin, "9"), None);
    }
}
