//! What an enquiry says while it is made.

use std::net::IpAddr;

use super::super::asking::ConversationEnd;
use super::super::connections::QuestionId;
use ::onvif::Enquiry;
use device::Certificate;
use reconnect::AttemptId;
use trace::ExchangeKind;

pub(in crate::engine) struct EnquiryNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub event: EnquiryEvent,
}

pub(in crate::engine) enum EnquiryEvent {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    /// Another certificate than the remembered one was shown.
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
    Asking(Option<::onvif::EnquiryStep>),
    /// What was said or answered, without its secrets, where somebody diagnoses.
    Told(ExchangeKind, String),
    /// The connection is over; with the enquiry as far as it came.
    Ended(Box<Enquiry>, ConversationEnd),
}
