use std::time::Instant;

use bytes::Bytes;

use super::picture_format::PictureFormat;

/// One picture as it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// H.264 and H.265: a byte stream with start codes (Annex B of each), one access unit. JPEG: one JFIF file. MPEG-4: its byte stream.
    pub data: Bytes,
    /// When its first packet arrived.
    pub first_arrival: Instant,
    /// When its last packet arrived.
    pub last_arrival: Instant,
    /// The RTP time of its first packet, in the track's clock rate. A hint: recorders send times that stand still or jump.
    pub rtp_time: u32,
    /// Whether decoding can begin here, and how.
    pub key: Option<Key>,
    /// What a decoder will make of it; `None`: no parameter set says it.
    pub format: Option<PictureFormat>,
    /// A parameter set came with this picture or since the one before, and differs from the set that was known, or cannot be compared
    /// with it.
    pub sets_changed: bool,
    /// So many bytes of `data` come first that are parameter sets, and delimiters before them. A decoder that has these sets needs
    /// none of these bytes.
    pub front: usize,
    pub condition: Condition,
    /// Packets known to be missing since the access unit before this one.
    pub lost: u32,
    /// Slices (H.264, H.265), or packets (JPEG, MPEG-4).
    pub slices: u32,
}

/// How decoding can begin with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing before it is needed: an IDR picture, or another intra random access point of H.265.
    RandomAccess,
    /// All of its slices are intra coded, though the stream does not call it an access point. JPEG pictures are such.
    Intra,
    /// Pictures are whole after so many more (recovery point message, H.264 D.2.8, H.265 D.2.8).
    Recovery { pictures: u32 },
}

/// Whether all of a picture and all that it refers to arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Whole,
    /// It is complete, but refers to pictures that are missing or damaged.
    Smeared,
    /// A part of it is missing.
    Damaged,
}

/// Why something was thrown away. The units are packets, unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Discarded {
    /// No RTP packet of version 2.
    NotRtp,
    /// Another payload type than that of the stream.
    ForeignPayloadType,
    /// The packet before it once more.
    Repeated,
    /// A structure of the payload format that contradicts itself or is not known.
    Malformed,
    /// A fragment whose first one is missing.
    Headless,
    /// A unit whose other part is missing. In units.
    Broken,
    /// A slice of a picture that was taken for complete. In slices.
    Late,
    /// Filler, or what belongs to no picture. In units.
    Filler,
    /// A picture larger than 4 MiB. In pictures.
    Oversized,
    /// Nobody fetched them. In pictures.
    NotFetched,
    /// A JPEG picture without quantisation tables or without a size. In pictures.
    Undescribed,
    /// A parameter set beyond what is kept. In sets.
    SurplusSet,
}

const REASONS: usize = Discarded::SurplusSet as usize + 1;

/// What came and what became of it, since the depacketizer was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub packets: u64,
    pub access_units: u64,
    /// Packets that are missing by their sequence numbers, where these can be believed.
    pub lost: u64,
    /// Steps of the sequence numbers that were no loss.
    pub renumbered: u64,
    discarded: [u64; REASONS],
}

impl Counts {
    /// How often something was thrown away for this reason.
    #[must_use]
    pub fn discarded(&self, why: Discarded) -> u64 {
        self.discarded[why as usize]
    }

    pub(super) fn discard(&mut self, why: Discarded) {
        self.discarded[why as usize] += 1;
    }
}
