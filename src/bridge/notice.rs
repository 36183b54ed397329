//! What the user should read.

use super::sound::SoundProblem;

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
