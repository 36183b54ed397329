//! The event loop: passes the system's events on to egui, and paints a window when that is due.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::UserEvent;
use egui::{Context, RawInput, ViewportBuilder, ViewportCommand, ViewportEvent, ViewportId, ViewportIdPair};
use egui_winit::accesskit_winit;
use egui_winit::winit::application::ApplicationHandler;
use egui_winit::winit::event::WindowEvent;
use egui_winit::winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy};
use egui_winit::winit::window::{Window, WindowId};

use super::Application;
use super::desk::{self, Desk};
use super::viewport::Viewport;
use frame::Waker;

/// Pictures that come within this time are shown together, because each presentation costs the system some time.
const TOGETHER: Duration = Duration::from_millis(16);

/// How long a pass waits for the system to ask for the window to be painted. A covered window may never be asked for; its
/// logic then runs without painting.
const REDRAW_PATIENCE: Duration = Duration::from_millis(250);

/// A hidden window has at most one pass in this time, because nobody sees it.
const HIDDEN_GAP: Duration = Duration::from_millis(100);

pub(super) struct Program<A, M> {
    make: Option<M>,
    app: Option<A>,
    first: ViewportBuilder,
    ctx: Context,
    proxy: Arc<Mutex<EventLoopProxy<UserEvent>>>,
    desk: Option<Rc<RefCell<Desk>>>,
    /// Whether pictures came that are not shown yet.
    pictures_came: Arc<AtomicBool>,
    pictures_at: Option<Instant>,
    /// Input that no pass has seen yet.
    unseen: RawInput,
    shown_once: bool,
    fault: Option<String>,
}

/// The viewport id of the event that says that pictures came. No window has it.
fn pictures() -> ViewportId {
    ViewportId::from_hash_of("pictures")
}

impl<A: Application, M: FnOnce(&Context, Waker) -> A> Program<A, M> {
    pub(super) fn new(event_loop: &EventLoop<UserEvent>, first: ViewportBuilder, make: M) -> Self {
        let ctx = Context::default();
        ctx.set_embed_viewports(false);
        ctx.options_mut(|options| options.max_passes = std::num::NonZeroUsize::MIN.saturating_add(1));
        ctx.add_font_provider(Arc::new(egui_system_font_provider::SystemFontProvider::new()));
        Self {
            make: Some(make),
            app: None,
            // Hidden until there is something to show.
            first: first.with_visible(false),
            ctx,
            proxy: Arc::new(Mutex::new(event_loop.create_proxy())),
            desk: None,
            pictures_came: Arc::default(),
            pictures_at: None,
            unseen: RawInput::default(),
            shown_once: false,
            fault: None,
        }
    }

    pub(super) fn result(self) -> Result<(), String> {
        self.fault.map_or(Ok(()), Err)
    }

    fn start(&mut self, event_loop: &ActiveEventLoop) -> Result<(), String> {
        let Some(make) = self.make.take() else { return Ok(()) };
        let mut desk = Desk::new(event_loop.owned_display_handle())?;
        let mut root = Viewport::new(ViewportIdPair::ROOT, self.first.clone());
        root.open(&self.ctx, event_loop, &desk.display)?;
        if let Some(native) = &mut root.native {
            let proxy = self.proxy.lock().unwrap_or_else(PoisonError::into_inner).clone();
            native.input.init_accesskit(event_loop, &native.window, proxy);
            let scale = egui_winit::pixels_per_point(&self.ctx, &native.window);
            let info = root.info.clone();
            self.ctx.input_mut(|input| {
                input.raw.viewports.insert(ViewportId::ROOT, info);
                input.pixels_per_point = scale;
            });
        }
        root.pass_at = Some(Instant::now());
        desk.viewports.insert(ViewportId::ROOT, root);
        self.hear_requests();
        let desk = Rc::new(RefCell::new(desk));
        let weak = Rc::downgrade(&desk);
        Context::set_immediate_viewport_renderer(move |ctx, viewport| {
            if let Some(desk) = weak.upgrade() {
                desk::show_immediate(ctx, &desk, viewport);
            }
        });
        self.desk = Some(desk);
        self.app = Some(make(&self.ctx, self.picture_waker()));
        Ok(())
    }

    /// Makes egui's requests for a repaint arrive as events of the loop.
    fn hear_requests(&self) {
        let proxy = Arc::clone(&self.proxy);
        self.ctx.set_request_repaint_callback(move |info| {
            let event = UserEvent::RequestRepaint {
                viewport_id: info.viewport_id,
                when: Instant::now() + info.delay,
                cumulative_pass_nr: info.current_cumulative_pass_nr,
            };
            // When the loop has ended nobody needs a repaint.
            let _ = proxy.lock().unwrap_or_else(PoisonError::into_inner).send_event(event);
        });
    }

    fn picture_waker(&self) -> Waker {
        let (proxy, came) = (Arc::clone(&self.proxy), Arc::clone(&self.pictures_came));
        Arc::new(move || {
            if !came.swap(true, Ordering::AcqRel) {
                let event = UserEvent::RequestRepaint {
                    viewport_id: pictures(),
                    when: Instant::now() + TOGETHER,
                    cumulative_pass_nr: 0,
                };
                let _ = proxy.lock().unwrap_or_else(PoisonError::into_inner).send_event(event);
            }
        })
    }

    /// One pass of the first window, and with it of all others.
    fn pass(&mut self, event_loop: &ActiveEventLoop, logic_only: bool) {
        let (Some(desk), Some(app)) = (self.desk.clone(), self.app.as_mut()) else {
            return;
        };
        let (input, window, visible) = {
            let mut desk = desk.borrow_mut();
            if !logic_only {
                for viewport in desk.viewports.values_mut() {
                    (viewport.pass_at, viewport.redraw_by, viewport.redraw_asked) = (None, None, false);
                }
            }
            desk.look_whether_restored(&self.ctx);
            let Some(input) = desk.input(&self.ctx, ViewportId::ROOT) else {
                return;
            };
            let root = desk
                .viewports
                .get(&ViewportId::ROOT)
                .and_then(|root| root.native.as_ref());
            let Some(window) = root.map(|native| Arc::clone(&native.window)) else {
                return;
            };
            (input, window, desk.any_visible() || !self.shown_once)
        };
        let mut whole_input = std::mem::take(&mut self.unseen);
        whole_input.append(input);
        let asked_to_close = whole_input.viewport().close_requested();
        let commands = if logic_only || !visible {
            let output = self.ctx.run_logic(&whole_input, |ctx| app.logic(ctx));
            self.unseen = whole_input;
            let mut desk = desk.borrow_mut();
            if let Some(root) = desk.viewports.get_mut(&ViewportId::ROOT) {
                root.info.events.clear();
                if let Some(native) = &mut root.native {
                    let said = output.platform_output;
                    native
                        .input
                        .handle_platform_output_with_event_loop(&native.window, event_loop, said);
                }
            }
            for (id, commands) in &output.viewport_commands {
                if let Some(viewport) = desk.viewports.get_mut(id) {
                    viewport.command(&self.ctx, commands.clone());
                    if viewport.info.events.contains(&ViewportEvent::Close) {
                        viewport.pass_at = Some(Instant::now());
                    }
                }
            }
            output.viewport_commands.get(&ViewportId::ROOT).cloned()
        } else {
            let output = self.ctx.run_ui(whole_input, |ui| {
                app.logic(ui.ctx());
                app.ui(ui, &window);
            });
            let commands = output
                .viewport_output
                .get(&ViewportId::ROOT)
                .map(|root| root.commands.clone());
            desk.borrow_mut()
                .show(&self.ctx, Some(event_loop), ViewportId::ROOT, output);
            desk.borrow_mut().open_missing(&self.ctx, event_loop);
            if !std::mem::replace(&mut self.shown_once, true) {
                window.set_visible(true);
                // Windows throws away what is painted before a window is shown, and takes it for painted.
                window.request_redraw();
            }
            commands
        };
        if asked_to_close && !commands.is_some_and(|commands| commands.contains(&ViewportCommand::CancelClose)) {
            self.leave();
            event_loop.exit();
        }
    }

    fn leave(&mut self) {
        if let Some(mut app) = self.app.take() {
            self.ctx.on_exit();
            app.leave();
        }
        // The windows have to be closed while the loop still runs.
        self.desk = None;
    }

    fn show_pictures(&mut self) {
        self.pictures_at = None;
        self.pictures_came.store(false, Ordering::Release);
        let Some(desk) = &self.desk else { return };
        let mut desk = desk.borrow_mut();
        let Desk {
            viewports, textures, ..
        } = &mut *desk;
        for viewport in viewports.values_mut().filter(|viewport| viewport.is_visible()) {
            match &mut viewport.native {
                Some(native) if native.is_laid_out() => native.show_pictures(textures),
                // A pass lays the window out for its new size, with the new pictures.
                _ => viewport.pass_at = Some(Instant::now()),
            }
        }
    }

    /// Does what is due and says when something is due next.
    fn look_at_the_clock(&mut self, event_loop: &ActiveEventLoop) {
        let Some(desk) = self.desk.clone() else { return };
        let now = Instant::now();
        let mut hidden_pass = false;
        let mut logic = false;
        for viewport in desk.borrow_mut().viewports.values_mut() {
            let Some(native) = &viewport.native else { continue };
            if viewport.pass_at.is_some_and(|at| at <= now) {
                viewport.pass_at = None;
                if is_hidden(&native.window) {
                    hidden_pass = true;
                } else {
                    native.window.request_redraw();
                    viewport.redraw_asked = true;
                    viewport.redraw_by.get_or_insert(now + REDRAW_PATIENCE);
                }
            }
            if viewport.redraw_by.is_some_and(|by| by <= now) {
                viewport.redraw_by = None;
                logic = true;
            }
        }
        if hidden_pass || logic {
            self.pass(event_loop, logic && !hidden_pass);
        }
        if self.pictures_at.is_some_and(|at| at <= now) {
            self.show_pictures();
        }
        let Some(desk) = &self.desk else { return };
        let desk = desk.borrow();
        let dates = desk
            .viewports
            .values()
            .flat_map(|viewport| [viewport.pass_at, viewport.redraw_by]);
        let next = dates.chain([self.pictures_at]).flatten().min();
        event_loop.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }

    fn asked_for_pass(&self, id: ViewportId, when: Instant, pass: u64) {
        let current = self.ctx.cumulative_pass_nr_for(id);
        if current != pass && current != pass + 1 {
            return; // it has been since
        }
        let Some(desk) = &self.desk else { return };
        if let Some(viewport) = desk.borrow_mut().viewports.get_mut(&id) {
            let hidden = viewport.native.as_ref().is_some_and(|native| is_hidden(&native.window));
            let when = if hidden && self.shown_once {
                when.max(Instant::now() + HIDDEN_GAP)
            } else {
                when
            };
            viewport.pass_at = Some(viewport.pass_at.map_or(when, |at| at.min(when)));
        }
    }

    fn accessibility(&mut self, event: accesskit_winit::Event) {
        let Some(desk) = &self.desk else { return };
        let mut desk = desk.borrow_mut();
        let Some((viewport, _)) = desk.of_window(event.window_id) else {
            return;
        };
        let Some(native) = &mut viewport.native else { return };
        match event.window_event {
            accesskit_winit::WindowEvent::InitialTreeRequested => {
                self.ctx.enable_accesskit();
                viewport.pass_at = Some(Instant::now());
            }
            accesskit_winit::WindowEvent::ActionRequested(request) => {
                native.input.on_accesskit_action_request(request);
                viewport.pass_at = Some(Instant::now());
            }
            accesskit_winit::WindowEvent::AccessibilityDeactivated => self.ctx.disable_accesskit(),
        }
    }
}

impl<A: Application, M: FnOnce(&Context, Waker) -> A> ApplicationHandler<UserEvent> for Program<A, M> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if let Err(error) = self.start(event_loop) {
            self.fault = Some(error);
            event_loop.exit();
        }
    }

    fn user_event(&mut self, _: &ActiveEventLoop, event: UserEvent) {
        match event {
            UserEvent::RequestRepaint { viewport_id, when, .. } if viewport_id == pictures() => {
                self.pictures_at.get_or_insert(when);
            }
            UserEvent::RequestRepaint {
                viewport_id,
                when,
                cumulative_pass_nr,
            } => self.asked_for_pass(viewport_id, when, cumulative_pass_nr),
            UserEvent::AccessKitActionRequest(event) => self.accessibility(event),
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        let Some(desk) = self.desk.clone() else { return };
        let mut desk = desk.borrow_mut();
        let Some((viewport, textures)) = desk.of_window(window) else {
            return;
        };
        let Some(native) = &mut viewport.native else { return };
        match &event {
            WindowEvent::RedrawRequested => {
                viewport.redraw_by = None;
                let due = viewport.pass_at.is_some_and(|at| at <= Instant::now());
                if viewport.redraw_asked || due || !native.is_laid_out() {
                    drop(desk);
                    self.pass(event_loop, false);
                } else {
                    native.show_again(textures);
                }
                return;
            }
            WindowEvent::Occluded(occluded) => viewport.info.occluded = Some(*occluded),
            WindowEvent::Resized(_) => viewport.pass_at = Some(Instant::now()),
            WindowEvent::CloseRequested => {
                viewport.info.events.push(ViewportEvent::Close);
                let ids = viewport.ids;
                self.ctx.request_repaint_of(ids.this);
                self.ctx.request_repaint_of(ids.parent);
            }
            _ => {}
        }
        if native.input.on_window_event(&native.window, &event).repaint {
            viewport.pass_at = Some(Instant::now());
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.look_at_the_clock(event_loop);
    }

    fn exiting(&mut self, _: &ActiveEventLoop) {
        self.leave();
    }
}

/// Some systems never ask a hidden window to be painted.
fn is_hidden(window: &Window) -> bool {
    window.is_visible() == Some(false) || window.is_minimized() == Some(true)
}
