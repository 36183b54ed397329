//! How channels come onto a wall, and how the last change of it is undone.

use std::collections::BTreeSet;

use super::Wall;
use crate::placed::Placed;
use crate::undo::{Change, Kind, Undo};
use device::{ChannelId, Registry, VirtualDvrId};

impl Wall {
    /// Shows `channels` and takes no place from another one: what stands on the wall stays where it is, the others go to empty places of
    /// the page that is shown, else of the first page that has room for them all, else to new pages. Turns to the first of those that came,
    /// or that is there, and selects it. With `origin`: as members of that virtual DVR.
    pub fn show(&mut self, channels: &[ChannelId], origin: Option<VirtualDvrId>) {
        let mut missing = Vec::new();
        let mut seen = BTreeSet::new();
        for channel in channels.iter().filter(|channel| seen.insert(**channel)) {
            let standing = self
                .places
                .iter_mut()
                .flatten()
                .filter(|placed| placed.channel == *channel);
            let mut stands = false;
            for placed in standing {
                placed.origin = origin.or(placed.origin);
                stands = true;
            }
            if !stands {
                missing.push(Placed::new(*channel, origin));
            }
        }
        self.alone = false;
        let there = || {
            let first = channels.first()?;
            self.places
                .iter()
                .position(|slot| slot.is_some_and(|placed| placed.channel == *first))
        };
        let Some(first) = (if missing.is_empty() {
            there()
        } else {
            self.settle(&missing)
        }) else {
            return;
        };
        self.selected = first;
        self.tidy();
    }

    /// Gives each of these a place of its own; the first one.
    fn settle(&mut self, missing: &[Placed]) -> Option<usize> {
        let tiles = self.layout.tiles();
        let shown = self.page();
        let room = std::iter::once(shown)
            .chain(0..self.pages())
            .map(|page| self.empty_places(page))
            .find(|empty| empty.len() >= missing.len());
        if let Some(empty) = room {
            // Where the person looks, as far as there is room from there on.
            let ahead = empty.iter().position(|place| *place >= self.selected).unwrap_or(0);
            let from = if empty.len() - ahead >= missing.len() { ahead } else { 0 };
            let places = &empty[from..];
            self.reach(places.last()? + 1);
            for (place, placed) in places.iter().zip(missing) {
                self.places[*place] = Some(*placed);
            }
            return places.first().copied();
        }
        let before = self.before(Kind::Replaced { channels: 0 });
        let is_free = self.is_empty() && self.awaited_places() == 0;
        let first = if is_free { 0 } else { self.pages() * tiles };
        self.reach(first);
        self.places.extend(missing.iter().copied().map(Some));
        if !is_free {
            let channels = missing.len();
            self.can_undo(before, Kind::NewPage { channels, first });
        }
        Some(first)
    }

    /// The places of a page that nothing stands on or is awaited for.
    fn empty_places(&self, page: usize) -> Vec<usize> {
        let tiles = self.layout.tiles();
        let kept: BTreeSet<usize> = self.awaited.iter().map(|(place, _)| *place).collect();
        let places = page * tiles..(page + 1) * tiles;
        places
            .filter(|place| self.placed(*place).is_none() && !kept.contains(place))
            .collect()
    }

    /// Puts `channels` at `place` and the tiles after it on the same page, over what is there; what does not fit on the page goes
    /// to empty places. A single channel that is on this page already changes places with what it is put on. Selects the first.
    pub fn put(&mut self, place: usize, channels: &[ChannelId]) {
        self.lay(place, channels, None);
    }

    /// Puts channels like [`Wall::put`], as members of a virtual DVR.
    pub fn put_from(&mut self, origin: VirtualDvrId, place: usize, channels: &[ChannelId]) {
        self.lay(place, channels, Some(origin));
    }

    fn lay(&mut self, place: usize, channels: &[ChannelId], origin: Option<VirtualDvrId>) {
        let before = self.before(Kind::Replaced { channels: 0 });
        let place = place.min(self.last_place());
        let tiles = self.layout.tiles();
        let page_end = (place / tiles + 1) * tiles;
        self.reach(page_end);
        let mut replaced = 0;
        let shows = |slot: &Option<Placed>, channel| slot.is_some_and(|placed| placed.channel == channel);
        let on_page = match channels {
            [channel] => (page_end - tiles..page_end)
                .filter(|other| shows(&self.places[*other], *channel))
                .min_by_key(|other| *other != place),
            _ => None,
        };
        if let Some(other) = on_page {
            self.places.swap(place, other);
            if let Some(placed) = &mut self.places[place] {
                placed.origin = origin;
            }
        } else {
            let here = channels.len().min(page_end - place);
            let over = self.places[place..].iter().take(here).flatten();
            let lost = over.filter(|placed| !channels.contains(&placed.channel)).count();
            for (slot, channel) in self.places[place..].iter_mut().zip(&channels[..here]) {
                *slot = Some(Placed::new(*channel, origin));
            }
            let mut rest = Vec::new();
            for channel in &channels[here..] {
                match self.places.iter_mut().find(|slot| shows(slot, *channel)) {
                    Some(Some(placed)) => placed.origin = origin.or(placed.origin),
                    _ => rest.push(Placed::new(*channel, origin)),
                }
            }
            self.append(&rest);
            replaced = lost;
        }
        self.alone = false;
        self.selected = place;
        self.tidy();
        if replaced > 0 {
            self.can_undo(before, Kind::Replaced { channels: replaced });
        }
    }

    /// The wall as it is before a change.
    pub(super) fn before(&self, kind: Kind) -> Undo {
        Undo {
            kind,
            layout: self.layout.clone(),
            places: self.places.clone(),
            selection: (self.selected, self.alone),
            gone: None,
            after: Vec::new(),
        }
    }

    /// What was done since `before` can be undone.
    pub(super) fn can_undo(&mut self, before: Undo, kind: Kind) {
        self.undo = Some(Box::new(Undo {
            kind,
            after: self.places.clone(),
            ..before
        }));
    }

    /// The change that [`Wall::undo`] would take back; `None` if there is none, or the places were changed since.
    #[must_use]
    pub fn undoable(&self) -> Option<Change> {
        let undo = self.undo.as_ref().filter(|undo| undo.after == self.places)?;
        let tiles = self.layout.tiles();
        Some(match undo.kind {
            Kind::AllCleared => Change::AllCleared {
                pages: undo.places.len().div_ceil(tiles),
            },
            Kind::PageCleared { channels } => Change::PageCleared { channels },
            Kind::Replaced { channels } => Change::Replaced { channels },
            Kind::NewPage { channels, first } => Change::NewPage {
                channels,
                page: first / tiles + 1,
            },
        })
    }

    /// Takes the last change back, unless the places were changed since. Channels that are gone meanwhile come back with their devices.
    pub fn undo(&mut self, registry: &Registry) {
        if let Some(undo) = self.undo.take().filter(|undo| undo.after == self.places) {
            self.layout = undo.layout;
            self.places = undo.places;
            if let Some(gone) = undo.gone {
                self.gone = gone;
            }
            (self.selected, self.alone) = undo.selection;
            self.follow(registry);
        }
    }

    /// The last change is not wanted back.
    pub fn forget_change(&mut self) {
        self.undo = None;
    }
}
