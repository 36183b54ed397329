//! *Ask by ONVIF* in the device editor: each channel with its result, in the form before anything is saved.

use std::sync::Arc;

use device::{DeviceId, Paths};
use monomi::bridge::{Command, EnquiryState, KnownIdentity};
use monomi::i18n::Language;
use onvif::{
    DeviceIdentity, EnquiryFault, EnquiryResult, EnquiryStep, Lockout, OfferedChannel, OfferedStream, SignInRefusal,
    StreamPlace,
};

use super::rig::{Window, click, fill, has, has_part, press, registry, window};

fn asked(language: Language, start: &str) -> Window {
    let mut window = window(language, registry(&["Lobby"]));
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    press(&mut window, start);
    window
}

fn stream(target: Option<&str>, codec: &str, width: u32, height: u32) -> OfferedStream {
    let place = target.map(|target| StreamPlace {
        port: Some(554),
        secure: false,
        target: target.to_owned(),
    });
    OfferedStream {
        token: String::new(),
        codec: codec.to_owned(),
        width,
        height,
        place: Some(place.ok_or_else(|| "no such profile".to_owned())),
    }
}

fn found() -> EnquiryResult {
    let channel = |name: &str, main: OfferedStream| OfferedChannel {
        name: name.to_owned(),
        main,
        sub: None,
        ptz: None,
    };
    EnquiryResult {
        identity: DeviceIdentity {
            maker: "Emstone".to_owned(),
            model: "NVR-64".to_owned(),
            firmware: "V4".to_owned(),
            serial: "SN1".to_owned(),
            clock_offset: Some(37),
        },
        channels: vec![
            channel("正門", stream(Some("/a"), "H.265", 3840, 2160)),
            channel("", stream(None, "H.264", 704, 480)),
            channel("", stream(Some("/c"), "H.264", 1920, 1080)),
        ],
        ..EnquiryResult::default()
    }
}

#[test]
fn what_a_recorder_tells_is_in_the_form_and_saved_only_by_save() {
    for (language, start, clock, save) in [
        (Language::En, "Ask by ONVIF", "clock +37 s", "Save"),
        (Language::Ja, "ONVIF で取得", "時計 +37 秒", "保存"),
    ] {
        let mut window = asked(language, start);
        let Some(Command::Enquire(request)) = window.state().sent.last() else {
            panic!("nothing was asked");
        };
        assert_eq!((request.place.port, request.edit.device.id), (80, DeviceId(1)));
        window.state_mut().enquiry_is(EnquiryState::Done(Arc::new(found())));
        window.run();
        assert!(has(&window, clock), "{language:?}");
        assert!(has_part(&window, "正門 · ") && has_part(&window, "H.265 3840 × 2160"));
        assert!(
            matches!(window.state().device("Lobby").paths, Paths::Own { .. }),
            "nothing is saved yet"
        );
        press(&mut window, save);
        let device = window.state().device("Lobby");
        let Paths::Listed(listed) = &device.paths else {
            panic!("{:?}", device.paths);
        };
        assert_eq!(
            listed.iter().map(|paths| paths.main.as_str()).collect::<Vec<_>>(),
            ["/a", "/c"]
        );
        assert_eq!((device.channels.len(), device.channels[0].name.as_str()), (2, "正門"));
        assert!(device.onvif.is_some());
    }
}

#[test]
fn a_refusal_says_what_is_left_and_changes_nothing() {
    for (language, start, left) in [
        (Language::En, "Ask by ONVIF", "It allows 2 more tries."),
        (Language::Ja, "ONVIF で取得", "残りの試行回数は 2 回です。"),
    ] {
        let mut window = asked(language, start);
        let refused = SignInRefusal::Refused {
            text: "You still have 2 attempt(s)".to_owned(),
            lockout: Lockout {
                attempts_left: Some(2),
                ..Lockout::default()
            },
            clock: None,
        };
        let result = EnquiryResult {
            failed: Some((EnquiryStep::Identity, EnquiryFault::SignIn(refused))),
            ..EnquiryResult::default()
        };
        window.state_mut().enquiry_is(EnquiryState::Done(Arc::new(result)));
        window.run();
        assert!(has_part(&window, left), "{language:?}");
        assert!(matches!(window.state().device("Lobby").paths, Paths::Own { .. }));
    }
}

#[test]
fn the_port_is_typed_and_cancelling_is_told() {
    let mut window = window(Language::En, registry(&["Lobby"]));
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    fill(&mut window, "ONVIF port", "8899");
    press(&mut window, "Ask by ONVIF");
    let Some(Command::Enquire(request)) = window.state().sent.last() else {
        panic!("nothing was asked");
    };
    assert_eq!(request.place.port, 8899);
    click(&mut window, "Cancel asking");
    assert!(matches!(window.state().sent.last(), Some(Command::CancelEnquiry(_))));
}

#[test]
fn what_a_device_is_stands_in_its_editor() {
    let mut window = window(Language::En, registry(&["Lobby"]));
    let known = KnownIdentity {
        identity: found().identity,
        at: window.state().now.now,
    };
    window.state_mut().now.identities = Arc::new([(DeviceId(1), known)].into());
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    for part in ["Emstone NVR-64", "firmware V4", "serial number SN1", "clock +37 s"] {
        assert!(has(&window, part), "{part}");
    }
}
