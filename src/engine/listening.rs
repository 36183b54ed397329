//! Which link is listened to, and what is said of its sound.

use super::core::Core;
use super::link::Control;
use super::record::{Link, Running};
use crate::bridge::{NoticeKind, SoundProblem, SoundState};
use reconnect::{Failure, LinkId, Stage};
use wall::Listen;

impl Core {
    pub(super) fn set_listen(&mut self, id: LinkId, listen: Listen) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let before = std::mem::replace(&mut link.listen, listen);
        if before == listen {
            return;
        }
        link.unheard = 0;
        link.expect_sound();
        for running in link.running.iter().chain(&link.parked) {
            running.tell(Control::Listen(listen));
        }
        if before == Listen::Yes || listen == Listen::Yes {
            self.publisher
                .withdraw(|kind| matches!(kind, NoticeKind::SoundFailed { .. }));
        }
    }

    /// A link says how its sound is.
    pub(super) fn on_sound(&mut self, id: LinkId, state: SoundState) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.listen == Listen::Yes) else {
            return;
        };
        link.sound = state.clone();
        let device = self.registry.device(link.stream.channel.device);
        let name = device.map(|device| device.name.clone()).unwrap_or_default();
        self.publisher
            .withdraw(|kind| matches!(kind, NoticeKind::SoundFailed { .. }));
        if let SoundState::Failed(problem) = state {
            self.publisher.notice(NoticeKind::SoundFailed { device: name, problem });
        }
    }

    /// Takes note of an attempt that failed where sound may be the reason: from SETUP on, and before it played.
    pub(super) fn note_unheard(&mut self, id: LinkId, failure: &Failure) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let playing = link.running.as_ref().is_some_and(|running| running.playing.is_some());
        if playing || link.may_listen() == Listen::No || !matches!(failure.stage, Stage::Setup | Stage::Play) {
            return;
        }
        link.unheard += 1;
        if link.may_listen() == Listen::No {
            self.on_sound(id, SoundState::Failed(SoundProblem::Refused));
        }
    }
}

/// A recorder that ends so many attempts in a row when it is asked for sound is asked no more, so that its picture comes.
const MOST_UNHEARD: u8 = 2;

impl Link {
    /// What the next attempt is to ask for.
    pub(super) fn may_listen(&self) -> Listen {
        if self.unheard < MOST_UNHEARD {
            self.listen
        } else {
            Listen::No
        }
    }

    /// An attempt plays. One that asked for sound shows that it was not the sound that ended those before.
    pub(super) fn note_playing(&mut self) {
        if self.may_listen() != Listen::No {
            self.unheard = 0;
        }
    }

    /// Nothing is heard yet of what is dialled or asked for anew.
    pub(super) fn expect_sound(&mut self) {
        self.sound = match self.listen {
            Listen::Yes if self.may_listen() == Listen::No => SoundState::Failed(SoundProblem::Refused),
            Listen::Yes => SoundState::Starting,
            Listen::Prepared | Listen::No => SoundState::Off,
        };
    }
}

impl Running {
    fn tell(&self, order: Control) {
        self.control.try_send(order).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::super::endurance::{registry, show_all};
    use super::super::failure::failure;
    use super::super::rig::Rig;
    use super::*;
    use reconnect::FailureKind;

    #[tokio::test]
    async fn only_attempts_in_a_row_that_end_when_asked_for_sound_say_that_a_recorder_refuses_it() {
        let mut rig = Rig::new();
        rig.core.take_registry(registry(0));
        show_all(&mut rig.core);
        let id = *rig.core.links.keys().next().unwrap();
        rig.core.links.get_mut(&id).unwrap().listen = Listen::Yes;
        let torn = failure(FailureKind::Protocol, Stage::Setup, "");
        for _ in 0..5 {
            rig.core.note_unheard(id, &torn);
            let link = rig.core.links.get_mut(&id).unwrap();
            assert_eq!(link.may_listen(), Listen::Yes);
            link.note_playing();
        }
        rig.core.note_unheard(id, &torn);
        rig.core.note_unheard(id, &torn);
        let refused = rig.core.links.get_mut(&id).unwrap();
        refused.note_playing();
        assert_eq!(refused.may_listen(), Listen::No, "it plays without sound");
    }
}
