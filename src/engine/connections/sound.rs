//! Which link is listened to, and what is said of its sound.

use super::{Connections, ConnectionsEffect};
use crate::bridge::{NoticeKind, SoundState};
use reconnect::LinkId;
use wall::Listen;

impl Connections {
    pub(super) fn set_listen(&mut self, id: LinkId, listen: Listen) {
        let Some(link) = self.links.get_mut(id) else { return };
        let before = link.set_listen(listen);
        if before != listen && (before == Listen::Yes || listen == Listen::Yes) {
            self.withdraw_sound_notice();
        }
    }

    /// A link says how its sound is.
    pub(super) fn sound_changed(&mut self, id: LinkId, state: SoundState) {
        let Some(link) = self.links.get_mut(id).filter(|link| link.listen() == Listen::Yes) else {
            return;
        };
        link.set_sound(state.clone());
        let name = self.devices.label(link.stream.channel.device).unwrap_or_default();
        self.withdraw_sound_notice();
        if let SoundState::Failed(problem) = state {
            let notice = NoticeKind::SoundFailed { device: name, problem };
            self.effects.push_back(ConnectionsEffect::Notice(notice));
        }
    }

    fn withdraw_sound_notice(&mut self) {
        let about_sound = |kind: &NoticeKind| matches!(kind, NoticeKind::SoundFailed { .. });
        self.effects
            .push_back(ConnectionsEffect::Withdraw(Box::new(about_sound)));
    }
}
