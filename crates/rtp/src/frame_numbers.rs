//! What `frame_num` of H.264 says of pictures that are missing (section 7.4.3).

/// How an SPS writes `frame_num`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameForm {
    pub bits: u32,
    /// Gaps are allowed: pictures may have been left out on purpose, and none refers to them.
    pub gaps: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameStep {
    Unknown,
    Right,
    /// Reference pictures are missing, if the numbers can be believed.
    Skips,
}

/// The numbers of a track, and what they are worth: some recorders write them wrong.
#[derive(Debug, Default)]
pub(super) struct FrameNumbers {
    last: Option<u32>,
    /// One for each right step, less [`PRICE`] for each other one.
    worth: u32,
}

/// So much worth makes the numbers believed.
const BELIEVED: u32 = 64;
const MOST: u32 = 256;
/// A recorder that leaves out more than one picture in so many, for long, is taken for one that does not know how to count.
const PRICE: u32 = 16;

impl FrameNumbers {
    pub(super) fn note(&mut self, form: FrameForm, number: Option<u32>, random_access: bool) -> FrameStep {
        let last = std::mem::replace(&mut self.last, number);
        let (Some(last), Some(number)) = (last, number) else {
            return FrameStep::Unknown;
        };
        match number.wrapping_sub(last) & ((1 << form.bits) - 1) {
            _ if random_access => FrameStep::Unknown,
            0 | 1 => FrameStep::Right,
            _ => {
                if form.gaps {
                    self.worth = 0;
                }
                FrameStep::Skips
            }
        }
    }

    /// Whether a step is a loss although no packet seems to be missing.
    pub(super) fn are_believed(&self) -> bool {
        self.worth >= BELIEVED
    }

    pub(super) fn judge(&mut self, step: FrameStep) {
        match step {
            FrameStep::Unknown => {}
            FrameStep::Right => self.worth = (self.worth + 1).min(MOST),
            FrameStep::Skips => self.worth = self.worth.saturating_sub(PRICE),
        }
    }

    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }
}
