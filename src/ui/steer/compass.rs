//! Where the ring and its buttons lie, how the ring is painted, and which speed a place in it asks for.

use egui::{Pos2, Rect, Shape, Stroke, Ui, Vec2, pos2, vec2};
use i18n_embed_fl::fl;

use super::super::icon::Icon;
use super::super::theme::DARK;
use crate::bridge::{Motion, Velocity};
use crate::i18n::Words;
use onvif::PtzOffer;

/// How fast a key or a button moves.
pub(super) const STEADY: f32 = 0.5;

/// Inside of this part of the ring nothing moves, so that a click in its middle does nothing.
const DEAD: f32 = 0.16;

/// Between the panel and the edges of the tile, and within it.
const EDGE: f32 = 5.0;

/// The side of a button, in points.
const SIDE: (f32, f32) = (22.0, 34.0);

/// A body that is smaller shows the panel only while it is steered, so that hovering hides no picture.
const LEAST: Vec2 = vec2(170.0, 120.0);

/// The ring on screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    centre: Pos2,
    radius: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Button {
    ZoomIn,
    ZoomOut,
    Far,
    Near,
    Presets,
    Stop,
}

/// What has room on a tile.
#[derive(Debug)]
pub(super) struct Laid {
    pub panel: Rect,
    pub ring: Option<Ring>,
    pub buttons: Vec<(Button, Rect)>,
}

impl Ring {
    pub(super) fn rect(&self) -> Rect {
        Rect::from_center_size(self.centre, Vec2::splat(2.0 * self.radius))
    }

    /// The speed at a place: none in the middle, the fastest at the edge and beyond it.
    pub(super) fn velocity(&self, at: Pos2) -> Velocity {
        let offset = (at - self.centre) / self.radius;
        let length = offset.length();
        if length < DEAD || !length.is_finite() {
            return Velocity::default();
        }
        let speed = ((length - DEAD) / (1.0 - DEAD)).min(1.0);
        let [x, y]: [f32; 2] = (offset / length * speed).into();
        // Who means one axis does not want a little of the other.
        let straight = |speed: f32, other: f32| if speed.abs() < 0.2 * other.abs() { 0.0 } else { speed };
        Velocity {
            pan: straight(x, y),
            tilt: straight(-y, x),
            zoom: 0.0,
        }
    }

    pub(super) fn paint(&self, ui: &Ui, velocity: Option<Velocity>, is_lit: bool) {
        let painter = ui.painter();
        let color = if is_lit { DARK.accent } else { DARK.text_weak };
        painter.circle_stroke(self.centre, self.radius, Stroke::new(1.5, color));
        for angle in 0..4_u8 {
            let way = Vec2::angled(std::f32::consts::FRAC_PI_2 * f32::from(angle));
            let (tip, side) = (self.radius * 0.88, self.radius * 0.17);
            let base = way * (tip - side);
            let across = way.rot90() * side;
            let points = vec![
                self.centre + way * tip,
                self.centre + base + across,
                self.centre + base - across,
            ];
            painter.add(Shape::convex_polygon(points, DARK.text, Stroke::NONE));
        }
        let knob = velocity.map_or(Vec2::ZERO, |velocity| {
            vec2(velocity.pan, -velocity.tilt) * self.radius * 0.62
        });
        if knob != Vec2::ZERO {
            painter.line_segment([self.centre, self.centre + knob], Stroke::new(2.0, DARK.accent));
        }
        let filled = if velocity.is_some() { DARK.accent } else { DARK.text };
        painter.circle_filled(self.centre + knob, self.radius * 0.2, filled);
    }
}

impl Button {
    /// Icon, name, key.
    pub(super) fn look(self, words: &Words) -> (Icon, String, &'static str) {
        match self {
            Self::ZoomIn => (Icon::Enlarge, fl!(words, "steer-zoom-in"), "+"),
            Self::ZoomOut => (Icon::Lessen, fl!(words, "steer-zoom-out"), "-"),
            Self::Far => (Icon::FocusFar, fl!(words, "steer-focus-far"), "."),
            Self::Near => (Icon::FocusNear, fl!(words, "steer-focus-near"), ","),
            Self::Presets => (Icon::Presets, fl!(words, "steer-presets"), ""),
            Self::Stop => (Icon::Stop, fl!(words, "steer-stop"), "S"),
        }
    }

    /// What it does as long as it is pressed.
    pub(super) fn motion(self) -> Option<Motion> {
        let zoom = |zoom: f32| {
            Motion::Turn(Velocity {
                zoom,
                ..Velocity::default()
            })
        };
        match self {
            Self::ZoomIn => Some(zoom(STEADY)),
            Self::ZoomOut => Some(zoom(-STEADY)),
            Self::Far => Some(Motion::Focus(STEADY)),
            Self::Near => Some(Motion::Focus(-STEADY)),
            Self::Presets | Self::Stop => None,
        }
    }
}

impl Laid {
    /// Into the lower right corner of `body`. `offer`: what the camera has, once it said so. `on`: it is steered; a small tile has no
    /// panel otherwise. `None`: there is no room.
    pub(super) fn of(body: Rect, offer: Option<PtzOffer>, on: bool) -> Option<Self> {
        let is_large = body.width() >= LEAST.x && body.height() >= LEAST.y;
        if !is_large && !on {
            return None;
        }
        let side = (body.height() * 0.1).clamp(SIDE.0, SIDE.1);
        let turns = offer.is_none_or(|offer| offer.pan_tilt);
        let zooms = offer.is_none_or(|offer| offer.zoom);
        let focuses = offer.is_some_and(|offer| offer.focus);
        let mut columns: Vec<Vec<Button>> = vec![vec![Button::Presets, Button::Stop]];
        if focuses {
            columns.insert(0, vec![Button::Far, Button::Near]);
        }
        if zooms {
            columns.insert(0, vec![Button::ZoomIn, Button::ZoomOut]);
        }
        let height = 3.0 * side;
        let ring = if turns { height + EDGE } else { 0.0 };
        let size = vec2(columns.len() as f32 * side + ring + 2.0 * EDGE, height + 2.0 * EDGE);
        let panel = Rect::from_min_size(body.right_bottom() - size - Vec2::splat(EDGE), size);
        if !body.contains_rect(panel) {
            return None;
        }
        let inner = panel.shrink(EDGE);
        let top = inner.top() + 0.5 * side;
        let mut buttons = Vec::new();
        for (column, names) in columns.iter().enumerate() {
            for (row, button) in names.iter().enumerate() {
                let at = pos2(inner.left() + column as f32 * side, top + row as f32 * side);
                buttons.push((*button, Rect::from_min_size(at, Vec2::splat(side))));
            }
        }
        let room = height / 2.0;
        let ring = turns.then(|| Ring {
            centre: pos2(inner.right() - room, inner.center().y),
            radius: room * 0.94,
        });
        Some(Self { panel, ring, buttons })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(10.0, 22.0), vec2(width, height))
    }

    const ALL: PtzOffer = PtzOffer {
        pan_tilt: true,
        zoom: true,
        focus: true,
        tours: true,
    };

    #[test]
    fn the_ring_asks_for_nothing_in_its_middle_and_for_the_fastest_at_its_edge() {
        let ring = Ring {
            centre: pos2(100.0, 100.0),
            radius: 50.0,
        };
        assert_eq!(ring.velocity(pos2(103.0, 99.0)), Velocity::default());
        let right = ring.velocity(pos2(150.0, 100.0));
        assert_eq!((right.pan, right.tilt), (1.0, 0.0));
        let far = ring.velocity(pos2(400.0, 110.0));
        assert_eq!((far.pan > 0.99, far.tilt), (true, 0.0), "nearly straight is straight");
        let up_left = ring.velocity(pos2(70.0, 70.0));
        assert!(up_left.pan < -0.3 && up_left.tilt > 0.3, "{up_left:?}");
        let slow = ring.velocity(pos2(100.0, 120.0));
        assert!(slow.tilt < 0.0 && slow.tilt > -0.4, "{slow:?}");
    }

    #[test]
    fn the_panel_stays_in_its_tile_and_a_small_tile_has_none_before_it_is_steered() {
        for (width, height) in [(170.0, 120.0), (320.0, 158.0), (960.0, 518.0), (3840.0, 2138.0)] {
            let body = body(width, height);
            let laid = Laid::of(body, Some(ALL), false).unwrap();
            assert!(body.contains_rect(laid.panel), "{width}x{height}");
            let ring = laid.ring.unwrap().rect();
            assert!(laid.panel.contains_rect(ring));
            for (button, rect) in &laid.buttons {
                assert!(laid.panel.contains_rect(*rect) && !ring.intersects(*rect), "{button:?}");
            }
            assert_eq!(laid.buttons.len(), 6);
        }
        assert!(Laid::of(body(160.0, 90.0), Some(ALL), false).is_none());
        assert!(Laid::of(body(160.0, 90.0), Some(ALL), true).is_some());
        assert!(Laid::of(body(90.0, 60.0), Some(ALL), true).is_none());
    }

    #[test]
    fn only_what_the_camera_has_is_there() {
        let zooms = PtzOffer {
            zoom: true,
            ..PtzOffer::default()
        };
        let laid = Laid::of(body(400.0, 300.0), Some(zooms), true).unwrap();
        assert!(laid.ring.is_none());
        let names: Vec<Button> = laid.buttons.iter().map(|(button, _)| *button).collect();
        assert_eq!(names, [Button::ZoomIn, Button::ZoomOut, Button::Presets, Button::Stop]);
        // Nobody knows yet whether it focuses.
        let unknown = Laid::of(body(400.0, 300.0), None, true).unwrap();
        assert_eq!((unknown.ring.is_some(), unknown.buttons.len()), (true, 4));
    }
}
