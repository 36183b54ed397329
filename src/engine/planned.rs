//! PLANNED WORK: at which sites somebody works now.
//!
//! Belongs here: when the clocks are looked at, what is shown of it. Does not belong here: what is planned (`device`), how a site is dialled
//! meanwhile (`reconnect`), who is called (`events`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock;
use crate::bridge::{Clock, WorkShown};
use device::{LocalMoment, PlannedWork, Registry, Site, SiteId, WorkWatch};
use events::WallTime;

/// From one look at the clocks to the next.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Planner {
    watch: WorkWatch,
    /// Until when somebody works there, in seconds since 1970.
    active: BTreeMap<SiteId, i64>,
    shown: Arc<BTreeMap<SiteId, WorkShown>>,
    looked: Option<Instant>,
}

impl Planner {
    pub(super) fn shown(&self) -> Arc<BTreeMap<SiteId, WorkShown>> {
        Arc::clone(&self.shown)
    }

    /// Whether time may have begun or ended something.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let waited = |looked| now.saturating_duration_since(looked) >= LOOK;
        !self.shown.is_empty() && self.looked.is_none_or(waited)
    }

    /// Looks at the clocks; the sites at which somebody begins or ends to work.
    pub(super) fn look(&mut self, registry: &Registry, now: Instant) -> Vec<(SiteId, bool)> {
        let mut turned = Vec::new();
        for (site, span) in self.watch.look(&registry.sites, moment(now), now) {
            let before = match span {
                Some(span) => self.active.insert(site, span.to),
                None => self.active.remove(&site),
            };
            if before.is_some() != span.is_some() {
                turned.push((site, span.is_some()));
            }
        }
        self.looked = Some(now);
        turned
    }

    /// What is shown of the plans of these sites and of who works where; whether that is news.
    pub(super) fn show(&mut self, registry: &Registry) -> bool {
        let planned = registry.sites.iter().filter(|site| !site.about.work.is_empty());
        let shown: BTreeMap<SiteId, WorkShown> = planned.map(|site| (site.id, self.shown_of(site))).collect();
        let is_news = *self.shown != shown;
        if is_news {
            self.shown = Arc::new(shown);
        }
        is_news
    }

    fn shown_of(&self, site: &Site) -> WorkShown {
        let times = site.about.work.iter().map(|work| match work {
            PlannedWork::Once(span) | PlannedWork::Done(span) => Some((clock_of(span.from), clock_of(span.to))),
            PlannedWork::Weekly { .. } | PlannedWork::Unknown(_) => None,
        });
        WorkShown {
            until: self.active.get(&site.id).map(|until| clock_of(*until)),
            times: times.collect(),
        }
    }
}

fn clock_of(unix: i64) -> Clock {
    clock::clock_of(WallTime(u64::try_from(unix).unwrap_or(0).saturating_mul(1_000)))
}

/// This moment as plans are told.
pub(super) fn moment(now: Instant) -> LocalMoment {
    let moment = clock::moment(now);
    LocalMoment {
        unix: i64::try_from(moment.wall.0 / 1_000).unwrap_or(i64::MAX),
        weekday: moment.local.weekday,
        minute: moment.local.minute,
    }
}
