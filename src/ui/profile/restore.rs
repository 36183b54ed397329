//! File → Restore: the dated copies of devices and views, what each would change, and bringing one back.

use egui::{Button, Context, Id, Modal, ScrollArea, Ui};
use i18n_embed_fl::fl;

use super::{Asking, done, names, problem, waiting};
use crate::bridge::{CopyInfo, EngineHandle, ProfileFault, ProfileOutcome, ProfileRequest};
use crate::i18n::Words;
use crate::ui::act::PaintContext;
use crate::ui::form::{error_text, section, weak_text};
use crate::ui::theme;

/// The dialog, and the copies as they were listed last.
pub struct RestoreDialog {
    open: bool,
    asking: Asking,
    /// The list is to be asked for.
    wants_list: bool,
    copies: Vec<CopyInfo>,
    chosen: Option<String>,
    said: Option<Result<Vec<String>, ProfileFault>>,
}

const WIDTH: f32 = 620.0;

impl Default for RestoreDialog {
    fn default() -> Self {
        Self {
            open: false,
            asking: Asking::new(1),
            wants_list: false,
            copies: Vec::new(),
            chosen: None,
            said: None,
        }
    }
}

impl RestoreDialog {
    pub fn open(&mut self) {
        self.open = true;
        self.wants_list = true;
        self.chosen = None;
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
        let words = paint.words;
        self.follow(paint);
        if std::mem::take(&mut self.wants_list) {
            self.asking.ask(engine, ProfileRequest::Copies);
        }
        let response = Modal::new(Id::unique("restore"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "restore"));
                weak_text(ui, &fl!(words, "restore-about"));
                section(ui, &fl!(words, "restore-copies"), |ui| self.list(ui, words));
                self.chosen(ui, words, engine);
                match &self.said {
                    // The list that is read again after a restore needs no word.
                    Some(Ok(without)) => {
                        done(ui, &fl!(words, "restore-done"));
                        if !without.is_empty() {
                            error_text(ui, &fl!(words, "restore-without", names = words.list(without)));
                        }
                    }
                    _ if self.asking.waiting => waiting(ui, words),
                    Some(Err(fault)) => {
                        error_text(ui, &problem(words, fault));
                    }
                    None => {}
                }
                ui.add_space(theme::SPACE);
                ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                    .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }

    fn follow(&mut self, paint: PaintContext<'_>) {
        let Some(answer) = self.asking.answer(paint.state) else {
            return;
        };
        match &answer.outcome {
            Ok(ProfileOutcome::Copies(copies)) => {
                self.copies.clone_from(copies);
                let is_there = |chosen: &String| copies.iter().any(|copy| copy.id == *chosen);
                if !self.chosen.as_ref().is_some_and(is_there) {
                    self.chosen = copies
                        .iter()
                        .find(|copy| !copy.is_current())
                        .map(|copy| copy.id.clone());
                }
            }
            Ok(outcome) => {
                let without = match outcome {
                    ProfileOutcome::Restored { without, .. } => without.clone(),
                    _ => Vec::new(),
                };
                self.said = Some(Ok(without));
                self.wants_list = true;
            }
            Err(fault) => self.said = Some(Err(fault.clone())),
        }
    }

    fn list(&mut self, ui: &mut Ui, words: &Words) {
        if self.copies.is_empty() && !self.asking.waiting {
            weak_text(ui, &fl!(words, "restore-none"));
        }
        let height = (ui.ctx().content_rect().height() - 420.0).clamp(90.0, 260.0);
        ScrollArea::vertical()
            .id_salt("copies")
            .max_height(height)
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                for copy in &self.copies {
                    let is_chosen = self.chosen.as_deref() == Some(&copy.id);
                    let row = ui.selectable_label(is_chosen, line(words, copy));
                    if row.clicked() {
                        self.chosen = Some(copy.id.clone());
                        self.said = None;
                    }
                }
            });
    }

    /// What the chosen copy would change, and the button.
    fn chosen(&mut self, ui: &mut Ui, words: &Words, engine: &EngineHandle) {
        let copy = self.copies.iter().find(|copy| Some(&copy.id) == self.chosen.as_ref());
        let Some(copy) = copy else { return };
        if copy.is_current() {
            weak_text(ui, &fl!(words, "restore-current"));
        }
        for differ in [&copy.devices_differ, &copy.views_differ] {
            names(ui, words, &differ.back, |names| {
                fl!(words, "restore-back", names = names)
            });
            names(ui, words, &differ.gone, |names| {
                fl!(words, "restore-gone", names = names)
            });
            names(ui, words, &differ.changed, |names| {
                fl!(words, "restore-changed", names = names)
            });
        }
        if copy.rest_differs {
            weak_text(ui, &fl!(words, "restore-rest"));
        }
        if copy.is_damaged {
            error_text(ui, &fl!(words, "restore-damaged"));
        }
        let may = !copy.is_current() && !copy.is_damaged && !self.asking.waiting;
        let button = Button::new(fl!(words, "restore-do"));
        if ui.add_enabled(may, button).clicked() {
            self.said = None;
            self.asking.ask(engine, ProfileRequest::Restore(copy.id.clone()));
        }
    }
}

fn line(words: &Words, copy: &CopyInfo) -> String {
    fl!(
        words,
        "restore-copy",
        when = copy.when.as_str(),
        devices = copy.devices,
        views = copy.views
    )
}
