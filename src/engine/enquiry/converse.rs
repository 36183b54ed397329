//! An enquiry as a conversation asks it, which tells where somebody diagnoses what was said and answered.

use std::time::{Duration, SystemTime};

use super::super::asking::{Asker, ConversationStep};
use super::news::EnquiryEvent;
use crate::http::PostAnswer;
use ::onvif::{Enquiry, EnquiryFault, EnquiryNext, EnquiryStep, SignInRefusal, WebReply, WebRequest};
use problem_report::Scrub;
use trace::ExchangeKind;

/// An enquiry with somebody who is told of its steps.
pub(super) struct Told<'a, T> {
    pub enquiry: &'a mut Enquiry,
    /// Takes secrets out of what is told; `None`: nobody wants to know what was said.
    pub scrub: Option<Scrub>,
    pub tell: T,
}

impl<T: Fn(EnquiryEvent)> Asker for Told<'_, T> {
    fn next(&mut self, now: SystemTime) -> Option<WebRequest> {
        match self.enquiry.next(now) {
            EnquiryNext::Ask(request) => Some(*request),
            EnquiryNext::Done => None,
        }
    }

    fn has_signed(&self) -> bool {
        self.enquiry.has_signed()
    }

    fn answered(&mut self, reply: &WebReply, took: Duration, now: SystemTime) {
        self.enquiry.answered(reply, took, now);
    }

    fn refused(&self) -> Option<&str> {
        match &self.enquiry.result().failed {
            Some((_, EnquiryFault::SignIn(SignInRefusal::Refused { text, .. }))) => Some(text),
            _ => None,
        }
    }

    fn is_accepted(&self) -> bool {
        self.enquiry.result().failed.is_none() && self.enquiry.step() > Some(EnquiryStep::Identity)
    }

    fn said(&self, request: &WebRequest) {
        (self.tell)(EnquiryEvent::Asking(self.enquiry.step()));
        if let Some(scrub) = &self.scrub {
            (self.tell)(EnquiryEvent::Told(ExchangeKind::Said, scrub.clean(&said(request))));
        }
    }

    fn heard(&self, answer: &PostAnswer) {
        if let Some(scrub) = &self.scrub {
            let text = scrub.clean(&answered(answer));
            (self.tell)(EnquiryEvent::Told(ExchangeKind::Answered, text));
        }
    }
}

impl From<ConversationStep> for EnquiryEvent {
    fn from(step: ConversationStep) -> Self {
        match step {
            ConversationStep::Connected(address, shown) => Self::Connected(address, shown),
            ConversationStep::OtherCertificate(shown) => Self::OtherCertificate(shown),
            ConversationStep::Answered => Self::Answered,
        }
    }
}

/// The request without its sign-in: of the envelope its body alone.
fn said(request: &WebRequest) -> String {
    let mut text = format!("POST {}\nContent-Type: {}\n", request.target, request.content_type);
    if request.authorization.is_some() {
        text += "Authorization: ***\n";
    }
    let body = request.body.find("<s:Body>").map_or("", |at| &request.body[at..]);
    let body = body.strip_suffix("</s:Envelope>").unwrap_or(body);
    if request.body.contains("<wsse:UsernameToken>") {
        text += "\n(signed by a token)";
    }
    format!("{text}\n{body}")
}

fn answered(answer: &PostAnswer) -> String {
    let mut text = format!("HTTP {}\n", answer.status);
    for challenge in &answer.challenges {
        text += &format!("WWW-Authenticate: {}\n", String::from_utf8_lossy(challenge));
    }
    if let Some(server) = &answer.server {
        text += &format!("Server: {server}\n");
    }
    format!("{text}\n{}", String::from_utf8_lossy(&answer.body))
}
