//! The names of views and of layouts: what they may be.

use device::{as_name, is_unseen};

/// The most characters of a name.
pub(super) const MAX_NAME: usize = 60;

/// Why a view or a layout does not take a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a view needs a name")]
    Empty,
    #[error("there is a view of this name already")]
    Taken,
    #[error("a name has at most {MAX_NAME} characters")]
    Long,
    #[error("a name has no characters that cannot be seen")]
    Control,
}

/// The name without the space around it, as it would be kept; `is_taken` says whether another one has it.
pub(super) fn checked(name: &str, is_taken: impl FnOnce(&str) -> bool) -> Result<String, NameError> {
    let name = as_name(name);
    if name.is_empty() {
        Err(NameError::Empty)
    } else if name.chars().count() > MAX_NAME {
        Err(NameError::Long)
    } else if is_unseen(&name) {
        Err(NameError::Control)
    } else if is_taken(&name) {
        Err(NameError::Taken)
    } else {
        Ok(name)
    }
}
