//! The sound of one tile: off at first, one at a time, gone with its tile.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, Notice, NoticeKind, SoundProblem, SoundState, TileState};
use monomi::i18n::Language;
use settings::Volume;
use wall::Listen;

use super::rig::{WindowRig, WindowSetup, cameras, set_streams};

/// The channels that are heard, by the last command of the window.
fn heard(rig: &WindowRig) -> Vec<u16> {
    let shown = rig.sent().into_iter().rev().find_map(|command| match command {
        Command::Show(wanted) => Some(wanted),
        _ => None,
    });
    let wanted = shown.expect("the window says what it wants");
    let heard = wanted.iter().filter(|wanted| wanted.listen == Listen::Yes);
    heard.map(|wanted| wanted.stream.channel.number).collect()
}

fn live(language: Language, channels: usize) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(channels)).open();
    rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
    rig
}

/// Publishes the state of this channel's sound, as the engine would.
fn sounds(rig: &mut WindowRig, number: u16, sound: &SoundState) {
    rig.change(|state| {
        for (stream, status) in Arc::make_mut(&mut state.streams) {
            if stream.channel.number == number {
                status.sound = sound.clone();
            }
        }
    });
}

struct Texts {
    language: Language,
    tile_2: &'static str,
    tile_3: &'static str,
    on: &'static str,
    off: &'static str,
    starting: &'static str,
    playing: &'static str,
    failed: &'static str,
}

const SAID: [Texts; 2] = [
    Texts {
        language: Language::En,
        tile_2: "Tile 2:",
        tile_3: "Tile 3:",
        on: "Turn the sound on",
        off: "Turn the sound off",
        starting: "Sound starts: turn off",
        playing: "Sound on: turn off",
        failed: "No sound: turn off",
    },
    Texts {
        language: Language::Ja,
        tile_2: "タイル 2：",
        tile_3: "タイル 3：",
        on: "音声をオンにする",
        off: "音声をオフにする",
        starting: "音声の準備中（クリックでオフ）",
        playing: "音声オン（クリックでオフ）",
        failed: "音声なし（クリックでオフ）",
    },
];

#[test]
fn one_tile_at_a_time_is_heard_by_key_and_by_menu_and_its_sign_says_so() {
    for said in SAID {
        let mut rig = live(said.language, 4);
        assert_eq!(heard(&rig), [0_u16; 0], "off by default");
        assert!(!rig.is_shown(said.starting));
        rig.press(Key::M);
        assert_eq!(heard(&rig), [1]);
        assert!(rig.is_shown(said.starting));
        sounds(&mut rig, 1, &SoundState::Playing);
        assert!(rig.is_shown(said.playing) && !rig.is_shown(said.starting));
        // Another one, by its menu: the first falls silent.
        rig.harness.get_by_label_contains(said.tile_3).click_secondary();
        rig.harness.run();
        rig.click(said.on);
        assert_eq!(heard(&rig), [3]);
        sounds(&mut rig, 1, &SoundState::Off);
        sounds(&mut rig, 3, &SoundState::Failed(SoundProblem::NoDevice));
        assert!(rig.is_shown(said.failed));
        rig.harness.get_by_label_contains(said.tile_3).click_secondary();
        rig.harness.run();
        rig.click(said.off);
        assert_eq!(heard(&rig), [0_u16; 0]);
        assert!(!rig.is_shown(said.failed));
        // A click on the sign is no click on the tile.
        rig.press(Key::M);
        sounds(&mut rig, 3, &SoundState::Playing);
        rig.harness.get_by_label_contains(said.tile_2).click();
        rig.harness.run();
        rig.click(said.playing);
        assert_eq!(heard(&rig), [0_u16; 0]);
        assert_eq!(rig.harness.state().view().wall.selected(), 1);
    }
}

#[test]
fn sound_ends_with_its_page_and_goes_with_its_tile_into_the_single_view() {
    let mut rig = live(Language::En, 6);
    rig.press(Key::Num2);
    rig.press(Key::M);
    rig.press(Key::Enter);
    assert_eq!(heard(&rig), [1], "shown alone it is still heard");
    rig.press(Key::Escape);
    rig.press(Key::PageDown);
    assert_eq!(heard(&rig), [0_u16; 0]);
    rig.press(Key::PageUp);
    assert_eq!(heard(&rig), [0_u16; 0], "nothing sounds by itself");
}

#[test]
fn a_sound_whose_picture_stopped_does_not_say_that_it_plays() {
    let mut rig = live(Language::En, 4);
    rig.press(Key::M);
    sounds(&mut rig, 1, &SoundState::Playing);
    assert!(rig.is_shown("Sound on: turn off"));
    rig.change(|state| {
        for status in Arc::make_mut(&mut state.streams).values_mut() {
            status.state = TileState::Late;
        }
    });
    assert!(!rig.is_shown("Sound on: turn off"));
}

/// The volumes that the window asked for, and those that it asked to keep.
fn volumes(rig: &WindowRig) -> (Vec<u8>, Vec<u8>) {
    let (mut set, mut kept) = (vec![], vec![]);
    for command in rig.sent() {
        match command {
            Command::SetVolume(volume) => set.push(volume.percent()),
            Command::SaveSettings(settings) => kept.push(settings.sound_volume.percent()),
            _ => {}
        }
    }
    (set, kept)
}

fn volume_key(rig: &mut WindowRig, key: Key, times: u32) {
    for _ in 0..times {
        rig.harness.key_press_modifiers(Modifiers::COMMAND, key);
        rig.harness.run();
    }
}

#[test]
fn the_volume_goes_by_keys_and_by_its_slider_acts_at_once_and_is_kept_when_it_rests() {
    for (language, at, slider, tile, playing) in [
        (
            Language::En,
            "Sound on, volume 85 %: turn off",
            ["Volume: 85 %", "Volume"],
            "Tile 1:",
            "Sound on: turn off",
        ),
        (
            Language::Ja,
            "音声オン・音量 85 %（クリックでオフ）",
            ["音量：85 %", "音量"],
            "タイル 1：",
            "音声オン（クリックでオフ）",
        ),
    ] {
        let mut rig = live(language, 4);
        rig.sent();
        volume_key(&mut rig, Key::ArrowDown, 2);
        assert_eq!(volumes(&rig).0, [0_u8; 0], "nothing sounds");
        rig.press(Key::M);
        sounds(&mut rig, 1, &SoundState::Playing);
        assert!(rig.is_shown(playing));
        volume_key(&mut rig, Key::ArrowDown, 4);
        volume_key(&mut rig, Key::ArrowUp, 1);
        assert_eq!(volumes(&rig), (vec![95, 90, 85, 80, 85], vec![]));
        assert!(rig.is_shown(at) && !rig.is_shown(playing));
        rig.change(|state| state.now += Duration::from_millis(100));
        rig.change(|state| state.now += Duration::from_secs(1));
        assert_eq!(volumes(&rig), (vec![], vec![85]), "kept once");
        rig.change(|state| Arc::make_mut(&mut state.settings).sound_volume = Volume::of_percent(85));
        rig.change(|state| state.now += Duration::from_secs(9));
        assert_eq!(volumes(&rig), (vec![], vec![]));
        // The slider, which stays open while it is used.
        rig.harness.get_by_label_contains(tile).click_secondary();
        rig.harness.run();
        rig.click(slider[0]);
        for _ in 0..2 {
            let node = rig.harness.get_by_role_and_label(Role::Slider, slider[1]);
            let place = node.rect();
            node.click();
            rig.harness.run();
            assert!(place.width() > 50.0);
        }
        let set = volumes(&rig).0;
        assert!(set.len() == 1 && (40..60).contains(&set[0]), "the middle: {set:?}");
        rig.harness.get_by_role_and_label(Role::Slider, slider[1]).focus();
        rig.harness.run();
        rig.press(Key::ArrowLeft);
        assert_eq!(volumes(&rig).0, [set[0] - 1]);
    }
}

#[test]
fn a_muted_tile_says_so_by_shape_and_by_word_however_small_it_is() {
    for (language, muted) in [
        (Language::En, "Sound muted, volume 0 %: turn off"),
        (Language::Ja, "消音中・音量 0 %（クリックでオフ）"),
    ] {
        let mut rig = live(language, 4);
        rig.press(Key::M);
        volume_key(&mut rig, Key::ArrowDown, 30);
        assert!(!rig.is_shown(muted), "it has not begun");
        sounds(&mut rig, 1, &SoundState::Playing);
        assert!(rig.is_shown(muted));
        rig.press(Key::Num7);
        let sign = rig.harness.get_by_label(muted).rect();
        assert!(
            sign.width() > 18.0 + 20.0,
            "the word stands beside the loudspeaker: {sign:?}"
        );
        sounds(&mut rig, 1, &SoundState::Failed(SoundProblem::NoDevice));
        assert!(!rig.is_shown(muted), "what fails is not muted");
        sounds(&mut rig, 1, &SoundState::Playing);
        volume_key(&mut rig, Key::ArrowUp, 1);
        assert!(!rig.is_shown(muted));
    }
}

#[test]
fn why_there_is_no_sound_is_said_politely() {
    for (language, expected) in [
        (
            Language::En,
            [
                "DVR sends no sound with this stream",
                "The sound of DVR is G726-32, which cannot be played here. G.711 and AAC can: the recorder's audio settings may offer them",
                "DVR did not hand out its sound",
                "No sound: this computer has no audio output that works",
                "No sound: GStreamer cannot reach the audio output. Install one of: a, b",
                "No sound: the audio output fails (the log has the reason)",
                "The sound of DVR cannot be played (the decoder reports an error)",
            ],
        ),
        (
            Language::Ja,
            [
                "DVR のこのストリームには音声がありません",
                "DVR の音声は G726-32 で、この形式は再生できません。レコーダーの音声設定で G.711 または AAC を選べる場合は再生できます。",
                "DVR から音声を受け取れませんでした",
                "音声を再生できません：この PC に使用できる音声出力がありません",
                "音声を再生できません：GStreamer から音声出力を使用できません。次のいずれかをインストールしてください：a, b。",
                "音声を再生できません：音声出力でエラーが発生しました（理由はログに記録しました）",
                "DVR の音声を再生できません（デコーダーでエラーが発生しました）",
            ],
        ),
    ] {
        let mut rig = live(language, 4);
        let problems = [
            SoundProblem::NoSound,
            SoundProblem::Unplayable {
                codec: "G726-32".to_owned(),
            },
            SoundProblem::Refused,
            SoundProblem::NoDevice,
            SoundProblem::NoPlugin {
                packages: "a, b".to_owned(),
            },
            SoundProblem::NoOutput {
                reason: "gone".to_owned(),
            },
            SoundProblem::Broken {
                reason: "Could not decode stream.".to_owned(),
            },
        ];
        for (problem, expected) in problems.into_iter().zip(expected) {
            let kind = NoticeKind::SoundFailed {
                device: "DVR".to_owned(),
                problem,
            };
            rig.change(|state| state.notices = Arc::new(vec![Notice { id: 1, kind }]));
            assert!(rig.is_shown(expected), "{expected}");
        }
    }
}

#[test]
fn the_page_of_shortcuts_names_the_key() {
    for (language, said) in [
        (Language::En, "Sound of the selected tile on and off"),
        (Language::Ja, "選択したタイルの音声のオン・オフ"),
    ] {
        let mut rig = live(language, 1);
        rig.press(Key::F1);
        assert!(rig.is_shown(said));
        // While it is open the key is not for the wall.
        rig.sent();
        rig.press(Key::M);
        assert!(rig.sent().is_empty());
    }
}
