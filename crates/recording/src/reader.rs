//! Parts as they are read: finished ones, and those that were left in the middle. A file is taken as far as it is whole, and nothing
//! that it says makes this take more memory than it is long.

use std::io::{self, Read, Seek, SeekFrom};

use mp4_atom::{Atom as _, Moof, Moov, StszSamples};

use super::description::StreamDescription;
use super::info::PartInfo;
use super::part::INFO;
use super::table::{END, ENDING, Row, SampleTable, Sealed, seal};

/// The longest text about a part, in bytes.
const LONGEST_INFO: u64 = 64 << 10;
/// The largest tables that are read, in bytes: a part has 10 minutes.
const LARGEST_TABLES: u64 = 64 << 20;
/// More samples than a part can have.
const MOST_SAMPLES: usize = 1 << 20;

/// Why a file is no part that can be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingFault {
    #[error("this is no recording of Monomi")]
    Foreign,
    #[error("the recording is damaged: {0}")]
    Damaged(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// One picture in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where it lies in the file.
    pub at: u64,
    pub size: u32,
    /// In ticks from the part's begin.
    pub decoded: i64,
    pub shown: i64,
    pub key: bool,
}

/// A part and all its pictures.
#[derive(Clone, Debug)]
pub struct ReadPart {
    pub info: PartInfo,
    pub description: StreamDescription,
    pub samples: Vec<Sample>,
    /// It is a plain file; else it was left in the middle, or is still written.
    pub finished: bool,
    /// Up to here the file is whole.
    pub whole: u64,
    pub(super) hinge_at: u64,
}

impl ReadPart {
    /// When its last picture ends, in microseconds since 1970.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.info.begin.saturating_add(super::micros_of(self.table().end()))
    }

    fn table(&self) -> SampleTable {
        let mut table = SampleTable::default();
        let mut rows: Vec<Row> = Vec::new();
        let (mut begin, mut next) = (0, 0);
        for sample in &self.samples {
            if sample.at != next && !rows.is_empty() {
                table.chunk(begin, std::mem::take(&mut rows));
            }
            if rows.is_empty() {
                begin = sample.at;
            }
            next = sample.at + u64::from(sample.size);
            rows.push(Row {
                decoded: sample.decoded,
                shown: sample.shown,
                size: sample.size,
                key: sample.key,
            });
        }
        if !rows.is_empty() {
            table.chunk(begin, rows);
        }
        table
    }

    /// What finishes one that was left in the middle: its file is cut to [`Self::whole`] before. `None`: it is finished, or empty.
    #[must_use]
    pub fn seal(&self) -> Option<Sealed> {
        let open = !self.finished && !self.samples.is_empty();
        open.then(|| {
            seal(
                &self.table(),
                &self.description,
                self.info.begin,
                self.hinge_at,
                self.whole,
            )
        })
    }
}

/// A box of the file.
struct Found {
    kind: [u8; 4],
    /// Where it begins, and where its content does.
    at: u64,
    content: u64,
    /// Where the next one is.
    end: u64,
}

struct Boxes<R> {
    file: R,
    length: u64,
    at: u64,
}

impl<R: Read + Seek> Boxes<R> {
    fn new(mut file: R) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length, at: 0 })
    }

    /// The next box; `None`: there is no other whole one.
    fn next(&mut self) -> io::Result<Option<Found>> {
        let at = self.at;
        let mut head = [0; 16];
        if self.length.saturating_sub(at) < 8 {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut head[..8])?;
        let [a, b, c, d, kind @ ..] = head;
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        let size = u32::from_be_bytes([a, b, c, d]);
        let (size, content) = match size {
            0 => (self.length - at, at + 8),
            1 if self.length - at >= 16 => {
                self.file.read_exact(&mut head[8..])?;
                let mut large = [0; 8];
                large.copy_from_slice(&head[8..]);
                (u64::from_be_bytes(large), at + 16)
            }
            size => (size.into(), at + 8),
        };
        let Some(end) = at
            .checked_add(size)
            .filter(|end| *end >= content && *end <= self.length)
        else {
            return Ok(None);
        };
        self.at = end;
        Ok(Some(Found { kind, at, content, end }))
    }

    fn content(&mut self, found: &Found, most: u64) -> io::Result<Option<Vec<u8>>> {
        let size = found.end - found.content;
        if size > most {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(found.content))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(size).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// The text of a part, which stands in its second box; the next box is its hinge.
    fn info(&mut self) -> Result<PartInfo, RecordingFault> {
        let head = self.next()?.ok_or(RecordingFault::Foreign)?;
        let second = self.next()?.ok_or(RecordingFault::Foreign)?;
        if &head.kind != b"ftyp" || &second.kind != b"uuid" {
            return Err(RecordingFault::Foreign);
        }
        let bytes = self.content(&second, LONGEST_INFO)?.ok_or(RecordingFault::Foreign)?;
        let text = bytes.strip_prefix(&INFO).ok_or(RecordingFault::Foreign)?;
        let text = String::from_utf8_lossy(text);
        PartInfo::from_text(&text).ok_or(RecordingFault::Damaged("it does not say what it is of"))
    }
}

/// What a part says of itself, and when it ends (microseconds since 1970) where it is finished.
///
/// # Errors
/// [`RecordingFault`]; a file of others is [`RecordingFault::Foreign`].
pub fn read_info(file: impl Read + Seek) -> Result<(PartInfo, Option<i64>), RecordingFault> {
    let mut boxes = Boxes::new(file)?;
    let info = boxes.info()?;
    let hinge = boxes.next()?;
    let finished = hinge.is_some_and(|hinge| &hinge.kind == b"mdat");
    if !finished || boxes.length < ENDING as u64 {
        return Ok((info, None));
    }
    boxes.file.seek(SeekFrom::End(-(ENDING as i64)))?;
    let mut last = [0; ENDING];
    boxes.file.read_exact(&mut last)?;
    let end = i64::from_be_bytes([
        last[24], last[25], last[26], last[27], last[28], last[29], last[30], last[31],
    ]);
    let is_end = last[8..24] == END && end >= info.begin;
    Ok((info, is_end.then_some(end)))
}

/// Reads a part with where its pictures lie.
///
/// # Errors
/// [`RecordingFault`]. One that was left in the middle is no error: what is whole of it is read.
pub fn read_part(file: impl Read + Seek) -> Result<ReadPart, RecordingFault> {
    let mut boxes = Boxes::new(file)?;
    let info = boxes.info()?;
    let hinge = boxes.next()?.ok_or(RecordingFault::Damaged("it has no pictures"))?;
    let finished = &hinge.kind == b"mdat";
    let moov = loop {
        let Some(found) = boxes.next()? else {
            return Err(RecordingFault::Damaged("it has no description of its stream"));
        };
        if &found.kind == b"moov" {
            break found;
        }
    };
    let tables = boxes
        .content(&moov, LARGEST_TABLES)?
        .ok_or(RecordingFault::Damaged("its tables are too large"))?;
    let movie = Moov::decode_body(&mut tables.as_slice()).map_err(|_unread| RecordingFault::Damaged("its tables"))?;
    let entry = movie
        .trak
        .first()
        .and_then(|trak| trak.mdia.minf.stbl.stsd.codecs.first());
    let description = entry
        .and_then(StreamDescription::of_entry)
        .ok_or(RecordingFault::Damaged("its stream is of another kind"))?;
    let mut part = ReadPart {
        info,
        description,
        samples: Vec::new(),
        finished,
        whole: moov.end,
        hinge_at: hinge.at,
    };
    if finished {
        part.samples =
            of_tables(&movie, boxes.length).ok_or(RecordingFault::Damaged("its tables do not fit its pictures"))?;
        part.whole = boxes.length;
    } else {
        fragments(&mut boxes, &mut part)?;
    }
    Ok(part)
}

/// A plain file with one video track, such as an export.
#[derive(Clone, Debug)]
pub struct PlainFile {
    pub description: StreamDescription,
    pub samples: Vec<Sample>,
}

/// Reads a plain file with where its pictures lie.
///
/// # Errors
/// [`RecordingFault`].
pub fn read_plain(file: impl Read + Seek) -> Result<PlainFile, RecordingFault> {
    let mut boxes = Boxes::new(file)?;
    let moov = loop {
        let Some(found) = boxes.next()? else {
            return Err(RecordingFault::Damaged("it has no description of its stream"));
        };
        if &found.kind == b"moov" {
            break found;
        }
    };
    let tables = boxes
        .content(&moov, LARGEST_TABLES)?
        .ok_or(RecordingFault::Damaged("its tables are too large"))?;
    let movie = Moov::decode_body(&mut tables.as_slice()).map_err(|_unread| RecordingFault::Damaged("its tables"))?;
    let entry = movie
        .trak
        .first()
        .and_then(|trak| trak.mdia.minf.stbl.stsd.codecs.first());
    let description = entry
        .and_then(StreamDescription::of_entry)
        .ok_or(RecordingFault::Damaged("its stream is of another kind"))?;
    let samples =
        of_tables(&movie, boxes.length).ok_or(RecordingFault::Damaged("its tables do not fit its pictures"))?;
    Ok(PlainFile { description, samples })
}

/// The samples of all fragments that are whole.
fn fragments<R: Read + Seek>(boxes: &mut Boxes<R>, part: &mut ReadPart) -> Result<(), RecordingFault> {
    while let Some(found) = boxes.next()? {
        if &found.kind != b"moof" {
            break;
        }
        let Some(bytes) = boxes.content(&found, LARGEST_TABLES)? else {
            break;
        };
        let Ok(moof) = Moof::decode_body(&mut bytes.as_slice()) else {
            break;
        };
        let Some(body) = boxes.next()?.filter(|body| &body.kind == b"mdat") else {
            break;
        };
        let before = part.samples.len();
        if of_fragment(&moof, &body, part).is_none() {
            part.samples.truncate(before);
            break;
        }
        part.whole = body.end;
    }
    Ok(())
}

fn of_fragment(moof: &Moof, body: &Found, part: &mut ReadPart) -> Option<()> {
    let traf = moof.traf.first()?;
    let mut decoded = i64::try_from(traf.tfdt.as_ref()?.base_media_decode_time).ok()?;
    let mut at = body.content;
    for entry in traf.trun.first()?.samples.iter() {
        let size = entry.size?;
        let end = at.checked_add(size.into()).filter(|end| *end <= body.end)?;
        if part.samples.len() >= MOST_SAMPLES {
            return None;
        }
        part.samples.push(Sample {
            at,
            size,
            decoded,
            shown: decoded.checked_add(entry.cts.unwrap_or(0))?,
            // sample_is_non_sync_sample
            key: entry.flags? & 0x0001_0000 == 0,
        });
        decoded = decoded.checked_add(entry.duration?.into())?;
        at = end;
    }
    Some(())
}

/// The samples of a plain file.
fn of_tables(movie: &Moov, length: u64) -> Option<Vec<Sample>> {
    let stbl = &movie.trak.first()?.mdia.minf.stbl;
    let StszSamples::Different { sizes } = &stbl.stsz.samples else {
        return None;
    };
    if sizes.len() > MOST_SAMPLES {
        return None;
    }
    let chunks: Vec<u64> = match (&stbl.co64, &stbl.stco) {
        (Some(co64), _) => co64.entries.clone(),
        (None, Some(stco)) => stco.entries.iter().map(|at| (*at).into()).collect(),
        (None, None) => return None,
    };
    let steps = stbl.stts.entries.iter();
    let mut steps = steps.flat_map(|run| std::iter::repeat_n(run.sample_delta, run.sample_count as usize));
    let offsets = stbl.ctts.iter().flat_map(|ctts| &ctts.entries);
    let mut offsets = offsets.flat_map(|run| std::iter::repeat_n(run.sample_offset, run.sample_count as usize));
    let mut keys = stbl.stss.as_ref().map(|stss| stss.entries.iter().peekable());
    let mut samples = Vec::with_capacity(sizes.len());
    let mut sizes = sizes.iter();
    let mut decoded: i64 = 0;
    let mut runs = stbl.stsc.entries.iter().peekable();
    let mut per_chunk = 0;
    for (index, begin) in chunks.iter().enumerate() {
        while let Some(run) = runs.next_if(|run| run.first_chunk as usize <= index + 1) {
            per_chunk = run.samples_per_chunk;
        }
        let mut at = *begin;
        for _ in 0..per_chunk {
            let Some(&size) = sizes.next() else { break };
            let number = u32::try_from(samples.len() + 1).ok()?;
            let end = at.checked_add(size.into()).filter(|end| *end <= length)?;
            let key = match &mut keys {
                None => true,
                Some(keys) => {
                    while keys.next_if(|key| **key < number).is_some() {}
                    keys.next_if(|key| **key == number).is_some()
                }
            };
            samples.push(Sample {
                at,
                size,
                decoded,
                shown: decoded.checked_add(offsets.next().unwrap_or(0))?,
                key,
            });
            decoded = decoded.checked_add(steps.next()?.into())?;
            at = end;
        }
    }
    sizes.next().is_none().then_some(samples)
}
