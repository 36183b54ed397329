//! What a steering asks, one after the other.

use super::order::{Order, TourOrder};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Clock,
    Services,
    Capabilities,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Once {
    GoTo(String),
    Tour(String, TourOrder),
}

#[derive(Clone, Debug)]
pub(super) enum Asked {
    Opening(Opening),
    Profile,
    Node,
    Timeouts,
    Focus,
    Presets,
    Tours,
    Order(Order),
    /// With whether it went out before.
    Once(Once, bool),
}
