//! The devices that were found, one a line.

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::{Role, Toggled};
use egui::{Color32, Rangef, Rect, ScrollArea, Sense, Stroke, Ui, Vec2, vec2};
use i18n_embed_fl::fl;

use super::add::{RowSaid, RowTone};
use crate::bridge::{FoundRow, FoundState};
use crate::i18n::Words;
use crate::ui::act::PaintContext;
use crate::ui::form::weak_text;
use crate::ui::icon::{self, Icon};
use crate::ui::text;
use crate::ui::theme::{self, Tokens};
use device::Registry;
use discovery::FoundId;

const ROW: f32 = 26.0;
const HEAD: f32 = 22.0;
const MARK: f32 = 14.0;
const GAP: f32 = 12.0;

/// Whether a device that was found can be added.
pub(super) fn may_be_added(state: FoundState) -> bool {
    matches!(state, FoundState::New | FoundState::Elsewhere)
}

/// Paints head and rows; a click chooses a row or lets it go. `said`: what came of adding a device.
pub(super) fn show(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    chosen: &mut BTreeSet<FoundId>,
    said: &BTreeMap<FoundId, RowSaid>,
) {
    let (words, find) = (paint.words, &paint.state.find);
    let height = (ui.ctx().content_rect().height() - 430.0).clamp(90.0, ROW * 20.0);
    if find.rows.is_empty() {
        ui.allocate_ui(vec2(ui.available_width(), HEAD + height), |ui| {
            ui.set_min_height(HEAD + height);
            let said = match (find.progress.is_some(), find.asked_from.is_empty()) {
                (true, _) => String::new(),
                (false, false) => fl!(words, "find-nothing"),
                (false, true) => fl!(words, "find-not-yet"),
            };
            weak_text(ui, &said);
        });
        return;
    }
    let titles = [
        fl!(words, "find-maker"),
        fl!(words, "find-model"),
        fl!(words, "find-name"),
        fl!(words, "find-address"),
        fl!(words, "find-serial"),
        fl!(words, "find-state"),
    ];
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let tokens = theme::tokens(ui);
    for (column, title) in columns(head).into_iter().zip(&titles) {
        cell(ui, head, column, title, tokens.text_weak);
    }
    ui.painter()
        .hline(head.x_range(), head.bottom(), Stroke::new(1.0, tokens.line));
    let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
    ScrollArea::vertical()
        .id_salt("found")
        .max_height(height)
        .min_scrolled_height(height)
        .auto_shrink([false, false])
        .show_rows(ui, ROW, find.rows.len(), |ui, range| {
            for found in find.rows.get(range).into_iter().flatten() {
                let is_chosen = chosen.contains(&found.id);
                if row(ui, paint, found, is_chosen, said.get(&found.id)) && !chosen.remove(&found.id) {
                    chosen.insert(found.id);
                }
            }
        });
    ui.spacing_mut().item_spacing.y = spacing;
}

/// Maker, model, name, address, serial number, state. The mark of what is chosen stands before them.
fn columns(row: Rect) -> [Rangef; 6] {
    let inner = row.x_range().shrink(6.0);
    let left = inner.min + MARK + GAP / 2.0;
    let room = (inner.max - left - 5.0 * GAP - 12.0).max(0.0);
    let mut x = left;
    [0.12, 0.13, 0.16, 0.13, 0.13, 0.33].map(|share| {
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

/// One device in one line; whether it was clicked.
fn row(ui: &mut Ui, paint: PaintContext<'_>, found: &FoundRow, is_chosen: bool, said: Option<&RowSaid>) -> bool {
    let words = paint.words;
    let tokens = theme::tokens(ui);
    let state = said.map_or_else(
        || state(words, &paint.state.registry, found.state),
        |said| said.text.clone(),
    );
    let address = found.host.to_string();
    let shown = |text: &Option<String>| text.clone().unwrap_or_default();
    let (maker, model, name) = (shown(&found.maker), shown(&found.model), shown(&found.name));
    let whole = fl!(
        words,
        "find-row",
        address = address.as_str(),
        maker = maker.as_str(),
        model = model.as_str(),
        name = name.as_str(),
        state = state.as_str()
    );
    let texts = [maker, model, name, address, shown(&found.identity.serial), state];
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::CheckBox, true, is_chosen, whole.as_str()));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::CheckBox);
        node.set_toggled(if is_chosen { Toggled::True } else { Toggled::False });
    });
    if is_chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3.0, tokens.raised_hovered);
    }
    let mark = Rect::from_center_size(rect.left_center() + vec2(6.0 + MARK / 2.0, 0.0), Vec2::splat(MARK));
    if is_chosen {
        icon::paint(ui.painter(), Icon::Done, mark, tokens.accent);
    } else {
        let frame = Stroke::new(1.0, tokens.text_weak);
        ui.painter()
            .rect_stroke(mark.shrink(1.0), 2.0, frame, egui::StrokeKind::Inside);
    }
    let colors = colors(found.state, said.map(|said| said.tone), tokens);
    for (index, (column, said)) in columns(rect).into_iter().zip(&texts).enumerate() {
        let color = if index + 1 == texts.len() { colors.1 } else { colors.0 };
        cell(ui, rect, column, said, color);
    }
    let also: Vec<String> = found.also.iter().map(ToString::to_string).collect();
    let hover = match also.as_slice() {
        [] => whole,
        also => format!("{whole}\n{}", words.list(also)),
    };
    response.on_hover_text(hover).clicked()
}

fn state(words: &Words, registry: &Registry, state: FoundState) -> String {
    let name = |id| {
        let device = registry.device(id);
        device
            .map(|device| registry.label_of(device).into_owned())
            .unwrap_or_default()
    };
    match state {
        FoundState::New => fl!(words, "find-state-new"),
        FoundState::Registered(id) => fl!(words, "find-state-registered", name = name(id)),
        FoundState::Moved(id) => fl!(words, "find-state-moved", name = name(id)),
        FoundState::Elsewhere => fl!(words, "find-state-elsewhere"),
    }
}

/// Of the row, and of its state.
fn colors(state: FoundState, said: Option<RowTone>, tokens: &Tokens) -> (Color32, Color32) {
    match said {
        Some(RowTone::NotAdded) => return (tokens.text, tokens.offline),
        Some(RowTone::UnderWay) => return (tokens.text, tokens.text_weak),
        Some(RowTone::Added) => return (tokens.text, tokens.live),
        None => {}
    }
    match state {
        FoundState::New => (tokens.text, tokens.text),
        FoundState::Registered(_) => (tokens.text_weak, tokens.text_weak),
        FoundState::Moved(_) | FoundState::Elsewhere => (tokens.text, tokens.late),
    }
}
