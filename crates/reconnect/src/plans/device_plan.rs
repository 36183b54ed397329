//! One device and its links: who and where it is, what is wanted of it, who asks.

mod attempts;
mod standing;
mod timing;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::entry::RecorderEntry;
use super::link_plan::{LinkPlan, LinkState};
use super::route::Route;
use crate::failure::{Failure, FailureKind, Remedy};
use crate::port::{AttemptId, LinkId, Rank, SignIn};
use device::SiteId;

/// The devices behind one way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(pub(crate) u64);

/// A person's click is heard at most this often for a device.
const CLICK: Duration = Duration::from_secs(2);

/// Why a device is not tried at all.
struct Stop {
    failure: Failure,
    /// When it may be tried all the same.
    until: Option<Instant>,
}

impl Stop {
    fn awaits_change(&self) -> bool {
        matches!(self.failure.kind.remedy(), Remedy::AwaitChange | Remedy::LookRarely)
    }
}

/// Where a device is registered.
#[derive(Clone, Copy)]
pub(crate) struct Registration {
    pub(crate) site: SiteId,
    /// What was typed, where that is a literal; canonical.
    pub(crate) address: Option<IpAddr>,
    pub(crate) recorder: u64,
    pub(crate) revision: u64,
}

pub(crate) struct DevicePlan {
    site: SiteId,
    group: GroupId,
    /// Where the last attempt went, or what was registered.
    address: Option<IpAddr>,
    /// What was registered, where that is a literal; by name the address may change between two attempts.
    registered: Option<IpAddr>,
    revision: u64,
    entry: RecorderEntry,
    links: BTreeMap<LinkId, LinkPlan>,
    dialling: Option<AttemptId>,
    /// Failures of the device itself, not of its path; forgotten after 60 s of media.
    failures: u32,
    last_failure: Option<Failure>,
    /// How often in a row it hung up when it was spoken to in TLS.
    hung_up: u32,
    backoff_until: Option<Instant>,
    /// The device asked to be left alone until then.
    hold_until: Option<Instant>,
    stop: Option<Stop>,
    sign_in: SignIn,
    route: Route,
    /// The epoch of the group in which it failed last: it goes behind those that did not.
    failed_in: Option<u64>,
    /// The last attempt got no connection: another one leaves from the same port.
    unanswered: bool,
    /// Its last stream was lost almost at once, and none has lasted since.
    recently_lost: bool,
    last_live: Option<Instant>,
    last_dial: Option<Instant>,
    last_probe: Option<Instant>,
    /// A person asked for it, and it has not been tried since.
    manual: bool,
    manual_at: Option<Instant>,
    /// Its place among its equals.
    order: u32,
    /// The latest gap of links that went while they had to wait: new links take it over.
    gap: Option<Instant>,
}

impl DevicePlan {
    pub(crate) fn new(registration: Registration, group: GroupId, order: u32, now: Instant) -> Self {
        Self {
            site: registration.site,
            group,
            address: registration.address,
            registered: registration.address,
            revision: registration.revision,
            entry: RecorderEntry::new(now),
            links: BTreeMap::new(),
            dialling: None,
            failures: 0,
            last_failure: None,
            hung_up: 0,
            backoff_until: None,
            hold_until: None,
            stop: None,
            sign_in: SignIn::Ready,
            route: Route::default(),
            failed_in: None,
            unanswered: false,
            recently_lost: false,
            last_live: None,
            last_dial: None,
            last_probe: None,
            manual: false,
            manual_at: None,
            order,
            gap: None,
        }
    }

    /// An earlier run left it with so many failures and this wait.
    pub(crate) fn resume(&mut self, failures: u32, until: Instant, epoch: Option<u64>) {
        self.failures = failures;
        self.backoff_until = Some(until);
        self.failed_in = epoch.filter(|_| failures > 0);
    }

    // Who and where it is.

    pub(crate) fn site(&self) -> SiteId {
        self.site
    }

    pub(crate) fn group(&self) -> GroupId {
        self.group
    }

    pub(crate) fn set_group(&mut self, group: GroupId) {
        self.group = group;
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn set_address(&mut self, address: Option<IpAddr>) {
        self.address = address;
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }

    pub(crate) fn is_named(&self) -> bool {
        self.registered.is_none()
    }

    pub(crate) fn entry(&self) -> &RecorderEntry {
        &self.entry
    }

    pub(crate) fn entry_mut(&mut self) -> &mut RecorderEntry {
        &mut self.entry
    }

    /// Whether it is registered at another literal address. What was learned of a name may be told again, and a redirect may
    /// have led elsewhere; neither is a move.
    pub(crate) fn is_moved_by(&self, registration: &Registration) -> bool {
        !self.is_named() && registration.address.is_some() && registration.address != self.registered
    }

    /// Whether that is an edit which clears what is held against it.
    pub(crate) fn is_edited_by(&self, registration: &Registration) -> bool {
        self.is_moved_by(registration)
            || self.entry.recorder() != registration.recorder
            || self.revision != registration.revision
    }

    /// Whether its sign-in, or how it is spoken to, is another one.
    pub(crate) fn is_revised_by(&self, registration: &Registration) -> bool {
        self.revision != registration.revision
    }

    /// It was registered anew.
    pub(crate) fn register(&mut self, registration: &Registration) {
        self.site = registration.site;
        self.revision = registration.revision;
    }

    /// It was edited: only what no edit clears stays.
    pub(crate) fn edited(&mut self, address: Option<IpAddr>, moved: bool) {
        self.registered = address;
        self.forgive();
        self.stop = None;
        if self.is_unreadable() {
            self.sign_in = SignIn::Ready;
        }
        self.hold_until = None;
        self.route.exists();
        self.last_failure = None;
        self.hung_up = 0;
        self.failed_in = None;
        self.recently_lost = false;
        self.unanswered &= !moved;
        self.links.values_mut().for_each(|link| link.edited(moved));
    }

    /// Nothing is known of the road that it looks at, in this epoch of its group: a look is as doubtful as what failed.
    pub(crate) fn looks_at_road(&mut self, epoch: u64) {
        self.failed_in = Some(epoch);
    }

    /// The road answered: what failed there before says nothing any more.
    pub(crate) fn road_answers(&mut self) {
        self.failed_in = None;
        self.forgive();
    }

    /// It is reached by another road from now on. Its failures and waits stay: another road costs no more than the same one again.
    pub(crate) fn takes_road(&mut self, address: Option<IpAddr>) {
        self.registered = address;
        self.route.exists();
        self.hung_up = 0;
        self.policy_changed();
    }

    /// What is held against it was said where it is no more.
    pub(crate) fn leaves_recorder(&mut self) {
        self.stop = None;
        self.hold_until = None;
        self.links.values_mut().for_each(LinkPlan::forgive);
    }

    // Its links.

    pub(crate) fn take_link(&mut self, id: LinkId) -> Option<LinkPlan> {
        self.links.remove(&id)
    }

    pub(crate) fn put_link(&mut self, id: LinkId, link: LinkPlan) {
        self.links.insert(id, link);
    }

    /// Something of it plays.
    pub(crate) fn is_playing(&self) -> bool {
        self.links
            .values()
            .any(|link| matches!(link.state(), LinkState::Playing(_)))
    }

    /// Nothing of it plays or is being dialled.
    pub(crate) fn is_idle(&self) -> bool {
        self.dialling.is_none() && self.links.values().all(|link| link.attempt().is_none())
    }

    pub(crate) fn is_wanted(&self) -> bool {
        !self.links.is_empty()
    }

    pub(crate) fn links(&self) -> impl Iterator<Item = (LinkId, &LinkPlan)> {
        self.links.iter().map(|(id, link)| (*id, link))
    }

    pub(crate) fn link(&self, id: LinkId) -> Option<&LinkPlan> {
        self.links.get(&id)
    }

    pub(crate) fn link_mut(&mut self, id: LinkId) -> Option<&mut LinkPlan> {
        self.links.get_mut(&id)
    }

    /// Wants a link, or changes its rank; says whether it is new.
    pub(crate) fn want(&mut self, id: LinkId, rank: Rank) -> bool {
        if let Some(link) = self.links.get_mut(&id) {
            link.set_rank(rank);
            return false;
        }
        self.links.insert(id, LinkPlan::new(rank, self.gap));
        true
    }

    /// A link is not wanted any more.
    pub(crate) fn unwant(&mut self, id: LinkId, played: bool) {
        if let Some(until) = self.links.remove(&id).and_then(|link| link.gap_left(played)) {
            self.gap = self.gap.max(Some(until));
        }
        if self.links.is_empty() {
            self.manual = false;
        }
    }

    /// The highest rank of what waits.
    pub(crate) fn rank(&self) -> Rank {
        self.idle().map(|(_, link)| link.rank()).min().unwrap_or_default()
    }

    pub(crate) fn is_on_screen(&self) -> bool {
        self.rank() != Rank::Background
    }

    /// One of its links was sent elsewhere and goes on there.
    pub(crate) fn follows(&self) -> bool {
        self.idle().any(|(_, link)| link.follows())
    }

    // Its password.

    pub(crate) fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// Says whether that is a change.
    pub(crate) fn set_sign_in(&mut self, state: SignIn) -> bool {
        let changed = self.sign_in != state;
        self.sign_in = state;
        changed
    }

    fn is_unreadable(&self) -> bool {
        matches!(self.sign_in, SignIn::Unreadable { .. })
    }

    /// Something is wanted of it, but its password cannot be read.
    pub(crate) fn is_locked_out(&self) -> bool {
        self.is_unreadable() && self.is_wanted()
    }

    /// It can be dialled without somebody's help.
    pub(crate) fn is_free(&self) -> bool {
        self.sign_in == SignIn::Ready && self.stop.is_none()
    }

    // What a person asks.

    /// A person asks for it; says whether that is heard. A refusal by the policy sends nothing and a handshake locks no account:
    /// they may be asked for again. A sign-in may not.
    pub(crate) fn is_asked_for(&mut self, now: Instant) -> bool {
        let again = self.manual_at.is_some_and(|at| at + CLICK > now);
        if again || self.links.is_empty() || self.sign_in != SignIn::Ready {
            return false;
        }
        let harmless = |stop: &mut Stop| stop.failure.kind == FailureKind::Policy || stop.awaits_change();
        if self.stop.is_some() && self.stop.take_if(harmless).is_none() {
            return false;
        }
        self.manual_at = Some(now);
        true
    }

    pub(crate) fn set_manual(&mut self, manual: bool) {
        self.manual = manual;
    }

    pub(crate) fn is_manual(&self) -> bool {
        self.manual
    }

    fn idle(&self) -> impl Iterator<Item = (LinkId, &LinkPlan)> {
        self.links().filter(|(_, link)| link.state() == LinkState::Idle)
    }

    #[cfg(test)]
    pub(crate) fn after_years(&mut self) {
        self.failures = u32::MAX;
        self.route.after_years();
        self.links.values_mut().for_each(LinkPlan::after_years);
    }
}
