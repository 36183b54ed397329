//! Steering the camera of a tile: the ring with its buttons, the keys, the presets, and what is said of it. What a hand does becomes a
//! [`super::SteerAct`]; nothing is sent from here.
//!
//! Belongs here: what is painted on a tile whose channel can be steered, and what mouse and keys mean for it.
//! Does not belong here: when a camera is stopped (`onvif`), who is told (`app`).

mod compass;
mod keys;
pub(super) mod menu;
pub mod question;
mod says;

pub use self::keys::held as held_keys;

use egui::{
    Color32, CornerRadius, Id, PointerButton, Popup, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
};
use i18n_embed_fl::fl;

use self::compass::{Button, Laid, STEADY};
use super::act::{Act, PaintContext, SteerAct};

use super::icon;
use super::theme::DARK;
use crate::bridge::{EngineState, Motion, PtzStatus, PtzWish, Velocity};
use device::ChannelId;

/// How long the panel stays when the pointer rests, in seconds.
const REST: f32 = 3.0;

/// One notch of the wheel zooms for so long, in seconds.
const NOTCH: f64 = 0.3;

/// Whether the camera of this channel can be steered, for all that its device said.
#[must_use]
pub fn can(state: &EngineState, channel: ChannelId) -> bool {
    let device = state.registry.device(channel.device).filter(|device| device.enabled);
    device.is_some_and(|device| device.ptz_profile(channel).is_some())
}

/// What steers one tile.
pub(super) struct SteerPanel<'a> {
    pub paint: PaintContext<'a>,
    pub channel: ChannelId,
    pub place: usize,
    /// Counts the tiles on screen from 1.
    pub number: usize,
    /// The tile without its caption.
    pub body: Rect,
}

impl SteerPanel<'_> {
    fn is_on(&self) -> bool {
        self.paint.steered == Some(self.channel)
    }

    fn status(&self) -> Option<&PtzStatus> {
        self.paint.state.ptz.get(&self.channel).map(|status| &**status)
    }

    /// Shows the panel while it is wanted, and reports what is held.
    pub(super) fn show(&self, ui: &Ui, tile: &Response, acts: &mut Vec<Act>) {
        let offer = self.status().and_then(|status| status.view.offer);
        let laid = Laid::of(self.body, offer, self.is_on());
        let is_wanted = self.is_on() || laid.is_some() && self.is_near(ui, tile);
        if !is_wanted {
            return;
        }
        let covered = !ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
        if let Some(laid) = &laid {
            ui.painter()
                .rect_filled(laid.panel, 6.0, Color32::from_black_alpha(205));
            if self.is_on() {
                let edge = Stroke::new(1.5, DARK.accent);
                ui.painter().rect_stroke(laid.panel, 6.0, edge, StrokeKind::Inside);
            }
            let mut held = None;
            if let Some(ring) = laid.ring {
                held = self.ring(ui, ring);
            }
            for (button, place) in &laid.buttons {
                if let Some(motion) = self.button(ui, *button, *place, acts) {
                    held = Some(motion);
                }
            }
            if let Some(motion) = held.filter(|_| !covered) {
                self.begin(acts);
                acts.push(Act::Steer(SteerAct::Hold(self.channel, motion)));
            }
        }
        if self.is_on() {
            self.wheel(ui, tile, acts);
            let above = laid.map_or(self.body.bottom(), |laid| laid.panel.top());
            says::show(ui, self.paint, self.number, self.status(), self.body.with_max_y(above));
        }
    }

    fn begin(&self, acts: &mut Vec<Act>) {
        if !self.is_on() {
            acts.push(Act::Steer(SteerAct::Begin(self.place, self.channel)));
        }
    }

    /// The motion that the ring asks for: from its middle to the pointer, as long as the button is down.
    fn ring(&self, ui: &Ui, ring: compass::Ring) -> Option<Motion> {
        let id = Id::unique(("ring of the tile", self.number));
        let response = ui.interact(ring.rect(), id, Sense::click_and_drag());
        let said = fl!(self.paint.words, "steer-ring");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        let (focused, at) = ui.input(|input| (input.focused, input.pointer.interact_pos()));
        let is_down =
            response.is_pointer_button_down_on() && ui.input(|input| input.pointer.button_down(PointerButton::Primary));
        let velocity = at.filter(|_| is_down && focused).map(|at| ring.velocity(at));
        ring.paint(ui, velocity, response.hovered() || is_down);
        response.on_hover_text(said);
        velocity.map(Motion::Turn).filter(|motion| !motion.is_none())
    }

    fn button(&self, ui: &Ui, button: Button, place: Rect, acts: &mut Vec<Act>) -> Option<Motion> {
        let id = Id::unique(("steering button of the tile", self.number, button));
        let response = ui.interact(place, id, Sense::click_and_drag());
        let (icon, name, key) = button.look(self.paint.words);
        let said = if key.is_empty() {
            name
        } else {
            format!("{name} ({key})")
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        let is_down =
            response.is_pointer_button_down_on() && ui.input(|input| input.pointer.button_down(PointerButton::Primary));
        if response.hovered() || is_down {
            let around = place.shrink(2.0);
            ui.painter()
                .rect_filled(around, CornerRadius::same(3), DARK.raised_hovered);
            let edge = Stroke::new(1.0, DARK.accent);
            ui.painter()
                .rect_stroke(around, CornerRadius::same(3), edge, StrokeKind::Inside);
        }
        icon::paint(ui.painter(), icon, place.shrink(place.width() * 0.23), DARK.text);
        let motion = button.motion();
        let held = motion.filter(|_| is_down && ui.input(|input| input.focused));
        match button {
            Button::Presets => {
                if response.clicked() {
                    self.begin(acts);
                }
                Popup::menu(&response).show(|ui| menu::entries(ui, self.paint, self.channel, acts));
            }
            Button::Stop if response.clicked() => {
                self.begin(acts);
                acts.push(Act::Steer(SteerAct::Ask(self.channel, PtzWish::Halt)));
            }
            _ => {}
        }
        if !is_down {
            response.on_hover_text(said);
        }
        held
    }

    /// The wheel zooms the camera while its tile is steered.
    fn wheel(&self, ui: &Ui, tile: &Response, acts: &mut Vec<Act>) {
        let id = Id::unique(("wheel of the steered tile", ui.ctx().viewport_id()));
        let over = tile.contains_pointer();
        let (turned, now, focused) = ui.input(|input| (input.smooth_scroll_delta().y, input.time, input.focused));
        let before: Option<(f32, f64)> = ui.data(|data| data.get_temp(id));
        let zooms = match before {
            _ if over && turned != 0.0 => Some((turned.signum(), now + NOTCH)),
            Some((_, until)) if now >= until => None,
            before => before,
        };
        ui.data_mut(|data| match zooms {
            Some(zooms) => {
                data.insert_temp(id, zooms);
            }
            None => {
                data.remove::<(f32, f64)>(id);
            }
        });
        if let Some((way, until)) = zooms.filter(|_| focused) {
            let wait = std::time::Duration::from_secs_f64((until - now).max(0.01));
            ui.ctx().request_repaint_after(wait);
            let zoom = way * STEADY;
            let motion = Motion::Turn(Velocity {
                zoom,
                ..Velocity::default()
            });
            acts.push(Act::Steer(SteerAct::Hold(self.channel, motion)));
        }
    }

    /// Whether the pointer moved over the tile a moment ago.
    fn is_near(&self, ui: &Ui, tile: &Response) -> bool {
        if Popup::is_any_open(ui.ctx()) || tile.dragged() {
            return false;
        }
        let (over, rest, drags) = ui.input(|input| {
            let pointer = &input.pointer;
            let over = pointer.hover_pos().is_some_and(|at| self.body.contains(at));
            (
                over,
                pointer.time_since_last_movement(),
                pointer.is_decidedly_dragging(),
            )
        });
        if over && rest < REST {
            let wait = std::time::Duration::from_secs_f32((REST - rest).max(0.05));
            ui.ctx().request_repaint_after(wait);
        }
        over && rest < REST && !drags && ui.rect_contains_pointer(self.body)
    }
}
