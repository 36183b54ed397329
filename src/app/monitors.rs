//! Which monitors there are, and on which of them the windows stand.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use egui::{Context, ViewportCommand};
use egui_winit::winit::window::Window;

use super::MonomiApp;
use crate::bridge::{Command, NoticeKind};
use wall::{Monitor, WindowPlace};

/// Asks on a thread of its own, because a display server may not answer; the answer is empty where the system does not tell. Each
/// rectangle: left, top, width, height in pixels of the desktop.
pub type FreeAreas = Box<dyn Fn(Context) -> Arc<OnceLock<Vec<[f32; 4]>>>>;

/// The question that was put to the system.
pub(super) struct AskedAreas {
    answer: Arc<OnceLock<Vec<[f32; 4]>>>,
    /// In seconds of egui's clock.
    since: f64,
}

/// So many seconds are waited for the answer: a window that shrinks later is in the way.
const PATIENCE: f64 = 0.5;

/// The monitors in the system's order.
#[derive(Clone, Debug, Default)]
pub struct Monitors {
    /// Left, top, width and height in points; empty where the system does not tell.
    pub areas: Vec<[f32; 4]>,
    /// What people know them by: connector or model, and size in pixels.
    pub names: Vec<String>,
    /// The index of the one that the first window is on.
    pub here: Option<usize>,
    /// The parts of the desktop that no task bar covers, as far as the system tells.
    pub free: Vec<[f32; 4]>,
}

impl Monitors {
    /// The monitors as the native window reports them.
    fn of(ctx: &Context, window: &Window) -> Self {
        let (scale, here) = (ctx.pixels_per_point(), window.current_monitor());
        let mut monitors = Self::default();
        for monitor in window.available_monitors() {
            let (at, size) = (monitor.position(), monitor.size());
            if size.width == 0 {
                continue;
            }
            if here.as_ref() == Some(&monitor) {
                monitors.here = Some(monitors.areas.len());
            }
            let area = [at.x as f32, at.y as f32, size.width as f32, size.height as f32];
            monitors.areas.push(area.map(|pixels| pixels / scale));
            let name = monitor.name().filter(|name| !name.is_empty());
            let name = name.map(|name| format!("{name}, ")).unwrap_or_default();
            monitors.names.push(format!("{name}{}×{}", size.width, size.height));
        }
        monitors
    }
}

impl MonomiApp {
    /// Learns the monitors once, as soon as the system reports them.
    pub(super) fn find_monitors(&mut self, ctx: &Context, window: Option<&Window>) {
        if self.monitors.is_empty()
            && let Some(window) = window
        {
            let Some(free) = self.free_areas(ctx) else { return };
            let scale = ctx.pixels_per_point();
            let free = free.into_iter().map(|area| area.map(|pixels| pixels / scale));
            let monitors = Monitors {
                free: free.collect(),
                ..Monitors::of(ctx, window)
            };
            self.learn_monitors(ctx, &monitors);
        }
    }

    /// What the system says is free, in pixels; `None`: it may say so in a moment.
    fn free_areas(&mut self, ctx: &Context) -> Option<Vec<[f32; 4]>> {
        let Some(ask) = &self.options.free_areas else {
            return Some(Vec::new());
        };
        let now = ctx.input(|input| input.time);
        let asked = self.free_areas.get_or_insert_with(|| AskedAreas {
            answer: ask(ctx.clone()),
            since: now,
        });
        let left = PATIENCE - (now - asked.since);
        match asked.answer.get() {
            Some(areas) => Some(areas.clone()),
            None if left <= 0.0 => Some(Vec::new()),
            None => {
                ctx.request_repaint_after(Duration::from_secs_f64(left));
                None
            }
        }
    }

    /// Takes over the monitors: moves windows off those that are gone, and the first window to the one that the command
    /// line named.
    pub fn learn_monitors(&mut self, ctx: &Context, monitors: &Monitors) {
        let monitor = |area: &[f32; 4]| Monitor {
            area: *area,
            work: Monitor::work_of(*area, &monitors.free),
        };
        self.monitors = monitors.areas.iter().map(monitor).collect();
        if self.monitors.is_empty() {
            return;
        }
        for number in 1..self.windows.len() {
            self.windows[number].keep_on(&self.monitors);
        }
        let first = &mut self.windows[0];
        let saved = self
            .engine_state
            .windows
            .first()
            .map(|saved| saved.place)
            .unwrap_or_default();
        let mut place = saved.on(&self.monitors);
        if place.at.is_none() {
            // The system chooses where, so that the size alone can be seen to.
            let here = monitors.here.or((self.monitors.len() == 1).then_some(0));
            let size = saved.size.unwrap_or(WindowPlace::FIRST_SIZE);
            let fitting = here.map_or(size, |here| WindowPlace::fitting(size, self.monitors[here]));
            if fitting != size {
                place.size = Some(fitting);
            }
        }
        if place != saved {
            first.put(ctx, place);
        }
        if let Some(wanted) = self.options.monitor {
            self.go_to_monitor(ctx, wanted, monitors);
        }
    }

    /// Puts the first window on the monitor of this number, counted from 1; where there is none, the window says so.
    fn go_to_monitor(&mut self, ctx: &Context, number: usize, monitors: &Monitors) {
        let index = number.saturating_sub(1);
        let first = &mut self.windows[0];
        let Some(monitor) = self.monitors.get(index).copied() else {
            let here = first.monitor(&self.monitors).or(monitors.here);
            tracing::warn!(number, monitors = ?monitors.names, ?here, "there is no such monitor; the window stays");
            self.engine.send(Command::Tell(NoticeKind::NoSuchMonitor {
                number,
                monitors: monitors.names.clone(),
                here: here.map(|index| index + 1),
            }));
            return;
        };
        if first.view.fullscreen {
            ctx.send_viewport_cmd(ViewportCommand::SetMonitor(index));
        } else {
            let size = first.view.place.size.unwrap_or(WindowPlace::FIRST_SIZE);
            let size = WindowPlace::fitting(size, monitor);
            let [left, top, width, height] = monitor.work.unwrap_or(monitor.area);
            let at = [left + (width - size[0]) / 2.0, top + (height - size[1]) / 2.0];
            let place = WindowPlace {
                at: Some(at),
                size: Some(size),
                maximized: false,
            };
            first.put(ctx, place);
        }
    }
}
