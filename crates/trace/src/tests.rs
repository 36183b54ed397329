//! Traces with times of their own.

use std::time::{Duration, Instant};

use onvif::{DeviceIdentity, EnquiryFault, EnquiryResult, EnquiryStep, SignInRefusal};
use reconnect::{Failure, FailureKind, HeldBy, Stage};

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn failure(kind: FailureKind, stage: Stage) -> Failure {
    Failure {
        kind,
        stage,
        detail: String::new(),
    }
}

fn by_router(next: Neighbour) -> KnownWay {
    KnownWay {
        kind: WayKind::Router {
            router: "192.168.0.1".parse().unwrap(),
            interface: "eth0".to_owned(),
        },
        next,
    }
}

/// A trace whose attempt has its turn after so long.
fn surveyed(start: Instant, turn: u64) -> Trace {
    let mut trace = Trace::new(TraceSubject::default(), start);
    let ip = "192.0.2.9".parse().unwrap();
    trace.named(Ok(vec![ip]), false, start + ms(3));
    trace.allowed(Ok(vec![ip]), false, start + ms(4));
    trace.routed(by_router(Neighbour::Unknown), start + ms(6));
    trace.note(Note::Reached(Stage::Resolve), start + ms(turn));
    trace.note(Note::Dialling("192.0.2.9:554".parse().unwrap()), start + ms(turn));
    trace
}

fn steps(ladder: &Ladder) -> Vec<(StepName, bool, Option<u64>)> {
    ladder
        .steps()
        .iter()
        .map(|step| {
            let took = step.took.map(|took| took.as_millis() as u64);
            (step.name, step.state == StepState::Done, took)
        })
        .collect()
}

fn texts(trace: &Trace, name: StepName) -> Vec<&str> {
    let step = trace.stream().step(name).unwrap();
    step.exchanges
        .iter()
        .map(|exchange| exchange.text.lines().next().unwrap())
        .collect()
}

#[test]
fn each_step_has_its_own_time_and_what_was_said_in_it() {
    let start = Instant::now();
    let mut trace = surveyed(start, 1_000);
    let at = |trace: &mut Trace, ms_: u64, note| trace.note(note, start + ms(ms_));
    let said = |text: &str| Note::Said(text.to_owned());
    let answered = |text: &str| Note::Answered(text.to_owned());
    at(&mut trace, 1_010, Note::Reached(Stage::Options));
    at(&mut trace, 1_010, said("OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"));
    at(&mut trace, 1_015, answered("RTSP/1.0 200 OK\n"));
    at(
        &mut trace,
        1_015,
        said("DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 2\r\n\r\n"),
    );
    at(&mut trace, 1_015, Note::Reached(Stage::Describe));
    at(
        &mut trace,
        1_035,
        answered("RTSP/1.0 401 Unauthorized\nWWW-Authenticate: Digest\n"),
    );
    at(
        &mut trace,
        1_035,
        said("DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 3\r\nAuthorization: \"***\"\r\n\r\n"),
    );
    at(&mut trace, 1_060, answered("RTSP/1.0 200 OK\n\nv=0"));
    at(
        &mut trace,
        1_060,
        said("SETUP rtsp://h/t1 RTSP/1.0\r\nAuthorization: \"***\"\r\n\r\n"),
    );
    at(&mut trace, 1_070, answered("RTSP/1.0 200 OK\n"));
    at(
        &mut trace,
        1_070,
        said("PLAY rtsp://h/ RTSP/1.0\r\nAuthorization: \"***\"\r\n\r\n"),
    );
    at(&mut trace, 1_080, answered("RTSP/1.0 200 OK\n"));
    at(&mut trace, 1_080, Note::Playing("H.264".to_owned()));
    at(&mut trace, 1_120, Note::Packet);
    at(&mut trace, 1_500, Note::KeyFrame);
    let picture = Note::Picture {
        codec: "H.264".to_owned(),
        width: 704,
        height: 480,
    };
    assert!(!trace.stream().is_over());
    at(&mut trace, 1_540, picture);
    use StepName as Is;
    assert_eq!(
        steps(trace.stream()),
        [
            (Is::Name, true, Some(3)),
            (Is::Policy, true, Some(1)),
            (Is::Route, true, Some(2)),
            (Is::Turn, true, Some(994)),
            (Is::Connect, true, Some(10)),
            (Is::Tls, false, None),
            (Is::Greeting, true, Some(5)),
            (Is::SignIn, true, Some(20)),
            (Is::Describe, true, Some(25)),
            (Is::Setup, true, Some(10)),
            (Is::FirstPacket, true, Some(50)),
            (Is::FirstKeyFrame, true, Some(380)),
            (Is::FirstPicture, true, Some(40)),
        ]
    );
    assert_eq!(
        texts(&trace, Is::SignIn),
        ["DESCRIBE rtsp://h/ RTSP/1.0", "RTSP/1.0 401 Unauthorized"]
    );
    assert_eq!(
        texts(&trace, Is::Describe),
        ["DESCRIBE rtsp://h/ RTSP/1.0", "RTSP/1.0 200 OK"]
    );
    let sign_in = trace.stream().step(Is::SignIn).unwrap();
    assert_eq!(sign_in.fact, Some(StepFact::SignedIn));
    assert_eq!(trace.verdict(), Some(Verdict::Works));
    assert_eq!(trace.age(start + ms(9_999)), ms(1_540), "its time stands still");
}

#[test]
fn a_failure_stands_at_its_step_and_ends_what_comes_after() {
    let start = Instant::now();
    let rows = [
        (
            FailureKind::Refused,
            Stage::Connect,
            StepName::Connect,
            Verdict::PortClosed,
        ),
        (
            FailureKind::Timeout,
            Stage::Connect,
            StepName::Connect,
            Verdict::Unknown,
        ),
        (
            FailureKind::CertificateChanged,
            Stage::Tls,
            StepName::Tls,
            Verdict::Recorder,
        ),
        (
            FailureKind::Timeout,
            Stage::Options,
            StepName::Greeting,
            Verdict::Recorder,
        ),
        (FailureKind::Auth, Stage::Describe, StepName::SignIn, Verdict::Recorder),
        (
            FailureKind::NoSuchChannel,
            Stage::Describe,
            StepName::Describe,
            Verdict::Recorder,
        ),
        (
            FailureKind::Timeout,
            Stage::Media,
            StepName::FirstPacket,
            Verdict::Recorder,
        ),
        (
            FailureKind::Undecodable,
            Stage::Media,
            StepName::FirstPicture,
            Verdict::Recorder,
        ),
        (FailureKind::Policy, Stage::Resolve, StepName::Policy, Verdict::Policy),
        (FailureKind::NoRoute, Stage::Connect, StepName::Route, Verdict::NoWay),
        (
            FailureKind::PasswordStore,
            Stage::Resolve,
            StepName::Turn,
            Verdict::ThisComputer,
        ),
        (FailureKind::Unreachable, Stage::Resolve, StepName::Name, Verdict::Name),
    ];
    for (kind, stage, step, verdict) in rows {
        let mut trace = surveyed(start, 50);
        if stage > Stage::Connect {
            trace.note(Note::Reached(stage), start + ms(60));
        }
        trace.note(Note::Failed(failure(kind, stage)), start + ms(200));
        let failed = trace.stream().failed().map(|step| step.name);
        assert_eq!((failed, trace.verdict()), (Some(step), Some(verdict)), "{kind:?}");
        let after = trace.stream().steps().iter().filter(|step| step.name > failed.unwrap());
        assert!(
            after
                .clone()
                .all(|step| step.state != StepState::Done && step.state != StepState::Running)
        );
        // What comes later changes nothing.
        trace.note(Note::Packet, start + ms(300));
        assert_eq!(trace.stream().failed().map(|step| step.name), Some(step));
    }
}

#[test]
fn the_networks_part_is_told_apart_from_the_recorders() {
    let start = Instant::now();
    let silent = || {
        let mut trace = surveyed(start, 50);
        trace.note(
            Note::Failed(failure(FailureKind::Timeout, Stage::Connect)),
            start + ms(1_850),
        );
        trace
    };
    let others = |live, failing| Others { live, failing, all: 9 };
    for (beside, verdict) in [
        (others(3, 1), Verdict::RecorderAlone { live: 3 }),
        (others(0, 4), Verdict::WholeSite { failing: 4 }),
        (others(0, 0), Verdict::Unknown),
    ] {
        let mut trace = silent();
        trace.beside(beside);
        assert_eq!(trace.verdict(), Some(verdict));
    }
    let mut trace = silent();
    trace.beside(others(0, 4));
    trace.looks_again();
    trace.onvif_not_asked(NoEnquiry::NothingAnswers);
    assert!(!trace.is_over(), "the tables are read once more");
    trace.looked_again(by_router(Neighbour::Silent));
    assert_eq!(trace.verdict(), Some(Verdict::Router("192.168.0.1".parse().unwrap())));
    assert!(trace.is_over());
    let mut trace = silent();
    trace.looked_again(KnownWay {
        kind: WayKind::Direct {
            interface: "eth0".to_owned(),
        },
        next: Neighbour::Silent,
    });
    assert_eq!(trace.verdict(), Some(Verdict::NobodyThere));
}

#[test]
fn a_forbidden_host_and_one_without_a_way_end_before_the_turn() {
    let start = Instant::now();
    let ip = "203.0.113.9".parse().unwrap();
    let mut trace = Trace::new(TraceSubject::default(), start);
    trace.named(Ok(vec![ip]), true, start);
    trace.allowed(Err(Failure::forbidden(ip)), true, start);
    assert_eq!(trace.verdict(), Some(Verdict::Policy));
    let mut trace = Trace::new(TraceSubject::default(), start);
    trace.named(Ok(vec![ip]), true, start);
    trace.allowed(Ok(vec![ip]), false, start);
    let way = KnownWay {
        kind: WayKind::None,
        next: Neighbour::Unknown,
    };
    trace.routed(way, start);
    assert_eq!(trace.verdict(), Some(Verdict::NoWay));
    assert_eq!(trace.waits(), None);
}

#[test]
fn a_wait_for_the_turn_is_shown_only_while_it_lasts() {
    let start = Instant::now();
    let mut trace = Trace::new(TraceSubject::default(), start);
    let ip = "192.0.2.9".parse().unwrap();
    trace.named(Ok(vec![ip]), true, start);
    trace.allowed(Ok(vec![ip]), false, start);
    trace.routed(by_router(Neighbour::Answers), start);
    trace.waits_until(Some(start + ms(20_000)), HeldBy::SiteOutage);
    assert_eq!(trace.waits().map(|waits| waits.held_by), Some(HeldBy::SiteOutage));
    trace.note(Note::Reached(Stage::Resolve), start + ms(20_000));
    assert_eq!(trace.waits(), None);
}

#[test]
fn a_redirect_is_done_anew_and_an_attempt_under_way_goes_on() {
    let start = Instant::now();
    let mut trace = surveyed(start, 10);
    let describe = || Note::Said("DESCRIBE rtsp://h/ RTSP/1.0\r\n".to_owned());
    trace.note(describe(), start + ms(30));
    trace.note(Note::Answered("RTSP/1.0 302 Moved\n".to_owned()), start + ms(40));
    trace.note(Note::Redirected("192.0.2.10:554".to_owned()), start + ms(40));
    trace.note(Note::Dialling("192.0.2.10:554".parse().unwrap()), start + ms(50));
    let connect = trace.stream().step(StepName::Connect).unwrap();
    assert_eq!(connect.fact, Some(StepFact::At("192.0.2.10:554".parse().unwrap())));
    assert_eq!(
        trace.stream().step(StepName::Describe).unwrap().state,
        StepState::ToCome
    );
    trace.note(describe(), start + ms(60));
    assert_eq!(texts(&trace, StepName::Describe).len(), 3, "what was said before stays");
    assert_eq!(trace.redirects(), ["192.0.2.10:554"]);

    let mut trace = Trace::new(TraceSubject::default(), start);
    trace.adopts(Stage::Setup, start);
    let connect = trace.stream().step(StepName::Connect).unwrap();
    assert_eq!((connect.fact.clone(), connect.took), (Some(StepFact::Earlier), None));
    assert_eq!(trace.stream().current().map(|step| step.name), Some(StepName::Setup));
}

#[test]
fn the_steps_of_an_enquiry_have_their_own_times_and_a_sign_in_is_one_of_them() {
    let start = Instant::now();
    let mut trace = surveyed(start, 0);
    trace.onvif_waits(None);
    trace.onvif_dials(start + ms(100));
    for (step, at) in [
        (EnquiryStep::Clock, 110),
        (EnquiryStep::Services, 130),
        (EnquiryStep::Identity, 160),
        // The same once more, signed.
        (EnquiryStep::Identity, 200),
        (EnquiryStep::Profiles, 250),
        (EnquiryStep::Streams, 300),
    ] {
        trace.onvif_asks(step, start + ms(at));
        trace.onvif_told(ExchangeKind::Said, "POST /onvif", start + ms(at));
        trace.onvif_told(ExchangeKind::Answered, "HTTP 200", start + ms(at + 5));
    }
    let result = EnquiryResult {
        identity: DeviceIdentity {
            model: "NVR".to_owned(),
            clock_offset: Some(37),
            ..DeviceIdentity::default()
        },
        done: vec![(EnquiryStep::Identity, ms(1))],
        ..EnquiryResult::default()
    };
    trace.onvif_ends(&result, start + ms(340));
    let took: Vec<_> = steps(trace.onvif())
        .into_iter()
        .map(|(_, _, took)| took.unwrap())
        .collect();
    assert_eq!(took, [10, 20, 30, 40, 50, 90]);
    let clock = trace.onvif().step(StepName::OnvifClock).unwrap();
    assert_eq!(clock.fact, Some(StepFact::Clock(37)));

    let mut trace = surveyed(start, 0);
    trace.onvif_waits(None);
    trace.onvif_dials(start);
    trace.onvif_asks(EnquiryStep::Identity, start);
    let refused = EnquiryResult {
        failed: Some((EnquiryStep::Identity, EnquiryFault::SignIn(SignInRefusal::Missing))),
        ..EnquiryResult::default()
    };
    trace.onvif_ends(&refused, start + ms(9));
    assert_eq!(
        trace.onvif().failed().map(|step| step.name),
        Some(StepName::OnvifSignIn)
    );
    assert_eq!(trace.onvif_state(), OnvifState::Over);
}

#[test]
fn what_a_device_says_is_bounded() {
    let start = Instant::now();
    let mut trace = surveyed(start, 0);
    let long = format!("RTSP/1.0 200 OK\n{}", "日".repeat(LONGEST_TEXT));
    for _ in 0..100 {
        trace.note(Note::Said("OPTIONS rtsp://h/ RTSP/1.0".to_owned()), start);
        trace.note(Note::Answered(long.clone()), start);
    }
    let greeting = trace.stream().step(StepName::Greeting).unwrap();
    assert_eq!(greeting.exchanges.len(), MOST_EXCHANGES);
    assert!(
        greeting
            .exchanges
            .iter()
            .all(|exchange| exchange.text.len() <= LONGEST_TEXT + 3)
    );
}
