//! What `frame_num` of H.264 says of pictures that are missing (section 7.4.3).

use super::credit::Credit;

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
    credit: Credit,
}

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
                    self.credit.lose();
                }
                FrameStep::Skips
            }
        }
    }

    /// Whether a step is a loss although no packet seems to be missing.
    pub(super) fn are_believed(&self) -> bool {
        self.credit.is_enough()
    }

    pub(super) fn judge(&mut self, step: FrameStep) {
        match step {
            FrameStep::Unknown => {}
            FrameStep::Right => self.credit.right(),
            FrameStep::Skips => self.credit.wrong(),
        }
    }

    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }
}
