//! What a part says of its stream: the sample entry of its track.

use mp4_atom::{Avc1, Avcc, AvccExt, Codec as Entry, Hvc1, HvcCArray, Hvcc, Jpeg, Visual};

use super::nal;
use super::sequence;
use super::unit::Unit;

/// How pictures are coded. What is not here cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordedCodec {
    H264,
    H265,
    /// Motion JPEG.
    Jpeg,
}

impl RecordedCodec {
    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Jpeg => "MJPEG",
        }
    }

    /// The picture as a file holds it: its units behind their lengths, and nothing of them changed.
    pub(super) fn sample(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::H264 | Self::H265 => nal::with_lengths(data),
            Self::Jpeg => data.to_vec(),
        }
    }
}

/// A stream as one part can hold it: where this changes, another part begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamDescription {
    codec: RecordedCodec,
    width: u32,
    height: u32,
    sets: Vec<Vec<u8>>,
}

impl StreamDescription {
    /// By a key picture; `None`: it does not say enough to decode it.
    #[must_use]
    pub fn of(codec: RecordedCodec, unit: &Unit) -> Option<Self> {
        let kind = |set: &[u8]| kind_of(codec, set);
        let mut sets: Vec<Vec<u8>> = match codec {
            RecordedCodec::Jpeg => Vec::new(),
            RecordedCodec::H264 | RecordedCodec::H265 => nal::units(&unit.sets)
                .filter(|set| kind(set).is_some())
                .map(<[u8]>::to_vec)
                .collect(),
        };
        // Sorted, so that sets in another order are no other stream.
        sets.sort_by_key(|set| kind(set));
        let sequence = sets.iter().find_map(|set| match (codec, kind(set)) {
            (RecordedCodec::H264, Some(7)) => sequence::of_h264(set),
            (RecordedCodec::H265, Some(33)) => sequence::of_h265(set),
            _ => None,
        });
        let (width, height) = match sequence {
            Some(sequence) => (sequence.width, sequence.height),
            None => unit.size?,
        };
        let wanted: &[u8] = match codec {
            RecordedCodec::H264 => &[7, 8],
            RecordedCodec::H265 => &[32, 33, 34],
            RecordedCodec::Jpeg => &[],
        };
        let has = |wanted: &u8| sets.iter().any(|set| kind(set) == Some(*wanted));
        let is_whole = wanted.iter().all(has) && (1..=65_535).contains(&width) && (1..=65_535).contains(&height);
        is_whole.then_some(Self {
            codec,
            width,
            height,
            sets,
        })
    }

    #[must_use]
    pub fn codec(&self) -> RecordedCodec {
        self.codec
    }

    /// Width and height in pixels, as shown.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The sample entry (ISO/IEC 14496-15 sections 5.4.2 and 8.4.1).
    #[must_use]
    pub fn entry(&self) -> Entry {
        let visual = Visual {
            data_reference_index: 1,
            width: u16::try_from(self.width).unwrap_or(u16::MAX),
            height: u16::try_from(self.height).unwrap_or(u16::MAX),
            ..Visual::default()
        };
        match self.codec {
            RecordedCodec::H264 => Avc1 {
                visual,
                avcc: self.avcc(),
                btrt: None,
                colr: None,
                pasp: None,
                taic: None,
                fiel: None,
                spatial: None,
            }
            .into(),
            RecordedCodec::H265 => Hvc1 {
                visual,
                hvcc: self.hvcc(),
                ..Hvc1::default()
            }
            .into(),
            RecordedCodec::Jpeg => Jpeg {
                visual,
                ..Jpeg::default()
            }
            .into(),
        }
    }

    fn of_kind(&self, kind: u8) -> Vec<Vec<u8>> {
        let sets = self.sets.iter().filter(|set| kind_of(self.codec, set) == Some(kind));
        sets.cloned().collect()
    }

    fn avcc(&self) -> Avcc {
        let sequences = self.of_kind(7);
        let first = sequences.first().map(Vec::as_slice).unwrap_or_default();
        let byte = |at: usize| first.get(at).copied().unwrap_or_default();
        let high = ![66, 77, 88].contains(&byte(1));
        let read = sequence::of_h264(first).filter(|_| high);
        Avcc {
            configuration_version: 1,
            avc_profile_indication: byte(1),
            profile_compatibility: byte(2),
            avc_level_indication: byte(3),
            length_size: 4,
            picture_parameter_sets: self.of_kind(8),
            ext: read.map(|read| AvccExt {
                chroma_format: read.chroma,
                bit_depth_luma: read.luma_depth + 8,
                bit_depth_chroma: read.chroma_depth + 8,
                sequence_parameter_sets_ext: Vec::new(),
            }),
            sequence_parameter_sets: sequences,
        }
    }

    fn hvcc(&self) -> Hvcc {
        let sequences = self.of_kind(33);
        let first = sequences.first().map(Vec::as_slice).unwrap_or_default();
        // profile_tier_level stands behind the header of the unit and one byte.
        let plain = nal::payload(first);
        let byte = |at: usize| plain.get(3 + at).copied().unwrap_or_default();
        let read = sequence::of_h265(first);
        let arrays = [32, 33, 34].map(|kind| HvcCArray {
            completeness: true,
            nal_unit_type: kind,
            nalus: self.of_kind(kind),
        });
        Hvcc {
            general_profile_space: byte(0) >> 6,
            general_tier_flag: byte(0) & 0x20 != 0,
            general_profile_idc: byte(0) & 0x1f,
            general_profile_compatibility_flags: [byte(1), byte(2), byte(3), byte(4)],
            general_constraint_indicator_flags: [byte(5), byte(6), byte(7), byte(8), byte(9), byte(10)],
            general_level_idc: byte(11),
            chroma_format_idc: read.map_or(1, |read| read.chroma),
            bit_depth_luma_minus8: read.map_or(0, |read| read.luma_depth),
            bit_depth_chroma_minus8: read.map_or(0, |read| read.chroma_depth),
            num_temporal_layers: read.map_or(1, |read| read.layers),
            temporal_id_nested: read.is_some_and(|read| read.nested),
            length_size_minus_one: 3,
            arrays: arrays.into(),
            ..Hvcc::new()
        }
    }

    /// What the sample entry of a file says; `None`: it is none that this program writes.
    pub(super) fn of_entry(entry: &Entry) -> Option<Self> {
        let (codec, visual, sets) = match entry {
            Entry::Avc1(entry) => {
                let mut sets = entry.avcc.sequence_parameter_sets.clone();
                sets.extend(entry.avcc.picture_parameter_sets.iter().cloned());
                (RecordedCodec::H264, &entry.visual, sets)
            }
            Entry::Hvc1(entry) => {
                let arrays = entry.hvcc.arrays.iter();
                let sets = arrays.flat_map(|array| array.nalus.iter().cloned()).collect();
                (RecordedCodec::H265, &entry.visual, sets)
            }
            Entry::Jpeg(entry) => (RecordedCodec::Jpeg, &entry.visual, Vec::new()),
            _ => return None,
        };
        Some(Self {
            codec,
            width: visual.width.into(),
            height: visual.height.into(),
            sets,
        })
    }
}

/// The type of a parameter set; `None`: the unit is none.
fn kind_of(codec: RecordedCodec, unit: &[u8]) -> Option<u8> {
    let first = *unit.first()?;
    match codec {
        RecordedCodec::H264 => Some(first & 0x1f).filter(|kind| [7, 8].contains(kind)),
        RecordedCodec::H265 => Some(first >> 1 & 0x3f).filter(|kind| (32..=34).contains(kind)),
        RecordedCodec::Jpeg => None,
    }
}
