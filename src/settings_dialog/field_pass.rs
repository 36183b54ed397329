//! One frame of a form: the errors to show, and the fields that were left.

use egui::{Key, Response, Ui};

use device::Field;

/// Made anew whenever the form is painted.
pub(super) struct FieldPass {
    errors: Vec<(Field, String)>,
    focus: Option<Field>,
    left: Vec<Field>,
    enter: bool,
}

impl FieldPass {
    /// `errors`: the sentences to show, each with its field; `focus`: the field that gets the keyboard.
    pub(super) fn new(errors: Vec<(Field, String)>, focus: Option<Field>) -> Self {
        Self {
            errors,
            focus,
            left: Vec::new(),
            enter: false,
        }
    }

    pub(super) fn error(&self, field: Field) -> Option<&str> {
        self.errors
            .iter()
            .find(|(each, _)| *each == field)
            .map(|(_, text)| text.as_str())
    }

    pub(super) fn has_error(&self, of: impl Fn(Field) -> bool) -> bool {
        self.errors.iter().any(|(field, _)| of(*field))
    }

    /// Called once for each field that was painted.
    pub(super) fn watch(&mut self, ui: &Ui, field: Field, response: &Response) {
        if self.focus == Some(field) {
            self.focus = None;
            response.request_focus();
            response.scroll_to_me(None);
        }
        if response.lost_focus() {
            self.left.push(field);
            self.enter |= ui.input(|input| input.key_pressed(Key::Enter));
        }
    }

    /// The fields that lost the focus in this pass, and whether Enter was pressed in one of them.
    pub(super) fn end(self) -> (Vec<Field>, bool) {
        (self.left, self.enter)
    }
}
