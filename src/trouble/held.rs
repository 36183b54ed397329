//! Devices that wait for one that is tried for all of them, so that they have no failure of their own: who turns to their page sees the
//! trouble of their site, of the network, or of their recorder.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{
    Channels, cause_of, have_one_cause, is_silent, last_picture, merged, next, remembered, shows, split,
};
use super::{Cause, Next, Scope, Trouble};
use crate::bridge::{EngineState, StreamStatus, TileState};
use device::{DeviceId, SiteId};
use reconnect::{HeldBy, SiteState};

type Watched<'a> = BTreeMap<DeviceId, Channels<'a>>;
type Sites = BTreeMap<SiteId, BTreeSet<DeviceId>>;

pub(super) fn state_of(state: &EngineState, site: SiteId) -> Option<SiteState> {
    state
        .sites
        .iter()
        .find(|status| status.id == site)
        .map(|status| status.state)
}

fn site_of(state: &EngineState, device: DeviceId) -> Option<SiteId> {
    Some(state.registry.device(device)?.site)
}

fn is_held(status: &StreamStatus, by: impl Fn(HeldBy) -> bool) -> bool {
    matches!(status.state, TileState::Waiting { held_by, .. } if by(held_by))
}

/// The device has shown and found nothing, and is tried or waits for one of these.
fn waits(channels: &Channels<'_>, by: impl Fn(HeldBy) -> bool + Copy) -> bool {
    let idle = |status: &&StreamStatus| matches!(status.state, TileState::Connecting { .. }) || is_held(status, by);
    let mut streams = channels.values().flatten().peekable();
    streams.peek().is_some() && streams.all(|status| idle(status) && status.state.failure().is_none())
}

fn trouble(device: DeviceId, channels: &Channels<'_>, cause: Cause) -> Trouble {
    Trouble {
        scope: Scope::Device(device),
        cause,
        since: last_picture(channels.values()),
        next: next(channels.values()),
        devices: vec![device],
        channels: channels.keys().copied().collect(),
        held: BTreeSet::from([device]),
        answer: None,
    }
}

/// Devices of which nothing failed yet, because this computer has no network.
pub(super) fn without_network(state: &EngineState, watched: &Watched<'_>, whole: &[Trouble]) -> Vec<Trouble> {
    let said: BTreeSet<DeviceId> = devices_of(whole);
    let cut_off = |id: DeviceId, channels: &Channels<'_>| {
        let device = state.registry.device(id).filter(|device| device.enabled)?;
        let waits = waits(channels, |by| by == HeldBy::NoNetwork);
        let of_site = state_of(state, device.site) == Some(SiteState::NoNetwork);
        (of_site && waits).then(|| trouble(id, channels, Cause::NoNetwork))
    };
    let others = watched.iter().filter(|(id, _)| !said.contains(id));
    others.filter_map(|(id, channels)| cut_off(*id, channels)).collect()
}

fn devices_of(troubles: &[Trouble]) -> BTreeSet<DeviceId> {
    troubles
        .iter()
        .flat_map(|trouble| trouble.devices.iter().copied())
        .collect()
}

/// One trouble for each site for which one device is tried: with those that failed, those that wait, and those that failed when they were
/// on screen.
pub(super) fn join_sites(
    state: &EngineState,
    watched: &Watched<'_>,
    sites: &Sites,
    mut troubles: Vec<Trouble>,
) -> Vec<Trouble> {
    let by_site = |by: HeldBy| by == HeldBy::SiteOutage;
    for (site, devices) in sites {
        let streams = || {
            devices
                .iter()
                .filter_map(|id| watched.get(id))
                .flat_map(BTreeMap::values)
        };
        let is_out = state_of(state, *site) == Some(SiteState::Outage)
            || streams().flatten().any(|status| is_held(status, by_site));
        if !is_out || streams().any(|streams| shows(streams)) {
            continue;
        }
        let (own, rest) = split(troubles, |trouble| devices.contains(&trouble.devices[0]));
        let said = devices_of(&own);
        let held: Vec<DeviceId> = devices
            .iter()
            .copied()
            .filter(|id| !said.contains(id) && watched.get(id).is_some_and(|channels| waits(channels, by_site)))
            .collect();
        troubles = rest;
        let earlier: Vec<Trouble> = remembered(state, watched)
            .filter(|trouble| site_of(state, trouble.devices[0]) == Some(*site))
            .collect();
        let Some(cause) = cause(&own, &earlier).or_else(|| (!held.is_empty()).then_some(Cause::FellSilent)) else {
            troubles.extend(own);
            continue;
        };
        let (mut joined, others) = split(own, |trouble| is_same(trouble, &cause));
        troubles.extend(others);
        let all = state
            .registry
            .devices
            .iter()
            .filter(|device| device.site == *site && device.enabled);
        let is_several = all.count() > 1;
        let waiting = held.iter().map(|id| trouble(*id, &watched[id], cause.clone()));
        joined.extend(waiting);
        joined.extend(
            earlier
                .into_iter()
                .filter(|trouble| is_same(trouble, &cause))
                .map(in_sight),
        );
        if is_several && (joined.len() > 1 || !held.is_empty()) {
            troubles.extend(merged(Scope::Site(*site), joined));
        } else {
            troubles.extend(joined);
        }
    }
    troubles
}

/// It is not on screen, but what is done for what is is done for it, too.
fn in_sight(trouble: Trouble) -> Trouble {
    Trouble {
        next: Next::Unknown,
        ..trouble
    }
}

/// Why the site is out: what the devices on screen found, else what others found.
fn cause(own: &[Trouble], earlier: &[Trouble]) -> Option<Cause> {
    let silent = |troubles: &[Trouble]| troubles.iter().find(|trouble| is_silent(trouble)).cloned();
    let alike = |troubles: &[Trouble]| troubles.first().filter(|_| have_one_cause(troubles)).cloned();
    let found = silent(own)
        .or_else(|| alike(own))
        .or_else(|| silent(earlier))
        .or_else(|| alike(earlier));
    found.map(|trouble| trouble.cause)
}

fn is_same(trouble: &Trouble, cause: &Cause) -> bool {
    let of = Trouble {
        cause: cause.clone(),
        ..trouble.clone()
    };
    is_silent(trouble) && is_silent(&of) || cause_of(trouble) == cause_of(&of)
}

/// The sites that are not on screen and were silent when they were; none where one of them answered.
pub(super) fn silent_elsewhere(state: &EngineState, sites: &Sites) -> BTreeMap<SiteId, Vec<Trouble>> {
    let mut others = state.sites.iter().filter(|status| !sites.contains_key(&status.id));
    if others.any(|status| status.attempts > 0 && status.state != SiteState::Outage) {
        return BTreeMap::new();
    }
    let mut elsewhere: BTreeMap<SiteId, Vec<Trouble>> = BTreeMap::new();
    let watched = BTreeMap::new();
    for trouble in remembered(state, &watched).filter(is_silent) {
        let site = site_of(state, trouble.devices[0]);
        if let Some(site) =
            site.filter(|site| !sites.contains_key(site) && state_of(state, *site) == Some(SiteState::Outage))
        {
            elsewhere.entry(site).or_default().push(in_sight(trouble));
        }
    }
    elsewhere
}

/// Devices that wait for another entry of their recorder, by host and port, of which it is known that nothing comes from it.
pub(super) fn of_recorders(state: &EngineState, watched: &Watched<'_>, whole: &[Trouble]) -> Vec<Trouble> {
    let said = devices_of(whole);
    let earlier: Vec<Trouble> = remembered(state, watched)
        .filter(|trouble| !said.contains(&trouble.devices[0]))
        .collect();
    let mut found = Vec::new();
    let waiting = watched.iter().filter(|(id, channels)| {
        !said.contains(id) && waits(channels, |by| by == HeldBy::Device) && held_by_device(channels)
    });
    for (id, channels) in waiting {
        let Some(device) = state.registry.device(*id).filter(|device| device.enabled) else {
            continue;
        };
        let is_entry = |trouble: &&Trouble| {
            let other = state.registry.device(trouble.devices[0]);
            let of_one = matches!(trouble.scope, Scope::Device(_)) && have_one_cause(std::slice::from_ref(trouble));
            of_one && other.is_some_and(|other| (&other.host, other.port) == (&device.host, device.port))
        };
        if let Some(known) = whole.iter().find(is_entry) {
            found.push(trouble(*id, channels, known.cause.clone()));
        } else if let Some(known) = earlier.iter().find(is_entry) {
            found.push(trouble(*id, channels, known.cause.clone()));
            if !found.iter().any(|trouble| trouble.devices == known.devices) {
                found.push(in_sight(known.clone()));
            }
        }
    }
    found
}

fn held_by_device(channels: &Channels<'_>) -> bool {
    let mut streams = channels.values().flatten();
    streams.any(|status| is_held(status, |by| by == HeldBy::Device))
}
