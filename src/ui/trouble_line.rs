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

/// Shows the worst trouble and how many others there are; a click leads to the tiles of one. What is only late comes after all that
/// shows nothing.
pub(super) fn show(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    let mut all = paint.troubles.iter().chain(paint.late);
    let Some(worst) = all.next() else {
        return;
    };
    let others: Vec<&Trouble> = all.collect();
    let by = theme::enlarged(ui);
    let more = if others.is_empty() { 0.0 } else { 90.0 * by };
    let wide = ui.available_width();
    let room = (wide - more).min((wide - REST * by).max(320.0 * by));
    if room < 60.0 * by {
        return;
    }
    if entry(ui, paint, worst, room) {
        acts.push(lead(worst));
    }
    if others.is_empty() {
        return;
    }
    // As low as the line beside it.
    ui.spacing_mut().interact_size.y = HEIGHT * by;
    ui.spacing_mut().button_padding.y = 0.0;
    let label = fl!(paint.words, "trouble-more", count = others.len());
    ui.menu_button(label, |ui| {
        for trouble in others.into_iter().take(20) {
            if entry(ui, paint, trouble, 520.0) {
                acts.push(lead(trouble));
                ui.close();
            }
        }
    });
}

/// Whether there is anything to say at the foot of a window without a status bar. Not for what is only late: the line would come and go,
/// and the tiles with it.
#[must_use]
pub fn is_due(paint: PaintContext<'_>) -> bool {
    !paint.troubles.is_empty() || paint.state.events.unseen > 0 && !paint.kiosk
}

/// The line alone, at the foot of a window without a status bar.
pub fn show_at_foot(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    theme::enlarge(ui, paint.text.bars());
    ui.style_mut().override_font_id = Some(theme::small(ui));
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
    let by = theme::enlarged(ui);
    let [sign_size, chevron_size, gap] = [12.0, 9.0, 6.0].map(|size| size * by);
    let tokens = theme::tokens(ui);
    let said = trouble::line(paint.words, paint.state, trouble);
    let around = sign_size + chevron_size + 4.0 * gap;
    let galley = text::line(ui, &said, theme::small(ui), tokens.text, room - around);
    let size = vec2(galley.size().x + around, HEIGHT * by);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, said.as_str()));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, tokens.raised_hovered);
    }
    let (sign, color) = trouble_panel::sign(trouble, tokens);
    let middle = rect.center().y;
    let mark = Rect::from_center_size(
        pos2(rect.left() + gap + sign_size / 2.0, middle),
        Vec2::splat(sign_size),
    );
    icon::paint(ui.painter(), sign, mark, color);
    let words = rect.with_min_x(mark.right() + gap);
    let end = words.left() + galley.size().x;
    text::paint_left(ui, words, galley, tokens.text);
    let chevron = Rect::from_center_size(pos2(end + gap + chevron_size / 2.0, middle), Vec2::splat(chevron_size));
    icon::paint(ui.painter(), Icon::Closed, chevron, tokens.text_weak);
    response.on_hover_text(said).clicked()
}

/// The identity of the panel that holds the line at the foot of a window.
#[must_use]
pub fn foot_id() -> Id {
    Id::unique("line of the worst trouble")
}
