//! `monomi ptz` as a script uses it, against a recorder whose camera nothing but Stop ends.

use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::process::{Output, Stdio};
use std::time::SystemTime;
#[cfg(unix)]
use std::time::{Duration, Instant};

use onvif::sample::{CameraHabits, ScriptedHabits};
use serde_json::Value;

use crate::fake_onvif::FakeOnvif;
use crate::watch::monomi;

fn recorder(camera: CameraHabits) -> FakeOnvif {
    FakeOnvif::start(ScriptedHabits {
        channels: 2,
        camera: Some(camera),
        ..ScriptedHabits::default()
    })
}

fn endless() -> CameraHabits {
    CameraHabits {
        ignores_timeout: true,
        ..CameraHabits::default()
    }
}

/// A profile with this recorder, as a dealer would add it.
fn added(recorder: &FakeOnvif) -> tempfile::TempDir {
    let profile = tempfile::tempdir().unwrap();
    let host = format!("127.0.0.1:{}", recorder.port());
    let mut child = monomi(profile.path())
        .args([
            "device",
            "add",
            "--name",
            "Dome",
            "--onvif",
            &host,
            "--user",
            "admin",
            "--password-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary");
    child.stdin.take().unwrap().write_all("p@ss:日".as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    profile
}

fn ptz(profile: &Path, arguments: &[&str]) -> Output {
    let mut command = monomi(profile);
    command.args(["ptz", "Dome"]).args(arguments).stdin(Stdio::null());
    command.output().expect("the binary")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn is_moving(recorder: &FakeOnvif) -> bool {
    recorder.with(|recorder| recorder.camera.is_moving(SystemTime::now()))
}

fn acts(recorder: &FakeOnvif) -> Vec<String> {
    recorder.with(|recorder| recorder.camera.acts.clone())
}

#[test]
fn what_a_camera_offers_is_listed_it_is_moved_for_a_while_and_stands_still_then() {
    let recorder = recorder(endless());
    let profile = added(&recorder);
    let listed = ptz(profile.path(), &["--list", "--json"]);
    assert!(listed.status.success(), "{}", text(&listed.stderr));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        (&listed["pan_tilt"], &listed["focus"]),
        (&Value::from(true), &Value::from(true))
    );
    assert_eq!(listed["presets"][0]["name"], "Gate");
    assert_eq!(listed["presets"][3]["service"], "reboot");
    assert_eq!(listed["preset_tours"][0]["name"], "Night tour1");
    let table = text(&ptz(profile.path(), &["--list"]).stdout);
    assert!(table.contains("Gate"), "{table}");
    assert!(acts(&recorder).is_empty());

    let moved = ptz(profile.path(), &["--move", "left", "--for", "1.5"]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    assert!(!is_moving(&recorder));
    let moves = recorder.with(|recorder| recorder.camera.moves.clone());
    assert!(moves.len() >= 2, "it is said again while it lasts: {moves:?}");
    assert!(
        moves
            .iter()
            .all(|(speeds, timeout)| speeds[0] == -0.5 && timeout == "PT2S")
    );
    assert_eq!(acts(&recorder).last().map(String::as_str), Some("Stop"));

    assert!(ptz(profile.path(), &["--stop"]).status.success());
    assert!(ptz(profile.path(), &["--preset", "gate"]).status.success());
    assert_eq!(
        recorder.with(|recorder| recorder.camera.preset.clone()).as_deref(),
        Some("1")
    );
    assert!(ptz(profile.path(), &["--tour", "Night tour1"]).status.success());
    assert_eq!(
        recorder.with(|recorder| recorder.camera.tour.clone()).as_deref(),
        Some("tour1")
    );
}

#[test]
fn a_service_number_and_a_channel_without_ptz_are_refused_before_anything_is_sent() {
    let recorder = recorder(endless());
    let profile = added(&recorder);
    let reboot = ptz(profile.path(), &["--preset", "94"]);
    assert_eq!(reboot.status.code(), Some(2));
    assert!(
        text(&reboot.stderr).contains("restarts the camera"),
        "{}",
        text(&reboot.stderr)
    );
    let other = ptz(profile.path(), &["--channel", "2", "--stop"]);
    assert_eq!(other.status.code(), Some(2), "{}", text(&other.stderr));
    assert!(acts(&recorder).is_empty());
    assert!(ptz(profile.path(), &["--preset", "94", "--sure"]).status.success());
    assert_eq!(acts(&recorder), ["GotoPreset"]);
    for wrong in [
        &["--move", "left"][..],
        &["--for", "1"],
        &["--move", "left", "--for", "0"],
        &[],
    ] {
        assert_eq!(ptz(profile.path(), wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn an_account_that_may_only_watch_is_said_so() {
    let recorder = recorder(CameraHabits {
        only_watches: Some(400),
        ..CameraHabits::default()
    });
    let profile = added(&recorder);
    let refused = ptz(profile.path(), &["--move", "in", "--for", "5"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("may only watch"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(acts(&recorder).len(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_camera() {
    let recorder = recorder(endless());
    let profile = added(&recorder);
    let mut child = monomi(profile.path())
        .args(["ptz", "Dome", "--move", "right", "--for", "60"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary");
    let end = Instant::now() + Duration::from_secs(60);
    while !is_moving(&recorder) {
        assert!(Instant::now() < end, "it does not move");
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!is_moving(&recorder), "{:?}", acts(&recorder));
}
