//! All windows, and what they share.

use std::time::Instant;

use egui::{
    Context, FullOutput, ImmediateViewport, OrderedViewportIdMap, Pos2, RawInput, Rect, TexturesDelta, ViewportId,
    ViewportIdPair, ViewportInfo, ViewportOutput,
};
use egui_winit::winit::event_loop::{ActiveEventLoop, OwnedDisplayHandle};
use egui_winit::winit::window::WindowId;

use super::viewport::Viewport;
use crate::raster::Textures;

pub(super) struct Desk {
    pub viewports: OrderedViewportIdMap<Viewport>,
    pub textures: Textures,
    pub display: softbuffer::Context<OwnedDisplayHandle>,
    pub began: Instant,
}

impl Desk {
    pub(super) fn new(display: OwnedDisplayHandle) -> Result<Self, String> {
        Ok(Self {
            viewports: OrderedViewportIdMap::default(),
            textures: Textures::default(),
            display: softbuffer::Context::new(display).map_err(|error| error.to_string())?,
            began: Instant::now(),
        })
    }

    /// The viewport whose window this is, and what it is painted with.
    pub(super) fn of_window(&mut self, window: WindowId) -> Option<(&mut Viewport, &Textures)> {
        let is_it = |viewport: &&mut Viewport| {
            let native = viewport.native.as_ref();
            native.is_some_and(|native| native.window.id() == window)
        };
        let viewport = self.viewports.values_mut().find(is_it)?;
        Some((viewport, &self.textures))
    }

    /// Opens every window that egui asked for and that is not there yet. One that cannot be opened is tried again after the
    /// next pass.
    pub(super) fn open_missing(&mut self, ctx: &Context, event_loop: &ActiveEventLoop) {
        for (id, viewport) in &mut self.viewports {
            if viewport.native.is_none() {
                match viewport.open(ctx, event_loop, &self.display) {
                    Ok(()) => ctx.request_repaint_of(*id),
                    Err(error) => tracing::error!(error, "a window could not be opened"),
                }
            }
        }
    }

    /// Asks the system whether minimised windows are still minimised, because such a window has no pass that would notice it.
    pub(super) fn look_whether_restored(&mut self, ctx: &Context) {
        let minimised = |viewport: &&mut Viewport| viewport.info.minimized == Some(true);
        for viewport in self.viewports.values_mut().filter(minimised) {
            viewport.look(ctx);
        }
    }

    pub(super) fn any_visible(&self) -> bool {
        self.viewports.values().any(Viewport::is_visible)
    }

    fn infos(&self) -> egui::ViewportIdMap<ViewportInfo> {
        let infos = self.viewports.iter();
        infos.map(|(id, viewport)| (*id, viewport.info.clone())).collect()
    }

    /// What happened in a window since its last pass.
    pub(super) fn input(&mut self, ctx: &Context, id: ViewportId) -> Option<RawInput> {
        let mut input = self.viewports.get_mut(&id)?.take_input(ctx)?;
        input.viewports = self.infos();
        input.time = Some(self.began.elapsed().as_secs_f64());
        Some(input)
    }

    /// For a pass of a viewport that has no window yet.
    fn no_input(&self, id: ViewportId) -> RawInput {
        let size = self.viewports.get(&id).and_then(|viewport| viewport.builder.inner_size);
        RawInput {
            viewport_id: id,
            viewports: self.infos(),
            screen_rect: size.map(|size| Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(self.began.elapsed().as_secs_f64()),
            ..RawInput::default()
        }
    }

    /// Takes over what a pass of the viewport `id` has laid out.
    pub(super) fn show(
        &mut self,
        ctx: &Context,
        event_loop: Option<&ActiveEventLoop>,
        id: ViewportId,
        mut output: FullOutput,
    ) {
        let mut delta: TexturesDelta = std::mem::take(&mut output.textures_delta);
        let freed = std::mem::take(&mut delta.free);
        let anew = self.textures.apply(delta);
        if anew {
            // The other windows were laid out for the textures as they were.
            for other in self.viewports.keys().filter(|other| **other != id) {
                ctx.request_repaint_of(*other);
            }
        }
        let viewports = std::mem::take(&mut output.viewport_output);
        if let Some(viewport) = self.viewports.get_mut(&id) {
            viewport.show(ctx, event_loop, output, &self.textures, anew);
        }
        // Textures that this pass still showed are freed after it.
        self.textures.free(freed);
        self.follow(ctx, viewports);
    }

    /// Keeps exactly these viewports: opens new ones, changes known ones, drops all others.
    fn follow(&mut self, ctx: &Context, outputs: OrderedViewportIdMap<ViewportOutput>) {
        self.viewports.retain(|id, _| outputs.contains_key(id));
        for (id, output) in outputs {
            let ids = ViewportIdPair::from_self_and_parent(id, output.parent);
            let viewport = self
                .viewports
                .entry(id)
                .or_insert_with(|| Viewport::new(ids, output.builder.clone()));
            viewport.patch(ctx, ids, output.builder);
            viewport.command(ctx, output.commands);
        }
    }
}

/// Shows a further window in the middle of the first one's pass. The desk is not borrowed while the content runs, because the
/// content may open yet another window.
pub(super) fn show_immediate(ctx: &Context, desk: &std::cell::RefCell<Desk>, mut immediate: ImmediateViewport<'_>) {
    let id = immediate.ids.this;
    let input = {
        let mut desk = desk.borrow_mut();
        let viewport = desk
            .viewports
            .entry(id)
            .or_insert_with(|| Viewport::new(immediate.ids, immediate.builder.clone()));
        viewport.patch(ctx, immediate.ids, immediate.builder);
        // A window that does not exist yet is opened after this pass. egui demands that its content is laid out all the same.
        desk.input(ctx, id).unwrap_or_else(|| desk.no_input(id))
    };
    let output = ctx.run_ui(input, |ui| (immediate.viewport_ui_cb)(ui));
    desk.borrow_mut().show(ctx, None, id, output);
}
