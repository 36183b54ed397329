//! THE WINDOW'S APPLICATION: takes the newest snapshot, lets `ui` paint it, does what the user asked for, says what is needed.
//!
//! Belongs here: the one place where an [`Act`] becomes a change of the wall or a command to the engine.
//! Does not belong here: how anything looks (`ui`), what a layout or a page is (`wall`), what happens to a command (`driver`).

mod keys;
mod pace;
mod saving;
mod substreams;

use std::sync::Arc;
use std::time::Duration;

use egui::{CentralPanel, Context, Frame, Panel, ThemePreference, Ui, ViewportCommand};

use crate::bridge::{Command, Engine, Snapshot, TileState, Wanted};
use crate::device::{Brands, DeviceId, Registry};
use crate::i18n::{Language, Words};
use crate::reconnect::Rank;
use crate::settings::{self, Settings};
use crate::ui::picture::Pictures;
use crate::ui::settings::SettingsDialog;
use crate::ui::tree::Tree;
use crate::ui::{Act, Scene, about, banner, empty, menu, shortcuts, status_bar, theme, wall as wall_screen};
use crate::wall::{Attention, Demand, Need, Shown, Wall, WindowView};
use pace::Pace;
use saving::Saving;
use substreams::Substreams;

/// What the window is told once, at its start.
#[derive(Default)]
pub struct Options {
    /// Given on the command line; stronger than the setting.
    pub language: Option<Language>,
    pub brands: Brands,
    /// Starts the built-in demo recorder; without it the demo is not offered.
    pub try_demo: Option<Box<dyn Fn()>>,
    /// Given on the command line; else as the window was left.
    pub fullscreen: bool,
}

/// The window. The same value runs in eframe and in tests.
pub struct MonomiApp {
    engine: Engine,
    options: Options,
    words: Words,
    snapshot: Arc<Snapshot>,
    view: WindowView,
    saving: Saving,
    demand: Demand,
    shown: Vec<Shown>,
    sent: Vec<Wanted>,
    substreams: Substreams,
    pictures: Pictures,
    tree: Tree,
    dialog: SettingsDialog,
    page: Option<Page>,
    pace: Pace,
    followed: Option<Arc<Registry>>,
    applied: Option<Settings>,
}

/// A small dialog of the Information menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    About,
    Shortcuts,
}

impl MonomiApp {
    /// `ctx`: the context that the window paints with. From here on the engine wakes it.
    #[must_use]
    pub fn new(ctx: &Context, engine: Engine, options: Options) -> Self {
        theme::install(ctx);
        let pace = Pace::new(ctx);
        engine.set_waker(pace.waker());
        let snapshot = engine.snapshot();
        let view = snapshot.windows.first().cloned().unwrap_or_default();
        let mut app = Self {
            words: Words::new(options.language.unwrap_or_default()),
            saving: Saving::new(&view),
            engine,
            options,
            snapshot,
            view,
            demand: Demand::default(),
            shown: Vec::new(),
            sent: Vec::new(),
            substreams: Substreams::default(),
            pictures: Pictures::default(),
            tree: Tree::default(),
            dialog: SettingsDialog::new(),
            page: None,
            pace,
            followed: None,
            applied: None,
        };
        app.follow(ctx);
        let fullscreen = app.options.fullscreen || app.snapshot.settings.start_fullscreen || app.view.fullscreen;
        app.set_fullscreen(ctx, fullscreen);
        app
    }

    /// What the window shows, as it is saved.
    #[must_use]
    pub fn view(&self) -> &WindowView {
        &self.view
    }

    /// The snapshot that is on screen.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Takes the newest snapshot over: registry, language, theme.
    fn follow(&mut self, ctx: &Context) {
        self.snapshot = self.engine.snapshot();
        let registry = &self.snapshot.registry;
        if !self
            .followed
            .as_ref()
            .is_some_and(|followed| Arc::ptr_eq(followed, registry))
        {
            self.view.wall.follow(registry);
            self.substreams.registry_changed();
            let exists = |device: DeviceId| registry.device(device).is_some_and(|device| device.enabled);
            self.demand.retain(|channel| exists(channel.device));
            self.followed = Some(Arc::clone(registry));
        }
        let settings = &*self.snapshot.settings;
        if self.applied.as_ref() != Some(settings) {
            // What the command line said holds until the user chooses a language in the settings.
            let chosen_anew = self
                .applied
                .as_ref()
                .is_some_and(|applied| applied.language != settings.language);
            if chosen_anew {
                self.options.language = None;
            }
            let language = self.options.language.unwrap_or_else(|| language_of(settings.language));
            self.words.set_language(language);
            self.applied = Some(settings.clone());
        }
        let theme = match settings.theme {
            settings::Theme::System => ThemePreference::System,
            settings::Theme::Dark => ThemePreference::Dark,
            settings::Theme::Light => ThemePreference::Light,
        };
        if ctx.options(|options| options.theme_preference) != theme {
            ctx.set_theme(theme);
        }
    }

    /// Says which streams are needed, when that changed.
    fn update_demand(&mut self, ctx: &Context, visible: bool) {
        let (snapshot, substreams, brands) = (&self.snapshot, &mut self.substreams, &self.options.brands);
        substreams.learn(&self.shown, &snapshot.registry, brands);
        let has_sub = |device| substreams.has(device);
        let plays = |stream| {
            snapshot
                .streams
                .get(&stream)
                .is_some_and(|status| status.state == TileState::Live)
        };
        let needs = self.demand.update(&self.shown, visible, has_sub, plays, snapshot.now);
        let wanted: Vec<Wanted> = needs.iter().map(wanted).collect();
        if wanted != self.sent {
            self.pictures
                .retain(|stream| wanted.iter().any(|wanted| wanted.stream == stream));
            self.engine.send(Command::Show(wanted.clone()));
            self.sent = wanted;
        }
        if let Some(at) = self.demand.next_change() {
            ctx.request_repaint_after(
                at.saturating_duration_since(snapshot.now)
                    .max(Duration::from_millis(50)),
            );
        }
        let fps = snapshot
            .streams
            .values()
            .map(|status| status.info.fps)
            .fold(0.0, f32::max);
        self.pace.set_fps(fps);
    }

    fn act(&mut self, ctx: &Context, act: Act) {
        let wall: &mut Wall = &mut self.view.wall;
        match act {
            Act::SetLayout(layout) => wall.set_layout(layout),
            Act::Turn(by) => wall.turn(by),
            Act::Step(direction) => wall.step(direction),
            Act::Select(place) => wall.select(place),
            Act::Alone(place) => {
                if !wall.is_alone() {
                    wall.select(place);
                }
                wall.toggle_alone();
            }
            Act::Put(place, channels) => {
                if !channels.is_empty() {
                    wall.put(place.unwrap_or(wall.selected()), &channels);
                }
            }
            Act::Swap(from, to) => wall.swap(from, to),
            Act::Clear(place) => wall.clear(place),
            Act::ClearPage => wall.clear_page(),
            Act::Fullscreen => self.set_fullscreen(ctx, !self.view.fullscreen),
            Act::Tree => self.view.tree.open = !self.view.tree.open,
            Act::Search => {
                self.view.tree.open = true;
                self.tree.search();
            }
            Act::Figures => {
                let mut settings = (*self.snapshot.settings).clone();
                settings.show_figures = !settings.show_figures;
                self.engine.send(Command::SaveSettings(Box::new(settings)));
            }
            Act::Settings(tab) => self.dialog.open(tab),
            Act::AddDevice => self.dialog.open_new_device(),
            Act::EditDevice(device) => self.dialog.edit_device(device),
            Act::TryDemo => {
                if let Some(try_demo) = &self.options.try_demo {
                    try_demo();
                }
            }
            Act::Shortcuts => self.page = Some(Page::Shortcuts),
            Act::About => self.page = Some(Page::About),
            Act::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Act::Send(command) => self.engine.send(command),
        }
    }

    fn set_fullscreen(&mut self, ctx: &Context, fullscreen: bool) {
        self.view.fullscreen = fullscreen;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(fullscreen));
    }

    fn save_when_at_rest(&mut self) {
        if self.saving.is_due(&self.view, self.snapshot.now) {
            self.engine.send(Command::SaveWindows(vec![self.view.clone()]));
        }
    }

    fn paint(&mut self, ui: &mut Ui) -> Vec<Act> {
        let mut acts = Vec::new();
        let snapshot = Arc::clone(&self.snapshot);
        let scene = Scene {
            snapshot: &snapshot,
            words: &self.words,
        };
        let bar = Frame::new()
            .fill(theme::tokens(ui).panel)
            .inner_margin(egui::Margin::symmetric(8, 3));
        if !self.view.fullscreen {
            Panel::top("menu").frame(bar).show(ui, |ui| {
                menu::show(ui, scene, &self.view.wall, &self.view.tree, &mut acts);
            });
            Panel::bottom("status").frame(bar).exact_size(26.0).show(ui, |ui| {
                status_bar::show(ui, scene, &self.shown, &self.demand);
            });
        }
        let height = banner::height(&snapshot);
        if height > 0.0 {
            let panel = Panel::top("banner").frame(Frame::NONE).show_separator_line(false);
            panel
                .exact_size(height)
                .show(ui, |ui| banner::show(ui, scene, &mut acts));
        }
        if self.view.tree.open && !self.view.fullscreen {
            let panel = Panel::left("tree")
                .frame(
                    Frame::new()
                        .fill(theme::tokens(ui).panel)
                        .inner_margin(egui::Margin::symmetric(4, 0)),
                )
                .default_size(self.view.tree.width.unwrap_or(theme::TREE_WIDTH))
                .min_size(theme::TREE_MIN_WIDTH)
                .max_size(ui.available_width() * 0.6);
            let pane = &mut self.view.tree;
            let width = panel
                .show(ui, |ui| self.tree.show(ui, scene, pane, &mut acts))
                .response
                .rect
                .width();
            let was = self.view.tree.width.unwrap_or(theme::TREE_WIDTH);
            if (width - was).abs() >= 1.0 && ui.input(|input| input.pointer.any_down()) {
                self.view.tree.width = Some(width.round());
            }
        }
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
            if snapshot.registry.devices.is_empty() {
                self.shown.clear();
                empty::show(ui, scene, self.options.try_demo.is_some(), &mut acts);
            } else {
                self.shown = wall_screen::show(ui, scene, &self.view.wall, &self.demand, &mut self.pictures, &mut acts);
            }
        });
        self.paint_dialogs(ui.ctx());
        acts
    }

    fn paint_dialogs(&mut self, ctx: &Context) {
        let scene = Scene {
            snapshot: &self.snapshot,
            words: &self.words,
        };
        self.dialog
            .show(ctx, scene.snapshot, scene.words, &self.engine, &self.options.brands);
        let open = match self.page {
            Some(Page::About) => about::show(ctx, scene),
            Some(Page::Shortcuts) => shortcuts::show(ctx, scene),
            None => true,
        };
        if !open {
            self.page = None;
        }
    }

    fn take_keys(&mut self, ctx: &Context) {
        if self.page.is_some() || self.dialog.is_open() {
            return;
        }
        for act in keys::take(ctx, &self.view, &self.snapshot.registry) {
            self.act(ctx, act);
        }
    }
}

impl eframe::App for MonomiApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.pace.frame_begins();
        self.follow(ctx);
        let visible = ctx.input(|input| input.viewport().visible()) != Some(false);
        if !visible {
            self.update_demand(ctx, false);
        }
        self.save_when_at_rest();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.take_keys(&ctx);
        for act in self.paint(ui) {
            self.act(&ctx, act);
            ctx.request_repaint();
        }
        self.update_demand(&ctx, true);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        if self.saving.is_unsaved(&self.view) {
            self.engine.send(Command::SaveWindows(vec![self.view.clone()]));
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

fn wanted(need: &Need) -> Wanted {
    let rank = match need.attention {
        Attention::Selected => Rank::Selected,
        Attention::Visible => Rank::Visible,
        Attention::Warm => Rank::Background,
    };
    Wanted {
        stream: need.stream,
        rank,
        decode: need.decode,
    }
}

fn language_of(setting: settings::Language) -> Language {
    match setting {
        settings::Language::Auto => Language::of_system(),
        settings::Language::En => Language::En,
        settings::Language::Ja => Language::Ja,
    }
}
