//! The loop between those who listen to events and connections: each connection for events is a question of its device.

use std::time::Instant;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::super::clock;
use super::super::connections::Addressee;
use super::super::inbox::Inbox;
use super::super::sources::{SourceEffect, happening};
use super::{Core, LAST_WORDS, TICK};
use device::{DeviceId, OnvifPlace};

impl Core {
    pub(super) fn look_at_sources(&mut self, now: Instant) {
        let connections = &self.connections;
        let view = |question| connections.question_view(question);
        self.sources.tick(|| connections.pictures(), view, now);
    }

    pub(super) fn retry_now(&mut self, device: DeviceId, now: Instant) {
        self.connections.retry_now(device, now);
        self.sources.retry(device, now);
    }

    pub(super) fn do_for_sources(&mut self, effect: SourceEffect, now: Instant) {
        match effect {
            SourceEffect::Changed => self.screen.changed(),
            SourceEffect::Begin(device, place) => self.begin_source(device, place, now),
            SourceEffect::Again(question) => self.connections.want_question(question, now),
            SourceEffect::End(question) => self.connections.end_question(question, now),
            SourceEffect::Connected(question, attempt, address, shown) => {
                self.connections
                    .question_connected(question, attempt, address, shown, now);
            }
            SourceEffect::OtherCertificate(question, shown) => self.connections.question_shown(question, shown),
            SourceEffect::Answered(question, attempt) => self.connections.question_answered(question, attempt, now),
            SourceEffect::Failed(question, attempt, address, failure) => {
                self.connections
                    .question_failed(question, attempt, address, failure, now);
            }
            SourceEffect::Refused(question, failure) => self.connections.question_refused(question, failure, now),
            SourceEffect::Happened(device, incident) => {
                self.record_incident(device, &incident, now);
                if let Some(happening) = happening(device, &incident) {
                    self.note_storage(&happening);
                    self.events.happened(happening, now);
                }
            }
            SourceEffect::Deaf(device) => {
                self.events.unheard(device);
                self.health.unheard(device);
            }
        }
    }

    fn begin_source(&mut self, device: DeviceId, place: OnvifPlace, now: Instant) {
        let to = Addressee::Registered(device);
        let question = self.connections.begin_question(to, place, now);
        self.sources.begun(device, question, now);
    }

    /// Recorders that keep a place for each listener are told that there is none any more, as far as that is done at once.
    pub(super) async fn leave_sources(&mut self, inbox: &mut mpsc::Receiver<Inbox>) {
        self.sources.release_all(clock::now());
        self.settle();
        let end = tokio::time::Instant::now() + LAST_WORDS;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.sources.is_ending() {
            let turned = tokio::time::timeout_at(end, self.turn(inbox, &mut tick)).await;
            if turned != Ok(true) {
                return;
            }
        }
    }
}
