use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::store::atomic;
use crate::store::load::LoadProblem;
use device::{Draft, Password};

fn open(dir: &Path) -> Profile {
    Profile::open(Some(dir.to_owned())).unwrap().without_keyring()
}

fn edit(profile: &Profile, name: &str) -> DeviceEdit {
    let draft = Draft {
        site: "Tokyo".into(),
        name: name.into(),
        host: "10.0.0.1".into(),
        ..Draft::new()
    };
    draft.parse(&profile.load_registry().value, &brands(), None).unwrap()
}

fn add(profile: &Profile, name: &str) -> DeviceId {
    let edit = edit(profile, name);
    let id = edit.device.id;
    profile.save_device(edit).unwrap();
    id
}

fn names(profile: &Profile) -> Vec<String> {
    profile
        .load_registry()
        .value
        .devices
        .into_iter()
        .map(|device| device.name)
        .collect()
}

#[test]
fn a_device_comes_back_with_its_password() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    let with_password = DeviceEdit {
        password: PasswordEdit::Set(Password::new("s3cret")),
        ..edit(&profile, "A")
    };
    let id = with_password.device.id;
    profile.save_device(with_password).unwrap();
    let again = open(dir.path());
    let loaded = again.load_registry();
    assert_eq!(
        (loaded.problems, loaded.value.devices.len(), loaded.value.sites.len()),
        (vec![], 1, 1)
    );
    assert_eq!(loaded.value.devices[0].password_revision, 1);
    assert_eq!(again.secrets().get(id).unwrap(), Some(Password::new("s3cret")));
    assert!(matches!(again.save_device(edit(&again, "B")), Ok(())));
    let taken = DeviceEdit {
        device: Device {
            name: "b".into(),
            ..edit(&again, "C").device
        },
        ..edit(&again, "C")
    };
    assert!(matches!(
        again.save_device(taken),
        Err(SaveError::Registry(RegistryError::DuplicateName))
    ));
    assert_eq!(
        again
            .remove_device(id)
            .unwrap()
            .map(|removed| (removed.index, removed.device.name, removed.password)),
        Some((0, "A".into(), Forgotten::Gone))
    );
    assert_eq!(
        (names(&again), again.secrets().get(id).unwrap()),
        (vec!["B".into()], None)
    );
    assert!(again.remove_device(id).unwrap().is_none());
}

#[test]
fn an_unknown_brand_is_a_warning_and_the_device_stays() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    add(&profile, "A");
    let file = dir.path().join(DEVICES);
    let text = fs::read_to_string(&file).unwrap().replace("hikvision", "vanished");
    atomic::write(&file, text.as_bytes()).unwrap();
    let loaded = profile.load_registry();
    assert_eq!(loaded.value.devices.len(), 1);
    assert!(
        matches!(&loaded.problems[..], [LoadProblem::Warning { at, .. }] if at == "device 'A'"),
        "{:?}",
        loaded.problems
    );
}

#[test]
fn settings_that_cannot_be_read_keep_the_outside_shut() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    assert!(!profile.load_settings().value.internal_network_only);
    let original = b"version = 1\nshow-figures = true\ninternal-network-only = tr";
    atomic::write(&dir.path().join(SETTINGS), original).unwrap();
    let loaded = profile.load_settings();
    assert_eq!(
        loaded.value,
        Settings {
            show_figures: true,
            ..Settings::cautious()
        }
    );
    assert!(matches!(&loaded.problems[..], [LoadProblem::SetAside { .. }]));
    // Still shut after something else was changed and saved beside.
    profile
        .update_settings(|settings| settings.start_fullscreen = true)
        .unwrap();
    assert_eq!(
        profile.load_settings().value,
        Settings {
            show_figures: true,
            start_fullscreen: true,
            ..Settings::cautious()
        }
    );
    assert_eq!(fs::read(dir.path().join(SETTINGS)).unwrap(), original);
    profile
        .update_settings(|settings| settings.internal_network_only = false)
        .unwrap();
    assert!(!profile.load_settings().value.internal_network_only);
}

#[test]
fn only_one_engine_uses_a_profile() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    let lock = profile.lock().unwrap();
    let held = open(dir.path()).lock().unwrap_err();
    assert!(
        matches!(held, LockError::Held { pid: Some(pid) } if pid == std::process::id()),
        "{held}"
    );
    // Changes beside the engine are possible all the same.
    add(&profile, "A");
    drop(lock);
    assert!(profile.lock().is_ok());
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    atomic::write(&file, b"").unwrap();
    assert!(matches!(
        Profile::open(Some(file.clone())),
        Err(ProfileError::NotAFolder(_))
    ));
    let below = Profile::open(Some(file.join("profile"))).unwrap_err();
    assert!(below.to_string().contains(file.to_str().unwrap()), "{below}");
    // /proc can be written by nobody, root included.
    if cfg!(target_os = "linux") {
        let proc = Profile::open(Some("/proc/self".into())).unwrap_err();
        assert!(
            proc.to_string()
                .starts_with("the profile folder /proc/self cannot be used"),
            "{proc}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let profile = open(&dir.path().join("a/b"));
    add(&profile, "A");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(profile.path()), mode(&profile.path().join(DEVICES))),
        (0o700, 0o600)
    );
}

#[test]
fn changes_from_many_sides_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    std::thread::scope(|scope| {
        for side in 0..4 {
            let profile = open(dir.path());
            scope.spawn(move || {
                for number in 0..10 {
                    add(&profile, &format!("{side}-{number}"));
                    profile
                        .update_settings(|settings| settings.limits.site_failed_per_minute = 1 + side * 5)
                        .unwrap();
                }
            });
        }
    });
    let mut found = names(&profile);
    found.sort();
    let expected: Vec<_> = (0..4)
        .flat_map(|side| (0..10).map(move |number| format!("{side}-{number}")))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(profile.load_registry().value.sites.len(), 1);
}

#[cfg(unix)]
#[test]
fn what_a_killed_process_left_is_swept_up() {
    let dir = tempfile::tempdir().unwrap();
    atomic::write(&dir.path().join("keep.tmp"), b"").unwrap();
    fs::File::create(dir.path().join(".monomi-abc.tmp")).unwrap();
    open(dir.path());
    let there = |name: &str| dir.path().join(name).exists();
    assert!(there("keep.tmp") && !there(".monomi-abc.tmp"));
}

/// The other half of the next test: saves for ever in a process of its own.
#[test]
#[ignore = "started, and killed, by killing_a_saving_process_never_breaks_the_registry"]
fn child_that_saves() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let profile = open(Path::new(&dir));
    let _lock = profile.lock().unwrap();
    // A first number of its own: on a slow disk a child is killed before its second save.
    for number in fastrand::u64(0..60_000).. {
        profile
            .update_registry(|registry| {
                for device in &mut registry.devices {
                    device.port = u16::try_from(number % 60_000).unwrap() + 1;
                }
            })
            .unwrap();
        println!("saved");
    }
}

const CHILD_DIR: &str = "MONOMI_TEST_SAVING_CHILD";

fn saving_child(dir: &Path) -> Child {
    let this = "store::profile::tests::child_that_saves";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--ignored", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killing_a_saving_process_never_breaks_the_registry() {
    const DEVICES: usize = 50;
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    for number in 0..DEVICES {
        add(&profile, &format!("DVR {number}"));
    }
    let mut versions = HashSet::new();
    for _ in 0..30 {
        let mut child = saving_child(dir.path());
        // It is saving from the first such line on, and is killed at some moment of one of the next saves.
        let mut lines = io::BufRead::lines(io::BufReader::new(child.stdout.take().unwrap()));
        assert!(
            lines.any(|line| line.unwrap().contains("saved")),
            "the child did not save"
        );
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let loaded = profile.load_registry();
        assert_eq!((loaded.problems, loaded.value.devices.len()), (vec![], DEVICES));
        assert!(
            loaded
                .value
                .devices
                .iter()
                .all(|device| device.port == loaded.value.devices[0].port),
            "half a save"
        );
        versions.insert(loaded.value.devices[0].port);
        assert!(profile.lock().is_ok(), "the lock of a killed engine is free");
    }
    assert!(versions.len() > 1, "the child changed nothing");
    sweep(dir.path());
    let left = fs::read_dir(dir.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(left.count(), 0);
}

/// A file system of 256 KiB, unmounted when dropped.
struct TinyDisk(tempfile::TempDir);

impl TinyDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(dir.path())
            .output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(dir))
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_a_clear_error_and_the_old_files_stay() {
    let Some(disk) = TinyDisk::mount() else {
        crate::skipped::skip("a full disk", "a small file system cannot be mounted here (needs root)");
        return;
    };
    let profile = open(disk.0.path());
    let id = add(&profile, "A");
    profile.secrets().set(id, &Password::new("before")).unwrap();
    let before = fs::read(disk.0.path().join(DEVICES)).unwrap();
    let filler = fs::File::create(disk.0.path().join("filler")).unwrap();
    while io::Write::write_all(&mut &filler, &[0; 4096]).is_ok() {}

    let error = profile.save_device(edit(&profile, "B")).unwrap_err();
    assert!(matches!(&error, SaveError::Write(WriteError::DiskFull(_))), "{error:?}");
    let path = disk.0.path().join(DEVICES);
    assert_eq!(
        error.to_string(),
        format!(
            "the disk is full: {} was not saved, its last version is kept",
            path.display()
        )
    );
    let error = profile.secrets().set(id, &Password::new("after")).unwrap_err();
    assert!(
        matches!(error, SecretError::Write(WriteError::DiskFull(_))),
        "{error:?}"
    );
    assert_eq!(fs::read(path).unwrap(), before);
    assert_eq!(
        (names(&profile), profile.load_registry().problems),
        (vec!["A".to_owned()], vec![])
    );
    assert_eq!(profile.secrets().get(id).unwrap(), Some(Password::new("before")));

    drop(filler);
    fs::remove_file(disk.0.path().join("filler")).unwrap();
    add(&profile, "B");
    assert_eq!(names(&profile), ["A", "B"]);
}

#[test]
fn a_hung_holder_of_the_write_lock_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let _held = WriteLock::of(dir.path()).unwrap();
    let start = Instant::now();
    let error = WriteLock::take_within(dir.path(), Duration::from_millis(20))
        .err()
        .unwrap();
    assert!(matches!(error, WriteError::Busy(_)));
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn an_edit_keeps_what_others_changed_since_it_was_planned_and_what_they_removed_stays_removed() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    let ids = ["A", "B", "C"].map(|name| add(&profile, name));
    let planned = profile.load_registry().value;
    let draft = device::BulkDraft {
        user: Some("viewer".to_owned()),
        password: Some(PasswordEdit::Set(Password::new("s3cret"))),
        ..device::BulkDraft::default()
    };
    let plan = draft.plan(&planned, &brands(), &ids).unwrap();
    // Another program, between the plan and the save.
    profile.remove_device(ids[1]).unwrap().unwrap();
    profile
        .update_registry(|registry| {
            registry.devices[0].port = 8554;
            registry.devices[1].enabled = false;
        })
        .unwrap();
    let saved = profile.save_devices(plan.edits).unwrap();
    assert_eq!((saved.gone, saved.owed), (vec![ids[1]], vec![]));
    let devices = profile.load_registry().value.devices;
    let said = devices
        .iter()
        .map(|device| (device.name.as_str(), device.port, device.enabled));
    assert_eq!(said.collect::<Vec<_>>(), [("A", 8554, true), ("C", 554, false)]);
    assert!(devices.iter().all(|device| device.user == "viewer"));
    assert_eq!(profile.secrets().get(ids[2]).unwrap(), Some(Password::new("s3cret")));
    assert!(!profile.secrets().has(ids[1]), "no password without its device");
}

#[test]
fn a_file_of_passwords_or_certificates_that_was_emptied_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    let with_password = DeviceEdit {
        password: PasswordEdit::Set(Password::new("s3cret")),
        ..edit(&profile, "A")
    };
    let id = with_password.device.id;
    profile.save_device(with_password).unwrap();
    for (bytes, said) in [
        (&b""[..], "is empty"),
        (b" \n\n", "is empty"),
        (b"\0\0\0\0", "is left as it is"),
    ] {
        for file in ["secrets.toml", "trust.toml", "devices.toml"] {
            atomic::write(&dir.path().join(file), bytes).unwrap();
        }
        let problems = [
            profile.secrets().problems(),
            profile.load_trust().problems,
            profile.load_registry().problems,
        ];
        for problems in &problems {
            assert!(
                matches!(&problems[..], [one] if one.to_string().contains(said)),
                "{problems:?}"
            );
        }
        assert!(profile.load_trust().value.doubts(id));
    }
    // A profile where none of them was ever written.
    let fresh = tempfile::tempdir().unwrap();
    let fresh = open(fresh.path());
    assert_eq!(
        (fresh.secrets().problems(), fresh.load_trust().problems),
        (vec![], vec![])
    );
}

#[test]
fn what_is_left_out_of_the_repaired_registry_stays_out() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    add(&profile, "A");
    let file = dir.path().join(DEVICES);
    let without = fs::read(&file).unwrap();
    add(&profile, "Old");
    let good = fs::read(&file).unwrap();
    atomic::write(&file, &[&good[..], b"\n[[device"].concat()).unwrap();
    add(&profile, "New");
    assert_eq!(names(&profile), ["A", "Old", "New"]);
    atomic::write(&file, &without).unwrap();
    assert_eq!(names(&profile), ["A", "New"], "who repaired the file took a device out");
}

#[test]
fn what_was_added_while_the_registry_was_damaged_is_there_when_it_is_whole_again() {
    let dir = tempfile::tempdir().unwrap();
    let profile = open(dir.path());
    add(&profile, "A");
    let file = dir.path().join(DEVICES);
    let good = fs::read(&file).unwrap();
    atomic::write(&file, &[&good[..], b"\n[[device"].concat()).unwrap();
    let with_password = DeviceEdit {
        password: PasswordEdit::Set(Password::new("s3cret")),
        ..edit(&profile, "B")
    };
    let id = with_password.device.id;
    profile.save_device(with_password).unwrap();
    assert!(dir.path().join("devices.recovered.toml").exists());
    atomic::write(&file, &good).unwrap();
    assert_eq!(names(&profile), ["A", "B"]);
    let problems = profile.load_registry().problems;
    assert!(
        matches!(&problems[..], [one] if one.to_string().contains("1 devices")),
        "{problems:?}"
    );
    profile.settle_passwords();
    // The next change writes it to the file itself, and a removal is not taken back.
    add(&profile, "C");
    assert!(!dir.path().join("devices.recovered.toml").exists());
    assert_eq!(
        (names(&profile), profile.load_registry().problems),
        (vec!["A".into(), "B".into(), "C".into()], vec![])
    );
    assert_eq!(profile.secrets().get(id).unwrap(), Some(Password::new("s3cret")));
    profile.remove_device(id).unwrap().unwrap();
    assert_eq!(names(&profile), ["A", "C"]);
}
