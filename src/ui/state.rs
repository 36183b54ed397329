//! What each state is called, its colour and its icon; and, where a picture is missing, what happened, what comes next and what
//! a person can do.

use std::time::{Duration, Instant};

use egui::Color32;
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::advice;
use super::icon::Icon;
use super::theme::Tokens;
use crate::bridge::{Clock, StreamStatus, TileState};
use crate::i18n::Words;
use device::{ChannelId, Device, Registry, VirtualDvrId};
use reconnect::{Failure, FailureKind, HeldBy, MemoryLimit, Stage, TransportObstacle};

/// How a state looks. The icon's shape alone tells it apart; the colour only helps.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub icon: Icon,
    pub color: Color32,
    pub label: String,
}

/// The sentences on a tile without a live picture. A part that is not known is left out, never guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What happened, and to which device.
    pub what: String,
    /// What Monomi does next, and when.
    pub next: Option<String>,
    /// What the person can do.
    pub advice: Option<String>,
    /// The button that can help now.
    pub help: Option<Help>,
}

/// The action that one click on a tile offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Help {
    Retry,
    /// Edit the device: the recorder refused user or password and would refuse them again.
    Edit,
    /// Trust the new certificate.
    Trust,
    /// Say that a device is the one that was found at another address.
    Move,
}

/// How `state` looks.
#[must_use]
pub fn look(words: &Words, tokens: &Tokens, state: &TileState) -> Look {
    let (icon, color, label) = match state {
        TileState::Connecting { .. } => (Icon::Connecting, tokens.connecting, fl!(words, "state-connecting")),
        TileState::Live => (Icon::Live, tokens.live, fl!(words, "state-live")),
        TileState::Late => (Icon::Late, tokens.late, fl!(words, "state-late")),
        TileState::AwaitingKeyFrame { .. } => (
            Icon::AwaitingKeyFrame,
            tokens.late,
            fl!(words, "state-awaiting-key-frame"),
        ),
        TileState::WithoutKeyFrames => (
            Icon::WithoutKeyFrames,
            tokens.late,
            fl!(words, "state-without-key-frames"),
        ),
        TileState::Offline { .. } => (Icon::Offline, tokens.offline, fl!(words, "state-offline")),
        TileState::Waiting { .. } => (Icon::Waiting, tokens.waiting, fl!(words, "state-waiting")),
        TileState::Refused { .. } => (Icon::Refused, tokens.refused, fl!(words, "state-refused")),
        TileState::SignInFailed { .. } => (Icon::SignIn, tokens.offline, fl!(words, "state-sign-in-failed")),
        TileState::NoSuchChannel { .. } => (Icon::NoSuchChannel, tokens.offline, fl!(words, "state-no-such-channel")),
        TileState::UnsupportedCodec { .. } => (
            Icon::UnsupportedCodec,
            tokens.offline,
            fl!(words, "state-unsupported-codec"),
        ),
        TileState::TooLarge { .. } => (Icon::TooLarge, tokens.late, fl!(words, "state-too-large")),
    };
    Look { icon, color, label }
}

/// The look of a channel that no tile has asked for.
#[must_use]
pub fn idle(words: &Words, tokens: &Tokens) -> Look {
    Look {
        icon: Icon::Idle,
        color: tokens.text_weak,
        label: fl!(words, "state-idle"),
    }
}

/// The look of a channel that was asked for a moment ago.
#[must_use]
pub fn asked(words: &Words, tokens: &Tokens) -> Look {
    Look {
        icon: Icon::Idle,
        color: tokens.text_weak,
        label: fl!(words, "state-asked"),
    }
}

/// The one figure for a small tile: the age of a late picture, how long something has been awaited, or the time until the next
/// attempt.
#[must_use]
pub fn figure(words: &Words, status: &StreamStatus, now: Instant) -> Option<String> {
    match &status.state {
        TileState::Late => age(words, status, now),
        TileState::Connecting { since, .. } => waited(*since, now).map(|waited| words.duration(waited)),
        TileState::AwaitingKeyFrame { since } => Some(words.duration(now.saturating_duration_since(*since))),
        state => state
            .next_try()
            .map(|at| words.countdown(at.saturating_duration_since(now))),
    }
}

/// The look of a device that the user switched off.
#[must_use]
pub fn disabled(words: &Words, tokens: &Tokens) -> Look {
    Look {
        icon: Icon::Disabled,
        color: tokens.text_weak,
        label: fl!(words, "state-disabled"),
    }
}

/// Why there is no live picture of `device`, as far as `status` knows.
#[must_use]
pub fn explain(words: &Words, device: &Device, status: &StreamStatus, now: Instant) -> Explanation {
    let address = device.host.with_port(device.port);
    let advised = status.state.failure().map(|failure| advice::advice(words, failure));
    match &status.state {
        TileState::Live => Explanation::default(),
        TileState::Connecting { stage, since } => Explanation {
            what: connecting(words, *stage, waited(*since, now), &address),
            ..Explanation::default()
        },
        TileState::AwaitingKeyFrame { since } => Explanation {
            what: since_when(
                words,
                fl!(words, "awaiting-key-frame"),
                now.saturating_duration_since(*since),
            ),
            next: Some(fl!(words, "awaiting-key-frame-next")),
            advice: Some(fl!(words, "awaiting-key-frame-advice")),
            help: None,
        },
        TileState::WithoutKeyFrames => Explanation {
            what: fl!(words, "without-key-frames"),
            next: None,
            advice: Some(fl!(words, "without-key-frames-advice")),
            help: None,
        },
        TileState::Late => Explanation {
            what: match age(words, status, now) {
                Some(age) => fl!(words, "late-since", age = age),
                None => fl!(words, "late-without-picture"),
            },
            next: Some(fl!(words, "late-next")),
            ..Explanation::default()
        },
        TileState::Offline { failure, next_try }
        | TileState::SignInFailed { failure, next_try }
        | TileState::NoSuchChannel { failure, next_try }
        | TileState::UnsupportedCodec { failure, next_try } => Explanation {
            what: advice::reason(words, failure),
            next: Some(next_of(words, failure, *next_try, now)),
            advice: advised,
            help: help_for(failure.kind),
        },
        TileState::TooLarge { failure } => Explanation {
            what: advice::reason(words, failure),
            next: Some(next_of(words, failure, None, now)),
            advice: advised,
            help: help_for(failure.kind),
        },
        TileState::Waiting {
            held_by,
            until,
            failure,
        } => Explanation {
            what: self::held_by(words, *held_by),
            next: until.map(|at| next_try(words, at, now)),
            advice: failure
                .as_ref()
                .map(|failure| fl!(words, "what-happened-before", reason = advice::reason(words, failure))),
            help: (*held_by != HeldBy::NoNetwork && failure.is_some()).then_some(Help::Retry),
        },
        TileState::Refused { .. } => Explanation {
            what: fl!(words, "refused-what", address = address),
            next: Some(fl!(words, "refused-next")),
            advice: advised,
            help: None,
        },
    }
}

/// What a connection waits for.
#[must_use]
pub fn held_by(words: &Words, held_by: HeldBy) -> String {
    match held_by {
        HeldBy::Password => fl!(words, "held-by-password"),
        HeldBy::Device => fl!(words, "held-by-device"),
        HeldBy::Site => fl!(words, "held-by-site"),
        HeldBy::SiteOutage => fl!(words, "held-by-outage"),
        HeldBy::NoNetwork => fl!(words, "held-by-no-network"),
        HeldBy::Process => fl!(words, "held-by-process"),
    }
}

fn next_try(words: &Words, at: Instant, now: Instant) -> String {
    fl!(
        words,
        "next-try",
        wait = words.countdown(at.saturating_duration_since(now))
    )
}

/// What Monomi does next about a failure, and when, where that is known.
#[must_use]
pub fn next_of(words: &Words, failure: &Failure, at: Option<Instant>, now: Instant) -> String {
    if let Some(at) = at {
        return next_try(words, at, now);
    }
    match failure.kind {
        // No next step is named, because the password is not asked for again until the person does something.
        FailureKind::PasswordStore => fl!(words, "password-store-next"),
        FailureKind::NoTransport {
            obstacle: TransportObstacle::Silent,
        } => fl!(words, "transport-silent-next"),
        FailureKind::TlsUnspoken { .. } | FailureKind::NoTransport { .. } => fl!(words, "waits-for-change-next"),
        FailureKind::CertificateChanged => fl!(words, "certificate-next"),
        FailureKind::CertificateUnsure => fl!(words, "certificate-unsure-next"),
        FailureKind::TooLarge {
            limit: MemoryLimit::Stream,
            ..
        } => fl!(words, "too-large-next"),
        FailureKind::TooLarge {
            limit: MemoryLimit::Together,
            ..
        } => fl!(words, "too-large-together-next"),
        FailureKind::Auth => fl!(words, "sign-in-stopped"),
        FailureKind::Policy => fl!(words, "refused-next"),
        _ => fl!(words, "next-try-unknown"),
    }
}

/// The action that can help against a failure of this kind.
#[must_use]
pub fn help_for(kind: FailureKind) -> Option<Help> {
    match kind {
        FailureKind::Auth => Some(Help::Edit),
        FailureKind::CertificateChanged | FailureKind::CertificateUnsure => Some(Help::Trust),
        FailureKind::Policy => None,
        _ => Some(Help::Retry),
    }
}

/// How old the last picture is, in words.
#[must_use]
pub fn age(words: &Words, status: &StreamStatus, now: Instant) -> Option<String> {
    status
        .last_picture
        .map(|at| words.duration(now.saturating_duration_since(at)))
}

/// `09:05:00`.
#[must_use]
pub fn clock(clock: Clock) -> String {
    format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second)
}

/// `2026-11-21 09:05:00`.
#[must_use]
pub fn date_and_clock(at: Clock) -> String {
    format!("{:04}-{:02}-{:02} {}", at.year, at.month, at.day, clock(at))
}

/// The channel's name as the user gave it, else its number.
#[must_use]
pub fn channel_name(words: &Words, device: &Device, channel: ChannelId) -> String {
    let given = usize::from(channel.number)
        .checked_sub(1)
        .and_then(|index| device.channels.get(index));
    match given {
        Some(given) if !given.name.is_empty() => given.name.clone(),
        _ => fl!(words, "channel-number", number = channel.number),
    }
}

/// What a tile calls its channel: the label of the virtual DVR it came from, else the channel's name.
#[must_use]
pub fn tile_name(paint: PaintContext<'_>, device: &Device, channel: ChannelId, origin: Option<VirtualDvrId>) -> String {
    let dvr = origin.and_then(|origin| paint.state.registry.virtual_dvr(origin));
    let label = dvr.and_then(|dvr| dvr.label(channel));
    label.map_or_else(|| channel_name(paint.words, device, channel), str::to_owned)
}

/// Channel and device in one line, the channel first: it is what tells tiles apart when the rest is cut off. The device is said with
/// its site where another site has one of the same name.
#[must_use]
pub fn full_name(words: &Words, registry: &Registry, device: &Device, channel: ChannelId) -> String {
    of_device(words, registry, &channel_name(words, device, channel), device)
}

/// What is called `channel` and its device in one line.
#[must_use]
pub fn of_device(words: &Words, registry: &Registry, channel: &str, device: &Device) -> String {
    let device = registry.label_of(device);
    fl!(words, "channel-of-device", channel = channel, device = device.as_ref())
}

/// How long something has been awaited, once that is long enough to be worth a word.
fn waited(since: Option<Instant>, now: Instant) -> Option<Duration> {
    const WORTH_A_WORD: Duration = Duration::from_secs(2);
    let waited = now.saturating_duration_since(since?);
    (waited >= WORTH_A_WORD).then_some(waited)
}

/// What is awaited, and for how long already.
#[must_use]
pub fn since_when(words: &Words, what: String, waited: Duration) -> String {
    fl!(words, "since-when", what = what, age = words.duration(waited))
}

fn connecting(words: &Words, stage: Stage, waited: Option<Duration>, address: &str) -> String {
    let request = stage.name().to_uppercase();
    let what = match stage {
        Stage::Resolve => fl!(words, "connecting-resolve"),
        Stage::Connect | Stage::Tls => fl!(words, "connecting-connect", address = address),
        Stage::Options | Stage::Describe | Stage::Setup | Stage::Play if waited.is_some() => {
            fl!(words, "awaiting-reply", request = request)
        }
        Stage::Options | Stage::Describe => fl!(words, "connecting-sign-in"),
        Stage::Setup | Stage::Play => fl!(words, "connecting-open"),
        Stage::Media => fl!(words, "connecting-picture"),
    };
    match waited {
        Some(waited) => since_when(words, what, waited),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::bridge::{FrameSlot, SoundState, StreamInfo};
    use crate::i18n::Language;
    use crate::ui::theme;

    fn failure(kind: FailureKind, stage: Stage) -> Failure {
        Failure {
            kind,
            stage,
            detail: String::new(),
        }
    }

    fn states(now: Instant) -> Vec<TileState> {
        let soon = Some(now + Duration::from_millis(11_400));
        vec![
            TileState::Connecting {
                stage: Stage::Connect,
                since: None,
            },
            TileState::Live,
            TileState::Late,
            TileState::AwaitingKeyFrame {
                since: now - Duration::from_secs(12),
            },
            TileState::WithoutKeyFrames,
            TileState::Offline {
                failure: failure(FailureKind::Timeout, Stage::Connect),
                next_try: soon,
            },
            TileState::Waiting {
                held_by: HeldBy::Site,
                until: soon,
                failure: None,
            },
            TileState::Refused {
                failure: failure(FailureKind::Policy, Stage::Connect),
            },
            TileState::SignInFailed {
                failure: failure(FailureKind::Auth, Stage::Describe),
                next_try: None,
            },
            TileState::NoSuchChannel {
                failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                next_try: soon,
            },
            TileState::UnsupportedCodec {
                failure: failure(FailureKind::UnsupportedCodec, Stage::Setup),
                next_try: soon,
            },
            TileState::TooLarge {
                failure: failure(
                    FailureKind::TooLarge {
                        width: 8_192,
                        height: 8_192,
                        limit: MemoryLimit::Together,
                    },
                    Stage::Media,
                ),
            },
        ]
    }

    fn device() -> Device {
        Device {
            channels: device::sample::channels(&["Door", ""]),
            ..device::sample::device(1, "Lobby DVR", 2)
        }
    }

    fn status(state: TileState, now: Instant) -> StreamStatus {
        StreamStatus {
            state,
            last_picture: Some(now - Duration::from_secs(5)),
            last_picture_clock: None,
            slot: Arc::new(FrameSlot::default()),
            sound: SoundState::Off,
            info: StreamInfo::default(),
        }
    }

    #[test]
    fn every_state_has_a_shape_and_a_word_of_its_own_in_every_language() {
        let now = Instant::now();
        for words in Language::ALL.map(Words::new) {
            let looks: Vec<Look> = states(now)
                .iter()
                .map(|state| look(&words, &theme::DARK, state))
                .collect();
            let icons: HashSet<Icon> = looks.iter().map(|look| look.icon).collect();
            let labels: HashSet<&str> = looks.iter().map(|look| look.label.as_str()).collect();
            assert_eq!((icons.len(), labels.len()), (looks.len(), looks.len()));
        }
    }

    #[test]
    fn only_live_says_live() {
        let now = Instant::now();
        for (words, live) in [(Words::new(Language::En), "LIVE"), (Words::new(Language::Ja), "ライブ")] {
            for state in states(now) {
                let said = look(&words, &theme::DARK, &state).label;
                assert_eq!(said.contains(live), state == TileState::Live, "{state:?}: {said}");
                let explained = explain(&words, &device(), &status(state.clone(), now), now);
                assert!(!format!("{explained:?}").contains(live), "{explained:?}");
            }
        }
    }

    #[test]
    fn what_is_not_live_says_what_happened_and_an_error_says_what_comes_and_what_to_do() {
        let now = Instant::now();
        for words in Language::ALL.map(Words::new) {
            for state in states(now).into_iter().filter(|state| *state != TileState::Live) {
                let explained = explain(&words, &device(), &status(state.clone(), now), now);
                assert!(!explained.what.is_empty(), "{state:?}");
                if state.failure().is_some() {
                    assert!(
                        !explained.what.contains("Lobby DVR"),
                        "the header has the name: {explained:?}"
                    );
                    assert!(explained.next.is_some() && explained.advice.is_some(), "{explained:?}");
                }
                if state.next_try().is_some() {
                    assert!(
                        explained.next.is_some_and(|next| next.contains("12")),
                        "rounds up, so that 0 is never shown"
                    );
                }
            }
        }
    }

    #[test]
    fn a_tile_says_what_is_awaited_and_since_when() {
        let now = Instant::now();
        let words = Words::new(Language::En);
        let said = |stage, seconds| {
            let since = Some(now - Duration::from_secs(seconds));
            let status = status(TileState::Connecting { stage, since }, now);
            let figure = figure(&words, &status, now);
            (explain(&words, &device(), &status, now).what, figure)
        };
        let short = said(Stage::Describe, 1);
        assert_eq!(short, ("Signing in".to_owned(), None));
        let (what, figure) = said(Stage::Describe, 12);
        assert_eq!(what, "Waiting for an answer to DESCRIBE (12 s)");
        assert_eq!(figure.as_deref(), Some("12 s"));
        let (what, _) = said(Stage::Media, 38);
        assert_eq!(what, "Waiting for the first picture (38 s)");
    }

    #[test]
    fn a_channel_without_a_name_is_its_number() {
        let words = Words::new(Language::En);
        let channel = |number| ChannelId {
            device: device().id,
            number,
        };
        let mut registry = device::sample::registry(&[device()]);
        let full_name = |registry: &Registry, number| full_name(&words, registry, &device(), channel(number));
        assert_eq!(full_name(&registry, 1), "Door · Lobby DVR");
        assert_eq!(full_name(&registry, 2), "CH 2 · Lobby DVR");
        registry.sites.push(device::sample::site(device::SiteId(2), "Osaka"));
        registry.devices.push(Device {
            site: device::SiteId(2),
            ..device::sample::device(2, "lobby DVR", 1)
        });
        assert_eq!(full_name(&registry, 2), "CH 2 · Site/Lobby DVR");
    }
}
