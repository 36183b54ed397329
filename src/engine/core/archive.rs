//! The loop between what recorders recorded and connections: each search is a question of its device.

use std::time::Instant;

use super::super::archive::{ArchiveEffect, ArchiveEvent, ArchiveNews};
use super::super::asking::ConversationStep;
use super::super::clock;
use super::super::connections::Addressee;
use super::Core;

impl Core {
    /// Asks what is due of what somebody looks at.
    pub(super) fn look_at_archives(&mut self, now: Instant) {
        let connections = &self.connections;
        self.archives.judge(|question| connections.question_view(question));
        for (device, place) in self.archives.due(clock::timestamp()) {
            // Each recorder has one connection.
            if let Some(question) = self.enquiries.give_way(device, now) {
                self.connections.end_question(question, now);
            }
            let question = self.connections.begin_question(Addressee::Archive(device), place, now);
            self.archives.begun(device, question);
        }
    }

    pub(super) fn on_archive(&mut self, news: ArchiveNews, now: Instant) {
        let ArchiveNews {
            question,
            attempt,
            event,
        } = news;
        match event {
            ArchiveEvent::Step(ConversationStep::Connected(address, shown)) => {
                self.connections
                    .question_connected(question, attempt, address, shown, now);
            }
            ArchiveEvent::Step(ConversationStep::OtherCertificate(shown)) => {
                self.connections.question_shown(question, shown);
            }
            ArchiveEvent::Step(ConversationStep::Answered) => {
                self.connections.question_answered(question, attempt, now);
            }
            ArchiveEvent::Ended(recordings, end) => {
                self.archives
                    .ended((question, attempt), recordings, end, clock::timestamp());
            }
        }
    }

    pub(super) fn do_for_archives(&mut self, effect: ArchiveEffect, now: Instant) {
        match effect {
            ArchiveEffect::Changed => self.screen.changed(),
            ArchiveEffect::End(question) => self.connections.end_question(question, now),
            ArchiveEffect::Again(question) => self.connections.want_question(question, now),
            ArchiveEffect::Refused(question, failure) => self.connections.question_refused(question, failure, now),
            ArchiveEffect::Failed(question, attempt, address, failure) => {
                self.connections
                    .question_failed(question, attempt, address, failure, now);
            }
            ArchiveEffect::Found(channel, place, offset) => {
                self.playbacks.found(channel, place, offset, (now, clock::timestamp()));
            }
        }
    }
}
