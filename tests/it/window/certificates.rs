//! Certificates that changed or will expire: what is said of them, and the one click for many.

use std::sync::Arc;

use device::{Certificate, CertificateOwner, DeviceId, Fingerprint};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{CertificatesShown, Command, ExpiringDevice, Notice, NoticeKind};
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, cameras, device, registry};
use super::screens::shoot;

fn shown(devices: u64) -> Vec<(CertificateOwner, Fingerprint)> {
    let of = |id| (CertificateOwner::from(DeviceId(id)), Fingerprint([7; 32]));
    (1..=devices).map(of).collect()
}

fn changed(issuer: Option<&str>, count: u64) -> NoticeKind {
    NoticeKind::CertificatesChanged {
        issuer: issuer.map(str::to_owned),
        names: (1..=count).map(|number| format!("DVR {number}")).collect(),
        shown: shown(count),
    }
}

fn expire(days: u16) -> NoticeKind {
    let device = |number: i64| ExpiringDevice {
        last_day: (2026, 12, 24 + number),
        name: format!("DVR {number}"),
    };
    NoticeKind::CertificatesExpire {
        days,
        devices: (1..=3).map(device).collect(),
    }
}

fn tell(rig: &mut WindowRig, kinds: Vec<NoticeKind>) {
    rig.change(move |state| {
        let notices = (1..).zip(kinds).map(|(id, kind)| Notice { id, kind });
        state.notices = Arc::new(notices.collect());
    });
    rig.sent();
}

fn trusted(rig: &mut WindowRig) -> Vec<Vec<(CertificateOwner, Fingerprint)>> {
    let sent = rig.sent().into_iter().filter_map(|command| match command {
        Command::TrustCertificates(seen) => Some(seen),
        _ => None,
    });
    sent.collect()
}

#[test]
fn thirty_certificates_of_one_issuer_are_trusted_by_one_click_and_those_of_many_by_none() {
    for (language, button) in [(Language::En, "Trust these 30"), (Language::Ja, "この 30 台を信頼する")] {
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        tell(&mut rig, vec![changed(Some("New CA"), 30)]);
        assert!(rig.harness.query_by_label_contains("New CA").is_some());
        rig.click(button);
        assert_eq!(trusted(&mut rig), [shown(30)]);
        tell(&mut rig, vec![changed(None, 30)]);
        assert!(rig.harness.query_by_label(button).is_none());
    }
}

#[test]
fn ends_of_certificates_are_said_with_their_days() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    tell(&mut rig, vec![expire(30)]);
    let said = "Certificates of 3 devices expire within 30 days. Monomi goes on connecting; renew them for browsers and other programs: DVR 1 (2026-12-25), DVR 2 (2026-12-26), DVR 3 (2026-12-27)";
    assert!(rig.harness.query_by_label_contains(said).is_some());
}

#[test]
fn the_menu_of_a_site_trusts_what_its_devices_show_and_the_tree_says_until_when() {
    let mut rig = WindowSetup::new(
        Language::En,
        registry(&[
            device(1, "DVR 1", &["Gate"]),
            device(2, "DVR 2", &["Yard"]),
            device(3, "DVR 3", &["Hall"]),
        ]),
    )
    .open();
    let certificate = |byte| Certificate {
        fingerprint: Fingerprint([byte; 32]),
        expires: Some(1_803_859_200),
        subject: "DVR".to_owned(),
        issuer: "New CA".to_owned(),
    };
    rig.change(move |state| {
        let of = |byte: u8| {
            let owners = state.registry.devices.iter().take(2).map(|device| device.id.into());
            Arc::new(
                owners
                    .map(|owner: CertificateOwner| (owner, certificate(byte)))
                    .collect(),
            )
        };
        state.certificates = CertificatesShown {
            known: of(1),
            changed: of(7),
        };
    });
    rig.sent();
    rig.harness.get_by_label_contains("本店").click_secondary();
    rig.harness.run();
    rig.click("Trust the new certificates of 2 devices");
    assert_eq!(trusted(&mut rig), [shown(2)]);
}

/// Pictures of the notices, in both languages: `MONOMI_SCREENS=DIR`.
#[test]
#[ignore = "it writes pictures"]
fn pictures_of_the_notices() {
    for language in [Language::En, Language::Ja] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        tell(
            &mut rig,
            vec![expire(7), changed(None, 12), changed(Some("Shop CA, Shop K.K."), 30)],
        );
        shoot(rig, &format!("certificates_{}", language.tag()));
    }
}
