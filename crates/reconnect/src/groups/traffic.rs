//! The dials and streams of one group, counted.

/// Invariant: what is half-open is in flight, what is not_lasted is live; each is left as often as it was entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    in_flight: u32,
    half_open: u32,
    live: u32,
    not_lasted: u32,
}

impl Traffic {
    /// An attempt begins.
    pub(crate) fn begins(&mut self) {
        self.in_flight += 1;
        self.half_open += 1;
    }

    /// It is connected, or has ended without.
    pub(crate) fn closes(&mut self) {
        leave(&mut self.half_open);
    }

    /// It plays, failed or was aborted.
    pub(crate) fn ends(&mut self) {
        leave(&mut self.in_flight);
    }

    /// A stream plays.
    pub(crate) fn plays(&mut self) {
        self.live += 1;
        self.not_lasted += 1;
    }

    /// It has lasted a little.
    pub(crate) fn lasts(&mut self) {
        leave(&mut self.not_lasted);
    }

    /// It is gone; `not_lasted`: before it had lasted.
    pub(crate) fn stops(&mut self, not_lasted: bool) {
        leave(&mut self.live);
        if not_lasted {
            leave(&mut self.not_lasted);
        }
    }

    /// Dials under way.
    pub(crate) fn in_flight(self) -> u32 {
        self.in_flight
    }

    /// Those of them not connected yet.
    pub(crate) fn half_open(self) -> u32 {
        self.half_open
    }

    /// Streams that play.
    pub(crate) fn live(self) -> u32 {
        self.live
    }

    /// Those of them that have not lasted yet.
    pub(crate) fn not_lasted(self) -> u32 {
        self.not_lasted
    }
}

fn leave(count: &mut u32) {
    debug_assert!(*count > 0, "more left than entered");
    *count = count.saturating_sub(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_entered_is_left() {
        let mut traffic = Traffic::default();
        for _ in 0..3 {
            traffic.begins();
            traffic.closes();
        }
        assert_eq!((traffic.in_flight(), traffic.half_open()), (3, 0));
        for _ in 0..3 {
            traffic.ends();
            traffic.plays();
        }
        traffic.lasts();
        assert_eq!((traffic.live(), traffic.not_lasted()), (3, 2));
        traffic.stops(false);
        traffic.stops(true);
        traffic.stops(true);
        assert_eq!(traffic, Traffic::default());
    }
}
