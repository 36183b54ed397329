//! Profiles of other versions. One of 0.1.0 opens in every later version, and one that a later version wrote is never harmed: it
//! stays as it is while nothing is changed, and keeps what is not known here when something is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use device::{Certificate, Fingerprint};
use monomi::store::Profile;
use wall::{Layout, WindowView};

use crate::watch::monomi;

const FILES: [&str; 6] = [
    "devices.toml",
    "events.toml",
    "habits.toml",
    "settings.toml",
    "trust.toml",
    "views.toml",
];

/// A copy of a stored profile, with a version of its own in each file where one is given.
fn stored(name: &str, version: Option<u32>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/profiles")
        .join(name);
    for file in FILES {
        let mut text = fs::read_to_string(from.join(file)).unwrap();
        assert!(text.contains("version = 1\n"), "{file}");
        if let Some(version) = version {
            text = text.replacen("version = 1\n", &format!("version = {version}\n"), 1);
        }
        put(&folder.path().join(file), &text);
    }
    folder
}

fn put(path: &Path, text: &str) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
}

fn bytes(folder: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    FILES.map(|file| (file, fs::read(folder.join(file)).unwrap())).into()
}

fn text(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

/// Runs `monomi --profile FOLDER ARGUMENTS...`, which succeeds.
#[track_caller]
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = monomi(folder).args(arguments).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output
}

/// Opens the profile in every way that changes nothing; what was listed.
fn look(folder: &Path) -> String {
    let devices = run(folder, &["device", "list", "--json"]);
    let settings = run(folder, &["settings", "list", "--json"]);
    run(folder, &["watch", "--duration", "0.5"]);
    String::from_utf8([devices.stdout, settings.stdout].concat()).unwrap()
}

#[test]
fn a_profile_of_0_1_0_opens_whole_and_stays_as_it_is() {
    let folder = stored("0.1.0", None);
    let before = bytes(folder.path());
    let said = look(folder.path());
    for known in ["DVR 1", "本店", "dvr.example.jp", "203.0.113.0/24", "22:00-07:00"] {
        assert!(said.contains(known), "{known}: {said}");
    }
    assert_eq!(bytes(folder.path()), before);
    let profile = Profile::open_to_read(Some(folder.path().to_owned())).unwrap();
    let registry = profile.load_registry();
    assert!(registry.problems.is_empty(), "{:?}", registry.problems);
    assert_eq!(registry.value.devices[1].channels.len(), 2);
    assert!(profile.load_settings().problems.is_empty());
    let arrangement = profile.load_arrangement();
    assert!(arrangement.problems.is_empty(), "{:?}", arrangement.problems);
    assert_eq!(arrangement.value.windows[0].wall.layout(), &Layout::OnePlusFive);
    assert_eq!(arrangement.value.views.list()[0].name, "夜間");
    let trust = profile.load_trust();
    assert!(trust.problems.is_empty() && trust.value.pins.len() == 1);
    let events = profile.load_events();
    assert!(events.problems.is_empty() && events.value.iter().count() == 1);
    assert_eq!(profile.load_habits().value.iter().count(), 1);
}

#[test]
fn what_a_later_version_added_stays_as_it_is_while_nothing_is_changed() {
    let folder = stored("later", None);
    let before = bytes(folder.path());
    assert!(look(folder.path()).contains("DVR 1"));
    assert_eq!(bytes(folder.path()), before);
}

#[test]
fn what_a_later_version_added_is_kept_by_every_change() {
    let folder = stored("later", None);
    let place = folder.path();
    run(place, &["settings", "set", "show-figures", "true"]);
    run(place, &["device", "edit", "DVR 1", "--port", "10"]);
    let add = ["device", "add", "--name", "New", "--host", "127.0.0.1", "--disabled"];
    run(place, &add);
    let profile = Profile::open(Some(place.to_owned())).unwrap();
    let mut views = profile.load_views().value;
    views.tour.skip_dead = !views.tour.skip_dead;
    profile.save_views(&views).unwrap();
    let mut windows: Vec<WindowView> = profile.load_windows().value;
    windows[0].fullscreen = true;
    profile.save_windows(&windows).unwrap();
    let device = profile.load_registry().value.devices[0].id;
    profile
        .save_trust(device, Some(&Certificate::unread(Fingerprint([5; 32]))))
        .unwrap();
    profile.save_habits(&profile.load_habits().value).unwrap();
    profile
        .save_events(&profile.load_events().value, events::WallTime(1_790_000_100_000))
        .unwrap();
    let changed = [
        ("settings.toml", "show-figures = true"),
        ("devices.toml", "port = 10"),
        ("devices.toml", "name = \"New\""),
        ("views.toml", "fullscreen = true"),
        ("trust.toml", "05050505"),
        ("events.toml", "1790000100000"),
    ];
    let kept = [
        ("settings.toml", "theme = \"sepia\" # of a later version"),
        ("settings.toml", "hub-address = \"hub.example.jp\""),
        ("settings.toml", "[hub]\nport = 8443"),
        ("devices.toml", "# Written by a later version."),
        ("devices.toml", "# The recorder behind the counter."),
        ("devices.toml", "colour = \"teal\" # of the site"),
        (
            "devices.toml",
            "recordings = { from = \"sd-card\", days = 30 } # of the device",
        ),
        ("devices.toml", "[map]\nplan = \"floor-1.png\""),
        ("views.toml", "timeline = \"open\" # of the window"),
        ("views.toml", "layout = \"11 in a ring\""),
        ("views.toml", "icon = \"moon\" # of the view"),
        ("views.toml", "maps = [1, 2]"),
        ("trust.toml", "[authority]\nhub = \"04\""),
        ("habits.toml", "zoom-steps = 3 # of the device"),
        ("habits.toml", "[hub]\nseen = true"),
        ("events.toml", "clip = \"1.mp4\" # of the event"),
        ("events.toml", "cause = \"smoke\""),
    ];
    for (file, part) in changed.into_iter().chain(kept) {
        let text = text(place, file);
        assert!(text.contains(part), "{file} has no {part:?}:\n{text}");
    }
    let recovered = FILES.map(|file| place.join(file.replace(".toml", ".recovered.toml")));
    assert!(recovered.iter().all(|path| !path.exists()), "each file was understood");
}

#[test]
fn a_profile_in_a_format_of_a_later_version_is_never_written_over() {
    let folder = stored("later", Some(99));
    let place = folder.path();
    let before = bytes(place);
    assert!(look(place).contains("DVR 1"), "what can be read of it is shown");
    assert_eq!(bytes(place), before);
    let said = |arguments: &[&str]| String::from_utf8_lossy(&run(place, arguments).stderr).into_owned();
    let complaint = said(&["settings", "set", "show-figures", "true"]);
    assert!(
        complaint.contains("newer Monomi") && complaint.contains("settings.recovered.toml"),
        "{complaint}"
    );
    let complaint = said(&["device", "edit", "DVR 1", "--port", "10"]);
    assert!(
        complaint.contains("newer Monomi") && complaint.contains("devices.recovered.toml"),
        "{complaint}"
    );
    let profile = Profile::open(Some(place.to_owned())).unwrap();
    profile.save_views(&profile.load_views().value).unwrap();
    profile.save_windows(&[WindowView::default()]).unwrap();
    let device = profile.load_registry().value.devices[0].id;
    profile
        .save_trust(device, Some(&Certificate::unread(Fingerprint([5; 32]))))
        .unwrap();
    profile.save_habits(&profile.load_habits().value).unwrap();
    profile
        .save_events(&profile.load_events().value, events::WallTime(1_790_000_100_000))
        .unwrap();
    assert_eq!(bytes(place), before, "no byte is lost");
    // What was changed counts from here on.
    assert!(text(place, "settings.recovered.toml").contains("show-figures = true"));
    assert!(text(place, "devices.recovered.toml").contains("port = 10"));
}
