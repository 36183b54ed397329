//! The streams that the windows need, and their newest pictures.

use std::time::{Duration, Instant};

use super::substreams::Substreams;
use crate::bridge::{EngineState, TileState, WantedStream};
use crate::ui::picture::Pictures;
use crate::ui::playback::pictures_of;
use device::{Brands, ChannelId, Registry};
use reconnect::{HeldBy, Rank};
use wall::{Attention, Demand, Need, Progress, ShownTile, Upcoming};

pub(super) struct Streams {
    demand: Demand,
    /// The list that the engine was sent last.
    sent: Vec<WantedStream>,
    substreams: Substreams,
    pictures: Pictures,
}

impl Streams {
    /// `direct`: the window is painted without a GPU.
    pub(super) fn new(direct: bool) -> Self {
        Self {
            demand: Demand::default(),
            sent: Vec::new(),
            substreams: Substreams::default(),
            pictures: Pictures::new(direct),
        }
    }

    pub(super) fn demand(&self) -> &Demand {
        &self.demand
    }

    /// What tiles are painted from.
    pub(super) fn painted_from(&mut self) -> (&Demand, &mut Pictures) {
        (&self.demand, &mut self.pictures)
    }

    /// Width and height of the channel's picture, of which only the relation counts; `None`: no picture of it was seen yet.
    pub(super) fn shape(&self, channel: ChannelId) -> Option<[f32; 2]> {
        self.pictures.shape(channel)
    }

    /// Listens to a channel, or to none when it is heard already.
    pub(super) fn toggle_sound(&mut self, channel: ChannelId) {
        self.demand.toggle_sound(channel);
    }

    /// Drops what belongs to devices that are gone or disabled.
    pub(super) fn follow(&mut self, registry: &Registry) {
        self.substreams.registry_changed();
        self.demand
            .retain(|channel| registry.device(channel.device).is_some_and(|device| device.enabled));
        self.pictures.forget(|channel| registry.device_of(channel).is_some());
    }

    /// The new list of wanted streams, if it differs from the last one. `shown` and `hidden`: the tiles of the windows
    /// that can be seen and of those that cannot; `upcoming`: those of the next stops of tours.
    pub(super) fn update(
        &mut self,
        state: &EngineState,
        brands: &Brands,
        (shown, hidden): (&[ShownTile], &[ShownTile]),
        upcoming: Vec<Upcoming>,
    ) -> Option<Vec<WantedStream>> {
        let soon = upcoming.iter().map(|upcoming| &upcoming.tile);
        let all = shown.iter().chain(hidden).chain(soon);
        self.substreams.learn(all, &state.registry, brands);
        self.demand.expect(upcoming);
        let has_sub = |device| self.substreams.has(device);
        let progress = |stream| progress(state.streams.get(&stream).map(|status| &status.state));
        self.demand.set_relief(state.totals.relief);
        let needs = self.demand.update(shown, hidden, has_sub, progress, state.now);
        let wanted: Vec<WantedStream> = needs.iter().map(wanted).collect();
        if wanted == self.sent {
            return None;
        }
        let recorded = |stream| state.playbacks.keys().any(|channel| pictures_of(*channel) == stream);
        self.pictures
            .retain(|stream| wanted.iter().any(|wanted| wanted.stream == stream) || recorded(stream));
        self.sent.clone_from(&wanted);
        Some(wanted)
    }

    /// The time after which the list may change by itself.
    pub(super) fn next_change(&self, now: Instant) -> Option<Duration> {
        let at = self.demand.next_change()?;
        Some(at.saturating_duration_since(now).max(Duration::from_millis(50)))
    }
}

/// `None`: the engine has not heard of it yet.
fn progress(state: Option<&TileState>) -> Progress {
    match state {
        Some(TileState::Live | TileState::WithoutKeyFrames) => Progress::Plays,
        Some(TileState::Connecting { .. } | TileState::AwaitingKeyFrame { .. }) => Progress::Dialled,
        Some(TileState::Waiting {
            held_by: HeldBy::SiteOutage | HeldBy::NoNetwork,
            ..
        }) => Progress::Idle,
        None | Some(TileState::Waiting { failure: None, .. }) => Progress::Due,
        Some(_) => Progress::Idle,
    }
}

fn wanted(need: &Need) -> WantedStream {
    let rank = match need.attention {
        Attention::Selected => Rank::Selected,
        Attention::Visible => Rank::Visible,
        Attention::Warm => Rank::Background,
    };
    WantedStream {
        stream: need.stream,
        rank,
        decode: need.decode,
        listen: need.listen,
    }
}
