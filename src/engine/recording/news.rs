use crate::bridge::{RecordingExportStatus, RecordingsRead};

/// What came of a question or an export.
pub(in crate::engine) enum RecordingsNews {
    Read(Box<RecordingsRead>),
    Export(RecordingExportStatus),
}
