//! Makes NAL units that look real, and RTP packets of them in every way that the formats know.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod h265;

use rtp::Format;

pub const SPS: [u8; 9] = [0x67, 66, 0, 40, 0xda, 0x02, 0x80, 0x51, 0x90];
pub const PPS: [u8; 4] = [0x68, 0xce, 0x38, 0x80];

/// A unit of this type with `length` bytes that hold no start code.
pub fn nal(format: Format, kind: u8, first: bool, length: usize, seed: u8) -> Vec<u8> {
    let mut nal = match format {
        // `first_mb_in_slice` 0 or 1, then a P slice.
        Format::H264 => vec![0x60 | kind, if first { 0x9a } else { 0x46 }],
        _ => vec![kind << 1, 1, if first { 0xa1 } else { 0x21 }],
    };
    // From 1 to 251: neither zeros nor emulation prevention.
    nal.extend((0..length).map(|at| ((at * 7 + at / 251 + usize::from(seed)) % 251) as u8 + 1));
    nal
}

pub fn picture(key: bool, slices: usize, length: usize, seed: u8) -> Vec<Vec<u8>> {
    let mut nals = if key {
        vec![SPS.to_vec(), PPS.to_vec()]
    } else {
        Vec::new()
    };
    let kind = if key { 5 } else { 1 };
    nals.extend((0..slices).map(|slice| nal(Format::H264, kind, slice == 0, length, seed)));
    nals
}

pub fn picture_h265(key: bool, slices: usize, length: usize, seed: u8) -> Vec<Vec<u8>> {
    let mut nals = Vec::new();
    if key {
        nals = vec![vec![0x40, 1, 0x0c, 1, 2], vec![0x44, 1, 0xc1, 0x72]];
    }
    let kind = if key { 19 } else { 1 };
    nals.extend((0..slices).map(|slice| nal(Format::H265, kind, slice == 0, length, seed)));
    nals
}

/// The byte stream of an access unit.
pub fn stream(nals: &[Vec<u8>]) -> Vec<u8> {
    nals.iter()
        .flat_map(|nal| [0, 0, 0, 1].iter().chain(nal).copied())
        .collect()
}

/// Units with start codes between them, as some recorders send them for one.
pub fn start_codes(nals: &[Vec<u8>]) -> Vec<u8> {
    stream(nals)[4..].to_vec()
}

pub struct Packetiser {
    format: Format,
    pub number: u16,
    picture: u32,
    time: fn(u32) -> u32,
    marker: Marker,
}

#[derive(Clone, Copy, PartialEq)]
enum Marker {
    Last,
    EveryUnit,
    Never,
}

impl Packetiser {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            number: 65_500,
            picture: 0,
            time: |picture| picture.wrapping_mul(6_000),
            marker: Marker::Last,
        }
    }

    pub fn marker_on_every_unit(mut self) -> Self {
        self.marker = Marker::EveryUnit;
        self
    }

    pub fn without_marker(mut self) -> Self {
        self.marker = Marker::Never;
        self
    }

    pub fn with_time(mut self, time: fn(u32) -> u32) -> Self {
        self.time = time;
        self
    }

    pub fn packet(&mut self, payload: &[u8], marker: bool) -> Vec<u8> {
        let mut packet = vec![0x80, if marker { 0x80 | 96 } else { 96 }];
        packet.extend(self.number.to_be_bytes());
        packet.extend((self.time)(self.picture).to_be_bytes());
        packet.extend([1, 2, 3, 4]);
        packet.extend(payload);
        self.number = self.number.wrapping_add(1);
        packet
    }

    /// One picture as single units, and as fragments of `size` bytes where they are larger.
    pub fn fragments(&mut self, nals: &[Vec<u8>], size: usize) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        for (index, nal) in nals.iter().enumerate() {
            let marks = match self.marker {
                Marker::Last => index + 1 == nals.len(),
                Marker::EveryUnit => true,
                Marker::Never => false,
            };
            let payloads = fragmented(self.format, nal, size);
            let count = payloads.len();
            for (piece, payload) in payloads.into_iter().enumerate() {
                packets.push(self.packet(&payload, marks && piece + 1 == count));
            }
        }
        self.picture += 1;
        packets
    }

    /// One picture whose payloads were made before.
    pub fn payloads(&mut self, payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let count = payloads.len();
        let packets = payloads
            .iter()
            .enumerate()
            .map(|(index, payload)| self.packet(payload, index + 1 == count))
            .collect();
        self.picture += 1;
        packets
    }
}

/// The payloads of one unit: FU-A of RFC 6184 section 5.8, FU of RFC 7798 section 4.4.3.
pub fn fragmented(format: Format, nal: &[u8], size: usize) -> Vec<Vec<u8>> {
    fragmented_numbered(format, nal, size, None)
}

/// The same with a decoding order number: FU-B in H.264, DONL in H.265.
pub fn fragmented_numbered(format: Format, nal: &[u8], size: usize, number: Option<u16>) -> Vec<Vec<u8>> {
    let header = if format == Format::H264 { 1 } else { 2 };
    if nal.len() <= size && number.is_none() {
        return vec![nal.to_vec()];
    }
    let body = &nal[header..];
    let count = body.chunks(size).count();
    body.chunks(size)
        .enumerate()
        .map(|(index, chunk)| {
            let flags = u8::from(index == 0) << 7 | u8::from(index + 1 == count) << 6;
            let don = number.filter(|_| index == 0).map(u16::to_be_bytes);
            let mut payload = match format {
                Format::H264 => {
                    let kind = if don.is_some() { 29 } else { 28 };
                    vec![nal[0] & 0xe0 | kind, flags | nal[0] & 0x1f]
                }
                _ => vec![nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 0x3f],
            };
            payload.extend(don.unwrap_or_default().iter().filter(|_| don.is_some()));
            payload.extend(chunk);
            payload
        })
        .collect()
}
