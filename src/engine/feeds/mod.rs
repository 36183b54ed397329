//! STATUS FEEDS: what those who run a site say of it, read while the site is down.
//!
//! Belongs here: which feed is due, what the last answer was. Does not belong here: how a feed is read (`status_feed`), when an errand may be
//! dialled (`reconnect`), files (`store`).
//!
//! A feed is read while its site is down, at most every five minutes, also over a restart: when it was asked last is kept. Each is an errand
//! of its own, with a permit of the governor; no redirect is followed.

mod ask;
mod news;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::news::Asked;
use super::clock;
use super::connections::{ErrandTo, Granted};
use super::inbox::Inbox;
use crate::bridge::{EngineState, FeedFault, FeedShown};
use crate::store::{KeptFeed, KeptFeeds};
use device::{Host, Registry, SiteId, WebAddress};
use events::WallTime;
use reconnect::{AttemptId, SiteState};

pub(super) use self::news::FeedNews;

/// From one question to the next.
const EVERY: Duration = Duration::from_secs(300);

/// From one look at the sites to the next.
const LOOK: Duration = Duration::from_secs(1);

/// What other parts have to do.
pub(super) enum FeedsEffect {
    /// An errand of this site is wanted.
    Begin(SiteId, ErrandTo),
    /// It is not wanted any more.
    End(SiteId),
    Keep(Arc<KeptFeeds>),
    Changed,
}

#[derive(Default)]
pub(super) struct Feeds {
    sites: BTreeMap<SiteId, FeedOf>,
    /// What an earlier run left was read: before that nothing is asked.
    opened: bool,
    looked: Option<Instant>,
    shown: Arc<BTreeMap<SiteId, FeedShown>>,
    effects: VecDeque<FeedsEffect>,
}

struct FeedOf {
    feed: WebAddress,
    kept: KeptFeed,
    /// Not before this.
    due: Option<Instant>,
    /// An errand is wanted.
    wanted: bool,
    attempt: Option<AttemptId>,
    fault: Option<FeedFault>,
}

impl Feeds {
    pub(super) fn poll_effect(&mut self) -> Option<FeedsEffect> {
        self.effects.pop_front()
    }

    pub(super) fn shown(&self) -> Arc<BTreeMap<SiteId, FeedShown>> {
        Arc::clone(&self.shown)
    }

    /// Takes over what an earlier run was told.
    pub(super) fn opened(&mut self, kept: KeptFeeds, unix: i64, now: Instant) {
        self.opened = true;
        for (site, kept) in kept {
            let Some(of) = self.sites.get_mut(&site) else { continue };
            // Whatever the clock was set to meanwhile, nobody waits longer than that.
            let ago = u64::try_from(unix.saturating_sub(kept.asked)).map_or(Duration::ZERO, Duration::from_secs);
            of.due = Some(now + EVERY.saturating_sub(ago));
            if kept.feed == of.feed.to_string() {
                of.kept = kept;
            }
        }
        self.show();
    }

    /// Takes over which feeds there are.
    pub(super) fn set_registry(&mut self, registry: &Registry) {
        let feed_of = |id: SiteId| registry.site(id).and_then(|site| site.about.feed.as_ref());
        let gone: Vec<SiteId> = self.sites.keys().copied().filter(|id| feed_of(*id).is_none()).collect();
        for id in gone {
            if self.sites.remove(&id).is_some_and(|of| of.wanted) {
                self.effects.push_back(FeedsEffect::End(id));
            }
        }
        for site in &registry.sites {
            let Some(feed) = site.about.feed.as_ref().filter(|feed| status_feed::may_read(feed)) else {
                continue;
            };
            let known = self.sites.get_mut(&site.id);
            if known.as_ref().is_some_and(|of| of.feed == *feed) {
                continue;
            }
            // Another address is asked at its own pace, but not sooner than the one before.
            let due = known.and_then(|of| of.due);
            let before = self.sites.insert(site.id, FeedOf::new(feed.clone(), due));
            if before.is_some_and(|of| of.wanted) {
                self.effects.push_back(FeedsEffect::End(site.id));
            }
        }
        self.show();
    }

    /// Asks for what is due; once a second at most.
    pub(super) fn tick(&mut self, state: &EngineState, now: Instant) {
        let waited = |looked| now.saturating_duration_since(looked) >= LOOK;
        if self.sites.is_empty() || !self.opened || !self.looked.is_none_or(waited) {
            return;
        }
        self.looked = Some(now);
        for (id, of) in &mut self.sites {
            let is_down = is_down(state, *id);
            if of.wanted && !is_down && of.attempt.is_none() {
                of.wanted = false;
                self.effects.push_back(FeedsEffect::End(*id));
            }
            if of.wanted || !is_down || of.due.is_some_and(|due| now < due) {
                continue;
            }
            match of.feed.host.parse::<Host>() {
                Ok(host) => {
                    of.wanted = true;
                    let to = ErrandTo {
                        host,
                        port: of.feed.port,
                        secure: true,
                        by_hand: false,
                    };
                    self.effects.push_back(FeedsEffect::Begin(*id, to));
                }
                Err(_) => {
                    of.due = Some(now + EVERY);
                    of.fault = Some(FeedFault::NoAnswer);
                }
            }
        }
    }

    /// A feed may be asked now.
    pub(super) fn start(&mut self, site: SiteId, granted: Granted, inbox: mpsc::Sender<Inbox>, now: Instant) {
        let Some(of) = self.sites.get_mut(&site) else { return };
        of.attempt = Some(granted.attempt);
        of.due = Some(now + EVERY);
        of.kept.asked = clock::unix();
        ask::start(site, granted, of.feed.clone(), inbox);
        // Kept before the answer: whoever is killed now does not ask sooner.
        self.keep();
    }

    /// What a feed says.
    pub(super) fn done(&mut self, site: SiteId, attempt: AttemptId, asked: Result<Asked, FeedFault>) {
        let Some(of) = self.sites.get_mut(&site) else { return };
        if of.attempt.take_if(|current| *current == attempt).is_none() {
            return;
        }
        of.wanted = false;
        match asked {
            Ok(asked) => {
                of.fault = None;
                of.kept.read = Some(clock::unix());
                (of.kept.title, of.kept.at) = asked.map_or((None, None), |entry| (Some(entry.title), entry.at));
            }
            Err(fault) => {
                let server = &of.feed.host;
                tracing::info!(server, ?fault, "a status feed was not read");
                of.fault = Some(fault);
            }
        }
        self.show();
        self.keep();
    }

    fn show(&mut self) {
        let clock = |unix: i64| clock::clock_of(WallTime(u64::try_from(unix).unwrap_or(0).saturating_mul(1_000)));
        let shown = self.sites.iter().map(|(id, of)| {
            let shown = FeedShown {
                server: of.feed.host.clone(),
                title: of.kept.title.clone(),
                at: of.kept.at.map(clock),
                read: of.kept.read.map(clock),
                fault: of.fault.clone(),
            };
            (*id, shown)
        });
        let known = |(_, shown): &(SiteId, FeedShown)| shown.read.is_some() || shown.fault.is_some();
        let shown: BTreeMap<SiteId, FeedShown> = shown.filter(known).collect();
        if *self.shown != shown {
            self.shown = Arc::new(shown);
            self.effects.push_back(FeedsEffect::Changed);
        }
    }

    fn keep(&mut self) {
        let kept = self.sites.iter().filter(|(_, of)| of.kept.asked > 0);
        let kept: KeptFeeds = kept.map(|(id, of)| (*id, of.kept.clone())).collect();
        self.effects.push_back(FeedsEffect::Keep(Arc::new(kept)));
    }
}

impl FeedOf {
    fn new(feed: WebAddress, due: Option<Instant>) -> Self {
        let kept = KeptFeed {
            feed: feed.to_string(),
            ..KeptFeed::default()
        };
        Self {
            feed,
            kept,
            due,
            wanted: false,
            attempt: None,
            fault: None,
        }
    }
}

/// Whether nothing is seen of the site that was asked for, and this computer has a network.
fn is_down(state: &EngineState, id: SiteId) -> bool {
    let site = state.sites.iter().find(|site| site.id == id);
    site.is_some_and(|site| match site.state {
        SiteState::NoNetwork => false,
        _ if site.devices.live > 0 => false,
        SiteState::Outage => site.devices.watched > 0,
        SiteState::Up | SiteState::Partial => site.devices.failing > 0 && site.devices.failing == site.devices.watched,
    })
}

#[cfg(test)]
mod tests;
