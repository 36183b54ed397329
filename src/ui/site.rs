//! How a site stands: one word, one icon and one count, the same wherever a site is shown; and the count of a device.

use egui::Color32;
use i18n_embed_fl::fl;

use super::icon::Icon;
use super::state::Look;
use super::theme::Tokens;
use crate::bridge::{EngineState, SiteDevices, SiteStatus, TileState};
use crate::i18n::Words;
use device::{ChannelId, StreamId, StreamKind};
use reconnect::SiteState;

/// How a site stands, as far as it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteHealth {
    /// None of its devices is on screen: nothing is asked and nothing known.
    NotWatched,
    NoNetwork,
    /// Nothing answers there.
    Outage,
    /// *Internal network only* excludes all that is watched.
    Excluded,
    /// Something is watched, and nothing of it is live.
    NothingLive,
    /// Something is live, and something has failed.
    PartlyLive,
    Up,
}

impl SiteHealth {
    #[must_use]
    pub fn of(site: &SiteStatus) -> Self {
        let SiteDevices {
            watched,
            live,
            failing,
            excluded,
            ..
        } = site.devices;
        match site.state {
            _ if watched == 0 => Self::NotWatched,
            // What is live again is live, whatever was last found of the path.
            SiteState::NoNetwork if live == 0 => Self::NoNetwork,
            _ if excluded == watched => Self::Excluded,
            SiteState::Outage if live == 0 => Self::Outage,
            _ if live == 0 => Self::NothingLive,
            _ if failing > 0 => Self::PartlyLive,
            _ => Self::Up,
        }
    }

    /// The place in an order with the worst first; what nobody watches is last.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::NoNetwork => 0,
            Self::Outage => 1,
            Self::NothingLive => 2,
            Self::PartlyLive => 3,
            Self::Excluded => 4,
            Self::Up => 5,
            Self::NotWatched => 6,
        }
    }

    #[must_use]
    pub fn look(self, words: &Words, tokens: &Tokens) -> Look {
        let (icon, color, label): (Icon, Color32, String) = match self {
            Self::NotWatched => (Icon::Idle, tokens.text_weak, fl!(words, "state-idle")),
            Self::NoNetwork => (Icon::Refused, tokens.offline, fl!(words, "site-state-no-network")),
            Self::Outage => (Icon::Outage, tokens.offline, fl!(words, "site-state-outage")),
            Self::Excluded => (Icon::Refused, tokens.refused, fl!(words, "state-refused")),
            Self::NothingLive => (Icon::Offline, tokens.late, fl!(words, "site-state-nothing-live")),
            Self::PartlyLive => (Icon::Late, tokens.late, fl!(words, "site-state-partial")),
            Self::Up => (Icon::Live, tokens.live, fl!(words, "site-state-up")),
        };
        Look { icon, color, label }
    }
}

/// How many of all its devices are live: `3`, or `–` while none is watched.
#[must_use]
pub fn live_devices(devices: SiteDevices) -> String {
    live_of(devices.watched, devices.live)
}

fn live_of(watched: u32, live: u32) -> String {
    match watched {
        0 => "–".to_owned(),
        _ => live.to_string(),
    }
}

/// How many channels something has, and what is seen of them now. The same meaning as [`SiteDevices`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveChannels {
    pub all: u32,
    /// On screen: of the others nothing is asked and nothing known.
    pub watched: u32,
    pub live: u32,
}

impl LiveChannels {
    #[must_use]
    pub fn of(state: &EngineState, channels: impl Iterator<Item = ChannelId>) -> Self {
        let mut count = Self::default();
        for channel in channels {
            let streams = [StreamKind::Main, StreamKind::Sub].map(|kind| StreamId { channel, kind });
            let states = || streams.iter().filter_map(|stream| state.streams.get(stream));
            count.all += 1;
            count.watched += u32::from(states().next().is_some());
            count.live += u32::from(states().any(|status| status.state == TileState::Live));
        }
        count
    }

    /// `3/16`, or `–/16` while none is watched.
    #[must_use]
    pub fn short(self) -> String {
        format!("{}/{}", live_of(self.watched, self.live), self.all)
    }

    /// The same in words, with those that are not watched.
    #[must_use]
    pub fn in_words(self, words: &Words) -> String {
        let Self { all, watched, live } = self;
        match all.saturating_sub(watched) {
            _ if watched == 0 => fl!(words, "channels-idle", channels = all),
            0 => fl!(words, "channels-live", live = live, channels = all),
            idle => fl!(
                words,
                "channels-partly-watched",
                live = live,
                channels = all,
                idle = idle
            ),
        }
    }
}

/// The same in words, with those that are not watched.
#[must_use]
pub fn live_devices_in_words(words: &Words, devices: SiteDevices) -> String {
    let SiteDevices { all, watched, live, .. } = devices;
    match all.saturating_sub(watched) {
        _ if watched == 0 => fl!(words, "site-devices-idle", devices = all),
        0 => fl!(words, "site-devices-live", live = live, devices = all),
        idle => fl!(
            words,
            "site-devices-partly-watched",
            live = live,
            devices = all,
            idle = idle
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::SiteId;

    fn site(state: SiteState, [watched, live, failing, excluded]: [u32; 4]) -> SiteStatus {
        SiteStatus {
            state,
            devices: SiteDevices {
                all: 5,
                watched,
                live,
                failing,
                excluded,
            },
            ..SiteStatus::untried(SiteId(1), "", 12)
        }
    }

    #[test]
    fn what_nobody_watches_is_neither_up_nor_down() {
        for state in [
            SiteState::Up,
            SiteState::Partial,
            SiteState::Outage,
            SiteState::NoNetwork,
        ] {
            let site = site(state, [0; 4]);
            assert_eq!(SiteHealth::of(&site), SiteHealth::NotWatched, "{state:?}");
            assert_eq!(live_devices(site.devices), "–");
        }
    }

    #[test]
    fn a_site_is_partly_live_only_while_something_is_live() {
        let health = |state, counts| SiteHealth::of(&site(state, counts));
        assert_eq!(health(SiteState::Partial, [1, 0, 1, 0]), SiteHealth::NothingLive);
        assert_eq!(health(SiteState::Up, [2, 0, 0, 0]), SiteHealth::NothingLive);
        assert_eq!(health(SiteState::Partial, [2, 1, 1, 0]), SiteHealth::PartlyLive);
        assert_eq!(health(SiteState::Up, [2, 2, 0, 0]), SiteHealth::Up);
        assert_eq!(health(SiteState::Outage, [2, 0, 2, 0]), SiteHealth::Outage);
        assert_eq!(health(SiteState::Outage, [2, 2, 0, 0]), SiteHealth::Up, "live again");
        assert_eq!(health(SiteState::Outage, [2, 0, 2, 2]), SiteHealth::Excluded);
        assert_eq!(health(SiteState::NoNetwork, [2, 0, 2, 0]), SiteHealth::NoNetwork);
    }
}
