//! Finds what fails together in an engine state: first each device, then what devices have in common.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::parts::{
    Channels, cause_of, have_one_cause, is_silent, last_picture, merged, next, remembered, shows, split, watched,
};
use super::{Answer, Cause, Scope, Trouble, held};
use crate::bridge::{DeviceStatus, EngineState, StreamStatus, TileState};
use device::{Device, DeviceId, SiteId};
use reconnect::{Failure, FailureKind, SiteState, Stage};

/// The answer to *Retry now* is shown for so long.
const ANSWERED: Duration = Duration::from_secs(10);

/// All troubles, the worst first.
#[must_use]
pub fn find(state: &EngineState) -> Vec<Trouble> {
    let mut whole = Vec::new();
    let mut found = Vec::new();
    let watched = watched(state);
    for (id, channels) in &watched {
        let Some(device) = state.registry.device(*id).filter(|device| device.enabled) else {
            continue;
        };
        let known = state.devices.get(id);
        match as_a_whole(device, channels, known, state) {
            Some(trouble) => whole.push(trouble),
            None => found.extend(in_part(device, channels)),
        }
    }
    let sites = sites(state, &watched);
    whole.extend(held::without_network(state, &watched, &whole));
    let whole = merge_network(whole);
    let whole = held::join_sites(state, &watched, &sites, whole);
    let whole = merge_all_sites(state, &sites, whole);
    let mut whole = merge_sites(&sites, whole);
    whole.extend(held::of_recorders(state, &watched, &whole));
    found.extend(merge_recorders(state, whole));
    let said: BTreeSet<DeviceId> = found
        .iter()
        .flat_map(|trouble| trouble.devices.iter().copied())
        .collect();
    found.extend(remembered(state, &watched).filter(|trouble| !trouble.devices.iter().any(|id| said.contains(id))));
    for trouble in &mut found {
        trouble.answer = answer(state, &trouble.devices);
    }
    found.sort_by_key(order);
    found
}

/// The failure of a channel that shows nothing and is not about to be tried in its turn.
fn failed<'a>(streams: &[&'a StreamStatus]) -> Option<&'a Failure> {
    let failed = streams
        .iter()
        .find(|status| !matches!(status.state, TileState::Waiting { .. }));
    failed.and_then(|status| status.state.failure())
}

/// The device shows nothing at all, and that is not for what single channels lack.
fn as_a_whole(
    device: &Device,
    channels: &Channels<'_>,
    known: Option<&DeviceStatus>,
    state: &EngineState,
) -> Option<Trouble> {
    if channels.values().any(|streams| shows(streams)) {
        return None;
    }
    let of_whole = |failure: &&Failure| !failure.kind.is_of_one_stream();
    let found = known.and_then(|known| known.failure.as_ref()).filter(of_whole);
    let failure = on_tiles(channels, of_whole, found).or(found)?;
    let since = last_picture(channels.values()).or(known.and_then(|known| known.since));
    let site = state.sites.iter().find(|site| site.id == device.site);
    let no_network = site.is_some_and(|site| site.state == SiteState::NoNetwork);
    let cause = if no_network {
        Cause::NoNetwork
    } else if (failure.kind, failure.stage) == (FailureKind::Timeout, Stage::Media) {
        Cause::FellSilent
    } else {
        Cause::Failed(failure.clone())
    };
    Some(Trouble {
        scope: Scope::Device(device.id),
        cause,
        since,
        next: next(channels.values()),
        devices: vec![device.id],
        channels: channels.keys().copied().collect(),
        held: BTreeSet::new(),
        answer: None,
    })
}

/// What the tiles of a device say, as one: what the last attempt `found` where a tile says it, too, else what is newer than a stream that broke off.
fn on_tiles<'a>(
    channels: &Channels<'a>,
    of_whole: impl Fn(&&Failure) -> bool,
    found: Option<&Failure>,
) -> Option<&'a Failure> {
    let failures = channels.values().flatten().filter_map(|status| status.state.failure());
    let failures: Vec<&Failure> = failures.filter(of_whole).collect();
    let same =
        |failure: &&&Failure| found.is_some_and(|found| (found.kind, found.stage) == (failure.kind, failure.stage));
    let newer = |failure: &&&Failure| failure.stage != Stage::Media;
    let best = failures.iter().find(same).or_else(|| failures.iter().find(newer));
    best.or(failures.first()).copied()
}

/// Channels of a device that failed while others of it do not, by what they failed for.
fn in_part(device: &Device, channels: &Channels<'_>) -> Vec<Trouble> {
    let mut causes: Vec<(&Failure, Channels<'_>)> = Vec::new();
    for (channel, streams) in channels {
        let Some(failure) = failed(streams).filter(|_| !shows(streams)) else {
            continue;
        };
        let same =
            |(known, _): &&mut (&Failure, Channels<'_>)| (known.kind, known.stage) == (failure.kind, failure.stage);
        match causes.iter_mut().find(same) {
            Some((_, those)) => drop(those.insert(*channel, streams.clone())),
            None => causes.push((failure, [(*channel, streams.clone())].into())),
        }
    }
    let trouble = |(failure, channels): (&Failure, Channels<'_>)| Trouble {
        scope: Scope::Channels(device.id),
        cause: Cause::Failed(failure.clone()),
        since: last_picture(channels.values()),
        next: next(channels.values()),
        devices: vec![device.id],
        channels: channels.keys().copied().collect(),
        held: BTreeSet::new(),
        answer: None,
    };
    causes.into_iter().map(trouble).collect()
}

/// The watched and enabled devices of each site.
fn sites(state: &EngineState, watched: &BTreeMap<DeviceId, Channels<'_>>) -> BTreeMap<SiteId, BTreeSet<DeviceId>> {
    let mut sites: BTreeMap<SiteId, BTreeSet<DeviceId>> = BTreeMap::new();
    let devices = watched.keys().filter_map(|id| state.registry.device(*id));
    for device in devices.filter(|device| device.enabled) {
        sites.entry(device.site).or_default().insert(device.id);
    }
    sites
}

fn merge_network(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let (cut_off, mut rest) = split(troubles, |trouble| trouble.cause == Cause::NoNetwork);
    rest.extend(merged(Scope::Network, cut_off));
    rest
}

/// Where every site is silent, the cause is likely to be none of them. A site that is not on screen counts where it was silent when it
/// was, unless another one of those answered.
fn merge_all_sites(
    state: &EngineState,
    sites: &BTreeMap<SiteId, BTreeSet<DeviceId>>,
    mut troubles: Vec<Trouble>,
) -> Vec<Trouble> {
    let is_out = |site: &SiteId| held::state_of(state, *site) == Some(SiteState::Outage);
    let said = |id: &DeviceId| troubles.iter().any(|trouble| trouble.devices.contains(id));
    let all = !sites.is_empty()
        && sites.keys().all(is_out)
        && sites.values().flatten().all(said)
        && troubles.iter().all(is_silent);
    if !all {
        return troubles;
    }
    let elsewhere = held::silent_elsewhere(state, sites);
    let count = sites.len() + elsewhere.len();
    if count < 2 {
        return troubles;
    }
    troubles.extend(elsewhere.into_values().flatten());
    merged(Scope::AllSites(count), troubles).into_iter().collect()
}

/// A site of several devices whose devices all show nothing for one cause.
fn merge_sites(sites: &BTreeMap<SiteId, BTreeSet<DeviceId>>, mut troubles: Vec<Trouble>) -> Vec<Trouble> {
    for (site, devices) in sites.iter().filter(|(_, devices)| devices.len() > 1) {
        let is_of = |trouble: &Trouble| {
            matches!(trouble.scope, Scope::Device(_)) && trouble.devices.iter().all(|device| devices.contains(device))
        };
        let (own, rest) = split(troubles, is_of);
        troubles = rest;
        if own.len() == devices.len() && have_one_cause(&own) {
            troubles.extend(merged(Scope::Site(*site), own));
        } else {
            troubles.extend(own);
        }
    }
    troubles
}

/// Entries of one recorder, by host and port, that show nothing for one cause.
fn merge_recorders(state: &EngineState, troubles: Vec<Trouble>) -> Vec<Trouble> {
    let mut groups: Vec<Vec<Trouble>> = Vec::new();
    let mut known = HashMap::new();
    for trouble in troubles {
        let device = match trouble.scope {
            Scope::Device(device) => state.registry.device(device),
            _ => None,
        };
        let recorder = device.map(|device| (&device.host, device.port));
        let own = recorder.filter(|_| have_one_cause(std::slice::from_ref(&trouble)));
        let key = own.map(|recorder| (recorder, cause_of(&trouble)));
        match key {
            Some(key) => {
                let at = *known.entry(key).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(group) => group.push(trouble),
                    None => groups.push(vec![trouble]),
                }
            }
            None => groups.push(vec![trouble]),
        }
    }
    let whole = |group: Vec<Trouble>| merged(group.first()?.scope.clone(), group);
    groups.into_iter().filter_map(whole).collect()
}

fn answer(state: &EngineState, devices: &[DeviceId]) -> Option<Answer> {
    let tried = devices.iter().filter_map(|id| state.devices.get(id)?.tried.as_ref());
    let asked = tried.filter(|tried| tried.by_hand && state.now.saturating_duration_since(tried.at) < ANSWERED);
    let last = asked.max_by_key(|tried| tried.at)?;
    Some(Answer {
        at: last.at,
        clock: last.clock,
        failure: last.failure.clone(),
    })
}

/// The worst first: what is watched, what reaches farthest, what concerns most channels, what lasts longest.
fn order(trouble: &Trouble) -> impl Ord + use<> {
    let reach = match trouble.scope {
        Scope::Network => 0,
        Scope::AllSites(_) => 1,
        Scope::Site(_) => 2,
        Scope::Device(_) => 3,
        Scope::Channels(_) => 4,
    };
    let channels = std::cmp::Reverse(trouble.channels.len());
    (
        !trouble.is_watched(),
        reach,
        channels,
        trouble.since,
        trouble.devices.clone(),
    )
}
