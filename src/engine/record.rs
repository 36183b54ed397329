//! What the driver remembers of each link and device, and what a tile may say of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::link::{Control, Counters, RunId};
use crate::bridge::{Clock, FrameSlot, SlotCounts, SoundState, StreamInfo, TestId, TileState};
use device::{DeviceId, StreamId};
use reconnect::{AttemptId, Failure, FailureKind, HeldBy, Hint, Input, LinkView, Rank, Stage, Why};
use rtsp;
use wall::Listen;

/// No new picture for this long: late.
pub(super) const LATE: Duration = Duration::from_secs(3);
/// No new picture for this long: off-line, and the attempt has failed.
pub(super) const OFFLINE: Duration = Duration::from_secs(10);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Stream,
    Test(TestId),
}

/// One thing that wants a connection, for as long as it wants it.
pub(super) struct Link {
    pub purpose: Purpose,
    pub stream: StreamId,
    /// As the machine knows it: for a Test, an identity of its own.
    pub device: DeviceId,
    pub rank: Rank,
    pub decode: bool,
    /// Since when pictures are decoded: an older one says nothing about now.
    pub decode_since: Option<Instant>,
    pub listen: Listen,
    /// Attempts in a row that ended between being asked for sound and playing.
    pub unheard: u8,
    pub sound: SoundState,
    pub slot: Arc<FrameSlot>,
    pub running: Option<Running>,
    /// A connection whose media stopped: left open, because what arrives on it by itself costs no SYN.
    pub parked: Option<Running>,
    /// Where a redirect sends the next attempt, and how many came in a row.
    pub redirect: Option<rtsp::Redirect>,
    pub hops: u8,
    pub facts: Facts,
}

/// An attempt under way or the stream that it opened.
pub(super) struct Running {
    pub run: RunId,
    pub attempt: AttemptId,
    pub why: Why,
    pub control: mpsc::Sender<Control>,
    pub counters: Arc<Counters>,
    pub since: Instant,
    /// Whether the attempt was told of.
    pub announced: bool,
    pub address: Option<SocketAddr>,
    pub stage: Stage,
    pub connected: bool,
    pub playing: Option<Instant>,
    /// When the last sign of life came (a picture, or bytes while nothing is decoded), and when the machine heard of it.
    pub alive: Instant,
    /// When the last bytes came.
    pub heard: Instant,
    pub told: Option<Instant>,
    pub seen_bytes: u64,
    pub seen_pictures: u64,
}

/// What was measured and said of a stream.
#[derive(Default)]
pub(super) struct Facts {
    pub last_picture: Option<Instant>,
    pub last_picture_clock: Option<Clock>,
    pub state: Option<TileState>,
    pub info: StreamInfo,
    pub meter: Meter,
    /// As of the last measurement.
    pub counted: SlotCounts,
}

/// Pictures and bytes at the last few readings.
#[derive(Default)]
pub(super) struct Meter {
    readings: std::collections::VecDeque<(Instant, u64, u64)>,
}

impl Meter {
    const READINGS: usize = 5;

    /// Takes a reading; pictures a second and kilobits a second since the oldest one kept.
    pub(super) fn read(&mut self, now: Instant, pictures: u64, bytes: u64) -> (f32, u32) {
        let (fps, kbit_s) = match self.readings.front() {
            Some(&(then, old_pictures, old_bytes)) if now > then && bytes >= old_bytes => {
                let seconds = now.duration_since(then).as_secs_f64();
                let fps = pictures.saturating_sub(old_pictures) as f64 / seconds;
                (
                    fps as f32,
                    ((bytes - old_bytes) as f64 * 8.0 / 1_000.0 / seconds) as u32,
                )
            }
            _ => (0.0, 0),
        };
        self.readings.push_back((now, pictures, bytes));
        if self.readings.len() > Self::READINGS {
            self.readings.pop_front();
        }
        (fps, kbit_s)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.readings.len()
    }

    pub(super) fn clear(&mut self) {
        self.readings.clear();
    }
}

/// A stream that showed nothing for too long.
pub(super) struct Stalled {
    pub attempt: AttemptId,
    pub address: Option<SocketAddr>,
    /// Bytes still come, but no picture: the fault is not the network's.
    pub bytes_flow: bool,
}

impl Link {
    /// Takes note of what came in since the last look; adds what the machine should hear.
    pub(super) fn look(&mut self, now: Instant, clock: Clock, inputs: &mut Vec<Input>) {
        let pictures = self.slot.counts().published;
        let Some(running) = self.running.as_mut().or(self.parked.as_mut()) else {
            return;
        };
        let bytes = running.counters.bytes();
        let new_picture = pictures > running.seen_pictures;
        let new_bytes = bytes > running.seen_bytes;
        (running.seen_pictures, running.seen_bytes) = (pictures, bytes);
        if new_picture {
            self.facts.last_picture = Some(now);
            self.facts.last_picture_clock = Some(clock);
        }
        if new_bytes {
            running.heard = now;
        }
        let alive = if self.decode { new_picture } else { new_bytes };
        if alive {
            running.alive = now;
        }
        if self.running.is_none() {
            // Whatever arrives on a parked connection proves the path, at no cost.
            if new_bytes {
                inputs.push(Input::Hint(Hint::Device(self.device)));
            }
            return;
        }
        if let Some(running) = &mut self.running
            && running.playing.is_some()
            && alive
            && running
                .told
                .is_none_or(|told| now.duration_since(told) >= Duration::from_secs(1))
        {
            running.told = Some(now);
            inputs.push(Input::Media {
                attempt: running.attempt,
            });
        }
    }

    /// The stream that shows nothing for `limit`: it is parked when nothing arrives at all, else closed.
    pub(super) fn stalled(&mut self, now: Instant, limit: Duration) -> Option<Stalled> {
        let running = self.running.as_ref()?;
        running.playing?;
        if now.saturating_duration_since(running.alive) < limit {
            return None;
        }
        let running = self.running.take()?;
        let bytes_flow = now.saturating_duration_since(running.heard) < LATE;
        let stalled = Stalled {
            attempt: running.attempt,
            address: running.address,
            bytes_flow,
        };
        if bytes_flow {
            running.close();
        } else {
            self.parked = Some(running);
        }
        Some(stalled)
    }

    /// Whether pictures flow again on the parked connection.
    pub(super) fn revived(&self, now: Instant) -> bool {
        self.parked
            .as_ref()
            .is_some_and(|parked| now.saturating_duration_since(parked.alive) < LATE)
    }

    pub(super) fn set_decode(&mut self, decode: bool, now: Instant) {
        if std::mem::replace(&mut self.decode, decode) == decode {
            return;
        }
        self.decode_since = decode.then_some(now);
        if let Some(running) = &mut self.running {
            running.control.try_send(Control::Decode(decode)).ok();
            // What counts as a sign of life changed with it.
            running.alive = now;
        }
    }
}

/// What is known of a device beyond the registry.
#[derive(Default)]
pub(super) struct DeviceMemory {
    /// Of host, port, carrier, user and password: when it changes, the machine forgets old failures.
    pub revision: u64,
    /// What was dialled last.
    pub address: Option<IpAddr>,
    /// The local port of the last attempt that failed without an answer.
    pub local_port: Option<u16>,
    /// Counts failed attempts: the next one takes the next address of the name.
    pub turn: usize,
    /// How often the user trusted a new certificate; part of the revision.
    pub trusted_anew: u32,
}

/// What a tile says: from what the machine plans, how far the attempt is, and when the last picture came.
pub(super) fn tile_state(
    view: Option<LinkView>,
    running: Option<&Running>,
    revived: bool,
    last_picture: Option<Instant>,
    decode_since: Option<Instant>,
    now: Instant,
) -> TileState {
    let last_picture = last_picture.filter(|at| decode_since.is_none_or(|since| *at >= since));
    let age = last_picture.map(|at| now.saturating_duration_since(at));
    let fresh = age.is_some_and(|age| age < LATE);
    if revived && fresh {
        return TileState::Live;
    }
    match view {
        Some(LinkView::Playing(_)) => match running.and_then(|running| running.playing) {
            Some(_) if fresh => TileState::Live,
            Some(since) if last_picture.is_some_and(|at| at >= since) => TileState::Late,
            _ => TileState::Connecting { stage: Stage::Media },
        },
        Some(LinkView::Dialling(_)) => TileState::Connecting {
            stage: running.map_or(Stage::Resolve, |running| running.stage),
        },
        Some(LinkView::BackingOff { until, failure }) => ended(failure, Some(until)),
        Some(LinkView::Stopped { failure, until }) => ended(failure, until),
        Some(LinkView::Waiting {
            until,
            held_by: HeldBy::SiteOutage | HeldBy::NoNetwork,
            failure: Some(failure),
        }) => ended(failure, until),
        Some(LinkView::Waiting {
            until,
            held_by,
            failure,
        }) => TileState::Waiting {
            held_by,
            until,
            failure,
        },
        None => TileState::Waiting {
            held_by: HeldBy::Process,
            until: None,
            failure: None,
        },
    }
}

fn ended(failure: Failure, next_try: Option<Instant>) -> TileState {
    match failure.kind {
        FailureKind::Policy => TileState::Refused { failure },
        FailureKind::Auth => TileState::SignInFailed { failure, next_try },
        FailureKind::NoSuchChannel => TileState::NoSuchChannel { failure, next_try },
        FailureKind::UnsupportedCodec => TileState::UnsupportedCodec { failure, next_try },
        FailureKind::Refused
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::NoRoute
        | FailureKind::Local
        | FailureKind::PasswordStore
        | FailureKind::Limit { .. }
        | FailureKind::Protocol
        | FailureKind::Undecodable
        | FailureKind::Tls
        | FailureKind::CertificateChanged => TileState::Offline { failure, next_try },
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::failure;
    use super::*;

    fn playing(since: Instant) -> Running {
        Running {
            run: RunId(1),
            attempt: AttemptId(1),
            why: Why::Start,
            control: mpsc::channel(1).0,
            counters: Arc::default(),
            since,
            announced: true,
            address: None,
            stage: Stage::Media,
            connected: true,
            playing: Some(since),
            alive: since,
            heard: since,
            told: None,
            seen_bytes: 0,
            seen_pictures: 0,
        }
    }

    #[test]
    fn a_picture_that_is_old_never_looks_live() {
        let start = Instant::now();
        let running = playing(start);
        let state = |age| {
            let picture = start + Duration::from_secs(60);
            let view = Some(LinkView::Playing(AttemptId(1)));
            tile_state(view, Some(&running), false, Some(picture), None, picture + age)
        };
        assert_eq!(state(Duration::from_millis(2_999)), TileState::Live);
        assert_eq!(state(LATE), TileState::Late);
        assert_eq!(state(Duration::from_secs(9)), TileState::Late);
    }

    #[test]
    fn a_picture_of_an_earlier_session_is_neither_live_nor_late_while_the_new_one_starts() {
        let start = Instant::now();
        let running = playing(start + Duration::from_secs(100));
        let view = Some(LinkView::Playing(AttemptId(1)));
        let state = tile_state(
            view,
            Some(&running),
            false,
            Some(start),
            None,
            start + Duration::from_secs(101),
        );
        assert_eq!(state, TileState::Connecting { stage: Stage::Media });
    }

    #[test]
    fn a_picture_from_before_a_tile_was_hidden_is_not_late_when_it_is_shown_again() {
        let start = Instant::now();
        let (running, now) = (playing(start), start + Duration::from_secs(60));
        let view = Some(LinkView::Playing(AttemptId(1)));
        let state = tile_state(view, Some(&running), false, Some(start + LATE), Some(now), now);
        assert_eq!(state, TileState::Connecting { stage: Stage::Media });
    }

    #[test]
    fn every_kind_of_failure_has_its_state() {
        let now = Instant::now();
        for (kind, name) in [
            (FailureKind::Refused, "offline"),
            (FailureKind::Timeout, "offline"),
            (FailureKind::Policy, "refused"),
            (FailureKind::Auth, "sign-in-failed"),
            (FailureKind::NoSuchChannel, "no-such-channel"),
            (FailureKind::UnsupportedCodec, "unsupported-codec"),
            (FailureKind::Limit { retry_after: None }, "offline"),
        ] {
            let view = LinkView::BackingOff {
                until: now,
                failure: failure(kind, Stage::Connect, ""),
            };
            assert_eq!(tile_state(Some(view), None, false, None, None, now).name(), name);
        }
    }

    #[test]
    fn a_meter_tells_the_rate_of_the_last_readings() {
        let start = Instant::now();
        let mut meter = Meter::default();
        assert_eq!(meter.read(start, 0, 0), (0.0, 0));
        let (fps, kbit_s) = meter.read(start + Duration::from_secs(2), 30, 250_000);
        assert!((fps - 15.0).abs() < 0.01);
        assert_eq!(kbit_s, 1_000);
    }
}
