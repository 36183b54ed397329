//! OPENS THE NATIVE WINDOW with the renderer that is cheapest here, and with the next one when that fails.
//!
//! Belongs to the binary: which toolkit options, which renderer. Does not belong here: what the window shows (`app`).

use std::cell::RefCell;
use std::rc::Rc;

use eframe::egui_wgpu::wgpu;
use eframe::{CreationContext, NativeOptions, UserEvent, glow};
use egui::{Context, ViewportBuilder};
use egui_winit::winit::event_loop::EventLoop;
use egui_winit::winit::platform::run_on_demand::EventLoopExtRunOnDemand as _;
use egui_winit::winit::window::Window;
use futures_util::FutureExt as _;
use i18n_embed_fl::fl;
use monomi::bridge::Waker;
use monomi::i18n::{Language, Words};
use monomi::ui::computer::Painter;
use monomi::ui::theme;
use settings::Renderer;
use soft_window::shell::{self, Application};
use wall::WindowPlace;

/// The least that the wall and the tree need, in points.
const LEAST: [f32; 2] = [640.0, 400.0];

const NOTE_SIZE: [f32; 2] = [440.0, 150.0];

/// The data that the application is made from.
pub struct AppStart<'a> {
    pub ctx: &'a Context,
    /// Set if the window is painted without a GPU: this is called after every new picture.
    pub picture_waker: Option<Waker>,
    pub fell_back: Option<FellBack>,
    pub painter: Painter,
}

/// The renderer that was to be used, and why it could not be.
#[derive(Clone, Debug)]
pub struct FellBack {
    pub wanted: String,
    pub reason: String,
}

/// Runs the window until it is closed. `make` builds the application once the window exists; it is called again for the
/// next renderer when one fails to start.
///
/// # Errors
/// In words, when no renderer starts: there is no display.
pub fn run<A: Application>(
    wanted: Renderer,
    place: WindowPlace,
    fullscreen: bool,
    make: impl Fn(AppStart<'_>) -> A,
) -> Result<(), String> {
    let mut event_loop = event_loop()?;
    let window = viewport(place, fullscreen);
    let mut faults: Vec<(Renderer, String)> = Vec::new();
    for renderer in to_try(wanted) {
        // Only a renderer that was chosen and failed is worth a notice; the automatic choice takes what works.
        let fell_back = faults
            .first()
            .filter(|(failed, _)| *failed == wanted)
            .map(|(failed, reason)| FellBack {
                wanted: failed.as_str().to_owned(),
                reason: reason.clone(),
            });
        let make = |ctx: &Context, picture_waker: Option<Waker>, painter: Painter| {
            let fell_back = fell_back.clone();
            make(AppStart {
                ctx,
                picture_waker,
                fell_back,
                painter,
            })
        };
        let result = match renderer {
            Renderer::Wgpu => with_eframe(&mut event_loop, eframe::Renderer::Wgpu, window.clone(), |_| true, make),
            Renderer::Glow => {
                // OpenGL in software is used only if it was asked for, because the next renderer is cheaper.
                let suits = |context: &CreationContext<'_>| wanted == Renderer::Glow || has_gpu(context);
                with_eframe(&mut event_loop, eframe::Renderer::Glow, window.clone(), suits, make)
            }
            Renderer::Software | Renderer::Auto => shell::run(&mut event_loop, window.clone(), |ctx, waker| {
                make(ctx, Some(waker), Painter::Software)
            }),
        };
        let Err(reason) = result else { return Ok(()) };
        tracing::warn!(renderer = renderer.as_str(), reason, "the renderer did not start");
        faults.push((renderer, reason));
    }
    let faults: Vec<String> = faults
        .iter()
        .map(|(renderer, reason)| format!("{}: {reason}", renderer.as_str()))
        .collect();
    Err(without_source(&format!(
        "no window can be opened: {}",
        faults.join("; ")
    )))
}

/// The renderers in the order in which they are tried.
fn to_try(wanted: Renderer) -> Vec<Renderer> {
    use Renderer::{Auto, Glow, Software, Wgpu};
    match wanted {
        Wgpu => vec![Wgpu, Glow, Software],
        Glow => vec![Glow, Software],
        Software => vec![Software],
        // If the system has no graphics device, no graphics library is loaded to ask.
        Auto if cfg!(target_os = "linux") && !std::path::Path::new("/dev/dri").exists() => vec![Software],
        Auto if has_vulkan_or_its_like() => vec![Wgpu, Glow, Software],
        Auto => vec![Glow, Software],
    }
}

fn event_loop() -> Result<EventLoop<UserEvent>, String> {
    EventLoop::with_user_event().build().map_err(|error| {
        let reason = without_source(&error.to_string());
        match std::env::var("WAYLAND_DISPLAY").or_else(|_unset| std::env::var("DISPLAY")) {
            Ok(display) if cfg!(target_os = "linux") => {
                format!("the display {display} cannot be used ({reason}); `monomi watch` needs none")
            }
            _ => reason,
        }
    })
}

/// An error of the window library without the place in its source (`os error at PATH.rs:LINE: `), which tells a person nothing.
fn without_source(message: &str) -> String {
    let mut rest = message;
    let mut clean = String::new();
    while let Some((before, after)) = rest.split_once("os error at ") {
        let place = after
            .find(".rs:")
            .and_then(|at| after[at..].find(": ").map(|end| at + end + 2));
        let Some(place) = place else { break };
        clean.push_str(before);
        rest = &after[place..];
    }
    clean + rest
}

fn viewport(place: WindowPlace, fullscreen: bool) -> ViewportBuilder {
    let size = place.size.unwrap_or(WindowPlace::FIRST_SIZE);
    let viewport = ViewportBuilder::default()
        .with_title("Monomi")
        .with_app_id("monomi")
        .with_inner_size(size)
        .with_min_inner_size([size[0].min(LEAST[0]), size[1].min(LEAST[1])])
        .with_maximized(place.maximized)
        .with_fullscreen(fullscreen);
    match place.at {
        Some(at) => viewport.with_position(at),
        None => viewport,
    }
}

/// Opens the window by eframe. `suits`: whether the graphics context of the opened window is good enough.
fn with_eframe<A: Application>(
    event_loop: &mut EventLoop<UserEvent>,
    renderer: eframe::Renderer,
    viewport: ViewportBuilder,
    suits: impl Fn(&CreationContext<'_>) -> bool,
    make: impl Fn(&Context, Option<Waker>, Painter) -> A,
) -> Result<(), String> {
    let options = NativeOptions {
        viewport,
        renderer,
        dithering: false,
        multisampling: 0,
        ..NativeOptions::default()
    };
    // The result leaves by a cell, because eframe returns no error from a loop that is not its own.
    let result = Rc::new(RefCell::new(Err(
        "it could not open a window; the log has more".to_owned()
    )));
    let told = Rc::clone(&result);
    let create = move |context: &CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        if !suits(context) {
            *told.borrow_mut() = Err("it is a program, not a graphics card".to_owned());
            return Err("no graphics card".into());
        }
        *told.borrow_mut() = Ok(());
        let painter = painter_of(context);
        tracing::info!(?painter, "paints");
        Ok(Box::new(InEframe(make(&context.egui_ctx, None, painter))))
    };
    let mut program = eframe::create_native("monomi", options, Box::new(create), event_loop);
    let run = event_loop.run_app_on_demand(&mut program);
    drop(program);
    if let Err(error) = run {
        // The window ran before, so that another renderer would not help: the display is gone.
        tracing::error!(%error, "the window ended");
    }
    result.replace(Ok(()))
}

/// Whether OpenGL runs on a GPU and not in software.
fn has_gpu(context: &CreationContext<'_>) -> bool {
    context.gl.as_ref().is_some_and(|gl| {
        let renderer = gl_renderer(gl);
        !["llvmpipe", "softpipe", "swrast", "gdi generic"]
            .iter()
            .any(|program| renderer.to_lowercase().contains(program))
    })
}

fn gl_renderer(gl: &glow::Context) -> String {
    gl_text(gl, glow::RENDERER)
}

#[expect(unsafe_code, reason = "every call of OpenGL is unsafe in glow")]
fn gl_text(gl: &glow::Context, name: u32) -> String {
    use glow::HasContext as _;
    // SAFETY: eframe hands the context over while it is current.
    unsafe { gl.get_parameter_string(name) }
}

/// What paints a window that eframe has opened, as its driver names itself.
fn painter_of(context: &CreationContext<'_>) -> Painter {
    if let Some(state) = &context.wgpu_render_state {
        let info = state.adapter.get_info();
        return Painter::Wgpu {
            adapter: info.name,
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        };
    }
    let text = |name| context.gl.as_ref().map(|gl| gl_text(gl, name)).unwrap_or_default();
    Painter::OpenGl {
        renderer: text(glow::RENDERER),
        version: text(glow::VERSION),
    }
}

/// An application as eframe runs it.
struct InEframe<A>(A);

impl<A: Application> eframe::App for InEframe<A> {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.0.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        if let Some(window) = frame.winit_window() {
            self.0.ui(ui, window);
        }
    }

    fn on_exit(&mut self, _gl: Option<&glow::Context>) {
        self.0.leave();
    }
}

/// Whether wgpu finds a GPU and not only a software renderer.
fn has_vulkan_or_its_like() -> bool {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let adapters = wgpu::Instance::new(descriptor)
        .enumerate_adapters(wgpu::Backends::PRIMARY)
        .now_or_never();
    adapters.unwrap_or_default().iter().any(|adapter| {
        matches!(
            adapter.get_info().device_type,
            wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::VirtualGpu
        )
    })
}

/// Says in a small window that another process uses the profile, because a person who clicked an icon sees no terminal.
pub fn say_already_running(language: Language) {
    let note = WindowPlace {
        size: Some(NOTE_SIZE),
        ..WindowPlace::default()
    };
    let shown = event_loop().and_then(|mut event_loop| {
        shell::run(&mut event_loop, viewport(note, false), |ctx, _| {
            theme::install(ctx);
            Note {
                words: Words::new(language),
            }
        })
    });
    if let Err(error) = shown {
        tracing::debug!(error, "no window for the message");
    }
}

struct Note {
    words: Words,
}

impl Application for Note {
    fn logic(&mut self, _: &Context) {}

    fn ui(&mut self, ui: &mut egui::Ui, _: &Window) {
        egui::CentralPanel::default().show(ui, |ui| {
            ui.vertical_centered(|ui| {
                ui.add_space(24.0);
                ui.label(fl!(self.words, "start-already-running"));
                ui.add_space(16.0);
                let ok = ui.button(fl!(self.words, "start-ok"));
                let key = ui.input(|input| input.key_pressed(egui::Key::Escape) || input.key_pressed(egui::Key::Enter));
                if ok.clicked() || key {
                    ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
                }
            });
        });
    }

    fn leave(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_in_a_source_is_left_out_of_an_error() {
        for (message, said) in [
            ("os error at /home/b/x11/mod.rs:12: no display", "no display"),
            ("a: os error at C:\\src\\mod.rs:1: b: c", "a: b: c"),
            ("os error at nowhere", "os error at nowhere"),
            ("not supported", "not supported"),
        ] {
            assert_eq!(without_source(message), said);
        }
    }
}
