//! Whose turn it is: the queue of each group, the agenda of all, and the one place where a dial is decided.

use std::time::{Duration, Instant};

use super::group::{Class, Group, GroupId, Mode, Placed, Tier, Turn};
use super::machine::{Attempt, Charge, DOUBTFUL_RATE, Machine, Phase, RATE};
use super::member::{LinkState, Slot};
use super::port::{Dial, Permit, Rank, Why};
use device::DeviceId;

/// What a group wants next.
enum Wish {
    Now(Class),
    At(Instant),
    /// Only an input can change it.
    Never,
}

/// When to look again, and what for.
pub(super) type Wake = Option<(Instant, &'static str)>;

/// Two looks of a canary that hints or people hurry on are at least this far apart.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(2);

impl Machine {
    /// The dial that may be made now, or when to ask again.
    pub(super) fn next_turn(&mut self) -> Result<Dial, Wake> {
        let now = self.now;
        while let Some(&(at, group)) = self.agenda.first()
            && at <= now
        {
            self.settle(group);
        }
        let mut wake = None;
        if let Some(dial) = self.gate_turn(&mut wake) {
            return Ok(dial);
        }
        let rate = self.rate.earliest(now);
        for class in Class::ALL {
            while let Some(&(_, group)) = self.queues[class as usize].first() {
                if !self.has_slot(class) {
                    break;
                }
                let rate = if class == Class::Doubtful {
                    rate.max(self.doubtful_rate.earliest(now))
                } else {
                    rate
                };
                if rate > now {
                    sooner(&mut wake, rate, "the process's rate");
                    break;
                }
                if let Some(dial) = self.dial(group) {
                    return Ok(dial);
                }
            }
        }
        if let Some(&(at, group)) = self.agenda.first() {
            let probing = self.groups.get(&group).is_some_and(|group| group.probe().is_some());
            sooner(&mut wake, at, if probing { "canary" } else { "backoff" });
        }
        Err(wake)
    }

    /// Dials for this group if it still wants to, now, in the class it queued for; else puts it where it belongs.
    pub(super) fn dial(&mut self, id: GroupId) -> Option<Dial> {
        let queued = self.groups.get(&id).map(|group| group.placed);
        self.settle(id);
        let group = self.groups.get(&id)?;
        if Some(group.placed) != queued {
            return None;
        }
        match &group.mode {
            Mode::Open => self.dial_open(id),
            Mode::Probing(_) => self.dial_canary(id),
        }
    }

    /// Whether another connect of this class may be half-open. A dead site holds a slot until its deadline, so what is
    /// doubtful gets half of them, and what is unknown leaves one to what works.
    pub(super) fn has_slot(&self, class: Class) -> bool {
        let all = self.limits.process_in_flight;
        let [proven, unproven, doubtful] = self.half_open;
        proven + unproven + doubtful < all
            && match class {
                Class::Proven => true,
                Class::Unproven => unproven + doubtful < (all - 1).max(1),
                Class::Doubtful => doubtful < (all / 2).max(1),
            }
    }

    /// Places a device in its group's queue anew, after anything about it changed.
    pub(super) fn refresh(&mut self, id: DeviceId) {
        let now = self.now;
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&member.group) else {
            return;
        };
        if member.is_locked_out() {
            group.locked_out.insert(id);
        } else {
            group.locked_out.remove(&id);
        }
        match std::mem::replace(&mut member.slot, Slot::None) {
            Slot::None => {}
            Slot::Ready(turn) => drop(group.ready.remove(&(turn, id))),
            Slot::Waiting(at) => drop(group.waiting.remove(&(at, id))),
        }
        if group.probe().is_some() {
            return;
        }
        let Some(due) = member.due(&self.links, false, now) else {
            return;
        };
        if due > now {
            member.slot = Slot::Waiting(due);
            group.waiting.insert((due, id));
            return;
        }
        let rank = member.rank(&self.links);
        let last = member.last_dial.unwrap_or(self.born);
        let (tier, at) = if member.manual {
            (Tier::Manual, member.manual_at.unwrap_or(now))
        } else if member.failed_in == Some(group.epoch) {
            let patience = match rank {
                Rank::Selected => Duration::ZERO,
                Rank::Visible => Duration::from_secs(15),
                Rank::Background => Duration::from_secs(60),
            };
            (Tier::Failed, member.backoff_until.unwrap_or(last) + patience)
        } else if member.failures >= 3 {
            (Tier::Doubtful, last)
        } else {
            let tier = match rank {
                Rank::Selected => Tier::Selected,
                Rank::Visible => Tier::Visible,
                Rank::Background => Tier::Background,
            };
            (tier, last)
        };
        let turn = Turn {
            tier,
            at,
            order: member.order,
        };
        member.slot = Slot::Ready(turn);
        group.ready.insert((turn, id));
    }

    pub(super) fn refresh_all(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(&id) else { return };
        for device in group.members.iter().copied().collect::<Vec<_>>() {
            self.refresh(device);
        }
    }

    pub(super) fn settle_of(&mut self, device: DeviceId) {
        if let Some(member) = self.members.get(&device) {
            self.settle(member.group);
        }
    }

    pub(super) fn settle_all(&mut self) {
        for id in self.groups.keys().copied().collect::<Vec<_>>() {
            self.settle(id);
        }
    }

    /// Puts a group on the agenda or into a queue, as it wishes now.
    pub(super) fn settle(&mut self, id: GroupId) {
        let now = self.now;
        while let Some(group) = self.groups.get(&id)
            && let Some(&(at, device)) = group.waiting.first()
            && at <= now
        {
            self.refresh(device);
        }
        let wish = self.wish(id);
        self.ticket += 1;
        let Some(group) = self.groups.get_mut(&id) else {
            // It was formed anew: whatever is left of the old one in the agenda goes.
            self.agenda.retain(|(_, other)| *other != id);
            return;
        };
        let place = match (&wish, group.placed) {
            (Wish::Never, _) => Placed::Nowhere,
            (Wish::At(at), _) => Placed::Agenda(*at),
            (Wish::Now(class), Placed::Queue(already, ticket)) if *class == already => Placed::Queue(already, ticket),
            (Wish::Now(class), _) => Placed::Queue(*class, self.ticket),
        };
        if place != group.placed {
            match std::mem::replace(&mut group.placed, place) {
                Placed::Nowhere => {}
                Placed::Agenda(at) => drop(self.agenda.remove(&(at, id))),
                Placed::Queue(class, ticket) => drop(self.queues[class as usize].remove(&(ticket, id))),
            }
            match place {
                Placed::Nowhere => {}
                Placed::Agenda(at) => drop(self.agenda.insert((at, id))),
                Placed::Queue(class, ticket) => drop(self.queues[class as usize].insert((ticket, id))),
            }
        }
        self.show(id);
    }

    fn dial_open(&mut self, id: GroupId) -> Option<Dial> {
        let now = self.now;
        let group = self.groups.get(&id)?;
        let (turn, device, _) = self.front(group)?;
        let class = class_of(group, turn);
        let charge = if turn.tier == Tier::Failed || turn.tier == Tier::Manual {
            Charge::Retry
        } else {
            Charge::Fresh
        };
        let bucket = if charge == Charge::Retry {
            &group.budget.retries
        } else {
            &group.budget.fresh
        };
        bucket.take(now).ok()?;
        let why = match turn.tier {
            Tier::Manual => Why::Manual,
            Tier::Failed => Why::Retry,
            _ if group.ramping => Why::Ramp,
            _ if self.members.get(&device)?.last_failure.is_some() => Why::Retry,
            _ => Why::Start,
        };
        let dial = self.launch(device, class, charge, why, false)?;
        self.settle(id);
        Some(dial)
    }

    pub(super) fn launch(
        &mut self,
        device: DeviceId,
        class: Class,
        charge: Charge,
        why: Why,
        frozen: bool,
    ) -> Option<Dial> {
        let now = self.now;
        let member = self.members.get_mut(&device)?;
        let link = member.next_link(&self.links, frozen, now)?;
        self.rate.take(now).ok()?;
        if class == Class::Doubtful {
            self.doubtful_rate.take(now).ok()?;
        }
        let attempt = self.new_attempt_id();
        let member = self.members.get_mut(&device)?;
        member.dialled(attempt, now);
        let (reuse_port, site, group) = (member.unanswered, member.site, member.group);
        self.engage(device);
        if let Some(link) = self.links.get_mut(&link) {
            link.state = LinkState::Dialling(attempt);
        }
        if let Some(group) = self.groups.get_mut(&group) {
            group.in_flight += 1;
            group.half_open += 1;
            group.in_vain = group.in_vain.saturating_add(1);
        }
        if let Some(site) = self.sites.get_mut(&site) {
            site.attempts += 1;
            site.half_open += 1;
            site.recent.note(now);
        }
        self.half_open[class as usize] += 1;
        self.spent_revision += 1;
        self.totals.attempts += 1;
        self.totals.half_open += 1;
        self.recent.note(now);
        self.attempts.insert(
            attempt,
            Attempt {
                link,
                device,
                site,
                class,
                charge,
                begun: now,
                on_trial: false,
                young: false,
                policy: self.policy,
                phase: Phase::HalfOpen,
            },
        );
        self.refresh(device);
        Some(Dial {
            permit: Permit::grant(),
            attempt,
            link,
            device,
            why,
            reuse_port,
        })
    }

    fn wish(&mut self, id: GroupId) -> Wish {
        let now = self.now;
        let Some(group) = self.groups.get(&id) else {
            return Wish::Never;
        };
        if self.offline && !group.loopback {
            return Wish::Never;
        }
        if group.probe().is_none() {
            return self.wish_open(group);
        }
        self.keep_canary(id);
        let Some(group) = self.groups.get(&id) else {
            return Wish::Never;
        };
        match self.canary_time(group, self.is_gated(group)) {
            None => Wish::Never,
            Some(at) if at <= now => Wish::Now(Class::Doubtful),
            Some(at) => Wish::At(at),
        }
    }

    fn wish_open(&self, group: &Group) -> Wish {
        let now = self.now;
        if group.in_flight >= group.window.min(self.limits.site_in_flight) {
            return Wish::Never;
        }
        let later = group.waiting.first().map(|&(at, _)| at);
        match (self.front(group), later) {
            (Some((turn, _, at)), _) if at <= now => Wish::Now(class_of(group, turn)),
            (Some((_, _, at)), Some(later)) => Wish::At(at.min(later)),
            (Some((_, _, at)), None) | (None, Some(at)) => Wish::At(at),
            (None, None) => Wish::Never,
        }
    }

    /// Whose turn it is in an open group, and when: the first of those that draw on the same budget, the first budget that
    /// admits one. So nobody waits behind a queue that a spent budget holds up.
    pub(super) fn front(&self, group: &Group) -> Option<(Turn, DeviceId, Instant)> {
        let fronts = [Tier::Manual, Tier::Selected, Tier::Failed].map(|tier| {
            let first = Turn {
                tier,
                at: self.born,
                order: 0,
            };
            let &(turn, device) = group.ready.range((first, DeviceId(0))..).next()?;
            Some((turn, device, self.admitted(group, turn.tier)?))
        });
        fronts.into_iter().flatten().min_by_key(|(_, _, at)| *at)
    }

    /// When the budget of an open group lets a device of this tier dial. `None`: not before a dial under way ends.
    pub(super) fn admitted(&self, group: &Group, tier: Tier) -> Option<Instant> {
        let now = self.now;
        let limit = group.failed_per_minute(&self.limits, now);
        let (bucket, limit) = match tier {
            Tier::Failed => (&group.budget.retries, limit - limit / 4),
            Tier::Manual => (&group.budget.retries, limit),
            Tier::Selected | Tier::Visible | Tier::Background | Tier::Doubtful => (&group.budget.fresh, limit),
        };
        Some(
            bucket
                .earliest(now)
                .max(group.ledger.room(limit, group.pending(now), now)?),
        )
    }

    /// An attempt is no longer under way: it plays, failed or was aborted.
    pub(super) fn release(&mut self, attempt: &Attempt) {
        if matches!(attempt.phase, Phase::Playing { .. }) {
            if attempt.young {
                self.grown(attempt.device);
            }
            return;
        }
        if matches!(attempt.phase, Phase::HalfOpen) {
            self.closed(attempt);
        }
        let Some(member) = self.members.get_mut(&attempt.device) else {
            return;
        };
        member.dialling = None;
        if let Some(group) = self.groups.get_mut(&member.group) {
            group.in_flight = group.in_flight.saturating_sub(1);
        }
        self.disengage(attempt.device);
    }

    /// A stream has lasted, or is gone.
    pub(super) fn grown(&mut self, device: DeviceId) {
        let group = self.members.get(&device).map(|member| member.group);
        if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
            group.young = group.young.saturating_sub(1);
        }
    }

    /// An attempt is no longer half-open.
    pub(super) fn closed(&mut self, attempt: &Attempt) {
        let count = &mut self.half_open[attempt.class as usize];
        *count = count.saturating_sub(1);
        self.totals.half_open = self.totals.half_open.saturating_sub(1);
        if let Some(site) = self.sites.get_mut(&attempt.site) {
            site.half_open = site.half_open.saturating_sub(1);
        }
        let group = self.members.get(&attempt.device).map(|member| member.group);
        if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
            group.half_open = group.half_open.saturating_sub(1);
        }
    }

    /// Hands back the permits of the process, where the attempt sent nothing. Later than their interval they are worth nothing:
    /// others have been given out since.
    pub(super) fn give_rate_back(&self, attempt: &Attempt) {
        let age = self.now - attempt.begun;
        if age < RATE {
            self.rate.give_back();
        }
        if attempt.class == Class::Doubtful && age < DOUBTFUL_RATE {
            self.doubtful_rate.give_back();
        }
    }

    pub(super) fn give_back(&self, attempt: &Attempt) {
        let group = self
            .members
            .get(&attempt.device)
            .and_then(|member| self.groups.get(&member.group));
        if let Some(group) = group {
            group.budget.give_back(attempt.charge);
        }
    }
}

pub(super) fn sooner(wake: &mut Wake, at: Instant, why: &'static str) {
    if wake.is_none_or(|(other, _)| at < other) {
        *wake = Some((at, why));
    }
}

fn class_of(group: &Group, turn: Turn) -> Class {
    match turn.tier {
        Tier::Failed | Tier::Manual => Class::Doubtful,
        _ if group.down_since.is_some() => Class::Doubtful,
        _ if group.window > 1 || group.last_media.is_some() => Class::Proven,
        _ => Class::Unproven,
    }
}
