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

use super::stage::{Setting, Stage, cameras, picture, refuse_sign_in, set_streams, two_views};

struct Said {
    language: Language,
    menus: [&'static str; 3],
    tile: &'static str,
    allowed: [&'static str; 4],
    forbidden: [&'static str; 6],
    leave_title: &'static str,
    leave: &'static str,
    quit_title: &'static str,
    quit: &'static str,
    password: &'static str,
    wrong: &'static str,
    wait: &'static str,
    cancel: &'static str,
}

const SAID: [Said; 2] = [
    Said {
        language: Language::En,
        menus: ["File", "View", "Info"],
        tile: "Tile 2:",
        allowed: ["Show alone", "Retry now", "Turn the sound on", "Picture shape"],
        forbidden: [
            "Save a snapshot",
            "Edit device…",
            "Clear tile",
            "New virtual DVR…",
            "Clear page",
            "Quit",
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
    Said {
        language: Language::Ja,
        menus: ["ファイル", "表示", "情報"],
        tile: "タイル 2：",
        allowed: ["単独表示", "今すぐ再試行", "音声をオンにする", "映像の表示方法"],
        forbidden: [
            "スナップショットを保存",
            "機器を編集…",
            "タイルを空にする",
            "仮想 DVR を作成…",
            "ページを空にする",
            "終了",
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

fn kiosk(language: Language, registry: Registry) -> Stage {
    let mut setting = Setting::new(language, registry);
    setting.kiosk = Some(Arc::default());
    setting.open()
}

fn live(stage: &mut Stage) {
    stage.change(|state| {
        set_streams(state, |_| Some(TileState::Live));
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
}

/// What was asked of the engine, but the streams.
fn asked(stage: &Stage) -> Vec<Command> {
    let mut sent = stage.sent();
    sent.retain(|command| !matches!(command, Command::Show(_)));
    sent
}

/// Types a password and answers for the engine.
fn answer(stage: &mut Stage, said: &Said, button: &str, typed: &str, granted: bool) {
    stage.harness.get_by_label(said.password).focus();
    stage.harness.run();
    stage.harness.get_by_label(said.password).type_text(typed);
    stage.harness.run();
    stage.harness.get_by_label(button).click();
    stage.harness.run();
    let asked = asked(stage);
    let [Command::Unlock { id, password }] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(password.expose(), typed);
    assert!(!format!("{asked:?}").contains(typed));
    let unlock = Some(Unlock { id: *id, granted });
    stage.change(|state| state.unlock = unlock);
}

#[test]
fn there_is_nothing_but_pictures_and_what_everybody_may_do() {
    for said in SAID {
        let mut stage = kiosk(said.language, cameras(6));
        live(&mut stage);
        stage.sent();
        for menu in said.menus {
            assert!(!stage.is_shown(menu), "{menu}");
        }
        stage.harness.get_by_label_contains(said.tile).click_secondary();
        stage.harness.run();
        for item in said.allowed {
            assert!(stage.harness.query_by_label_contains(item).is_some(), "{item}");
        }
        for item in said.forbidden {
            assert!(!stage.is_shown(item), "{item}");
        }
        stage.press(Key::Escape);
        // Neither a key nor a double click nor a drag changes anything or opens a dialog.
        let tiles = stage.tiles();
        for key in [Key::F1, Key::F8, Key::F9, Key::Delete] {
            stage.press(key);
        }
        for key in [Key::B, Key::F, Key::G, Key::L, Key::N, Key::S, Key::Comma] {
            stage.harness.key_press_modifiers(Modifiers::COMMAND, key);
            stage.harness.run();
        }
        for key in [Key::B, Key::N] {
            stage
                .harness
                .key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, key);
            stage.harness.run();
        }
        stage.drag(&tiles[0].clone(), &tiles[3].clone());
        assert_eq!(stage.tiles(), tiles);
        assert!(asked(&stage).is_empty());
        stage.change(|state| state.now += Duration::from_secs(5));
        assert!(asked(&stage).is_empty(), "what passers-by choose is not kept");
    }
}

#[test]
fn layouts_pages_the_single_view_and_sound_are_for_everybody() {
    let mut stage = kiosk(Language::En, cameras(6));
    live(&mut stage);
    stage.press(Key::Num2);
    assert_eq!(stage.harness.state().view().wall.layout(), &Layout::Four);
    stage.press(Key::PageDown);
    assert!(stage.tiles()[0].contains("Cam 5"));
    stage.press(Key::Enter);
    assert_eq!(stage.tiles().len(), 1);
    stage.press(Key::M);
    let heard = stage.sent().into_iter().rev().find_map(|command| match command {
        Command::Show(wanted) => Some(wanted.iter().any(|wanted| wanted.listen == Listen::Yes)),
        _ => None,
    });
    assert_eq!(heard, Some(true));
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
    stage.harness.run();
    let set = asked(&stage);
    assert!(
        matches!(set[..], [Command::SetVolume(volume)] if volume.percent() == 95),
        "{set:?}"
    );
    stage.change(|state| state.now += Duration::from_secs(5));
    stage.change(|state| state.now += Duration::from_secs(5));
    assert!(asked(&stage).is_empty(), "what passers-by choose is not kept");
    stage.press(Key::Escape);
    assert!(stage.tiles().len() > 1 && !stage.is_shown("Leave the kiosk"));
    let tile = stage.tiles()[1].clone();
    stage.double_click(&tile);
    assert_eq!(stage.tiles().len(), 1);
}

#[test]
fn only_the_password_leads_back_to_the_window() {
    for said in SAID {
        for key in [Key::Escape, Key::F11] {
            let mut stage = kiosk(said.language, cameras(4));
            stage.sent();
            stage.press(key);
            assert!(stage.is_shown(said.leave_title));
            // Keys are the dialog's now.
            stage.press(Key::Num1);
            assert_eq!(stage.tiles().len(), 4);
            stage.click(said.cancel);
            assert!(!stage.is_shown(said.leave_title));
            stage.press(key);
            answer(&mut stage, &said, said.leave, "guess", false);
            assert!(stage.is_shown(said.wait));
            assert!(!stage.is_shown(said.menus[0]));
            stage.harness.get_by_label(said.password).type_text("again");
            stage.harness.run();
            stage.harness.get_by_label(said.leave).click();
            stage.harness.run();
            assert!(asked(&stage).is_empty(), "not before the wait is over");
            // Closing and opening does not shorten it.
            stage.press(Key::Escape);
            stage.press(key);
            assert!(stage.is_shown(said.wait));
            stage.change(|state| state.now += Duration::from_secs(1));
            assert!(!stage.is_shown(said.wait) && !stage.is_shown(said.wrong));
            answer(&mut stage, &said, said.leave, "secret", true);
            assert!(!stage.is_shown(said.leave_title));
            for menu in said.menus {
                assert!(stage.is_shown(menu), "{menu}");
            }
            assert!(!stage.harness.state().view().fullscreen);
        }
    }
}

/// A kiosk whose passers-by opened a view, started a tour and turned the sound down; and what it showed before.
fn used_by_passers_by() -> (Stage, WindowView) {
    let mut setting = Setting::new(Language::En, cameras(4));
    setting.kiosk = Some(Arc::default());
    setting.state.views = Arc::new(two_views());
    let mut stage = setting.open();
    live(&mut stage);
    let mut before = stage.harness.state().view().clone();
    before.fullscreen = false;
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    stage.harness.run();
    stage.press(Key::M);
    stage.sent();
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
    stage.harness.run();
    let turned_down = asked(&stage);
    assert!(
        matches!(turned_down[..], [Command::SetVolume(volume)] if volume < Volume::FULL),
        "{turned_down:?}"
    );
    stage.press(Key::T);
    let view = stage.harness.state().view().clone();
    assert!(view.wall != before.wall && view.view.is_some() && view.touring);
    (stage, before)
}

/// What was kept of windows and of the volume since the last call.
fn kept(stage: &Stage) -> (Vec<WindowView>, Vec<u8>) {
    let (mut windows, mut volumes) = (Vec::new(), Vec::new());
    for command in stage.sent() {
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
    let (mut stage, before) = used_by_passers_by();
    stage.press(Key::Escape);
    answer(&mut stage, &SAID[0], SAID[0].leave, "secret", true);
    assert_eq!(*stage.harness.state().view(), before);
    assert!(!stage.is_shown("Tour 1 / 2") && !stage.is_shown("Tour 2 / 2"));
    let asked = asked(&stage);
    assert!(
        matches!(asked[..], [Command::SetVolume(Volume::FULL)]),
        "the sound is as loud as it was: {asked:?}"
    );
    for _ in 0..3 {
        stage.change(|state| state.now += Duration::from_secs(5));
    }
    stage.harness.state_mut().leave();
    let (windows, volumes) = kept(&stage);
    assert!(windows.iter().all(|window| *window == before), "{windows:?}");
    assert_eq!(volumes, [0_u8; 0]);
}

#[test]
fn a_kiosk_that_ends_keeps_nothing() {
    for by_password in [true, false] {
        let (mut stage, _) = used_by_passers_by();
        stage.sent();
        if by_password {
            close_request(&mut stage);
            stage.harness.run();
            answer(&mut stage, &SAID[0], SAID[0].quit, "secret", true);
            stage.change(|state| state.now += Duration::from_secs(5));
            stage.change(|state| state.now += Duration::from_secs(5));
        }
        stage.harness.state_mut().leave();
        assert_eq!(kept(&stage), (vec![], vec![]));
    }
}

#[test]
fn closing_the_dialog_before_the_answer_shortens_no_wait() {
    for said in SAID {
        let mut stage = kiosk(said.language, cameras(4));
        stage.sent();
        for wait in [1, 2] {
            stage.press(Key::Escape);
            stage.harness.get_by_label(said.password).type_text("guess");
            stage.harness.run();
            stage.press(Key::Enter);
            let asked_for = asked(&stage);
            let [Command::Unlock { id, .. }] = asked_for[..] else {
                panic!("{asked_for:?}")
            };
            stage.press(Key::Escape);
            assert!(!stage.is_shown(said.leave_title));
            let unlock = Some(Unlock { id, granted: false });
            stage.change(|state| state.unlock = unlock);
            stage.press(Key::Escape);
            assert!(stage.is_shown(&said.wait.replace('1', &wait.to_string())));
            stage.harness.get_by_label(said.password).type_text("guess");
            stage.harness.run();
            stage.press(Key::Enter);
            assert!(asked(&stage).is_empty(), "not before the wait is over");
            stage.press(Key::Escape);
            stage.change(|state| state.now += Duration::from_secs(wait));
        }
    }
}

/// The commands of the first window in the last frame.
fn commands(stage: &Stage) -> Vec<ViewportCommand> {
    let output = stage.harness.output();
    output.viewport_output[&ViewportId::ROOT].commands.clone()
}

fn close_request(stage: &mut Stage) {
    let root = stage.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    root.events.push(ViewportEvent::Close);
    stage.harness.step();
}

#[test]
fn ending_asks_for_the_password_unless_the_system_wants_it() {
    for said in SAID {
        let mut stage = kiosk(said.language, cameras(4));
        stage.sent();
        close_request(&mut stage);
        assert!(commands(&stage).contains(&ViewportCommand::CancelClose));
        stage.harness.run();
        assert!(stage.is_shown(said.quit_title));
        stage.press(Key::Escape);
        stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::Q);
        stage.harness.run();
        assert!(stage.is_shown(said.quit_title) && !stage.is_shown(said.leave_title));
        answer(&mut stage, &said, said.quit, "secret", true);
        close_request(&mut stage);
        assert!(!commands(&stage).contains(&ViewportCommand::CancelClose));
    }
    let ending = Arc::<AtomicBool>::default();
    let mut setting = Setting::new(Language::En, cameras(4));
    setting.kiosk = Some(Arc::clone(&ending));
    let mut stage = setting.open();
    ending.store(true, Ordering::Release);
    close_request(&mut stage);
    assert!(!commands(&stage).contains(&ViewportCommand::CancelClose));
}

#[test]
fn a_dialog_that_is_left_alone_gives_the_pictures_free_again() {
    let mut stage = kiosk(Language::En, cameras(4));
    stage.press(Key::Escape);
    assert!(stage.is_shown("Leave the kiosk"));
    stage.change(|state| state.now += Duration::from_secs(60));
    stage.harness.run();
    assert!(!stage.is_shown("Leave the kiosk"));
}

#[test]
fn a_tile_offers_no_way_to_the_devices() {
    let mut stage = kiosk(Language::En, cameras(1));
    stage.change(refuse_sign_in);
    assert!(!stage.is_shown("Edit device…"));
    let empty = kiosk(Language::En, Registry::default());
    assert!(empty.is_shown("No devices yet"));
    assert!(!empty.is_shown("Add a device…") && !empty.is_shown("Try the demo"));
}
