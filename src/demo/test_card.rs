use super::{font, time_code};

/// Limited-range luma, as video has it.
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const NEUTRAL: u8 = 128;

/// The texts of a picture.
pub(super) struct CardTexts<'a> {
    pub clock: &'a str,
    pub date: &'a str,
    pub time_code: u32,
}

/// The moving picture of one channel, painted into I420: a wall in the channel's own colour with a ball, the channel's name,
/// a clock and a time code. Nearly nothing changes from one picture to the next, which keeps the encoder cheap.
pub(super) struct TestCard {
    width: usize,
    height: usize,
    channel: u16,
    name: String,
    background: Vec<u8>,
}

/// A rectangle in pixels; even, so that it covers whole chroma samples.
#[derive(Clone, Copy)]
struct PixelRect {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

#[derive(Clone, Copy)]
struct Colour {
    y: u8,
    u: u8,
    v: u8,
}

impl TestCard {
    /// `width` and `height` are multiples of 8, so that I420 has no padding. Channels count from 1.
    pub(super) fn new(width: usize, height: usize, channel: u16) -> Self {
        let name = format!("CH {channel:02}");
        let mut card = Self {
            width,
            height,
            channel,
            name,
            background: vec![0; width * height * 3 / 2],
        };
        let mut background = std::mem::take(&mut card.background);
        card.paint_background(&mut background);
        card.background = background;
        card
    }

    /// Paints the picture at `seconds` since any fixed moment. `i420` must hold `width * height * 3 / 2` bytes.
    pub(super) fn paint(&self, i420: &mut [u8], seconds: f64, caption: &CardTexts<'_>) {
        if i420.len() < self.background.len() {
            return;
        }
        i420[..self.background.len()].copy_from_slice(&self.background);
        self.paint_ball(i420, seconds);
        let scale = (self.height / 60).max(1);
        self.paint_text(i420, 2 * scale, 2 * scale, scale, &self.name);
        let line = (font::HEIGHT + 3) * scale;
        let clock_y = self.height - time_code::rows(self.height).1 - line;
        self.paint_text(i420, 2 * scale, clock_y, scale, caption.clock);
        self.paint_text(
            i420,
            2 * scale,
            clock_y - line / 2 - scale / 2,
            (scale / 2).max(1),
            caption.date,
        );
        self.paint_time_code(i420, caption.time_code);
    }

    fn colour(&self) -> (u8, u8) {
        // The golden angle makes the colours of neighbouring channels differ as much as possible.
        let angle = f64::from(self.channel) * 2.399_963;
        ((128.0 + 50.0 * angle.cos()) as u8, (128.0 + 50.0 * angle.sin()) as u8)
    }

    fn paint_background(&self, i420: &mut [u8]) {
        let luma = self.width * self.height;
        for (y, row) in i420[..luma].chunks_exact_mut(self.width).enumerate() {
            // The shade changes in steps of a macroblock, which cost the encoder nothing.
            row.fill(110 - (y / 16 * 16 * 50 / self.height) as u8);
        }
        let (u, v) = self.colour();
        i420[luma..luma * 5 / 4].fill(u);
        i420[luma * 5 / 4..].fill(v);
    }

    fn paint_ball(&self, i420: &mut [u8], seconds: f64) {
        let radius = (self.height / 8) as f64;
        let phase = f64::from(self.channel) * 0.37;
        let speed = 0.21 + f64::from(self.channel % 5) * 0.03;
        let centre_x = radius + bounce(seconds * speed + phase) * (self.width as f64 - 2.0 * radius);
        let centre_y = radius + bounce(seconds * speed * 1.37 + phase * 2.0) * (self.height as f64 - 2.0 * radius);
        let (u, v) = self.colour();
        let colour = Colour {
            y: 190,
            u: 255 - u,
            v: 255 - v,
        };
        let top = (centre_y - radius).max(0.0) as usize & !1;
        for y in (top..self.height.min((centre_y + radius) as usize)).step_by(2) {
            let half = (radius * radius - (y as f64 - centre_y).powi(2)).max(0.0).sqrt();
            let left = (centre_x - half).max(0.0) as usize & !1;
            let width = (2.0 * half) as usize & !1;
            self.fill(
                i420,
                PixelRect {
                    x: left,
                    y,
                    width,
                    height: 2,
                },
                colour,
            );
        }
    }

    fn paint_text(&self, i420: &mut [u8], x: usize, y: usize, scale: usize, text: &str) {
        let (x, y) = (x & !1, y & !1);
        let advance = (font::WIDTH + 1) * scale;
        let plate = PixelRect {
            x: x.saturating_sub(scale) & !1,
            y: y.saturating_sub(scale) & !1,
            width: text.chars().count() * advance + scale,
            height: (font::HEIGHT + 2) * scale,
        };
        self.fill(
            i420,
            plate,
            Colour {
                y: BLACK,
                u: NEUTRAL,
                v: NEUTRAL,
            },
        );
        for (index, letter) in text.chars().enumerate() {
            for (row, bits) in font::glyph(letter).into_iter().enumerate() {
                for column in (0..font::WIDTH).filter(|column| bits >> (font::WIDTH - 1 - column) & 1 == 1) {
                    let left = x + index * advance + column * scale;
                    self.fill_luma(
                        i420,
                        PixelRect {
                            x: left,
                            y: y + row * scale,
                            width: scale,
                            height: scale,
                        },
                        WHITE,
                    );
                }
            }
        }
    }

    fn paint_time_code(&self, i420: &mut [u8], code: u32) {
        let (y, height) = time_code::rows(self.height);
        let strip = PixelRect {
            x: 0,
            y: y & !1,
            width: self.width,
            height: height + 1,
        };
        self.fill(
            i420,
            strip,
            Colour {
                y: BLACK,
                u: NEUTRAL,
                v: NEUTRAL,
            },
        );
        let row: Vec<u8> = (0..self.width)
            .map(|x| {
                if time_code::is_white(x, self.width, code) {
                    WHITE
                } else {
                    BLACK
                }
            })
            .collect();
        for line in i420[y * self.width..(y + height) * self.width].chunks_exact_mut(self.width) {
            line.copy_from_slice(&row);
        }
    }

    fn fill(&self, i420: &mut [u8], area: PixelRect, colour: Colour) {
        self.fill_luma(i420, area, colour.y);
        let luma = self.width * self.height;
        let half = PixelRect {
            x: area.x / 2,
            y: area.y / 2,
            width: area.width.div_ceil(2),
            height: area.height.div_ceil(2),
        };
        let (u, v) = i420[luma..].split_at_mut(luma / 4);
        fill_plane(u, self.width / 2, half, colour.u);
        fill_plane(v, self.width / 2, half, colour.v);
    }

    fn fill_luma(&self, i420: &mut [u8], area: PixelRect, value: u8) {
        fill_plane(&mut i420[..self.width * self.height], self.width, area, value);
    }
}

/// Fills the part of `area` that lies inside the plane.
fn fill_plane(plane: &mut [u8], stride: usize, area: PixelRect, value: u8) {
    let end = (area.x + area.width).min(stride);
    for row in plane.chunks_exact_mut(stride).skip(area.y).take(area.height) {
        if area.x < end {
            row[area.x..end].fill(value);
        }
    }
}

/// A value that goes from 0 to 1 and back within two units of `position`.
fn bounce(position: f64) -> f64 {
    1.0 - (position.rem_euclid(2.0) - 1.0).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTION: CardTexts<'_> = CardTexts {
        clock: "12:34:56",
        date: "2026-01-02",
        time_code: 0x1234_5678,
    };

    fn picture(channel: u16, seconds: f64) -> Vec<u8> {
        let mut i420 = vec![0; 352 * 240 * 3 / 2];
        TestCard::new(352, 240, channel).paint(&mut i420, seconds, &CAPTION);
        i420
    }

    #[test]
    fn the_picture_moves_and_channels_differ() {
        assert_eq!(picture(1, 0.0), picture(1, 0.0));
        assert_ne!(picture(1, 0.0), picture(1, 0.1));
        for other in 2..=64 {
            assert_ne!(picture(1, 0.0), picture(other, 0.0), "channel {other}");
        }
    }

    #[test]
    fn luma_stays_in_the_limited_range() {
        let picture = picture(7, 3.3);
        assert!(picture[..352 * 240].iter().all(|value| (BLACK..=WHITE).contains(value)));
    }

    #[test]
    fn the_time_code_is_in_the_picture() {
        let picture = picture(3, 1.0);
        let rgba: Vec<u8> = picture[..352 * 240].iter().flat_map(|&y| [y, y, y, 255]).collect();
        assert_eq!(time_code::read(352, 240, &rgba), Some(CAPTION.time_code));
    }

    #[test]
    fn a_buffer_that_is_too_small_is_left_alone() {
        let mut small = [7; 100];
        TestCard::new(352, 240, 1).paint(&mut small, 0.0, &CAPTION);
        assert_eq!(small, [7; 100]);
    }

    #[test]
    fn a_ball_stays_between_the_walls() {
        assert!(
            (0..1000)
                .map(|i| bounce(f64::from(i) * 0.013))
                .all(|at| (0.0..=1.0).contains(&at))
        );
    }
}
