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
