//! Help → Report a problem: what would be sent to whoever helps, each file of it to be looked at before it is saved.

mod said;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Align, Context, Id, Label, Layout, Modal, RichText, ScrollArea, TextEdit, TextStyle, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::choosing::{Choice, Chooser, Question, Wanted, folder_of, name_of};
use super::computer::{Painter, Report};
use super::form::{checkbox, error_text, weak_text};
use super::icon::{self, Icon};
use super::{diagnosis, profile, theme};
use crate::bridge::{Command, EngineHandle, ProfileFault, ProfileOutcome, ProfileRequest};
use crate::i18n::Words;
use problem_report::ReportFile;

/// The dialog and what is chosen in it.
pub struct ProblemReportDialog {
    open: bool,
    painter: Painter,
    path: String,
    chooser: Chooser,
    choice: Choice,
    pseudonyms: bool,
    last_asked: u64,
    waiting: bool,
    wants_files: bool,
    files: Option<Gathered>,
    said: Option<Said>,
}

/// The files as they would be saved.
struct Gathered {
    files: Arc<Vec<ReportFile>>,
    left_out: Vec<bool>,
    /// The one that is looked at, and where its lines begin.
    looked_at: usize,
    lines: Vec<usize>,
}

enum Said {
    Relative,
    Fault(ProfileFault),
    Saved(PathBuf),
}

/// The name that is proposed.
const FILE: &str = "monomi-report.zip";
const WIDTH: f32 = 1_060.0;
const LIST: f32 = 300.0;
/// The numbers of its requests begin where no other dialog's come.
const FIRST_REQUEST: u64 = 1 << 33;

impl ProblemReportDialog {
    /// `folder`: the folder that is proposed for files. `chooser`: the dialog of the system for them. `painter`: what paints the windows.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser, painter: Painter) -> Self {
        Self {
            open: false,
            painter,
            path: folder.join(FILE).display().to_string(),
            chooser: chooser.clone(),
            choice: Choice::default(),
            pseudonyms: false,
            last_asked: FIRST_REQUEST,
            waiting: false,
            wants_files: false,
            files: None,
            said: None,
        }
    }

    pub fn open(&mut self) {
        self.open = true;
        self.wants_files = true;
        self.files = None;
        self.said = None;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle) {
        if !self.open {
            return;
        }
        self.follow(paint);
        if std::mem::take(&mut self.wants_files) {
            let computer = Report::of(paint.words, paint.state, &self.painter).to_string();
            let mut said = vec![
                ReportFile::new("computer.txt", computer),
                ReportFile::new("state.txt", said::of(paint.state)),
            ];
            said.extend(traces(paint));
            let pseudonyms = self.pseudonyms;
            self.ask(engine, ProfileRequest::GatherReport { said, pseudonyms });
        }
        let words = paint.words;
        let response = Modal::new(Id::unique("problem report"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "report-title"));
                weak_text(ui, &fl!(words, "report-about"));
                if checkbox(ui, &mut self.pseudonyms, fl!(words, "report-pseudonyms")).changed() {
                    self.wants_files = true;
                    self.files = None;
                    self.said = None;
                }
                ui.add_space(theme::SPACE / 2.0);
                let height = (ctx.content_rect().height() - 330.0).max(120.0);
                match &mut self.files {
                    Some(files) => files.show(ui, words, height),
                    None => {
                        ui.set_min_height(height);
                        working(ui, words);
                    }
                }
                ui.add_space(theme::SPACE / 2.0);
                self.save(ui, words, engine);
                ui.add_space(theme::SPACE / 2.0);
                ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                    .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
            self.files = None;
        }
    }

    fn ask(&mut self, engine: &EngineHandle, request: ProfileRequest) {
        self.last_asked += 1;
        self.waiting = true;
        engine.send(Command::Profile {
            id: self.last_asked,
            request: Box::new(request),
        });
    }

    fn follow(&mut self, paint: PaintContext<'_>) {
        let answer = paint.state.profile.as_deref();
        let Some(answer) = answer.filter(|answer| self.waiting && answer.id == self.last_asked) else {
            return;
        };
        self.waiting = false;
        match &answer.outcome {
            Ok(ProfileOutcome::ReportGathered(files)) => self.files = Some(Gathered::of(Arc::clone(files))),
            Ok(_) => self.said = Some(Said::Saved(PathBuf::from(self.path.trim()))),
            Err(fault) => self.said = Some(Said::Fault(fault.clone())),
        }
    }

    fn save(&mut self, ui: &mut Ui, words: &Words, engine: &EngineHandle) {
        ui.horizontal(|ui| {
            let name = ui.label(fl!(words, "views-file"));
            let edit = TextEdit::singleline(&mut self.path)
                .margin(vec2(8.0, 5.0))
                .desired_width(520.0);
            if ui.add(edit).labelled_by(name.id).changed() {
                self.said = None;
            }
            let folder = folder_of(&self.path);
            let (name, ending) = (name_of(&self.path, FILE), "zip");
            let title = fl!(words, "report-title");
            let wanted = Wanted::Save { name, ending };
            let question = || Question { title, wanted, folder };
            if let Some(path) = self
                .choice
                .show(ui, words, &self.chooser, &fl!(words, "choose-save"), question)
            {
                self.path = path.display().to_string();
                self.said = None;
            }
        });
        let ready = self.files.as_ref().is_some_and(|files| files.left_out.contains(&false)) && !self.waiting;
        let clicked = ui
            .add_enabled_ui(ready, |ui| ui.button(fl!(words, "report-save")).clicked())
            .inner;
        if clicked && let Some(files) = self.files.as_ref().map(Gathered::chosen) {
            let path = PathBuf::from(self.path.trim());
            if path.is_absolute() {
                self.said = None;
                self.ask(engine, ProfileRequest::SaveReport { path, files });
            } else {
                self.said = Some(Said::Relative);
            }
        }
        match &self.said {
            _ if self.waiting && self.files.is_some() => working(ui, words),
            None => {}
            Some(Said::Relative) => drop(error_text(ui, &fl!(words, "views-file-relative"))),
            Some(Said::Fault(fault)) => drop(error_text(ui, &profile::problem(words, fault))),
            Some(Said::Saved(path)) => {
                let color = theme::tokens(ui).live;
                ui.horizontal(|ui| {
                    icon::show(ui, Icon::Done, 14.0, color);
                    ui.label(fl!(words, "report-saved"));
                    if ui.button(fl!(words, "note-open-folder")).clicked() {
                        engine.send(Command::OpenFolderOf(path.clone()));
                    }
                });
            }
        }
    }
}

impl Gathered {
    fn of(files: Arc<Vec<ReportFile>>) -> Self {
        let mut gathered = Self {
            left_out: vec![false; files.len()],
            files,
            looked_at: 0,
            lines: Vec::new(),
        };
        gathered.look_at(0);
        gathered
    }

    fn look_at(&mut self, index: usize) {
        self.looked_at = index;
        let text = self.files.get(index).map_or("", |file| file.text.as_str());
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        self.lines = std::iter::once(0).chain(ends).collect();
    }

    /// What is to be saved.
    fn chosen(&self) -> Arc<Vec<ReportFile>> {
        if !self.left_out.contains(&true) {
            return Arc::clone(&self.files);
        }
        let kept = self
            .files
            .iter()
            .zip(&self.left_out)
            .filter(|(_, left_out)| !**left_out);
        Arc::new(kept.map(|(file, _)| file.clone()).collect())
    }

    fn show(&mut self, ui: &mut Ui, words: &Words, height: f32) {
        let size = vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_size(size);
            ui.vertical(|ui| {
                ui.set_width(LIST);
                ScrollArea::vertical()
                    .id_salt("files of a report")
                    .max_height(height)
                    .show(ui, |ui| self.list(ui, words));
            });
            ui.separator();
            ui.vertical(|ui| self.text(ui, height));
        });
    }

    fn list(&mut self, ui: &mut Ui, words: &Words) {
        let mut chosen = None;
        for (index, file) in self.files.iter().enumerate() {
            ui.horizontal(|ui| {
                let mut sent = !self.left_out[index];
                let switch = ui.checkbox(&mut sent, "");
                let name = fl!(words, "report-include", file = file.name.as_str());
                ui.ctx().accesskit_node_builder(switch.id, |node| node.set_label(name));
                self.left_out[index] = !sent;
                if ui
                    .selectable_label(index == self.looked_at, file.name.as_str())
                    .clicked()
                {
                    chosen = Some(index);
                }
                let kib = file.text.len().div_ceil(1_024);
                weak_text(ui, &fl!(words, "report-size", kib = kib));
            });
        }
        if let Some(index) = chosen {
            self.look_at(index);
        }
    }

    /// The lines of the file that are in view.
    fn text(&self, ui: &mut Ui, height: f32) {
        let Some(file) = self.files.get(self.looked_at) else {
            return;
        };
        let tokens = theme::tokens(ui);
        let row = ui.text_style_height(&TextStyle::Monospace);
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::both()
            .id_salt(("text of a report", self.looked_at))
            .max_height(height)
            .auto_shrink(false)
            .show_rows(ui, row, self.lines.len(), |ui, range| {
                for line in range {
                    let start = self.lines.get(line).copied().unwrap_or_default();
                    let end = self.lines.get(line + 1).copied().unwrap_or(file.text.len());
                    let line = device::with_hidden_shown(file.text[start..end].trim_end_matches(['\n', '\r']));
                    let line = RichText::new(line).monospace().color(tokens.text);
                    ui.add(Label::new(line).extend());
                }
            });
    }
}

/// What was diagnosed last, the newest first.
fn traces(paint: PaintContext<'_>) -> Option<ReportFile> {
    let said = |shown: &Arc<_>| diagnosis::says::text(paint.words, shown, paint.state.now);
    let texts: Vec<String> = paint.state.traces.iter().rev().map(said).collect();
    (!texts.is_empty()).then(|| ReportFile::new("traces.txt", texts.join("\n\n")))
}

fn working(ui: &mut Ui, words: &Words) {
    let color = theme::tokens(ui).accent;
    ui.horizontal(|ui| {
        icon::show(ui, Icon::Waiting, 14.0, color);
        ui.label(fl!(words, "status-working"));
    });
}
