//! How a call about an event went.

use crate::bridge::SoundProblem;

/// How one call went.
#[derive(Clone, Debug)]
pub(in crate::engine) enum AlertDone {
    Sound(Result<(), SoundProblem>),
    Notification(Result<(), String>),
}
