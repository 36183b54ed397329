//! The keys of a tile that is steered, as long as they are down.

use egui::{Context, Key};

use super::super::tile_id::is_tile;
use super::compass::STEADY;
use crate::bridge::{Motion, Velocity};

/// What the keys that are down ask for; nothing while the window is not in front or text is typed. With Shift they are fast.
#[must_use]
pub fn held(ctx: &Context) -> Option<Motion> {
    // Arrows belong to the tile unless the tree, a button or a menu has asked for them.
    let elsewhere = ctx.memory(|memory| memory.focused()).is_some_and(|id| !is_tile(id));
    if elsewhere || ctx.text_edit_focused() || egui::Popup::is_any_open(ctx) {
        return None;
    }
    ctx.input(|input| {
        let modifiers = input.modifiers;
        if !input.focused || modifiers.command || modifiers.alt {
            return None;
        }
        let speed = if modifiers.shift { 1.0 } else { STEADY };
        let way = |more: &[Key], less: &[Key]| {
            let down = |keys: &[Key]| keys.iter().any(|key| input.key_down(*key));
            speed * (f32::from(u8::from(down(more))) - f32::from(u8::from(down(less))))
        };
        let focus = way(&[Key::Period], &[Key::Comma]);
        let motion = match focus {
            0.0 => Motion::Turn(Velocity {
                pan: way(&[Key::ArrowRight], &[Key::ArrowLeft]),
                tilt: way(&[Key::ArrowUp], &[Key::ArrowDown]),
                zoom: way(&[Key::Plus, Key::Equals], &[Key::Minus]),
            }),
            focus => Motion::Focus(focus),
        };
        (!motion.is_none()).then_some(motion)
    })
}
