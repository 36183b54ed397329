//! Writing views to a file and reading them from one.

use std::path::{Path, PathBuf};

use egui::{Button, Ui};
use i18n_embed_fl::fl;

use crate::bridge::{Command, EngineHandle, EngineState, TransferFault, Transferred};
use crate::i18n::Words;
use crate::ui::choosing::{Choice, Chooser, Question, Wanted, folder_of, name_of};
use crate::ui::form::{error_text, labelled_text_field, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::{reason, theme};
use wall::{View, Views};

/// The name that is proposed.
const FILE: &str = "monomi-views.toml";

pub(super) struct ViewFiles {
    path: String,
    chooser: Chooser,
    opening: Choice,
    saving: Choice,
    /// The number of the last export or import; `waiting` says whether its answer is still to come.
    asked: u64,
    waiting: bool,
    said: Option<Said>,
}

/// The message beneath the field.
enum Said {
    Relative,
    Fault(TransferFault),
    Exported,
    Imported(usize, Vec<String>),
}

impl ViewFiles {
    pub(super) fn new(folder: &Path, chooser: &Chooser) -> Self {
        let path = folder.join(FILE);
        Self {
            path: path.display().to_string(),
            chooser: chooser.clone(),
            opening: Choice::default(),
            saving: Choice::default(),
            asked: 0,
            waiting: false,
            said: None,
        }
    }

    pub(super) fn begin(&mut self) {
        self.said = None;
    }

    /// Takes the engine's answer and adds the views that were read.
    pub(super) fn follow(&mut self, state: &EngineState, views: &mut Views) {
        let Some(transfer) = state.transfer.as_ref().filter(|_| self.waiting) else {
            return;
        };
        if transfer.id != self.asked {
            return;
        }
        self.waiting = false;
        self.said = Some(match &transfer.outcome {
            Ok(Transferred::Exported) => Said::Exported,
            Ok(Transferred::Imported { views: list, missing }) => {
                for view in list {
                    views.add(view.clone());
                }
                Said::Imported(list.len(), missing.clone())
            }
            Err(fault) => Said::Fault(fault.clone()),
        });
    }

    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        words: &Words,
        engine: &EngineHandle,
        views: &Views,
        chosen: Option<&str>,
    ) {
        let field = labelled_text_field(
            ui,
            &fl!(words, "views-file"),
            &mut self.path,
            ui.available_width() - 16.0,
        );
        if field.changed() {
            self.said = None;
        }
        ui.horizontal(|ui| self.choose(ui, words));
        match &self.said {
            None if self.waiting => waiting(ui, words),
            None => {
                weak_text(ui, &fl!(words, "views-file-hint"));
            }
            Some(said) => say(ui, words, said),
        }
        ui.horizontal_wrapped(|ui| {
            let some = !views.list().is_empty();
            if ui
                .add_enabled(some, Button::new(fl!(words, "views-export-all")))
                .clicked()
            {
                self.export(engine, views.list().to_vec());
            }
            let chosen = chosen.and_then(|chosen| views.find(chosen));
            let one = ui.add_enabled(chosen.is_some(), Button::new(fl!(words, "views-export-one")));
            if let Some(chosen) = chosen.filter(|_| one.clicked()) {
                self.export(engine, vec![chosen.clone()]);
            }
            if ui.button(fl!(words, "views-import")).clicked()
                && let Some((id, path)) = self.ask()
            {
                engine.send(Command::ImportViews { id, path });
            }
        });
    }

    /// A file to import, or a name to export to, from the dialog of the system.
    fn choose(&mut self, ui: &mut Ui, words: &Words) {
        let question = |wanted| Question {
            title: fl!(words, "views-files"),
            wanted,
            folder: folder_of(&self.path),
        };
        let ending = "toml";
        let open = || question(Wanted::Open { ending });
        let opened = self
            .opening
            .show(ui, words, &self.chooser, &fl!(words, "choose-open"), open);
        let name = name_of(&self.path, FILE);
        let save = || question(Wanted::Save { name, ending });
        let saved = self
            .saving
            .show(ui, words, &self.chooser, &fl!(words, "choose-save"), save);
        if let Some(path) = opened.or(saved) {
            self.path = path.display().to_string();
            self.said = None;
        }
    }

    fn export(&mut self, engine: &EngineHandle, views: Vec<View>) {
        if let Some((id, path)) = self.ask() {
            engine.send(Command::ExportViews { id, path, views });
        }
    }

    /// A new number and the typed path; `None`, with a message, if the path is not absolute.
    fn ask(&mut self) -> Option<(u64, PathBuf)> {
        let path = PathBuf::from(self.path.trim());
        if !path.is_absolute() {
            self.said = Some(Said::Relative);
            return None;
        }
        self.asked += 1;
        self.waiting = true;
        self.said = None;
        Some((self.asked, path))
    }
}

fn say(ui: &mut Ui, words: &Words, said: &Said) {
    match said {
        Said::Relative => {
            error_text(ui, &fl!(words, "views-file-relative"));
        }
        Said::Fault(fault) => {
            error_text(ui, &problem(words, fault));
        }
        Said::Exported => done(ui, &fl!(words, "views-exported")),
        Said::Imported(count, missing) => {
            done(ui, &fl!(words, "views-imported", count = (*count)));
            if !missing.is_empty() {
                let devices = words.list(missing);
                error_text(ui, &fl!(words, "views-imported-missing", devices = devices));
            }
        }
    }
}

fn waiting(ui: &mut Ui, words: &Words) {
    let color = theme::tokens(ui).accent;
    ui.horizontal(|ui| {
        icon::show(ui, Icon::Waiting, 14.0, color);
        ui.label(fl!(words, "status-working"));
    });
}

fn done(ui: &mut Ui, text: &str) {
    let color = theme::tokens(ui).live;
    ui.horizontal(|ui| {
        icon::show(ui, Icon::Done, 14.0, color);
        ui.label(text);
    });
}

fn problem(words: &Words, fault: &TransferFault) -> String {
    match fault {
        TransferFault::NotFound => fl!(words, "views-file-not-found"),
        TransferFault::Exists => fl!(words, "views-file-exists"),
        TransferFault::Denied => fl!(words, "views-file-denied"),
        TransferFault::NoViews => fl!(words, "views-file-empty"),
        TransferFault::Broken { reason } => fl!(words, "views-file-broken", reason = reason::in_words(words, reason)),
        TransferFault::Other { reason } => fl!(words, "views-file-other", reason = reason::in_words(words, reason)),
    }
}
