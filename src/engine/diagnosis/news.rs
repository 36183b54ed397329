//! What is found out beside the loop for a diagnosis.

use std::net::IpAddr;

use reconnect::Failure;
use trace::KnownWay;

/// What a survey tells, in this order.
pub(in crate::engine) enum DiagnosisNews {
    Named(Result<Vec<IpAddr>, Failure>),
    /// Those that may be dialled, and whether *Internal network only* is on.
    Allowed(Result<Vec<IpAddr>, Failure>, bool),
    Way(KnownWay),
    /// Read once more after the attempt.
    WayAgain(KnownWay),
}
