//! The state of a device as one icon and a few words, from all its channels on screen.

use std::collections::{BTreeMap, HashMap};

use i18n_embed_fl::fl;

use crate::bridge::{EngineState, TileState};
use crate::i18n::Words;
use crate::ui::state::{self, Look};
use crate::ui::theme::Tokens;
use device::{Device, DeviceId};

/// The states of all devices, from one walk over the streams.
pub(super) struct DeviceStates<'a>(HashMap<DeviceId, DeviceStreams<'a>>);

/// The channels of a device that are on screen, each with a stream of it: the live one, where there is one.
#[derive(Default)]
struct DeviceStreams<'a>(BTreeMap<u16, &'a TileState>);

impl<'a> DeviceStreams<'a> {
    fn add(&mut self, channel: u16, state: &'a TileState) {
        let known = self.0.entry(channel).or_insert(state);
        if *state == TileState::Live {
            *known = state;
        }
    }

    fn state(&self) -> DeviceState<'a> {
        let (live, others): (Vec<&TileState>, Vec<&TileState>) =
            self.0.values().partition(|state| ***state == TileState::Live);
        let (live, wanted) = (live.len(), self.0.len());
        match others.first() {
            None => DeviceState::Live { live, wanted },
            Some(state) => DeviceState::Other { live, wanted, state },
        }
    }
}

pub(super) enum DeviceState<'a> {
    Disabled,
    /// No channel is on the wall, so nothing was asked of it.
    Idle,
    /// Channels on screen.
    Live {
        live: usize,
        wanted: usize,
    },
    Other {
        live: usize,
        wanted: usize,
        state: &'a TileState,
    },
}

impl<'a> DeviceStates<'a> {
    pub(super) fn of(state: &'a EngineState) -> Self {
        let mut devices: HashMap<DeviceId, DeviceStreams<'a>> = HashMap::new();
        for (id, status) in state.streams.iter() {
            devices
                .entry(id.channel.device)
                .or_default()
                .add(id.channel.number, &status.state);
        }
        Self(devices)
    }

    pub(super) fn get(&self, device: &Device) -> DeviceState<'a> {
        match self.0.get(&device.id) {
            _ if !device.enabled => DeviceState::Disabled,
            None => DeviceState::Idle,
            Some(streams) => streams.state(),
        }
    }
}

impl DeviceState<'_> {
    pub(super) fn look(&self, words: &Words, tokens: &Tokens) -> Look {
        match self {
            Self::Disabled => state::disabled(words, tokens),
            Self::Idle => state::idle(words, tokens),
            Self::Live { live, wanted } => {
                let label = fl!(words, "device-state-live", live = live, wanted = wanted);
                Look {
                    label,
                    ..state::look(words, tokens, &TileState::Live)
                }
            }
            Self::Other { live: 0, state, .. } => state::look(words, tokens, state),
            Self::Other { live, wanted, state } => {
                let look = state::look(words, tokens, state);
                let label = fl!(
                    words,
                    "device-state-partly",
                    live = live,
                    wanted = wanted,
                    state = look.label.as_str()
                );
                Look { label, ..look }
            }
        }
    }
}
