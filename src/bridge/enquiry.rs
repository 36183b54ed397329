//! What a device is asked over ONVIF, and what it said.

use std::sync::Arc;
use std::time::Instant;

use super::clock::Clock;
use ::onvif::{DeviceIdentity, EnquiryResult, EnquiryStep};
use device::{DeviceEdit, OnvifPlace};
use reconnect::Failure;

/// The number of an enquiry by hand. The screen chooses it and never uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnquiryId(pub u64);

/// The request to ask a device what it is and which channels it has.
#[derive(Clone, Debug)]
pub struct EnquiryRequest {
    pub id: EnquiryId,
    /// Whom to ask and as whom to sign in; its paths are no matter.
    pub edit: DeviceEdit,
    pub place: OnvifPlace,
}

/// How far an enquiry is.
#[derive(Clone, Debug, PartialEq)]
pub struct EnquiryStatus {
    pub id: EnquiryId,
    pub state: EnquiryState,
    /// What it has cost so far.
    pub connects: u32,
    pub requests: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum EnquiryState {
    /// It waits for a permit, until about this time.
    Waiting { until: Option<Instant> },
    /// It is connected, or about to be, since then; `None`: nothing was asked yet.
    Asking { step: Option<EnquiryStep>, since: Instant },
    /// It has ended; what is known, and why it ended early if it did.
    Done(Arc<EnquiryResult>),
    /// The recorder refused the same sign-in at this time of day, so that it was not asked again.
    NotAsked(Clock),
    /// There was no conversation, or it broke.
    Failed(Failure),
}

/// What a registered device said that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIdentity {
    pub identity: DeviceIdentity,
    /// When it was asked.
    pub at: Instant,
}
