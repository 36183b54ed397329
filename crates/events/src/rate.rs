//! How many reports are taken in a second: beyond that they are counted, so that one device that floods costs nothing but a number.

use std::time::{Duration, Instant};

/// Reports a second for as long as they come.
const PER_SECOND: u32 = 2_500;

/// So many may come at once.
const BURST: u32 = 5_000;

/// From one count of what was refused to the next.
const TELL: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Rate {
    /// When there is room for a whole burst again.
    empty: Option<Instant>,
    refused: u32,
    told: Option<Instant>,
}

impl Rate {
    /// Whether one more is taken; else it is counted.
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        let each = Duration::from_secs(1) / PER_SECOND;
        let empty = self.empty.map_or(now, |empty| empty.max(now)) + each;
        let admits = empty.saturating_duration_since(now) <= each * BURST;
        if admits {
            self.empty = Some(empty);
        } else {
            self.refuse(1);
        }
        admits
    }

    pub(crate) fn refuse(&mut self, times: u32) {
        self.refused = self.refused.saturating_add(times);
    }

    /// How many were refused since this was told last, once it is worth telling.
    pub(crate) fn refused(&mut self, now: Instant) -> Option<u32> {
        let is_due = self.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL);
        if self.refused == 0 || !is_due {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.refused))
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.refused == 0
    }
}
