//! An attempt under way or the stream that it opened, and what was seen of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::super::attempt::{ReceivedBytes, RunId, StreamOrders};
use super::tile_state::LATE;
use reconnect::{AttemptId, Stage, Why};

/// One run. Dropping it closes the connection: the attempt tears its session down and reports when that is done.
pub(super) struct Run {
    pub id: RunId,
    pub attempt: AttemptId,
    pub why: Why,
    pub since: Instant,
    /// Whether the attempt was told of.
    pub announced: bool,
    pub address: Option<SocketAddr>,
    pub stage: Stage,
    pub playing: Option<Instant>,
    orders: watch::Sender<StreamOrders>,
    received: Arc<ReceivedBytes>,
    /// When the last sign of life came (a picture, or bytes while nothing is decoded).
    alive: Instant,
    /// When the last bytes came.
    heard: Instant,
    /// When the machine last heard that media arrives.
    told: Option<Instant>,
    seen_bytes: u64,
    seen_pictures: u64,
}

/// What came in since the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arrivals {
    pub picture: bool,
    pub bytes: bool,
    /// Whether that is a sign of life: a picture, or bytes while nothing is decoded.
    pub alive: bool,
}

impl Run {
    pub(super) fn new(
        (id, attempt, why): (RunId, AttemptId, Why),
        orders: watch::Sender<StreamOrders>,
        received: Arc<ReceivedBytes>,
        seen_pictures: u64,
        now: Instant,
    ) -> Self {
        Self {
            id,
            attempt,
            why,
            since: now,
            announced: false,
            address: None,
            stage: Stage::Resolve,
            playing: None,
            orders,
            received,
            alive: now,
            heard: now,
            told: None,
            seen_bytes: 0,
            seen_pictures,
        }
    }

    pub(super) fn order(&self, orders: StreamOrders) {
        self.orders.send_if_modified(|now| {
            let changed = *now != orders;
            *now = orders;
            changed
        });
    }

    pub(super) fn bytes(&self) -> u64 {
        self.received.get()
    }

    /// Takes note of what came in since the last look, where `pictures` came in all.
    pub(super) fn look(&mut self, pictures: u64, decode: bool, now: Instant) -> Arrivals {
        let bytes = self.bytes();
        let (picture, new_bytes) = (pictures > self.seen_pictures, bytes > self.seen_bytes);
        let arrivals = Arrivals {
            picture,
            bytes: new_bytes,
            alive: if decode { picture } else { new_bytes },
        };
        (self.seen_pictures, self.seen_bytes) = (pictures, bytes);
        if arrivals.bytes {
            self.heard = now;
        }
        if arrivals.alive {
            self.alive = now;
        }
        arrivals
    }

    /// What counts as a sign of life changed, or the stream began to play.
    pub(super) fn count_from(&mut self, now: Instant) {
        self.alive = now;
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

    /// Whether it plays and showed nothing for `limit`.
    pub(super) fn is_stalled(&self, limit: Duration, now: Instant) -> bool {
        self.playing.is_some() && now.saturating_duration_since(self.alive) >= limit
    }

    /// Whether a sign of life came lately.
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.alive) < LATE
    }

    pub(super) fn bytes_flow(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard) < LATE
    }

    /// A parked run whose pictures flow again serves another attempt from now on.
    pub(super) fn revive(&mut self, attempt: AttemptId, now: Instant) {
        self.attempt = attempt;
        self.playing = Some(now);
        self.alive = now;
    }
}
