//! The message over the wall that says what the last change of it took away or added, and takes it back.

use egui::Ui;
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::banner;
use super::icon::{self, Icon};
use wall::Change;

pub fn show(ui: &mut Ui, paint: PaintContext<'_>, change: Change, acts: &mut Vec<Act>) {
    let words = paint.words;
    let said = match change {
        Change::AllCleared { pages } => fl!(words, "cleared-pages", count = pages),
        Change::PageCleared { channels } => fl!(words, "cleared-page", count = channels),
        Change::Replaced { channels } => fl!(words, "replaced-channels", count = channels),
        Change::NewPage { channels, page } => fl!(words, "channels-on-new-page", count = channels, page = page),
    };
    banner::card(ui, &said, None, banner::CLOSE + banner::UNDO, |ui| {
        if icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked() {
            acts.push(Act::ForgetChange);
        }
        if ui.button(fl!(words, "notice-undo")).clicked() {
            acts.push(Act::UndoChange);
        }
    });
}
