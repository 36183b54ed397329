//! NAL units out of the pieces that packets carry, and what each of them is to the picture under way.

use std::time::Instant;

use super::access_unit::{Counts, Discarded};
use super::assembler::{Arrival, Assembler, Gap};
use super::frame_numbers::{FrameNumbers, FrameStep};
use super::references::{Circumstances, References, Standing};
use super::sets::{Noted, START_CODE, Sets, units};
use super::syntax::{HEAD, Slice, Syntax, Unit};

/// Reassembles units and hands them to the [`Assembler`].
///
/// Some recorders send several units in what they call one, with start codes between them, also inside of fragments. They are
/// told apart when the unit is complete: a start code cannot occur inside of a real one.
#[derive(Debug)]
pub(super) struct NalUnits {
    syntax: Syntax,
    pub sets: Sets,
    pub pictures: Assembler,
    open: Option<Open>,
    /// Parameter sets were put before a picture of this packet; once a packet is enough.
    inserted: bool,
    frames: FrameNumbers,
    references: References,
    /// The numbers of packets stepped before the picture that began last.
    hint: bool,
    /// Bytes looked at.
    pub work: u64,
}

/// A unit that is not complete.
#[derive(Debug)]
struct Open {
    unit: Unit,
    /// Of its header, as the fragments repeat it.
    kind: u8,
    /// Where its first byte is.
    start: usize,
    /// Its further bytes are kept.
    kept: bool,
    time: u32,
}

impl NalUnits {
    pub(super) fn new(syntax: Syntax, sets: Sets, now: Instant) -> Self {
        let mut pictures = Assembler::new(&[], now);
        pictures.format = sets.format();
        Self {
            syntax,
            sets,
            pictures,
            open: None,
            inserted: false,
            frames: FrameNumbers::default(),
            references: References::default(),
            hint: false,
            work: 0,
        }
    }

    pub(super) fn counts(&mut self) -> &mut Counts {
        &mut self.pictures.counts
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.open = None;
        self.frames.forget_last();
        self.references.forget();
        self.pictures.restart(now);
    }

    /// When [`Assembler::poll`] has something to do; a unit that is not complete is waited for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pictures.deadline().filter(|_| self.open.is_none())
    }

    pub(super) fn poll(&mut self, now: Instant) {
        if self.open.is_none() {
            self.pictures.poll(now);
        }
    }

    /// A structure of the packet is broken: what it was to carry is missing.
    pub(super) fn malformed(&mut self) {
        self.counts().discard(Discarded::Malformed);
        self.pictures.damage();
    }

    /// One complete unit.
    pub(super) fn whole(&mut self, nal: &[u8], arrival: &mut Arrival) {
        self.begin(0, &[], nal, arrival);
        self.complete(arrival);
    }

    /// The first fragment of a unit. `kind`: what its further fragments repeat.
    pub(super) fn begin(&mut self, kind: u8, header: &[u8], payload: &[u8], arrival: &mut Arrival) {
        self.leave(arrival);
        self.pictures.gap(std::mem::replace(&mut arrival.gap, Gap::None));
        let payload = if header.is_empty() {
            without_start_code(payload)
        } else {
            payload
        };
        if header.is_empty() && payload.is_empty() {
            return;
        }
        let mut head = [0; HEAD];
        let length = header.len().min(HEAD);
        head[..length].copy_from_slice(&header[..length]);
        let more = payload.len().min(HEAD - length);
        head[length..length + more].copy_from_slice(&payload[..more]);
        let unit = self.syntax.unit(&head[..length + more]);
        let kept = self.place(unit, &head[..length + more], arrival) && self.pictures.extend(&START_CODE);
        let start = self.pictures.data.len();
        self.open = Some(Open {
            unit,
            kind,
            start,
            kept,
            time: arrival.time,
        });
        self.extend(header);
        self.extend(payload);
    }

    /// A further fragment.
    pub(super) fn further(&mut self, kind: u8, payload: &[u8], arrival: &mut Arrival) {
        let gap = std::mem::replace(&mut arrival.gap, Gap::None);
        let belongs = self
            .open
            .as_ref()
            .is_some_and(|open| open.kind == kind && !(gap != Gap::None && open.time != arrival.time));
        if !belongs {
            arrival.torn |= gap != Gap::None;
            arrival.gap = gap;
            self.leave(arrival);
            self.pictures.gap(std::mem::replace(&mut arrival.gap, Gap::None));
            self.pictures.damage();
            self.counts().discard(Discarded::Headless);
            return;
        }
        if matches!(gap, Gap::Likely | Gap::Believed) {
            arrival.torn |= gap == Gap::Likely;
            self.pictures.damage();
            self.counts().discard(Discarded::Broken);
            if let Some(open) = &mut self.open {
                open.kept = false;
            }
        }
        self.extend(payload);
    }

    /// The unit under way is complete.
    pub(super) fn complete(&mut self, arrival: &mut Arrival) {
        let Some(open) = self.open.take() else { return };
        let length = self.pictures.data.len();
        if open.start >= length {
            return;
        }
        self.work += (length - open.start) as u64;
        let nal = &self.pictures.data[open.start..];
        let border = memchr::memmem::find(nal, &[0, 0, 1]);
        let own = &nal[..border.unwrap_or(nal.len())];
        let zeros = own.iter().rev().take_while(|byte| **byte == 0).count();
        let end = open.start + own.len() - zeros;
        let further = border.map(|border| self.pictures.data.split_off(open.start + border));
        self.pictures.data.truncate(end);
        self.finish(open.unit, open.start, arrival);
        let further = further.unwrap_or_default();
        self.work += further.len() as u64;
        for nal in units(&further) {
            let unit = self.syntax.unit(nal);
            if self.place(unit, nal, arrival) && self.pictures.extend(&START_CODE) {
                let start = self.pictures.data.len();
                if self.pictures.extend(nal) {
                    self.finish(unit, start, arrival);
                }
            }
        }
    }

    /// The packet is read.
    pub(super) fn packet_done(&mut self, arrival: &Arrival) {
        self.inserted = false;
        if self.open.is_none() {
            self.pictures.packet_done(arrival);
        }
    }

    /// Ends a unit whose last fragment did not come. Where no packet is missing the recorder just does not mark the last one.
    fn leave(&mut self, arrival: &mut Arrival) {
        if self.open.is_some() && arrival.gap != Gap::None {
            arrival.torn = true;
            self.pictures.damage();
            self.counts().discard(Discarded::Broken);
        }
        self.complete(arrival);
    }

    /// Takes note of a unit that begins; false: it is thrown away.
    fn place(&mut self, unit: Unit, head: &[u8], arrival: &mut Arrival) -> bool {
        if matches!(unit, Unit::Slice(_)) {
            let set = self.syntax.set_of_slice(head);
            let stated = set.and_then(|set| self.sets.format_of(set));
            self.pictures.format = stated.or_else(|| self.sets.format());
        }
        match unit {
            Unit::Slice(slice) if slice.first => {
                let sets = self.lacking_sets(slice);
                let step = self.frame_step(slice, head);
                self.hint = self.pictures.hints_at_loss();
                self.pictures.first_slice(slice, arrival);
                // Some throw pictures away before they number the packets.
                if step == FrameStep::Skips && (self.hint || self.frames.are_believed()) {
                    arrival.torn |= self.hint;
                    self.pictures.miss();
                }
                self.frames.judge(step);
                let skip = self.delimiter();
                self.pictures.insert(sets, skip);
                true
            }
            Unit::Slice(slice) => self.pictures.further_slice(slice, arrival),
            Unit::Set(_) | Unit::Message | Unit::Opening => {
                self.pictures.opening_unit(arrival.now);
                true
            }
            Unit::Closing | Unit::Filler => {
                let kept = unit == Unit::Closing && self.pictures.closing_unit();
                if !kept {
                    self.counts().discard(Discarded::Filler);
                }
                kept
            }
        }
    }

    /// How `frame_num` goes on from the last picture to the one that begins.
    fn frame_step(&mut self, slice: Slice, head: &[u8]) -> FrameStep {
        let Some(form) = self.sets.frame_form() else {
            return FrameStep::Unknown;
        };
        let number = self.syntax.frame_number(head, form.bits);
        self.frames.note(form, number, slice.random_access)
    }

    /// Whether all came that the picture refers to that began with the slice at `start`.
    fn judge_references(&mut self, start: usize, arrival: &mut Arrival) {
        let nal = &self.pictures.data[start..];
        let head = self.syntax.set_of_slice(nal).and_then(|set| {
            let (sequence, picture) = self.sets.forms_of(set)?;
            self.syntax.picture_head(nal, sequence, picture)
        });
        self.work += nal.len().min(HEAD) as u64;
        let circumstances = Circumstances {
            hint: self.hint,
            trouble: self.pictures.is_troubled(),
        };
        let standing = self.references.note(head.as_ref(), circumstances);
        arrival.torn |= self.hint && standing == Standing::Unfounded;
        self.pictures.note_references(standing);
    }

    /// The parameter sets that a decoder may lack if it begins with the picture of this slice.
    fn lacking_sets(&mut self, slice: Slice) -> Vec<u8> {
        let is_key = slice.random_access || slice.intra || self.pictures.opening_recovers();
        if !is_key || std::mem::replace(&mut self.inserted, true) {
            return Vec::new();
        }
        let pictures = &self.pictures;
        let sets = self.sets.byte_stream(|kind| !pictures.opening_has(kind));
        self.work += sets.len() as u64;
        sets
    }

    /// The length of a delimiter that opens the picture: nothing may stand before it.
    fn delimiter(&self) -> usize {
        let opening = self.pictures.opening_bytes();
        let Some(nal) = opening.strip_prefix(&START_CODE) else {
            return 0;
        };
        if !self.syntax.is_delimiter(nal) {
            return 0;
        }
        let near = &nal[..nal.len().min(HEAD)];
        let end = memchr::memmem::find(near, &START_CODE).unwrap_or(near.len());
        START_CODE.len() + end
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.work += bytes.len() as u64;
        if let Some(open) = self.open.as_mut().filter(|open| open.kept) {
            open.kept = self.pictures.extend(bytes);
        }
    }

    /// A unit is complete, from `start` to the end of what was collected.
    fn finish(&mut self, unit: Unit, start: usize, arrival: &mut Arrival) {
        let nal = &self.pictures.data[start..];
        match unit {
            Unit::Slice(slice) => {
                if slice.first && self.syntax == Syntax::H265 {
                    self.judge_references(start, arrival);
                }
                self.pictures.close_unit();
            }
            Unit::Closing => {
                if self.syntax.ends_sequence(nal) {
                    self.references.forget();
                }
                self.pictures.close_unit();
            }
            Unit::Set(kind) => {
                let noted = self.sets.note(nal);
                self.work += self.sets.len() as u64;
                if noted == Noted::Surplus {
                    self.counts().discard(Discarded::SurplusSet);
                }
                if noted == Noted::Damaged {
                    // A decoder may read it all the same.
                    self.pictures.note_format(true);
                    self.pictures.end_front();
                } else {
                    self.pictures.format = self.sets.format();
                    self.pictures.note_set(kind, noted != Noted::Known);
                }
            }
            Unit::Message => {
                let recovery = self.syntax.recovery(nal);
                self.pictures.end_front();
                if let Some(pictures) = recovery {
                    self.pictures.note_recovery(pictures);
                }
            }
            Unit::Opening => {
                if !(self.syntax.is_delimiter(nal) && self.pictures.is_at_front()) {
                    self.pictures.end_front();
                }
            }
            Unit::Filler => {}
        }
    }
}

pub(super) fn has_start_code(bytes: &[u8]) -> bool {
    without_start_code(bytes).len() < bytes.len()
}

/// Some recorders leave the start code before the unit.
fn without_start_code(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    if zeros >= 2 && bytes.get(zeros) == Some(&1) {
        &bytes[zeros + 1..]
    } else {
        bytes
    }
}
