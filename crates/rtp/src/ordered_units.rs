//! What the payloads of H.264 and H.265 have in common: units, whole or in fragments, that may be sent in another order than decoded.

use std::time::Instant;

use super::access_unit::Discarded;
use super::assembler::Arrival;
use super::decoding_order::{DecodingOrder, Held};
use super::fragments::{NalUnits, has_start_code};
use super::sets::Sets;
use super::syntax::{Syntax, Unit};

/// Hands units on to [`NalUnits`], in decoding order where packets say it.
#[derive(Debug)]
pub(super) struct OrderedUnits {
    pub units: NalUnits,
    syntax: Syntax,
    order: Option<DecodingOrder>,
}

/// One fragment of a unit, without its bytes.
#[derive(Clone, Copy)]
pub(super) struct Fragment<'a> {
    pub start: bool,
    pub end: bool,
    /// The type of the unit, as each fragment repeats it.
    pub kind: u8,
    /// The header that the whole unit has.
    pub header: &'a [u8],
    /// The decoding order number, where it begins and is ordered.
    pub number: u16,
}

impl OrderedUnits {
    /// `depth`: units that may be sent before one that is decoded earlier; 0: they are sent as they are decoded.
    pub(super) fn new(syntax: Syntax, fmtp: &[(String, String)], depth: usize, now: Instant) -> Self {
        Self {
            units: NalUnits::new(syntax, Sets::new(syntax, fmtp), now),
            syntax,
            order: DecodingOrder::new(depth),
        }
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.units.restart(now);
        if let Some(order) = &mut self.order {
            order.clear();
        }
    }

    /// Bytes of units that wait for their turn.
    pub(super) fn buffered(&self) -> usize {
        self.order.as_ref().map_or(0, DecodingOrder::buffered)
    }

    /// Whether units wait for those that are decoded before them.
    pub(super) fn is_reordered(&self) -> bool {
        self.order.is_some()
    }

    pub(super) fn malformed(&mut self) {
        self.units.malformed();
    }

    /// What is left of an aggregation packet is no unit; padding of a few zeros is no fault.
    pub(super) fn left_over(&mut self, rest: &[u8]) {
        if rest.iter().any(|byte| *byte != 0) || rest.len() > 4 {
            self.units.malformed();
        }
    }

    /// Takes a whole unit with its header.
    pub(super) fn deliver(&mut self, number: u16, nal: &[u8], time: u32, arrival: &mut Arrival) {
        let Some(order) = &mut self.order else {
            return self.units.whole(nal, arrival);
        };
        order.push(held(self.syntax, number, nal.to_vec(), time));
        self.hand_on(arrival);
    }

    /// Takes the bytes of one fragment.
    pub(super) fn fragment(&mut self, fragment: Fragment<'_>, bytes: &[u8], arrival: &mut Arrival) {
        let Fragment {
            start,
            end,
            kind,
            header,
            number,
        } = fragment;
        // Some cut up a unit together with the start code before it: then the unit has its own header behind that.
        let header = if has_start_code(bytes) { &[][..] } else { header };
        let Some(order) = &mut self.order else {
            if start {
                self.units.begin(kind, header, bytes, arrival);
            } else {
                self.units.further(kind, bytes, arrival);
            }
            if end {
                self.units.complete(arrival);
            }
            return;
        };
        if start {
            order.begin(kind, held(self.syntax, number, [header, bytes].concat(), arrival.time));
        } else if !order.further(kind, bytes) {
            self.units.counts().discard(Discarded::Headless);
            self.units.pictures.damage();
        }
        if end {
            order.complete();
            self.hand_on(arrival);
        }
    }

    fn hand_on(&mut self, arrival: &mut Arrival) {
        // The marker is of the unit that came, not of those that are handed on.
        arrival.marker = false;
        while let Some(held) = self.order.as_mut().and_then(DecodingOrder::next) {
            let sent = std::mem::replace(&mut arrival.time, held.time);
            self.units.whole(&held.nal, arrival);
            arrival.time = sent;
        }
    }
}

fn held(syntax: Syntax, number: u16, nal: Vec<u8>, time: u32) -> Held {
    let is_slice = matches!(syntax.unit(&nal), Unit::Slice(_));
    Held {
        number,
        time,
        is_slice,
        nal,
    }
}
