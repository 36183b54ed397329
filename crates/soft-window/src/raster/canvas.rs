use std::ops::Range;

use egui::{Color32, ColorImage};

use super::area::Area;

/// A window's pixels: one `u32` each, `0x00RRGGBB`, rows from the top without padding.
pub struct Canvas<'a> {
    pixels: &'a mut [u32],
    width: usize,
    height: usize,
}

impl<'a> Canvas<'a> {
    /// `None`: there are not `width` × `height` pixels.
    #[must_use]
    pub fn new(pixels: &'a mut [u32], [width, height]: [u32; 2]) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        (pixels.len() == width.checked_mul(height)?).then_some(Self { pixels, width, height })
    }

    #[must_use]
    pub fn area(&self) -> Area {
        Area {
            left: 0,
            top: 0,
            right: self.width as i32,
            bottom: self.height as i32,
        }
    }

    /// The pixels of one row between two columns. Both lie inside: callers clip to [`Canvas::area`] first.
    pub(super) fn row(&mut self, y: i32, columns: Range<i32>) -> &mut [u32] {
        let start = y.max(0) as usize * self.width;
        let (from, to) = (columns.start.max(0) as usize, columns.end.max(0) as usize);
        self.pixels.get_mut(start + from..start + to).unwrap_or_default()
    }

    pub(super) fn fill(&mut self, area: Area, color: Color32) {
        let area = area.intersect(self.area());
        for y in area.top..area.bottom {
            self.row(y, area.left..area.right).fill(opaque(color));
        }
    }

    /// A copy of all pixels.
    #[must_use]
    pub fn image(&self) -> ColorImage {
        let pixels = self.pixels.iter().map(|pixel| {
            let [_, red, green, blue] = pixel.to_be_bytes();
            Color32::from_rgb(red, green, blue)
        });
        ColorImage::new([self.width, self.height], pixels.collect())
    }
}

/// The pixel of a colour that hides what is under it.
pub(super) fn opaque(color: Color32) -> u32 {
    u32::from_be_bytes([0, color.r(), color.g(), color.b()])
}

/// `color` (premultiplied) over `pixel`, in the values as they are stored, as egui's shaders do it.
#[inline]
pub(super) fn over(pixel: u32, color: [u8; 4]) -> u32 {
    let [red, green, blue, alpha] = color.map(u32::from);
    let rest = 255 - alpha;
    let under = |value: u32| (value & 0xff) * rest;
    let add = |value: u32, under: u32| (value + divided_by_255(under)).min(255);
    add(red, under(pixel >> 16)) << 16 | add(green, under(pixel >> 8)) << 8 | add(blue, under(pixel))
}

/// The product of two values of 0 to 255 as a value of 0 to 255, rounded.
#[inline]
pub(super) fn divided_by_255(product: u32) -> u32 {
    (product * 257 + 32_896) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_exact_to_one_step() {
        for under in [0_u32, 1, 127, 128, 254, 255] {
            for alpha in [0_u8, 1, 100, 128, 254, 255] {
                for value in [0, alpha / 2, alpha] {
                    let got = over(under << 16 | under, [value, 0, value, alpha]);
                    let exact = f64::from(value) + f64::from(under) * f64::from(255 - alpha) / 255.0;
                    for channel in [got >> 16 & 0xff, got & 0xff] {
                        assert!(
                            (f64::from(channel) - exact).abs() <= 0.51,
                            "{under} {value} {alpha}: {channel} {exact}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_lies_outside_is_not_painted() {
        let mut pixels = [0; 6];
        let mut canvas = Canvas::new(&mut pixels, [3, 2]).unwrap();
        let area = Area {
            left: 1,
            top: -5,
            right: 90,
            bottom: 1,
        };
        canvas.fill(area, Color32::WHITE);
        assert_eq!(pixels, [0, 0xff_ffff, 0xff_ffff, 0, 0, 0]);
        assert!(Canvas::new(&mut pixels, [3, 3]).is_none());
    }
}
