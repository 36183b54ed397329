//! *Test* in the device editor.

use std::time::Duration;

use device::{DeviceId, StreamKind};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Clock, Command, Frame, TestState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, MemoryLimit, Stage, TlsObstacle, TransportObstacle};

use super::rig::{Window, fill, has, has_part, press, registry, window, wrong};

fn asked(language: Language, test: &str) -> Window {
    let mut window = window(language, registry(&["Lobby"]));
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    press(&mut window, test);
    window
}

fn took(steps: &[(Stage, u64)]) -> Vec<(Stage, Duration)> {
    steps
        .iter()
        .map(|(step, ms)| (*step, Duration::from_millis(*ms)))
        .collect()
}

#[test]
fn the_test_asks_for_channel_1_main_of_what_stands_in_the_form() {
    let mut window = window(Language::En, registry(&["Lobby"]));
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    fill(&mut window, "RTSP port", "8554");
    press(&mut window, "Test");
    let Some(Command::Test(request)) = window.state().sent.last() else {
        panic!("no test")
    };
    assert_eq!((request.edit.device.port, request.edit.device.id), (8554, DeviceId(1)));
    assert_eq!(
        (request.stream.channel.number, request.stream.kind),
        (1, StreamKind::Main)
    );
    assert_eq!(window.state().device("Lobby").port, 554, "nothing is saved by a test");
}

#[test]
fn a_device_is_tested_before_it_has_a_name_and_errors_come_first() {
    let mut window = window(Language::En, registry(&["Lobby"]));
    window.state_mut().dialog.open_new_device(None);
    window.run();
    press(&mut window, "Test");
    assert!(wrong(&window, "Host name or address").is_some());
    assert!(window.state().sent.is_empty());
    fill(&mut window, "Host name or address", "192.168.0.77");
    press(&mut window, "Test");
    assert!(matches!(window.state().sent[..], [Command::Test(_)]));
}

#[test]
fn every_step_shows_how_long_it_took_and_the_first_picture_is_painted() {
    for (language, test, connect, now, passed, picture) in [
        (
            Language::En,
            "Test",
            "8 ms",
            "now",
            "The first picture came: H.264, 1280 × 720",
            "First picture of channel 1",
        ),
        (
            Language::Ja,
            "テスト",
            "8 ミリ秒",
            "実行中",
            "最初の映像を受信しました：H.264、1280 × 720",
            "チャンネル 1 の最初の映像",
        ),
    ] {
        let mut window = asked(language, test);
        let since = window.state().now.now;
        let stage = Stage::Options;
        window
            .state_mut()
            .test_is(took(&[(Stage::Connect, 8)]), TestState::Running { stage, since });
        window.run();
        assert!(has(&window, connect) && has(&window, now));
        assert!(!has(&window, picture));
        let all = took(&[
            (Stage::Connect, 8),
            (Stage::Options, 5),
            (Stage::Describe, 31),
            (Stage::Setup, 9),
            (Stage::Play, 7),
            (Stage::Media, 99),
        ]);
        let codec = "H.264".to_owned();
        let slot = window.state_mut().test_is(
            all,
            TestState::Passed {
                codec,
                width: 1280,
                height: 720,
            },
        );
        slot.publish(Frame {
            width: 4,
            height: 2,
            data: vec![200; 32].into(),
            order: monomi::bridge::PixelOrder::Rgba,
            number: 1,
            at: window.state().now.now,
        });
        window.run();
        assert!(has(&window, passed) && !has(&window, now));
        assert!(window.get_by_role_and_label(Role::Image, picture).rect().width() > 100.0);
    }
}

#[test]
fn a_failure_names_the_step_the_reason_the_devices_words_and_what_to_do() {
    for (language, test, step, reason, detail, advice) in [
        (
            Language::En,
            "Test",
            "Failed at: Sign in (DESCRIBE)",
            "The device does not accept the user or the password",
            "The device says: “401 Unauthorized”",
            "Check user and password",
        ),
        (
            Language::Ja,
            "テスト",
            "失敗した手順：ログインする（DESCRIBE）",
            "ユーザー名またはパスワードが受け付けられませんでした",
            "機器の応答：「401 Unauthorized」",
            "ユーザー名とパスワード、",
        ),
    ] {
        let mut window = asked(language, test);
        let failure = Failure {
            kind: FailureKind::Auth,
            stage: Stage::Describe,
            detail: "401 Unauthorized".to_owned(),
        };
        window.state_mut().test_is(
            took(&[(Stage::Connect, 8), (Stage::Options, 5)]),
            TestState::Failed(failure),
        );
        window.run();
        for text in [step, reason, detail] {
            assert!(has(&window, text), "{text}");
        }
        assert!(has_part(&window, advice));
    }
}

#[test]
fn the_wait_for_the_turn_is_a_row_of_its_own() {
    for (language, test, wait, waited) in [
        (Language::En, "Test", "Waited for its turn", "2433 ms"),
        (Language::Ja, "テスト", "順番待ち", "2433 ミリ秒"),
    ] {
        let mut window = asked(language, test);
        window.state_mut().waited = Some(Duration::from_millis(2_433));
        let done = took(&[(Stage::Resolve, 4)]);
        let (stage, since) = (Stage::Connect, window.state().now.now);
        window.state_mut().test_is(done, TestState::Running { stage, since });
        window.run();
        assert!(has(&window, wait) && has(&window, waited));
    }
}

#[test]
fn a_remembered_refusal_marks_no_step_and_says_when_it_was() {
    for (language, test, title, reason, failed, said) in [
        (
            Language::En,
            "Test",
            "Not asked again",
            "The device refused this user and password at 13:29:41",
            "failed",
            "The device says",
        ),
        (
            Language::Ja,
            "テスト",
            "問い合わせていません",
            "このユーザー名とパスワードは 13:29:41 に機器に拒否されています",
            "失敗",
            "機器の応答",
        ),
    ] {
        let mut window = asked(language, test);
        window.state_mut().not_asked = Some(Clock {
            hour: 13,
            minute: 29,
            second: 41,
            ..Clock::default()
        });
        let failure = Failure {
            kind: FailureKind::Auth,
            stage: Stage::Resolve,
            detail: "401 Unauthorized".to_owned(),
        };
        window.state_mut().test_is(Vec::new(), TestState::Failed(failure));
        window.run();
        assert!(has(&window, title) && has(&window, reason));
        assert!(!has(&window, failed) && !has_part(&window, said));
    }
}

#[test]
fn what_the_resolver_or_the_system_says_is_not_put_into_the_devices_mouth() {
    for (language, test, said) in [
        (Language::En, "Test", "The device says"),
        (Language::Ja, "テスト", "機器の応答"),
    ] {
        for (kind, stage, detail) in [
            (
                FailureKind::Unreachable,
                Stage::Resolve,
                "failed to lookup address information: Name or service not known",
            ),
            (FailureKind::Local, Stage::Connect, "Too many open files (os error 24)"),
            (FailureKind::PasswordStore, Stage::Resolve, "the keyring is locked"),
            (FailureKind::Protocol, Stage::Media, "connection reset by peer"),
        ] {
            let mut window = asked(language, test);
            let detail = detail.to_owned();
            let failure = Failure { kind, stage, detail };
            window
                .state_mut()
                .test_is(Vec::new(), TestState::Failed(failure.clone()));
            window.run();
            assert!(
                !has_part(&window, said) && !has_part(&window, &failure.detail),
                "{failure:?}"
            );
        }
    }
}

#[test]
fn a_result_of_an_older_form_says_so() {
    let mut window = asked(Language::En, "Test");
    let failure = Failure {
        kind: FailureKind::Timeout,
        stage: Stage::Connect,
        detail: String::new(),
    };
    window.state_mut().test_is(Vec::new(), TestState::Failed(failure));
    window.run();
    assert!(!has(&window, "The form was changed since this test"));
    fill(&mut window, "RTSP port", "8554");
    assert!(has(&window, "The form was changed since this test"));
    assert!(has(&window, "Test again"));
}

#[test]
fn a_test_that_waits_counts_down_and_can_be_cancelled() {
    for (language, test, waiting, cancel) in [
        (Language::En, "Test", "Waiting for its turn: 8 s", "Cancel the test"),
        (Language::Ja, "テスト", "順番を待っています：8 秒", "テストを中止"),
    ] {
        let mut window = asked(language, test);
        let until = Some(window.state().now.now + Duration::from_millis(7_300));
        window.state_mut().test_is(Vec::new(), TestState::Waiting { until });
        window.run();
        assert!(has(&window, waiting));
        press(&mut window, cancel);
        let [Command::Test(request), Command::CancelTest(id)] = &window.state().sent[..] else {
            panic!("not cancelled")
        };
        assert_eq!(request.id, *id);
        assert!(has(&window, test) && !has(&window, waiting));
    }
}

#[test]
fn a_slow_recorder_is_waited_for_in_sight_and_can_be_cancelled() {
    for (language, test, reply, picture, cancel) in [
        (
            Language::En,
            "Test",
            "Waiting for the answer to DESCRIBE (12 s)",
            "Waiting for the first picture (40 s)",
            "Cancel the test",
        ),
        (
            Language::Ja,
            "テスト",
            "DESCRIBE への応答を待っています（12 秒）",
            "最初の映像を待っています（40 秒）",
            "テストを中止",
        ),
    ] {
        let mut window = asked(language, test);
        let now = window.state().now.now;
        let waits = |stage, seconds| TestState::Running {
            stage,
            since: now - Duration::from_secs(seconds),
        };
        window.state_mut().test_is(Vec::new(), waits(Stage::Describe, 1));
        window.run();
        assert!(!has(&window, reply), "a second is no wait");
        window.state_mut().test_is(Vec::new(), waits(Stage::Describe, 12));
        window.run();
        assert!(has(&window, reply));
        window.state_mut().test_is(Vec::new(), waits(Stage::Media, 40));
        window.run();
        assert!(has(&window, picture) && !has(&window, reply));
        press(&mut window, cancel);
        assert!(matches!(
            window.state().sent[..],
            [Command::Test(_), Command::CancelTest(_)]
        ));
    }
}

#[test]
fn closing_the_editor_cancels_a_test_that_runs() {
    let mut window = asked(Language::En, "Test");
    press(&mut window, "Cancel");
    assert!(matches!(
        window.state().sent[..],
        [Command::Test(_), Command::CancelTest(_)]
    ));
}

/// All kinds of failure; does not compile where one is missing.
macro_rules! every_kind {
    ($($kind:ident $({ $($field:ident: $value:expr),+ })?),+ $(,)?) => {{
        let _ = |kind: FailureKind| match kind { $(FailureKind::$kind { .. } => {}),+ };
        vec![$(FailureKind::$kind $({ $($field: $value),+ })?),+]
    }};
}

#[test]
fn every_failure_at_every_step_has_its_reason_and_its_advice() {
    let asks_to_wait = FailureKind::Limit {
        retry_after: Some(Duration::from_secs(30)),
    };
    let mut kinds = every_kind!(
        Refused,
        Timeout,
        Unreachable,
        NoRoute,
        Local,
        PasswordStore,
        Policy,
        Auth,
        Limit { retry_after: None },
        Protocol,
        SpeaksHttp,
        Undecodable,
        Tls,
        TlsHungUp,
        TlsUnspoken {
            obstacle: TlsObstacle::OldVersion
        },
        CertificateChanged,
        CertificateUnsure,
        NoSuchChannel,
        UnsupportedCodec,
        NoTransport {
            obstacle: TransportObstacle::Refused
        },
        TooLarge {
            width: 8_192,
            height: 8_192,
            limit: MemoryLimit::Stream
        },
    );
    kinds.push(FailureKind::TooLarge {
        width: 12_000,
        height: 3_000,
        limit: MemoryLimit::Together,
    });
    kinds.push(asks_to_wait);
    let obstacles = [
        TlsObstacle::NoCommonCipher,
        TlsObstacle::NotTls,
        TlsObstacle::ClientCertificate,
        TlsObstacle::UnusableCertificate,
        TlsObstacle::KeyNotProven,
        TlsObstacle::HangsUp,
    ];
    kinds.extend(obstacles.map(|obstacle| FailureKind::TlsUnspoken { obstacle }));
    let obstacles = [
        TransportObstacle::NotChosen,
        TransportObstacle::Silent,
        TransportObstacle::Unopened,
        TransportObstacle::Encrypted,
    ];
    kinds.extend(obstacles.map(|obstacle| FailureKind::NoTransport { obstacle }));
    let steps = [
        Stage::Resolve,
        Stage::Connect,
        Stage::Tls,
        Stage::Options,
        Stage::Describe,
        Stage::Setup,
        Stage::Play,
        Stage::Media,
    ];
    for (language, test, what_to_do) in [
        (Language::En, "Test", "What to do"),
        (Language::Ja, "テスト", "対処方法"),
    ] {
        let mut window = asked(language, test);
        for kind in kinds.iter().copied() {
            for stage in steps {
                window.state_mut().test_is(
                    Vec::new(),
                    TestState::Failed(Failure {
                        kind,
                        stage,
                        detail: String::new(),
                    }),
                );
                window.run();
                assert!(has(&window, what_to_do), "{kind:?} {stage:?}");
            }
        }
    }
}
