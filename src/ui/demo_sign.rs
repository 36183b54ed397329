//! The sign over the wall of a demo, so that nobody takes its pictures for a real place.

use egui::{Align2, Area, Frame, Id, Label, Margin, Order, Rect, RichText, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::theme;

/// Shows the sign at the upper edge of the wall.
pub fn show(ui: &Ui, paint: PaintContext<'_>, wall: Rect) {
    let tokens = theme::tokens(ui);
    let screen = ui.ctx().content_rect();
    let offset = vec2(wall.center().x - screen.center().x, wall.top() - screen.top() + 34.0);
    Area::new(Id::unique(("demo", ui.ctx().viewport_id())))
        .order(Order::Middle)
        .interactable(false)
        .anchor(Align2::CENTER_TOP, offset)
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(tokens.accent)
                .corner_radius(6)
                .inner_margin(Margin::symmetric(12, 4))
                .show(ui, |ui| {
                    let said = RichText::new(fl!(paint.words, "demo-sign"));
                    ui.add(Label::new(said.size(13.0).strong().color(tokens.on_accent)).extend());
                });
        });
}
