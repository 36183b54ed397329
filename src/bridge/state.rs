use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::TestId;
use super::sound::{SoundProblem, SoundState};
use super::views::ViewsTransfer;
use device::{DeviceId, Registry, SiteId, StreamId};
use frame::FrameSlot;
use reconnect::{Failure, HeldBy, SiteState, Stage};
use settings::Settings;
use wall::{Relief, Views, WindowView};

/// All that the screen shows, as one value at one time. Cheap to clone.
#[derive(Clone)]
pub struct EngineState {
    /// The time at which this was true; ages and countdowns are differences to it.
    pub now: Instant,
    pub clock: Clock,
    pub registry: Arc<Registry>,
    pub settings: Arc<Settings>,
    /// The windows as they were when the profile was opened; read once at the start, empty for a fresh profile.
    pub windows: Arc<Vec<WindowView>>,
    /// The named views, as they were when the profile was opened.
    pub views: Arc<Views>,
    /// The last export or import of views.
    pub transfer: Option<Arc<ViewsTransfer>>,
    /// The answer to the last [`super::Command::Unlock`].
    pub unlock: Option<Unlock>,
    /// Every stream that is wanted, whether it plays or not.
    pub streams: Arc<HashMap<StreamId, StreamStatus>>,
    pub sites: Arc<Vec<SiteStatus>>,
    pub totals: Totals,
    pub notices: Arc<Vec<Notice>>,
    pub secrets: SecretsPlace,
    pub test: Option<Arc<TestStatus>>,
    /// Devices that *Internal network only* excludes now.
    pub excluded: Arc<Vec<DeviceId>>,
}

/// Whether the password of `id` was the kiosk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlock {
    pub id: u64,
    pub granted: bool,
}

/// Local wall-clock time, taken by the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub live: usize,
    pub wanted: usize,
    /// Connection attempts of the whole process in the last 60 s, measured at the dial.
    pub attempts_last_minute: u32,
    /// Since the start: attempts, and those of them that failed.
    pub attempts: u64,
    pub failed: u64,
    /// Dials under way that are not connected yet.
    pub half_open: u32,
    /// What an overloaded machine gives up now.
    pub relief: Relief,
}

/// One stream of the wall.
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
    /// Pictures that were replaced before they were painted, and packets that were lost, since the stream is wanted.
    pub dropped: u64,
    /// From the arrival of a picture's last packet to its painting, on the average of the last second; `None`: not measured.
    pub delay: Option<Duration>,
}

/// What a tile says. Each has its text, colour and icon in `ui::state`.
#[derive(Clone, Debug, PartialEq)]
pub enum TileState {
    /// A dial or a sign-in is under way, or the first picture has not come yet.
    Connecting {
        stage: Stage,
    },
    Live,
    /// No new picture since [`StreamStatus::last_picture`] for 3 s.
    Late,
    /// Failed or stalled for 10 s; `next_try`: when the engine tries again, as far as it knows.
    Offline {
        failure: Failure,
        next_try: Option<Instant>,
    },
    /// Due, but held back: by the budget, by the site's canary, by another dial of the same device.
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
}

impl TileState {
    /// The stable name that `watch --json` prints.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Live => "live",
            Self::Late => "late",
            Self::Offline { .. } => "offline",
            Self::Waiting { .. } => "waiting",
            Self::Refused { .. } => "refused",
            Self::SignInFailed { .. } => "sign-in-failed",
            Self::NoSuchChannel { .. } => "no-such-channel",
            Self::UnsupportedCodec { .. } => "unsupported-codec",
        }
    }

    /// When the engine tries again, where that is known.
    #[must_use]
    pub fn next_try(&self) -> Option<Instant> {
        match self {
            Self::Connecting { .. } | Self::Live | Self::Late | Self::Refused { .. } => None,
            Self::Waiting { until, .. } => *until,
            Self::Offline { next_try, .. }
            | Self::SignInFailed { next_try, .. }
            | Self::NoSuchChannel { next_try, .. }
            | Self::UnsupportedCodec { next_try, .. } => *next_try,
        }
    }

    /// What went wrong, where something did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Connecting { .. } | Self::Live | Self::Late => None,
            Self::Waiting { failure, .. } => failure.as_ref(),
            Self::Offline { failure, .. }
            | Self::Refused { failure }
            | Self::SignInFailed { failure, .. }
            | Self::NoSuchChannel { failure, .. }
            | Self::UnsupportedCodec { failure, .. } => Some(failure),
        }
    }
}

/// One site as the Network page and the banner show it.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteStatus {
    pub id: SiteId,
    pub name: String,
    pub state: SiteState,
    pub next_canary: Option<Instant>,
    pub half_open: u32,
    /// Since the start.
    pub attempts: u64,
    pub failed: u64,
    pub attempts_last_minute: u32,
    pub failed_last_minute: u32,
    /// Failed attempts a minute that the limits allow this site.
    pub budget_per_minute: u32,
    /// Enabled devices of the site, and those of them with a stream that plays.
    pub devices: u32,
    pub devices_live: u32,
}

/// Something the user should read; stays until dismissed or untrue.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: u64,
    pub kind: NoticeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NoticeKind {
    /// A file was not readable or is newer than this program; changes are written to `beside`.
    FileSetAside {
        file: String,
        beside: String,
        reason: String,
    },
    /// Values of a file that were not understood and are kept as they are.
    FileWarnings {
        file: String,
        warnings: Vec<String>,
    },
    /// A write failed; what is in memory is kept and tried again.
    WriteFailed {
        file: String,
        reason: String,
    },
    /// A password could not be stored or read.
    SecretFailed {
        device: String,
        reason: String,
    },
    /// The key file for passwords was damaged: it was kept under this name, and passwords have to be entered again.
    KeySetAside {
        aside: String,
    },
    /// *Internal network only* was switched on and excludes these devices.
    Excluded {
        devices: Vec<String>,
    },
    DevicesRemoved {
        names: Vec<String>,
    },
    /// A picture was kept as this file; shown for a few seconds.
    SnapshotSaved {
        path: String,
    },
    /// A picture of this device was to be kept and was not.
    SnapshotFailed {
        device: String,
        problem: SnapshotProblem,
    },
    /// This device's sound was asked for and is not to be heard.
    SoundFailed {
        device: String,
        problem: SoundProblem,
    },
    /// GStreamer or one of its plug-ins is missing, or a defect ended the engine: no picture can be shown.
    NoVideo {
        reason: String,
    },
    VirtualDvrRemoved {
        name: String,
    },
    /// The command line named a monitor that is not there. Numbers count from 1.
    NoSuchMonitor {
        number: usize,
        /// Those that are there, in order.
        monitors: Vec<String>,
        /// The one that the window is on instead, where that is known.
        here: Option<usize>,
    },
    /// The window fell back to another renderer.
    RendererFellBack {
        wanted: String,
        reason: String,
    },
}

/// Why there is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotProblem {
    /// The channel shows no live picture.
    NoPicture,
    /// The system names no folder of pictures, and none is set.
    NoFolder,
    /// In the words of the system.
    Write(String),
}

/// Where passwords are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretsPlace {
    Keyring,
    #[default]
    EncryptedFile,
}

/// How far a Test has come.
#[derive(Clone, Debug)]
pub struct TestStatus {
    pub id: TestId,
    /// The steps that succeeded so far, in order, each with its milliseconds.
    pub done: Vec<(Stage, Duration)>,
    pub state: TestState,
    /// The first picture arrives here.
    pub slot: Arc<FrameSlot>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TestState {
    /// Waiting for a permit until about this time.
    Waiting {
        until: Option<Instant>,
    },
    Running {
        stage: Stage,
    },
    /// The first picture came: codec and size.
    Passed {
        codec: String,
        width: u32,
        height: u32,
    },
    Failed(Failure),
}
