//! Steering a camera: what it offers, what is asked of it, and the dead man who stops it.
//!
//! The book is the ONVIF PTZ Service Specification (version 2), and the Imaging Service Specification for the focus.

mod asked;
mod calls;
mod dead_man;
mod known;
mod offer;
mod order;
mod preset;
mod steering;

pub use dead_man::{DeadMan, HOLD_LASTS};
pub use offer::{PresetTour, PtzOffer};
pub use order::{Due, Lessons, Order, OrderAnswer, SteeringTrouble, TourOrder};
pub use preset::{Preset, ServiceFunction};
pub use steering::{Steering, SteeringDoing, SteeringNext, SteeringPlan, SteeringView};

/// How fast a camera turns and zooms, each from −1 to 1 of the fastest that it can: right, up and in are positive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Velocity {
    pub pan: f32,
    pub tilt: f32,
    pub zoom: f32,
}

/// What a person wants of a camera as long as they hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    Turn(Velocity),
    /// From −1 (near) to 1 (far).
    Focus(f32),
}

/// What moves, and is stopped, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    Turn,
    Focus,
}

impl Velocity {
    /// Each within its range, and nothing that is no number.
    #[must_use]
    pub fn bounded(self) -> Self {
        let bounded = |speed: f32| if speed.is_finite() { speed.clamp(-1.0, 1.0) } else { 0.0 };
        Self {
            pan: bounded(self.pan),
            tilt: bounded(self.tilt),
            zoom: bounded(self.zoom),
        }
    }

    /// With the faster one of pan and tilt alone.
    fn of_one_axis(self) -> Self {
        match self.pan.abs() >= self.tilt.abs() {
            true => Self { tilt: 0.0, ..self },
            false => Self { pan: 0.0, ..self },
        }
    }

    fn is_diagonal(self) -> bool {
        self.pan != 0.0 && self.tilt != 0.0
    }
}

impl Motion {
    #[must_use]
    pub fn drive(self) -> Drive {
        match self {
            Self::Turn(_) => Drive::Turn,
            Self::Focus(_) => Drive::Focus,
        }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_none(self) -> bool {
        match self {
            Self::Turn(velocity) => velocity.bounded() == Velocity::default(),
            Self::Focus(speed) => speed == 0.0 || !speed.is_finite(),
        }
    }
}
