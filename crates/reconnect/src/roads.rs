//! By which of its roads each device is reached, where it has several: the preferred one, or the next while that is dead.
//!
//! A road is an endpoint of a device as the machine knows it: an address and the recorder that stands there. A device is at one of
//! them, so that it has one backoff, one dial in flight and one pace however many roads it has: an attempt costs the same by any.
//! While it is away from the road that it should take, one *scout* of its site at a time looks there, at the pace of a canary. A road
//! that answers for a while is taken back stream by stream: an *heir* of each is dialled there, and what it inherits is let go when
//! its picture has come.
//!
//! This part only knows who is where; when a device turns is decided in `machine/travelling`.

mod choice;
mod patrol;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::port::{LinkId, RoadView, RoadsOf};
use device::{DeviceId, SiteId};

pub(super) use choice::{Choice, speaks_against_road};
pub(super) use patrol::Patrol;

/// Invariants: `scouts` and `looks` name the device of each scout and of its look; a device that is away stands in the patrol of its
/// site, and the agenda has each patrol that has a time.
#[derive(Default)]
pub(super) struct RoadBook {
    choices: BTreeMap<DeviceId, Choice>,
    scouts: BTreeMap<DeviceId, DeviceId>,
    looks: BTreeMap<LinkId, DeviceId>,
    patrols: BTreeMap<SiteId, Patrol>,
    agenda: BTreeSet<(Instant, SiteId)>,
}

impl RoadBook {
    /// No device has more than one road: then nothing here costs anything.
    pub(super) fn are_unused(&self) -> bool {
        self.choices.is_empty()
    }

    pub(super) fn get(&self, device: DeviceId) -> Option<&Choice> {
        self.choices.get(&device)
    }

    pub(super) fn get_mut(&mut self, device: DeviceId) -> Option<&mut Choice> {
        self.choices.get_mut(&device)
    }

    pub(super) fn devices(&self) -> Vec<DeviceId> {
        self.choices.keys().copied().collect()
    }

    /// Whose scout this is.
    pub(super) fn scouted_by(&self, scout: DeviceId) -> Option<DeviceId> {
        self.scouts.get(&scout).copied()
    }

    /// The look at the road of this device is not wanted any more.
    pub(super) fn cancel_look(&mut self, device: DeviceId, site: SiteId) {
        if let Some(patrol) = self.patrols.get_mut(&site) {
            patrol.cancels(device);
        }
    }

    /// The device itself, where this is its scout.
    pub(super) fn device_of(&self, entry: DeviceId) -> DeviceId {
        self.scouted_by(entry).unwrap_or(entry)
    }

    /// Whose preferred road this link looks at.
    pub(super) fn looked_at_by(&self, link: LinkId) -> Option<DeviceId> {
        self.looks.get(&link).copied()
    }

    /// Which road an attempt of this entry takes: a scout goes where its device should be.
    pub(super) fn road_of(&self, entry: DeviceId) -> usize {
        match self.scouted_by(entry) {
            Some(device) => self.get(device).map_or(0, Choice::goal),
            None => self.get(entry).map_or(0, Choice::taken),
        }
    }

    /// Takes over the roads of a device. Whether the one that it takes is still among them.
    pub(super) fn set(&mut self, device: DeviceId, roads: RoadsOf, now: Instant) -> bool {
        self.scouts.insert(roads.scout, device);
        self.looks.insert(roads.look, device);
        match self.choices.get_mut(&device) {
            Some(choice) => choice.replace(roads),
            None => {
                self.choices.insert(device, Choice::new(roads, now));
                true
            }
        }
    }

    /// The device has one road again, or is gone.
    pub(super) fn forget(&mut self, device: DeviceId, site: SiteId) -> Option<Choice> {
        let choice = self.choices.remove(&device)?;
        self.scouts.remove(&choice.scout());
        self.looks.remove(&choice.look());
        self.is_home(device, site);
        Some(choice)
    }

    pub(super) fn view(&self, device: DeviceId) -> Option<RoadView> {
        let next_look = |choice: &Choice| choice.is_away().then(|| self.next_look_of(device)).flatten();
        self.get(device).map(|choice| choice.view(next_look(choice)))
    }

    fn next_look_of(&self, device: DeviceId) -> Option<Instant> {
        self.patrols.values().find(|patrol| patrol.has(device))?.next()
    }

    // Patrols.

    /// The device is away from the road that it should take: somebody looks there.
    pub(super) fn is_away(&mut self, device: DeviceId, site: SiteId, first_look: Instant) {
        let patrol = self.patrols.entry(site).or_default();
        patrol.joins(device);
        if patrol.next().is_none() && !patrol.is_looking() {
            self.plan_look(site, first_look);
        }
    }

    /// It is where it should be.
    pub(super) fn is_home(&mut self, device: DeviceId, site: SiteId) {
        let Some(patrol) = self.patrols.get_mut(&site) else {
            return;
        };
        let next = patrol.next();
        if patrol.leaves(device) {
            self.patrols.remove(&site);
            if let Some(at) = next {
                self.agenda.remove(&(at, site));
            }
        }
    }

    /// Whoever is away at this site is looked after, whatever became of a look that was under way.
    pub(super) fn goes_on(&mut self, site: SiteId, next: Instant) {
        let patrol = self.patrols.get(&site);
        if patrol.is_some_and(|patrol| patrol.next().is_none() && !patrol.is_looking()) {
            self.plan_look(site, next);
        }
    }

    pub(super) fn patrol(&self, site: SiteId) -> Option<&Patrol> {
        self.patrols.get(&site)
    }

    pub(super) fn patrol_mut(&mut self, site: SiteId) -> Option<&mut Patrol> {
        self.patrols.get_mut(&site)
    }

    /// The next look of this site is then.
    pub(super) fn plan_look(&mut self, site: SiteId, at: Instant) {
        let Some(patrol) = self.patrols.get_mut(&site) else {
            return;
        };
        if let Some(before) = patrol.set_next(Some(at)) {
            self.agenda.remove(&(before, site));
        }
        self.agenda.insert((at, site));
    }

    /// The site whose look is due first.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<SiteId> {
        let &(at, site) = self.agenda.first().filter(|(at, _)| *at <= now)?;
        self.agenda.remove(&(at, site));
        if let Some(patrol) = self.patrols.get_mut(&site) {
            patrol.set_next(None);
        }
        Some(site)
    }

    pub(super) fn next_look(&self) -> Option<Instant> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        let patrols: usize = self.patrols.values().map(Patrol::footprint).sum();
        self.choices.len() + self.scouts.len() + self.looks.len() + patrols + self.agenda.len()
    }
}
