//! By which of its addresses a device is reached, in words and as a mark on its tiles.

use std::time::Duration;

use i18n_embed_fl::fl;

use super::advice;
use crate::bridge::EngineState;
use crate::i18n::Words;
use device::{Device, DeviceId};
use reconnect::RoadTried;

/// What was found before says nothing any more.
const LATELY: Duration = Duration::from_secs(600);

/// The mark on a tile whose pictures do not come by the preferred address.
pub(super) fn mark(state: &EngineState, device: &Device) -> Option<String> {
    let view = state.roads.get(&device.id).filter(|view| view.taken != 0)?;
    Some(format!("→ {}", device.road_name(view.taken)?))
}

/// The same in a sentence, with why.
pub(super) fn sentence(words: &Words, state: &EngineState, device: &Device) -> Option<String> {
    let view = state.roads.get(&device.id)?;
    let road = device.road_name(view.taken)?;
    if view.pinned && view.taken == view.goal {
        return Some(fl!(words, "road-pinned", road = road));
    }
    if view.taken == view.goal {
        return None;
    }
    let preferred = device.road_name(view.goal)?;
    let tried = view.tried.get(view.goal).and_then(Option::as_ref);
    Some(match tried {
        _ if view.returns => fl!(words, "road-returns", road = road, preferred = preferred),
        _ if view.answers_since.is_some() => fl!(words, "road-answers", road = road, preferred = preferred),
        None => fl!(words, "road-away", road = road, preferred = preferred),
        Some(tried) => {
            let reason = advice::in_two_words(words, &tried.failure);
            fl!(
                words,
                "road-away-because",
                road = road,
                preferred = preferred,
                reason = reason
            )
        }
    })
}

/// What each address was found to do, where all were tried in vain a while ago at most.
pub(super) fn tried(words: &Words, state: &EngineState, device: DeviceId) -> Option<String> {
    let view = state.roads.get(&device)?;
    let device = state.registry.device(device)?;
    let one = |(road, tried): (usize, &Option<RoadTried>)| {
        let lately = |tried: &&RoadTried| state.now.saturating_duration_since(tried.at) < LATELY;
        let tried = tried.as_ref().filter(lately)?;
        let reason = advice::in_two_words(words, &tried.failure);
        let road = device.road_name(road)?;
        Some(fl!(words, "road-tried", road = road, reason = reason))
    };
    let all: Option<Vec<String>> = view.tried.iter().enumerate().map(one).collect();
    let all = all.filter(|all| all.len() > 1)?;
    Some(fl!(words, "roads-tried", roads = words.list(&all)))
}
