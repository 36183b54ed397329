//! The message over an emptied wall that brings its pages back.

use egui::Ui;
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::banner;
use super::icon::{self, Icon};

/// `pages`: how many were emptied.
pub fn show(ui: &mut Ui, paint: PaintContext<'_>, pages: usize, acts: &mut Vec<Act>) {
    let words = paint.words;
    let said = fl!(words, "cleared-pages", count = pages);
    banner::card(ui, &said, None, banner::CLOSE + banner::UNDO, |ui| {
        if icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked() {
            acts.push(Act::ForgetCleared);
        }
        if ui.button(fl!(words, "notice-undo")).clicked() {
            acts.push(Act::UndoClearAll);
        }
    });
}
