//! The question before a camera goes to a number that may be no place.

use egui::{Align, Context, Id, Key, Layout, Modal};
use i18n_embed_fl::fl;

use super::super::form::{plain_button, primary_button};
use super::super::theme;
use crate::bridge::{Command, PtzWish};
use crate::i18n::Words;
use crate::wording::service_function;
use device::ChannelId;
pub use onvif::Preset;

#[derive(Default)]
pub struct ServiceQuestion {
    asked: Option<(ChannelId, Preset)>,
    /// The question gets the keyboard in the next frame.
    fresh: bool,
}

impl ServiceQuestion {
    pub fn open(&mut self, channel: ChannelId, preset: Preset) {
        self.asked = Some((channel, preset));
        self.fresh = true;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    /// Shows the question while it is open and returns the command that was agreed to.
    pub fn show(&mut self, ctx: &Context, words: &Words) -> Option<Command> {
        let (channel, preset) = self.asked.as_ref()?;
        let fresh = std::mem::take(&mut self.fresh);
        let number = preset
            .number
            .map_or_else(|| preset.token.clone(), |number| number.to_string());
        let modal = Modal::new(Id::unique("service number")).frame(theme::dialog(ctx));
        let response = modal.show(ctx, |ui| {
            ui.set_width(440.0_f32.min(ctx.content_rect().width() - 60.0));
            ui.heading(fl!(words, "steer-service-title", number = number.as_str()));
            ui.add_space(theme::SPACE / 2.0);
            if let Some(service) = preset.service {
                let what = service_function(words, service);
                ui.label(fl!(words, "steer-service-may", what = what));
            }
            ui.colored_label(theme::tokens(ui).text_weak, fl!(words, "steer-service-why"));
            ui.add_space(theme::SPACE);
            let answer = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let go = primary_button(ui, &fl!(words, "steer-service-go", number = number.as_str()));
                let keep = plain_button(ui, &fl!(words, "editor-cancel"));
                // Enter that is pressed by habit goes nowhere.
                if fresh {
                    keep.request_focus();
                }
                (go.clicked(), keep.clicked())
            });
            answer.inner
        });
        let (go, keep) = response.inner;
        let escape = ctx.input(|input| input.key_pressed(Key::Escape));
        if go {
            let command = Command::Ptz(*channel, PtzWish::GoTo(preset.token.clone()));
            self.asked = None;
            return Some(command);
        }
        if keep || escape || response.should_close() {
            self.asked = None;
        }
        None
    }
}
