//! An attempt under way or the stream that it opened, and what was seen of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::super::attempt::{Received, RunId, StreamOrders};
use super::patience::{LONGEST, SignPace};
use super::tile_state::Sight;
use crate::bridge::DecoderUsed;
use crate::video::{TooLarge, Whole};
use reconnect::{AttemptId, Failure, Stage, Why};
use rtsp::Habits;

/// One run. Dropping it closes the connection: the attempt tears its session down and reports when that is done.
pub(super) struct Run {
    pub id: RunId,
    pub attempt: AttemptId,
    pub why: Why,
    /// By which road of its device.
    pub road: usize,
    pub since: Instant,
    /// Whether the attempt was told of.
    pub announced: bool,
    pub address: Option<SocketAddr>,
    stage: Stage,
    /// Since when this stage is under way.
    stage_since: Instant,
    /// Since when it is connected, until the machine was told that it waits.
    connected: Option<Instant>,
    pub playing: Option<Instant>,
    /// When PLAY was answered.
    asked: Option<Instant>,
    /// Why nothing plays although the recorder says so. Datagrams are waited for all the same.
    silent: Option<Failure>,
    orders: watch::Sender<StreamOrders>,
    received: Arc<Received>,
    /// How long its first picture is waited for.
    patience: Duration,
    /// What was known when it began; `None`: where a redirect led, what it sees is not of the recorder that is registered.
    begun_with: Option<Habits>,
    /// When the last sign of life came (a picture, or packets of one while nothing is decoded).
    alive: Instant,
    /// When the last bytes came, and the last packets of the picture.
    heard: Instant,
    fed: Instant,
    looked: Instant,
    /// When the machine last heard that media arrives.
    told: Option<Instant>,
    seen_bytes: u64,
    seen_packets: u64,
    seen_pictures: u64,
    /// The pace of the signs of life.
    pace: SignPace,
    /// How long the next one is waited for while no pace is proven.
    unknown_pace: Duration,
    /// How long a silence may last at least, once a pace is proven.
    pause_limit: Duration,
    /// One that has just ended by itself.
    pause: Option<Duration>,
    /// Whether the picture that is shown is whole.
    whole: Whole,
    /// They became whole when so many had been shown: the next one is.
    whole_after: Option<u64>,
    /// What is not decoded because of its size.
    too_large: Option<TooLarge>,
    /// When it was parked.
    parked: Option<Instant>,
}

/// What came in since the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arrivals {
    pub picture: bool,
    pub bytes: bool,
    /// Whether that is a sign of life: a picture, or packets while nothing is decoded, on purpose or because of its size.
    pub alive: bool,
}

/// Why a stream that plays is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stall {
    /// Nothing comes.
    Silent,
    /// Packets come, but no picture is made of them.
    Undecodable,
}

/// An attempt that is connected for so long and does not play yet is one that others need not wait for.
const WAITS_AFTER: Duration = Duration::from_secs(5);

/// So long may packets come of which no picture is made: a dial costs more than waiting for a key frame.
const UNDECODABLE: Duration = Duration::from_secs(300);

/// Bytes that came this lately flow.
const FLOWS: Duration = Duration::from_secs(3);

impl Run {
    pub(super) fn new(
        (id, attempt, why, road): (RunId, AttemptId, Why, usize),
        orders: watch::Sender<StreamOrders>,
        received: Arc<Received>,
        (patience, begun_with): (Duration, Option<Habits>),
        now: Instant,
    ) -> Self {
        Self {
            id,
            attempt,
            why,
            road,
            since: now,
            announced: false,
            address: None,
            stage: Stage::Resolve,
            stage_since: now,
            connected: None,
            playing: None,
            asked: None,
            silent: None,
            orders,
            received,
            patience,
            begun_with,
            alive: now,
            heard: now,
            fed: now,
            looked: now,
            told: None,
            seen_bytes: 0,
            seen_packets: 0,
            seen_pictures: 0,
            pace: SignPace::default(),
            unknown_pace: patience,
            pause_limit: Duration::ZERO,
            pause: None,
            whole: Whole::Yes,
            whole_after: None,
            too_large: None,
            parked: None,
        }
    }

    pub(super) fn order(&self, orders: StreamOrders) {
        self.orders.send_if_modified(|now| {
            let changed = *now != orders;
            *now = orders;
            changed
        });
    }

    /// What decodes it, or did last.
    pub(super) fn decoder(&self) -> Option<DecoderUsed> {
        self.received.decoder()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.received.bytes()
    }

    /// How far it is, and since when.
    pub(super) fn stage(&self) -> (Stage, Instant) {
        (self.stage, self.stage_since)
    }

    pub(super) fn begun_with(&self) -> Option<&Habits> {
        self.begun_with.as_ref()
    }

    /// It has come so far.
    pub(super) fn reached(&mut self, stage: Stage, now: Instant) {
        if stage > self.stage {
            (self.stage, self.stage_since) = (stage, now);
        }
    }

    pub(super) fn connected(&mut self, now: Instant) {
        self.reached(Stage::Options, now);
        self.connected = Some(now);
    }

    /// The session plays from now on, so long after PLAY was answered.
    pub(super) fn plays(&mut self, awaited: Duration, now: Instant) {
        self.reached(Stage::Media, now);
        (self.playing, self.silent) = (Some(now), None);
        self.asked = now.checked_sub(awaited);
        self.connected = None;
        self.count_from(now);
    }

    /// PLAY was answered, and nothing came so far.
    pub(super) fn is_silent(&mut self, why: Failure) {
        self.silent = Some(why);
    }

    pub(super) fn silent(&self) -> Option<&Failure> {
        self.silent.as_ref()
    }

    /// Whether it has just waited so long for an answer that nobody else need wait for it.
    pub(super) fn waits_from_now(&mut self, now: Instant) -> bool {
        let waits = |since: &mut Instant| now.saturating_duration_since(*since) >= WAITS_AFTER;
        self.connected.take_if(waits).is_some()
    }

    /// Takes note of what came in since the last look.
    pub(super) fn look(&mut self, decode: bool, now: Instant) -> Arrivals {
        let (bytes, packets, pictures) = (self.bytes(), self.received.packets(), self.received.pictures());
        self.look_whether_whole(pictures);
        if std::mem::replace(&mut self.too_large, self.received.too_large()) != self.too_large {
            self.count_from(now);
        }
        let decode = decode && self.too_large.is_none();
        let new_pictures = pictures - self.seen_pictures;
        let fed = packets > self.seen_packets;
        let signs = if decode { new_pictures } else { u64::from(fed) };
        let arrivals = Arrivals {
            picture: new_pictures > 0,
            bytes: bytes > self.seen_bytes,
            alive: signs > 0,
        };
        (self.seen_bytes, self.seen_packets, self.seen_pictures) = (bytes, packets, pictures);
        let slept = now.saturating_duration_since(std::mem::replace(&mut self.looked, now)) > FLOWS;
        if arrivals.bytes {
            self.heard = now;
        }
        if fed {
            self.fed = now;
        }
        if arrivals.alive {
            let silence = now.saturating_duration_since(self.alive);
            // Where this computer slept itself nobody knows who was silent.
            let is_pause = silence >= self.pace.offline_after(self.unknown_pace) && self.pace.interval().is_some();
            self.pause = Some(silence).filter(|_| is_pause && !slept);
            self.alive = now;
            self.pace.note(signs, now);
        }
        arrivals
    }

    fn look_whether_whole(&mut self, pictures: u64) {
        match self.received.whole() {
            Whole::Yes if self.whole != Whole::Yes => {
                let after = *self.whole_after.get_or_insert(pictures);
                if pictures > after {
                    (self.whole, self.whole_after) = (Whole::Yes, None);
                }
            }
            whole => (self.whole, self.whole_after) = (whole, None),
        }
    }

    /// What counts as a sign of life changed, or the stream began to play.
    pub(super) fn count_from(&mut self, now: Instant) {
        (self.alive, self.heard, self.fed) = (now, now, now);
        self.pause = None;
        self.pace.rest();
    }

    /// Whether the machine should hear of media that arrived now: at most once a second.
    pub(super) fn media_to_tell(&mut self, now: Instant) -> bool {
        let due = self
            .told
            .is_none_or(|told| now.duration_since(told) >= Duration::from_secs(1));
        let tell = self.playing.is_some() && due;
        if tell {
            self.told = Some(now);
        }
        tell
    }

    /// Whether it plays and is to be given up.
    pub(super) fn is_stalled(&self, decode: bool, now: Instant) -> Option<Stall> {
        let playing = self.playing?;
        let decode = decode && self.too_large.is_none();
        let since = |at: Instant| now.saturating_duration_since(at);
        if since(self.fed) < FLOWS {
            return (decode && since(self.alive) >= UNDECODABLE).then_some(Stall::Undecodable);
        }
        let shows = if decode { self.seen_pictures } else { self.seen_packets } > 0;
        let silent = if shows {
            let limit = self.pace.offline_after(self.unknown_pace);
            let pause = self.pace.interval().map_or(Duration::ZERO, |_| self.pause_limit);
            since(self.alive.max(self.fed)) >= limit.max(pause)
        } else {
            // Any answer on the open socket says that it is still there.
            let patience = match self.seen_packets {
                0 => self.patience,
                _ => self.patience.max(self.pace.offline_after(self.unknown_pace)),
            };
            since(self.heard.max(self.alive)) >= patience || since(playing) >= LONGEST.max(patience)
        };
        silent.then_some(Stall::Silent)
    }

    /// Sets how long the next picture is waited for while no pace is proven.
    pub(super) fn wait_for_pace(&mut self, limit: Duration) {
        self.unknown_pace = limit;
    }

    /// Sets how long a silence in the middle of its pictures may last at least.
    pub(super) fn wait_for_pauses(&mut self, limit: Duration) {
        self.pause_limit = limit;
    }

    /// The silence that has just ended by itself, if one did that was longer than others are waited for.
    pub(super) fn take_pause(&mut self) -> Option<Duration> {
        self.pause.take()
    }

    /// How long it took from PLAY to the first picture, where that has come just now.
    pub(super) fn first_picture_after(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.asked?))
    }

    /// The interval between its pictures, once that is proven.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.pace.interval()
    }

    /// Pictures a second, where the pace is so slow that a few seconds do not tell it.
    pub(super) fn rate(&self, now: Instant) -> Option<f32> {
        const SLOW: Duration = Duration::from_secs(2);
        let interval = self.interval().filter(|interval| *interval >= SLOW)?;
        let late = now.saturating_duration_since(self.alive) >= self.pace.late_after();
        Some(if late { 0.0 } else { 1.0 / interval.as_secs_f32() })
    }

    pub(super) fn has_pictures(&self) -> bool {
        self.seen_pictures > 0
    }

    /// Whether the pictures that arrive are whole; the one that is shown may not be yet.
    pub(super) fn whole(&self) -> Whole {
        self.received.whole()
    }

    pub(super) fn too_large(&self) -> Option<TooLarge> {
        self.too_large
    }

    pub(super) fn sight(&self) -> Sight {
        Sight {
            stage: self.stage,
            stage_since: self.stage_since,
            playing: self.playing,
            silent: self.silent.clone(),
            late_after: self.pace.late_after(),
            whole: self.whole,
            too_large: self.too_large,
        }
    }

    /// It fell silent, but stays open.
    pub(super) fn park(&mut self, now: Instant) {
        self.parked = Some(now);
    }

    /// A parked run that may yet show what it was opened for: it fell silent before its pace was known, and not too long ago.
    pub(super) fn may_still_show(&self, now: Instant) -> bool {
        let asked = self.playing.unwrap_or(self.since);
        self.pace.interval().is_none() && now.saturating_duration_since(asked) < LONGEST
    }

    /// Whether a sign of life came since it was parked, and not long ago.
    pub(super) fn is_revived(&self, now: Instant) -> bool {
        let lately = now.saturating_duration_since(self.alive) < self.pace.offline_after(self.unknown_pace);
        lately && self.parked.is_some_and(|parked| self.alive > parked)
    }

    /// A parked run whose pictures flow again serves another attempt from now on.
    pub(super) fn revive(&mut self, attempt: AttemptId) {
        self.attempt = attempt;
        self.parked = None;
    }
}
