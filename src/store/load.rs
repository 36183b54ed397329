//! The result of reading a file: a value, and the problems of the file.

use std::fmt;

/// A value from a file, and the problems of the file. Reading never fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    pub value: T,
    pub problems: Vec<LoadProblem>,
}

/// A problem of a file. Nothing is lost: the file is either not written, or keeps what was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// `file` cannot be used; changes are saved to `beside`. Both are file names without folder.
    SetAside {
        file: String,
        beside: String,
        reason: String,
    },
    /// A value or record at `at`, such as `device[2].port`, is not understood.
    Warning { at: String, message: String },
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { file, beside, reason } => {
                write!(f, "{file} is left as it is ({reason}); changes are saved to {beside}")
            }
            Self::Warning { at, message } => write!(f, "{at}: {message}"),
        }
    }
}
