//! What a profile keeps, with the real binary: beside other writers, after a kill, without its keyring, in a copy.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::watch::monomi;

/// The command with its passwords in the encrypted file, whatever keyring this computer has.
fn in_file(profile: &Path) -> Command {
    let mut command = monomi(profile);
    command.env("MONOMI_SECRETS", "file");
    command
}

fn run(mut command: Command, arguments: &[&str], input: &str) -> Output {
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    // One that ended before it read is an answer, too.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("its end")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn add(command: Command, name: &str, password: &str) -> Output {
    let device = ["--site", "Tokyo", "--name", name, "--host", "192.0.2.7"];
    let rest = ["--brand", "hikvision", "--user", "admin", "--password-stdin"];
    run(command, &[&["device", "add"][..], &device, &rest].concat(), password)
}

fn listed(profile: &Path) -> Vec<Value> {
    let output = run(in_file(profile), &["device", "list", "--json"], "");
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("a JSON array")
}

/// Runs the command again and again until told to stop; how often it ran.
fn in_a_loop(profile: &Path, arguments: &'static [&'static str]) -> impl FnOnce() -> usize {
    let profile = profile.to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let body = move || {
        let mut runs = 0;
        while !stopped.load(Ordering::Relaxed) {
            let output = run(in_file(&profile), arguments, "");
            assert!(output.status.success(), "{}", said(&output));
            runs += 1;
        }
        runs
    };
    let thread = std::thread::Builder::new().name("other writer".to_owned());
    let runs: JoinHandle<usize> = thread.spawn(body).expect("a thread");
    move || {
        stop.store(true, Ordering::Relaxed);
        runs.join().expect("every run of the other writer succeeds")
    }
}

#[test]
fn a_hundred_devices_are_added_beside_another_writer_and_none_fails_or_is_lost() {
    let profile = tempfile::tempdir().unwrap();
    let stop = in_a_loop(profile.path(), &["settings", "set", "show-figures", "true"]);
    let names: Vec<String> = (0..100).map(|number| format!("DVR {number}")).collect();
    // Two at a time, so that writers of passwords meet each other, too.
    let folder = profile.path();
    std::thread::scope(|scope| {
        for half in names.chunks(50) {
            scope.spawn(move || {
                for name in half {
                    let output = add(in_file(folder), name, "s3cret");
                    assert!(output.status.success(), "{name}: {}", said(&output));
                }
            });
        }
    });
    assert!(stop() > 0);
    let devices = listed(profile.path());
    let found: BTreeSet<&str> = devices.iter().filter_map(|device| device["name"].as_str()).collect();
    assert_eq!(found, names.iter().map(String::as_str).collect());
    assert!(devices.iter().all(|device| device["has_password"] == true));
    let left = std::fs::read_dir(profile.path()).unwrap().map_while(Result::ok);
    let left: Vec<_> = left
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The password is in a keyring that this session does not have.
#[test]
fn removing_a_device_says_that_its_password_is_still_in_the_keyring_and_notes_its_name_alone() {
    for (language, words) in [("en", "still in the keyring"), ("ja", "キーリングに残っています")] {
        let profile = tempfile::tempdir().unwrap();
        let set = run(in_file(profile.path()), &["settings", "set", "language", language], "");
        assert!(set.status.success(), "{}", said(&set));
        let added = add(in_file(profile.path()), "北口", "s3cret");
        assert!(added.status.success(), "{}", said(&added));
        let id = listed(profile.path())[0]["id"].as_str().expect("an id").to_owned();
        let write = |name: &str, text: String| {
            let mut file = std::fs::File::create(profile.path().join(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        write("profile.id", "00000000000000aa".to_owned());
        write(
            "secrets.toml",
            format!("version = 1\n[device.{id}]\nin-keyring = true\n"),
        );
        let removed = run(in_file(profile.path()), &["device", "remove", "北口"], "");
        assert!(removed.status.success(), "{}", said(&removed));
        let complaint = String::from_utf8_lossy(&removed.stderr).into_owned();
        assert!(complaint.contains(words) && complaint.contains("北口"), "{complaint}");
        assert!(listed(profile.path()).is_empty());
        let text = std::fs::read_to_string(profile.path().join("secrets.toml")).unwrap();
        assert!(
            text.contains("[owed]") && text.contains(&format!("00000000000000aa/{id}")),
            "{text}"
        );
    }
}

/// Killed at any moment of a save, with what it left swept by the next command and nothing else gone.
#[cfg(unix)]
#[test]
fn what_a_killed_command_leaves_is_swept_by_the_next_one() {
    let profile = tempfile::tempdir().unwrap();
    for number in 0..20 {
        let mut command = in_file(profile.path());
        let name = format!("DVR {number}");
        command.args([
            "device",
            "add",
            "--site",
            "S",
            "--name",
            &name,
            "--host",
            "192.0.2.7",
            "--brand",
            "hikvision",
        ]);
        let mut child = command
            .args(["--user", "a", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"s3cret").unwrap();
        std::thread::sleep(std::time::Duration::from_micros(fastrand::u64(0..60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    std::fs::File::create(profile.path().join(".monomi-orphan.tmp")).unwrap();
    let kept = add(in_file(profile.path()), "last", "s3cret");
    assert!(kept.status.success(), "{}", said(&kept));
    let names = std::fs::read_dir(profile.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
    let devices = listed(profile.path());
    assert!(devices.iter().any(|device| device["name"] == "last"));
    assert!(
        devices.iter().all(|device| device["has_password"] == true),
        "the password comes first"
    );
}

fn put(profile: &Path, name: &str, bytes: &[u8]) {
    std::fs::File::create(profile.join(name))
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

#[test]
fn twelve_changes_leave_ten_copies_and_one_of_them_comes_back() {
    let profile = tempfile::tempdir().unwrap();
    for number in 0..12 {
        let output = add(in_file(profile.path()), &format!("DVR {number}"), "s3cret");
        assert!(output.status.success(), "{}", said(&output));
    }
    let copies = || {
        let list = run(in_file(profile.path()), &["backup", "list", "--json"], "");
        assert!(list.status.success(), "{}", said(&list));
        serde_json::from_slice::<Vec<Value>>(&list.stdout).expect("a JSON array")
    };
    let list = copies();
    assert_eq!(list.len(), 10);
    assert_eq!(
        (&list[0]["devices"], &list[9]["devices"]),
        (&Value::from(12), &Value::from(3))
    );
    assert_eq!(
        list[2]["changes"]["devices"]["gone"],
        serde_json::json!(["DVR 10", "DVR 11"])
    );
    let removed = run(in_file(profile.path()), &["device", "remove", "DVR 3"], "");
    assert!(removed.status.success(), "{}", said(&removed));
    let with_all = copies()[1]["id"].as_str().expect("an id").to_owned();
    let restored = run(in_file(profile.path()), &["backup", "restore", &with_all], "");
    assert!(restored.status.success(), "{}", said(&restored));
    let devices = listed(profile.path());
    assert_eq!(devices.len(), 12);
    // The removal took the password of that one for good.
    assert!(
        devices
            .iter()
            .all(|device| device["has_password"] == (device["name"] != "DVR 3"))
    );
    let unknown = run(in_file(profile.path()), &["backup", "restore", "x"], "");
    assert_eq!(unknown.status.code(), Some(2));
    let copies = profile.path().join("backups");
    assert!(!files_hold(&copies, b"s3cret"));
}

/// Whether any file below `folder` holds these bytes.
fn files_hold(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_hold(&path, bytes)
        } else {
            std::fs::read(path)
                .unwrap()
                .windows(bytes.len())
                .any(|part| part == bytes)
        }
    })
}

#[test]
fn a_profile_moves_in_one_sealed_file_and_what_is_wrong_with_it_is_said_in_the_users_language() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let added = add(in_file(from.path()), "北口", "s3cret");
    assert!(added.status.success(), "{}", said(&added));
    let file = from.path().join("moved.monomi");
    let path = file.to_str().unwrap();
    let export = ["profile", "export", path, "--passphrase-stdin"];
    let exported = run(in_file(from.path()), &export, "a passphrase\n");
    assert!(exported.status.success(), "{}", said(&exported));
    let bytes = std::fs::read(&file).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"));
    let again = run(in_file(from.path()), &export, "a passphrase\n");
    assert_eq!(again.status.code(), Some(2), "a file is never replaced");

    let import = ["profile", "import", path, "--passphrase-stdin"];
    for (language, wrong, missing, foreign) in [
        (
            "en",
            "not the passphrase",
            "The end of the file is missing",
            "no profile",
        ),
        (
            "ja",
            "パスフレーズが違います",
            "ファイルの終わりが欠けています",
            "プロファイルではありません",
        ),
    ] {
        let set = run(in_file(to.path()), &["settings", "set", "language", language], "");
        assert!(set.status.success());
        let fails = |input: &str, words: &str| {
            let output = run(in_file(to.path()), &[&import[..], &["--yes"]].concat(), input);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(said(&output).contains(words), "{}", said(&output));
            assert!(listed(to.path()).is_empty());
        };
        fails("another", wrong);
        put(from.path(), "moved.monomi", &bytes[..bytes.len() / 2]);
        fails("a passphrase", missing);
        put(from.path(), "moved.monomi", b"version = 1\n[[device]]\n");
        fails("a passphrase", foreign);
        put(from.path(), "moved.monomi", &bytes);
    }
    let looked = run(in_file(to.path()), &import, "a passphrase");
    assert!(
        looked.status.success() && said(&looked).contains("+ device '北口'"),
        "{}",
        said(&looked)
    );
    assert!(listed(to.path()).is_empty(), "looking changes nothing");
    let imported = run(in_file(to.path()), &[&import[..], &["--yes"]].concat(), "a passphrase");
    assert!(imported.status.success(), "{}", said(&imported));
    let devices = listed(to.path());
    assert_eq!((devices.len(), &devices[0]["has_password"]), (1, &Value::Bool(true)));
}

#[test]
fn damaged_files_of_passwords_and_certificates_are_said_on_the_command_line_and_kept() {
    for (language, words) in [
        ("en", "wait until you trust their certificates anew"),
        ("ja", "証明書を改めて信頼するか"),
    ] {
        let profile = tempfile::tempdir().unwrap();
        let set = run(in_file(profile.path()), &["settings", "set", "language", language], "");
        assert!(set.status.success());
        assert!(add(in_file(profile.path()), "A", "s3cret").status.success());
        put(
            profile.path(),
            "trust.toml",
            b"version = 1\n[certificate]\n00000000000000ff = \"",
        );
        put(profile.path(), "secrets.toml", b"\0\0\0");
        let list = run(in_file(profile.path()), &["device", "list"], "");
        let complaint = String::from_utf8_lossy(&list.stderr).into_owned();
        assert!(list.status.success(), "{complaint}");
        for part in ["secrets.toml", "trust.toml", words] {
            assert!(complaint.contains(part), "{part}: {complaint}");
        }
        let trusted = run(in_file(profile.path()), &["device", "trust", "A"], "");
        assert!(trusted.status.success(), "{}", said(&trusted));
        assert_eq!(std::fs::read(profile.path().join("secrets.toml")).unwrap(), b"\0\0\0");
    }
}
