use std::net::IpAddr;

use super::super::connections::QuestionId;
use super::super::enquiry::ConversationEnd;
use ::onvif::Recordings;
use device::Certificate;
use reconnect::AttemptId;

/// What a connection of a search says.
pub(in crate::engine) struct ArchiveNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub event: ArchiveEvent,
}

pub(in crate::engine) enum ArchiveEvent {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
    Ended(Box<Recordings>, ConversationEnd),
}
