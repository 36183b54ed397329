//! What a recorder is and which channels it has, asked by ONVIF: over real sockets, by the one dial, within the budgets.

use std::sync::Arc;

use device::{CertificateOwner, DeviceEdit, Draft, OnvifPlace, Password, PasswordEdit, Registry};
use monomi::bridge::{
    Command, EnquiryId, EnquiryRequest, EnquiryState, EnquiryStatus, NoticeKind, TestId, TestRequest, TestState,
    WantedStream,
};
use onvif::sample::{ScriptedHabits, SignInHabit};
use onvif::{EnquiryFault, EnquiryResult, SignInRefusal};
use reconnect::{FailureKind, Rank};
use settings::Settings;
use wall::Listen;

use super::rig::{EngineRig, edit_of, main_of};
use crate::fake_dvr::FakeDvr;
use crate::fake_onvif::FakeOnvif;

const RIGHT: &str = "p@ss:日";

fn habits(sign_in: SignInHabit) -> ScriptedHabits {
    ScriptedHabits {
        sign_in,
        channels: 4,
        ..ScriptedHabits::default()
    }
}

const DIGEST: SignInHabit = SignInHabit::Digest {
    sha256: true,
    nonce_each: false,
};

fn edit(host: &str, port: u16, password: &str) -> DeviceEdit {
    let draft = Draft {
        site: "Lab".to_owned(),
        name: "Recorder".to_owned(),
        host: host.to_owned(),
        port: port.to_string(),
        user: "admin".to_owned(),
        password: PasswordEdit::Set(Password::new(password)),
        ..Draft::new()
    };
    draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft")
}

fn ask(rig: &EngineRig, id: u64, edit: &DeviceEdit, port: u16) {
    rig.send(Command::Enquire(Box::new(EnquiryRequest {
        id: EnquiryId(id),
        edit: edit.clone(),
        place: OnvifPlace::at(port),
    })));
}

fn end(rig: &EngineRig, id: u64) -> EnquiryStatus {
    rig.until("the end of the enquiry", |state| {
        let status = state.enquiries.get(&EnquiryId(id))?;
        let is_over = !matches!(status.state, EnquiryState::Waiting { .. } | EnquiryState::Asking { .. });
        is_over.then(|| EnquiryStatus::clone(status))
    })
}

fn result(status: &EnquiryStatus) -> Arc<EnquiryResult> {
    match &status.state {
        EnquiryState::Done(result) => Arc::clone(result),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_channels_are_found_on_one_connection_and_the_governor_counts_it() {
    let recorder = FakeOnvif::start(habits(DIGEST));
    let rig = EngineRig::new();
    ask(&rig, 1, &edit("127.0.0.1", 554, RIGHT), recorder.port());
    let status = end(&rig, 1);
    let result = result(&status);
    assert_eq!(result.failed, None);
    assert_eq!(result.channels.len(), 4);
    assert_eq!(result.identity.model, "NVR-64");
    assert_eq!((status.connects, recorder.connects()), (1, 1));
    assert_eq!(status.requests, recorder.requests());
    let totals = rig.state().totals;
    assert_eq!((totals.attempts, totals.failed, totals.half_open), (1, 0, 0));
    // What was taken is not shown any more.
    rig.send(Command::CancelEnquiry(EnquiryId(1)));
    rig.until("no enquiry", |state| state.enquiries.is_empty().then_some(()));
}

#[test]
fn a_recorder_that_closes_each_connection_gets_no_more_than_five_in_ten_seconds_and_each_has_its_permit() {
    let recorder = FakeOnvif::start(ScriptedHabits {
        closes: true,
        channels: 1,
        ..habits(SignInHabit::Digest {
            sha256: false,
            nonce_each: true,
        })
    });
    let rig = EngineRig::new();
    ask(&rig, 1, &edit("127.0.0.1", 554, RIGHT), recorder.port());
    let status = end(&rig, 1);
    let result = result(&status);
    assert_eq!((result.failed.clone(), result.channels.len()), (None, 1));
    assert_eq!(recorder.with(|recorder| recorder.refused), 0);
    assert_eq!(
        u64::from(recorder.connects()),
        rig.state().totals.attempts,
        "no connect without a permit"
    );
    assert_eq!(status.connects, recorder.connects());
    assert!(status.requests >= status.connects, "{status:?}");
}

#[test]
fn a_refused_sign_in_is_asked_once_and_stops_http_and_rtsp_of_the_recorder() {
    let recorder = FakeOnvif::start(habits(DIGEST));
    let dvr = FakeDvr::start(super::rig::with_sign_in());
    let dvr_port = dvr
        .url()
        .rsplit(':')
        .next()
        .and_then(|rest| rest.split('/').next()?.parse().ok());
    let rig = EngineRig::new();
    let wrong = edit("127.0.0.1", dvr_port.expect("the port of the fake DVR"), "wrong");
    ask(&rig, 1, &wrong, recorder.port());
    let first = result(&end(&rig, 1));
    let Some((_, EnquiryFault::SignIn(SignInRefusal::Refused { lockout, .. }))) = &first.failed else {
        panic!("{:?}", first.failed);
    };
    assert_eq!(lockout.attempts_left, Some(2));
    // Asked again by a person, it answers from memory: no further refusal is written into the recorder's log.
    ask(&rig, 2, &wrong, recorder.port());
    assert!(matches!(end(&rig, 2).state, EnquiryState::NotAsked(_)));
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);
    // The same sign-in over RTSP is not tried either.
    let stream = main_of(wrong.device.id);
    rig.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit: wrong,
        stream,
    })));
    let failure = rig.until("the end of the test", |state| match &state.test.as_ref()?.state {
        TestState::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure.kind, FailureKind::Auth);
    assert!(rig.state().test.as_ref().is_some_and(|test| test.not_asked.is_some()));
}

#[test]
fn a_sign_in_that_onvif_alone_refuses_does_not_stop_streams_that_play_with_it() {
    let recorder = FakeOnvif::start(habits(DIGEST));
    let dvr = FakeDvr::start(super::rig::with_sign_in());
    let rig = EngineRig::new();
    let saved = edit_of(&dvr, Some("secret"));
    let id = saved.device.id;
    rig.send(Command::SaveDevice(Box::new(saved.clone())));
    rig.until("the device", |state| state.registry.device(id).map(|_| ()));
    let stream = rig.show(id);
    rig.until_state(stream, "live");
    ask(&rig, 1, &saved, recorder.port());
    assert!(matches!(
        result(&end(&rig, 1)).failed,
        Some((_, EnquiryFault::SignIn(SignInRefusal::Refused { .. })))
    ));
    // The next connection signs in as before, while the first stream plays on.
    let mut other = edit_of(&dvr, Some("secret"));
    other.device.name = "The same one".to_owned();
    rig.send(Command::SaveDevice(Box::new(other.clone())));
    let other = main_of(other.device.id);
    let wanted = |stream| WantedStream {
        stream,
        rank: Rank::Selected,
        decode: true,
        listen: Listen::No,
    };
    rig.send(Command::Show(vec![wanted(stream), wanted(other)]));
    rig.until_state(other, "live");
    // ONVIF is not asked again with what it refused.
    ask(&rig, 2, &saved, recorder.port());
    assert!(matches!(end(&rig, 2).state, EnquiryState::NotAsked(_)));
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);
}

/// The certificate of the web port is remembered when it is seen first; another one fails calmly, for this question alone.
#[test]
fn a_web_port_is_known_by_its_certificate_which_basic_goes_to_and_a_change_waits_for_a_person() {
    let recorder = FakeOnvif::start_secure(habits(SignInHabit::Basic));
    let port = recorder.port();
    let dvr = FakeDvr::start(super::rig::with_sign_in());
    let mut rig = EngineRig::new();
    let mut saved = edit_of(&dvr, Some(RIGHT));
    saved.device.user = "admin".to_owned();
    let place = OnvifPlace {
        secure: true,
        ..OnvifPlace::at(port)
    };
    saved.device.onvif = Some(place.clone());
    let id = saved.device.id;
    rig.send(Command::SaveDevice(Box::new(saved.clone())));
    rig.until("the device", |state| state.registry.device(id).map(|_| ()));
    let ask = |rig: &EngineRig, number: u64| {
        rig.send(Command::Enquire(Box::new(EnquiryRequest {
            id: EnquiryId(number),
            edit: saved.clone(),
            place: place.clone(),
        })));
    };
    ask(&rig, 1);
    let first = result(&end(&rig, 1));
    assert_eq!((first.failed.clone(), first.channels.len()), (None, 4));
    let owner = CertificateOwner::web(id, port);
    let known = rig.until("the certificate", |state| state.certificates.known.get(&owner).cloned());
    // Somebody else is at this address, also after a restart.
    recorder.change_certificate();
    let said = recorder.requests();
    rig.start();
    ask(&rig, 2);
    let EnquiryState::Failed(failure) = end(&rig, 2).state else {
        panic!("who is not known was asked");
    };
    assert_eq!(failure.kind, FailureKind::CertificateChanged);
    assert_eq!(recorder.requests(), said, "nothing was said to a stranger");
    let shown = rig.until("the notice", |state| {
        state.notices.iter().find_map(|notice| match &notice.kind {
            NoticeKind::CertificatesChanged { shown, .. } => Some(shown.clone()),
            _ => None,
        })
    });
    assert_eq!(shown[0].0, owner);
    assert_ne!(shown[0].1, known.fingerprint);
    // The machine holds nothing against the device.
    let site = rig.state().sites.first().map(|site| site.state);
    assert_eq!(site, Some(reconnect::SiteState::Up));
    rig.send(Command::TrustCertificates(shown));
    rig.until("no notice", |state| state.notices.is_empty().then_some(()));
    ask(&rig, 3);
    assert_eq!(result(&end(&rig, 3)).channels.len(), 4);
}

/// As *Find* adds them: sixteen enquiries at once, the next one when one has ended. The governor spreads what that costs.
#[test]
fn thirty_recorders_are_asked_with_one_connect_each_and_none_of_them_fails() {
    let recorders: Vec<FakeOnvif> = (1..=30)
        .map(|last| FakeOnvif::start_at(([127, 0, 1, last], 0).into(), habits(DIGEST)))
        .collect();
    let rig = EngineRig::new();
    let began = std::time::Instant::now();
    let ask = |number: usize| {
        let host = format!("127.0.1.{}", number + 1);
        ask(&rig, number as u64, &edit(&host, 554, RIGHT), recorders[number].port());
    };
    (0..16).for_each(ask);
    for number in 0..30 {
        assert_eq!(result(&end(&rig, number as u64)).channels.len(), 4);
        rig.send(Command::CancelEnquiry(EnquiryId(number as u64)));
        if number + 16 < 30 {
            ask(number + 16);
        }
    }
    println!(
        "30 recorders told their channels in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert!(recorders.iter().all(|recorder| recorder.connects() == 1));
    let totals = rig.state().totals;
    assert_eq!((totals.attempts, totals.failed, totals.half_open), (30, 0, 0));
}

#[test]
fn internal_network_only_holds_for_enquiries_and_no_packet_leaves() {
    let rig = EngineRig::new();
    rig.send(Command::SaveSettings(Box::new(Settings {
        internal_network_only: true,
        ..Settings::default()
    })));
    rig.until("the settings", |state| {
        state.settings.internal_network_only.then_some(())
    });
    ask(&rig, 1, &edit("203.0.113.9", 554, RIGHT), 80);
    let status = end(&rig, 1);
    let EnquiryState::Failed(failure) = status.state else {
        panic!("{status:?}");
    };
    assert_eq!(failure.kind, FailureKind::Policy);
}

#[test]
fn what_is_cancelled_is_closed_and_a_closed_port_is_said() {
    let recorder = FakeOnvif::start(ScriptedHabits {
        page: Some((404, "<html><title>uc-httpd</title></html>".to_owned())),
        ..habits(DIGEST)
    });
    let rig = EngineRig::new();
    let right = edit("127.0.0.1", 554, RIGHT);
    ask(&rig, 1, &right, recorder.port());
    let result = result(&end(&rig, 1));
    assert!(
        matches!(result.failed, Some((_, EnquiryFault::NotOnvif { status: 404, .. }))),
        "{result:?}"
    );
    assert_eq!(result.brand, Some("xmeye"));
    let port = recorder.port();
    drop(recorder);
    ask(&rig, 2, &right, port);
    let refused = end(&rig, 2);
    assert!(
        matches!(&refused.state, EnquiryState::Failed(failure) if failure.kind == FailureKind::Refused),
        "{refused:?}"
    );
}
