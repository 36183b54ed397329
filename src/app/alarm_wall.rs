//! What a window shows because of alarms, and what of it is saved.

use crate::bridge::OpenAlarm;
use device::ChannelId;
use wall::{Wall, WindowView};

/// Where an alarm is shown. Those of one place share a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AlarmPlace {
    /// From 1; `None`: wherever the system puts it.
    pub monitor: Option<u8>,
    pub replaces: bool,
}

impl AlarmPlace {
    pub(super) fn of(alarm: &OpenAlarm) -> Self {
        Self {
            monitor: alarm.view.monitor,
            replaces: alarm.view.replaces,
        }
    }
}

/// What a window shows because of alarms.
pub(super) struct AlarmWall {
    pub place: AlarmPlace,
    pub cameras: Vec<ChannelId>,
    /// What the window showed before, and under which name; `None`: it was opened for alarms.
    pub before: Option<(Wall, Option<String>)>,
}

impl AlarmWall {
    /// The view of the window in the form that is saved; `None`: it is none of the operator's.
    pub(super) fn saved(&self, shown: &WindowView) -> Option<WindowView> {
        let (wall, view) = self.before.clone()?;
        Some(WindowView {
            wall,
            view,
            ..shown.clone()
        })
    }

    /// The alarms that are shown here.
    pub(super) fn shown<'a>(&self, alarms: &'a [OpenAlarm]) -> Vec<&'a OpenAlarm> {
        alarms
            .iter()
            .filter(|alarm| AlarmPlace::of(alarm) == self.place)
            .collect()
    }
}
