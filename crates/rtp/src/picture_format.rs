//! The size of a stream's pictures, and what a decoder takes for them.

/// What a decoder will make of a stream, by its sequence parameter set or its JPEG header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFormat {
    /// Of the coded picture, in pixels, before it is cropped.
    pub width: u64,
    pub height: u64,
    /// What a decoder takes for all pictures that it must hold at once, in bytes: an estimate.
    pub decoder_bytes: u64,
}

impl PictureFormat {
    /// `chroma`: `chroma_format_idc`; `depth`: bits of a sample; `pictures`: how many the decoder holds for reference.
    pub(super) fn new(width: u64, height: u64, chroma: u32, depth: u32, pictures: u64) -> Self {
        let samples_of_two_pixels = match chroma {
            0 => 2,
            1 => 3,
            2 => 4,
            _ => 6,
        };
        let bytes_of_sample = if depth > 8 { 2 } else { 1 };
        let pixels = width.saturating_mul(height);
        let picture = pixels.saturating_mul(samples_of_two_pixels * bytes_of_sample) / 2;
        Self {
            width,
            height,
            // One is being decoded, one is being shown.
            decoder_bytes: picture.saturating_mul(pictures + 2),
        }
    }

    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.width.saturating_mul(self.height)
    }
}
