//! Hours of the day and days of the week in which nobody is called.

use std::fmt;
use std::str::FromStr;

use super::LocalTime;

/// A span of the day, in minutes since midnight; it may pass midnight. Where both ends are the same it is the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    from: u16,
    to: u16,
}

const DAY: u16 = 24 * 60;

/// A text that is no span of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hours are written as 22:00-07:00")]
pub struct HoursError;

impl Hours {
    pub const WHOLE_DAY: Self = Self { from: 0, to: 0 };

    /// `from` and `to` in minutes since midnight; `None`: one of them is no time of day.
    #[must_use]
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from < DAY && to < DAY).then_some(Self { from, to })
    }

    #[must_use]
    pub fn from(self) -> u16 {
        self.from
    }

    #[must_use]
    pub fn to(self) -> u16 {
        self.to
    }

    /// Whether it goes on after midnight.
    #[must_use]
    pub fn passes_midnight(self) -> bool {
        self.from >= self.to
    }

    /// Whether these hours have begun on the day of this minute, and last.
    #[must_use]
    pub fn begun_at(self, minute: u16) -> bool {
        minute >= self.from && (self.passes_midnight() || minute < self.to)
    }

    /// Whether it is within these hours, where they begin on these days.
    #[must_use]
    pub fn contain(self, at: LocalTime, days: Weekdays) -> bool {
        let today = days.has(at.weekday);
        let yesterday = days.has((at.weekday + 6) % 7);
        if self.from < self.to {
            today && (self.from..self.to).contains(&at.minute)
        } else {
            today && at.minute >= self.from || yesterday && at.minute < self.to
        }
    }
}

/// A time of day as `7:05` or `07:05`, in minutes since midnight.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let read = || {
            let (from, to) = text.split_once('-')?;
            // The end of the day is midnight.
            let to = if to.trim() == "24:00" { 0 } else { minute(to)? };
            Self::new(minute(from)?, to)
        };
        read().ok_or(HoursError)
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// Days of the week, by default all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays([bool; 7]);

impl Default for Weekdays {
    fn default() -> Self {
        Self([true; 7])
    }
}

impl Weekdays {
    /// From Monday on, for files and the command line.
    pub const WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// `day`: from Monday, 0, to Sunday, 6.
    #[must_use]
    pub fn has(self, day: u8) -> bool {
        self.0.get(usize::from(day)).copied().unwrap_or(false)
    }

    pub fn set(&mut self, day: u8, on: bool) {
        if let Some(has) = self.0.get_mut(usize::from(day)) {
            *has = on;
        }
    }

    /// The words of its days.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS
            .into_iter()
            .zip(self.0)
            .filter_map(|(word, on)| on.then_some(word))
    }

    /// The days of these words; the word that is none as the error.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut days = Self([false; 7]);
        for word in words {
            let day = Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word));
            days.0[day.ok_or(word)?] = true;
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(weekday: u8, hour: u16, minute: u16) -> LocalTime {
        LocalTime {
            weekday,
            minute: hour * 60 + minute,
            day: 0,
        }
    }

    #[test]
    fn a_night_passes_midnight_and_belongs_to_the_day_on_which_it_begins() {
        let night: Hours = "22:00-07:00".parse().unwrap();
        let mut friday = Weekdays::from_words(["fri"]).unwrap();
        for (time, within) in [
            (at(4, 21, 59), false),
            (at(4, 22, 0), true),
            (at(5, 0, 0), true),
            (at(5, 6, 59), true),
            (at(5, 7, 0), false),
            (at(4, 6, 0), false),
            (at(5, 22, 0), false),
        ] {
            assert_eq!(night.contain(time, friday), within, "{time:?}");
        }
        friday.set(5, true);
        assert!(night.contain(at(6, 3, 0), friday));
        let day: Hours = "0:00-00:00".parse().unwrap();
        assert!((0..7).all(|weekday| day.contain(at(weekday, 12, 0), Weekdays::default())));
    }

    #[test]
    fn hours_and_days_are_read_as_they_are_written_and_nothing_else_is() {
        for text in ["22:00-07:00", "00:00-23:59", "12:30-12:30"] {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "22-7",
            "24:00-07:00",
            "22:60-07:00",
            "22:00",
            "a:00-07:00",
            "22:00-07:000",
            "+2:00-07:00",
        ] {
            assert_eq!(text.parse::<Hours>(), Err(HoursError), "{text}");
        }
        let weekend = Weekdays::from_words(["sat", "Sun"]).unwrap();
        assert_eq!(weekend.words().collect::<Vec<_>>(), ["sat", "sun"]);
        assert_eq!(Weekdays::from_words(["someday"]), Err("someday"));
    }
}
