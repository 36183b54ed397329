//! A device as an entry of its recorder: what all entries share. One recorder may be registered several times (an entry a
//! channel, or once for each user), and a Test is an entry of its own: between them they have one dial in flight, one pace, and
//! one count of connects that came to nothing.

use std::collections::VecDeque;
use std::time::Instant;

use crate::backoff::{PACE, UNPROVEN};
use crate::rate::Rate;

pub(crate) struct RecorderEntry {
    recorder: u64,
    /// Another entry of the same recorder is being dialled.
    busy: bool,
    pace: Rate,
    /// When the latest connects began whose stream does not play; no edit, click or new link clears them.
    connects: VecDeque<Instant>,
}

impl RecorderEntry {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            recorder: 0,
            busy: false,
            pace: Rate::new(PACE, now),
            connects: VecDeque::new(),
        }
    }

    pub(crate) fn recorder(&self) -> u64 {
        self.recorder
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    pub(crate) fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
    }

    /// Becomes an entry of another recorder, whose connects these are.
    pub(crate) fn moves_to(&mut self, recorder: u64, busy: bool, connects: impl IntoIterator<Item = Instant>) {
        self.recorder = recorder;
        self.busy = busy;
        connects.into_iter().for_each(|at| self.note_connect(at));
    }

    /// One of the entries was dialled.
    pub(crate) fn dialled(&mut self, now: Instant) {
        // The turn was given only once the limit had a permit, so this cannot be refused.
        let _ = self.pace.take(now);
        self.note_connect(now);
    }

    /// When the recorder may be dialled, by its pace and by what came to nothing.
    pub(crate) fn earliest(&self, now: Instant) -> Instant {
        let first = self.connects.front().filter(|_| self.connects.len() >= UNPROVEN.0);
        let admitted = first.map(|at| *at + UNPROVEN.1);
        self.pace.earliest(now).max(admitted.unwrap_or(now))
    }

    /// When the latest connects began that came to nothing, oldest first.
    pub(crate) fn connects(&self) -> impl Iterator<Item = Instant> + '_ {
        self.connects.iter().copied()
    }

    /// A connect that began then counts against the recorder.
    pub(crate) fn note_connect(&mut self, begun: Instant) {
        let index = self.connects.partition_point(|at| *at <= begun);
        self.connects.insert(index, begun);
        if self.connects.len() > UNPROVEN.0 {
            self.connects.pop_front();
        }
    }

    /// A connect that began then does not count: its stream plays, or it sent nothing.
    pub(crate) fn forget_connect(&mut self, begun: Instant) {
        if let Some(index) = self.connects.iter().position(|at| *at == begun) {
            self.connects.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn five_connects_in_ten_seconds_come_to_nothing_and_one_that_played_does_not_count() {
        let start = Instant::now();
        let mut entry = RecorderEntry::new(start);
        let at = |number: u32| start + Duration::from_secs(1) * number;
        for number in 0..5 {
            assert!(entry.earliest(at(number)) <= at(number));
            entry.dialled(at(number));
        }
        assert_eq!(entry.earliest(at(5)), start + UNPROVEN.1);
        let mut other = RecorderEntry::new(start);
        other.moves_to(7, true, entry.connects());
        assert_eq!(
            other.earliest(at(5)),
            start + UNPROVEN.1,
            "a new entry of it waits with it"
        );
        entry.forget_connect(at(2));
        assert_eq!(entry.earliest(at(5)), at(5));
    }
}
