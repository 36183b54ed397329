use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::framing::{Framing, StreamChoice};
use super::overload::Relief;
use crate::device::{ChannelId, DeviceId, StreamId, StreamKind};

/// A tile on screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    pub channel: ChannelId,
    /// Height of the picture's area, in physical pixels.
    pub height: f32,
    pub selected: bool,
    /// Which stream the person chose, and how much the picture is enlarged.
    pub framing: Framing,
}

/// A tile that will be on screen soon: connected now, decoded shortly before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upcoming {
    /// As it will be.
    pub tile: Shown,
    /// How many tiles there will be beside it, itself included.
    pub tiles: usize,
    pub decode: bool,
}

/// How much somebody looks at a stream; the more, the sooner it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attention {
    /// On a page that was just left, or in a window that is covered.
    Warm,
    Visible,
    Selected,
}

/// One stream the wall needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub stream: StreamId,
    pub attention: Attention,
    /// `false`: keep the connection, decode nothing.
    pub decode: bool,
}

/// Decides which streams are needed from what is on screen, so that sizes that waver do not make connections waver.
///
/// Small tiles take the sub stream, large ones the main stream. While one replaces the other both run, until the new one has
/// a picture: the tile never goes dark.
#[derive(Debug, Default)]
pub struct Demand {
    channels: HashMap<ChannelId, Held>,
    upcoming: Vec<Upcoming>,
    relief: Relief,
}

/// Up to this height a tile takes the sub stream (the published value of Nx Witness).
pub const SUB_UP_TO: f32 = 171.0;
/// From this height a tile takes the main stream; between the two it keeps what it has (Nx Witness: 1.34 times the lower).
pub const MAIN_FROM: f32 = SUB_UP_TO * 1.34;
/// With more tiles than this on screen all take the sub stream.
pub const MAIN_TILES: usize = 16;
/// A tile must have been large this long before the main stream is asked for, and small this long before it is let go.
pub const DWELL_UP: Duration = Duration::from_millis(400);
pub const DWELL_DOWN: Duration = Duration::from_secs(5);
/// How long a channel that left the screen keeps its connection, and how many such channels there may be.
pub const GRACE: Duration = Duration::from_secs(30);
pub const GRACE_CHANNELS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Held {
    kind: StreamKind,
    /// The other kind: since when it would suit better, and whether it is asked for already.
    other: Option<Other>,
    attention: Attention,
    /// When it was last on screen; `None`: it is.
    left: Option<Instant>,
    /// Not on screen yet, but decoded already.
    soon: bool,
}

#[derive(Clone, Copy, Debug)]
struct Other {
    since: Instant,
    asked: bool,
}

impl Demand {
    /// What the next [`Demand::update`] is to prepare beside the tiles on screen.
    pub fn expect(&mut self, upcoming: Vec<Upcoming>) {
        self.upcoming = upcoming;
    }

    /// What is needed for `tiles`. `has_sub`: the device offers a second stream; `plays`: the stream shows pictures;
    /// `visible`: the window is on screen. Call it again when something changed and at [`Demand::next_change`].
    pub fn update(
        &mut self,
        tiles: &[Shown],
        visible: bool,
        has_sub: impl Fn(DeviceId) -> bool,
        plays: impl Fn(StreamId) -> bool,
        now: Instant,
    ) -> Vec<Need> {
        let mut wanted: BTreeMap<ChannelId, Shown> = BTreeMap::new();
        for tile in tiles {
            let entry = wanted.entry(tile.channel).or_insert(*tile);
            entry.height = entry.height.max(tile.height);
            entry.selected |= tile.selected;
            if tile.framing.zoom.factor > entry.framing.zoom.factor {
                entry.framing.zoom = tile.framing.zoom;
            }
        }
        for tile in wanted.values() {
            let sub = has_sub(tile.channel.device);
            let suited = if sub {
                suited(tile, tiles.len(), self.relief)
            } else {
                Some(StreamKind::Main)
            };
            let held = self.channels.entry(tile.channel).or_insert_with(|| Held {
                kind: suited.unwrap_or(StreamKind::Sub),
                other: None,
                attention: Attention::Visible,
                left: None,
                soon: false,
            });
            held.left = None;
            held.soon = false;
            held.attention = if tile.selected {
                Attention::Selected
            } else {
                Attention::Visible
            };
            let at_once = tile.framing.choice != StreamChoice::Automatic;
            held.turn_to(
                suited,
                at_once,
                |kind| {
                    plays(StreamId {
                        channel: tile.channel,
                        kind,
                    })
                },
                now,
            );
        }
        let upcoming: BTreeMap<ChannelId, Upcoming> = self
            .upcoming
            .iter()
            .map(|upcoming| (upcoming.tile.channel, *upcoming))
            .collect();
        for (channel, next) in upcoming.iter().filter(|(channel, _)| !wanted.contains_key(channel)) {
            let main =
                !has_sub(channel.device) || suited(&next.tile, next.tiles, self.relief) == Some(StreamKind::Main);
            let held = self.channels.entry(*channel).or_insert_with(|| Held {
                kind: if main { StreamKind::Main } else { StreamKind::Sub },
                other: None,
                attention: Attention::Warm,
                left: None,
                soon: false,
            });
            (held.other, held.left) = (None, None);
            (held.attention, held.soon) = (Attention::Warm, next.decode);
        }
        self.channels.retain(|channel, held| {
            if !wanted.contains_key(channel) && !upcoming.contains_key(channel) {
                held.soon = false;
                held.other = None;
                held.attention = Attention::Warm;
                let left = *held.left.get_or_insert(now);
                return now.saturating_duration_since(left) < GRACE;
            }
            true
        });
        self.forget_the_longest_gone();
        self.needs(visible)
    }

    /// What an overloaded machine gives up, from the next update on.
    pub fn set_relief(&mut self, relief: Relief) {
        self.relief = relief;
    }

    /// Forgets channels that are no longer registered, so that nothing is kept warm for them.
    pub fn retain(&mut self, exists: impl Fn(ChannelId) -> bool) {
        self.channels.retain(|channel, _| exists(*channel));
    }

    /// When the answer of [`Demand::update`] changes by itself, at the earliest.
    #[must_use]
    pub fn next_change(&self) -> Option<Instant> {
        let times = self.channels.values().filter_map(|held| match (held.left, held.other) {
            (Some(left), _) => Some(left + GRACE),
            (None, Some(Other { since, asked: false })) => Some(since + dwell(other_kind(held.kind))),
            (None, _) => None,
        });
        times.min()
    }

    /// The streams a tile of this channel may paint, the better suited first; empty before the first update.
    pub fn streams(&self, channel: ChannelId) -> impl Iterator<Item = StreamId> + use<> {
        let held = self.channels.get(&channel).copied();
        let kinds = held.map(|held| held.kinds()).unwrap_or_default();
        kinds.into_iter().flatten().map(move |kind| StreamId { channel, kind })
    }

    fn needs(&self, visible: bool) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::with_capacity(self.channels.len());
        for (channel, held) in &self.channels {
            for kind in held.kinds().into_iter().flatten() {
                let attention = if visible { held.attention } else { Attention::Warm };
                let stream = StreamId {
                    channel: *channel,
                    kind,
                };
                needs.push(Need {
                    stream,
                    attention,
                    decode: attention > Attention::Warm || (visible && held.soon),
                });
            }
        }
        needs.sort_by_key(|need| (std::cmp::Reverse(need.attention), need.stream));
        needs
    }

    fn forget_the_longest_gone(&mut self) {
        let mut gone: Vec<(Instant, ChannelId)> = self
            .channels
            .iter()
            .filter_map(|(channel, held)| Some((held.left?, *channel)))
            .collect();
        gone.sort_by_key(|(left, channel)| (std::cmp::Reverse(*left), *channel));
        for (_, channel) in gone.into_iter().skip(GRACE_CHANNELS) {
            self.channels.remove(&channel);
        }
    }
}

impl Held {
    /// The kind on screen, then the one that is to replace it.
    fn kinds(&self) -> [Option<StreamKind>; 2] {
        let other = self.other.filter(|other| other.asked).map(|_| other_kind(self.kind));
        [Some(self.kind), other]
    }

    /// `at_once`: a person asked for it, so there is no dwell.
    fn turn_to(&mut self, suited: Option<StreamKind>, at_once: bool, plays: impl Fn(StreamKind) -> bool, now: Instant) {
        let Some(suited) = suited.filter(|suited| *suited != self.kind) else {
            // In the band between, what was begun goes on; nothing new begins.
            if suited.is_some() || self.other.is_some_and(|other| !other.asked) {
                self.other = None;
            }
            if self.other.is_some() && plays(other_kind(self.kind)) {
                self.replace();
            }
            return;
        };
        let other = self.other.get_or_insert(Other {
            since: now,
            asked: false,
        });
        other.asked |= at_once || now.saturating_duration_since(other.since) >= dwell(suited);
        // What does not play is replaced at once: there is nothing to keep on screen.
        if other.asked && (plays(suited) || !plays(self.kind)) {
            self.replace();
        }
    }

    fn replace(&mut self) {
        self.kind = other_kind(self.kind);
        self.other = None;
    }
}

/// The kind for a tile; `None`: whichever it has.
fn suited(tile: &Shown, tiles: usize, relief: Relief) -> Option<StreamKind> {
    match tile.framing.choice {
        StreamChoice::Automatic if relief.takes_sub(tile.selected) => return Some(StreamKind::Sub),
        StreamChoice::Automatic => {}
        StreamChoice::Main => return Some(StreamKind::Main),
        StreamChoice::Sub => return Some(StreamKind::Sub),
    }
    // Who looks closer wants to see more, however many tiles there are.
    let (height, tiles) = if tile.framing.is_zoomed() {
        (tile.height * tile.framing.zoom.factor, 1)
    } else {
        (tile.height, tiles)
    };
    if height <= SUB_UP_TO || tiles > MAIN_TILES {
        Some(StreamKind::Sub)
    } else if height >= MAIN_FROM {
        Some(StreamKind::Main)
    } else {
        None
    }
}

fn dwell(to: StreamKind) -> Duration {
    match to {
        StreamKind::Main => DWELL_UP,
        StreamKind::Sub => DWELL_DOWN,
    }
}

fn other_kind(kind: StreamKind) -> StreamKind {
    match kind {
        StreamKind::Main => StreamKind::Sub,
        StreamKind::Sub => StreamKind::Main,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ch(number: u16) -> ChannelId {
        ChannelId {
            device: DeviceId(1),
            number,
        }
    }

    fn tiles(count: u16, height: f32) -> Vec<Shown> {
        (1..=count)
            .map(|n| Shown {
                channel: ch(n),
                height,
                selected: n == 1,
                framing: Framing::default(),
            })
            .collect()
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

        fn at(&mut self, seconds: f32, tiles: &[Shown]) -> String {
            self.now += Duration::from_secs_f32(seconds);
            let plays = self.plays.clone();
            said(
                &self
                    .demand
                    .update(tiles, true, |_| true, |stream| plays.contains(&stream.kind), self.now),
            )
        }
    }

    #[test]
    fn small_tiles_take_the_sub_stream_and_large_ones_the_main_stream_from_the_first_moment() {
        assert_eq!(Case::new().at(0.0, &tiles(2, 171.0)), "1s! 2s");
        assert_eq!(Case::new().at(0.0, &tiles(2, 230.0)), "1m! 2m");
        assert_eq!(Case::new().at(0.0, &tiles(2, 200.0)), "1s! 2s");
        assert!(!Case::new().at(0.0, &tiles(17, 500.0)).contains('m'), "above 16 tiles");
    }

    #[test]
    fn a_device_with_one_stream_gives_that() {
        let mut demand = Demand::default();
        let needs = demand.update(&tiles(20, 100.0), true, |_| false, |_| true, Instant::now());
        assert!(needs.iter().all(|need| need.stream.kind == StreamKind::Main));
    }

    #[test]
    fn a_tile_that_grows_keeps_its_picture_until_the_other_stream_plays() {
        let mut case = Case::new();
        case.plays = vec![StreamKind::Sub];
        case.at(0.0, &tiles(1, 100.0));
        assert_eq!(case.at(1.0, &tiles(1, 700.0)), "1s!", "waits for the dwell");
        assert_eq!(case.demand.next_change(), Some(case.now + DWELL_UP));
        assert_eq!(case.at(0.5, &tiles(1, 700.0)), "1m! 1s!");
        assert_eq!(case.at(9.0, &tiles(1, 700.0)), "1m! 1s!", "as long as it takes");
        case.plays = vec![StreamKind::Sub, StreamKind::Main];
        assert_eq!(case.at(0.1, &tiles(1, 700.0)), "1m!");
        assert_eq!(case.demand.next_change(), None);
    }

    #[test]
    fn a_size_that_wavers_changes_nothing() {
        let mut case = Case::new();
        case.at(0.0, &tiles(1, 300.0));
        for _ in 0..50 {
            assert_eq!(case.at(1.0, &tiles(1, 165.0)), "1m!");
            assert_eq!(case.at(1.0, &tiles(1, 235.0)), "1m!");
        }
        for _ in 0..50 {
            assert_eq!(case.at(1.0, &tiles(1, 180.0)), "1m!", "inside the band it stays");
        }
        case.at(0.0, &tiles(1, 165.0));
        assert_eq!(case.at(5.1, &tiles(1, 165.0)), "1s!");
        assert_eq!(case.at(60.0, &tiles(1, 225.0)), "1s!");
    }

    #[test]
    fn a_page_that_was_left_stays_warm_for_the_grace_time() {
        let mut case = Case::new();
        case.at(0.0, &tiles(2, 100.0));
        let next = [Shown {
            channel: ch(3),
            height: 100.0,
            selected: true,
            framing: Framing::default(),
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
            case.at(
                0.01,
                &[Shown {
                    channel: ch(number),
                    height: 100.0,
                    selected: false,
                    framing: Framing::default(),
                }],
            );
        }
        let needs = case.at(0.0, &[]);
        assert_eq!(needs.split(' ').count(), GRACE_CHANNELS);
        assert!(needs.contains("200s~") && !needs.contains("100s~"));
    }

    #[test]
    fn a_hidden_window_decodes_nothing() {
        let mut demand = Demand::default();
        let now = Instant::now();
        demand.update(&tiles(2, 100.0), true, |_| true, |_| true, now);
        assert_eq!(
            said(&demand.update(&tiles(2, 100.0), false, |_| true, |_| true, now)),
            "1s~ 2s~"
        );
        let later = now + GRACE + SECOND;
        assert_eq!(
            said(&demand.update(&tiles(2, 100.0), false, |_| true, |_| true, later)),
            "1s~ 2s~",
            "kept while it is hidden"
        );
    }

    #[test]
    fn a_channel_on_two_tiles_is_one_stream_as_good_as_the_larger_needs() {
        let mut case = Case::new();
        let twice = [
            Shown {
                channel: ch(1),
                height: 100.0,
                selected: true,
                framing: Framing::default(),
            },
            Shown {
                channel: ch(1),
                height: 600.0,
                selected: false,
                framing: Framing::default(),
            },
        ];
        assert_eq!(case.at(0.0, &twice), "1m!");
    }

    #[test]
    fn what_comes_next_is_connected_without_decoding_then_decoded_and_waits_without_a_grace_time() {
        let mut case = Case::new();
        let shown = Shown {
            channel: ch(9),
            height: 500.0,
            selected: true,
            framing: Framing::default(),
        };
        let next = |decode| Upcoming {
            tile: shown,
            tiles: 1,
            decode,
        };
        case.demand.expect(vec![next(false)]);
        assert_eq!(case.at(0.0, &tiles(1, 100.0)), "1s! 9m~");
        case.at(100.0, &tiles(1, 100.0));
        assert_eq!(case.at(0.0, &tiles(1, 100.0)), "1s! 9m~", "as long as it is expected");
        case.demand.expect(vec![next(true)]);
        let needs = case.demand.update(&tiles(1, 100.0), true, |_| true, |_| true, case.now);
        assert!(needs.iter().all(|need| need.decode), "{needs:?}");
        assert_eq!(needs[1].attention, Attention::Warm);
        case.demand.expect(vec![]);
        assert_eq!(case.at(0.0, &[shown]), "9m! 1s~", "the same stream goes on");
        assert_eq!(case.at(31.0, &[shown]), "9m!");
    }
}
