//! View → Event log: what happened, with since, until and whether somebody has seen it; and the badge that leads there.
//!
//! An event counts as seen when a person pressed a key or clicked while it stood in the list on screen: a list that is open on a screen
//! that nobody watches sees nothing.

mod badge;
mod dialog;
mod filter;
mod leading;
pub mod letters;
mod noting;
mod recording;
mod rows;
pub mod says;
mod span;

pub(super) use badge::badge;
pub use dialog::EventsDialog;
