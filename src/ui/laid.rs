//! Where a picture is painted in its tile, on whole pixels.

use egui::{Rect, Vec2, pos2, vec2};

use wall::{Crop, Placement};

/// Where a picture is painted in its tile.
pub(super) struct Laid {
    /// On whole pixels, in points.
    pub area: Rect,
    /// The part of the picture that is seen, as fractions.
    pub part: Rect,
    /// How large the decoder should make the picture, in pixels.
    pub target: Vec2,
}

pub(super) fn lay(crop: Crop, picture: Vec2, body: Rect, scale: f32) -> Laid {
    let Placement { area, part, whole } = crop.place(picture.into(), (body.size() * scale).into());
    let corner = (body.min.to_vec2() * scale).round();
    let [left, top, right, bottom] = area;
    let min = (corner + vec2(left, top)).round();
    let max = min + vec2(right - left, bottom - top).round().max(vec2(1.0, 1.0));
    let [from_x, from_y, to_x, to_y] = part;
    // The size is rounded up to a power of two of the zoom, so that turning the wheel does not restart the decoder with
    // every picture.
    let steps = crop.zoom.factor.log2().ceil().exp2() / crop.zoom.factor;
    Laid {
        area: Rect::from_min_max((min / scale).to_pos2(), (max / scale).to_pos2()),
        part: Rect::from_min_max(pos2(from_x, from_y), pos2(to_x, to_y)),
        target: (Vec2::from(whole) * steps).round(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_lies_on_whole_pixels() {
        let area = Rect::from_min_size(pos2(10.5, 20.0), vec2(400.0, 300.0));
        for scale in [1.0, 1.25, 2.0] {
            let fitted = lay(Crop::default(), vec2(1280.0, 720.0), area, scale).area;
            assert!((fitted.width() / fitted.height() - 16.0 / 9.0).abs() < 0.01);
            assert!(area.expand(1.0).contains_rect(fitted));
            let pixels = fitted.min.to_vec2() * scale;
            assert!((pixels - pixels.round()).length() < 0.01, "{pixels:?}");
        }
    }

    #[test]
    fn a_picture_is_asked_for_as_large_as_it_is_painted_and_in_steps_while_it_is_enlarged() {
        let area = Rect::from_min_size(pos2(0.0, 0.0), vec2(320.0, 180.0));
        let mut crop = Crop::default();
        for (factor, target) in [(1.0, 320.0), (1.5, 640.0), (2.0, 640.0), (2.1, 1280.0)] {
            crop.zoom.factor = factor;
            assert_eq!(lay(crop, vec2(1920.0, 1080.0), area, 1.0).target.x, target);
        }
    }
}
