//! What went wrong in a Test, and what a person can do about it.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use crate::reconnect::{Failure, Kind, Stage};

/// The step, as the checklist calls it.
pub(in crate::ui) fn step(words: &Words, stage: Stage) -> String {
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

/// Why the step failed, in one sentence.
pub(in crate::ui) fn reason(words: &Words, failure: &Failure) -> String {
    match (failure.kind, failure.stage) {
        (Kind::Refused, _) => fl!(words, "reason-refused"),
        (Kind::Timeout, Stage::Resolve) => fl!(words, "reason-timeout-resolve"),
        (Kind::Timeout, Stage::Connect) => fl!(words, "reason-timeout-connect"),
        (Kind::Timeout, Stage::Media | Stage::Play) => fl!(words, "reason-timeout-media"),
        (Kind::Timeout, Stage::Tls | Stage::Options | Stage::Describe | Stage::Setup) => {
            fl!(words, "reason-timeout-talk")
        }
        (Kind::Unreachable, Stage::Resolve) => fl!(words, "reason-no-such-name"),
        (Kind::Unreachable, _) => fl!(words, "reason-unreachable"),
        (Kind::NoRoute, _) => fl!(words, "reason-no-route"),
        (Kind::Local, _) => fl!(words, "reason-local"),
        (Kind::Policy, _) => fl!(words, "reason-policy"),
        (Kind::Auth, _) => fl!(words, "reason-auth"),
        (
            Kind::Limit {
                retry_after: Some(wait),
            },
            _,
        ) => fl!(words, "reason-limit-wait", wait = words.countdown(wait)),
        (Kind::Limit { retry_after: None }, _) => fl!(words, "reason-limit"),
        (Kind::Protocol, Stage::Media) => fl!(words, "reason-broken-off"),
        (Kind::Protocol, _) => fl!(words, "reason-protocol"),
        (Kind::Tls, _) => fl!(words, "reason-tls"),
        (Kind::CertificateChanged, _) => fl!(words, "reason-certificate-changed"),
        (Kind::NoSuchChannel, _) => fl!(words, "reason-no-such-channel"),
        (Kind::UnsupportedCodec, _) => fl!(words, "reason-unsupported-codec"),
    }
}

/// What to do about it.
pub(in crate::ui) fn advice(words: &Words, failure: &Failure) -> String {
    match (failure.kind, failure.stage) {
        (Kind::Refused, _) => fl!(words, "advice-refused"),
        (Kind::Timeout | Kind::Unreachable, Stage::Resolve) => fl!(words, "advice-resolve"),
        (Kind::Timeout | Kind::Unreachable, Stage::Connect) => fl!(words, "advice-connect"),
        (Kind::Timeout, Stage::Tls) | (Kind::Tls, _) => fl!(words, "advice-tls"),
        (Kind::CertificateChanged, _) => fl!(words, "advice-certificate-changed"),
        (Kind::Timeout, Stage::Options | Stage::Describe) => fl!(words, "advice-not-rtsp"),
        (Kind::Timeout, Stage::Setup | Stage::Play | Stage::Media) => fl!(words, "advice-no-picture"),
        (Kind::Unreachable, _) => fl!(words, "advice-connect"),
        (Kind::NoRoute, _) => fl!(words, "advice-no-route"),
        (Kind::Local, _) => fl!(words, "advice-local"),
        (Kind::Policy, _) => fl!(words, "advice-policy"),
        (Kind::Auth, _) => fl!(words, "advice-auth"),
        (Kind::Limit { .. }, _) => fl!(words, "advice-limit"),
        (Kind::Protocol, Stage::Setup | Stage::Play | Stage::Media) => fl!(words, "advice-no-picture"),
        (Kind::Protocol, _) => fl!(words, "advice-not-rtsp"),
        (Kind::NoSuchChannel, _) => fl!(words, "advice-no-such-channel"),
        (Kind::UnsupportedCodec, _) => fl!(words, "advice-unsupported-codec"),
    }
}
