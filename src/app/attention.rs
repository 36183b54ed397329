//! The windows ask for attention in the task bar when somebody is called.

use egui::{Context, UserAttentionType, ViewportCommand};

use super::MonomiApp;

impl MonomiApp {
    /// Asks for attention once for each call, unless a window has the keyboard: then somebody is there.
    pub(super) fn ask_for_attention(&mut self, ctx: &Context) {
        let called = self.engine_state.events.attention;
        if std::mem::replace(&mut self.attention, called) >= called {
            return;
        }
        let has_keyboard = |id| {
            ctx.input(|input| {
                let window = input.raw.viewports.get(&id);
                window.and_then(|window| window.focused).unwrap_or(false)
            })
        };
        if !self.windows.iter().any(|window| has_keyboard(window.id)) {
            for window in &self.windows {
                let ask = ViewportCommand::RequestUserAttention(UserAttentionType::Critical);
                ctx.send_viewport_cmd_to(window.id, ask);
            }
        }
    }
}
