use super::*;
use crate::store::atomic;
use device::Draft;
use wall::{TourPlan, View, Wall};

fn profile() -> (tempfile::TempDir, Profile) {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
    (dir, profile)
}

fn add(profile: &Profile, name: &str) {
    let draft = Draft {
        site: "Tokyo".into(),
        name: name.into(),
        host: "10.0.0.1".into(),
        ..Draft::new()
    };
    let registry = profile.load_registry().value;
    let edit = draft.parse(&registry, &crate::store::brands(), None).unwrap();
    profile.save_device(edit).unwrap();
}

fn names(profile: &Profile) -> Vec<String> {
    let devices = profile.load_registry().value.devices;
    devices.into_iter().map(|device| device.name).collect()
}

fn changed(back: &[&str], gone: &[&str], changed: &[&str]) -> NameChanges {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NameChanges {
        back: owned(back),
        gone: owned(gone),
        changed: owned(changed),
    }
}

#[test]
fn each_change_is_a_copy_and_says_what_it_would_bring_back() {
    let (_dir, profile) = profile();
    assert!(profile.copies().is_empty());
    add(&profile, "A");
    add(&profile, "B");
    let id = profile.load_registry().value.devices[0].id;
    profile
        .update_registry(|registry| registry.set_enabled(id, false))
        .unwrap()
        .unwrap();
    profile
        .remove_device(profile.load_registry().value.devices[1].id)
        .unwrap();
    // No change, no copy.
    profile.update_registry(|_| ()).unwrap();
    let copies = profile.copies();
    let differences: Vec<_> = copies
        .iter()
        .map(|copy| (copy.devices, copy.difference.devices.clone()))
        .collect();
    assert_eq!(
        differences,
        [
            (1, changed(&[], &[], &[])),
            (2, changed(&["B"], &[], &[])),
            (2, changed(&["B"], &[], &["A"])),
            (1, changed(&[], &[], &["A"])),
        ]
    );
    assert!(copies[0].difference.is_none());
    assert!(copies.is_sorted_by(|one, other| one.at > other.at));
}

#[test]
fn a_restore_brings_devices_and_views_back_and_is_undone_by_another_one() {
    let (_dir, profile) = profile();
    add(&profile, "A");
    let night = View::of("Night", &Wall::default());
    profile
        .save_views(&Views::restore(vec![night], TourPlan::default()))
        .unwrap();
    let good = profile.copies()[0].id.clone();
    profile.save_views(&Views::default()).unwrap();
    add(&profile, "B");
    let restored = profile.restore_copy(&good).unwrap();
    assert_eq!((restored.registry.devices.len(), restored.views.list().len()), (1, 1));
    assert_eq!(
        (names(&profile), profile.load_views().value.list().len()),
        (vec!["A".to_owned()], 1)
    );
    let before = &profile.copies()[1];
    assert_eq!(before.difference.devices, changed(&["B"], &[], &[]));
    assert_eq!(before.difference.views, changed(&[], &["Night"], &[]));
    profile.restore_copy(&before.id.clone()).unwrap();
    assert_eq!(names(&profile), ["A", "B"]);
    assert!(matches!(
        profile.restore_copy("../devices"),
        Err(RestoreError::NoSuchCopy(_))
    ));
}

#[test]
fn a_registry_that_was_destroyed_comes_back_and_its_bytes_are_kept() {
    let (dir, profile) = profile();
    add(&profile, "A");
    let file = dir.path().join("devices.toml");
    fs::remove_file(&file).unwrap();
    io::Write::write_all(&mut fs::File::create(&file).unwrap(), b"\0\0[[device").unwrap();
    let copy = profile.copies()[0].id.clone();
    profile.restore_copy(&copy).unwrap();
    let loaded = profile.load_registry();
    assert_eq!((loaded.problems, loaded.value.devices.len()), (vec![], 1));
    let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = entries
        .filter(|path| fs::read(path).is_ok_and(|bytes| bytes == b"\0\0[[device"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
}

#[test]
fn what_another_program_wrote_is_a_copy_before_it_is_changed() {
    let (dir, profile) = profile();
    add(&profile, "A");
    let file = dir.path().join("devices.toml");
    let text = fs::read_to_string(&file).unwrap().replace("\"A\"", "\"By hand\"");
    fs::remove_file(&file).unwrap();
    io::Write::write_all(&mut fs::File::create(&file).unwrap(), text.as_bytes()).unwrap();
    add(&profile, "B");
    assert_eq!(profile.copies()[1].difference.devices, changed(&[], &["B"], &[]));
    assert_eq!(profile.copies().len(), 3);
}

#[test]
fn windows_that_change_with_each_click_push_no_edit_out() {
    let (_dir, profile) = profile();
    add(&profile, "A");
    for width in 0..40 {
        let mut window = WindowView::default();
        window.tree.width = Some(100.0 + width as f32);
        profile.save_windows(&[window]).unwrap();
    }
    assert_eq!(profile.copies().len(), 1);
    add(&profile, "B");
    assert_eq!(profile.copies().len(), 2);
    assert_eq!(profile.copies()[0].devices, 2);
}

/// As if each had been made that many hours before `now`.
fn stays(hours: &[u64]) -> Vec<u64> {
    let dir = tempfile::tempdir().unwrap();
    // Noon here, so that an hour more or less is the same day.
    let noon = DateTime::new(2026, 11, 28, 12, 0, 0, 0).unwrap();
    let now = SystemTime::from(noon.to_zoned(TimeZone::system()).unwrap().timestamp());
    let at = |hours: u64| now - Duration::from_secs(hours * 3_600);
    for age in hours {
        fs::create_dir(dir.path().join(id_of(at(*age)))).unwrap();
    }
    prune(dir.path(), now);
    let left = stored(dir.path());
    let age = |at: &SystemTime| now.duration_since(*at).unwrap().as_secs() / 3_600;
    left.iter().map(|(_, at)| age(at)).collect()
}

#[test]
fn the_last_ten_stay_and_of_older_ones_the_last_of_each_of_thirty_days() {
    assert_eq!(stays(&(0..10).collect::<Vec<_>>()).len(), 10);
    // Every hour for two months.
    let left = stays(&(0..60 * 24).collect::<Vec<_>>());
    assert_eq!(left[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let older = &left[10..];
    assert!((28..=30).contains(&older.len()), "{older:?}");
    assert!(
        older.windows(2).all(|pair| (23..=25).contains(&(pair[1] - pair[0]))),
        "{older:?}"
    );
    assert!(left.iter().all(|age| *age < 30 * 24));
    // Nobody changed anything for months: the last ten are all the same.
    let old: Vec<u64> = (0..12).map(|day| (100 + day) * 24).collect();
    assert_eq!(stays(&old).len(), 10);
}

#[test]
fn a_name_is_a_time_and_back() {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_907_782_417);
    assert_eq!(at_of(&id_of(at)), Some(at));
    assert_eq!(id_of(at), "20261128-231622-417".to_owned());
    for other in ["", "x", ".unfinished", "20261128", "20261128-231622-9999"] {
        assert_eq!(at_of(other), None, "{other}");
    }
}

#[test]
fn a_copy_that_cannot_be_read_is_refused_and_changes_nothing() {
    type Fault = fn(&Path, &[u8]);
    let faults: [(&str, Fault); 5] = [
        ("missing", |path, _| fs::remove_file(path).unwrap()),
        ("a folder", |path, _| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        ("cut between two devices", |path, good| {
            let text = std::str::from_utf8(good).unwrap();
            atomic::write(path, &good[..text.rfind("[[device]]").unwrap()]).unwrap();
        }),
        ("damaged", |path, good| {
            let bytes = vec![0; good.len()];
            atomic::write(path, &bytes).unwrap();
        }),
        ("empty", |path, _| atomic::write(path, b"").unwrap()),
    ];
    for file in ["devices.toml", "views.toml"] {
        for (name, fault) in faults {
            if file == "views.toml" && name == "cut between two devices" {
                continue;
            }
            let (dir, profile) = profile();
            profile.save_windows(&[WindowView::default()]).unwrap();
            add(&profile, "A");
            add(&profile, "B");
            let id = profile.copies()[0].id.clone();
            add(&profile, "C");
            let part = dir.path().join("backups").join(&id).join(file);
            let good = fs::read(&part).unwrap();
            fault(&part, &good);
            assert!(
                profile.copies().iter().any(|copy| copy.id == id && copy.is_damaged),
                "{name}"
            );
            let before = files_of(dir.path()).unwrap();
            let refused = profile.restore_copy(&id).unwrap_err();
            assert!(
                matches!(&refused, RestoreError::Unreadable { file: said, .. } if said == file),
                "{name}: {refused}"
            );
            assert!(files_of(dir.path()).unwrap() == before, "{name}");
        }
    }
}

#[test]
fn a_copy_of_an_earlier_version_without_views_leaves_them_as_they_are() {
    let (dir, profile) = profile();
    add(&profile, "A");
    let id = profile.copies()[0].id.clone();
    fs::remove_file(dir.path().join("backups").join(&id).join(CONTENTS)).unwrap();
    profile.save_windows(&[WindowView::default()]).unwrap();
    add(&profile, "B");
    profile.restore_copy(&id).unwrap();
    assert_eq!(
        (names(&profile), profile.load_windows().value.len()),
        (vec!["A".to_owned()], 1)
    );
}

#[test]
fn where_one_of_the_two_files_cannot_be_written_neither_is() {
    let (dir, profile) = profile();
    profile.save_windows(&[WindowView::default()]).unwrap();
    add(&profile, "A");
    let id = profile.copies()[0].id.clone();
    add(&profile, "B");
    let views = dir.path().join("views.toml");
    fs::remove_file(&views).unwrap();
    fs::create_dir(&views).unwrap();
    assert!(matches!(profile.restore_copy(&id), Err(RestoreError::Write(_))));
    assert_eq!(names(&profile), ["A", "B"]);
}

#[test]
fn a_device_that_comes_back_without_its_password_is_named() {
    let (_dir, profile) = profile();
    add(&profile, "A");
    let draft = Draft {
        site: "Tokyo".into(),
        name: "B".into(),
        host: "10.0.0.2".into(),
        password: device::PasswordEdit::Set(device::Password::new("s3cret")),
        ..Draft::new()
    };
    let registry = profile.load_registry().value;
    let edit = draft.parse(&registry, &crate::store::brands(), None).unwrap();
    let id = edit.device.id;
    profile.save_device(edit).unwrap();
    let copy = profile.copies()[0].id.clone();
    assert_eq!(profile.restore_copy(&copy).unwrap().without, Vec::<String>::new());
    profile.remove_device(id).unwrap();
    assert_eq!(profile.restore_copy(&copy).unwrap().without, ["B"]);
}

#[cfg(unix)]
#[test]
fn copies_that_root_makes_are_the_owners_of_the_profile() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (dir, profile) = profile();
    if chown(dir.path(), Some(4_321), Some(4_322)).is_err() {
        crate::skipped::skip("copies by root", "only root can give files away");
        return;
    }
    add(&profile, "A");
    let copy = dir.path().join("backups").join(&profile.copies()[0].id);
    for path in [
        dir.path().join("backups"),
        copy.clone(),
        copy.join("devices.toml"),
        copy.join(CONTENTS),
    ] {
        let meta = fs::metadata(&path).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (4_321, 4_322), "{}", path.display());
    }
}
