//! RTP payload format for H.264 (RFC 6184).

use std::time::Instant;

use super::assembler::Arrival;
use super::decoding_order::number16;
use super::ordered_units::{Fragment, OrderedUnits};
use super::syntax::Syntax;

/// Reads payloads of all packetization modes; what a packet holds is known by its own type, whatever the SDP says.
#[derive(Debug)]
pub(super) struct H264 {
    pub ordered: OrderedUnits,
}

/// Types of section 5.2, table 1.
const STAP_A: u8 = 24;
const STAP_B: u8 = 25;
const MTAP16: u8 = 26;
const MTAP24: u8 = 27;
const FU_A: u8 = 28;
const FU_B: u8 = 29;

impl H264 {
    pub(super) fn new(fmtp: &[(String, String)], now: Instant) -> Self {
        let depth = super::parameters::number(fmtp, "sprop-interleaving-depth");
        Self {
            ordered: OrderedUnits::new(Syntax::H264, fmtp, depth, now),
        }
    }

    pub(super) fn read(&mut self, payload: &[u8], arrival: &mut Arrival) {
        match payload.first().map(|first| first & 0x1f) {
            None => {}
            Some(STAP_A) => self.aggregate(&payload[1..], Numbers::None, arrival),
            Some(kind @ (STAP_B | MTAP16 | MTAP24)) => match payload.get(1..).and_then(number16) {
                Some((base, rest)) => {
                    let numbers = match kind {
                        STAP_B => Numbers::Counting(base),
                        MTAP16 => Numbers::Offset { base, time: 2 },
                        _ => Numbers::Offset { base, time: 3 },
                    };
                    self.aggregate(rest, numbers, arrival);
                }
                None => self.ordered.malformed(),
            },
            Some(kind @ (FU_A | FU_B)) => self.fragment(kind == FU_B, payload, arrival),
            // A unit of its own; 0 is the first byte of a start code that was left before it.
            Some(0..=23) => self.ordered.deliver(0, payload, arrival.time, arrival),
            Some(_) => self.ordered.malformed(),
        }
        self.ordered.units.packet_done(arrival);
    }

    /// Sections 5.7.1 and 5.7.2.
    fn aggregate(&mut self, mut rest: &[u8], numbers: Numbers, arrival: &mut Arrival) {
        let mut index = 0_u16;
        while !rest.is_empty() {
            let read = number16(rest).and_then(|(size, rest)| {
                let (number, offset, rest) = match numbers {
                    Numbers::None => (0, 0, rest),
                    Numbers::Counting(base) => (base.wrapping_add(index), 0, rest),
                    Numbers::Offset { base, time } => {
                        let (difference, rest) = rest.split_first()?;
                        let (offset, rest) = rest.split_at_checked(time)?;
                        let offset = offset.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
                        (base.wrapping_add(u16::from(*difference)), offset, rest)
                    }
                };
                let (nal, rest) = rest.split_at_checked(usize::from(size))?;
                Some((number, offset, nal, rest))
            });
            let Some((number, offset, nal, after)) = read else {
                return self.ordered.left_over(rest);
            };
            match nal.first().map(|first| first & 0x1f) {
                None => {}
                Some(0..=23) => self
                    .ordered
                    .deliver(number, nal, arrival.time.wrapping_add(offset), arrival),
                Some(_) => self.ordered.malformed(),
            }
            (rest, index) = (after, index.wrapping_add(1));
        }
    }

    /// Section 5.8.
    fn fragment(&mut self, numbered: bool, payload: &[u8], arrival: &mut Arrival) {
        let [indicator, header, ref rest @ ..] = *payload else {
            return self.ordered.malformed();
        };
        let (number, rest) = match number16(rest) {
            Some(read) if numbered => read,
            None if numbered => return self.ordered.malformed(),
            _ => (0, rest),
        };
        let (start, end, kind) = (header & 0x80 != 0, header & 0x40 != 0, header & 0x1f);
        let fragment = Fragment {
            start,
            end,
            kind,
            header: &[indicator & 0xe0 | kind],
            number,
        };
        self.ordered.fragment(fragment, rest, arrival);
    }
}

/// Where the units of an aggregation packet have their decoding order numbers.
#[derive(Clone, Copy)]
enum Numbers {
    None,
    Counting(u16),
    /// A difference of one byte before each, then as many bytes of time.
    Offset {
        base: u16,
        time: usize,
    },
}
