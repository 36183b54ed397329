//! How often the program may start itself again, and what the next start has to tell.

/// The most restarts in an hour.
const MOST: usize = 3;

const HOUR: i64 = 3_600;

/// A loop that stood still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standstill {
    /// When it was found, in seconds since 1970.
    pub at: i64,
    /// In which part of the program it stood: a stable word.
    pub post: String,
    /// What the system says of its threads.
    pub threads: String,
    /// Whether the program was started again for it.
    pub restarted: bool,
}

/// The restarts of the last hour, and the standstill that nobody was told of yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartBook {
    /// When the program started itself again, in seconds since 1970.
    pub times: Vec<i64>,
    pub untold: Option<Standstill>,
}

impl RestartBook {
    /// A loop stands still: whether the program may start itself again, which is noted then.
    pub fn found(&mut self, standstill: Standstill) -> bool {
        let now = standstill.at;
        // What lies in the future was noted by a clock that was wrong: it counts, for else a clock could make restarts without end.
        self.times.retain(|at| now - at < HOUR && at - now < HOUR);
        let may = self.times.len() < MOST;
        if may {
            self.times.push(now);
        }
        self.untold = Some(Standstill {
            restarted: may,
            ..standstill
        });
        may
    }

    /// Whether the program started itself again within the last so many seconds.
    #[must_use]
    pub fn restarted_within(&self, seconds: i64, now: i64) -> bool {
        self.times.iter().any(|at| (0..=seconds).contains(&(now - at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at: i64) -> Standstill {
        Standstill {
            at,
            post: "files".to_owned(),
            ..Standstill::default()
        }
    }

    #[test]
    fn three_restarts_an_hour_and_then_it_stays() {
        let mut book = RestartBook::default();
        let begin = 1_764_571_500;
        let may: Vec<bool> = (0..5).map(|number| book.found(at(begin + number * 60))).collect();
        assert_eq!(may, [true, true, true, false, false]);
        assert_eq!(book.untold.as_ref().map(|told| told.restarted), Some(false));
        assert!(book.found(at(begin + HOUR)));
        assert!(!book.found(at(begin + HOUR + 1)));
        assert!(book.times.len() <= MOST);
    }

    #[test]
    fn a_clock_that_was_set_back_by_minutes_gives_no_restart_more() {
        let mut book = RestartBook::default();
        let begin = 1_764_571_500;
        for number in 0..3 {
            assert!(book.found(at(begin + number)));
        }
        assert!(!book.found(at(begin - 600)));
        assert!(book.restarted_within(10, begin + 2) && !book.restarted_within(10, begin + 100));
    }
}
