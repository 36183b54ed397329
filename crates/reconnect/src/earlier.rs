//! What an earlier run left, for whatever is registered later.

use std::time::{Duration, Instant};

use super::groups::{FORGOTTEN, Group, Path, Probe};
use super::plans::DevicePlan;
use super::spent::{DeviceSpent, Spent};
use device::{DeviceId, SiteId};

/// An outage of an earlier run, until its site is registered.
#[derive(Clone, Copy)]
struct Outage {
    down_since: Instant,
    step: u32,
    last: Option<Instant>,
    next: Instant,
    canary: Option<DeviceId>,
    path: Path,
}

/// Each entry is taken once, by the first registration that it concerns.
#[derive(Default)]
pub(super) struct Earlier {
    outages: Vec<(SiteId, Outage)>,
    in_vain: Vec<(SiteId, u32)>,
    recorders: Vec<(u64, Vec<Instant>)>,
    devices: Vec<(DeviceId, u32, Instant)>,
}

impl Earlier {
    /// What an earlier run spent.
    pub(super) fn of(spent: &Spent, now: Instant) -> Self {
        // A clock that cannot name a time before the PC started takes what is older as if it were new.
        let at = |age: &Duration| now.checked_sub(*age).unwrap_or(now);
        let outages = spent.sites.iter().filter_map(|site| {
            let outage = site.outage?;
            let outage = Outage {
                down_since: at(&outage.since),
                step: outage.step,
                last: outage.last_look.as_ref().map(at),
                next: now + outage.next_look.min(FORGOTTEN),
                canary: outage.canary,
                path: if outage.answers { Path::Alive } else { Path::Dead },
            };
            Some((site.site, outage))
        });
        let recorders = spent.recorders.iter().map(|recorder| {
            let lately = recorder.connects.iter().filter(|age| **age < FORGOTTEN);
            (recorder.recorder, lately.map(at).collect())
        });
        let device = |device: &DeviceSpent| (device.device, device.failures, now + device.next_try.min(FORGOTTEN));
        Self {
            outages: outages.collect(),
            in_vain: spent.sites.iter().map(|site| (site.site, site.in_vain)).collect(),
            recorders: recorders.collect(),
            devices: spent.devices.iter().map(device).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.outages.len() + self.in_vain.len() + self.recorders.len() + self.devices.len()
    }

    /// A device that is registered for the first time in this run takes over its failures and its wait.
    pub(super) fn apply_to(&mut self, id: DeviceId, plan: &mut DevicePlan, epoch: Option<u64>) {
        if let Some(index) = self.devices.iter().position(|(device, ..)| *device == id) {
            let (_, failures, until) = self.devices.swap_remove(index);
            plan.resume(failures, until, epoch);
        }
    }

    /// The group of a site that is registered for the first time in this run goes on where the earlier run stopped.
    pub(super) fn apply_to_group(&mut self, site: SiteId, group: &mut Group, now: Instant) {
        if let Some(index) = self.in_vain.iter().position(|(other, _)| *other == site) {
            group.resume_in_vain(self.in_vain.swap_remove(index).1);
        }
        if let Some(index) = self.outages.iter().position(|(other, _)| *other == site) {
            let outage = self.outages.swap_remove(index).1;
            let probe = Probe::resumed(outage.path, outage.canary, outage.last, outage.next, now);
            group.resume(outage.down_since, outage.step, outage.last, probe);
        }
    }

    pub(super) fn take_recorder(&mut self, recorder: u64) -> Vec<Instant> {
        let index = self.recorders.iter().position(|(other, _)| *other == recorder);
        index.map_or_else(Vec::new, |index| self.recorders.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::plans::{GroupId, Registration};
    use crate::spent::{OutageSpent, RecorderSpent, SiteSpent};

    const MINUTE: Duration = Duration::from_secs(60);

    fn spent() -> Spent {
        let outage = OutageSpent {
            since: MINUTE * 10,
            step: 4,
            last_look: Some(MINUTE),
            next_look: MINUTE * 1_000,
            canary: Some(DeviceId(5)),
            answers: false,
        };
        Spent {
            sites: vec![SiteSpent {
                site: SiteId(1),
                failed: Vec::new(),
                in_vain: 7,
                outage: Some(outage),
            }],
            recorders: vec![RecorderSpent {
                recorder: 9,
                connects: vec![MINUTE * 6, MINUTE],
            }],
            devices: vec![DeviceSpent {
                device: DeviceId(5),
                failures: 3,
                next_try: MINUTE,
            }],
            ..Spent::default()
        }
    }

    #[test]
    fn an_outage_goes_on_with_its_canary_once_and_no_wait_is_believed_beyond_its_end() {
        let now = Instant::now() + MINUTE * 100;
        let mut earlier = Earlier::of(&spent(), now);
        let mut group = Group::new(1, &Limits::default(), now);
        earlier.apply_to_group(SiteId(2), &mut group, now);
        assert!(group.probe().is_none(), "another site knows nothing of it");
        earlier.apply_to_group(SiteId(1), &mut group, now);
        assert_eq!((group.in_vain(), group.step()), (7, 4));
        assert_eq!(group.down_since(), Some(now - MINUTE * 10));
        let probe = group.probe().unwrap();
        assert_eq!((probe.canary(), probe.path()), (Some(DeviceId(5)), Path::Dead));
        assert_eq!(probe.next(), now + FORGOTTEN);
        let mut again = Group::new(1, &Limits::default(), now);
        earlier.apply_to_group(SiteId(1), &mut again, now);
        assert!(again.probe().is_none(), "it is taken once");
    }

    #[test]
    fn a_site_that_plays_already_is_not_down() {
        let now = Instant::now() + MINUTE * 100;
        let mut group = Group::new(1, &Limits::default(), now);
        group.joins(DeviceId(5), false);
        group.plays(DeviceId(5), now);
        Earlier::of(&spent(), now).apply_to_group(SiteId(1), &mut group, now);
        assert!(group.probe().is_none() && group.down_since().is_none());
    }

    #[test]
    fn a_device_and_a_recorder_take_over_what_is_not_too_old_once() {
        let now = Instant::now() + MINUTE * 100;
        let mut earlier = Earlier::of(&spent(), now);
        assert_eq!(earlier.len(), 4);
        assert_eq!(
            earlier.take_recorder(9),
            [now - MINUTE],
            "six minutes ago says nothing any more"
        );
        assert!(earlier.take_recorder(9).is_empty());
        let registration = Registration {
            site: SiteId(1),
            address: None,
            recorder: 9,
            revision: 1,
        };
        let mut plan = DevicePlan::new(registration, GroupId(1), 0, now);
        earlier.apply_to(DeviceId(5), &mut plan, Some(1));
        assert!(plan.has_failed_in(1) && plan.backs_off_at(now));
        assert_eq!(plan.spent(), (3, Some(now + MINUTE)));
        let mut other = DevicePlan::new(registration, GroupId(1), 0, now);
        earlier.apply_to(DeviceId(5), &mut other, Some(1));
        assert!(!other.has_failed_in(1));
    }
}
