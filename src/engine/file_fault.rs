//! Why a file cannot be read, as the screen says it.

use crate::bridge::FileFault;
use crate::store::{LoadProblem, Refusal};

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
