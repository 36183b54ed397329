//! Whether somebody works at a site now, told by two clocks: that of the wall, which may leap, and one that does not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{LocalMoment, PlannedWork, WorkPlan, WorkSpan};
use crate::{Site, SiteId};

/// Which sites are worked at. No time counts for longer than it was planned, whatever the clock on the wall does: where that is set back,
/// the site is heard again when the time is up; where it is set forward or the computer slept, the time is over by it.
#[derive(Default)]
pub struct WorkWatch {
    active: BTreeMap<SiteId, Active>,
    /// Times that are up, though the clock on the wall says otherwise.
    spent: BTreeMap<SiteId, WorkSpan>,
}

struct Active {
    span: WorkSpan,
    ends: Instant,
}

impl WorkWatch {
    /// Looks at all sites; those of which it is news, with the time in which they are worked at now.
    pub fn look(&mut self, sites: &[Site], at: LocalMoment, now: Instant) -> Vec<(SiteId, Option<WorkSpan>)> {
        let mut news = Vec::new();
        for site in sites {
            let (before, after) = self.of(site, at, now);
            if before != after {
                news.push((site.id, after));
            }
        }
        let is_there = |id: &SiteId| sites.iter().any(|site| site.id == *id);
        if self.active.len() + self.spent.len() > 0 {
            self.spent.retain(|id, _| is_there(id));
            let gone: Vec<SiteId> = self.active.keys().copied().filter(|id| !is_there(id)).collect();
            for id in gone {
                self.active.remove(&id);
                news.push((id, None));
            }
        }
        news
    }

    fn of(&mut self, site: &Site, at: LocalMoment, now: Instant) -> (Option<WorkSpan>, Option<WorkSpan>) {
        let (id, plan) = (site.id, &site.about.work);
        let before = self.active.get(&id).map(|active| active.span);
        if plan.is_empty() && before.is_none() {
            return (None, None);
        }
        let mut by_clock = plan.current(at);
        match (self.spent.get(&id), by_clock) {
            (Some(spent), Some(span)) if *spent == span => by_clock = None,
            (Some(_), _) => {
                self.spent.remove(&id);
            }
            (None, _) => {}
        }
        match (self.active.get(&id), by_clock) {
            (Some(active), Some(span)) if active.span == span => {
                if now >= active.ends {
                    self.spent.insert(id, span);
                    self.active.remove(&id);
                }
            }
            (_, Some(span)) => {
                let left = u64::try_from(span.to.saturating_sub(at.unix)).unwrap_or(0);
                let ends = now + Duration::from_secs(left);
                self.active.insert(id, Active { span, ends });
            }
            (Some(active), None) => {
                let was_set_back = at.unix < active.span.from && holds(plan, active.span);
                if !was_set_back || now >= active.ends {
                    self.active.remove(&id);
                }
            }
            (None, None) => {}
        }
        (before, self.active.get(&id).map(|active| active.span))
    }
}

/// Whether this time is still planned, once, and nobody has said that it is done.
fn holds(plan: &WorkPlan, span: WorkSpan) -> bool {
    let is_it = |work: &PlannedWork| *work == PlannedWork::Once(span);
    let done =
        |work: &PlannedWork| matches!(work, PlannedWork::Done(done) if span.from <= done.from && done.from < span.to);
    plan.iter().any(is_it) && !plan.iter().any(done)
}
