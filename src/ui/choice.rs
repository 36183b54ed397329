//! Entries of menus that are on or off. The mark at their left says which by its shape, not by a colour alone.

use egui::{Atom, Button, IdSalt, Rect, Role, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::icon::{self, Icon};
use super::{theme, virtual_node};

#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// A box, with a tick when it is on.
    Switch,
    /// A ring, with a dot when it is on: one of several.
    OneOf,
}

/// Paints one entry and returns whether it was clicked. A screen reader says its name without the key.
pub(super) fn entry(ui: &mut Ui, choice: Choice, name: &str, key: &str, on: bool) -> bool {
    let id = IdSalt::new("mark");
    let mark = Atom::custom(id, Vec2::splat(14.0));
    let shown = Button::new((mark, name)).shortcut_text(key).atom_ui(ui);
    let role = match choice {
        Choice::Switch => Role::MenuItemCheckBox,
        Choice::OneOf => Role::MenuItemRadio,
    };
    shown
        .response
        .widget_info(|| WidgetInfo::selected(role, true, on, name));
    if let Some(rect) = shown.rect(id) {
        paint(ui, choice, rect, on);
    }
    virtual_node::chosen(ui, &shown.response)
}

fn paint(ui: &Ui, choice: Choice, rect: Rect, on: bool) {
    let (painter, tokens) = (ui.painter(), theme::tokens(ui));
    let outline = Stroke::new(1.0, if on { tokens.text } else { tokens.text_weak });
    match choice {
        Choice::Switch => {
            painter.rect_stroke(rect, 2.0, outline, StrokeKind::Inside);
            if on {
                icon::paint(painter, Icon::Done, rect, tokens.text);
            }
        }
        Choice::OneOf => {
            painter.circle_stroke(rect.center(), 6.0, outline);
            if on {
                painter.circle_filled(rect.center(), 3.0, tokens.text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many shapes one entry is painted from.
    fn shapes(choice: Choice, on: bool) -> usize {
        let ctx = egui::Context::default();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            entry(ui, choice, "Tree", "F9", on);
        });
        output.textures_delta.clear();
        output.shapes.len()
    }

    #[test]
    fn what_is_on_has_a_shape_more_and_not_only_another_colour() {
        for choice in [Choice::Switch, Choice::OneOf] {
            assert!(shapes(choice, true) > shapes(choice, false));
        }
    }
}
