//! A profile that is handled badly: what cannot be read, who writes beside Monomi, disks that are full or away. Commands end with
//! words, no stream is closed, no place and no byte is lost.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::skipped::{is_root, skip};
use crate::watch::{add_device, monomi};

/// A command that is slower than this hangs or counts.
const AT_ONCE: Duration = Duration::from_secs(20);

fn run(profile: &Path, arguments: &[&str]) -> Output {
    let begin = Instant::now();
    let mut child = monomi(profile)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() >= AT_ONCE {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const COMMANDS: [&[&str]; 5] = [
    &["device", "list"],
    &["device", "list", "--json"],
    &["device", "remove", "A"],
    &["device", "add", "--name", "B", "--host", "192.0.2.2"],
    &["device", "disable", "A"],
];

/// Every command on devices fails with `why`, and nothing in the folder changes.
#[track_caller]
fn refused(profile: &Path, why: &str) {
    for arguments in COMMANDS {
        let output = run(profile, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(why), "{arguments:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{arguments:?} printed something");
    }
    let beside = |name: &str| profile.join(name).exists();
    assert!(!beside("devices.recovered.toml") && !beside("devices.recovered-2.toml"));
}

#[test]
fn a_profile_that_cannot_be_used_ends_every_command_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::File::create(&file).unwrap();
    refused(&file.join("profile"), "Not a directory");
    refused(&file, "is not a folder");
    refused(&folder.path().join("x".repeat(300)), "File name too long");
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    refused(&folder.path().join("link"), "cannot be used");
}

#[test]
fn what_stands_in_place_of_the_registry_is_named_and_nothing_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let devices = folder.path().join("devices.toml");
    add_device(folder.path(), "S", "A", "rtsp://192.0.2.1/live");
    let good = fs::read(&devices).unwrap();
    fs::remove_file(&devices).unwrap();

    fs::create_dir(&devices).unwrap();
    refused(folder.path(), "it is a folder, not a file");
    fs::remove_dir(&devices).unwrap();

    let fifo = std::process::Command::new("mkfifo").arg(&devices).status();
    assert!(fifo.unwrap().success());
    refused(folder.path(), "it is a pipe or a device, not a file");
    fs::remove_file(&devices).unwrap();

    std::os::unix::fs::symlink("/dev/zero", &devices).unwrap();
    refused(folder.path(), "it is a pipe or a device, not a file");
    fs::remove_file(&devices).unwrap();

    fs::File::create(&devices).unwrap().set_len(48 * 1024 * 1024).unwrap();
    refused(folder.path(), "it is larger than 16 MiB");
    fs::remove_file(&devices).unwrap();

    // The target of a link is away: the link stays, and counts again when its target is back.
    std::os::unix::fs::symlink("away/devices.toml", &devices).unwrap();
    refused(folder.path(), "it is a link, and what it leads to is not there");
    assert!(fs::symlink_metadata(&devices).unwrap().is_symlink());
    fs::create_dir(folder.path().join("away")).unwrap();
    let target = folder.path().join("away/devices.toml");
    std::io::Write::write_all(&mut fs::File::create(&target).unwrap(), &good).unwrap();
    add_device(folder.path(), "S", "C", "rtsp://192.0.2.3/live");
    assert!(fs::symlink_metadata(&devices).unwrap().is_symlink());
    let list = String::from_utf8(run(folder.path(), &["device", "list"]).stdout).unwrap();
    assert!(list.contains("192.0.2.1") && list.contains("192.0.2.3"), "{list}");
    assert_eq!(fs::read_dir(folder.path().join("away")).unwrap().count(), 1);
}

#[test]
fn a_profile_of_another_user_ends_every_command_with_its_reason() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    add_device(folder.path(), "S", "A", "rtsp://192.0.2.1/live");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        std::process::Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(crate::watch::BINARY)
            .arg("--profile")
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
    };
    let version = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args([crate::watch::BINARY, "--version"])
        .output();
    if !is_root() || !version.is_ok_and(|output| output.status.success()) {
        skip(
            "the profile of another user",
            "needs root, setpriv and a binary that all may run",
        );
        return;
    }
    for arguments in COMMANDS {
        let output = as_nobody(arguments).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        let text = said(&output).to_lowercase();
        assert!(text.contains("permission"), "{arguments:?}: {text}");
    }
}

#[test]
fn what_root_saves_is_still_the_owners_with_its_mode() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    if !is_root() {
        skip("a save by root", "needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    add_device(folder.path(), "S", "A", "rtsp://admin:secret@192.0.2.1/live");
    let devices = folder.path().join("devices.toml");
    for path in [folder.path(), &devices] {
        chown(path, Some(4_321), Some(4_322)).unwrap();
    }
    fs::set_permissions(&devices, fs::Permissions::from_mode(0o640)).unwrap();
    // The lock files, the key and the settings are made anew.
    for name in ["write.lock", "secrets.lock", "secrets.toml", "secrets.key"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    add_device(folder.path(), "S", "B", "rtsp://admin:secret@192.0.2.2/live");
    assert!(
        run(folder.path(), &["settings", "set", "theme", "dark"])
            .status
            .success()
    );
    assert!(run(folder.path(), &["watch", "--duration", "1"]).status.success());
    let owner = |path: &Path| fs::metadata(path).map(|meta| (meta.uid(), meta.gid())).unwrap();
    assert_eq!(owner(&devices), (4_321, 4_322));
    assert_eq!(fs::metadata(&devices).unwrap().mode() & 0o777, 0o640);
    for name in [
        "settings.toml",
        "secrets.toml",
        "write.lock",
        "engine.lock",
        "logs",
        "logs/monomi.log",
    ] {
        assert_eq!(owner(&folder.path().join(name)), (4_321, 4_322), "{name}");
    }
    let log = fs::metadata(folder.path().join("logs/monomi.log")).unwrap();
    assert_eq!(log.mode() & 0o777, 0o600);
}
