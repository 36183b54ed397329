//! What an errand says while it is done.

use std::net::IpAddr;

use super::answer::Latest;
use super::ask::NoAnswer;
use reconnect::AttemptId;

pub(in crate::engine) enum ErrandNews {
    Connected {
        attempt: AttemptId,
        address: IpAddr,
    },
    Done {
        attempt: AttemptId,
        result: Result<Latest, NoAnswer>,
    },
}
