//! When a device may be dialled, where it stands among those of its group, and how well it suits as their canary.

use std::time::{Duration, Instant};

use super::DevicePlan;
use crate::plans::turn::{Slot, Tier, Turn};
use crate::port::{LinkId, Rank, SignIn};

impl DevicePlan {
    /// When the next of its idle links may be dialled; `None` while its recorder is being dialled, nothing is wanted, its
    /// password is not there, or it is stopped.
    /// `frozen`: the site probes, the device's own backoff does not count.
    pub(crate) fn due(&self, frozen: bool, now: Instant) -> Option<Instant> {
        if self.dialling.is_some() || self.entry.is_busy() || self.sign_in != SignIn::Ready {
            return None;
        }
        let skip = frozen || self.manual;
        let link = self.idle().map(|(_, link)| link.ready_at(skip, now)).min()?;
        let stop = match &self.stop {
            Some(stop) => stop.until?,
            None => now,
        };
        let backoff = self.backoff_until.filter(|_| !skip).unwrap_or(now);
        let route = self.route.until().filter(|_| !self.manual).unwrap_or(now);
        Some(
            link.max(stop)
                .max(backoff)
                .max(route)
                .max(self.hold_until.unwrap_or(now))
                .max(self.entry.earliest(now)),
        )
    }

    /// The link whose turn it is, of those that are due.
    pub(crate) fn next_link(&self, frozen: bool, now: Instant) -> Option<LinkId> {
        let skip = frozen || self.manual;
        let due = self.idle().filter(|(_, link)| link.ready_at(skip, now) <= now);
        due.min_by_key(|(id, link)| (link.precedence(), *id)).map(|(id, _)| id)
    }

    /// Where it stands in the queue of its group, whose devices have their own timers in this epoch.
    pub(crate) fn slot(&self, epoch: u64, born: Instant, now: Instant) -> Slot {
        match self.due(false, now) {
            None => Slot::Nowhere,
            Some(due) if due > now => Slot::Waiting(due),
            Some(_) => Slot::Ready(self.turn(epoch, born, now)),
        }
    }

    fn turn(&self, epoch: u64, born: Instant, now: Instant) -> Turn {
        let rank = self.rank();
        let last = self.last_dial.unwrap_or(born);
        let (tier, at) = if self.manual {
            (Tier::Manual, self.manual_at.unwrap_or(now))
        } else if self.follows() {
            (Tier::Selected, born)
        } else if self.failed_in == Some(epoch) {
            let patience = match rank {
                Rank::Selected => Duration::ZERO,
                Rank::Visible => Duration::from_secs(15),
                Rank::Background => Duration::from_secs(60),
            };
            (Tier::Failed, self.backoff_until.unwrap_or(last) + patience)
        } else if self.failures >= 3 {
            (Tier::Doubtful, last)
        } else {
            let tier = match rank {
                Rank::Selected => Tier::Selected,
                Rank::Visible => Tier::Visible,
                Rank::Background => Tier::Background,
            };
            (tier, last)
        };
        let order = self.order;
        Turn { tier, at, order }
    }

    pub(crate) fn probed(&mut self, now: Instant) {
        self.last_probe = Some(now);
    }

    pub(crate) fn was_ever_live(&self) -> bool {
        self.last_live.is_some()
    }

    /// It was live when its site was lost then.
    pub(crate) fn was_live(&self, lost: Instant) -> bool {
        self.last_live.is_some_and(|at| at + Duration::from_secs(60) >= lost)
    }

    /// How well it suits as the canary of an outage that began at `since`, if the next look is at `soon`: first a device that
    /// was live then, then what is on screen, then the most recent; smaller is better. `None`: it cannot be dialled.
    pub(crate) fn suits_as_canary(&self, since: Instant, soon: Instant, now: Instant) -> Option<impl Ord + use<>> {
        let due = self.due(true, now)?;
        let probed = self.last_probe.filter(|at| *at >= since);
        let last_live = std::cmp::Reverse(self.last_live);
        let known = (last_live, self.failures, self.order);
        Some((due > soon, probed, !self.was_live(since), self.rank(), known))
    }
}
