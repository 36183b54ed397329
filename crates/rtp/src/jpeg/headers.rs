//! The marker segments of a JPEG file (ITU-T T.81, annex B).

use super::tables;

/// A frame header, and what is needed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub width: u16,
    pub height: u16,
    /// The segment with its marker.
    segment: Vec<u8>,
}

/// The segments that came in a header extension, each with its marker.
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub quantisation: Vec<u8>,
    pub frame: Option<Frame>,
    huffman: Vec<u8>,
    restart: Vec<u8>,
}

/// All that is known of a picture before its scan data.
pub(super) struct Described<'a> {
    pub segments: Segments,
    /// Definitions of quantisation tables, without marker and length.
    pub tables: Vec<u8>,
    pub frame: &'a Frame,
    pub restart_interval: u16,
}

const FRAME: u8 = 0xc0;
const HUFFMAN: u8 = 0xc4;
const QUANTISATION: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;
const SCAN: u8 = 0xda;
const IMAGE: [u8; 2] = [0xff, 0xd8];

/// `APP0` of a JFIF file, version 1.1, without a thumbnail.
const JFIF: [u8; 18] = [0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

impl Frame {
    /// A baseline picture of the two types of RFC 2435 section 4.1: 4:2:2 and 4:2:0.
    pub(super) fn of_type(kind: u8, width: u16, height: u16) -> Option<Self> {
        let luma = match kind {
            0 => 0x21,
            1 => 0x22,
            _ => return None,
        };
        let ([h0, h1], [w0, w1]) = (height.to_be_bytes(), width.to_be_bytes());
        let body = [8, h0, h1, w0, w1, 3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1];
        Self::of_body(FRAME, &body)
    }

    /// `body`: the segment after its length.
    fn of_body(marker: u8, body: &[u8]) -> Option<Self> {
        let [_, h0, h1, w0, w1, components, ref rest @ ..] = *body else {
            return None;
        };
        let frame = Self {
            width: u16::from_be_bytes([w0, w1]),
            height: u16::from_be_bytes([h0, h1]),
            segment: segment(marker, body),
        };
        let complete = (1..=4).contains(&components) && rest.len() >= usize::from(components) * 3;
        (complete && frame.width > 0 && frame.height > 0).then_some(frame)
    }

    /// As `chroma_format_idc` of the video codecs.
    pub(super) fn chroma(&self) -> u32 {
        match self.components().next().map(|component| component[1]) {
            _ if self.components().count() == 1 => 0,
            Some(0x22) => 1,
            Some(0x21 | 0x12) => 2,
            _ => 3,
        }
    }

    fn components(&self) -> impl Iterator<Item = &[u8]> {
        let count = usize::from(self.segment[9]);
        self.segment[10..].chunks_exact(3).take(count)
    }

    /// The header of one scan of all components; the first one has tables of its own.
    fn scan(&self) -> Vec<u8> {
        let mut body = vec![self.segment[9]];
        for (index, component) in self.components().enumerate() {
            body.extend([component[0], if index == 0 { 0 } else { 0x11 }]);
        }
        body.extend([0, 63, 0]);
        segment(SCAN, &body)
    }
}

impl Segments {
    /// Reads segment after segment; fill bytes may stand between and behind them. The rest of what is broken is left out.
    pub(super) fn read(mut bytes: &[u8]) -> Self {
        let mut segments = Self::default();
        while let [0xff, rest @ ..] = bytes {
            let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
            let [marker, l0, l1, body @ ..] = &rest[fill..] else {
                break;
            };
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            let Some((body, after)) = length.checked_sub(2).and_then(|length| body.split_at_checked(length)) else {
                break;
            };
            match *marker {
                FRAME..=0xc2 => segments.frame = Frame::of_body(*marker, body),
                HUFFMAN => segments.huffman.extend(segment(HUFFMAN, body)),
                QUANTISATION => segments.quantisation.extend(segment(QUANTISATION, body)),
                RESTART_INTERVAL => segments.restart = segment(RESTART_INTERVAL, body),
                SCAN => break,
                _ => {}
            }
            bytes = after;
        }
        segments
    }
}

impl Described<'_> {
    /// All that stands before the scan data.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1_024);
        bytes.extend(IMAGE);
        bytes.extend(JFIF);
        if self.segments.quantisation.is_empty() {
            bytes.extend(segment(QUANTISATION, &self.tables));
        } else {
            bytes.extend(&self.segments.quantisation);
        }
        bytes.extend(&self.frame.segment);
        if self.segments.huffman.is_empty() {
            bytes.extend(segment(HUFFMAN, &tables::huffman()));
        } else {
            bytes.extend(&self.segments.huffman);
        }
        if self.restart_interval > 0 {
            bytes.extend(segment(RESTART_INTERVAL, &self.restart_interval.to_be_bytes()));
        } else {
            bytes.extend(&self.segments.restart);
        }
        bytes.extend(self.frame.scan());
        bytes
    }
}

/// A segment with its marker and its length. `body`: less than 64 KiB.
fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    let [l0, l1] = length.to_be_bytes();
    [&[0xff, marker, l0, l1], body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_header_is_read_as_it_was_written() {
        let frame = Frame::of_type(1, 2_560, 1_440).unwrap();
        assert_eq!((frame.width, frame.height, frame.chroma()), (2_560, 1_440, 1));
        let mut extension = frame.segment.clone();
        extension.extend([0xff; 3]);
        assert_eq!(Segments::read(&extension).frame, Some(frame));
        assert_eq!(Frame::of_type(2, 8, 8), None);
    }

    #[test]
    fn broken_segments_are_left_out() {
        for broken in [
            &[][..],
            &[0xff],
            &[0xff; 9],
            &[0xff, 0xc0, 0, 1],
            &[0xff, 0xc0, 0xff, 0xff, 1],
            &[1, 2, 3],
        ] {
            let segments = Segments::read(broken);
            assert!(
                segments.frame.is_none() && segments.quantisation.is_empty(),
                "{broken:?}"
            );
        }
    }
}
