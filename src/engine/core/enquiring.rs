//! The loop between enquiries and connections: a question of the one is a link of the other.

use std::time::Instant;

use super::super::connections::{Addressee, GrantedQuestion, QuestionId};
use super::super::enquiry::{AfterConversation, EnquiryEvent, EnquiryNews};
use super::Core;
use crate::bridge::{EnquiryId, EnquiryRequest};
use device::{DeviceId, Identity};
use reconnect::Failure;

impl Core {
    pub(super) fn begin_enquiry(&mut self, request: EnquiryRequest, now: Instant) {
        let EnquiryRequest { id, edit, place } = request;
        self.ptz.give_way(edit.device.id);
        let to = Addressee::Drafted(Box::new(edit));
        if let Some(question) = self.connections.begin_question(to, place.clone(), now) {
            self.enquiries.begin(id, question, place);
        }
        self.screen.changed();
    }

    /// Asks the next device what it is, where one is due.
    pub(super) fn look_at_devices(&mut self, now: Instant) {
        let (connections, ptz) = (&self.connections, &self.ptz);
        // Each recorder has one connection.
        let free = || {
            let mut places = connections.live_places();
            places.retain(|device, _| !ptz.is_connected(*device));
            places
        };
        let Some((device, place)) = self.enquiries.look_due(free, now) else {
            return;
        };
        let to = Addressee::Registered(device);
        if let Some(question) = self.connections.begin_question(to, place.clone(), now) {
            self.enquiries.begin_look(device, question, place);
        }
    }

    /// A connect of a question was granted: to an enquiry, to a steering, or to who listens to events.
    pub(super) fn start_question(&mut self, granted: GrantedQuestion, now: Instant) {
        if self.ptz.owns(granted.question) {
            return self.ptz.start(granted, self.inbox.clone(), now);
        }
        if self.archives.owns(granted.question) {
            return self.archives.start(granted, self.inbox.clone());
        }
        if self.sources.owns(granted.question) {
            return self.sources.start(granted, self.inbox.clone(), now);
        }
        if self.health.asks(granted.question) {
            return self.health.start(granted, self.inbox.clone());
        }
        self.diagnoses.question_dials(granted.question, now);
        self.enquiries.start(granted, self.inbox.clone(), now);
    }

    pub(super) fn question_ended(&mut self, question: QuestionId, failure: Failure, now: Instant) {
        if self.ptz.owns(question) {
            self.ptz.ended(question, failure);
        } else if self.archives.owns(question) {
            self.archives.lost(question, &failure);
        } else if self.sources.owns(question) {
            self.sources.ended(question, failure, now);
        } else if self.health.asks(question) {
            self.health.check_ended(question, now);
        } else {
            self.enquiries.lost(question, failure, now);
        }
        self.screen.changed();
    }

    pub(super) fn on_enquiry(&mut self, news: EnquiryNews, now: Instant) {
        let EnquiryNews {
            question,
            attempt,
            event,
        } = news;
        match event {
            EnquiryEvent::Connected(address, shown) => {
                self.connections
                    .question_connected(question, attempt, address, shown, now);
            }
            EnquiryEvent::OtherCertificate(shown) => self.connections.question_shown(question, shown),
            EnquiryEvent::Answered => self.connections.question_answered(question, attempt, now),
            EnquiryEvent::Asking(step) => {
                self.enquiries.asking(question, step, now);
                self.diagnoses.question_asks(question, step, now);
            }
            EnquiryEvent::Told(direction, text) => self.diagnoses.question_told(question, direction, &text, now),
            EnquiryEvent::Ended(enquiry, end) => match self.enquiries.ended(question, enquiry, end, now) {
                AfterConversation::Again => self.connections.want_question(question, now),
                AfterConversation::End => self.connections.end_question(question, now),
                AfterConversation::Refused(failure) => self.connections.question_refused(question, failure, now),
                AfterConversation::Failed(address, failure) => {
                    self.connections
                        .question_failed(question, attempt, address, failure, now);
                }
            },
        }
        self.keep_identities();
        self.screen.changed();
    }

    /// What a device is known by is kept in the registry, where it is news: it is asked each few hours.
    fn keep_identities(&mut self) {
        let learnt = self.enquiries.take_learnt().into_iter().filter(|(id, identity)| {
            let device = self.files.registry().device(*id);
            // One that nobody has confirmed may be another device.
            device.is_some_and(|device| !device.unconfirmed && device.identity.clone().learn(identity))
        });
        let learnt: Vec<(DeviceId, Identity)> = learnt.collect();
        if !learnt.is_empty() {
            self.files.learn_identities(learnt);
        }
    }

    pub(super) fn cancel_enquiry(&mut self, id: EnquiryId, now: Instant) {
        if let Some(question) = self.enquiries.cancel(id) {
            self.connections.end_question(question, now);
        }
        self.screen.changed();
    }

    /// Enquiries that wait for a permit which they will not get have failed.
    pub(super) fn judge_enquiries(&mut self, now: Instant) {
        let connections = &self.connections;
        for question in self
            .enquiries
            .judge(|question| connections.question_view(question), now)
        {
            self.connections.end_question(question, now);
        }
    }
}
