//! The kiosk: pictures alone, on the whole screen, until somebody types the password.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::{Context, Event, ViewportCommand, ViewportId};

use super::MonomiApp;
use crate::bridge::Command;
use crate::ui::kiosk::{Lock, Outcome};
use crate::ui::{Act, PaintContext, TextSize};
use wall::WindowView;

#[derive(Default)]
pub(super) struct Kiosk {
    on: bool,
    /// What the windows show is not saved, because passers-by chose it.
    forgets: bool,
    lock: Lock,
    /// The right password ends the program; otherwise it leaves the kiosk.
    quits: bool,
    /// The windows as they were before.
    before: Vec<(ViewportId, WindowView)>,
    /// True once the system asks the program to end; then no password is asked for.
    ending: Arc<AtomicBool>,
}

impl Kiosk {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn forgets(&self) -> bool {
        self.forgets
    }

    pub(super) fn is_asking(&self) -> bool {
        self.on && self.lock.is_open()
    }

    /// What a window is to show after the kiosk was brought by somebody else meanwhile; its place stays.
    pub(super) fn bring(&mut self, window: ViewportId, view: &WindowView) {
        let before = self.before.iter_mut().find(|(id, _)| *id == window);
        if let Some((_, before)) = before {
            *before = WindowView {
                place: before.place,
                fullscreen: before.fullscreen,
                dialogs: std::mem::take(&mut before.dialogs),
                ..view.clone()
            };
        }
    }

    /// Whether passers-by may do this.
    fn allows(act: &Act) -> bool {
        matches!(
            act,
            Act::SetLayout(_)
                | Act::Turn(_)
                | Act::Step(_)
                | Act::Select(_)
                | Act::Alone(_)
                | Act::Crop(..)
                | Act::Listen(_)
                | Act::Volume(_)
                | Act::Tour
                | Act::ResumeTour
                | Act::OpenView(_)
                | Act::LeadTo(..)
                | Act::Send(Command::RetryNow(_))
        )
    }
}

impl MonomiApp {
    /// Begins the kiosk: every window fills its screen. What the windows were and showed comes back with the password.
    pub(super) fn begin_kiosk(&mut self, ctx: &Context, ending: Arc<AtomicBool>) {
        let before = |window: &super::Window| (window.id, window.view.clone());
        self.kiosk = Kiosk {
            on: true,
            forgets: true,
            before: self.windows.iter().map(before).collect(),
            ending,
            ..Kiosk::default()
        };
        for at in 0..self.windows.len() {
            self.set_fullscreen(ctx, at, true);
        }
        self.engine.send(Command::InKiosk(true));
    }

    /// Who presses a key or a button at a kiosk has heard the sound: there is no list there in which they could see what happened.
    pub(super) fn hush_for_passers_by(&self, ctx: &Context) {
        let touches = |event: &Event| {
            matches!(
                event,
                Event::Key { pressed: true, .. } | Event::PointerButton { pressed: true, .. } | Event::Touch { .. }
            )
        };
        let sounds = self.kiosk.on && self.engine_state.events.sounding;
        if sounds && ctx.input(|input| input.events.iter().any(touches)) {
            self.engine.send(Command::HushAlerts);
        }
    }

    /// Whether the window at `at` carries out this act. In the kiosk an act that leads out asks for the password, and
    /// one that changes anything is dropped.
    pub(super) fn may(&mut self, at: usize, act: &Act) -> bool {
        if !self.kiosk.on || Kiosk::allows(act) {
            return true;
        }
        match act {
            Act::Fullscreen => self.ask_for_password(at, false),
            Act::Quit | Act::CloseWindow => self.ask_for_password(at, true),
            _ => {}
        }
        false
    }

    fn ask_for_password(&mut self, at: usize, quits: bool) {
        if !self.kiosk.lock.is_open() {
            self.dialogs.move_to(self.windows[at].id);
            self.kiosk.quits = quits;
        }
        self.kiosk.lock.open();
    }

    /// Handles a request to close the first window, which may come from its frame, a key or the desktop.
    pub(super) fn guard_close(&mut self, ctx: &Context) {
        let asked = ctx.input(|input| input.viewport().close_requested());
        if asked && self.kiosk.on && !self.kiosk.ending.load(Ordering::Acquire) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.ask_for_password(0, true);
        }
    }

    /// Whether a further window that is asked to close may close.
    pub(super) fn may_close(&mut self, at: usize) -> bool {
        self.may(at, &Act::CloseWindow)
    }

    pub(super) fn show_lock(&mut self, ctx: &Context) {
        let paint = PaintContext {
            state: &self.engine_state,
            words: &self.words,
            kiosk: true,
            volume: self.volume.get(),
            troubles: &self.troubles,
            late: &self.late,
            steered: None,
            text: TextSize::of(ctx, self.engine_state.settings.captions),
        };
        let outcome = self.kiosk.lock.show(ctx, paint, &self.engine, self.kiosk.quits);
        if outcome != Outcome::Granted {
            return;
        }
        tracing::info!(quits = self.kiosk.quits, "the kiosk was left with its password");
        self.kiosk.on = false;
        if self.kiosk.quits {
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
            return;
        }
        self.leave_kiosk(ctx);
    }

    /// Restores the windows as they were before the kiosk, and only then saves them again.
    fn leave_kiosk(&mut self, ctx: &Context) {
        for (id, view) in std::mem::take(&mut self.kiosk.before) {
            if let Some(at) = self.windows.iter().position(|window| window.id == id) {
                let window = &mut self.windows[at];
                window.view = view;
                window.view.wall.follow(&self.engine_state.registry);
                window.tour.stop();
                // Also where it was full screen before: who leaves the kiosk wants the menu.
                self.set_fullscreen(ctx, at, false);
            }
        }
        self.engine.send(Command::InKiosk(false));
        self.resume_tours();
        self.set_volume(self.engine_state.settings.sound_volume);
        self.kiosk.forgets = false;
    }
}
