//! Zooming into one tile by wheel, drag and key.

use egui::{Key, Modifiers, Pos2, Rect, Response, Ui, Vec2};
use i18n_embed_fl::fl;

use super::act::Act;
use super::choice::{self, Choice};
use super::virtual_node;
use crate::i18n::Words;
use wall::{Aspect, Crop, StreamChoice, Zoom};

/// The picture of a tile and where it is on screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens {
    pub place: usize,
    pub crop: Crop,
    /// The picture's own size, in pixels.
    pub picture: Vec2,
    /// Where it may be painted, in points.
    pub body: Rect,
}

/// One press of a key enlarges by this much.
const STEP: f32 = 1.25;

/// Turning the wheel by this many points doubles the size.
const WHEEL: f32 = 160.0;

/// One press of an arrow pushes the picture by this part of the tile.
const PUSH: f32 = 0.125;

impl Lens {
    /// Turns wheel, drag and keys into a change of the crop.
    pub(super) fn sense(&self, ui: &Ui, response: &Response, acts: &mut Vec<Act>) {
        let scale = ui.pixels_per_point();
        let (picture, body) = (self.picture.into(), (self.body.size() * scale).into());
        let mut crop = self.crop;
        if response.hovered()
            && let Some(pointer) = ui.ctx().pointer_hover_pos().filter(|at| self.body.contains(*at))
        {
            let by = ui.input(|input| (input.smooth_scroll_delta().y / WHEEL).exp2() * input.zoom_delta());
            if by != 1.0 {
                crop = crop.zoomed(by, self.offset_from_corner(pointer, scale), picture, body);
            }
        }
        if crop.is_zoomed() && response.dragged_by(egui::PointerButton::Primary) {
            crop = crop.moved((response.drag_delta() * scale).into(), picture, body);
        }
        if response.has_focus() {
            let centre = self.offset_from_corner(self.body.center(), scale);
            for (key, by) in [(Key::Plus, STEP), (Key::Equals, STEP), (Key::Minus, 1.0 / STEP)] {
                if pressed(ui, Modifiers::NONE, key) {
                    crop = crop.zoomed(by, centre, picture, body);
                }
            }
            let [width, height]: [f32; 2] = body;
            for (key, by) in [
                (Key::ArrowLeft, [width * PUSH, 0.0]),
                (Key::ArrowRight, [-width * PUSH, 0.0]),
                (Key::ArrowUp, [0.0, height * PUSH]),
                (Key::ArrowDown, [0.0, -height * PUSH]),
            ] {
                if pressed(ui, Modifiers::SHIFT, key) {
                    crop = crop.moved(by, picture, body);
                }
            }
            if crop.is_zoomed() && pressed(ui, Modifiers::NONE, Key::Num0) {
                crop.zoom = Zoom::default();
            }
        }
        if crop != self.crop {
            acts.push(Act::Crop(self.place, crop));
        }
    }

    /// The picture enlarged `by` this factor around the middle of the tile.
    pub(super) fn enlarged(&self, ui: &Ui, by: f32) -> Crop {
        let scale = ui.pixels_per_point();
        let centre = self.offset_from_corner(self.body.center(), scale);
        let body = (self.body.size() * scale).into();
        self.crop.zoomed(by, centre, self.picture.into(), body)
    }

    fn offset_from_corner(&self, at: Pos2, scale: f32) -> [f32; 2] {
        ((at - self.body.min) * scale).into()
    }
}

/// The part of a context menu that says how a channel is shown.
pub(super) fn menu(ui: &mut Ui, words: &Words, place: usize, crop: Crop, acts: &mut Vec<Act>) {
    ui.menu_button(fl!(words, "menu-aspect"), |ui| {
        for aspect in Aspect::ALL {
            let name = match aspect {
                Aspect::Fit => fl!(words, "aspect-fit"),
                Aspect::Fill => fl!(words, "aspect-fill"),
                Aspect::Stretch => fl!(words, "aspect-stretch"),
                Aspect::Original => fl!(words, "aspect-original"),
            };
            if choice::entry(ui, Choice::OneOf, &name, "", crop.aspect == aspect) {
                acts.push(Act::Crop(place, Crop { aspect, ..crop }));
            }
        }
    });
    ui.menu_button(fl!(words, "menu-stream"), |ui| {
        for choice in StreamChoice::ALL {
            let name = match choice {
                StreamChoice::Automatic => fl!(words, "stream-automatic"),
                StreamChoice::Main => fl!(words, "stream-main"),
                StreamChoice::Sub => fl!(words, "stream-sub"),
            };
            if choice::entry(ui, Choice::OneOf, &name, "", crop.choice == choice) {
                acts.push(Act::Crop(place, Crop { choice, ..crop }));
            }
        }
    });
    if crop.is_zoomed() && virtual_node::entry(ui, &fl!(words, "menu-zoom-reset"), "0") {
        acts.push(Act::Crop(
            place,
            Crop {
                zoom: Zoom::default(),
                ..crop
            },
        ));
    }
}

fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}
