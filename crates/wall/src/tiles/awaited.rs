//! What stands on places whose devices are not known just now, because the registry cannot be read as a whole: the tiles are empty,
//! and the places are kept for the devices.

use std::collections::BTreeMap;

use super::Wall;
use crate::placed::Placed;
use device::{ChannelId, DeviceId, Registry};

impl Wall {
    /// Keeps the places of channels that are not in `registry`, which may lack devices that are registered. To be called for a wall
    /// as it was saved, before [`Wall::follow`].
    pub fn await_devices(&mut self, registry: &Registry) {
        self.awaits = true;
        let counts: BTreeMap<DeviceId, usize> = registry.devices.iter().map(|d| (d.id, d.channels.len())).collect();
        let is_known = |channel: ChannelId| {
            let count = counts.get(&channel.device);
            count.is_some_and(|count| (1..=*count).contains(&usize::from(channel.number)))
        };
        for (place, slot) in self.places.iter_mut().enumerate() {
            let placed = slot.take_if(|placed| !is_known(placed.channel));
            self.awaited.extend(placed.map(|placed| (place, placed)));
        }
        self.tidy();
    }

    /// The registry is known as a whole from now on: what stands on places that it lacks is gone with the next [`Wall::follow`].
    pub fn stop_awaiting(&mut self) {
        self.awaits = false;
        for (place, placed) in std::mem::take(&mut self.awaited) {
            self.stand(place, placed);
        }
        self.tidy();
    }

    /// Whether the registry may lack devices that stand here.
    #[must_use]
    pub fn is_awaiting(&self) -> bool {
        self.awaits
    }

    /// All places in order as they are saved, with what is awaited.
    #[must_use]
    pub fn kept_places(&self) -> Vec<Option<Placed>> {
        let mut whole = self.clone();
        whole.stop_awaiting();
        whole.places
    }

    /// Puts back what is awaited no longer.
    pub(super) fn arrive(&mut self, exists: impl Fn(&ChannelId) -> bool) {
        let (here, still) = std::mem::take(&mut self.awaited)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, placed)| exists(&placed.channel));
        self.awaited = still;
        for (place, placed) in here {
            self.stand(place, placed);
        }
    }

    /// The number of places that what is awaited needs.
    pub(super) fn awaited_places(&self) -> usize {
        self.awaited.iter().map(|(place, _)| place + 1).max().unwrap_or(0)
    }

    /// Puts it on its place, or on an empty one where somebody took that.
    fn stand(&mut self, place: usize, placed: Placed) {
        self.reach(place + 1);
        match &mut self.places[place] {
            empty @ None => *empty = Some(placed),
            Some(_) => self.append(&[placed]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, View};
    use device::sample::{self, registry};

    fn devices(ids: &[u64]) -> Registry {
        let devices: Vec<_> = ids
            .iter()
            .map(|id| sample::device(*id, &format!("DVR {id}"), 4))
            .collect();
        registry(&devices)
    }

    /// Two devices on pages of four, as they were saved, the second page shown.
    fn saved() -> Wall {
        let mut wall = Wall::default();
        wall.follow(&devices(&[1, 2]));
        wall.set_layout(Layout::Four);
        wall.swap(1, 6);
        wall
    }

    #[test]
    fn places_are_kept_for_devices_that_are_not_known_and_come_back() {
        for known in [&[][..], &[1], &[2]] {
            let mut wall = saved();
            wall.await_devices(&devices(known));
            wall.follow(&devices(known));
            assert_eq!(wall.kept_places(), saved().places(), "what would be saved now");
            assert_eq!((wall.page(), wall.known()), (1, saved().known()));
            let shown = wall.places().iter().flatten();
            assert!(shown.into_iter().all(|placed| known.contains(&placed.channel.device.0)));
            wall.stop_awaiting();
            wall.follow(&devices(&[1, 2]));
            assert_eq!(wall, saved());
        }
    }

    #[test]
    fn devices_may_come_one_by_one_and_what_was_put_on_a_place_meanwhile_stays() {
        let mut wall = saved();
        wall.await_devices(&devices(&[]));
        wall.follow(&devices(&[3]));
        let here = wall.places().iter().flatten().count();
        assert_eq!(here, 0, "a new device is in the tree alone");
        wall.follow(&devices(&[3, 1]));
        wall.stop_awaiting();
        wall.follow(&devices(&[3, 1, 2]));
        assert_eq!(wall.places()[..8], saved().places()[..], "each on its own place");
        for (id, tiles) in [(1, 4), (2, 4), (3, 0)] {
            let of_device = wall.places().iter().flatten();
            let count = of_device.filter(|placed| placed.channel.device == DeviceId(id)).count();
            assert_eq!(count, tiles, "device {id}");
        }
    }

    #[test]
    fn what_is_gone_for_good_leaves_its_place_and_can_be_undone() {
        let mut wall = saved();
        wall.await_devices(&devices(&[]));
        wall.follow(&devices(&[]));
        wall.stop_awaiting();
        wall.follow(&devices(&[1]));
        assert_eq!(wall.kept_places(), wall.places());
        assert!(!wall.known().contains(&DeviceId(2)));
        wall.follow(&devices(&[1, 2]));
        assert_eq!(wall.places(), saved().places());
    }

    #[test]
    fn a_view_that_is_opened_or_saved_meanwhile_loses_nothing() {
        let view = View::of("Night", &saved());
        let mut wall = Wall::default();
        wall.await_devices(&devices(&[]));
        let opened = view.on(&wall, &devices(&[1]));
        assert_eq!(opened.kept_places(), view.places);
        assert_eq!(View::of("Night", &opened), view);
    }
}
