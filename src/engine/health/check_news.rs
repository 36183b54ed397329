//! What the check of a device tells the loop.

use std::net::IpAddr;

use super::super::connections::QuestionId;
use reconnect::{AttemptId, Failure};

/// What came of asking a device.
pub(in crate::engine) struct CheckNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub result: Result<IpAddr, (Option<IpAddr>, Failure)>,
}
