//! The state of a device as one icon and a few words, from all its channels on screen.

use std::collections::{BTreeMap, HashMap};

use i18n_embed_fl::fl;

use crate::bridge::{EngineState, TileState};
use crate::i18n::Words;
use crate::ui::site::LiveChannels;
use crate::ui::state::{self, Look};
use crate::ui::theme::Tokens;
use device::{Device, DeviceId};

/// The states of all devices, from one walk over the streams.
pub(super) struct DeviceStates<'a> {
    state: &'a EngineState,
    devices: HashMap<DeviceId, DeviceStreams<'a>>,
}

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

    fn state(&self, channels: LiveChannels) -> DeviceState<'a> {
        match self.0.values().find(|state| ***state != TileState::Live) {
            None => DeviceState::Live(channels),
            Some(state) => DeviceState::Other { channels, state },
        }
    }
}

pub(super) enum DeviceState<'a> {
    Disabled,
    /// No channel is on the wall, so nothing was asked of it.
    Idle,
    /// All that is on screen is live.
    Live(LiveChannels),
    Other {
        channels: LiveChannels,
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
        Self { state, devices }
    }

    pub(super) fn get(&self, device: &Device) -> DeviceState<'a> {
        match self.devices.get(&device.id) {
            _ if !device.enabled => DeviceState::Disabled,
            None => DeviceState::Idle,
            Some(streams) => streams.state(LiveChannels::of(self.state, device.channel_ids())),
        }
    }
}

impl DeviceState<'_> {
    /// The place in an order with the worst first; what is switched off is last.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Other { channels, .. } if channels.live == 0 => 0,
            Self::Other { .. } => 1,
            Self::Live(_) => 2,
            Self::Idle => 3,
            Self::Disabled => 4,
        }
    }

    pub(super) fn look(&self, words: &Words, tokens: &Tokens) -> Look {
        match self {
            Self::Disabled => state::disabled(words, tokens),
            Self::Idle => state::idle(words, tokens),
            Self::Live(channels) => Look {
                label: channels.in_words(words),
                ..state::look(words, tokens, &TileState::Live)
            },
            Self::Other { channels, state } => {
                let look = state::look(words, tokens, state);
                if channels.live == 0 {
                    return look;
                }
                let label = fl!(
                    words,
                    "device-state-partly",
                    channels = channels.in_words(words),
                    state = look.label.as_str()
                );
                Look { label, ..look }
            }
        }
    }
}
