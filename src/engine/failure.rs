//! Effects speak of sockets, RTSP and decoders; the machine knows kinds of failure. Every case is named here.

use crate::net;
use crate::video::{Excess, TooLarge};
use device::{MediaTransport, is_hidden};
use reconnect::{Failure, FailureKind, MemoryLimit, Stage, TlsObstacle, TransportObstacle};
use rtsp;

/// The longest text of a device that is kept.
const LONGEST_DETAIL: usize = 200;

pub(super) fn failure(kind: FailureKind, stage: Stage, detail: impl AsRef<str>) -> Failure {
    let detail = detail
        .as_ref()
        .chars()
        .filter(|c| !is_hidden(*c))
        .take(LONGEST_DETAIL)
        .collect();
    Failure { kind, stage, detail }
}

pub(super) fn of_dial(error: &net::DialError) -> Failure {
    use net::Reason;
    match &error.reason {
        Reason::NoAddress(text) => failure(FailureKind::Unreachable, Stage::Resolve, text),
        Reason::Policy => {
            let address = error.address.map(|address| address.ip().to_string());
            failure(FailureKind::Policy, Stage::Resolve, address.unwrap_or_default())
        }
        Reason::Refused => failure(FailureKind::Refused, Stage::Connect, ""),
        Reason::Timeout => failure(FailureKind::Timeout, Stage::Connect, ""),
        Reason::Unreachable(text) => failure(FailureKind::Unreachable, Stage::Connect, text),
        Reason::System(text) => failure(FailureKind::Local, Stage::Connect, text),
        Reason::PortTaken => failure(FailureKind::Local, Stage::Connect, "the local port is in use"),
        Reason::NoRoute => failure(FailureKind::NoRoute, Stage::Connect, ""),
        Reason::TlsTimeout => failure(FailureKind::Timeout, Stage::Tls, ""),
        Reason::Tls(text) | Reason::Untrusted(text) => failure(FailureKind::Tls, Stage::Tls, text),
        Reason::TlsHungUp => failure(
            FailureKind::TlsHungUp,
            Stage::Tls,
            "it hung up when it was spoken to in TLS",
        ),
        Reason::TlsUnspoken(obstacle, text) => {
            failure(FailureKind::TlsUnspoken { obstacle: *obstacle }, Stage::Tls, text)
        }
        Reason::CertificateChanged(now) => failure(
            FailureKind::CertificateChanged,
            Stage::Tls,
            format!("the certificate changed to {}", now.fingerprint),
        ),
    }
}

pub(super) fn of_session(error: &rtsp::SessionError) -> Failure {
    use rtsp::{SessionErrorKind, TransportFault};
    let kind = match error.kind {
        SessionErrorKind::SignIn => FailureKind::Auth,
        SessionErrorKind::NoSuchStream => FailureKind::NoSuchChannel,
        SessionErrorKind::Limit { retry_after } => FailureKind::Limit { retry_after },
        SessionErrorKind::NoVideo => FailureKind::UnsupportedCodec,
        SessionErrorKind::NoTransport(fault) => FailureKind::NoTransport {
            obstacle: match fault {
                TransportFault::Refused => TransportObstacle::Refused,
                TransportFault::Silent => TransportObstacle::Silent,
                TransportFault::Unopened => TransportObstacle::Unopened,
                TransportFault::Encrypted => TransportObstacle::Encrypted,
            },
        },
        SessionErrorKind::Timeout => FailureKind::Timeout,
        SessionErrorKind::Http => FailureKind::SpeaksHttp,
        SessionErrorKind::Protocol | SessionErrorKind::InClear | SessionErrorKind::Ended => FailureKind::Protocol,
    };
    failure(kind, stage_of(error.step), &error.detail)
}

/// The same failure, where the user's choice left the device no other transport than the one that it refused.
pub(super) fn with_choice(mut failure: Failure, chosen: MediaTransport) -> Failure {
    let refused = FailureKind::NoTransport {
        obstacle: TransportObstacle::Refused,
    };
    if failure.kind == refused && chosen != MediaTransport::Automatic {
        failure.kind = FailureKind::NoTransport {
            obstacle: TransportObstacle::NotChosen,
        };
    }
    failure
}

/// A connection that broke.
pub(super) fn of_socket(error: &std::io::Error, playing: bool) -> Failure {
    let stage = if playing { Stage::Media } else { Stage::Options };
    if net::wants_client_certificate(error) {
        let obstacle = TlsObstacle::ClientCertificate;
        return failure(FailureKind::TlsUnspoken { obstacle }, stage, error.to_string());
    }
    let kind = match error.kind() {
        std::io::ErrorKind::TimedOut => FailureKind::Timeout,
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => FailureKind::Unreachable,
        _ => FailureKind::Protocol,
    };
    failure(kind, stage, error.to_string())
}

/// Pictures that are not decoded because of their size.
pub(super) fn of_size(too_large: TooLarge) -> Failure {
    let side = |pixels: u64| u32::try_from(pixels).unwrap_or(u32::MAX);
    let kind = FailureKind::TooLarge {
        width: side(too_large.width),
        height: side(too_large.height),
        limit: match too_large.excess {
            Excess::Alone => MemoryLimit::Stream,
            Excess::Together => MemoryLimit::Together,
        },
    };
    failure(kind, Stage::Media, "")
}

pub(super) fn stage_of(step: rtsp::Step) -> Stage {
    match step {
        rtsp::Step::Options => Stage::Options,
        rtsp::Step::Describe => Stage::Describe,
        rtsp::Step::Setup => Stage::Setup,
        rtsp::Step::Play => Stage::Play,
        rtsp::Step::Media | rtsp::Step::Teardown => Stage::Media,
    }
}

/// Whether a failure at this stage came from the dial itself.
pub(super) fn of_dial_stage(stage: Stage) -> bool {
    matches!(stage, Stage::Resolve | Stage::Connect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_says_is_bounded_and_printable() {
        let failure = failure(
            FailureKind::Protocol,
            Stage::Play,
            format!("a\r\nb\u{7}{}", "x".repeat(1_000)),
        );
        assert!(failure.detail.starts_with("abx"));
        assert_eq!(failure.detail.chars().count(), LONGEST_DETAIL);
    }
}
