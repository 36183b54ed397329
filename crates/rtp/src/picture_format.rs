//! The size of a stream's pictures, and what a decoder takes for them.

/// What a decoder will make of a stream, by its sequence parameter set or its JPEG header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFormat {
    /// Of the coded picture, in pixels, before it is cropped.
    pub width: u64,
    pub height: u64,
    /// What a decoder takes for all pictures that it must hold at once, with what it notes for each, in bytes.
    pub decoder_bytes: u64,
}

/// How pixels are coded, and what a decoder holds of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coding {
    /// `chroma_format_idc`.
    pub chroma: u32,
    /// Bits of a sample.
    pub depth: u32,
    /// Pictures that the decoder holds for reference or until it is their turn to be shown.
    pub held: u64,
    /// What the decoder notes of each picture beside its samples, in bytes for 256 pixels.
    pub notes: u64,
}

impl PictureFormat {
    pub(super) fn new(width: u64, height: u64, coding: Coding) -> Self {
        let samples_of_two_pixels = match coding.chroma {
            0 => 2,
            1 => 3,
            2 => 4,
            _ => 6,
        };
        let bytes_of_sample = if coding.depth > 8 { 2 } else { 1 };
        let pixels = width.saturating_mul(height);
        let samples = pixels.saturating_mul(samples_of_two_pixels * bytes_of_sample) / 2;
        let notes = pixels.saturating_mul(coding.notes) / 256;
        Self {
            width,
            height,
            // One is being decoded, one is being shown.
            decoder_bytes: samples.saturating_add(notes).saturating_mul(coding.held + 2),
        }
    }

    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.width.saturating_mul(self.height)
    }
}
