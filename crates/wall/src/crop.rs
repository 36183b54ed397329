//! How a picture lies in its tile: its shape, the part of it that is seen, and which stream it comes from.

use std::fmt;
use std::str::FromStr;

/// How one channel is shown on a wall.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Crop {
    pub aspect: Aspect,
    pub choice: StreamChoice,
    pub zoom: Zoom,
}

/// How a picture fills its tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Shows the whole picture in its own shape.
    #[default]
    Fit,
    /// Fills the whole tile in the picture's own shape. What does not fit is cut off.
    Fill,
    /// Stretches the whole picture over the whole tile.
    Stretch,
    /// One pixel of the picture is one pixel of the screen.
    Original,
}

/// Which stream of a channel is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamChoice {
    /// The stream that suits the size of the tile.
    #[default]
    Automatic,
    Main,
    Sub,
}

/// The part of a picture that is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    /// From 1 (nothing is enlarged) to [`Zoom::MOST`].
    pub factor: f32,
    /// What lies in the middle of the tile, as fractions of the picture's width and height.
    pub centre: [f32; 2],
}

/// Where a picture is painted. Sizes are those of the tile's body, in the unit in which it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Left, top, right and bottom of what is painted, from the left upper corner of the body.
    pub area: [f32; 4],
    /// Left, top, right and bottom of the part of the picture that is seen, as fractions of it.
    pub part: [f32; 4],
    /// How large the whole picture would be.
    pub whole: [f32; 2],
}

impl Crop {
    /// Where a picture of the size `picture` lies in a body of the size `body`, both in pixels.
    #[must_use]
    pub fn place(&self, picture: [f32; 2], body: [f32; 2]) -> Placement {
        let whole = self.whole(picture, body);
        let centre = held_inside(self.zoom.centre, whole, body);
        let mut placement = Placement {
            area: [0.0; 4],
            part: [0.0; 4],
            whole,
        };
        for axis in 0..2 {
            let seen = body[axis].min(whole[axis]);
            let from = (body[axis] - seen) / 2.0;
            let fraction = seen / whole[axis];
            placement.area[axis] = from;
            placement.area[axis + 2] = from + seen;
            placement.part[axis] = centre[axis] - fraction / 2.0;
            placement.part[axis + 2] = centre[axis] + fraction / 2.0;
        }
        placement
    }

    /// How high the whole picture is painted before it is enlarged, in the unit of `body`: the stream is chosen by it. `shape`: width
    /// and height of the picture; until they are known it is taken for 16:9.
    #[must_use]
    pub fn height(&self, shape: Option<[f32; 2]>, body: [f32; 2]) -> f32 {
        match self.aspect {
            // Its size depends on the stream, which is what is to be chosen.
            Aspect::Original => body[1],
            Aspect::Fit | Aspect::Fill | Aspect::Stretch => {
                let whole = Self {
                    zoom: Zoom::default(),
                    ..*self
                };
                whole.whole(shape.unwrap_or([16.0, 9.0]), body)[1]
            }
        }
    }

    /// Enlarged `by` this factor, so that what lies under `at` (pixels from the left upper corner of the body) stays there.
    #[must_use]
    pub fn zoomed(mut self, by: f32, at: [f32; 2], picture: [f32; 2], body: [f32; 2]) -> Self {
        let before = self.place(picture, body);
        let factor = (self.zoom.factor * by).clamp(1.0, Zoom::MOST);
        if factor < Zoom::LEAST {
            self.zoom = Zoom::default();
            return self;
        }
        self.zoom.factor = factor;
        let whole = self.whole(picture, body);
        for (axis, at) in at.into_iter().enumerate() {
            let centre = (before.part[axis] + before.part[axis + 2]) / 2.0;
            let aside = at - body[axis] / 2.0;
            self.zoom.centre[axis] = centre + aside / before.whole[axis] - aside / whole[axis];
        }
        self.zoom.centre = held_inside(self.zoom.centre, whole, body);
        self
    }

    /// The picture pushed `by` so many pixels, as far as there is more of it.
    #[must_use]
    pub fn moved(mut self, by: [f32; 2], picture: [f32; 2], body: [f32; 2]) -> Self {
        let whole = self.whole(picture, body);
        let centre = held_inside(self.zoom.centre, whole, body);
        let centre = [centre[0] - by[0] / whole[0], centre[1] - by[1] / whole[1]];
        self.zoom.centre = held_inside(centre, whole, body);
        self
    }

    #[must_use]
    pub fn is_zoomed(&self) -> bool {
        self.zoom.factor > 1.0
    }

    fn whole(&self, picture: [f32; 2], body: [f32; 2]) -> [f32; 2] {
        let picture = picture.map(|side| side.max(1.0));
        let body = body.map(|side| side.max(1.0));
        let (across, down) = (body[0] / picture[0], body[1] / picture[1]);
        let scale = match self.aspect {
            Aspect::Fit => [across.min(down); 2],
            Aspect::Fill => [across.max(down); 2],
            Aspect::Stretch => [across, down],
            Aspect::Original => [1.0; 2],
        };
        let size = |axis: usize| (picture[axis] * scale[axis] * self.zoom.factor).max(1.0);
        [size(0), size(1)]
    }
}

impl Zoom {
    /// The strongest enlargement.
    pub const MOST: f32 = 16.0;
    /// A smaller enlargement counts as none.
    const LEAST: f32 = 1.02;
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            factor: 1.0,
            centre: [0.5, 0.5],
        }
    }
}

impl Aspect {
    pub const ALL: [Self; 4] = [Self::Fit, Self::Fill, Self::Stretch, Self::Original];

    fn word(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Fill => "fill",
            Self::Stretch => "stretch",
            Self::Original => "original",
        }
    }
}

impl StreamChoice {
    pub const ALL: [Self; 3] = [Self::Automatic, Self::Main, Self::Sub];

    fn word(self) -> &'static str {
        match self {
            Self::Automatic => "auto",
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

/// As it is saved: `fill sub 2.5@0.25,0.75`.
impl fmt::Display for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.aspect.word(), self.choice.word())?;
        if self.is_zoomed() {
            let Zoom { factor, centre: [x, y] } = self.zoom;
            write!(f, " {factor}@{x},{y}")?;
        }
        Ok(())
    }
}

/// A text that is no crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a way to show a channel")]
pub struct CropError;

impl FromStr for Crop {
    type Err = CropError;

    fn from_str(text: &str) -> Result<Self, CropError> {
        let mut words = text.split_whitespace();
        let mut word = || words.next();
        let aspect = word().and_then(|word| Aspect::ALL.into_iter().find(|aspect| aspect.word() == word));
        let choice = word().and_then(|word| StreamChoice::ALL.into_iter().find(|choice| choice.word() == word));
        let zoom = match word() {
            None => Some(Zoom::default()),
            Some(zoom) => zoom_of(zoom),
        };
        match (aspect, choice, zoom, word()) {
            (Some(aspect), Some(choice), Some(zoom), None) => Ok(Self { aspect, choice, zoom }),
            _ => Err(CropError),
        }
    }
}

fn zoom_of(text: &str) -> Option<Zoom> {
    let (factor, centre) = text.split_once('@')?;
    let (x, y) = centre.split_once(',')?;
    let number = |text: &str, low: f32, high: f32| {
        let number: f32 = text.parse().ok()?;
        (low..=high).contains(&number).then_some(number)
    };
    Some(Zoom {
        factor: number(factor, Zoom::LEAST, Zoom::MOST)?,
        centre: [number(x, 0.0, 1.0)?, number(y, 0.0, 1.0)?],
    })
}

/// The centre nearest to `centre` with which no edge of the picture comes into the body.
fn held_inside(centre: [f32; 2], whole: [f32; 2], body: [f32; 2]) -> [f32; 2] {
    let axis = |axis: usize| {
        let half = (body[axis] / whole[axis] / 2.0).min(0.5);
        centre[axis].clamp(half, 1.0 - half)
    };
    [axis(0), axis(1)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDE: [f32; 2] = [1280.0, 720.0];
    const BODY: [f32; 2] = [400.0, 300.0];

    fn of(aspect: Aspect) -> Crop {
        Crop {
            aspect,
            ..Crop::default()
        }
    }

    /// The point of the picture that is painted at `at`.
    fn under(crop: Crop, at: [f32; 2], picture: [f32; 2], body: [f32; 2]) -> [f32; 2] {
        let Placement { area, part, .. } = crop.place(picture, body);
        let axis = |axis: usize| {
            part[axis] + (at[axis] - area[axis]) / (area[axis + 2] - area[axis]) * (part[axis + 2] - part[axis])
        };
        [axis(0), axis(1)]
    }

    fn near(a: &[f32], b: &[f32]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.01)
    }

    #[test]
    fn each_aspect_does_what_it_says() {
        let fit = of(Aspect::Fit).place(WIDE, BODY);
        assert!(near(&fit.area, &[0.0, 37.5, 400.0, 262.5]) && near(&fit.part, &[0.0, 0.0, 1.0, 1.0]));
        let fill = of(Aspect::Fill).place(WIDE, BODY);
        assert!(near(&fill.area, &[0.0, 0.0, 400.0, 300.0]) && near(&fill.part, &[0.125, 0.0, 0.875, 1.0]));
        let stretch = of(Aspect::Stretch).place(WIDE, BODY);
        assert!(near(&stretch.area, &[0.0, 0.0, 400.0, 300.0]) && near(&stretch.part, &[0.0, 0.0, 1.0, 1.0]));
        let original = of(Aspect::Original).place(WIDE, BODY);
        assert!(near(&original.whole, &WIDE) && near(&original.part, &[0.34375, 0.2917, 0.65625, 0.7083]));
        let small = of(Aspect::Original).place([100.0, 100.0], BODY);
        assert!(
            near(&small.area, &[150.0, 100.0, 250.0, 200.0]),
            "a small one lies in the middle"
        );
    }

    #[test]
    fn the_stream_is_chosen_by_how_high_the_picture_is_and_not_the_tile() {
        // A tall tile of a corridor layout.
        let tall = [340.0, 640.0];
        assert_eq!(of(Aspect::Fit).height(Some([1080.0, 1920.0]), tall).round(), 604.0);
        assert_eq!(of(Aspect::Fit).height(Some([1920.0, 1080.0]), tall).round(), 191.0);
        assert_eq!(of(Aspect::Fit).height(None, tall).round(), 191.0);
        assert_eq!(of(Aspect::Fill).height(Some([1920.0, 1080.0]), tall), 640.0);
        assert_eq!(of(Aspect::Stretch).height(Some([1920.0, 1080.0]), tall), 640.0);
        assert_eq!(of(Aspect::Original).height(Some([1920.0, 1080.0]), tall), 640.0);
        let zoomed = of(Aspect::Fit).zoomed(4.0, [0.0, 0.0], WIDE, tall);
        assert_eq!(
            zoomed.height(Some(WIDE), tall),
            of(Aspect::Fit).height(Some(WIDE), tall)
        );
    }

    #[test]
    fn the_wheel_enlarges_around_the_pointer() {
        let at = [300.0, 200.0];
        let before = under(Crop::default(), at, WIDE, BODY);
        let twice = Crop::default().zoomed(4.0, at, WIDE, BODY);
        assert!(near(&under(twice, at, WIDE, BODY), &before));
        assert_eq!(twice.zoom.factor, 4.0);
        assert_eq!(
            twice.zoomed(0.2, [0.0, 0.0], WIDE, BODY),
            Crop::default(),
            "back to all of it"
        );
        assert_eq!(twice.zoomed(1_000.0, at, WIDE, BODY).zoom.factor, Zoom::MOST);
    }

    #[test]
    fn a_picture_is_pushed_up_to_its_edge_and_comes_back_at_once() {
        let zoomed = Crop::default().zoomed(2.0, [200.0, 150.0], WIDE, BODY);
        let pushed = zoomed.moved([100_000.0, 0.0], WIDE, BODY);
        assert!(near(&pushed.place(WIDE, BODY).part[..1], &[0.0]));
        let back = pushed.moved([-40.0, 0.0], WIDE, BODY);
        assert!(near(&back.place(WIDE, BODY).part[..1], &[40.0 / 800.0]));
        assert_eq!(Crop::default().moved([50.0, 50.0], WIDE, BODY), Crop::default());
    }

    #[test]
    fn what_is_saved_is_read_again_and_nothing_else_is_read() {
        let mut crop = of(Aspect::Fill);
        crop.choice = StreamChoice::Sub;
        assert_eq!(crop.to_string(), "fill sub");
        crop = crop.zoomed(2.5, [10.0, 20.0], WIDE, BODY);
        assert_eq!(crop.to_string().parse(), Ok(crop));
        for wrong in [
            "",
            "fit",
            "fit auto 1@2",
            "fit auto NaN@0.5,0.5",
            "fit auto 99@0.5,0.5",
            "fit auto 2@0.5,0.5 x",
        ] {
            assert_eq!(wrong.parse::<Crop>(), Err(CropError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_painted_lies_inside_the_tile_and_comes_from_the_picture(
            aspect in 0..4usize, steps in prop::collection::vec((0.2f32..5.0, 0.0f32..1.0, 0.0f32..1.0), 0..12),
            picture in (1.0f32..5_000.0, 1.0f32..5_000.0), body in (1.0f32..4_000.0, 1.0f32..4_000.0),
        ) {
            let (picture, body) = ([picture.0, picture.1], [body.0, body.1]);
            let mut crop = of(Aspect::ALL[aspect]);
            for (by, x, y) in steps {
                crop = crop.zoomed(by, [x * body[0], y * body[1]], picture, body);
                crop = crop.moved([(x - 0.5) * 900.0, (y - 0.5) * 900.0], picture, body);
            }
            let Placement { area, part, .. } = crop.place(picture, body);
            for axis in 0..2 {
                prop_assert!(area[axis] >= -0.01 && area[axis] < area[axis + 2] && area[axis + 2] <= body[axis] + 0.01);
                prop_assert!(part[axis] >= -0.001 && part[axis] < part[axis + 2] && part[axis + 2] <= 1.001);
            }
        }
    }
}
