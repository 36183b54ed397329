//! What happened: a trouble that Monomi found itself, something that a source reports, or a word that only the device knows.

use std::time::Duration;

use super::{Category, Cause, Kind, Severity};
use crate::bounded::OwnName;
use crate::choice;

choice! {
    /// What a source may report: devices, the person at the screen, the program itself.
    #[derive(PartialOrd, Ord)]
    enum Occurrence {
        /// The recorder has no signal of a camera.
        VideoLoss = "video-loss",
        /// Covered, turned away, out of focus, too dark.
        Tamper = "tamper",
        Motion = "motion",
        LineCrossing = "line-crossing",
        Intrusion = "intrusion",
        RegionEntered = "region-entered",
        RegionLeft = "region-left",
        Person = "person",
        Vehicle = "vehicle",
        Face = "face",
        Animal = "animal",
        /// Left behind, or taken away.
        Package = "package",
        Visitor = "visitor",
        Sound = "sound",
        Input = "input",
        Output = "output",
        StorageFailure = "storage-failure",
        StorageFull = "storage-full",
        StorageMissing = "storage-missing",
        RecordingStopped = "recording-stopped",
        FanFailure = "fan-failure",
        PowerFailure = "power-failure",
        Overheated = "overheated",
        Restarted = "restarted",
        ClockWrong = "clock-wrong",
        /// The device has lost its network, as it tells afterwards.
        LinkLost = "link-lost",
        AddressConflict = "address-conflict",
        /// It is reached by another of its addresses than before.
        RoadChanged = "road-changed",
        /// Somebody works at a site, as was planned.
        PlannedWork = "planned-work",
        /// The decoder of a camera failed or stood still, and was built anew.
        DecoderRestarted = "decoder-restarted",
        /// Nothing is heard of its events any more.
        Unheard = "unheard",
        /// Somebody was refused by the device.
        SignInFailed = "sign-in-failed",
        AccountLocked = "account-locked",
        DeviceAdded = "device-added",
        DeviceEdited = "device-edited",
        DeviceRemoved = "device-removed",
        SiteAdded = "site-added",
        SiteEdited = "site-edited",
        SiteRemoved = "site-removed",
        VirtualDvrAdded = "virtual-dvr-added",
        VirtualDvrEdited = "virtual-dvr-edited",
        VirtualDvrRemoved = "virtual-dvr-removed",
        SettingsEdited = "settings-edited",
        /// *Internal network only* was set or taken away.
        PolicyEdited = "policy-edited",
        CertificateTrusted = "certificate-trusted",
        KioskUnlocked = "kiosk-unlocked",
        KioskRefused = "kiosk-refused",
        ProgramStarted = "program-started",
        ProgramEnded = "program-ended",
        /// The run before this one did not come to its end.
        ProgramCrashed = "program-crashed",
        /// The loop of the program stood still.
        ProgramStuck = "program-stuck",
        /// Monomi itself takes much memory.
        OwnMemory = "own-memory",
        /// It takes more memory hour after hour.
        OwnMemoryGrows = "own-memory-grows",
        /// It has nearly as many open files and sockets as it may.
        OwnHandles = "own-handles",
        /// The disk of the profile is nearly full.
        OwnDisk = "own-disk",
        /// Its loop is late.
        OwnDelay = "own-delay",
        /// Much waits for its loop.
        OwnQueue = "own-queue",
        /// Decoders are built anew again and again.
        OwnDecoders = "own-decoders",
        /// The file of events was damaged and is set aside.
        LogDamaged = "log-damaged",
        /// More happened than is kept: the count says how much.
        TooMany = "too-many",
    }
}

impl Occurrence {
    #[must_use]
    pub fn category(self) -> Category {
        match self {
            Self::VideoLoss | Self::Tamper | Self::DecoderRestarted => Category::Video,
            Self::Motion
            | Self::LineCrossing
            | Self::Intrusion
            | Self::RegionEntered
            | Self::RegionLeft
            | Self::Person
            | Self::Vehicle
            | Self::Face
            | Self::Animal
            | Self::Package
            | Self::Visitor
            | Self::Sound => Category::Analytics,
            Self::Input | Self::Output => Category::InputOutput,
            Self::StorageFailure | Self::StorageFull | Self::StorageMissing | Self::RecordingStopped => {
                Category::Storage
            }
            Self::FanFailure | Self::PowerFailure | Self::Overheated | Self::Restarted | Self::ClockWrong => {
                Category::Device
            }
            Self::LinkLost | Self::AddressConflict | Self::RoadChanged | Self::PlannedWork | Self::Unheard => {
                Category::Connection
            }
            Self::SignInFailed
            | Self::AccountLocked
            | Self::PolicyEdited
            | Self::CertificateTrusted
            | Self::KioskUnlocked
            | Self::KioskRefused => Category::Security,
            Self::DeviceAdded
            | Self::DeviceEdited
            | Self::DeviceRemoved
            | Self::SiteAdded
            | Self::SiteEdited
            | Self::SiteRemoved
            | Self::VirtualDvrAdded
            | Self::VirtualDvrEdited
            | Self::VirtualDvrRemoved
            | Self::SettingsEdited => Category::User,
            Self::ProgramStarted
            | Self::ProgramEnded
            | Self::ProgramCrashed
            | Self::ProgramStuck
            | Self::OwnMemory
            | Self::OwnMemoryGrows
            | Self::OwnHandles
            | Self::OwnDisk
            | Self::OwnDelay
            | Self::OwnQueue
            | Self::OwnDecoders
            | Self::LogDamaged
            | Self::TooMany => Category::Program,
        }
    }

    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::VideoLoss
            | Self::Tamper
            | Self::LineCrossing
            | Self::Intrusion
            | Self::Input
            | Self::StorageFailure
            | Self::StorageMissing
            | Self::RecordingStopped
            | Self::PowerFailure
            | Self::ProgramStuck
            | Self::OwnDisk
            | Self::LogDamaged => Severity::Alarm,
            Self::StorageFull
            | Self::FanFailure
            | Self::Overheated
            | Self::ClockWrong
            | Self::LinkLost
            | Self::AddressConflict
            | Self::RoadChanged
            | Self::Unheard
            | Self::SignInFailed
            | Self::AccountLocked
            | Self::KioskRefused
            | Self::ProgramCrashed
            | Self::DecoderRestarted
            | Self::OwnMemory
            | Self::OwnMemoryGrows
            | Self::OwnHandles
            | Self::OwnDelay
            | Self::OwnQueue
            | Self::OwnDecoders
            | Self::TooMany => Severity::Warning,
            _ => Severity::Info,
        }
    }

    /// How long it is taken to last where no more is heard of it, because many devices never say its end; `None`: until its end is said.
    #[must_use]
    pub fn ends_after(self) -> Option<Duration> {
        match self.category() {
            Category::Analytics => Some(Duration::from_secs(30)),
            _ => None,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// Pictures that do not come, as Monomi itself finds it.
    Trouble(Cause),
    Known(Occurrence),
    /// Something that Monomi has no word for, under the name that the device gives it.
    Own {
        name: OwnName,
        category: Category,
        severity: Severity,
    },
}

impl From<Cause> for What {
    fn from(cause: Cause) -> Self {
        Self::Trouble(cause)
    }
}

impl From<Occurrence> for What {
    fn from(occurrence: Occurrence) -> Self {
        Self::Known(occurrence)
    }
}

impl What {
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::Trouble(cause) => match cause.kind() {
                Kind::NoAnswer | Kind::Refused | Kind::Computer => Category::Connection,
                Kind::SignIn | Kind::Certificate => Category::Security,
                Kind::NoPicture => Category::Video,
            },
            Self::Known(occurrence) => occurrence.category(),
            Self::Own { category, .. } => *category,
        }
    }

    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::Trouble(_) => Severity::Alarm,
            Self::Known(occurrence) => occurrence.severity(),
            Self::Own { severity, .. } => *severity,
        }
    }

    /// Its stable word, or the device's own name.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Trouble(cause) => cause.as_str(),
            Self::Known(occurrence) => occurrence.as_str(),
            Self::Own { name, .. } => name.as_str(),
        }
    }

    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Trouble(cause) => Some(*cause),
            Self::Known(_) | Self::Own { .. } => None,
        }
    }

    /// Whether it may be no more than what an outage looks like from the device.
    #[must_use]
    pub fn may_follow_an_outage(&self) -> bool {
        let is_plan = *self == Self::Known(Occurrence::PlannedWork);
        !is_plan && matches!(self.category(), Category::Connection | Category::Video)
    }
}
