//! The attempts under way and the streams that they opened: whose each is, what it took from the budgets, how far it has come,
//! what its outcome says; and how many there have been.

mod statistics;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::backoff::{PROVEN_BY, SHORT_LIFE};
use super::class::Class;
use super::port::{AttemptId, LinkId};
use device::{DeviceId, SiteId};
pub(super) use statistics::Statistics;

pub use statistics::Totals;

/// What an attempt took from its group's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    Fresh,
    Retry,
    Canary,
}

/// What one outcome says about the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The path is in doubt.
    Silent,
    /// The path works, the device does not serve.
    Answered,
    /// The path and the device work, only this user or this stream does not.
    Well,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    HalfOpen,
    Connected,
    /// Connected, and for so long without an answer that nobody else waits for it: it is billed as failed, and no longer in flight.
    Waiting,
    /// Media so far and when it was last heard of.
    Playing {
        media: Duration,
        heard: Instant,
    },
}

/// Whose an attempt is, and what is known of it when it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beginning {
    pub(super) link: LinkId,
    pub(super) device: DeviceId,
    pub(super) site: SiteId,
    pub(super) class: Class,
    pub(super) charge: Charge,
    /// The policy under which it begins.
    pub(super) policy: u64,
    pub(super) at: Instant,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    id: AttemptId,
    begun: Beginning,
    /// It plays, but its permit is handed back only when the stream has lasted a little.
    on_trial: bool,
    /// It plays, but has not lasted yet.
    not_lasted: bool,
    phase: Phase,
}

/// What media proves of a stream, and what of it is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lasting {
    /// It has lasted a little, and for long.
    pub(super) lasted: bool,
    pub(super) proven: bool,
    /// It has lasted since just now.
    pub(super) lasts_now: bool,
    /// Its permit is handed back now.
    pub(super) passes: bool,
}

impl Attempt {
    pub(super) fn id(&self) -> AttemptId {
        self.id
    }

    pub(super) fn link(&self) -> LinkId {
        self.begun.link
    }

    pub(super) fn device(&self) -> DeviceId {
        self.begun.device
    }

    pub(super) fn site(&self) -> SiteId {
        self.begun.site
    }

    pub(super) fn class(&self) -> Class {
        self.begun.class
    }

    pub(super) fn charge(&self) -> Charge {
        self.begun.charge
    }

    pub(super) fn policy(&self) -> u64 {
        self.begun.policy
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun.at
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn is_on_trial(&self) -> bool {
        self.on_trial
    }

    pub(super) fn has_lasted(&self) -> bool {
        !self.not_lasted
    }

    pub(super) fn is_playing(&self) -> bool {
        matches!(self.phase, Phase::Playing { .. })
    }

    fn media(&mut self, now: Instant) -> Option<Lasting> {
        let Phase::Playing { media, heard } = &mut self.phase else {
            return None;
        };
        // A leap of the clock is not media.
        *media += (now - *heard).min(Duration::from_secs(2));
        *heard = now;
        let proven = *media >= PROVEN_BY;
        let lasted = *media >= SHORT_LIFE;
        Some(Lasting {
            lasted,
            proven,
            lasts_now: lasted && std::mem::take(&mut self.not_lasted),
            passes: lasted && std::mem::take(&mut self.on_trial),
        })
    }
}

/// Invariant: of each number at most one attempt is held, from its dial until it has ended.
#[derive(Default)]
pub(super) struct Attempts {
    running: BTreeMap<AttemptId, Attempt>,
    last: u64,
    revision: u64,
    statistics: Statistics,
}

impl Attempts {
    pub(super) fn begin(&mut self, beginning: Beginning) -> AttemptId {
        self.last += 1;
        self.revision += 1;
        self.statistics.begins(beginning.site, beginning.at);
        let id = AttemptId(self.last);
        let attempt = Attempt {
            id,
            begun: beginning,
            on_trial: false,
            not_lasted: false,
            phase: Phase::HalfOpen,
        };
        self.running.insert(id, attempt);
        id
    }

    pub(super) fn get(&self, id: AttemptId) -> Option<Attempt> {
        self.running.get(&id).copied()
    }

    /// It is connected; says whether it was half-open until now.
    pub(super) fn connects(&mut self, id: AttemptId) -> bool {
        let half_open = self
            .running
            .get_mut(&id)
            .filter(|attempt| attempt.phase == Phase::HalfOpen);
        half_open.map(|attempt| attempt.phase = Phase::Connected).is_some()
    }

    /// It goes on, but waits so long for an answer that nobody else waits for it. Says what it was where that is news.
    pub(super) fn waits(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self
            .running
            .get_mut(&id)
            .filter(|attempt| attempt.phase == Phase::Connected)?;
        self.revision += 1;
        let before = *attempt;
        attempt.phase = Phase::Waiting;
        Some(before)
    }

    /// It plays.
    pub(super) fn plays(&mut self, id: AttemptId, on_trial: bool, now: Instant) {
        if let Some(attempt) = self.running.get_mut(&id) {
            self.revision += 1;
            attempt.on_trial = on_trial;
            attempt.not_lasted = true;
            attempt.phase = Phase::Playing {
                media: Duration::ZERO,
                heard: now,
            };
        }
    }

    /// Lasting arrived; `None`: it does not play.
    pub(super) fn media(&mut self, id: AttemptId, now: Instant) -> Option<(Attempt, Lasting)> {
        let attempt = self.running.get_mut(&id)?;
        let media = attempt.media(now)?;
        Some((*attempt, media))
    }

    /// What it opened is a stream of another device from now on.
    pub(super) fn hand_over(&mut self, id: AttemptId, device: DeviceId) {
        if let Some(attempt) = self.running.get_mut(&id) {
            attempt.begun.device = device;
        }
    }

    /// It has ended.
    pub(super) fn end(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.running.remove(&id)?;
        self.revision += 1;
        Some(attempt)
    }

    /// When the attempts of a site, or of all sites, began whose outcome is not known yet, and that are not billed.
    pub(super) fn pending(&self, site: Option<SiteId>) -> impl Iterator<Item = Instant> + '_ {
        let pending = self
            .running
            .values()
            .filter(|attempt| !attempt.is_playing() && attempt.phase != Phase::Waiting);
        let of_site = pending.filter(move |attempt| site.is_none_or(|site| attempt.site() == site));
        of_site.map(Attempt::begun)
    }

    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    pub(super) fn statistics_mut(&mut self) -> &mut Statistics {
        &mut self.statistics
    }

    /// Changes whenever an attempt begins, plays or ends.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        self.running.len() + self.statistics.footprint()
    }

    #[cfg(test)]
    pub(super) fn after_years(&mut self, attempts: u64) {
        self.last = attempts;
        self.statistics = Statistics::after_years(attempts, attempts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_lasts_once_and_a_leap_of_the_clock_is_not_media() {
        let start = Instant::now();
        let mut attempts = Attempts::default();
        let id = attempts.begin(Beginning {
            link: LinkId(1),
            device: DeviceId(1),
            site: SiteId(1),
            class: Class::Unknown,
            charge: Charge::Fresh,
            policy: 0,
            at: start,
        });
        assert_eq!(attempts.media(id, start).map(|(_, media)| media), None);
        assert_eq!(attempts.pending(Some(SiteId(1))).count(), 1);
        assert!(attempts.connects(id) && !attempts.connects(id));
        attempts.plays(id, true, start);
        assert_eq!(attempts.pending(None).count(), 0);
        let mut media = |seconds| attempts.media(id, start + Duration::from_secs(seconds)).unwrap().1;
        assert!(!media(3_600).lasted, "the computer slept");
        let lasts: Vec<Lasting> = (3_601..3_605).map(&mut media).filter(|media| media.lasts_now).collect();
        assert_eq!(lasts.len(), 1);
        assert!(lasts[0].passes && lasts[0].lasted && !lasts[0].proven);
        assert!((3_605..3_665).map(media).any(|media| media.proven));
        assert!(attempts.end(id).is_some() && attempts.end(id).is_none());
    }
}
