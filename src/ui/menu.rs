//! The menu bar: File, View, Information; at its right the layouts and the pages.

use egui::{Color32, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext, ProfileFileTask, SettingsTab};
use super::choice::{self, Choice};
use super::icon::{self, Icon};
use super::menu_bar::{BarKeys, BarMenu};
use super::status_bar::TourLine;
use super::{theme, virtual_node};
use crate::bridge::Command;
use crate::i18n::Words;
use wall::{Layout, TourState, Views, Wall, WindowView};

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
    egui::MenuBar::new().ui(ui, |ui| {
        let mut bar = BarKeys::take(ui, &menus);
        bar.menu(ui, &menus[0], |ui| file(ui, words, open, acts));
        bar.menu(ui, &menus[1], |ui| view(ui, paint, open, acts));
        bar.menu(ui, &menus[2], |ui| info(ui, words, acts));
        bar.end(ui);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            pages(ui, words, wall, acts);
            layouts(ui, words, wall, open.views, acts);
        });
    });
}

/// The name of a layout for menus and screen readers.
#[must_use]
pub fn layout_name(words: &Words, layout: &Layout) -> String {
    match layout {
        Layout::One
        | Layout::Four
        | Layout::Nine
        | Layout::Sixteen
        | Layout::TwentyFive
        | Layout::ThirtySix
        | Layout::SixtyFour => fl!(words, "layout-even", tiles = layout.tiles()),
        Layout::OnePlusFive | Layout::OnePlusSeven | Layout::OnePlusTwelve | Layout::TwoPlusEight => {
            fl!(words, "layout-mixed", name = layout.to_string())
        }
        Layout::Own(_) => fl!(words, "layout-own", tiles = layout.tiles()),
    }
}

/// The key that chooses this layout, if there is one.
#[must_use]
pub fn layout_key(layout: &Layout) -> Option<&'static str> {
    let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
    let place = Layout::PRESETS.iter().position(|preset| preset == layout)?;
    keys.get(place).copied()
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
    item(ui, fl!(words, "menu-new-virtual-dvr"), "Ctrl+G", acts, || Act::Group);
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
        for layout in Layout::PRESETS {
            let chosen = *wall.layout() == layout;
            let key = layout_key(&layout).unwrap_or_default();
            if choice::entry(ui, Choice::OneOf, &layout_name(words, &layout), key, chosen) {
                acts.push(Act::SetLayout(layout));
            }
        }
        let own = open.views.layouts.list();
        if !own.is_empty() {
            ui.separator();
        }
        for own in own {
            let layout = Layout::Own(own.grid.clone());
            if choice::entry(ui, Choice::OneOf, &own.name, "", *wall.layout() == layout) {
                acts.push(Act::SetLayout(layout));
            }
        }
        ui.separator();
        item(ui, fl!(words, "menu-edit-layouts"), "Ctrl+L", acts, || Act::Layouts);
    });
    let alone = if wall.is_alone() {
        fl!(words, "menu-all-tiles")
    } else {
        fl!(words, "menu-alone")
    };
    item(ui, alone, "Enter", acts, || Act::Alone(wall.selected()));
    if let Some(channel) = wall.selected_channel() {
        item(ui, fl!(words, "menu-snapshot"), "Ctrl+S", acts, || {
            Act::Send(Command::SaveSnapshot(channel))
        });
    }
    ui.separator();
    // While one tile fills the page, turning shows its neighbours.
    let turns = |by: isize| {
        let page = wall.page().checked_add_signed(by);
        wall.is_alone() || page.is_some_and(|page| page < wall.pages())
    };
    ui.add_enabled_ui(turns(-1), |ui| {
        item(ui, fl!(words, "menu-previous-page"), "PgUp", acts, || Act::Turn(-1));
    });
    ui.add_enabled_ui(turns(1), |ui| {
        item(ui, fl!(words, "menu-next-page"), "PgDn", acts, || Act::Turn(1));
    });
    ui.separator();
    item(ui, fl!(words, "menu-clear-tile"), "Delete", acts, || {
        Act::Clear(wall.selected())
    });
    item(ui, fl!(words, "menu-clear-page"), "", acts, || Act::ClearPage);
    if wall.cleared_pages().is_some() {
        item(ui, fl!(words, "menu-undo-clear-all"), "", acts, || Act::UndoClearAll);
    } else {
        ui.add_enabled_ui(!wall.is_empty(), |ui| {
            item(ui, fl!(words, "menu-clear-all"), "", acts, || Act::ClearAll);
        });
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
    item(ui, fl!(words, "menu-shortcuts"), "F1", acts, || Act::Shortcuts);
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

fn pages(ui: &mut Ui, words: &Words, wall: &Wall, acts: &mut Vec<Act>) {
    if wall.pages() < 2 || wall.is_alone() {
        return;
    }
    let page = |ui: &mut Ui, enabled: bool, icon: Icon, label: String| {
        ui.add_enabled_ui(enabled, |ui| icon::button(ui, icon, &label).clicked())
            .inner
    };
    if page(
        ui,
        wall.page() + 1 < wall.pages(),
        Icon::Closed,
        fl!(words, "menu-next-page"),
    ) {
        acts.push(Act::Turn(1));
    }
    let (at, all) = (wall.page() + 1, wall.pages());
    ui.label(fl!(words, "page-of", page = at, pages = all));
    if page(ui, wall.page() > 0, Icon::Back, fl!(words, "menu-previous-page")) {
        acts.push(Act::Turn(-1));
    }
    ui.add_space(theme::SPACE);
}

/// One button for each common layout and the one in use; each shows the layout as a small drawing.
fn layouts(ui: &mut Ui, words: &Words, wall: &Wall, views: &Views, acts: &mut Vec<Act>) {
    let common = [Layout::One, Layout::Four, Layout::Nine, Layout::Sixteen];
    let other = Some(wall.layout().clone()).filter(|layout| !common.contains(layout));
    ui.spacing_mut().item_spacing.x = 2.0;
    for layout in common.into_iter().chain(other).rev() {
        let chosen = *wall.layout() == layout && !wall.is_alone();
        let own = views.layouts.name_of(&layout);
        let name = own.map_or_else(|| layout_name(words, &layout), str::to_owned);
        if layout_button(ui, name, &layout, chosen).clicked() {
            acts.push(Act::SetLayout(layout));
        }
    }
}

fn layout_button(ui: &mut Ui, name: String, layout: &Layout, chosen: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(28.0, 24.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &name));
    let tokens = theme::tokens(ui);
    let fill = match (chosen, response.hovered()) {
        (true, _) => tokens.selected,
        (false, true) => tokens.raised,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 4.0, fill);
    if response.has_focus() {
        ui.painter()
            .rect_stroke(rect, 4.0, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
    }
    if chosen {
        // The chosen layout has a line under it, because colour alone must not tell it.
        let y = rect.bottom() - 1.0;
        ui.painter()
            .hline(rect.x_range().shrink(4.0), y, Stroke::new(2.0, tokens.accent));
    }
    let color = if chosen { tokens.text } else { tokens.text_weak };
    let page = Rect::from_center_size(rect.center(), Vec2::new(16.0, 14.0));
    let grid = layout.grid();
    for cell in grid.cells() {
        let [left, top, right, bottom] = cell.fractions(&grid);
        let at = |x: f32, y: f32| pos2(page.left() + x * page.width(), page.top() + y * page.height());
        let gap = if grid.columns() > 4 { 0.3 } else { 0.6 };
        ui.painter().rect_filled(
            Rect::from_min_max(at(left, top), at(right, bottom)).shrink(gap),
            0.5,
            color,
        );
    }
    let tooltip = match layout_key(layout) {
        Some(key) => format!("{name} ({key})"),
        None => name,
    };
    response.on_hover_text(tooltip)
}
