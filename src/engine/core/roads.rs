//! The loop and the roads by which devices are reached: each switch is an event, and who listens to a device listens where its pictures
//! come from.

use std::time::Instant;

use super::Core;
use device::DeviceId;
use events::{Happening, Occurrence, Subject};

impl Core {
    pub(super) fn road_changed(&mut self, device: DeviceId, detail: &str, now: Instant) {
        let switch = Happening::new(Subject::Device(device), Occurrence::RoadChanged);
        self.events.happened(switch.detail(detail), now);
        self.sources.takes_another_road(device, now);
    }
}
