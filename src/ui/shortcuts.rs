//! Information → Shortcuts: every key in one table.

use egui::{Context, Grid, Id, Modal, RichText};
use i18n_embed_fl::fl;

use super::act::Scene;
use super::theme;

/// Shows the dialog; `false` once it was closed.
pub fn show(ctx: &Context, scene: Scene<'_>) -> bool {
    let words = scene.words;
    let arrows = fl!(words, "key-arrows");
    let mark = fl!(words, "key-mark");
    let push = format!("Shift+{arrows}");
    let rows = [
        ("F1", fl!(words, "shortcut-help")),
        ("F11", fl!(words, "shortcut-fullscreen")),
        ("F9", fl!(words, "shortcut-tree")),
        ("F8", fl!(words, "shortcut-figures")),
        ("1 2 3 4 5 6 7 8 9 0", fl!(words, "shortcut-layouts")),
        (arrows.as_str(), fl!(words, "shortcut-arrows")),
        ("Enter", fl!(words, "shortcut-enter")),
        ("Esc", fl!(words, "shortcut-escape")),
        ("PgUp PgDn", fl!(words, "shortcut-pages")),
        ("Delete", fl!(words, "shortcut-delete")),
        ("+ -", fl!(words, "shortcut-zoom")),
        (push.as_str(), fl!(words, "shortcut-push")),
        ("0", fl!(words, "shortcut-zoom-reset")),
        ("Ctrl+S", fl!(words, "shortcut-snapshot")),
        ("M", fl!(words, "shortcut-sound")),
        ("R", fl!(words, "shortcut-retry")),
        (mark.as_str(), fl!(words, "shortcut-mark")),
        ("F2 Delete Alt+↑ Alt+↓", fl!(words, "shortcut-virtual-dvr")),
        ("Ctrl+F", fl!(words, "shortcut-search")),
        ("Ctrl+N", fl!(words, "shortcut-add")),
        ("Ctrl+L", fl!(words, "shortcut-layout-editor")),
        ("Ctrl+G", fl!(words, "shortcut-group")),
        ("Ctrl+,", fl!(words, "shortcut-settings")),
        ("T", fl!(words, "shortcut-tour")),
        ("Ctrl+B", fl!(words, "shortcut-views")),
        ("Ctrl+Shift+B", fl!(words, "shortcut-save-view")),
        ("Ctrl+1 … Ctrl+9", fl!(words, "shortcut-open-view")),
        ("Ctrl+Shift+N", fl!(words, "shortcut-new-window")),
        ("Ctrl+W", fl!(words, "shortcut-close-window")),
        ("Ctrl+Q", fl!(words, "shortcut-quit")),
    ];
    let response = Modal::new(Id::unique("shortcuts"))
        .frame(theme::dialog(ctx))
        .show(ctx, |ui| {
            ui.set_width(440.0);
            ui.heading(fl!(words, "shortcuts"));
            ui.add_space(theme::SPACE);
            Grid::new("shortcuts")
                .num_columns(2)
                .spacing([24.0, 6.0])
                .show(ui, |ui| {
                    for (key, said) in &rows {
                        ui.label(RichText::new(*key).strong());
                        ui.label(said);
                        ui.end_row();
                    }
                });
            ui.add_space(theme::SPACE);
            ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                .inner
        });
    !(response.inner || response.should_close())
}
