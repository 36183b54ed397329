//! What NAL units say of themselves, for both codecs.

mod h264;
mod h265;

use super::frame_numbers::FrameForm;
use super::picture_format::PictureFormat;
use super::references::{PictureForm, PictureHead, SequenceForm};

/// The codec of a byte stream of NAL units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    H264,
    H265,
}

/// What a NAL unit is to the assembler of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Slice(Slice),
    Set(SetKind),
    /// Supplemental enhancement information before a picture.
    Message,
    /// A delimiter, or another unit that stands before the first slice of a picture.
    Opening,
    /// Belongs to the picture before it, or to none.
    Closing,
    /// Only keeps a bit rate.
    Filler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    /// The first one of its picture.
    pub first: bool,
    /// Of an IDR picture or another intra random access point.
    pub random_access: bool,
    pub intra: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetKind {
    Video,
    Sequence,
    Picture,
}

/// The largest part of a unit's beginning that [`Syntax::unit`] looks at.
pub(super) const HEAD: usize = 16;

impl Syntax {
    /// `nal`: at least the first bytes of a NAL unit.
    pub(super) fn unit(self, nal: &[u8]) -> Unit {
        match self {
            Self::H264 => h264::unit(nal),
            Self::H265 => h265::unit(nal),
        }
    }

    pub(super) fn is_delimiter(self, nal: &[u8]) -> bool {
        match self {
            Self::H264 => nal.first().is_some_and(|header| header & 0x1f == 9),
            Self::H265 => nal.first().is_some_and(|header| header >> 1 & 0x3f == 35),
        }
    }

    /// After how many pictures all are whole, if this message says so.
    pub(super) fn recovery(self, nal: &[u8]) -> Option<u32> {
        match self {
            Self::H264 => recovery_point(nal.get(1..)?, |bits| bits.ue()),
            Self::H265 => recovery_point(nal.get(2..)?, |bits| {
                bits.se().map(|count| u32::try_from(count).unwrap_or_default())
            }),
        }
    }

    /// The identifier of a parameter set and what it is; `None`: it is damaged.
    pub(super) fn set(self, kind: SetKind, nal: &[u8]) -> Option<Set> {
        match self {
            Self::H264 => h264::set(kind, nal),
            Self::H265 => h265::set(kind, nal),
        }
    }

    /// `frame_num` of a slice of H.264, which has so many bits.
    pub(super) fn frame_number(self, nal: &[u8], bits: u32) -> Option<u32> {
        match self {
            Self::H264 => h264::frame_number(nal, bits),
            Self::H265 => None,
        }
    }

    /// What the first slice of a picture of H.265 says of it; `None`: it cannot be read.
    pub(super) fn picture_head(self, nal: &[u8], sequence: &SequenceForm, picture: PictureForm) -> Option<PictureHead> {
        match self {
            Self::H264 => None,
            Self::H265 => h265::picture_head(nal, sequence, picture),
        }
    }

    /// A sequence of pictures ends with this unit of H.265 (table 7-1).
    pub(super) fn ends_sequence(self, nal: &[u8]) -> bool {
        self == Self::H265 && nal.first().is_some_and(|header| matches!(header >> 1 & 0x3f, 36 | 37))
    }

    /// The identifier of the picture parameter set that a slice refers to.
    pub(super) fn set_of_slice(self, nal: &[u8]) -> Option<u32> {
        match self {
            Self::H264 => h264::set_of_slice(nal),
            Self::H265 => h265::set_of_slice(nal),
        }
    }

    /// The kinds of parameter sets that a decoder needs.
    pub(super) fn kinds(self) -> &'static [SetKind] {
        match self {
            Self::H264 => &[SetKind::Sequence, SetKind::Picture],
            Self::H265 => &[SetKind::Video, SetKind::Sequence, SetKind::Picture],
        }
    }
}

/// What is read of a parameter set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    pub id: u32,
    /// The sequence parameter set that a picture parameter set refers to.
    pub refers_to: Option<u32>,
    /// Of a sequence parameter set.
    pub format: Option<PictureFormat>,
    /// How it has slices begin, where that is read.
    pub form: Option<SliceForm>,
}

/// How a parameter set has slices begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SliceForm {
    /// A sequence parameter set of H.264.
    Frames(FrameForm),
    /// One of H.265.
    Sequence(Box<SequenceForm>),
    /// A picture parameter set of H.265.
    Picture(PictureForm),
}

/// SEI payload type of a recovery point (H.264 D.1.1, H.265 D.2.1).
const RECOVERY_POINT: usize = 6;

/// Looks for a recovery point among the messages of one SEI unit (H.264 section 7.3.2.3.1, H.265 section 7.3.5).
fn recovery_point(mut messages: &[u8], count: impl Fn(&mut super::bits::BitReader<'_>) -> Option<u32>) -> Option<u32> {
    // Real units hold a handful.
    for _ in 0..16 {
        let (kind, rest) = sei_number(messages)?;
        let (size, rest) = sei_number(rest)?;
        if kind == RECOVERY_POINT {
            return count(&mut super::bits::BitReader::new(rest));
        }
        messages = rest.get(size..)?;
    }
    None
}

/// A number in bytes of 255 and a last one that is smaller.
fn sei_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let full = bytes.iter().take_while(|byte| **byte == 0xff).count();
    let last = *bytes.get(full)?;
    Some((full * 255 + usize::from(last), &bytes[full + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_point_is_found_behind_other_messages() {
        // User data of 2 bytes, then a recovery point after 0 frames.
        assert_eq!(Syntax::H264.recovery(&[6, 5, 2, 9, 9, 6, 1, 0xc4, 0x80]), Some(0));
        // ue(5) = 00110.
        assert_eq!(Syntax::H264.recovery(&[6, 6, 1, 0b0011_0100, 0x80]), Some(5));
        assert_eq!(Syntax::H265.recovery(&[78, 1, 6, 1, 0xd0, 0x80]), Some(0));
        for nothing in [&[][..], &[6], &[6, 5, 200, 1], &[6, 0xff], &[6, 1, 1, 0, 0x80]] {
            assert_eq!(Syntax::H264.recovery(nothing), None, "{nothing:?}");
        }
    }
}
