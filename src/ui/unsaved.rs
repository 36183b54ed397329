//! The question that a dialog asks before it closes with unsaved changes.

use egui::{Align, Label, Layout, RichText, Ui};
use i18n_embed_fl::fl;

use super::form::{plain_button, primary_button};
use super::icon::{self, Icon};
use super::theme;
use crate::i18n::Words;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnsavedAnswer {
    Save,
    Discard,
    KeepEditing,
}

/// Paints the question and its three buttons in place of the dialog's own. `ui` is laid out from right to left.
/// `complete`: the draft has no errors, so that it can be saved.
pub fn ask(ui: &mut Ui, words: &Words, complete: bool) -> Option<UnsavedAnswer> {
    let save = ui.add_enabled_ui(complete, |ui| primary_button(ui, &fl!(words, "editor-save")));
    let discard = plain_button(ui, &fl!(words, "editor-discard"));
    let keep = plain_button(ui, &fl!(words, "editor-keep-editing"));
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        icon::show(ui, Icon::Outage, 16.0, theme::tokens(ui).late);
        ui.add(Label::new(RichText::new(fl!(words, "editor-unsaved")).strong()).truncate());
    });
    match () {
        () if save.inner.clicked() => Some(UnsavedAnswer::Save),
        () if discard.clicked() => Some(UnsavedAnswer::Discard),
        () if keep.clicked() => Some(UnsavedAnswer::KeepEditing),
        () => None,
    }
}
