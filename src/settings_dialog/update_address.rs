//! Who is asked for a newer version: an address of the web, or nobody.

use egui::Ui;
use i18n_embed_fl::fl;

use super::env::Env;
use crate::ui::form::{FIELD_WIDTH, FormRow, text_field};
use settings::WebAddress;

#[derive(Default)]
pub(super) struct UpdateAddress {
    /// What is typed and not saved yet.
    typed: Option<String>,
}

impl UpdateAddress {
    /// The address is saved when its field is left. A text that is none stays in the field with its error.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, address: &mut Option<WebAddress>) {
        let words = env.words;
        let saved = || address.as_ref().map(WebAddress::to_string);
        let mut text = self.typed.clone().or_else(saved).unwrap_or_default();
        let is_wrong = |text: &str| !text.trim().is_empty() && text.parse::<WebAddress>().is_err();
        let (label, hint) = (
            fl!(words, "general-update-address"),
            fl!(words, "general-update-address-hint"),
        );
        let error = fl!(words, "general-update-address-wrong");
        let row = FormRow::new(&label)
            .hint(Some(&hint))
            .error(is_wrong(&text).then_some(error.as_str()));
        let field = row.show(ui, |ui, name| {
            text_field(ui, name, &mut text, FIELD_WIDTH.min(ui.available_width()), "")
        });
        if field.lost_focus() && !is_wrong(&text) {
            *address = text.parse().ok();
            self.typed = None;
        } else if field.changed() {
            self.typed = Some(text);
        }
    }
}
