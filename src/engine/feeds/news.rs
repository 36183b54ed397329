//! What an errand for a feed says while it is done.

use std::net::IpAddr;

use crate::bridge::FeedFault;
use device::SiteId;
use reconnect::{AttemptId, Failure};
use status_feed::FeedEntry;

/// The newest entry, where the feed has any.
pub(in crate::engine) type Asked = Option<FeedEntry>;

/// What an errand says while it is done.
pub(in crate::engine) enum FeedNews {
    Connected {
        attempt: AttemptId,
        address: IpAddr,
    },
    Done {
        site: SiteId,
        attempt: AttemptId,
        asked: Result<Asked, FeedFault>,
        /// For the machine, which counts.
        result: Result<(), (Option<IpAddr>, Failure)>,
    },
}
