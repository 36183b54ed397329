//! A short note over the lower edge of the wall that says for a few seconds what was done. It moves nothing and needs
//! no click.

use std::path::Path;

use egui::{Align2, Area, Frame, Id, Order, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::theme;
use crate::bridge::{Command, Notice, NoticeKind};

/// Whether a notice is shown as a note instead of a strip above the wall.
#[must_use]
pub(super) fn is_note(notice: &Notice) -> bool {
    matches!(notice.kind, NoticeKind::SnapshotSaved { .. })
}

/// Shows the newest note, if there is one.
pub fn show(ui: &Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
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
        .anchor(Align2::CENTER_BOTTOM, vec2(centre, -foot - 16.0))
        .show(ui.ctx(), |ui| {
            ui.set_max_width(width);
            Frame::new()
                .fill(tokens.raised)
                .stroke(egui::Stroke::new(1.0, tokens.line))
                .corner_radius(6)
                .inner_margin(egui::Margin::symmetric(12, 8))
                .show(ui, |ui| {
                    ui.horizontal(|ui| saved(ui, paint, path, acts));
                });
        });
}

/// Where the snapshot is: its name, the whole path under the pointer, and a button that opens its folder.
fn saved(ui: &mut Ui, paint: PaintContext<'_>, path: &Path, acts: &mut Vec<Act>) {
    let words = paint.words;
    icon::show(ui, Icon::Snapshot, 16.0, theme::tokens(ui).accent);
    let whole = path.display().to_string();
    let name = path
        .file_name()
        .map_or_else(|| whole.clone(), |name| name.display().to_string());
    let said = egui::Label::new(fl!(words, "note-snapshot-saved", path = name)).truncate();
    let label = ui.add(said).on_hover_text(whole);
    ui.ctx()
        .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    // A kiosk opens nothing beside itself.
    if !paint.kiosk && ui.button(fl!(words, "note-open-folder")).clicked() {
        acts.push(Act::Send(Command::OpenFolderOf(path.to_path_buf())));
    }
}
