//! The dialog with the keys, by what they are for; a search finds one by its words or by its key.

use egui::{Context, Grid, Id, Key, Label, Modal, RichText, ScrollArea, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::form::{self, weak_text};
use super::sound;
use super::theme::{self, SPACE};
use crate::i18n::Words;
use device::search_form;

/// What is typed into its search.
#[derive(Default)]
pub struct ShortcutsDialog {
    query: String,
    open: bool,
    /// The search takes the keyboard in the next frame.
    want_search: bool,
}

/// Keys that belong together: each as it is printed, with what it does.
struct Group {
    title: String,
    rows: Vec<(String, String)>,
}

impl ShortcutsDialog {
    pub fn open(&mut self) {
        self.open = true;
        self.want_search = true;
        self.query.clear();
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
        let groups = found(groups(words), &self.query);
        let screen = ctx.content_rect().size();
        let columns = if screen.x >= TWO_COLUMNS { 2 } else { 1 };
        let response = Modal::new(Id::unique("shortcuts"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(COLUMN * columns as f32 + SPACE * 2.0);
                ui.heading(fl!(words, "shortcuts"));
                ui.add_space(SPACE / 2.0);
                let label = fl!(words, "shortcuts-search");
                let field = form::labelled_text_field(ui, &label, &mut self.query, COLUMN - SPACE * 2.0);
                if std::mem::take(&mut self.want_search) {
                    field.request_focus();
                }
                ui.add_space(SPACE / 2.0);
                let height = (screen.y - 190.0).max(120.0);
                let list = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
                list.auto_shrink([false, columns == 2]).show(ui, |ui| {
                    scroll_by_keys(ui);
                    if groups.is_empty() {
                        weak_text(ui, &fl!(words, "shortcuts-none", query = self.query.trim()));
                    }
                    ui.horizontal_top(|ui| {
                        for groups in in_columns(&groups, columns) {
                            ui.vertical(|ui| {
                                ui.set_width(COLUMN);
                                groups.iter().for_each(|group| table(ui, group));
                            });
                        }
                    });
                });
                ui.add_space(SPACE);
                ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                    .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }
}

fn groups(words: &Words) -> Vec<Group> {
    let arrows = fl!(words, "key-arrows");
    let push = format!("Shift+{arrows}");
    let mark = fl!(words, "key-mark");
    let space = fl!(words, "key-space");
    let group = |title: String, rows: Vec<(&str, String)>| Group {
        title,
        rows: rows.into_iter().map(|(key, said)| (key.to_owned(), said)).collect(),
    };
    vec![
        group(
            fl!(words, "shortcuts-wall"),
            vec![
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
                ("Ctrl+R", fl!(words, "shortcut-record")),
                ("Ctrl+Shift+E", fl!(words, "shortcut-recordings")),
                ("M", fl!(words, "shortcut-sound")),
                (sound::VOLUME_KEYS, fl!(words, "shortcut-volume")),
                ("R", fl!(words, "shortcut-retry")),
                ("Shift+F10", fl!(words, "shortcut-context-menu")),
                ("F8", fl!(words, "shortcut-figures")),
                ("Ctrl+L", fl!(words, "shortcut-layout-editor")),
            ],
        ),
        group(
            fl!(words, "shortcuts-steer"),
            vec![
                ("P", fl!(words, "shortcut-steer")),
                (arrows.as_str(), fl!(words, "shortcut-steer-turn")),
                ("+ -", fl!(words, "shortcut-steer-zoom")),
                (", .", fl!(words, "shortcut-steer-focus")),
                ("S", fl!(words, "shortcut-steer-stop")),
            ],
        ),
        group(
            fl!(words, "shortcuts-playback"),
            vec![
                ("B", fl!(words, "shortcut-playback")),
                (space.as_str(), fl!(words, "shortcut-playback-pause")),
                (".", fl!(words, "shortcut-playback-step")),
                (",", fl!(words, "shortcut-playback-back")),
                ("J L", fl!(words, "shortcut-playback-speed")),
                ("K", fl!(words, "shortcut-playback-reverse")),
            ],
        ),
        group(
            fl!(words, "shortcuts-tree"),
            vec![
                ("F9", fl!(words, "shortcut-tree")),
                ("Ctrl+F", fl!(words, "shortcut-search")),
                ("F2", fl!(words, "shortcut-rename")),
                (mark.as_str(), fl!(words, "shortcut-mark")),
                ("Ctrl+N", fl!(words, "shortcut-add")),
                ("Ctrl+G", fl!(words, "shortcut-group")),
                ("Delete Alt+↑ Alt+↓", fl!(words, "shortcut-virtual-dvr")),
            ],
        ),
        group(
            fl!(words, "shortcuts-views"),
            vec![
                ("Ctrl+B", fl!(words, "shortcut-views")),
                ("Ctrl+Shift+B", fl!(words, "shortcut-save-view")),
                ("Ctrl+1 … Ctrl+9", fl!(words, "shortcut-open-view")),
                ("T", fl!(words, "shortcut-tour")),
            ],
        ),
        group(
            fl!(words, "shortcuts-window"),
            vec![
                ("F1", fl!(words, "shortcut-help")),
                ("F10", fl!(words, "shortcut-menus")),
                ("F11", fl!(words, "shortcut-fullscreen")),
                ("Ctrl+Shift+N", fl!(words, "shortcut-new-window")),
                ("Ctrl+W", fl!(words, "shortcut-close-window")),
                ("Ctrl+E", fl!(words, "shortcut-events")),
                ("Ctrl+,", fl!(words, "shortcut-settings")),
                ("Ctrl+Q", fl!(words, "shortcut-quit")),
            ],
        ),
    ]
}

/// What matches in words, or by its key however that is typed: `ctrl s` and `Ctrl+S` are the same.
fn found(groups: Vec<Group>, query: &str) -> Vec<Group> {
    let query = search_form(query.trim());
    let as_key = |text: &str| text.replace(['+', ' '], "");
    let is_found = |(key, said): &(String, String)| {
        let key = search_form(key);
        query.is_empty() || search_form(said).contains(&query) || as_key(&key).contains(&as_key(&query))
    };
    let within = |mut group: Group| {
        // The name of a group finds all of it.
        if !search_form(&group.title).contains(&query) {
            group.rows.retain(is_found);
        }
        (!group.rows.is_empty()).then_some(group)
    };
    groups.into_iter().filter_map(within).collect()
}

/// The groups in columns of about the same length, in their order.
fn in_columns(groups: &[Group], columns: usize) -> Vec<&[Group]> {
    let rows: usize = groups.iter().map(|group| group.rows.len()).sum();
    let mut first = 0;
    let mut so_far = 0;
    for group in groups {
        if first > 0 && so_far + group.rows.len() / 2 > rows / 2 {
            break;
        }
        so_far += group.rows.len();
        first += 1;
    }
    match columns {
        2 => vec![&groups[..first], &groups[first..]],
        _ => vec![groups],
    }
}

/// The width of one column of the table, in points.
const COLUMN: f32 = 500.0;
const TWO_COLUMNS: f32 = 2.0 * COLUMN + 120.0;

/// The width of the names of the keys, in points.
const KEY: f32 = 170.0;

fn table(ui: &mut Ui, group: &Group) {
    ui.label(RichText::new(&group.title).size(15.0).strong());
    let grid = Grid::new(("shortcuts", &group.title))
        .num_columns(2)
        .min_row_height(22.0);
    grid.spacing([12.0, 2.0]).show(ui, |ui| {
        for (key, said) in &group.rows {
            for (width, text) in [
                (KEY, RichText::new(key).strong()),
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
    ui.add_space(SPACE);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    fn said(language: Language, query: &str) -> String {
        let groups = found(groups(&Words::new(language)), query);
        let keys = groups
            .iter()
            .flat_map(|group| group.rows.iter().map(|(key, _)| key.as_str()));
        keys.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_key_is_found_by_its_words_or_however_it_is_typed() {
        assert_eq!(said(Language::En, "snapshot"), "Ctrl+S");
        assert_eq!(said(Language::En, "ctrl+shift+b"), "Ctrl+Shift+B");
        assert_eq!(said(Language::En, "ctrl shift b"), "Ctrl+Shift+B");
        assert_eq!(said(Language::Ja, "スナップショット"), "Ctrl+S");
        assert_eq!(said(Language::Ja, "ｆ１１"), "F11");
        assert_eq!(said(Language::En, "nothing like it"), "");
    }

    #[test]
    fn every_key_is_in_one_group_and_two_columns_hold_all_groups() {
        for language in Language::ALL {
            let groups = groups(&Words::new(language));
            let columns = in_columns(&groups, 2);
            assert_eq!(columns.iter().map(|column| column.len()).sum::<usize>(), groups.len());
            let rows = |column: &[Group]| column.iter().map(|group| group.rows.len()).sum::<usize>();
            assert!(rows(columns[0]).abs_diff(rows(columns[1])) <= 6);
        }
        assert!(in_columns(&[], 2).iter().all(|column| column.is_empty()));
    }
}
