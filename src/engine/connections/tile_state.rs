//! What a tile may claim: one pure function.

use std::time::{Duration, Instant};

use super::super::failure::of_size;
use super::patience::LATE;
use crate::bridge::TileState;
use crate::video::{TooLarge, Whole};
use reconnect::{Failure, FailureKind, HeldBy, LinkView, Stage};

/// What is known of one stream, beside what the machine plans for it.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamFacts {
    /// The attempt under way; `None`: there is none.
    pub run: Option<Sight>,
    /// Pictures flow again on a connection that had fallen silent.
    pub revived: bool,
    pub last_picture: Option<Instant>,
    /// Since when pictures are decoded: an older picture says nothing about now.
    pub decode_since: Option<Instant>,
    /// The recorder said what it wants for a sign-in and closed the connection: the next one brings it along.
    pub signs_in: bool,
}

/// What is seen of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// How far it is, and since when.
    pub stage: Stage,
    pub stage_since: Instant,
    /// Since when the session plays.
    pub playing: Option<Instant>,
    /// Why nothing plays although the recorder says so.
    pub silent: Option<Failure>,
    /// Without a picture for this long it is late.
    pub late_after: Duration,
    /// Whether the picture that is shown is whole.
    pub whole: Whole,
    /// What is not decoded because of its size.
    pub too_large: Option<TooLarge>,
}

/// What a tile says: from what the machine plans, how far the attempt is, and when the last picture came.
pub(super) fn tile_state(view: Option<LinkView>, facts: StreamFacts, now: Instant) -> TileState {
    let StreamFacts {
        run,
        revived,
        last_picture,
        decode_since,
        signs_in,
    } = facts;
    let last_picture = last_picture.filter(|at| decode_since.is_none_or(|since| *at >= since));
    let age = last_picture.map(|at| now.saturating_duration_since(at));
    let fresh = age.is_some_and(|age| age < run.as_ref().map_or(LATE, |run| run.late_after));
    let silent = run.as_ref().and_then(|run| run.silent.clone());
    match view {
        Some(LinkView::Playing(_)) => shown(run, fresh, last_picture, decode_since),
        _ if revived && fresh => shown(run, fresh, last_picture, decode_since),
        Some(LinkView::Dialling(_)) => match (silent, run) {
            // It is waited for on, but what seems to be in the way is known.
            (Some(failure), _) => ended(failure, None),
            (None, run) => TileState::Connecting {
                stage: run.as_ref().map_or(Stage::Resolve, |run| run.stage),
                since: run.map(|run| run.stage_since),
            },
        },
        Some(LinkView::BackingOff { .. } | LinkView::Waiting { failure: Some(_), .. }) if signs_in => {
            TileState::Connecting {
                stage: Stage::Describe,
                since: None,
            }
        }
        Some(LinkView::BackingOff { until, failure }) => ended(failure, Some(until)),
        Some(LinkView::Stopped { failure, until }) => ended(failure, until),
        Some(LinkView::Waiting {
            until,
            held_by: HeldBy::SiteOutage | HeldBy::NoNetwork,
            failure: Some(failure),
        }) => ended(failure, until),
        Some(LinkView::Waiting {
            until,
            held_by,
            failure,
        }) => TileState::Waiting {
            held_by,
            until,
            failure,
        },
        None => TileState::Waiting {
            held_by: HeldBy::Process,
            until: None,
            failure: None,
        },
    }
}

/// What a stream shows that plays.
fn shown(run: Option<Sight>, fresh: bool, last_picture: Option<Instant>, decode_since: Option<Instant>) -> TileState {
    if let Some(too_large) = run.as_ref().and_then(|run| run.too_large) {
        let failure = of_size(too_large);
        return TileState::TooLarge { failure };
    }
    let has_shown = run
        .as_ref()
        .and_then(|run| run.playing)
        .is_some_and(|since| last_picture.is_some_and(|at| at >= since));
    match run.as_ref().map(|run| run.whole) {
        _ if has_shown && !fresh => TileState::Late,
        Some(Whole::AwaitsKey { since }) => TileState::AwaitingKeyFrame { since },
        Some(Whole::Never) if has_shown => TileState::WithoutKeyFrames,
        Some(Whole::Yes) if has_shown => TileState::Live,
        Some(Whole::Never | Whole::Yes) | None => TileState::Connecting {
            stage: Stage::Media,
            since: run.map(|run| run.stage_since).max(decode_since),
        },
    }
}

fn ended(failure: Failure, next_try: Option<Instant>) -> TileState {
    match failure.kind {
        FailureKind::Policy => TileState::Refused { failure },
        FailureKind::Auth => TileState::SignInFailed { failure, next_try },
        FailureKind::NoSuchChannel => TileState::NoSuchChannel { failure, next_try },
        FailureKind::UnsupportedCodec => TileState::UnsupportedCodec { failure, next_try },
        FailureKind::TooLarge { .. } => TileState::TooLarge { failure },
        FailureKind::Refused
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::NoRoute
        | FailureKind::Local
        | FailureKind::PasswordStore
        | FailureKind::Limit { .. }
        | FailureKind::Protocol
        | FailureKind::SpeaksHttp
        | FailureKind::Undecodable
        | FailureKind::Tls
        | FailureKind::TlsHungUp
        | FailureKind::TlsUnspoken { .. }
        | FailureKind::NoTransport { .. }
        | FailureKind::CertificateChanged
        | FailureKind::CertificateUnsure => TileState::Offline { failure, next_try },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::failure::failure;
    use super::*;
    use reconnect::{AttemptId, TransportObstacle};

    const PLAYING: Option<LinkView> = Some(LinkView::Playing(AttemptId(1)));

    fn playing(since: Instant, last_picture: Instant) -> StreamFacts {
        StreamFacts {
            run: Some(Sight {
                stage: Stage::Media,
                stage_since: since,
                playing: Some(since),
                silent: None,
                late_after: LATE,
                whole: Whole::Yes,
                too_large: None,
            }),
            last_picture: Some(last_picture),
            ..StreamFacts::default()
        }
    }

    fn awaiting_a_picture_since(since: Instant) -> TileState {
        TileState::Connecting {
            stage: Stage::Media,
            since: Some(since),
        }
    }

    #[test]
    fn a_picture_that_is_old_never_looks_live() {
        let start = Instant::now();
        let picture = start + Duration::from_secs(60);
        let state = |age| tile_state(PLAYING, playing(start, picture), picture + age);
        assert_eq!(state(Duration::from_millis(2_999)), TileState::Live);
        assert_eq!(state(LATE), TileState::Late);
        assert_eq!(state(Duration::from_secs(9)), TileState::Late);
    }

    #[test]
    fn a_picture_of_an_earlier_session_is_neither_live_nor_late_while_the_new_one_starts() {
        let start = Instant::now();
        let begun = start + Duration::from_secs(100);
        let state = tile_state(PLAYING, playing(begun, start), begun + Duration::from_secs(1));
        assert_eq!(state, awaiting_a_picture_since(begun));
    }

    #[test]
    fn a_picture_from_before_a_tile_was_hidden_is_not_late_when_it_is_shown_again() {
        let start = Instant::now();
        let now = start + Duration::from_secs(60);
        let facts = StreamFacts {
            decode_since: Some(now),
            ..playing(start, start + LATE)
        };
        let state = tile_state(PLAYING, facts, now);
        assert_eq!(state, awaiting_a_picture_since(now));
    }

    #[test]
    fn a_picture_that_is_not_whole_never_looks_live() {
        let start = Instant::now();
        let now = start + Duration::from_secs(60);
        let state = |whole, age| {
            let mut facts = playing(start, now - age);
            if let Some(run) = &mut facts.run {
                run.whole = whole;
            }
            tile_state(PLAYING, facts, now)
        };
        let since = start + Duration::from_secs(20);
        let fresh = Duration::from_millis(40);
        assert_eq!(
            state(Whole::AwaitsKey { since }, fresh),
            TileState::AwaitingKeyFrame { since }
        );
        assert_eq!(state(Whole::Never, fresh), TileState::WithoutKeyFrames);
        assert_eq!(state(Whole::Yes, fresh), TileState::Live);
        for whole in [Whole::AwaitsKey { since }, Whole::Never, Whole::Yes] {
            assert_eq!(
                state(whole, LATE),
                TileState::Late,
                "{whole:?}: an old picture is old first of all"
            );
        }
    }

    #[test]
    fn a_stream_of_few_pictures_is_late_by_its_own_pace() {
        let start = Instant::now();
        let state = |age| {
            let mut facts = playing(start, start);
            if let Some(run) = &mut facts.run {
                run.late_after = Duration::from_secs(45);
            }
            tile_state(PLAYING, facts, start + age)
        };
        assert_eq!(state(Duration::from_secs(44)), TileState::Live);
        assert_eq!(state(Duration::from_secs(45)), TileState::Late);
    }

    #[test]
    fn between_the_two_connections_that_a_recorder_needs_for_a_sign_in_the_tile_signs_in() {
        let now = Instant::now();
        let view = LinkView::BackingOff {
            until: now + LATE,
            failure: failure(
                FailureKind::Protocol,
                Stage::Describe,
                "the device closed the connection",
            ),
        };
        let state = |signs_in| {
            let facts = StreamFacts {
                signs_in,
                ..StreamFacts::default()
            };
            tile_state(Some(view.clone()), facts, now)
        };
        let (stage, since) = (Stage::Describe, None);
        assert_eq!(state(true), TileState::Connecting { stage, since });
        assert_eq!(state(false).name(), "offline");
    }

    #[test]
    fn where_nothing_comes_that_the_recorder_says_it_sends_the_tile_says_so_and_waits_on() {
        let start = Instant::now();
        let view = Some(LinkView::Dialling(AttemptId(1)));
        let mut facts = playing(start, start);
        let silent = failure(
            FailureKind::NoTransport {
                obstacle: TransportObstacle::Silent,
            },
            Stage::Media,
            "no datagram comes",
        );
        if let Some(run) = &mut facts.run {
            run.playing = None;
        }
        facts.last_picture = None;
        let awaited = tile_state(view.clone(), facts.clone(), start);
        assert_eq!(awaited, awaiting_a_picture_since(start));
        if let Some(run) = &mut facts.run {
            run.silent = Some(silent.clone());
        }
        let expected = TileState::Offline {
            failure: silent,
            next_try: None,
        };
        assert_eq!(tile_state(view, facts.clone(), start), expected);
        assert_ne!(tile_state(PLAYING, facts, start), expected, "it came");
    }

    #[test]
    fn every_kind_of_failure_has_its_state() {
        let now = Instant::now();
        for (kind, name) in [
            (FailureKind::Refused, "offline"),
            (FailureKind::Timeout, "offline"),
            (FailureKind::Policy, "refused"),
            (FailureKind::Auth, "sign-in-failed"),
            (FailureKind::NoSuchChannel, "no-such-channel"),
            (FailureKind::UnsupportedCodec, "unsupported-codec"),
            (FailureKind::Limit { retry_after: None }, "offline"),
        ] {
            let view = LinkView::BackingOff {
                until: now,
                failure: failure(kind, Stage::Connect, ""),
            };
            assert_eq!(tile_state(Some(view), StreamFacts::default(), now).name(), name);
        }
    }
}
