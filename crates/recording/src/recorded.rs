use std::path::PathBuf;

use device::StreamId;

use super::info::RecordingCause;

/// A part as the list of recordings shows it; times in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPart {
    pub path: PathBuf,
    pub stream: StreamId,
    pub cause: RecordingCause,
    pub from: i64,
    pub to: i64,
    pub bytes: u64,
    /// It is finished; else it is being written, or was left in the middle.
    pub finished: bool,
    pub site: String,
    pub device: String,
    pub channel: String,
}
