//! What follows when a connection for events is over.

use std::time::Instant;

use super::super::super::connections::QuestionId;
use super::super::line::LineEnd;
use super::super::listener::Listener;
use super::super::news::SourceEffect;
use super::{LASTED, Line, Source};
use crate::bridge::{SourceFault, SourceState};
use reconnect::{AttemptId, Failure};

impl Source {
    pub(super) fn line_ended(
        &mut self,
        question: QuestionId,
        attempt: AttemptId,
        (mut listener, end): (Listener, LineEnd),
        now: Instant,
    ) {
        let (lasted, answered) = match &self.line {
            Line::Up { since, answered, .. } => (now.saturating_duration_since(*since) >= LASTED, *answered),
            _ => (false, false),
        };
        self.line = Line::None;
        listener.lost(now);
        if lasted && answered {
            self.after_end.reset();
        }
        if self.ends {
            // What was told is told, well or not.
            let was_told = matches!(&end, LineEnd::Finished) && listener.wake(now).is_none();
            self.listener = Some(listener);
            return match was_told || !matches!(&end, LineEnd::Finished | LineEnd::Over) {
                true => self.end_question(),
                false => self.unsubscribe(now),
            };
        }
        match end {
            LineEnd::Refused(failure) => {
                self.question = None;
                self.effects.push_back(SourceEffect::Refused(question, failure.clone()));
                self.stop(SourceFault::SignIn(failure.detail));
            }
            LineEnd::NotAsked(failure) => {
                self.end_question();
                self.stop(SourceFault::SignIn(failure.detail));
            }
            LineEnd::Failed { address, failure } => {
                self.question = None;
                let failed = SourceEffect::Failed(question, attempt, address, failure.clone());
                self.effects.push_back(failed);
                self.listener = Some(listener);
                self.pause_after_failure(failure, now);
            }
            LineEnd::Finished | LineEnd::Over => self.go_on(question, listener, now),
        }
    }

    /// The connection is over, and who listens says what follows.
    pub(super) fn go_on(&mut self, question: QuestionId, listener: Listener, now: Instant) {
        let fault = listener.fault();
        if matches!(&fault, Some(SourceFault::Unsupported(_))) && self.interface + 1 < self.wanted.interfaces.len() {
            self.interface += 1;
            (self.listener, self.next_at) = (None, Some(now));
            self.end_question();
            return self.set_state(SourceState::Waiting);
        }
        let Some(wake) = listener.wake(now) else {
            self.end_question();
            return self.stop(fault.unwrap_or(SourceFault::Closed));
        };
        let is_costly = listener.is_costly();
        self.listener = Some(listener);
        if is_costly && wake <= now + LASTED {
            // It closes after each answer: that is its habit and no failure, and its own pace holds.
            self.next_at = Some(wake);
            if wake <= now {
                self.line = Line::Wanted(Some(now));
                self.effects.push_back(SourceEffect::Again(question));
            }
            return;
        }
        self.end_question();
        let until = wake.max(now + self.after_end.grow());
        self.next_at = Some(until);
        let why = fault.unwrap_or(SourceFault::Closed);
        self.set_state(SourceState::Pausing { until, why });
    }

    pub(super) fn stop(&mut self, why: SourceFault) {
        (self.listener, self.next_at) = (None, None);
        self.deaf();
        self.set_state(SourceState::Stopped(why));
    }

    pub(super) fn pause_after_failure(&mut self, failure: Failure, now: Instant) {
        self.line = Line::None;
        let until = now + self.after_failure.grow();
        self.next_at = Some(until);
        self.deaf();
        self.set_state(SourceState::Pausing {
            until,
            why: SourceFault::Failed(failure),
        });
    }

    pub(super) fn end_question(&mut self) {
        self.line = Line::None;
        if let Some(question) = self.question.take() {
            self.effects.push_back(SourceEffect::End(question));
        }
    }

    /// What it told to have begun has an end that is not known.
    pub(super) fn deaf(&mut self) {
        let deaf: Vec<SourceEffect> = self.devices().map(SourceEffect::Deaf).collect();
        self.effects.extend(deaf);
    }
}
