//! Notices: what the user should read.

use std::path::PathBuf;

use super::alert::AlertFault;
use super::certificates::ExpiringDevice;
use super::messengers::MessengerFault;
use super::sound::SoundProblem;
use device::{CertificateOwner, Fingerprint, PlannedWorkProblem};
use events::Messenger;

/// A message to the user. It stays until it is dismissed or no longer true.
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
    /// There is nothing in the file any more, so that what stood in it is lost.
    FileEmptied {
        file: String,
    },
    /// A file cannot be read just now. What is known goes on, and the file is taken when it reads whole again.
    FileKept {
        file: String,
        fault: FileFault,
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
    /// The key file for passwords was damaged. It was renamed to `aside`, and passwords have to be entered again.
    KeySetAside {
        aside: String,
    },
    /// The keyring could not be told to forget the passwords of removed devices; it is told once it can be reached.
    PasswordsOwed,
    /// *Internal network only* was switched on and excludes these devices.
    Excluded {
        devices: Vec<String>,
    },
    DevicesRemoved {
        names: Vec<String>,
    },
    /// Several devices were edited at once; it can be undone.
    DevicesEdited {
        names: Vec<String>,
    },
    /// Several devices were added at once, and others edited with them; it can be undone.
    DevicesAdded {
        added: usize,
        changed: usize,
    },
    /// Another program removed a device that was to be changed, and it stays removed.
    EditedDeviceGone,
    /// A snapshot was saved as this file; shown for a few seconds.
    SnapshotSaved {
        path: PathBuf,
    },
    /// The desktop could not show this folder.
    FolderNotOpened {
        folder: PathBuf,
        reason: String,
    },
    /// The handbook could not be written as this file, or shown.
    HandbookNotOpened {
        file: PathBuf,
        reason: String,
    },
    /// A snapshot of this device could not be saved.
    SnapshotFailed {
        device: String,
        problem: SnapshotProblem,
    },
    /// The sound of this device was asked for and cannot be played.
    SoundFailed {
        device: String,
        problem: SoundProblem,
    },
    /// This device has sent pictures for long and never a key frame; told once while the program runs.
    WithoutKeyFrames {
        device: String,
    },
    /// GStreamer or one of its plug-ins is missing, or a defect ended the engine: no picture can be shown.
    NoVideo {
        reason: String,
    },
    /// The engine stands still in this part of it, and Monomi does not start itself again for it.
    StandsStill {
        post: String,
    },
    /// Nobody can be called about events by this means; told once until it works.
    AlertFailed(AlertFault),
    /// This server has nothing of what it was to be told; told once until it has.
    MessengerFailed {
        messenger: Messenger,
        server: String,
        fault: MessengerFault,
        /// Nothing is tried before somebody changes something.
        stopped: bool,
    },
    /// These devices show other certificates than before, and are not connected to until a person trusts them.
    CertificatesChanged {
        /// Who signed all of the new ones; `None`: each was signed by another one.
        issuer: Option<String>,
        names: Vec<String>,
        shown: Vec<(CertificateOwner, Fingerprint)>,
    },
    /// Certificates of these devices expire within so many days; 0: they have expired while the program ran.
    CertificatesExpire {
        days: u16,
        devices: Vec<ExpiringDevice>,
    },
    VirtualDvrRemoved {
        name: String,
    },
    /// What a person planned at this site is not in its plan.
    WorkNotPlanned {
        site: String,
        problem: PlannedWorkProblem,
    },
    /// The command line named a monitor that is not there. Numbers count from 1.
    NoSuchMonitor {
        number: usize,
        /// The monitors that exist, in order.
        monitors: Vec<String>,
        /// The monitor that the window is on instead, if that is known.
        here: Option<usize>,
    },
    /// The window fell back to another renderer.
    RendererFellBack {
        wanted: String,
        reason: String,
    },
}

/// Why a file cannot be read just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is not there any more, or holds nothing.
    Gone,
    /// It is damaged, being written, or of a newer program; the log says more.
    Damaged,
    Folder,
    /// It is a pipe or a device.
    NoFile,
    TooLarge,
    LinkToNothing,
    Denied,
    /// In the words of the system.
    System(String),
}

/// Why a snapshot was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotProblem {
    /// The channel shows no live picture.
    NoPicture,
    /// The system names no folder of pictures, and none is set.
    NoFolder,
    /// Writing failed, in the words of the system.
    Write(String),
}
