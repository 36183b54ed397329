//! What the dead man wants of a camera, what it answers, and what that teaches.

use std::time::{Duration, Instant};

use super::{Drive, Motion};

/// What is asked of the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    Move {
        motion: Motion,
        /// `None`: the camera takes none.
        timeout: Option<Duration>,
    },
    Stop(Drive),
    /// A move of no speed, which must stop like Stop (ONVIF PTZ §5.3.3).
    Zero(Drive),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Due {
    Send(Order),
    /// Nothing before this moment, unless something happens.
    Wait(Option<Instant>),
    /// The answer has not come: the connection is given up, for nothing else can be sent on it. [`super::DeadMan::lost`] says so.
    GiveUp,
}

/// What the camera answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderAnswer {
    Done,
    /// The account may not do it.
    NotAllowed(String),
    /// It knows no such call.
    Unknown(String),
    /// In the camera's words.
    Refused(String),
}

/// Why a camera is not steered any more, until somebody begins anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SteeringTrouble {
    /// The account may only watch: nothing more is sent.
    NotAllowed(String),
    Refused(String),
    NoAnswer,
    /// It was told to stop in every way, and none was confirmed.
    MayStillMove,
    /// The profile of the channel has no PTZ, or is gone.
    NotSteerable,
}

/// What this camera taught, which holds as long as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lessons {
    /// It refuses a move that says a `Timeout`.
    pub refuses_timeout: bool,
    /// It knows no Stop, so that the move of no speed goes first.
    pub knows_no_stop: bool,
    /// It does not answer a move of pan and tilt together.
    pub one_axis: bool,
}

/// How long a move may be told to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TimeoutRange {
    /// It does not say.
    #[default]
    Any,
    /// Of no length: none is sent.
    Never,
    Within(Duration, Duration),
}

/// What is done with a preset tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourOrder {
    Start,
    Stop,
    Pause,
}
