//! Painting each pixel of the wall once: what a picture covers gets no ground under it. A software rasteriser pays for every
//! pixel of every pass; grounds under 16 pictures cost it more than the pictures.

use egui::{Color32, Painter, Rect, pos2};

/// Fills what of `outer` lies outside of `inner`.
pub(super) fn fill_around(painter: &Painter, outer: Rect, inner: Rect, color: Color32) {
    for part in around(outer, inner) {
        if part.is_positive() {
            painter.rect_filled(part, 0.0, color);
        }
    }
}

/// Above, below, left and right of `inner`; together with it they cover `outer` once.
fn around(outer: Rect, inner: Rect) -> [Rect; 4] {
    let inner = inner.intersect(outer);
    if !inner.is_positive() {
        return [outer, Rect::NOTHING, Rect::NOTHING, Rect::NOTHING];
    }
    [
        Rect::from_min_max(outer.min, pos2(outer.right(), inner.top())),
        Rect::from_min_max(pos2(outer.left(), inner.bottom()), outer.max),
        Rect::from_min_max(pos2(outer.left(), inner.top()), inner.left_bottom()),
        Rect::from_min_max(inner.right_top(), pos2(outer.right(), inner.bottom())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
        Rect::from_min_max(pos2(left, top), pos2(right, bottom))
    }

    #[test]
    fn the_parts_and_the_picture_cover_the_ground_once() {
        let outer = rect(0.0, 0.0, 10.0, 8.0);
        for inner in [
            rect(2.0, 1.0, 7.0, 6.0),
            outer,
            rect(0.0, 0.0, 10.0, 4.0),
            rect(-5.0, 2.0, 30.0, 4.0),
            rect(20.0, 20.0, 30.0, 30.0),
        ] {
            let parts = around(outer, inner);
            let area = |rect: Rect| if rect.is_positive() { rect.area() } else { 0.0 };
            let total: f32 = parts.iter().map(|part| area(*part)).sum::<f32>() + area(inner.intersect(outer));
            assert_eq!(total, outer.area(), "{inner:?}");
            for (index, part) in parts.iter().enumerate() {
                for other in parts[index + 1..].iter().chain([&inner]) {
                    assert_eq!(area(part.intersect(*other)), 0.0, "{part:?} {other:?}");
                }
            }
        }
    }
}
