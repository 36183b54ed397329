//! A search for recordings as a conversation asks it.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

use super::super::asking::{Asker, converse};
use super::super::connections::GrantedQuestion;
use super::super::inbox::Inbox;
use super::news::{ArchiveEvent, ArchiveNews};
use ::onvif::{EnquiryFault, Recordings, RecordingsFault, RecordingsNext, SignInRefusal, WebReply, WebRequest};

/// One connection of it.
pub(super) async fn run(granted: GrantedQuestion, mut recordings: Box<Recordings>, inbox: mpsc::Sender<Inbox>) {
    let (question, attempt) = (granted.question, granted.attempt);
    let news = |event| {
        Inbox::Archive(Box::new(ArchiveNews {
            question,
            attempt,
            event,
        }))
    };
    let end = converse(granted, &mut *recordings, |step| {
        inbox.try_send(news(ArchiveEvent::Step(step))).ok();
    })
    .await;
    // The loop may be gone already: then nobody needs to know.
    inbox.send(news(ArchiveEvent::Ended(recordings, end))).await.ok();
}

impl Asker for Recordings {
    fn next(&mut self, now: SystemTime) -> Option<WebRequest> {
        match self.next(now) {
            RecordingsNext::Ask(request) => Some(*request),
            RecordingsNext::Done => None,
        }
    }

    fn has_signed(&self) -> bool {
        self.has_signed()
    }

    fn answered(&mut self, reply: &WebReply, took: Duration, now: SystemTime) {
        self.answered(reply, took, now);
    }

    fn refused(&self) -> Option<&str> {
        match &self.result().failed {
            Some(RecordingsFault::Other(EnquiryFault::SignIn(SignInRefusal::Refused { text, .. }))) => Some(text),
            _ => None,
        }
    }

    /// Of a search only a refusal is told: what is refused may be the search alone.
    fn is_accepted(&self) -> bool {
        false
    }
}
