//! Whether the pipeline of a player stands still: it was given what it can make a picture of, and nothing comes.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many pictures a decoder may hold back before it shows the first: the most that H.264 (Annex A.3) and H.265 (Annex A.4.2) let it keep for their order.
const MOST_HELD_BACK: u32 = 16;

/// When pictures that need no other were handed to the decoder, and when decoded ones came. Times are milliseconds from the begin of the player, and one; 0: never.
#[derive(Debug, Default)]
pub(super) struct Still {
    /// The first picture that needs no other of those that were handed in since one came out.
    key: AtomicU64,
    /// How many were handed in since that one.
    after: AtomicU32,
    came: AtomicU64,
}

impl Still {
    /// A picture is handed to the decoder; whether it needs no other.
    pub(super) fn takes(&self, is_key: bool, began: Instant, now: Instant) {
        let awaited = self.key.load(Ordering::Relaxed) > self.came.load(Ordering::Relaxed);
        if is_key && !awaited {
            self.after.store(0, Ordering::Relaxed);
            self.key.store(millis(began, now), Ordering::Relaxed);
        } else if awaited {
            self.after.fetch_add(1, Ordering::Relaxed);
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

    /// Since when something should have come of what was handed in. `None`: nothing should, as where a stream fell silent or was paused before the decoder has as
    /// many pictures as it may hold back, or nothing ever came of this stream, so that it may be one that cannot be decoded here.
    pub(super) fn since(&self, began: Instant) -> Option<Instant> {
        let (key, came) = (self.key.load(Ordering::Relaxed), self.came.load(Ordering::Relaxed));
        let is_full = self.after.load(Ordering::Relaxed) > MOST_HELD_BACK;
        (came > 0 && key > came && is_full).then(|| began + Duration::from_millis(key - 1))
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
        let takes = |second, is_key, others: u32| {
            still.takes(is_key, began, at(second));
            for _ in 0..others {
                still.takes(false, began, at(second));
            }
        };
        takes(0, true, 40);
        assert_eq!(still.since(began), None, "nothing ever came");
        still.comes(began, at(1));
        still.comes(began, at(9));
        assert_eq!(still.since(began), None);
        takes(10, true, MOST_HELD_BACK);
        assert_eq!(still.since(began), None, "it may hold back so many");
        for second in [12, 14] {
            takes(second, true, 5);
        }
        let since = still.since(began).unwrap();
        assert!(since >= at(10) && since < at(11));
        still.comes(began, at(15));
        assert_eq!(still.since(began), None);
        takes(16, true, 40);
        still.begin();
        assert_eq!(still.since(began), None, "it is hidden");
    }
}
