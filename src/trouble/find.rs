//! Finds what fails together in an engine state: first each device, then what devices have in common.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::{Answer, Cause, Next, Scope, Trouble, is_shared};
use crate::bridge::{DeviceStatus, EngineState, StreamStatus, TileState};
use device::{ChannelId, Device, DeviceId, SiteId};
use reconnect::{Failure, FailureKind, SiteState, Stage};

/// The answer to *Retry now* is shown for so long.
const ANSWERED: Duration = Duration::from_secs(10);
/// What was found of a device that nobody watches any more is told for so long.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

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
    let whole = merge_network(whole);
    let whole = merge_all_sites(state, &sites, whole);
    let whole = merge_sites(state, &sites, whole);
    found.extend(merge_recorders(state, whole));
    found.extend(remembered(state, &watched));
    for trouble in &mut found {
        trouble.answer = answer(state, &trouble.devices);
    }
    found.sort_by_key(order);
    found
}

/// What is on screen of a channel: its streams.
pub(super) type Channels<'a> = BTreeMap<ChannelId, Vec<&'a StreamStatus>>;

pub(super) fn watched(state: &EngineState) -> BTreeMap<DeviceId, Channels<'_>> {
    let mut devices: BTreeMap<DeviceId, Channels<'_>> = BTreeMap::new();
    for (stream, status) in state.streams.iter() {
        let channels = devices.entry(stream.channel.device).or_default();
        channels.entry(stream.channel).or_default().push(status);
    }
    devices
}

/// Whether pictures of it are on screen that may be new: they are late at worst.
fn shows(streams: &[&StreamStatus]) -> bool {
    streams.iter().any(|status| {
        matches!(
            status.state,
            TileState::Live | TileState::Late | TileState::AwaitingKeyFrame { .. } | TileState::WithoutKeyFrames
        )
    })
}

/// The failure of a channel that shows nothing and is not about to be tried in its turn.
fn failed<'a>(streams: &[&'a StreamStatus]) -> Option<&'a Failure> {
    let failed = streams
        .iter()
        .find(|status| !matches!(status.state, TileState::Waiting { .. }));
    failed.and_then(|status| status.state.failure())
}

pub(super) fn last_picture<'a>(channels: impl Iterator<Item = &'a Vec<&'a StreamStatus>>) -> Option<Instant> {
    channels.flatten().filter_map(|status| status.last_picture).max()
}

fn next<'a>(channels: impl Iterator<Item = &'a Vec<&'a StreamStatus>>) -> Next {
    let mut next = Next::Unknown;
    for status in channels.flatten() {
        match (&status.state, status.state.next_try(), next) {
            (TileState::Connecting { .. }, ..) => return Next::Trying,
            (_, Some(at), Next::At(known)) => next = Next::At(known.min(at)),
            (_, Some(at), _) => next = Next::At(at),
            (_, None, _) => {}
        }
    }
    next
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

/// One trouble for several.
pub(super) fn merged(scope: Scope, troubles: Vec<Trouble>) -> Option<Trouble> {
    let mut troubles = troubles.into_iter();
    let mut whole = Trouble {
        scope,
        ..troubles.next()?
    };
    for more in troubles {
        whole.devices.extend(more.devices);
        whole.channels.extend(more.channels);
        whole.since = whole.since.into_iter().chain(more.since).max();
        whole.next = match (whole.next, more.next) {
            (Next::Trying, _) | (_, Next::Trying) => Next::Trying,
            (Next::At(one), Next::At(other)) => Next::At(one.min(other)),
            (Next::At(at), _) | (_, Next::At(at)) => Next::At(at),
            (one, _) => one,
        };
    }
    Some(whole)
}

fn split(troubles: Vec<Trouble>, belongs: impl Fn(&Trouble) -> bool) -> (Vec<Trouble>, Vec<Trouble>) {
    troubles.into_iter().partition(belongs)
}

fn merge_network(troubles: Vec<Trouble>) -> Vec<Trouble> {
    let (cut_off, mut rest) = split(troubles, |trouble| trouble.cause == Cause::NoNetwork);
    rest.extend(merged(Scope::Network, cut_off));
    rest
}

/// Nothing comes back from there.
fn is_silent(trouble: &Trouble) -> bool {
    match &trouble.cause {
        Cause::FellSilent => true,
        Cause::Failed(failure) => failure.blames_path(),
        Cause::NoNetwork | Cause::Late => false,
    }
}

/// Where every site is silent, the cause is likely to be none of them.
fn merge_all_sites(
    state: &EngineState,
    sites: &BTreeMap<SiteId, BTreeSet<DeviceId>>,
    troubles: Vec<Trouble>,
) -> Vec<Trouble> {
    let out = |site: &SiteId| {
        let status = state.sites.iter().find(|status| status.id == *site);
        status.is_some_and(|status| status.state == SiteState::Outage)
    };
    let devices = sites.values().map(BTreeSet::len).sum::<usize>();
    let all = sites.len() > 1 && sites.keys().all(out) && troubles.len() == devices && troubles.iter().all(is_silent);
    if all {
        merged(Scope::AllSites(sites.len()), troubles).into_iter().collect()
    } else {
        troubles
    }
}

/// A site of several devices whose devices all show nothing for one cause.
fn merge_sites(
    state: &EngineState,
    sites: &BTreeMap<SiteId, BTreeSet<DeviceId>>,
    mut troubles: Vec<Trouble>,
) -> Vec<Trouble> {
    for (site, devices) in sites.iter().filter(|(_, devices)| devices.len() > 1) {
        let is_of = |trouble: &Trouble| {
            matches!(trouble.scope, Scope::Device(_)) && trouble.devices.iter().all(|device| devices.contains(device))
        };
        let (own, rest) = split(troubles, is_of);
        troubles = rest;
        let status = state.sites.iter().find(|status| status.id == *site);
        let outage = status.is_some_and(|status| status.state == SiteState::Outage) && own.iter().all(is_silent);
        if own.len() == devices.len() && (outage || have_one_cause(&own)) {
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

/// What has to be the same for two troubles to have one cause.
fn cause_of(trouble: &Trouble) -> (Option<(FailureKind, Stage)>, bool) {
    let failure = trouble.failure().map(|failure| (failure.kind, failure.stage));
    (failure, trouble.cause == Cause::FellSilent)
}

fn have_one_cause(troubles: &[Trouble]) -> bool {
    let Some(first) = troubles.first() else { return false };
    let shared = first.failure().is_none_or(|failure| is_shared(failure.kind));
    shared && troubles.iter().all(|trouble| cause_of(trouble) == cause_of(first))
}

/// Devices that nobody watches any more, and that showed nothing when they were tried last.
fn remembered<'a>(
    state: &'a EngineState,
    watched: &'a BTreeMap<DeviceId, Channels<'_>>,
) -> impl Iterator<Item = Trouble> + 'a {
    let unwatched = state.devices.iter().filter(|(id, _)| !watched.contains_key(id));
    unwatched.filter_map(|(id, known)| {
        let device = state.registry.device(*id).filter(|device| device.enabled)?;
        let (failure, tried) = (known.failure.as_ref()?, known.tried.as_ref()?);
        let lately = state.now.saturating_duration_since(tried.at) < REMEMBERED;
        lately.then(|| Trouble {
            scope: Scope::Device(device.id),
            cause: Cause::Failed(failure.clone()),
            since: known.since,
            next: Next::NotWatched(tried.clock),
            devices: vec![device.id],
            channels: BTreeSet::new(),
            answer: None,
        })
    })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bridge::{
        Clock, EngineTotals, EventsShown, FrameSlot, SecretsPlace, SiteStatus, SoundState, StreamInfo, Tried,
    };
    use device::{Registry, StreamId, StreamKind, sample};
    use reconnect::HeldBy;

    fn failure(kind: FailureKind, stage: Stage) -> Failure {
        Failure {
            kind,
            stage,
            detail: String::new(),
        }
    }

    /// Sites 1 and 2: recorders 1 and 2 at the first, 3 at the second, with four channels each.
    fn engine(state_of: impl Fn(u64, u16, Instant) -> Option<TileState>) -> EngineState {
        let now = Instant::now() + Duration::from_secs(3_600);
        let mut registry = Registry {
            sites: vec![sample::site(SiteId(1), "A"), sample::site(SiteId(2), "B")],
            ..Registry::default()
        };
        let mut streams = HashMap::new();
        for (id, site) in [(1, 1), (2, 1), (3, 2)] {
            let device = Device {
                site: SiteId(site),
                host: format!("192.0.2.{id}").parse().unwrap(),
                ..sample::device(id, &format!("DVR {id}"), 4)
            };
            for channel in device.channel_ids() {
                let kind = StreamKind::Sub;
                if let Some(state) = state_of(id, channel.number, now) {
                    streams.insert(StreamId { channel, kind }, status(state, now));
                }
            }
            registry.devices.push(device);
        }
        let sites = registry.sites.iter();
        let sites = sites.map(|site| SiteStatus::untried(site.id, &site.name, 12));
        EngineState {
            now,
            clock: Clock::default(),
            sites: Arc::new(sites.collect()),
            registry: Arc::new(registry),
            registry_awaited: false,
            settings: Arc::default(),
            windows: Arc::default(),
            views: Arc::default(),
            transfer: None,
            profile: None,
            unlock: None,
            streams: Arc::new(streams),
            devices: Arc::default(),
            totals: EngineTotals::default(),
            notices: Arc::default(),
            events: EventsShown::default(),
            secrets: SecretsPlace::default(),
            test: None,
            update: None,
            excluded: Arc::default(),
        }
    }

    fn status(state: TileState, now: Instant) -> StreamStatus {
        StreamStatus {
            state,
            last_picture: Some(now - Duration::from_secs(120)),
            last_picture_clock: None,
            slot: Arc::new(FrameSlot::default()),
            sound: SoundState::Off,
            info: StreamInfo::default(),
        }
    }

    fn offline(kind: FailureKind, stage: Stage, next_try: Option<Instant>) -> TileState {
        TileState::Offline {
            failure: failure(kind, stage),
            next_try,
        }
    }

    fn with_sites(mut state: EngineState, states: [SiteState; 2]) -> EngineState {
        for (site, is) in Arc::make_mut(&mut state.sites).iter_mut().zip(states) {
            site.state = is;
        }
        state
    }

    fn scopes(troubles: &[Trouble]) -> Vec<(Scope, usize)> {
        troubles
            .iter()
            .map(|trouble| (trouble.scope.clone(), trouble.channels.len()))
            .collect()
    }

    #[test]
    fn a_recorder_has_one_cause_which_is_what_its_last_attempt_found() {
        let mut state = engine(|device, channel, now| {
            let soon = Some(now + Duration::from_secs(u64::from(channel)));
            Some(match (device, channel) {
                (1, 4) => offline(FailureKind::Refused, Stage::Connect, soon),
                (1, 2) => TileState::Connecting {
                    stage: Stage::Connect,
                    since: None,
                },
                (1, _) => offline(FailureKind::Protocol, Stage::Media, soon),
                _ => TileState::Live,
            })
        });
        let found = find(&state);
        assert_eq!(scopes(&found), [(Scope::Device(DeviceId(1)), 4)]);
        assert_eq!(
            found[0].cause,
            Cause::Failed(failure(FailureKind::Refused, Stage::Connect))
        );
        assert_eq!(found[0].next, Next::Trying);
        assert_eq!(found[0].since, Some(state.now - Duration::from_secs(120)));
        // Its only tile is being tried: the cause is still known.
        let streams = Arc::make_mut(&mut state.streams);
        streams.retain(|stream, _| stream.channel.device != DeviceId(1) || stream.channel.number == 2);
        let tried = Tried {
            at: state.now,
            clock: state.clock,
            failure: failure(FailureKind::Refused, Stage::Connect),
            by_hand: false,
        };
        let known = DeviceStatus {
            failure: Some(failure(FailureKind::Refused, Stage::Connect)),
            since: None,
            tried: Some(tried),
        };
        state.devices = Arc::new(HashMap::from([(DeviceId(1), known)]));
        assert_eq!(
            find(&state)[0].cause,
            Cause::Failed(failure(FailureKind::Refused, Stage::Connect))
        );
    }

    #[test]
    fn a_stream_that_a_recorder_lacks_is_the_trouble_of_its_channel_alone() {
        let found = find(&engine(|device, channel, _| {
            Some(match (device, channel) {
                (1, 3) => TileState::NoSuchChannel {
                    failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                    next_try: None,
                },
                (2, _) => TileState::Connecting {
                    stage: Stage::Describe,
                    since: None,
                },
                _ => TileState::Live,
            })
        }));
        assert_eq!(scopes(&found), [(Scope::Channels(DeviceId(1)), 1)]);
    }

    #[test]
    fn a_site_fails_as_one_whether_it_is_silent_or_refuses_and_not_while_a_recorder_of_it_is_live() {
        for (kind, site) in [
            (FailureKind::Timeout, SiteState::Outage),
            (FailureKind::Refused, SiteState::Partial),
        ] {
            let of = |down: fn(u64) -> bool| {
                let state = engine(|device, _, now| {
                    Some(match down(device) {
                        true => offline(kind, Stage::Connect, Some(now)),
                        false => TileState::Live,
                    })
                });
                scopes(&find(&with_sites(state, [site, SiteState::Up])))
            };
            assert_eq!(of(|device| device < 3), [(Scope::Site(SiteId(1)), 8)]);
            assert_eq!(of(|device| device == 2), [(Scope::Device(DeviceId(2)), 4)]);
            assert_eq!(
                of(|device| device == 3),
                [(Scope::Device(DeviceId(3)), 4)],
                "one recorder is no site"
            );
        }
    }

    #[test]
    fn what_a_person_must_do_for_each_device_is_said_for_each() {
        let found = find(&engine(|_, _, _| {
            Some(TileState::SignInFailed {
                failure: failure(FailureKind::Auth, Stage::Describe),
                next_try: None,
            })
        }));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn everything_at_once_is_one_trouble() {
        let dead = |kind| engine(move |_, _, now| Some(offline(kind, Stage::Connect, Some(now))));
        let silent = with_sites(dead(FailureKind::Timeout), [SiteState::Outage; 2]);
        assert_eq!(scopes(&find(&silent)), [(Scope::AllSites(2), 12)]);
        let cut_off = with_sites(dead(FailureKind::NoRoute), [SiteState::NoNetwork; 2]);
        assert_eq!(scopes(&find(&cut_off)), [(Scope::Network, 12)]);
    }

    #[test]
    fn a_start_is_no_trouble_and_neither_is_what_is_late() {
        let found = find(&engine(|device, channel, _| {
            Some(match (device, channel) {
                (1, _) => TileState::Late,
                (2, 1) => TileState::Connecting {
                    stage: Stage::Describe,
                    since: None,
                },
                (2, _) => TileState::Waiting {
                    held_by: HeldBy::Device,
                    until: None,
                    failure: None,
                },
                _ => TileState::Live,
            })
        }));
        assert_eq!(found, []);
    }

    #[test]
    fn the_worst_comes_first() {
        let state = engine(|device, channel, now| {
            Some(match (device, channel) {
                (3, 1) => TileState::NoSuchChannel {
                    failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                    next_try: None,
                },
                (3, _) => TileState::Live,
                _ => offline(FailureKind::Timeout, Stage::Connect, Some(now)),
            })
        });
        let found = find(&with_sites(state, [SiteState::Outage, SiteState::Up]));
        assert_eq!(
            scopes(&found),
            [(Scope::Site(SiteId(1)), 8), (Scope::Channels(DeviceId(3)), 1)]
        );
    }
}
