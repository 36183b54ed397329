//! What is known of bytes further on, so that none of them is looked at again and again: the work stays linear whatever a device sends.
//!
//! All positions count from the beginning of the stream.

use std::collections::BTreeSet;

use super::{PREFIX, is_likely, prefix};

/// The bytes that are held: where the first one stands in the stream, and which channels are wanted.
#[derive(Clone, Copy)]
pub(super) struct HeldBytes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) first: u64,
    pub(super) known: &'a [u64; 4],
}

impl HeldBytes<'_> {
    fn knows(&self, channel: u8) -> bool {
        super::is_known(self.known, channel)
    }

    fn end(&self) -> u64 {
        self.first + self.bytes.len() as u64
    }

    /// Where `position` stands in the bytes; 0 for one that is gone.
    fn index(&self, position: u64) -> usize {
        usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }
}

/// The next byte of a kind.
#[derive(Debug, Default)]
pub(super) struct NextByte {
    searched: u64,
    found: Option<u64>,
}

impl NextByte {
    /// The index of the first byte that `is` one; adds what was looked at to `work`.
    pub(super) fn find(&mut self, held: HeldBytes<'_>, is: impl Fn(u8) -> bool, work: &mut u64) -> Option<usize> {
        if let Some(found) = self.found.filter(|found| *found >= held.first) {
            return Some(held.index(found));
        }
        let from = held.index(self.searched);
        let found = held.bytes.get(from..)?.iter().position(|byte| is(*byte));
        self.found = found.map(|index| held.first + (from + index) as u64);
        let searched = self.found.map_or(held.end(), |found| found + 1);
        *work += searched - self.searched.max(held.first);
        self.searched = searched;
        found.map(|index| from + index)
    }
}

/// Where something certain begins: a reply, or two packets in a row of which the second has begun.
///
/// Each position is judged once, or as often as bytes that decide it were still missing: three times at most.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    searched: u64,
    /// Positions that more bytes decide: up to where these reach, and the position.
    open: BTreeSet<(u64, u64)>,
}

enum Judged {
    /// Something certain begins, and is certain by the byte before this one.
    Proven(u64),
    /// The bytes up to here decide.
    Open(u64),
    Nothing,
}

const REPLY: &[u8] = b"RTSP/1.";

impl Proofs {
    /// A channel became known: what was nothing before may be something now.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Everything before `position` is gone.
    pub(super) fn drop_before(&mut self, position: u64) {
        if self.searched <= position {
            self.open.clear();
        }
    }

    /// The index of a start behind the first byte and before `end`; of several the one that is certain first, so that it does
    /// not matter how the bytes arrived.
    pub(super) fn find(&mut self, held: HeldBytes<'_>, end: usize, work: &mut u64) -> Option<usize> {
        let held = HeldBytes {
            bytes: &held.bytes[..held.bytes.len().min(end)],
            ..held
        };
        let limit = held.end();
        let mut found: Option<(u64, u64)> = None;
        while let Some(&(needed, at)) = self.open.first()
            && needed <= limit
        {
            self.open.pop_first();
            if at > held.first {
                self.judge(held, at, &mut found, work);
            }
        }
        let mut at = self.searched.max(held.first + 1);
        // Whatever begins behind the end of what was found is certain later than that.
        while at < found.map_or(limit, |(proven, _)| proven.min(limit)) {
            self.judge(held, at, &mut found, work);
            at += 1;
        }
        self.searched = self.searched.max(at);
        found.map(|(_, at)| held.index(at))
    }

    fn judge(&mut self, held: HeldBytes<'_>, at: u64, found: &mut Option<(u64, u64)>, work: &mut u64) {
        *work += 1;
        match judged(held, at) {
            Judged::Proven(by) => *found = Some(found.map_or((by, at), |earlier| earlier.min((by, at)))),
            Judged::Open(needed) => drop(self.open.insert((needed, at))),
            Judged::Nothing => {}
        }
    }
}

fn judged(held: HeldBytes<'_>, at: u64) -> Judged {
    let here = &held.bytes[held.index(at)..];
    if here.first() != Some(&b'$') {
        return if here.starts_with(REPLY) {
            Judged::Proven(at + REPLY.len() as u64)
        } else if REPLY.starts_with(here) {
            Judged::Open(at + REPLY.len() as u64)
        } else {
            Judged::Nothing
        };
    }
    let head = PREFIX as u64 + 1;
    let Some((channel, length)) = prefix(here).filter(|_| here.len() > PREFIX) else {
        return Judged::Open(at + head);
    };
    if !held.knows(channel) || !is_likely(here, length) {
        return Judged::Nothing;
    }
    let behind = at + PREFIX as u64 + length as u64;
    let Some(next) = here.get(PREFIX + length..).filter(|next| !next.is_empty()) else {
        return Judged::Open(behind + 1);
    };
    match prefix(next) {
        _ if next[0] != b'$' => Judged::Nothing,
        Some((channel, after)) if next.len() > PREFIX => {
            if held.knows(channel) && is_likely(next, after) {
                Judged::Proven(behind + head)
            } else {
                Judged::Nothing
            }
        }
        _ => Judged::Open(behind + head),
    }
}
