//! Whose turn it is: the queue of each group, the agenda of all, and the one place where a dial is decided.

use std::time::{Duration, Instant};

use super::attempt::{Attempt, Charge, Phase};
use super::device_plan::{LinkState, Slot};
use super::group::{Group, GroupId, Tier, Turn};
use super::machine::Machine;
use super::port::{Dial, Permit, Rank, Why};
use super::process::Class;
use super::queue::{Line, Place, Wake, Wish, sooner};
use device::DeviceId;

impl Machine {
    /// The dial that may be made now, or when to ask again.
    pub(super) fn next_turn(&mut self) -> Result<Dial, Wake> {
        let now = self.now;
        while let Some((at, group)) = self.queue.earliest()
            && at <= now
        {
            self.settle(group);
        }
        let mut wake = None;
        if let Some(dial) = self.all_sites_turn(&mut wake) {
            return Ok(dial);
        }
        loop {
            let open = self.open_lines(&mut wake);
            let Some(group) = self.queue.next(&open) else { break };
            if let Some(dial) = self.dial(group) {
                return Ok(dial);
            }
        }
        if let Some((at, group)) = self.queue.earliest() {
            let probing = self.groups.get(&group).is_some_and(|group| group.probe().is_some());
            sooner(&mut wake, at, if probing { "canary" } else { "backoff" });
        }
        Err(wake)
    }

    /// The lines whose next group may dial now, as far as the process is concerned.
    fn open_lines(&self, wake: &mut Wake) -> Vec<Line> {
        let now = self.now;
        let is_open = |line: &Line| {
            let Line { class, on_screen } = *line;
            if !self.process.has_slot(class, &self.limits) {
                return false;
            }
            let Some(room) = self.process.room(class, on_screen, now) else {
                return false;
            };
            let rate = self.process.rate(class, now);
            if room > now {
                sooner(wake, room.max(rate), "the process's budget");
            } else if rate > now {
                sooner(wake, rate, "the process's rate");
            }
            room <= now && rate <= now
        };
        self.queue.lines().filter(is_open).collect()
    }

    /// Dials for this group if it still wants to, now, in the line it stands in; else puts it where it belongs.
    pub(super) fn dial(&mut self, id: GroupId) -> Option<Dial> {
        let before = self.queue.place_of(id);
        self.settle(id);
        let Place::InLine { line, .. } = self.queue.place_of(id) else {
            return None;
        };
        if self.queue.place_of(id) != before {
            return None;
        }
        if self.groups.get(&id)?.probe().is_none() {
            return self.dial_open(id, line);
        }
        // What an earlier run found may be that everything is dead: then one canary goes for all.
        if !self.answered && self.all_sites.is_none() {
            self.suspect_network();
            if self.all_sites.is_some() {
                return None;
            }
        }
        self.dial_canary(id, line)
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
        } else if member.follows(&self.links) {
            (Tier::Selected, self.born)
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
        if !self.groups.contains_key(&id) {
            // It was formed anew: whatever is left of the old one goes.
            self.queue.remove(id);
            return;
        }
        let wish = self.wish(id);
        self.queue.place(id, wish);
        self.show(id);
    }

    fn dial_open(&mut self, id: GroupId, line: Line) -> Option<Dial> {
        let now = self.now;
        let group = self.groups.get(&id)?;
        let (turn, device, _) = self.front(group)?;
        let charge = if turn.tier == Tier::Failed || turn.tier == Tier::Manual {
            Charge::Retry
        } else {
            Charge::Fresh
        };
        let why = match turn.tier {
            Tier::Manual => Why::Manual,
            Tier::Failed => Why::Retry,
            _ if group.ramping => Why::Ramp,
            _ if self.members.get(&device)?.last_failure.is_some() => Why::Retry,
            _ => Why::Start,
        };
        let group = self.groups.get_mut(&id)?;
        let limit = if charge == Charge::Retry {
            &mut group.budget.retries
        } else {
            &mut group.budget.fresh
        };
        limit.take(now).ok()?;
        let dial = self.launch(device, line, charge, why, false)?;
        self.settle(id);
        Some(dial)
    }

    pub(super) fn launch(
        &mut self,
        device: DeviceId,
        line: Line,
        charge: Charge,
        why: Why,
        frozen: bool,
    ) -> Option<Dial> {
        let now = self.now;
        let member = self.members.get_mut(&device)?;
        let link = member.next_link(&self.links, frozen, now)?;
        let class = line.class;
        self.process.begins(class, now);
        self.queue.took_turn(class);
        let attempt = self.new_attempt_id();
        let member = self.members.get_mut(&device)?;
        member.dialled(attempt, now);
        let (reuse_port, site, group) = (member.unanswered, member.site, member.group);
        self.recorder_is_busy(device);
        if let Some(link) = self.links.get_mut(&link) {
            link.state = LinkState::Dialling(attempt);
        }
        if let Some(group) = self.groups.get_mut(&group) {
            group.traffic.begins();
            group.in_vain = group.in_vain.saturating_add(1);
            if !matches!(class, Class::Proven | Class::Promising) {
                group.last_turn = now;
            }
        }
        self.spent_revision += 1;
        self.statistics.begins(site, now);
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
                not_lasted: false,
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
        let on_screen = self.is_on_screen(group);
        let (hurried, regular) = self.canary_times(group, self.waits_for_all_sites(group));
        match (hurried, regular) {
            (Some(at), _) if at <= now => self.wish_now(group, Class::Hurried, on_screen, None),
            // While it waits for its turn, what hurries it may become worth one.
            (again, Some(at)) if at <= now => self.wish_now(group, Class::Doubtful, on_screen, again),
            (hurried, regular) => match hurried.into_iter().chain(regular).min() {
                Some(at) => Wish::At(at),
                None => Wish::Never,
            },
        }
    }

    /// Groups of which nothing is proven stand by the time of their last turn, the others by their arrival.
    fn wish_now(&self, group: &Group, class: Class, on_screen: bool, again: Option<Instant>) -> Wish {
        let since = match class {
            Class::Proven | Class::Promising | Class::Hurried => self.born,
            Class::Unknown | Class::Doubtful => group.last_turn,
        };
        let line = Line { class, on_screen };
        Wish::Now { line, since, again }
    }

    /// Whether anything of the group that could be dialled is on screen.
    pub(super) fn is_on_screen(&self, group: &Group) -> bool {
        let members = group.members.iter().filter_map(|id| self.members.get(id));
        members
            .filter(|member| !member.links.is_empty())
            .any(|member| member.rank(&self.links) != Rank::Background)
    }

    fn wish_open(&self, group: &Group) -> Wish {
        let now = self.now;
        if group.traffic.in_flight() >= group.allowed_in_flight(&self.limits, now) {
            return Wish::Never;
        }
        let later = group.waiting.first().map(|&(at, _)| at);
        match (self.front(group), later) {
            (Some((turn, device, at)), _) if at <= now => {
                let member = self.members.get(&device);
                let on_screen = member.is_some_and(|member| member.rank(&self.links) != Rank::Background);
                self.wish_now(group, group.class_of(turn, now), on_screen, None)
            }
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
            let group = self.members.get(&attempt.device).map(|member| member.group);
            if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
                group.traffic.stops(attempt.not_lasted);
            }
            if attempt.not_lasted {
                self.process.lasts();
            }
            return;
        }
        self.process.ends(attempt.class);
        if matches!(attempt.phase, Phase::HalfOpen) {
            self.closed(attempt);
        }
        let Some(member) = self.members.get_mut(&attempt.device) else {
            return;
        };
        member.dialling = None;
        if let Some(group) = self.groups.get_mut(&member.group) {
            group.traffic.ends();
        }
        self.recorder_is_free(attempt.device);
    }

    /// An attempt is no longer half-open.
    pub(super) fn closed(&mut self, attempt: &Attempt) {
        self.process.closes(attempt.class);
        self.statistics.closes(attempt.site);
        let group = self.members.get(&attempt.device).map(|member| member.group);
        if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
            group.traffic.closes();
        }
    }

    pub(super) fn give_back(&mut self, attempt: &Attempt) {
        let group = self.members.get(&attempt.device).map(|member| member.group);
        if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
            group.budget.give_back(attempt.charge, self.now);
        }
    }
}
