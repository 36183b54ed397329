//! What stands on a place of a wall or a view.

use super::crop::Crop;
use device::{ChannelId, VirtualDvrId};

/// What stands on a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub channel: ChannelId,
    /// The virtual DVR from which it was put here, and whose label it shows.
    pub origin: Option<VirtualDvrId>,
    pub crop: Crop,
}

impl Placed {
    /// A channel in the usual way, perhaps as a member of a virtual DVR.
    #[must_use]
    pub fn new(channel: ChannelId, origin: Option<VirtualDvrId>) -> Self {
        Self {
            channel,
            origin,
            crop: Crop::default(),
        }
    }
}

impl From<ChannelId> for Placed {
    fn from(channel: ChannelId) -> Self {
        Self::new(channel, None)
    }
}
