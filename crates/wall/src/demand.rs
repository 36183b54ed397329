use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::crop::{Crop, StreamChoice};
use super::overload::Relief;
use device::{ChannelId, DeviceId, StreamId, StreamKind};

/// A tile of a window that is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownTile {
    pub channel: ChannelId,
    /// Height of the picture's area, in physical pixels.
    pub height: f32,
    pub selected: bool,
    /// Which stream the person chose, and how much the picture is enlarged.
    pub crop: Crop,
    /// How many tiles its window shows, itself included.
    pub tiles: usize,
}

/// A tile that will be on screen soon: connected now, decoded shortly before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upcoming {
    /// The tile as it will be.
    pub tile: ShownTile,
    pub decode: bool,
}

/// How much somebody looks at a stream; the more, the sooner it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attention {
    /// Its tile is on a page that was just left or is about to come, or in a window that nobody sees.
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
    pub listen: Listen,
}

/// How far a stream is that a tile may paint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is under way: it failed, or its site is down.
    #[default]
    Idle,
    /// It has had no attempt yet and is about to have one.
    Due,
    /// An attempt is under way.
    Dialled,
    /// It shows pictures.
    Plays,
}

/// What is wanted of a stream's sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listen {
    #[default]
    No,
    /// Set up where the stream is connected anew: it is about to replace the one that is heard.
    Prepared,
    Yes,
}

/// Decides which streams are needed from what is on screen, so that sizes that waver do not make connections waver.
///
/// Small tiles take the sub stream, large ones the main stream; tiles that show one channel share the better one, unless a
/// person chose a stream for one of them. While one replaces the other both run, until the new one has a picture: the tile
/// never goes dark. First pictures go before better ones: while a tile on screen waits for its first, no tile that has one asks
/// for its other stream, unless a person chose it.
///
/// What is on screen is connected and decoded. What a hidden window shows (covered, minimised) stays connected for as long as it
/// is hidden, decodes nothing, is silent and keeps the stream it has: uncovered it shows pictures with the next key frame, and
/// covering it again and again makes no connection. What no window shows any more (a page or a view that was left, a window that
/// was closed) stays connected for the grace time.
#[derive(Debug, Default)]
pub struct Demand {
    held: HashMap<Seat, Held>,
    upcoming: Vec<Upcoming>,
    relief: Relief,
    listened: Option<ChannelId>,
}

/// The tiles that share a stream.
type Seat = (ChannelId, StreamChoice);

/// Up to this height a tile takes the sub stream (the published value of Nx Witness).
pub const SUB_UP_TO: f32 = 171.0;
/// From this height a tile takes the main stream; between the two it keeps what it has (Nx Witness: 1.34 times the lower).
pub const MAIN_FROM: f32 = SUB_UP_TO * 1.34;
/// In a window with more tiles than this all take the sub stream.
pub const MAIN_TILES: usize = 16;
/// How long a tile must be too large or too small for its stream before the stream changes (Nx Witness), unless a person
/// enlarged the tile.
pub const DWELL: Duration = Duration::from_secs(1);
/// How long a tile keeps a stream that it changed to (Nx Witness).
pub const BETWEEN_TURNS: Duration = Duration::from_secs(5);
/// How long a better stream lets first pictures of other tiles go before it, at most.
pub const YIELD: Duration = Duration::from_secs(30);
/// How long a channel that left the screen keeps its connection, and how many such channels there may be.
pub const GRACE: Duration = Duration::from_secs(30);
pub const GRACE_CHANNELS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Held {
    kind: StreamKind,
    /// Since when the other kind would suit better, and whether it is asked for already.
    other: Option<Other>,
    /// When `kind` was changed last.
    turned: Option<Instant>,
    attention: Attention,
    /// When it was last on screen; `None`: it is on screen now.
    left: Option<Instant>,
    /// Not on screen yet, but decoded already.
    soon: bool,
}

#[derive(Clone, Copy, Debug)]
struct Other {
    since: Instant,
    asked: bool,
    /// It would be asked for if other tiles did not wait for their first picture.
    yields: bool,
}

/// What the tiles of a seat want together.
#[derive(Clone, Copy, Debug)]
struct Wish {
    /// `None`: whichever it has.
    kind: Option<StreamKind>,
    selected: bool,
    /// A person asked for it, so that it changes without delay.
    at_once: bool,
}

impl Demand {
    /// What the next [`Demand::update`] is to prepare beside the tiles on screen.
    pub fn expect(&mut self, upcoming: Vec<Upcoming>) {
        self.upcoming = upcoming;
    }

    /// What is needed for `tiles`, which are on screen, and for `hidden`, which are in windows that nobody sees. `has_sub`: the
    /// device offers a second stream; `progress`: how far the stream is. Call it again when something changed and at
    /// [`Demand::next_change`].
    pub fn update(
        &mut self,
        tiles: &[ShownTile],
        hidden: &[ShownTile],
        has_sub: impl Fn(DeviceId) -> bool,
        progress: impl Fn(StreamId) -> Progress,
        now: Instant,
    ) -> Vec<Need> {
        let mut wishes: BTreeMap<Seat, Wish> = BTreeMap::new();
        for tile in tiles {
            let wish = self.wish(tile, &has_sub);
            let seat = wishes.entry(seat(tile)).or_insert(wish);
            *seat = seat.and(wish);
        }
        let upcoming = self.upcoming.iter().map(|next| (next.tile, next.decode));
        let mut warm: BTreeMap<Seat, (ShownTile, bool)> = BTreeMap::new();
        for (tile, decode) in hidden.iter().map(|tile| (*tile, false)).chain(upcoming) {
            if !wishes.contains_key(&seat(&tile)) {
                warm.insert(seat(&tile), (tile, decode));
            }
        }
        self.leave(|seat| wishes.contains_key(seat) || warm.contains_key(seat), now);
        let first_pictures_due = wishes.iter().any(|(seat, wish)| {
            let held = self.held.get(seat);
            let kinds = held.map_or([wish.kind, None], |held| held.kinds());
            let far = || {
                kinds
                    .into_iter()
                    .flatten()
                    .map(|kind| progress(StreamId { channel: seat.0, kind }))
            };
            let coming = |progress| matches!(progress, Progress::Due | Progress::Dialled);
            !far().any(|progress| progress == Progress::Plays) && far().any(coming)
        });
        for (seat, wish) in &wishes {
            let mut held = self.take_seat(*seat, wish.kind);
            held.attention = if wish.selected {
                Attention::Selected
            } else {
                Attention::Visible
            };
            let progress = |kind| progress(StreamId { channel: seat.0, kind });
            held.turn_to(wish, first_pictures_due, progress, now);
            self.held.insert(*seat, held);
        }
        for (seat, (tile, decode)) in warm {
            let mut held = self.take_seat(seat, self.wish(&tile, &has_sub).kind);
            (held.other, held.attention, held.soon) = (None, Attention::Warm, decode);
            self.held.insert(seat, held);
        }
        self.forget_the_longest_gone(now);
        let seen = |channel: &ChannelId| wishes.keys().any(|(shown, _)| shown == channel);
        self.listened = self.listened.filter(seen);
        self.needs()
    }

    /// Listens to this channel and to no other, or to none when it is heard already. What leaves the screen falls silent and
    /// stays so.
    pub fn toggle_sound(&mut self, channel: ChannelId) {
        self.listened = (self.listened != Some(channel)).then_some(channel);
    }

    /// The one channel that is listened to.
    #[must_use]
    pub fn listened(&self) -> Option<ChannelId> {
        self.listened
    }

    /// What an overloaded machine gives up, from the next update on.
    pub fn set_relief(&mut self, relief: Relief) {
        self.relief = relief;
    }

    /// Forgets channels that are no longer registered, so that nothing is kept warm for them.
    pub fn retain(&mut self, exists: impl Fn(ChannelId) -> bool) {
        self.held.retain(|(channel, _), _| exists(*channel));
    }

    /// When the answer of [`Demand::update`] changes by itself, at the earliest.
    #[must_use]
    pub fn next_change(&self) -> Option<Instant> {
        let times = self.held.values().filter_map(|held| match (held.left, held.other) {
            (Some(left), _) => Some(left + GRACE),
            (
                None,
                Some(Other {
                    since,
                    asked: false,
                    yields,
                }),
            ) => Some(held.due(since) + if yields { YIELD } else { Duration::ZERO }),
            (None, _) => None,
        });
        times.min()
    }

    /// The streams that a tile of this channel may paint, the better suited first; empty before the first update.
    pub fn streams(&self, channel: ChannelId, choice: StreamChoice) -> impl Iterator<Item = StreamId> + use<> {
        let held = self.held.get(&(channel, choice)).copied();
        let kinds = held.map(|held| held.kinds()).unwrap_or_default();
        kinds.into_iter().flatten().map(move |kind| StreamId { channel, kind })
    }

    fn wish(&self, tile: &ShownTile, has_sub: impl Fn(DeviceId) -> bool) -> Wish {
        let kind = match has_sub(tile.channel.device) {
            true => suited(tile, self.relief),
            false => Some(StreamKind::Main),
        };
        let looked_at = tile.crop.is_zoomed() || tile.tiles == 1;
        Wish {
            kind,
            selected: tile.selected,
            at_once: tile.crop.choice != StreamChoice::Automatic || (looked_at && kind == Some(StreamKind::Main)),
        }
    }

    /// What the seat has, else what another seat of its channel has and perhaps no longer needs, else what suits.
    fn take_seat(&mut self, seat: Seat, suited: Option<StreamKind>) -> Held {
        let own = self.held.get_key_value(&seat);
        let others = self.held.iter().filter(|((channel, _), _)| *channel == seat.0);
        let taken_over = || others.max_by_key(|(other, held)| (held.left.is_some(), held.left, other.1));
        let taken = own.or_else(taken_over).map(|(from, held)| (*from, *held));
        if let Some((from, Held { left: Some(_), .. })) = taken {
            self.held.remove(&from);
        }
        let held = taken.map(|(_, held)| held);
        Held {
            left: None,
            soon: false,
            ..held.unwrap_or(Held {
                kind: suited.unwrap_or(StreamKind::Sub),
                other: None,
                turned: None,
                attention: Attention::Visible,
                left: None,
                soon: false,
            })
        }
    }

    /// What is not on screen any more stays connected for the grace time.
    fn leave(&mut self, stays: impl Fn(&Seat) -> bool, now: Instant) {
        for (_, held) in self.held.iter_mut().filter(|(seat, _)| !stays(seat)) {
            held.soon = false;
            held.other = None;
            held.attention = Attention::Warm;
            held.left.get_or_insert(now);
        }
    }

    /// The one stream that is heard, the main one where the channel is shown in both, and the one that is to replace it.
    fn sound(&self) -> [Option<StreamId>; 2] {
        let Some(channel) = self.listened else {
            return [None; 2];
        };
        let shown = self
            .held
            .iter()
            .filter(|((of, _), held)| *of == channel && held.attention > Attention::Warm);
        let held = shown
            .map(|(_, held)| held)
            .max_by_key(|held| held.kind == StreamKind::Main);
        let kinds = held.map(|held| held.kinds()).unwrap_or_default();
        kinds.map(|kind| kind.map(|kind| StreamId { channel, kind }))
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs: BTreeMap<StreamId, (Attention, bool)> = BTreeMap::new();
        for ((channel, _), held) in &self.held {
            let attention = held.attention;
            let decode = attention > Attention::Warm || held.soon;
            for kind in held.kinds().into_iter().flatten() {
                let stream = StreamId {
                    channel: *channel,
                    kind,
                };
                let need = needs.entry(stream).or_insert((attention, decode));
                *need = (need.0.max(attention), need.1 || decode);
            }
        }
        let sound = self.sound();
        let listen = |stream| {
            let mut levels = sound.into_iter().zip([Listen::Yes, Listen::Prepared]);
            let level = levels.find(|(of, _)| *of == Some(stream));
            level.map(|(_, level)| level).unwrap_or_default()
        };
        let need = |(stream, (attention, decode))| Need {
            stream,
            attention,
            decode,
            listen: listen(stream),
        };
        let mut needs: Vec<Need> = needs.into_iter().map(need).collect();
        needs.sort_by_key(|need| (std::cmp::Reverse(need.attention), need.stream));
        needs
    }

    fn forget_the_longest_gone(&mut self, now: Instant) {
        self.held
            .retain(|_, held| held.left.is_none_or(|left| now.saturating_duration_since(left) < GRACE));
        let gone = self.held.iter().filter_map(|(seat, held)| Some((held.left?, *seat)));
        let mut gone: Vec<(Instant, Seat)> = gone.collect();
        gone.sort_by_key(|(left, seat)| (std::cmp::Reverse(*left), *seat));
        for (_, seat) in gone.into_iter().skip(GRACE_CHANNELS) {
            self.held.remove(&seat);
        }
    }
}

fn seat(tile: &ShownTile) -> Seat {
    (tile.channel, tile.crop.choice)
}

impl Wish {
    /// What two tiles want together: the better stream.
    fn and(self, other: Self) -> Self {
        let better = [Some(StreamKind::Main), None, Some(StreamKind::Sub)];
        let kind = better.into_iter().find(|kind| [self.kind, other.kind].contains(kind));
        Self {
            kind: kind.flatten(),
            selected: self.selected || other.selected,
            at_once: self.at_once || other.at_once,
        }
    }
}

impl Held {
    /// The kind on screen, then the one that is to replace it.
    fn kinds(&self) -> [Option<StreamKind>; 2] {
        let other = self.other.filter(|other| other.asked).map(|_| other_kind(self.kind));
        [Some(self.kind), other]
    }

    fn turn_to(
        &mut self,
        wish: &Wish,
        first_pictures_due: bool,
        progress: impl Fn(StreamKind) -> Progress,
        now: Instant,
    ) {
        let plays = |kind| progress(kind) == Progress::Plays;
        let Some(suited) = wish.kind.filter(|suited| *suited != self.kind) else {
            // Between the two heights a change that has begun goes on, and no new one begins.
            if wish.kind.is_some() || self.other.is_some_and(|other| !other.asked) {
                self.other = None;
            }
            if self.other.is_some() && plays(other_kind(self.kind)) {
                self.replace(now);
            }
            return;
        };
        let mut other = self.other.unwrap_or(Other {
            since: now,
            asked: false,
            yields: false,
        });
        let due = self.due(other.since);
        // A dial that is under way is not thrown away: its picture is the first one.
        let keeps = matches!(progress(self.kind), Progress::Plays | Progress::Dialled);
        let begun = other.asked && matches!(progress(suited), Progress::Plays | Progress::Dialled);
        other.yields = first_pictures_due && keeps && !begun && !wish.at_once && now < due + YIELD;
        other.asked = (other.asked || wish.at_once || now >= due) && !other.yields;
        self.other = Some(other);
        if other.asked && (plays(suited) || !keeps) {
            self.replace(now);
        }
    }

    /// When the other kind is asked for that suits better since `since`.
    fn due(&self, since: Instant) -> Instant {
        let rested = self.turned.map(|turned| turned + BETWEEN_TURNS);
        rested.unwrap_or(since).max(since + DWELL)
    }

    fn replace(&mut self, now: Instant) {
        self.kind = other_kind(self.kind);
        self.other = None;
        self.turned = Some(now);
    }
}

/// The kind for a tile; `None`: whichever it has.
fn suited(tile: &ShownTile, relief: Relief) -> Option<StreamKind> {
    match tile.crop.choice {
        StreamChoice::Automatic if relief.takes_sub(tile.selected) => return Some(StreamKind::Sub),
        StreamChoice::Automatic => {}
        StreamChoice::Main => return Some(StreamKind::Main),
        StreamChoice::Sub => return Some(StreamKind::Sub),
    }
    // A person who zooms in wants more detail, however many tiles there are.
    let (height, tiles) = if tile.crop.is_zoomed() {
        (tile.height * tile.crop.zoom.factor, 1)
    } else {
        (tile.height, tile.tiles)
    };
    if height <= SUB_UP_TO || tiles > MAIN_TILES {
        Some(StreamKind::Sub)
    } else if height >= MAIN_FROM {
        Some(StreamKind::Main)
    } else {
        None
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
    use std::collections::BTreeSet;

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
}
