//! View → What happened: every event with since, until and whether somebody has seen it; and the badge that leads there.
//!
//! An event counts as seen when a person pressed a key or clicked while it stood in the list on screen: a list that is open on a screen
//! that nobody watches sees nothing.

mod badge;
pub mod letters;
mod list;
pub mod says;

pub(super) use badge::badge;
pub use list::EventsDialog;
