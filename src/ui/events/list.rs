//! The list of events, the newest first.

use egui::accesskit::Role;
use egui::{
    Color32, Context, Event as Input, Id, Key, Modal, Rangef, Rect, RichText, ScrollArea, Sense, Ui, Vec2, vec2,
};
use i18n_embed_fl::fl;

use super::says;
use crate::bridge::{Command, EngineHandle, ShownEvent};
use crate::ui::act::{Act, PaintContext, SettingsTab};
use crate::ui::form::weak_text;
use crate::ui::icon::{self, Icon};
use crate::ui::text;
use crate::ui::theme::{self, Tokens};
use crate::wording;
use device::ChannelId;
use events::{End, EventId, EventRecord, Subject};

#[derive(Default)]
pub struct EventsDialog {
    open: bool,
    /// The keys and clicks that opened it do not count.
    fresh: bool,
    /// What stood on screen in the last frame and was not seen.
    shown: Vec<EventId>,
    /// The row that the keyboard is at, counted from the newest.
    at: Option<usize>,
}

const WIDTH: f32 = 1_060.0;
const ROW: f32 = 26.0;
const HEAD: f32 = 22.0;
const SIGN: f32 = 12.0;
const GAP: f32 = 12.0;

impl EventsDialog {
    pub fn open(&mut self) {
        *self = Self {
            open: true,
            fresh: true,
            ..Self::default()
        };
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the list, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, acts: &mut Vec<Act>) {
        if !self.open {
            return;
        }
        if !std::mem::take(&mut self.fresh) && is_somebody_there(ctx) && !self.shown.is_empty() {
            engine.send(Command::SeeEvents(std::mem::take(&mut self.shown)));
        }
        self.shown.clear();
        let words = paint.words;
        let response = Modal::new(Id::unique("events"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "events-title"));
                ui.add_space(theme::SPACE / 2.0);
                let chosen = self.list(ui, paint);
                ui.add_space(theme::SPACE);
                let mut closes = false;
                ui.horizontal(|ui| {
                    let unseen = paint.state.events.unseen > 0;
                    let see_all = egui::Button::new(fl!(words, "events-see-all"));
                    if ui.add_enabled(unseen, see_all).clicked() {
                        let all = paint.state.events.list.iter();
                        let unseen = all.filter(|shown| !shown.event.seen).map(|shown| shown.event.id);
                        engine.send(Command::SeeEvents(unseen.collect()));
                    }
                    if ui.button(fl!(words, "events-alerts")).clicked() {
                        acts.push(Act::Settings(SettingsTab::Alerts));
                        closes = true;
                    }
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        closes |= ui.button(fl!(words, "dialog-close")).clicked();
                    });
                });
                if let Some(event) = chosen {
                    acts.push(lead(event));
                    closes = true;
                }
                closes
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }

    /// Paints head and rows; the event that was chosen.
    fn list<'a>(&mut self, ui: &mut Ui, paint: PaintContext<'a>) -> Option<&'a EventRecord> {
        let words = paint.words;
        let events = &paint.state.events.list;
        if events.is_empty() {
            let after = std::time::Duration::from_secs(paint.state.settings.alerts.after.into());
            weak_text(ui, &fl!(words, "events-none", after = words.duration(after)));
            return None;
        }
        self.walk(ui, events.len());
        let titles = [
            fl!(words, "events-since"),
            fl!(words, "events-until"),
            fl!(words, "events-lasted"),
            fl!(words, "events-where"),
            fl!(words, "events-what"),
        ];
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let tokens = theme::tokens(ui);
        for (column, title) in columns(head).into_iter().zip(&titles) {
            cell(ui, head, column, title, tokens.text_weak);
        }
        ui.painter()
            .hline(head.x_range(), head.bottom(), egui::Stroke::new(1.0, tokens.line));
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        let height = (ui.ctx().content_rect().height() - 230.0).clamp(100.0, ROW * 24.0);
        let mut area = ScrollArea::vertical()
            .id_salt("events")
            .max_height(height)
            .auto_shrink([false, true]);
        if let Some(at) = self.at.filter(|_| moves(ui).is_some()) {
            let top = at as f32 * ROW;
            area = area.vertical_scroll_offset((top - height / 2.0).max(0.0));
        }
        let mut chosen = None;
        area.show_rows(ui, ROW, events.len(), |ui, range| {
            for at in range {
                let Some(shown) = events.iter().rev().nth(at) else {
                    continue;
                };
                if row(ui, paint, shown, self.at == Some(at)) {
                    chosen = Some(&shown.event);
                }
                if !shown.event.seen {
                    self.shown.push(shown.event.id);
                }
            }
        });
        ui.spacing_mut().item_spacing.y = spacing;
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let at = self
            .at
            .filter(|_| entered && ui.memory(|memory| memory.focused().is_none()));
        chosen.or_else(|| events.iter().rev().nth(at?).map(|shown| &shown.event))
    }

    /// Arrows, page keys and the ends walk through the rows.
    fn walk(&mut self, ui: &Ui, rows: usize) {
        let Some(by) = moves(ui) else { return };
        let last = rows.saturating_sub(1);
        self.at = Some(match self.at {
            None => 0,
            Some(at) => at.saturating_add_signed(by).min(last),
        });
    }
}

/// By how many rows the keys move in this frame.
fn moves(ui: &Ui) -> Option<isize> {
    let keys = [
        (Key::ArrowDown, 1),
        (Key::ArrowUp, -1),
        (Key::PageDown, 10),
        (Key::PageUp, -10),
        (Key::End, isize::MAX),
        (Key::Home, isize::MIN),
    ];
    let mut pressed = keys
        .into_iter()
        .filter(|(key, _)| ui.input(|input| input.key_pressed(*key)));
    pressed.next().map(|(_, by)| by)
}

/// Whether a person pressed a key or clicked in this frame.
fn is_somebody_there(ctx: &Context) -> bool {
    ctx.input(|input| {
        input.events.iter().any(|event| {
            matches!(
                event,
                Input::Key {
                    pressed: true,
                    repeat: false,
                    ..
                } | Input::PointerButton { pressed: true, .. }
                    | Input::Touch {
                        phase: egui::TouchPhase::Start,
                        ..
                    }
            )
        })
    })
}

/// Leads to the tiles of the event, else to the device in the tree.
fn lead(event: &EventRecord) -> Act {
    let channels = match event.subject {
        Subject::Channel(channel) => vec![channel],
        Subject::Channels(device) => event
            .channels
            .iter()
            .map(|number| ChannelId {
                device,
                number: *number,
            })
            .collect(),
        _ => Vec::new(),
    };
    Act::LeadTo(channels, event.devices.iter().copied().collect())
}

/// Since, until, for how long, where, what. The sign of what was not seen stands before them.
fn columns(row: Rect) -> [Rangef; 5] {
    let inner = row.x_range().shrink(6.0);
    let left = inner.min + SIGN + GAP / 2.0;
    let room = (inner.max - left - 4.0 * GAP - 12.0).max(0.0);
    let mut x = left;
    [0.15, 0.24, 0.13, 0.27, 0.21].map(|share| {
        let column = Rangef::new(x, x + room * share);
        x = column.max + GAP;
        column
    })
}

fn cell(ui: &Ui, row: Rect, column: Rangef, said: &str, color: Color32) {
    let place = Rect::from_x_y_ranges(column, row.y_range());
    let galley = text::line(ui, said, egui::FontId::proportional(12.5), color, place.width());
    text::paint_left(ui, place, galley, color);
}

/// One event in one line; whether it was clicked.
fn row(ui: &mut Ui, paint: PaintContext<'_>, shown: &ShownEvent, is_at: bool) -> bool {
    let (words, state, event) = (paint.words, paint.state, &shown.event);
    let tokens = theme::tokens(ui);
    let what = wording::event::what(words, &event.what);
    let what = match event.count {
        1 => what,
        count => fl!(words, "events-times", what = what, count = count),
    };
    let texts = [
        says::time(shown.since, state.clock),
        says::until(words, shown, state.clock),
        says::lasted(words, event, &state.events),
        says::name(words, &state.registry, event),
        what,
    ];
    let seen = if event.seen {
        fl!(words, "events-seen")
    } else {
        fl!(words, "events-unseen")
    };
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    let [since, until, lasted, name, what] = &texts;
    let whole = fl!(
        words,
        "events-row",
        place = name.as_str(),
        what = what.as_str(),
        since = since.as_str(),
        until = until.as_str(),
        lasted = lasted.as_str(),
        seen = seen.as_str()
    );
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Row, true, whole.as_str()));
    if is_at || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3.0, tokens.raised_hovered);
    }
    let colors = colors(event, tokens);
    for ((column, said), color) in columns(rect).into_iter().zip(&texts).zip(colors) {
        cell(ui, rect, column, said, color);
    }
    if !event.seen {
        let at = Rect::from_center_size(
            rect.left_center() + vec2(6.0 + SIGN / 2.0, 0.0),
            Vec2::splat(SIGN - 2.0),
        );
        icon::paint(ui.painter(), Icon::Live, at, tokens.late);
    }
    let hover = RichText::new(whole);
    response.on_hover_text(hover).clicked()
}

fn colors(event: &EventRecord, tokens: &Tokens) -> [Color32; 5] {
    let plain = if event.seen { tokens.text_weak } else { tokens.text };
    let end = match event.end {
        End::Lasts => tokens.offline,
        End::At(_) => plain,
        End::Unknown(..) => tokens.late,
    };
    [plain, end, plain, plain, plain]
}
