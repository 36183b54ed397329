use bytes::Bytes;

/// One picture as it was encoded, on its way to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// H.264 and H.265: a byte stream with start codes (Annex B of each), one access unit. JPEG: one JFIF file.
    pub data: Bytes,
    /// When its last packet arrived, in microseconds since 1970 (UTC).
    pub at: i64,
    /// The RTP time, in ticks of 90 kHz. A hint.
    pub rtp_time: u32,
    /// Decoding can begin here.
    pub key: bool,
    /// With a key picture: the parameter sets in force, as a byte stream. Empty for JPEG.
    pub sets: Bytes,
    /// Width and height in pixels as coded, where they are known.
    pub size: Option<(u32, u32)>,
}
