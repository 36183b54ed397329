//! Whose part it is: that of the network, of the recorder, or of this computer.

use std::net::IpAddr;

use reconnect::{Failure, FailureKind, Stage};

use super::Trace;
use super::step::{StepName, StepState, TraceFault};
use super::surroundings::{Neighbour, WayKind};

/// What the evidence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A picture came.
    Works,
    /// The settings of this computer forbid it.
    Policy,
    /// The name leads nowhere.
    Name,
    /// This computer has no way there.
    NoWay,
    /// This computer could not begin, and says nothing of anybody else.
    ThisComputer,
    /// The router that is asked first does not answer.
    Router(IpAddr),
    /// In the same network nobody has this address.
    NobodyThere,
    /// So many others at the same site show pictures; this one does not answer.
    RecorderAlone { live: u32 },
    /// So many others at the same site fail, too, and none shows a picture.
    WholeSite { failing: u32 },
    /// Its host answers, and nothing takes the connection at this port.
    PortClosed,
    /// It took the connection: the network works.
    Recorder,
    /// Nothing answers, and nothing else tells whether that is the network or the recorder.
    Unknown,
}

impl Trace {
    /// Whose part it is, once the attempt is over.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        if !self.stream().is_over() {
            return None;
        }
        let Some(step) = self.stream().failed() else {
            // One that nobody waited for says nothing.
            let picture = self.stream().step(StepName::FirstPicture);
            return picture
                .is_some_and(|step| step.state == StepState::Done)
                .then_some(Verdict::Works);
        };
        Some(match step.fault()? {
            TraceFault::NotAsked | TraceFault::Onvif(_) => Verdict::Recorder,
            TraceFault::Stream(failure) => self.of_failure(step.name, failure),
        })
    }

    fn of_failure(&self, step: StepName, failure: &Failure) -> Verdict {
        match failure.kind {
            FailureKind::Policy => return Verdict::Policy,
            FailureKind::NoRoute => return Verdict::NoWay,
            FailureKind::Local | FailureKind::PasswordStore | FailureKind::CertificateUnsure => {
                return Verdict::ThisComputer;
            }
            FailureKind::Refused if step <= StepName::Connect => return Verdict::PortClosed,
            _ => {}
        }
        if step == StepName::Name {
            return Verdict::Name;
        }
        // What the governor holds it for was found before this attempt.
        let silent = matches!(failure.kind, FailureKind::Timeout | FailureKind::Unreachable)
            && matches!(failure.stage, Stage::Resolve | Stage::Connect);
        if !silent {
            return Verdict::Recorder;
        }
        match self.way().map(|way| (&way.kind, way.next)) {
            Some((WayKind::Router { router, .. }, Neighbour::Silent)) => return Verdict::Router(*router),
            Some((WayKind::Direct { .. }, Neighbour::Silent)) => return Verdict::NobodyThere,
            _ => {}
        }
        match self.others() {
            others if others.live > 0 => Verdict::RecorderAlone { live: others.live },
            others if others.failing > 0 => Verdict::WholeSite {
                failing: others.failing,
            },
            _ => Verdict::Unknown,
        }
    }
}

impl Verdict {
    /// The stable name for scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Policy => "policy",
            Self::Name => "name",
            Self::NoWay => "no-way",
            Self::ThisComputer => "this-computer",
            Self::Router(_) => "router",
            Self::NobodyThere => "nobody-there",
            Self::RecorderAlone { .. } => "recorder-alone",
            Self::WholeSite { .. } => "whole-site",
            Self::PortClosed => "port-closed",
            Self::Recorder => "recorder",
            Self::Unknown => "unknown",
        }
    }
}
