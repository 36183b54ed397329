//! What happened, in a few words.

use std::collections::{BTreeMap, BTreeSet};

use i18n_embed_fl::fl;

use crate::i18n::Words;
use device::search_form;
use events::{Category, Cause, LogLabels, Occurrence, Severity, What};

/// What happened; the name that the device gave it where Monomi has none.
#[must_use]
pub fn what(words: &Words, what: &What) -> String {
    match what {
        What::Trouble(of) => cause(words, *of),
        What::Known(of) => occurrence(words, *of),
        What::Own { name, .. } => name.to_string(),
    }
}

/// The cause of an event in two words.
#[must_use]
pub fn cause(words: &Words, cause: Cause) -> String {
    match cause {
        Cause::NoNetwork => fl!(words, "short-no-network"),
        Cause::Refused => fl!(words, "short-refused"),
        Cause::NoName => fl!(words, "short-no-name"),
        Cause::NoAnswer => fl!(words, "short-no-answer"),
        Cause::NoWay => fl!(words, "short-no-way"),
        Cause::Local => fl!(words, "short-local"),
        Cause::PasswordStore => fl!(words, "short-password-store"),
        Cause::SignIn => fl!(words, "short-auth"),
        Cause::Limit => fl!(words, "short-limit"),
        Cause::BrokenOff => fl!(words, "short-broken-off"),
        Cause::Protocol => fl!(words, "short-protocol"),
        Cause::SpeaksHttp => fl!(words, "short-http"),
        Cause::Undecodable => fl!(words, "short-undecodable"),
        Cause::Tls => fl!(words, "short-tls"),
        Cause::CertificateChanged => fl!(words, "short-certificate"),
        Cause::CertificateUnsure => fl!(words, "short-certificate-unsure"),
        Cause::NoSuchChannel => fl!(words, "short-no-such-channel"),
        Cause::UnsupportedCodec => fl!(words, "short-unsupported-codec"),
        Cause::Transport => fl!(words, "short-transport"),
        Cause::TooLarge => fl!(words, "short-too-large"),
    }
}

#[must_use]
pub fn occurrence(words: &Words, occurrence: Occurrence) -> String {
    match occurrence {
        Occurrence::VideoLoss => fl!(words, "event-video-loss"),
        Occurrence::Tamper => fl!(words, "event-tamper"),
        Occurrence::Motion => fl!(words, "event-motion"),
        Occurrence::LineCrossing => fl!(words, "event-line-crossing"),
        Occurrence::Intrusion => fl!(words, "event-intrusion"),
        Occurrence::RegionEntered => fl!(words, "event-region-entered"),
        Occurrence::RegionLeft => fl!(words, "event-region-left"),
        Occurrence::Person => fl!(words, "event-person"),
        Occurrence::Vehicle => fl!(words, "event-vehicle"),
        Occurrence::Face => fl!(words, "event-face"),
        Occurrence::Animal => fl!(words, "event-animal"),
        Occurrence::Package => fl!(words, "event-package"),
        Occurrence::Visitor => fl!(words, "event-visitor"),
        Occurrence::Sound => fl!(words, "event-sound"),
        Occurrence::Input => fl!(words, "event-input"),
        Occurrence::Output => fl!(words, "event-output"),
        Occurrence::StorageFailure => fl!(words, "event-storage-failure"),
        Occurrence::StorageFull => fl!(words, "event-storage-full"),
        Occurrence::StorageMissing => fl!(words, "event-storage-missing"),
        Occurrence::RecordingStopped => fl!(words, "event-recording-stopped"),
        Occurrence::FanFailure => fl!(words, "event-fan-failure"),
        Occurrence::PowerFailure => fl!(words, "event-power-failure"),
        Occurrence::Overheated => fl!(words, "event-overheated"),
        Occurrence::Restarted => fl!(words, "event-restarted"),
        Occurrence::ClockWrong => fl!(words, "event-clock-wrong"),
        Occurrence::LinkLost => fl!(words, "event-link-lost"),
        Occurrence::AddressConflict => fl!(words, "event-address-conflict"),
        Occurrence::RoadChanged => fl!(words, "event-road-changed"),
        Occurrence::PlannedWork => fl!(words, "event-planned-work"),
        Occurrence::DecoderRestarted => fl!(words, "event-decoder-restarted"),
        Occurrence::Unheard => fl!(words, "event-unheard"),
        Occurrence::SignInFailed => fl!(words, "event-sign-in-failed"),
        Occurrence::AccountLocked => fl!(words, "event-account-locked"),
        Occurrence::DeviceAdded => fl!(words, "event-device-added"),
        Occurrence::DeviceEdited => fl!(words, "event-device-edited"),
        Occurrence::DeviceRemoved => fl!(words, "event-device-removed"),
        Occurrence::SiteAdded => fl!(words, "event-site-added"),
        Occurrence::SiteEdited => fl!(words, "event-site-edited"),
        Occurrence::SiteRemoved => fl!(words, "event-site-removed"),
        Occurrence::VirtualDvrAdded => fl!(words, "event-virtual-dvr-added"),
        Occurrence::VirtualDvrEdited => fl!(words, "event-virtual-dvr-edited"),
        Occurrence::VirtualDvrRemoved => fl!(words, "event-virtual-dvr-removed"),
        Occurrence::SettingsEdited => fl!(words, "event-settings-edited"),
        Occurrence::PolicyEdited => fl!(words, "event-policy-edited"),
        Occurrence::CertificateTrusted => fl!(words, "event-certificate-trusted"),
        Occurrence::KioskUnlocked => fl!(words, "event-kiosk-unlocked"),
        Occurrence::KioskRefused => fl!(words, "event-kiosk-refused"),
        Occurrence::ProgramStarted => fl!(words, "event-program-started"),
        Occurrence::ProgramEnded => fl!(words, "event-program-ended"),
        Occurrence::ProgramCrashed => fl!(words, "event-program-crashed"),
        Occurrence::ProgramStuck => fl!(words, "event-program-stuck"),
        Occurrence::OwnMemory => fl!(words, "event-own-memory"),
        Occurrence::OwnMemoryGrows => fl!(words, "event-own-memory-grows"),
        Occurrence::OwnHandles => fl!(words, "event-own-handles"),
        Occurrence::OwnDisk => fl!(words, "event-own-disk"),
        Occurrence::OwnDelay => fl!(words, "event-own-delay"),
        Occurrence::OwnQueue => fl!(words, "event-own-queue"),
        Occurrence::OwnDecoders => fl!(words, "event-own-decoders"),
        Occurrence::LogDamaged => fl!(words, "event-log-damaged"),
        Occurrence::TooMany => fl!(words, "event-too-many"),
    }
}

/// What Monomi does about it and what the person can do, where that is not plain from what it is called.
#[must_use]
pub fn advice(words: &Words, what: &What) -> Option<String> {
    let What::Known(of) = what else { return None };
    match of {
        Occurrence::DecoderRestarted => Some(fl!(words, "advice-decoder-restarted")),
        Occurrence::ProgramStuck => Some(fl!(words, "advice-program-stuck")),
        Occurrence::OwnMemory => Some(fl!(words, "advice-own-memory")),
        Occurrence::OwnMemoryGrows => Some(fl!(words, "advice-own-memory-grows")),
        Occurrence::OwnHandles => Some(fl!(words, "advice-own-handles")),
        Occurrence::OwnDisk => Some(fl!(words, "advice-own-disk")),
        Occurrence::OwnDelay => Some(fl!(words, "advice-own-delay")),
        Occurrence::OwnQueue => Some(fl!(words, "advice-own-queue")),
        Occurrence::OwnDecoders => Some(fl!(words, "advice-own-decoders")),
        _ => None,
    }
}

#[must_use]
pub fn category(words: &Words, category: Category) -> String {
    match category {
        Category::Connection => fl!(words, "category-connection"),
        Category::Device => fl!(words, "category-device"),
        Category::Video => fl!(words, "category-video"),
        Category::Analytics => fl!(words, "category-analytics"),
        Category::InputOutput => fl!(words, "category-input-output"),
        Category::Storage => fl!(words, "category-storage"),
        Category::Security => fl!(words, "category-security"),
        Category::User => fl!(words, "category-user"),
        Category::Program => fl!(words, "category-program"),
    }
}

#[must_use]
pub fn severity(words: &Words, severity: Severity) -> String {
    match severity {
        Severity::Info => fl!(words, "severity-info"),
        Severity::Warning => fl!(words, "severity-warning"),
        Severity::Alarm => fl!(words, "severity-alarm"),
    }
}

/// How a file of events says things in this language.
#[must_use]
pub fn labels(words: &Words) -> LogLabels {
    let causes = Cause::ALL.iter().map(|of| What::Trouble(*of));
    let all = causes.chain(Occurrence::ALL.iter().map(|of| What::Known(*of)));
    let mut called: BTreeMap<String, String> = all.map(|of| (of.word().to_owned(), what(words, &of))).collect();
    called.extend(
        Category::ALL
            .iter()
            .map(|of| (of.as_str().to_owned(), category(words, *of))),
    );
    called.extend(
        Severity::ALL
            .iter()
            .map(|of| (of.as_str().to_owned(), severity(words, *of))),
    );
    LogLabels {
        head: vec![
            fl!(words, "events-since"),
            fl!(words, "events-until"),
            fl!(words, "events-severity"),
            fl!(words, "events-category"),
            fl!(words, "events-site-choice"),
            fl!(words, "events-where"),
            fl!(words, "events-channels"),
            fl!(words, "events-what"),
            fl!(words, "events-count-of"),
            fl!(words, "events-device-time"),
            fl!(words, "events-who"),
            fl!(words, "events-more"),
            fl!(words, "events-acknowledged-at"),
            fl!(words, "events-acknowledged-by"),
            fl!(words, "events-note"),
        ],
        called,
    }
}

/// The words of all that is called by something that has this in it, for a search as the person reads it.
#[must_use]
pub fn called(words: &Words, text: &str) -> BTreeSet<String> {
    let text = search_form(text.trim());
    if text.is_empty() {
        return BTreeSet::new();
    }
    let causes = Cause::ALL.iter().map(|of| What::Trouble(*of));
    let all = causes.chain(Occurrence::ALL.iter().map(|of| What::Known(*of)));
    let found = all.filter(|of| search_form(&what(words, of)).contains(&text));
    found.map(|of| of.word().to_owned()).collect()
}
