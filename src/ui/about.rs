//! Help → About: name, version, licences.

use egui::{Context, Id, Modal, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::{icon, theme};

/// Shows the dialog; `false` once it was closed.
pub fn show(ctx: &Context, paint: PaintContext<'_>) -> bool {
    let words = paint.words;
    let response = Modal::new(Id::unique("about"))
        .frame(theme::dialog(ctx))
        .show(ctx, |ui| {
            ui.set_width(380.0);
            let tokens = theme::tokens(ui);
            ui.vertical_centered(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(72.0, 72.0), egui::Sense::hover());
                icon::tower(ui.painter(), rect, tokens.accent);
                ui.heading(fl!(words, "app-name"));
                ui.label(fl!(words, "about-version", version = env!("CARGO_PKG_VERSION")));
                ui.add_space(theme::SPACE);
                ui.label(fl!(words, "about-purpose"));
                ui.add_space(theme::SPACE);
                ui.colored_label(tokens.text_weak, fl!(words, "about-licence"));
                ui.colored_label(tokens.text_weak, fl!(words, "about-font"));
                ui.add_space(theme::SPACE);
                ui.button(fl!(words, "dialog-close")).clicked()
            })
            .inner
        });
    !(response.inner || response.should_close())
}
