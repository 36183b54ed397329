//! When a loop counts as stuck.

use std::time::Duration;

/// What a look at a loop saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopLook {
    /// How often it has turned.
    pub turns: u64,
    /// Whether it is to turn at all: before it begins and after its end it does not.
    pub runs: bool,
    /// How long it was since the last look by the clock that stands still while the computer sleeps, and by the clock on the wall.
    pub steady: Duration,
    pub wall: Duration,
}

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopVerdict {
    Turns,
    /// It has not turned for so many looks.
    Still(u32),
    /// It has not turned for as long as is bearable. Said once, until it turns again.
    Stuck,
}

/// Tells a loop that stands still from a computer that does.
#[derive(Clone, Copy, Debug)]
pub struct LoopWatch {
    pause: Duration,
    patience: u32,
    seen: Option<u64>,
    still: u32,
}

impl LoopWatch {
    /// `pause`: from one look to the next. `patience`: so many looks in a row without a turn are too many.
    #[must_use]
    pub const fn new(pause: Duration, patience: u32) -> Self {
        Self {
            pause,
            patience,
            seen: None,
            still: 0,
        }
    }

    /// Takes a look. Where the look itself comes late, because the computer slept, the process was stopped or all of it had no processor, the pause is
    /// not the loop's fault, and all begins anew.
    pub fn look(&mut self, look: LoopLook) -> LoopVerdict {
        let before = self.seen.replace(look.turns);
        let late = 2 * self.pause + Duration::from_secs(1);
        if !look.runs || before != Some(look.turns) || look.steady > late || look.wall > late {
            self.still = 0;
            return LoopVerdict::Turns;
        }
        self.still = self.still.saturating_add(1);
        if self.still == self.patience {
            LoopVerdict::Stuck
        } else {
            LoopVerdict::Still(self.still)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(turns: u64) -> LoopLook {
        LoopLook {
            turns,
            runs: true,
            steady: SECOND,
            wall: SECOND,
        }
    }

    fn looks(watch: &mut LoopWatch, looks: impl IntoIterator<Item = LoopLook>) -> Vec<LoopVerdict> {
        looks.into_iter().map(|look| watch.look(look)).collect()
    }

    #[test]
    fn a_loop_that_stands_for_ten_looks_is_stuck_once() {
        let mut watch = LoopWatch::new(SECOND, 10);
        let said = looks(&mut watch, std::iter::repeat_n(at(7), 30));
        let stuck = |verdict: &&LoopVerdict| **verdict == LoopVerdict::Stuck;
        assert_eq!((said[10], said.iter().filter(stuck).count()), (LoopVerdict::Stuck, 1));
        assert_eq!(watch.look(at(8)), LoopVerdict::Turns);
        let again = looks(&mut watch, std::iter::repeat_n(at(8), 10));
        assert_eq!(again[9], LoopVerdict::Stuck);
    }

    #[test]
    fn sleep_a_debugger_and_a_starved_computer_are_not_the_loops_fault() {
        let slept = |steady, wall| LoopLook { steady, wall, ..at(7) };
        for pause in [
            slept(SECOND, 3_600 * SECOND),
            slept(20 * SECOND, 20 * SECOND),
            slept(20 * SECOND, SECOND),
        ] {
            let mut watch = LoopWatch::new(SECOND, 10);
            for _ in 0..50 {
                let said = looks(&mut watch, std::iter::repeat_n(at(7), 9).chain([pause]));
                assert!(!said.contains(&LoopVerdict::Stuck), "{pause:?}");
            }
        }
        let mut watch = LoopWatch::new(SECOND, 10);
        let ended = LoopLook { runs: false, ..at(7) };
        assert!(!looks(&mut watch, std::iter::repeat_n(ended, 50)).contains(&LoopVerdict::Stuck));
    }

    #[test]
    fn a_slow_loop_is_no_stuck_one() {
        let mut watch = LoopWatch::new(SECOND, 10);
        let said = looks(&mut watch, (0..300).map(|second| at(second / 9)));
        assert!(!said.contains(&LoopVerdict::Stuck));
    }
}
