//! A plain file, as an export writes it: its head, pictures one behind the other, and its tables at the end.

use super::description::StreamDescription;
use super::table::{Row, SampleTable, encoded};
use mp4_atom::{FourCC, Ftyp};

/// So many samples lie in one chunk.
const CHUNK: usize = 64;

/// Where the pictures begin, in bytes from the begin of the file: behind a box for the brands and the header of the next one.
pub const PLAIN_BODY: u64 = 48;

/// A plain file under way. Times are in ticks from its begin.
#[derive(Debug, Default)]
pub struct PlainWriter {
    table: SampleTable,
    chunk: Vec<Row>,
    chunk_at: u64,
    length: u64,
    last: Option<i64>,
    base: i64,
}

impl PlainWriter {
    /// Begins a file; the bytes are its head, [`PLAIN_BODY`] of them.
    #[must_use]
    pub fn begin() -> (Self, Vec<u8>) {
        let mut head = Vec::new();
        let ftyp = Ftyp {
            major_brand: FourCC::new(b"isom"),
            minor_version: 0x200,
            compatible_brands: [b"isom", b"iso6", b"mp41", b"mp42"].map(FourCC::new).into(),
        };
        encoded(&mut head, &ftyp);
        head.extend_from_slice(&body_header(0));
        let length = head.len() as u64;
        let writer = Self {
            length,
            chunk_at: length,
            ..Self::default()
        };
        (writer, head)
    }

    /// Notes the picture of `size` bytes that is written next. Times that do not go on are moved on.
    pub fn push(&mut self, decoded: i64, shown: i64, size: u32, key: bool) {
        if self.last.is_none() {
            self.base = decoded;
        }
        let (decoded, shown) = (decoded - self.base, shown - self.base);
        let decoded = self.last.map_or(decoded, |last| decoded.max(last + 1));
        self.last = Some(decoded);
        if self.chunk.is_empty() {
            self.chunk_at = self.length;
        }
        self.chunk.push(Row {
            decoded,
            shown,
            size,
            key,
        });
        self.length += u64::from(size);
        if self.chunk.len() >= CHUNK {
            self.table.chunk(self.chunk_at, std::mem::take(&mut self.chunk));
        }
    }

    /// Ends it: the tables, which go to the end, and the header of the pictures, which goes to [`PLAIN_BODY`] - 16. `begin`: of its first
    /// picture, in microseconds since 1970.
    #[must_use]
    pub fn end(mut self, description: &StreamDescription, begin: i64) -> (Vec<u8>, [u8; 16]) {
        if !self.chunk.is_empty() {
            self.table.chunk(self.chunk_at, std::mem::take(&mut self.chunk));
        }
        let tables = self.table.moov(description, begin);
        (tables, body_header(self.length - (PLAIN_BODY - 16)))
    }
}

fn body_header(size: u64) -> [u8; 16] {
    let mut header = [0; 16];
    header[3] = 1;
    header[4..8].copy_from_slice(b"mdat");
    header[8..].copy_from_slice(&size.to_be_bytes());
    header
}
