//! Spans of time, days of the week, and a moment on the clock of the wall.

/// A moment as the clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMoment {
    /// Seconds since 1970.
    pub unix: i64,
    /// Of local time, from Monday, 0, to Sunday, 6.
    pub weekday: u8,
    /// Of local time, since midnight.
    pub minute: u16,
}

/// From one time to another, in seconds since 1970; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkSpan {
    pub from: i64,
    pub to: i64,
}

impl WorkSpan {
    /// The longest that can be planned, in seconds.
    pub const LONGEST: i64 = 31 * 86_400;

    #[must_use]
    pub fn contains(self, unix: i64) -> bool {
        (self.from..self.to).contains(&unix)
    }
}

pub(super) const DAY: u16 = 24 * 60;

/// Days of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days([bool; 7]);

impl Days {
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

    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The words of its days.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let both = Self::WORDS.into_iter().zip(self.0);
        both.filter_map(|(word, on)| on.then_some(word))
    }

    /// The days of words that are divided by commas; `None`: one of them is none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut days = Self::default();
        for word in text.split(',') {
            let word = word.trim();
            let day = Self::WORDS.iter().position(|known| known.eq_ignore_ascii_case(word))?;
            days.0[day] = true;
        }
        Some(days)
    }
}

/// The time of a week that this moment lies in.
pub(super) fn of_week(days: Days, from: u16, to: u16, at: LocalMoment) -> Option<WorkSpan> {
    let (today, yesterday) = (days.has(at.weekday), days.has((at.weekday + 6) % 7));
    let over_night = from >= to;
    // How long ago it began, and how long it goes on, in minutes.
    let (ago, left) = if over_night && yesterday && at.minute < to {
        (at.minute + DAY - from, to - at.minute)
    } else if today && at.minute >= from && (over_night || at.minute < to) {
        let end = if over_night { to + DAY } else { to };
        (at.minute - from, end - at.minute)
    } else {
        return None;
    };
    let minute = at.unix - at.unix.rem_euclid(60);
    Some(WorkSpan {
        from: minute - i64::from(ago) * 60,
        to: minute + i64::from(left) * 60,
    })
}
