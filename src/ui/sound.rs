//! The sound of one tile: its sign in the header, its entry in the menu, and why there is none.

use egui::containers::menu::{MenuConfig, SubMenuButton};
use egui::{Button, Color32, FontId, Id, PopupCloseBehavior, Rect, Sense, Slider, Ui, Vec2, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::theme::Tokens;
use super::{reason, text};
use crate::bridge::{SoundProblem, SoundState, TileState};
use crate::i18n::Words;
use device::{ChannelId, StreamId, StreamKind};
use settings::Volume;
use wall::{Demand, Tile};

/// The sound of the tile whose channel is heard.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    channel: ChannelId,
    state: SoundState,
    volume: Volume,
    /// Counts the tiles on screen from 1.
    number: usize,
}

/// Louder and softer.
pub(super) const VOLUME_KEYS: &str = "Ctrl+↑ Ctrl+↓";

/// The width of the loudspeaker, in points.
pub(super) const SIGN: f32 = 18.0;

/// The sound of this tile; `None` if its channel is not the one that is heard.
pub(super) fn heard(paint: PaintContext<'_>, demand: &Demand, tile: &Tile, number: usize) -> Option<Heard> {
    let channel = tile.channel.filter(|channel| demand.listened() == Some(*channel))?;
    let status = [StreamKind::Main, StreamKind::Sub]
        .into_iter()
        .filter_map(|kind| paint.state.streams.get(&StreamId { channel, kind }))
        .find(|status| status.sound != SoundState::Off);
    let state = match status {
        // The sound state is from before the pictures stopped; nothing is heard now.
        Some(status)
            if status.sound == SoundState::Playing
                && !matches!(
                    status.state,
                    TileState::Live
                        | TileState::WithoutKeyFrames
                        | TileState::AwaitingKeyFrame { .. }
                        | TileState::TooLarge { .. }
                ) =>
        {
            SoundState::Starting
        }
        Some(status) => status.sound.clone(),
        None => SoundState::Starting,
    };
    Some(Heard {
        channel,
        state,
        volume: paint.volume,
        number,
    })
}

impl Heard {
    /// A loudspeaker at the left of `header`, with the volume beside it unless it is full; a click on them turns the sound
    /// off. Returns where they end.
    pub(super) fn sign(
        &self,
        ui: &Ui,
        words: &Words,
        tokens: &Tokens,
        header: Rect,
        font: &FontId,
        acts: &mut Vec<Act>,
    ) -> f32 {
        let (icon, color, said) = self.look(words, tokens);
        let beside = self.beside(words, header.width());
        let word = beside.map(|beside| text::line(ui, &beside, font.clone(), color, header.width() * 0.4));
        let width = SIGN + word.as_ref().map_or(0.0, |word| word.size().x + 2.0);
        let place = header.with_max_x(header.left() + width);
        let sign = ui.interact(place, Id::unique(("sound of the tile", self.number)), Sense::CLICK);
        sign.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &said));
        let size = Vec2::splat(14.0_f32.min(place.height()));
        let icon_place = Rect::from_center_size(place.left_center() + vec2(SIGN / 2.0, 0.0), size);
        icon::paint(ui.painter(), icon, icon_place, color);
        if let Some(word) = word {
            text::paint_left(ui, place.with_min_x(place.left() + SIGN), word, color);
        }
        if sign.on_hover_text(said).clicked() {
            acts.push(Act::Listen(self.channel));
        }
        place.right()
    }

    fn look(&self, words: &Words, tokens: &Tokens) -> (Icon, Color32, String) {
        let percent = self.volume.percent();
        match self.state {
            SoundState::Playing if self.volume.is_muted() => (Icon::Muted, tokens.late, fl!(words, "sound-muted")),
            SoundState::Playing if self.volume == Volume::FULL => {
                (Icon::Sound, tokens.live, fl!(words, "sound-playing"))
            }
            SoundState::Playing => {
                let said = fl!(words, "sound-playing-at", percent = percent);
                (Icon::Sound, tokens.live, said)
            }
            SoundState::Starting | SoundState::Off => {
                (Icon::SoundStarting, tokens.connecting, fl!(words, "sound-starting"))
            }
            SoundState::Failed(_) => (Icon::NoSound, tokens.offline, fl!(words, "sound-failed")),
        }
    }

    /// The text beside the loudspeaker. That the sound is muted is said on the smallest tile too.
    fn beside(&self, words: &Words, room: f32) -> Option<String> {
        match self.state {
            SoundState::Playing if self.volume.is_muted() => Some(fl!(words, "sound-muted-short")),
            SoundState::Playing if self.volume < Volume::FULL && room > 260.0 => {
                Some(fl!(words, "percent", percent = self.volume.percent()))
            }
            _ => None,
        }
    }
}

/// The entries of a tile's menu: its sound on or off, and how loud it is while it is on.
pub(super) fn menu(ui: &mut Ui, paint: PaintContext<'_>, channel: ChannelId, on: bool, acts: &mut Vec<Act>) {
    let words = paint.words;
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
    if on {
        // A click on the volume does not close the menu, because the person listens while setting it.
        let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let said = fl!(words, "menu-volume", percent = paint.volume.percent());
        SubMenuButton::new(said)
            .config(stays)
            .ui(ui, |ui| slider(ui, paint, acts));
    }
}

fn slider(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    let words = paint.words;
    let name = ui.label(fl!(words, "volume"));
    let mut percent = paint.volume.percent();
    let slider = Slider::new(&mut percent, Volume::MUTED.percent()..=Volume::FULL.percent());
    let slider = ui.add(slider.suffix(" %")).labelled_by(name.id);
    if slider.changed() {
        acts.push(Act::Volume(Volume::of_percent(percent)));
    }
    ui.weak(VOLUME_KEYS);
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
        SoundProblem::NoOutput { reason } => {
            fl!(
                words,
                "notice-sound-no-output",
                reason = reason::in_words(words, reason)
            )
        }
        SoundProblem::Broken { reason } => {
            let reason = reason::in_words(words, reason);
            fl!(words, "notice-sound-broken", device = device, reason = reason)
        }
    }
}
