//! A short note over the lower edge of the wall that says for a few seconds what was done. It moves nothing and needs
//! no click.

use egui::{Align2, Area, Frame, Id, Order, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::icon::{self, Icon};
use super::theme;
use crate::bridge::{Notice, NoticeKind};

/// Whether a notice is shown as a note instead of a strip above the wall.
#[must_use]
pub(super) fn is_note(notice: &Notice) -> bool {
    matches!(notice.kind, NoticeKind::SnapshotSaved { .. })
}

/// Shows the newest note, if there is one.
pub fn show(ui: &Ui, paint: PaintContext<'_>) {
    let Some(NoticeKind::SnapshotSaved { path }) = paint
        .state
        .notices
        .iter()
        .rev()
        .find(|notice| is_note(notice))
        .map(|notice| &notice.kind)
    else {
        return;
    };
    let tokens = theme::tokens(ui);
    let width = (ui.max_rect().width() - 48.0).max(120.0);
    let foot = ui.ctx().content_rect().bottom() - ui.max_rect().bottom();
    let centre = ui.max_rect().center().x - ui.ctx().content_rect().center().x;
    Area::new(Id::unique("note"))
        .order(Order::Foreground)
        .interactable(false)
        .anchor(Align2::CENTER_BOTTOM, vec2(centre, -foot - 16.0))
        .show(ui.ctx(), |ui| {
            ui.set_max_width(width);
            Frame::new()
                .fill(tokens.raised)
                .stroke(egui::Stroke::new(1.0, tokens.line))
                .corner_radius(6)
                .inner_margin(egui::Margin::symmetric(12, 8))
                .show(ui, |ui| {
                    ui.horizontal(|ui| {
                        icon::show(ui, Icon::Notice, 16.0, tokens.accent);
                        let said = fl!(paint.words, "note-snapshot-saved", path = path.as_str());
                        let label = ui.add(egui::Label::new(said).truncate());
                        ui.ctx()
                            .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
                    });
                });
        });
}
