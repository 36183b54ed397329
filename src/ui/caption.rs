//! How large the caption of a tile is: by the setting, and in the two larger sizes by the tile, because a wall that is seen from afar
//! has large tiles whatever its pixels are.

use egui::Rect;

use super::theme;
use settings::Captions;

/// The measures of a tile's caption, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Caption {
    /// The size of its letters.
    pub font: f32,
    /// The height of the strip at the top of the tile.
    pub height: f32,
}

impl Caption {
    pub(super) fn of(size: Captions, tile: Rect) -> Self {
        let font = match size {
            Captions::Small if tile.height() < TINY => {
                return Self {
                    font: 11.0,
                    height: 17.0,
                };
            }
            Captions::Small => {
                return Self {
                    font: 12.0,
                    height: theme::TILE_HEADER,
                };
            }
            Captions::Medium => (tile.height() * 0.05).clamp(14.0, 30.0),
            Captions::Large => (tile.height() * 0.075).clamp(18.0, 44.0),
        };
        // On the smallest tiles the picture keeps most of the room.
        let font = font.min((tile.height() * 0.16).max(11.0)).round();
        Self {
            font,
            height: (font * 1.6).round().max(17.0),
        }
    }
}

/// Below this height a tile has the smallest caption.
const TINY: f32 = 110.0;

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    fn font(size: Captions, height: f32) -> f32 {
        Caption::of(size, Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, height))).font
    }

    #[test]
    fn each_size_is_larger_than_the_one_before_on_every_tile_that_has_room() {
        for height in [140.0, 180.0, 270.0, 540.0, 1080.0] {
            let [small, medium, large] =
                [Captions::Small, Captions::Medium, Captions::Large].map(|size| font(size, height));
            assert!(small < medium && medium < large, "{height}: {small} {medium} {large}");
        }
        // The quarter of a 4K screen: letters of 40 points are 7 mm high on a screen of 55 inches, as read from 3 m.
        assert_eq!(font(Captions::Large, 540.0), 41.0);
        let tiny = Caption::of(Captions::Large, Rect::from_min_size(pos2(0.0, 0.0), vec2(120.0, 68.0)));
        assert!(tiny.height < 20.0, "{tiny:?}");
    }
}
