/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Media {
    Video,
    Audio,
}

/// How a track is encoded. All but [`Codec::Other`] are set up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    H264,
    H265,
    Mjpeg,
    /// MPEG-4 Part 2 elementary stream.
    Mpeg4,
    Pcmu,
    Pcma,
    /// MPEG-4 audio in the `mpeg4-generic` payload format.
    Aac,
    /// MPEG-4 audio in the `MP4A-LATM` payload format (RFC 6416).
    AacLatm,
    /// The encoding name in upper case, or the payload type where there is none.
    Other(String),
}

impl Codec {
    /// The codec of an encoding name of SDP, in any case.
    #[must_use]
    pub fn from_encoding_name(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "H264" | "AVC" => Self::H264,
            "H265" | "HEVC" => Self::H265,
            "JPEG" | "MJPEG" => Self::Mjpeg,
            "MP4V-ES" => Self::Mpeg4,
            "PCMU" => Self::Pcmu,
            "PCMA" => Self::Pcma,
            "MPEG4-GENERIC" => Self::Aac,
            "MP4A-LATM" => Self::AacLatm,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The registered encoding name, in upper case.
    #[must_use]
    pub fn encoding_name(&self) -> &str {
        match self {
            Self::H264 => "H264",
            Self::H265 => "H265",
            Self::Mjpeg => "JPEG",
            Self::Mpeg4 => "MP4V-ES",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::Aac => "MPEG4-GENERIC",
            Self::AacLatm => "MP4A-LATM",
            Self::Other(name) => name,
        }
    }

    /// What this can be used for, if it can be used at all.
    #[must_use]
    pub fn media(&self) -> Option<Media> {
        match self {
            Self::H264 | Self::H265 | Self::Mjpeg | Self::Mpeg4 => Some(Media::Video),
            Self::Pcmu | Self::Pcma | Self::Aac | Self::AacLatm => Some(Media::Audio),
            Self::Other(_) => None,
        }
    }
}

/// What a description says of sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SoundOffer {
    /// The device offers no sound.
    #[default]
    None,
    /// The device offers sound, but only in these encodings, which cannot be played.
    Unplayable(String),
    Playable,
    /// The device refused to set the sound up when it was asked last.
    Refused,
}

/// One stream of RTP packets and what a depayloader must know of it (the fields of `application/x-rtp` caps).
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub media: Media,
    pub codec: Codec,
    pub payload_type: u8,
    /// Of RTP timestamps, in Hz.
    pub clock_rate: u32,
    /// In upper case, such as `H264`.
    pub encoding_name: String,
    /// Of sound, where stated.
    pub channels: Option<u32>,
    /// Format parameters with lower-case names, such as `sprop-parameter-sets`, in the order of the SDP.
    pub fmtp: Vec<(String, String)>,
    /// Width and height in pixels where the SDP states them (`x-dimensions`, `framesize`, `cliprect`). RTP/JPEG cannot carry
    /// more than 2040 pixels by itself (RFC 2435 §3.1.5).
    pub dimensions: Option<(u32, u32)>,
    /// Pictures a second where the SDP states it.
    pub frame_rate: Option<f32>,
    /// The SDP describes no other medium, so that none can share its sequence numbers.
    pub alone: bool,
}
