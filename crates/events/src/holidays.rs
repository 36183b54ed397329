//! Days on which rules have other hours: those of Japan, and those that a person names.

use std::fmt;
use std::str::FromStr;

use device::{date_of, days_of};

/// A day of every year: month and day.
type YearDay = (i64, i64);

/// Days in a row that a person names, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DaySpan(Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Span {
    /// From the first to the last, counted from 1970-01-01.
    Once(i64, i64),
    /// In every year; it may pass the end of the year.
    EachYear(YearDay, YearDay),
}

/// A text that names no days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no day such as 2026-12-29, 2026-12-29..2027-01-03 or, for every year, 12-29..01-03")]
pub struct DaySpanError(pub String);

/// No closure is longer, in days: what is longer was mistyped.
const LONGEST: i64 = 366;

impl DaySpan {
    /// Whether the day is one of them; `day` counts from 1970-01-01.
    #[must_use]
    pub fn has(self, day: i64) -> bool {
        match self.0 {
            Span::Once(first, last) => (first..=last).contains(&day),
            Span::EachYear(first, last) => {
                let (_, month, day) = date_of(day);
                let at = (month, day);
                match first <= last {
                    true => (first..=last).contains(&at),
                    false => at >= first || at <= last,
                }
            }
        }
    }
}

impl FromStr for DaySpan {
    type Err = DaySpanError;

    fn from_str(text: &str) -> Result<Self, DaySpanError> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let read = || {
            let (first, last) = (parts(first)?, parts(last)?);
            Some(match (first.as_slice(), last.as_slice()) {
                (&[y1, m1, d1], &[y2, m2, d2]) => {
                    let (first, last) = (day_of((y1, m1, d1))?, day_of((y2, m2, d2))?);
                    (first <= last && last - first <= LONGEST).then_some(Span::Once(first, last))?
                }
                (&[m1, d1], &[m2, d2]) => {
                    // A leap year has every day.
                    day_of((2_000, m1, d1))?;
                    day_of((2_000, m2, d2))?;
                    Span::EachYear((m1, d1), (m2, d2))
                }
                _ => return None,
            })
        };
        read().map(Self).ok_or_else(|| DaySpanError(text.to_owned()))
    }
}

impl fmt::Display for DaySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Span::Once(first, last) => {
                let (year, month, day) = date_of(first);
                write!(f, "{year:04}-{month:02}-{day:02}")?;
                if last != first {
                    let (year, month, day) = date_of(last);
                    write!(f, "..{year:04}-{month:02}-{day:02}")?;
                }
                Ok(())
            }
            Span::EachYear(first, last) => {
                write!(f, "{:02}-{:02}", first.0, first.1)?;
                if last != first {
                    write!(f, "..{:02}-{:02}", last.0, last.1)?;
                }
                Ok(())
            }
        }
    }
}

fn parts(text: &str) -> Option<Vec<i64>> {
    let number = |part: &str| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    text.trim().split('-').map(number).collect()
}

/// The day of a date that there is, from 1970 to 9999.
fn day_of(date: (i64, i64, i64)) -> Option<i64> {
    let may = (1_970..=9_999).contains(&date.0) && (1..=12).contains(&date.1) && (1..=31).contains(&date.2);
    may.then(|| days_of(date)).filter(|day| date_of(*day) == date)
}

/// Whether the day, counted from 1970-01-01, is a public holiday of Japan, by the Act on National Holidays (国民の祝日に関する法律) as it is
/// in force since 2020, and so for the days from 2022 to 2099. The days of the equinoxes are reckoned by the usual formula; the government announces them a
/// year ahead.
#[must_use]
pub fn is_japanese_holiday(day: i64) -> bool {
    if is_named(day) {
        return true;
    }
    // 振替休日 (article 3 (2)): the first day after a holiday on a Sunday that is none itself.
    let mut before = day - 1;
    while is_named(before) {
        if weekday(before) == SUNDAY {
            return true;
        }
        before -= 1;
    }
    // 国民の休日 (article 3 (3)): a day between two holidays.
    is_named(day - 1) && is_named(day + 1)
}

const SUNDAY: i64 = 6;

/// From Monday, 0, to Sunday, 6: 1970-01-01 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// Whether the law names the day itself (article 2).
fn is_named(day: i64) -> bool {
    let (year, month, of_month) = date_of(day);
    let monday = |nth: i64| weekday(day) == 0 && (of_month - 1) / 7 + 1 == nth;
    match month {
        1 => of_month == 1 || monday(2),
        2 => matches!(of_month, 11 | 23),
        3 => of_month == equinox(year, 208_431),
        4 => of_month == 29,
        5 => matches!(of_month, 3..=5),
        7 => monday(3),
        8 => of_month == 11,
        9 => monday(3) || of_month == equinox(year, 232_488),
        10 => monday(2),
        11 => matches!(of_month, 3 | 23),
        _ => false,
    }
}

/// The day of an equinox in its month, for 1980 to 2099; `in_1980`: where it was in 1980, in ten thousandths of a day.
fn equinox(year: i64, in_1980: i64) -> i64 {
    let years = year - 1_980;
    (in_1980 + years * 2_422).div_euclid(10_000) - years.div_euclid(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the Cabinet Office published them.
    const YEARS: [(i64, &[(i64, i64)]); 4] = [
        (
            2024,
            &[
                (1, 1),
                (1, 8),
                (2, 11),
                (2, 12),
                (2, 23),
                (3, 20),
                (4, 29),
                (5, 3),
                (5, 4),
                (5, 5),
                (5, 6),
                (7, 15),
                (8, 11),
                (8, 12),
                (9, 16),
                (9, 22),
                (9, 23),
                (10, 14),
                (11, 3),
                (11, 4),
                (11, 23),
            ],
        ),
        (
            2025,
            &[
                (1, 1),
                (1, 13),
                (2, 11),
                (2, 23),
                (2, 24),
                (3, 20),
                (4, 29),
                (5, 3),
                (5, 4),
                (5, 5),
                (5, 6),
                (7, 21),
                (8, 11),
                (9, 15),
                (9, 23),
                (10, 13),
                (11, 3),
                (11, 23),
                (11, 24),
            ],
        ),
        (
            2026,
            &[
                (1, 1),
                (1, 12),
                (2, 11),
                (2, 23),
                (3, 20),
                (4, 29),
                (5, 3),
                (5, 4),
                (5, 5),
                (5, 6),
                (7, 20),
                (8, 11),
                (9, 21),
                (9, 22),
                (9, 23),
                (10, 12),
                (11, 3),
                (11, 23),
            ],
        ),
        (
            2027,
            &[
                (1, 1),
                (1, 11),
                (2, 11),
                (2, 23),
                (3, 21),
                (3, 22),
                (4, 29),
                (5, 3),
                (5, 4),
                (5, 5),
                (7, 19),
                (8, 11),
                (9, 20),
                (9, 23),
                (10, 11),
                (11, 3),
                (11, 23),
            ],
        ),
    ];

    #[test]
    fn the_holidays_of_japan_are_those_that_its_government_published() {
        for (year, published) in YEARS {
            let days = days_of((year, 1, 1))..days_of((year + 1, 1, 1));
            let found: Vec<(i64, i64)> = days
                .filter(|day| is_japanese_holiday(*day))
                .map(|day| (date_of(day).1, date_of(day).2))
                .collect();
            assert_eq!(found, published, "{year}");
        }
    }

    #[test]
    fn days_of_ones_own_are_read_as_they_are_written() {
        for text in ["2026-12-29", "2026-12-29..2027-01-03", "12-29..01-03", "08-13"] {
            assert_eq!(
                text.parse::<DaySpan>().map(|span| span.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-12-29..",
            "2027-01-03..2026-12-29",
            "12-29..2027-01-03",
            "2026-01-01..2029-01-01",
            "02-30",
            "today",
            "-1-2-3",
        ] {
            assert_eq!(text.parse::<DaySpan>(), Err(DaySpanError(text.to_owned())));
        }
        let closure: Result<DaySpan, _> = "12-29..01-03".parse();
        for (date, is_one) in [
            ((2026, 12, 28), false),
            ((2026, 12, 31), true),
            ((2027, 1, 3), true),
            ((2027, 1, 4), false),
        ] {
            assert_eq!(closure.clone().map(|span| span.has(days_of(date))), Ok(is_one));
        }
    }
}
