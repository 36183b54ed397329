//! The loop between what a person tries once (a Test, a diagnosis) and those who make the attempt.

use std::time::Instant;

use super::super::connections::{Addressee, Diagnosable, Traced};
use super::super::diagnosis::{DiagnosisEffect, DiagnosisNews, Patient};
use super::Core;
use crate::bridge::{DiagnoseRequest, TestId, TestRequest, TraceId};
use reconnect::LinkView;

impl Core {
    pub(super) fn begin_test(&mut self, request: TestRequest, now: Instant) {
        self.cancel_test(None, now);
        let TestRequest { id, edit, stream } = request;
        let link = self.connections.begin_test(&edit, stream, now);
        self.trial.begin(id, link, now);
    }

    /// Ends the Test with this identity, or whichever there is.
    pub(super) fn cancel_test(&mut self, id: Option<TestId>, now: Instant) {
        if let Some(link) = self.trial.end(id) {
            self.connections.unwant(link, now);
        }
    }

    pub(super) fn begin_diagnosis(&mut self, request: DiagnoseRequest, now: Instant) {
        let registry = self.files.registry();
        if let Some(mut patient) = Patient::of(request.target, registry) {
            if patient.is_registered {
                self.connections.puts_where_reached(&mut patient.edit.device);
            }
            let means = (self.connections.policy(), self.inbox.clone());
            self.diagnoses.begin(request.id, patient, registry, means, now);
        }
    }

    pub(super) fn on_survey(&mut self, id: TraceId, news: DiagnosisNews, now: Instant) {
        self.diagnoses.surveyed(id, news, now);
    }

    pub(super) fn on_traced(&mut self, traced: Traced, now: Instant) {
        match traced {
            Traced::Stream(stream) => self.diagnoses.is_of(stream),
            Traced::Note(note) => self.diagnoses.note(note, now),
        }
    }

    pub(super) fn do_for_diagnoses(&mut self, effect: DiagnosisEffect, now: Instant) {
        match effect {
            DiagnosisEffect::Changed => self.screen.changed(),
            DiagnosisEffect::Attempt => self.attempt_diagnosed(now),
            DiagnosisEffect::EndAttempt => {
                self.connections.end_diagnosis(now);
                self.diagnoses.looks_again(&self.inbox);
            }
            DiagnosisEffect::Ask(edit, place) => {
                let question = self
                    .connections
                    .begin_question(Addressee::Drafted(edit), place.clone(), now);
                if let Some(question) = question {
                    self.enquiries.begin_traced(question, place);
                }
                self.diagnoses.asks(question, now);
            }
            DiagnosisEffect::EndQuestion(question) => {
                self.enquiries.forget(question);
                self.connections.end_question(question, now);
            }
        }
    }

    fn attempt_diagnosed(&mut self, now: Instant) {
        let Some(patient) = self.diagnoses.patient() else {
            return;
        };
        let Patient {
            edit,
            stream,
            is_named,
            is_registered,
        } = patient;
        if is_registered {
            // What is traced is where it is reached; what is dialled is what is registered.
            let device = self.files.registry().device(edit.device.id).unwrap_or(&edit.device);
            let Diagnosable { stream, under_way } = self.connections.diagnose(device, stream, is_named, now);
            self.diagnoses.awaits(stream, under_way, now);
        } else {
            self.connections.diagnose_draft(&edit, stream, now);
        }
    }

    /// What the machine plans for what a diagnosis waits for, and what became of its enquiry.
    pub(super) fn judge_diagnosis(&mut self, now: Instant) {
        if self.diagnoses.waits() && self.connections.is_diagnosing() {
            let (view, picture) = (self.connections.diagnosis_view(), self.connections.diagnosis_picture());
            self.diagnoses.judge(view, picture, now);
        }
        if self.connections.diagnosis_is_lost() {
            self.diagnoses.lost(now);
        }
        if let Some(question) = self.diagnoses.question() {
            let until = match self.connections.question_view(question) {
                Some(LinkView::Waiting { until, .. }) => Some(until),
                Some(LinkView::BackingOff { until, .. }) => Some(Some(until)),
                _ => None,
            };
            if let Some(until) = until {
                self.diagnoses.question_waits(question, until);
            }
            if let Some((question, state)) = self.enquiries.take_traced() {
                self.diagnoses.question_ended(question, state, now);
            }
        }
    }
}
