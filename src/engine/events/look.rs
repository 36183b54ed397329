//! What an engine state says of every device, for the list of events.

use std::collections::BTreeMap;

use crate::bridge::{EngineState, TileState};
use crate::trouble::{self, Cause, Scope, Trouble};
use device::{DeviceId, SiteId};
use events::{Observation, Part, Sighting, Subject};
use reconnect::HeldBy;

/// Whether nothing was tried in vain and nothing waits for what an earlier run found, so that no trouble can be found.
pub(super) fn is_calm(state: &EngineState) -> bool {
    let is_held = |state: &TileState| {
        matches!(
            state,
            TileState::Waiting {
                held_by: HeldBy::SiteOutage | HeldBy::NoNetwork,
                ..
            }
        )
    };
    let calm = |state: &TileState| state.failure().is_none() && !is_held(state);
    state.devices.is_empty() && state.streams.values().all(|status| calm(&status.state))
}

pub(super) fn look(state: &EngineState) -> Observation {
    let channels = |fits: fn(&crate::bridge::StreamStatus) -> bool| {
        let streams = state.streams.iter().filter(move |(_, status)| fits(status));
        streams.map(|(stream, _)| stream.channel).collect()
    };
    let registered = state.registry.devices.iter().filter(|device| device.enabled);
    let registered = registered.map(|device| device.id);
    let excluded = &state.excluded;
    Observation {
        sightings: gathered(
            state,
            trouble::find(state)
                .iter()
                .filter_map(|trouble| sighting(state, trouble))
                .collect(),
        ),
        shown: channels(|status| status.state.has_pictures()),
        watched: channels(|_| true),
        registered: registered.filter(|id| !excluded.contains(id)).collect(),
    }
}

/// Devices of one site that show other certificates than before are one event: somebody renewed them, or stands in between.
fn gathered(state: &EngineState, sightings: Vec<Sighting>) -> Vec<Sighting> {
    let (changed, mut sightings): (Vec<_>, Vec<_>) = sightings.into_iter().partition(|sighting| {
        let of_device = matches!(sighting.subject, Subject::Device(_));
        of_device && sighting.cause == events::Cause::CertificateChanged
    });
    let mut by_site: BTreeMap<SiteId, Vec<Sighting>> = BTreeMap::new();
    for sighting in changed {
        match &sighting.site {
            Some((site, _)) => by_site.entry(*site).or_default().push(sighting),
            None => sightings.push(sighting),
        }
    }
    for (site, mut devices) in by_site {
        let Some(first) = devices.pop() else { continue };
        let site = state.registry.site(site).filter(|_| !devices.is_empty());
        let Some(site) = site else {
            sightings.push(first);
            continue;
        };
        let whole = devices.into_iter().fold(first, |whole, one| Sighting {
            since: whole.since.into_iter().chain(one.since).min(),
            parts: whole.parts.union(&one.parts).copied().collect(),
            held: whole.held.union(&one.held).copied().collect(),
            ..whole
        });
        sightings.push(Sighting {
            subject: Subject::Site(site.id),
            name: site.name.clone(),
            ..whole
        });
    }
    sightings
}

/// A trouble as a part of an event; `None`: it is of earlier, or the person's own choice.
fn sighting(state: &EngineState, trouble: &Trouble) -> Option<Sighting> {
    if !trouble.is_watched() {
        return None;
    }
    let cause = match &trouble.cause {
        Cause::NoNetwork => events::Cause::NoNetwork,
        Cause::FellSilent => events::Cause::NoAnswer,
        // It is no event: pictures come.
        Cause::Late => return None,
        Cause::Failed(failure) => events::Cause::of(failure)?,
    };
    let device = |id: DeviceId| {
        let device = state.registry.device(id)?;
        let site = state.registry.site(device.site)?;
        Some((device.name.clone(), Some((site.id, site.name.clone()))))
    };
    let (subject, (name, site)) = match trouble.scope {
        Scope::Network => (Subject::Computer, (String::new(), None)),
        Scope::AllSites(_) => (Subject::AllSites, (String::new(), None)),
        Scope::Site(id) => {
            let site = state.registry.site(id)?;
            (Subject::Site(id), (site.name.clone(), Some((id, site.name.clone()))))
        }
        Scope::Device(id) => (Subject::Device(id), device(id)?),
        Scope::Channels(id) => (Subject::Channels(id), device(id)?),
    };
    let parts = match trouble.scope {
        Scope::Channels(_) => trouble.channels.iter().copied().map(Part::Channel).collect(),
        _ => trouble.devices.iter().copied().map(Part::Device).collect(),
    };
    Some(Sighting {
        subject,
        name,
        site,
        cause,
        since: trouble.since,
        parts,
        held: trouble.held.iter().copied().map(Part::Device).collect(),
    })
}
