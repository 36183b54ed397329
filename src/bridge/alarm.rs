//! What an alarm opened, as the windows show it.

use super::shown_event::ShownEvent;
use device::ChannelId;
use events::AlarmView;

/// Cameras that a rule has opened about an event, until a person dismisses them or they close by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAlarm {
    pub about: ShownEvent,
    /// The cameras to show, in their order; none twice.
    pub cameras: Vec<ChannelId>,
    pub view: AlarmView,
}
