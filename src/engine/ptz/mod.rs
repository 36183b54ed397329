//! Cameras that are steered. What is asked of one and when it is stopped is decided in `onvif`; here are the devices with their
//! connections, each a question of its device with a permit for each connect.

mod line;
mod news;
mod steered;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

pub(super) use self::news::{PtzEffect, PtzNews};
use self::steered::Steered;
use super::connections::{GrantedQuestion, QuestionId};
use super::inbox::Inbox;
use crate::bridge::{PtzStatus, PtzWish};
use device::{ChannelId, DeviceId, Registry};
use reconnect::{Failure, LinkView};

/// What is shown of all that was steered since the program began.
pub(super) type PtzShown = Arc<BTreeMap<ChannelId, Arc<PtzStatus>>>;

#[derive(Default)]
pub(super) struct Steerings {
    devices: BTreeMap<DeviceId, Steered>,
    shown: PtzShown,
}

impl Steerings {
    /// A person wants something of the camera of a channel.
    pub(super) fn wish(&mut self, channel: ChannelId, wish: PtzWish, registry: &Registry, now: Instant) {
        let Some(device) = registry.device(channel.device).filter(|device| device.enabled) else {
            return;
        };
        let Some(profile) = device.ptz_profile(channel) else {
            return;
        };
        // Nothing is begun by letting go.
        let ends = matches!(wish, PtzWish::Release | PtzWish::Close);
        if ends && !self.devices.contains_key(&device.id) {
            return;
        }
        let steered = self
            .devices
            .entry(device.id)
            .or_insert_with(|| Steered::new(device, now));
        steered.wish(channel, profile, wish, now);
    }

    /// A device that is gone or was changed is not steered as it was.
    pub(super) fn set_registry(&mut self, registry: &Registry) -> Vec<QuestionId> {
        let is_same =
            |id: &DeviceId, steered: &Steered| registry.device(*id).is_some_and(|device| steered.is_of(device));
        let gone: Vec<DeviceId> = self
            .devices
            .iter()
            .filter(|(id, steered)| !is_same(id, steered))
            .map(|(id, _)| *id)
            .collect();
        let gone = gone.into_iter().filter_map(|id| self.devices.remove(&id)?.question());
        gone.collect()
    }

    /// Whether this question is one of a steering.
    pub(super) fn owns(&self, question: QuestionId) -> bool {
        self.devices
            .values()
            .any(|steered| steered.question() == Some(question))
    }

    pub(super) fn is_connected(&self, device: DeviceId) -> bool {
        self.devices.get(&device).is_some_and(Steered::is_connected)
    }

    pub(super) fn begun(&mut self, device: DeviceId, question: Option<QuestionId>) {
        if let Some(steered) = self.devices.get_mut(&device) {
            steered.begun(question);
        }
    }

    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>, now: Instant) {
        if let Some(steered) = self.by_question(granted.question) {
            steered.start(granted, inbox, now);
        }
    }

    pub(super) fn news(&mut self, news: PtzNews, now: Instant) {
        let PtzNews {
            question,
            attempt,
            event,
        } = news;
        if let Some(steered) = self.by_question(question) {
            steered.news(question, attempt, event, now);
        }
    }

    /// The connections ended a question.
    pub(super) fn ended(&mut self, question: QuestionId, failure: Failure) {
        if let Some(steered) = self.by_question(question) {
            steered.ended(failure);
        }
    }

    pub(super) fn give_way(&mut self, device: DeviceId) {
        if let Some(steered) = self.devices.get_mut(&device) {
            steered.give_way();
        }
    }

    /// When [`Self::poll`] is to be called at the latest.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.devices.values().filter_map(Steered::wake).min()
    }

    /// Does what is due by now.
    pub(super) fn poll(&mut self, now: Instant) {
        for steered in self.devices.values_mut() {
            if steered.wake().is_some_and(|wake| wake <= now) {
                steered.pump(now);
            }
        }
    }

    /// What the machine plans for those that wait for a permit. `true`: something that is shown has changed.
    pub(super) fn judge(&mut self, view: impl Fn(QuestionId) -> Option<LinkView>) -> bool {
        let mut changed = false;
        for steered in self.devices.values_mut() {
            if let Some(question) = steered.question() {
                changed |= steered.judge(view(question));
            }
        }
        changed
    }

    pub(super) fn poll_effect(&mut self) -> Option<PtzEffect> {
        let effect = self.devices.values_mut().find_map(Steered::poll_effect)?;
        if matches!(effect, PtzEffect::Changed) {
            let statuses = self.devices.values().flat_map(Steered::statuses);
            self.shown = Arc::new(statuses.map(|(channel, status)| (channel, Arc::new(status))).collect());
        }
        Some(effect)
    }

    pub(super) fn shown(&self) -> PtzShown {
        Arc::clone(&self.shown)
    }

    /// The program ends: everything is let go.
    pub(super) fn release_all(&mut self, now: Instant) {
        self.devices.values_mut().for_each(|steered| steered.release(now));
    }

    pub(super) fn may_move(&self) -> bool {
        self.devices.values().any(Steered::may_move)
    }

    fn by_question(&mut self, question: QuestionId) -> Option<&mut Steered> {
        self.devices
            .values_mut()
            .find(|steered| steered.question() == Some(question))
    }
}
