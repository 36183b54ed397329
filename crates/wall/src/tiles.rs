mod awaited;
mod following;
mod putting;

use std::collections::BTreeSet;

use super::crop::Crop;
use super::layout::{Cell, Grid, Layout};
use super::placed::Placed;
use super::undo::{Gone, Kind, Undo};
use device::{ChannelId, DeviceId, VirtualDvrId};

/// What one window shows: a row of places, cut into pages by the layout.
///
/// The places stay in order when the layout changes, so that 16 tiles become four pages of 4 and back. The selection is a
/// place, so it stays with its channel as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wall {
    layout: Layout,
    places: Vec<Option<Placed>>,
    /// Devices whose channels were put on the wall once already, so that a channel that the user removed does not come back by
    /// itself.
    known: BTreeSet<DeviceId>,
    /// What the removal of devices took away, so that its undo can put it back.
    gone: Gone,
    /// What stands on places of devices that are not known just now.
    awaited: Vec<(usize, Placed)>,
    /// The registry may lack devices that are registered.
    awaits: bool,
    undo: Option<Box<Undo>>,
    selected: usize,
    alone: bool,
}

/// One tile of the page that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Index in the row of places; names the tile in every method of [`Wall`].
    pub place: usize,
    pub channel: Option<ChannelId>,
    /// The virtual DVR that the channel was put here from.
    pub origin: Option<VirtualDvrId>,
    /// Left, top, right and bottom as fractions of the page.
    pub area: [f32; 4],
    pub selected: bool,
    /// Whether it fills the wall instead of the grid.
    pub alone: bool,
    pub crop: Crop,
}

/// Where one is among all that turning goes through: the pages, or the channels while one of them fills the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Counted from 1.
    pub at: usize,
    pub of: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

impl Wall {
    /// A wall as it was saved. `known` are devices that were offered a place before.
    #[must_use]
    pub fn restore(
        layout: Layout,
        places: Vec<Option<Placed>>,
        known: BTreeSet<DeviceId>,
        selected: usize,
        alone: bool,
    ) -> Self {
        let mut wall = Self {
            layout,
            places,
            known,
            gone: Gone::default(),
            awaited: Vec::new(),
            awaits: false,
            undo: None,
            selected,
            alone,
        };
        wall.tidy();
        wall
    }

    /// Sets how the channel on a place is shown.
    pub fn set_crop(&mut self, place: usize, crop: Crop) {
        if let Some(Some(placed)) = self.places.get_mut(place) {
            placed.crop = crop;
        }
    }

    pub fn set_layout(&mut self, layout: Layout) {
        self.layout = layout;
        self.alone = false;
        self.tidy();
    }

    /// Selects the tile at `place` and turns to its page.
    pub fn select(&mut self, place: usize) {
        self.selected = place.min(self.last_place());
        self.tidy();
    }

    /// Moves the selection to the nearest tile in that direction, on the same page; alone, to the next channel.
    pub fn step(&mut self, direction: Direction) {
        if self.alone {
            match direction {
                Direction::Left | Direction::Up => self.turn(-1),
                Direction::Right | Direction::Down => self.turn(1),
            }
            return;
        }
        let grid = self.layout.grid();
        let first = self.first_place();
        let from = grid.cells()[self.selected - first];
        let nearest = (0..grid.cells().len())
            .filter_map(|index| Some((distance(from, grid.cells()[index], direction)?, index)))
            .min();
        if let Some((_, index)) = nearest {
            self.selected = first + index;
        }
    }

    /// Turns `by` pages, stopping at the first and the last; alone, goes to the next or previous channel.
    pub fn turn(&mut self, by: isize) {
        if self.alone {
            let mut place = self.selected;
            loop {
                let Some(next) = place
                    .checked_add_signed(by.signum())
                    .filter(|next| *next <= self.last_place())
                else {
                    return;
                };
                place = next;
                if self.placed(place).is_some() {
                    self.selected = place;
                    return;
                }
            }
        }
        let page = self.page().saturating_add_signed(by).min(self.pages() - 1);
        self.selected = page * self.layout.tiles() + self.selected % self.layout.tiles();
    }

    /// Where [`Wall::turn`] is; alone, the channels are counted.
    #[must_use]
    pub fn paging(&self) -> Paging {
        if !self.alone {
            return Paging {
                at: self.page() + 1,
                of: self.pages(),
            };
        }
        let channels = |places: &[Option<Placed>]| places.iter().flatten().count();
        Paging {
            at: channels(&self.places[..=self.selected]),
            of: channels(&self.places),
        }
    }

    /// Shows the selected channel alone, or all tiles again. An empty tile is not shown alone.
    pub fn toggle_alone(&mut self) {
        self.alone = !self.alone && self.selected_channel().is_some();
    }

    /// Shows all tiles again; `false` if they were shown already.
    pub fn leave_alone(&mut self) -> bool {
        std::mem::take(&mut self.alone)
    }

    /// Exchanges two tiles and selects the second.
    pub fn swap(&mut self, from: usize, to: usize) {
        self.reach(from.max(to) + 1);
        self.places.swap(from, to);
        self.selected = to;
        self.tidy();
    }

    /// Empties one tile.
    pub fn clear(&mut self, place: usize) {
        if let Some(slot) = self.places.get_mut(place) {
            *slot = None;
        }
        self.alone = false;
        self.tidy();
    }

    /// Empties the page that is shown; [`Wall::undo`] brings its channels back.
    pub fn clear_page(&mut self) {
        let before = self.before(Kind::PageCleared { channels: 0 });
        let (first, tiles) = (self.first_place(), self.layout.tiles());
        let page = self.places.iter_mut().skip(first).take(tiles);
        let channels = page.filter_map(Option::take).count();
        self.alone = false;
        self.tidy();
        if channels > 0 {
            self.can_undo(before, Kind::PageCleared { channels });
        }
    }

    /// Empties every page; [`Wall::undo`] brings them back.
    pub fn clear_all(&mut self) {
        if self.is_empty() {
            return;
        }
        let before = Undo {
            gone: Some(std::mem::take(&mut self.gone)),
            ..self.before(Kind::AllCleared)
        };
        self.places.clear();
        self.alone = false;
        self.tidy();
        self.can_undo(before, Kind::AllCleared);
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The page that is shown, from 0.
    #[must_use]
    pub fn page(&self) -> usize {
        self.selected / self.layout.tiles()
    }

    /// How many pages there are; at least 1.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.places.len().div_ceil(self.layout.tiles()).max(1)
    }

    /// The place of the selected tile.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    #[must_use]
    pub fn selected_channel(&self) -> Option<ChannelId> {
        self.channel(self.selected)
    }

    #[must_use]
    pub fn channel(&self, place: usize) -> Option<ChannelId> {
        self.placed(place).map(|placed| placed.channel)
    }

    /// What stands on a place.
    #[must_use]
    pub fn placed(&self, place: usize) -> Option<Placed> {
        self.places.get(place).copied().flatten()
    }

    /// `true` while the selected channel fills the wall.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether no page has a channel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }

    /// Whether the page that is shown has no channel.
    #[must_use]
    pub fn is_page_empty(&self) -> bool {
        let page = self.places.iter().skip(self.first_place()).take(self.layout.tiles());
        page.flatten().next().is_none()
    }

    /// The first place of the page that is shown.
    #[must_use]
    pub fn first_place(&self) -> usize {
        self.page() * self.layout.tiles()
    }

    /// All places in order, without what is awaited.
    #[must_use]
    pub fn places(&self) -> &[Option<Placed>] {
        &self.places
    }

    /// Devices that were offered a place already, as they are saved.
    #[must_use]
    pub fn known(&self) -> &BTreeSet<DeviceId> {
        &self.known
    }

    /// The tiles on screen, in the order of the layout.
    #[must_use]
    pub fn tiles(&self) -> Vec<Tile> {
        let tile = |place: usize, area| {
            let placed = self.placed(place);
            Tile {
                place,
                channel: placed.map(|placed| placed.channel),
                origin: placed.and_then(|placed| placed.origin),
                area,
                selected: place == self.selected,
                alone: self.is_alone(),
                crop: placed.map(|placed| placed.crop).unwrap_or_default(),
            }
        };
        if self.alone {
            return vec![tile(self.selected, [0.0, 0.0, 1.0, 1.0])];
        }
        let (grid, first): (Grid, usize) = (self.layout.grid(), self.first_place());
        let cells = grid.cells().iter().enumerate();
        cells
            .map(|(index, cell)| tile(first + index, cell.fractions(&grid)))
            .collect()
    }

    fn last_place(&self) -> usize {
        self.pages() * self.layout.tiles() - 1
    }

    fn reach(&mut self, length: usize) {
        if self.places.len() < length {
            self.places.resize(length, None);
        }
    }

    fn append(&mut self, more: &[Placed]) {
        let mut more = more.iter().copied();
        let kept: BTreeSet<usize> = self.awaited.iter().map(|(place, _)| *place).collect();
        let slots = self.places.iter_mut().enumerate();
        let empty = slots.filter(|(place, slot)| slot.is_none() && !kept.contains(place));
        for (_, slot) in empty {
            let Some(placed) = more.next() else { return };
            *slot = Some(placed);
        }
        self.places.extend(more.map(Some));
    }

    /// Drops empty places at the end and keeps the selection on a page that exists.
    fn tidy(&mut self) {
        let used = self.places.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.places.resize(used.max(self.awaited_places()), None);
        self.selected = self.selected.min(self.last_place());
        self.alone &= self.selected_channel().is_some();
    }
}

/// How far `to` lies from `from` in that direction (twice the grid units, the sideways part counts more); `None`: not there.
fn distance(from: Cell, to: Cell, direction: Direction) -> Option<u32> {
    let centre = |cell: Cell| {
        let twice = |start: u8, length: u8| i32::from(start) * 2 + i32::from(length);
        (twice(cell.column, cell.width), twice(cell.row, cell.height))
    };
    let edges = |cell: Cell| {
        (
            i32::from(cell.column),
            i32::from(cell.row),
            i32::from(cell.width),
            i32::from(cell.height),
        )
    };
    let ((fx, fy), (tx, ty)) = (centre(from), centre(to));
    let ((fc, fr, fw, fh), (tc, tr, tw, th)) = (edges(from), edges(to));
    let (ahead, along, aside) = match direction {
        Direction::Left => (tc + tw <= fc, fx - tx, ty - fy),
        Direction::Right => (tc >= fc + fw, tx - fx, ty - fy),
        Direction::Up => (tr + th <= fr, fy - ty, tx - fx),
        Direction::Down => (tr >= fr + fh, ty - fy, tx - fx),
    };
    ahead.then_some(along.unsigned_abs() + 3 * aside.unsigned_abs())
}

#[cfg(test)]
mod tests;
