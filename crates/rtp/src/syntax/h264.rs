//! H.264 (ITU-T H.264, 08/2021).

use super::{Set, SetKind, Slice, SliceForm, Unit};
use crate::bits::BitReader;
use crate::frame_numbers::FrameForm;
use crate::picture_format::{Coding, PictureFormat};

/// Table 7-1, and section 7.4.1.2.3: which units begin a picture.
pub(super) fn unit(nal: &[u8]) -> Unit {
    let kind = nal.first().map_or(0, |header| header & 0x1f);
    match kind {
        // A slice, or the first partition of one.
        1 | 2 | 5 => Unit::Slice(slice(kind == 5, &nal[1..])),
        6 => Unit::Message,
        7 => Unit::Set(SetKind::Sequence),
        8 => Unit::Set(SetKind::Picture),
        9 | 13..=18 => Unit::Opening,
        12 => Unit::Filler,
        _ => Unit::Closing,
    }
}

/// Section 7.3.3: `first_mb_in_slice`, then `slice_type`.
fn slice(idr: bool, header: &[u8]) -> Slice {
    let mut bits = BitReader::new(header);
    let first_macroblock = bits.ue();
    // I and SI, of this slice or of all of the picture (table 7-6).
    let intra = first_macroblock
        .and_then(|_| bits.ue())
        .is_some_and(|kind| matches!(kind % 5, 2 | 4));
    Slice {
        first: first_macroblock == Some(0),
        random_access: idr,
        intra: idr || intra,
    }
}

/// Section 7.3.3, for pictures whose colours are not coded apart.
pub(super) fn frame_number(nal: &[u8], bits: u32) -> Option<u32> {
    let mut header = BitReader::new(nal.get(1..)?);
    // `first_mb_in_slice`, `slice_type`, `pic_parameter_set_id`.
    (0..3).try_for_each(|_| header.ue().map(drop))?;
    header.bits(bits)
}

/// Section 7.3.3: behind `first_mb_in_slice` and `slice_type`.
pub(super) fn set_of_slice(nal: &[u8]) -> Option<u32> {
    let mut header = BitReader::new(nal.get(1..)?);
    (0..2).try_for_each(|_| header.ue().map(drop))?;
    header.ue()
}

pub(super) fn set(kind: SetKind, nal: &[u8]) -> Option<Set> {
    let body = nal.get(1..)?;
    match kind {
        SetKind::Sequence => sequence(body),
        SetKind::Picture => {
            let mut bits = BitReader::new(body);
            let id = bits.ue().filter(|id| *id < 256)?;
            let sequence = bits.ue().filter(|id| *id < 32)?;
            Some(Set {
                id,
                refers_to: Some(sequence),
                format: None,
                form: None,
            })
        }
        SetKind::Video => None,
    }
}

/// Motion vectors of 128 bytes, types and reference indices of each macroblock, as libav keeps them.
const NOTES: u64 = 142;

/// Profiles whose sets state the chroma format (section 7.3.2.1.1).
const WITH_CHROMA: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Section 7.3.2.1.1.
fn sequence(body: &[u8]) -> Option<Set> {
    let mut bits = BitReader::new(body);
    let profile = bits.bits(8)?;
    bits.skip(8)?;
    let level = bits.bits(8)?;
    let id = bits.ue().filter(|id| *id < 32)?;
    let (mut chroma, mut depth) = (1, 8);
    if WITH_CHROMA.contains(&profile) {
        chroma = bits.ue().filter(|chroma| *chroma <= 3)?;
        if chroma == 3 {
            bits.skip(1)?;
        }
        depth = bits.ue()?.max(bits.ue()?).saturating_add(8);
        bits.skip(1)?;
        if bits.flag()? {
            scaling_lists(&mut bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    let frame_bits = bits.ue().filter(|bits| *bits <= 12)? + 4;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.skip(1)?;
            bits.se()?;
            bits.se()?;
            let cycle = bits.ue().filter(|cycle| *cycle < 256)?;
            (0..cycle).try_for_each(|_| bits.se().map(drop))?;
        }
        _ => {}
    }
    let references = bits.ue()?;
    let gaps = bits.flag()?;
    let width = u64::from(bits.ue()?) + 1;
    let units = u64::from(bits.ue()?) + 1;
    let frames_only = bits.flag()?;
    let height = units * if frames_only { 1 } else { 2 };
    let macroblocks = width.saturating_mul(height);
    let coding = Coding {
        chroma,
        depth,
        held: u64::from(references).max(held_pictures(level, macroblocks)).min(16),
        notes: NOTES,
    };
    let format = PictureFormat::new(width * 16, height * 16, coding);
    Some(Set {
        id,
        refers_to: None,
        format: Some(format),
        form: Some(SliceForm::Frames(FrameForm { bits: frame_bits, gaps })),
    })
}

/// Section 7.3.2.1.1.1: the lists are stepped over.
fn scaling_lists(bits: &mut BitReader<'_>, lists: u32) -> Option<()> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.se()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

/// `MaxDpbFrames` (section A.3.1, table A-1: `MaxDpbMbs`).
fn held_pictures(level: u32, macroblocks: u64) -> u64 {
    let most = match level {
        ..=10 => 396,
        11 => 900,
        12..=20 => 2_376,
        21 => 4_752,
        22..=30 => 8_100,
        31 => 18_000,
        32 => 20_480,
        40 | 41 => 32_768,
        42 => 34_816,
        50 => 110_400,
        51 | 52 => 184_320,
        _ => 696_320,
    };
    most / macroblocks.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(set: &[u8]) -> Option<PictureFormat> {
        super::set(SetKind::Sequence, set)?.format
    }

    #[test]
    fn the_size_is_read_whatever_the_level_says() {
        let of = |set: &[u8]| format(set).map(|format| (format.width, format.height));
        assert_eq!(of(&[0x67, 66, 0, 40, 0xda, 0x02, 0x80, 0x51, 0x90]), Some((640, 640)));
        // 1000 × 1000 macroblocks.
        assert_eq!(
            of(&[0x67, 66, 0, 40, 0xda, 0x00, 0x3e, 0x80, 0x07, 0xd1, 0x90]),
            Some((16_000, 16_000))
        );
        // High profile 1920 × 1080 (1088 coded) of an encoder in common use.
        let high = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04,
            0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
        ];
        assert_eq!(of(&high), Some((1920, 1088)));
        for nonsense in [&[][..], &[0x67], &[0x67, 66, 0, 40]] {
            assert_eq!(format(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn slices_tell_whether_they_are_first_and_intra() {
        let slice = |nal: &[u8]| match unit(nal) {
            Unit::Slice(slice) => (slice.first, slice.random_access, slice.intra),
            other => panic!("{other:?}"),
        };
        assert_eq!(slice(&[0x65, 0x88]), (true, true, true));
        assert_eq!(slice(&[0x41, 0x88]), (true, false, true));
        assert_eq!(slice(&[0x41, 0x98]), (true, false, false));
        assert_eq!(slice(&[0x41, 0x46]), (false, false, false));
        assert_eq!(slice(&[0x41]), (false, false, false));
        assert_eq!(unit(&[]), Unit::Closing);
    }
}
