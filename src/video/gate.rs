use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A picture that waited longer than this for the decoder is skipped, with all that follow up to the next key frame. On
/// an overloaded computer pictures become fewer instead of late.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// A stream without key frames (intra refresh), or with few of them, is decoded all the same after this long: a picture that is
/// marked as damaged says more than none, but most streams have a key frame sooner.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The gate before the decoder: it drops everything while the stream is hidden, and then begins with a key frame.
#[derive(Debug)]
pub(super) struct DecodeGate {
    /// Whether to decode. The owner of the stream writes it; the other fields belong to the streaming thread.
    decode: AtomicBool,
    /// Set by the owner when decoding is switched on anew.
    restart: AtomicBool,
}

/// The streaming thread's part of the gate. Times count from the player's beginning.
#[derive(Debug, Default)]
pub(super) struct Passage {
    open: bool,
    waiting_since: Option<Duration>,
    /// It was opened without a key frame, and none has passed since.
    smeared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GateVerdict {
    Pass,
    /// The picture passes and is the first one after a gap.
    PassAfterGap,
    Drop,
}

/// One encoded picture in front of the gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded {
    pub key: bool,
    /// Something that came before it was thrown away on its way here.
    pub after_loss: bool,
    /// When its packets were handed in.
    pub received: Option<Duration>,
    pub now: Option<Duration>,
}

impl Passage {
    /// Whether what passes now refers to pictures that did not.
    pub(super) fn is_smeared(&self) -> bool {
        self.smeared
    }
}

impl DecodeGate {
    pub(super) fn new(decode: bool) -> Self {
        Self {
            decode: AtomicBool::new(decode),
            restart: AtomicBool::new(true),
        }
    }

    pub(super) fn set_decode(&self, decode: bool) {
        if self.decode.swap(decode, Ordering::AcqRel) != decode {
            self.restart.store(true, Ordering::Release);
        }
    }

    pub(super) fn decodes(&self) -> bool {
        self.decode.load(Ordering::Acquire)
    }

    pub(super) fn judge(&self, passage: &mut Passage, picture: Encoded) -> GateVerdict {
        if !self.decodes() {
            return GateVerdict::Drop;
        }
        if self.restart.swap(false, Ordering::AcqRel) {
            *passage = Passage::default();
        }
        passage.smeared &= !picture.key;
        let too_late = match (picture.now, picture.received) {
            (Some(now), Some(received)) => now.saturating_sub(received) > MAX_DELAY,
            _ => false,
        };
        if passage.open && !picture.key && (too_late || picture.after_loss) {
            *passage = Passage::default();
        }
        if passage.open {
            return GateVerdict::Pass;
        }
        let now = picture.now.unwrap_or_default();
        let since = *passage.waiting_since.get_or_insert(now);
        if picture.key || (!too_late && now.saturating_sub(since) > MAX_WAIT) {
            *passage = Passage {
                open: true,
                waiting_since: None,
                smeared: !picture.key,
            };
            return GateVerdict::PassAfterGap;
        }
        GateVerdict::Drop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(key: bool, received_ms: u64, now_ms: u64) -> Encoded {
        Encoded {
            key,
            after_loss: false,
            received: Some(Duration::from_millis(received_ms)),
            now: Some(Duration::from_millis(now_ms)),
        }
    }

    #[test]
    fn decoding_begins_with_a_key_frame() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        assert_eq!(gate.judge(&mut passage, at(false, 0, 0)), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(true, 40, 40)), GateVerdict::PassAfterGap);
        assert_eq!(gate.judge(&mut passage, at(false, 80, 80)), GateVerdict::Pass);
    }

    #[test]
    fn a_hidden_stream_passes_nothing_and_resumes_with_a_key_frame() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        gate.judge(&mut passage, at(true, 0, 0));
        gate.set_decode(false);
        assert_eq!(gate.judge(&mut passage, at(true, 40, 40)), GateVerdict::Drop);
        gate.set_decode(true);
        assert_eq!(gate.judge(&mut passage, at(false, 80, 80)), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(true, 120, 120)), GateVerdict::PassAfterGap);
    }

    #[test]
    fn hiding_and_showing_between_two_pictures_still_waits_for_a_key_frame() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        gate.judge(&mut passage, at(true, 0, 0));
        gate.set_decode(false);
        gate.set_decode(true);
        assert_eq!(gate.judge(&mut passage, at(false, 40, 40)), GateVerdict::Drop);
    }

    #[test]
    fn late_pictures_are_skipped_up_to_the_next_key_frame() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        gate.judge(&mut passage, at(true, 0, 0));
        assert_eq!(gate.judge(&mut passage, at(false, 0, 1_001)), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(false, 1_000, 1_002)), GateVerdict::Drop);
        assert_eq!(
            gate.judge(&mut passage, at(true, 1_000, 2_100)),
            GateVerdict::PassAfterGap,
            "key frames always pass"
        );
    }

    #[test]
    fn a_stream_without_key_frames_is_shown_in_the_end() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        assert_eq!(gate.judge(&mut passage, at(false, 0, 0)), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(false, 9_000, 9_000)), GateVerdict::Drop);
        assert_eq!(
            gate.judge(&mut passage, at(false, 10_001, 10_001)),
            GateVerdict::PassAfterGap
        );
        assert!(passage.is_smeared());
        gate.judge(&mut passage, at(false, 10_100, 10_100));
        assert!(passage.is_smeared());
        gate.judge(&mut passage, at(true, 40_000, 40_000));
        assert!(!passage.is_smeared(), "a key frame makes it whole");
    }

    #[test]
    fn what_follows_a_picture_that_found_no_room_waits_for_a_key_frame() {
        let (gate, mut passage) = (DecodeGate::new(true), Passage::default());
        gate.judge(&mut passage, at(true, 0, 0));
        let after_loss = Encoded {
            after_loss: true,
            ..at(false, 40, 40)
        };
        assert_eq!(gate.judge(&mut passage, after_loss), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(false, 80, 80)), GateVerdict::Drop);
        assert_eq!(gate.judge(&mut passage, at(true, 120, 120)), GateVerdict::PassAfterGap);
    }
}
