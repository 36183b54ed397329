//! From what an attempt reports to the steps to the first picture.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use reconnect::{Failure, FailureKind, HeldBy, Stage};

use super::exchange::ExchangeKind;
use super::step::{StepFact, StepName, StepState, TraceFault};
use super::surroundings::{KnownWay, Others, WayKind};
use super::{Trace, Waits};

/// What an attempt reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    Reached(Stage),
    /// The SYN goes out now.
    Dialling(SocketAddr),
    /// What the device showed in TLS.
    Certificate(String),
    /// A request of RTSP, without its secrets.
    Said(String),
    /// A reply, or a request of the device.
    Answered(String),
    /// It plays, in this codec.
    Playing(String),
    /// The first packet of the picture.
    Packet,
    KeyFrame,
    Picture {
        codec: String,
        width: u32,
        height: u32,
    },
    Redirected(String),
    /// The device refused the same sign-in a short while ago.
    NotAsked,
    Failed(Failure),
}

impl Trace {
    /// What a look-up of the name said.
    pub fn named(&mut self, found: Result<Vec<IpAddr>, Failure>, is_address: bool, now: Instant) {
        match found {
            Ok(addresses) => {
                let fact = match is_address {
                    true => StepFact::IsAddress,
                    false => StepFact::Addresses(addresses),
                };
                self.stream.found(StepName::Name, fact);
                self.stream.enter(StepName::Policy, now);
            }
            Err(failure) => self.stream.fail(StepName::Name, TraceFault::Stream(failure), now),
        }
    }

    /// Which addresses may be dialled; the failure where none may.
    pub fn allowed(&mut self, allowed: Result<Vec<IpAddr>, Failure>, internal_only: bool, now: Instant) {
        match allowed {
            Ok(addresses) => {
                self.address = addresses.first().copied();
                let fact = StepFact::Allowed {
                    addresses,
                    internal_only,
                };
                self.stream.found(StepName::Policy, fact);
                self.stream.enter(StepName::Route, now);
            }
            Err(failure) => self.stream.fail(StepName::Policy, TraceFault::Stream(failure), now),
        }
    }

    /// The way to the first of them.
    pub fn routed(&mut self, way: KnownWay, now: Instant) {
        let is_none = way.kind == WayKind::None;
        self.way = Some(way);
        self.stream.found(StepName::Route, StepFact::Way);
        if is_none {
            let failure = Failure {
                kind: FailureKind::NoRoute,
                stage: Stage::Connect,
                detail: String::new(),
            };
            self.stream.fail(StepName::Route, TraceFault::Stream(failure), now);
        } else {
            self.stream.enter(StepName::Turn, now);
        }
    }

    /// What the tables say after the attempt is awaited.
    pub fn looks_again(&mut self) {
        self.awaits_way = true;
    }

    pub fn looked_again(&mut self, way: KnownWay) {
        self.awaits_way = false;
        if way.kind != WayKind::Unknown {
            self.way = Some(way);
        }
    }

    /// How the others at the same site fare.
    pub fn beside(&mut self, others: Others) {
        self.others = others;
    }

    /// The attempt waits for its turn.
    pub fn waits_until(&mut self, until: Option<Instant>, held_by: HeldBy) {
        self.waits = Some(Waits { until, held_by });
    }

    /// The attempt was under way before the trace began, and has come so far.
    pub fn adopts(&mut self, stage: Stage, now: Instant) {
        let at = step_of_stage(stage);
        for name in StepName::STREAM.into_iter().filter(|name| *name < at) {
            self.stream.earlier(name);
        }
        self.stream.enter(at, now);
    }

    /// Takes what the attempt reports.
    pub fn note(&mut self, note: Note, now: Instant) {
        if self.stream.is_over() {
            return;
        }
        match note {
            Note::Reached(stage) => self.reached(stage, now),
            Note::Dialling(address) => {
                self.stream.leave(now);
                self.stream.enter(StepName::Connect, now);
                self.stream.found(StepName::Connect, StepFact::At(address));
            }
            Note::Certificate(fingerprint) => {
                self.stream.found(StepName::Tls, StepFact::Certificate(fingerprint));
            }
            Note::Said(text) => self.said(&text, now),
            Note::Answered(text) => self.answered(&text, now),
            Note::Playing(codec) => {
                self.stream.enter(StepName::FirstPacket, now);
                self.stream.found(StepName::Describe, StepFact::Codec(codec));
            }
            Note::Packet => self.stream.enter(StepName::FirstKeyFrame, now),
            Note::KeyFrame => self.stream.enter(StepName::FirstPicture, now),
            Note::Picture { codec, width, height } => {
                if self.stream.is_at(StepName::FirstKeyFrame) {
                    // Nothing told of one, or the stream has none.
                    self.stream.not_needed(StepName::FirstKeyFrame);
                }
                self.stream.enter(StepName::FirstPicture, now);
                let picture = StepFact::Picture { codec, width, height };
                self.stream.found(StepName::FirstPicture, picture);
                self.stream.finish(now);
            }
            Note::Redirected(to) => self.redirects.push(to),
            Note::NotAsked => self.stream.fail(StepName::SignIn, TraceFault::NotAsked, now),
            Note::Failed(failure) => {
                let name = self.step_of(&failure);
                self.stream.fail(name, TraceFault::Stream(failure), now);
            }
        }
    }

    fn reached(&mut self, stage: Stage, now: Instant) {
        let name = step_of_stage(stage);
        match self.stream.current_name() {
            // The name is looked up once more with the permit, and before its packet.
            Some(StepName::Turn) if stage == Stage::Resolve => self.stream.leave(now),
            _ if stage == Stage::Resolve => {}
            // What is said tells more than how far it is.
            Some(current) if current >= name && name > StepName::Tls => {}
            _ => self.enter_talk(name, now),
        }
    }

    /// Begins a step of the conversation.
    fn enter_talk(&mut self, name: StepName, now: Instant) {
        if name >= StepName::Setup && self.stream.is_to_come(StepName::SignIn) {
            self.stream.not_needed(StepName::SignIn);
        }
        self.stream.enter(name, now);
    }

    fn said(&mut self, text: &str, now: Instant) {
        let name = match text.split_whitespace().next().unwrap_or_default() {
            "OPTIONS" => StepName::Greeting,
            "DESCRIBE" => StepName::Describe,
            "SETUP" => StepName::Setup,
            "PLAY" => StepName::FirstPacket,
            _ => return,
        };
        // Once pictures come, what is said keeps the session alive.
        if self
            .stream
            .current_name()
            .is_some_and(|current| current > StepName::FirstPacket)
        {
            return;
        }
        self.signed = has_header(text, "authorization");
        self.enter_talk(name, now);
        self.stream.tell(name, ExchangeKind::Said, text, now);
    }

    fn answered(&mut self, text: &str, now: Instant) {
        let Some(current) = self.stream.current_name() else {
            return;
        };
        if !(StepName::Greeting..=StepName::FirstPacket).contains(&current) {
            return;
        }
        self.stream.tell(current, ExchangeKind::Answered, text, now);
        match text.split_whitespace().nth(1) {
            Some("401") => self.stream.challenged(StepName::SignIn, now),
            Some(status) if status.starts_with('2') && self.signed && current != StepName::Greeting => {
                let fact = match self.stream.is_to_come(StepName::SignIn) {
                    true => StepFact::SignInKnown,
                    false => StepFact::SignedIn,
                };
                if let Some(step) = self.stream.step_mut(StepName::SignIn) {
                    step.state = StepState::Done;
                    step.fact.get_or_insert(fact);
                }
            }
            _ => {}
        }
    }

    /// At which step an attempt has failed.
    fn step_of(&self, failure: &Failure) -> StepName {
        let current = self.stream.current_name();
        match (failure.kind, failure.stage) {
            (FailureKind::Policy, _) => StepName::Policy,
            (FailureKind::NoRoute, _) => StepName::Route,
            (FailureKind::PasswordStore | FailureKind::Local, Stage::Resolve) => StepName::Turn,
            (FailureKind::Auth, _) => StepName::SignIn,
            (FailureKind::CertificateUnsure | FailureKind::CertificateChanged, _) => StepName::Tls,
            (FailureKind::UnsupportedCodec, Stage::Play | Stage::Describe) => StepName::Describe,
            (FailureKind::UnsupportedCodec | FailureKind::Undecodable | FailureKind::TooLarge { .. }, _) => {
                StepName::FirstPicture
            }
            (_, Stage::Media | Stage::Play) => current
                .filter(|current| *current > StepName::FirstPacket)
                .unwrap_or(StepName::FirstPacket),
            // A reset has no stage of its own: it comes while something else is awaited.
            (_, stage) => current
                .filter(|current| *current > StepName::Tls && stage == Stage::Options)
                .unwrap_or(step_of_stage(stage)),
        }
    }
}

fn step_of_stage(stage: Stage) -> StepName {
    match stage {
        Stage::Resolve => StepName::Name,
        Stage::Connect => StepName::Connect,
        Stage::Tls => StepName::Tls,
        Stage::Options => StepName::Greeting,
        Stage::Describe => StepName::Describe,
        Stage::Setup => StepName::Setup,
        Stage::Play | Stage::Media => StepName::FirstPacket,
    }
}

/// Whether a message has this header; `name` in lower case.
fn has_header(text: &str, name: &str) -> bool {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(header, _)| header.trim().eq_ignore_ascii_case(name))
}
