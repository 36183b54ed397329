//! How the connections ask the files for a password.

use device::{DeviceId, Password};

/// A question for a password. Its answer carries the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PasswordQuestion {
    pub number: u64,
    /// Whose password it is.
    pub of: DeviceId,
    /// A person asked, so that an earlier refusal of the password store is no answer.
    pub by_hand: bool,
}

/// The password if there is one, or why it cannot be read.
pub(super) type PasswordAnswer = Result<Option<Password>, String>;
