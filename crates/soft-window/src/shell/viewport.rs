//! One window: its input, what it shows, and the memory that the system shows.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use egui::{ColorImage, Context, FullOutput, RawInput, ViewportBuilder, ViewportCommand, ViewportIdPair, ViewportInfo};
use egui_winit::ActionRequested;
use egui_winit::winit::event_loop::{ActiveEventLoop, OwnedDisplayHandle};
use egui_winit::winit::window::Window;

use crate::raster::{Area, Canvas, Scene, Textures};

/// The most buffers of a window: some systems show one while the next one is painted.
const BUFFERS: usize = 3;

pub(super) struct Viewport {
    pub ids: ViewportIdPair,
    pub builder: ViewportBuilder,
    pub info: ViewportInfo,
    /// When egui wants a pass.
    pub pass_at: Option<Instant>,
    /// A pass waits for the system to say that the window may be painted.
    pub redraw_asked: bool,
    /// How long the pass waits for the system before it goes on without painting.
    pub redraw_by: Option<Instant>,
    pub native: Option<Native>,
    /// What was asked for before there was a window.
    commands: Vec<ViewportCommand>,
    actions: Vec<ActionRequested>,
}

/// What there is once the system has made the window.
pub(super) struct Native {
    pub window: Arc<Window>,
    pub input: egui_winit::State,
    pub scene: Scene,
    surface: softbuffer::Surface<OwnedDisplayHandle, Arc<Window>>,
    /// The areas of the last presentations, the newest first.
    presented: VecDeque<Vec<Area>>,
    /// Whether the last presentation failed.
    lost: bool,
}

impl Viewport {
    pub(super) fn new(ids: ViewportIdPair, builder: ViewportBuilder) -> Self {
        Self {
            ids,
            builder,
            info: ViewportInfo::default(),
            pass_at: None,
            redraw_asked: false,
            redraw_by: None,
            native: None,
            commands: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Makes the window. `display`: where it is shown.
    pub(super) fn open(
        &mut self,
        ctx: &Context,
        event_loop: &ActiveEventLoop,
        display: &softbuffer::Context<OwnedDisplayHandle>,
    ) -> Result<(), String> {
        let window = egui_winit::create_window(ctx, event_loop, &self.builder).map_err(|error| error.to_string())?;
        let window = Arc::new(window);
        let surface = softbuffer::Surface::new(display, Arc::clone(&window)).map_err(|error| error.to_string())?;
        let input = egui_winit::State::new(
            ctx.clone(),
            self.ids.this,
            event_loop,
            Some(window.scale_factor() as f32),
            event_loop.system_theme(),
            None,
        );
        egui_winit::update_viewport_info(&mut self.info, ctx, &window, true);
        self.native = Some(Native {
            window,
            input,
            scene: Scene::default(),
            surface,
            presented: VecDeque::new(),
            lost: false,
        });
        Ok(())
    }

    /// Takes over how egui wants the window to be from now on.
    pub(super) fn patch(&mut self, ctx: &Context, ids: ViewportIdPair, builder: ViewportBuilder) {
        self.ids = ids;
        let (commands, recreate) = self.builder.patch(builder);
        if recreate {
            self.native = None;
        }
        self.command(ctx, commands);
    }

    /// Carries commands out, now or when there is a window.
    pub(super) fn command(&mut self, ctx: &Context, commands: Vec<ViewportCommand>) {
        self.commands.extend(commands);
        if let Some(native) = &self.native {
            let commands = std::mem::take(&mut self.commands);
            egui_winit::process_viewport_commands(ctx, &mut self.info, commands, &native.window, &mut self.actions);
        }
    }

    /// Whether something of it may be seen, or somebody wants its picture.
    pub(super) fn is_visible(&self) -> bool {
        self.native.is_some()
            && (self.info.visible().unwrap_or(true) || self.actions.iter().any(ActionRequested::wants_paint))
    }

    /// Takes over what the system says of the window.
    pub(super) fn look(&mut self, ctx: &Context) {
        if let Some(native) = &self.native {
            egui_winit::update_viewport_info(&mut self.info, ctx, &native.window, false);
        }
    }

    /// What happened since the last pass; `None` without a window.
    pub(super) fn take_input(&mut self, ctx: &Context) -> Option<RawInput> {
        self.look(ctx);
        let native = self.native.as_mut()?;
        Some(native.input.take_egui_input(&native.window))
    }

    /// Takes over what a pass has laid out and shows it. `anew`: textures look different from before.
    pub(super) fn show(
        &mut self,
        ctx: &Context,
        event_loop: Option<&ActiveEventLoop>,
        output: FullOutput,
        textures: &Textures,
        anew: bool,
    ) {
        self.info.events.clear();
        let visible = self.is_visible();
        let Some(native) = &mut self.native else { return };
        match event_loop {
            Some(event_loop) => {
                let said = output.platform_output;
                native
                    .input
                    .handle_platform_output_with_event_loop(&native.window, event_loop, said);
            }
            None => native
                .input
                .handle_platform_output(&native.window, output.platform_output),
        }
        if !visible {
            return;
        }
        let scale = output.pixels_per_point;
        let primitives = ctx.tessellate(output.shapes, scale);
        let size = native.window.inner_size();
        let ground = ctx.global_style().visuals.panel_fill;
        let changed = native
            .scene
            .set(primitives, [size.width, size.height], scale, ground, anew);
        native.present(changed, textures, true);
        for action in self.actions.drain(..) {
            native.act(action, textures);
        }
    }
}

impl Native {
    /// Whether the last pass was made for the window as large as it is now.
    pub(super) fn is_laid_out(&self) -> bool {
        self.scene.size() == <[u32; 2]>::from(self.window.inner_size())
    }

    /// Shows pictures that came since the last time.
    pub(super) fn show_pictures(&mut self, textures: &Textures) {
        let changed = self.scene.refresh();
        if !changed.is_empty() {
            self.present(changed, textures, false);
        }
    }

    /// Shows everything once more, because the system lost the window's content.
    pub(super) fn show_again(&mut self, textures: &Textures) {
        self.present(Vec::new(), textures, true);
    }

    /// Paints `changed` and hands it to the system; with `all` the rest of the window as well, which needs no painting.
    fn present(&mut self, changed: Vec<Area>, textures: &Textures, all: bool) {
        if let Err(error) = self.try_present(changed, textures, all) {
            self.lost = true;
            tracing::warn!(%error, "the window could not be painted");
        }
    }

    fn try_present(
        &mut self,
        changed: Vec<Area>,
        textures: &Textures,
        all: bool,
    ) -> Result<(), softbuffer::SoftBufferError> {
        let size = self.scene.size();
        let [Some(width), Some(height)] = size.map(NonZeroU32::new) else {
            return Ok(());
        };
        self.surface.resize(width, height)?;
        let mut buffer = self.surface.buffer_mut()?;
        // The areas that this buffer lacks: everything, or what was shown since the buffer itself was shown.
        let missed = match usize::from(buffer.age()) {
            _ if self.lost => vec![Area::of_size(size)],
            0 => vec![Area::of_size(size)],
            age if age - 1 > self.presented.len() => vec![Area::of_size(size)],
            age => {
                let before = self.presented.iter().take(age - 1).flatten();
                Area::joined(before.chain(&changed).copied())
            }
        };
        if let Some(mut canvas) = Canvas::new(&mut buffer, size) {
            for area in missed {
                self.scene.paint(&mut canvas, textures, area);
            }
        }
        self.window.pre_present_notify();
        // Windows takes the whole window for shown after a part of it, and would never ask for the rest.
        if all || self.lost || cfg!(windows) {
            buffer.present()?;
        } else {
            let rects: Vec<softbuffer::Rect> = changed.iter().filter_map(|area| rect(*area)).collect();
            buffer.present_with_damage(&rects)?;
        }
        self.lost = false;
        self.presented.push_front(changed);
        self.presented.truncate(BUFFERS);
        Ok(())
    }

    fn act(&mut self, action: ActionRequested, textures: &Textures) {
        let events = &mut self.input.egui_input_mut().events;
        match action {
            ActionRequested::Screenshot(callback) => {
                if let Some(image) = self.image(textures) {
                    callback.complete(Arc::new(image));
                }
            }
            ActionRequested::Cut => events.push(egui::Event::Cut),
            ActionRequested::Copy => events.push(egui::Event::Copy),
            ActionRequested::Paste => {
                let text = self.input.clipboard_text().unwrap_or_default().replace("\r\n", "\n");
                if !text.is_empty() {
                    self.input.egui_input_mut().events.push(egui::Event::Paste(text));
                }
            }
            ActionRequested::PaintWhileHidden => {}
        }
    }

    fn image(&self, textures: &Textures) -> Option<ColorImage> {
        let size = self.scene.size();
        let mut pixels = vec![0; size[0] as usize * size[1] as usize];
        let mut canvas = Canvas::new(&mut pixels, size)?;
        self.scene.paint(&mut canvas, textures, Area::of_size(size));
        Some(canvas.image())
    }
}

fn rect(area: Area) -> Option<softbuffer::Rect> {
    Some(softbuffer::Rect {
        x: u32::try_from(area.left).ok()?,
        y: u32::try_from(area.top).ok()?,
        width: NonZeroU32::new(u32::try_from(area.width()).ok()?)?,
        height: NonZeroU32::new(u32::try_from(area.height()).ok()?)?,
    })
}
