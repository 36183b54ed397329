//! By which of its addresses a device is reached, in words and as a mark on its tiles.

use i18n_embed_fl::fl;

use super::advice;
use crate::bridge::EngineState;
use crate::i18n::Words;
use device::{Device, DeviceId};

/// The mark on a tile whose pictures do not come by the preferred address.
pub(super) fn mark(state: &EngineState, device: &Device) -> Option<String> {
    let view = state.roads.get(&device.id).filter(|view| view.taken != 0)?;
    Some(format!("⇄ {}", device.road_name(view.taken)?))
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
    Some(match view.returns {
        true => fl!(words, "road-returns", road = road, preferred = preferred),
        false => fl!(words, "road-away", road = road, preferred = preferred),
    })
}

/// What each address was found to do that was tried in vain, where several were.
pub(super) fn tried(words: &Words, state: &EngineState, device: DeviceId) -> Option<String> {
    let view = state.roads.get(&device)?;
    let device = state.registry.device(device)?;
    let one = |(road, tried): (usize, &Option<reconnect::RoadTried>)| {
        let reason = advice::in_two_words(words, &tried.as_ref()?.failure);
        Some(fl!(
            words,
            "road-tried",
            road = device.road_name(road)?,
            reason = reason
        ))
    };
    let tried: Vec<String> = view.tried.iter().enumerate().filter_map(one).collect();
    (tried.len() > 1).then(|| fl!(words, "roads-tried", roads = words.list(&tried)))
}
