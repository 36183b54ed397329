//! One connection for events: it dials with its permit, and asks and listens until the device closes, is silent for too long, or is to be left.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::super::asking::{authority, of_http, post, reach, reply};
use super::super::attempt::Refusals;
use super::super::clock;
use super::super::connections::{GrantedQuestion, SignInKeys};
use super::super::failure::failure;
use super::listener::Listener;
use crate::http::{Conversation, StreamGet};
use ::onvif::{PullNext, PullPoint, PullTrouble, SignInRefusal};
use device::Certificate;
use incidents::Incident;
use reconnect::{Failure, FailureKind, Stage};
use vendor::{EventStream, StreamHead, StreamNext, StreamOpened, StreamTrouble};

/// How long the head of a stream may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of an answer that is no stream.
const MOST: usize = 64 * 1024;

/// That a device lives is told this often at most.
const ALIVE: Duration = Duration::from_secs(30);

/// One that lives and tells nothing for so long may have nothing switched on.
const SAYS_NOTHING: Duration = Duration::from_secs(600);

pub(super) enum Progress {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
    Heard {
        incidents: Vec<Incident>,
        says_nothing: bool,
    },
}

/// How a connection ended.
pub(in crate::engine) enum LineEnd {
    /// It was closed or fell silent, or is to be made anew: who listens says when.
    Over,
    /// There is nothing to ask any more, or nobody listens.
    Finished,
    /// The device refused the sign-in.
    Refused(Failure),
    /// It has refused the same sign-in already.
    NotAsked(Failure),
    /// Nothing was answered on it.
    Failed { address: Option<IpAddr>, failure: Failure },
}

/// What a connection has, whoever listens on it.
struct Line<T> {
    refusals: Arc<Refusals>,
    keys: SignInKeys,
    believe: Duration,
    authority: String,
    conversation: Conversation,
    peer: IpAddr,
    answers: u32,
    told: Option<Instant>,
    tell: T,
}

/// Listens until there is a reason to end. `stop`: that nobody listens any more.
pub(super) async fn listen(
    granted: GrantedQuestion,
    listener: &mut Listener,
    mut stop: watch::Receiver<bool>,
    tell: impl Fn(Progress),
) -> LineEnd {
    let reached = match reach(granted.permit, &granted.target, granted.counted).await {
        Ok(reached) => reached,
        Err(not) => {
            if let Some(shown) = not.shown {
                tell(Progress::OtherCertificate(shown));
            }
            let (address, failure) = (not.address, not.failure);
            return LineEnd::Failed { address, failure };
        }
    };
    let (peer, conversation) = (reached.peer, reached.conversation);
    tell(Progress::Connected(peer, reached.certificate));
    let mut line = Line {
        refusals: granted.refusals,
        keys: granted.keys,
        believe: granted.believe_refusal,
        authority: authority(&granted.target),
        conversation,
        peer,
        answers: 0,
        told: None,
        tell,
    };
    let stopped = async {
        // Who could say it is gone: nobody listens either.
        stop.wait_for(|stop| *stop).await.ok();
    };
    tokio::select! {
        () = stopped => LineEnd::Finished,
        end = async {
            match listener {
                Listener::Pull(point) => line.pull(point).await,
                Listener::Stream(stream) => line.stream(stream).await,
            }
        } => end,
    }
}

impl<T: Fn(Progress)> Line<T> {
    async fn pull(&mut self, point: &mut PullPoint) -> LineEnd {
        point.connected(clock::now());
        loop {
            if !self.conversation.is_open() {
                return LineEnd::Over;
            }
            let request = match point.next(clock::now(), SystemTime::now()) {
                PullNext::Ask(request) => request,
                PullNext::Wait(at) => {
                    tokio::time::sleep_until(at.into()).await;
                    continue;
                }
                PullNext::Rest(_) => return LineEnd::Over,
                PullNext::Stop => return LineEnd::Finished,
            };
            if let Some(refused) = self.was_refused(point.has_signed()) {
                return LineEnd::NotAsked(refused);
            }
            let began = clock::now();
            let asking = self.conversation.post(post(&self.authority, &request));
            let answer = match tokio::time::timeout(point.patience(), asking).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => return self.broke(of_http(&error)),
                Err(_elapsed) => return self.broke(failure(FailureKind::Timeout, Stage::Describe, "")),
            };
            let now = clock::now();
            point.answered(
                &reply(answer),
                now.saturating_duration_since(began),
                now,
                SystemTime::now(),
            );
            self.answered();
            self.heard(point.take(), false, now);
            match point.trouble() {
                Some(PullTrouble::SignIn(refusal)) => return refused(refusal),
                _ if point.is_signed_in() => self.accept(),
                _ => {}
            }
            if !self.conversation.is_open() {
                point.set_costly(now);
            }
        }
    }

    async fn stream(&mut self, stream: &mut EventStream) -> LineEnd {
        loop {
            if !self.conversation.is_open() {
                return LineEnd::Over;
            }
            let request = match stream.next(clock::now()) {
                StreamNext::Ask(request) => request,
                StreamNext::Rest(_) => return LineEnd::Over,
                StreamNext::Stop => return LineEnd::Finished,
            };
            if let Some(refused) = self.was_refused(stream.has_signed()) {
                return LineEnd::NotAsked(refused);
            }
            let asking = self.conversation.stream(StreamGet {
                authority: &self.authority,
                target: &request.target,
                authorization: request.authorization.as_deref(),
                most: MOST,
            });
            let answer = match tokio::time::timeout(PATIENCE, asking).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => return self.broke(of_http(&error)),
                Err(_elapsed) => return self.broke(failure(FailureKind::Timeout, Stage::Describe, "")),
            };
            self.answered();
            let head = StreamHead {
                content_type: answer.content_type,
                reply: reply(answer.answer),
            };
            let opened = stream.opened(&head, clock::now());
            if let Some(StreamTrouble::SignIn(refusal)) = stream.trouble() {
                return refused(refusal);
            }
            if opened == StreamOpened::Streams {
                if stream.is_signed_in() {
                    self.accept();
                }
                return self.follow(stream).await;
            }
        }
    }

    /// Reads the stream until it ends, falls silent or has lasted for a day.
    async fn follow(&mut self, stream: &mut EventStream) -> LineEnd {
        self.heard(Vec::new(), false, clock::now());
        while let Some(silent_at) = stream.silent_at() {
            let piece = tokio::time::timeout_at(silent_at.into(), self.conversation.piece()).await;
            let now = clock::now();
            match piece {
                Err(_elapsed) => {
                    stream.fell_silent(now);
                    return LineEnd::Over;
                }
                Ok(Ok(Some(bytes))) => stream.bytes(&bytes, now),
                Ok(Ok(None) | Err(_)) => return LineEnd::Over,
            }
            self.heard(stream.take(), stream.says_nothing(SAYS_NOTHING, now), now);
            if stream.is_due_anew(now) {
                return LineEnd::Over;
            }
        }
        LineEnd::Over
    }

    fn answered(&mut self) {
        self.answers += 1;
        if self.answers == 1 {
            (self.tell)(Progress::Answered);
        }
    }

    fn heard(&mut self, incidents: Vec<Incident>, says_nothing: bool, now: Instant) {
        let is_due = self
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= ALIVE);
        if is_due || !incidents.is_empty() {
            self.told = Some(now);
            (self.tell)(Progress::Heard {
                incidents,
                says_nothing,
            });
        }
    }

    fn broke(&self, failure: Failure) -> LineEnd {
        match self.answers {
            0 => LineEnd::Failed {
                address: Some(self.peer),
                failure,
            },
            _ => LineEnd::Over,
        }
    }

    /// That the same sign-in was refused lately, where one is about to be sent.
    fn was_refused(&self, has_signed: bool) -> Option<Failure> {
        let lately = |key| self.refusals.lately(key, self.believe, clock::now());
        let (failure, _) = lately(self.keys.recorder)
            .or_else(|| lately(self.keys.onvif))
            .filter(|_| has_signed)?;
        Some(failure)
    }

    fn accept(&self) {
        self.refusals.accepted(self.keys.recorder);
        self.refusals.accepted(self.keys.onvif);
    }
}

/// What a refusal means for the other links of the device: one that was never signed in to has refused nothing.
fn refused(refusal: &SignInRefusal) -> LineEnd {
    match refusal {
        SignInRefusal::Refused { text, .. } => LineEnd::Refused(failure(FailureKind::Auth, Stage::Describe, text)),
        SignInRefusal::Missing | SignInRefusal::InClear => LineEnd::Finished,
    }
}
