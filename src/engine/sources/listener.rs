//! Who listens to one recorder, whichever way it tells its events.

use std::time::Instant;

use super::wanted::Interface;
use crate::bridge::SourceFault;
use ::onvif::{PullPoint, PullPointPlan, PullTrouble, SignInRefusal};
use device::Credentials;
use vendor::{EventStream, EventStreamPlan, StreamTrouble};

pub(in crate::engine) enum Listener {
    Pull(Box<PullPoint>),
    Stream(Box<EventStream>),
}

impl Listener {
    /// `path`: of the device service of ONVIF.
    pub(super) fn new(
        interface: Interface,
        path: &str,
        (credentials, may_basic): (Option<Credentials>, bool),
        channels: usize,
    ) -> Self {
        let seed = fastrand::u64(..);
        match interface {
            Interface::Onvif => Self::Pull(Box::new(PullPoint::new(PullPointPlan {
                path: path.to_owned(),
                credentials,
                may_basic,
                channels,
                seed,
            }))),
            Interface::Maker(maker) => Self::Stream(Box::new(EventStream::new(EventStreamPlan {
                maker,
                credentials,
                may_basic,
                channels,
                seed,
            }))),
        }
    }

    /// The connection is over.
    pub(super) fn lost(&mut self, now: Instant) {
        match self {
            Self::Pull(point) => point.lost(now),
            Self::Stream(stream) => stream.lost(),
        }
    }

    /// When it has something to ask at the earliest; `None`: never.
    pub(super) fn wake(&self, now: Instant) -> Option<Instant> {
        match self {
            Self::Pull(point) => point.wake(now),
            Self::Stream(stream) => stream.wake(now),
        }
    }

    /// Nobody listens any more. Whether that is to be said to the recorder.
    pub(super) fn end(&mut self) -> bool {
        match self {
            Self::Pull(point) => {
                point.end();
                point.is_subscribed()
            }
            Self::Stream(_) => false,
        }
    }

    /// It closes the connection after each answer, as it was found to do.
    pub(super) fn is_costly(&self) -> bool {
        matches!(self, Self::Pull(point) if point.is_costly())
    }

    pub(super) fn fault(&self) -> Option<SourceFault> {
        let sign_in = |refusal: &SignInRefusal| match refusal {
            SignInRefusal::Refused { text, .. } => SourceFault::SignIn(text.clone()),
            SignInRefusal::Missing | SignInRefusal::InClear => SourceFault::SignIn(String::new()),
        };
        match self {
            Self::Pull(point) => Some(match point.trouble()? {
                PullTrouble::SignIn(refusal) => sign_in(refusal),
                PullTrouble::Unsupported(text) => SourceFault::Unsupported(text.clone()),
                PullTrouble::Refused(text) => SourceFault::Refused(text.clone()),
            }),
            Self::Stream(stream) => Some(match stream.trouble()? {
                StreamTrouble::SignIn(refusal) => sign_in(refusal),
                StreamTrouble::Unsupported(status) => SourceFault::Unsupported(format!("HTTP {status}")),
                StreamTrouble::Refused(status) => SourceFault::Refused(format!("HTTP {status}")),
                StreamTrouble::Silent => SourceFault::Silent,
            }),
        }
    }
}
