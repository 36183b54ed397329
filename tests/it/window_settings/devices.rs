//! The list of devices and sites.

use std::sync::Arc;

use device::{ChannelId, DeviceEdit, DeviceId, PasswordEdit, Registry, Site, SiteId, StreamId, StreamKind};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, FrameSlot, SoundState, StreamInfo, StreamStatus, TileState};
use monomi::i18n::Language;
use monomi::ui::SettingsTab;
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{Window, click, device, fill, has, has_part, key, press, registry, window};

fn saved(window: &Window) -> Option<&DeviceEdit> {
    window.state().sent.iter().rev().find_map(|command| match command {
        Command::SaveDevice(edit) => Some(&**edit),
        _ => None,
    })
}

fn opened(language: Language, registry: Registry) -> Window {
    let mut window = window(language, registry);
    window.state_mut().dialog.open(SettingsTab::Devices);
    window.run();
    window
}

fn rows(window: &Window) -> usize {
    window.query_all_by_role(Role::ListBoxOption).count()
}

#[test]
fn an_empty_list_invites() {
    for (language, title, add, editor) in [
        (Language::En, "No devices yet", "Add a device…", "Add a device"),
        (Language::Ja, "機器はまだありません", "機器を追加…", "機器を追加"),
    ] {
        let mut window = opened(language, Registry::default());
        assert!(has(&window, title));
        click(&mut window, add);
        assert!(has(&window, editor));
        key(&mut window, Modifiers::NONE, Key::Escape);
        assert!(has(&window, title), "the editor goes back to where it came from");
    }
}

#[test]
fn a_copy_is_edited_before_it_is_saved() {
    for (language, duplicate, save) in [(Language::En, "Duplicate…", "Save"), (Language::Ja, "複製…", "保存")] {
        let mut window = opened(language, registry(&["Lobby", "Roof"]));
        click(&mut window, "Lobby");
        click(&mut window, duplicate);
        press(&mut window, save);
        let rig = window.state();
        assert_eq!(rig.device_names(), ["Lobby", "Roof", "Lobby (2)"]);
        let (original, copy) = (rig.device("Lobby"), rig.device("Lobby (2)"));
        assert_ne!(original.id, copy.id);
        assert_eq!((&original.host, &original.channels), (&copy.host, &copy.channels));
        let original = original.id;
        assert_eq!(
            saved(&window).map(|edit| &edit.password),
            Some(&PasswordEdit::SameAs(original))
        );
    }
}

#[test]
fn a_copy_may_go_without_the_password_or_have_another_one() {
    for (language, duplicate, save, none, password) in [
        (Language::En, "Duplicate…", "Save", "Without a password", "Password"),
        (Language::Ja, "複製…", "保存", "パスワードなし", "パスワード"),
    ] {
        let mut window = opened(language, registry(&["Lobby"]));
        click(&mut window, "Lobby");
        click(&mut window, duplicate);
        fill(&mut window, password, "other");
        assert!(!has(&window, none), "what is typed counts");
        fill(&mut window, password, "");
        click(&mut window, none);
        press(&mut window, save);
        assert_eq!(saved(&window).map(|edit| &edit.password), Some(&PasswordEdit::Clear));
    }
}

#[test]
fn a_deleted_device_comes_back_with_undo() {
    for (language, delete, removed, undo) in [
        (Language::En, "Delete", "Roof was deleted", "Undo"),
        (Language::Ja, "削除", "Roof を削除しました", "元に戻す"),
    ] {
        let mut window = opened(language, registry(&["Lobby", "Roof", "Gate"]));
        click(&mut window, "Roof");
        click(&mut window, delete);
        assert_eq!(window.state().device_names(), ["Lobby", "Gate"]);
        assert!(has(&window, removed));
        click(&mut window, undo);
        assert_eq!(window.state().device_names(), ["Lobby", "Roof", "Gate"]);
        assert!(!has(&window, undo));
    }
}

#[test]
fn several_are_chosen_and_deleted_by_keyboard_alone() {
    let mut window = opened(Language::En, registry(&["A", "B", "C", "D"]));
    window.get_by_role_and_label(Role::ListBox, "Devices").focus();
    window.run();
    key(&mut window, Modifiers::NONE, Key::ArrowDown);
    key(&mut window, Modifiers::NONE, Key::ArrowDown);
    key(&mut window, Modifiers::SHIFT, Key::ArrowDown);
    assert!(has(&window, "2 selected"));
    key(&mut window, Modifiers::NONE, Key::Delete);
    assert_eq!(window.state().device_names(), ["A", "D"]);
    assert!(has_part(&window, "2 devices were deleted"));
}

#[test]
fn what_a_search_hides_is_not_deleted_with_what_it_shows() {
    let mut window = opened(Language::En, registry(&["Lobby", "Roof"]));
    window.get_by_role_and_label(Role::ListBox, "Devices").focus();
    window.run();
    key(&mut window, Modifiers::COMMAND, Key::A);
    fill(&mut window, "Search devices", "roof");
    assert_eq!(rows(&window), 1);
    click(&mut window, "Delete");
    assert_eq!(window.state().device_names(), ["Lobby"]);
}

#[test]
fn rows_move_by_keyboard_by_button_and_by_their_handle() {
    let mut window = opened(Language::En, registry(&["A", "B", "C"]));
    click(&mut window, "A");
    key(&mut window, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(window.state().device_names(), ["B", "A", "C"]);
    key(&mut window, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(window.state().device_names(), ["A", "B", "C"]);
    click(&mut window, "Move down");
    assert_eq!(window.state().device_names(), ["B", "A", "C"]);

    let handle = |window: &Window, name: &str| {
        let row = window
            .get_all_by_role(Role::ListBoxOption)
            .find(|row| label(row).starts_with(name))
            .unwrap()
            .rect();
        egui::pos2(row.left() + 12.0, row.center().y)
    };
    let (from, to) = (handle(&window, "C"), handle(&window, "B"));
    window.drag_at(from);
    window.run_ok();
    window.hover_at(to - egui::vec2(0.0, 12.0));
    window.run_ok();
    window.drop_at(to - egui::vec2(0.0, 12.0));
    window.run_ok();
    assert_eq!(window.state().device_names(), ["C", "B", "A"]);
}

#[test]
fn a_row_opens_its_editor_by_double_click_and_by_enter() {
    let mut window = opened(Language::En, registry(&["Lobby", "Roof"]));
    let pos = window.get_by_label("Roof").rect().center();
    let button = |pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let twice = [true, false, true, false].map(button);
    window.input_mut().events.push(egui::Event::PointerMoved(pos));
    window.input_mut().events.extend(twice);
    window.run();
    assert!(has(&window, "Edit Roof"));
    key(&mut window, Modifiers::NONE, Key::Escape);
    click(&mut window, "Lobby");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(has(&window, "Edit Lobby"));
}

#[test]
fn devices_are_switched_off_and_on() {
    let mut window = opened(Language::En, registry(&["Lobby", "Roof"]));
    click(&mut window, "Lobby enabled");
    assert!(!window.state().device("Lobby").enabled);
    click(&mut window, "Roof");
    click(&mut window, "Disable");
    assert!(!window.state().device("Roof").enabled);
    click(&mut window, "Enable");
    assert!(window.state().device("Roof").enabled);
}

#[test]
fn a_thousand_devices_paint_only_the_rows_in_sight_and_search_as_one_types() {
    let mut all = registry(&[]);
    for id in 1..=1_000 {
        all.devices.push(device(
            id,
            &format!("DVR {id:04}"),
            &format!("10.0.{}.{}", id / 250, id % 250),
        ));
    }
    let mut window = opened(Language::En, all);
    assert!(has(&window, "Devices (1000)"));
    assert!((5..60).contains(&rows(&window)), "{} rows", rows(&window));
    fill(&mut window, "Search devices", "0777");
    assert_eq!(rows(&window), 1);
    assert!(has(&window, "DVR 0777"));
    fill(&mut window, "Search devices", "nothing like it");
    assert!(has_part(&window, "No device matches"));
    click(&mut window, "Clear the search");
    window.get_by_role_and_label(Role::ListBox, "Devices").focus();
    window.run();
    key(&mut window, Modifiers::NONE, Key::End);
    assert!(has(&window, "DVR 1000"), "the keyboard scrolls the list");
}

#[test]
fn a_site_is_renamed_in_place_and_only_an_empty_one_is_removed() {
    let mut all = registry(&["Lobby"]);
    all.sites.push(Site::new(SiteId(2), "Kyoto".to_owned()));
    let mut window = opened(Language::En, all);
    click(&mut window, "Sites (2)");
    fill(&mut window, "Name of site Osaka", " kyoto ");
    key(&mut window, Modifiers::NONE, Key::Tab);
    assert!(has(&window, "Another site has this name"));
    assert!(window.state().sent.is_empty());
    fill(&mut window, "Name of site Osaka", "大阪");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().now.registry.sites[0].name, "大阪");
    let remove: Vec<_> = window.get_all_by_label("Remove").collect();
    remove[0].click();
    remove[1].click();
    window.run();
    let names: Vec<_> = window
        .state()
        .now
        .registry
        .sites
        .iter()
        .map(|site| site.name.as_str())
        .collect();
    assert_eq!(names, ["大阪"]);
    assert!(matches!(
        window.state().sent[..],
        [Command::SaveSite(_), Command::RemoveSite(SiteId(2))]
    ));
}

#[test]
fn a_device_counts_channels_whatever_streams_they_have() {
    for (language, all, partly) in [
        (Language::En, "2 / 2 channels live", "1 / 2 channels live, Offline"),
        (
            Language::Ja,
            "2 / 2 チャンネルがライブ",
            "1 / 2 チャンネルがライブ、オフライン",
        ),
    ] {
        let mut window = opened(language, registry(&["Lobby"]));
        let show = |window: &mut Window, second: &TileState| {
            let rig = window.state_mut();
            let both = |kind| [(1, kind, TileState::Live), (2, kind, second.clone())];
            let streams = [StreamKind::Main, StreamKind::Sub].into_iter().flat_map(both);
            rig.now.streams = Arc::new(
                streams
                    .map(|(number, kind, state)| {
                        let device = DeviceId(1);
                        let channel = ChannelId { device, number };
                        (StreamId { channel, kind }, stream_status(state))
                    })
                    .collect(),
            );
            window.run();
        };
        show(&mut window, &TileState::Live);
        assert!(has_part(&window, all));
        let failure = Failure {
            kind: FailureKind::Refused,
            stage: Stage::Connect,
            detail: String::new(),
        };
        show(
            &mut window,
            &TileState::Offline {
                failure,
                next_try: None,
            },
        );
        assert!(has_part(&window, partly));
    }
}

#[test]
fn a_click_on_a_column_sorts_the_list_and_the_third_brings_its_own_order_back() {
    for (language, column, down) in [(Language::En, "Name", "Move down"), (Language::Ja, "名前", "下へ")] {
        let mut window = opened(language, registry(&["DVR 10", "dvr 9", "Gate"]));
        let order = |window: &Window| -> Vec<String> {
            let mut rows: Vec<_> = window.query_all_by_role(Role::ListBoxOption).collect();
            rows.sort_by(|one, other| one.rect().top().total_cmp(&other.rect().top()));
            let names = rows
                .iter()
                .map(|row| label(row).split(", ").next().unwrap_or_default().to_owned());
            names.collect()
        };
        let own = ["DVR 10", "dvr 9", "Gate"];
        assert_eq!(order(&window), own);
        let head = |window: &mut Window| {
            window.get_by_role_and_label(Role::ColumnHeader, column).click();
            window.run();
            order(window)
        };
        assert_eq!(head(&mut window), ["dvr 9", "DVR 10", "Gate"]);
        click(&mut window, "dvr 9");
        click(&mut window, down);
        assert!(
            window.state().sent.is_empty(),
            "rows are moved in their own order alone"
        );
        assert_eq!(head(&mut window), ["Gate", "DVR 10", "dvr 9"]);
        assert_eq!(head(&mut window), own);
    }
}

#[test]
fn a_device_removed_elsewhere_leaves_the_list_at_once() {
    let mut window = opened(Language::En, registry(&["Lobby", "Roof"]));
    click(&mut window, "Roof");
    window.state_mut().now.registry = Arc::new(registry(&["Lobby"]));
    window.run();
    assert_eq!(rows(&window), 1);
    click(&mut window, "Delete");
    assert!(window.state().sent.is_empty(), "nothing is chosen any more");
}

fn label(node: &egui_kittest::Node<'_>) -> String {
    use egui_kittest::kittest::NodeT as _;
    node.accesskit_node().label().unwrap_or_default()
}

fn stream_status(state: TileState) -> StreamStatus {
    StreamStatus {
        state,
        last_picture: None,
        last_picture_clock: None,
        slot: Arc::new(FrameSlot::default()),
        sound: SoundState::Off,
        info: StreamInfo::default(),
    }
}
