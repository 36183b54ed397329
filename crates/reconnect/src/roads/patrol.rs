//! The scouts of one site: its devices that are away, and whose preferred road is looked at next. One at a time, whatever their
//! number, so that they cost what a canary costs.

use std::collections::BTreeSet;
use std::time::Instant;

use device::DeviceId;

/// Looks in vain at the road of one device before that of another is looked at in its place: it may be dead by itself.
const STAYS: u32 = 12;

#[derive(Default)]
pub(crate) struct Patrol {
    away: BTreeSet<DeviceId>,
    next: Option<Instant>,
    /// Whose scout is under way.
    looking: Option<DeviceId>,
    last: Option<Instant>,
    /// Who is looked at for all that left with their site, and how often in vain.
    speaker: Option<DeviceId>,
    in_vain: u32,
}

impl Patrol {
    pub(crate) fn joins(&mut self, device: DeviceId) {
        self.away.insert(device);
    }

    /// Says whether nobody is away any more.
    pub(crate) fn leaves(&mut self, device: DeviceId) -> bool {
        self.away.remove(&device);
        self.looking.take_if(|looking| *looking == device);
        self.speaker.take_if(|speaker| *speaker == device);
        self.away.is_empty()
    }

    pub(crate) fn has(&self, device: DeviceId) -> bool {
        self.away.contains(&device)
    }

    pub(crate) fn away(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.away.iter().copied()
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Sets when it looks next; when it would have.
    pub(super) fn set_next(&mut self, next: Option<Instant>) -> Option<Instant> {
        std::mem::replace(&mut self.next, next)
    }

    pub(crate) fn last(&self) -> Option<Instant> {
        self.last
    }

    pub(crate) fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    /// Its scout is not sent any more.
    pub(super) fn cancels(&mut self, device: DeviceId) {
        self.looking.take_if(|looking| *looking == device);
    }

    /// The scout of this device is sent.
    pub(crate) fn looks(&mut self, device: DeviceId) {
        self.looking = Some(device);
    }

    /// The look is over; when the one before it was.
    pub(crate) fn looked(&mut self, answered: bool, now: Instant) -> Option<Instant> {
        if self.looking.take() == self.speaker {
            self.in_vain = if answered { 0 } else { self.in_vain + 1 };
            if self.in_vain >= STAYS {
                self.gives_way();
            }
        }
        self.last.replace(now)
    }

    /// The device whose road speaks for all that left with the site.
    pub(crate) fn speaker(&self) -> Option<DeviceId> {
        self.speaker
    }

    pub(crate) fn set_speaker(&mut self, device: DeviceId) {
        if self.speaker != Some(device) {
            (self.speaker, self.in_vain) = (Some(device), 0);
        }
    }

    /// Another one speaks from now on.
    pub(crate) fn gives_way(&mut self) {
        (self.speaker, self.in_vain) = (None, 0);
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        1 + self.away.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_for_a_site_gives_way_after_twelve_looks_in_vain() {
        let now = Instant::now();
        let mut patrol = Patrol::default();
        patrol.joins(DeviceId(1));
        patrol.joins(DeviceId(2));
        patrol.set_speaker(DeviceId(1));
        for look in 1..=STAYS {
            assert_eq!(patrol.speaker(), Some(DeviceId(1)), "look {look}");
            patrol.looks(DeviceId(1));
            patrol.looked(false, now);
        }
        assert_eq!(patrol.speaker(), None);
        assert!(!patrol.leaves(DeviceId(1)));
        assert!(patrol.leaves(DeviceId(2)), "nobody is away any more");
    }
}
