//! One part as it is written: a head, then fragments of whole groups of pictures, so that what was killed can be played to its last
//! fragment. When it is finished, the tables of a plain file follow, and sixteen bytes in the head make one of it in one step.

use mp4_atom::{FourCC, Ftyp, Header, Mfhd, Moof, Mvex, Stbl, Stsd, Tfdt, Tfhd, Traf, Trex, Trun, TrunEntry};

use super::TIMESCALE;
use super::description::StreamDescription;
use super::info::PartInfo;
use super::table::{Row, SampleTable, Sealed, encoded, movie, seal};
use super::timeline::Timeline;
use super::unit::Unit;

/// A part is no longer than this, in microseconds.
pub const LONGEST_PART: i64 = 600_000_000;

/// A group that is longer is written in pieces, in ticks and in bytes.
const LONG_GROUP: i64 = 2 * TIMESCALE as i64;
const LARGE_GROUP: usize = 4 << 20;
/// Of a stream whose pictures are shown in another order a group is cut only where it would fill the memory.
const LARGEST_GROUP: usize = 24 << 20;
/// Arrivals that are further apart than this are of two parts, in ticks: a clock was set, or nothing came. Some streams have a picture
/// each half a minute.
const APART: i64 = 60 * TIMESCALE as i64;
const BACK: i64 = TIMESCALE as i64 / 2;

/// Which box has what the part says of itself: a name of ours among all UUIDs.
pub(super) const INFO: [u8; 16] = *b"monomi-part-info";

/// The sixteen bytes that make a plain file of the part stand in a box of their own until then.
pub(super) const HINGE: FourCC = FourCC::new(b"free");

/// Samples that others may refer to, and those that begin anew (ISO/IEC 14496-12 section 8.8.3.1).
const SYNC: u32 = 0x0200_0000;
const NOT_SYNC: u32 = 0x0101_0000;

/// Why a part ends before a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It is long enough.
    Long,
    /// The stream is another one: codec, parameter sets or size.
    Changed,
    /// The time makes a leap, or nothing came for long.
    Leap,
    /// It is recorded for another reason.
    Cause,
}

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It waits for the rest of its group.
    Held,
    /// These bytes are to be written; the picture itself waits.
    Write(Vec<u8>),
}

/// A part under way. It says which bytes are to be written, one behind the other.
#[derive(Debug)]
pub struct PartWriter {
    description: StreamDescription,
    begin: i64,
    line: Timeline,
    pending: Vec<Pending>,
    pending_bytes: usize,
    table: SampleTable,
    /// How much of the file is written.
    length: u64,
    hinge_at: u64,
    fragments: u32,
    /// Pictures are shown in another order than they come.
    reorders: bool,
}

#[derive(Debug)]
struct Pending {
    time: i64,
    key: bool,
    data: Vec<u8>,
}

impl PartWriter {
    /// Begins a part; the bytes are its head. Its first picture is to be pushed next.
    #[must_use]
    pub fn begin(info: &PartInfo, description: StreamDescription) -> (Self, Vec<u8>) {
        let (head, hinge_at) = head(&info.text(), &description, info.begin);
        let writer = Self {
            begin: info.begin,
            line: Timeline::new(info.begin),
            pending: Vec::new(),
            pending_bytes: 0,
            table: SampleTable::default(),
            length: head.len() as u64,
            hinge_at,
            fragments: 0,
            reorders: false,
            description,
        };
        (writer, head)
    }

    #[must_use]
    pub fn description(&self) -> &StreamDescription {
        &self.description
    }

    /// Whether another part begins with this picture. `description`: of a key picture, where it has one.
    #[must_use]
    pub fn cut(&self, unit: &Unit, description: Option<&StreamDescription>) -> Option<Cut> {
        let step = self.line.step(unit);
        if !(-BACK..=APART).contains(&step) {
            return Some(Cut::Leap);
        }
        if !unit.key {
            return None;
        }
        if description.is_some_and(|description| *description != self.description) {
            return Some(Cut::Changed);
        }
        (unit.at.saturating_sub(self.begin) >= LONGEST_PART).then_some(Cut::Long)
    }

    /// Takes a picture, in the order in which they are decoded.
    pub fn push(&mut self, unit: &Unit) -> Pushed {
        let time = self.line.place(unit);
        let first = self.pending.first().map(|pending| pending.time);
        let long = first.is_some_and(|first| time - first >= LONG_GROUP) || self.pending_bytes >= LARGE_GROUP;
        let ends = unit.key || (long && !self.reorders) || self.pending_bytes >= LARGEST_GROUP;
        let fragment = if ends {
            self.flush_before(Some(time))
        } else {
            Vec::new()
        };
        let before = self
            .pending
            .last()
            .map_or(self.table.last_time(), |pending| Some(pending.time));
        self.reorders |= before.is_some_and(|before| time < before);
        let data = self.description.codec().sample(&unit.data);
        self.pending_bytes += data.len();
        self.pending.push(Pending {
            time,
            key: unit.key,
            data,
        });
        if fragment.is_empty() {
            Pushed::Held
        } else {
            Pushed::Write(fragment)
        }
    }

    /// What waits, as bytes to be written; empty where nothing does.
    pub fn flush(&mut self) -> Vec<u8> {
        self.flush_before(None)
    }

    /// Pictures that were written or wait.
    #[must_use]
    pub fn pictures(&self) -> usize {
        self.table.len() + self.pending.len()
    }

    /// How much of the file was given out.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    fn flush_before(&mut self, next: Option<i64>) -> Vec<u8> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        if pending.is_empty() {
            return Vec::new();
        }
        let mut order: Vec<i64> = pending.iter().map(|pending| pending.time).collect();
        order.sort_unstable();
        let mut samples = Vec::with_capacity(pending.len());
        let mut last = self.table.last_decoded();
        for (pending, decoded) in pending.iter().zip(order) {
            let decoded = last.map_or(decoded, |last| decoded.max(last + 1));
            last = Some(decoded);
            samples.push(Row {
                decoded,
                shown: pending.time,
                size: u32::try_from(pending.data.len()).unwrap_or(u32::MAX),
                key: pending.key,
            });
        }
        self.fragments += 1;
        let next = next.or_else(|| last.map(|last| last + self.table.usual_step(&samples)));
        let mut bytes = moof(self.fragments, &samples, next);
        let body: usize = pending.iter().map(|pending| pending.data.len()).sum();
        let header = Header {
            kind: FourCC::new(b"mdat"),
            size: Some(body),
        };
        encoded(&mut bytes, &header);
        self.table.chunk(self.length + bytes.len() as u64, samples);
        for pending in &pending {
            bytes.extend_from_slice(&pending.data);
        }
        self.length += bytes.len() as u64;
        bytes
    }

    /// What makes a plain file of all that was given out so far. Pictures that wait are not in it: [`Self::flush`] goes before.
    #[must_use]
    pub fn seal(&self) -> Sealed {
        seal(&self.table, &self.description, self.begin, self.hinge_at, self.length)
    }
}

/// The head of a part, and where its hinge is.
fn head(info: &str, description: &StreamDescription, begin: i64) -> (Vec<u8>, u64) {
    let mut bytes = Vec::new();
    let ftyp = Ftyp {
        major_brand: FourCC::new(b"isom"),
        minor_version: 0x200,
        compatible_brands: [b"isom", b"iso6", b"mp41", b"mp42"].map(FourCC::new).into(),
    };
    encoded(&mut bytes, &ftyp);
    let header = Header {
        kind: FourCC::new(b"uuid"),
        size: Some(INFO.len() + info.len()),
    };
    encoded(&mut bytes, &header);
    bytes.extend_from_slice(&INFO);
    bytes.extend_from_slice(info.as_bytes());
    let hinge_at = bytes.len() as u64;
    let hinge = Header {
        kind: HINGE,
        size: Some(8),
    };
    encoded(&mut bytes, &hinge);
    bytes.extend_from_slice(&[0; 8]);
    let stbl = Stbl {
        stsd: Stsd {
            codecs: vec![description.entry()],
        },
        stco: Some(mp4_atom::Stco::default()),
        ..Stbl::default()
    };
    let mvex = Mvex {
        mehd: None,
        trex: vec![Trex {
            track_id: 1,
            default_sample_description_index: 1,
            default_sample_duration: 0,
            default_sample_size: 0,
            default_sample_flags: 0,
        }],
    };
    encoded(&mut bytes, &movie(stbl, description, begin, 0, Some(mvex)));
    (bytes, hinge_at)
}

fn moof(number: u32, samples: &[Row], next: Option<i64>) -> Vec<u8> {
    let mut entries = Vec::with_capacity(samples.len());
    let reorders = samples.iter().any(|row| row.shown != row.decoded);
    for (at, row) in samples.iter().enumerate() {
        let until = samples.get(at + 1).map(|next| next.decoded).or(next);
        let duration = until.map_or(1, |until| until - row.decoded);
        entries.push(TrunEntry {
            duration: Some(u32::try_from(duration).unwrap_or(1).max(1)),
            size: Some(row.size),
            flags: Some(if row.key { SYNC } else { NOT_SYNC }),
            cts: reorders.then_some(row.shown - row.decoded),
        });
    }
    let first = samples.first().map_or(0, |row| row.decoded);
    let mut moof = Moof {
        mfhd: Mfhd {
            sequence_number: number,
        },
        traf: vec![Traf {
            tfhd: Tfhd {
                track_id: 1,
                default_base_is_moof: true,
                ..Tfhd::default()
            },
            tfdt: Some(Tfdt {
                base_media_decode_time: u64::try_from(first).unwrap_or_default(),
            }),
            trun: vec![Trun {
                data_offset: Some(0),
                samples: entries.into(),
            }],
            ..Traf::default()
        }],
    };
    let mut bytes = Vec::new();
    encoded(&mut bytes, &moof);
    // The samples lie behind this box and the header of the next.
    if let Some(run) = moof.traf.first_mut().and_then(|traf| traf.trun.first_mut()) {
        run.data_offset = i32::try_from(bytes.len() + 8).ok();
    }
    bytes.clear();
    encoded(&mut bytes, &moof);
    bytes
}
