//! What a connection of a steering says.

use std::net::IpAddr;

use super::super::connections::QuestionId;
use ::onvif::WebReply;
use device::Certificate;
use reconnect::{AttemptId, Failure};

pub(in crate::engine) struct PtzNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub event: PtzEvent,
}

pub(in crate::engine) enum PtzEvent {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    /// Another certificate than the remembered one was shown.
    OtherCertificate(Box<Certificate>),
    /// The answer to the request that was sent last. `closes`: nothing more can be sent on this connection.
    Answer { reply: WebReply, closes: bool },
    /// It could not be made, or it is over without an answer to what was sent last.
    Failed { address: Option<IpAddr>, failure: Failure },
}

/// What the other parts have to do for a steering.
pub(in crate::engine) enum PtzEffect {
    Changed,
    /// A question of this device is to be begun.
    Begin(device::DeviceId),
    /// The question needs another connect.
    Again(QuestionId),
    End(QuestionId),
    Connected(QuestionId, AttemptId, IpAddr, Option<Box<Certificate>>),
    OtherCertificate(QuestionId, Box<Certificate>),
    Answered(QuestionId, AttemptId),
    Failed(QuestionId, AttemptId, Option<IpAddr>, Failure),
    Refused(QuestionId, Failure),
}
