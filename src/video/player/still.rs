//! Whether the pipeline of a player stands still: it was given what it can make a picture of, and nothing comes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When pictures that need no other were handed to the decoder, and when decoded ones came. Times are milliseconds from the begin of the player, and one; 0: never.
#[derive(Debug, Default)]
pub(super) struct Still {
    /// The first picture that needs no other of those that were handed in since one came out.
    key: AtomicU64,
    came: AtomicU64,
}

impl Still {
    /// A picture that needs no other is handed to the decoder.
    pub(super) fn key(&self, began: Instant, now: Instant) {
        if self.key.load(Ordering::Relaxed) <= self.came.load(Ordering::Relaxed) {
            self.key.store(millis(began, now), Ordering::Relaxed);
        }
    }

    /// A decoded picture comes.
    pub(super) fn comes(&self, began: Instant, now: Instant) {
        self.came.store(millis(began, now), Ordering::Relaxed);
    }

    /// The stream was hidden or shown: what was handed in may never have got to the decoder.
    pub(super) fn begin(&self) {
        self.key.store(0, Ordering::Relaxed);
    }

    /// Since when something should have come of what was handed in. `None`: nothing should, or nothing ever came of this stream, so that it may be one that
    /// cannot be decoded here.
    pub(super) fn since(&self, began: Instant) -> Option<Instant> {
        let (key, came) = (self.key.load(Ordering::Relaxed), self.came.load(Ordering::Relaxed));
        (came > 0 && key > came).then(|| began + Duration::from_millis(key - 1))
    }
}

fn millis(began: Instant, now: Instant) -> u64 {
    let since = now.saturating_duration_since(began).as_millis();
    u64::try_from(since).map_or(u64::MAX, |since| since.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_stands_still_from_the_first_key_of_which_nothing_came() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let still = Still::default();
        still.key(began, at(0));
        assert_eq!(still.since(began), None, "nothing ever came");
        still.comes(began, at(1));
        still.comes(began, at(9));
        assert_eq!(still.since(began), None);
        for second in [10, 12, 14] {
            still.key(began, at(second));
        }
        let since = still.since(began).unwrap();
        assert!(since >= at(10) && since < at(11));
        still.comes(began, at(15));
        assert_eq!(still.since(began), None);
        still.key(began, at(16));
        still.begin();
        assert_eq!(still.since(began), None, "it is hidden");
    }
}
