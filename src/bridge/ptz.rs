//! Steering a camera: what the screen asks for, and what it shows of it.

use std::time::Instant;

use super::clock::Clock;
use ::onvif::TourOrder;
pub use ::onvif::{Motion, SteeringDoing, SteeringTrouble, SteeringView, Velocity};
use reconnect::Failure;

/// What is asked of the camera of a channel.
#[derive(Clone, Debug, PartialEq)]
pub enum PtzWish {
    /// Find out what it offers. [`super::EngineState::ptz`] has it.
    Open,
    /// Move so, until [`PtzWish::Release`]. It is said again each 300 ms, for a hold that nobody repeats ends after a second.
    Hold(Motion),
    Release,
    /// Stop, whatever made it move.
    Halt,
    /// Go to the preset with this token.
    GoTo(String),
    /// Do this with the preset tour with this token.
    Tour(String, TourOrder),
    /// Read its presets and preset tours anew.
    Refresh,
    /// Nobody steers it any more: it is let go.
    Close,
}

/// How far the way to a camera is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum PtzLink {
    /// Nothing is to be asked.
    #[default]
    Idle,
    /// It waits for a permit, until about this time.
    Waiting {
        until: Option<Instant>,
    },
    Connecting,
    Open,
}

/// What is known of the steering of a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PtzStatus {
    pub view: SteeringView,
    pub link: PtzLink,
    /// Why nothing can be asked.
    pub failure: Option<Failure>,
    /// The recorder refused the same sign-in at this time of day, so that it was not asked again.
    pub not_asked: Option<Clock>,
    /// What the steering of its device has cost so far.
    pub connects: u32,
}
