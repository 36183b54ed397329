//! Who goes next: each group is placed as it wishes, and whose turn it is dials.

use super::Machine;
use crate::all_sites;
use crate::attempts::Beginning;
use crate::groups::NextDial;
use crate::plans::GroupId;
use crate::port::{Dial, Permit};
use crate::queue::{QueueLine, Standing, Wake, sooner};
use crate::wish;

impl Machine {
    pub(super) fn form_groups(&mut self) {
        if !self.groups.form(&mut self.plans, &self.attempts, &self.basis) {
            return;
        }
        self.queue.clear();
        self.place_touched();
        let groups = &self.groups;
        let exists = |site| groups.of_site(site).is_some();
        self.attempts.statistics_mut().keep_sites(exists);
        self.news.keep_sites(exists);
    }

    pub(super) fn place_touched(&mut self) {
        for id in self.groups.take_touched() {
            self.place(id);
        }
    }

    /// Puts a group on the agenda or into a queue, as it wishes now, and reports a change of what its sites show.
    pub(super) fn place(&mut self, id: GroupId) {
        self.groups.tend(id, &self.plans, &self.basis);
        let Some(group) = self.groups.get(id) else {
            // It was formed anew: whatever is left of the old one goes.
            self.queue.remove(id);
            return;
        };
        let gated = self.all_sites.hold(group);
        let wish = wish::of(group, gated, &self.plans, &self.process, &self.basis);
        self.queue.place(id, wish);
        let shown = self.view().state_of(group);
        if let Some(group) = self.groups.get_mut(id)
            && group.shows(shown)
        {
            self.news.change(group.sites());
        }
    }

    /// The dial that may be made now, or when to ask again.
    pub(super) fn next_turn(&mut self) -> Result<Dial, Wake> {
        while let Some((at, group)) = self.queue.earliest()
            && at <= self.basis.now()
        {
            self.place(group);
        }
        let mut wake = None;
        if let Some(dial) = self.dial_for_all_sites(&mut wake) {
            self.place_touched();
            return Ok(dial);
        }
        loop {
            let now = self.basis.now();
            let is_open = |line: &QueueLine| self.process.is_open(*line, self.basis.limits(), &mut wake, now);
            let open: Vec<_> = self.queue.lines().filter(is_open).collect();
            let Some(group) = self.queue.next(&open) else { break };
            let dial = self.dial(group);
            self.place_touched();
            if let Some(dial) = dial {
                return Ok(dial);
            }
        }
        if let Some(at) = self.roads.next_look() {
            sooner(&mut wake, at, "scout");
        }
        if let Some((at, group)) = self.queue.earliest() {
            let probing = self.groups.get(group).is_some_and(|group| group.probe().is_some());
            sooner(&mut wake, at, if probing { "canary" } else { "backoff" });
        }
        Err(wake)
    }

    pub(super) fn dial_for_all_sites(&mut self, wake: &mut Wake) -> Option<Dial> {
        let (groups, plans, process) = (&self.groups, &self.plans, &self.process);
        let group = self.all_sites.choose(groups, plans, process, &self.basis, wake)?;
        let dial = self.dial_canary(group, all_sites::LINE)?;
        self.all_sites.look(dial.attempt, &mut self.basis);
        Some(dial)
    }

    /// Dials for this group if it still wants to, now, in the line it stands in; else puts it where it belongs.
    pub(super) fn dial(&mut self, id: GroupId) -> Option<Dial> {
        let before = self.queue.place_of(id);
        self.place(id);
        let Standing::InLine { line, .. } = self.queue.place_of(id) else {
            return None;
        };
        if self.queue.place_of(id) != before {
            return None;
        }
        if self.groups.get(id)?.probe().is_none() {
            let choice = self.groups.choose(id, &self.plans, &self.basis)?;
            let dial = self.launch(choice, line, false)?;
            self.groups.touch(id, &self.plans, &self.basis);
            return Some(dial);
        }
        // What an earlier run found may be that everything is dead: then one canary goes for all.
        if !self.all_sites.have_answered() && !self.all_sites.are_down() {
            self.all_sites.suspect(&mut self.groups, &self.plans, &mut self.basis);
            if self.all_sites.are_down() {
                return None;
            }
        }
        self.dial_canary(id, line)
    }

    pub(super) fn dial_canary(&mut self, id: GroupId, line: QueueLine) -> Option<Dial> {
        let now = self.basis.now();
        let choice = self.groups.choose_canary(id, line.is_hurried(), now)?;
        let dial = self.launch(choice, line, true)?;
        self.groups.canary_looks(id, dial.attempt, &mut self.basis);
        self.plans
            .get_mut(choice.device)
            .into_iter()
            .for_each(|plan| plan.probed(now));
        self.groups.touch(id, &self.plans, &self.basis);
        Some(dial)
    }

    /// `frozen`: the timers of the device do not count.
    pub(super) fn launch(&mut self, choice: NextDial, line: QueueLine, frozen: bool) -> Option<Dial> {
        let now = self.basis.now();
        let NextDial { device, charge, why } = choice;
        let plan = self.plans.get_mut(device)?;
        let link = plan.next_link(frozen, now)?;
        let class = line.class;
        self.process.begins(class, now);
        self.queue.took_turn(class);
        let attempt = self.attempts.begin(Beginning {
            link,
            device,
            site: plan.site(),
            class,
            charge,
            policy: self.basis.policy(),
            at: now,
        });
        plan.dialled(link, attempt, now);
        let reuse_port = plan.reuses_port();
        self.each_other_entry(device, |entry| {
            entry.set_busy(true);
            entry.dialled(now);
        });
        self.group_mut(device)
            .into_iter()
            .for_each(|group| group.dials(class, now));
        self.groups.line_up(device, &self.plans, &self.basis);
        Some(Dial {
            permit: Permit::grant(),
            attempt,
            link,
            device: self.roads.device_of(device),
            road: self.roads.road_of(device),
            why,
            reuse_port,
        })
    }
}
