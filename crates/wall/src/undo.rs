//! What a wall remembers for as long as the program runs, so that it can be as it was: the places of devices that were removed, and
//! what stood there before the last change.

use std::collections::BTreeSet;

use super::layout::Layout;
use super::placed::Placed;
use device::{ChannelId, DeviceId};

/// Which place is selected, and whether it fills the page.
pub(super) type Selection = (usize, bool);

/// Channels whose device, or which themselves, are gone from the registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Gone {
    /// Where they stood, those that went last at the end.
    places: Vec<(usize, Placed)>,
    /// The devices among them that had been offered a place.
    known: BTreeSet<DeviceId>,
    /// The selection before they went and right after it.
    selection: Option<(Selection, Selection)>,
}

impl Gone {
    /// Channels went from these places, and these devices.
    pub(super) fn add(
        &mut self,
        places: Vec<(usize, Placed)>,
        known: impl IntoIterator<Item = DeviceId>,
        before: Selection,
        after: Selection,
    ) {
        self.places.extend(places);
        self.known.extend(known);
        // Of several removals in a row the selection before the first one counts, unless another was chosen in between.
        let first = self
            .selection
            .filter(|(_, then)| *then == before)
            .map(|(first, _)| first);
        self.selection = Some((first.unwrap_or(before), after));
    }

    /// Takes out what exists again: places with their channels, those that went last first, and devices.
    pub(super) fn take_back(&mut self, exists: impl Fn(&ChannelId) -> bool) -> Vec<(usize, Placed)> {
        let places = std::mem::take(&mut self.places).into_iter();
        let (back, gone) = places.partition::<Vec<_>, _>(|(_, placed)| exists(&placed.channel));
        self.places = gone;
        back.into_iter().rev().collect()
    }

    /// Takes out the devices that are registered again.
    pub(super) fn take_known(&mut self, is_registered: impl Fn(&DeviceId) -> bool) -> BTreeSet<DeviceId> {
        let (back, gone) = std::mem::take(&mut self.known).into_iter().partition(is_registered);
        self.known = gone;
        back
    }

    /// The selection before the removal, if everything is back and nothing else was selected since.
    pub(super) fn take_selection(&mut self, now: Selection) -> Option<Selection> {
        if !self.places.is_empty() {
            return None;
        }
        let (before, after) = self.selection.take()?;
        (now == after).then_some(before)
    }
}

/// What the last change took from the wall or put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// All pages were emptied, so many of them.
    AllCleared { pages: usize },
    /// The page was emptied that held so many channels.
    PageCleared { channels: usize },
    /// So many channels lost their place to others.
    Replaced { channels: usize },
    /// So many channels stand on new pages; the first of those, counted from 1.
    NewPage { channels: usize, page: usize },
}

/// A change that can be undone as long as nothing else was done to the places.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Undo {
    pub(super) kind: Kind,
    pub(super) layout: Layout,
    pub(super) places: Vec<Option<Placed>>,
    pub(super) selection: Selection,
    /// What went with its devices before all pages were cleared.
    pub(super) gone: Option<Gone>,
    /// The places right after the change.
    pub(super) after: Vec<Option<Placed>>,
}

/// What of a change does not depend on the layout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    AllCleared,
    PageCleared { channels: usize },
    Replaced { channels: usize },
    NewPage { channels: usize, first: usize },
}
