//! Windows that show what alarms opened. The engine says which alarms are open; here stands where they are shown. They are never saved, and a wall
//! whose place they took comes back.

use std::sync::Arc;

use egui::Context;

use super::MonomiApp;
use super::alarm_wall::{AlarmPlace, AlarmWall};
use super::window::Window;
use crate::bridge::Command;
use device::ChannelId;
use events::EventId;
use wall::{Layout, TreePane, Wall, WindowPlace, WindowView};

/// The smallest layout for so many cameras.
fn layout(cameras: usize) -> Layout {
    match cameras {
        0 | 1 => Layout::One,
        2..=4 => Layout::Four,
        5..=9 => Layout::Nine,
        _ => Layout::Sixteen,
    }
}

impl MonomiApp {
    /// Opens, fills and closes the windows of alarms as the engine says.
    pub(super) fn follow_alarms(&mut self, ctx: &Context) {
        // At a kiosk nobody could dismiss them.
        let alarms = match self.kiosk.is_on() {
            true => Arc::default(),
            false => Arc::clone(&self.engine_state.events.alarms),
        };
        if self.alarms == alarms {
            return;
        }
        self.alarms = Arc::clone(&alarms);
        let mut wanted: Vec<(AlarmPlace, Vec<ChannelId>)> = Vec::new();
        for alarm in alarms.iter() {
            let place = AlarmPlace::of(alarm);
            let at = wanted.iter().position(|(known, _)| *known == place);
            let at = at.unwrap_or_else(|| {
                wanted.push((place, Vec::new()));
                wanted.len() - 1
            });
            for camera in &alarm.cameras {
                if !wanted[at].1.contains(camera) {
                    wanted[at].1.push(*camera);
                }
            }
        }
        let registry = Arc::clone(&self.engine_state.registry);
        for window in &mut self.windows {
            let is_wanted = |alarm: &AlarmWall| wanted.iter().any(|(place, _)| *place == alarm.place);
            let Some(alarm) = window.alarm.take_if(|alarm| !is_wanted(alarm)) else {
                continue;
            };
            match alarm.before {
                Some((mut wall, view)) => {
                    wall.follow(&registry);
                    (window.view.wall, window.view.view) = (wall, view);
                }
                None => {
                    window.alarm = Some(alarm);
                    window.closing = true;
                }
            }
        }
        for (place, cameras) in wanted {
            self.show_alarms(place, cameras);
        }
        ctx.request_repaint();
    }

    /// Has the operator's windows alone be there, as they are without alarms. What is open for alarms is opened anew afterwards.
    pub(super) fn put_alarms_away(&mut self) {
        let registry = Arc::clone(&self.engine_state.registry);
        for window in &mut self.windows {
            if let Some(AlarmWall {
                before: Some((mut wall, view)),
                ..
            }) = window.alarm.take_if(|alarm| alarm.before.is_some())
            {
                wall.follow(&registry);
                (window.view.wall, window.view.view) = (wall, view);
            }
        }
        // To close them would be to dismiss what they show.
        self.windows.retain(|window| window.alarm.is_none());
        if !self.windows.iter().any(|window| window.id == self.dialogs.host()) {
            self.dialogs.move_to(self.windows[0].id);
        }
        self.alarms = Arc::default();
    }

    fn show_alarms(&mut self, place: AlarmPlace, cameras: Vec<ChannelId>) {
        let shows =
            |window: &Window| !window.closing && window.alarm.as_ref().is_some_and(|alarm| alarm.place == place);
        if let Some(at) = self.windows.iter().position(shows) {
            let wall = self.alarm_wall(&cameras);
            let window = &mut self.windows[at];
            if let Some(alarm) = window.alarm.as_mut().filter(|alarm| alarm.cameras != cameras) {
                alarm.cameras = cameras;
                window.view.wall = wall;
            }
            return;
        }
        let wall = self.alarm_wall(&cameras);
        let on_monitor = place.monitor.map(|number| usize::from(number).saturating_sub(1));
        if place.replaces
            && let Some(at) = self.window_on(on_monitor)
        {
            let window = &mut self.windows[at];
            let before = Some((std::mem::replace(&mut window.view.wall, wall), window.view.view.take()));
            window.alarm = Some(AlarmWall { place, cameras, before });
            return;
        }
        let monitor = on_monitor.and_then(|index| self.monitors.get(index).copied());
        let beside = self.windows[0].beside();
        let opened_at = monitor.map_or(beside, |monitor| {
            let [left, top, width, height] = monitor.work.unwrap_or(monitor.area);
            let size = WindowPlace::fitting(WindowPlace::FIRST_SIZE, monitor);
            WindowPlace {
                at: Some([left + (width - size[0]) / 2.0, top + (height - size[1]) / 2.0]),
                size: Some(size),
                maximized: true,
            }
        });
        let view = WindowView {
            wall,
            tree: TreePane {
                open: false,
                ..self.windows[0].view.tree.clone()
            },
            place: opened_at,
            ..WindowView::default()
        };
        let mut window = Window::new(self.opened, view, &self.monitors);
        window.show_wholly_on(&self.monitors);
        let before = None;
        window.alarm = Some(AlarmWall { place, cameras, before });
        self.windows.push(window);
        self.opened += 1;
    }

    /// The operator's window on this monitor; on any, the first one.
    fn window_on(&self, monitor: Option<usize>) -> Option<usize> {
        let is_there = |window: &Window| monitor.is_none() || window.monitor(&self.monitors) == monitor;
        self.windows
            .iter()
            .position(|window| window.alarm.is_none() && !window.closing && is_there(window))
    }

    fn alarm_wall(&self, cameras: &[ChannelId]) -> Wall {
        let known = self.windows[0].view.wall.known().clone();
        let mut wall = Wall::restore(layout(cameras.len()), Vec::new(), known, 0, false);
        wall.show(cameras, None);
        wall.forget_change();
        wall
    }

    /// A person closed a window of alarms: what it showed is dismissed.
    pub(super) fn dismiss_closed_alarms(&self) {
        let closed = self.windows.iter().filter(|window| window.closing);
        let shown = closed.filter_map(|window| window.alarm.as_ref());
        let ids: Vec<EventId> = shown
            .flat_map(|alarm| alarm.shown(&self.alarms))
            .map(|alarm| alarm.about.event.id)
            .collect();
        if !ids.is_empty() {
            self.engine.send(Command::DismissAlarms(ids));
        }
    }
}
