//! What a file says of a stream besides its parameter sets: the size after cropping, the samples (H.264 section 7.3.2.1.1, H.265
//! section 7.3.2.2.1). What cannot be read is not said.

use super::nal;

/// Of a sequence parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// In pixels, as shown.
    pub width: u32,
    pub height: u32,
    /// `chroma_format_idc`.
    pub chroma: u8,
    /// Bits of a sample, less 8.
    pub luma_depth: u8,
    pub chroma_depth: u8,
    /// H.265: sub-layers, and whether their numbers nest.
    pub layers: u8,
    pub nested: bool,
}

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |value, _| Some(value << 1 | self.bit()?))
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    /// ue(v), section 9.1 of H.264.
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.bits(zeros)?)
    }

    /// se(v), of which only the length matters here, or its value.
    fn signed(&mut self) -> Option<i64> {
        let number = i64::from(self.number()?);
        Some(if number % 2 == 0 { -(number / 2) } else { number / 2 + 1 })
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
    }
}

/// Profiles that say how their samples are coded.
const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

pub(super) fn of_h264(set: &[u8]) -> Option<Sequence> {
    let mut bits = Bits {
        bytes: nal::payload(set.get(1..)?),
        at: 0,
    };
    let profile = bits.bits(8)?;
    bits.skip(16);
    bits.number()?;
    let (mut chroma, mut luma_depth, mut chroma_depth) = (1, 0, 0);
    if HIGH.contains(&profile) {
        chroma = bits.number()?;
        if chroma == 3 {
            bits.skip(1);
        }
        luma_depth = bits.number()?;
        chroma_depth = bits.number()?;
        bits.skip(1);
        if bits.flag()? {
            let lists = if chroma == 3 { 12 } else { 8 };
            for list in 0..lists {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.number()?;
    match bits.number()? {
        0 => {
            bits.number()?;
        }
        1 => {
            bits.skip(1);
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.number()?.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.skip(1);
    let columns = bits.number()?.checked_add(1)?;
    let rows = bits.number()?.checked_add(1)?;
    let frames_only = bits.bit()?;
    if frames_only == 0 {
        bits.skip(1);
    }
    bits.skip(1);
    let fields = 2 - frames_only;
    let (width, height) = (columns.checked_mul(16)?, rows.checked_mul(16 * fields)?);
    let step = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let (width, height) = crop(&mut bits, (width, height), step)?;
    Some(Sequence {
        width,
        height,
        chroma: u8::try_from(chroma).ok()?,
        luma_depth: u8::try_from(luma_depth).ok()?,
        chroma_depth: u8::try_from(chroma_depth).ok()?,
        layers: 1,
        nested: true,
    })
}

fn skip_scaling_list(bits: &mut Bits, length: u32) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..length {
        if next != 0 {
            next = (last + bits.signed()? + 256) % 256;
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// The window that is shown, where one is stated, in units of `step` pixels.
fn crop(bits: &mut Bits, (width, height): (u32, u32), step: (u32, u32)) -> Option<(u32, u32)> {
    if !bits.flag()? {
        return Some((width, height));
    }
    let (left, right) = (bits.number()?, bits.number()?);
    let (top, bottom) = (bits.number()?, bits.number()?);
    let across = left.checked_add(right)?.checked_mul(step.0)?;
    let down = top.checked_add(bottom)?.checked_mul(step.1)?;
    Some((width.checked_sub(across)?, height.checked_sub(down)?))
}

pub(super) fn of_h265(set: &[u8]) -> Option<Sequence> {
    let mut bits = Bits {
        bytes: nal::payload(set.get(2..)?),
        at: 0,
    };
    bits.skip(4);
    let more_layers = bits.bits(3)?;
    let nested = bits.flag()?;
    bits.skip(96);
    let mut stated = Vec::new();
    for _ in 0..more_layers {
        stated.push((bits.flag()?, bits.flag()?));
    }
    if more_layers > 0 {
        bits.skip(2 * (8 - more_layers as usize));
    }
    for (profile, level) in stated {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 });
    }
    bits.number()?;
    let chroma = bits.number()?;
    if chroma == 3 {
        bits.skip(1);
    }
    let size = (bits.number()?, bits.number()?);
    let step = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let (width, height) = crop(&mut bits, size, step)?;
    Some(Sequence {
        width,
        height,
        chroma: u8::try_from(chroma).ok()?,
        luma_depth: u8::try_from(bits.number()?).ok()?,
        chroma_depth: u8::try_from(bits.number()?).ok()?,
        layers: u8::try_from(more_layers + 1).ok()?,
        nested,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_the_one_that_is_shown() {
        // 1920x1080 of x264, High profile, cropped from 1088 rows.
        let set = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04,
            0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
        ];
        let read = of_h264(&set).unwrap();
        assert_eq!((read.width, read.height, read.chroma), (1920, 1080, 1));
    }

    #[test]
    fn what_is_cut_off_says_nothing() {
        for length in 0..6 {
            assert_eq!(of_h264(&[0x67, 0x64, 0, 0x28, 0xac, 0xd9][..length]), None);
            assert_eq!(of_h265(&[0x42, 1, 1, 1, 0x60, 0][..length]), None);
        }
    }
}
