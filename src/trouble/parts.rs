//! What the channels of a device show, and what troubles have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Cause, Next, Scope, Trouble, is_shared};
use crate::bridge::{EngineState, StreamStatus, TileState};
use device::{ChannelId, DeviceId};
use reconnect::{FailureKind, Stage};

/// What was found of a device that nobody watches any more is told for so long.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

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
pub(super) fn shows(streams: &[&StreamStatus]) -> bool {
    streams.iter().any(|status| {
        matches!(
            status.state,
            TileState::Live | TileState::Late | TileState::AwaitingKeyFrame { .. } | TileState::WithoutKeyFrames
        )
    })
}

pub(super) fn last_picture<'a>(channels: impl Iterator<Item = &'a Vec<&'a StreamStatus>>) -> Option<Instant> {
    channels.flatten().filter_map(|status| status.last_picture).max()
}

pub(super) fn next<'a>(channels: impl Iterator<Item = &'a Vec<&'a StreamStatus>>) -> Next {
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
        whole.held.extend(more.held);
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

pub(super) fn split(troubles: Vec<Trouble>, belongs: impl Fn(&Trouble) -> bool) -> (Vec<Trouble>, Vec<Trouble>) {
    troubles.into_iter().partition(belongs)
}

/// Nothing comes back from there.
pub(super) fn is_silent(trouble: &Trouble) -> bool {
    match &trouble.cause {
        Cause::FellSilent => true,
        Cause::Failed(failure) => failure.blames_path(),
        Cause::NoNetwork | Cause::Late => false,
    }
}

/// What has to be the same for two troubles to have one cause.
pub(super) fn cause_of(trouble: &Trouble) -> (Option<(FailureKind, Stage)>, bool) {
    let failure = trouble.failure().map(|failure| (failure.kind, failure.stage));
    (failure, trouble.cause == Cause::FellSilent)
}

pub(super) fn have_one_cause(troubles: &[Trouble]) -> bool {
    let Some(first) = troubles.first() else { return false };
    let shared = first.failure().is_none_or(|failure| is_shared(failure.kind));
    shared && troubles.iter().all(|trouble| cause_of(trouble) == cause_of(first))
}

/// Devices that nobody watches any more, and that showed nothing when they were tried last.
pub(super) fn remembered<'a>(
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
            held: BTreeSet::new(),
            answer: None,
        })
    })
}
