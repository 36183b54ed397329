//! What the tiles of a seat want, what they have, and when the one becomes the other.

use std::time::{Duration, Instant};

use super::{Attention, Progress};
use device::StreamKind;

/// How long a tile must be too large or too small for its stream before the stream changes (Nx Witness), unless a person
/// enlarged the tile.
pub(super) const DWELL: Duration = Duration::from_secs(1);
/// How long a tile keeps a stream that it changed to (Nx Witness).
pub(super) const BETWEEN_TURNS: Duration = Duration::from_secs(5);
/// How long a better stream lets first pictures of other tiles go before it, at most.
pub(super) const YIELD: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) kind: StreamKind,
    /// Since when the other kind would suit better, and whether it is asked for already.
    pub(super) other: Option<Other>,
    /// When `kind` was changed last.
    pub(super) turned: Option<Instant>,
    pub(super) attention: Attention,
    /// When it was last on screen; `None`: it is on screen now.
    pub(super) left: Option<Instant>,
    /// Not on screen yet, but decoded already.
    pub(super) soon: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Other {
    pub(super) since: Instant,
    pub(super) asked: bool,
    /// It would be asked for if other tiles did not wait for their first picture.
    pub(super) yields: bool,
}

/// What the tiles of a seat want together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// `None`: whichever it has.
    pub(super) kind: Option<StreamKind>,
    pub(super) selected: bool,
    /// A person asked for it, so that it changes without delay.
    pub(super) at_once: bool,
}

impl Wish {
    /// What two tiles want together: the better stream.
    pub(super) fn and(self, other: Self) -> Self {
        let better = [Some(StreamKind::Main), None, Some(StreamKind::Sub)];
        let kind = better.into_iter().find(|kind| [self.kind, other.kind].contains(kind));
        Self {
            kind: kind.flatten(),
            selected: self.selected || other.selected,
            at_once: self.at_once || other.at_once,
        }
    }
}

impl Held {
    /// The kind on screen, then the one that is to replace it.
    pub(super) fn kinds(&self) -> [Option<StreamKind>; 2] {
        let other = self.other.filter(|other| other.asked).map(|_| other_kind(self.kind));
        [Some(self.kind), other]
    }

    pub(super) fn turn_to(
        &mut self,
        wish: &Wish,
        first_pictures_due: bool,
        progress: impl Fn(StreamKind) -> Progress,
        now: Instant,
    ) {
        let plays = |kind| progress(kind) == Progress::Plays;
        let Some(suited) = wish.kind.filter(|suited| *suited != self.kind) else {
            // Between the two heights a change that has begun goes on, and no new one begins.
            if wish.kind.is_some() || self.other.is_some_and(|other| !other.asked) {
                self.other = None;
            }
            if self.other.is_some() && plays(other_kind(self.kind)) {
                self.replace(now);
            }
            return;
        };
        let mut other = self.other.unwrap_or(Other {
            since: now,
            asked: false,
            yields: false,
        });
        let due = self.due(other.since);
        // A dial that is under way is not thrown away: its picture is the first one.
        let keeps = matches!(progress(self.kind), Progress::Plays | Progress::Dialled);
        let begun = other.asked && matches!(progress(suited), Progress::Plays | Progress::Dialled);
        other.yields = first_pictures_due && keeps && !begun && !wish.at_once && now < due + YIELD;
        other.asked = (other.asked || wish.at_once || now >= due) && !other.yields;
        self.other = Some(other);
        if other.asked && (plays(suited) || !keeps) {
            self.replace(now);
        }
    }

    /// When the other kind is asked for that suits better since `since`.
    pub(super) fn due(&self, since: Instant) -> Instant {
        let rested = self.turned.map(|turned| turned + BETWEEN_TURNS);
        rested.unwrap_or(since).max(since + DWELL)
    }

    fn replace(&mut self, now: Instant) {
        self.kind = other_kind(self.kind);
        self.other = None;
        self.turned = Some(now);
    }
}

fn other_kind(kind: StreamKind) -> StreamKind {
    match kind {
        StreamKind::Main => StreamKind::Sub,
        StreamKind::Sub => StreamKind::Main,
    }
}
