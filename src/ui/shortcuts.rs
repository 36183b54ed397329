//! Information → Shortcuts: every key in one table.

use egui::{Context, Grid, Id, Key, Label, Modal, RichText, ScrollArea, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::sound;
use super::theme::{self, SPACE};

/// Shows the dialog; `false` once it was closed.
pub fn show(ctx: &Context, paint: PaintContext<'_>) -> bool {
    let words = paint.words;
    let arrows = fl!(words, "key-arrows");
    let mark = fl!(words, "key-mark");
    let push = format!("Shift+{arrows}");
    let rows = [
        ("F1", fl!(words, "shortcut-help")),
        ("F11", fl!(words, "shortcut-fullscreen")),
        ("F9", fl!(words, "shortcut-tree")),
        ("F8", fl!(words, "shortcut-figures")),
        ("F10", fl!(words, "shortcut-menus")),
        ("Shift+F10", fl!(words, "shortcut-context-menu")),
        ("1 2 3 4 5 6 7 8 9 0", fl!(words, "shortcut-layouts")),
        ("Alt+1 … Alt+0", fl!(words, "shortcut-more-layouts")),
        (arrows.as_str(), fl!(words, "shortcut-arrows")),
        ("Enter", fl!(words, "shortcut-enter")),
        ("Esc", fl!(words, "shortcut-escape")),
        ("PgUp PgDn", fl!(words, "shortcut-pages")),
        ("Delete", fl!(words, "shortcut-delete")),
        ("+ -", fl!(words, "shortcut-zoom")),
        (push.as_str(), fl!(words, "shortcut-push")),
        ("0", fl!(words, "shortcut-zoom-reset")),
        ("F", fl!(words, "shortcut-fill")),
        ("Ctrl+S", fl!(words, "shortcut-snapshot")),
        ("M", fl!(words, "shortcut-sound")),
        (sound::VOLUME_KEYS, fl!(words, "shortcut-volume")),
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
    let screen = ctx.content_rect().size();
    let columns = if screen.x >= TWO_COLUMNS { 2 } else { 1 };
    let response = Modal::new(Id::unique("shortcuts"))
        .frame(theme::dialog(ctx))
        .show(ctx, |ui| {
            ui.set_width(COLUMN * columns as f32 + SPACE * 2.0);
            ui.heading(fl!(words, "shortcuts"));
            ui.add_space(SPACE);
            let list = ScrollArea::vertical().max_height((screen.y - 170.0).max(120.0));
            list.show(ui, |ui| {
                scroll_by_keys(ui);
                ui.horizontal_top(|ui| {
                    for (index, rows) in rows.chunks(rows.len().div_ceil(columns)).enumerate() {
                        table(ui, index, rows);
                    }
                });
            });
            ui.add_space(SPACE);
            ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                .inner
        });
    !(response.inner || response.should_close())
}

/// The width of one column of the table, in points.
const COLUMN: f32 = 500.0;
const TWO_COLUMNS: f32 = 2.0 * COLUMN + 120.0;

/// The width of the names of the keys, in points.
const KEY: f32 = 170.0;

fn table(ui: &mut Ui, index: usize, rows: &[(&str, String)]) {
    let grid = Grid::new(("shortcuts", index)).num_columns(2).min_row_height(22.0);
    grid.spacing([12.0, 2.0]).show(ui, |ui| {
        for (key, said) in rows {
            for (width, text) in [
                (KEY, RichText::new(*key).strong()),
                (COLUMN - KEY - 12.0, RichText::new(said)),
            ] {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.add(Label::new(text).wrap());
                });
            }
            ui.end_row();
        }
    });
}

/// Arrows and page keys move a list that is longer than the window.
fn scroll_by_keys(ui: &Ui) {
    let page = ui.clip_rect().height() * 0.8;
    for (key, by) in [
        (Key::ArrowDown, -40.0),
        (Key::ArrowUp, 40.0),
        (Key::PageDown, -page),
        (Key::PageUp, page),
    ] {
        if ui.input(|input| input.key_pressed(key)) {
            ui.scroll_with_delta(vec2(0.0, by));
        }
    }
}
