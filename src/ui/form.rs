//! Rows of a form: a label, a field, and beneath the field what it is for or what is wrong with it.

use egui::{Align, Context, Id, Key, Layout, Modifiers, Response, RichText, TextEdit, Ui, Vec2};

use super::icon::{self, Icon};
use super::theme::{self, SPACE};

/// Where the fields begin, measured from the labels.
const LABEL_WIDTH: f32 = 190.0;
/// The widest a field of text grows.
pub const FIELD_WIDTH: f32 = 440.0;

/// One row of a form: its label, and the hint or the error beneath its field.
pub struct FormRow<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> FormRow<'a> {
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            hint: None,
            error: None,
        }
    }

    /// A sentence about the field, shown while nothing is wrong with it.
    pub fn hint(mut self, hint: Option<&'a str>) -> Self {
        self.hint = hint;
        self
    }

    /// What is wrong with the field.
    pub fn error(mut self, error: Option<&'a str>) -> Self {
        self.error = error;
        self
    }

    /// Paints the row. `add` paints the field; it gets the id of the label, which names the field for screen readers.
    pub fn show(self, ui: &mut Ui, add: impl FnOnce(&mut Ui, Id) -> Response) -> Response {
        ui.horizontal_top(|ui| {
            let height = ui.spacing().interact_size.y;
            let label = ui
                .allocate_ui_with_layout(
                    Vec2::new(LABEL_WIDTH, height),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_min_size(Vec2::new(LABEL_WIDTH, height));
                        ui.set_max_width(LABEL_WIDTH);
                        ui.add(egui::Label::new(self.label).wrap())
                    },
                )
                .inner;
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                let field = ui.horizontal(|ui| add(ui, label.id)).inner;
                if let Some(error) = self.error {
                    error_text(ui, error);
                    mark_invalid(ui, &field, error);
                } else if let Some(hint) = self.hint {
                    weak_text(ui, hint);
                }
                field
            })
            .inner
        })
        .inner
    }
}

/// A field for one line of text. What was typed is never cut: a text that is too long gets its error instead.
pub fn text_field(ui: &mut Ui, name: Id, text: &mut String, width: f32, hint: &str) -> Response {
    let width = width.min(ui.available_width());
    let edit = TextEdit::singleline(text)
        .desired_width(width - 2.0 * ui.spacing().button_padding.x)
        .hint_text(hint);
    ui.add(edit.margin(Vec2::new(8.0, 5.0))).labelled_by(name)
}

/// A field whose label stands inside it while it is empty, and is read out by a screen reader.
pub fn labelled_text_field(ui: &mut Ui, label: &str, text: &mut String, width: f32) -> Response {
    let edit = TextEdit::singleline(text)
        .desired_width(width)
        .hint_text(label)
        .margin(Vec2::new(8.0, 5.0));
    let field = ui.add(edit);
    ui.ctx().accesskit_node_builder(field.id, |node| node.set_label(label));
    field
}

/// Selects all of the text in a field, so that typing replaces it.
pub fn select_all(ctx: &Context, field: Id, text: &str) {
    let mut state = egui::text_edit::TextEditState::load(ctx, field).unwrap_or_default();
    let all = egui::text::CCursorRange::select_all_str(text);
    state.cursor.set_char_range(Some(all));
    state.store(ctx, field);
}

/// A box to tick, by click or space. Enter belongs to the dialog.
pub fn checkbox<'a>(ui: &mut Ui, on: &'a mut bool, text: impl egui::IntoAtoms<'a>) -> Response {
    let response = ui.checkbox(on, text);
    note_switch(ui, response.id);
    response
}

/// One of several values, chosen by click or space. Enter belongs to the dialog.
pub fn radio_value<'a, T: PartialEq>(ui: &mut Ui, value: &mut T, this: T, text: impl egui::IntoAtoms<'a>) -> Response {
    let response = ui.radio_value(value, this, text);
    note_switch(ui, response.id);
    response
}

/// Takes Enter away from a box or a choice that has the keyboard, so that it does not switch; called before a dialog is painted.
/// [`entered`] then tells the dialog.
pub fn take_enter(ctx: &Context) {
    let switches: Vec<Id> = ctx.data_mut(|data| data.remove_temp(switches_id())).unwrap_or_default();
    let focused = ctx.memory(|memory| memory.focused());
    let on_switch = focused.is_some_and(|id| switches.contains(&id));
    let pressed = |modifiers| ctx.input_mut(|input| input.consume_key(modifiers, Key::Enter));
    let entered = pressed(Modifiers::COMMAND) || on_switch && pressed(Modifiers::NONE);
    ctx.data_mut(|data| data.insert_temp(entered_id(), entered));
}

/// Whether Enter was pressed on a box or a choice, or Ctrl+Enter anywhere.
#[must_use]
pub fn entered(ui: &Ui) -> bool {
    ui.data(|data| data.get_temp(entered_id())).unwrap_or(false)
}

/// Remembers a widget that Enter must not switch.
pub fn note_switch(ui: &Ui, id: Id) {
    ui.data_mut(|data| data.get_temp_mut_or_default::<Vec<Id>>(switches_id()).push(id));
}

fn switches_id() -> Id {
    Id::unique("switches")
}

fn entered_id() -> Id {
    Id::unique("entered on a switch")
}

/// A group of rows under a heading.
pub fn section<R>(ui: &mut Ui, title: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(SPACE / 3.0);
    ui.label(RichText::new(title).size(15.0).strong());
    ui.add_space(2.0);
    let inner = add(ui);
    ui.add_space(SPACE);
    inner
}

/// Secondary text that wraps.
pub fn weak_text(ui: &mut Ui, text: &str) -> Response {
    let color = theme::tokens(ui).text_weak;
    ui.add(egui::Label::new(RichText::new(text).size(12.5).color(color)).wrap())
}

/// An error in red with an icon, because colour alone must not tell it.
pub fn error_text(ui: &mut Ui, text: &str) -> Response {
    let color = theme::tokens(ui).offline;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        icon::show(ui, Icon::Outage, 15.0, color);
        let label = ui.add(egui::Label::new(RichText::new(text).size(12.5).color(color)).wrap());
        ui.ctx()
            .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
        label
    })
    .inner
}

/// The button of the main action; a screen has one.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered] {
            widget.weak_bg_fill = tokens.accent;
        }
        ui.add(egui::Button::new(RichText::new(text).color(tokens.on_accent)).min_size(Vec2::new(84.0, 30.0)))
    })
    .inner
}

pub fn plain_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(egui::Button::new(text).min_size(Vec2::new(84.0, 30.0)))
}

fn mark_invalid(ui: &Ui, field: &Response, error: &str) {
    ui.ctx().accesskit_node_builder(field.id, |node| {
        node.set_invalid(egui::accesskit::Invalid::True);
        node.set_description(error);
    });
    let stroke = egui::Stroke::new(1.0, theme::tokens(ui).offline);
    ui.painter()
        .rect_stroke(field.rect, 4.0, stroke, egui::StrokeKind::Inside);
}
