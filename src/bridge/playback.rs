//! Recorded pictures of a channel: what the screen asks for, and what it shows of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::clock::Clock;
use super::stream::StreamStatus;
use ::archive::{Doing, FrameTime, Judgement, Speed, Stretch, TimeZone, Timeline, Timestamp};
use onvif::RecordingsFault;
use reconnect::Failure;

/// What is asked of the recordings of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaybackWish {
    /// Show recorded pictures in place of the live ones, from this time on; `None`: from a minute ago.
    Open(Option<Timestamp>),
    /// Show the live pictures again.
    Close,
    /// Play from there. After a failure it is one more try.
    Seek(Timestamp),
    Pause(bool),
    /// Show the next picture, and stay paused.
    Step,
    Speed(Speed),
    /// A person looks at this stretch of the bar: what the recorder has there is asked, where it is not known.
    Look(Stretch),
    /// Ask once more what it has.
    Search,
}

/// Why nothing is played.
#[derive(Clone, Debug, PartialEq)]
pub enum PlaybackTrouble {
    /// Nobody knows how this device is asked for recordings.
    NoWay,
    /// It has no recording of the time that was asked.
    NoRecording,
    /// It has no playback left (453, 503).
    Full,
    /// It knows no playback of this kind (551), in its own words.
    Unknown(String),
    /// It refused, in its own words.
    Refused(String),
    Failed(Failure),
}

/// How far the search for what a recorder has is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PlaybackSearch {
    /// Nobody asks it: it is not known how.
    #[default]
    NotAsked,
    Asking,
    /// What is looked at is known, as far as the timeline says.
    Known,
    Failed(SearchTrouble),
}

/// Why a search brought nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchTrouble {
    /// In its own words.
    Said(RecordingsFault),
    /// It names its oldest and its newest picture, and not when there are gaps.
    Rough,
    /// It closes each connection without an answer.
    Closes,
    /// It refused the same sign-in at this time of day.
    NotAsked(Clock),
    /// The device is switched off.
    Gone,
    Failed(Failure),
}

/// What is shown of a playback.
#[derive(Clone)]
pub struct PlaybackStatus {
    /// As a tile shows any stream. It counts as live once it has pictures: they are as they were recorded.
    pub stream: StreamStatus,
    pub doing: Doing,
    /// The time that was asked for.
    pub asked: Timestamp,
    /// Where the mark of the bar stands.
    pub mark: Timestamp,
    /// The time of the picture that goes to the screen, picture by picture.
    pub clock: Arc<FrameClock>,
    pub speed: Speed,
    /// How fast the recorder says that it plays, where that is something else.
    pub other_speed: Option<f64>,
    pub paused: bool,
    /// The last gap that was jumped.
    pub gap: Option<Stretch>,
    pub judgement: Option<Judgement>,
    /// How far the recorder's clock is ahead of ours, in seconds, where that is worth a word.
    pub clock_offset: Option<i64>,
    pub trouble: Option<PlaybackTrouble>,
    pub timeline: Arc<Timeline>,
    pub search: PlaybackSearch,
    /// In which zone a day begins.
    pub zone: TimeZone,
    /// By our clock.
    pub now: Timestamp,
}

/// The time of the picture that goes to the screen. The attempt sets it with each picture, the screen reads it when it paints.
#[derive(Debug)]
pub struct FrameClock {
    unix_ms: AtomicI64,
    exact: AtomicBool,
}

const NO_TIME: i64 = i64::MIN;

impl Default for FrameClock {
    fn default() -> Self {
        Self {
            unix_ms: AtomicI64::new(NO_TIME),
            exact: AtomicBool::new(false),
        }
    }
}

impl FrameClock {
    /// Milliseconds since 1970, by our clock; whether the recorder said so with the picture.
    pub fn set(&self, unix_ms: i64, exact: bool) {
        self.exact.store(exact, Ordering::Release);
        self.unix_ms.store(unix_ms, Ordering::Release);
    }

    /// `None` before the first picture.
    #[must_use]
    pub fn get(&self) -> Option<FrameTime> {
        let unix_ms = self.unix_ms.load(Ordering::Acquire);
        let at = (unix_ms != NO_TIME).then(|| Timestamp::from_millisecond(unix_ms).ok())??;
        Some(FrameTime {
            at,
            exact: self.exact.load(Ordering::Acquire),
        })
    }
}

impl PlaybackStatus {
    /// The time of the picture on screen.
    #[must_use]
    pub fn shown(&self) -> Option<FrameTime> {
        self.clock.get()
    }
}
