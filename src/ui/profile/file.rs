//! File → Export profile and Import profile: one file with devices, views, settings and passwords, sealed with a passphrase.

use std::path::{Path, PathBuf};

use egui::{Button, Context, Id, Modal, TextEdit, Ui, vec2};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::{Asking, done, names, problem, waiting};
use crate::bridge::{EngineHandle, ImportInfo, ProfileFault, ProfileOutcome, ProfileRequest};
use crate::i18n::Words;
use crate::ui::act::{PaintContext, ProfileFileTask};
use crate::ui::choosing::{Choice, Chooser, Question, Wanted, folder_of, name_of};
use crate::ui::form::{error_text, weak_text};
use crate::ui::theme;
use device::Password;

/// The dialog and what is typed in it.
pub struct ProfileFileDialog {
    task: Option<ProfileFileTask>,
    asking: Asking,
    path: String,
    chooser: Chooser,
    choice: Choice,
    passphrase: Zeroizing<String>,
    again: Zeroizing<String>,
    /// What the file would bring, as long as path and passphrase are the same.
    found: Option<ImportInfo>,
    with_settings: bool,
    said: Option<Said>,
}

/// The message beneath the fields.
enum Said {
    Relative,
    NoPassphrase,
    Differs,
    Fault(ProfileFault),
    /// With the devices whose passwords are not in it.
    Exported(Vec<String>, Vec<String>),
    /// With the devices whose passwords were not stored.
    Imported(Vec<String>),
}

/// The name that is proposed.
const FILE: &str = "monomi-profile.monomi";

const WIDTH: f32 = 560.0;

impl ProfileFileDialog {
    /// `folder`: the folder that the dialog proposes for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            task: None,
            asking: Asking::new(2),
            path: folder.join(FILE).display().to_string(),
            chooser: chooser.clone(),
            choice: Choice::default(),
            passphrase: Zeroizing::default(),
            again: Zeroizing::default(),
            found: None,
            with_settings: true,
            said: None,
        }
    }

    pub fn open(&mut self, task: ProfileFileTask) {
        self.close();
        self.task = Some(task);
        self.with_settings = true;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.task.is_some()
    }

    fn close(&mut self) {
        self.task = None;
        self.passphrase = Zeroizing::default();
        self.again = Zeroizing::default();
        self.found = None;
        self.said = None;
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle) {
        let Some(task) = self.task else { return };
        let words = paint.words;
        self.follow(paint);
        let response = Modal::new(Id::unique("profile-file"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                match task {
                    ProfileFileTask::Export => self.export(ui, words, engine),
                    ProfileFileTask::Import => self.import(ui, words, engine),
                }
                self.say(ui, words);
                ui.add_space(theme::SPACE);
                ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                    .inner
            });
        if response.inner || response.should_close() {
            self.close();
        }
    }

    fn follow(&mut self, paint: PaintContext<'_>) {
        let Some(answer) = self.asking.answer(paint.state) else {
            return;
        };
        match &answer.outcome {
            Ok(ProfileOutcome::Exported { without, missing }) => {
                self.said = Some(Said::Exported(without.clone(), missing.clone()));
            }
            Ok(ProfileOutcome::Looked(info)) => self.found = Some(info.clone()),
            Ok(ProfileOutcome::Imported { without, .. }) => {
                self.found = None;
                self.said = Some(Said::Imported(without.clone()));
            }
            Ok(
                ProfileOutcome::Copies(_)
                | ProfileOutcome::Restored { .. }
                | ProfileOutcome::CsvLooked(_)
                | ProfileOutcome::ReportGathered(_),
            ) => {}
            Err(fault) => self.said = Some(Said::Fault(fault.clone())),
        }
    }

    fn export(&mut self, ui: &mut Ui, words: &Words, engine: &EngineHandle) {
        ui.heading(fl!(words, "profile-export"));
        weak_text(ui, &fl!(words, "profile-export-about"));
        self.fields(ui, words, true);
        let button = Button::new(fl!(words, "profile-export-do"));
        if ui.add_enabled(!self.asking.waiting, button).clicked()
            && let Some((path, passphrase)) = self.typed()
        {
            if *self.passphrase == *self.again {
                self.asking.ask(engine, ProfileRequest::Export { path, passphrase });
            } else {
                self.said = Some(Said::Differs);
            }
        }
    }

    fn import(&mut self, ui: &mut Ui, words: &Words, engine: &EngineHandle) {
        ui.heading(fl!(words, "profile-import"));
        weak_text(ui, &fl!(words, "profile-import-about"));
        self.fields(ui, words, false);
        let Some(found) = &self.found else {
            let button = Button::new(fl!(words, "profile-look"));
            if ui.add_enabled(!self.asking.waiting, button).clicked()
                && let Some((path, passphrase)) = self.typed()
            {
                self.asking.ask(engine, ProfileRequest::Look { path, passphrase });
            }
            return;
        };
        show_found(ui, words, found);
        ui.checkbox(&mut self.with_settings, fl!(words, "profile-with-settings"));
        let button = Button::new(fl!(words, "profile-import-do"));
        if ui.add_enabled(!self.asking.waiting, button).clicked()
            && let Some((path, passphrase)) = self.typed()
        {
            let settings = self.with_settings;
            self.asking.ask(
                engine,
                ProfileRequest::Import {
                    path,
                    passphrase,
                    settings,
                },
            );
        }
    }

    fn fields(&mut self, ui: &mut Ui, words: &Words, twice: bool) {
        let mut changed = field(ui, &fl!(words, "views-file"), &mut self.path, false);
        changed |= self.choose(ui, words, twice);
        changed |= field(ui, &fl!(words, "profile-passphrase"), &mut self.passphrase, true);
        if twice {
            changed |= field(ui, &fl!(words, "profile-passphrase-again"), &mut self.again, true);
        }
        if changed {
            self.said = None;
            self.found = None;
        }
        ui.add_space(theme::SPACE / 2.0);
    }

    /// The path, from the dialog of the system; whether another one was chosen.
    fn choose(&mut self, ui: &mut Ui, words: &Words, saves: bool) -> bool {
        let (ending, folder) = ("monomi", folder_of(&self.path));
        let (text, title, wanted) = if saves {
            let name = name_of(&self.path, FILE);
            (
                fl!(words, "choose-save"),
                fl!(words, "profile-export"),
                Wanted::Save { name, ending },
            )
        } else {
            (
                fl!(words, "choose-open"),
                fl!(words, "profile-import"),
                Wanted::Open { ending },
            )
        };
        let question = || Question { title, wanted, folder };
        let chosen = self.choice.show(ui, words, &self.chooser, &text, question);
        let Some(path) = chosen else { return false };
        self.path = path.display().to_string();
        true
    }

    /// Path and passphrase; `None`, with a message, if one of them will not do.
    fn typed(&mut self) -> Option<(PathBuf, Password)> {
        let path = PathBuf::from(self.path.trim());
        self.said = if !path.is_absolute() {
            Some(Said::Relative)
        } else if self.passphrase.is_empty() {
            Some(Said::NoPassphrase)
        } else {
            None
        };
        self.said
            .is_none()
            .then(|| (path, Password::new(self.passphrase.as_str())))
    }

    fn say(&self, ui: &mut Ui, words: &Words) {
        let error = |ui: &mut Ui, text: String| drop(error_text(ui, &text));
        match &self.said {
            _ if self.asking.waiting => waiting(ui, words),
            None => {}
            Some(Said::Relative) => error(ui, fl!(words, "views-file-relative")),
            Some(Said::NoPassphrase) => error(ui, fl!(words, "profile-passphrase-empty")),
            Some(Said::Differs) => error(ui, fl!(words, "profile-passphrase-differs")),
            Some(Said::Fault(fault)) => error(ui, problem(words, fault)),
            Some(Said::Exported(without, missing)) => {
                done(ui, &fl!(words, "profile-exported"));
                if !without.is_empty() {
                    error(ui, fl!(words, "profile-without", names = words.list(without)));
                }
                if !missing.is_empty() {
                    error(ui, fl!(words, "profile-missing", parts = words.list(missing)));
                }
            }
            Some(Said::Imported(without)) => {
                done(ui, &fl!(words, "profile-imported"));
                if !without.is_empty() {
                    error(ui, fl!(words, "profile-not-stored", names = words.list(without)));
                }
            }
        }
    }
}

fn show_found(ui: &mut Ui, words: &Words, found: &ImportInfo) {
    names(ui, words, &found.new_devices, |names| {
        fl!(words, "profile-new-devices", names = names)
    });
    names(ui, words, &found.changed_devices, |names| {
        fl!(words, "profile-changed-devices", names = names)
    });
    names(ui, words, &found.new_views, |names| {
        fl!(words, "profile-new-views", names = names)
    });
    names(ui, words, &found.changed_views, |names| {
        fl!(words, "profile-changed-views", names = names)
    });
    weak_text(ui, &fl!(words, "profile-passwords", count = found.passwords));
}

fn field(ui: &mut Ui, label: &str, text: &mut String, secret: bool) -> bool {
    let name = ui.label(label);
    let edit = TextEdit::singleline(text)
        .password(secret)
        .margin(vec2(8.0, 5.0))
        .desired_width(ui.available_width() - 20.0);
    ui.add(edit).labelled_by(name.id).changed()
}
