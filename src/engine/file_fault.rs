//! Why a file cannot be read or written, as the screen says it.

use crate::bridge::{FileFault, ProfileFault};
use crate::store::{ExchangeError, LoadProblem, Refusal};

/// The fault that these problems tell of; a file without any of them is gone, or holds nothing.
pub(super) fn of_problems(problems: &[LoadProblem]) -> FileFault {
    let said = problems.iter().find_map(|problem| match problem {
        LoadProblem::Unreadable { refusal, .. } => Some(of_refusal(refusal)),
        LoadProblem::SetAside { .. } => Some(FileFault::Damaged),
        LoadProblem::Emptied { .. } => Some(FileFault::Gone),
        LoadProblem::Warning { .. } => None,
    });
    said.unwrap_or(FileFault::Gone)
}

pub(super) fn of_refusal(refusal: &Refusal) -> FileFault {
    match refusal {
        Refusal::Folder => FileFault::Folder,
        Refusal::NoFile => FileFault::NoFile,
        Refusal::TooLarge => FileFault::TooLarge,
        Refusal::LinkToNothing => FileFault::LinkToNothing,
        Refusal::Denied => FileFault::Denied,
        Refusal::System(reason) => FileFault::System(reason.clone()),
    }
}

pub(super) fn of_exchange(error: ExchangeError) -> ProfileFault {
    match error {
        ExchangeError::NotFound => ProfileFault::NotFound,
        ExchangeError::Exists => ProfileFault::Exists,
        ExchangeError::Denied => ProfileFault::Denied,
        ExchangeError::NotAProfile => ProfileFault::NotAProfile,
        ExchangeError::Truncated => ProfileFault::Truncated,
        ExchangeError::WrongPassphrase => ProfileFault::WrongPassphrase,
        ExchangeError::Damaged => ProfileFault::Damaged,
        ExchangeError::Newer => ProfileFault::Newer,
        ExchangeError::Unreadable { file, refusal } => ProfileFault::Unreadable {
            file,
            fault: of_refusal(&refusal),
        },
        ExchangeError::Other(reason) => ProfileFault::Other { reason },
    }
}
