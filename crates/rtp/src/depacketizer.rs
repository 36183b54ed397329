use std::time::{Duration, Instant};

use super::access_unit::{AccessUnit, Counts, Discarded};
use super::assembler::{Arrival, Assembler, Gap};
use super::h264::H264;
use super::h265::H265;
use super::header::{Header, HeaderReader};
use super::jpeg::Jpeg;
use super::mpeg4::Mpeg4;
use super::picture_format::PictureFormat;
use super::sequence::{Belief, Order, Sequence};
use super::sync::Sync;

pub use super::assembler::MOST_READY;

/// The payload formats that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
    /// RFC 2435.
    Jpeg,
    /// MPEG-4 Part 2 (RFC 6416).
    Mpeg4,
}

impl Format {
    /// The format of an encoding name of SDP, in any case.
    #[must_use]
    pub fn from_encoding_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_uppercase().as_str() {
            "H264" | "AVC" => Some(Self::H264),
            "H265" | "HEVC" => Some(Self::H265),
            "JPEG" | "MJPEG" => Some(Self::Jpeg),
            "MP4V-ES" => Some(Self::Mpeg4),
            _ => None,
        }
    }
}

/// What the SDP says of a track.
#[derive(Clone, Debug)]
pub struct TrackParameters<'a> {
    pub format: Format,
    pub payload_type: u8,
    /// The parameters of `a=fmtp`.
    pub fmtp: &'a [(String, String)],
    /// Width and height in pixels, where stated.
    pub dimensions: Option<(u32, u32)>,
}

/// Turns the RTP packets of one track into access units.
#[derive(Debug)]
pub struct Depacketizer {
    headers: HeaderReader,
    sequence: Sequence,
    payload_types: PayloadTypes,
    payloads: Payloads,
    last: Option<Print>,
    last_arrival: Option<Instant>,
    packets: u64,
    work: u64,
}

#[derive(Debug)]
enum Payloads {
    H264(Box<H264>),
    H265(Box<H265>),
    Jpeg(Box<Jpeg>),
    Mpeg4(Box<Mpeg4>),
}

/// What two packets have in common only if they are the same one.
#[derive(Debug, PartialEq, Eq)]
struct Print {
    number: u16,
    time: u32,
    length: usize,
    first: [u8; 16],
    last: [u8; 16],
}

/// After this, numbers that begin anew may hide a loss.
const LONG_SILENCE: Duration = Duration::from_millis(500);

impl Depacketizer {
    #[must_use]
    pub fn new(track: &TrackParameters<'_>, now: Instant) -> Self {
        let payloads = match track.format {
            Format::H264 => Payloads::H264(Box::new(H264::new(track.fmtp, now))),
            Format::H265 => Payloads::H265(Box::new(H265::new(track.fmtp, now))),
            Format::Jpeg => Payloads::Jpeg(Box::new(Jpeg::new(track.dimensions, now))),
            Format::Mpeg4 => Payloads::Mpeg4(Box::new(Mpeg4::new(track.fmtp, now))),
        };
        Self {
            headers: HeaderReader::default(),
            sequence: Sequence::default(),
            payload_types: PayloadTypes::new(track.payload_type),
            payloads,
            last: None,
            last_arrival: None,
            packets: 0,
            work: 0,
        }
    }

    /// For packets that came in datagrams, in the order of their numbers: a step of the numbers is a loss.
    #[must_use]
    pub fn lossy(mut self) -> Self {
        self.sequence = Sequence::lossy();
        self
    }

    /// The device describes no other track, so that none can share the sequence numbers.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.sequence.stands_alone();
        self
    }

    /// Takes one RTP packet, in the order of arrival.
    pub fn push(&mut self, packet: &[u8], now: Instant) {
        self.packets += 1;
        self.work += packet.len().min(64) as u64;
        let Some(header) = self.headers.read(packet) else {
            return self.pictures_mut().counts.discard(Discarded::NotRtp);
        };
        if !self.payload_types.takes(header.payload_type) {
            return self.pictures_mut().counts.discard(Discarded::ForeignPayloadType);
        }
        let payload = &packet[header.payload.clone()];
        let order = self.sequence.note(header.number);
        if self.is_repeated(order, &header, payload) {
            return self.pictures_mut().counts.discard(Discarded::Repeated);
        }
        let silent = self
            .last_arrival
            .replace(now)
            .is_some_and(|last| now.saturating_duration_since(last) > LONG_SILENCE);
        let mut arrival = Arrival {
            now,
            time: header.time,
            marker: header.marker,
            gap: match order {
                // What came before the first packet is not known.
                _ if self.packets == 1 => Gap::Hint,
                Order::Next | Order::Same => Gap::None,
                Order::Gap(Belief::Believed) => Gap::Believed,
                Order::Gap(Belief::Likely) => Gap::Likely,
                // So much may have been lost that the numbers do not show it.
                Order::Restart if silent && self.sequence.is_lossy() => Gap::Believed,
                Order::Gap(Belief::Hint) | Order::Restart => Gap::Hint,
            },
            torn: false,
        };
        match &mut self.payloads {
            Payloads::Mpeg4(payloads) => payloads.read(payload, &mut arrival),
            Payloads::H264(payloads) => payloads.read(payload, &mut arrival),
            Payloads::H265(payloads) => payloads.read(payload, &mut arrival),
            Payloads::Jpeg(payloads) => {
                let extension = header.extension.map(|(id, data)| (id, &packet[data]));
                payloads.read(payload, extension, &mut arrival);
            }
        }
        if arrival.torn {
            self.sequence.proved();
        }
        let settled = self.sequence.settle();
        let pictures = self.pictures_mut();
        pictures.lost(settled.lost);
        pictures.counts.renumbered += u64::from(settled.renumbered || order == Order::Restart);
    }

    /// The next access unit that is complete. At most [`MOST_READY`] wait to be fetched.
    pub fn next_unit(&mut self) -> Option<AccessUnit> {
        self.pictures_mut().next()
    }

    /// When [`Self::poll`] is to be called if no packet arrives: the picture under way may be complete.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.payloads {
            Payloads::Jpeg(payloads) => payloads.pictures.deadline(),
            Payloads::Mpeg4(payloads) => payloads.pictures.deadline(),
            Payloads::H264(payloads) => payloads.ordered.units.deadline(),
            Payloads::H265(payloads) => payloads.ordered.units.deadline(),
        }
    }

    /// Takes a picture for complete if nothing of it came for long enough.
    pub fn poll(&mut self, now: Instant) {
        match &mut self.payloads {
            Payloads::Jpeg(payloads) => payloads.pictures.poll(now),
            Payloads::Mpeg4(payloads) => payloads.pictures.poll(now),
            Payloads::H264(payloads) => payloads.ordered.units.poll(now),
            Payloads::H265(payloads) => payloads.ordered.units.poll(now),
        }
    }

    /// Begins anew after packets that were not handed in. What is known of the track stays known.
    pub fn restart(&mut self, now: Instant) {
        self.sequence.forget_last();
        self.last = None;
        match &mut self.payloads {
            Payloads::Jpeg(payloads) => payloads.restart(now),
            Payloads::Mpeg4(payloads) => payloads.restart(now),
            Payloads::H264(payloads) => payloads.ordered.restart(now),
            Payloads::H265(payloads) => payloads.ordered.restart(now),
        }
    }

    /// Whether pictures are whole.
    #[must_use]
    pub fn sync(&self) -> Sync {
        self.pictures().sync
    }

    /// What the decoder will have to do, by the parameter sets that are in force.
    #[must_use]
    pub fn picture_format(&self) -> Option<PictureFormat> {
        self.pictures().format
    }

    /// The parameter sets in force as a byte stream, for a decoder that begins with a picture that has none. Empty for JPEG.
    #[must_use]
    pub fn parameter_sets(&self) -> Vec<u8> {
        match &self.payloads {
            Payloads::H264(payloads) => payloads.ordered.units.sets.byte_stream(|_| true),
            Payloads::H265(payloads) => payloads.ordered.units.sets.byte_stream(|_| true),
            Payloads::Mpeg4(payloads) => payloads.config().to_vec(),
            Payloads::Jpeg(_) => Vec::new(),
        }
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = self.pictures().counts.clone();
        counts.packets = self.packets;
        counts
    }

    /// Bytes held: pictures, units, parameter sets and tables.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let more = match &self.payloads {
            Payloads::Jpeg(payloads) => payloads.buffered(),
            Payloads::Mpeg4(payloads) => payloads.buffered(),
            Payloads::H264(payloads) => payloads.ordered.buffered() + payloads.ordered.units.sets.bytes(),
            Payloads::H265(payloads) => payloads.ordered.buffered() + payloads.ordered.units.sets.bytes(),
        };
        self.pictures().buffered() + more
    }

    /// Bytes looked at or copied so far: grows in proportion to what was pushed.
    #[must_use]
    pub fn work(&self) -> u64 {
        let more = match &self.payloads {
            Payloads::Jpeg(payloads) => payloads.work,
            Payloads::Mpeg4(payloads) => payloads.work,
            Payloads::H264(payloads) => payloads.ordered.units.work,
            Payloads::H265(payloads) => payloads.ordered.units.work,
        };
        self.work + more
    }

    fn is_repeated(&mut self, order: Order, header: &Header, payload: &[u8]) -> bool {
        let print = Print::of(header, payload);
        let repeated = order == Order::Same && self.last.as_ref() == Some(&print);
        self.last = Some(print);
        repeated
    }

    fn pictures(&self) -> &Assembler {
        match &self.payloads {
            Payloads::H264(payloads) => &payloads.ordered.units.pictures,
            Payloads::H265(payloads) => &payloads.ordered.units.pictures,
            Payloads::Jpeg(payloads) => &payloads.pictures,
            Payloads::Mpeg4(payloads) => &payloads.pictures,
        }
    }

    fn pictures_mut(&mut self) -> &mut Assembler {
        match &mut self.payloads {
            Payloads::H264(payloads) => &mut payloads.ordered.units.pictures,
            Payloads::H265(payloads) => &mut payloads.ordered.units.pictures,
            Payloads::Jpeg(payloads) => &mut payloads.pictures,
            Payloads::Mpeg4(payloads) => &mut payloads.pictures,
        }
    }
}

impl Print {
    fn of(header: &Header, payload: &[u8]) -> Self {
        let mut print = Self {
            number: header.number,
            time: header.time,
            length: payload.len(),
            first: [0; 16],
            last: [0; 16],
        };
        let length = payload.len().min(16);
        print.first[..length].copy_from_slice(&payload[..length]);
        print.last[..length].copy_from_slice(&payload[payload.len() - length..]);
        print
    }
}

/// Which payload type the stream has: that of the SDP, or another one where the stream never has it.
#[derive(Debug)]
struct PayloadTypes {
    taken: u8,
    /// The one of the SDP, which is taken wherever it comes.
    described: u8,
    started: bool,
    foreign_in_a_row: u32,
}

/// So many packets of another payload type in a row are the stream.
const MOST_FOREIGN: u32 = 64;

impl PayloadTypes {
    fn new(described: u8) -> Self {
        Self {
            taken: described,
            described,
            started: false,
            foreign_in_a_row: 0,
        }
    }

    fn takes(&mut self, payload_type: u8) -> bool {
        let first = !std::mem::replace(&mut self.started, true);
        if payload_type == self.taken {
            self.foreign_in_a_row = 0;
            return true;
        }
        self.foreign_in_a_row += 1;
        let takes = payload_type == self.described || first || self.foreign_in_a_row > MOST_FOREIGN;
        if takes {
            self.taken = payload_type;
            self.foreign_in_a_row = 0;
        }
        takes
    }
}
