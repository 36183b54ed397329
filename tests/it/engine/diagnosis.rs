//! Diagnose: each stage at which a recorder can fail, over real sockets; it costs no more than *Retry now*, and no secret is in it.

use std::net::TcpListener;
use std::sync::Arc;

use device::{ChannelId, DeviceEdit, DeviceId, OnvifPlace, StreamId, StreamKind};
use monomi::bridge::{Command, DiagnoseRequest, DiagnoseTarget, TileState, TraceId, TraceShown};
use onvif::sample::{ScriptedHabits, SignInHabit};
use reconnect::{FailureKind, Stage};
use settings::Settings;
use trace::{NoEnquiry, OnvifState, StepFact, StepName, StepState, Trace, TraceFault, Verdict};

use super::rig::{EngineRig, edit_of, main_of, with_sign_in};
use crate::fake_dvr::{Answer, Auth, Ending, FakeDvr, Fault as DvrFault, Script, Step, base64};
use crate::fake_onvif::FakeOnvif;

fn ask(rig: &EngineRig, id: u64, target: DiagnoseTarget) {
    let id = TraceId(id);
    rig.send(Command::Diagnose(Box::new(DiagnoseRequest { id, target })));
}

fn end(rig: &EngineRig, id: u64) -> Arc<TraceShown> {
    rig.until("the end of the diagnosis", |state| {
        let shown = state.traces.iter().find(|shown| shown.id == TraceId(id))?;
        shown.trace.is_over().then(|| Arc::clone(shown))
    })
}

fn draft(edit: &DeviceEdit) -> DiagnoseTarget {
    DiagnoseTarget::Draft(Box::new(edit.clone()), main_of(edit.device.id))
}

/// Where the trace of one attempt at such a DVR ends, with the kind of failure.
fn failed(trace: &Trace) -> Option<(StepName, FailureKind)> {
    let step = trace.stream().failed()?;
    match step.fault()? {
        TraceFault::Stream(failure) => Some((step.name, failure.kind)),
        other => panic!("{other:?}"),
    }
}

fn all_texts(trace: &Trace) -> String {
    let steps = trace.stream().steps().iter().chain(trace.onvif().steps());
    steps
        .flat_map(|step| &step.exchanges)
        .map(|exchange| format!("{}\n", exchange.text))
        .collect()
}

#[test]
fn a_diagnosis_goes_to_the_first_picture_step_by_step_and_then_asks_by_onvif() {
    let dvr = FakeDvr::start(with_sign_in());
    let recorder = FakeOnvif::start(ScriptedHabits {
        sign_in: SignInHabit::Digest {
            sha256: true,
            nonce_each: false,
        },
        password: "secret".to_owned(),
        channels: 4,
        ..ScriptedHabits::default()
    });
    let rig = EngineRig::new();
    let mut edit = edit_of(&dvr, Some("secret"));
    edit.device.onvif = Some(OnvifPlace::at(recorder.port()));
    let id = edit.device.id;
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(id).map(|_| ()));
    ask(&rig, 1, DiagnoseTarget::Device(id));
    let shown = end(&rig, 1);
    let trace = &shown.trace;
    assert_eq!(trace.verdict(), Some(Verdict::Works), "{trace:#?}");
    for step in trace.stream().steps() {
        let is_done = step.state == StepState::Done && step.took.is_some();
        assert!(
            is_done || step.name == StepName::Tls && step.state == StepState::NotNeeded,
            "{step:#?}"
        );
    }
    for (name, said, answered) in [
        (StepName::Greeting, "OPTIONS rtsp://", "RTSP/1.0 200"),
        (StepName::SignIn, "DESCRIBE rtsp://", "RTSP/1.0 401"),
        (StepName::Describe, "DESCRIBE rtsp://", "m=video"),
        (StepName::Setup, "SETUP rtsp://", "Transport:"),
        (StepName::FirstPacket, "PLAY rtsp://", "RTSP/1.0 200"),
    ] {
        let step = trace.stream().step(name).unwrap();
        let text: String = step.exchanges.iter().map(|exchange| exchange.text.clone()).collect();
        assert!(text.contains(said) && text.contains(answered), "{name:?}: {text}");
    }
    let picture = trace.stream().step(StepName::FirstPicture).unwrap();
    assert!(
        matches!(&picture.fact, Some(StepFact::Picture { codec, width, .. }) if codec == "H.264" && *width > 0),
        "{picture:?}"
    );
    assert_eq!(trace.onvif_state(), OnvifState::Over);
    for step in trace.onvif().steps() {
        assert!(step.state == StepState::Done && step.took.is_some(), "{step:#?}");
    }
    let channels = trace.onvif().step(StepName::OnvifChannels).unwrap();
    assert_eq!(channels.fact, Some(StepFact::Channels(4)));
    // One connect each, and each with a permit.
    assert_eq!((dvr.seen().len(), recorder.connects()), (1, 1));
    let totals = rig.state().totals;
    assert_eq!((totals.attempts, totals.failed, totals.half_open), (2, 0, 0));
}

/// Every stage at which a DVR can fail, by what it does there.
#[test]
fn a_diagnosis_ends_at_the_step_that_fails_and_says_what_was_answered() {
    let silent_at = |step| Script {
        faults: vec![DvrFault::always(step, Answer::Silence)],
        ..Script::default()
    };
    let status_at = |step, code, reason| Script {
        faults: vec![DvrFault::always(step, Answer::status(code, reason))],
        ..Script::default()
    };
    let wrong_password = Script {
        password: "another".to_owned(),
        ..with_sign_in()
    };
    let rows: Vec<(Script, StepName, FailureKind, &str)> = vec![
        (wrong_password, StepName::SignIn, FailureKind::Auth, "RTSP/1.0 401"),
        (
            status_at(Step::Describe, 404, "Stream Not Found"),
            StepName::Describe,
            FailureKind::NoSuchChannel,
            "RTSP/1.0 404 Stream Not Found",
        ),
        (
            status_at(Step::Setup, 454, "Session Not Found"),
            StepName::Setup,
            FailureKind::NoSuchChannel,
            "RTSP/1.0 454",
        ),
        (
            status_at(Step::Play, 453, "Not Enough Bandwidth"),
            StepName::FirstPacket,
            FailureKind::Limit { retry_after: None },
            "RTSP/1.0 453",
        ),
        (
            Script {
                faults: vec![DvrFault::always(Step::Describe, Answer::Close)],
                ..Script::default()
            },
            StepName::Describe,
            FailureKind::Protocol,
            "DESCRIBE rtsp://",
        ),
    ];
    for (script, step, kind, text) in rows {
        let dvr = FakeDvr::start(script);
        let rig = EngineRig::new();
        ask(&rig, 1, draft(&edit_of(&dvr, Some("secret"))));
        let shown = end(&rig, 1);
        assert_eq!(failed(&shown.trace), Some((step, kind)), "{:#?}", shown.trace);
        let failed = shown.trace.stream().failed().unwrap();
        let said = failed.exchanges.iter().map(|exchange| exchange.text.as_str());
        assert!(said.clone().any(|said| said.starts_with(text)), "{failed:#?}");
        assert_eq!(shown.trace.verdict(), Some(Verdict::Recorder));
        assert_eq!(dvr.seen().len(), 1, "{step:?}: it is tried once");
        assert_eq!(shown.trace.onvif_state(), OnvifState::NotAsked(NoEnquiry::NoPlace));
    }
    // What waits for as long as a Test does: how far it is, is shown while it waits.
    for (script, step) in [
        (silent_at(Step::Options), StepName::Greeting),
        (
            Script {
                ending: Ending::NoMedia,
                ..Script::default()
            },
            StepName::FirstPacket,
        ),
    ] {
        let dvr = FakeDvr::start(script);
        let rig = EngineRig::new();
        ask(&rig, 1, draft(&edit_of(&dvr, None)));
        rig.until("the step that hangs", |state| {
            let current = state.traces.last()?.trace.stream().current()?.clone();
            (current.name == step && !current.exchanges.is_empty()).then_some(())
        });
        rig.send(Command::CancelDiagnosis(TraceId(1)));
        let shown = end(&rig, 1);
        assert_eq!(shown.trace.verdict(), None, "{:#?}", shown.trace);
        rig.until("the connection is closed", |state| {
            (state.totals.wanted == 0).then_some(())
        });
    }
}

#[test]
fn a_closed_port_a_name_that_leads_nowhere_and_a_forbidden_host_end_where_they_should() {
    let rig = EngineRig::new();
    let dvr = FakeDvr::start(Script::default());
    let mut edit = edit_of(&dvr, None);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    edit.device.port = closed;
    edit.device.onvif = Some(OnvifPlace::at(closed));
    ask(&rig, 1, draft(&edit));
    let shown = end(&rig, 1);
    assert_eq!(
        failed(&shown.trace),
        Some((StepName::Connect, FailureKind::Refused)),
        "{:#?}",
        shown.trace
    );
    assert_eq!(shown.trace.verdict(), Some(Verdict::PortClosed));
    // Who refuses is there, so that it is asked by ONVIF, once.
    assert_eq!(
        shown.trace.onvif().failed().map(|step| step.name),
        Some(StepName::OnvifReach)
    );
    let before = rig.state().totals.attempts;

    edit.device.host = "no-such-recorder.invalid".parse().unwrap();
    ask(&rig, 2, draft(&edit));
    let shown = end(&rig, 2);
    assert_eq!(shown.trace.verdict(), Some(Verdict::Name), "{:#?}", shown.trace);

    rig.send(Command::SaveSettings(Box::new(Settings {
        internal_network_only: true,
        ..Settings::default()
    })));
    rig.until("the settings", |state| {
        state.settings.internal_network_only.then_some(())
    });
    edit.device.host = "203.0.113.9".parse().unwrap();
    ask(&rig, 3, draft(&edit));
    let shown = end(&rig, 3);
    assert_eq!(failed(&shown.trace), Some((StepName::Policy, FailureKind::Policy)));
    assert_eq!(shown.trace.verdict(), Some(Verdict::Policy));
    assert_eq!(shown.trace.onvif_state(), OnvifState::NotAsked(NoEnquiry::NoWay));
    assert_eq!(rig.state().totals.attempts, before, "neither took a permit");
    let traces = rig.state().traces.iter().map(|shown| shown.id.0).collect::<Vec<_>>();
    assert_eq!(traces, [1, 2, 3], "the last ones are kept");
}

#[test]
fn a_changed_certificate_is_told_at_tls_and_nothing_is_said_to_a_stranger() {
    let script = || Script {
        tls: true,
        ..with_sign_in()
    };
    let dvr = FakeDvr::start(script());
    let rig = EngineRig::new();
    let device = rig.add(&dvr, Some("secret"));
    let stream = rig.show(device.id);
    rig.until_state(stream, "live");
    rig.send(Command::Show(Vec::new()));
    rig.until("nothing is wanted", |state| state.streams.is_empty().then_some(()));
    let address = dvr.address();
    drop(dvr);
    let dvr = FakeDvr::start_on(address, script());
    ask(&rig, 1, DiagnoseTarget::Device(device.id));
    let shown = end(&rig, 1);
    assert_eq!(
        failed(&shown.trace),
        Some((StepName::Tls, FailureKind::CertificateChanged)),
        "{:#?}",
        shown.trace
    );
    assert_eq!(all_texts(&shown.trace), "");
    assert!(dvr.seen().iter().all(|seen| seen.requests.is_empty()));
}

/// The wall of one channel that fails: as many connects, and as many attempts counted, as by *Retry now*.
#[test]
fn a_diagnosis_of_what_fails_on_the_wall_costs_what_retry_now_costs() {
    let cost = |by_diagnosis: bool| {
        let dvr = FakeDvr::start(Script {
            faults: vec![DvrFault::always(
                Step::Describe,
                Answer::status(404, "Stream Not Found"),
            )],
            ..with_sign_in()
        });
        let rig = EngineRig::new();
        let device = rig.add(&dvr, Some("secret"));
        let stream = rig.show(device.id);
        rig.until_state(stream, "no-such-channel");
        let (seen, attempts) = (dvr.seen().len(), rig.state().totals.attempts);
        if by_diagnosis {
            ask(&rig, 1, DiagnoseTarget::Stream(stream));
            let shown = end(&rig, 1);
            assert_eq!(
                failed(&shown.trace),
                Some((StepName::Describe, FailureKind::NoSuchChannel))
            );
            assert!(all_texts(&shown.trace).contains("404 Stream Not Found"));
        } else {
            rig.send(Command::RetryNow(device.id));
            rig.until("the second attempt", |state| {
                (state.totals.attempts > attempts).then_some(())
            });
            rig.until_state(stream, "no-such-channel");
        }
        let totals = rig.state().totals;
        (dvr.seen().len() - seen, totals.attempts - attempts, totals.failed)
    };
    assert_eq!(cost(true), cost(false));
}

#[test]
fn a_stream_that_comes_back_by_a_diagnosis_stays_on_the_wall() {
    let dvr = FakeDvr::start(Script {
        faults: vec![DvrFault::once(Step::Describe, Answer::status(404, "Stream Not Found"))],
        ..Script::default()
    });
    let rig = EngineRig::new();
    let device = rig.add(&dvr, None);
    let stream = rig.show(device.id);
    rig.until_state(stream, "no-such-channel");
    ask(&rig, 1, DiagnoseTarget::Device(device.id));
    assert_eq!(end(&rig, 1).trace.verdict(), Some(Verdict::Works));
    rig.until_state(stream, "live");
    assert_eq!(dvr.seen().len(), 2, "the picture of the trace is the one of the wall");
    // What plays is diagnosed by a connection of its own, once.
    ask(&rig, 2, DiagnoseTarget::Stream(stream));
    assert_eq!(end(&rig, 2).trace.verdict(), Some(Verdict::Works));
    assert_eq!(dvr.seen().len(), 3);
    rig.until_state(stream, "live");
}

#[test]
fn an_unknown_device_is_not_diagnosed() {
    let rig = EngineRig::new();
    let device = DeviceId(7);
    ask(&rig, 1, DiagnoseTarget::Device(device));
    let channel = ChannelId { device, number: 1 };
    let kind = StreamKind::Main;
    ask(&rig, 2, DiagnoseTarget::Stream(StreamId { channel, kind }));
    rig.send(Command::SaveSettings(Box::new(Settings {
        internal_network_only: true,
        ..Settings::default()
    })));
    rig.until("the settings", |state| {
        state.settings.internal_network_only.then_some(())
    });
    assert!(rig.state().traces.is_empty());
}

/// Passwords of all kinds, by every sign-in, in what was said and answered.
#[test]
fn no_secret_stands_in_a_trace_whatever_the_password_and_the_way_to_sign_in() {
    for (auth, password) in [
        (Auth::Basic, "s3cret/+?&"),
        (Auth::DigestPlain, "p@ss:日本"),
        (Auth::DigestMd5, "with \"quotes\" and \\"),
        (Auth::DigestSha256, "s3cret"),
        (Auth::BasicCloses, "s3cret"),
    ] {
        let dvr = FakeDvr::start(Script {
            auth,
            password: password.to_owned(),
            ..Script::default()
        });
        let rig = EngineRig::new();
        ask(&rig, 1, draft(&edit_of(&dvr, Some(password))));
        let shown = end(&rig, 1);
        assert_eq!(
            shown.trace.verdict(),
            Some(Verdict::Works),
            "{auth:?}: {:#?}",
            shown.trace
        );
        let text = all_texts(&shown.trace);
        for form in forms("admin", password) {
            assert!(!text.contains(&form), "{auth:?}: {form} stands in {text}");
        }
        // Nor what proves that it is known.
        assert!(
            !text.contains("response=") || text.contains("response=\"***\""),
            "{text}"
        );
        assert!(text.contains("Authorization: "), "{text}");
    }
}

#[test]
fn no_secret_stands_in_what_onvif_said_and_answered() {
    const PASSWORD: &str = "s3cret & more";
    for sign_in in [
        SignInHabit::Token,
        SignInHabit::Digest {
            sha256: false,
            nonce_each: true,
        },
    ] {
        let dvr = FakeDvr::start(Script {
            password: PASSWORD.to_owned(),
            ..with_sign_in()
        });
        let recorder = FakeOnvif::start(ScriptedHabits {
            sign_in,
            password: PASSWORD.to_owned(),
            channels: 2,
            ..ScriptedHabits::default()
        });
        let rig = EngineRig::new();
        let mut edit = edit_of(&dvr, Some(PASSWORD));
        edit.device.onvif = Some(OnvifPlace::at(recorder.port()));
        ask(&rig, 1, draft(&edit));
        let shown = end(&rig, 1);
        assert!(shown.trace.onvif().failed().is_none(), "{:#?}", shown.trace.onvif());
        let steps = shown.trace.onvif().steps();
        let text: String = steps
            .iter()
            .flat_map(|step| &step.exchanges)
            .map(|exchange| format!("{}\n", exchange.text))
            .collect();
        for part in ["GetSystemDateAndTime", "GetDeviceInformation", "GetStreamUri", "NVR-64"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for form in forms("admin", PASSWORD) {
            assert!(!text.contains(&form), "{form} stands in {text}");
        }
        for proof in ["wsse:Password", "wsse:Nonce", "response=\""] {
            assert!(!text.contains(proof), "{proof} stands in {text}");
        }
    }
}

#[test]
fn an_attempt_that_is_under_way_is_taken_over_and_ends_with_its_page() {
    let dvr = FakeDvr::start(Script {
        faults: vec![DvrFault::always(Step::Describe, Answer::Silence)],
        ..Script::default()
    });
    let rig = EngineRig::new();
    let device = rig.add(&dvr, None);
    let stream = rig.show(device.id);
    rig.until("it waits for its description", |state| {
        let tile = &state.streams.get(&stream)?.state;
        matches!(tile, TileState::Connecting { stage, .. } if *stage == Stage::Describe).then_some(())
    });
    ask(&rig, 1, DiagnoseTarget::Stream(stream));
    let trace = rig.until("the step that is under way", |state| {
        let shown = state.traces.last()?;
        (shown.trace.stream().current()?.name == StepName::Describe).then(|| Arc::clone(shown))
    });
    let greeting = trace.trace.stream().step(StepName::Greeting).unwrap();
    assert_eq!((greeting.fact.clone(), greeting.took), (Some(StepFact::Earlier), None));
    assert_eq!(dvr.seen().len(), 1, "no other connect");
    rig.send(Command::Show(Vec::new()));
    assert_eq!(end(&rig, 1).trace.verdict(), None);
}

/// The ways in which a sign-in may have been written.
fn forms(user: &str, password: &str) -> Vec<String> {
    let percent = |keep: &[u8]| -> String {
        let one = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || keep.contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        password.bytes().map(one).collect()
    };
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = vec![
        password.to_owned(),
        percent(b""),
        percent(b"-._~"),
        password.replace('\\', "\\\\").replace('"', "\\\""),
        password.replace('&', "&amp;"),
        hex(password.as_bytes()),
        hex(&utf16),
        base64(password.as_bytes()).trim_end_matches('=').to_owned(),
        base64(&utf16).trim_end_matches('=').to_owned(),
        base64(format!("{user}:{password}").as_bytes()),
    ];
    forms.dedup();
    forms
}
