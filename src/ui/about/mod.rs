//! Help → About: version and build, what is inside, and under which licences.

mod build;
mod licences;
mod newer;

use egui::{Context, Id, Modal, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext, SettingsTab};
use super::{icon, theme};
use crate::bridge::EngineHandle;
pub use build::Build;

#[derive(Default)]
pub struct AboutDialog {
    open: bool,
    /// The licences are shown in place of the rest.
    licences: bool,
    newer: newer::Newer,
}

/// What was clicked in the dialog.
enum Clicked {
    Close,
    Licences,
    Back,
}

const WIDTH: f32 = 460.0;

impl AboutDialog {
    pub fn open(&mut self) {
        *self = Self {
            open: true,
            ..Self::default()
        };
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, acts: &mut Vec<Act>) {
        if !self.open {
            return;
        }
        let response = Modal::new(Id::unique("about"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| match self.licences {
                true => licences::show(ui, paint.words).then_some(Clicked::Back),
                false => self.front(ui, paint, engine, acts),
            });
        if response.inner.is_some() {
            // What was chosen shows in the next frame.
            ctx.request_repaint();
        }
        match response.inner {
            Some(Clicked::Close) => self.open = false,
            Some(Clicked::Licences) => self.licences = true,
            Some(Clicked::Back) => self.licences = false,
            None => {}
        }
        if response.should_close() {
            self.open = false;
        }
    }

    fn front(
        &mut self,
        ui: &mut Ui,
        paint: PaintContext<'_>,
        engine: &EngineHandle,
        acts: &mut Vec<Act>,
    ) -> Option<Clicked> {
        let words = paint.words;
        let build = Build::OF_THIS_PROGRAM;
        ui.set_width(WIDTH);
        let tokens = theme::tokens(ui);
        let mut clicked = None;
        ui.vertical_centered(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(72.0, 72.0), egui::Sense::hover());
            icon::tower(ui.painter(), rect, tokens.accent);
            ui.heading(fl!(words, "app-name"));
            ui.label(fl!(words, "about-version", version = build.version));
            ui.colored_label(tokens.text_weak, build.in_words(words));
            ui.add_space(theme::SPACE / 2.0);
            if ui
                .button(fl!(words, "about-copy"))
                .on_hover_text(fl!(words, "about-copy-hint"))
                .clicked()
            {
                ui.ctx().copy_text(build.to_string());
            }
            ui.add_space(theme::SPACE);
            if self.newer.show(ui, paint, engine) {
                acts.push(Act::Settings(SettingsTab::General));
                clicked = Some(Clicked::Close);
            }
            ui.add_space(theme::SPACE);
            ui.label(fl!(words, "about-purpose"));
            ui.add_space(theme::SPACE);
            ui.colored_label(tokens.text_weak, fl!(words, "about-licence"));
            ui.colored_label(tokens.text_weak, fl!(words, "about-font"));
            if ui.button(fl!(words, "about-licences")).clicked() {
                clicked = Some(Clicked::Licences);
            }
            ui.add_space(theme::SPACE);
            if ui.button(fl!(words, "dialog-close")).clicked() {
                clicked = Some(Clicked::Close);
            }
        });
        clicked
    }
}
