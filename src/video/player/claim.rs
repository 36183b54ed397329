//! What a player asks of the memory that all decoders may take, and what is refused to it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rtp::PictureFormat;

use super::super::budget::{DECODERS, Excess, Share};

/// A stream whose pictures have more pixels than 8192×8192 is not decoded: no camera makes it, and one packet that claims it would
/// take more memory than the computer may have, which ends the program.
const MOST_PIXELS: u64 = 8_192 * 8_192;

/// What a decoder takes for pictures for which its header says so many bytes: GStreamer keeps pictures of its own ready beside those,
/// and the bits of one. The least that is not below what was measured, see the test.
fn with_spare(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 3).saturating_add(4 << 20)
}

/// Pictures that are not decoded, because the decoder would take too much memory for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Of the coded picture, in pixels.
    pub width: u64,
    pub height: u64,
    pub excess: Excess,
}

/// The part of one player.
pub(super) struct Claim(Mutex<ClaimState>);

struct ClaimState {
    share: Share,
    /// What the share was granted for.
    granted: Option<PictureFormat>,
    refused: Option<TooLarge>,
}

/// What a claim says to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimAnswer {
    /// It may be decoded, as those before.
    Same,
    /// It may be decoded; its format is another one than before.
    New,
    Refused,
}

impl Claim {
    pub(super) fn new() -> Self {
        Self(Mutex::new(ClaimState {
            share: DECODERS.share(),
            granted: None,
            refused: None,
        }))
    }

    /// Whether a picture of this format may be decoded; `key`: decoding can begin with it. After a refusal each key frame asks
    /// anew: pictures may have become smaller, and others may have given memory back.
    pub(super) fn ask(&self, format: PictureFormat, key: bool) -> ClaimAnswer {
        let mut state = self.state();
        if state.refused.is_some() && !key {
            return ClaimAnswer::Refused;
        }
        if state.granted == Some(format) {
            state.refused = None;
            return ClaimAnswer::Same;
        }
        let granted = if format.pixels() > MOST_PIXELS {
            Err(Excess::Alone)
        } else {
            state.share.resize(with_spare(format.decoder_bytes))
        };
        match granted {
            Ok(()) => {
                (state.granted, state.refused) = (Some(format), None);
                ClaimAnswer::New
            }
            Err(excess) => {
                let PictureFormat { width, height, .. } = format;
                let refused = TooLarge { width, height, excess };
                if state.refused.replace(refused) != Some(refused) {
                    tracing::info!(width, height, ?excess, "pictures are too large");
                }
                ClaimAnswer::Refused
            }
        }
    }

    /// What was refused last, unless a smaller picture came since.
    pub(super) fn refused(&self) -> Option<TooLarge> {
        self.state().refused
    }

    /// What the decoder takes, as was granted.
    pub(super) fn bytes(&self) -> u64 {
        self.state().share.bytes()
    }

    fn state(&self) -> MutexGuard<'_, ClaimState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(side: u64) -> PictureFormat {
        PictureFormat {
            width: side,
            height: side,
            decoder_bytes: 6 * side * side,
        }
    }

    /// What a pipeline took at most (proportional set size) beyond one for 64×64, with one thread, in MiB, beside what the header says.
    #[test]
    fn what_is_reckoned_is_no_less_than_what_decoders_were_measured_to_take() {
        let measured = [
            ("H.264 1920×1080, 4 references", 24, 34),
            ("H.264 3840×2160", 113, 142),
            ("H.264 7680×4320", 455, 573),
            ("H.264 7680×4320, B pictures", 455, 527),
            ("H.265 1920×1080", 31, 40),
            ("H.265 3840×2160", 124, 159),
            ("H.265 7680×4320", 498, 639),
            ("H.265 8192×8192", 687, 907),
            ("MPEG-4 1920×1080", 16, 24),
            ("MPEG-4 3840×2160", 65, 88),
            ("MPEG-4 7680×4320", 260, 343),
            ("VP8 1920×1080", 20, 20),
            ("VP8 3840×2160", 79, 76),
            ("VP8 7680×4320", 316, 299),
            ("MJPEG 1920×1080", 5, 6),
            ("MJPEG 3840×2160", 23, 24),
            ("MJPEG 7680×4320", 94, 95),
        ];
        for (what, header, measured) in measured {
            let reckoned = with_spare(header << 20) >> 20;
            assert!(reckoned >= measured, "{what}: {reckoned} of {measured}");
            assert!(reckoned <= measured * 3 / 2 + 6, "{what}: {reckoned} of {measured}");
        }
    }

    #[test]
    fn what_was_refused_is_asked_for_anew_with_each_key_frame_and_with_no_other() {
        let claim = Claim::new();
        assert_eq!(claim.ask(format(640), true), ClaimAnswer::New);
        assert_eq!(claim.ask(format(640), false), ClaimAnswer::Same);
        // In the middle of the stream, whether its first picture is a key frame or not.
        assert_eq!(claim.ask(format(16_000), false), ClaimAnswer::Refused);
        let refused = TooLarge {
            width: 16_000,
            height: 16_000,
            excess: Excess::Alone,
        };
        assert_eq!(claim.refused(), Some(refused));
        assert_eq!(claim.ask(format(16_000), true), ClaimAnswer::Refused);
        assert_eq!(
            claim.ask(format(640), false),
            ClaimAnswer::Refused,
            "it refers to what was not decoded"
        );
        assert_eq!(claim.ask(format(640), true), ClaimAnswer::Same);
        assert_eq!(claim.refused(), None);
        assert_eq!(claim.ask(format(320), true), ClaimAnswer::New);
    }
}
