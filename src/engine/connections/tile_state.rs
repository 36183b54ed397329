//! What a tile may claim: one pure function.

use std::time::{Duration, Instant};

use crate::bridge::TileState;
use reconnect::{Failure, FailureKind, HeldBy, LinkView, Stage};

/// No new picture for this long: late.
pub(super) const LATE: Duration = Duration::from_secs(3);

/// What is known of one stream, beside what the machine plans for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreamFacts {
    /// How far the attempt under way is; `None`: there is none.
    pub stage: Option<Stage>,
    /// Since when the session plays.
    pub playing: Option<Instant>,
    /// Pictures flow again on a connection that had fallen silent.
    pub revived: bool,
    pub last_picture: Option<Instant>,
    /// Since when pictures are decoded: an older picture says nothing about now.
    pub decode_since: Option<Instant>,
}

/// What a tile says: from what the machine plans, how far the attempt is, and when the last picture came.
pub(super) fn tile_state(view: Option<LinkView>, facts: StreamFacts, now: Instant) -> TileState {
    let StreamFacts {
        stage,
        playing,
        revived,
        last_picture,
        decode_since,
    } = facts;
    let last_picture = last_picture.filter(|at| decode_since.is_none_or(|since| *at >= since));
    let age = last_picture.map(|at| now.saturating_duration_since(at));
    let fresh = age.is_some_and(|age| age < LATE);
    if revived && fresh {
        return TileState::Live;
    }
    match view {
        Some(LinkView::Playing(_)) => match playing {
            Some(_) if fresh => TileState::Live,
            Some(since) if last_picture.is_some_and(|at| at >= since) => TileState::Late,
            _ => TileState::Connecting { stage: Stage::Media },
        },
        Some(LinkView::Dialling(_)) => TileState::Connecting {
            stage: stage.unwrap_or(Stage::Resolve),
        },
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

fn ended(failure: Failure, next_try: Option<Instant>) -> TileState {
    match failure.kind {
        FailureKind::Policy => TileState::Refused { failure },
        FailureKind::Auth => TileState::SignInFailed { failure, next_try },
        FailureKind::NoSuchChannel => TileState::NoSuchChannel { failure, next_try },
        FailureKind::UnsupportedCodec => TileState::UnsupportedCodec { failure, next_try },
        FailureKind::Refused
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::NoRoute
        | FailureKind::Local
        | FailureKind::PasswordStore
        | FailureKind::Limit { .. }
        | FailureKind::Protocol
        | FailureKind::Undecodable
        | FailureKind::Tls
        | FailureKind::TlsUnspoken { .. }
        | FailureKind::NoTransport { .. }
        | FailureKind::CertificateChanged => TileState::Offline { failure, next_try },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::failure::failure;
    use super::*;
    use reconnect::AttemptId;

    const PLAYING: Option<LinkView> = Some(LinkView::Playing(AttemptId(1)));

    fn playing(since: Instant, last_picture: Instant) -> StreamFacts {
        StreamFacts {
            playing: Some(since),
            stage: Some(Stage::Media),
            last_picture: Some(last_picture),
            ..StreamFacts::default()
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
        let facts = playing(start + Duration::from_secs(100), start);
        let state = tile_state(PLAYING, facts, start + Duration::from_secs(101));
        assert_eq!(state, TileState::Connecting { stage: Stage::Media });
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
        assert_eq!(state, TileState::Connecting { stage: Stage::Media });
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
