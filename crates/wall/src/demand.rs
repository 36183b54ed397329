mod held;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::crop::{Crop, StreamChoice};
use super::overload::Relief;
use device::{ChannelId, DeviceId, StreamId, StreamKind};
use held::{Held, Other, Wish, YIELD};

/// A tile of a window that is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownTile {
    pub channel: ChannelId,
    /// How high the picture is painted before it is enlarged ([`Crop::height`]), in physical pixels.
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
/// How long a channel that left the screen keeps its connection, and how many such channels there may be.
pub const GRACE: Duration = Duration::from_secs(30);
pub const GRACE_CHANNELS: usize = 64;

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

#[cfg(test)]
mod tests;
