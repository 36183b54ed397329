//! The question what to note on an event that somebody takes note of.

use egui::{Align, Context, Id, Key, Layout, Modal, TextEdit, vec2};
use i18n_embed_fl::fl;

use crate::bridge::{Command, EngineHandle};
use crate::i18n::Words;
use crate::ui::form::{plain_button, primary_button, weak_text};
use crate::ui::theme;
use events::{EventId, NoteText};

/// A note of more bytes than this would be cut.
const MOST: usize = 2_000;

#[derive(Default)]
pub(super) struct Noting {
    /// The event, and how it is called.
    of: Option<(EventId, String)>,
    note: String,
    /// The field gets the keyboard in the next frame.
    fresh: bool,
}

impl Noting {
    pub(super) fn begin(&mut self, of: EventId, called: String) {
        *self = Self {
            of: Some((of, called)),
            note: String::new(),
            fresh: true,
        };
    }

    pub(super) fn is_open(&self) -> bool {
        self.of.is_some()
    }

    pub(super) fn show(&mut self, ctx: &Context, words: &Words, engine: &EngineHandle) {
        let Some((of, called)) = self.of.clone() else {
            return;
        };
        let is_too_long = self.note.len() > MOST;
        let response = Modal::new(Id::unique("note on an event"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(460.0_f32.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "events-acknowledge"));
                ui.add_space(theme::SPACE / 2.0);
                ui.label(called);
                weak_text(ui, &fl!(words, "events-acknowledge-about"));
                ui.add_space(theme::SPACE / 2.0);
                let label = fl!(words, "events-note");
                let edit = TextEdit::singleline(&mut self.note)
                    .hint_text(label.as_str())
                    .desired_width(f32::INFINITY)
                    .margin(vec2(8.0, 5.0));
                let field = ui.add(edit);
                ui.ctx().accesskit_node_builder(field.id, |node| node.set_label(label));
                if std::mem::take(&mut self.fresh) {
                    field.request_focus();
                }
                if is_too_long {
                    crate::ui::form::error_text(ui, &fl!(words, "events-note-long"));
                }
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                ui.add_space(theme::SPACE);
                let buttons = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let does = ui.add_enabled_ui(!is_too_long, |ui| {
                        primary_button(ui, &fl!(words, "events-acknowledge-do"))
                    });
                    let cancel = plain_button(ui, &fl!(words, "editor-cancel"));
                    (does.inner.clicked(), cancel.clicked())
                });
                let (does, cancel) = buttons.inner;
                (does || entered && !is_too_long, cancel)
            });
        let (does, cancel) = response.inner;
        if does {
            engine.send(Command::AcknowledgeEvent(of, NoteText::new(&self.note)));
        }
        if does || cancel || response.should_close() {
            self.of = None;
        }
    }
}
