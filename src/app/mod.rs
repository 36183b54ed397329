//! THE WINDOW'S APPLICATION: takes the newest engine state, lets `ui` paint it, carries out what the user asked for,
//! and tells the engine which streams are needed.
//!
//! Belongs here: the one place where an [`Act`] becomes a change of the wall or a command to the engine.
//! Does not belong here: how anything looks (`ui`), what a layout or a page is (`wall`), what happens to a command (`engine`).

mod alarm_wall;
mod alarms;
mod attention;
mod dialogs;
mod keys;
mod kiosk;
mod leading;
mod monitors;
mod pace;
mod painting;
mod playing_back;
mod saving;
mod steering;
mod streams;
mod substreams;
mod touring;
mod virtual_dvr;
mod volume;
mod window;
mod windows;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use egui::{Context, ThemePreference, Ui, ViewportCommand, ViewportId};

use crate::bridge::{Command, EngineHandle, EngineState, OpenAlarm, ProfileAnswer, TileState, Waker};
use crate::i18n::{Language, Words};
use crate::settings_dialog;
use crate::trouble::{self, Trouble};
use crate::ui::choosing::Chooser;
use crate::ui::computer::Painter;
use crate::ui::{Act, Doable, PaintContext, TextSize, theme, tile_tools};
use device::{Brands, DeviceId, Registry};
use dialogs::Dialogs;
use kiosk::Kiosk;
use monitors::AskedAreas;
pub use monitors::{FreeAreas, Monitors};
use pace::Pace;
use saving::Saving;
use settings::{self, Settings, Volume};
pub use steering::JoystickReader;
use steering::Steerer;
use streams::Streams;
use volume::HeardVolume;
use wall::{Monitor, Views, Wall, WindowView};
use window::Window;

/// The options of the window, set once at its start.
#[derive(Default)]
pub struct WindowOptions {
    /// From the command line; overrides the setting.
    pub language: Option<Language>,
    pub brands: Brands,
    /// Starts the built-in demo recorder in a window that looks like this one; without it the demo is not offered.
    pub try_demo: Option<Box<dyn Fn(Language, settings::Theme)>>,
    /// Shows the handbook in this language, outside of the program; `None` only in tests.
    pub open_handbook: Option<Box<dyn Fn(Language)>>,
    /// This is that demo, which its windows say plainly.
    pub demo: bool,
    /// Opens the dialog of the system for files and folders.
    pub chooser: Chooser,
    /// From the command line; without it the window opens as it was left.
    pub fullscreen: bool,
    /// The named view that the first window opens; `None`: what it showed when it was left.
    pub view: Option<String>,
    /// The monitor that the first window opens on, counted from 1 in the system's order; `None`: where it was left.
    pub monitor: Option<usize>,
    /// Asks the system which parts of the desktop no task bar covers; `None`: an assumption does.
    pub free_areas: Option<FreeAreas>,
    /// The folder that the dialog of views proposes for files.
    pub folder: PathBuf,
    /// Set if the window is painted without a GPU: it is called after every new picture instead of a repaint of egui.
    pub picture_waker: Option<Waker>,
    /// What paints the windows.
    pub painter: Painter,
    /// Set for a kiosk: no menu, and no way out but the password. The flag becomes true when the system asks the
    /// program to end.
    pub kiosk: Option<Arc<AtomicBool>>,
    /// Reads the joystick, for who steers a camera; `None` only in tests.
    pub joystick: Option<JoystickReader>,
}

/// All windows. The same value runs in eframe and in tests.
pub struct MonomiApp {
    engine: EngineHandle,
    options: WindowOptions,
    words: Words,
    engine_state: Arc<EngineState>,
    /// What fails in it, the worst first.
    troubles: Arc<Vec<Trouble>>,
    /// Whose pictures are late in it.
    late: Arc<Vec<Trouble>>,
    /// Never empty; the first one is the program's own.
    windows: Vec<Window>,
    /// How many windows were ever opened.
    opened: u64,
    saving: Saving<Vec<WindowView>>,
    volume: HeardVolume,
    /// The named views.
    views: Views,
    /// As far as the system tells.
    monitors: Vec<Monitor>,
    free_areas: Option<AskedAreas>,
    streams: Streams,
    dialogs: Dialogs,
    kiosk: Kiosk,
    pace: Pace,
    steerer: Steerer,
    /// The registry that the walls show, and whether they await more.
    followed: Option<(Arc<Registry>, bool)>,
    /// The windows as the engine read them last.
    arranged: Arc<Vec<WindowView>>,
    /// The views as it read them last.
    viewed: Arc<Views>,
    applied: Option<Settings>,
    /// The calls that attention was asked for.
    attention: u64,
    /// The alarms that are shown.
    alarms: Arc<Vec<OpenAlarm>>,
    /// The answer about the profile whose views and windows were taken over last.
    adopted: Option<Arc<ProfileAnswer>>,
}

impl MonomiApp {
    /// Builds the application. `ctx`: the context that the window paints with; from here on the engine wakes it.
    #[must_use]
    pub fn new(ctx: &Context, engine: EngineHandle, options: WindowOptions) -> Self {
        theme::install(ctx);
        let pace = Pace::new(ctx);
        engine.set_waker(pace.waker());
        engine.set_picture_waker(options.picture_waker.clone().unwrap_or_else(|| pace.waker()));
        let state = engine.state();
        let windows = windows::restored(&state);
        let views = Views::clone(&state.views);
        let mut app = Self {
            words: Words::new(options.language.unwrap_or_default()),
            saving: Saving::new(&windows::state_of(&windows)),
            volume: HeardVolume::new(state.settings.sound_volume),
            opened: windows.len() as u64,
            windows,
            dialogs: Dialogs::new(&options.folder, &options.chooser, options.painter.clone()),
            streams: Streams::new(options.picture_waker.is_some()),
            views,
            monitors: Vec::new(),
            free_areas: None,
            engine,
            options,
            troubles: Arc::new(trouble::find(&state)),
            late: Arc::new(trouble::late(&state)),
            arranged: Arc::clone(&state.windows),
            viewed: Arc::clone(&state.views),
            engine_state: state,
            kiosk: Kiosk::default(),
            pace,
            steerer: Steerer::default(),
            followed: None,
            applied: None,
            adopted: None,
            attention: 0,
            alarms: Arc::default(),
        };
        settings_dialog::recall_sizes(ctx, app.view().dialogs.clone());
        app.attention = app.engine_state.events.attention;
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

    fn set_volume(&mut self, volume: Volume) {
        if self.volume.set(volume) {
            self.engine.send(Command::SetVolume(volume));
        }
    }

    fn save_volume(&mut self, volume: Volume) {
        let mut settings = (*self.engine_state.settings).clone();
        settings.sound_volume = volume;
        self.engine.send(Command::SaveSettings(Box::new(settings)));
    }

    /// Takes the newest engine state over: registry, language, theme.
    fn follow(&mut self, ctx: &Context) {
        let state = self.engine.state();
        if !Arc::ptr_eq(&state, &self.engine_state) {
            self.troubles = Arc::new(trouble::find(&state));
            self.late = Arc::new(trouble::late(&state));
            self.engine_state = state;
        }
        self.take_late_arrangement(ctx);
        self.follow_registry();
        self.adopt();
        self.follow_alarms(ctx);
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
                self.volume.follow(applied.sound_volume, settings.sound_volume);
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
        self.end_unseen_playbacks();
        let (shown, hidden) = self.shown();
        let upcoming = self.upcoming(ctx);
        let (state, brands) = (&self.engine_state, &self.options.brands);
        if let Some(wanted) = self.streams.update(state, brands, (&shown, &hidden), upcoming) {
            self.engine.send(Command::Show(wanted));
        }
        if let Some(wait) = self.streams.next_change(state.now) {
            ctx.request_repaint_after(wait);
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
            Act::Put(Some(place), channels) if !channels.is_empty() => wall.put(place, &channels),
            Act::Put(_, channels) => wall.show(&channels, None),
            Act::PutVirtual(Some(place), id, channels) if !channels.is_empty() => wall.put_from(id, place, &channels),
            Act::PutVirtual(_, id, channels) => wall.show(&channels, Some(id)),
            Act::OpenVirtual(id) => virtual_dvr::open(wall, &self.engine_state.registry, id),
            act @ (Act::NewVirtualDvr(_) | Act::Group | Act::EditVirtualDvr(_) | Act::AddToVirtual(..)) => {
                self.edit_virtual_dvr(ctx, at, act);
            }
            Act::Layouts => self.dialogs.open_layouts(window.id, &self.views, wall),
            Act::Swap(from, to) => wall.swap(from, to),
            Act::Clear(place) => wall.clear(place),
            Act::Crop(place, crop) => wall.set_crop(place, crop),
            Act::Listen(channel) => self.streams.toggle_sound(channel),
            Act::Volume(volume) => self.set_volume(volume),
            Act::ClearPage => wall.clear_page(),
            Act::LeadTo(channels, devices) => self.lead_to(ctx, at, &channels, &devices),
            Act::ClearAll => wall.clear_all(),
            Act::UndoChange => wall.undo(&self.engine_state.registry),
            Act::ForgetChange => wall.forget_change(),
            Act::Fullscreen => {
                let fullscreen = !window.view.fullscreen;
                self.set_fullscreen(ctx, at, fullscreen);
            }
            Act::Tree => window.view.tree.open = !window.view.tree.open,
            Act::Search => {
                window.view.tree.open = true;
                window.tree.search();
            }
            Act::Reveal(device) => window.tree.reveal(device),
            Act::Figures => {
                let mut settings = (*self.engine_state.settings).clone();
                settings.show_figures = !settings.show_figures;
                self.engine.send(Command::SaveSettings(Box::new(settings)));
            }
            Act::Settings(tab) => self.dialogs.open_settings(window.id, tab),
            Act::AddDevice(site) => self.dialogs.open_new_device(window.id, site),
            Act::EditDevice(device) => {
                let refused = has_refused_sign_in(&self.engine_state, device);
                self.dialogs.edit_device(window.id, device, refused);
            }
            Act::EditSite(site) => self.dialogs.edit_site(window.id, site),
            Act::EditDevices(devices) => self.dialogs.edit_devices(window.id, devices),
            Act::RemoveDevices(devices) => {
                if let Some(remove) = self.dialogs.remove_devices(window.id, devices) {
                    self.engine.send(remove);
                }
            }
            Act::TryDemo => {
                if let Some(try_demo) = &self.options.try_demo {
                    try_demo(self.words.language(), self.engine_state.settings.theme);
                }
            }
            Act::Restore => self.dialogs.open_restore(window.id),
            Act::ReportProblem => self.dialogs.open_report(window.id),
            Act::Csv(task) => self.dialogs.open_csv(window.id, task),
            Act::ProfileFile(task) => self.dialogs.open_profile_file(window.id, task),
            Act::Events => self.dialogs.open_events(window.id),
            Act::Handbook => {
                if let Some(open_handbook) = &self.options.open_handbook {
                    open_handbook(self.words.language());
                }
            }
            Act::Shortcuts => self.dialogs.open_shortcuts(window.id),
            Act::Diagnose(what) => self.dialogs.open_diagnosis(window.id, what, &self.engine),
            Act::FindRecorders => self.dialogs.open_finder(window.id, &self.engine_state.settings),
            Act::Computer => self.dialogs.open_computer(window.id),
            Act::Health => self.dialogs.open_health(window.id),
            Act::OwnFigures => self.dialogs.open_own_figures(window.id),
            Act::Recordings(at) => self.dialogs.open_recordings(window.id, at),
            Act::About => self.dialogs.open_about(window.id),
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
            Act::Views { save } => self.dialogs.open_views(window.id, save),
            Act::ViewRenamed(from, to) => self.view_renamed(&from, &to),
            Act::Steer(act) => self.steer(at, act),
            Act::Send(command) => self.engine.send(command),
        }
    }

    fn paint_context(&self, ctx: &Context) -> PaintContext<'_> {
        PaintContext {
            state: &self.engine_state,
            words: &self.words,
            kiosk: self.kiosk.is_on(),
            volume: self.volume.get(),
            troubles: &self.troubles,
            late: &self.late,
            steered: None,
            text: TextSize::of(ctx, self.engine_state.settings.captions),
        }
    }

    fn take_keys(&mut self, ctx: &Context, at: usize) {
        let dialog = self.kiosk.is_asking() || self.dialogs.is_any_open();
        let is_free = !(dialog && self.windows[at].id == self.dialogs.host());
        self.keep_steering(ctx, at, is_free);
        if !is_free {
            return;
        }
        let (demand, view) = (self.streams.demand(), &self.windows[at].view);
        let volume = demand.listened().map(|_| self.volume.get());
        let selected = view.wall.placed(view.wall.selected());
        let doable = selected.map_or_else(Doable::default, |placed| {
            Doable::with(self.paint_context(ctx), demand, placed.channel, placed.crop.choice)
        });
        let steered = self.windows[at].steered;
        let channel = view.wall.selected_channel();
        let recorded = channel.and_then(|channel| self.engine_state.playbacks.get(&channel).cloned());
        for act in keys::take(ctx, view, &self.views, doable, volume, steered, recorded.as_deref()) {
            if matches!(act, Act::Step(_) | Act::Turn(_) | Act::Alone(_)) {
                tile_tools::selected_by_key(ctx);
            }
            self.act(ctx, at, act);
        }
    }
}

impl MonomiApp {
    /// Takes over what is new. Called before every frame, and while no window is to be seen.
    pub fn tick(&mut self, ctx: &Context) {
        self.pace.frame_begins();
        self.follow(ctx);
        self.ask_for_attention(ctx);
        self.windows[0].look_where(ctx);
        for window in &mut self.windows {
            window.look_whether_seen(ctx);
        }
        self.guard_close(ctx);
        if self.windows.iter().all(|window| !window.visible) {
            self.update_demand(ctx);
            self.tell_steering(ctx);
        }
        self.save_when_at_rest();
    }

    /// Paints one frame of all windows. `window`: the native first window, once the system has made it.
    pub fn run(&mut self, ui: &mut Ui, window: Option<&egui_winit::winit::window::Window>) {
        let ctx = ui.ctx().clone();
        self.find_monitors(&ctx, window);
        self.entitle(&ctx);
        self.run_window(ui, 0);
        self.run_further_windows(&ctx);
        self.tell_steering(&ctx);
        self.update_demand(&ctx);
    }

    /// Saves what is not saved yet. Called once, at the end.
    pub fn leave(&mut self) {
        let state = windows::state_of(&self.windows);
        if self.kiosk.forgets() {
            return;
        }
        if let Some(volume) = self.volume.unsaved() {
            self.save_volume(volume);
        }
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

fn has_refused_sign_in(state: &EngineState, device: DeviceId) -> bool {
    let streams = state
        .streams
        .iter()
        .filter(|(stream, _)| stream.channel.device == device);
    streams
        .into_iter()
        .any(|(_, status)| matches!(status.state, TileState::SignInFailed { .. }))
}

/// The language that a setting stands for: `auto` is no language's tag.
#[must_use]
pub fn language_of(setting: settings::Language) -> Language {
    Language::from_tag(setting.as_str()).unwrap_or_else(Language::of_system)
}
