//! The ramp of a group: how many of its dials may be in flight.

use crate::limits::Limits;

/// The ramp: dials allowed in flight, which grows with the successes of a round and shrinks with its failures.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    window: u32,
    succeeded: u32,
    failed: u32,
    silent: u32,
}

impl Round {
    pub(crate) fn new(window: u32) -> Self {
        Self {
            window: window.clamp(1, Limits::CEILING_IN_FLIGHT),
            succeeded: 0,
            failed: 0,
            silent: 0,
        }
    }

    pub(crate) fn window(self) -> u32 {
        self.window
    }

    /// An attempt plays: where as many have as were allowed at once, twice as many are.
    pub(crate) fn succeeds(&mut self) {
        self.succeeded += 1;
        if self.succeeded >= self.window {
            *self = Self::new(self.window * 2);
        }
    }

    pub(crate) fn fails(&mut self, silent: bool) {
        self.failed += 1;
        self.silent += u32::from(silent);
    }

    /// Several have failed since the round began.
    pub(crate) fn is_bad(self) -> bool {
        self.failed >= 2
    }

    /// The same, and nothing answered any of them.
    pub(crate) fn is_silent(self) -> bool {
        self.is_bad() && self.silent == self.failed
    }

    /// Half as many at once.
    pub(crate) fn slow_down(&mut self) {
        *self = Self::new(self.window / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_to_eight_and_halves_to_one() {
        let mut round = Round::new(1);
        let grown: Vec<u32> = (0..7)
            .map(|_| {
                round.succeeds();
                round.window()
            })
            .collect();
        assert_eq!(grown, [2, 2, 4, 4, 4, 4, 8]);
        (0..100).for_each(|_| round.succeeds());
        assert_eq!(round.window(), 8);
        for window in [4, 2, 1, 1] {
            round.slow_down();
            assert_eq!(round.window(), window);
        }
        round.fails(true);
        assert!(!round.is_bad());
        round.fails(true);
        assert!(round.is_silent());
        round.fails(false);
        assert!(round.is_bad() && !round.is_silent());
    }
}
