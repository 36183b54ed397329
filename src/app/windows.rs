//! The windows: each has a wall of its own; all share the pictures and the demand for streams.

use std::sync::Arc;

use egui::{Context, Ui, ViewportCommand, ViewportId};
use i18n_embed_fl::fl;

use super::MonomiApp;
use super::saving::Saving;
use super::window::Window;
use crate::bridge::{Command, EngineState, ProfileOutcome};
use crate::settings_dialog;
use crate::ui::{Act, SteerAct};
use wall::{ShownTile, TreePane, Views, Wall, WindowView};

/// The most windows that are restored, so that a damaged file does not fill the desktop.
const MOST: usize = 32;

/// The windows as they were left, at least one.
pub(super) fn restored(state: &EngineState) -> Vec<Window> {
    let saved = state.windows.iter().take(MOST).cloned();
    let saved: Vec<WindowView> = if state.windows.is_empty() {
        vec![WindowView::default()]
    } else {
        saved.collect()
    };
    (0..)
        .zip(saved)
        .map(|(number, view)| Window::new(number, view, &[]))
        .collect()
}

/// What is saved of the windows.
pub(super) fn state_of(windows: &[Window]) -> Vec<WindowView> {
    let saved = |window: &Window| match &window.alarm {
        None => Some(window.view.clone()),
        Some(alarm) => alarm.saved(&window.view),
    };
    windows.iter().filter_map(saved).collect()
}

impl MonomiApp {
    /// Takes over windows and views that could not be read when the program started, or that somebody else wrote since. Windows that
    /// are open take the place of the first ones; the others are opened.
    pub(super) fn take_late_arrangement(&mut self, ctx: &Context) {
        let views = Arc::clone(&self.engine_state.views);
        if !Arc::ptr_eq(&self.viewed, &views) {
            self.views = Views::clone(&views);
            self.viewed = views;
        }
        let late = Arc::clone(&self.engine_state.windows);
        if Arc::ptr_eq(&self.arranged, &late) {
            return;
        }
        self.arranged = Arc::clone(&late);
        self.put_alarms_away();
        for (index, view) in late.iter().take(MOST).enumerate() {
            if let Some(window) = self.windows.get_mut(index) {
                self.kiosk.bring(window.id, view);
                // Where the window stands is the person's.
                let (place, fullscreen) = (window.view.place, window.view.fullscreen);
                let dialogs = std::mem::take(&mut window.view.dialogs);
                window.view = WindowView {
                    place,
                    fullscreen,
                    ..view.clone()
                };
                window.view.dialogs.extend(dialogs);
            } else {
                self.windows
                    .push(Window::new(self.opened, view.clone(), &self.monitors));
                self.opened += 1;
            }
        }
        settings_dialog::recall_sizes(ctx, self.view().dialogs.clone());
        self.saving = Saving::new(&state_of(&self.windows));
        self.followed = None;
        self.follow_registry();
        if let Some(name) = self.options.view.clone() {
            self.open_view(0, &name);
        }
    }

    /// Shows the newest registry on all walls.
    pub(super) fn follow_registry(&mut self) {
        let (registry, awaited) = (&self.engine_state.registry, self.engine_state.registry_awaited);
        let before = self.followed.as_ref();
        if before.is_some_and(|(followed, before)| Arc::ptr_eq(followed, registry) && *before == awaited) {
            return;
        }
        for window in &mut self.windows {
            let wall = &mut window.view.wall;
            match (before, awaited) {
                (None, true) => wall.await_devices(registry),
                (_, false) => wall.stop_awaiting(),
                (Some(_), true) => {}
            }
            wall.follow(registry);
        }
        self.streams.follow(registry);
        self.followed = Some((Arc::clone(registry), awaited));
    }

    /// Paints one frame of one window and carries out what was asked for in it.
    pub(super) fn run_window(&mut self, ui: &mut Ui, at: usize) {
        let ctx = ui.ctx().clone();
        self.windows[at].look_where(&ctx);
        self.windows[at].look_how_large(&ctx);
        self.run_tour(&ctx, at);
        self.hush_for_passers_by(&ctx);
        self.take_keys(&ctx, at);
        for act in self.paint(ui, at) {
            // A hold changes nothing that is painted by itself.
            if !matches!(act, Act::Steer(SteerAct::Hold(..))) {
                ctx.request_repaint();
            }
            self.act(&ctx, at, act);
        }
    }

    /// Paints all windows but the first, which the system has opened already.
    pub(super) fn run_further_windows(&mut self, ctx: &Context) {
        for at in 1..self.windows.len() {
            let window = &self.windows[at];
            let title = self.title(at);
            let builder = window.builder(&title).with_fullscreen(window.view.fullscreen);
            ctx.show_viewport_immediate(window.id, builder, |ui, _| {
                self.run_window(ui, at);
                if ui.input(|input| input.viewport().close_requested()) && self.may_close(at) {
                    self.windows[at].closing = true;
                }
            });
        }
        self.dismiss_closed_alarms();
        let before = self.windows.len();
        self.windows.retain(|window| !window.closing);
        if self.windows.len() < before {
            if !self.windows.iter().any(|window| window.id == self.dialogs.host()) {
                self.dialogs.move_to(self.windows[0].id);
            }
            ctx.request_repaint();
        }
    }

    /// The channels of all windows that can be seen, and those of the windows that cannot. A window that opens shows none
    /// before it has its size.
    pub(super) fn shown(&self) -> (Vec<ShownTile>, Vec<ShownTile>) {
        let of = |visible| {
            let windows = self.windows.iter().filter(|window| window.has_its_size());
            let windows = windows.filter(move |window| window.visible == visible);
            windows.flat_map(|window| window.shown.iter().copied())
        };
        // A device that a hidden window showed may have been removed since.
        let exists = |tile: &ShownTile| {
            let device = self.engine_state.registry.device(tile.channel.device);
            device.is_some_and(|device| device.enabled && device.channel_ids().any(|channel| channel == tile.channel))
        };
        (of(true).collect(), of(false).filter(exists).collect())
    }

    /// Opens a window beside the one at `at`: with a named view, or empty in the same layout.
    pub(super) fn new_window(&mut self, at: usize, view: Option<&str>) {
        if self.windows.len() >= MOST {
            return;
        }
        let beside = &self.windows[at];
        let wall = &beside.view.wall;
        let mut empty = Wall::restore(wall.layout().clone(), Vec::new(), wall.known().clone(), 0, false);
        if wall.is_awaiting() {
            empty.await_devices(&self.engine_state.registry);
        }
        let new = WindowView {
            wall: empty,
            tree: TreePane {
                open: view.is_none(),
                ..beside.view.tree.clone()
            },
            place: beside.beside(),
            ..WindowView::default()
        };
        let mut window = Window::new(self.opened, new, &self.monitors);
        window.show_wholly_on(&self.monitors);
        self.windows.push(window);
        self.opened += 1;
        if let Some(name) = view {
            self.open_view(self.windows.len() - 1, name);
        }
    }

    /// Takes over the views and windows that a restore or an import brought. A window that is open shows what stands in its place
    /// now, and keeps its own place on the desktop.
    pub(super) fn adopt(&mut self) {
        let Some(answer) = self.engine_state.profile.clone() else {
            return;
        };
        if self
            .adopted
            .as_ref()
            .is_some_and(|adopted| Arc::ptr_eq(adopted, &answer))
        {
            return;
        }
        self.adopted = Some(Arc::clone(&answer));
        let (views, windows) = match &answer.outcome {
            Ok(ProfileOutcome::Restored { views, windows, .. } | ProfileOutcome::Imported { views, windows, .. }) => {
                (views, windows)
            }
            Ok(
                ProfileOutcome::Copies(_)
                | ProfileOutcome::Exported { .. }
                | ProfileOutcome::Looked(_)
                | ProfileOutcome::CsvLooked(_)
                | ProfileOutcome::ReportGathered(_),
            )
            | Err(_) => {
                return;
            }
        };
        self.views = views.clone();
        self.put_alarms_away();
        for (at, restored) in windows.iter().take(MOST).enumerate() {
            let mut wall = restored.wall.clone();
            wall.follow(&self.engine_state.registry);
            if let Some(window) = self.windows.get_mut(at) {
                window.view.wall = wall;
                window.view.view.clone_from(&restored.view);
                window.view.tree.clone_from(&restored.tree);
            } else {
                let restored = WindowView {
                    wall,
                    ..restored.clone()
                };
                self.windows.push(Window::new(self.opened, restored, &self.monitors));
                self.opened += 1;
            }
        }
    }

    /// Shows a named view in the window at `at`.
    pub(super) fn open_view(&mut self, at: usize, name: &str) {
        let Some(view) = self.views.find(name) else { return };
        let registry = &self.engine_state.registry;
        let window = &mut self.windows[at];
        // Behind an alarm it waits until that is over.
        let behind = window.alarm.as_mut().and_then(|alarm| alarm.before.as_mut());
        let (wall, name) = match behind {
            Some((wall, name)) => (wall, name),
            None => (&mut window.view.wall, &mut window.view.view),
        };
        *wall = view.on(wall, registry);
        *name = Some(view.name.clone());
    }

    pub(super) fn view_renamed(&mut self, from: &str, to: &str) {
        for window in &mut self.windows {
            let before = window.alarm.as_mut().and_then(|alarm| alarm.before.as_mut());
            let names = before.map(|(_, name)| name).into_iter().chain([&mut window.view.view]);
            for name in names.filter(|name| name.as_deref() == Some(from)) {
                *name = Some(to.to_owned());
            }
        }
    }

    /// Tells the system the title of the first window, where it changed.
    pub(super) fn entitle(&mut self, ctx: &Context) {
        let title = self.title(0);
        if self.windows[0].title != title {
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Title(title.clone()));
            self.windows[0].title = title;
        }
    }

    /// The window's title: the view's name first, because a task bar cuts the end off.
    fn title(&self, at: usize) -> String {
        let program = fl!(self.words, "app-name");
        let program = match self.options.demo {
            true => fl!(self.words, "demo-title", program = program),
            false => program,
        };
        if self.windows[at].alarm.is_some() {
            let alarm = fl!(self.words, "alarm-title");
            return format!("{alarm} — {program}");
        }
        match (&self.windows[at].view.view, at) {
            (Some(view), _) => format!("{view} — {program}"),
            (None, 0) => program,
            // Windows without a view are told apart by their numbers.
            (None, at) => format!("{program} {}", at + 1),
        }
    }

    pub(super) fn set_fullscreen(&mut self, ctx: &Context, at: usize, fullscreen: bool) {
        let window = &mut self.windows[at];
        window.view.fullscreen = fullscreen;
        ctx.send_viewport_cmd_to(window.id, ViewportCommand::Fullscreen(fullscreen));
    }

    pub(super) fn save_when_at_rest(&mut self) {
        if self.kiosk.forgets() {
            return;
        }
        if let Some(volume) = self.volume.due(self.engine_state.now) {
            self.save_volume(volume);
        }
        let state = state_of(&self.windows);
        if self.saving.is_due(&state, self.engine_state.now) {
            self.engine.send(Command::SaveWindows(state));
        }
    }
}
