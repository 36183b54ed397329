use std::path::PathBuf;

use recording::RecordingRules;

/// What is recorded, where, and how much of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    /// `None`: *Monomi* in the folder of videos.
    pub folder: Option<PathBuf>,
    /// All recordings together, in GiB; 0: as much as the disk has.
    pub size: u32,
    /// Days after which a recording is removed; 0: when its room is needed.
    pub days: u32,
    /// GiB of the disk that stay free.
    pub floor: u32,
    /// Seconds before an event that are recorded with it.
    pub before: u32,
    /// Seconds after its last report.
    pub after: u32,
    /// What is recorded by itself.
    pub rules: RecordingRules,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self {
            folder: None,
            size: 0,
            days: 0,
            floor: 5,
            before: 10,
            after: 30,
            rules: RecordingRules::default(),
        }
    }
}
