mod awaited;

use std::collections::{BTreeMap, BTreeSet};

use super::crop::Crop;
use super::layout::{Cell, Grid, Layout};
use super::placed::Placed;
use super::undo::{Cleared, Gone};
use device::{ChannelId, Device, DeviceId, Registry, VirtualDvrId};

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
    cleared: Option<Box<Cleared>>,
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
            cleared: None,
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

    /// Shows the selected channel alone, or all tiles again. An empty tile is not shown alone.
    pub fn toggle_alone(&mut self) {
        self.alone = !self.alone && self.selected_channel().is_some();
    }

    /// Shows all tiles again; `false` if they were shown already.
    pub fn leave_alone(&mut self) -> bool {
        std::mem::take(&mut self.alone)
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
        let place = place.min(self.last_place());
        let tiles = self.layout.tiles();
        let page_end = (place / tiles + 1) * tiles;
        self.reach(page_end);
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
        }
        self.alone = false;
        self.selected = place;
        self.tidy();
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

    /// Empties the page that is shown.
    pub fn clear_page(&mut self) {
        let first = self.first_place();
        for slot in self.places.iter_mut().skip(first).take(self.layout.tiles()) {
            *slot = None;
        }
        self.alone = false;
        self.tidy();
    }

    /// Empties every page; [`Wall::undo_clear_all`] brings them back.
    pub fn clear_all(&mut self) {
        if self.is_empty() {
            return;
        }
        self.cleared = Some(Box::new(Cleared {
            places: std::mem::take(&mut self.places),
            gone: std::mem::take(&mut self.gone),
            selection: (self.selected, self.alone),
        }));
        self.alone = false;
        self.tidy();
    }

    /// How many pages [`Wall::undo_clear_all`] would bring back; `None` if nothing was cleared, or something was put on the wall since.
    #[must_use]
    pub fn cleared_pages(&self) -> Option<usize> {
        let cleared = self.cleared.as_ref().filter(|_| self.is_empty())?;
        Some(cleared.places.len().div_ceil(self.layout.tiles()))
    }

    /// Brings the pages back that [`Wall::clear_all`] emptied. Channels that are gone since come back with their devices.
    pub fn undo_clear_all(&mut self, registry: &Registry) {
        if let Some(cleared) = self.cleared.take().filter(|_| self.is_empty()) {
            self.places = cleared.places;
            self.gone = cleared.gone;
            (self.selected, self.alone) = cleared.selection;
            self.follow(registry);
        }
    }

    /// The pages that were cleared are not wanted back.
    pub fn forget_cleared(&mut self) {
        self.cleared = None;
    }

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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use device::Device;
    use device::sample::{self, registry};

    const DVR: DeviceId = DeviceId(1);

    fn ch(number: u16) -> ChannelId {
        ChannelId { device: DVR, number }
    }

    fn device(id: u64, channels: usize) -> Device {
        sample::device(id, &format!("DVR {id}"), channels)
    }

    fn wall(layout: Layout, channels: u16) -> Wall {
        let mut wall = Wall::default();
        wall.follow(&registry(&[device(1, channels.into())]));
        wall.set_layout(layout);
        wall
    }

    fn shown(wall: &Wall) -> Vec<Option<u16>> {
        wall.tiles().iter().map(|tile| tile.channel.map(|c| c.number)).collect()
    }

    #[test]
    fn a_first_device_appears_by_itself_and_makes_pages() {
        let mut wall = wall(Layout::Four, 6);
        assert_eq!(shown(&wall), [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!((wall.page(), wall.pages()), (0, 2));
        wall.turn(1);
        assert_eq!(shown(&wall), [Some(5), Some(6), None, None]);
        wall.turn(1);
        assert_eq!(wall.page(), 1, "stays on the last page");
        wall.turn(-5);
        assert_eq!(wall.page(), 0);
    }

    #[test]
    fn the_first_channels_choose_a_layout_that_shows_them() {
        for (channels, tiles) in [(1, 1), (2, 4), (4, 4), (5, 9), (16, 16), (64, 16)] {
            let mut wall = Wall::default();
            wall.follow(&registry(&[device(1, channels)]));
            assert_eq!(wall.layout().tiles(), tiles, "{channels} channels");
            let before = wall.places().to_vec();
            wall.follow(&registry(&[device(1, channels), device(2, 30)]));
            assert_eq!(wall.layout().tiles(), tiles, "later ones do not");
            assert_eq!(wall.places(), before, "they are in the tree alone");
        }
    }

    #[test]
    fn of_many_first_devices_a_page_full_appears() {
        let mut wall = Wall::default();
        let many: Vec<Device> = (1..=204).map(|id| device(id, 4)).collect();
        wall.follow(&registry(&many));
        assert_eq!((wall.pages(), wall.layout().tiles(), wall.places().len()), (1, 16, 16));
        wall.clear_all();
        wall.follow(&registry(&[many, vec![device(300, 4)]].concat()));
        assert!(wall.is_empty(), "a wall that was emptied by hand stays empty");
        // Where no device is left, the next one is a first one.
        wall.follow(&registry(&[]));
        wall.follow(&registry(&[device(301, 2)]));
        assert_eq!(shown(&wall).iter().flatten().count(), 2);
    }

    #[test]
    fn undoing_a_removal_restores_the_wall_as_it_was() {
        let devices: Vec<Device> = (1..=204).map(|id| device(id, 16)).collect();
        // Twenty pages: a channel of each of the first eighty devices, with gaps; all other channels were taken off.
        let third = |device: &Device| device.channel_ids().nth(2).map(Placed::from);
        let places = devices[..80].iter().map(third).collect();
        let known = devices.iter().map(|device| device.id).collect();
        let mut wall = Wall::restore(Layout::Four, places, known, 0, false);
        wall.clear(5);
        wall.clear(78);
        wall.select(77);
        wall.toggle_alone();
        assert_eq!(wall.pages(), 20);
        for removed in [204, 1, 80] {
            let before = wall.clone();
            wall.follow(&registry(&devices[removed..]));
            assert_ne!(wall.places(), before.places());
            wall.follow(&registry(&devices));
            assert_eq!(wall.places(), before.places(), "{removed}");
            assert_eq!(
                (wall.pages(), wall.selected(), wall.is_alone()),
                (20, 77, true),
                "{removed}"
            );
            assert_eq!(wall.known(), before.known());
        }
    }

    #[test]
    fn a_place_that_was_taken_since_stays_taken_when_a_removal_is_undone() {
        let mut wall = wall(Layout::Four, 4);
        wall.follow(&registry(&[device(1, 4), device(2, 1)]));
        wall.follow(&registry(&[device(2, 1)]));
        let other = ChannelId {
            device: DeviceId(2),
            number: 1,
        };
        wall.put(1, &[other]);
        // Fewer channels of another device in between do not end what can be put back.
        wall.follow(&registry(&[device(1, 3), device(2, 1)]));
        wall.follow(&registry(&[device(1, 4), device(2, 1)]));
        assert_eq!(wall.channel(1), Some(other));
        assert_eq!(shown(&wall), [Some(1), Some(1), Some(3), Some(4)]);
    }

    #[test]
    fn all_pages_are_cleared_and_come_back() {
        let mut wall = wall(Layout::Four, 10);
        wall.clear(2);
        wall.select(9);
        let before = wall.clone();
        wall.clear_all();
        assert!(wall.is_empty());
        assert_eq!((wall.pages(), wall.cleared_pages()), (1, Some(3)));
        let now = registry(&[device(1, 10)]);
        wall.undo_clear_all(&now);
        assert_eq!((wall.places(), wall.selected()), (before.places(), 9));
        assert_eq!(wall.cleared_pages(), None);
        wall.clear_all();
        wall.put(0, &[ch(1)]);
        assert_eq!(wall.cleared_pages(), None, "something else is on the wall");
        wall.undo_clear_all(&now);
        assert_eq!(shown(&wall)[0], Some(1));
        // A device that went meanwhile leaves its tiles empty until it comes back.
        wall.clear_all();
        wall.undo_clear_all(&registry(&[]));
        assert!(wall.is_empty());
        wall.follow(&now);
        assert_eq!(shown(&wall)[0], Some(1));
    }

    #[test]
    fn undoing_a_removal_puts_the_channels_where_they_stood() {
        let mut wall = wall(Layout::Four, 4);
        wall.swap(0, 3);
        let arranged = shown(&wall);
        wall.follow(&registry(&[]));
        wall.follow(&registry(&[device(1, 4)]));
        assert_eq!(shown(&wall), arranged);
    }

    #[test]
    fn what_was_cleared_does_not_come_back_by_itself() {
        let mut wall = wall(Layout::Four, 2);
        wall.clear(0);
        assert!(!wall.follow(&registry(&[device(1, 2)])));
        assert_eq!(shown(&wall), [None, Some(2), None, None]);
        assert!(
            wall.follow(&registry(&[device(1, 2), device(2, 2)])),
            "a second device is known from now on"
        );
        assert_eq!(shown(&wall), [None, Some(2), None, None], "and is in the tree alone");
        wall.follow(&registry(&[device(2, 2)]));
        wall.follow(&registry(&[device(1, 2), device(2, 2)]));
        assert_eq!(
            shown(&wall),
            [None, Some(2), None, None],
            "also not by an undone removal"
        );
    }

    #[test]
    fn a_removed_device_leaves_empty_tiles_and_a_disabled_one_keeps_its_tiles() {
        let mut wall = wall(Layout::Four, 3);
        let mut disabled = device(1, 3);
        disabled.enabled = false;
        assert!(!wall.follow(&registry(&[disabled])));
        assert_eq!(shown(&wall)[..3], [Some(1), Some(2), Some(3)]);
        assert!(wall.follow(&registry(&[device(1, 2)])), "one channel fewer");
        assert_eq!(shown(&wall)[..3], [Some(1), Some(2), None]);
        assert!(wall.follow(&registry(&[])));
        assert!(wall.is_empty());
        assert!(wall.follow(&registry(&[device(1, 1)])), "undo brings it back");
        assert_eq!(shown(&wall)[0], Some(1));
    }

    #[test]
    fn a_layout_change_keeps_the_selected_channel_in_sight() {
        let mut wall = wall(Layout::Sixteen, 16);
        wall.select(10);
        wall.set_layout(Layout::Four);
        assert_eq!(wall.selected_channel(), Some(ch(11)));
        assert_eq!(shown(&wall), [Some(9), Some(10), Some(11), Some(12)]);
        wall.set_layout(Layout::Sixteen);
        assert_eq!((wall.page(), wall.selected_channel()), (0, Some(ch(11))));
    }

    #[test]
    fn a_single_view_walks_through_the_channels_and_comes_back() {
        let mut wall = wall(Layout::Four, 6);
        wall.clear(1);
        wall.toggle_alone();
        assert_eq!(shown(&wall), [Some(1)]);
        wall.step(Direction::Right);
        assert_eq!(shown(&wall), [Some(3)], "empty tiles are passed over");
        wall.turn(1);
        wall.turn(1);
        assert_eq!(shown(&wall), [Some(5)]);
        assert!(wall.leave_alone());
        assert!(!wall.leave_alone());
        assert_eq!(wall.page(), 1);
        wall.select(1);
        wall.toggle_alone();
        assert!(!wall.is_alone(), "an empty tile is not shown alone");
    }

    #[test]
    fn arrows_follow_the_picture_in_uneven_layouts() {
        let mut wall = wall(Layout::OnePlusFive, 6);
        // 0 0 1
        // 0 0 2
        // 3 4 5
        let mut go = |direction, to| {
            wall.step(direction);
            assert_eq!(wall.selected(), to, "{direction:?}");
        };
        go(Direction::Left, 0);
        go(Direction::Right, 1);
        go(Direction::Down, 2);
        go(Direction::Down, 5);
        go(Direction::Left, 4);
        go(Direction::Up, 0);
        go(Direction::Up, 0);
    }

    #[test]
    fn dropping_a_channel_replaces_and_dropping_one_from_the_page_swaps() {
        let mut wall = wall(Layout::Four, 6);
        wall.put(1, &[ch(6)]);
        assert_eq!(shown(&wall), [Some(1), Some(6), Some(3), Some(4)]);
        wall.put(0, &[ch(4)]);
        assert_eq!(shown(&wall), [Some(4), Some(6), Some(3), Some(1)]);
        assert_eq!(wall.selected(), 0);
        wall.swap(0, 3);
        assert_eq!(shown(&wall), [Some(1), Some(6), Some(3), Some(4)]);
    }

    #[test]
    fn dropping_a_device_fills_the_page_and_spills_into_empty_places_only() {
        let mut wall = wall(Layout::Four, 6);
        let other = device(2, 4);
        let channels: Vec<ChannelId> = other.channel_ids().collect();
        wall.put(2, &channels);
        let numbers: Vec<_> = wall
            .places()
            .iter()
            .map(|p| p.map(|p| (p.channel.device.0, p.channel.number)))
            .collect();
        assert_eq!(
            numbers,
            [(1, 1), (1, 2), (2, 1), (2, 2), (1, 5), (1, 6), (2, 3), (2, 4)].map(Some),
            "page 2 keeps its channels"
        );
    }

    #[test]
    fn channels_of_a_virtual_dvr_bear_its_labels_wherever_they_move_on_the_wall() {
        let mut wall = wall(Layout::Four, 4);
        let (doors, labelled) = (VirtualDvrId(7), |wall: &Wall| {
            wall.tiles()
                .iter()
                .map(|tile| tile.origin.is_some())
                .collect::<Vec<_>>()
        });
        wall.put_from(doors, 0, &[ch(3), ch(4)]);
        assert_eq!(shown(&wall), [Some(3), Some(4), Some(3), Some(4)]);
        wall.clear(2);
        wall.put(2, &[ch(1)]);
        assert_eq!(labelled(&wall), [true, true, false, false]);
        wall.swap(0, 2);
        assert_eq!(labelled(&wall), [false, true, true, false]);
        wall.put(0, &[ch(4)]);
        assert_eq!(
            labelled(&wall),
            [false, false, true, false],
            "put again as a channel of its device"
        );
        wall.follow(&registry(&[]));
        wall.follow(&registry(&[device(1, 4)]));
        assert_eq!(
            labelled(&wall),
            [false, false, true, false],
            "an undone removal brings the labels back"
        );
    }

    #[test]
    fn a_channel_on_two_tiles_has_a_crop_on_each_which_moves_with_its_tile() {
        let mut wall = wall(Layout::Four, 2);
        wall.put(2, &[ch(1), ch(1)]);
        let fill: Crop = "fill auto".parse().unwrap();
        wall.set_crop(2, fill);
        let crops = |wall: &Wall| wall.tiles().iter().map(|tile| tile.crop == fill).collect::<Vec<_>>();
        assert_eq!(crops(&wall), [false, false, true, false]);
        wall.swap(2, 1);
        assert_eq!(crops(&wall), [false, true, false, false]);
        wall.put(1, &[ch(2)]);
        assert_eq!(crops(&wall), [false, false, true, false], "changed places");
        wall.clear(2);
        wall.put(2, &[ch(1)]);
        assert!(
            !crops(&wall).contains(&true),
            "what is put anew is shown in the usual way"
        );
    }

    #[derive(Clone, Debug)]
    enum Act {
        Layout(usize),
        Select(usize),
        Step(usize),
        Turn(isize),
        Alone,
        Put(usize, u16),
        Swap(usize, usize),
        Clear(usize),
        Follow(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0..11usize).prop_map(Act::Layout),
            (0..200usize).prop_map(Act::Select),
            (0..4usize).prop_map(Act::Step),
            (-3..4isize).prop_map(Act::Turn),
            Just(Act::Alone),
            (0..200usize, 1..40u16).prop_map(|(a, b)| Act::Put(a, b)),
            (0..100usize, 0..100usize).prop_map(|(a, b)| Act::Swap(a, b)),
            (0..100usize).prop_map(Act::Clear),
            (1..40usize).prop_map(Act::Follow),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_done_the_selection_is_on_screen(acts in proptest::collection::vec(act(), 0..60)) {
            let mut wall = Wall::default();
            for act in acts {
                match act {
                    Act::Layout(n) => wall.set_layout(Layout::PRESETS[n].clone()),
                    Act::Select(place) => wall.select(place),
                    Act::Step(n) => wall.step([Direction::Left, Direction::Right, Direction::Up, Direction::Down][n]),
                    Act::Turn(by) => wall.turn(by),
                    Act::Alone => wall.toggle_alone(),
                    Act::Put(place, number) => wall.put(place, &[ch(number)]),
                    Act::Swap(a, b) => wall.swap(a, b),
                    Act::Clear(place) => wall.clear(place),
                    Act::Follow(channels) => { wall.follow(&registry(&[device(1, channels)])); }
                }
                let tiles = wall.tiles();
                prop_assert_eq!(tiles.iter().filter(|tile| tile.selected).count(), 1);
                prop_assert_eq!(tiles.len(), if wall.is_alone() { 1 } else { wall.layout().tiles() });
                prop_assert!(wall.page() < wall.pages());
                prop_assert!(wall.places().last().is_none_or(Option::is_some));
                if wall.is_alone() { prop_assert!(wall.selected_channel().is_some()); }
            }
        }
    }
}
