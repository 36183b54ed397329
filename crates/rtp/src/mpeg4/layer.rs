//! The header of a video object layer (ISO/IEC 14496-2 section 6.2.3), as far as its size.

use crate::bits::BitReader;
use crate::picture_format::{Coding, PictureFormat};

/// Two pictures are referred to; libav notes motion vectors, types and reference indices of each macroblock.
const CODING: Coding = Coding {
    chroma: 1,
    depth: 8,
    held: 2,
    notes: 142,
};

/// Of the first video object layer in a configuration.
pub(super) fn format(config: &[u8]) -> Option<PictureFormat> {
    let at = memchr::memmem::find_iter(config, &[0, 0, 1])
        .find(|at| config.get(at + 3).is_some_and(|code| super::LAYER.contains(code)))?;
    let mut bits = BitReader::new(&config[at + super::CODE..]);
    // `random_accessible_vol`, `video_object_type_indication`.
    bits.skip(1 + 8)?;
    let mut version = 1;
    if bits.flag()? {
        version = bits.bits(4)?;
        bits.skip(3)?;
    }
    // `aspect_ratio_info`; 15 is followed by the ratio.
    if bits.bits(4)? == 15 {
        bits.skip(16)?;
    }
    // `vol_control_parameters`, with those of the buffer.
    if bits.flag()? {
        bits.skip(2 + 1)?;
        if bits.flag()? {
            bits.skip(79)?;
        }
    }
    let shape = bits.bits(2)?;
    if shape == 3 && version != 1 {
        bits.skip(4)?;
    }
    bits.skip(1)?;
    let resolution = bits.bits(16)?;
    bits.skip(1)?;
    // `fixed_vop_time_increment` has as many bits as the largest increment.
    if bits.flag()? {
        bits.skip(u32::BITS - resolution.saturating_sub(1).max(1).leading_zeros())?;
    }
    // Others than rectangles state no size here.
    if shape != 0 {
        return None;
    }
    bits.skip(1)?;
    let width = bits.bits(13)?;
    bits.skip(1)?;
    let height = bits.bits(13)?;
    (width > 0 && height > 0).then(|| PictureFormat::new(width.into(), height.into(), CODING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_found_behind_what_goes_before_it() {
        // As libavcodec writes it for 320×240 at 15 pictures a second.
        let config = [
            0, 0, 1, 0xb0, 1, 0, 0, 1, 0xb5, 0x89, 0x13, 0, 0, 1, 0, 0, 0, 1, 0x20, 0, 0xc4, 0x8d, 0x88, 0, 0x7d, 0x0a,
            0x04, 0x1e, 0x14, 0x43,
        ];
        let format = format(&config).unwrap();
        assert_eq!((format.width, format.height), (320, 240));
        for length in 0..config.len() - 4 {
            let _ = super::format(&config[..length]);
        }
    }
}
