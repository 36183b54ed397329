//! What a dialog asks before it closes with changes that are not saved.

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

/// The question with its three answers, instead of a dialog's own buttons. `ui` runs from right to left; `complete`: it could
/// be saved as it is.
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
