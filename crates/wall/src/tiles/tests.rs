use proptest::prelude::*;

use super::*;
use crate::undo::Change;
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
    assert_eq!(wall.paging(), Paging { at: 1, of: 2 });
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
    assert_eq!(
        (wall.pages(), wall.undoable()),
        (1, Some(Change::AllCleared { pages: 3 }))
    );
    let now = registry(&[device(1, 10)]);
    wall.undo(&now);
    assert_eq!((wall.places(), wall.selected()), (before.places(), 9));
    assert_eq!(wall.undoable(), None);
    wall.clear_all();
    wall.put(0, &[ch(1)]);
    assert_eq!(wall.undoable(), None, "something else is on the wall");
    wall.undo(&now);
    assert_eq!(shown(&wall)[0], Some(1));
    // A device that went meanwhile leaves its tiles empty until it comes back.
    wall.clear_all();
    wall.undo(&registry(&[]));
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
    assert_eq!(wall.paging(), Paging { at: 2, of: 5 });
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

fn numbers(wall: &Wall) -> Vec<Option<(u64, u16)>> {
    let numbers = wall.places().iter();
    numbers
        .map(|slot| slot.map(|placed| (placed.channel.device.0, placed.channel.number)))
        .collect()
}

#[test]
fn what_is_shown_takes_empty_places_then_a_new_page_and_never_the_place_of_another_one() {
    let all = registry(&[device(1, 3), device(2, 4)]);
    let other: Vec<ChannelId> = device(2, 4).channel_ids().collect();
    let mut wall = wall(Layout::Four, 3);
    wall.follow(&all);
    wall.show(&other[..1], None);
    assert_eq!(numbers(&wall), [(1, 1), (1, 2), (1, 3), (2, 1)].map(Some));
    assert_eq!((wall.selected(), wall.undoable()), (3, None), "nothing was lost");
    // What stands on the wall stays there, once.
    wall.select(0);
    wall.show(&other[..1], None);
    assert_eq!((wall.selected(), numbers(&wall).len()), (3, 4));
    // The page is full: a new one, which is turned to and can be taken back.
    let before = wall.clone();
    wall.show(&other, None);
    assert_eq!(
        numbers(&wall),
        [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (2, 4)].map(Some)
    );
    assert_eq!((wall.page(), wall.selected()), (1, 4));
    assert_eq!(wall.undoable(), Some(Change::NewPage { channels: 3, page: 2 }));
    wall.undo(&all);
    assert_eq!((wall.places(), wall.selected()), (before.places(), before.selected()));
    // A page further on has room.
    wall.show(&other, None);
    wall.clear(4);
    wall.clear(5);
    wall.select(1);
    wall.show(&other[1..3], None);
    assert_eq!((wall.page(), wall.pages(), numbers(&wall).len()), (1, 2, 7));
}

#[test]
fn what_lost_its_place_comes_back() {
    let all = registry(&[device(1, 6)]);
    let mut wall = wall(Layout::Four, 6);
    let before = wall.clone();
    wall.put(1, &[ch(6)]);
    assert_eq!(wall.undoable(), Some(Change::Replaced { channels: 1 }));
    wall.undo(&all);
    assert_eq!(wall.places(), before.places());
    wall.put(1, &[ch(4)]);
    assert_eq!(wall.undoable(), None, "two tiles of the page changed places");
    wall.clear_page();
    assert_eq!(wall.undoable(), Some(Change::PageCleared { channels: 4 }));
    wall.swap(4, 5);
    assert_eq!(wall.undoable(), None, "something else was done since");
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
        (0..Layout::PRESETS.len()).prop_map(Act::Layout),
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
