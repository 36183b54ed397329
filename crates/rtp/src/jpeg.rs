//! RTP payload format for JPEG (RFC 2435), with the header extension for pictures larger than 2040 pixels (ONVIF streaming
//! specification, section 5.1.4).

mod headers;
mod tables;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use super::access_unit::Discarded;
use super::assembler::{Arrival, Assembler, Gap};
use super::decoding_order::number16;
use super::picture_format::{Coding, PictureFormat};
use super::syntax::Slice;
use headers::{Described, Frame, Segments};

const IMAGE: [u8; 2] = [0xff, 0xd8];
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Puts the scan data of a picture together and writes the headers that RTP leaves away.
#[derive(Debug)]
pub(super) struct Jpeg {
    pub pictures: Assembler,
    /// From the SDP, for pictures whose own header does not state their size.
    dimensions: Option<(u32, u32)>,
    /// Tables by their number, 128 to 255, as they came last.
    cached: BTreeMap<u8, Vec<u8>>,
    /// The frame header of the last extension.
    frame: Option<Frame>,
    /// The fragment offset that continues the picture under way; `None`: a part is missing, the rest is thrown away.
    expected: Option<usize>,
    /// Bytes looked at.
    pub work: u64,
}

/// What stands before the scan data of one packet (section 3.1).
struct Header<'a> {
    offset: usize,
    kind: u8,
    quality: u8,
    width: u32,
    height: u32,
    restart_interval: u16,
    /// Of the first packet: precisions, then the tables, where they came along (section 3.1.8).
    tables: Option<(u8, &'a [u8])>,
    scan: &'a [u8],
}

const SCAN: Slice = Slice {
    first: true,
    random_access: false,
    intra: true,
};

/// Of all tables of one picture, in bytes: four of 16 bits.
const MOST_TABLES: usize = 4 * 128;

impl Jpeg {
    pub(super) fn new(dimensions: Option<(u32, u32)>, now: Instant) -> Self {
        Self {
            pictures: Assembler::new(&END_OF_IMAGE, now).of_packets(),
            dimensions,
            cached: BTreeMap::new(),
            frame: None,
            expected: None,
            work: 0,
        }
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.expected = None;
        self.pictures.restart(now);
    }

    /// Bytes of the tables that are kept.
    pub(super) fn buffered(&self) -> usize {
        self.cached.values().map(Vec::len).sum()
    }

    /// `extension`: the identifier and data of the RTP header extension.
    pub(super) fn read(&mut self, payload: &[u8], extension: Option<(u16, &[u8])>, arrival: &mut Arrival) {
        let gap = std::mem::replace(&mut arrival.gap, Gap::None);
        let Some(header) = Header::read(payload) else {
            if !payload.is_empty() {
                self.pictures.counts.discard(Discarded::Malformed);
            }
            return;
        };
        self.work += payload.len() as u64;
        if header.offset == 0 {
            self.pictures.gap(gap);
            self.begin(&header, extension, arrival);
        } else {
            self.proceed(&header, gap, arrival);
        }
        if self.pictures.data.ends_with(&END_OF_IMAGE) {
            self.pictures.end_marked();
        } else {
            self.pictures.packet_done(arrival);
        }
    }

    fn begin(&mut self, header: &Header<'_>, extension: Option<(u16, &[u8])>, arrival: &Arrival) {
        self.expected = None;
        // Some send the whole file as scan data: it says all of itself.
        let file = header.scan.strip_prefix(&IMAGE);
        let described = file.or_else(|| extension.and_then(|(id, data)| extension_segments(id, data)));
        let segments = described.map(Segments::read);
        self.work += described.map_or(0, <[u8]>::len) as u64;
        let tables = self.tables(header);
        let frame = self.frame(header, segments.as_ref());
        let has_tables = segments
            .as_ref()
            .is_some_and(|segments| !segments.quantisation.is_empty());
        let (Some(frame), true) = (frame, tables.is_some() || has_tables) else {
            self.pictures.counts.discard(Discarded::Undescribed);
            return;
        };
        let described = Described {
            segments: segments.unwrap_or_default(),
            tables: tables.unwrap_or_default(),
            frame: &frame,
            restart_interval: header.restart_interval,
        };
        let headers = if file.is_some() {
            Vec::new()
        } else {
            described.to_bytes()
        };
        self.work += headers.len() as u64;
        let coding = Coding {
            chroma: frame.chroma(),
            depth: 8,
            held: 0,
            notes: 0,
        };
        let format = PictureFormat::new(frame.width.into(), frame.height.into(), coding);
        let changed = self.pictures.format.replace(format) != Some(format);
        self.pictures.opening_unit(arrival.now);
        self.pictures.note_format(changed);
        self.pictures.first_slice(SCAN, arrival);
        if self.pictures.extend(&headers) && self.pictures.extend(header.scan) {
            self.expected = Some(header.scan.len());
        }
        self.pictures.close_unit();
    }

    fn proceed(&mut self, header: &Header<'_>, gap: Gap, arrival: &mut Arrival) {
        if self.expected != Some(header.offset) {
            arrival.torn |= gap != Gap::None;
            self.pictures.damage();
            self.expected = None;
            self.pictures.counts.discard(Discarded::Headless);
            return;
        }
        let kept = self.pictures.further_slice(Slice { first: false, ..SCAN }, arrival);
        self.expected = (kept && self.pictures.extend(header.scan)).then(|| header.offset + header.scan.len());
        self.pictures.close_unit();
    }

    /// The quantisation tables of a picture, 8 bits a value, or 16 where the high bit of the count says so.
    fn tables(&mut self, header: &Header<'_>) -> Option<Vec<u8>> {
        let quality = header.quality;
        if quality < 128 {
            return Some(tables::quantisation(quality));
        }
        match header.tables {
            Some((precision, data)) if !data.is_empty() && data.len() <= MOST_TABLES => {
                let written = tables::definitions(precision, data);
                self.cached.insert(quality, written.clone());
                Some(written)
            }
            // Section 4.2: those that came last with this number. 255 should always bring its own.
            _ => self.cached.get(&quality).cloned(),
        }
    }

    fn frame(&mut self, header: &Header<'_>, segments: Option<&Segments>) -> Option<Frame> {
        if let Some(frame) = segments.and_then(|segments| segments.frame.clone()) {
            self.frame = Some(frame);
            return self.frame.clone();
        }
        let stated = (header.width > 0 && header.height > 0).then_some((header.width, header.height));
        if stated.is_none() && self.frame.is_some() {
            return self.frame.clone();
        }
        let (width, height) = stated.or(self.dimensions)?;
        Frame::of_type(header.kind, u16::try_from(width).ok()?, u16::try_from(height).ok()?)
    }
}

impl<'a> Header<'a> {
    fn read(payload: &'a [u8]) -> Option<Self> {
        let [_, o0, o1, o2, kind, quality, width, height, ref rest @ ..] = *payload else {
            return None;
        };
        let offset = u32::from_be_bytes([0, o0, o1, o2]) as usize;
        // Section 3.1.7.
        let (restart_interval, rest) = if kind & 0x40 != 0 {
            let (interval, rest) = number16(rest)?;
            (interval, rest.get(2..)?)
        } else {
            (0, rest)
        };
        let (mut tables, mut scan) = (None, rest);
        if offset == 0 && quality >= 128 {
            let [_, precision, l0, l1, ref rest @ ..] = *rest else {
                return None;
            };
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            let (data, after) = rest.split_at_checked(length)?;
            (tables, scan) = (Some((precision, data)), after);
        }
        Some(Self {
            offset,
            kind: kind & 0x3f,
            quality,
            width: u32::from(width) * 8,
            height: u32::from(height) * 8,
            restart_interval,
            tables,
            scan,
        })
    }
}

/// The marker segments in a header extension: its identifier is the marker that begins an image, or they follow the three
/// words of the extension for replay (ONVIF streaming specification, section 6.3).
fn extension_segments(id: u16, data: &[u8]) -> Option<&[u8]> {
    const IMAGE: [u16; 2] = [0xffd8, 0xffff];
    const REPLAY: u16 = 0xabac;
    const REPLAY_DATA: Range<usize> = 0..12;
    if IMAGE.contains(&id) {
        return Some(data);
    }
    let (inner, rest) = number16(data.get(REPLAY_DATA.end..)?)?;
    (id == REPLAY && IMAGE.contains(&inner)).then(|| rest.get(2..))?
}
