//! The pictures before an alarm.

use std::collections::VecDeque;

use super::unit::Unit;

/// The newest pictures of one stream, from a key picture on.
#[derive(Debug, Default)]
pub struct Ring {
    units: VecDeque<Unit>,
    bytes: u64,
}

impl Ring {
    /// Takes a picture. What is older than `span` (microseconds) goes, as far as the rest begins with a key picture; `room` is how many
    /// bytes this ring may hold, and what does not fit goes in whole groups, the oldest first.
    pub fn push(&mut self, unit: Unit, span: i64, room: u64) {
        if self.units.is_empty() && !unit.key {
            return;
        }
        let newest = unit.at;
        self.bytes += cost(&unit);
        self.units.push_back(unit);
        while let Some(next) = self.second_group()
            && (self.bytes > room || newest.saturating_sub(self.units[next].at) >= span)
        {
            self.drop_front(next);
        }
        if self.bytes > room {
            self.clear();
        }
    }

    /// Where the second group begins.
    fn second_group(&self) -> Option<usize> {
        self.units.iter().skip(1).position(|unit| unit.key).map(|at| at + 1)
    }

    fn drop_front(&mut self, count: usize) {
        for unit in self.units.drain(..count) {
            self.bytes -= cost(&unit);
        }
    }

    pub fn clear(&mut self) {
        self.units.clear();
        self.bytes = 0;
    }

    /// What it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All that it holds, from a key picture on; it is empty afterwards.
    pub fn take(&mut self) -> impl Iterator<Item = Unit> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.units).into_iter()
    }
}

/// What a picture takes in memory, with what is noted of it.
fn cost(unit: &Unit) -> u64 {
    (unit.data.len() + unit.sets.len() + size_of::<Unit>()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn unit(at: i64, key: bool, bytes: usize) -> Unit {
        Unit {
            data: Bytes::from(vec![0; bytes]),
            at,
            rtp_time: 0,
            key,
            sets: Bytes::new(),
            size: None,
        }
    }

    #[test]
    fn it_reaches_back_as_far_as_asked_and_begins_with_a_key_picture() {
        let mut ring = Ring::default();
        for n in 0..100 {
            ring.push(unit(n * 100_000, n % 10 == 0, 10), 2_500_000, u64::MAX);
        }
        let held: Vec<Unit> = ring.take().collect();
        assert!(held[0].key);
        assert_eq!(held[0].at, 7_000_000, "the key picture before 7.4 s");
        assert_eq!(ring.bytes(), 0);
    }

    #[test]
    fn a_group_that_alone_is_too_large_is_not_held() {
        let mut ring = Ring::default();
        ring.push(unit(0, true, 500), 1_000, 1_000);
        ring.push(unit(1, false, 900), 1_000, 1_000);
        assert_eq!(ring.bytes(), 0);
        ring.push(unit(2, false, 10), 1_000, 1_000);
        assert_eq!(ring.take().count(), 0, "without its key picture it is worth nothing");
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_its_room(steps in prop::collection::vec((any::<bool>(), 0..400_usize), 0..200)) {
            let mut ring = Ring::default();
            for (n, (key, bytes)) in steps.into_iter().enumerate() {
                ring.push(unit(n as i64 * 1_000, key, bytes), 50_000, 2_000);
                prop_assert!(ring.bytes() <= 2_000);
                prop_assert!(ring.units.front().is_none_or(|unit| unit.key));
            }
        }
    }
}
