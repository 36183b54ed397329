//! The menus of the menu bar and their keys: F10 or Alt with the underlined letter opens one, arrows walk through them, Esc leaves.

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FocusDirection, Id, Key, Modifiers, Popup, Response, Stroke, TextStyle, Ui, WidgetInfo};

/// One menu of the bar: its name, and the letter that opens it with Alt.
pub(super) struct BarMenu {
    pub name: String,
    pub letter: String,
}

/// A menu that was opened by key and is not laid out yet: until it is, arrows would lead somewhere else, so that they are counted and
/// followed afterwards.
#[derive(Clone, Copy)]
struct Opening {
    /// Frames until the menu is there.
    frames: u8,
    downs: usize,
}

/// What the keys ask for in this frame.
pub(super) struct BarKeys {
    /// The menu to open, by its place in the bar.
    open: Option<usize>,
    shown: Vec<Response>,
}

impl BarKeys {
    /// Takes the keys that belong to the bar, unless a dialog is in front of it.
    pub(super) fn take(ui: &Ui, menus: &[BarMenu]) -> Self {
        let mut open = None;
        if ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
            let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
            for (place, menu) in menus.iter().enumerate() {
                if Key::from_name(&menu.letter).is_some_and(|key| pressed(Modifiers::ALT, key)) {
                    open = Some(place);
                }
            }
            let in_bar: Option<Vec<Id>> = ui.data(|data| data.get_temp(bar_id()));
            let focused = ui.memory(|memory| memory.focused());
            let at = in_bar.and_then(|ids| ids.iter().position(|id| Some(*id) == focused));
            // With Shift it is the key of context menus, and egui matches a key without Shift also when Shift is down.
            let shift = ui.input(|input| input.modifiers.shift);
            if !shift && pressed(Modifiers::NONE, Key::F10) {
                open = Some(0);
            } else if let Some(at) = at {
                let last = menus.len() - 1;
                if pressed(Modifiers::NONE, Key::ArrowRight) {
                    open = Some(if at == last { 0 } else { at + 1 });
                } else if pressed(Modifiers::NONE, Key::ArrowLeft) {
                    open = Some(at.checked_sub(1).unwrap_or(last));
                }
            }
        }
        let opening: Option<Opening> = ui.data(|data| data.get_temp(opening_id()));
        let downs = ui.input(|input| input.num_presses(Key::ArrowDown));
        if open.is_some() {
            let frames = 2;
            ui.data_mut(|data| data.insert_temp(opening_id(), Opening { frames, downs }));
        } else if let Some(opening) = opening {
            ui.ctx().request_repaint();
            let downs = opening.downs + downs;
            let (frames, direction, left) = match opening.frames {
                0 if downs > 0 => (0, FocusDirection::Down, downs - 1),
                0 => (0, FocusDirection::None, 0),
                frames => (frames - 1, FocusDirection::None, downs),
            };
            if opening.frames > 0 || downs > 0 {
                ui.memory_mut(|memory| memory.move_focus(direction));
                ui.data_mut(|data| data.insert_temp(opening_id(), Opening { frames, downs: left }));
            } else {
                ui.data_mut(|data| data.remove::<Opening>(opening_id()));
            }
        }
        if open.is_some() {
            // The key is used up: the menu that is still open would take the arrow for itself.
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        }
        Self {
            open,
            shown: Vec::new(),
        }
    }

    /// Paints the next menu of the bar.
    pub(super) fn menu(&mut self, ui: &mut Ui, menu: &BarMenu, content: impl FnOnce(&mut Ui)) {
        let shown = ui.menu_button(title(ui, menu), content).response;
        let name = menu.name.as_str();
        shown.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        ui.ctx().accesskit_node_builder(shown.id, |node| {
            node.set_access_key(menu.letter.as_str());
            node.set_keyboard_shortcut(format!("Alt+{}", menu.letter));
        });
        self.shown.push(shown);
    }

    /// Opens the menu that was asked for. From its button, the arrow down leads into it.
    pub(super) fn end(self, ui: &Ui) {
        let ids: Vec<Id> = self.shown.iter().map(|button| button.id).collect();
        ui.data_mut(|data| data.insert_temp(bar_id(), ids));
        if let Some(button) = self.open.and_then(|place| self.shown.get(place)) {
            Popup::open_id(ui.ctx(), Popup::default_response_id(button));
            button.request_focus();
            ui.ctx().request_repaint();
        } else if let Some(button) = self.shown.iter().find(|button| button.has_focus())
            && ui.input(|input| input.key_pressed(Key::Escape))
        {
            button.surrender_focus();
        }
    }
}

fn opening_id() -> Id {
    Id::unique("menu that is being opened")
}

fn bar_id() -> Id {
    Id::unique("menu bar")
}

/// The name with its letter underlined; a name without the letter has it behind, as in `ファイル(F)`.
fn title(ui: &Ui, menu: &BarMenu) -> LayoutJob {
    let font = TextStyle::Button.resolve(ui.style());
    let plain = TextFormat::simple(font, Color32::PLACEHOLDER);
    let underlined = TextFormat {
        underline: Stroke::new(1.0, Color32::PLACEHOLDER),
        ..plain.clone()
    };
    let (before, letter, after) = parts(&menu.name, &menu.letter);
    let mut job = LayoutJob::default();
    job.append(&before, 0.0, plain.clone());
    job.append(&letter, 0.0, underlined);
    job.append(&after, 0.0, plain);
    job
}

/// The text before the letter, the letter as it is shown, and the text after it.
fn parts(name: &str, letter: &str) -> (String, String, String) {
    let found = name
        .char_indices()
        .find(|(_, c)| c.to_string().eq_ignore_ascii_case(letter));
    match found {
        Some((at, c)) => {
            let end = at + c.len_utf8();
            (name[..at].to_owned(), name[at..end].to_owned(), name[end..].to_owned())
        }
        None => (format!("{name}("), letter.to_owned(), ")".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_is_underlined_in_the_name_or_stands_behind_it() {
        let said = |name, letter| {
            let (before, letter, after) = parts(name, letter);
            format!("{before}_{letter}_{after}")
        };
        assert_eq!(said("File", "F"), "_F_ile");
        assert_eq!(said("Info", "N"), "I_n_fo");
        assert_eq!(said("ファイル", "F"), "ファイル(_F_)");
    }
}
