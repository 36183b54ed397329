//! What went wrong in a Test, and what a person can do about it.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use crate::wording;
use reconnect::{Failure, FailureKind, MemoryLimit, Stage, TlsObstacle, TransportObstacle};

/// The step, as the checklist calls it.
pub fn step(words: &Words, stage: Stage) -> String {
    match stage {
        Stage::Resolve => fl!(words, "step-resolve"),
        Stage::Connect => fl!(words, "step-connect"),
        Stage::Tls => fl!(words, "step-tls"),
        Stage::Options => fl!(words, "step-options"),
        Stage::Describe => fl!(words, "step-describe"),
        Stage::Setup => fl!(words, "step-setup"),
        Stage::Play => fl!(words, "step-play"),
        Stage::Media => fl!(words, "step-media"),
    }
}

/// Why something failed, in two words.
pub(super) fn in_two_words(words: &Words, failure: &Failure) -> String {
    match events::Cause::of(failure) {
        Some(cause) => wording::event::cause(words, cause),
        None => fl!(words, "short-policy"),
    }
}

/// Why the step failed, in one sentence.
pub fn reason(words: &Words, failure: &Failure) -> String {
    match (failure.kind, failure.stage) {
        (FailureKind::Refused, _) => fl!(words, "reason-refused"),
        (FailureKind::Timeout, Stage::Resolve) => fl!(words, "reason-timeout-resolve"),
        (FailureKind::Timeout, Stage::Connect) => fl!(words, "reason-timeout-connect"),
        (FailureKind::Timeout, Stage::Media | Stage::Play) => fl!(words, "reason-timeout-media"),
        (FailureKind::Timeout, Stage::Tls) => fl!(words, "reason-timeout-tls"),
        (FailureKind::Timeout, Stage::Options | Stage::Describe | Stage::Setup) => {
            fl!(words, "reason-timeout-talk")
        }
        (FailureKind::Unreachable, Stage::Resolve) => fl!(words, "reason-no-such-name"),
        (FailureKind::Unreachable, _) => fl!(words, "reason-unreachable"),
        (FailureKind::NoRoute, _) => fl!(words, "reason-no-route"),
        (FailureKind::Local, _) => fl!(words, "reason-local"),
        (FailureKind::PasswordStore, _) => fl!(words, "reason-password-store"),
        (FailureKind::Policy, _) => fl!(words, "reason-policy"),
        (FailureKind::Auth, _) => fl!(words, "reason-auth"),
        (
            FailureKind::Limit {
                retry_after: Some(wait),
            },
            _,
        ) => fl!(words, "reason-limit-wait", wait = words.countdown(wait)),
        (FailureKind::Limit { retry_after: None }, _) => fl!(words, "reason-limit"),
        (FailureKind::Protocol, stage) => match (status_of(failure), stage) {
            (Some(454), _) => fl!(words, "reason-session-lost"),
            (Some(_), _) => fl!(words, "reason-answer", answer = failure.detail.as_str()),
            (None, Stage::Media) => fl!(words, "reason-broken-off"),
            (None, _) => fl!(words, "reason-protocol"),
        },
        (FailureKind::SpeaksHttp, _) => fl!(words, "reason-http"),
        (FailureKind::Undecodable, _) => fl!(words, "reason-undecodable"),
        (FailureKind::Tls, _) => fl!(words, "reason-tls"),
        (FailureKind::TlsHungUp, _) => fl!(words, "reason-tls-hung-up"),
        (FailureKind::TlsUnspoken { obstacle }, _) => match obstacle {
            TlsObstacle::OldVersion => fl!(words, "reason-tls-old"),
            TlsObstacle::NoCommonCipher => fl!(words, "reason-tls-no-cipher"),
            TlsObstacle::NotTls => fl!(words, "reason-not-tls"),
            TlsObstacle::ClientCertificate => fl!(words, "reason-tls-client-certificate"),
            TlsObstacle::UnusableCertificate => fl!(words, "reason-tls-certificate"),
            TlsObstacle::KeyNotProven => fl!(words, "reason-tls-key"),
            TlsObstacle::HangsUp => fl!(words, "reason-tls-hangs-up"),
        },
        (FailureKind::NoTransport { obstacle }, _) => match obstacle {
            TransportObstacle::Refused => fl!(words, "reason-transport-refused"),
            TransportObstacle::NotChosen => fl!(words, "reason-transport-not-chosen"),
            TransportObstacle::Silent => fl!(words, "reason-transport-silent"),
            TransportObstacle::Unopened => fl!(words, "reason-transport-unopened"),
            TransportObstacle::Encrypted => fl!(words, "reason-transport-encrypted"),
        },
        (FailureKind::CertificateChanged, _) => fl!(words, "reason-certificate-changed"),
        (FailureKind::CertificateUnsure, _) => fl!(words, "reason-certificate-unsure"),
        (FailureKind::NoSuchChannel, _) => fl!(words, "reason-no-such-channel"),
        (FailureKind::UnsupportedCodec, _) => fl!(words, "reason-unsupported-codec"),
        (FailureKind::TooLarge { width, height, limit }, _) => match limit {
            MemoryLimit::Stream => fl!(words, "reason-too-large", width = width, height = height),
            MemoryLimit::Together => fl!(words, "reason-too-large-together", width = width, height = height),
        },
    }
}

/// What the person can do about the failure.
pub fn advice(words: &Words, failure: &Failure) -> String {
    match (failure.kind, failure.stage) {
        (FailureKind::Refused, _) => fl!(words, "advice-refused"),
        (FailureKind::Timeout | FailureKind::Unreachable, Stage::Resolve) => fl!(words, "advice-resolve"),
        (FailureKind::Timeout | FailureKind::Unreachable, Stage::Connect) => fl!(words, "advice-connect"),
        (FailureKind::Timeout, Stage::Tls) | (FailureKind::Tls | FailureKind::TlsHungUp, _) => fl!(words, "advice-tls"),
        (FailureKind::TlsUnspoken { obstacle }, _) => match obstacle {
            TlsObstacle::OldVersion | TlsObstacle::NoCommonCipher | TlsObstacle::UnusableCertificate => {
                fl!(words, "advice-tls-unspoken")
            }
            TlsObstacle::NotTls => fl!(words, "advice-not-tls"),
            TlsObstacle::ClientCertificate => fl!(words, "advice-tls-client-certificate"),
            TlsObstacle::KeyNotProven => fl!(words, "advice-tls-key"),
            TlsObstacle::HangsUp => fl!(words, "advice-tls-hangs-up"),
        },
        (FailureKind::NoTransport { obstacle }, _) => match obstacle {
            TransportObstacle::Refused => fl!(words, "advice-transport-refused"),
            TransportObstacle::NotChosen => fl!(words, "advice-transport-not-chosen"),
            TransportObstacle::Silent => fl!(words, "advice-transport-silent"),
            TransportObstacle::Unopened => fl!(words, "advice-transport-unopened"),
            TransportObstacle::Encrypted => fl!(words, "advice-transport-encrypted"),
        },
        (FailureKind::CertificateChanged, _) => fl!(words, "advice-certificate-changed"),
        (FailureKind::CertificateUnsure, _) => fl!(words, "advice-certificate-unsure"),
        (FailureKind::Timeout, Stage::Options | Stage::Describe) => fl!(words, "advice-not-rtsp"),
        (FailureKind::Timeout, Stage::Setup | Stage::Play | Stage::Media) => fl!(words, "advice-no-picture"),
        (FailureKind::Unreachable, _) => fl!(words, "advice-connect"),
        (FailureKind::NoRoute, _) => fl!(words, "advice-no-route"),
        (FailureKind::Local, _) => fl!(words, "advice-local"),
        (FailureKind::PasswordStore, _) => fl!(words, "advice-password-store"),
        (FailureKind::Policy, _) => fl!(words, "advice-policy"),
        (FailureKind::Auth, _) => fl!(words, "advice-auth"),
        (FailureKind::Limit { .. }, _) => fl!(words, "advice-limit"),
        (FailureKind::SpeaksHttp, _) => fl!(words, "advice-not-rtsp"),
        (FailureKind::Undecodable, _) => fl!(words, "advice-undecodable"),
        (FailureKind::Protocol, _) if status_of(failure).is_some() => fl!(words, "advice-answer"),
        (FailureKind::Protocol, Stage::Setup | Stage::Play | Stage::Media) => fl!(words, "advice-no-picture"),
        (FailureKind::Protocol, _) => fl!(words, "advice-not-rtsp"),
        (FailureKind::NoSuchChannel, _) => fl!(words, "advice-no-such-channel"),
        (FailureKind::UnsupportedCodec, _) => fl!(words, "advice-unsupported-codec"),
        (FailureKind::TooLarge { limit, .. }, _) => match limit {
            MemoryLimit::Stream => fl!(words, "advice-too-large"),
            MemoryLimit::Together => fl!(words, "advice-too-large-together"),
        },
    }
}

/// What the device itself said, in its own words. What the resolver, the system or a library says is not the device's, and is for
/// the log: it is English.
#[must_use]
pub fn words_of_device(failure: &Failure) -> Option<&str> {
    let own = status_of(failure).is_some() || failure.kind == FailureKind::UnsupportedCodec;
    Some(failure.detail.as_str()).filter(|said| own && !said.is_empty())
}

/// The status with which the device refused (RFC 2326 §11), if its answer begins with one.
fn status_of(failure: &Failure) -> Option<u16> {
    let (status, _) = failure.detail.split_once(' ')?;
    status.parse().ok().filter(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn what_a_device_answered_is_said_and_not_only_that_it_was_wrong() {
        let said = |language, kind, stage, detail: &str| {
            let failure = Failure {
                kind,
                stage,
                detail: detail.to_owned(),
            };
            let words = Words::new(language);
            (reason(&words, &failure), advice(&words, &failure))
        };
        for language in Language::ALL {
            let answers = ["454 Session Not Found", "551 Option not supported", "garbage"];
            let said = answers.map(|answer| said(language, FailureKind::Protocol, Stage::Setup, answer).0);
            assert!(said[1].contains(answers[1]), "{said:?}");
            let different: std::collections::HashSet<&String> = said.iter().collect();
            assert_eq!(different.len(), 3, "{said:?}");
        }
        let stream = said(
            Language::En,
            FailureKind::Undecodable,
            Stage::Media,
            "no picture can be decoded",
        );
        let broken = said(Language::En, FailureKind::Protocol, Stage::Media, "connection reset");
        assert!(stream.0 != broken.0 && stream.1 != broken.1);
    }
}
