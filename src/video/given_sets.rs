//! Parameter sets that a decoder has are not given to it again. libav takes 170 KiB for each picture parameter set of H.264 it reads,
//! and most recorders send the same one with each key frame.

/// What a picture says of the parameter sets that come with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Front {
    /// None come with it, or nothing is known of them.
    #[default]
    None,
    /// So many bytes at its front are parameter sets, and those of the whole picture are the ones that were in force before it.
    Same(usize),
    /// They differ from those before.
    Changed,
}

impl Front {
    /// As it travels with a buffer, in the field `offset_end`.
    pub(super) fn to_offset(self) -> u64 {
        match self {
            Self::None => u64::MAX,
            Self::Same(bytes) => bytes as u64,
            Self::Changed => 0,
        }
    }

    pub(super) fn from_offset(offset: u64) -> Self {
        match usize::try_from(offset) {
            Ok(0) => Self::Changed,
            Ok(bytes) if offset != u64::MAX => Self::Same(bytes),
            _ => Self::None,
        }
    }
}

/// The parameter sets that a decoder was given last.
#[derive(Debug, Default)]
pub(super) struct GivenSets(Vec<u8>);

impl GivenSets {
    /// Takes note of a picture that the decoder is given now; returns how many bytes at its front it does not need. `anew`: pictures
    /// were left out before this one, which is given whole.
    pub(super) fn note(&mut self, front: Front, picture: &[u8], anew: bool) -> usize {
        if anew {
            self.0.clear();
        }
        let sets = match front {
            Front::None => return 0,
            // Also those that do not stand at its front: nothing is known of what the decoder has then.
            Front::Changed => &[],
            Front::Same(bytes) => picture.get(..bytes).unwrap_or_default(),
        };
        if !sets.is_empty() && self.0 == sets {
            return sets.len();
        }
        self.0.clear();
        self.0.extend_from_slice(sets);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"old sets, slices";
    const NEW: &[u8] = b"new sets, slices";
    const SAME: Front = Front::Same(8);

    #[test]
    fn what_a_picture_says_travels_with_its_buffer() {
        for front in [Front::None, Front::Changed, SAME] {
            assert_eq!(Front::from_offset(front.to_offset()), front);
        }
    }

    #[test]
    fn sets_are_given_once() {
        let mut given = GivenSets::default();
        assert_eq!(given.note(Front::Changed, OLD, false), 0);
        assert_eq!(given.note(SAME, OLD, false), 0, "not known to be those at the front");
        assert_eq!(given.note(Front::None, b"slices", false), 0);
        assert_eq!(given.note(SAME, OLD, false), 8);
        assert_eq!(given.note(SAME, OLD, true), 0, "after pictures that were left out");
        assert_eq!(given.note(SAME, OLD, false), 8);
    }

    #[test]
    fn changed_sets_are_given_and_old_ones_that_come_back_too() {
        let mut given = GivenSets::default();
        given.note(SAME, OLD, false);
        assert_eq!(given.note(Front::Changed, NEW, false), 0);
        // The picture that changed them back never came to the decoder.
        assert_eq!(given.note(SAME, OLD, false), 0);
        assert_eq!(given.note(SAME, OLD, false), 8);
        // Nor did the one that changed them to these.
        assert_eq!(given.note(SAME, NEW, false), 0);
        assert_eq!(given.note(SAME, NEW, false), 8);
    }

    #[test]
    fn a_front_beyond_the_picture_is_none() {
        let mut given = GivenSets::default();
        assert_eq!(given.note(Front::Same(900), OLD, false), 0);
        assert_eq!(given.note(Front::Same(900), OLD, false), 0);
    }
}
