//! The other addresses of a device in its form: named, in order, added and removed.

use egui::Ui;
use i18n_embed_fl::fl;

use super::field_pass::FieldPass;
use crate::i18n::Words;
use crate::ui::form::{FormRow, text_field};
use crate::ui::icon::{self, Icon};
use device::{Draft, DraftRoad, Field, Roads};

const NAME_WIDTH: f32 = 90.0;
const HOST_WIDTH: f32 = 170.0;
const PORT_WIDTH: f32 = 56.0;

/// What a button of a row does with it.
#[derive(Clone, Copy)]
enum Change {
    Raise(usize),
    Remove(usize),
}

pub(super) fn show(ui: &mut Ui, words: &Words, draft: &mut Draft, pass: &mut FieldPass) {
    let mut change = None;
    for (number, road) in (1..).zip(&mut draft.roads) {
        if let Some(wanted) = row(ui, words, (number, road), pass) {
            change = Some(wanted);
        }
    }
    match change {
        Some(Change::Raise(index)) => draft.roads.swap(index - 1, index),
        Some(Change::Remove(index)) => drop(draft.roads.remove(index)),
        None => {}
    }
    let hint = fl!(words, "editor-roads-hint");
    FormRow::new("").hint(Some(&hint)).show(ui, |ui, _| {
        let add = egui::Button::new(fl!(words, "editor-road-add"));
        let add = ui.add_enabled(draft.roads.len() < Roads::MOST, add);
        if add.clicked() {
            draft.roads.push(DraftRoad {
                port: draft.port.clone(),
                ..DraftRoad::default()
            });
        }
        add
    });
}

fn row(ui: &mut Ui, words: &Words, (number, road): (u16, &mut DraftRoad), pass: &mut FieldPass) -> Option<Change> {
    let mut change = None;
    let index = usize::from(number) - 1;
    let label = fl!(words, "editor-road", number = number);
    let fields = [
        Field::RoadName(number),
        Field::RoadHost(number),
        Field::RoadPort(number),
    ];
    let errors = fields.map(|field| pass.error(field).map(str::to_owned));
    let error = errors.into_iter().flatten().next();
    let form = FormRow::new(&label).error(error.as_deref());
    form.show(ui, |ui, label| {
        let host = text_field(ui, label, &mut road.host, HOST_WIDTH, &fl!(words, "editor-host"));
        let port = text_field(ui, label, &mut road.port, PORT_WIDTH, &fl!(words, "editor-port"));
        let name = text_field(ui, label, &mut road.name, NAME_WIDTH, &fl!(words, "editor-road-name"));
        pass.watch(ui, Field::RoadHost(number), &host);
        pass.watch(ui, Field::RoadPort(number), &port);
        pass.watch(ui, Field::RoadName(number), &name);
        ui.add_enabled_ui(index > 0, |ui| {
            if icon::button(ui, Icon::Up, &fl!(words, "editor-road-raise")).clicked() {
                change = Some(Change::Raise(index));
            }
        });
        if icon::button(ui, Icon::Close, &fl!(words, "editor-road-remove")).clicked() {
            change = Some(Change::Remove(index));
        }
        host
    });
    change
}
