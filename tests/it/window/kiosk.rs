//! The kiosk: pictures for everybody, the way out for who knows the password.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use device::Registry;
use egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, TileState, Unlock};
use monomi::i18n::Language;
use settings::Volume;
use wall::{Layout, Listen, WindowView};

use super::rig::{WindowRig, WindowSetup, cameras, picture, refuse_sign_in, set_streams, two_views};

struct Texts {
    language: Language,
    menus: [&'static str; 3],
    tile: &'static str,
    allowed: [&'static str; 3],
    forbidden: [&'static str; 7],
    leave_title: &'static str,
    leave: &'static str,
    quit_title: &'static str,
    quit: &'static str,
    password: &'static str,
    wrong: &'static str,
    wait: &'static str,
    cancel: &'static str,
}

const SAID: [Texts; 2] = [
    Texts {
        language: Language::En,
        menus: ["File", "View", "Help"],
        tile: "Tile 2:",
        allowed: ["Show alone", "Turn the sound on", "Picture shape"],
        forbidden: [
            "Save a snapshot",
            "Edit device…",
            "Clear tile",
            "New virtual DVR…",
            "Clear page",
            "Quit",
            // The picture is live.
            "Retry now",
        ],
        leave_title: "Leave the kiosk",
        leave: "Leave",
        quit_title: "Quit Monomi",
        quit: "Quit",
        password: "Password of the kiosk",
        wrong: "This is not the password.",
        wait: "This is not the password. Next try in 1 s",
        cancel: "Cancel",
    },
    Texts {
        language: Language::Ja,
        menus: ["ファイル", "表示", "ヘルプ"],
        tile: "タイル 2：",
        allowed: ["単独表示", "音声をオンにする", "映像の表示方法"],
        forbidden: [
            "スナップショットを保存",
            "機器を編集…",
            "タイルを空にする",
            "仮想 DVR を作成…",
            "ページを空にする",
            "終了",
            "今すぐ再試行",
        ],
        leave_title: "キオスクの終了",
        leave: "ウィンドウ表示に戻る",
        quit_title: "Monomi の終了",
        quit: "終了",
        password: "キオスクのパスワード",
        wrong: "パスワードが違います。",
        wait: "パスワードが違います。再入力できるまで、あと 1 秒。",
        cancel: "キャンセル",
    },
];

fn kiosk(language: Language, registry: Registry) -> WindowRig {
    let mut setup = WindowSetup::new(language, registry);
    setup.kiosk = Some(Arc::default());
    setup.open()
}

fn live(rig: &mut WindowRig) {
    rig.change(|state| {
        set_streams(state, |_| Some(TileState::Live));
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
}

/// The commands since the last call, without those about streams.
fn asked(rig: &WindowRig) -> Vec<Command> {
    let mut sent = rig.sent();
    sent.retain(|command| !matches!(command, Command::Show(_)));
    sent
}

/// Types a password, and publishes the answer as the engine would.
fn answer(rig: &mut WindowRig, said: &Texts, button: &str, typed: &str, granted: bool) {
    rig.harness.get_by_label(said.password).focus();
    rig.harness.run();
    rig.harness.get_by_label(said.password).type_text(typed);
    rig.harness.run();
    rig.harness.get_by_label(button).click();
    rig.harness.run();
    let asked = asked(rig);
    let [Command::Unlock { id, password }] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(password.expose(), typed);
    assert!(!format!("{asked:?}").contains(typed));
    let unlock = Some(Unlock { id: *id, granted });
    rig.change(|state| state.unlock = unlock);
}

#[test]
fn there_is_nothing_but_pictures_and_what_everybody_may_do() {
    for said in SAID {
        let mut rig = kiosk(said.language, cameras(6));
        live(&mut rig);
        rig.sent();
        for menu in said.menus {
            assert!(!rig.is_shown(menu), "{menu}");
        }
        rig.harness.get_by_label_contains(said.tile).click_secondary();
        rig.harness.run();
        for item in said.allowed {
            assert!(rig.harness.query_by_label_contains(item).is_some(), "{item}");
        }
        for item in said.forbidden {
            assert!(!rig.is_shown(item), "{item}");
        }
        rig.press(Key::Escape);
        // Neither a key nor a double click nor a drag changes anything or opens a dialog.
        let tiles = rig.tiles();
        for key in [Key::F1, Key::F8, Key::F9, Key::Delete] {
            rig.press(key);
        }
        for key in [Key::B, Key::F, Key::G, Key::L, Key::N, Key::S, Key::Comma] {
            rig.harness.key_press_modifiers(Modifiers::COMMAND, key);
            rig.harness.run();
        }
        for key in [Key::B, Key::N] {
            rig.harness
                .key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, key);
            rig.harness.run();
        }
        rig.drag(&tiles[0].clone(), &tiles[3].clone());
        assert_eq!(rig.tiles(), tiles);
        assert!(asked(&rig).is_empty());
        rig.change(|state| state.now += Duration::from_secs(5));
        assert!(asked(&rig).is_empty(), "what passers-by choose is not kept");
    }
}

#[test]
fn layouts_pages_the_single_view_and_sound_are_for_everybody() {
    let mut rig = kiosk(Language::En, cameras(6));
    live(&mut rig);
    rig.press(Key::Num2);
    assert_eq!(rig.harness.state().view().wall.layout(), &Layout::Four);
    rig.press(Key::PageDown);
    assert!(rig.tiles()[0].contains("Cam 5"));
    rig.press(Key::Enter);
    assert_eq!(rig.tiles().len(), 1);
    rig.press(Key::M);
    let heard = rig.sent().into_iter().rev().find_map(|command| match command {
        Command::Show(wanted) => Some(wanted.iter().any(|wanted| wanted.listen == Listen::Yes)),
        _ => None,
    });
    assert_eq!(heard, Some(true));
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
    rig.harness.run();
    let set = asked(&rig);
    assert!(
        matches!(set[..], [Command::SetVolume(volume)] if volume.percent() == 95),
        "{set:?}"
    );
    rig.change(|state| state.now += Duration::from_secs(5));
    rig.change(|state| state.now += Duration::from_secs(5));
    assert!(asked(&rig).is_empty(), "what passers-by choose is not kept");
    rig.press(Key::Escape);
    assert!(rig.tiles().len() > 1 && !rig.is_shown("Leave the kiosk"));
    let tile = rig.tiles()[1].clone();
    rig.double_click(&tile);
    assert_eq!(rig.tiles().len(), 1);
}

#[test]
fn only_the_password_leads_back_to_the_window() {
    for said in SAID {
        for key in [Key::Escape, Key::F11] {
            let mut rig = kiosk(said.language, cameras(4));
            rig.sent();
            rig.press(key);
            assert!(rig.is_shown(said.leave_title));
            // Keys are the dialog's now.
            rig.press(Key::Num1);
            assert_eq!(rig.tiles().len(), 4);
            rig.click(said.cancel);
            assert!(!rig.is_shown(said.leave_title));
            rig.press(key);
            answer(&mut rig, &said, said.leave, "guess", false);
            assert!(rig.is_shown(said.wait));
            assert!(!rig.is_shown(said.menus[0]));
            rig.harness.get_by_label(said.password).type_text("again");
            rig.harness.run();
            rig.harness.get_by_label(said.leave).click();
            rig.harness.run();
            assert!(asked(&rig).is_empty(), "not before the wait is over");
            // Closing and opening does not shorten it.
            rig.press(Key::Escape);
            rig.press(key);
            assert!(rig.is_shown(said.wait));
            rig.change(|state| state.now += Duration::from_secs(1));
            assert!(!rig.is_shown(said.wait) && !rig.is_shown(said.wrong));
            answer(&mut rig, &said, said.leave, "secret", true);
            assert!(!rig.is_shown(said.leave_title));
            for menu in said.menus {
                assert!(rig.is_shown(menu), "{menu}");
            }
            assert!(!rig.harness.state().view().fullscreen);
        }
    }
}

/// A kiosk whose passers-by opened a view, started a tour and turned the sound down; and what it showed before.
fn used_by_passers_by() -> (WindowRig, WindowView) {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.kiosk = Some(Arc::default());
    setup.state.views = Arc::new(two_views());
    let mut rig = setup.open();
    live(&mut rig);
    let mut before = rig.harness.state().view().clone();
    before.fullscreen = false;
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    rig.harness.run();
    rig.press(Key::M);
    rig.sent();
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
    rig.harness.run();
    let turned_down = asked(&rig);
    assert!(
        matches!(turned_down[..], [Command::SetVolume(volume)] if volume < Volume::FULL),
        "{turned_down:?}"
    );
    rig.press(Key::T);
    let view = rig.harness.state().view().clone();
    assert!(view.wall != before.wall && view.view.is_some() && view.touring);
    (rig, before)
}

/// What was kept of windows and of the volume since the last call.
fn kept(rig: &WindowRig) -> (Vec<WindowView>, Vec<u8>) {
    let (mut windows, mut volumes) = (Vec::new(), Vec::new());
    for command in rig.sent() {
        match command {
            Command::SaveWindows(views) => windows.extend(views),
            Command::SaveSettings(settings) => volumes.push(settings.sound_volume.percent()),
            _ => {}
        }
    }
    (windows, volumes)
}

#[test]
fn who_leaves_the_kiosk_finds_the_own_wall_and_not_what_passers_by_chose() {
    let (mut rig, before) = used_by_passers_by();
    rig.press(Key::Escape);
    answer(&mut rig, &SAID[0], SAID[0].leave, "secret", true);
    assert_eq!(*rig.harness.state().view(), before);
    assert!(!rig.is_shown("Tour 1 / 2") && !rig.is_shown("Tour 2 / 2"));
    let asked = asked(&rig);
    assert!(
        matches!(asked[..], [Command::InKiosk(false), Command::SetVolume(Volume::FULL)]),
        "the sound is as loud as it was: {asked:?}"
    );
    for _ in 0..3 {
        rig.change(|state| state.now += Duration::from_secs(5));
    }
    rig.harness.state_mut().leave();
    let (windows, volumes) = kept(&rig);
    assert!(windows.iter().all(|window| *window == before), "{windows:?}");
    assert_eq!(volumes, [0_u8; 0]);
}

#[test]
fn the_window_is_back_with_its_menu_also_where_it_was_full_screen_before() {
    for said in SAID {
        let mut setup = WindowSetup::new(said.language, cameras(4));
        setup.state.windows = Arc::new(vec![WindowView {
            fullscreen: true,
            ..WindowView::default()
        }]);
        setup.kiosk = Some(Arc::default());
        let mut rig = setup.open();
        rig.press(Key::Escape);
        rig.sent();
        answer(&mut rig, &said, said.leave, "secret", true);
        assert!(!rig.harness.state().view().fullscreen);
        assert!(rig.is_shown(said.menus[0]), "the menu is there");
    }
}

#[test]
fn a_kiosk_that_ends_keeps_nothing() {
    for by_password in [true, false] {
        let (mut rig, _) = used_by_passers_by();
        rig.sent();
        if by_password {
            close_request(&mut rig);
            rig.harness.run();
            answer(&mut rig, &SAID[0], SAID[0].quit, "secret", true);
            rig.change(|state| state.now += Duration::from_secs(5));
            rig.change(|state| state.now += Duration::from_secs(5));
        }
        rig.harness.state_mut().leave();
        assert_eq!(kept(&rig), (vec![], vec![]));
    }
}

#[test]
fn closing_the_dialog_before_the_answer_shortens_no_wait() {
    for said in SAID {
        let mut rig = kiosk(said.language, cameras(4));
        rig.sent();
        for wait in [1, 2] {
            rig.press(Key::Escape);
            rig.harness.get_by_label(said.password).type_text("guess");
            rig.harness.run();
            rig.press(Key::Enter);
            let asked_for = asked(&rig);
            let [Command::Unlock { id, .. }] = asked_for[..] else {
                panic!("{asked_for:?}")
            };
            rig.press(Key::Escape);
            assert!(!rig.is_shown(said.leave_title));
            let unlock = Some(Unlock { id, granted: false });
            rig.change(|state| state.unlock = unlock);
            rig.press(Key::Escape);
            assert!(rig.is_shown(&said.wait.replace('1', &wait.to_string())));
            rig.harness.get_by_label(said.password).type_text("guess");
            rig.harness.run();
            rig.press(Key::Enter);
            assert!(asked(&rig).is_empty(), "not before the wait is over");
            rig.press(Key::Escape);
            rig.change(|state| state.now += Duration::from_secs(wait));
        }
    }
}

/// The commands of the first window in the last frame.
fn commands(rig: &WindowRig) -> Vec<ViewportCommand> {
    let output = rig.harness.output();
    output.viewport_output[&ViewportId::ROOT].commands.clone()
}

fn close_request(rig: &mut WindowRig) {
    let root = rig.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    root.events.push(ViewportEvent::Close);
    rig.harness.step();
}

#[test]
fn ending_asks_for_the_password_unless_the_system_wants_it() {
    for said in SAID {
        let mut rig = kiosk(said.language, cameras(4));
        rig.sent();
        close_request(&mut rig);
        assert!(commands(&rig).contains(&ViewportCommand::CancelClose));
        rig.harness.run();
        assert!(rig.is_shown(said.quit_title));
        rig.press(Key::Escape);
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::Q);
        rig.harness.run();
        assert!(rig.is_shown(said.quit_title) && !rig.is_shown(said.leave_title));
        answer(&mut rig, &said, said.quit, "secret", true);
        close_request(&mut rig);
        assert!(!commands(&rig).contains(&ViewportCommand::CancelClose));
    }
    let ending = Arc::<AtomicBool>::default();
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.kiosk = Some(Arc::clone(&ending));
    let mut rig = setup.open();
    ending.store(true, Ordering::Release);
    close_request(&mut rig);
    assert!(!commands(&rig).contains(&ViewportCommand::CancelClose));
}

#[test]
fn a_dialog_that_is_left_alone_gives_the_pictures_free_again() {
    let mut rig = kiosk(Language::En, cameras(4));
    rig.press(Key::Escape);
    assert!(rig.is_shown("Leave the kiosk"));
    rig.change(|state| state.now += Duration::from_secs(60));
    rig.harness.run();
    assert!(!rig.is_shown("Leave the kiosk"));
}

#[test]
fn a_tile_offers_no_way_to_the_devices() {
    let mut rig = kiosk(Language::En, cameras(1));
    rig.change(refuse_sign_in);
    assert!(!rig.is_shown("Edit device…"));
    let empty = kiosk(Language::En, Registry::default());
    assert!(empty.is_shown("No devices yet"));
    assert!(!empty.is_shown("Add a device…") && !empty.is_shown("Try the demo"));
}

#[test]
fn what_is_restored_while_the_kiosk_runs_is_there_when_it_is_left() {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.kiosk = Some(Arc::default());
    let mut rig = setup.open();
    live(&mut rig);
    let mut brought = WindowView::default();
    brought.wall.follow(&cameras(4));
    brought.wall.set_layout(Layout::Nine);
    rig.change(|state| state.windows = Arc::new(vec![brought.clone()]));
    assert_eq!(*rig.harness.state().view().wall.layout(), Layout::Nine);
    rig.press(Key::Num1);
    rig.press(Key::Escape);
    rig.sent();
    answer(&mut rig, &SAID[0], SAID[0].leave, "secret", true);
    assert_eq!(rig.harness.state().view().wall, brought.wall);
}
