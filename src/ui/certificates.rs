//! Certificates of devices, in words: until when they are valid, and what a person is told where they changed or will expire.

use std::collections::BTreeSet;

use i18n_embed_fl::fl;

use crate::bridge::{CertificatesShown, Clock, Command, EngineState, ExpiringDevice, NoticeKind};
use crate::i18n::Words;
use device::{Certificate, CertificateOwner, DeviceId, Fingerprint};

/// What is known of a device's certificates, each for itself: that of its streams, and those of its web ports.
pub fn of(words: &Words, state: &EngineState, device: DeviceId) -> Vec<String> {
    let CertificatesShown { changed, .. } = &state.certificates;
    let known = state.certificates.of(device).map(|(owner, certificate)| {
        let name = match owner.web_port {
            None => fl!(words, "certificate-of-streams"),
            Some(port) => fl!(words, "certificate-of-port", port = port.to_string()),
        };
        let registered = state.registry.device(device).filter(|_| owner.road > 0);
        let name = match registered.and_then(|device| device.road_name(usize::from(owner.road))) {
            Some(road) => fl!(words, "certificate-of-road", name = name, road = road),
            None => name,
        };
        let changed = changed.get(&owner).map(|_| fl!(words, "short-certificate"));
        let parts = [
            Some(until(words, certificate, state.clock)),
            issuer(words, certificate),
            changed,
        ];
        let said = words.list(&parts.into_iter().flatten().collect::<Vec<_>>());
        fl!(words, "certificate-line", name = name, said = said)
    });
    known.collect()
}

fn until(words: &Words, certificate: &Certificate, clock: Clock) -> String {
    let Some(last) = certificate.last_day() else {
        return fl!(words, "certificate-until-unknown");
    };
    let today = (i64::from(clock.year), i64::from(clock.month), i64::from(clock.day));
    match last < today {
        true => fl!(words, "certificate-expired", day = day(last)),
        false => fl!(words, "certificate-until", day = day(last)),
    }
}

/// By whom it was signed, unless it says nothing or the device did so itself.
fn issuer(words: &Words, certificate: &Certificate) -> Option<String> {
    let Certificate { issuer, subject, .. } = certificate;
    match issuer.as_str() {
        "" => None,
        issuer if issuer == subject => Some(fl!(words, "certificate-own", subject = issuer)),
        issuer => Some(fl!(words, "certificate-by", issuer = issuer)),
    }
}

fn day((year, month, day): (i64, i64, i64)) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// The button that trusts all that a notice is about, where one click may do so.
pub(super) fn trust(words: &Words, kind: &NoticeKind) -> Option<(String, Command)> {
    let NoticeKind::CertificatesChanged {
        issuer: Some(_),
        names,
        shown,
    } = kind
    else {
        return None;
    };
    let label = fl!(words, "notice-certificates-trust", count = names.len());
    Some((label, Command::TrustCertificates(shown.clone())))
}

/// The same in the menu of a device or a site.
pub(super) fn menu(words: &Words, changed: &[(CertificateOwner, Fingerprint)]) -> String {
    let devices: BTreeSet<DeviceId> = changed.iter().map(|(owner, _)| owner.device).collect();
    match devices.len() {
        1 => fl!(words, "menu-trust-certificate"),
        count => fl!(words, "menu-trust-certificates", count = count),
    }
}

pub(super) fn changed(words: &Words, issuer: Option<&str>, names: &[String]) -> String {
    let (count, list) = (names.len(), words.list(names));
    match issuer {
        Some("") => fl!(words, "notice-certificates-changed", count = count, names = list),
        Some(issuer) => fl!(
            words,
            "notice-certificates-changed-by",
            count = count,
            names = list,
            issuer = issuer
        ),
        None => fl!(words, "notice-certificates-changed-each", count = count, names = list),
    }
}

pub(super) fn expire(words: &Words, days: u16, devices: &[ExpiringDevice]) -> String {
    let names = devices.iter().map(|device| {
        let last = day(device.last_day);
        fl!(words, "certificate-of-device", name = device.name.as_str(), day = last)
    });
    let (count, names) = (devices.len(), words.list(&names.collect::<Vec<_>>()));
    match days {
        0 => fl!(words, "notice-certificates-expired", count = count, names = names),
        _ => fl!(
            words,
            "notice-certificates-expire",
            count = count,
            names = names,
            days = days
        ),
    }
}
