//! One window: what it shows, where it stands, and what in it is open.

use egui::{Context, ViewportBuilder, ViewportId, vec2};

use super::alarm_wall::AlarmWall;
use crate::ui::tree::Tree;
use device::ChannelId;
use wall::{Monitor, ShownTile, Tour, WindowPlace, WindowView};

/// A window as long as it is open. The first one is the program's: closing it ends the program.
pub(super) struct Window {
    pub id: ViewportId,
    pub view: WindowView,
    /// Where the window was put when it was opened. Where it is now stands in `view`.
    opened_at: WindowPlace,
    pub tree: Tree,
    /// The channels on screen.
    pub shown: Vec<ShownTile>,
    /// Whether the window can be seen: it is neither minimised nor wholly covered.
    pub visible: bool,
    pub tour: Tour,
    /// It shows what alarms opened.
    pub alarm: Option<AlarmWall>,
    /// The channel whose camera is steered here.
    pub steered: Option<ChannelId>,
    /// The room for tiles, in points.
    pub page_size: egui::Vec2,
    pub closing: bool,
    /// The title that the system was told.
    pub title: String,
    opening: WindowOpening,
}

/// What is known of the size that a window that opens will have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum WindowOpening {
    NotPainted,
    /// Since when it is painted, in seconds of egui's clock, and the size of its last frame in points.
    Growing {
        since: f64,
        size: egui::Vec2,
    },
    Done,
}

/// A window that the system does not make as large as asked shows streams after so many seconds all the same.
const LONGEST_OPENING: f64 = 2.0;

/// The least that the wall and the tree need, in points.
const LEAST: [f32; 2] = [640.0, 400.0];

impl Window {
    /// `number` tells windows apart for as long as the program runs; 0 is the first one.
    pub(super) fn new(number: u64, view: WindowView, monitors: &[Monitor]) -> Self {
        let id = match number {
            0 => ViewportId::ROOT,
            number => ViewportId::from_hash_of(("monomi window", number)),
        };
        Self {
            id,
            opened_at: view.place.on(monitors),
            view,
            tree: Tree::default(),
            shown: Vec::new(),
            visible: true,
            tour: Tour::default(),
            alarm: None,
            steered: None,
            page_size: WindowPlace::FIRST_SIZE.into(),
            closing: false,
            title: String::new(),
            opening: WindowOpening::NotPainted,
        }
    }

    /// Whether the window has the size that it opens with: streams are chosen by the size of their tiles.
    pub(super) fn has_its_size(&self) -> bool {
        self.opening == WindowOpening::Done
    }

    /// Looks whether the system has made the window as large as it was asked to.
    pub(super) fn look_how_large(&mut self, ctx: &Context) {
        if self.opening == WindowOpening::Done {
            return;
        }
        let (now, size, viewport) =
            ctx.input(|input| (input.time, input.viewport_rect().size(), input.viewport().clone()));
        let fullscreen = self.view.fullscreen;
        let maximized = self.opened_at.maximized;
        let (since, before) = match self.opening {
            WindowOpening::Growing { since, size } => (since, Some(size)),
            _ => (now, None),
        };
        let fills = |monitor: egui::Vec2| size.x + 1.0 >= monitor.x && size.y + 1.0 >= monitor.y;
        let is_large = if fullscreen {
            viewport.fullscreen == Some(true) && viewport.monitor_size.is_none_or(fills)
        } else {
            !maximized || viewport.maximized != Some(false)
        };
        let is_at_rest = before == Some(size) || !(fullscreen || maximized);
        if (is_large && is_at_rest) || now - since >= LONGEST_OPENING {
            self.opening = WindowOpening::Done;
        } else {
            self.opening = WindowOpening::Growing { since, size };
            let wait = if before.is_none() { 0 } else { 50 };
            ctx.request_repaint_after(std::time::Duration::from_millis(wait));
        }
    }

    /// Moves a window that is not made yet so that all of it is on its monitor.
    pub(super) fn show_wholly_on(&mut self, monitors: &[Monitor]) {
        self.opened_at = self.view.place.wholly(monitors);
    }

    /// Puts a window that is not made yet onto a monitor that exists.
    pub(super) fn keep_on(&mut self, monitors: &[Monitor]) {
        self.opened_at = self.view.place.on(monitors);
    }

    pub(super) fn is_first(&self) -> bool {
        self.id == ViewportId::ROOT
    }

    /// How the system makes a further window. The same in every frame, so that egui does not move a window that the
    /// person moved.
    pub(super) fn builder(&self, title: &str) -> ViewportBuilder {
        let mut builder = ViewportBuilder::default()
            .with_title(title)
            .with_app_id("monomi")
            .with_min_inner_size(LEAST)
            .with_inner_size(self.opened_at.size.unwrap_or(WindowPlace::FIRST_SIZE))
            .with_maximized(self.opened_at.maximized);
        if let Some(at) = self.opened_at.at {
            builder = builder.with_position(at);
        }
        builder
    }

    /// Notes whether the window can be seen. Works also while egui does not run the window.
    pub(super) fn look_whether_seen(&mut self, ctx: &Context) {
        let seen = |input: &egui::InputState| input.raw.viewports.get(&self.id).and_then(egui::ViewportInfo::visible);
        self.visible = ctx.input(seen) != Some(false);
    }

    /// Notes where the system says that the window is.
    pub(super) fn look_where(&mut self, ctx: &Context) {
        let viewport = ctx.input(|input| input.viewport().clone());
        self.look_whether_seen(ctx);
        if viewport.minimized == Some(true) {
            return;
        }
        let place = &mut self.view.place;
        if let Some(outer) = viewport.outer_rect {
            place.at = Some([outer.left().round(), outer.top().round()]);
        }
        let full = self.view.fullscreen || viewport.fullscreen == Some(true);
        place.maximized = viewport.maximized == Some(true) && !full;
        if let Some(inner) = viewport.inner_rect
            && !full
            && !place.maximized
            && inner.width() >= 1.0
        {
            place.size = Some([inner.width().round(), inner.height().round()]);
        }
    }

    /// A place for another window beside this one.
    pub(super) fn beside(&self) -> WindowPlace {
        const STEP: f32 = 40.0;
        let WindowPlace { at, size, .. } = self.view.place;
        WindowPlace {
            at: at.map(|[x, y]| [x + STEP, y + STEP]),
            size,
            maximized: false,
        }
    }

    /// The index of the monitor that contains the window, if the platform reports where the window is.
    pub(super) fn monitor(&self, monitors: &[Monitor]) -> Option<usize> {
        self.opened_at.monitor(monitors)
    }

    /// Moves the first window, which was placed before the monitors were known.
    pub(super) fn put(&mut self, ctx: &Context, place: WindowPlace) {
        self.opened_at = place;
        if let Some([x, y]) = place.at {
            ctx.send_viewport_cmd(egui::ViewportCommand::OuterPosition(egui::pos2(x, y)));
        }
        if let Some([width, height]) = place.size {
            ctx.send_viewport_cmd(egui::ViewportCommand::InnerSize(vec2(width, height)));
        }
    }
}
