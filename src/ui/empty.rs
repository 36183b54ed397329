//! The page of a fresh profile: how to begin; and of one whose registry cannot be read.

use egui::{Align, Button, Color32, Layout, RichText, Ui, UiBuilder, Vec2, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::{icon, theme};

/// Invites to add a first recorder; with `demo` also to try the built-in one.
pub fn show(ui: &mut Ui, paint: PaintContext<'_>, demo: bool, acts: &mut Vec<Act>) {
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let page = ui.max_rect();
    ui.painter().rect_filled(page, 0.0, tokens.tile);
    let width = 520.0_f32.min(page.width() - 24.0);
    let card = egui::Rect::from_center_size(page.center(), vec2(width, 330.0_f32.min(page.height())));
    ui.scope_builder(
        UiBuilder::new().max_rect(card).layout(Layout::top_down(Align::Center)),
        |ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(88.0), egui::Sense::hover());
            icon::tower(ui.painter(), rect, tokens.accent);
            ui.add_space(theme::SPACE);
            if paint.kiosk {
                ui.colored_label(tokens.text_weak, fl!(words, "kiosk-empty"));
                return;
            }
            if paint.state.registry_awaited {
                // Nobody begins anew here: what is registered comes back with its file.
                ui.heading(fl!(words, "empty-awaited-title"));
                ui.add_space(theme::SPACE / 2.0);
                ui.colored_label(tokens.text_weak, fl!(words, "empty-awaited-text"));
                return;
            }
            ui.heading(fl!(words, "empty-title"));
            ui.add_space(theme::SPACE / 2.0);
            ui.colored_label(tokens.text_weak, fl!(words, "empty-text"));
            ui.add_space(2.0 * theme::SPACE);
            let size = vec2(240.0, 34.0);
            let add = RichText::new(fl!(words, "menu-add-device")).color(tokens.on_accent);
            if ui
                .add_sized(
                    size,
                    Button::new(add)
                        .fill(tokens.accent)
                        .stroke(egui::Stroke::new(0.0, Color32::TRANSPARENT)),
                )
                .clicked()
            {
                acts.push(Act::AddDevice(None));
            }
            if demo {
                ui.add_space(theme::SPACE / 2.0);
                if ui.add_sized(size, Button::new(fl!(words, "empty-demo"))).clicked() {
                    acts.push(Act::TryDemo);
                }
                ui.add_space(theme::SPACE / 2.0);
                ui.label(
                    RichText::new(fl!(words, "empty-demo-hint"))
                        .small()
                        .color(tokens.text_weak),
                );
            }
        },
    );
}
