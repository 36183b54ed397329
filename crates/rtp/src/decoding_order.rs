//! Units that are sent in another order than that in which they are decoded (RFC 6184 section 7.2, RFC 7798 section 6).

/// Holds units until those that are decoded before them have come.
#[derive(Debug)]
pub(super) struct DecodingOrder {
    /// Slices that may be sent before one that is decoded earlier.
    depth: usize,
    held: Vec<Held>,
    bytes: usize,
    /// The unit whose fragments are coming.
    fragment: Option<(u8, Held)>,
}

#[derive(Debug)]
pub(super) struct Held {
    pub number: u16,
    pub time: u32,
    pub is_slice: bool,
    pub nal: Vec<u8>,
}

/// A larger depth is not believed.
const DEEPEST: usize = 64;

/// Units may be held, slices or not.
const MOST_UNITS: usize = 2 * DEEPEST;

/// So many bytes may wait.
const MOST_BYTES: usize = 4 << 20;

impl DecodingOrder {
    /// `None`: the units are sent as they are decoded.
    pub(super) fn new(depth: usize) -> Option<Self> {
        (depth > 0).then(|| Self {
            depth: depth.min(DEEPEST),
            held: Vec::new(),
            bytes: 0,
            fragment: None,
        })
    }

    pub(super) fn push(&mut self, held: Held) {
        self.bytes += held.nal.len();
        self.held.push(held);
    }

    pub(super) fn begin(&mut self, kind: u8, held: Held) {
        self.complete();
        self.fragment = Some((kind, held));
    }

    /// False: the beginning of the unit is missing.
    pub(super) fn further(&mut self, kind: u8, payload: &[u8]) -> bool {
        match &mut self.fragment {
            Some((own, held)) if *own == kind && held.nal.len() + payload.len() <= MOST_BYTES => {
                held.nal.extend_from_slice(payload);
                true
            }
            _ => {
                self.fragment = None;
                false
            }
        }
    }

    pub(super) fn complete(&mut self) {
        if let Some((_, held)) = self.fragment.take() {
            self.push(held);
        }
    }

    /// The next unit to decode, if those before it have come.
    pub(super) fn next(&mut self) -> Option<Held> {
        let slices = self.held.iter().filter(|held| held.is_slice).count();
        if slices <= self.depth && self.held.len() <= MOST_UNITS && self.bytes <= MOST_BYTES {
            return None;
        }
        // Numbers wrap: earlier is what lies less than half of all behind (RFC 6184 section 5.5).
        let mut first = 0;
        for (index, held) in self.held.iter().enumerate().skip(1) {
            if held.number.wrapping_sub(self.held[first].number) > u16::MAX / 2 {
                first = index;
            }
        }
        let held = self.held.remove(first);
        self.bytes -= held.nal.len();
        Some(held)
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.bytes = 0;
        self.fragment = None;
    }

    pub(super) fn buffered(&self) -> usize {
        self.bytes + self.fragment.as_ref().map_or(0, |(_, held)| held.nal.len())
    }
}

/// A number of two bytes, and what follows it.
pub(super) fn number16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(number: u16) -> Held {
        Held {
            number,
            time: 0,
            is_slice: true,
            nal: vec![1],
        }
    }

    #[test]
    fn units_come_out_in_the_order_of_decoding_across_the_wrap() {
        let mut order = DecodingOrder::new(2).unwrap();
        let mut out = Vec::new();
        for number in [65_534, 1, 65_535, 0, 3, 2, 4, 5, 6] {
            order.push(slice(number));
            out.extend(std::iter::from_fn(|| order.next()).map(|held| held.number));
        }
        assert_eq!(out, [65_534, 65_535, 0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_is_held_is_bounded_by_count_and_by_bytes() {
        let mut order = DecodingOrder::new(usize::MAX).unwrap();
        for number in 0..1_000 {
            order.push(Held {
                is_slice: number % 3 == 0,
                nal: vec![0; 100_000],
                ..slice(number)
            });
            while order.next().is_some() {}
            assert!(order.held.len() <= MOST_UNITS && order.buffered() <= MOST_BYTES);
        }
    }
}
