//! How the means of an alert were tried, and why one does not work here.

use super::sound::SoundProblem;

/// How each means of an alert was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertTrial {
    pub sound: Trying<SoundProblem>,
    pub notification: Trying<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trying<P> {
    /// It is switched off.
    Off,
    UnderWay,
    Done,
    Failed(P),
}

/// A means of an alert that does not work here.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertFault {
    Sound(SoundProblem),
    /// In the words of the system.
    Notification(String),
}
