//! The state of one stream of the wall.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::sound::SoundState;
use frame::FrameSlot;
use reconnect::{Failure, HeldBy, Stage};

/// The state of one stream of the wall, with the slot of its pictures.
#[derive(Clone)]
pub struct StreamStatus {
    pub state: TileState,
    /// When the last picture came, if one ever came.
    pub last_picture: Option<Instant>,
    /// Local wall-clock time of the last picture.
    pub last_picture_clock: Option<Clock>,
    pub slot: Arc<FrameSlot>,
    pub sound: SoundState,
    pub info: StreamInfo,
}

/// What decodes a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderUsed {
    /// The element of GStreamer, such as `avdec_h264`.
    pub element: String,
    /// It is a driver's, and so the graphics card works.
    pub hardware: bool,
}

/// Measured figures of a stream over the last few seconds; zero or empty until measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamInfo {
    /// Such as `H.264`.
    pub codec: String,
    pub width: u32,
    pub height: u32,
    pub fps: f32,
    pub kbit_s: u32,
    pub frames: u64,
    /// How many pictures were replaced before they were painted, plus packets that were lost, since the stream became
    /// wanted.
    pub dropped: u64,
    /// The mean time of the last second from the arrival of a picture's last packet to its painting; `None`: not
    /// measured.
    pub delay: Option<Duration>,
    /// `None`: nothing decodes it now.
    pub decoder: Option<DecoderUsed>,
}

/// The state that a tile shows. Its text, colour and icon are in `ui::state`.
#[derive(Clone, Debug, PartialEq)]
pub enum TileState {
    /// A dial or a sign-in is under way, or the first picture has not come yet. `since`: when this stage began.
    Connecting {
        stage: Stage,
        since: Option<Instant>,
    },
    Live,
    /// No new picture since [`StreamStatus::last_picture`] for 3 s, or for three intervals of a stream that sends them rarely.
    Late,
    /// Pictures are damaged, or refer to others that never came, until the next key frame: it is awaited since then. What is shown
    /// may be smeared.
    AwaitingKeyFrame {
        since: Instant,
    },
    /// Pictures come, and never a key frame: nothing says whether they are whole.
    WithoutKeyFrames,
    /// Failed, or stalled for 10 s or longer; `next_try`: when the engine tries again, as far as it knows.
    Offline {
        failure: Failure,
        next_try: Option<Instant>,
    },
    /// A dial is due but held back: by the budget, by the site's canary, or by another dial of the same device.
    Waiting {
        held_by: HeldBy,
        until: Option<Instant>,
        failure: Option<Failure>,
    },
    /// *Internal network only* forbids the address.
    Refused {
        failure: Failure,
    },
    SignInFailed {
        failure: Failure,
        next_try: Option<Instant>,
    },
    NoSuchChannel {
        failure: Failure,
        next_try: Option<Instant>,
    },
    UnsupportedCodec {
        failure: Failure,
        next_try: Option<Instant>,
    },
    /// It plays, but decoding pictures of this size would take too much memory. It is shown as soon as they are smaller, or memory
    /// is free for them.
    TooLarge {
        failure: Failure,
    },
}

impl TileState {
    /// The stable name that `watch --json` prints.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Live => "live",
            Self::Late => "late",
            Self::AwaitingKeyFrame { .. } => "awaiting-key-frame",
            Self::WithoutKeyFrames => "without-key-frames",
            Self::Offline { .. } => "offline",
            Self::Waiting { .. } => "waiting",
            Self::Refused { .. } => "refused",
            Self::SignInFailed { .. } => "sign-in-failed",
            Self::NoSuchChannel { .. } => "no-such-channel",
            Self::UnsupportedCodec { .. } => "unsupported-codec",
            Self::TooLarge { .. } => "too-large",
        }
    }

    /// Whether pictures move: they are as new as the stream makes them. Only the live one is known to be whole.
    #[must_use]
    pub fn moves(&self) -> bool {
        matches!(self, Self::Live | Self::WithoutKeyFrames)
    }

    /// Whether there are pictures of now, or of a few seconds ago, whole or not.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        self.moves() || matches!(self, Self::Late | Self::AwaitingKeyFrame { .. })
    }

    /// When the engine tries again, if that is known.
    #[must_use]
    pub fn next_try(&self) -> Option<Instant> {
        match self {
            Self::Connecting { .. }
            | Self::Live
            | Self::Late
            | Self::AwaitingKeyFrame { .. }
            | Self::WithoutKeyFrames
            | Self::TooLarge { .. }
            | Self::Refused { .. } => None,
            Self::Waiting { until, .. } => *until,
            Self::Offline { next_try, .. }
            | Self::SignInFailed { next_try, .. }
            | Self::NoSuchChannel { next_try, .. }
            | Self::UnsupportedCodec { next_try, .. } => *next_try,
        }
    }

    /// What is awaited, by a stable name, and since when.
    #[must_use]
    pub fn awaits(&self) -> Option<(&'static str, Option<Instant>)> {
        match self {
            Self::Connecting {
                stage: Stage::Media,
                since,
            } => Some(("picture", *since)),
            Self::Connecting { stage, since } => Some((stage.name(), *since)),
            Self::AwaitingKeyFrame { since } => Some(("key-frame", Some(*since))),
            _ => None,
        }
    }

    /// The failure that led to this state, if there was one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Connecting { .. }
            | Self::Live
            | Self::Late
            | Self::AwaitingKeyFrame { .. }
            | Self::WithoutKeyFrames => None,
            Self::Waiting { failure, .. } => failure.as_ref(),
            Self::Offline { failure, .. }
            | Self::Refused { failure }
            | Self::SignInFailed { failure, .. }
            | Self::NoSuchChannel { failure, .. }
            | Self::UnsupportedCodec { failure, .. }
            | Self::TooLarge { failure } => Some(failure),
        }
    }
}
