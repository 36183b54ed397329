//! The licences of all that Monomi is made of, as `bundle/licences.py` wrote them down.

use std::sync::LazyLock;

use egui::{Align, Layout, RichText, ScrollArea, TextStyle, TextWrapMode, Ui};
use i18n_embed_fl::fl;

use crate::i18n::Words;
use crate::ui::theme;

static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("../../../assets/licences.txt").lines().collect());

const WIDTH: f32 = 760.0;

/// Paints them; whether the way back was chosen.
pub(super) fn show(ui: &mut Ui, words: &Words) -> bool {
    let screen = ui.ctx().content_rect().size();
    ui.set_width(WIDTH.min(screen.x - 60.0));
    let back = ui
        .horizontal(|ui| {
            ui.heading(fl!(words, "about-licences"));
            let right = Layout::right_to_left(Align::Center);
            ui.with_layout(right, |ui| ui.button(fl!(words, "about-licences-back")).clicked())
                .inner
        })
        .inner;
    ui.colored_label(theme::tokens(ui).text_weak, fl!(words, "about-licences-hint"));
    ui.add_space(theme::SPACE / 2.0);
    let height = (screen.y - 180.0).clamp(120.0, 560.0);
    let row = ui.text_style_height(&TextStyle::Small);
    // Only the lines in view are laid out: there are thousands.
    ScrollArea::vertical()
        .id_salt("licences")
        .max_height(height)
        .auto_shrink(false)
        .show_rows(ui, row, LINES.len(), |ui, range| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
            for line in LINES.get(range).unwrap_or_default() {
                ui.label(RichText::new(*line).small());
            }
        });
    back
}
