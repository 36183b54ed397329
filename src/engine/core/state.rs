//! All that the screen shows, put together from the parts.

use std::sync::Arc;
use std::time::Instant;

use super::super::clock;
use super::Core;
use crate::bridge::{EngineState, EngineTotals};

impl Core {
    pub(super) fn state(&self, now: Instant) -> EngineState {
        let (connections, files, screen) = (self.connections.shown(), self.files.shown(), self.screen.shown());
        let test = self.trial.link().map(|link| self.connections.test_view(link));
        EngineState {
            now,
            clock: screen.clock,
            registry: files.registry,
            registry_awaited: files.registry_awaited,
            settings: files.settings,
            windows: files.windows,
            views: files.views,
            secrets: files.secrets,
            streams: Arc::new(connections.streams),
            sites: Arc::new(connections.sites),
            devices: Arc::new(connections.devices),
            roads: Arc::new(connections.roads),
            totals: EngineTotals {
                relief: screen.relief,
                process: screen.cost,
                ..connections.totals
            },
            excluded: Arc::new(connections.excluded),
            find: self.finder.shown(),
            moved: self.finder.moved(|device| self.connections.is_down(device)),
            notices: screen.notices,
            events: self.events.shown(),
            messengers: self.letters.shown(),
            transfer: screen.transfer,
            profile: screen.profile,
            unlock: screen.unlock,
            test: test.and_then(|view| self.trial.status(view)),
            update: self.updates.shown(),
            traces: self.diagnoses.shown(),
            enquiries: Arc::new(self.enquiries.shown()),
            identities: self.enquiries.identities(),
            certificates: self.certificates.shown(),
            ptz: self.ptz.shown(),
            recordings: self.recordings.shown(),
            playbacks: self.playbacks.shown(
                |link| self.connections.playback_status(link, now),
                |channel| (self.archives.timeline(channel), self.archives.search(channel)),
                (now, clock::timestamp()),
            ),
            sources: self.sources.shown(),
            health: self.health.shown(),
            password_warnings: self.health.warnings(),
            planned: self.planner.shown(),
            feeds: self.feeds.shown(),
            own: self.self_watch.shown(),
        }
    }
}
