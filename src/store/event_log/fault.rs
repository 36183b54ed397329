//! What may be wrong with the file.

use rusqlite::ErrorCode;

/// Why the log was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    #[error("damaged: {0}")]
    Damaged(String),
    #[error("written by a newer version")]
    Newer,
    /// The disk is full, or away, or somebody else holds the file.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for LogFault {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            // Tables that are not there, or have other columns.
            Some(ErrorCode::Unknown) => Self::Damaged(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}
