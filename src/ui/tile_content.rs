//! Where a tile is on screen, and what it shows.

use std::time::Instant;

use egui::Rect;

use super::act::PaintContext;
use super::single::Single;
use super::state::{self, Look};
use super::theme::Tokens;
use crate::bridge::StreamStatus;
use device::{ChannelId, Device, StreamId};
use reconnect::FailureKind;
use wall::Tile;

/// Where a tile is on screen.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    pub tile: &'a Tile,
    /// Counts the tiles on screen from 1.
    pub number: usize,
    pub rect: Rect,
    /// The panel that says for it what is wrong.
    pub spoken: Option<Spoken>,
    /// Another tile says the same: that pictures of its device are late, or what all wait for. This one says its age or its state alone.
    pub said_before: bool,
    /// It fills the page: the way back.
    pub single: Option<Single>,
    /// The page has more tiles.
    pub several: bool,
}

/// What a tile leaves to the panel of its recorder or site.
#[derive(Clone, Copy, Debug)]
pub struct Spoken {
    /// Where the panel lies.
    pub panel: Rect,
    /// Since when it shows nothing, if it never showed anything.
    pub since: Option<Instant>,
}

/// What a tile shows.
pub(super) enum Content<'a> {
    Empty,
    /// The device is switched off by the user.
    Disabled(&'a Device, ChannelId),
    /// The stream was asked for, but the engine does not report it yet.
    Asked(&'a Device, ChannelId),
    Stream {
        device: &'a Device,
        channel: ChannelId,
        status: &'a StreamStatus,
        picture: Option<StreamId>,
    },
}

impl<'a> Content<'a> {
    /// Whether the device waits for its new certificate to be trusted.
    pub(super) fn shows_new_certificate(&self) -> bool {
        let Content::Stream { status, .. } = self else {
            return false;
        };
        let asks = |kind| matches!(kind, FailureKind::CertificateChanged | FailureKind::CertificateUnsure);
        status.state.failure().is_some_and(|failure| asks(failure.kind))
    }

    pub(super) fn look(&self, paint: PaintContext<'_>, tokens: &Tokens) -> Option<Look> {
        match self {
            Content::Empty => None,
            Content::Disabled(..) => Some(state::disabled(paint.words, tokens)),
            Content::Asked(..) => Some(state::asked(paint.words, tokens)),
            Content::Stream { status, .. } => Some(state::look(paint.words, tokens, &status.state)),
        }
    }

    pub(super) fn channel(&self) -> Option<(&'a Device, ChannelId)> {
        match self {
            Content::Empty => None,
            Content::Disabled(device, channel)
            | Content::Asked(device, channel)
            | Content::Stream { device, channel, .. } => Some((device, *channel)),
        }
    }
}
