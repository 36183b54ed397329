//! The queue of one group: which of its devices are due, and when the others will be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::plans::{Slot, Tier, Turn};
use device::DeviceId;

/// Invariant: a device stands in one place at most, and `slots` says which.
#[derive(Default)]
pub(crate) struct Lineup {
    slots: BTreeMap<DeviceId, Slot>,
    ready: BTreeSet<(Turn, DeviceId)>,
    waiting: BTreeSet<(Instant, DeviceId)>,
}

impl Lineup {
    pub(crate) fn place(&mut self, device: DeviceId, slot: Slot) {
        match self.slots.remove(&device) {
            None | Some(Slot::Nowhere) => {}
            Some(Slot::Ready(turn)) => drop(self.ready.remove(&(turn, device))),
            Some(Slot::Waiting(at)) => drop(self.waiting.remove(&(at, device))),
        }
        match slot {
            Slot::Nowhere => return,
            Slot::Ready(turn) => drop(self.ready.insert((turn, device))),
            Slot::Waiting(at) => drop(self.waiting.insert((at, device))),
        }
        self.slots.insert(device, slot);
    }

    /// The first that is due, of this tier and those behind it.
    pub(crate) fn first_from(&self, tier: Tier, born: Instant) -> Option<(Turn, DeviceId)> {
        let first = Turn {
            tier,
            at: born,
            order: 0,
        };
        self.ready.range((first, DeviceId(0))..).next().copied()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Who is due next of those that wait, and when.
    pub(crate) fn next_waiting(&self) -> Option<(Instant, DeviceId)> {
        self.waiting.first().copied()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Entries held.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_device_stands_in_one_place_and_the_sooner_tier_goes_first() {
        let start = Instant::now();
        let turn = |tier, order| Turn { tier, at: start, order };
        let mut lineup = Lineup::default();
        lineup.place(DeviceId(1), Slot::Waiting(start + Duration::from_secs(5)));
        assert_eq!(
            lineup.next_waiting(),
            Some((start + Duration::from_secs(5), DeviceId(1)))
        );
        lineup.place(DeviceId(1), Slot::Ready(turn(Tier::Failed, 0)));
        lineup.place(DeviceId(2), Slot::Ready(turn(Tier::Visible, 9)));
        assert_eq!(lineup.next_waiting(), None);
        let first = |lineup: &Lineup, tier| lineup.first_from(tier, start).map(|(_, device)| device);
        assert_eq!(first(&lineup, Tier::Manual), Some(DeviceId(2)));
        assert_eq!(first(&lineup, Tier::Failed), Some(DeviceId(1)));
        lineup.place(DeviceId(1), Slot::Nowhere);
        lineup.place(DeviceId(2), Slot::Nowhere);
        assert_eq!((lineup.len(), lineup.has_ready()), (0, false));
    }
}
