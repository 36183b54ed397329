//! What the screen asks of the profile as a whole, and the answers.

use super::FileFault;
use std::path::PathBuf;
use std::sync::Arc;

use device::Password;
use problem_report::ReportFile;
use registry_csv::{CsvFault, CsvHeader, CsvPlan};
use wall::{Views, WindowView};

/// A request about the whole profile; [`super::EngineState::profile`] has the answer with the same number.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileRequest {
    /// List the dated copies.
    Copies,
    /// Restore the copy of this name.
    Restore(String),
    /// Write devices, views, settings and passwords to a new file, sealed with the passphrase.
    Export { path: PathBuf, passphrase: Password },
    /// Write all devices to a new table for spreadsheets, without passwords.
    ExportCsv { path: PathBuf, header: CsvHeader },
    /// Say what the table would make of the registry. `site`: that of new devices of which it does not say one.
    LookCsv { path: PathBuf, site: String },
    /// Gather the files of a problem report. `said`: what the window says of itself.
    GatherReport { said: Vec<ReportFile>, pseudonyms: bool },
    /// Write this text to a new file.
    SaveText { path: PathBuf, text: String },
    /// Pack these files into a new zip file.
    SaveReport { path: PathBuf, files: Arc<Vec<ReportFile>> },
    /// Say what the file would bring.
    Look { path: PathBuf, passphrase: Password },
    /// Take over what the file brings, `settings` as well or not.
    Import {
        path: PathBuf,
        passphrase: Password,
        settings: bool,
    },
}

/// The answer to a [`ProfileRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileAnswer {
    /// The number of the command that asked.
    pub id: u64,
    pub outcome: Result<ProfileOutcome, ProfileFault>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ProfileOutcome {
    /// The newest first.
    Copies(Vec<CopyInfo>),
    /// A copy was restored: what the windows show from now on.
    Restored {
        views: Views,
        windows: Vec<WindowView>,
        /// These devices came back without their passwords.
        without: Vec<String>,
    },
    /// Written; the passwords of these devices, and these parts of the profile's files, could not be read and are not in it.
    Exported { without: Vec<String>, missing: Vec<String> },
    /// What an import would do.
    Looked(ImportInfo),
    /// What a table would make of the registry. Its edits are saved by [`super::Command::SaveDevices`].
    CsvLooked(Arc<CsvPlan>),
    /// The files of a problem report, as they would be saved.
    ReportGathered(Arc<Vec<ReportFile>>),
    /// Taken over; the passwords of these devices could not be stored.
    Imported {
        views: Views,
        /// What the windows show from now on; empty where they stay as they are.
        windows: Vec<WindowView>,
        without: Vec<String>,
    },
}

/// A dated copy of the registry and the views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyInfo {
    pub id: String,
    /// Local date and time, such as `2026-11-28 23:16`.
    pub when: String,
    pub devices: usize,
    pub views: usize,
    /// Names of the devices that a restore would bring back, take away and change.
    pub devices_differ: NamesDiffer,
    pub views_differ: NamesDiffer,
    /// Sites, virtual DVRs, layouts, the tour or the windows differ.
    pub rest_differs: bool,
    /// A file of the copy is damaged.
    pub is_damaged: bool,
}

impl CopyInfo {
    /// Whether it is what there is now.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let none = NamesDiffer::default();
        self.devices_differ == none && self.views_differ == none && !self.rest_differs
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamesDiffer {
    pub back: Vec<String>,
    pub gone: Vec<String>,
    pub changed: Vec<String>,
}

/// What a profile file holds, and what of it is here already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportInfo {
    /// Names of devices that are new here.
    pub new_devices: Vec<String>,
    /// Names of devices that are here, and would be changed.
    pub changed_devices: Vec<String>,
    pub new_views: Vec<String>,
    pub changed_views: Vec<String>,
    /// How many passwords are in it.
    pub passwords: usize,
}

/// Why a request about the profile came to nothing. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileFault {
    /// There is no such file, folder or copy.
    NotFound,
    /// A file that is there is never replaced.
    Exists,
    Denied,
    /// The file is no profile.
    NotAProfile,
    /// The file is no table of devices.
    NoTable(CsvFault),
    /// Something is missing at the end of the file.
    Truncated,
    WrongPassphrase,
    /// The passphrase is right, but what it sealed was changed.
    Damaged,
    /// The file was written by a newer Monomi.
    Newer,
    /// This file of the profile or the copy cannot be read.
    Unreadable {
        file: String,
        fault: FileFault,
    },
    Other {
        reason: String,
    },
}
