//! The question before many devices are removed at once. Few go without one, because undo brings them back.

use egui::{Align, Context, Id, Key, Layout, Modal};
use i18n_embed_fl::fl;

use super::form::{plain_button, primary_button};
use super::theme;
use crate::bridge::Command;
use crate::i18n::Words;
use device::{DeviceId, Registry};

/// From so many devices on it is asked.
const MANY: usize = 5;
/// How many of them are named.
const NAMED: usize = 6;

#[derive(Default)]
pub struct Removal {
    asked: Option<Vec<DeviceId>>,
    /// The question gets the keyboard in the next frame.
    fresh: bool,
}

impl Removal {
    /// The command that removes these devices; with many of them the person is asked first, and [`Removal::show`] returns it.
    #[must_use]
    pub fn begin(&mut self, devices: Vec<DeviceId>) -> Option<Command> {
        if devices.len() < MANY {
            return (!devices.is_empty()).then_some(Command::RemoveDevices(devices));
        }
        self.asked = Some(devices);
        self.fresh = true;
        None
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    /// Shows the question while it is open and returns the command that was agreed to.
    pub fn show(&mut self, ctx: &Context, words: &Words, registry: &Registry) -> Option<Command> {
        let asked = self.asked.as_ref()?;
        let fresh = std::mem::take(&mut self.fresh);
        let devices: Vec<_> = asked.iter().filter_map(|id| registry.device(*id)).collect();
        let some = devices.iter().take(NAMED);
        let names: Vec<String> = some.map(|device| registry.label_of(device).into_owned()).collect();
        let modal = Modal::new(Id::unique("removal")).frame(theme::dialog(ctx));
        let response = modal.show(ctx, |ui| {
            ui.set_width(460.0_f32.min(ctx.content_rect().width() - 60.0));
            ui.heading(fl!(words, "removal-title", count = devices.len()));
            ui.add_space(theme::SPACE / 2.0);
            let names = words.list(&names);
            ui.label(match devices.len().saturating_sub(NAMED) {
                0 => names,
                more => fl!(words, "names-and-more", names = names, count = more),
            });
            ui.add_space(theme::SPACE / 2.0);
            ui.colored_label(theme::tokens(ui).text_weak, fl!(words, "removal-passwords"));
            ui.add_space(theme::SPACE);
            let answer = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let remove = primary_button(ui, &fl!(words, "removal-remove", count = devices.len()));
                let keep = plain_button(ui, &fl!(words, "editor-cancel"));
                // Enter that is pressed by habit keeps them.
                if fresh {
                    keep.request_focus();
                }
                (remove.clicked(), keep.clicked())
            });
            answer.inner
        });
        let (remove, keep) = response.inner;
        let escape = ctx.input(|input| input.key_pressed(Key::Escape));
        if remove {
            return self.asked.take().map(Command::RemoveDevices);
        }
        if keep || escape || response.should_close() {
            self.asked = None;
        }
        None
    }
}
