//! One event in one line of the list.

use egui::accesskit::Role;
use egui::{Color32, Rangef, Rect, RichText, Sense, Ui, UiBuilder, Vec2, vec2};
use i18n_embed_fl::fl;

use super::{recording, says};
use crate::bridge::ShownEvent;
use crate::i18n::Words;
use crate::ui::act::PaintContext;
use crate::ui::icon::{self, Icon};
use crate::ui::text;
use crate::ui::theme::{self, Tokens};
use crate::wording;
use events::{End, EventRecord, Severity, Subject};

pub(super) const ROW: f32 = 26.0;
const HEAD: f32 = 22.0;
const SIGN: f32 = 12.0;
const GAP: f32 = 10.0;
const MENU: f32 = 26.0;

/// What a person does with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowAct {
    /// Show its cameras.
    Lead,
    /// Play what the recorder has of it.
    Playback,
    Acknowledge,
    /// Show what was recorded on this computer.
    Recording,
    /// List what is a part of it.
    Details,
    OnlyDevice,
    OnlyCategory,
}

/// Whether somebody ought to have seen it, and nobody has.
pub(super) fn is_unseen(event: &EventRecord) -> bool {
    !event.seen && event.severity() == Severity::Alarm
}

pub(super) fn head(ui: &mut Ui, words: &Words) {
    let titles = [
        fl!(words, "events-since"),
        fl!(words, "events-until"),
        fl!(words, "events-lasted"),
        fl!(words, "events-category"),
        fl!(words, "events-where"),
        fl!(words, "events-what"),
        fl!(words, "events-more"),
    ];
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let tokens = theme::tokens(ui);
    for (column, title) in columns(head).into_iter().zip(&titles) {
        cell(ui, head, column, title, tokens.text_weak);
    }
    ui.painter()
        .hline(head.x_range(), head.bottom(), egui::Stroke::new(1.0, tokens.line));
}

/// Paints one event; what a person does with it.
pub(super) fn row(ui: &mut Ui, paint: PaintContext<'_>, shown: &ShownEvent, is_at: bool) -> Option<RowAct> {
    let (words, event) = (paint.words, &shown.event);
    let tokens = theme::tokens(ui);
    let texts = texts(paint, shown);
    let whole = whole(words, event, &texts);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Row, true, whole.as_str()));
    if is_at || response.hovered() || response.has_focus() || response.context_menu_opened() {
        ui.painter().rect_filled(rect, 3.0, tokens.raised_hovered);
    }
    let colors = colors(event, tokens);
    for ((column, said), color) in columns(rect).into_iter().zip(&texts).zip(colors) {
        cell(ui, rect, column, said, color);
    }
    let sign = match (is_unseen(event), event.acknowledged.is_some()) {
        (true, _) => Some((Icon::Live, tokens.late, SIGN - 2.0)),
        (false, true) => Some((Icon::Done, tokens.text_weak, SIGN)),
        (false, false) => None,
    };
    if let Some((icon, color, size)) = sign {
        let at = Rect::from_center_size(rect.left_center() + vec2(6.0 + SIGN / 2.0, 0.0), Vec2::splat(size));
        icon::paint(ui.painter(), icon, at, color);
    }
    let mut act = None;
    let place = Rect::from_x_y_ranges(
        Rangef::new(rect.right() - MENU - 4.0, rect.right() - 4.0),
        rect.y_range(),
    );
    // A child takes no room of its own: it stands on the row.
    let mut corner = ui.new_child(UiBuilder::new().max_rect(place));
    let more = corner.put(place, egui::Button::new("…").frame(false));
    ui.ctx()
        .accesskit_node_builder(more.id, |node| node.set_label(fl!(words, "events-row-menu")));
    egui::Popup::menu(&more).show(|ui| act = menu(ui, words, event));
    response.context_menu(|ui| act = menu(ui, words, event).or(act));
    let clicked = response.on_hover_text(RichText::new(whole)).clicked();
    act.or(clicked.then_some(RowAct::Lead))
}

fn menu(ui: &mut Ui, words: &Words, event: &EventRecord) -> Option<RowAct> {
    let entries = [
        (
            RowAct::Lead,
            fl!(words, "events-show-cameras"),
            !event.devices.is_empty(),
        ),
        (
            RowAct::Recording,
            fl!(words, "events-recording"),
            matches!(event.subject, Subject::Channel(_)),
        ),
        (
            RowAct::Playback,
            fl!(words, "events-playback"),
            recording::channel(event).is_some(),
        ),
        (RowAct::Acknowledge, fl!(words, "events-acknowledge"), true),
        (RowAct::Details, fl!(words, "events-details"), event.parent.is_none()),
        (
            RowAct::OnlyDevice,
            fl!(words, "events-only-device"),
            event.subject.device().is_some(),
        ),
        (RowAct::OnlyCategory, fl!(words, "events-only-category"), true),
    ];
    let mut chosen = None;
    for (act, label, may) in entries {
        if ui.add_enabled(may, egui::Button::new(label)).clicked() {
            chosen = Some(act);
            ui.close();
        }
    }
    chosen
}

/// Since, until, for how long, category, where, what, and what else is known.
fn texts(paint: PaintContext<'_>, shown: &ShownEvent) -> [String; 7] {
    let (words, state, event) = (paint.words, paint.state, &shown.event);
    let what = wording::event::what(words, &event.what);
    let what = match event.count {
        1 => what,
        count => fl!(words, "events-times", what = what, count = count),
    };
    let is_moment = event.is_moment();
    let spoken = |text: String| if is_moment { String::new() } else { text };
    let who = event.who.as_ref().map(ToString::to_string);
    let detail = Some(event.detail.to_string()).filter(|detail| !detail.is_empty());
    let more: Vec<String> = who.into_iter().chain(detail).collect();
    [
        says::time(shown.since, state.clock),
        spoken(says::until(words, shown, state.clock)),
        spoken(says::lasted(words, event, &state.events)),
        wording::event::category(words, event.category()),
        says::name(words, &state.registry, event),
        what,
        words.list(&more),
    ]
}

/// All that is known of it, in one text.
fn whole(words: &Words, event: &EventRecord, texts: &[String; 7]) -> String {
    let [since, until, lasted, _, name, what, more] = texts;
    let said = if event.is_moment() {
        fl!(
            words,
            "events-moment-row",
            place = name.as_str(),
            what = what.as_str(),
            since = since.as_str()
        )
    } else {
        let seen = if event.seen {
            fl!(words, "events-seen")
        } else {
            fl!(words, "events-unseen")
        };
        fl!(
            words,
            "events-row",
            place = name.as_str(),
            what = what.as_str(),
            since = since.as_str(),
            until = until.as_str(),
            lasted = lasted.as_str(),
            seen = seen.as_str()
        )
    };
    let noted = event.acknowledged.as_ref().map(|noted| {
        let (who, note) = (noted.who.as_str(), noted.note.as_str());
        if note.is_empty() {
            fl!(words, "events-acknowledged", who = who)
        } else {
            fl!(words, "events-acknowledged-note", who = who, note = note)
        }
    });
    let more = Some(more.clone()).filter(|more| !more.is_empty());
    let advice = wording::event::advice(words, &event.what);
    let all: Vec<String> = [Some(said), more, advice, noted].into_iter().flatten().collect();
    words.list(&all)
}

fn columns(row: Rect) -> [Rangef; 7] {
    let inner = row.x_range().shrink(6.0);
    let left = inner.min + SIGN + GAP / 2.0;
    let room = (inner.max - left - 7.0 * GAP - MENU).max(0.0);
    let mut x = left;
    [0.12, 0.18, 0.10, 0.13, 0.19, 0.14, 0.14].map(|share| {
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

fn colors(event: &EventRecord, tokens: &Tokens) -> [Color32; 7] {
    let plain = if is_unseen(event) {
        tokens.text
    } else {
        tokens.text_weak
    };
    let end = match event.end {
        End::Lasts => tokens.offline,
        End::At(_) => plain,
        End::Unknown(..) => tokens.late,
    };
    let what = match event.severity() {
        Severity::Warning => tokens.late,
        Severity::Alarm | Severity::Info => plain,
    };
    [plain, end, plain, tokens.text_weak, plain, what, tokens.text_weak]
}
