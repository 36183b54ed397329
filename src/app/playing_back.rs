//! Which recordings are looked at: those of channels that stand on a wall.

use super::MonomiApp;
use crate::bridge::{Command, PlaybackWish};
use device::ChannelId;

impl MonomiApp {
    /// Ends the playback of a channel that was taken off every wall, and of all in a kiosk: a session of a recorder is not held for nobody.
    pub(super) fn end_unseen_playbacks(&self) {
        let stands = |channel: ChannelId| {
            let walls = self.windows.iter().map(|window| window.view.wall.places());
            walls.flatten().flatten().any(|placed| placed.channel == channel)
        };
        for channel in self.engine_state.playbacks.keys() {
            if self.kiosk.is_on() || !stands(*channel) {
                self.engine.send(Command::Playback(*channel, PlaybackWish::Close));
            }
        }
    }
}
