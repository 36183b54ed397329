//! RTP payload format for H.265 (RFC 7798).

use std::time::Instant;

use super::access_unit::Discarded;
use super::assembler::Arrival;
use super::decoding_order::{DecodingOrder, Held, number16};
use super::fragments::NalUnits;
use super::sets::Sets;
use super::syntax::{Syntax, Unit};

/// Reads payloads with and without decoding order numbers.
#[derive(Debug)]
pub(super) struct H265 {
    pub units: NalUnits,
    /// The SDP says that packets hold decoding order numbers (`DONL`).
    numbered: bool,
    order: Option<DecodingOrder>,
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
            units: NalUnits::new(Syntax::H265, Sets::new(Syntax::H265, fmtp), now),
            numbered: difference > 0 || units > 0,
            order: DecodingOrder::new(units),
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
        match kind_of(payload) {
            Some(PACI) => match contained(payload) {
                Some((header, rest)) => self.read_one(header, rest, arrival),
                None => self.units.malformed(),
            },
            _ => match payload.split_first_chunk::<HEADER>() {
                Some((header, rest)) => self.read_one(*header, rest, arrival),
                None if payload.is_empty() => {}
                None => self.units.malformed(),
            },
        }
        self.units.packet_done(arrival);
    }

    fn read_one(&mut self, header: [u8; HEADER], rest: &[u8], arrival: &mut Arrival) {
        match header[0] >> 1 & 0x3f {
            AGGREGATION => self.aggregate(rest, arrival),
            FRAGMENT => self.fragment(header, rest, arrival),
            // 0, 0: a start code that was left before the unit.
            _ if header == [0, 0] => self.deliver(0, &[&header, rest].concat(), arrival),
            // Section 4.4.1.
            0..AGGREGATION => match self.number(rest) {
                Some((number, rest)) if self.order.is_some() => {
                    self.deliver(number, &[&header, rest].concat(), arrival);
                }
                Some((_, rest)) => {
                    self.units.begin(0, &header, rest, arrival);
                    self.units.complete(arrival);
                }
                None => self.units.malformed(),
            },
            _ => self.units.malformed(),
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
                if rest.iter().any(|byte| *byte != 0) || rest.len() > 4 {
                    self.units.malformed();
                }
                return;
            };
            match kind_of(nal) {
                Some(0..AGGREGATION) => self.deliver(own, nal, arrival),
                None if nal.is_empty() => {}
                _ => self.units.malformed(),
            }
            (rest, number) = (after, Some(own));
        }
    }

    /// Section 4.4.3.
    fn fragment(&mut self, header: [u8; HEADER], rest: &[u8], arrival: &mut Arrival) {
        let Some((&fragment, rest)) = rest.split_first() else {
            return self.units.malformed();
        };
        let (start, end, kind) = (fragment & 0x80 != 0, fragment & 0x40 != 0, fragment & 0x3f);
        let nal = [header[0] & 0x81 | kind << 1, header[1]];
        let (number, rest) = match self.number(rest) {
            Some(read) if start => read,
            None if start => return self.units.malformed(),
            _ => (0, rest),
        };
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
            let is_slice = matches!(Syntax::H265.unit(&nal), Unit::Slice(_));
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

    /// The decoding order number at the beginning of `rest`, where packets hold it; 0 where they do not.
    fn number<'a>(&self, rest: &'a [u8]) -> Option<(u16, &'a [u8])> {
        if self.numbered { number16(rest) } else { Some((0, rest)) }
    }

    fn deliver(&mut self, number: u16, nal: &[u8], arrival: &mut Arrival) {
        match &mut self.order {
            None => self.units.whole(nal, arrival),
            Some(order) => {
                let is_slice = matches!(Syntax::H265.unit(nal), Unit::Slice(_));
                order.push(Held {
                    number,
                    time: arrival.time,
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
