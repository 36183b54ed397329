//! RTP payload format for H.264 (RFC 6184).

use std::time::Instant;

use super::access_unit::Discarded;
use super::assembler::Arrival;
use super::decoding_order::{DecodingOrder, Held, number16};
use super::fragments::NalUnits;
use super::sets::Sets;
use super::syntax::{Syntax, Unit};

/// Reads payloads of all packetization modes; what a packet holds is known by its own type, whatever the SDP says.
#[derive(Debug)]
pub(super) struct H264 {
    pub units: NalUnits,
    order: Option<DecodingOrder>,
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
            units: NalUnits::new(Syntax::H264, Sets::new(Syntax::H264, fmtp), now),
            order: DecodingOrder::new(depth),
        }
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.units.restart(now);
        if let Some(order) = &mut self.order {
            order.clear();
        }
    }

    pub(super) fn buffered(&self) -> usize {
        self.order.as_ref().map_or(0, DecodingOrder::buffered)
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
                None => self.units.malformed(),
            },
            Some(kind @ (FU_A | FU_B)) => self.fragment(kind == FU_B, payload, arrival),
            // A unit of its own; 0 is the first byte of a start code that was left before it.
            Some(0..=23) => self.deliver(0, payload, arrival.time, arrival),
            Some(_) => self.units.malformed(),
        }
        self.units.packet_done(arrival);
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
                // Padding of a few zeros at the end is no fault.
                if rest.iter().any(|byte| *byte != 0) || rest.len() > 4 {
                    self.units.malformed();
                }
                return;
            };
            match nal.first().map(|first| first & 0x1f) {
                None => {}
                Some(0..=23) => self.deliver(number, nal, arrival.time.wrapping_add(offset), arrival),
                Some(_) => self.units.malformed(),
            }
            (rest, index) = (after, index.wrapping_add(1));
        }
    }

    /// Section 5.8.
    fn fragment(&mut self, numbered: bool, payload: &[u8], arrival: &mut Arrival) {
        let [indicator, header, ref rest @ ..] = *payload else {
            return self.units.malformed();
        };
        let (number, rest) = match number16(rest) {
            Some(read) if numbered => read,
            None if numbered => return self.units.malformed(),
            _ => (0, rest),
        };
        let (start, end, kind) = (header & 0x80 != 0, header & 0x40 != 0, header & 0x1f);
        let nal = [indicator & 0xe0 | kind];
        let Some(order) = &mut self.order else {
            if start {
                self.units.begin(kind, &nal, rest, arrival);
            } else {
                self.units.further(kind, rest, arrival);
            }
            if end {
                self.units.complete(arrival);
            }
            return;
        };
        if start {
            let nal = [&nal, rest].concat();
            let is_slice = matches!(Syntax::H264.unit(&nal), Unit::Slice(_));
            order.begin(
                kind,
                Held {
                    number,
                    time: arrival.time,
                    is_slice,
                    nal,
                },
            );
        } else if !order.further(kind, rest) {
            self.units.counts().discard(Discarded::Headless);
            self.units.pictures.damage();
        }
        if end {
            order.complete();
            self.deliver_ordered(arrival);
        }
    }

    fn deliver(&mut self, number: u16, nal: &[u8], time: u32, arrival: &mut Arrival) {
        match &mut self.order {
            None => self.units.whole(nal, arrival),
            Some(order) => {
                let is_slice = matches!(Syntax::H264.unit(nal), Unit::Slice(_));
                order.push(Held {
                    number,
                    time,
                    is_slice,
                    nal: nal.to_vec(),
                });
                self.deliver_ordered(arrival);
            }
        }
    }

    fn deliver_ordered(&mut self, arrival: &mut Arrival) {
        // The marker is of the unit that came, not of those that are handed on.
        arrival.marker = false;
        while let Some(held) = self.order.as_mut().and_then(DecodingOrder::next) {
            let sent = std::mem::replace(&mut arrival.time, held.time);
            self.units.whole(&held.nal, arrival);
            arrival.time = sent;
        }
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
