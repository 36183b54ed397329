//! File → Export devices and Import devices: the registry as a table for spreadsheets. An import shows what it would do before anything is
//! saved, and shows it anew where the registry changes meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, TextEdit, Ui, UiBuilder, Vec2, vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use super::{csv_preview, csv_words, modal};
use crate::bridge::{Command, ProfileFault, ProfileOutcome, ProfileRequest, SiteEdit};
use crate::i18n::Language;
use crate::ui::choosing::{Choice, Chooser, Question, Wanted, folder_of, name_of};
use crate::ui::form::{error_text, primary_button, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::{CsvTask, theme};
use csv_preview::Shown;
use device::Registry;
use registry_csv::{CsvHeader, CsvOutcome, CsvPlan};

/// The dialog and what is typed in it.
pub struct CsvDialog {
    task: Option<CsvTask>,
    path: String,
    chooser: Chooser,
    choice: Choice,
    /// The site of new devices of which a table does not say one; `None`: nothing was typed yet.
    site: Option<String>,
    last_asked: u64,
    waiting: bool,
    found: Option<Found>,
    said: Option<Said>,
}

/// What a table would do, and to which registry.
struct Found {
    plan: Arc<CsvPlan>,
    registry: Arc<Registry>,
    shown: Shown,
}

/// The message beneath the fields.
enum Said {
    Relative,
    Fault(ProfileFault),
    /// With what is not in it.
    Exported(Vec<String>),
}

/// The name that is proposed, and its ending.
const FILE: &str = "monomi-devices.csv";
const ENDING: &str = "csv";
const FOOTER: f32 = 44.0;
/// The numbers of its requests begin where no other dialog's come.
const FIRST_REQUEST: u64 = 1 << 32;

impl CsvDialog {
    /// `folder`: the folder that the dialog proposes for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            task: None,
            path: folder.join(FILE).display().to_string(),
            chooser: chooser.clone(),
            choice: Choice::default(),
            site: None,
            last_asked: FIRST_REQUEST,
            waiting: false,
            found: None,
            said: None,
        }
    }

    pub fn open(&mut self, task: CsvTask) {
        self.close();
        self.task = Some(task);
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.task.is_some()
    }

    fn close(&mut self) {
        self.task = None;
        self.waiting = false;
        self.found = None;
        self.said = None;
    }

    /// Paints the dialog, if it is open.
    pub(super) fn show(&mut self, ctx: &Context, env: &Env) {
        let Some(task) = self.task else { return };
        self.follow(env);
        let title = match task {
            CsvTask::Export => fl!(env.words, "csv-export"),
            CsvTask::Import => fl!(env.words, "csv-import"),
        };
        let mut done = false;
        let closed = modal::show(ctx, "csv", &title, env.words, |ui| match task {
            CsvTask::Export => self.export(ui, env),
            CsvTask::Import => done = self.import(ui, env),
        });
        if closed || done {
            self.close();
            ctx.request_repaint();
        }
    }

    fn ask(&mut self, env: &Env, request: ProfileRequest) {
        self.last_asked += 1;
        self.waiting = true;
        env.engine.send(Command::Profile {
            id: self.last_asked,
            request: Box::new(request),
        });
    }

    fn follow(&mut self, env: &Env) {
        let answer = env.state.profile.as_deref();
        if let Some(answer) = answer.filter(|answer| self.waiting && answer.id == self.last_asked) {
            self.waiting = false;
            match &answer.outcome {
                Ok(ProfileOutcome::CsvLooked(plan)) => {
                    let shown = self.found.take().map_or_else(|| Shown::of(plan), |found| found.shown);
                    self.found = Some(Found {
                        plan: Arc::clone(plan),
                        registry: Arc::clone(&env.state.registry),
                        shown,
                    });
                }
                Ok(ProfileOutcome::Exported { missing, .. }) => self.said = Some(Said::Exported(missing.clone())),
                Ok(_) => {}
                Err(fault) => {
                    self.found = None;
                    self.said = Some(Said::Fault(fault.clone()));
                }
            }
        }
        // What is shown is what will be saved: somebody may have changed the devices since.
        let is_old = |found: &Found| !Arc::ptr_eq(&found.registry, &env.state.registry);
        if !self.waiting && self.found.as_ref().is_some_and(is_old) {
            self.look(env);
        }
    }

    fn look(&mut self, env: &Env) {
        let Some(path) = self.typed() else { return };
        let site = self.site(env);
        self.ask(env, ProfileRequest::LookCsv { path, site });
    }

    fn site(&self, env: &Env) -> String {
        let typed = self.site.as_deref().map(str::trim).filter(|site| !site.is_empty());
        typed.map_or_else(|| fl!(env.words, "editor-site-default"), str::to_owned)
    }

    fn export(&mut self, ui: &mut Ui, env: &Env) {
        let words = env.words;
        weak_text(ui, &fl!(words, "csv-export-about"));
        ui.add_space(theme::SPACE / 2.0);
        self.file(ui, env, true);
        ui.add_space(theme::SPACE / 2.0);
        let asked = ui.add_enabled_ui(!self.waiting, |ui| {
            primary_button(ui, &fl!(words, "profile-export-do")).clicked()
        });
        if asked.inner
            && let Some(path) = self.typed()
        {
            let header = match words.language() {
                Language::Ja => CsvHeader::Japanese,
                Language::En => CsvHeader::English,
            };
            self.ask(env, ProfileRequest::ExportCsv { path, header });
        }
        self.say(ui, env);
    }

    /// Returns whether the import was ordered.
    fn import(&mut self, ui: &mut Ui, env: &Env) -> bool {
        let words = env.words;
        weak_text(ui, &fl!(words, "csv-import-about"));
        ui.add_space(theme::SPACE / 2.0);
        let mut changed = self.file(ui, env, false);
        let mut site = self.site.clone().unwrap_or_else(|| self.site(env));
        ui.horizontal(|ui| {
            let name = ui.label(fl!(words, "csv-site"));
            let edit = TextEdit::singleline(&mut site)
                .margin(vec2(8.0, 5.0))
                .desired_width(240.0);
            if ui.add(edit).labelled_by(name.id).changed() {
                self.site = Some(site.clone());
                changed = true;
            }
        });
        if changed {
            self.found = None;
            self.said = None;
        }
        ui.add_space(theme::SPACE / 2.0);
        if self.found.is_none() {
            let button = |ui: &mut Ui| primary_button(ui, &fl!(words, "profile-look")).clicked();
            if ui.add_enabled_ui(!self.waiting, button).inner {
                self.look(env);
            }
            self.say(ui, env);
            return false;
        }
        self.preview(ui, env)
    }

    fn preview(&mut self, ui: &mut Ui, env: &Env) -> bool {
        let Some(found) = &mut self.found else { return false };
        let all = ui.available_rect_before_wrap();
        let split = all.bottom() - FOOTER;
        let body = egui::Rect::from_min_max(all.min, egui::pos2(all.right(), split));
        let footer = egui::Rect::from_min_max(egui::pos2(all.left(), split), all.max);
        let mut body = ui.new_child(UiBuilder::new().max_rect(body));
        csv_preview::show(&mut body, env, &found.plan, &mut found.shown);
        let mut footer = ui.new_child(UiBuilder::new().max_rect(footer));
        footer.add_space(8.0);
        let plan = Arc::clone(&found.plan);
        let (waiting, words) = (self.waiting, env.words);
        footer
            .horizontal(|ui| {
                let takes = |outcome: &CsvOutcome| matches!(outcome, CsvOutcome::New(_) | CsvOutcome::Changed(..));
                let bad = plan.count(|outcome| matches!(outcome, CsvOutcome::Bad(_)));
                let count = plan.count(takes);
                let button = |ui: &mut Ui| primary_button(ui, &fl!(words, "csv-import-do", count = count)).clicked();
                let clicked = ui.add_enabled_ui(count > 0 && !waiting, button).inner;
                if waiting {
                    working(ui, env);
                } else if bad > 0 {
                    weak_text(ui, &fl!(words, "csv-left-out", count = bad));
                }
                if clicked {
                    env.engine.send(Command::SaveDevices(plan.edits()));
                    for (before, after) in plan.sites.iter().cloned() {
                        let edit = SiteEdit { before, after };
                        env.engine.send(Command::EditSite(Box::new(edit)));
                    }
                }
                clicked
            })
            .inner
    }

    /// The path, typed or from the dialog of the system; whether it is another one.
    fn file(&mut self, ui: &mut Ui, env: &Env, saves: bool) -> bool {
        let words = env.words;
        let name = ui.label(fl!(words, "views-file"));
        let edit = TextEdit::singleline(&mut self.path)
            .margin(vec2(8.0, 5.0))
            .desired_width(ui.available_width().min(620.0) - 20.0);
        let mut changed = ui.add(edit).labelled_by(name.id).changed();
        let folder = folder_of(&self.path);
        let (text, title, wanted) = if saves {
            let name = name_of(&self.path, FILE);
            let wanted = Wanted::Save { name, ending: ENDING };
            (fl!(words, "choose-save"), fl!(words, "csv-export"), wanted)
        } else {
            let wanted = Wanted::Open { ending: ENDING };
            (fl!(words, "choose-open"), fl!(words, "csv-import"), wanted)
        };
        let question = || Question { title, wanted, folder };
        if let Some(path) = self.choice.show(ui, words, &self.chooser, &text, question) {
            self.path = path.display().to_string();
            changed = true;
        }
        if changed {
            self.said = None;
        }
        changed
    }

    /// The path; `None`, with a message, if it will not do.
    fn typed(&mut self) -> Option<PathBuf> {
        let path = PathBuf::from(self.path.trim());
        if path.is_absolute() {
            self.said = None;
            return Some(path);
        }
        self.said = Some(Said::Relative);
        None
    }

    fn say(&self, ui: &mut Ui, env: &Env) {
        let words = env.words;
        ui.add_space(theme::SPACE / 2.0);
        match &self.said {
            _ if self.waiting => working(ui, env),
            None => {}
            Some(Said::Relative) => drop(error_text(ui, &fl!(words, "views-file-relative"))),
            Some(Said::Fault(fault)) => drop(error_text(ui, &csv_words::fault(words, fault))),
            Some(Said::Exported(missing)) => {
                let color = theme::tokens(ui).live;
                ui.horizontal(|ui| {
                    icon::show(ui, Icon::Done, 14.0, color);
                    ui.label(fl!(words, "profile-exported"));
                });
                if !missing.is_empty() {
                    error_text(ui, &fl!(words, "profile-missing", parts = words.list(missing)));
                }
            }
        }
    }
}

fn working(ui: &mut Ui, env: &Env) {
    let color = theme::tokens(ui).accent;
    let size = Vec2::new(200.0, 20.0);
    ui.allocate_ui(size, |ui| {
        ui.horizontal(|ui| {
            icon::show(ui, Icon::Waiting, 14.0, color);
            ui.label(fl!(env.words, "status-working"));
        });
    });
}
