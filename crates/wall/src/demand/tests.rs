use std::collections::BTreeSet;

use super::held::DWELL;
use super::*;

fn ch(number: u16) -> ChannelId {
    ChannelId {
        device: DeviceId(1),
        number,
    }
}

fn tile(number: u16, height: f32, tiles: usize) -> ShownTile {
    ShownTile {
        channel: ch(number),
        height,
        selected: number == 1,
        crop: Crop::default(),
        tiles,
    }
}

/// A window with so many tiles of one size.
fn tiles(count: u16, height: f32) -> Vec<ShownTile> {
    (1..=count).map(|n| tile(n, height, count.into())).collect()
}

fn chosen(choice: StreamChoice, tile: ShownTile) -> ShownTile {
    let crop = Crop { choice, ..tile.crop };
    ShownTile { crop, ..tile }
}

/// The needs as text, such as `1m!` (channel 1, main, selected), `2s` (visible), `3s~` (warm).
fn said(needs: &[Need]) -> String {
    let one = |need: &Need| {
        assert_eq!(need.decode, need.attention != Attention::Warm);
        let kind = if need.stream.kind == StreamKind::Main { "m" } else { "s" };
        let mark = match need.attention {
            Attention::Selected => "!",
            Attention::Visible => "",
            Attention::Warm => "~",
        };
        format!("{}{kind}{mark}", need.stream.channel.number)
    };
    needs.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn progress(plays: bool) -> Progress {
    if plays { Progress::Plays } else { Progress::Idle }
}

struct Case {
    demand: Demand,
    now: Instant,
    plays: Vec<StreamKind>,
}

impl Case {
    fn new() -> Self {
        Self {
            demand: Demand::default(),
            now: Instant::now(),
            plays: vec![StreamKind::Main, StreamKind::Sub],
        }
    }

    fn at(&mut self, seconds: f32, tiles: &[ShownTile]) -> String {
        self.hidden(seconds, tiles, &[])
    }

    /// `hidden`: in windows that nobody sees.
    fn hidden(&mut self, seconds: f32, tiles: &[ShownTile], hidden: &[ShownTile]) -> String {
        self.now += Duration::from_secs_f32(seconds);
        let plays = self.plays.clone();
        said(&self.demand.update(
            tiles,
            hidden,
            |_| true,
            |stream| progress(plays.contains(&stream.kind)),
            self.now,
        ))
    }
}

#[test]
fn small_tiles_take_the_sub_stream_and_large_ones_the_main_stream_from_the_first_moment() {
    assert_eq!(Case::new().at(0.0, &tiles(2, 171.0)), "1s! 2s");
    assert_eq!(Case::new().at(0.0, &tiles(2, 230.0)), "1m! 2m");
    assert_eq!(Case::new().at(0.0, &tiles(2, 200.0)), "1s! 2s");
    assert!(!Case::new().at(0.0, &tiles(17, 500.0)).contains('m'), "above 16 tiles");
}

/// Who is listened to, as `said`, with `?` for what is prepared.
fn heard(needs: &[Need]) -> String {
    let one = |need: &Need| {
        let kind = if need.stream.kind == StreamKind::Main { "m" } else { "s" };
        match need.listen {
            Listen::No => None,
            Listen::Prepared => Some(format!("{}{kind}?", need.stream.channel.number)),
            Listen::Yes => Some(format!("{}{kind}", need.stream.channel.number)),
        }
    };
    needs.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn one_tile_at_a_time_is_heard_and_none_at_first() {
    let (mut demand, now) = (Demand::default(), Instant::now());
    let at = |demand: &mut Demand, tiles: &[ShownTile], visible| {
        let (on_screen, hidden) = if visible { (tiles, &[][..]) } else { (&[][..], tiles) };
        heard(&demand.update(on_screen, hidden, |_| true, |_| Progress::Plays, now))
    };
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "");
    demand.toggle_sound(ch(2));
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "2s");
    demand.toggle_sound(ch(3));
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "3s");
    demand.toggle_sound(ch(3));
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "");
    // What leaves the screen is silent, also when it comes back.
    demand.toggle_sound(ch(3));
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "3s");
    assert_eq!(at(&mut demand, &tiles(2, 100.0), true), "");
    assert_eq!(at(&mut demand, &tiles(3, 100.0), true), "");
    demand.toggle_sound(ch(1));
    assert_eq!(at(&mut demand, &tiles(3, 100.0), false), "", "the window is hidden");
    assert_eq!(demand.listened(), None);
}

#[test]
fn sound_goes_with_the_picture_from_one_stream_to_the_other() {
    let (mut demand, start) = (Demand::default(), Instant::now());
    let at = |demand: &mut Demand, seconds: f32, height, main_plays: bool| {
        let plays = |stream: StreamId| progress(main_plays || stream.kind == StreamKind::Sub);
        let now = start + Duration::from_secs_f32(seconds);
        heard(&demand.update(&tiles(1, height), &[], |_| true, plays, now))
    };
    at(&mut demand, 0.0, 100.0, false);
    demand.toggle_sound(ch(1));
    assert_eq!(at(&mut demand, 1.0, 100.0, false), "1s");
    at(&mut demand, 2.0, 700.0, false);
    assert_eq!(at(&mut demand, 3.0, 700.0, false), "1m? 1s");
    assert_eq!(at(&mut demand, 4.0, 700.0, true), "1m");
}

#[test]
fn a_device_with_one_stream_gives_that() {
    let mut demand = Demand::default();
    let needs = demand.update(&tiles(20, 100.0), &[], |_| false, |_| Progress::Plays, Instant::now());
    assert!(needs.iter().all(|need| need.stream.kind == StreamKind::Main));
}

#[test]
fn a_tile_that_grows_keeps_its_picture_until_the_other_stream_plays() {
    let mut case = Case::new();
    case.plays = vec![StreamKind::Sub];
    case.at(0.0, &tiles(2, 100.0));
    assert_eq!(case.at(9.0, &tiles(2, 500.0)), "1s! 2s", "waits for the dwell");
    assert_eq!(case.demand.next_change(), Some(case.now + DWELL));
    assert_eq!(case.at(1.1, &tiles(2, 500.0)), "1m! 1s! 2m 2s");
    assert_eq!(case.at(9.0, &tiles(2, 500.0)), "1m! 1s! 2m 2s", "as long as it takes");
    case.plays = vec![StreamKind::Sub, StreamKind::Main];
    assert_eq!(case.at(0.1, &tiles(2, 500.0)), "1m! 2m");
    assert_eq!(case.demand.next_change(), None);
}

#[test]
fn who_looks_at_one_tile_alone_waits_for_nothing_and_back_and_forth_does_not_flap() {
    let mut case = Case::new();
    case.at(0.0, &tiles(9, 100.0));
    assert_eq!(case.at(3.0, &tiles(1, 700.0)).split(' ').next(), Some("1m!"));
    let mut turns = 0;
    let mut last = "1m!".to_owned();
    for second in 0..60 {
        let needs = if second % 2 == 0 {
            case.at(1.0, &tiles(9, 100.0))
        } else {
            case.at(1.0, &tiles(1, 700.0))
        };
        let now = needs.split(' ').next().unwrap_or_default().to_owned();
        turns += usize::from(now != last);
        last = now;
    }
    assert_eq!(turns, 0);
    assert_eq!(
        case.at(9.0, &tiles(9, 100.0)).split(' ').next(),
        Some("1m!"),
        "small since now"
    );
    assert_eq!(case.at(1.1, &tiles(9, 100.0)).split(' ').next(), Some("1s!"));
}

#[test]
fn a_size_that_wavers_changes_nothing() {
    let mut case = Case::new();
    case.at(0.0, &tiles(2, 300.0));
    for _ in 0..50 {
        assert_eq!(case.at(0.9, &tiles(2, 165.0)), "1m! 2m");
        assert_eq!(case.at(0.9, &tiles(2, 235.0)), "1m! 2m");
    }
    for _ in 0..50 {
        assert_eq!(case.at(1.0, &tiles(2, 180.0)), "1m! 2m", "inside the band it stays");
    }
    case.at(0.0, &tiles(2, 165.0));
    assert_eq!(case.at(1.1, &tiles(2, 165.0)), "1s! 2s");
    assert_eq!(case.at(60.0, &tiles(2, 225.0)), "1s! 2s");
}

#[test]
fn between_two_turns_of_a_tile_lie_five_seconds() {
    let mut case = Case::new();
    case.at(0.0, &tiles(2, 100.0));
    let (mut turns, mut last) = (0, "1s! 2s".to_owned());
    for tenth in 0..600 {
        let height = if tenth % 30 < 15 { 500.0 } else { 100.0 };
        let needs = case.at(0.1, &tiles(2, height));
        turns += usize::from(needs != last);
        last = needs;
    }
    assert!((2..=12).contains(&turns), "{turns} in a minute");
}

#[test]
fn tiles_are_counted_in_each_window_of_its_own() {
    let mut beside: Vec<ShownTile> = (1..=12).map(|n| tile(n, 300.0, 12)).collect();
    beside.extend((13..=24).map(|n| tile(n, 300.0, 12)));
    assert!(!Case::new().at(0.0, &beside).contains('s'));
}

#[test]
fn a_page_that_was_left_stays_warm_for_the_grace_time() {
    let mut case = Case::new();
    case.at(0.0, &tiles(2, 100.0));
    let next = [ShownTile {
        selected: true,
        ..tile(3, 100.0, 1)
    }];
    assert_eq!(case.at(1.0, &next), "3s! 1s~ 2s~");
    assert_eq!(case.demand.next_change(), Some(case.now + GRACE));
    assert_eq!(case.at(29.0, &next), "3s! 1s~ 2s~");
    assert_eq!(case.at(0.1, &tiles(2, 100.0)), "1s! 2s 3s~", "back without a reconnect");
    case.at(0.0, &next);
    assert_eq!(case.at(30.1, &next), "3s!");
}

#[test]
fn warm_channels_are_bounded_and_the_newest_stay() {
    let mut case = Case::new();
    for number in 1..=200 {
        case.at(0.01, &[tile(number, 100.0, 1)]);
    }
    let needs = case.at(0.0, &[]);
    assert_eq!(needs.split(' ').count(), GRACE_CHANNELS);
    assert!(needs.contains("200s~") && !needs.contains("100s~"));
}

#[test]
fn a_hidden_window_decodes_nothing_and_keeps_its_connections_as_long_as_it_is_hidden() {
    let mut case = Case::new();
    case.at(0.0, &tiles(2, 100.0));
    assert_eq!(case.hidden(0.0, &[], &tiles(2, 100.0)), "1s~ 2s~");
    assert_eq!(case.hidden(3600.0, &[], &tiles(2, 100.0)), "1s~ 2s~");
    assert_eq!(case.demand.next_change(), None, "nothing runs out");
    assert_eq!(case.at(0.0, &tiles(2, 100.0)), "1s! 2s", "the same streams at once");
}

/// Tiles of another window, numbered from 11.
fn beside(count: u16) -> Vec<ShownTile> {
    let tiles = (11..11 + count).map(|number| tile(number, 300.0, count.into()));
    tiles.collect()
}

#[test]
fn one_of_two_windows_may_be_covered_for_hours_and_shows_the_same_streams_again_at_once() {
    let mut case = Case::new();
    let (first, second) = (tiles(2, 100.0), beside(2));
    let both = [first.clone(), second.clone()].concat();
    assert_eq!(case.at(0.0, &both), "1s! 2s 11m 12m");
    assert_eq!(case.hidden(0.0, &first, &second), "1s! 2s 11m~ 12m~");
    assert_eq!(case.hidden(3600.0, &first, &second), "1s! 2s 11m~ 12m~");
    assert_eq!(case.at(0.0, &both), "1s! 2s 11m 12m");
    // The other way round, and then both.
    assert_eq!(case.hidden(0.0, &second, &first), "11m 12m 1s~ 2s~");
    assert_eq!(case.hidden(60.0, &[], &both), "1s~ 2s~ 11m~ 12m~");
    assert_eq!(case.at(0.0, &both), "1s! 2s 11m 12m");
}

#[test]
fn covering_and_uncovering_again_and_again_makes_no_connection() {
    let mut case = Case::new();
    let (first, second) = (tiles(2, 100.0), beside(2));
    let both = [first.clone(), second.clone()].concat();
    let streams = |said: &str| {
        said.replace(['~', '!'], "")
            .split(' ')
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let before = streams(&case.at(0.0, &both));
    for (round, wait) in [0.1, 1.0, 29.0, 31.0, 90.0].into_iter().cycle().take(200).enumerate() {
        let said = match round % 4 {
            0 => case.hidden(wait, &first, &second),
            1 => case.at(wait, &both),
            2 => case.hidden(wait, &[], &both),
            _ => case.hidden(wait, &second, &first),
        };
        assert_eq!(streams(&said), before, "round {round}");
    }
}

#[test]
fn what_two_windows_show_is_decoded_while_one_of_them_is_seen() {
    let mut case = Case::new();
    let small = tiles(1, 100.0);
    let large = [tile(1, 600.0, 1)];
    assert_eq!(
        case.hidden(0.0, &small, &large),
        "1s!",
        "as the one that is seen wants it"
    );
    assert_eq!(
        case.hidden(60.0, &large, &small),
        "1m!",
        "who looks at one tile waits for nothing"
    );
}

#[test]
fn a_stream_that_was_about_to_be_replaced_stays_while_nobody_looks() {
    let mut case = Case::new();
    case.plays = vec![StreamKind::Sub];
    case.at(0.0, &tiles(2, 100.0));
    case.at(1.0, &tiles(2, 500.0));
    assert_eq!(case.at(2.0, &tiles(2, 500.0)), "1m! 1s! 2m 2s");
    assert_eq!(case.hidden(1.0, &[], &tiles(2, 500.0)), "1s~ 2s~");
    assert_eq!(case.hidden(60.0, &[], &tiles(2, 500.0)), "1s~ 2s~");
}

#[test]
fn a_page_that_is_left_behind_a_cover_and_a_window_that_is_closed_have_the_grace_time() {
    let mut case = Case::new();
    let (first, second) = (tiles(2, 100.0), beside(2));
    case.at(0.0, &[first.clone(), second.clone()].concat());
    case.hidden(9.0, &first, &second);
    // The hidden window turns a page by its command line or its keys; then it is closed.
    let next = [tile(21, 300.0, 1)];
    assert_eq!(case.hidden(0.0, &first, &next), "1s! 2s 11m~ 12m~ 21m~");
    assert_eq!(case.hidden(30.1, &first, &next), "1s! 2s 21m~");
    assert_eq!(case.at(0.0, &first), "1s! 2s 21m~");
    assert_eq!(case.at(30.1, &first), "1s! 2s");
}

#[test]
fn another_view_takes_over_what_it_has_in_common_and_back_within_the_grace_time_is_free() {
    let mut case = Case::new();
    let night = [tile(1, 300.0, 2), tile(2, 300.0, 2)];
    let day = [tile(2, 300.0, 2), tile(3, 300.0, 2)];
    assert_eq!(case.at(0.0, &night), "1m! 2m");
    assert_eq!(case.at(5.0, &day), "2m 3m 1m~");
    assert_eq!(case.at(29.0, &night), "1m! 2m 3m~");
    assert_eq!(case.at(5.0, &day), "2m 3m 1m~");
    assert_eq!(case.at(30.1, &day), "2m 3m");
}

#[test]
fn the_stop_that_a_covered_tour_had_prepared_has_the_grace_time_and_its_own_stop_stays() {
    let mut case = Case::new();
    let stop = tiles(1, 300.0);
    let tile = tile(9, 300.0, 1);
    case.demand.expect(vec![Upcoming { tile, decode: true }]);
    let decoded = case.demand.update(&stop, &[], |_| true, |_| Progress::Plays, case.now);
    assert!(decoded.iter().all(|need| need.decode), "{decoded:?}");
    // Covered, a tour rests: it expects nothing.
    case.demand.expect(vec![]);
    assert_eq!(case.hidden(1.0, &[], &stop), "1m~ 9m~");
    assert_eq!(case.hidden(30.1, &[], &stop), "1m~");
}

#[test]
fn a_channel_on_two_tiles_is_one_stream_as_good_as_the_larger_needs() {
    let mut case = Case::new();
    let twice = [tile(1, 100.0, 2), tile(1, 600.0, 2)];
    assert_eq!(case.at(0.0, &twice), "1m!");
}

#[test]
fn a_stream_chosen_for_one_tile_is_that_tiles_alone_and_shared_where_it_is_the_same() {
    let mut case = Case::new();
    let (small, large) = (tile(1, 100.0, 2), tile(1, 600.0, 2));
    assert_eq!(case.at(0.0, &[small, large]), "1m!");
    let forced = chosen(StreamChoice::Sub, small);
    assert_eq!(case.at(0.1, &[forced, large]), "1m! 1s!");
    assert_eq!(case.demand.streams(ch(1), StreamChoice::Sub).count(), 1);
    let forced = chosen(StreamChoice::Main, small);
    case.at(0.1, &[forced, large]);
    assert_eq!(case.at(31.0, &[forced, large]), "1m!");
}

#[test]
fn a_tile_whose_stream_is_chosen_keeps_its_picture_until_that_plays() {
    let mut case = Case::new();
    case.plays = vec![StreamKind::Sub];
    let forced = chosen(StreamChoice::Main, tile(1, 100.0, 4));
    case.at(0.0, &[tile(1, 100.0, 4)]);
    assert_eq!(case.at(1.0, &[forced]), "1m! 1s!");
    let streams: Vec<_> = case.demand.streams(ch(1), StreamChoice::Main).map(|s| s.kind).collect();
    assert_eq!(streams, [StreamKind::Sub, StreamKind::Main]);
    case.plays.push(StreamKind::Main);
    assert_eq!(case.at(1.0, &[forced]), "1m!");
}

#[test]
fn what_comes_next_is_connected_without_decoding_then_decoded_and_waits_without_a_grace_time() {
    let mut case = Case::new();
    let shown = ShownTile {
        selected: true,
        ..tile(9, 500.0, 1)
    };
    let next = |decode| Upcoming { tile: shown, decode };
    case.demand.expect(vec![next(false)]);
    assert_eq!(case.at(0.0, &tiles(1, 100.0)), "1s! 9m~");
    case.at(100.0, &tiles(1, 100.0));
    assert_eq!(case.at(0.0, &tiles(1, 100.0)), "1s! 9m~", "as long as it is expected");
    case.demand.expect(vec![next(true)]);
    let needs = case
        .demand
        .update(&tiles(1, 100.0), &[], |_| true, |_| Progress::Plays, case.now);
    assert!(needs.iter().all(|need| need.decode), "{needs:?}");
    assert_eq!(needs[1].attention, Attention::Warm);
    case.demand.expect(vec![]);
    assert_eq!(case.at(0.0, &[shown]), "9m! 1s~", "the same stream goes on");
    assert_eq!(case.at(31.0, &[shown]), "9m!");
}
