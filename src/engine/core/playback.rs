//! The loop between playbacks and connections.

use std::time::Instant;

use super::super::clock;
use super::super::playback::PlaybackEffect;
use super::Core;
use crate::bridge::PlaybackWish;
use archive::SignedDuration;
use device::ChannelId;

impl Core {
    pub(super) fn on_playback_command(&mut self, channel: ChannelId, wish: PlaybackWish, now: Instant) {
        let identities = self.enquiries.identities();
        let known = identities.get(&channel.device);
        let ahead = known
            .and_then(|known| known.identity.clock_offset)
            .map(SignedDuration::from_secs);
        let brands = self.connections.brands();
        let files = (&**self.files.registry(), &*brands);
        let wall = clock::timestamp();
        self.playbacks.wish(channel, wish, files, ahead, (now, wall));
        let visible = match wish {
            PlaybackWish::Look(visible) => Some(visible),
            PlaybackWish::Open(at) => Some(archive::day_of(at.unwrap_or(wall), &archive::TimeZone::system())),
            _ => None,
        };
        let device = self.files.registry().device(channel.device);
        match (wish, visible.zip(device.filter(|device| device.enabled))) {
            (PlaybackWish::Close, _) => self.archives.leave(channel),
            (PlaybackWish::Search, _) => self.archives.retry(channel),
            (_, Some((visible, device))) => self.archives.look(channel, device, visible),
            _ => return,
        }
        self.look_at_archives(now);
    }

    pub(super) fn do_for_playbacks(&mut self, effect: PlaybackEffect, now: Instant) {
        match effect {
            PlaybackEffect::Changed => self.screen.changed(),
            PlaybackEffect::Begin(plan) => {
                let channel = plan.channel;
                let link = self.connections.begin_playback(*plan, now);
                self.playbacks.begun(channel, link);
            }
            PlaybackEffect::End(link) => self.connections.unwant(link, now),
            PlaybackEffect::Refuted(channel, stretch) => self.archives.refute(channel, stretch),
        }
    }
}
