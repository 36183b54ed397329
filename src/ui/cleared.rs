//! The strip above an emptied wall that brings its pages back.

use egui::Ui;
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::{banner, theme};

/// The height of the strip in points.
pub const HEIGHT: f32 = banner::STRIP;

/// `pages`: how many were emptied.
pub fn show(ui: &mut Ui, paint: PaintContext<'_>, pages: usize, acts: &mut Vec<Act>) {
    let words = paint.words;
    let tokens = theme::tokens(ui);
    banner::strip(ui, tokens.notice, |ui| {
        icon::show(ui, Icon::Notice, 16.0, tokens.accent);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked() {
                acts.push(Act::ForgetCleared);
            }
            if ui.button(fl!(words, "notice-undo")).clicked() {
                acts.push(Act::UndoClearAll);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(fl!(words, "cleared-pages", count = pages)).truncate());
            });
        });
    });
}
