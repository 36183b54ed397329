//! Icons drawn from strokes: the same on every machine and sharp at every scale. Each state has a shape of its own, so that
//! nothing depends on telling colours apart.

use super::theme;
use egui::{Color32, Painter, Pos2, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, vec2};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// A filled circle.
    Live,
    /// A clock.
    Late,
    /// A picture frame with a tear.
    AwaitingKeyFrame,
    /// A circle that is half filled.
    WithoutKeyFrames,
    /// A cross.
    Offline,
    /// Three dots.
    Connecting,
    /// An hourglass.
    Waiting,
    /// A barred circle.
    Refused,
    /// A key.
    SignIn,
    /// A question mark in a ring.
    NoSuchChannel,
    /// A film frame that is struck out.
    UnsupportedCodec,
    /// A frame that grows out of its corners.
    TooLarge,
    /// An empty ring: no stream was asked for.
    Idle,
    /// A pause sign: switched off by the user.
    Disabled,
    Site,
    Device,
    /// Two recorders, one behind the other: a virtual DVR.
    Virtual,
    Camera,
    Closed,
    Back,
    Open,
    Up,
    Search,
    Close,
    Notice,
    Outage,
    Plus,
    Play,
    /// A tick.
    Done,
    /// A loudspeaker with waves, alone, with a cross, struck out.
    Sound,
    SoundStarting,
    NoSound,
    Muted,
    /// A still camera.
    Snapshot,
    /// A disc in a ring.
    Record,
    /// An arrow that turns round.
    Retry,
    /// Corners that go apart: one tile over the whole page.
    Alone,
    /// Four tiles.
    Tiles,
    /// A loupe with a plus.
    Enlarge,
    /// A loupe with a minus.
    Lessen,
    /// Arrows to all sides: a camera that turns.
    Steer,
    /// A disc that fills its brackets, and a small one: sharp near and far.
    FocusNear,
    FocusFar,
    /// A flag in the ground: a place to go to.
    Presets,
    /// A square.
    Stop,
    /// A picture over all of its frame, and one with room above and below.
    Fill,
    Fit,
}

/// Draws `icon` into the middle of `rect`, as large as the shorter side.
pub fn paint(painter: &Painter, icon: Icon, rect: Rect, color: Color32) {
    let size = rect.width().min(rect.height());
    let draw = Draw {
        painter,
        centre: rect.center(),
        unit: size / 16.0,
        color,
    };
    match icon {
        Icon::Live => draw.disc(0.0, 0.0, 4.5),
        Icon::Late => {
            draw.ring(0.0, 0.0, 6.0);
            draw.line(&[(0.0, -3.5), (0.0, 0.0), (2.8, 1.8)]);
        }
        Icon::AwaitingKeyFrame => {
            draw.frame(-6.5, -5.0, 13.0, 10.0);
            draw.line(&[(1.5, -5.0), (-1.8, -1.2), (1.8, 1.2), (-1.5, 5.0)]);
        }
        Icon::WithoutKeyFrames => {
            draw.ring(0.0, 0.0, 5.0);
            let arc = (0..=8).map(|step| {
                let angle = std::f32::consts::PI * step as f32 / 8.0;
                (5.0 * angle.cos(), 5.0 * angle.sin())
            });
            draw.fill(&arc.collect::<Vec<_>>());
        }
        Icon::Offline => draw.cross(4.5),
        Icon::Connecting => {
            for x in [-5.0, 0.0, 5.0] {
                draw.disc(x, 0.0, 1.7);
            }
        }
        Icon::Waiting => {
            draw.line(&[(-4.5, -6.0), (4.5, -6.0), (-4.5, 6.0), (4.5, 6.0), (-4.5, -6.0)]);
        }
        Icon::Refused => {
            draw.ring(0.0, 0.0, 6.0);
            draw.line(&[(-4.2, 4.2), (4.2, -4.2)]);
        }
        Icon::SignIn => {
            draw.ring(-3.2, 0.0, 3.0);
            draw.line(&[(-0.2, 0.0), (6.5, 0.0), (6.5, 3.0)]);
            draw.line(&[(3.5, 0.0), (3.5, 2.5)]);
        }
        Icon::NoSuchChannel => {
            draw.ring(0.0, 0.0, 6.5);
            draw.line(&[
                (-2.2, -1.6),
                (-1.5, -3.2),
                (0.0, -3.8),
                (1.6, -3.2),
                (2.0, -1.8),
                (0.0, 0.2),
                (0.0, 1.4),
            ]);
            draw.disc(0.0, 3.6, 0.9);
        }
        Icon::UnsupportedCodec => {
            draw.frame(-6.0, -4.5, 12.0, 9.0);
            draw.line(&[(-6.5, 6.5), (6.5, -6.5)]);
        }
        Icon::TooLarge => {
            draw.frame(-3.0, -2.5, 6.0, 5.0);
            for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                draw.line(&[(3.2 * x, 6.0 * y), (6.5 * x, 6.0 * y), (6.5 * x, 2.8 * y)]);
            }
        }
        Icon::Idle => draw.ring(0.0, 0.0, 4.0),
        Icon::Disabled => {
            draw.line(&[(-2.5, -4.5), (-2.5, 4.5)]);
            draw.line(&[(2.5, -4.5), (2.5, 4.5)]);
        }
        Icon::Site => {
            draw.line(&[
                (-6.0, 6.0),
                (-6.0, -1.0),
                (0.0, -6.0),
                (6.0, -1.0),
                (6.0, 6.0),
                (-6.0, 6.0),
            ]);
            draw.line(&[(-1.8, 6.0), (-1.8, 1.8), (1.8, 1.8), (1.8, 6.0)]);
        }
        Icon::Device => {
            draw.frame(-6.5, -3.5, 13.0, 7.0);
            draw.disc(-3.6, 0.0, 1.2);
            draw.line(&[(0.5, 0.0), (4.2, 0.0)]);
        }
        Icon::Virtual => {
            draw.frame(-6.5, -1.0, 10.5, 6.5);
            draw.line(&[(-3.0, -5.0), (6.5, -5.0), (6.5, 1.5)]);
            draw.disc(-3.9, 2.2, 1.1);
        }
        Icon::Camera => {
            draw.frame(-6.5, -3.8, 8.5, 7.6);
            draw.line(&[(2.0, -1.2), (6.2, -3.6), (6.2, 3.6), (2.0, 1.2)]);
        }
        Icon::Closed => draw.line(&[(-2.0, -4.0), (2.0, 0.0), (-2.0, 4.0)]),
        Icon::Back => draw.line(&[(2.0, -4.0), (-2.0, 0.0), (2.0, 4.0)]),
        Icon::Open => draw.line(&[(-4.0, -2.0), (0.0, 2.0), (4.0, -2.0)]),
        Icon::Up => draw.line(&[(-4.0, 2.0), (0.0, -2.0), (4.0, 2.0)]),
        Icon::Search => {
            draw.ring(-1.5, -1.5, 4.3);
            draw.line(&[(1.8, 1.8), (6.0, 6.0)]);
        }
        Icon::Close => draw.cross(4.0),
        Icon::Notice => {
            draw.ring(0.0, 0.0, 6.5);
            draw.disc(0.0, -3.4, 0.9);
            draw.line(&[(0.0, -0.8), (0.0, 3.8)]);
        }
        Icon::Outage => {
            draw.line(&[(0.0, -6.0), (6.8, 5.5), (-6.8, 5.5), (0.0, -6.0)]);
            draw.line(&[(0.0, -2.0), (0.0, 1.6)]);
            draw.disc(0.0, 3.6, 0.8);
        }
        Icon::Plus => {
            draw.line(&[(-5.0, 0.0), (5.0, 0.0)]);
            draw.line(&[(0.0, -5.0), (0.0, 5.0)]);
        }
        Icon::Done => draw.line(&[(-5.0, 0.5), (-1.5, 4.0), (5.5, -4.0)]),
        Icon::Sound => {
            draw.loudspeaker();
            draw.line(&[(2.6, -2.2), (3.5, 0.0), (2.6, 2.2)]);
            draw.line(&[(4.6, -4.6), (6.4, 0.0), (4.6, 4.6)]);
        }
        Icon::SoundStarting => draw.loudspeaker(),
        Icon::NoSound => {
            draw.loudspeaker();
            draw.line(&[(2.6, -2.4), (6.8, 2.4)]);
            draw.line(&[(2.6, 2.4), (6.8, -2.4)]);
        }
        Icon::Muted => {
            draw.loudspeaker();
            draw.line(&[(-6.0, 6.5), (6.0, -6.5)]);
        }
        Icon::Snapshot => {
            draw.frame(-7.0, -4.0, 14.0, 9.5);
            draw.line(&[(-3.0, -4.2), (-2.0, -6.2), (2.0, -6.2), (3.0, -4.2)]);
            draw.ring(0.0, 0.8, 2.6);
        }
        Icon::Record => {
            draw.ring(0.0, 0.0, 6.4);
            draw.disc(0.0, 0.0, 3.6);
        }
        Icon::Retry => {
            let arc = (0..=12).map(|step| {
                let angle = std::f32::consts::TAU * (0.03 + 0.78 * step as f32 / 12.0);
                (5.2 * angle.cos(), 5.2 * angle.sin())
            });
            draw.line(&arc.collect::<Vec<_>>());
            draw.fill(&[(0.6, -7.6), (5.4, -4.6), (0.8, -1.6)]);
        }
        Icon::Alone => {
            for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                draw.line(&[(2.4 * x, 6.0 * y), (6.5 * x, 6.0 * y), (6.5 * x, 1.8 * y)]);
            }
        }
        Icon::Tiles => {
            for (x, y) in [(-6.5, -5.5), (0.8, -5.5), (-6.5, 0.6), (0.8, 0.6)] {
                draw.fill(&[(x, y), (x + 5.7, y), (x + 5.7, y + 4.9), (x, y + 4.9)]);
            }
        }
        Icon::Enlarge => {
            draw.ring(-1.5, -1.5, 4.8);
            draw.line(&[(2.1, 2.1), (6.5, 6.5)]);
            draw.line(&[(-3.7, -1.5), (0.7, -1.5)]);
            draw.line(&[(-1.5, -3.7), (-1.5, 0.7)]);
        }
        Icon::Lessen => {
            draw.ring(-1.5, -1.5, 4.8);
            draw.line(&[(2.1, 2.1), (6.5, 6.5)]);
            draw.line(&[(-3.7, -1.5), (0.7, -1.5)]);
        }
        Icon::Steer => {
            draw.disc(0.0, 0.0, 1.8);
            for (x, y) in [(0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)] {
                let (across, along) = (2.6, 4.4);
                draw.line(&[
                    (along * x + across * y, along * y + across * x),
                    (7.0 * x, 7.0 * y),
                    (along * x - across * y, along * y - across * x),
                ]);
            }
        }
        Icon::FocusNear | Icon::FocusFar => {
            for x in [-1.0, 1.0] {
                draw.line(&[(4.0 * x, -6.0), (6.8 * x, -6.0), (6.8 * x, 6.0), (4.0 * x, 6.0)]);
            }
            draw.disc(0.0, 0.0, if icon == Icon::FocusNear { 4.4 } else { 1.8 });
        }
        Icon::Presets => {
            draw.line(&[(-4.5, 7.0), (-4.5, -6.5)]);
            draw.fill(&[(-4.5, -6.5), (6.0, -3.2), (-4.5, 0.2)]);
        }
        Icon::Stop => draw.fill(&[(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)]),
        Icon::Fill => {
            draw.frame(-7.0, -5.5, 14.0, 11.0);
            draw.fill(&[(-5.0, -3.5), (5.0, -3.5), (5.0, 3.5), (-5.0, 3.5)]);
        }
        Icon::Fit => {
            draw.frame(-7.0, -5.5, 14.0, 11.0);
            draw.fill(&[(-5.0, -1.6), (5.0, -1.6), (5.0, 1.6), (-5.0, 1.6)]);
        }
        Icon::Play => draw.fill(&[(-3.5, -5.0), (5.5, 0.0), (-3.5, 5.0)]),
    }
}

/// An icon as a widget of `size` points that only shows.
pub fn show(ui: &mut Ui, icon: Icon, size: f32, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size * theme::enlarged(ui)), Sense::hover());
    paint(ui.painter(), icon, rect, color);
    response
}

/// A small button of one icon; `label` is what a screen reader and the tooltip say.
pub fn button(ui: &mut Ui, icon: Icon, label: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(24.0 * theme::enlarged(ui)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), label));
    let visuals = ui.style().interact(&response);
    if response.hovered() || response.has_focus() {
        ui.painter().rect(
            rect,
            visuals.corner_radius,
            visuals.bg_fill,
            visuals.bg_stroke,
            StrokeKind::Inside,
        );
    }
    paint(ui.painter(), icon, rect.shrink(5.0), visuals.text_color());
    response.on_hover_text(label)
}

/// Draws in units of a sixteenth of the icon, the origin in its middle.
struct Draw<'a> {
    painter: &'a Painter,
    centre: Pos2,
    unit: f32,
    color: Color32,
}

impl Draw<'_> {
    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.centre + vec2(x, y) * self.unit
    }

    fn stroke(&self) -> Stroke {
        Stroke::new((1.6 * self.unit).max(1.2), self.color)
    }

    fn disc(&self, x: f32, y: f32, radius: f32) {
        self.painter
            .circle_filled(self.at((x, y)), radius * self.unit, self.color);
    }

    fn ring(&self, x: f32, y: f32, radius: f32) {
        self.painter
            .circle_stroke(self.at((x, y)), radius * self.unit, self.stroke());
    }

    fn line(&self, points: &[(f32, f32)]) {
        self.painter
            .add(Shape::line(points.iter().map(|p| self.at(*p)).collect(), self.stroke()));
    }

    fn fill(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|p| self.at(*p)).collect();
        self.painter
            .add(Shape::convex_polygon(points, self.color, Stroke::NONE));
    }

    fn frame(&self, x: f32, y: f32, width: f32, height: f32) {
        let rect = Rect::from_min_size(self.at((x, y)), vec2(width, height) * self.unit);
        self.painter
            .rect_stroke(rect, 1.5 * self.unit, self.stroke(), StrokeKind::Middle);
    }

    fn loudspeaker(&self) {
        self.fill(&[(-7.0, -2.2), (-4.0, -2.2), (-4.0, 2.2), (-7.0, 2.2)]);
        self.fill(&[(-4.0, -2.2), (0.2, -6.0), (0.2, 6.0), (-4.0, 2.2)]);
    }

    fn cross(&self, arm: f32) {
        self.line(&[(-arm, -arm), (arm, arm)]);
        self.line(&[(-arm, arm), (arm, -arm)]);
    }
}

/// A lookout tower: the sign of Monomi, as on its application icon.
pub fn tower(painter: &Painter, rect: Rect, color: Color32) {
    let unit = rect.width().min(rect.height()) / 16.0;
    let at = |x: f32, y: f32| rect.center() + vec2(x, y) * unit;
    let stroke = Stroke::new((0.9 * unit).max(1.0), color);
    painter.add(Shape::convex_polygon(
        vec![at(-5.0, -4.6), at(0.0, -7.4), at(5.0, -4.6)],
        color,
        Stroke::NONE,
    ));
    painter.rect_stroke(
        Rect::from_min_max(at(-3.6, -4.2), at(3.6, -0.4)),
        0.4 * unit,
        stroke,
        StrokeKind::Middle,
    );
    painter.circle_filled(at(0.0, -2.3), 1.15 * unit, color);
    for line in [
        [(-3.0, -0.2), (-5.0, 7.2)],
        [(3.0, -0.2), (5.0, 7.2)],
        [(-3.7, 2.6), (3.7, 2.6)],
        [(-3.6, 2.8), (4.6, 6.4)],
    ] {
        painter.line_segment(line.map(|(x, y)| at(x, y)), stroke);
    }
}
