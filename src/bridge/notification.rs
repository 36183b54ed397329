//! What is told to the desktop.

use std::sync::Arc;

use super::state::EngineState;
use events::EventRecord;

/// What is to be said on the desktop. It replaces what was said for the same call.
#[derive(Clone)]
pub struct Notification {
    pub call: u64,
    pub about: NotificationAbout,
    /// For the names.
    pub state: Arc<EngineState>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NotificationAbout {
    Begun(Vec<EventRecord>),
    Over(Vec<EventRecord>),
    /// A person tries whether it works.
    Trial,
}
