//! What is recorded, as the screen shows it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::clock::Clock;
use super::event_log::CalendarDay;
use device::{ChannelId, StreamId};
use recording::{RecordedPart, RecordingCause};

/// The recording of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingView {
    pub cause: RecordingCause,
    /// Since when pictures have reached a file, in microseconds since 1970; `None`: none has so far.
    pub since: Option<i64>,
    /// The same, as the clock on the wall showed it.
    pub since_clock: Option<Clock>,
    /// A person asked for it, and so can end it.
    pub by_hand: bool,
    pub trouble: Option<RecordingTrouble>,
}

/// Why something is not recorded, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingTrouble {
    /// The disk does not take pictures as fast as they come: so many groups were left out.
    TooSlow { groups: u64 },
    /// The disk is full, and no recording of ours is left that could go.
    NoSpace,
    /// The files cannot be written, with the system's reason.
    Write(String),
    /// Nothing writes files for pictures that are coded so.
    Codec(String),
}

/// A question for the recordings of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingsRequest {
    pub id: u64,
    pub day: CalendarDay,
}

/// A part with its times as the clock on the wall showed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPart {
    pub part: RecordedPart,
    pub from: Clock,
    pub to: Clock,
}

/// The recordings of a day. Its ends are those of the day where the person is, so that it may have 23 or 25 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingsRead {
    pub id: u64,
    pub day: CalendarDay,
    pub from: i64,
    pub to: i64,
    /// When each of its hours begins, and what the clock shows then.
    pub hours: Vec<(i64, u8)>,
    pub parts: Vec<ShownPart>,
    /// Files that look like recordings and cannot be read.
    pub damaged: u32,
    /// The folder cannot be read, with the system's reason.
    pub fault: Option<String>,
}

/// An export that a person asks for; times in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingExport {
    pub id: u64,
    pub channels: Vec<ChannelId>,
    pub from: i64,
    pub to: i64,
    pub folder: PathBuf,
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingExportStatus {
    pub id: u64,
    /// In thousandths.
    pub done: u16,
    /// What was written, or the reason why it was not; `None`: it goes on.
    pub ended: Option<Result<Vec<PathBuf>, String>>,
}

/// All that the screen shows of recordings.
#[derive(Clone, Debug, Default)]
pub struct RecordingsShown {
    /// What is being recorded, and how far that is.
    pub now: Arc<BTreeMap<StreamId, RecordingView>>,
    /// The answer to the last [`super::Command::ReadRecordings`].
    pub read: Option<Arc<RecordingsRead>>,
    /// The last [`super::Command::ExportRecordings`], and how far it is.
    pub export: Option<Arc<RecordingExportStatus>>,
}
