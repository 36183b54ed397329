//! The menu bar: File, View, Help; at its right the layouts and the pages.

use egui::Ui;
use i18n_embed_fl::fl;

use super::act::{Act, CsvTask, DiagnoseWhat, PaintContext, ProfileFileTask, SettingsTab};
use super::choice::{self, Choice};
use super::icon::{self, Icon};
use super::menu_bar::{BarKeys, BarMenu};
use super::status_bar::TourLine;
use super::{layout_picker, theme, tile_offer, virtual_node};
use crate::bridge::Command;
use crate::i18n::Words;
use wall::{Paging, TourState, Views, Wall, WindowView};

/// The window whose menu is shown.
#[derive(Clone, Copy)]
pub struct OpenWindow<'a> {
    pub window: &'a WindowView,
    pub views: &'a Views,
    /// This is the program's first window; closing it ends the program.
    pub first: bool,
    pub tour: TourLine,
}

pub fn show(ui: &mut Ui, paint: PaintContext<'_>, open: OpenWindow<'_>, acts: &mut Vec<Act>) {
    let words = paint.words;
    let wall = &open.window.wall;
    let menus = [
        (fl!(words, "menu-file"), fl!(words, "menu-file-key")),
        (fl!(words, "menu-view"), fl!(words, "menu-view-key")),
        (fl!(words, "menu-help"), fl!(words, "menu-help-key")),
    ]
    .map(|(name, letter)| BarMenu { name, letter });
    let by = paint.text.bars();
    egui::MenuBar::new().ui(ui, |ui| {
        theme::enlarge_to(ui, by);
        let mut bar = BarKeys::take(ui, &menus);
        bar.menu(ui, &menus[0], |ui| {
            theme::enlarge_to(ui, by);
            file(ui, words, open, acts);
        });
        bar.menu(ui, &menus[1], |ui| {
            theme::enlarge_to(ui, by);
            view(ui, paint, open, acts);
        });
        bar.menu(ui, &menus[2], |ui| {
            theme::enlarge_to(ui, by);
            info(ui, words, acts);
        });
        bar.end(ui);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            pages(ui, words, wall, acts);
            layout_picker::show(ui, words, wall, open.views, acts);
        });
    });
}

fn file(ui: &mut Ui, words: &Words, open: OpenWindow<'_>, acts: &mut Vec<Act>) {
    item(ui, fl!(words, "menu-new-window"), "Ctrl+Shift+N", acts, || {
        Act::NewWindow
    });
    if !open.first {
        item(ui, fl!(words, "menu-close-window"), "Ctrl+W", acts, || Act::CloseWindow);
    }
    ui.separator();
    item(ui, fl!(words, "menu-settings"), "Ctrl+,", acts, || {
        Act::Settings(SettingsTab::General)
    });
    item(ui, fl!(words, "menu-add-device"), "Ctrl+N", acts, || {
        Act::AddDevice(None)
    });
    item(ui, fl!(words, "menu-find"), "", acts, || Act::FindRecorders);
    item(ui, fl!(words, "menu-diagnose-host"), "", acts, || {
        Act::Diagnose(DiagnoseWhat::Ask)
    });
    item(ui, fl!(words, "menu-new-virtual-dvr"), "Ctrl+G", acts, || Act::Group);
    ui.separator();
    item(ui, fl!(words, "menu-export-csv"), "", acts, || {
        Act::Csv(CsvTask::Export)
    });
    item(ui, fl!(words, "menu-import-csv"), "", acts, || {
        Act::Csv(CsvTask::Import)
    });
    ui.separator();
    item(ui, fl!(words, "menu-restore"), "", acts, || Act::Restore);
    item(ui, fl!(words, "menu-export-profile"), "", acts, || {
        Act::ProfileFile(ProfileFileTask::Export)
    });
    item(ui, fl!(words, "menu-import-profile"), "", acts, || {
        Act::ProfileFile(ProfileFileTask::Import)
    });
    ui.separator();
    item(ui, fl!(words, "menu-quit"), "Ctrl+Q", acts, || Act::Quit);
}

fn view(ui: &mut Ui, paint: PaintContext<'_>, open: OpenWindow<'_>, acts: &mut Vec<Act>) {
    let words = paint.words;
    let (wall, tree) = (&open.window.wall, &open.window.tree);
    ui.menu_button(fl!(words, "menu-views"), |ui| views(ui, words, open, acts));
    let tour = match open.tour.state {
        TourState::Stopped => fl!(words, "tour-start"),
        TourState::Running { .. } | TourState::Paused { .. } => fl!(words, "tour-stop"),
    };
    ui.add_enabled_ui(open.tour.stops > 1 || open.tour.is_on(), |ui| {
        item(ui, tour, "T", acts, || Act::Tour);
    })
    .response
    .on_disabled_hover_text(fl!(words, "tour-needs"));
    ui.separator();
    ui.menu_button(fl!(words, "menu-layout"), |ui| {
        layout_picker::entries(ui, words, wall, open.views, acts);
        ui.separator();
        item(ui, fl!(words, "menu-edit-layouts"), "Ctrl+L", acts, || Act::Layouts);
    });
    let alone = if wall.is_alone() {
        fl!(words, "menu-all-tiles")
    } else {
        fl!(words, "menu-alone")
    };
    let channel = wall.selected_channel();
    let several = wall.is_alone() || channel.is_some() && wall.layout().tiles() > 1;
    ui.add_enabled_ui(several, |ui| {
        item(ui, alone, "Enter", acts, || Act::Alone(wall.selected()));
    });
    let pictured = channel.filter(|channel| tile_offer::has_live_picture(paint.state, *channel));
    ui.add_enabled_ui(pictured.is_some(), |ui| {
        if virtual_node::entry(ui, &fl!(words, "menu-snapshot"), "Ctrl+S") {
            acts.extend(pictured.map(|channel| Act::Send(Command::SaveSnapshot(channel))));
        }
    });
    ui.separator();
    let Paging { at, of } = wall.paging();
    let [previous, next] = turning(words, wall);
    ui.add_enabled_ui(at > 1, |ui| {
        item(ui, previous, "PgUp", acts, || Act::Turn(-1));
    });
    ui.add_enabled_ui(at < of, |ui| {
        item(ui, next, "PgDn", acts, || Act::Turn(1));
    });
    ui.separator();
    ui.add_enabled_ui(channel.is_some(), |ui| {
        item(ui, fl!(words, "menu-clear-tile"), "Delete", acts, || {
            Act::Clear(wall.selected())
        });
    });
    ui.add_enabled_ui(!wall.is_page_empty(), |ui| {
        item(ui, fl!(words, "menu-clear-page"), "", acts, || Act::ClearPage);
    });
    ui.add_enabled_ui(!wall.is_empty(), |ui| {
        item(ui, fl!(words, "menu-clear-all"), "", acts, || Act::ClearAll);
    });
    if wall.undoable().is_some() {
        item(ui, fl!(words, "menu-undo-change"), "", acts, || Act::UndoChange);
    }
    ui.separator();
    check(ui, fl!(words, "menu-tree"), "F9", tree.open, acts, || Act::Tree);
    check(
        ui,
        fl!(words, "menu-figures"),
        "F8",
        paint.state.settings.show_figures,
        acts,
        || Act::Figures,
    );
    item(ui, fl!(words, "menu-events"), "Ctrl+E", acts, || Act::Events);
    item(ui, fl!(words, "menu-recordings"), "Ctrl+Shift+E", acts, || {
        Act::Recordings(None)
    });
    item(ui, fl!(words, "menu-health"), "", acts, || Act::Health);
    item(ui, fl!(words, "menu-own-figures"), "", acts, || Act::OwnFigures);
    item(ui, fl!(words, "menu-fullscreen"), "F11", acts, || Act::Fullscreen);
}

/// The entries of the named views; the one that was opened last is marked.
fn views(ui: &mut Ui, words: &Words, open: OpenWindow<'_>, acts: &mut Vec<Act>) {
    egui::ScrollArea::vertical().max_height(480.0).show(ui, |ui| {
        for (index, view) in open.views.list().iter().enumerate() {
            let key = if index < 9 {
                format!("Ctrl+{}", index + 1)
            } else {
                String::new()
            };
            let chosen = open.window.view.as_deref() == Some(&view.name);
            if choice::entry(ui, Choice::OneOf, &view.name, &key, chosen) {
                acts.push(Act::OpenView(view.name.clone()));
            }
        }
    });
    if open.views.list().is_empty() {
        ui.weak(fl!(words, "views-none-yet"));
    }
    ui.separator();
    item(ui, fl!(words, "menu-save-view"), "Ctrl+Shift+B", acts, || Act::Views {
        save: true,
    });
    item(ui, fl!(words, "menu-edit-views"), "Ctrl+B", acts, || Act::Views {
        save: false,
    });
}

fn info(ui: &mut Ui, words: &Words, acts: &mut Vec<Act>) {
    item(ui, fl!(words, "menu-handbook"), "", acts, || Act::Handbook);
    item(ui, fl!(words, "menu-shortcuts"), "F1", acts, || Act::Shortcuts);
    item(ui, fl!(words, "menu-computer"), "", acts, || Act::Computer);
    item(ui, fl!(words, "menu-report"), "", acts, || Act::ReportProblem);
    item(ui, fl!(words, "menu-about"), "", acts, || Act::About);
}

fn item(ui: &mut Ui, text: String, key: &str, acts: &mut Vec<Act>, act: impl FnOnce() -> Act) {
    if virtual_node::entry(ui, &text, key) {
        acts.push(act());
    }
}

fn check(ui: &mut Ui, text: String, key: &str, on: bool, acts: &mut Vec<Act>, act: impl FnOnce() -> Act) {
    if choice::entry(ui, Choice::Switch, &text, key, on) {
        acts.push(act());
    }
}

/// What turning back and on is called: by page, or by channel while one fills the page.
pub(super) fn turning(words: &Words, wall: &Wall) -> [String; 2] {
    if wall.is_alone() {
        [fl!(words, "menu-previous-channel"), fl!(words, "menu-next-channel")]
    } else {
        [fl!(words, "menu-previous-page"), fl!(words, "menu-next-page")]
    }
}

fn pages(ui: &mut Ui, words: &Words, wall: &Wall, acts: &mut Vec<Act>) {
    let Paging { at, of } = wall.paging();
    if of < 2 {
        return;
    }
    let turn = |ui: &mut Ui, enabled: bool, icon: Icon, label: String| {
        ui.add_enabled_ui(enabled, |ui| icon::button(ui, icon, &label).clicked())
            .inner
    };
    let [previous, next] = turning(words, wall);
    if turn(ui, at < of, Icon::Closed, next) {
        acts.push(Act::Turn(1));
    }
    ui.label(fl!(words, "page-of", page = at, pages = of));
    if turn(ui, at > 1, Icon::Back, previous) {
        acts.push(Act::Turn(-1));
    }
    ui.add_space(theme::SPACE);
}
