//! THE WINDOW'S APPLICATION: takes the newest engine state, lets `ui` paint it, carries out what the user asked for,
//! and tells the engine which streams are needed.
//!
//! Belongs here: the one place where an [`Act`] becomes a change of the wall or a command to the engine.
//! Does not belong here: how anything looks (`ui`), what a layout or a page is (`wall`), what happens to a command (`engine`).

mod keys;
mod kiosk;
mod monitors;
mod pace;
mod painting;
mod saving;
mod substreams;
mod touring;
mod virtual_dvr;
mod volume;
mod window;
mod windows;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use egui::{CentralPanel, Context, Frame, Panel, ThemePreference, Ui, ViewportCommand, ViewportId};

use crate::bridge::{Command, EngineHandle, EngineState, TileState, Waker, WantedStream};
use crate::i18n::{Language, Words};
use crate::settings_dialog::SettingsDialog;
use crate::ui::layout_editor::LayoutEditor;
use crate::ui::picture::Pictures;
use crate::ui::views::ViewsDialog;
use crate::ui::virtual_dvr::VirtualDvrDialog;
use crate::ui::{Act, PaintContext, about, banner, empty, menu, shortcuts, status_bar, theme, wall as wall_screen};
use device::{Brands, DeviceId, Registry};
use kiosk::Kiosk;
pub use monitors::Monitors;
use pace::Pace;
use reconnect::Rank;
use saving::Saving;
use settings::{self, Settings, Volume};
use substreams::Substreams;
use wall::{Attention, Demand, Need, Views, Wall, WindowView};
use window::Window;

/// The options of the window, set once at its start.
#[derive(Default)]
pub struct WindowOptions {
    /// From the command line; overrides the setting.
    pub language: Option<Language>,
    pub brands: Brands,
    /// Starts the built-in demo recorder; without it the demo is not offered.
    pub try_demo: Option<Box<dyn Fn()>>,
    /// From the command line; without it the window opens as it was left.
    pub fullscreen: bool,
    /// The named view that the first window opens; `None`: what it showed when it was left.
    pub view: Option<String>,
    /// The monitor that the first window opens on, counted from 1 in the system's order; `None`: where it was left.
    pub monitor: Option<usize>,
    /// The folder that the dialog of views proposes for files.
    pub folder: PathBuf,
    /// Set if the window is painted without a GPU: it is called after every new picture instead of a repaint of egui.
    pub picture_waker: Option<Waker>,
    /// Set for a kiosk: no menu, and no way out but the password. The flag becomes true when the system asks the
    /// program to end.
    pub kiosk: Option<Arc<AtomicBool>>,
}

/// All windows. The same value runs in eframe and in tests.
pub struct MonomiApp {
    engine: EngineHandle,
    options: WindowOptions,
    words: Words,
    engine_state: Arc<EngineState>,
    /// Never empty; the first one is the program's own.
    windows: Vec<Window>,
    /// How many windows were ever opened.
    opened: u64,
    saving: Saving<Vec<WindowView>>,
    /// The volume of the channel that is heard.
    volume: Volume,
    saving_volume: Saving<Volume>,
    /// The named views.
    views: Views,
    /// Left, top, width and height in points, as far as the system tells.
    monitors: Vec<[f32; 4]>,
    demand: Demand,
    sent: Vec<WantedStream>,
    substreams: Substreams,
    pictures: Pictures,
    dialog: SettingsDialog,
    virtual_dvr: VirtualDvrDialog,
    layout_editor: LayoutEditor,
    page: Option<InfoDialog>,
    kiosk: Kiosk,
    views_dialog: ViewsDialog,
    /// The window that dialogs are shown in.
    host: ViewportId,
    pace: Pace,
    followed: Option<Arc<Registry>>,
    applied: Option<Settings>,
}

/// A small dialog of the Information menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InfoDialog {
    About,
    Shortcuts,
}

impl MonomiApp {
    /// Builds the application. `ctx`: the context that the window paints with; from here on the engine wakes it.
    #[must_use]
    pub fn new(ctx: &Context, engine: EngineHandle, options: WindowOptions) -> Self {
        theme::install(ctx);
        let pace = Pace::new(ctx);
        let pictures = Pictures::new(options.picture_waker.is_some());
        engine.set_waker(pace.waker());
        engine.set_picture_waker(options.picture_waker.clone().unwrap_or_else(|| pace.waker()));
        let state = engine.state();
        let windows = windows::restored(&state);
        let views = Views::clone(&state.views);
        let mut app = Self {
            words: Words::new(options.language.unwrap_or_default()),
            saving: Saving::new(&windows::state_of(&windows)),
            volume: state.settings.sound_volume,
            saving_volume: Saving::new(&state.settings.sound_volume),
            opened: windows.len() as u64,
            windows,
            views_dialog: ViewsDialog::new(&options.folder),
            views,
            monitors: Vec::new(),
            host: ViewportId::ROOT,
            engine,
            options,
            engine_state: state,
            demand: Demand::default(),
            sent: Vec::new(),
            substreams: Substreams::default(),
            pictures,
            dialog: SettingsDialog::new(),
            virtual_dvr: VirtualDvrDialog::default(),
            layout_editor: LayoutEditor::default(),
            page: None,
            kiosk: Kiosk::default(),
            pace,
            followed: None,
            applied: None,
        };
        app.follow(ctx);
        if let Some(name) = app.options.view.clone() {
            app.open_view(0, &name);
        }
        app.resume_tours();
        let fullscreen = app.options.fullscreen || app.engine_state.settings.start_fullscreen || app.view().fullscreen;
        app.set_fullscreen(ctx, 0, fullscreen);
        if let Some(ending) = app.options.kiosk.clone() {
            app.begin_kiosk(ctx, ending);
        }
        app
    }

    /// What the first window shows, in the form that is saved.
    #[must_use]
    pub fn view(&self) -> &WindowView {
        &self.windows[0].view
    }

    /// The engine state that is on screen.
    #[must_use]
    pub fn engine_state(&self) -> &EngineState {
        &self.engine_state
    }

    /// Takes the newest engine state over: registry, language, theme.
    fn follow(&mut self, ctx: &Context) {
        self.engine_state = self.engine.state();
        let registry = &self.engine_state.registry;
        if !self
            .followed
            .as_ref()
            .is_some_and(|followed| Arc::ptr_eq(followed, registry))
        {
            for window in &mut self.windows {
                window.view.wall.follow(registry);
            }
            self.substreams.registry_changed();
            let exists = |device: DeviceId| registry.device(device).is_some_and(|device| device.enabled);
            self.demand.retain(|channel| exists(channel.device));
            self.followed = Some(Arc::clone(registry));
        }
        let settings = Arc::clone(&self.engine_state.settings);
        if self.applied.as_ref() != Some(&*settings) {
            // The language of the command line holds until the user chooses one in the settings.
            let chosen_anew = self
                .applied
                .as_ref()
                .is_some_and(|applied| applied.language != settings.language);
            if chosen_anew {
                self.options.language = None;
            }
            let language = self.options.language.unwrap_or_else(|| language_of(settings.language));
            self.words.set_language(language);
            if let Some(applied) = &self.applied {
                self.follow_volume(applied.sound_volume, settings.sound_volume);
            }
            self.applied = Some((*settings).clone());
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

    /// Tells the engine which streams are needed, if that changed.
    fn update_demand(&mut self, ctx: &Context) {
        let (shown, hidden) = self.shown();
        let upcoming = self.upcoming(ctx);
        let (state, substreams, brands) = (&self.engine_state, &mut self.substreams, &self.options.brands);
        let soon = upcoming.iter().map(|upcoming| &upcoming.tile);
        let all = shown.iter().chain(&hidden).chain(soon);
        substreams.learn(all, &state.registry, brands);
        self.demand.expect(upcoming);
        let has_sub = |device| substreams.has(device);
        let plays = |stream| {
            state
                .streams
                .get(&stream)
                .is_some_and(|status| status.state == TileState::Live)
        };
        self.demand.set_relief(state.totals.relief);
        let needs = self.demand.update(&shown, &hidden, has_sub, plays, state.now);
        let wanted: Vec<WantedStream> = needs.iter().map(wanted).collect();
        if wanted != self.sent {
            self.pictures
                .retain(|stream| wanted.iter().any(|wanted| wanted.stream == stream));
            self.engine.send(Command::Show(wanted.clone()));
            self.sent = wanted;
        }
        if let Some(at) = self.demand.next_change() {
            ctx.request_repaint_after(at.saturating_duration_since(state.now).max(Duration::from_millis(50)));
        }
        let fps = state.streams.values().map(|status| status.info.fps).fold(0.0, f32::max);
        self.pace.set_fps(fps);
    }

    /// Carries out an act of the window at `at`. Afterwards that window may be gone.
    fn act(&mut self, ctx: &Context, at: usize, act: Act) {
        if !self.may(at, &act) {
            return;
        }
        let window = &mut self.windows[at];
        let wall: &mut Wall = &mut window.view.wall;
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
            Act::PutVirtual(place, id, channels) => {
                if !channels.is_empty() {
                    wall.put_from(id, place.unwrap_or(wall.selected()), &channels);
                }
            }
            Act::OpenVirtual(id) => virtual_dvr::open(wall, &self.engine_state.registry, id),
            act @ (Act::NewVirtualDvr(_) | Act::Group | Act::EditVirtualDvr(_) | Act::AddToVirtual(..)) => {
                self.edit_virtual_dvr(ctx, at, act);
            }
            Act::Layouts => {
                self.host = window.id;
                self.layout_editor.open(&self.views.layouts, wall);
            }
            Act::Swap(from, to) => wall.swap(from, to),
            Act::Clear(place) => wall.clear(place),
            Act::Crop(place, crop) => wall.set_crop(place, crop),
            Act::Listen(channel) => self.demand.toggle_sound(channel),
            Act::Volume(volume) => self.set_volume(volume),
            Act::ClearPage => wall.clear_page(),
            Act::Fullscreen => {
                let fullscreen = !window.view.fullscreen;
                self.set_fullscreen(ctx, at, fullscreen);
            }
            Act::Tree => window.view.tree.open = !window.view.tree.open,
            Act::Search => {
                window.view.tree.open = true;
                window.tree.search();
            }
            Act::Figures => {
                let mut settings = (*self.engine_state.settings).clone();
                settings.show_figures = !settings.show_figures;
                self.engine.send(Command::SaveSettings(Box::new(settings)));
            }
            Act::Settings(tab) => {
                self.host = window.id;
                self.dialog.open(tab);
            }
            Act::AddDevice(site) => {
                self.host = window.id;
                self.dialog.open_new_device(site);
            }
            Act::EditDevice(device) => {
                self.host = window.id;
                self.dialog.edit_device(device);
            }
            Act::TryDemo => {
                if let Some(try_demo) = &self.options.try_demo {
                    try_demo();
                }
            }
            Act::Shortcuts => {
                self.host = window.id;
                self.page = Some(InfoDialog::Shortcuts);
            }
            Act::About => {
                self.host = window.id;
                self.page = Some(InfoDialog::About);
            }
            Act::Quit => ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close),
            Act::Tour => self.toggle_tour(at),
            Act::ResumeTour => window.tour.resume(self.engine_state.now),
            Act::NewWindow => self.new_window(at, None),
            Act::CloseWindow => {
                if !window.is_first() {
                    window.closing = true;
                }
            }
            Act::OpenView(name) => self.open_view(at, &name),
            Act::OpenViewInNewWindow(name) => self.new_window(at, Some(&name)),
            Act::Views { save } => {
                self.host = window.id;
                self.views_dialog.open(save);
            }
            Act::ViewRenamed(from, to) => self.view_renamed(&from, &to),
            Act::Send(command) => self.engine.send(command),
        }
    }

    fn take_keys(&mut self, ctx: &Context, at: usize) {
        let dialog = self.page.is_some()
            || self.kiosk.is_asking()
            || self.dialog.is_open()
            || self.views_dialog.is_open()
            || self.virtual_dvr.is_open()
            || self.layout_editor.is_open();
        if dialog && self.windows[at].id == self.host {
            return;
        }
        let volume = self.demand.listened().map(|_| self.volume);
        for act in keys::take(
            ctx,
            &self.windows[at].view,
            &self.views,
            &self.engine_state.registry,
            volume,
        ) {
            self.act(ctx, at, act);
        }
    }
}

impl MonomiApp {
    /// Takes over what is new. Called before every frame, and while no window is to be seen.
    pub fn tick(&mut self, ctx: &Context) {
        self.pace.frame_begins();
        self.follow(ctx);
        self.windows[0].look_where(ctx);
        for window in &mut self.windows {
            window.look_whether_seen(ctx);
        }
        self.guard_close(ctx);
        if self.windows.iter().all(|window| !window.visible) {
            self.update_demand(ctx);
        }
        self.save_when_at_rest();
    }

    /// Paints one frame of all windows. `window`: the native first window, once the system has made it.
    pub fn run(&mut self, ui: &mut Ui, window: Option<&egui_winit::winit::window::Window>) {
        let ctx = ui.ctx().clone();
        self.find_monitors(&ctx, window);
        self.run_window(ui, 0);
        self.run_further_windows(&ctx);
        self.update_demand(&ctx);
    }

    /// Saves what is not saved yet. Called once, at the end.
    pub fn leave(&mut self) {
        let state = windows::state_of(&self.windows);
        if self.kiosk.forgets() {
            return;
        }
        self.save_volume(true);
        if self.saving.is_unsaved(&state) {
            self.engine.send(Command::SaveWindows(state));
        }
    }
}

impl eframe::App for MonomiApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.tick(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.run(ui, frame.winit_window().map(|window| &**window));
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.leave();
    }
}

fn wanted(need: &Need) -> WantedStream {
    let rank = match need.attention {
        Attention::Selected => Rank::Selected,
        Attention::Visible => Rank::Visible,
        Attention::Warm => Rank::Background,
    };
    WantedStream {
        stream: need.stream,
        rank,
        decode: need.decode,
        listen: need.listen,
    }
}

/// The language that a setting stands for.
#[must_use]
pub fn language_of(setting: settings::Language) -> Language {
    match setting {
        settings::Language::Auto => Language::of_system(),
        settings::Language::En => Language::En,
        settings::Language::Ja => Language::Ja,
    }
}
