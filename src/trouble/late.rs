//! Whose pictures are late: not yet a trouble, but what a person may want to look at when there is no worse.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{Channels, last_picture, merged, watched};
use super::{Cause, Next, Scope, Trouble};
use crate::bridge::{EngineState, StreamStatus, TileState};
use device::SiteId;

/// The devices with channels on screen whose pictures are late, in the order of their sites; as one where all that is watched at a
/// site of several devices is late.
#[must_use]
pub fn late(state: &EngineState) -> Vec<Trouble> {
    let mut sites: BTreeMap<SiteId, (usize, Vec<Trouble>)> = BTreeMap::new();
    for (id, channels) in watched(state) {
        let Some(device) = state.registry.device(id).filter(|device| device.enabled) else {
            continue;
        };
        let (watched, found) = sites.entry(device.site).or_default();
        *watched += 1;
        let all = channels.len();
        let late: Channels<'_> = channels.into_iter().filter(|(_, streams)| is_late(streams)).collect();
        if late.is_empty() {
            continue;
        }
        found.push(Trouble {
            scope: match late.len() == all {
                true => Scope::Device(id),
                false => Scope::Channels(id),
            },
            cause: Cause::Late,
            since: last_picture(late.values()),
            next: Next::Unknown,
            devices: vec![id],
            channels: late.into_keys().collect(),
            held: BTreeSet::new(),
            answer: None,
        });
    }
    let of_site = |(site, (watched, found)): (SiteId, (usize, Vec<Trouble>))| {
        let whole = |trouble: &Trouble| matches!(trouble.scope, Scope::Device(_));
        match found.len() > 1 && found.len() == watched && found.iter().all(whole) {
            true => merged(Scope::Site(site), found).into_iter().collect(),
            false => found,
        }
    };
    sites.into_iter().flat_map(of_site).collect()
}

fn is_late(streams: &[&StreamStatus]) -> bool {
    let is = |state: &TileState| streams.iter().any(|status| status.state == *state);
    is(&TileState::Late) && !streams.iter().any(|status| status.state.moves())
}
