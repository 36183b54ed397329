use std::path::PathBuf;

use crate::store::{Profile, ProfileError};

/// What a command does with the profile. A profile that is only read need not be writable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Change,
}

impl Access {
    /// Opens the profile in `folder`, or the user's own.
    pub fn open(self, folder: Option<PathBuf>) -> Result<Profile, ProfileError> {
        match self {
            Self::Read => Profile::open_to_read(folder),
            Self::Change => Profile::open(folder),
        }
    }
}
