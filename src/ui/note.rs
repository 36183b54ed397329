//! A short note among the notices that says for a few seconds what was done. It moves nothing and needs no click.

use std::path::Path;

use egui::{Align, Frame, Label, Layout, Ui, vec2};
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

/// The file of the newest note, if there is one.
fn newest(paint: PaintContext<'_>) -> Option<&Path> {
    let newest = paint.state.notices.iter().rev().find(|notice| is_note(notice))?;
    match &newest.kind {
        NoticeKind::SnapshotSaved { path } => Some(path),
        _ => None,
    }
}

#[must_use]
pub fn is_any(paint: PaintContext<'_>) -> bool {
    newest(paint).is_some()
}

/// Shows the newest note, if there is one.
pub fn show(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    let Some(path) = newest(paint) else { return };
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.raised)
        .stroke(egui::Stroke::new(1.0, tokens.line))
        .corner_radius(6)
        .inner_margin(egui::Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.horizontal(|ui| saved(ui, paint, path, acts));
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
    let said = fl!(words, "note-snapshot-saved", path = name);
    let rest = vec2(ui.available_width(), 24.0 * theme::enlarged(ui));
    ui.allocate_ui_with_layout(rest, Layout::right_to_left(Align::Center), |ui| {
        // A kiosk opens nothing beside itself.
        if !paint.kiosk && ui.button(fl!(words, "note-open-folder")).clicked() {
            acts.push(Act::Send(Command::OpenFolderOf(path.to_path_buf())));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let label = ui.add(Label::new(said).truncate()).on_hover_text(whole);
            ui.ctx()
                .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
        });
    });
}
