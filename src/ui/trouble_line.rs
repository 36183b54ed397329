//! The worst trouble in one line: in the status bar, and at the foot of a window that has none.

use egui::{Align, Id, Layout, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::trouble::{self, Trouble};
use super::{events, text, theme, trouble_panel};

/// The height of the line at the foot of a window without a status bar, in points.
pub const FOOT: f32 = 24.0;

/// The height of the line itself.
const HEIGHT: f32 = 18.0;

/// Room for what follows it in the status bar, in points.
const REST: f32 = 210.0;

/// Shows the worst trouble and how many others there are; a click leads to the tiles of one.
pub(super) fn show(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    let Some((worst, others)) = paint.troubles.split_first() else {
        return;
    };
    let more = if others.is_empty() { 0.0 } else { 90.0 };
    let wide = ui.available_width();
    let room = (wide - more).min((wide - REST).max(320.0));
    if room < 60.0 {
        return;
    }
    if entry(ui, paint, worst, room) {
        acts.push(lead(worst));
    }
    if others.is_empty() {
        return;
    }
    // As low as the line beside it.
    ui.spacing_mut().interact_size.y = HEIGHT;
    ui.spacing_mut().button_padding.y = 0.0;
    let label = fl!(paint.words, "trouble-more", count = others.len());
    ui.menu_button(label, |ui| {
        for trouble in others.iter().take(20) {
            if entry(ui, paint, trouble, 520.0) {
                acts.push(lead(trouble));
                ui.close();
            }
        }
    });
}

/// Whether there is anything to say at the foot of a window without a status bar.
#[must_use]
pub fn is_due(paint: PaintContext<'_>) -> bool {
    !paint.troubles.is_empty() || paint.state.events.unseen > 0 && !paint.kiosk
}

/// The line alone, at the foot of a window without a status bar.
pub fn show_at_foot(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    ui.style_mut().override_font_id = Some(theme::small());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        events::badge(ui, paint, acts);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| show(ui, paint, acts));
    });
}

fn lead(trouble: &Trouble) -> Act {
    Act::LeadTo(trouble.channels.iter().copied().collect(), trouble.devices.clone())
}

/// One trouble as a button in one line of at most `room` points; whether it was clicked.
fn entry(ui: &mut Ui, paint: PaintContext<'_>, trouble: &Trouble, room: f32) -> bool {
    const SIGN: f32 = 12.0;
    const CHEVRON: f32 = 9.0;
    const GAP: f32 = 6.0;
    let tokens = theme::tokens(ui);
    let said = trouble::line(paint.words, paint.state, trouble);
    let around = SIGN + CHEVRON + 4.0 * GAP;
    let galley = text::line(ui, &said, theme::small(), tokens.text, room - around);
    let size = vec2(galley.size().x + around, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, said.as_str()));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, tokens.raised_hovered);
    }
    let (sign, color) = trouble_panel::sign(trouble, tokens);
    let middle = rect.center().y;
    let mark = Rect::from_center_size(pos2(rect.left() + GAP + SIGN / 2.0, middle), Vec2::splat(SIGN));
    icon::paint(ui.painter(), sign, mark, color);
    let words = rect.with_min_x(mark.right() + GAP);
    let end = words.left() + galley.size().x;
    text::paint_left(ui, words, galley, tokens.text);
    let chevron = Rect::from_center_size(pos2(end + GAP + CHEVRON / 2.0, middle), Vec2::splat(CHEVRON));
    icon::paint(ui.painter(), Icon::Closed, chevron, tokens.text_weak);
    response.on_hover_text(said).clicked()
}

/// The identity of the panel that holds the line at the foot of a window.
#[must_use]
pub fn foot_id() -> Id {
    Id::unique("line of the worst trouble")
}
