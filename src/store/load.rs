//! The result of reading a file: a value, where it came from, and the problems of the file.

use std::fmt;

use super::read::Refusal;

/// A value from a file, and the problems of the file. Reading never fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    pub value: T,
    pub problems: Vec<LoadProblem>,
    pub found: Found,
}

/// Where the value of a file came from, and so how much may be missing in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The file itself, as a whole.
    Whole,
    /// A whole file of this name beside it: the file itself is damaged, newer than this program, or gone.
    Beside(String),
    /// What can be read of a damaged or newer file: anything may be missing.
    Part,
    /// No file, or one without any text: a fresh profile, a file that is being written, or a disk that is away.
    Nothing,
    /// The system does not give the file, which so may hold anything.
    Unreadable,
}

impl Found {
    /// Whether somebody who knew the content knows more than what was found.
    #[must_use]
    pub fn is_poorer(&self) -> bool {
        matches!(self, Self::Part | Self::Nothing | Self::Unreadable)
    }
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
    /// The system does not give `file`. Nothing is saved in its place.
    Unreadable { file: String, refusal: Refusal },
    /// There is nothing in `file`, which this program never writes so: what stood in it is lost.
    Emptied { file: String },
    /// A value or record at `at`, such as `device[2].port`, is not understood.
    Warning { at: String, message: String },
}

impl<T> Loaded<T> {
    /// Why the system does not give the file, in words for a person; `None` where it does.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let refused = |problem: &&LoadProblem| matches!(problem, LoadProblem::Unreadable { .. });
        self.problems.iter().find(refused).map(LoadProblem::to_string)
    }
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { file, beside, reason } => {
                write!(f, "{file} is left as it is ({reason}); changes are saved to {beside}")
            }
            Self::Unreadable { file, refusal } => write!(f, "{file} cannot be read ({refusal}); it is left as it is"),
            Self::Emptied { file } => write!(f, "{file} is empty: what stood in it is lost"),
            Self::Warning { at, message } => write!(f, "{at}: {message}"),
        }
    }
}
