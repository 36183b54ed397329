//! The tables of a plain file (ISO/IEC 14496-12 sections 8.2 to 8.7): where its samples lie and when they are shown.

use mp4_atom::{
    Co64, Ctts, CttsEntry, Dinf, Dref, DrefEntry, FixedPoint, FourCC, Hdlr, Mdhd, Mdia, Minf, Moov, Mvex, Mvhd, Stbl,
    Stsc, StscEntry, Stsd, Stss, Stsz, StszSamples, Stts, SttsEntry, Tkhd, Trak, Url, Vmhd,
};

use super::description::StreamDescription;
use super::{TIMESCALE, micros_of};

/// Seconds from 1904 to 1970: files count from there.
const SINCE_1904: i64 = 2_082_844_800;

/// Which box says when a finished part ends: a name of ours among all UUIDs, and how long the box is.
pub(super) const END: [u8; 16] = *b"monomi-part-end.";
pub(super) const ENDING: usize = 32;

/// The end of a part: `tables` go behind everything, then `hinge` is written at `hinge_at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub tables: Vec<u8>,
    pub hinge_at: u64,
    pub hinge: [u8; 16],
}

/// One sample of a table: times in ticks, size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub decoded: i64,
    pub shown: i64,
    pub size: u32,
    pub key: bool,
}

/// The samples of a file and where they lie.
#[derive(Clone, Debug, Default)]
pub struct SampleTable {
    samples: Vec<Row>,
    /// Where each chunk begins, and how many samples it has.
    chunks: Vec<(u64, u32)>,
}

impl SampleTable {
    pub(super) fn chunk(&mut self, at: u64, samples: Vec<Row>) {
        self.chunks.push((at, u32::try_from(samples.len()).unwrap_or(u32::MAX)));
        self.samples.extend(samples);
    }

    pub(super) fn last_decoded(&self) -> Option<i64> {
        self.samples.last().map(|row| row.decoded)
    }

    pub(super) fn last_time(&self) -> Option<i64> {
        self.samples.last().map(|row| row.shown)
    }

    /// How long the last picture stands, for nothing says it: as long as the one before.
    pub(super) fn usual_step(&self, more: &[Row]) -> i64 {
        let mut last = self.samples.iter().chain(more).rev().map(|row| row.decoded);
        match (last.next(), last.next()) {
            (Some(last), Some(before)) => (last - before).clamp(1, i64::from(TIMESCALE)),
            _ => i64::from(TIMESCALE) / 15,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// When the last picture ends, in ticks.
    #[must_use]
    pub fn end(&self) -> i64 {
        let step = self.usual_step(&[]);
        self.samples
            .iter()
            .map(|row| row.shown.max(row.decoded))
            .max()
            .map_or(0, |last| last + step)
    }

    /// The movie box of a plain file with these samples. `begin`: microseconds since 1970.
    pub(super) fn moov(&self, description: &StreamDescription, begin: i64) -> Vec<u8> {
        let end = self.end();
        let mut stts: Vec<SttsEntry> = Vec::new();
        let mut ctts: Vec<CttsEntry> = Vec::new();
        let mut stss = Vec::new();
        for (at, row) in self.samples.iter().enumerate() {
            let next = self.samples.get(at + 1).map_or(end, |next| next.decoded);
            let delta = u32::try_from(next - row.decoded).unwrap_or(1);
            match stts.last_mut() {
                Some(run) if run.sample_delta == delta => run.sample_count += 1,
                _ => stts.push(SttsEntry {
                    sample_count: 1,
                    sample_delta: delta,
                }),
            }
            let offset = row.shown - row.decoded;
            match ctts.last_mut() {
                Some(run) if run.sample_offset == offset => run.sample_count += 1,
                _ => ctts.push(CttsEntry {
                    sample_count: 1,
                    sample_offset: offset,
                }),
            }
            if row.key {
                stss.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        let reorders = ctts.iter().any(|run| run.sample_offset != 0);
        let all_keys = stss.len() == self.samples.len();
        let mut stsc: Vec<StscEntry> = Vec::new();
        for (at, (_, count)) in self.chunks.iter().enumerate() {
            if stsc.last().is_none_or(|run| run.samples_per_chunk != *count) {
                stsc.push(StscEntry {
                    first_chunk: u32::try_from(at + 1).unwrap_or(u32::MAX),
                    samples_per_chunk: *count,
                    sample_description_index: 1,
                });
            }
        }
        let stbl = Stbl {
            stsd: Stsd {
                codecs: vec![description.entry()],
            },
            stts: Stts { entries: stts },
            ctts: reorders.then_some(Ctts { entries: ctts }),
            stss: (!all_keys).then_some(Stss { entries: stss }),
            stsc: Stsc { entries: stsc },
            stsz: Stsz {
                samples: StszSamples::Different {
                    sizes: self.samples.iter().map(|row| row.size).collect(),
                },
            },
            co64: Some(Co64 {
                entries: self.chunks.iter().map(|(at, _)| *at).collect(),
            }),
            ..Stbl::default()
        };
        let mut bytes = Vec::new();
        let duration = u64::try_from(end).unwrap_or_default();
        encoded(&mut bytes, &movie(stbl, description, begin, duration, None));
        bytes
    }
}

pub(super) fn seal(
    table: &SampleTable,
    description: &StreamDescription,
    begin: i64,
    hinge_at: u64,
    length: u64,
) -> Sealed {
    let mut tables = table.moov(description, begin);
    tables.extend_from_slice(&ending(begin.saturating_add(micros_of(table.end()))));
    let mut hinge = [0; 16];
    hinge[3] = 1;
    hinge[4..8].copy_from_slice(b"mdat");
    hinge[8..].copy_from_slice(&(length - hinge_at).to_be_bytes());
    Sealed {
        tables,
        hinge_at,
        hinge,
    }
}

/// The last box of a finished part: when it ends, in microseconds since 1970.
fn ending(end: i64) -> [u8; ENDING] {
    let mut bytes = [0; ENDING];
    bytes[3] = 32;
    bytes[4..8].copy_from_slice(b"uuid");
    bytes[8..24].copy_from_slice(&END);
    bytes[24..].copy_from_slice(&end.to_be_bytes());
    bytes
}

pub(super) fn movie(
    stbl: Stbl,
    description: &StreamDescription,
    begin: i64,
    duration: u64,
    mvex: Option<Mvex>,
) -> Moov {
    let (width, height) = description.size();
    let pixels = |size: u32| FixedPoint::new(u16::try_from(size).unwrap_or(u16::MAX), 0);
    let made = u64::try_from(begin / 1_000_000 + SINCE_1904).unwrap_or_default();
    Moov {
        mvhd: Mvhd {
            creation_time: made,
            modification_time: made,
            timescale: TIMESCALE,
            duration,
            rate: FixedPoint::new(1, 0),
            volume: FixedPoint::new(1, 0),
            next_track_id: 2,
            ..Mvhd::default()
        },
        mvex,
        trak: vec![Trak {
            tkhd: Tkhd {
                creation_time: made,
                modification_time: made,
                track_id: 1,
                duration,
                enabled: true,
                in_movie: true,
                width: pixels(width),
                height: pixels(height),
                ..Tkhd::default()
            },
            mdia: Mdia {
                mdhd: Mdhd {
                    creation_time: made,
                    modification_time: made,
                    timescale: TIMESCALE,
                    duration,
                    language: "und".to_owned(),
                },
                hdlr: Hdlr {
                    handler: FourCC::new(b"vide"),
                    name: "Monomi".to_owned(),
                },
                minf: Minf {
                    vmhd: Some(Vmhd::default()),
                    dinf: Dinf {
                        dref: Dref {
                            entries: vec![DrefEntry::Url(Url::default())],
                        },
                    },
                    stbl,
                    ..Minf::default()
                },
            },
            ..Trak::default()
        }],
        ..Moov::default()
    }
}

/// Adds a box. What this program makes can be encoded: the sizes are bounded before.
pub(super) fn encoded(bytes: &mut Vec<u8>, atom: &impl mp4_atom::Encode) {
    let before = bytes.len();
    if atom.encode(bytes).is_err() {
        bytes.truncate(before);
    }
}
