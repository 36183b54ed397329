//! The loop between enquiries and connections: a question of the one is a link of the other.

use std::time::Instant;

use super::super::connections::Addressee;
use super::super::enquiry::{AfterConversation, EnquiryEvent, EnquiryNews};
use super::Core;
use crate::bridge::{EnquiryId, EnquiryRequest};
use device::{DeviceId, Identity};

impl Core {
    pub(super) fn begin_enquiry(&mut self, request: EnquiryRequest, now: Instant) {
        let EnquiryRequest { id, edit, place } = request;
        let to = Addressee::Drafted(Box::new(edit));
        if let Some(question) = self.connections.begin_question(to, place.clone(), now) {
            self.enquiries.begin(id, question, place);
        }
        self.screen.changed();
    }

    /// Asks the next device what it is, where one is due.
    pub(super) fn look_at_devices(&mut self, now: Instant) {
        let connections = &self.connections;
        let Some((device, place)) = self.enquiries.look_due(|| connections.live_places(), now) else {
            return;
        };
        let to = Addressee::Registered(device);
        if let Some(question) = self.connections.begin_question(to, place.clone(), now) {
            self.enquiries.begin_look(device, question, place);
        }
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
