//! The loop between errands and connections.

use std::sync::Arc;
use std::time::Instant;

use super::super::connections::{ErrandOf, Granted};
use super::super::update::ErrandNews;
use super::Core;

impl Core {
    /// Asks once whether there is a newer version, where an address for that is set.
    pub(super) fn check_for_update(&mut self, now: Instant) {
        let Some(address) = self.files.settings().update_address.clone() else {
            return;
        };
        if let Some(to) = self.updates.begin(address, now) {
            self.connections.begin_errand(ErrandOf::Update, to, now);
        }
        self.screen.changed();
    }

    /// An errand may be done now.
    pub(super) fn start_errand(&mut self, of: ErrandOf, granted: Granted, now: Instant) {
        match of {
            ErrandOf::Feed(site) => self.start_feed(site, granted, now),
            ErrandOf::Update => self.updates.start(granted, self.inbox.clone()),
            ErrandOf::Messenger(messenger) => {
                let state = Arc::new(self.state(now));
                self.letters.start(messenger, granted, &state, self.inbox.clone());
            }
        }
        self.screen.changed();
    }

    pub(super) fn on_errand(&mut self, news: ErrandNews, now: Instant) {
        match news {
            ErrandNews::Connected { attempt, address } => self.connections.errand_connected(attempt, address, now),
            ErrandNews::Done { attempt, result } => {
                self.updates.done(attempt, &result);
                let result = result.map(|_latest| ());
                let result = result.map_err(|no_answer| (no_answer.address, no_answer.failure));
                self.connections.errand_done(attempt, result, now);
            }
        }
        self.screen.changed();
    }
}
