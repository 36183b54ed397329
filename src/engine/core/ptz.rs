//! The loop between steerings and connections: each connection of a steering is a question of its device.

use std::time::Instant;

use super::super::connections::Addressee;
use super::super::ptz::{PtzEffect, PtzNews};
use super::Core;
use crate::bridge::PtzWish;
use device::{ChannelId, DeviceId};

impl Core {
    pub(super) fn on_ptz_command(&mut self, channel: ChannelId, wish: PtzWish, now: Instant) {
        self.ptz.wish(channel, wish, self.files.registry(), now);
    }

    pub(super) fn on_ptz(&mut self, news: PtzNews, now: Instant) {
        self.ptz.news(news, now);
    }

    /// Does what is due for cameras that are steered; when to ask again.
    pub(super) fn poll_ptz(&mut self, now: Instant) -> Option<Instant> {
        self.ptz.poll(now);
        self.settle();
        self.ptz.wake()
    }

    pub(super) fn judge_ptz(&mut self) {
        let connections = &self.connections;
        if self.ptz.judge(|question| connections.question_view(question)) {
            self.settle();
        }
    }

    pub(super) fn do_for_ptz(&mut self, effect: PtzEffect, now: Instant) {
        match effect {
            PtzEffect::Changed => self.screen.changed(),
            PtzEffect::Begin(device) => self.begin_ptz(device, now),
            PtzEffect::Again(question) => self.connections.want_question(question, now),
            PtzEffect::End(question) => self.connections.end_question(question, now),
            PtzEffect::Connected(question, attempt, address, shown) => {
                self.connections
                    .question_connected(question, attempt, address, shown, now);
            }
            PtzEffect::OtherCertificate(question, shown) => self.connections.question_shown(question, shown),
            PtzEffect::Answered(question, attempt) => self.connections.question_answered(question, attempt, now),
            PtzEffect::Failed(question, attempt, address, failure) => {
                self.connections
                    .question_failed(question, attempt, address, failure, now);
            }
            PtzEffect::Refused(question, failure) => self.connections.question_refused(question, failure, now),
        }
    }

    /// What a device is asked by itself gives way to what a person wants of it: each recorder has one connection.
    fn begin_ptz(&mut self, device: DeviceId, now: Instant) {
        if let Some(question) = self.enquiries.give_way(device, now) {
            self.connections.end_question(question, now);
        }
        let place = self
            .files
            .registry()
            .device(device)
            .and_then(|device| device.onvif.clone());
        let question = place.and_then(|place| {
            let to = Addressee::Steered(device);
            self.connections.begin_question(to, place, now)
        });
        self.ptz.begun(device, question);
    }
}
