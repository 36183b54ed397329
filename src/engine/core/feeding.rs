//! The loop and status feeds: each is an errand of its site.

use std::time::Instant;

use super::super::connections::{ErrandOf, Granted};
use super::super::feeds::{FeedNews, FeedsEffect};
use super::Core;
use device::SiteId;

impl Core {
    pub(super) fn look_at_feeds(&mut self, now: Instant) {
        let state = self.screen.engine().state();
        self.feeds.tick(&state, now);
    }

    pub(super) fn start_feed(&mut self, site: SiteId, granted: Granted, now: Instant) {
        self.feeds.start(site, granted, self.inbox.clone(), now);
    }

    pub(super) fn on_feed(&mut self, news: FeedNews, now: Instant) {
        match news {
            FeedNews::Connected { attempt, address } => self.connections.errand_connected(attempt, address, now),
            FeedNews::Done {
                site,
                attempt,
                asked,
                result,
            } => {
                self.feeds.done(site, attempt, asked);
                self.connections.errand_done(attempt, result, now);
            }
        }
    }

    pub(super) fn do_for_feeds(&mut self, effect: FeedsEffect, now: Instant) {
        match effect {
            FeedsEffect::Begin(site, to) => self.connections.begin_errand(ErrandOf::Feed(site), to, now),
            FeedsEffect::End(site) => self.connections.end_errand(ErrandOf::Feed(site), now),
            FeedsEffect::Keep(kept) => self.files.keep_feeds(kept),
            FeedsEffect::Changed => self.screen.changed(),
        }
    }
}
