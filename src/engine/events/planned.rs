//! What happens at a site while somebody works there, as was planned: it is a detail of that work, and nobody is called for it.

use std::time::Instant;

use super::EventKeeper;
use device::SiteId;
use events::{EventId, Happening, News, Occurrence, Subject};

impl EventKeeper {
    /// Somebody works at a site from now on, or does no more.
    pub(in crate::engine) fn set_planned(&mut self, site: SiteId, works: bool, now: Instant) {
        let work = Happening::new(Subject::Site(site), Occurrence::PlannedWork);
        if works {
            self.planned.insert(site);
            self.happened(work.begins_for(None), now);
        } else {
            self.planned.remove(&site);
            self.happened(work.ends(), now);
        }
        self.rest_planned();
    }

    /// Has nobody be called for the devices at which somebody works.
    pub(super) fn rest_planned(&mut self) {
        let (planned, registry) = (&self.planned, &self.registry);
        let devices = registry.devices.iter().filter(|device| planned.contains(&device.site));
        self.alerter.set_planned(devices.map(|device| device.id).collect());
    }

    /// What began while somebody worked where it is becomes a detail of that.
    pub(super) fn mark_planned(&mut self, news: &[News]) {
        for news in news {
            let (News::Opened(id) | News::Again(id)) = *news else {
                continue;
            };
            let event = self.tracker.book().get(id);
            let event = event.filter(|event| self.alerter.is_planned(event));
            let device = event.and_then(|event| event.devices.first().copied());
            let Some(parent) = device.and_then(|device| self.planned_of(Subject::Device(device))) else {
                continue;
            };
            self.tracker.set_parent(id, parent);
        }
    }

    /// The event of the work at the site of this.
    pub(super) fn planned_of(&self, subject: Subject) -> Option<EventId> {
        let site = match subject {
            Subject::Site(site) => site,
            _ => self.registry.device(subject.device()?)?.site,
        };
        let site = self.planned.get(&site)?;
        self.aggregator
            .lasting(Subject::Site(*site), &Occurrence::PlannedWork.into())
    }
}
