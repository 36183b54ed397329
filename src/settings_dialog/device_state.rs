//! The state of a device as one icon and a few words, from all its streams on the wall.

use std::collections::HashMap;

use i18n_embed_fl::fl;

use crate::bridge::{EngineState, TileState};
use crate::i18n::Words;
use crate::ui::state::{self, Look};
use crate::ui::theme::Tokens;
use device::{Device, DeviceId};

/// The states of all devices, from one walk over the streams.
pub(super) struct DeviceStates<'a>(HashMap<DeviceId, DeviceStreams<'a>>);

#[derive(Default)]
struct DeviceStreams<'a> {
    wanted: u32,
    live: u32,
    /// The state of the stream with the lowest channel among those that do not play.
    other: Option<(u16, &'a TileState)>,
}

pub(super) enum DeviceState<'a> {
    Disabled,
    /// No channel is on the wall, so nothing was asked of it.
    Idle,
    Live {
        live: u32,
        wanted: u32,
    },
    Other {
        live: u32,
        wanted: u32,
        state: &'a TileState,
    },
}

impl<'a> DeviceStates<'a> {
    pub(super) fn of(state: &'a EngineState) -> Self {
        let mut devices: HashMap<DeviceId, DeviceStreams<'a>> = HashMap::new();
        for (id, status) in state.streams.iter() {
            let streams = devices.entry(id.channel.device).or_default();
            streams.wanted += 1;
            if status.state == TileState::Live {
                streams.live += 1;
            } else if streams.other.is_none_or(|(channel, _)| id.channel.number < channel) {
                streams.other = Some((id.channel.number, &status.state));
            }
        }
        Self(devices)
    }

    pub(super) fn get(&self, device: &Device) -> DeviceState<'a> {
        match self.0.get(&device.id) {
            _ if !device.enabled => DeviceState::Disabled,
            None => DeviceState::Idle,
            Some(DeviceStreams {
                wanted,
                live,
                other: None,
            }) => DeviceState::Live {
                live: *live,
                wanted: *wanted,
            },
            Some(DeviceStreams {
                wanted,
                live,
                other: Some((_, state)),
            }) => DeviceState::Other {
                live: *live,
                wanted: *wanted,
                state,
            },
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
