//! The gate that lets one canary go for the whole machine when every site failed at once.

mod canary;

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::attempts::Verdict;
use super::basis::Basis;
use super::class::Class;
use super::groups::{FORGOTTEN, Group, Groups, Path, Probe, is_on_screen, rests_until};
use super::plans::{DevicePlan, GroupId, Plans};
use super::port::AttemptId;
use super::process::Process;
use super::queue::{QueueLine, Wake, sooner};
use super::spent::NetworkSpent;
use canary::{AllSitesCanary, TOGETHER};

/// In which the canary of all sites stands.
pub(super) const LINE: QueueLine = QueueLine {
    class: Class::Doubtful,
    on_screen: true,
};

#[derive(Default)]
pub(super) struct AllSites {
    /// While all sites are down together.
    canary: Option<AllSitesCanary>,
    /// Something has answered in this run.
    answered: bool,
    revision: u64,
}

impl AllSites {
    /// As an earlier run left it.
    pub(super) fn resume(&mut self, spent: Option<&NetworkSpent>, now: Instant) {
        self.canary = spent.map(|spent| AllSitesCanary::resumed(spent, FORGOTTEN, now));
    }

    pub(super) fn spent(&self, now: Instant) -> Option<NetworkSpent> {
        self.canary.as_ref().map(|canary| canary.spent(now))
    }

    /// Changes whenever the gate is closed or opened.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn are_down(&self) -> bool {
        self.canary.is_some()
    }

    pub(super) fn have_answered(&self) -> bool {
        self.answered
    }

    /// When the next look is due; `None` while one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        self.canary.as_ref().and_then(AllSitesCanary::due)
    }

    /// A group whose timers are frozen waits for the gate while there is one.
    pub(super) fn hold(&self, group: &Group) -> bool {
        let routed = group.probe().is_none_or(|probe| probe.path() != Path::NoRoute);
        self.canary.is_some() && routed && !group.is_loopback()
    }

    /// There is no network to look at.
    pub(super) fn give_up(&mut self) {
        self.canary = None;
    }

    /// Every site is down, and at least two went down together: it is more likely this machine than all of them. The same at
    /// a start where nothing has ever answered.
    pub(super) fn suspect(&mut self, groups: &mut Groups, plans: &Plans, basis: &mut Basis) {
        let now = basis.now();
        if self.canary.is_some() || basis.is_offline() {
            return;
        }
        // When each site went down, and whether it had been live just before.
        let (mut falls, mut refuses) = (Vec::new(), false);
        for (_, group) in groups.iter().filter(|(_, group)| counts(group)) {
            match group.down_since().filter(|_| group.traffic().live() == 0) {
                Some(since) => falls.push((since, group.was_live(since))),
                None if may_dial(group, plans) => return,
                None => {}
            }
            refuses |= group.refuses() || group.probe().is_some_and(|probe| probe.path() == Path::Alive);
        }
        let fallen = || falls.iter().filter(|(_, was_live)| *was_live).map(|(at, _)| *at);
        let together = fallen()
            .max()
            .map_or(0, |latest| fallen().filter(|at| *at + TOGETHER >= latest).count());
        let never_answered = !self.answered && falls.len() >= 2;
        if together >= 2 || never_answered {
            let next = now + basis.dice().canary(0, Duration::ZERO, None);
            self.close(AllSitesCanary::new(1, next, refuses, now), groups, plans, basis);
        }
    }

    /// The network is another; `looked`: some site may look at once. What an older gate waits for was about the network as it was.
    pub(super) fn look_again(&mut self, looked: bool, groups: &mut Groups, plans: &Plans, basis: &mut Basis) {
        let now = basis.now();
        let mut probing = 0;
        for (_, group) in groups.iter().filter(|(_, group)| counts(group)) {
            if group.probe().is_none() {
                return;
            }
            probing += 1;
        }
        if probing >= 2 && (looked || self.canary.is_none()) {
            let wait = if looked {
                Duration::ZERO
            } else {
                basis.dice().canary(0, Duration::ZERO, None)
            };
            let refuses = groups.iter().any(|(_, group)| group.refuses());
            self.close(AllSitesCanary::new(0, now + wait, refuses, now), groups, plans, basis);
        }
    }

    /// Something came back from a device of this group: the machine has a network, each site looks for itself.
    pub(super) fn hear(
        &mut self,
        id: GroupId,
        verdict: Verdict,
        groups: &mut Groups,
        plans: &Plans,
        basis: &mut Basis,
    ) {
        if groups.get(id).is_some_and(Group::is_loopback) {
            return;
        }
        self.answered = true;
        if self.canary.as_ref().is_some_and(|canary| canary.is_news(verdict)) {
            self.open(groups, plans, basis);
        }
    }

    /// The canary of this attempt got a connection, so the machine has a network, whatever becomes of the attempt.
    pub(super) fn connected(&mut self, attempt: AttemptId, groups: &mut Groups, plans: &Plans, basis: &mut Basis) {
        if self.canary_of(attempt).is_some() {
            self.open(groups, plans, basis);
        }
    }

    /// It came back with nothing new.
    pub(super) fn silent(&mut self, attempt: AttemptId, groups: &mut Groups, plans: &Plans, basis: &Basis) {
        if let Some(canary) = self.canary_of(attempt) {
            canary.came_to_nothing(basis.now());
            groups.touch_all(plans, basis);
        }
    }

    /// It ended without saying anything of the network.
    pub(super) fn freed(&mut self, attempt: AttemptId, now: Instant) {
        if let Some(canary) = self.canary_of(attempt) {
            canary.freed(now);
        }
    }

    /// No packet was sent, so that another look may go at once.
    pub(super) fn sent_nothing(&mut self, attempt: AttemptId, now: Instant) {
        if let Some(canary) = self.canary_of(attempt) {
            canary.sent_nothing(now);
        }
    }

    /// The canary goes with this attempt.
    pub(super) fn look(&mut self, attempt: AttemptId, basis: &mut Basis) {
        let now = basis.now();
        if let Some(canary) = &mut self.canary {
            canary.looks(attempt, basis.dice(), now);
        }
    }

    /// The group whose canary goes for all, when that is due.
    pub(super) fn choose(
        &mut self,
        groups: &Groups,
        plans: &Plans,
        process: &Process,
        basis: &Basis,
        wake: &mut Wake,
    ) -> Option<GroupId> {
        const WHY: &str = "the canary of all sites";
        let now = basis.now();
        let canary = self.canary.as_ref()?;
        // Without a route nothing is sent, so that such a site looks by its own timer.
        let mut all = groups.iter().map(|(_, group)| group).peekable();
        if all.peek().is_some() && !all.any(Group::is_frozen) {
            self.canary = None;
            return None;
        }
        let due = canary.due()?;
        if !process.has_slot(LINE.class, basis.limits()) {
            return None;
        }
        let room = process.room(LINE.class, LINE.on_screen, now)?;
        let at = due.max(room).max(process.rate(LINE.class, now));
        if at > now {
            sooner(wake, at, WHY);
            return None;
        }
        let mut later: Wake = None;
        let mut best = None;
        for (id, group) in groups.iter().filter(|(_, group)| group.is_frozen()) {
            let Some(at) = may_look(group, plans, basis) else {
                continue;
            };
            if at > now {
                sooner(&mut later, at, WHY);
                continue;
            }
            let together = group.down_since().is_some_and(|at| canary.fell_together(at));
            let key = (
                together == canary.prefers_others(),
                group.probe().and_then(Probe::last),
                !is_on_screen(group, plans),
                Reverse(group.last_media()),
                id,
            );
            best = Some(best.map_or(key, |best: (_, _, _, _, GroupId)| best.min(key)));
        }
        if best.is_none()
            && let Some((at, why)) = later
        {
            sooner(wake, at, why);
        }
        best.map(|(.., id)| id)
    }

    fn canary_of(&mut self, attempt: AttemptId) -> Option<&mut AllSitesCanary> {
        self.canary.as_mut().filter(|canary| canary.is(attempt))
    }

    /// From now on one canary goes for all sites.
    fn close(&mut self, canary: AllSitesCanary, groups: &mut Groups, plans: &Plans, basis: &Basis) {
        let now = basis.now();
        self.canary = Some(canary);
        self.revision += 1;
        let mut frozen = Vec::new();
        for (id, group) in groups.iter_mut().filter(|(_, group)| counts(group)) {
            if group.down_since().is_some() && group.probe().is_none() {
                let path = if group.refuses() { Path::Alive } else { Path::Dead };
                group.freeze(Probe::new(path, now, now));
                frozen.push(id);
            }
        }
        for id in frozen {
            groups.line_up_all(id, plans, basis);
        }
        groups.touch_all(plans, basis);
    }

    /// Each site looks for itself again.
    fn open(&mut self, groups: &mut Groups, plans: &Plans, basis: &mut Basis) {
        let now = basis.now();
        self.canary = None;
        self.revision += 1;
        for (_, group) in groups.iter_mut().filter(|(_, group)| group.is_frozen()) {
            if let Some(probe) = group.probe_mut() {
                probe.look_at(now + basis.dice().up_to(Duration::from_secs(1)));
            }
        }
        groups.touch_all(plans, basis);
    }
}

/// Whether the group says anything of the network.
fn counts(group: &Group) -> bool {
    !group.is_loopback() && group.wanted() > 0
}

/// Whether any device of the group can be dialled without somebody's help.
fn may_dial(group: &Group, plans: &Plans) -> bool {
    let wanted = plans.of(group.members()).filter(|(_, plan)| plan.is_wanted());
    wanted.map(|(_, plan)| plan).any(DevicePlan::is_free)
}

/// When the canary of this group may be dialled. `None`: not before something ends or is changed.
fn may_look(group: &Group, plans: &Plans, basis: &Basis) -> Option<Instant> {
    let now = basis.now();
    let probe = group.probe()?;
    if probe.is_looking() || group.traffic().half_open() > 0 {
        return None;
    }
    let due = plans.get(probe.canary()?)?.due(true, now)?;
    let room = group.room(group.failed_per_minute(basis.limits(), now), now)?;
    Some(due.max(room).max(rests_until(group, basis).unwrap_or(now)))
}
