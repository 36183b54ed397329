//! Recorded pictures in a tile: the bar of the day with what is known of it, play and pause, speed, the time of the picture, a jump to a typed
//! time, and what is to be said. What a hand does becomes a command; nothing is asked from here.
//!
//! Belongs here: what is painted over the lower edge of a tile that plays back. Does not belong here: where a playback is (`archive`).

mod bar;
mod says;

use egui::{Align, Color32, Id, Key, Layout, Rect, Response, RichText, TextEdit, Ui, UiBuilder, vec2};
use i18n_embed_fl::fl;

use self::bar::Bar;
use super::act::{Act, PaintContext};
use super::icon::Icon;
use super::state::Look;
use super::theme::{self, DARK, Tokens};
use crate::bridge::{Command, EngineState, PlaybackStatus, PlaybackWish};
use archive::{DayBar, SignedDuration, Stretch, Timestamp};
use device::{ChannelId, StreamId, StreamKind};

/// How a tile looks that plays back: never like a live one.
pub(super) fn look(paint: PaintContext<'_>, tokens: &Tokens, status: &PlaybackStatus, width: f32) -> Look {
    Look {
        icon: Icon::Play,
        color: tokens.connecting,
        label: says::label(paint, status, width < NARROW),
    }
}

/// A tile of less width has its most needed buttons and a short time.
const NARROW: f32 = 430.0;

/// One row of buttons, the bar, and a row of words, in points.
const ROW: f32 = 24.0;
const BAR: f32 = 30.0;
const EDGE: f32 = 6.0;

/// What plays back in one tile.
pub(super) struct PlaybackPanel<'a> {
    pub paint: PaintContext<'a>,
    pub status: &'a PlaybackStatus,
    pub channel: ChannelId,
    /// Counts the tiles on screen from 1.
    pub number: usize,
    /// The tile without its caption.
    pub body: Rect,
}

/// What a person has made of the bar, and types.
#[derive(Clone, Debug)]
struct Handled {
    bar: DayBar,
    /// What the recorder was asked for.
    looked: Option<Stretch>,
    typed: String,
    /// What was typed is no time.
    wrong: bool,
}

/// Whether the recordings of this channel are looked at.
pub(super) fn of(state: &EngineState, channel: ChannelId) -> Option<&PlaybackStatus> {
    state.playbacks.get(&channel).map(|status| &**status)
}

/// What the pictures of a playback are kept under: no live stream of any channel, so that none stands in for the other.
#[must_use]
pub fn pictures_of(channel: ChannelId) -> StreamId {
    let channel = ChannelId {
        number: channel.number | 0x8000,
        ..channel
    };
    let kind = StreamKind::Main;
    StreamId { channel, kind }
}

impl PlaybackPanel<'_> {
    pub(super) fn show(&self, ui: &mut Ui, acts: &mut Vec<Act>) {
        let Some(panel) = place(self.body) else { return };
        ui.painter().rect_filled(panel, 0.0, Color32::from_black_alpha(215));
        // What is pressed here is no press on the tile.
        let id = Id::unique(("playback of the tile", self.number));
        ui.interact(panel, id, egui::Sense::click_and_drag());
        let mut handled = self.handled(ui, id);
        let inner = panel.shrink2(vec2(EDGE, 2.0));
        let (row, rest) = inner.split_top_bottom_at_y(inner.top() + ROW);
        let (bar, words) = rest.split_top_bottom_at_y(rest.top() + BAR);
        self.buttons(ui, row, &mut handled, acts);
        let shown = Bar {
            paint: self.paint,
            status: self.status,
            number: self.number,
            rect: bar,
        };
        if let Some(at) = shown.show(ui, &mut handled.bar) {
            self.send(acts, PlaybackWish::Seek(at));
        }
        says::show(ui, self.paint, self.status, words, self.number);
        if handled.looked != Some(handled.bar.visible()) {
            handled.looked = Some(handled.bar.visible());
            self.send(acts, PlaybackWish::Look(handled.bar.visible()));
        }
        ui.data_mut(|data| data.insert_temp(id, handled));
    }

    fn handled(&self, ui: &Ui, id: Id) -> Handled {
        let before: Option<Handled> = ui.data(|data| data.get_temp(id));
        let mark = self.status.mark;
        let zone = self.status.zone.clone();
        let kept = before.filter(|before| *before.bar.zone() == zone);
        let mut handled = kept.unwrap_or_else(|| Handled {
            bar: DayBar::of_day(mark, zone),
            looked: None,
            typed: String::new(),
            wrong: false,
        });
        // Where the mark leaves the bar, the bar goes with it, unless a person looks elsewhere.
        let followed = Id::unique(("mark of the tile", self.number));
        let last: Timestamp = ui.data(|data| data.get_temp(followed)).unwrap_or(mark);
        ui.data_mut(|data| data.insert_temp(followed, mark));
        if handled.bar.visible().contains(last) {
            handled.bar.follow(mark);
        }
        handled
    }

    fn buttons(&self, ui: &mut Ui, row: Rect, handled: &mut Handled, acts: &mut Vec<Act>) {
        let (words, status) = (self.paint.words, self.status);
        let builder = UiBuilder::new()
            .id_salt(("playback buttons", self.number))
            .max_rect(row)
            .layout(Layout::left_to_right(Align::Center));
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().button_padding = vec2(5.0, 1.0);
            let narrow = row.width() < NARROW;
            if button(ui, fl!(words, "playback-live"), "B") {
                self.send(acts, PlaybackWish::Close);
            }
            let (name, paused) = match status.paused {
                true => (fl!(words, "playback-play"), false),
                false => (fl!(words, "playback-pause"), true),
            };
            if button(ui, name, &fl!(words, "key-space")) {
                self.send(acts, PlaybackWish::Pause(paused));
            }
            if !narrow && button(ui, fl!(words, "playback-step"), ".") {
                self.send(acts, PlaybackWish::Step);
            }
            if !narrow {
                if button(ui, fl!(words, "playback-slower"), "J") {
                    self.send(acts, PlaybackWish::Speed(status.speed.slower()));
                }
                ui.label(
                    RichText::new(status.speed.to_string())
                        .color(DARK.text)
                        .font(theme::small(ui)),
                );
                if button(ui, fl!(words, "playback-faster"), "L") {
                    self.send(acts, PlaybackWish::Speed(status.speed.faster()));
                }
                if button(ui, fl!(words, "playback-reverse"), "K") {
                    self.send(acts, PlaybackWish::Speed(status.speed.reversed()));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let said = match narrow {
                    true => says::short_time(self.paint, status),
                    false => says::time(words, status),
                };
                ui.label(RichText::new(said).color(DARK.text).monospace());
                if row.width() > 600.0 {
                    if button(ui, fl!(words, "playback-day-after"), "") {
                        handled.bar.pan(SignedDuration::from_hours(24));
                        handled.bar = DayBar::of_day(handled.bar.at(0.5), status.zone.clone());
                    }
                    if button(ui, fl!(words, "playback-day-before"), "") {
                        handled.bar.pan(SignedDuration::from_hours(-24));
                        handled.bar = DayBar::of_day(handled.bar.at(0.5), status.zone.clone());
                    }
                    self.jump(ui, handled, acts);
                }
            });
        });
    }

    /// The field for a time: its hour on the day that the bar shows, or a date with it.
    fn jump(&self, ui: &mut Ui, handled: &mut Handled, acts: &mut Vec<Act>) {
        let words = self.paint.words;
        let name = fl!(words, "playback-jump");
        let color = if handled.wrong { DARK.offline } else { DARK.text };
        let field = TextEdit::singleline(&mut handled.typed)
            .id(Id::unique(("time to play, of the tile", self.number)))
            .desired_width(130.0)
            .hint_text(fl!(words, "playback-jump-hint"))
            .text_color(color)
            .font(theme::small(ui));
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &name));
        if response.changed() {
            handled.wrong = false;
        }
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            let day = handled.bar.at(0.5);
            match archive::read_typed_time(&handled.typed, day, &self.status.zone) {
                Some(at) => {
                    handled.typed.clear();
                    handled.bar.follow(at);
                    self.send(acts, PlaybackWish::Seek(at));
                }
                None => handled.wrong = !handled.typed.trim().is_empty(),
            }
        }
        let said = match handled.wrong {
            true => fl!(words, "playback-jump-wrong"),
            false => name,
        };
        if handled.wrong {
            response.show_tooltip_text(said);
        } else {
            response.on_hover_text(said);
        }
    }

    fn send(&self, acts: &mut Vec<Act>, wish: PlaybackWish) {
        acts.push(Act::Send(Command::Playback(self.channel, wish)));
    }
}

/// Where it lies in the body of a tile; one that is too small keeps to the keys.
pub(super) fn place(body: Rect) -> Option<Rect> {
    let height = ROW + BAR + 20.0;
    let fits = body.height() > height + 20.0 && body.width() > 150.0;
    fits.then(|| body.with_min_y(body.bottom() - height))
}

fn button(ui: &mut Ui, name: String, key: &str) -> bool {
    let text = RichText::new(&name).font(theme::small(ui)).color(DARK.text);
    let response: Response = ui.add(egui::Button::new(text).fill(DARK.raised));
    let said = match key {
        "" => name,
        key => format!("{name} ({key})"),
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &said));
    let clicked = response.clicked();
    response.on_hover_text(said);
    clicked
}
