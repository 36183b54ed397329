//! What is changed in the tree itself: names, and the site that a device stands at.

use device::{Device, DeviceEdit, PasswordEdit, Registry, SiteId, VirtualDvr, VirtualDvrId, sample};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::Command;
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, device, registry};

/// `DVR1` (1) and `Yard` (2) of 本店, `DVR1` (3) of 大阪, and the virtual DVR `Doors`.
fn two_sites() -> Registry {
    let mut registry = registry(&[
        device(1, "DVR1", &["Door"]),
        device(2, "Yard", &["Gate"]),
        Device {
            site: SiteId(2),
            ..device(3, "DVR1", &["Ramp"])
        },
    ]);
    registry.sites.push(sample::site(SiteId(2), "大阪"));
    registry.virtual_dvrs.push(VirtualDvr {
        id: VirtualDvrId(5),
        name: "Doors".to_owned(),
        members: Vec::new(),
        layout: String::new(),
    });
    registry
}

/// The label of the line with this name, whatever state it says.
fn row(rig: &WindowRig, name: &str) -> String {
    let is_row = |label: &String| label.split([',', '、']).next() == Some(name);
    let mut rows = rig.harness.query_all_by_role(egui::accesskit::Role::TreeItem);
    let found = rows.find_map(|node| node.accesskit_node().label().filter(is_row));
    found.unwrap_or_else(|| panic!("no line {name}"))
}

fn begin(rig: &mut WindowRig, name: &str) {
    let label = row(rig, name);
    rig.click(&label);
    rig.press(Key::F2);
}

/// The name that was saved last, with what it is of.
fn renamed(rig: &WindowRig) -> Option<String> {
    rig.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveSite(site) => Some(format!("site {} {}", site.id.0, site.name)),
        Command::SaveDevice(edit) => {
            assert_eq!(edit.password, PasswordEdit::Keep);
            Some(format!("device {} {}", edit.device.id.0, edit.device.name))
        }
        Command::SaveVirtualDvr(dvr) => Some(format!("virtual {} {}", dvr.id.0, dvr.name)),
        _ => None,
    })
}

fn moved(rig: &WindowRig) -> Option<Vec<(u64, u64)>> {
    let said = |edit: &DeviceEdit| {
        assert_eq!(edit.password, PasswordEdit::Keep);
        (edit.device.id.0, edit.device.site.0)
    };
    rig.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveDevices(edits) => Some(edits.iter().map(said).collect()),
        _ => None,
    })
}

#[test]
fn f2_renames_sites_devices_and_virtual_dvrs_where_they_stand() {
    for (language, field) in [
        (Language::En, |name: &str| format!("New name of {name}")),
        (Language::Ja, |name: &str| format!("{name}の新しい名前")),
    ] as [(Language, fn(&str) -> String); 2]
    {
        for (name, saved) in [
            ("大阪", "site 2 Nara"),
            ("Yard", "device 2 Nara"),
            ("Doors", "virtual 5 Nara"),
        ] {
            let mut rig = WindowSetup::new(language, two_sites()).open();
            begin(&mut rig, name);
            let field = field(name);
            assert!(rig.is_shown(&field), "{field}");
            // All of the old name is selected.
            rig.harness.get_by_label(&field).type_text("Nara");
            rig.harness.run();
            rig.press(Key::Enter);
            assert_eq!(renamed(&rig).as_deref(), Some(saved));
            assert!(!rig.is_shown(&field));
        }
    }
}

#[test]
fn escape_and_the_same_name_change_nothing() {
    let mut rig = WindowSetup::new(Language::En, two_sites()).open();
    begin(&mut rig, "Yard");
    rig.harness.get_by_label("New name of Yard").type_text("Garden");
    rig.harness.run();
    rig.press(Key::Escape);
    assert!(!rig.is_shown("New name of Yard"));
    begin(&mut rig, "Yard");
    rig.press(Key::Enter);
    assert_eq!(renamed(&rig), None);
    // The tree has the keyboard again.
    rig.press(Key::F2);
    assert!(rig.is_shown("New name of Yard"));
}

#[test]
fn a_name_that_cannot_be_is_told_where_it_is_typed_and_stays_typed() {
    for (language, name, field, typed, problem) in [
        (
            Language::En,
            "Yard",
            "New name of Yard",
            "dvr1",
            "Another device of this site has this name",
        ),
        (
            Language::Ja,
            "大阪",
            "大阪の新しい名前",
            "本店",
            "同じ名前の拠点があります",
        ),
        (Language::En, "Doors", "New name of Doors", " ", "Enter a name"),
    ] {
        let mut rig = WindowSetup::new(language, two_sites()).open();
        begin(&mut rig, name);
        rig.harness.get_by_label(field).type_text(typed);
        rig.harness.run();
        rig.press(Key::Enter);
        assert_eq!(renamed(&rig), None);
        assert!(rig.is_shown(problem), "{problem}");
        let value = rig.harness.get_by_label(field).value();
        assert_eq!(value.as_deref(), Some(typed));
    }
}

#[test]
fn a_name_is_saved_when_the_person_goes_on_elsewhere() {
    let mut rig = WindowSetup::new(Language::En, two_sites()).open();
    begin(&mut rig, "Yard");
    rig.harness.get_by_label("New name of Yard").type_text("Garden");
    rig.harness.run();
    let other = row(&rig, "大阪");
    rig.click(&other);
    assert_eq!(renamed(&rig).as_deref(), Some("device 2 Garden"));
}

#[test]
fn a_device_is_dragged_to_another_site_and_still_onto_the_wall() {
    for language in [Language::En, Language::Ja] {
        let mut rig = WindowSetup::new(language, two_sites()).open();
        let (yard, osaka) = (row(&rig, "Yard"), row(&rig, "大阪"));
        rig.drag(&yard, &osaka);
        assert_eq!(moved(&rig), Some(vec![(2, 2)]));
        // A line of the site is as good as the site.
        let other = row(&rig, "大阪/DVR1");
        rig.drag(&yard, &other);
        assert_eq!(moved(&rig), Some(vec![(2, 2)]));
        let own = row(&rig, "本店");
        rig.drag(&yard, &own);
        assert_eq!(moved(&rig), None, "it stands there");
    }
    let mut rig = WindowSetup::new(Language::En, two_sites()).open();
    rig.press(Key::Num2);
    let (yard, tile) = (row(&rig, "Yard"), rig.tiles()[3].clone());
    rig.drag(&yard, &tile);
    assert!(rig.tiles()[3].contains("Gate · Yard"), "{:?}", rig.tiles());
    assert_eq!(moved(&rig), None);
}

#[test]
fn several_devices_move_together_and_a_clash_of_names_moves_none_and_is_said() {
    for (language, said) in [
        (
            Language::En,
            "Not moved: 大阪 already has DVR1. Rename first (F2), then move",
        ),
        (
            Language::Ja,
            "移動していません：大阪には同じ名前の機器があります（DVR1）。名前を変えて（F2）から移動してください。",
        ),
    ] {
        let mut registry = two_sites();
        registry.sites.push(sample::site(SiteId(3), "Nara"));
        let mut rig = WindowSetup::new(language, registry).open();
        let (first, yard) = (row(&rig, "本店/DVR1"), row(&rig, "Yard"));
        rig.click(&first);
        rig.harness.get_by_label(&yard).click_modifiers(Modifiers::COMMAND);
        rig.harness.run();
        let (osaka, nara) = (row(&rig, "大阪"), row(&rig, "Nara"));
        rig.drag(&yard, &osaka);
        assert_eq!(moved(&rig), None);
        assert!(rig.is_shown(said));
        rig.drag(&yard, &nara);
        assert_eq!(moved(&rig), Some(vec![(1, 3), (2, 3)]));
        assert!(!rig.is_shown(said));
    }
}

#[test]
fn the_menu_renames_and_moves_without_a_mouse() {
    for (language, rename, move_to, field) in [
        (Language::En, "Rename", "Move to site", "New name of Yard"),
        (Language::Ja, "名前の変更", "拠点へ移動", "Yardの新しい名前"),
    ] {
        let mut rig = WindowSetup::new(language, two_sites()).open();
        let yard = row(&rig, "Yard");
        rig.click(&yard);
        rig.harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
        rig.harness.run();
        rig.click(rename);
        assert!(rig.is_shown(field));
        rig.press(Key::Escape);
        rig.harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
        rig.harness.run();
        rig.click(move_to);
        rig.click("大阪");
        assert_eq!(moved(&rig), Some(vec![(2, 2)]));
        assert!(rig.sent().is_empty());
    }
}
