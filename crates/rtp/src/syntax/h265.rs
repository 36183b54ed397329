//! H.265 (ITU-T H.265, 08/2021).

mod references;

use super::{Set, SetKind, Slice, SliceForm, Unit};
use crate::bits::BitReader;
use crate::picture_format::{Coding, PictureFormat};
use crate::references::PictureForm;

pub(super) use references::picture_head;

/// Table 7-1, and section 7.4.2.4.4: which units begin a picture.
pub(super) fn unit(nal: &[u8]) -> Unit {
    let [first, second, ..] = *nal else {
        return Unit::Closing;
    };
    let layer = (first & 1) << 5 | second >> 3;
    if layer > 0 {
        return Unit::Closing;
    }
    let kind = first >> 1 & 0x3f;
    match kind {
        0..=9 | 16..=21 => Unit::Slice(Slice {
            first: nal.get(2).is_some_and(|byte| byte & 0x80 != 0),
            random_access: kind >= 16,
            // Slices of other pictures tell their type behind what the picture parameter set describes.
            intra: kind >= 16,
        }),
        32 => Unit::Set(SetKind::Video),
        33 => Unit::Set(SetKind::Sequence),
        34 => Unit::Set(SetKind::Picture),
        38 => Unit::Filler,
        39 => Unit::Message,
        35 | 41..=44 | 48..=55 => Unit::Opening,
        _ => Unit::Closing,
    }
}

/// Section 7.3.6.1: behind the flags, of which access points have one more.
pub(super) fn set_of_slice(nal: &[u8]) -> Option<u32> {
    let kind = nal.first()? >> 1 & 0x3f;
    let mut header = BitReader::new(nal.get(2..)?);
    header.skip(if (16..=23).contains(&kind) { 2 } else { 1 })?;
    header.ue()
}

pub(super) fn set(kind: SetKind, nal: &[u8]) -> Option<Set> {
    let mut bits = BitReader::new(nal.get(2..)?);
    match kind {
        SetKind::Video => Some(Set {
            id: bits.bits(4)?,
            refers_to: None,
            format: None,
            form: None,
        }),
        SetKind::Sequence => sequence(&mut bits),
        SetKind::Picture => {
            let id = bits.ue().filter(|id| *id < 64)?;
            let sequence = bits.ue().filter(|id| *id < 16)?;
            Some(Set {
                id,
                refers_to: Some(sequence),
                format: None,
                form: picture(&mut bits).map(SliceForm::Picture),
            })
        }
    }
}

/// Section 7.3.2.3.1, behind the identifiers.
fn picture(bits: &mut BitReader<'_>) -> Option<PictureForm> {
    // `dependent_slice_segments_enabled_flag`: no first slice depends on another.
    bits.skip(1)?;
    Some(PictureForm {
        output_flag: bits.flag()?,
        extra_bits: bits.bits(3)?,
    })
}

/// A motion field of 12 bytes for each 4×4 pixels, as libav keeps it.
const NOTES: u64 = 192;

/// Section 7.3.2.2.1.
fn sequence(bits: &mut BitReader<'_>) -> Option<Set> {
    bits.skip(4)?;
    let sub_layers = bits.bits(3)?;
    bits.skip(1)?;
    profile_tier_level(bits, sub_layers)?;
    let id = bits.ue().filter(|id| *id < 16)?;
    let chroma = bits.ue().filter(|chroma| *chroma <= 3)?;
    let planes = chroma == 3 && bits.flag()?;
    let (width, height) = (bits.ue()?, bits.ue()?);
    if bits.flag()? {
        (0..4).try_for_each(|_| bits.ue().map(drop))?;
    }
    let depth = bits.ue()?.max(bits.ue()?).saturating_add(8);
    let order_bits = bits.ue()?.saturating_add(4);
    let first = if bits.flag()? { 0 } else { sub_layers };
    let mut pictures = 1;
    for _ in first..=sub_layers {
        pictures = pictures.max(u64::from(bits.ue()?) + 1);
        bits.ue()?;
        bits.ue()?;
    }
    let coding = Coding {
        chroma,
        depth,
        held: pictures.min(16),
        notes: NOTES,
    };
    let format = PictureFormat::new(width.into(), height.into(), coding);
    Some(Set {
        id,
        refers_to: None,
        format: Some(format),
        form: references::sequence_form(bits, planes, order_bits).map(|form| SliceForm::Sequence(Box::new(form))),
    })
}

/// Section 7.3.3: stepped over.
fn profile_tier_level(bits: &mut BitReader<'_>, sub_layers: u32) -> Option<()> {
    bits.skip(88 + 8)?;
    let mut present = [(false, false); 8];
    for layer in &mut present[..sub_layers as usize] {
        *layer = (bits.flag()?, bits.flag()?);
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 320 × 240, main profile, of an encoder in common use.
    const SMALL: [u8; 40] = [
        0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c,
        0xa0, 0x0a, 0x08, 0x0f, 0x16, 0x59, 0x59, 0xa4, 0x93, 0x2b, 0xc0, 0x5a, 0x70, 0x80, 0x00, 0x00, 0x03, 0x00,
        0x80, 0x00, 0x00, 0x0f,
    ];

    #[test]
    fn the_size_of_the_decoders_pictures_is_read() {
        let read = set(SetKind::Sequence, &SMALL).unwrap();
        let format = read.format.unwrap();
        assert_eq!((read.id, format.width, format.height), (0, 320, 240));
        assert_eq!(set(SetKind::Sequence, &SMALL[..20]), None);
    }

    #[test]
    fn access_points_and_first_segments_are_known() {
        let slice = |nal: &[u8]| match unit(nal) {
            Unit::Slice(slice) => (slice.first, slice.random_access),
            other => panic!("{other:?}"),
        };
        assert_eq!(slice(&[0x26, 1, 0xa0]), (true, true), "IDR");
        assert_eq!(slice(&[0x2a, 1, 0x80]), (true, true), "CRA");
        assert_eq!(slice(&[0x02, 1, 0x40]), (false, false));
        assert_eq!(unit(&[0x50, 1, 0]), Unit::Closing, "a suffix message");
        assert_eq!(unit(&[0x46, 1, 0]), Unit::Opening, "a delimiter");
        assert_eq!(unit(&[0x03, 0x09, 0x80]), Unit::Closing, "another layer");
    }
}
