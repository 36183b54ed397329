//! The cameras that rules opened about events, and the tiles that have a border.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bridge::{OpenAlarm, ShownEvent};
use device::{ChannelId, DeviceId, Registry};
use events::{AlarmView, EventId, EventRecord};

/// So many alarms are open at once; of more, the oldest close.
const MOST: usize = 16;

#[derive(Default)]
pub(super) struct Alarms {
    /// The oldest first.
    open: Vec<OpenAlarm>,
    bordered: Arc<BTreeSet<ChannelId>>,
}

impl Alarms {
    pub(super) fn open(&mut self, about: ShownEvent, view: AlarmView, registry: &Registry) {
        let cameras = view.cameras(&about.event, |device| channels_of(registry, device));
        if cameras.is_empty() {
            return;
        }
        let id = about.event.id;
        self.open.retain(|alarm| alarm.about.event.id != id);
        self.open.push(OpenAlarm { about, cameras, view });
        if self.open.len() > MOST {
            self.open.remove(0);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// What was the event `from` is this one from now on. Two that become one are open once, with the cameras of both.
    pub(super) fn follow(&mut self, from: EventId, now: &ShownEvent) {
        let open_at = |open: &[OpenAlarm], id: EventId| open.iter().position(|alarm| alarm.about.event.id == id);
        let Some(at) = open_at(&self.open, from) else { return };
        let other = open_at(&self.open, now.event.id).filter(|other| *other != at);
        if other.is_some() {
            let cameras = self.open.remove(at).cameras;
            let Some(at) = open_at(&self.open, now.event.id) else {
                return;
            };
            let survivor = &mut self.open[at];
            for camera in cameras {
                if !survivor.cameras.contains(&camera) {
                    survivor.cameras.push(camera);
                }
            }
            survivor.about.clone_from(now);
        } else {
            self.open[at].about.clone_from(now);
        }
    }

    /// It is over: what closes by itself does, what stays says so.
    pub(super) fn over(&mut self, about: &ShownEvent) {
        let id = about.event.id;
        self.open
            .retain(|alarm| alarm.about.event.id != id || !alarm.view.closes);
        if let Some(alarm) = self.open.iter_mut().find(|alarm| alarm.about.event.id == id) {
            alarm.about.clone_from(about);
        }
    }

    /// A person has enough of these; whether there was any.
    pub(super) fn dismiss(&mut self, ids: &[EventId]) -> bool {
        let before = self.open.len();
        self.open.retain(|alarm| !ids.contains(&alarm.about.event.id));
        self.open.len() < before
    }

    /// These events have a border; whether that is news.
    pub(super) fn set_bordered<'a>(
        &mut self,
        events: impl Iterator<Item = &'a EventRecord>,
        registry: &Registry,
    ) -> bool {
        let of_event = AlarmView::of_event();
        let cameras = |event: &EventRecord| of_event.cameras(event, |device| channels_of(registry, device));
        let bordered: BTreeSet<ChannelId> = events.flat_map(cameras).collect();
        let differs = *self.bordered != bordered;
        if differs {
            self.bordered = Arc::new(bordered);
        }
        differs
    }

    pub(super) fn shown(&self) -> Arc<Vec<OpenAlarm>> {
        Arc::new(self.open.clone())
    }

    pub(super) fn bordered(&self) -> Arc<BTreeSet<ChannelId>> {
        Arc::clone(&self.bordered)
    }
}

fn channels_of(registry: &Registry, device: DeviceId) -> Vec<ChannelId> {
    let count = registry.device(device).map_or(0, |device| device.channels.len());
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    (1..=count).map(|number| ChannelId { device, number }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::reading;
    use super::*;
    use device::sample;
    use events::{Cause, Subject, WallTime};

    fn about(id: u64, device: u64) -> ShownEvent {
        let subject = Subject::Device(DeviceId(device));
        let mut event = EventRecord::new(EventId(id), subject, Cause::NoAnswer, WallTime(0));
        event.devices.insert(DeviceId(device));
        reading::shown(event)
    }

    #[test]
    fn two_that_become_one_event_are_open_once_and_close_with_it() {
        let mut registry = Registry::default();
        registry.devices.extend([1, 2].map(|id| sample::device(id, "DVR", 1)));
        let mut alarms = Alarms::default();
        let mut view = AlarmView::of_event();
        view.closes = true;
        alarms.open(about(10, 1), view.clone(), &registry);
        alarms.open(about(11, 2), view, &registry);
        // What was of the first alone is another event now, and then the other one joins it.
        alarms.follow(EventId(10), &about(12, 1));
        alarms.follow(EventId(11), &about(12, 1));
        let open = alarms.shown();
        assert_eq!((open.len(), open[0].about.event.id), (1, EventId(12)));
        let devices: Vec<u64> = open[0].cameras.iter().map(|camera| camera.device.0).collect();
        assert_eq!(devices, [1, 2]);
        alarms.over(&about(12, 1));
        assert!(alarms.is_empty());
    }
}
