//! One connection of a search: it dials with its permit, asks and reads until the search is done or the device closes.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::super::asking::{authority, of_http, post, reply};
use super::super::clock;
use super::super::connections::GrantedQuestion;
use super::super::enquiry::ConversationEnd;
use super::super::failure::{failure, of_dial};
use super::super::inbox::Inbox;
use super::news::{ArchiveEvent, ArchiveNews};
use crate::http::{Conversation, HttpError};
use crate::net;
use ::onvif::{EnquiryFault, Recordings, RecordingsFault, RecordingsNext, SignInRefusal};
use reconnect::{Failure, FailureKind, Stage};

/// How long an answer may take: searches read disks.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(granted: GrantedQuestion, mut recordings: Box<Recordings>, inbox: mpsc::Sender<Inbox>) {
    let (question, attempt) = (granted.question, granted.attempt);
    let news = |event| {
        Inbox::Archive(Box::new(ArchiveNews {
            question,
            attempt,
            event,
        }))
    };
    let tell = |event| {
        inbox.try_send(news(event)).ok();
    };
    let end = converse(granted, &mut recordings, tell).await;
    // The loop may be gone already: then nobody needs to know.
    inbox.send(news(ArchiveEvent::Ended(recordings, end))).await.ok();
}

async fn converse(
    granted: GrantedQuestion,
    recordings: &mut Recordings,
    tell: impl Fn(ArchiveEvent),
) -> ConversationEnd {
    let mut counted = granted.counted;
    counted.wait().await;
    let dialled = match net::dial(granted.permit, &granted.target, |_step| {}).await {
        Ok(dialled) => dialled,
        Err(error) => {
            let (address, failure) = (error.address.map(|address| address.ip()), of_dial(&error));
            if let net::Reason::CertificateChanged(shown) = error.reason {
                tell(ArchiveEvent::OtherCertificate(shown));
            }
            return ConversationEnd::Failed { address, failure };
        }
    };
    let peer = dialled.peer.ip();
    tell(ArchiveEvent::Connected(peer, dialled.certificate.map(Box::new)));
    let authority = authority(&granted.target);
    let mut answers = 0_u32;
    let broke = |failure: Failure, answers: u32| match answers {
        0 => ConversationEnd::Failed {
            address: Some(peer),
            failure,
        },
        _ => ConversationEnd::Broke(failure),
    };
    let mut conversation = match Conversation::begin(dialled.stream).await {
        Ok(conversation) => conversation,
        Err(error) => return broke(of_http(&error), answers),
    };
    loop {
        let RecordingsNext::Ask(request) = recordings.next(SystemTime::now()) else {
            return ConversationEnd::Finished;
        };
        let lately = |key| granted.refusals.lately(key, granted.believe_refusal, clock::now());
        if recordings.has_signed()
            && let Some((_, refused)) = lately(granted.keys.recorder).or_else(|| lately(granted.keys.onvif))
        {
            return ConversationEnd::NotAsked(refused);
        }
        if !conversation.is_open() {
            return ConversationEnd::Closed;
        }
        let began = clock::now();
        let answer = tokio::time::timeout(PATIENCE, conversation.post(post(&authority, &request))).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            // It was closed while it was idle: the request goes out again on the next one.
            Ok(Err(HttpError::Ended(_))) if answers > 0 => return ConversationEnd::Closed,
            Ok(Err(error)) => return broke(of_http(&error), answers),
            Err(_elapsed) => return broke(failure(FailureKind::Timeout, Stage::Describe, ""), answers),
        };
        let took = clock::now().saturating_duration_since(began);
        recordings.answered(&reply(answer), took, SystemTime::now());
        answers += 1;
        if answers == 1 {
            tell(ArchiveEvent::Answered);
        }
        if let Some(RecordingsFault::Other(EnquiryFault::SignIn(SignInRefusal::Refused { text, .. }))) =
            &recordings.result().failed
        {
            return ConversationEnd::Refused(failure(FailureKind::Auth, Stage::Describe, text));
        }
    }
}
