//! How a wall takes over what changed in the registry.

use std::collections::{BTreeMap, BTreeSet};

use super::Wall;
use crate::layout::Layout;
use crate::placed::Placed;
use device::{ChannelId, Device, DeviceId, Registry};

impl Wall {
    /// Takes over what changed in the registry: channels that are gone leave their tile empty, and stand there again when they come
    /// back. New devices are for the tree; only on a wall that never had any do the first ones appear by themselves, as many as a page
    /// of sixteen shows (of the first one all channels), in a layout that shows them. `true`: something changed.
    pub fn follow(&mut self, registry: &Registry) -> bool {
        let counts: BTreeMap<DeviceId, usize> = registry.devices.iter().map(|d| (d.id, d.channels.len())).collect();
        let exists = |channel: &ChannelId| {
            channel.number > 0
                && counts
                    .get(&channel.device)
                    .is_some_and(|count| usize::from(channel.number) <= *count)
        };
        let before = (self.places.clone(), self.known.len());
        self.put_back(exists);
        self.arrive(exists);
        self.known
            .extend(self.gone.take_known(|device| counts.contains_key(device)));
        let awaits = self.awaits;
        self.take_off(exists, |device| awaits || counts.contains_key(device));
        let enabled = || registry.devices.iter().filter(|device| device.enabled);
        if self.known.is_empty() && self.is_empty() && self.awaited.is_empty() {
            self.show_first(enabled());
        }
        self.known.extend(enabled().map(|device| device.id));
        self.tidy();
        before != (self.places.clone(), self.known.len())
    }

    /// Leaves the places of channels empty that do not exist.
    fn take_off(&mut self, exists: impl Fn(&ChannelId) -> bool, is_registered: impl Fn(&DeviceId) -> bool) {
        let before = (self.selected, self.alone);
        let mut places = Vec::new();
        for (place, slot) in self.places.iter_mut().enumerate() {
            let placed = slot.take_if(|placed| !exists(&placed.channel));
            places.extend(placed.map(|placed| (place, placed)));
        }
        let (stay, went) = std::mem::take(&mut self.known).into_iter().partition(is_registered);
        let went: BTreeSet<DeviceId> = went;
        self.known = stay;
        if !places.is_empty() || !went.is_empty() {
            self.tidy();
            self.gone.add(places, went, before, (self.selected, self.alone));
        }
    }

    /// Puts the first devices of a fresh profile on the wall.
    fn show_first<'a>(&mut self, devices: impl Iterator<Item = &'a Device>) {
        let mut first: Vec<Placed> = Vec::new();
        for device in devices {
            if !first.is_empty() && first.len() + device.channels.len() > Layout::Sixteen.tiles() {
                break;
            }
            first.extend(device.channel_ids().map(Placed::from));
        }
        if first.is_empty() {
            return;
        }
        let fitting = [Layout::One, Layout::Four, Layout::Nine]
            .into_iter()
            .find(|layout| layout.tiles() >= first.len());
        self.layout = fitting.unwrap_or(Layout::Sixteen);
        self.append(&first);
    }

    /// Puts channels that came back where they stood, as far as nobody took the place.
    fn put_back(&mut self, exists: impl Fn(&ChannelId) -> bool) {
        let back = self.gone.take_back(exists);
        if back.is_empty() {
            return;
        }
        for (place, placed) in back {
            self.reach(place + 1);
            self.places[place].get_or_insert(placed);
        }
        if let Some(selection) = self.gone.take_selection((self.selected, self.alone)) {
            (self.selected, self.alone) = selection;
        }
    }
}
