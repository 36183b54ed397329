//! THE WINDOWS OF A COMPUTER WITHOUT A GPU: winit's windows, egui's input and output, and `raster` as the painter.
//!
//! Belongs here: when a window is painted, its memory, and passing events on. Does not belong here: how pixels come about
//! (`raster`), what a window shows (the program, by [`Application`]). With a GPU, eframe does all of this instead.
//!
//! Two things repaint a window. egui asks for a pass: input, new data to show, an animation. A new picture needs none: it is
//! painted straight into the window, under what egui last laid over it.

mod desk;
mod program;
mod viewport;

use eframe::UserEvent;
use egui::{Context, Ui, ViewportBuilder};
use egui_winit::winit::event_loop::EventLoop;
use egui_winit::winit::platform::run_on_demand::EventLoopExtRunOnDemand as _;
use egui_winit::winit::window::Window;

use frame::Waker;
use program::Program;

/// What runs in the windows; as [`eframe::App`], without a GPU.
pub trait Application {
    /// Before every pass, and while no window is to be seen.
    fn logic(&mut self, ctx: &Context);

    /// Shows the first window, which is `window`, and by [`Context::show_viewport_immediate`] any others.
    fn ui(&mut self, ui: &mut Ui, window: &Window);

    /// Called once, at the end.
    fn leave(&mut self);
}

/// Opens the first window and runs until it is closed. `make` is told whom to call after every new picture.
///
/// # Errors
/// In words: there is no window, or it has no memory to paint into.
pub fn run<A: Application>(
    event_loop: &mut EventLoop<UserEvent>,
    first: ViewportBuilder,
    make: impl FnOnce(&Context, Waker) -> A,
) -> Result<(), String> {
    let mut program = Program::new(event_loop, first, make);
    event_loop
        .run_app_on_demand(&mut program)
        .map_err(|error| error.to_string())?;
    program.result()
}
