//! What one look at everything found.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{Cause, Subject};
use device::{ChannelId, DeviceId, SiteId};

/// The smallest thing that fails or shows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A device as a whole.
    Device(DeviceId),
    /// One channel of a device that shows others.
    Channel(ChannelId),
}

impl Part {
    #[must_use]
    pub fn device(self) -> DeviceId {
        match self {
            Self::Device(device) => device,
            Self::Channel(channel) => channel.device,
        }
    }
}

/// Parts that fail for one cause.
#[derive(Clone, Debug)]
pub struct Sighting {
    pub subject: Subject,
    pub name: String,
    pub site: Option<(SiteId, String)>,
    pub cause: Cause,
    /// Since when, as far as that is known.
    pub since: Option<Instant>,
    pub parts: BTreeSet<Part>,
    /// Those of the parts that nobody tried, because another one is tried for them: they make no event by themselves.
    pub held: BTreeSet<Part>,
}

/// All that is known at one moment. What is in none of these is not known just now: it may be being tried, or not be watched.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub sightings: Vec<Sighting>,
    /// The channels of which pictures are there.
    pub shown: BTreeSet<ChannelId>,
    /// The channels that are asked for.
    pub watched: BTreeSet<ChannelId>,
    /// The devices that are registered and enabled.
    pub registered: BTreeSet<DeviceId>,
}

impl Observation {
    /// Whether the part shows pictures: of a device, any of its channels.
    #[must_use]
    pub fn shows(&self, part: Part) -> bool {
        Self::has(&self.shown, part)
    }

    #[must_use]
    pub fn watches(&self, part: Part) -> bool {
        Self::has(&self.watched, part)
    }

    fn has(channels: &BTreeSet<ChannelId>, part: Part) -> bool {
        match part {
            Part::Channel(channel) => channels.contains(&channel),
            Part::Device(device) => {
                let channel = |number| ChannelId { device, number };
                channels.range(channel(0)..=channel(u16::MAX)).next().is_some()
            }
        }
    }
}
