//! Pictures of streams. A picture of the size of its place is copied; any other is scaled. Decoders are told the size, so that
//! copying is the usual case.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::Rect;

use super::area::Area;
use super::canvas::{Canvas, opaque};
use frame::{Frame, FrameSlot, PixelOrder};

/// The newest picture of one stream, wherever it is painted.
pub struct NewestPicture {
    slot: Mutex<Arc<FrameSlot>>,
    frame: Mutex<Option<Frame>>,
    /// How many pictures were taken over: windows tell by it whether they have painted the newest one.
    taken: AtomicU64,
}

/// What a window's picture is to egui: the payload of a [`egui::PaintCallback`].
#[derive(Clone)]
pub struct PictureCallback {
    pub newest: Arc<NewestPicture>,
    /// The part that is seen, 0 to 1 from the upper left.
    pub part: Rect,
}

impl NewestPicture {
    #[must_use]
    pub fn new(slot: &Arc<FrameSlot>) -> Self {
        Self {
            slot: Mutex::new(Arc::clone(slot)),
            frame: Mutex::default(),
            taken: AtomicU64::new(0),
        }
    }

    /// Takes pictures from `slot` from now on. The last picture stays until the next one comes.
    pub fn follow(&self, slot: &Arc<FrameSlot>) {
        slot.set_order(PixelOrder::Bgrx);
        let mut known = locked(&self.slot);
        if !Arc::ptr_eq(&known, slot) {
            *known = Arc::clone(slot);
        }
    }

    /// Takes a picture over that came since the last call, and says how many there were.
    pub fn refresh(&self) -> u64 {
        if let Some(frame) = locked(&self.slot).take().filter(is_whole) {
            *locked(&self.frame) = Some(frame);
            self.taken.fetch_add(1, Ordering::AcqRel);
        }
        self.taken()
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Acquire)
    }

    /// Width and height in pixels, once there was a picture.
    #[must_use]
    pub fn size(&self) -> Option<[u32; 2]> {
        locked(&self.frame).as_ref().map(|frame| [frame.width, frame.height])
    }

    pub(super) fn paint(&self, canvas: &mut Canvas<'_>, place: Area, part: Rect, clip: Area) {
        if let Some(frame) = &*locked(&self.frame) {
            paint(canvas, frame, place, part, clip);
        }
    }
}

/// Whether a frame has as many bytes as its size says.
#[must_use]
pub fn is_whole(frame: &Frame) -> bool {
    frame.width > 0 && frame.height > 0 && frame.data.len() == frame.width as usize * frame.height as usize * 4
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A picture that differs from its place by up to this many pixels is copied, and its edge cut off or repeated: a copy costs
/// least, and nobody sees the difference.
const NEARLY: i32 = 2;

const WHOLE: Rect = Rect::from_min_max(egui::Pos2::ZERO, egui::Pos2::new(1.0, 1.0));

/// Fills `place` with the `part` of the picture (0 to 1 from the upper left), as far as it lies in `clip`.
fn paint(canvas: &mut Canvas<'_>, frame: &Frame, place: Area, part: Rect, clip: Area) {
    let clip = clip.intersect(place).intersect(canvas.area());
    let Some(source) = Source::new(frame) else { return };
    if clip.is_empty() {
        return;
    }
    let off = |place: usize, frame: i32| i32::try_from(place).map_or(i32::MAX, |place| (place - frame).abs());
    if part == WHOLE && off(place.width(), source.width) <= NEARLY && off(place.height(), source.height) <= NEARLY {
        source.copy(canvas, place, clip);
    } else {
        source.scale(canvas, place, part, clip);
    }
}

struct Source<'a> {
    bytes: &'a [u8],
    width: i32,
    height: i32,
    order: PixelOrder,
}

impl<'a> Source<'a> {
    /// `None`: the frame has no pixels, or fewer bytes than its size says.
    fn new(frame: &'a Frame) -> Option<Self> {
        is_whole(frame).then_some(())?;
        Some(Self {
            bytes: &frame.data,
            width: i32::try_from(frame.width).ok()?,
            height: i32::try_from(frame.height).ok()?,
            order: frame.order,
        })
    }

    fn row(&self, y: i32) -> &'a [u8] {
        let length = self.width as usize * 4;
        let start = y.clamp(0, self.height - 1) as usize * length;
        self.bytes.get(start..start + length).unwrap_or_default()
    }

    /// Pixel on pixel; beyond the picture its edge is repeated.
    fn copy(&self, canvas: &mut Canvas<'_>, place: Area, clip: Area) {
        let reach = clip.right.min(place.left + self.width).max(clip.left);
        for y in clip.top..clip.bottom {
            let row = self.row(y - place.top);
            let start = (clip.left - place.left) as usize * 4;
            let target = canvas.row(y, clip.left..reach);
            let source = row.get(start..start + target.len() * 4).unwrap_or_default();
            match self.order {
                // The bytes of a window's pixels.
                PixelOrder::Bgrx if cfg!(target_endian = "little") => {
                    let target = bytemuck::cast_slice_mut::<u32, u8>(target);
                    if target.len() == source.len() {
                        target.copy_from_slice(source);
                    }
                }
                order => {
                    for (pixel, bytes) in target.iter_mut().zip(source.chunks_exact(4)) {
                        *pixel = pixel_of(bytes, order);
                    }
                }
            }
            if reach < clip.right {
                let edge = row.len().checked_sub(4).and_then(|last| row.get(last..));
                let edge = edge.map_or(opaque(egui::Color32::BLACK), |bytes| pixel_of(bytes, self.order));
                canvas.row(y, reach..clip.right).fill(edge);
            }
        }
    }

    fn scale(&self, canvas: &mut Canvas<'_>, place: Area, part: Rect, clip: Area) {
        let across: Vec<PixelPair> = (clip.left..clip.right)
            .map(|x| {
                let share = (x as f32 + 0.5 - place.left as f32) / place.width() as f32;
                PixelPair::at(part.left() + share * part.width(), self.width)
            })
            .collect();
        for y in clip.top..clip.bottom {
            let share = (y as f32 + 0.5 - place.top as f32) / place.height() as f32;
            let down = PixelPair::at(part.top() + share * part.height(), self.height);
            let (upper, lower) = (self.row(down.first), self.row(down.second));
            for (pixel, step) in canvas.row(y, clip.left..clip.right).iter_mut().zip(&across) {
                let texel = |row: &[u8], x: i32| {
                    let at = x as usize * 4;
                    row.get(at..at + 4).map_or(0, |bytes| pixel_of(bytes, self.order))
                };
                let mix = |row: &[u8]| mixed(texel(row, step.first), texel(row, step.second), step.share);
                *pixel = mixed(mix(upper), mix(lower), down.share);
            }
        }
    }
}

/// Two neighbours, and how much of the second one is seen, of 256.
struct PixelPair {
    first: i32,
    second: i32,
    share: u32,
}

impl PixelPair {
    /// `at`: 0 to 1 of `length` pixels.
    fn at(at: f32, length: i32) -> Self {
        let at = (at * length as f32 - 0.5).clamp(0.0, (length - 1) as f32);
        let first = at.floor();
        Self {
            first: first as i32,
            second: (first as i32 + 1).min(length - 1),
            share: ((at - first) * 256.0) as u32,
        }
    }
}

/// Two pixels, `share` of 256 of the second.
#[inline]
fn mixed(first: u32, second: u32, share: u32) -> u32 {
    let pair = |shift: u32| {
        let (a, b) = (first >> shift & 0x00ff_00ff, second >> shift & 0x00ff_00ff);
        (a * (256 - share) + b * share) >> 8 & 0x00ff_00ff
    };
    pair(8) << 8 | pair(0)
}

#[inline]
fn pixel_of(bytes: &[u8], order: PixelOrder) -> u32 {
    let [a, b, c] = [0, 1, 2].map(|index| bytes.get(index).copied().unwrap_or(0));
    match order {
        PixelOrder::Rgba => u32::from_be_bytes([0, a, b, c]),
        PixelOrder::Bgrx => u32::from_be_bytes([0, c, b, a]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use egui::{Color32, ColorImage, pos2};

    use super::*;

    fn frame(width: u32, height: u32, order: PixelOrder) -> Frame {
        let data = (0..width * height).flat_map(|index| {
            let [red, green, blue] = [index % width, index / width, 7].map(|value| value as u8 * 10);
            match order {
                PixelOrder::Rgba => [red, green, blue, 255],
                PixelOrder::Bgrx => [blue, green, red, 99],
            }
        });
        Frame {
            width,
            height,
            data: data.collect::<Vec<_>>().into(),
            order,
            number: 1,
            at: Instant::now(),
        }
    }

    fn painted(frame: &Frame, place: Area, part: Rect, clip: Area) -> ColorImage {
        let mut pixels = vec![0; 20 * 20];
        let mut canvas = Canvas::new(&mut pixels, [20, 20]).unwrap();
        paint(&mut canvas, frame, place, part, clip);
        canvas.image()
    }

    const fn area(left: i32, top: i32, right: i32, bottom: i32) -> Area {
        Area {
            left,
            top,
            right,
            bottom,
        }
    }

    #[test]
    fn a_picture_as_large_as_its_place_is_copied_within_the_clip() {
        for order in [PixelOrder::Rgba, PixelOrder::Bgrx] {
            let image = painted(&frame(6, 5, order), area(3, 2, 9, 7), WHOLE, area(4, 0, 8, 20));
            assert_eq!(image[(4, 2)], Color32::from_rgb(10, 0, 70));
            assert_eq!(image[(7, 6)], Color32::from_rgb(40, 40, 70));
            assert_eq!([image[(3, 3)], image[(8, 3)], image[(5, 7)]], [Color32::BLACK; 3]);
        }
    }

    #[test]
    fn a_picture_a_little_too_small_repeats_its_edge_and_one_too_large_is_cut() {
        let small = painted(
            &frame(6, 5, PixelOrder::Bgrx),
            area(0, 0, 8, 7),
            WHOLE,
            area(0, 0, 20, 20),
        );
        assert_eq!(small[(7, 6)], Color32::from_rgb(50, 40, 70));
        assert_eq!(small[(8, 6)], Color32::BLACK);
        let large = painted(
            &frame(6, 5, PixelOrder::Bgrx),
            area(0, 0, 5, 4),
            WHOLE,
            area(0, 0, 20, 20),
        );
        assert_eq!(
            (large[(4, 3)], large[(5, 3)]),
            (Color32::from_rgb(40, 30, 70), Color32::BLACK)
        );
    }

    #[test]
    fn a_part_of_a_picture_fills_its_place_smoothly() {
        let lower_right = Rect::from_min_max(pos2(0.5, 0.5), pos2(1.0, 1.0));
        for order in [PixelOrder::Rgba, PixelOrder::Bgrx] {
            let image = painted(&frame(8, 8, order), area(0, 0, 16, 16), lower_right, area(0, 0, 20, 20));
            assert_eq!(
                image[(15, 15)],
                Color32::from_rgb(70, 70, 70),
                "the edge is not mixed with nothing"
            );
            for x in 1..16 {
                let step = i32::from(image[(x, 8)].r()) - i32::from(image[(x - 1, 8)].r());
                assert!((0..=3).contains(&step), "{x}: {step}");
            }
        }
    }

    #[test]
    fn a_frame_with_too_few_bytes_paints_nothing() {
        let mut broken = frame(6, 6, PixelOrder::Bgrx);
        broken.data = vec![1; 20].into();
        for place in [area(0, 0, 6, 6), area(0, 0, 20, 20)] {
            let mut pixels = vec![0xab_cdef; 20 * 20];
            let mut canvas = Canvas::new(&mut pixels, [20, 20]).unwrap();
            paint(&mut canvas, &broken, place, WHOLE, area(0, 0, 20, 20));
            assert!(pixels.iter().all(|pixel| *pixel == 0xab_cdef), "{place:?}");
        }
    }
}
