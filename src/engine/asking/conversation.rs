//! One connection of a conversation by ONVIF: one question after the other, until all is asked or the device closes.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::super::clock;
use super::super::connections::GrantedQuestion;
use super::super::failure::failure;
use super::{authority, of_http, post, reach, reply};
use crate::bridge::Clock;
use crate::http::{HttpError, PostAnswer};
use ::onvif::{WebReply, WebRequest};
use device::Certificate;
use reconnect::{Failure, FailureKind, Stage};

/// How long an answer may take. The profiles of a recorder with many channels are slow, and searches read disks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever has something to ask: the conversation without its socket.
pub(in crate::engine) trait Asker {
    /// What is asked next; `None`: all is asked.
    fn next(&mut self, now: SystemTime) -> Option<WebRequest>;

    /// Whether what is asked next carries the sign-in.
    fn has_signed(&self) -> bool;

    fn answered(&mut self, reply: &WebReply, took: Duration, now: SystemTime);

    /// What the device said when it refused the sign-in.
    fn refused(&self) -> Option<&str>;

    /// Whether the device took the sign-in that the last request had.
    fn is_accepted(&self) -> bool;

    /// This goes out now.
    fn said(&self, _request: &WebRequest) {}

    /// This came.
    fn heard(&self, _answer: &PostAnswer) {}
}

/// What happens on the way.
pub(in crate::engine) enum ConversationStep {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    /// Another certificate than the remembered one was shown.
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
}

/// How a connection ended.
pub(in crate::engine) enum ConversationEnd {
    /// All is asked, well or not.
    Finished,
    /// The device closed it; the conversation goes on with the next one.
    Closed,
    /// The device refused the sign-in.
    Refused(Failure),
    /// It has refused the same sign-in at this time of day.
    NotAsked(Clock),
    /// Nothing was answered on it.
    Failed { address: Option<IpAddr>, failure: Failure },
    /// It broke after something was answered.
    Broke(Failure),
}

pub(in crate::engine) async fn converse(
    granted: GrantedQuestion,
    asker: &mut impl Asker,
    tell: impl Fn(ConversationStep),
) -> ConversationEnd {
    let reached = match reach(granted.permit, &granted.target, granted.counted).await {
        Ok(reached) => reached,
        Err(not) => {
            if let Some(shown) = not.shown {
                tell(ConversationStep::OtherCertificate(shown));
            }
            let (address, failure) = (not.address, not.failure);
            return ConversationEnd::Failed { address, failure };
        }
    };
    let (peer, mut conversation) = (reached.peer, reached.conversation);
    tell(ConversationStep::Connected(peer, reached.certificate));
    let authority = authority(&granted.target);
    let mut answers = 0_u32;
    let broke = |failure: Failure, answers: u32| match answers {
        0 => ConversationEnd::Failed {
            address: Some(peer),
            failure,
        },
        _ => ConversationEnd::Broke(failure),
    };
    loop {
        let Some(request) = asker.next(SystemTime::now()) else {
            return ConversationEnd::Finished;
        };
        let has_signed = asker.has_signed();
        let lately = |key| granted.refusals.lately(key, granted.believe_refusal, clock::now());
        if has_signed && let Some((_, refused)) = lately(granted.keys.recorder).or_else(|| lately(granted.keys.onvif)) {
            return ConversationEnd::NotAsked(refused);
        }
        if !conversation.is_open() {
            return ConversationEnd::Closed;
        }
        asker.said(&request);
        let began = clock::now();
        let answer = tokio::time::timeout(PATIENCE, conversation.post(post(&authority, &request))).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            // It was closed while it was idle: the request goes out again on the next one.
            Ok(Err(HttpError::Ended(_))) if answers > 0 => return ConversationEnd::Closed,
            Ok(Err(error)) => return broke(of_http(&error), answers),
            Err(_elapsed) => return broke(failure(FailureKind::Timeout, Stage::Describe, ""), answers),
        };
        asker.heard(&answer);
        let took = clock::now().saturating_duration_since(began);
        asker.answered(&reply(answer), took, SystemTime::now());
        answers += 1;
        if answers == 1 {
            tell(ConversationStep::Answered);
        }
        if let Some(text) = asker.refused() {
            return ConversationEnd::Refused(failure(FailureKind::Auth, Stage::Describe, text));
        }
        if has_signed && asker.is_accepted() {
            granted.refusals.accepted(granted.keys.recorder);
            granted.refusals.accepted(granted.keys.onvif);
        }
    }
}
