//! Whether this machine can reach a device at all, as its own system says before any packet is sent.

use std::time::Instant;

use crate::backoff::Dice;

#[derive(Default)]
pub(crate) struct Route {
    /// How often in a row there was no route, and when last.
    missing: u32,
    missing_at: Option<Instant>,
    /// Until when that, or another failure of this machine before any packet, is believed.
    until: Option<Instant>,
}

impl Route {
    /// There may be one, as far as this machine knows.
    pub(crate) fn exists(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_missing(&mut self, dice: &mut Dice, now: Instant) {
        self.missing = self.missing.saturating_add(1);
        self.missing_at = Some(now);
        self.until = Some(now + dice.route(self.missing));
    }

    /// Nothing can be sent to it before then.
    pub(crate) fn waits(&mut self, until: Instant) {
        self.until = Some(until);
    }

    pub(crate) fn was_missing(&self) -> bool {
        self.missing > 0
    }

    pub(crate) fn missing_at(&self) -> Option<Instant> {
        self.missing_at
    }

    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    #[cfg(test)]
    pub(crate) fn after_years(&mut self) {
        self.missing = u32::MAX;
    }
}
