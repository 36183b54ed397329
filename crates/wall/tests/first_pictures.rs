//! First pictures go before better streams.

use std::time::{Duration, Instant};

use device::{ChannelId, DeviceId, StreamId, StreamKind};
use wall::{Crop, Demand, Need, Progress, ShownTile};

fn ch(number: u16) -> ChannelId {
    let device = DeviceId(1);
    ChannelId { device, number }
}

/// A window with so many tiles of one size.
fn tiles(count: u16, height: f32) -> Vec<ShownTile> {
    let tile = |number| ShownTile {
        channel: ch(number),
        height,
        selected: number == 1,
        crop: Crop::default(),
        tiles: count.into(),
    };
    (1..=count).map(tile).collect()
}

/// The needs as text, such as `1m!` (channel 1, main, selected) and `2s`.
fn asked(needs: &[Need]) -> String {
    let one = |need: &Need| {
        let kind = if need.stream.kind == StreamKind::Main { "m" } else { "s" };
        let mark = if need.attention == wall::Attention::Selected {
            "!"
        } else {
            ""
        };
        format!("{}{kind}{mark}", need.stream.channel.number)
    };
    needs.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A recorder that takes one connect a second and has a picture half a second after it.
#[derive(Default)]
struct Recorder {
    dials: Vec<(StreamId, u32)>,
}

impl Recorder {
    fn progress(&self, stream: StreamId, tick: u32) -> Progress {
        match self.dials.iter().find(|(of, _)| *of == stream) {
            None => Progress::Due,
            Some((_, at)) if tick < at + 5 => Progress::Dialled,
            Some(_) => Progress::Plays,
        }
    }

    /// Each tenth of a second.
    fn turn(&mut self, needs: &[Need], tick: u32) {
        self.dials
            .retain(|(stream, _)| needs.iter().any(|need| need.stream == *stream));
        let next = needs
            .iter()
            .find(|need| self.dials.iter().all(|(of, _)| *of != need.stream));
        if tick.is_multiple_of(10)
            && let Some(next) = next
        {
            self.dials.push((next.stream, tick));
        }
    }
}

/// Runs a wall whose tiles grow at `grown` tenths of a second: when each of `count` channels had a picture, when the
/// first better stream was dialled, and when all had theirs.
fn growing(count: u16, grown: u32) -> Option<(u32, u32, u32)> {
    let (mut demand, mut recorder, start) = (Demand::default(), Recorder::default(), Instant::now());
    let (mut shown, mut upgraded, mut done) = (None, None, None);
    for tick in 0..600 {
        let now = start + Duration::from_millis(100) * tick;
        let height = if tick < grown { 100.0 } else { 400.0 };
        let needs = demand.update(
            &tiles(count, height),
            &[],
            |_| true,
            |of| recorder.progress(of, tick),
            now,
        );
        recorder.turn(&needs, tick);
        let plays = |number, kind| {
            let stream = StreamId {
                channel: ch(number),
                kind,
            };
            recorder.progress(stream, tick) == Progress::Plays
        };
        let kinds = [StreamKind::Main, StreamKind::Sub];
        if (1..=count).all(|number| kinds.iter().any(|kind| plays(number, *kind))) {
            shown.get_or_insert(tick);
        }
        if (1..=count).all(|number| plays(number, StreamKind::Main)) {
            done.get_or_insert(tick);
        }
        let subs = |number| plays(number, StreamKind::Sub);
        let dialled = |number| {
            recorder.dials.iter().any(|(of, _)| {
                *of == StreamId {
                    channel: ch(number),
                    kind: StreamKind::Main,
                }
            })
        };
        if (1..=count).any(|number| subs(number) && dialled(number)) {
            upgraded.get_or_insert(tick);
        }
    }
    Some((shown?, upgraded?, done?))
}

#[test]
fn every_tile_has_a_picture_before_the_first_better_stream_is_dialled() {
    for grown in [3, 8, 22, 61] {
        let (shown, upgraded, done) = growing(16, grown).unwrap();
        assert!(
            shown <= 155,
            "one a second, as without better streams: {shown} with {grown}"
        );
        assert!(upgraded >= shown, "{upgraded} before {shown} with {grown}");
        assert!(done < 400, "{done}");
    }
}

#[test]
fn a_tile_that_never_gets_a_picture_holds_better_streams_up_for_a_time_only() {
    let (mut demand, start) = (Demand::default(), Instant::now());
    let mut at = |seconds, height| {
        let progress = |stream: StreamId| match (stream.channel.number, stream.kind) {
            (1, StreamKind::Sub) => Progress::Plays,
            _ => Progress::Dialled,
        };
        let now = start + Duration::from_secs(seconds);
        let needs = asked(&demand.update(&tiles(2, height), &[], |_| true, progress, now));
        (needs, demand.next_change().map(|at| at.duration_since(start).as_secs()))
    };
    assert_eq!(at(0, 100.0), ("1s! 2s".into(), None));
    assert_eq!(at(1, 400.0).0, "1s! 2s");
    assert_eq!(at(3, 400.0), ("1s! 2s".into(), Some(32)));
    assert_eq!(at(31, 400.0).0, "1s! 2s");
    assert_eq!(at(32, 400.0).0, "1m! 1s! 2m 2s");
}

#[test]
fn a_better_stream_in_line_steps_back_for_tiles_that_join() {
    let (mut demand, start) = (Demand::default(), Instant::now());
    let mut at = |seconds, count| {
        let progress = |stream: StreamId| match (stream.channel.number, stream.kind) {
            (1, StreamKind::Sub) => Progress::Plays,
            _ => Progress::Due,
        };
        let now = start + Duration::from_secs(seconds);
        let shown = tiles(count, if seconds < 1 { 100.0 } else { 400.0 });
        asked(&demand.update(&shown, &[], |_| true, progress, now))
    };
    let mut first = |seconds| at(seconds, 1);
    assert_eq!(first(0), "1s!");
    let mut crowded = |seconds| at(seconds, 3);
    assert_eq!(crowded(2), "1s! 2m 3m");
    assert_eq!(crowded(4), "1s! 2m 3m");
}
