//! Context menus, by the right button and by the keys for them: Menu, and Shift with F10.

use egui::{Context, Id, Key, Modifiers, Popup, Response, SetOpenCommand, Ui, vec2};

/// Whether a key for the context menu was pressed, which is taken by this call. Not while text is typed, a menu is open, or a dialog
/// stands before `ui`.
#[must_use]
pub fn take(ui: &Ui) -> bool {
    let ctx = ui.ctx();
    let behind = !ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
    if behind || ctx.text_edit_focused() || Popup::is_any_open(ctx) {
        return false;
    }
    let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    pressed(Modifiers::SHIFT, Key::F10) || pressed(Modifiers::NONE, Key::Menu)
}

/// Shows the context menu of a widget. `by_key`: the person asked for it by key, so that it opens at the widget and takes the arrows.
pub fn menu(response: &Response, by_key: bool, add: impl FnOnce(&mut Ui)) {
    let popup = Popup::context_menu(response);
    let at_widget = popup.get_id().with("by key");
    if by_key {
        response.ctx.data_mut(|data| data.insert_temp(at_widget, true));
        response.request_focus();
        // The arrows are for the menu, also where the widget keeps them for itself.
        response
            .ctx
            .memory_mut(|memory| memory.set_focus_lock_filter(response.id, egui::EventFilter::default()));
    } else if response.secondary_clicked() {
        response.ctx.data_mut(|data| data.remove::<bool>(at_widget));
    }
    let by_key_before = response
        .ctx
        .data(|data| data.get_temp::<bool>(at_widget))
        .unwrap_or(false);
    if !by_key_before {
        popup.show(add);
        return;
    }
    let popup = Popup::menu(response).open_memory(by_key.then_some(SetOpenCommand::Bool(true)));
    let at = response.rect.left_top() + vec2(24.0, (response.rect.height() / 2.0).min(40.0));
    if popup.at_position(at).show(add).is_none() {
        response.ctx.data_mut(|data| data.remove::<bool>(at_widget));
        restore(response);
    }
}

/// Gives the keyboard back to where it was before the menu.
fn restore(response: &Response) {
    let home: Option<Option<Id>> = response.ctx.data(|data| data.get_temp(home_id()));
    response.ctx.data_mut(|data| data.remove::<Option<Id>>(home_id()));
    if let Some(home) = home.flatten() {
        response.ctx.memory_mut(|memory| memory.request_focus(home));
    }
}

/// From where the next menu by key is opened: that widget has the keyboard again when the menu is closed.
pub fn remember_home(ctx: &Context, home: Id) {
    ctx.data_mut(|data| data.insert_temp(home_id(), Some(home)));
}

fn home_id() -> Id {
    Id::unique("context menu home")
}
