//! Tours: the stops of a window, when it goes to the next one, and the streams that the next one needs.

use egui::{Context, Event, Key};

use super::MonomiApp;
use super::window::Window;
use crate::bridge::TileState;
use crate::ui::status_bar::TourLine;
use device::{ChannelId, StreamId, StreamKind};
use reconnect::Stage;
use wall::{Over, ShownTile, Tile, TourState, Upcoming, Wall};

impl MonomiApp {
    /// How long each stop of a tour in the window at `at` is shown, in seconds.
    fn stops(&self, at: usize) -> Vec<u32> {
        let plan = self.views.tour;
        match plan.over {
            Over::Views => self
                .views
                .list()
                .iter()
                .map(|view| view.seconds.unwrap_or(plan.seconds))
                .collect(),
            Over::Pages => vec![plan.seconds; self.windows[at].view.wall.pages()],
        }
    }

    /// The wall that the window at `at` shows at a stop.
    fn wall_at(&self, at: usize, stop: usize) -> Option<Wall> {
        let wall = &self.windows[at].view.wall;
        match self.views.tour.over {
            Over::Views => Some(self.views.list().get(stop)?.on(wall, &self.engine_state.registry)),
            Over::Pages => {
                let mut wall = wall.clone();
                wall.leave_alone();
                wall.select(stop * wall.layout().tiles());
                Some(wall)
            }
        }
    }

    /// Starts the tour of the window, or stops it.
    pub(super) fn toggle_tour(&mut self, at: usize) {
        let on = !self.windows[at].tour.is_on() && self.stops(at).len() > 1;
        let window = &mut self.windows[at];
        window.view.touring = on;
        if on {
            window.tour.start(self.engine_state.now);
        } else {
            window.tour.stop();
        }
    }

    /// Pauses a tour that is touched, and goes to the next stop when it is time.
    pub(super) fn run_tour(&mut self, ctx: &Context, at: usize) {
        // What an alarm shows stays on screen until it is over or somebody has dismissed it.
        if !self.windows[at].tour.is_on() || self.windows[at].alarm.is_some() {
            return;
        }
        let now = self.engine_state.now;
        if touched(ctx) {
            self.windows[at].tour.touched(now);
        }
        if !self.windows[at].visible {
            return;
        }
        let stops = self.stops(at);
        let here = self.here(at);
        let mut tour = self.windows[at].tour;
        let go = tour.poll(
            here,
            &stops,
            self.views.tour.skip_dead,
            |stop| self.is_alive(at, stop),
            now,
        );
        self.windows[at].tour = tour;
        let Some(stop) = go else { return };
        match self.views.tour.over {
            Over::Views => {
                if let Some(name) = self.views.list().get(stop).map(|view| view.name.clone()) {
                    self.open_view(at, &name);
                }
            }
            Over::Pages => {
                if let Some(wall) = self.wall_at(at, stop) {
                    self.windows[at].view.wall = wall;
                }
            }
        }
    }

    /// The streams that the next stops of all windows need.
    pub(super) fn upcoming(&self, ctx: &Context) -> Vec<Upcoming> {
        let mut upcoming = Vec::new();
        let seen = |window: &Window| window.visible && window.alarm.is_none() && window.has_its_size();
        for (at, window) in self.windows.iter().enumerate().filter(|(_, window)| seen(window)) {
            let Some(ahead) = window.tour.ahead(&self.stops(at), self.engine_state.now) else {
                continue;
            };
            let tiles = self
                .wall_at(at, ahead.stop)
                .map(|wall| wall.tiles())
                .unwrap_or_default();
            let page = window.page_size * ctx.pixels_per_point();
            let count = self.enabled(&tiles).count();
            upcoming.extend(self.enabled(&tiles).map(|(tile, channel)| {
                let [left, top, right, bottom] = tile.area;
                let body = [page.x * (right - left), page.y * (bottom - top)];
                Upcoming {
                    tile: ShownTile {
                        channel,
                        height: tile.crop.height(self.streams.shape(channel), body),
                        selected: tile.selected,
                        crop: tile.crop,
                        tiles: count,
                    },
                    decode: ahead.decode,
                }
            }));
        }
        upcoming
    }

    /// The state of the tour for menu and status bar.
    pub(super) fn tour_line(&self, at: usize) -> TourLine {
        let stops = self.stops(at);
        TourLine {
            state: self.windows[at].tour.state(&stops, self.engine_state.now),
            stop: self.here(at).unwrap_or(0) + 1,
            stops: stops.len(),
        }
    }

    fn here(&self, at: usize) -> Option<usize> {
        let view = &self.windows[at].view;
        match self.views.tour.over {
            Over::Pages => Some(view.wall.page()),
            Over::Views => {
                let name = view.view.as_deref()?;
                self.views.list().iter().position(|view| view.name == name)
            }
        }
    }

    /// Whether a stream of the stop sends pictures, decoded or not.
    fn is_alive(&self, at: usize, stop: usize) -> bool {
        let tiles = self.wall_at(at, stop).map(|wall| wall.tiles()).unwrap_or_default();
        let alive = |channel: ChannelId, kind| {
            let status = self.engine_state.streams.get(&StreamId { channel, kind });
            status.is_some_and(|status| {
                matches!(
                    status.state,
                    TileState::Live
                        | TileState::Late
                        | TileState::AwaitingKeyFrame { .. }
                        | TileState::WithoutKeyFrames
                        | TileState::Connecting {
                            stage: Stage::Media,
                            ..
                        }
                )
            })
        };
        self.enabled(&tiles)
            .any(|(_, channel)| alive(channel, StreamKind::Main) || alive(channel, StreamKind::Sub))
    }

    fn enabled<'a>(&'a self, tiles: &'a [Tile]) -> impl Iterator<Item = (&'a Tile, ChannelId)> {
        let registry = &self.engine_state.registry;
        tiles.iter().filter_map(|tile| {
            let channel = tile.channel?;
            registry.device(channel.device)?.enabled.then_some((tile, channel))
        })
    }

    /// Restarts the tours that ran when the program ended.
    pub(super) fn resume_tours(&mut self) {
        for at in 0..self.windows.len() {
            if self.windows[at].view.touring && self.stops(at).len() > 1 {
                self.windows[at].tour.start(self.engine_state.now);
            }
        }
    }
}

impl TourLine {
    #[must_use]
    pub fn is_on(self) -> bool {
        self.state != TourState::Stopped
    }
}

/// Whether a button or a key was pressed. A pointer that only moves does not pause a tour.
fn touched(ctx: &Context) -> bool {
    ctx.input(|input| {
        let key = |event: &Event| match event {
            // The key that starts and stops the tour does not pause it first.
            Event::Key { key, pressed, .. } => *pressed && *key != Key::T,
            Event::MouseWheel { .. } => true,
            _ => false,
        };
        input.pointer.any_pressed() || input.events.iter().any(key)
    })
}
