//! The sound of one tile: its sign in the header, its entry in the menu, and why there is none.

use egui::{Button, Id, Rect, Sense, Ui, Vec2};
use i18n_embed_fl::fl;

use super::act::{Act, Scene};
use super::icon::{self, Icon};
use super::theme::Tokens;
use crate::bridge::{SoundProblem, SoundState, TileState};
use crate::device::{ChannelId, StreamId, StreamKind};
use crate::i18n::Words;
use crate::wall::{Demand, Tile};

/// The channel that is listened to, on its tile.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    channel: ChannelId,
    state: SoundState,
    /// Counts the tiles on screen from 1.
    number: usize,
}

/// The width of the sign, in points.
pub(super) const SIGN: f32 = 18.0;

/// What is heard of this tile; `None`: nobody listens to it.
pub(super) fn heard(scene: Scene<'_>, demand: &Demand, tile: &Tile, number: usize) -> Option<Heard> {
    let channel = tile.channel.filter(|channel| demand.listened() == Some(*channel))?;
    let status = [StreamKind::Main, StreamKind::Sub]
        .into_iter()
        .filter_map(|kind| scene.snapshot.streams.get(&StreamId { channel, kind }))
        .find(|status| status.sound != SoundState::Off);
    let state = match status {
        // What was heard before the pictures stopped is not heard now.
        Some(status) if status.sound == SoundState::Playing && status.state != TileState::Live => SoundState::Starting,
        Some(status) => status.sound.clone(),
        None => SoundState::Starting,
    };
    Some(Heard { channel, state, number })
}

impl Heard {
    /// A loudspeaker that a click silences.
    pub(super) fn sign(&self, ui: &Ui, words: &Words, tokens: &Tokens, place: Rect, acts: &mut Vec<Act>) {
        let (icon, color, said) = match self.state {
            SoundState::Playing => (Icon::Sound, tokens.live, fl!(words, "sound-playing")),
            SoundState::Starting | SoundState::Off => {
                (Icon::SoundStarting, tokens.connecting, fl!(words, "sound-starting"))
            }
            SoundState::Failed(_) => (Icon::NoSound, tokens.offline, fl!(words, "sound-failed")),
        };
        let sign = ui.interact(place, Id::unique(("sound of the tile", self.number)), Sense::CLICK);
        sign.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &said));
        let size = Vec2::splat(14.0_f32.min(place.height()));
        icon::paint(ui.painter(), icon, Rect::from_center_size(place.center(), size), color);
        if sign.on_hover_text(said).clicked() {
            acts.push(Act::Listen(self.channel));
        }
    }
}

/// The entry of a tile's menu.
pub(super) fn menu(ui: &mut Ui, words: &Words, channel: ChannelId, on: bool, acts: &mut Vec<Act>) {
    let name = if on {
        fl!(words, "menu-sound-off")
    } else {
        fl!(words, "menu-sound-on")
    };
    let response = ui.add(Button::new(&name).shortcut_text("M"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, true, &name));
    if response.clicked() {
        acts.push(Act::Listen(channel));
    }
}

/// Why there is no sound of `device`, and what can be done.
pub(super) fn sentence(words: &Words, device: &str, problem: &SoundProblem) -> String {
    match problem {
        SoundProblem::NoSound => fl!(words, "notice-sound-none", device = device),
        SoundProblem::Unplayable { codec } => {
            fl!(
                words,
                "notice-sound-unplayable",
                device = device,
                codec = codec.as_str()
            )
        }
        SoundProblem::Refused => fl!(words, "notice-sound-refused", device = device),
        SoundProblem::NoDevice => fl!(words, "notice-sound-no-device"),
        SoundProblem::NoPlugin { packages } => fl!(words, "notice-sound-no-plugin", packages = packages.as_str()),
        SoundProblem::NoOutput { reason } => fl!(words, "notice-sound-no-output", reason = reason.as_str()),
        SoundProblem::Broken { reason } => {
            fl!(words, "notice-sound-broken", device = device, reason = reason.as_str())
        }
    }
}
