//! RTP payload format for H.265 (RFC 7798).

use std::time::Instant;

use super::assembler::Arrival;
use super::decoding_order::number16;
use super::ordered_units::{Fragment, OrderedUnits};
use super::syntax::Syntax;

/// Reads payloads with and without decoding order numbers.
#[derive(Debug)]
pub(super) struct H265 {
    pub ordered: OrderedUnits,
    /// The SDP says that packets hold decoding order numbers (`DONL`).
    numbered: bool,
}

/// Types of section 4.4.
const AGGREGATION: u8 = 48;
const FRAGMENT: u8 = 49;
const PACI: u8 = 50;

/// Of a NAL unit, in bytes.
const HEADER: usize = 2;

impl H265 {
    pub(super) fn new(fmtp: &[(String, String)], now: Instant) -> Self {
        let difference = super::parameters::number(fmtp, "sprop-max-don-diff");
        let units = super::parameters::number(fmtp, "sprop-depack-buf-nalus");
        Self {
            ordered: OrderedUnits::new(Syntax::H265, fmtp, units, now),
            numbered: difference > 0 || units > 0,
        }
    }

    pub(super) fn read(&mut self, payload: &[u8], arrival: &mut Arrival) {
        match kind_of(payload) {
            Some(PACI) => match contained(payload) {
                Some((header, rest)) => self.read_one(header, rest, arrival),
                None => self.ordered.malformed(),
            },
            _ => match payload.split_first_chunk::<HEADER>() {
                Some((header, rest)) => self.read_one(*header, rest, arrival),
                None if payload.is_empty() => {}
                None => self.ordered.malformed(),
            },
        }
        self.ordered.units.packet_done(arrival);
    }

    fn read_one(&mut self, header: [u8; HEADER], rest: &[u8], arrival: &mut Arrival) {
        match header[0] >> 1 & 0x3f {
            AGGREGATION => self.aggregate(rest, arrival),
            FRAGMENT => self.fragment(header, rest, arrival),
            // 0, 0: a start code that was left before the unit.
            _ if header == [0, 0] => self
                .ordered
                .deliver(0, &[&header, rest].concat(), arrival.time, arrival),
            // Section 4.4.1.
            0..AGGREGATION => match self.number(rest) {
                Some((number, rest)) if self.ordered.is_reordered() => {
                    self.ordered
                        .deliver(number, &[&header, rest].concat(), arrival.time, arrival);
                }
                Some((_, rest)) => {
                    self.ordered.units.begin(0, &header, rest, arrival);
                    self.ordered.units.complete(arrival);
                }
                None => self.ordered.malformed(),
            },
            _ => self.ordered.malformed(),
        }
    }

    /// Section 4.4.2.
    fn aggregate(&mut self, mut rest: &[u8], arrival: &mut Arrival) {
        let mut number = None;
        while !rest.is_empty() {
            let read = match number {
                None => self.number(rest),
                // Each further unit has the difference to the one before, less one.
                Some(last) if self.numbered => rest
                    .split_first()
                    .map(|(more, rest)| (u16::wrapping_add(last, u16::from(*more) + 1), rest)),
                Some(last) => Some((last, rest)),
            };
            let read = read.and_then(|(own, rest)| {
                let (size, rest) = number16(rest)?;
                let (nal, rest) = rest.split_at_checked(usize::from(size))?;
                Some((own, nal, rest))
            });
            let Some((own, nal, after)) = read else {
                return self.ordered.left_over(rest);
            };
            match kind_of(nal) {
                Some(0..AGGREGATION) => self.ordered.deliver(own, nal, arrival.time, arrival),
                None if nal.is_empty() => {}
                _ => self.ordered.malformed(),
            }
            (rest, number) = (after, Some(own));
        }
    }

    /// Section 4.4.3.
    fn fragment(&mut self, header: [u8; HEADER], rest: &[u8], arrival: &mut Arrival) {
        let Some((&fragment, rest)) = rest.split_first() else {
            return self.ordered.malformed();
        };
        let (start, end, kind) = (fragment & 0x80 != 0, fragment & 0x40 != 0, fragment & 0x3f);
        let nal = [header[0] & 0x81 | kind << 1, header[1]];
        let (number, rest) = match self.number(rest) {
            Some(read) if start => read,
            None if start => return self.ordered.malformed(),
            _ => (0, rest),
        };
        let fragment = Fragment {
            start,
            end,
            kind,
            header: &nal,
            number,
        };
        self.ordered.fragment(fragment, rest, arrival);
    }

    /// The decoding order number at the beginning of `rest`, where packets hold it; 0 where they do not.
    fn number<'a>(&self, rest: &'a [u8]) -> Option<(u16, &'a [u8])> {
        if self.numbered { number16(rest) } else { Some((0, rest)) }
    }
}

fn kind_of(nal: &[u8]) -> Option<u8> {
    nal.first_chunk::<HEADER>().map(|header| header[0] >> 1 & 0x3f)
}

/// Section 4.4.4: the header that the contained payload would have, and the rest of it.
fn contained(payload: &[u8]) -> Option<([u8; HEADER], &[u8])> {
    let [first, second, a, b, ref rest @ ..] = *payload else {
        return None;
    };
    let fields = u16::from_be_bytes([a, b]);
    let (forbidden, kind, extension) = ((a & 0x80), (fields >> 9 & 0x3f) as u8, usize::from(fields >> 4 & 0x1f));
    let rest = rest.get(extension..)?;
    (kind != PACI).then_some(([forbidden | kind << 1 | first & 1, second], rest))
}
