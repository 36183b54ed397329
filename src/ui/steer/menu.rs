//! The presets and preset tours of a camera, in the menu of its ring and of its tile.

use egui::{ScrollArea, Ui};
use i18n_embed_fl::fl;

use super::super::act::{Act, PaintContext, SteerAct};
use super::super::choice::{self, Choice};
use super::super::virtual_node;
use crate::bridge::PtzWish;
use crate::i18n::Words;
use crate::wording::service_function;
use device::ChannelId;
use onvif::{Preset, TourOrder};

/// The height of a list in a menu, in points.
const HEIGHT: f32 = 320.0;

/// Named places first; the other numbers only where they are opened, and those that may be no place only after a question.
pub(in super::super) fn entries(ui: &mut Ui, paint: PaintContext<'_>, channel: ChannelId, acts: &mut Vec<Act>) {
    let words = paint.words;
    let ask = |wish| Act::Steer(SteerAct::Ask(channel, wish));
    let status = paint.state.ptz.get(&channel);
    let Some(presets) = status.and_then(|status| status.view.presets.as_ref()) else {
        ui.weak(fl!(words, "steer-asking"));
        if status.is_none() {
            acts.push(ask(PtzWish::Open));
        }
        return;
    };
    let (named, others): (Vec<&Preset>, Vec<&Preset>) = presets.iter().partition(|preset| preset.is_named_place());
    if presets.is_empty() {
        ui.weak(fl!(words, "steer-no-presets"));
    }
    ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
        for preset in named {
            let number = preset.number.map(|number| number.to_string()).unwrap_or_default();
            if virtual_node::entry(ui, &preset.name, &number) {
                acts.push(ask(PtzWish::GoTo(preset.token.clone())));
            }
        }
    });
    if !others.is_empty() {
        ui.menu_button(fl!(words, "steer-all-numbers"), |ui| {
            ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
                for preset in others {
                    if virtual_node::plain(ui, name(words, preset)) {
                        acts.push(match preset.service {
                            Some(_) => Act::Steer(SteerAct::Question(channel, preset.clone())),
                            None => ask(PtzWish::GoTo(preset.token.clone())),
                        });
                    }
                }
            });
        });
    }
    let tours = status.map(|status| status.view.tours.as_slice()).unwrap_or_default();
    if !tours.is_empty() {
        ui.separator();
        ui.weak(fl!(words, "steer-tours"));
        for tour in tours {
            if choice::entry(ui, Choice::Switch, &tour.name, "", tour.on) {
                let order = if tour.on { TourOrder::Stop } else { TourOrder::Start };
                acts.push(ask(PtzWish::Tour(tour.token.clone(), order)));
            }
        }
    }
}

/// A number with what it may do.
fn name(words: &Words, preset: &Preset) -> String {
    let number = match (preset.number, preset.name.as_str()) {
        (Some(number), "") => number.to_string(),
        (Some(number), name) => format!("{number} {name}"),
        (None, "") => preset.token.clone(),
        (None, name) => name.to_owned(),
    };
    match preset.service {
        Some(service) => format!("{number} · {}", service_function(words, service)),
        None => number,
    }
}
