//! Where a picture begins and where it ends.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::access_unit::{AccessUnit, Condition, Counts, Discarded, Key};
use super::endings::{EndedBy, Endings, Progress};
use super::picture_format::PictureFormat;
use super::references::Standing;
use super::sync::Sync;
use super::syntax::{SetKind, Slice};

/// A picture may have so many bytes; a larger one is thrown away.
pub(super) const LARGEST_PICTURE: usize = 4 << 20;

/// So many access units wait to be fetched; more are thrown away.
pub const MOST_READY: usize = 256;

/// One packet on its way through the room.
#[derive(Debug)]
pub(super) struct Arrival {
    pub now: Instant,
    pub time: u32,
    pub marker: bool,
    pub gap: Gap,
    /// Found out on the way: packets are missing before this one.
    pub torn: bool,
}

/// Whether packets are missing before a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    /// The numbers say so, but may be wrong.
    Hint,
    /// Nothing speaks against the numbers yet: believed inside of a unit.
    Likely,
    Believed,
}

/// Collects the bytes of pictures and closes them to access units.
///
/// The bytes of the picture under way come first in `data`; behind them, from `tail` on, stands what belongs before the first
/// slice of the next picture. Whether such a unit has ended a picture shows with the slice that follows it.
#[derive(Debug)]
pub(super) struct Assembler {
    pub data: Vec<u8>,
    tail: usize,
    opening: Opening,
    picture: Option<Picture>,
    endings: Endings,
    /// How the last picture ended, and its RTP time.
    ended: Option<(EndedBy, u32)>,
    /// Something that the next picture may refer to is missing.
    missing: bool,
    /// Pictures are smeared only because of what their references say.
    unfounded: bool,
    /// A picture was too large: the rest of it is thrown away.
    skipping: bool,
    /// The numbers had a step since the last slice.
    hint: bool,
    pub sync: Sync,
    /// Of the picture that is begun next, or was begun last.
    pub format: Option<PictureFormat>,
    pub counts: Counts,
    lost: u32,
    ready: VecDeque<AccessUnit>,
    /// What a picture must end with.
    trailer: &'static [u8],
}

/// What stands before the first slice of a picture.
#[derive(Debug, Default)]
struct Opening {
    first_arrival: Option<Instant>,
    sets: Vec<SetKind>,
    changed: bool,
    /// Bytes up to the end of the last set before which only sets and a delimiter stand.
    front: usize,
    /// Something else stands behind these.
    front_ended: bool,
    recovery: Option<u32>,
}

#[derive(Debug)]
struct Picture {
    first_arrival: Instant,
    last_arrival: Instant,
    time: u32,
    slices: u32,
    marked: bool,
    damaged: bool,
    sets_changed: bool,
    front: usize,
    random_access: bool,
    intra: bool,
    recovery: Option<u32>,
    references: Standing,
    format: Option<PictureFormat>,
}

impl Picture {
    fn key(&self) -> Option<Key> {
        match self.recovery {
            _ if self.random_access => Some(Key::RandomAccess),
            _ if self.intra => Some(Key::Intra),
            recovery => recovery.map(|pictures| Key::Recovery { pictures }),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            slices: self.slices,
            marked: self.marked,
            last_arrival: self.last_arrival,
        }
    }
}

/// Bytes that are kept to collect the next picture in.
const KEPT_CAPACITY: usize = 256 * 1024;
/// The memory of pictures, and what they are collected in, grows by so many bytes.
const STEP: usize = 8 * 1024;

impl Assembler {
    pub(super) fn new(trailer: &'static [u8], now: Instant) -> Self {
        Self {
            data: Vec::new(),
            tail: 0,
            opening: Opening::default(),
            picture: None,
            endings: Endings::default(),
            ended: None,
            missing: false,
            unfounded: false,
            skipping: false,
            hint: false,
            sync: Sync::waiting(now),
            format: None,
            counts: Counts::default(),
            lost: 0,
            ready: VecDeque::new(),
            trailer,
        }
    }

    /// Its pictures come in packets instead of slices: how many there were says nothing of the next picture.
    pub(super) fn of_packets(mut self) -> Self {
        self.endings = Endings::without_counts();
        self
    }

    pub(super) fn next(&mut self) -> Option<AccessUnit> {
        self.ready.pop_front()
    }

    pub(super) fn buffered(&self) -> usize {
        self.data.capacity() + self.ready.iter().map(|unit| unit.data.len()).sum::<usize>()
    }

    /// Forgets the picture under way; what comes next needs a key frame.
    pub(super) fn restart(&mut self, now: Instant) {
        self.clear();
        self.ready.clear();
        self.ended = None;
        self.missing = false;
        self.unfounded = false;
        self.skipping = false;
        self.sync = Sync::waiting(now);
    }

    fn clear(&mut self) {
        self.data.clear();
        self.tail = 0;
        self.opening = Opening::default();
        self.picture = None;
    }

    /// Packets are missing here.
    pub(super) fn lost(&mut self, packets: u32) {
        self.counts.lost += u64::from(packets);
        self.lost = self.lost.saturating_add(packets);
    }

    /// The numbers step before a packet that continues no unit.
    pub(super) fn gap(&mut self, gap: Gap) {
        match gap {
            Gap::None => {}
            Gap::Hint | Gap::Likely => self.hint = true,
            Gap::Believed => {
                self.hint = true;
                self.damage();
            }
        }
    }

    /// A part of the picture under way is missing, or of those before the next one.
    pub(super) fn damage(&mut self) {
        match &mut self.picture {
            Some(picture) => picture.damaged = true,
            None => self.missing = true,
        }
    }

    /// The numbers had a step since the last slice.
    pub(super) fn hints_at_loss(&self) -> bool {
        self.hint
    }

    /// Pictures are missing before the one that was begun just now.
    pub(super) fn miss(&mut self) {
        self.missing = true;
    }

    /// What the references of the picture say that was begun just now.
    pub(super) fn note_references(&mut self, standing: Standing) {
        if let Some(picture) = &mut self.picture {
            picture.references = standing;
        }
    }

    /// Before the picture under way others are missing or damaged, by their packets.
    pub(super) fn is_troubled(&self) -> bool {
        self.missing || !(self.sync == Sync::Synced || self.unfounded)
    }

    /// The first slice of a picture begins: the one under way has ended.
    pub(super) fn first_slice(&mut self, slice: Slice, arrival: &Arrival) {
        self.end(EndedBy::Next);
        self.skipping = false;
        self.begin(slice, arrival, false);
    }

    /// Another slice of the picture under way begins; false: there is none, and it is thrown away.
    pub(super) fn further_slice(&mut self, slice: Slice, arrival: &mut Arrival) -> bool {
        let hint = std::mem::take(&mut self.hint);
        if self.skipping {
            return false;
        }
        if let Some(picture) = &mut self.picture {
            if hint && picture.time != arrival.time {
                // The end of one picture is missing and the beginning of the next one.
                picture.damaged = true;
                arrival.torn = true;
                self.end(EndedBy::Next);
                self.begin(slice, arrival, true);
                return true;
            }
            if picture.marked {
                self.endings.marker_inside();
            }
            self.opening.recovery = self.opening.recovery.or(picture.recovery);
            let opening = std::mem::take(&mut self.opening);
            picture.recovery = opening.recovery;
            picture.sets_changed |= opening.changed;
            picture.random_access &= slice.random_access;
            picture.intra &= slice.intra;
            picture.slices += 1;
            let bytes = |format: Option<PictureFormat>| format.map(|format| format.decoder_bytes);
            if bytes(self.format) > bytes(picture.format) {
                picture.format = self.format;
            }
            picture.last_arrival = arrival.now;
            return true;
        }
        match self.ended {
            Some((by, time)) if !hint || time == arrival.time => {
                self.endings.misled(by);
                self.unfounded = false;
                self.sync.torn(arrival.now);
                self.counts.discard(Discarded::Late);
                false
            }
            _ => {
                arrival.torn |= hint;
                self.begin(slice, arrival, true);
                true
            }
        }
    }

    fn begin(&mut self, slice: Slice, arrival: &Arrival, damaged: bool) {
        let opening = std::mem::take(&mut self.opening);
        self.hint = false;
        self.endings.begin(arrival.now);
        self.picture = Some(Picture {
            first_arrival: opening.first_arrival.unwrap_or(arrival.now),
            last_arrival: arrival.now,
            time: arrival.time,
            slices: 1,
            marked: false,
            damaged,
            sets_changed: opening.changed,
            front: opening.front,
            random_access: slice.random_access,
            intra: slice.intra,
            recovery: opening.recovery,
            references: Standing::Unknown,
            format: self.format,
        });
    }

    /// A unit begins that stands before the first slice of a picture.
    pub(super) fn opening_unit(&mut self, now: Instant) {
        self.opening.first_arrival.get_or_insert(now);
    }

    /// A unit begins that belongs to the picture under way; false: there is none.
    pub(super) fn closing_unit(&mut self) -> bool {
        self.picture.is_some()
    }

    /// Bytes of a unit that was begun; false: the picture became too large and was thrown away.
    pub(super) fn extend(&mut self, bytes: &[u8]) -> bool {
        if self.data.len() + bytes.len() > LARGEST_PICTURE {
            self.clear();
            self.skipping = true;
            self.missing = true;
            self.counts.discard(Discarded::Oversized);
            return false;
        }
        let needed = self.data.len() + bytes.len();
        if needed > self.data.capacity() {
            // A quarter more at least, so that a large picture is not moved again and again.
            let capacity = (needed + self.data.len() / 4).next_multiple_of(STEP);
            self.data.reserve_exact(capacity - self.data.len());
        }
        self.data.extend_from_slice(bytes);
        true
    }

    /// Puts parameter sets before what opens the picture that was begun just now; `skip`: bytes that stay in front of them.
    pub(super) fn insert(&mut self, sets: Vec<u8>, skip: usize) {
        if !sets.is_empty() && self.data.len() + sets.len() <= LARGEST_PICTURE {
            let at = (self.tail + skip).min(self.data.len());
            if let Some(picture) = &mut self.picture {
                picture.front = picture.front.max(skip) + sets.len();
            }
            self.data.splice(at..at, sets);
        }
    }

    /// What stands before the first slice of the next picture.
    pub(super) fn opening_bytes(&self) -> &[u8] {
        &self.data[self.tail..]
    }

    pub(super) fn opening_has(&self, kind: SetKind) -> bool {
        self.opening.sets.contains(&kind)
    }

    pub(super) fn opening_recovers(&self) -> bool {
        self.opening.recovery.is_some()
    }

    /// A parameter set is complete.
    pub(super) fn note_set(&mut self, kind: SetKind, changed: bool) {
        if !self.opening.sets.contains(&kind) {
            self.opening.sets.push(kind);
        }
        self.opening.changed |= changed;
        if !self.opening.front_ended {
            self.opening.front = self.data.len() - self.tail;
        }
    }

    /// A unit is complete that is neither a parameter set nor a delimiter at the front.
    pub(super) fn end_front(&mut self) {
        self.opening.front_ended = true;
    }

    /// Whether nothing but delimiters stands before the first slice of the next picture so far.
    pub(super) fn is_at_front(&self) -> bool {
        self.opening.front == 0 && !self.opening.front_ended
    }

    /// The next picture states another size than the one before, or may do so.
    pub(super) fn note_format(&mut self, changed: bool) {
        self.opening.changed |= changed;
    }

    /// The next picture is a recovery point.
    pub(super) fn note_recovery(&mut self, pictures: u32) {
        self.opening.recovery = Some(pictures);
    }

    /// A slice is complete, or what belongs behind it: all bytes so far are of the picture.
    pub(super) fn close_unit(&mut self) {
        self.tail = self.data.len();
        // What stood before the next picture belongs to this one.
        (self.opening.front, self.opening.front_ended) = (0, false);
        if let Some(picture) = &mut self.picture {
            picture.sets_changed |= self.opening.changed;
        }
    }

    /// All units of a packet are complete.
    pub(super) fn packet_done(&mut self, arrival: &Arrival) {
        let Some(picture) = &mut self.picture else { return };
        if self.tail < self.data.len() {
            return;
        }
        picture.last_arrival = arrival.now;
        picture.marked = arrival.marker;
        if let Some(by) = self.endings.at_unit(picture.progress()) {
            self.end(by);
        }
    }

    /// The bytes themselves say that the picture is complete.
    pub(super) fn end_marked(&mut self) {
        self.end(EndedBy::Mark);
    }

    /// When the picture under way is to be taken for complete although nothing follows.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let picture = self.picture.as_ref()?;
        Some(self.endings.silent_at(picture.progress()))
    }

    pub(super) fn poll(&mut self, now: Instant) {
        if self.deadline().is_some_and(|until| until <= now) {
            self.end(EndedBy::Silence);
        }
    }

    fn judge(&mut self, picture: &Picture, key: Option<Key>) -> Condition {
        let missing = std::mem::take(&mut self.missing);
        let lost = missing || picture.damaged;
        let unfounded = picture.references == Standing::Unfounded;
        // What refers to whole pictures alone is whole; the references that told of the gap tell of its end.
        let refounded = self.unfounded && picture.references == Standing::Founded && !lost;
        let key = if refounded { Some(Key::Intra) } else { key };
        self.unfounded = !lost && (self.unfounded || (unfounded && self.sync == Sync::Synced));
        let condition = self
            .sync
            .note(key, picture.damaged, missing || unfounded, picture.last_arrival);
        self.unfounded &= self.sync != Sync::Synced;
        condition
    }

    /// The bytes of the picture that ends, in memory of a few sizes alone: what one key frame leaves free in the heap, the next
    /// one fits into. What they were collected in is kept for the next picture.
    fn take_picture(&mut self) -> Bytes {
        let trailer = if self.data[..self.tail].ends_with(self.trailer) {
            &[]
        } else {
            self.trailer
        };
        let mut picture = Vec::with_capacity((self.tail + trailer.len()).next_multiple_of(STEP));
        picture.extend_from_slice(&self.data[..self.tail]);
        picture.extend_from_slice(trailer);
        self.data.drain(..self.tail);
        self.tail = 0;
        self.data.shrink_to(KEPT_CAPACITY);
        Bytes::from(picture)
    }

    fn end(&mut self, by: EndedBy) {
        let Some(picture) = self.picture.take() else { return };
        let data = self.take_picture();
        self.ended = Some((by, picture.time));
        self.endings.ended(by, picture.progress(), picture.damaged);
        let key = picture.key();
        let condition = self.judge(&picture, key);
        if self.ready.len() >= MOST_READY {
            self.counts.discard(Discarded::NotFetched);
            self.missing = true;
            return;
        }
        self.counts.access_units += 1;
        self.ready.push_back(AccessUnit {
            data,
            first_arrival: picture.first_arrival,
            last_arrival: picture.last_arrival,
            rtp_time: picture.time,
            key,
            format: picture.format,
            sets_changed: picture.sets_changed,
            front: picture.front,
            condition,
            lost: std::mem::take(&mut self.lost),
            slices: picture.slices,
        });
    }
}
