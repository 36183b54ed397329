//! How large the caption of a tile is: by the setting, and in the two larger sizes by the tile, because a wall that is seen from afar
//! has large tiles whatever its pixels are. Tree and status bar follow as far as the window has room.

use egui::{Context, Rect};

use super::theme;
use settings::Captions;

/// How large the words around the pictures of one window are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextSize {
    pub(super) captions: CaptionSize,
    /// How many times as large as usual tree and status bar are: one of a few steps, because each size of letters is drawn anew.
    bars: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CaptionSize {
    #[default]
    Small,
    Medium,
    Large,
}

impl TextSize {
    /// The size in the window that `ctx` paints, by the setting. A system that scales nothing on a screen with very many points leaves
    /// letters that are read from nearby alone.
    #[must_use]
    pub fn of(ctx: &Context, setting: Captions) -> Self {
        let window = ctx.content_rect().height();
        let screen = ctx
            .input(|input| input.viewport().monitor_size)
            .map_or(window, |size| size.y);
        let captions = match setting {
            Captions::Auto if screen >= MANY_POINTS => CaptionSize::Large,
            Captions::Auto | Captions::Small => CaptionSize::Small,
            Captions::Medium => CaptionSize::Medium,
            Captions::Large => CaptionSize::Large,
        };
        let most = match captions {
            CaptionSize::Small => 1.0,
            CaptionSize::Medium => 1.25,
            CaptionSize::Large => 1.75,
        };
        let room = (window / USUAL_HEIGHT * 4.0).floor() / 4.0;
        Self {
            captions,
            bars: room.clamp(1.0, most),
        }
    }

    #[must_use]
    pub fn bars(self) -> f32 {
        self.bars.max(1.0)
    }
}

/// A screen of this height in points or more is 4K without scaling, or larger.
const MANY_POINTS: f32 = 1800.0;

/// The height of a window, in points, in which tree and status bar are of their usual size.
const USUAL_HEIGHT: f32 = 800.0;

/// The measures of a tile's caption, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Caption {
    /// The size of its letters.
    pub font: f32,
    /// The height of the strip at the top of the tile.
    pub height: f32,
}

impl Caption {
    /// `alone`: the tile is the only one, so that the way back, the pages, the state and the time may stand beside the name.
    pub(super) fn of(size: CaptionSize, tile: Rect, alone: bool) -> Self {
        let font = match size {
            CaptionSize::Small if tile.height() < TINY => {
                return Self {
                    font: 11.0,
                    height: 17.0,
                };
            }
            CaptionSize::Small => {
                return Self {
                    font: 12.0,
                    height: theme::TILE_HEADER,
                };
            }
            CaptionSize::Medium => (tile.height() * 0.05).clamp(14.0, 30.0),
            CaptionSize::Large => (tile.height() * 0.075).clamp(18.0, 44.0),
        };
        // On the smallest tiles the picture keeps most of the room.
        let font = font.min((tile.height() * 0.16).max(11.0));
        let font = if alone {
            font.min((tile.width() / ALONE).max(12.0))
        } else {
            font
        };
        let font = font.round();
        Self {
            font,
            height: (font * 1.6).round().max(17.0),
        }
    }
}

/// The header and the body of a tile.
pub(super) fn split(tile: Rect, caption: Caption) -> (Rect, Rect) {
    tile.split_top_bottom_at_y(tile.top() + caption.height)
}

/// So many times as wide as its letters are high is the caption of a tile by itself, so that nothing is left out of it.
const ALONE: f32 = 40.0;

/// Below this height a tile has the smallest caption.
const TINY: f32 = 110.0;

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    fn font(size: CaptionSize, height: f32) -> f32 {
        Caption::of(size, Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, height)), false).font
    }

    #[test]
    fn each_size_is_larger_than_the_one_before_on_every_tile_that_has_room() {
        for height in [140.0, 180.0, 270.0, 540.0, 1080.0] {
            let [small, medium, large] =
                [CaptionSize::Small, CaptionSize::Medium, CaptionSize::Large].map(|size| font(size, height));
            assert!(small < medium && medium < large, "{height}: {small} {medium} {large}");
        }
        // The quarter of a 4K screen: letters of 40 points are 7 mm high on a screen of 55 inches, as read from 3 m.
        assert_eq!(font(CaptionSize::Large, 540.0), 41.0);
        let tiny = Caption::of(
            CaptionSize::Large,
            Rect::from_min_size(pos2(0.0, 0.0), vec2(120.0, 68.0)),
            false,
        );
        assert!(tiny.height < 20.0, "{tiny:?}");
    }

    fn size_on(setting: Captions, window: f32, screen: Option<f32>) -> TextSize {
        let ctx = Context::default();
        let mut input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(window * 16.0 / 9.0, window))),
            ..egui::RawInput::default()
        };
        let viewport = input.viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.monitor_size = screen.map(|height| vec2(height * 16.0 / 9.0, height));
        let mut size = TextSize::default();
        let mut output = ctx.run_ui(input, |ui| size = TextSize::of(ui.ctx(), setting));
        output.textures_delta.clear();
        size
    }

    #[test]
    fn by_itself_only_a_screen_of_very_many_points_has_large_words() {
        for (window, screen, expected, bars) in [
            (720.0, None, CaptionSize::Small, 1.0),
            (1440.0, Some(1440.0), CaptionSize::Small, 1.0),
            // 4K at 200 %.
            (1080.0, Some(1080.0), CaptionSize::Small, 1.0),
            (2160.0, Some(2160.0), CaptionSize::Large, 1.75),
            (2160.0, None, CaptionSize::Large, 1.75),
            // A small window there has no room for large bars.
            (720.0, Some(2160.0), CaptionSize::Large, 1.0),
        ] {
            let size = size_on(Captions::Auto, window, screen);
            assert_eq!((size.captions, size.bars()), (expected, bars), "{window} on {screen:?}");
        }
        for (setting, bars) in [
            (Captions::Small, 1.0),
            (Captions::Medium, 1.25),
            (Captions::Large, 1.75),
        ] {
            assert_eq!(size_on(setting, 2160.0, Some(2160.0)).bars(), bars);
        }
        assert_eq!(size_on(Captions::Large, 1080.0, Some(1080.0)).bars(), 1.25);
        assert_eq!(TextSize::default().bars(), 1.0);
    }
}
