//! Leads to the tiles of which the status bar says that something is wrong.

use egui::{Context, ViewportCommand};

use super::MonomiApp;
use device::{ChannelId, DeviceId};
use wall::Wall;

impl MonomiApp {
    /// Turns to the page with one of these channels, or of these devices. What stands on no tile is shown in the tree, which a kiosk has not.
    pub(super) fn lead_to(&mut self, ctx: &Context, at: usize, channels: &[ChannelId], devices: &[DeviceId]) {
        if self.turn_to(ctx, at, channels, devices) || self.kiosk.is_on() {
            return;
        }
        let known = |id: &&DeviceId| self.engine_state.registry.device(**id).is_some();
        if let Some(device) = devices.iter().find(known).copied() {
            if self.windows[at].view.fullscreen {
                // There is no tree in full screen.
                self.set_fullscreen(ctx, at, false);
            }
            let window = &mut self.windows[at];
            window.view.tree.open = true;
            window.tree.reveal(device);
        }
    }

    /// Turns to the page with one of these: in the window at `at`, else in another one; whether there is any.
    fn turn_to(&mut self, ctx: &Context, at: usize, channels: &[ChannelId], devices: &[DeviceId]) -> bool {
        let order = std::iter::once(at).chain((0..self.windows.len()).filter(|other| *other != at));
        let found = order.into_iter().find_map(|window| {
            let place = place_of(&self.windows[window].view.wall, channels, devices)?;
            Some((window, place))
        });
        let Some((window, place)) = found else { return false };
        let target = &mut self.windows[window];
        target.view.wall.leave_alone();
        target.view.wall.select(place);
        if window != at {
            ctx.send_viewport_cmd_to(target.id, ViewportCommand::Focus);
        }
        true
    }
}

/// The first place with one of the channels, else with a channel of one of the devices.
fn place_of(wall: &Wall, channels: &[ChannelId], devices: &[DeviceId]) -> Option<usize> {
    let place = |fits: &dyn Fn(ChannelId) -> bool| {
        let mut places = wall.places().iter();
        places.position(|placed| placed.is_some_and(|placed| fits(placed.channel)))
    };
    place(&|channel| channels.contains(&channel)).or_else(|| place(&|channel| devices.contains(&channel.device)))
}
