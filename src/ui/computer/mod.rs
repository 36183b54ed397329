//! Help → How Monomi runs here: what paints, what decodes, and what that costs, to be copied into a report.

mod report;

use egui::{Align, Context, Grid, Id, Layout, Modal, ScrollArea, Ui};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::form::weak_text;
use super::theme;
pub use report::{Painter, Report};

#[derive(Default)]
pub struct ComputerDialog {
    open: bool,
    painter: Painter,
}

const WIDTH: f32 = 780.0;

impl ComputerDialog {
    /// `painter`: what paints the windows.
    #[must_use]
    pub fn new(painter: Painter) -> Self {
        Self { open: false, painter }
    }

    pub fn open(&mut self) {
        self.open = true;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>) {
        if !self.open {
            return;
        }
        let words = paint.words;
        let report = Report::of(words, paint.state, &self.painter);
        let response = Modal::new(Id::unique("computer"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "computer-title"));
                weak_text(ui, &fl!(words, "computer-hint"));
                ui.add_space(theme::SPACE / 2.0);
                let height = (ctx.content_rect().height() - 230.0).max(120.0);
                ScrollArea::vertical()
                    .id_salt("computer")
                    .max_height(height)
                    .auto_shrink([false, true])
                    .show(ui, |ui| {
                        rows(ui, "computer", &report.computer);
                        ui.separator();
                        rows(ui, "streams", &report.streams);
                    });
                ui.add_space(theme::SPACE);
                ui.horizontal(|ui| {
                    if ui.button(fl!(words, "about-copy")).clicked() {
                        ui.ctx().copy_text(report.to_string());
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.button(fl!(words, "dialog-close")).clicked()
                    })
                    .inner
                })
                .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }
}

fn rows(ui: &mut Ui, name: &str, rows: &[(String, String)]) {
    Grid::new(name)
        .num_columns(2)
        .spacing([theme::SPACE * 2.0, theme::SPACE / 2.0])
        .show(ui, |ui| {
            for (label, value) in rows {
                ui.colored_label(theme::tokens(ui).text_weak, label);
                ui.label(value);
                ui.end_row();
            }
        });
}
