//! The folder for snapshots: typed, or chosen in the dialog of the system.

use std::path::{Path, PathBuf};

use egui::Ui;
use i18n_embed_fl::fl;

use super::env::Env;
use crate::ui::choosing::{Choice, Chooser, Question, Wanted};
use crate::ui::form::{FIELD_WIDTH, FormRow, text_field};

#[derive(Default)]
pub(super) struct SnapshotFolder {
    /// What is typed and not saved yet.
    typed: Option<String>,
    chooser: Chooser,
    choice: Choice,
}

impl SnapshotFolder {
    pub(super) fn new(chooser: &Chooser) -> Self {
        Self {
            chooser: chooser.clone(),
            ..Self::default()
        }
    }

    /// The folder is saved when its field is left or it was chosen. A text that is no absolute path stays in the field with its error.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, folder: &mut Option<PathBuf>) {
        let words = env.words;
        let labels = (
            fl!(words, "general-snapshot-folder"),
            fl!(words, "general-snapshot-folder-hint"),
        );
        self.show_as(ui, env, folder, labels);
    }

    /// The same for another folder, with its label and hint.
    pub(super) fn show_as(
        &mut self,
        ui: &mut Ui,
        env: &Env,
        folder: &mut Option<PathBuf>,
        (label, hint): (String, String),
    ) {
        const BUTTON: f32 = 120.0;
        let words = env.words;
        let is_wrong = |text: &str| !text.trim().is_empty() && !Path::new(text.trim()).is_absolute();
        let wrong = self.typed.as_deref().is_some_and(is_wrong);
        let saved = || folder.as_deref().map(|path| path.display().to_string());
        let mut text = self.typed.clone().or_else(saved).unwrap_or_default();
        let error = fl!(words, "general-snapshot-folder-relative");
        let row = FormRow::new(&label)
            .hint(Some(&hint))
            .error(wrong.then_some(error.as_str()));
        let mut chosen = None;
        let begin = folder.clone();
        let field = row.show(ui, |ui, name| {
            let field = text_field(ui, name, &mut text, FIELD_WIDTH.min(ui.available_width() - BUTTON), "");
            chosen = self
                .choice
                .show(ui, words, &self.chooser, &fl!(words, "choose"), || Question {
                    title: label.clone(),
                    wanted: Wanted::Folder,
                    folder: begin,
                });
            field
        });
        if chosen.is_some() {
            *folder = chosen;
            self.typed = None;
        } else if field.lost_focus() && !is_wrong(&text) {
            *folder = Some(text.trim()).filter(|text| !text.is_empty()).map(PathBuf::from);
            self.typed = None;
        } else if field.changed() {
            self.typed = Some(text);
        }
    }
}
