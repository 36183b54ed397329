//! Whoever works at a site, as was planned, is not called for it.

use std::collections::BTreeSet;

use device::DeviceId;

use super::Alerter;
use crate::{EventId, EventRecord, EventsById};

impl Alerter {
    /// At these devices somebody works from now on, as was planned.
    pub fn set_planned(&mut self, devices: BTreeSet<DeviceId>) {
        self.planned = devices;
    }

    /// Whether the event is only of devices at which somebody works.
    #[must_use]
    pub fn is_planned(&self, event: &EventRecord) -> bool {
        !event.devices.is_empty() && event.devices.is_subset(&self.planned)
    }

    /// What is of planned work falls silent, and what still lasts when that is over is told, unless it was before.
    pub(super) fn rest(&mut self, book: &impl EventsById) {
        let is_planned = |id: &EventId| book.event(*id).is_some_and(|event| self.is_planned(event));
        let waits: Vec<EventId> = self.pending.keys().copied().filter(is_planned).collect();
        let sounds: Vec<EventId> = self.sounding.iter().copied().filter(is_planned).collect();
        let freed: Vec<EventId> = self.rested.iter().copied().filter(|id| !is_planned(id)).collect();
        for id in sounds {
            self.sounding.remove(&id);
        }
        for id in waits {
            self.pending.remove(&id);
            self.rested.insert(id);
        }
        for id in freed {
            self.rested.remove(&id);
            if !self.calls.iter().any(|call| call.is_about(id)) {
                self.held.insert(id);
                self.held_at = None;
            }
        }
    }
}
