//! What can be done with a tile in its state: the same for its tools, its menus, the menu bar and the keys, so that nothing is offered
//! that means nothing, and no key does what nothing offers.

use super::act::PaintContext;
use super::state::{self, Help};
use super::steer;
use super::tile_content::Content;
use super::trouble;
use crate::bridge::{EngineState, TileState};
use device::{ChannelId, StreamId, StreamKind};
use reconnect::HeldBy;
use wall::{Demand, StreamChoice, Tile};

/// What means something for one tile now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// It can be shown alone.
    pub alone: bool,
    pub retry: bool,
    pub snapshot: bool,
    pub sound: bool,
    /// Its camera can be steered.
    pub steer: bool,
    /// Which stream a person may record, or whose recording may be ended (`false`).
    pub record: Option<(StreamId, bool)>,
    /// Its recordings can be looked at.
    pub playback: bool,
    /// There is a picture that can be enlarged and laid out otherwise.
    pub picture: bool,
    pub clear: bool,
}

impl Offer {
    /// `several`: the page has more tiles than this one; `listened`: its channel is the one that is heard.
    pub(super) fn of(
        paint: PaintContext<'_>,
        tile: &Tile,
        content: &Content<'_>,
        several: bool,
        demand: &Demand,
    ) -> Self {
        let Some((_, channel)) = content.channel() else {
            return Self::default();
        };
        let Doable {
            retry,
            snapshot,
            sound,
            steer,
            record,
            playback,
        } = Doable::with(paint, demand, channel, tile.crop.choice);
        Self {
            alone: several && !tile.alone,
            clear: !paint.kiosk,
            retry,
            snapshot,
            sound,
            steer,
            record,
            playback,
            picture: matches!(content, Content::Stream { picture: Some(_), .. }),
        }
    }
}

/// What means something for a channel now, wherever it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doable {
    pub retry: bool,
    pub snapshot: bool,
    pub sound: bool,
    pub steer: bool,
    /// Which stream a person may record, or whose recording may be ended (`false`).
    pub record: Option<(StreamId, bool)>,
    /// Its recordings can be looked at.
    pub playback: bool,
}

impl Doable {
    /// `choice`: which of its streams the tile shows.
    #[must_use]
    pub fn with(paint: PaintContext<'_>, demand: &Demand, channel: ChannelId, choice: StreamChoice) -> Self {
        let state = paint.state;
        let device = state.registry.device(channel.device);
        if !device.is_some_and(|device| device.enabled) {
            return Self::default();
        }
        let statuses = demand.streams(channel, choice);
        let tiles: Vec<&TileState> = statuses
            .filter_map(|stream| state.streams.get(&stream).map(|status| &status.state))
            .collect();
        let record = recordable(state, demand, channel, choice).filter(|_| !paint.kiosk);
        let moves = tiles.iter().any(|tile| tile.moves());
        let panel = paint
            .troubles
            .iter()
            .find(|trouble| trouble.channels.contains(&channel));
        Self {
            // What the panel over the tile offers, the tile offers, too.
            retry: !moves && tiles.first().is_some_and(|tile| can_retry(tile))
                || panel.is_some_and(trouble::offers_retry),
            record,
            // Passers-by turn no camera away from what it guards.
            steer: !paint.kiosk && steer::can(state, channel),
            // A snapshot is of now, which a tile that plays back does not show.
            snapshot: !paint.kiosk && !state.playbacks.contains_key(&channel) && has_live_picture(state, channel),
            // What was recorded is not for passers-by.
            playback: !paint.kiosk,
            // What is heard can be turned off whatever has become of its pictures.
            sound: demand.listened() == Some(channel) || tiles.iter().any(|tile| tile.has_pictures()),
        }
    }
}

/// The stream of the channel that is recorded by hand now, to be ended, or else the one that has pictures.
fn recordable(
    state: &EngineState,
    demand: &Demand,
    channel: ChannelId,
    choice: StreamChoice,
) -> Option<(StreamId, bool)> {
    let by_hand = |stream: &StreamId| state.recordings.now.get(stream).is_some_and(|view| view.by_hand);
    let kinds = [StreamKind::Main, StreamKind::Sub];
    if let Some(stream) = kinds.map(|kind| StreamId { channel, kind }).into_iter().find(by_hand) {
        return Some((stream, false));
    }
    let has_pictures = |stream: &StreamId| {
        state
            .streams
            .get(stream)
            .is_some_and(|status| status.state.has_pictures())
    };
    demand
        .streams(channel, choice)
        .find(has_pictures)
        .map(|stream| (stream, true))
}

/// Whether a snapshot of the channel can be saved.
pub(super) fn has_live_picture(state: &EngineState, channel: ChannelId) -> bool {
    let live = |kind| {
        let status = state.streams.get(&StreamId { channel, kind });
        status.is_some_and(|status| status.state == TileState::Live)
    };
    live(StreamKind::Main) || live(StreamKind::Sub)
}

/// Whether a try at once may bring something: it failed, and not for a cause that would refuse it again.
fn can_retry(tile: &TileState) -> bool {
    match tile {
        TileState::Waiting {
            held_by: HeldBy::NoNetwork,
            ..
        } => false,
        tile => tile
            .failure()
            .is_some_and(|failure| state::help_for(failure.kind) == Some(Help::Retry)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reconnect::{Failure, FailureKind, Stage};

    #[test]
    fn only_what_failed_and_may_work_now_is_tried_again() {
        let failure = |kind| Failure {
            kind,
            stage: Stage::Connect,
            detail: String::new(),
        };
        let offline = |kind| TileState::Offline {
            failure: failure(kind),
            next_try: None,
        };
        let waiting = |held_by| TileState::Waiting {
            held_by,
            until: None,
            failure: Some(failure(FailureKind::Timeout)),
        };
        for (tile, expected) in [
            (TileState::Live, false),
            (TileState::Late, false),
            (
                TileState::Connecting {
                    stage: Stage::Connect,
                    since: None,
                },
                false,
            ),
            (offline(FailureKind::Timeout), true),
            (offline(FailureKind::CertificateChanged), false),
            (
                TileState::SignInFailed {
                    failure: failure(FailureKind::Auth),
                    next_try: None,
                },
                false,
            ),
            (
                TileState::Refused {
                    failure: failure(FailureKind::Policy),
                },
                false,
            ),
            (waiting(HeldBy::Site), true),
            (waiting(HeldBy::NoNetwork), false),
        ] {
            assert_eq!(can_retry(&tile), expected, "{tile:?}");
        }
    }
}
