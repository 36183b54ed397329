//! What a group may spend, and how much a dial of it is believed in.

use std::time::{Duration, Instant};

use super::Group;
use crate::class::Class;
use crate::groups::budget::{GroupBudget, PermitFor};
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::plans::{Tier, Turn};

impl Group {
    pub(crate) fn budget(&self) -> &GroupBudget {
        &self.budget
    }

    pub(crate) fn budget_mut(&mut self) -> &mut GroupBudget {
        &mut self.budget
    }

    /// Failed attempts of the last minute.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn merge_ledger(&mut self, spent: &Ledger) {
        self.ledger.merge(spent);
    }

    /// Failed attempts allowed in a minute.
    pub(crate) fn failed_per_minute(&self, limits: &Limits, now: Instant) -> u32 {
        let steady = self
            .down_since
            .is_some_and(|since| now >= since + Duration::from_secs(60));
        let least = if steady {
            Limits::STEADY_FAILED_PER_MINUTE
        } else {
            u32::MAX
        };
        limits.site_failed_per_minute.min(least)
    }

    /// When one more attempt may begin with so many failed ones in a minute. `None`: not before a dial under way ends.
    pub(crate) fn room(&self, limit: u32, now: Instant) -> Option<Instant> {
        self.ledger.room(limit, self.pending(now), now)
    }

    /// When a budget lets a device of this tier dial. `None`: not before a dial under way ends.
    pub(crate) fn admitted(&self, tier: Tier, limits: &Limits, now: Instant) -> Option<Instant> {
        let limit = self.failed_per_minute(limits, now);
        let (purpose, limit) = match tier {
            Tier::Failed => (PermitFor::Retry, limit - limit / 4),
            Tier::Manual => (PermitFor::Retry, limit),
            Tier::Selected | Tier::Visible | Tier::Background | Tier::Doubtful => (PermitFor::Fresh, limit),
        };
        Some(self.budget.earliest(purpose, now).max(self.room(limit, now)?))
    }

    /// Dials that may yet turn out to have failed: those under way, and where many streams are lost almost at once, those
    /// too that play, but have not lasted yet.
    pub(super) fn pending(&self, now: Instant) -> u32 {
        let not_lasted = if self.is_brief(now) {
            self.traffic.not_lasted()
        } else {
            0
        };
        self.traffic.in_flight() + not_lasted
    }

    /// Another dial may be in flight.
    pub(crate) fn has_slot(&self, limits: &Limits, now: Instant) -> bool {
        let window = if self.is_proven(now) { self.round.window() } else { 1 };
        self.traffic.in_flight() < window.min(limits.site_in_flight)
    }

    /// How much a dial of this turn is believed in.
    pub(crate) fn class_of(&self, turn: Turn, now: Instant) -> Class {
        match turn.tier {
            Tier::Manual => Class::Hurried,
            Tier::Failed | Tier::Doubtful => Class::Doubtful,
            _ if self.is_proven(now) && self.lasted => Class::Proven,
            _ if self.is_proven(now) => Class::Promising,
            _ if self.down_since.is_none() && self.in_vain == 0 => Class::Unknown,
            _ => Class::Doubtful,
        }
    }
}
