//! OPENS THE NATIVE WINDOW with the renderer that is cheapest here, and with the other one when that fails.
//!
//! Belongs to the binary: which toolkit options, which renderer. Does not belong here: what the window shows (`app`).

use eframe::egui_wgpu::wgpu;
use eframe::{CreationContext, NativeOptions};
use futures_util::FutureExt as _;
use i18n_embed_fl::fl;
use monomi::i18n::{Language, Words};
use monomi::settings::Renderer;
use monomi::ui::theme;
use monomi::wall::Place;

/// The window's first size, in points.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// The least that the wall and the tree need, in points.
const LEAST: [f32; 2] = [640.0, 400.0];

const NOTE_SIZE: [f32; 2] = [440.0, 150.0];

/// Runs the window until it is closed. `make` builds the application once the window exists; it is called again for the
/// other renderer when the first one fails to start.
///
/// # Errors
/// In words, when no renderer starts: no display, or no graphics at all.
pub fn run<A: eframe::App + 'static>(
    wanted: Renderer,
    place: Place,
    fullscreen: bool,
    make: impl Fn(&CreationContext<'_>, Option<FellBack>) -> A,
) -> Result<(), String> {
    let first = match wanted {
        Renderer::Wgpu => eframe::Renderer::Wgpu,
        Renderer::Glow => eframe::Renderer::Glow,
        Renderer::Auto if has_real_gpu() => eframe::Renderer::Wgpu,
        Renderer::Auto => eframe::Renderer::Glow,
    };
    let other = match first {
        eframe::Renderer::Wgpu => eframe::Renderer::Glow,
        eframe::Renderer::Glow => eframe::Renderer::Wgpu,
    };
    let Err(reason) = try_with(first, place, fullscreen, |context| make(context, None)) else {
        return Ok(());
    };
    tracing::warn!(renderer = %first, reason, "the renderer did not start, trying the other one");
    let fell_back = FellBack {
        wanted: first.to_string(),
        reason: reason.clone(),
    };
    try_with(other, place, fullscreen, |context| {
        make(context, Some(fell_back.clone()))
    })
    .map_err(|second| format!("no window can be opened: {first}: {reason}; {other}: {second}"))
}

/// The renderer that was to be used, and why it was not.
#[derive(Clone, Debug)]
pub struct FellBack {
    pub wanted: String,
    pub reason: String,
}

fn try_with<A: eframe::App + 'static>(
    renderer: eframe::Renderer,
    place: Place,
    fullscreen: bool,
    make: impl Fn(&CreationContext<'_>) -> A,
) -> Result<(), String> {
    let size = place.size.unwrap_or(SIZE);
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Monomi")
        .with_app_id("monomi")
        .with_inner_size(size)
        .with_min_inner_size([size[0].min(LEAST[0]), size[1].min(LEAST[1])])
        .with_maximized(place.maximized)
        .with_fullscreen(fullscreen);
    if let Some(at) = place.at {
        viewport = viewport.with_position(at);
    }
    let options = NativeOptions {
        viewport,
        renderer,
        // Each costs a software rasteriser dearly and shows nothing on video.
        dithering: false,
        multisampling: 0,
        ..NativeOptions::default()
    };
    eframe::run_native("monomi", options, Box::new(move |context| Ok(Box::new(make(context)))))
        .map_err(|error| error.to_string())
}

/// Whether wgpu finds a GPU that is more than a program. Where the system shows no device, nothing is loaded to ask.
fn has_real_gpu() -> bool {
    if cfg!(target_os = "linux") && !std::path::Path::new("/dev/dri").exists() {
        return false;
    }
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

/// Says in a small window that another process uses the profile: who clicked an icon sees no terminal.
pub fn say_already_running(language: Language) {
    let note = Place {
        size: Some(NOTE_SIZE),
        ..Place::default()
    };
    let shown = try_with(eframe::Renderer::Glow, note, false, |context| {
        theme::install(&context.egui_ctx);
        Note {
            words: Words::new(language),
        }
    });
    if let Err(error) = shown {
        tracing::debug!(error, "no window for the message");
    }
}

struct Note {
    words: Words,
}

impl eframe::App for Note {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
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
}
