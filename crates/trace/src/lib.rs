//! THE TRACE: what one attempt at a device, and one enquiry beside it, did step by step, for whoever wants to know why there is no
//! picture.
//!
//! Belongs here: the steps in their order, each with its own time, what was said and answered and how it ended; whether that is the
//! network's part or the recorder's. Evidence in, a value out. Time is an argument.
//! Does not belong here: making the attempt (`engine`), words on screen (`ui`), taking secrets out of texts (`problem_report`): what
//! comes in here is clean.

mod enquiry;
mod exchange;
mod ladder;
mod step;
mod stream;
mod surroundings;
#[cfg(test)]
mod tests;
mod verdict;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reconnect::HeldBy;

pub use enquiry::{NoEnquiry, OnvifState};
pub use exchange::{Exchange, ExchangeKind, LONGEST_TEXT, MOST_EXCHANGES};
pub use ladder::Ladder;
pub use step::{StepFact, StepName, StepState, TraceFault, TraceStep};
pub use stream::Note;
pub use surroundings::{KnownWay, Neighbour, Others, WayKind};
pub use verdict::Verdict;

/// Whom a trace is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceSubject {
    /// What the device is called; its host, where it is not registered.
    pub name: String,
    /// Where it stands; empty where it is not registered.
    pub site: String,
    pub host: String,
    /// Of its streams.
    pub port: u16,
    pub channel: u16,
    /// Its streams are in TLS.
    pub secure: bool,
    pub is_registered: bool,
}

/// How long its attempt waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub until: Option<Instant>,
    pub held_by: HeldBy,
}

/// One trace, under way or over.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    subject: TraceSubject,
    stream: Ladder,
    onvif: Ladder,
    onvif_state: OnvifState,
    /// While its attempt waits for its turn.
    waits: Option<Waits>,
    /// Of its own addresses the first one that may be dialled.
    address: Option<IpAddr>,
    way: Option<KnownWay>,
    others: Others,
    /// Where the device sent the attempt on to.
    redirects: Vec<String>,
    /// The request under way is signed.
    signed: bool,
    /// The tables of this computer are read once more.
    awaits_way: bool,
}

impl Trace {
    /// A trace that begins now.
    #[must_use]
    pub fn new(subject: TraceSubject, now: Instant) -> Self {
        let mut trace = Self {
            stream: Ladder::new(&StepName::STREAM, now),
            onvif: Ladder::new(&StepName::ONVIF, now),
            onvif_state: OnvifState::NotYet,
            subject,
            waits: None,
            address: None,
            way: None,
            others: Others::default(),
            redirects: Vec::new(),
            signed: false,
            awaits_way: false,
        };
        if !trace.subject.secure {
            trace.stream.not_needed(StepName::Tls);
        }
        trace.stream.enter(StepName::Name, now);
        trace
    }

    #[must_use]
    pub fn subject(&self) -> &TraceSubject {
        &self.subject
    }

    /// The steps to the first picture.
    #[must_use]
    pub fn stream(&self) -> &Ladder {
        &self.stream
    }

    /// The steps of the enquiry beside it.
    #[must_use]
    pub fn onvif(&self) -> &Ladder {
        &self.onvif
    }

    #[must_use]
    pub fn onvif_state(&self) -> OnvifState {
        self.onvif_state
    }

    /// For what the attempt waits now, while it does.
    #[must_use]
    pub fn waits(&self) -> Option<Waits> {
        self.waits.filter(|_| self.stream.is_at(StepName::Turn))
    }

    /// The way to the device, as far as this computer knows it.
    #[must_use]
    pub fn way(&self) -> Option<&KnownWay> {
        self.way.as_ref()
    }

    /// Where the attempt goes, once its name was looked up.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    #[must_use]
    pub fn others(&self) -> Others {
        self.others
    }

    #[must_use]
    pub fn redirects(&self) -> &[String] {
        &self.redirects
    }

    /// The attempt is one at this channel.
    pub fn is_of(&mut self, channel: u16) {
        self.subject.channel = channel;
    }

    /// Since it began, as of `now`, or until its end.
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.stream.age(now)
    }

    /// Nothing of it is awaited any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stream.is_over() && self.onvif_state.is_over() && !self.awaits_way
    }
}
