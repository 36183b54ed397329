//! The size of pictures of the formats that others put together, by their own headers.
//!
//! What describes a stream may say one size and its pictures another; a decoder believes the pictures.

/// Width and height in pixels.
pub type Size = (u64, u64);

/// Of the key frame of VP8 in `frame` (RFC 6386 section 9.1); `None`: it states none.
#[must_use]
pub fn vp8(frame: &[u8]) -> Option<Size> {
    let is_key = frame.first()? & 1 == 0;
    let [width, more_width, height, more_height, ..] = *frame.get(3..)?.strip_prefix(&[0x9d, 0x01, 0x2a])? else {
        return None;
    };
    // The upper two bits of each say how to enlarge it.
    let side = |low, high| u64::from(u16::from_le_bytes([low, high]) & 0x3fff);
    is_key.then(|| (side(width, more_width), side(height, more_height)))
}

/// The largest that `frame` of VP9 states, which may hold several (VP9 bitstream specification, section 6.2 and annex B).
#[must_use]
pub fn vp9(frame: &[u8]) -> Option<Size> {
    let (sizes, bytes) = superframe(frame).unwrap_or_default();
    let mut rest = frame;
    let mut largest = None;
    let mut note = |frame: &[u8]| {
        let size = vp9_frame(&mut Bits { bytes: frame, at: 0 });
        if pixels(size) > pixels(largest) {
            largest = size;
        }
    };
    if sizes.is_empty() {
        note(frame);
    }
    for size in sizes.chunks_exact(bytes.max(1)) {
        let size = size
            .iter()
            .rev()
            .fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
        let (first, after) = rest.split_at(size.min(rest.len()));
        note(first);
        rest = after;
    }
    largest
}

fn pixels(size: Option<Size>) -> u64 {
    size.map_or(0, |(width, height)| width.saturating_mul(height))
}

/// The sizes of the frames in a superframe, and how many bytes each takes, by the index at its end.
fn superframe(frame: &[u8]) -> Option<(&[u8], usize)> {
    let marker = *frame.last()?;
    let (frames, bytes) = (usize::from(marker & 7) + 1, usize::from(marker >> 3 & 3) + 1);
    let index = frame.get(frame.len().checked_sub(2 + frames * bytes)?..)?;
    let sizes = index.strip_prefix(&[marker])?.strip_suffix(&[marker])?;
    (marker & 0xe0 == 0xc0).then_some((sizes, bytes))
}

/// Section 6.2: the uncompressed header, up to the size.
fn vp9_frame(bits: &mut Bits<'_>) -> Option<Size> {
    const SYNC: u64 = 0x49_83_42;
    (bits.take(2)? == 2).then_some(())?;
    let profile = bits.take(1)? | bits.take(1)? << 1;
    if profile == 3 {
        bits.take(1)?;
    }
    let shows_existing = bits.take(1)? == 1;
    let (is_inter, is_shown, is_resilient) = (bits.take(1)? == 1, bits.take(1)? == 1, bits.take(1)? == 1);
    if shows_existing {
        return None;
    }
    if !is_inter {
        (bits.take(24)? == SYNC).then_some(())?;
        vp9_colours(bits, profile)?;
        return vp9_size(bits);
    }
    let is_intra_only = !is_shown && bits.take(1)? == 1;
    if !is_resilient {
        bits.take(2)?;
    }
    if is_intra_only {
        (bits.take(24)? == SYNC).then_some(())?;
        if profile > 0 {
            vp9_colours(bits, profile)?;
        }
        bits.take(8)?;
        return vp9_size(bits);
    }
    // Which frames are replaced, and three that are referred to; then whether it has the size of one of these.
    bits.take(8 + 3 * 4)?;
    for _ in 0..3 {
        if bits.take(1)? == 1 {
            return None;
        }
    }
    vp9_size(bits)
}

fn vp9_colours(bits: &mut Bits<'_>, profile: u64) -> Option<()> {
    const RGB: u64 = 7;
    if profile >= 2 {
        bits.take(1)?;
    }
    if bits.take(3)? == RGB {
        bits.take(profile & 1)?;
    } else {
        bits.take(1 + 3 * (profile & 1))?;
    }
    Some(())
}

fn vp9_size(bits: &mut Bits<'_>) -> Option<Size> {
    Some((bits.take(16)? + 1, bits.take(16)? + 1))
}

/// Bits from the highest of each byte on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count`, of which the last 64 are the value.
    fn take(&mut self, count: u64) -> Option<u64> {
        (0..count).try_fold(0_u64, |value, _| {
            let byte = self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | u64::from(bit))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_frame_of_vp8_states_its_size() {
        let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x41, 0xf0, 0x80, 0];
        assert_eq!(vp8(&frame), Some((320, 240)), "the upper bits are no part of it");
        assert_eq!(
            vp8(&[0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0]),
            None,
            "no key frame"
        );
        assert_eq!(vp8(&frame[..9]), None);
    }

    /// A key frame of VP9, profile 0.
    fn vp9_key(width: u64, height: u64) -> Vec<u8> {
        let head = 0b1000_0010_u64 << 24 | 0x49_83_42;
        let body = (width - 1) << 16 | (height - 1);
        let all = u128::from(head) << 36 | 1 << 33 | u128::from(body);
        (all << 4).to_be_bytes()[7..].to_vec()
    }

    #[test]
    fn frames_of_vp9_state_their_size_also_inside_of_a_superframe() {
        let (small, large) = (vp9_key(320, 240), vp9_key(16_384, 12_000));
        assert_eq!(vp9(&small), Some((320, 240)));
        let both = [&small[..], &large, &[0xc1, 9, 9, 0xc1]].concat();
        assert_eq!((small.len(), vp9(&both)), (9, Some((16_384, 12_000))));
        // Between frames, shown, not resilient: it refers to others and yet states a size of its own.
        let inter = 0b1000_0110_u128;
        let explicit = ((inter << 2) << 20 << 3 << 16 | 8_999) << 16 | 7_999;
        assert_eq!(vp9(&(explicit << 7).to_be_bytes()[7..]), Some((9_000, 8_000)));
        let same = ((inter << 2) << 20 << 1 | 1) << 49;
        assert_eq!(vp9(&same.to_be_bytes()[6..]), None);
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..80), marker in 0xc0..0xe0_u8) {
            let mut superframe = bytes.clone();
            superframe.push(marker);
            superframe.insert(0, 0x82);
            for read in [vp8, vp9] {
                for bytes in [&bytes, &superframe] {
                    let _ = read(bytes);
                }
            }
        }
    }
}
