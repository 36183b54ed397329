//! The editor of a site: what a person has to know of it, saved together, and when somebody works there, which counts at once.

use egui::{Context, Layout, Margin, Rect, ScrollArea, TextEdit, Ui, UiBuilder, Vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use super::modal;
use super::site_work::WorkForm;
use crate::bridge::{Command, SiteEdit};
use crate::i18n::Words;
use crate::ui::form::{self, FIELD_WIDTH, FormRow, plain_button, primary_button, section, text_field};
use crate::ui::theme;
use crate::ui::unsaved::{self, UnsavedAnswer};
use crate::wording;
use device::{Site, SiteDraft, SiteField, SiteId};

const FOOTER: f32 = 44.0;

pub(super) struct SiteEditor {
    id: SiteId,
    /// The site as it was when the editor was opened, and what is typed; made in the first frame.
    form: Option<(Site, SiteDraft)>,
    /// What is wrong is said once somebody has tried to save.
    tried: bool,
    /// The editor asks what to do with unsaved changes.
    asking: bool,
    work: WorkForm,
}

#[derive(Clone, Copy, PartialEq)]
enum EditorNext {
    Stay,
    Save,
    Close,
}

impl SiteEditor {
    pub(super) fn new(id: SiteId) -> Self {
        Self {
            id,
            form: None,
            tried: false,
            asking: false,
            work: WorkForm::default(),
        }
    }

    /// Paints the editor and returns whether it stays open.
    pub(super) fn show(&mut self, ctx: &Context, env: &Env) -> bool {
        let Some(now) = env.state.registry.site(self.id) else {
            return false;
        };
        let form = self.form.take();
        let (before, mut draft) = form.unwrap_or_else(|| (now.clone(), SiteDraft::of(&now.about)));
        let title = fl!(env.words, "site-editor-title", name = now.name.as_str());
        let mut next = EditorNext::Stay;
        let closed = modal::show(ctx, "site-editor", &title, env.words, |ui| {
            next = self.content(ui, env, now, &mut draft);
        });
        let is_changed = draft != SiteDraft::of(&before.about);
        if closed && next == EditorNext::Stay {
            if self.asking || is_changed {
                self.asking = !self.asking;
            } else {
                next = EditorNext::Close;
            }
        }
        if next == EditorNext::Save {
            self.asking = false;
            self.tried = true;
            match draft.parse(&before.about) {
                Ok(about) if is_changed => {
                    let after = Site {
                        about,
                        ..before.clone()
                    };
                    let before = before.clone();
                    let edit = SiteEdit { before, after };
                    env.engine.send(Command::EditSite(Box::new(edit)));
                }
                Ok(_) => {}
                Err(_) => next = EditorNext::Stay,
            }
        }
        self.form = Some((before, draft));
        next == EditorNext::Stay
    }

    fn content(&mut self, ui: &mut Ui, env: &Env, now: &Site, draft: &mut SiteDraft) -> EditorNext {
        let entered = form::entered(ui);
        let all = ui.available_rect_before_wrap();
        let body = Rect::from_min_max(all.min, all.max - Vec2::new(0.0, FOOTER));
        let footer = Rect::from_min_max(egui::pos2(all.left(), body.bottom()), all.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(body).id_salt("site"));
        inner.shrink_clip_rect(body.expand(4.0));
        let area = ScrollArea::vertical().auto_shrink(false).content_margin(Margin::ZERO);
        area.show(&mut inner, |ui| {
            ui.set_max_width(ui.available_width() - 10.0);
            self.fields(ui, env.words, draft);
            section(ui, &fl!(env.words, "site-editor-work"), |ui| {
                self.work.show(ui, env, now);
            });
        });
        let chosen = self.footer(&mut ui.new_child(UiBuilder::new().max_rect(footer)), env.words);
        match chosen {
            EditorNext::Stay if entered => EditorNext::Save,
            chosen => chosen,
        }
    }

    fn fields(&mut self, ui: &mut Ui, words: &Words, draft: &mut SiteDraft) {
        let problems = if self.tried { draft.problems() } else { Vec::new() };
        let wrong = |field: SiteField| {
            let found = problems.iter().find(|(at, _)| *at == field);
            found.map(|(_, problem)| wording::site::problem(words, problem))
        };
        section(ui, &fl!(words, "site-editor-about"), |ui| {
            let (label, hint) = (fl!(words, "site-editor-note"), fl!(words, "site-editor-note-hint"));
            let row = FormRow::new(&label).hint(Some(&hint));
            let error = wrong(SiteField::Note);
            row.error(error.as_deref()).show(ui, |ui, name| {
                let edit = TextEdit::multiline(&mut draft.note)
                    .desired_rows(3)
                    .desired_width(FIELD_WIDTH);
                ui.add(edit.margin(Vec2::new(8.0, 5.0))).labelled_by(name)
            });
            let lines = [
                (
                    SiteField::Contact,
                    &mut draft.contact,
                    fl!(words, "site-editor-contact"),
                    fl!(words, "site-editor-contact-hint"),
                ),
                (
                    SiteField::Page,
                    &mut draft.page,
                    fl!(words, "site-editor-page"),
                    fl!(words, "site-editor-page-hint"),
                ),
                (
                    SiteField::Feed,
                    &mut draft.feed,
                    fl!(words, "site-editor-feed"),
                    fl!(words, "site-editor-feed-hint"),
                ),
            ];
            for (field, text, label, hint) in lines {
                let error = wrong(field);
                let row = FormRow::new(&label).hint(Some(&hint)).error(error.as_deref());
                row.show(ui, |ui, name| text_field(ui, name, text, FIELD_WIDTH, ""));
            }
        });
    }

    fn footer(&mut self, ui: &mut Ui, words: &Words) -> EditorNext {
        let tokens = theme::tokens(ui);
        let rect = ui.max_rect();
        let line = egui::Stroke::new(1.0, tokens.line);
        ui.painter().hline(rect.x_range(), rect.top() + 2.0, line);
        let mut next = EditorNext::Stay;
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            if self.asking {
                match unsaved::ask(ui, words, true) {
                    Some(UnsavedAnswer::Save) => next = EditorNext::Save,
                    Some(UnsavedAnswer::Discard) => next = EditorNext::Close,
                    Some(UnsavedAnswer::KeepEditing) => self.asking = false,
                    None => {}
                }
                return;
            }
            if primary_button(ui, &fl!(words, "editor-save")).clicked() {
                next = EditorNext::Save;
            }
            if plain_button(ui, &fl!(words, "editor-cancel")).clicked() {
                next = EditorNext::Close;
            }
        });
        next
    }
}
