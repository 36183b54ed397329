//! Hours of a week in which something is recorded.

use std::fmt;
use std::str::FromStr;

use events::{Hours, LocalTime, Weekdays};

/// Spans of a week. Empty: never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    spans: Vec<(Weekdays, Hours)>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no span of a week; such are always, 08:00-20:00 and mon-fri 08:00-20:00")]
pub struct ScheduleError(pub String);

const ALL_DAY: &str = "00:00-00:00";

impl Schedule {
    #[must_use]
    pub fn always() -> Self {
        let spans = ALL_DAY.parse().map(|hours| vec![(Weekdays::default(), hours)]);
        Self {
            spans: spans.unwrap_or_default(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether it is within one of its spans. A span that passes midnight belongs to the day on which it begins.
    #[must_use]
    pub fn contains(&self, at: LocalTime) -> bool {
        self.spans.iter().any(|(days, hours)| hours.contain(at, *days))
    }

    pub(super) fn add(&mut self, text: &str) -> Result<(), ScheduleError> {
        self.spans
            .push(span(text).ok_or_else(|| ScheduleError(text.to_owned()))?);
        Ok(())
    }

    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        self.spans.iter().map(|(days, hours)| {
            let hours = hours.to_string();
            if *days != Weekdays::default() {
                format!("{} {hours}", days_text(*days))
            } else if hours == ALL_DAY {
                "always".to_owned()
            } else {
                hours
            }
        })
    }
}

fn span(text: &str) -> Option<(Weekdays, Hours)> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("always") {
        return Some((Weekdays::default(), ALL_DAY.parse().ok()?));
    }
    let (days, hours) = match text.rsplit_once(char::is_whitespace) {
        None => (Weekdays::default(), text),
        Some((days, hours)) => (weekdays(days)?, hours),
    };
    Some((days, hours.parse().ok()?))
}

/// Days as `mon-fri`, `sat+sun` or `mon+wed-fri`.
fn weekdays(text: &str) -> Option<Weekdays> {
    let place = |word: &str| {
        let word = word.trim();
        Weekdays::WORDS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(word))
    };
    let mut words = Vec::new();
    for piece in text.split('+') {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (mut at, last) = (place(first)?, place(last)?);
        loop {
            words.push(Weekdays::WORDS[at]);
            if at == last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    Weekdays::from_words(words).ok()
}

fn days_text(days: Weekdays) -> String {
    let words: Vec<&str> = days.words().collect();
    let at = |word: &str| Weekdays::WORDS.iter().position(|known| *known == word).unwrap_or(0);
    let follows = words.windows(2).all(|pair| at(pair[1]) == at(pair[0]) + 1);
    match words.as_slice() {
        [first, .., last] if follows && words.len() > 2 => format!("{first}-{last}"),
        words => words.join("+"),
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    /// Spans behind one another, divided by `;`.
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let mut schedule = Self::default();
        for piece in text.split(';').filter(|piece| !piece.trim().is_empty()) {
            schedule.add(piece.trim())?;
        }
        Ok(schedule)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.words().collect();
        f.write_str(&words.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(weekday: u8, hour: u16) -> LocalTime {
        LocalTime {
            weekday,
            minute: hour * 60,
            day: 4 + i64::from(weekday),
        }
    }

    #[test]
    fn spans_are_read_as_they_are_written() {
        for text in [
            "always",
            "08:00-20:00",
            "mon-fri 08:00-20:00; sat+sun 22:00-07:00",
            "mon+wed 01:00-02:00",
            "",
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        assert_eq!("fri-mon 8:00-9:00".parse::<Schedule>().unwrap().words().count(), 1);
        for text in ["8", "someday 08:00-09:00", "08:00-25:00", "mon- 08:00-09:00"] {
            assert_eq!(text.parse::<Schedule>(), Err(ScheduleError(text.to_owned())));
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let schedule: Schedule = "fri 22:00-06:00; mon-fri 09:00-12:00".parse().unwrap();
        for (time, within) in [
            (at(4, 23), true),
            (at(5, 5), true),
            (at(5, 6), false),
            (at(5, 23), false),
            (at(0, 10), true),
            (at(6, 10), false),
        ] {
            assert_eq!(schedule.contains(time), within, "{time:?}");
        }
        assert!(Schedule::always().contains(at(3, 3)) && !Schedule::default().contains(at(3, 3)));
    }
}
