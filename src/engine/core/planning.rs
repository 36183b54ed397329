//! The loop and planned work: who works where is told to the machine, to the events and to the screen at once.

use std::time::Instant;

use super::super::{clock, planned};
use super::Core;
use crate::bridge::WorkOrder;
use device::{PlannedWork, PlannedWorkProblem, SiteId, WorkPlan};
use reconnect::Input;

impl Core {
    /// Looks at the clocks where time may have begun or ended something.
    pub(super) fn look_at_planned(&mut self, now: Instant) {
        if self.planner.is_due(now) {
            self.plan_anew(now);
        }
    }

    /// Looks at them at once: a plan may be another.
    pub(super) fn plan_anew(&mut self, now: Instant) {
        let turned = self.planner.look(self.files.registry(), now);
        for (site, on) in &turned {
            let (site, on) = (*site, *on);
            tracing::info!(%site, on, "planned work");
            self.connections.tell_machine(Input::Planned { site, on }, now);
            self.events.set_planned(site, on, now);
        }
        if self.planner.show(self.files.registry()) {
            self.screen.changed();
        }
        if !turned.is_empty() {
            self.screen.hurry();
        }
    }

    /// A person plans work at a site, or has it begin or end now.
    pub(super) fn order_work(&mut self, site: SiteId, order: WorkOrder, now: Instant) {
        let at = planned::moment(now);
        self.files.plan_work(site, move |plan| match &order {
            WorkOrder::For { minutes } => plan.with_work_for(*minutes, at),
            WorkOrder::Between { from, to } => {
                let work = PlannedWork::once(clock::unix_of(*from), clock::unix_of(*to))?;
                plan.with(work, at)
            }
            WorkOrder::Add(work) => plan.with(work.clone(), at),
            WorkOrder::Remove(work) => Ok::<WorkPlan, PlannedWorkProblem>(plan.without(work)),
            WorkOrder::End => Ok(plan.done(at)),
        });
    }
}
