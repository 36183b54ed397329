//! How large dialogs and words are: as a person chose it, and as the screen is.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, EngineState, TileState};
use monomi::i18n::Language;
use settings::Captions;
use wall::WindowView;

use super::rig::{WindowRig, WindowSetup, cameras, set_streams};

#[test]
fn a_dialog_has_the_size_that_a_person_gave_it_also_after_a_restart_and_never_more_than_there_is() {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    let sized = |size| WindowView {
        dialogs: [("settings".to_owned(), size)].into(),
        ..WindowView::default()
    };
    setup.state.windows = Arc::new(vec![sized([900.0, 500.0])]);
    let mut rig = setup.open();
    let press_settings = |rig: &mut WindowRig| {
        rig.harness
            .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Comma);
        rig.harness.run();
    };
    let right = |rig: &WindowRig| rig.harness.get_by_label("Close").rect().right();
    press_settings(&mut rig);
    // The window is 1280 points wide, and the dialog stands in its middle.
    assert!((right(&rig) - (640.0 + 450.0)).abs() < 30.0, "{}", right(&rig));
    let corner = egui::pos2(640.0 + 449.0, 360.0 + 249.0);
    rig.harness.hover_at(corner);
    rig.harness.drag_at(corner);
    rig.harness.run();
    rig.harness.hover_at(corner + egui::vec2(60.0, 40.0));
    rig.harness.run();
    rig.harness.drop_at(corner + egui::vec2(60.0, 40.0));
    rig.harness.run();
    let kept = rig.harness.state().view().dialogs["settings"];
    assert!(
        (kept[0] - 960.0).abs() < 8.0 && (kept[1] - 540.0).abs() < 8.0,
        "{kept:?}"
    );
    rig.harness.state_mut().leave();
    let saved = rig.sent().into_iter().find_map(|command| match command {
        Command::SaveWindows(windows) => Some(windows),
        _ => None,
    });
    assert_eq!(saved.map(|windows| windows[0].dialogs["settings"]), Some(kept));
    // On a smaller screen it fits, and that is not taken for a choice.
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.state.windows = Arc::new(vec![sized([3_000.0, 2_000.0])]);
    let mut rig = setup.open();
    press_settings(&mut rig);
    assert!(right(&rig) < 1280.0, "{}", right(&rig));
    rig.click("Close");
    assert_eq!(rig.harness.state().view().dialogs["settings"], [3_000.0, 2_000.0]);
}

#[test]
fn a_screen_of_very_many_points_has_large_words_by_itself_and_a_choice_acts_at_once() {
    for (language, row) in [(Language::En, "DVR, LIVE"), (Language::Ja, "DVR、ライブ")] {
        let mut setup = WindowSetup::new(language, cameras(4));
        setup.size = [3840.0, 2160.0];
        let mut rig = setup.open();
        let live = |state: &mut EngineState, captions| {
            set_streams(state, |_| Some(TileState::Live));
            let mut settings = (*state.settings).clone();
            settings.captions = captions;
            state.settings = Arc::new(settings);
        };
        let heights = [Captions::Auto, Captions::Small, Captions::Medium, Captions::Large].map(|captions| {
            rig.change(|state| live(state, captions));
            rig.harness.get_by_label(row).rect().height()
        });
        assert_eq!(heights, [42.0, 24.0, 30.0, 42.0]);
    }
}

#[test]
fn in_single_view_nothing_is_lost_at_any_size_of_captions() {
    for (language, back, live, paging) in [
        (Language::En, "Back to 16 tiles (Esc)", "LIVE", "3 / 16"),
        (Language::Ja, "16 タイルに戻る（Esc）", "ライブ", "3 / 16"),
    ] {
        for captions in [Captions::Small, Captions::Medium, Captions::Large] {
            let mut rig = WindowSetup::new(language, cameras(16)).open();
            rig.change(|state| {
                set_streams(state, |_| Some(TileState::Live));
                let mut settings = (*state.settings).clone();
                settings.captions = captions;
                state.settings = Arc::new(settings);
            });
            let third = rig.tiles()[2].clone();
            rig.double_click(&third);
            let painted = rig.painted();
            for said in [back, live, paging, "09:05:42", "Cam 3"] {
                assert!(
                    painted.iter().any(|text| text == said),
                    "{language:?} {captions:?}: {said} in {painted:?}"
                );
            }
        }
    }
}
