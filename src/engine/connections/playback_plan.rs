use super::super::attempt::PlaybackFeed;
use device::{ChannelId, Template};

/// What a playback is begun with.
#[derive(Clone, Debug)]
pub(in crate::engine) struct PlaybackPlan {
    pub channel: ChannelId,
    pub template: Template,
    pub feed: PlaybackFeed,
}
