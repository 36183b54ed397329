//! The link of a playback: one attempt because a person asked, by the same dial and governor as everything else. For the machine it is over
//! once the recorder has answered, as a question is; so neither a full recorder nor a missing recording slows down its live pictures.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::ReplayNews;
use super::links::{LinkRecord, Purpose};
use super::playback_plan::PlaybackPlan;
use super::tile_state::tile_state;
use super::{Connections, ConnectionsEffect};
use crate::bridge::{FrameSlot, StreamInfo, StreamStatus, TileState};
use device::{PasswordEdit, StreamId, StreamKind};
use reconnect::{AttemptId, Failure, Input, LinkId, LinkView, Rank, Stage};

/// How a playback comes along.
#[derive(Debug)]
pub(in crate::engine) enum PlaybackProgress {
    Playing,
    News(ReplayNews),
    /// It has ended, and is not tried again by itself.
    Failed(Failure),
}

impl Connections {
    /// Wants recorded pictures of a channel; its link, and where they come. `None`: the device is not registered, or not enabled.
    pub(in crate::engine) fn begin_playback(
        &mut self,
        plan: PlaybackPlan,
        now: Instant,
    ) -> Option<(LinkId, Arc<FrameSlot>)> {
        let channel = plan.channel;
        let id = channel.device;
        let user = self.devices.get(id).filter(|device| device.enabled)?.user.clone();
        let kind = StreamKind::Main;
        let rank = Rank::Selected;
        let record = LinkRecord::new(Purpose::Playback(Box::new(plan)), StreamId { channel, kind }, id, rank);
        let slot = Arc::clone(&record.slot);
        let link = LinkId(self.fresh_id());
        self.links.insert(link, record);
        self.want_sign_in(id, &user, PasswordEdit::Keep, now);
        self.machine.handle(Input::Want { link, device: id, rank }, now);
        self.changed();
        Some((link, slot))
    }

    /// As a tile shows it; `None`: it is gone, with its device.
    pub(in crate::engine) fn playback_status(&self, link: LinkId, now: Instant) -> Option<StreamStatus> {
        let record = self.links.get(link)?;
        let plays = record.run.as_ref().is_some_and(|run| run.playing.is_some());
        let state = match plays {
            true => TileState::Live,
            false => tile_state(self.machine.link(link), record.facts(now), now),
        };
        Some(StreamStatus {
            state,
            last_picture: None,
            last_picture_clock: None,
            slot: Arc::clone(&record.slot),
            sound: crate::bridge::SoundState::Off,
            info: StreamInfo {
                codec: record.codec().to_owned(),
                ..StreamInfo::default()
            },
        })
    }

    pub(super) fn is_playback(&self, link: LinkId) -> bool {
        self.links.get(link).is_some_and(LinkRecord::is_playback)
    }

    /// The recorder plays: for the machine the attempt is over.
    pub(super) fn playback_plays(&mut self, link: LinkId, attempt: AttemptId, now: Instant) {
        self.machine.handle(Input::Answered { attempt }, now);
        self.machine.handle(Input::Unwant(link), now);
        self.tell_playback(link, PlaybackProgress::Playing);
    }

    /// A playback has failed, and is let go of.
    pub(super) fn playback_failed(
        &mut self,
        link: LinkId,
        attempt: AttemptId,
        (address, failure): (Option<IpAddr>, Failure),
        now: Instant,
    ) {
        // The recorder closes after its challenge: the next connect signs in.
        if self.links.get(link).is_some_and(|record| record.signs_in) {
            let failed = Input::Failed {
                attempt,
                address,
                failure,
            };
            self.machine.handle(failed, now);
            return;
        }
        let input = match failure.stage > Stage::Options {
            true => Input::Answered { attempt },
            false => Input::Failed {
                attempt,
                address,
                failure: failure.clone(),
            },
        };
        self.machine.handle(input, now);
        self.tell_playback(link, PlaybackProgress::Failed(failure));
        self.unwant(link, now);
    }

    /// A playback that nobody will dial before somebody changes something (a refused sign-in, a forbidden address, a password that cannot
    /// be read) has failed, and is let go of.
    pub(super) fn end_stopped_playbacks(&mut self, now: Instant) {
        let stopped = self
            .links
            .iter()
            .filter(|(_, link)| link.is_playback() && link.run.is_none());
        let stopped: Vec<(LinkId, Failure)> = stopped
            .filter_map(|(id, _)| match self.machine.link(id)? {
                LinkView::Stopped { failure, .. } => Some((id, failure)),
                _ => None,
            })
            .collect();
        for (id, failure) in stopped {
            self.tell_playback(id, PlaybackProgress::Failed(failure));
            self.unwant(id, now);
        }
    }

    pub(super) fn tell_playback(&mut self, link: LinkId, progress: PlaybackProgress) {
        self.effects.push_back(ConnectionsEffect::Playback(link, progress));
    }
}
