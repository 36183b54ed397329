use std::time::{Duration, Instant};

use super::{Condition, Key};

/// Whether a track's pictures are whole, and since when they are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// No key frame has come: pictures refer to others that never arrived.
    WaitingForKey {
        since: Instant,
    },
    /// Decoding has begun, and pictures are whole after so many more.
    Recovering {
        since: Instant,
        pictures: u32,
    },
    Synced,
    /// A part of a picture is missing, and those that follow refer to it.
    Smeared {
        since: Instant,
    },
    /// Pictures have come for two minutes and never a key frame. They seem to refresh themselves little by little, but nothing
    /// says when they are whole.
    WithoutKeys,
}

/// How long a key frame is awaited. Recorders are known that send one each 40 s.
const LONGEST_GROUP: Duration = Duration::from_secs(120);

impl Sync {
    pub(super) fn waiting(since: Instant) -> Self {
        Self::WaitingForKey { since }
    }

    /// Takes note of the next picture; returns its condition. `damaged`: a part of it is missing; `missing`: something that it
    /// may refer to is.
    pub(super) fn note(&mut self, key: Option<Key>, damaged: bool, missing: bool, now: Instant) -> Condition {
        *self = self.after(key, damaged, missing, now);
        match self {
            _ if damaged => Condition::Damaged,
            Self::Synced => Condition::Whole,
            _ => Condition::Smeared,
        }
    }

    /// A part of the picture that was noted last came too late to be of use.
    pub(super) fn torn(&mut self, now: Instant) {
        if *self == Self::Synced {
            *self = Self::Smeared { since: now };
        }
    }

    fn after(self, key: Option<Key>, damaged: bool, missing: bool, now: Instant) -> Self {
        let since = match self {
            Self::WaitingForKey { since } | Self::Smeared { since } | Self::Recovering { since, .. } => since,
            Self::Synced | Self::WithoutKeys => now,
        };
        match key {
            Some(Key::RandomAccess | Key::Intra | Key::Recovery { pictures: 0 }) if !damaged => return Self::Synced,
            // A stream that is whole stays so.
            Some(Key::Recovery { pictures }) if !damaged && self != Self::Synced => {
                let pictures = match self {
                    Self::Recovering { pictures: left, .. } if !missing => left.saturating_sub(1).min(pictures),
                    _ => pictures,
                };
                return if pictures == 0 {
                    Self::Synced
                } else {
                    Self::Recovering { since, pictures }
                };
            }
            _ => {}
        }
        match self {
            Self::Synced if damaged || missing => Self::Smeared { since: now },
            Self::Recovering { .. } if damaged || missing => Self::WaitingForKey { since },
            Self::Recovering { pictures: ..=1, .. } => Self::Synced,
            Self::Recovering { pictures, .. } => Self::Recovering {
                since,
                pictures: pictures - 1,
            },
            Self::WaitingForKey { since } | Self::Smeared { since }
                if now.saturating_duration_since(since) > LONGEST_GROUP =>
            {
                Self::WithoutKeys
            }
            same => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_whole_from_the_first_whole_key_frame_on() {
        let now = Instant::now();
        let mut sync = Sync::waiting(now);
        assert_eq!(sync.note(None, false, false, now), Condition::Smeared);
        assert_eq!(sync.note(Some(Key::RandomAccess), true, false, now), Condition::Damaged);
        assert_eq!(sync, Sync::WaitingForKey { since: now });
        assert_eq!(sync.note(Some(Key::RandomAccess), false, true, now), Condition::Whole);
        assert_eq!(sync.note(None, false, false, now), Condition::Whole);
    }

    #[test]
    fn what_follows_a_damaged_picture_is_smeared_up_to_the_next_key_frame() {
        let now = Instant::now();
        let mut sync = Sync::Synced;
        assert_eq!(sync.note(None, true, false, now), Condition::Damaged);
        assert_eq!(sync.note(None, false, false, now), Condition::Smeared);
        assert_eq!(sync, Sync::Smeared { since: now });
        assert_eq!(sync.note(Some(Key::Intra), false, false, now), Condition::Whole);
        assert_eq!(
            sync.note(None, false, true, now),
            Condition::Smeared,
            "a whole picture is missing"
        );
    }

    #[test]
    fn a_recovery_point_makes_whole_after_its_pictures() {
        let now = Instant::now();
        let mut sync = Sync::waiting(now);
        assert_eq!(
            sync.note(Some(Key::Recovery { pictures: 3 }), false, false, now),
            Condition::Smeared
        );
        assert_eq!(
            sync,
            Sync::Recovering {
                since: now,
                pictures: 3
            }
        );
        assert_eq!(sync.note(None, false, false, now), Condition::Smeared);
        assert_eq!(sync.note(None, false, false, now), Condition::Smeared);
        assert_eq!(sync.note(None, false, false, now), Condition::Whole);
    }

    #[test]
    fn a_stream_that_never_has_a_key_frame_is_known_after_two_minutes() {
        let start = Instant::now();
        let mut sync = Sync::waiting(start);
        sync.note(None, false, false, start + LONGEST_GROUP);
        assert_eq!(sync, Sync::WaitingForKey { since: start });
        sync.note(None, false, false, start + LONGEST_GROUP + Duration::from_millis(1));
        assert_eq!(sync, Sync::WithoutKeys);
        sync.note(Some(Key::RandomAccess), false, false, start + 2 * LONGEST_GROUP);
        assert_eq!(sync, Sync::Synced);
    }
}
