//! SAVES A PICTURE of the window once every tile is live, then quits: for a machine without a display.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use egui_winit::winit::window::Window;
use monomi::app::MonomiApp;
use monomi::bridge::EngineHandle;
use soft_window::shell::Application;

/// After this time the picture is saved even if not everything is live.
const PATIENCE: Duration = Duration::from_secs(60);

/// The wait after all tiles are live, so that each has painted its picture.
const SETTLE: Duration = Duration::from_millis(800);

/// The application, and the screenshot that is taken of it; without a path there is none.
pub struct Screenshot {
    app: MonomiApp,
    engine: EngineHandle,
    path: Option<PathBuf>,
    fault: Arc<OnceLock<String>>,
    began: Instant,
    live_since: Option<Instant>,
    asked: bool,
}

impl Screenshot {
    /// `fault` receives the reason, in words, if the picture cannot be saved.
    pub fn new(app: MonomiApp, engine: EngineHandle, path: Option<PathBuf>, fault: Arc<OnceLock<String>>) -> Self {
        Self {
            app,
            engine,
            path,
            fault,
            began: Instant::now(),
            live_since: None,
            asked: false,
        }
    }

    fn look(&mut self, ctx: &egui::Context, path: &Path) {
        let totals = self.engine.state().totals;
        let all_live = totals.wanted > 0 && totals.live == totals.wanted;
        self.live_since = if all_live {
            self.live_since.or_else(|| Some(Instant::now()))
        } else {
            None
        };
        let settled = self.live_since.is_some_and(|since| since.elapsed() >= SETTLE);
        if !self.asked && (settled || self.began.elapsed() >= PATIENCE) {
            self.asked = true;
            let (window, path, fault) = (ctx.clone(), path.to_path_buf(), Arc::clone(&self.fault));
            ctx.request_screenshot(move |picture| {
                if let Err(error) = save(&path, &picture) {
                    fault.get_or_init(|| format!("the screenshot {} was not saved: {error}", path.display()));
                }
                window.send_viewport_cmd(egui::ViewportCommand::Close);
                window.request_repaint();
            });
        }
        ctx.request_repaint_after(Duration::from_millis(100));
    }
}

impl Application for Screenshot {
    fn logic(&mut self, ctx: &egui::Context) {
        self.app.tick(ctx);
        if let Some(path) = self.path.clone() {
            self.look(ctx, &path);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, window: &Window) {
        self.app.run(ui, Some(window));
    }

    fn leave(&mut self) {
        self.app.leave();
    }
}

fn save(path: &Path, picture: &egui::ColorImage) -> Result<(), Box<dyn std::error::Error>> {
    let size = picture.size.map(u32::try_from);
    let [width, height] = [size[0]?, size[1]?];
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let rgba: Vec<u8> = picture.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
    encoder.write_header()?.write_image_data(&rgba)?;
    Ok(())
}
