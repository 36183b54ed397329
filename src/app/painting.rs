//! What one window shows, from its menu bar to its status bar.

use std::sync::Arc;

use egui::{CentralPanel, Context, Frame, Panel, Ui};

use super::MonomiApp;
use crate::bridge::Command;
use crate::settings_dialog;
use crate::ui::{
    Act, PaintContext, TextSize, alarm_bar, banner, changed, demo_sign, empty, menu, note, status_bar, theme,
    trouble_line, wall as wall_screen,
};

impl MonomiApp {
    pub(super) fn paint(&mut self, ui: &mut Ui, at: usize) -> Vec<Act> {
        let mut acts = Vec::new();
        let state = Arc::clone(&self.engine_state);
        let (troubles, late) = (Arc::clone(&self.troubles), Arc::clone(&self.late));
        let paint = PaintContext {
            state: &state,
            words: &self.words,
            kiosk: self.kiosk.is_on(),
            volume: self.volume.get(),
            troubles: &troubles,
            late: &late,
            steered: self.windows[at].steered,
            text: TextSize::of(ui.ctx(), state.settings.captions),
        };
        let by = paint.text.bars();
        let bar = Frame::new()
            .fill(theme::tokens(ui).panel)
            .inner_margin(egui::Margin::symmetric(8, 3));
        let tour = self.tour_line(at);
        // What concerns the program is told in one window.
        let tells = at == self.windows.iter().position(|window| window.visible).unwrap_or(0);
        let window = &mut self.windows[at];
        // The kiosk has no menu, even where the desktop does not let a window fill the screen.
        let bare = window.view.fullscreen || paint.kiosk;
        if !bare {
            let open = menu::OpenWindow {
                window: &window.view,
                views: &self.views,
                first: window.is_first(),
                tour,
            };
            Panel::top("menu").frame(bar).show(ui, |ui| {
                menu::show(ui, paint, open, &mut acts);
            });
            Panel::bottom("status").frame(bar).exact_size(26.0 * by).show(ui, |ui| {
                let engine = status_bar::Busy(self.engine.is_working());
                status_bar::show(ui, paint, &window.shown, self.streams.demand(), tour, engine, &mut acts);
            });
        }
        if let Some(alarm) = &window.alarm {
            let shown = alarm.shown(&self.alarms);
            Panel::top("alarms")
                .frame(bar)
                .show(ui, |ui| alarm_bar::show(ui, paint, &shown, &mut acts));
        }
        let foot = bare && trouble_line::is_due(paint);
        if foot {
            let panel = Panel::bottom(trouble_line::foot_id()).frame(bar.inner_margin(egui::Margin::symmetric(8, 1)));
            panel
                .exact_size(trouble_line::FOOT * by)
                .show(ui, |ui| trouble_line::show_at_foot(ui, paint, &mut acts));
        }
        let told = banner::Told {
            devices: self.dialogs.tells_of_devices(),
        };
        let tells = tells && banner::are_any(paint, told);
        // Nobody can close them in a kiosk, so that they may not lie over a picture there.
        if tells && paint.kiosk {
            let panel = Panel::top("banner").frame(bar).show_separator_line(false);
            panel.show(ui, |ui| banner::show(ui, paint, told, &mut acts));
        }
        let change = window.view.wall.undoable().filter(|_| !paint.kiosk);
        if window.view.tree.open && !bare {
            let width = window.view.tree.width.unwrap_or(theme::TREE_WIDTH * by);
            // Another size of letters begins with another width.
            let panel = Panel::left(("tree", window.id, by.to_bits()))
                .frame(
                    Frame::new()
                        .fill(theme::tokens(ui).panel)
                        .inner_margin(egui::Margin::symmetric(4, 0)),
                )
                .default_size(width)
                .min_size(theme::TREE_MIN_WIDTH * by)
                .max_size(ui.available_width() * 0.6);
            let pane = &mut window.view.tree;
            let was = width;
            let width = panel
                .show(ui, |ui| window.tree.show(ui, paint, pane, &mut acts))
                .response
                .rect
                .width();
            if (width - was).abs() >= 1.0 && ui.input(|input| input.pointer.any_down()) {
                window.view.tree.width = Some(width.round());
            }
        }
        let wall = CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
            window.page_size = ui.max_rect().size();
            if state.registry.devices.is_empty() {
                window.shown.clear();
                empty::show(ui, paint, self.options.try_demo.is_some(), &mut acts);
            } else {
                let (demand, pictures) = self.streams.painted_from();
                window.shown = wall_screen::show(ui, paint, &window.view.wall, demand, pictures, &mut acts);
            }
        });
        let wall = wall.response.rect;
        if tells && !paint.kiosk || change.is_some() || note::is_any(paint) {
            banner::over(ui, paint, wall, |ui| {
                if tells && !paint.kiosk {
                    banner::show(ui, paint, told, &mut acts);
                }
                if let Some(change) = change {
                    changed::show(ui, paint, change, &mut acts);
                }
                note::show(ui, paint, &mut acts);
            });
        }
        if self.options.demo {
            demo_sign::show(ui, paint, wall);
        }
        if bare {
            let above = if foot { trouble_line::FOOT * by } else { 0.0 };
            status_bar::show_on_wall(ui, paint, tour, above);
        }
        if window.id == self.dialogs.host() {
            self.paint_dialogs(ui.ctx(), at, &mut acts);
        }
        acts
    }

    fn paint_dialogs(&mut self, ctx: &Context, at: usize, acts: &mut Vec<Act>) {
        if self.kiosk.is_on() {
            return self.show_lock(ctx);
        }
        let paint = PaintContext {
            state: &self.engine_state,
            words: &self.words,
            kiosk: false,
            volume: self.volume.get(),
            troubles: &self.troubles,
            late: &self.late,
            steered: None,
            text: TextSize::of(ctx, self.engine_state.settings.captions),
        };
        let before = self.dialogs.may_change_views().then(|| self.views.clone());
        let (brands, wall) = (&self.options.brands, &self.windows[at].view.wall);
        acts.extend(
            self.dialogs
                .show(ctx, paint, &self.engine, brands, &mut self.views, wall),
        );
        self.windows[0].view.dialogs = settings_dialog::sizes(ctx);
        if before.is_some_and(|before| before != self.views) {
            self.engine.send(Command::SaveViews(Box::new(self.views.clone())));
        }
    }
}
