//! What a connection for events says, and what the other parts have to do for it.

use std::net::IpAddr;

use super::super::connections::QuestionId;
use super::line::LineEnd;
use super::listener::Listener;
use device::{Certificate, DeviceId, OnvifPlace};
use incidents::Incident;
use reconnect::{AttemptId, Failure};

pub(in crate::engine) struct SourceNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub event: SourceEvent,
}

pub(in crate::engine) enum SourceEvent {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    /// Another certificate than the remembered one was shown.
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
    /// It lives, and perhaps tells something. `says_nothing`: it never did, for a long time.
    Heard {
        incidents: Vec<Incident>,
        says_nothing: bool,
    },
    /// The connection is over; with who listened on it.
    Ended(Listener, LineEnd),
}

pub(in crate::engine) enum SourceEffect {
    Changed,
    /// A question of this device is to be begun there.
    Begin(DeviceId, OnvifPlace),
    /// The question needs another connect.
    Again(QuestionId),
    End(QuestionId),
    Connected(QuestionId, AttemptId, IpAddr, Option<Box<Certificate>>),
    OtherCertificate(QuestionId, Box<Certificate>),
    Answered(QuestionId, AttemptId),
    Failed(QuestionId, AttemptId, Option<IpAddr>, Failure),
    Refused(QuestionId, Failure),
    /// Something happened at a device.
    Happened(DeviceId, Incident),
    /// Nothing is heard of a device any more.
    Deaf(DeviceId),
}
