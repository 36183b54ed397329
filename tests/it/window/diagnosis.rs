//! *Diagnose*, by the labels on screen: from the tree, from a tile and from the menu; what a trace says, in both languages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Clock, Command, DiagnoseRequest, DiagnoseTarget, ProfileRequest, TraceId, TraceShown};
use monomi::i18n::Language;
use onvif::{DeviceIdentity, EnquiryFault, EnquiryResult, EnquiryStep, SignInRefusal};
use reconnect::{Failure, FailureKind, HeldBy, Stage};
use trace::{ExchangeKind, KnownWay, Neighbour, NoEnquiry, Note, Others, Trace, TraceSubject, WayKind};

use super::rig::{WindowRig, WindowSetup, cameras};
use super::screens::shoot;

/// Of the language: File, the entry there, the field, its button, Again, Copy, Cancel, the entry of a context menu.
fn labels(language: Language) -> [&'static str; 8] {
    match language {
        Language::En => [
            "File",
            "Diagnose…",
            "Device or host",
            "Diagnose this",
            "Again",
            "Copy as text",
            "Cancel",
            "Diagnose",
        ],
        Language::Ja => [
            "ファイル",
            "診断…",
            "機器またはホスト",
            "診断を開始",
            "もう一度",
            "テキストとしてコピー",
            "中止",
            "診断",
        ],
    }
}

fn asked(rig: &WindowRig) -> Option<DiagnoseRequest> {
    rig.sent().into_iter().rev().find_map(|command| match command {
        Command::Diagnose(request) => Some(*request),
        _ => None,
    })
}

fn open(language: Language, size: [f32; 2]) -> WindowRig {
    let mut setup = WindowSetup::new(language, cameras(4));
    setup.brands = monomi::store::brands();
    setup.size = size;
    setup.open()
}

fn ask_for(rig: &mut WindowRig, language: Language, typed: &str) {
    let [file, entry, field, start, ..] = labels(language);
    rig.click(file);
    rig.click(entry);
    rig.harness
        .get_by_role_and_label(egui::accesskit::Role::TextInput, field)
        .focus();
    rig.harness.run();
    rig.harness
        .get_by_role_and_label(egui::accesskit::Role::TextInput, field)
        .type_text(typed);
    rig.harness.run();
    rig.click(start);
}

fn show(rig: &mut WindowRig, id: TraceId, trace: Trace) {
    let clock = Clock {
        year: 2026,
        month: 11,
        day: 21,
        hour: 9,
        minute: 5,
        second: 42,
    };
    rig.change(move |state| state.traces = Arc::new(vec![Arc::new(TraceShown { id, clock, trace })]));
}

struct Maker {
    trace: Trace,
    start: Instant,
}

impl Maker {
    fn new(start: Instant) -> Self {
        let subject = TraceSubject {
            name: "本店DVR 1号機".to_owned(),
            site: "本店".to_owned(),
            host: "dvr.example.jp".to_owned(),
            port: 554,
            channel: 1,
            secure: false,
            is_registered: true,
        };
        Self {
            trace: Trace::new(subject, start),
            start,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn surveyed(mut self) -> Self {
        let ip = "192.0.2.9".parse().unwrap();
        self.trace.named(Ok(vec![ip]), false, self.at(3));
        self.trace.allowed(Ok(vec![ip]), false, self.at(4));
        let way = KnownWay {
            kind: WayKind::Router {
                router: "192.168.0.1".parse().unwrap(),
                interface: "eth0".to_owned(),
            },
            next: Neighbour::Answers,
        };
        self.trace.routed(way, self.at(6));
        self
    }

    fn note(&mut self, ms: u64, note: Note) {
        let at = self.at(ms);
        self.trace.note(note, at);
    }

    fn dialled(mut self) -> Self {
        self.note(900, Note::Reached(Stage::Resolve));
        self.note(901, Note::Dialling("192.0.2.9:554".parse().unwrap()));
        self
    }

    /// As far as the sign-in, which is refused.
    fn refused(mut self) -> Trace {
        let said = |text: &str| Note::Said(text.to_owned());
        let answered = |text: &str| Note::Answered(text.to_owned());
        self.note(914, Note::Reached(Stage::Options));
        self.note(
            914,
            said("OPTIONS rtsp://dvr.example.jp/ch1 RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Monomi/0.1.0\r\n"),
        );
        self.note(
            931,
            answered("RTSP/1.0 200 OK\nCSeq: 1\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\n"),
        );
        self.note(
            931,
            said("DESCRIBE rtsp://dvr.example.jp/ch1 RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n"),
        );
        let challenge = "RTSP/1.0 401 Unauthorized\nCSeq: 2\nWWW-Authenticate: Digest realm=\"DVR\", nonce=\"5f3a\"\n";
        self.note(958, answered(challenge));
        self.note(
            958,
            said("DESCRIBE rtsp://dvr.example.jp/ch1 RTSP/1.0\r\nCSeq: 3\r\nAuthorization: \"***\"\r\n"),
        );
        self.note(1_003, answered(challenge));
        let failure = Failure {
            kind: FailureKind::Auth,
            stage: Stage::Describe,
            detail: "401 Unauthorized".to_owned(),
        };
        self.note(1_003, Note::Failed(failure));
        self.trace.beside(Others {
            live: 3,
            failing: 0,
            all: 4,
        });
        self.trace.onvif_waits(None);
        let at = |ms| self.start + Duration::from_millis(ms);
        self.trace.onvif_dials(at(1_010));
        for (step, ms) in [
            (EnquiryStep::Clock, 1_020),
            (EnquiryStep::Services, 1_060),
            (EnquiryStep::Identity, 1_090),
        ] {
            self.trace.onvif_asks(step, at(ms));
            let text = "POST /onvif/device_service\n\n<s:Body>…</s:Body>";
            self.trace.onvif_told(ExchangeKind::Said, text, at(ms));
            self.trace.onvif_told(ExchangeKind::Answered, "HTTP 200", at(ms + 9));
        }
        let result = EnquiryResult {
            identity: DeviceIdentity {
                clock_offset: Some(37),
                ..DeviceIdentity::default()
            },
            failed: Some((EnquiryStep::Identity, EnquiryFault::SignIn(SignInRefusal::Missing))),
            ..EnquiryResult::default()
        };
        self.trace.onvif_ends(&result, at(1_130));
        self.trace
    }
}

#[test]
fn a_host_is_typed_and_a_wrong_one_is_told_in_its_place() {
    for language in Language::ALL {
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "no host!");
        assert!(asked(&rig).is_none(), "{language:?}");
        let said = match language {
            Language::En => "There is a space in the host name",
            Language::Ja => "ホスト名に空白が含まれています",
        };
        assert!(rig.is_shown(said), "{language:?}");
        drop(rig);
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "192.0.2.50:8554");
        let Some(DiagnoseRequest {
            target: DiagnoseTarget::Draft(edit, _),
            ..
        }) = asked(&rig)
        else {
            panic!("nothing was asked for");
        };
        assert_eq!(
            (edit.device.host.to_string().as_str(), edit.device.port),
            ("192.0.2.50", 8_554)
        );
        drop(rig);
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "dvr");
        let request = asked(&rig).expect("the device of this name");
        assert!(
            matches!(request.target, DiagnoseTarget::Device(id) if id.0 == 1),
            "{request:?}"
        );
    }
}

#[test]
fn a_trace_says_each_step_what_was_said_what_it_means_and_what_to_do() {
    for (language, step, verdict, meaning, others, onvif) in [
        (
            Language::En,
            "Sign in",
            "It is the recorder: it took the connection, so the network works.",
            "The device does not accept the user or the password",
            "Others at the same site: 4",
            "clock +37 s",
        ),
        (
            Language::Ja,
            "ログインする",
            "原因はレコーダーです。接続を受け付けたため、ネットワークは正常です。",
            "ユーザー名またはパスワードが受け付けられませんでした",
            "同じ拠点のほかの機器：4 台",
            "37",
        ),
    ] {
        let [.., again, copy, _, _] = labels(language);
        let mut rig = open(language, [1280.0, 900.0]);
        ask_for(&mut rig, language, "dvr");
        let id = asked(&rig).expect("a request").id;
        let start = rig.engine.state().now - Duration::from_secs(2);
        show(&mut rig, id, Maker::new(start).surveyed().dialled().refused());
        // The step that failed is the one that is looked at.
        let shown = |rig: &WindowRig, text: &str| rig.painted().iter().any(|painted| painted.contains(text));
        for text in [
            verdict,
            meaning,
            others,
            "WWW-Authenticate: Digest realm=\"DVR\"",
            "Authorization: \"***\"",
        ] {
            assert!(shown(&rig, text), "{language:?}: {text}: {:?}", rig.painted());
        }
        assert!(
            rig.harness.query_all_by_label(step).count() >= 2,
            "{language:?}: both ladders have it"
        );
        let greeting = match language {
            Language::En => "Greet (OPTIONS)",
            Language::Ja => "応答を確かめる（OPTIONS）",
        };
        rig.click(greeting);
        assert!(
            shown(&rig, "Public: OPTIONS, DESCRIBE"),
            "{language:?}: {:?}",
            rig.painted()
        );
        assert!(!shown(&rig, "WWW-Authenticate"), "{language:?}");
        rig.harness.get_by_label(copy).click();
        let copied = (0..4).find_map(|_frame| {
            rig.harness.step();
            let commands = &rig.harness.output().platform_output.commands;
            commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
        let copied = copied.expect("the text");
        for text in [
            verdict,
            meaning,
            others,
            onvif,
            "> OPTIONS rtsp://dvr.example.jp/ch1",
            "< RTSP/1.0 401",
            "ONVIF",
        ] {
            assert!(copied.contains(text), "{language:?}: {text}: {copied}");
        }
        assert!(
            copied.lines().next().is_some_and(|line| line.contains("本店DVR 1号機")),
            "{copied}"
        );
        rig.harness.run();
        rig.sent();
        rig.click(again);
        let second = asked(&rig).expect("once more");
        assert!(second.id != id && matches!(second.target, DiagnoseTarget::Device(_)));
    }
}

#[test]
fn a_wait_for_the_turn_is_counted_down_and_can_be_cancelled() {
    for (language, held, wait) in [
        (
            Language::En,
            "The site does not answer; one device is tried for all",
            "18 s",
        ),
        (Language::Ja, "拠点", "18 秒"),
    ] {
        let [.., cancel, _] = labels(language);
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "dvr");
        let id = asked(&rig).expect("a request").id;
        let now = rig.engine.state().now;
        let mut maker = Maker::new(now - Duration::from_secs(1)).surveyed();
        maker
            .trace
            .waits_until(Some(now + Duration::from_secs(18)), HeldBy::SiteOutage);
        show(&mut rig, id, maker.trace);
        let painted = rig.painted();
        assert!(
            painted.iter().any(|text| text.contains(held) && text.contains(wait)),
            "{language:?}: {painted:?}"
        );
        rig.sent();
        rig.click(cancel);
        assert!(
            rig.sent()
                .iter()
                .any(|command| matches!(command, Command::CancelDiagnosis(cancelled) if *cancelled == id)),
            "{language:?}"
        );
    }
}

#[test]
fn the_tree_offers_a_diagnosis_and_closing_ends_what_is_under_way() {
    for language in Language::ALL {
        let [.., entry] = labels(language);
        let mut rig = open(language, [1280.0, 800.0]);
        let is_row = |label: String| label.split([',', '、']).next() == Some("DVR");
        let row = rig.harness.get_by(|node| node.label().is_some_and(is_row));
        row.click_secondary();
        rig.harness.run();
        rig.click(entry);
        let request = asked(&rig).expect("a request");
        assert!(
            matches!(request.target, DiagnoseTarget::Device(id) if id.0 == 1),
            "{request:?}"
        );
        rig.press(egui::Key::Escape);
        assert!(
            rig.sent()
                .iter()
                .any(|command| matches!(command, Command::CancelDiagnosis(id) if *id == request.id)),
            "{language:?}"
        );
    }
}

#[test]
fn the_last_traces_are_in_a_problem_report() {
    let mut rig = open(Language::En, [1280.0, 800.0]);
    let start = rig.engine.state().now - Duration::from_secs(2);
    show(&mut rig, TraceId(1), Maker::new(start).surveyed().dialled().refused());
    rig.click("Help");
    rig.click("Report a problem…");
    let said = rig.sent().into_iter().find_map(|command| match command {
        Command::Profile { request, .. } => match *request {
            ProfileRequest::GatherReport { said, .. } => Some(said),
            _ => None,
        },
        _ => None,
    });
    let said = said.expect("what the window says for the report");
    let traces = said.iter().find(|file| file.name == "traces.txt").expect("the traces");
    for text in ["It is the recorder", "< RTSP/1.0 401 Unauthorized", "192.0.2.9:554"] {
        assert!(traces.text.contains(text), "{text}: {}", traces.text);
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn a_diagnosis_in_both_languages() {
    for (language, tag) in [(Language::En, "en"), (Language::Ja, "ja")] {
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "dvr");
        let id = asked(&rig).expect("a request").id;
        let start = rig.engine.state().now - Duration::from_secs(2);
        show(&mut rig, id, Maker::new(start).surveyed().dialled().refused());
        shoot(rig, &format!("diagnosis_{tag}"));
        let mut rig = open(language, [1280.0, 800.0]);
        ask_for(&mut rig, language, "dvr");
        let id = asked(&rig).expect("a request").id;
        let now = rig.engine.state().now;
        let mut maker = Maker::new(now - Duration::from_secs(2)).surveyed().dialled();
        let failure = Failure {
            kind: FailureKind::Timeout,
            stage: Stage::Connect,
            detail: String::new(),
        };
        maker.note(2_700, Note::Failed(failure));
        maker.trace.beside(Others {
            live: 0,
            failing: 3,
            all: 4,
        });
        maker.trace.onvif_not_asked(NoEnquiry::NothingAnswers);
        show(&mut rig, id, maker.trace);
        shoot(rig, &format!("diagnosis_silent_{tag}"));
    }
}
