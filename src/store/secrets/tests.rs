use std::collections::HashMap;
use std::sync::Mutex;

use std::fs;
use std::time::Duration;

use super::*;
use crate::store::atomic;
use crate::store::atomic::WriteError;

const A: DeviceId = DeviceId(0xa);
const B: DeviceId = DeviceId(0xb);

/// A keyring in memory that can be told to fail.
#[derive(Clone, Default)]
struct FakeVault {
    held: Arc<Mutex<HashMap<String, Password>>>,
    fails: Arc<AtomicBool>,
}

impl FakeVault {
    fn check(&self) -> Result<(), VaultError> {
        if self.fails.load(Ordering::Relaxed) {
            Err(VaultError::Shut("locked".to_owned()))
        } else {
            Ok(())
        }
    }
}

impl Vault for FakeVault {
    fn get(&self, account: &str) -> Result<Option<Password>, VaultError> {
        self.check().map(|()| self.held.lock().unwrap().get(account).cloned())
    }

    fn set(&self, account: &str, password: &Password) -> Result<(), VaultError> {
        self.check()
            .map(|()| drop(self.held.lock().unwrap().insert(account.to_owned(), password.clone())))
    }

    fn clear(&self, account: &str) -> Result<(), VaultError> {
        self.check().map(|()| drop(self.held.lock().unwrap().remove(account)))
    }
}

fn with_vault(dir: &Path, vault: &FakeVault) -> Secrets {
    Secrets::with_vault(dir, vault.clone())
}

fn get(secrets: &Secrets, device: DeviceId) -> Option<String> {
    secrets
        .get(device)
        .unwrap()
        .map(|password| password.expose().to_owned())
}

fn sealed_text(secrets: &Secrets, device: DeviceId) -> String {
    match rows::stored(secrets.document().table(), device) {
        Some(Stored::Sealed(Some(text))) => text.to_owned(),
        other => panic!("{other:?}"),
    }
}

fn everything_in(dir: &Path) -> String {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
        .collect()
}

#[test]
fn the_encrypted_file_keeps_passwords_and_shows_none() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    assert_eq!(
        (secrets.place(), get(&secrets, A), secrets.has(A)),
        (PasswordPlace::EncryptedFile, None, false)
    );
    secrets.set(A, &Password::new("p@ss:w/rd%#日本")).unwrap();
    secrets.set(B, &Password::new("s3cret")).unwrap();
    let again = Secrets::without_keyring(dir.path());
    assert_eq!(
        (get(&again, A).as_deref(), get(&again, B).as_deref()),
        (Some("p@ss:w/rd%#日本"), Some("s3cret"))
    );
    again.set(A, &Password::new("other")).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("other"));
    let text = everything_in(dir.path());
    assert!(!text.contains("s3cret") && !text.contains("other"));
    assert!(!format!("{secrets:?} {:?}", secrets.get(B)).contains("s3cret"));
    again.clear(A).unwrap();
    again.clear(A).unwrap();
    assert_eq!((get(&secrets, A), get(&secrets, B).as_deref()), (None, Some("s3cret")));
}

#[test]
fn the_same_password_looks_different_every_time() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    let sealed = |device: DeviceId| {
        secrets.set(device, &Password::new("same")).unwrap();
        sealed_text(&secrets, device)
    };
    assert_ne!(sealed(A), sealed(A));
}

#[test]
fn what_cannot_be_decrypted_is_an_error_for_its_device_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("s3cret")).unwrap();
    secrets.set(B, &Password::new("other")).unwrap();
    let file = dir.path().join("secrets.toml");
    let good = fs::read_to_string(&file).unwrap();

    // The record of one device under another one's id, and damage.
    let sealed_a = sealed_text(&secrets, A);
    let sealed_b = sealed_text(&secrets, B);
    for bad in [
        sealed_b.as_str(),
        "",
        "zz",
        "00",
        &sealed_a[2..],
        &sealed_a.replace(&sealed_a[..2], "zz"),
    ] {
        let text = good.replace(&sealed_a, bad);
        atomic::write(&file, text.as_bytes()).unwrap();
        let error = secrets.get(A).unwrap_err();
        assert!(matches!(error, SecretError::Unreadable(_)), "{bad}: {error}");
        assert_eq!(get(&secrets, B).as_deref(), Some("other"), "{bad}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    atomic::write(&file, good.replace(&format!("\"{sealed_a}\""), "5").as_bytes()).unwrap();
    assert!(matches!(secrets.get(A), Err(SecretError::Unreadable(_))));
    atomic::write(&file, good.as_bytes()).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("s3cret"));
}

#[test]
fn a_lost_or_damaged_key_loses_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("s3cret")).unwrap();
    let key = dir.path().join("secrets.key");
    let good = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(matches!(secrets.get(A), Err(SecretError::Unreadable(_))));
    atomic::write(&key, b"\xff\xfe").unwrap();
    assert!(matches!(secrets.get(A), Err(SecretError::Unreadable(_))));
    secrets.set(B, &Password::new("new")).unwrap();
    assert_eq!(secrets.take_key_set_aside().as_deref(), Some("secrets.key.damaged-1"));
    assert_eq!(secrets.take_key_set_aside(), None, "said once");
    assert_eq!(fs::read(dir.path().join("secrets.key.damaged-1")).unwrap(), b"\xff\xfe");
    assert_eq!(get(&secrets, B).as_deref(), Some("new"));
    assert!(matches!(secrets.get(A), Err(SecretError::Unreadable(_))));
    atomic::write(&key, &good).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("s3cret"));
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("s3cret")).unwrap();
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("secrets.key"), mode("secrets.toml")), (0o600, 0o600));
    fs::set_permissions(dir.path().join("secrets.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("s3cret"));
    assert_eq!(mode("secrets.key"), 0o600);
}

/// "No password" would make the device be asked without one, which it answers with a refusal.
#[test]
fn a_file_that_the_system_does_not_give_is_no_answer_about_a_password() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("s3cret")).unwrap();
    let (file, away) = (dir.path().join("secrets.toml"), dir.path().join("away"));
    fs::rename(&file, &away).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(matches!(
        secrets.get(A),
        Err(SecretError::Write(WriteError::Unread { .. }))
    ));
    assert!(secrets.mark_removed(&[A]).is_err());
    fs::remove_dir(&file).unwrap();
    fs::rename(&away, &file).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("s3cret"));
}

#[test]
fn the_keyring_is_used_where_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    assert_eq!(secrets.place(), PasswordPlace::Keyring);
    secrets.set(A, &Password::new("s3cret")).unwrap();
    assert_eq!((get(&secrets, A).as_deref(), secrets.has(A)), (Some("s3cret"), true));
    assert!(!dir.path().join("secrets.key").exists());

    // Another profile of the same user does not see it.
    let other = tempfile::tempdir().unwrap();
    with_vault(other.path(), &vault)
        .set(A, &Password::new("theirs"))
        .unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("s3cret"));

    // Beside it a program without the keyring: it does not believe that there is no password, and can set another one.
    let plain = Secrets::without_keyring(dir.path());
    assert!(matches!(plain.get(A), Err(SecretError::Keyring(_))));
    plain.set(A, &Password::new("newer")).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("newer"));
    secrets.set(A, &Password::new("newest")).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("newest"));
    assert_eq!(secrets.places(), BTreeMap::from([(A, PasswordPlace::Keyring)]));
    assert_eq!(secrets.clear(A).unwrap(), Forgotten::Gone);
    assert_eq!((get(&secrets, A), vault.held.lock().unwrap().len()), (None, 1));
}

#[test]
fn a_keyring_that_takes_nothing_gives_way_to_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    secrets.set(A, &Password::new("before")).unwrap();
    vault.fails.store(true, Ordering::Relaxed);
    assert!(matches!(secrets.get(A), Err(SecretError::Keyring(_))));
    secrets.set(B, &Password::new("s3cret")).unwrap();
    assert_eq!(
        (secrets.place(), get(&secrets, B).as_deref()),
        (PasswordPlace::EncryptedFile, Some("s3cret"))
    );
    vault.fails.store(false, Ordering::Relaxed);
    assert_eq!(get(&secrets, A).as_deref(), Some("before"));
    vault.held.lock().unwrap().clear();
    assert!(
        matches!(secrets.get(A), Err(SecretError::KeyringEntry(_))),
        "a password that was stored is missed"
    );
}

/// The inner half of the next test: talks to the keyring of the session that it was started in.
#[test]
#[ignore = "started by a_real_keyring_keeps_passwords in a session of its own"]
fn child_in_a_session() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let secrets = Secrets::new(Path::new(&dir));
    assert_eq!(secrets.place(), PasswordPlace::Keyring);
    secrets.set(A, &Password::new("p@ss:w/rd%#日本")).unwrap();
    assert_eq!(secrets.place(), PasswordPlace::Keyring);
    let again = Secrets::new(Path::new(&dir));
    assert_eq!(get(&again, A).as_deref(), Some("p@ss:w/rd%#日本"));
    assert!(!Path::new(&dir).join("secrets.key").exists());
    again.clear(A).unwrap();
    assert_eq!(get(&secrets, A), None);
    println!("the keyring works");
}

const CHILD_DIR: &str = "MONOMI_TEST_KEYRING_CHILD";

#[cfg(target_os = "linux")]
#[test]
fn a_real_keyring_keeps_passwords() {
    use std::process::Command;

    let there = |program: &str| {
        Command::new(program)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !(there("dbus-run-session") && there("gnome-keyring-daemon")) {
        crate::skipped::skip(
            "a real keyring",
            "dbus-run-session or gnome-keyring-daemon is not installed",
        );
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let script = "echo -n word | gnome-keyring-daemon --unlock --components=secrets >/dev/null && \"$0\" --exact \
                  store::secrets::tests::child_in_a_session --ignored --nocapture";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD_DIR, dir.path())
        .env("HOME", dir.path())
        .env("XDG_DATA_HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env_remove("MONOMI_SECRETS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("the keyring works"), "{said}");
}

#[test]
fn a_copied_password_is_the_other_devices_own_and_a_missing_one_is_copied_too() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("one")).unwrap();
    secrets.copy(A, B).unwrap();
    secrets.clear(A).unwrap();
    assert_eq!(get(&secrets, B).as_deref(), Some("one"));
    secrets.copy(A, B).unwrap();
    assert!(!secrets.has(B));
}

#[test]
fn the_password_of_a_removed_device_is_known_for_clearing_until_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::without_keyring(dir.path());
    secrets.set(A, &Password::new("one")).unwrap();
    secrets.set(B, &Password::new("two")).unwrap();
    secrets.mark_removed(&[A, B, DeviceId(0xc)]).unwrap();
    secrets.mark_restored(&[B]).unwrap();
    let again = Secrets::without_keyring(dir.path());
    assert_eq!(again.removed(), [A]);
    assert_eq!(get(&again, A).as_deref(), Some("one"), "it may still come back");
    again.clear(A).unwrap();
    assert_eq!((again.removed(), again.places().len()), (vec![], 1));
    // A new password is that of a device which is there.
    again.mark_removed(&[B]).unwrap();
    again.set(B, &Password::new("three")).unwrap();
    assert_eq!(again.removed(), []);
}

#[test]
fn where_each_password_is_can_be_said_without_asking_the_keyring() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    with_vault(dir.path(), &vault).set(A, &Password::new("one")).unwrap();
    let plain = Secrets::without_keyring(dir.path());
    plain.set(B, &Password::new("two")).unwrap();
    vault.fails.store(true, Ordering::Relaxed);
    let places = with_vault(dir.path(), &vault).places();
    assert_eq!(
        places,
        BTreeMap::from([(A, PasswordPlace::Keyring), (B, PasswordPlace::EncryptedFile)])
    );
}

fn held(vault: &FakeVault) -> usize {
    vault.held.lock().unwrap().len()
}

#[test]
fn what_a_locked_keyring_cannot_forget_is_owed_and_paid_once_it_opens() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    secrets.set(A, &Password::new("s3cret")).unwrap();
    secrets.set(B, &Password::new("other")).unwrap();
    vault.fails.store(true, Ordering::Relaxed);
    assert_eq!(secrets.clear(A).unwrap(), Forgotten::Owed("locked".to_owned()));
    assert_eq!((secrets.has(A), secrets.owed().len(), held(&vault)), (false, 1, 2));
    let text = everything_in(dir.path());
    assert!(!text.contains("s3cret"), "only the name of the entry");

    // The same without any keyring, by another program.
    let plain = Secrets::without_keyring(dir.path());
    assert!(matches!(plain.clear(B).unwrap(), Forgotten::Owed(_)));
    assert_eq!(plain.owed().len(), 2);

    // Whatever reaches the keyring next pays.
    vault.fails.store(false, Ordering::Relaxed);
    let later = with_vault(dir.path(), &vault);
    later.set(DeviceId(0xc), &Password::new("third")).unwrap();
    assert_eq!((later.owed().len(), held(&vault)), (0, 1));
    assert_eq!(get(&later, DeviceId(0xc)).as_deref(), Some("third"));
}

#[test]
fn a_device_that_comes_back_gets_an_entry_that_no_debt_takes() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    secrets.set(A, &Password::new("one")).unwrap();
    vault.fails.store(true, Ordering::Relaxed);
    secrets.clear(A).unwrap();
    vault.fails.store(false, Ordering::Relaxed);
    // The debt is paid after the new password is stored under another name.
    secrets.set(A, &Password::new("two")).unwrap();
    assert_eq!((secrets.owed().len(), held(&vault)), (0, 1));
    assert_eq!(get(&secrets, A).as_deref(), Some("two"));
}

#[test]
fn a_keyring_that_locks_between_two_passwords_owes_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    secrets.set(A, &Password::new("one")).unwrap();
    vault.fails.store(true, Ordering::Relaxed);
    secrets.set(A, &Password::new("two")).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("two"), "it is in the file");
    assert_eq!((secrets.owed().len(), held(&vault)), (1, 1));
    vault.fails.store(false, Ordering::Relaxed);
    assert_eq!(secrets.pay_debts(), None);
    assert_eq!((secrets.owed().len(), held(&vault)), (0, 0));
}

#[test]
fn the_password_of_a_device_that_never_came_goes_and_that_of_one_that_came_stays() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    secrets.set(A, &Password::new("one")).unwrap();
    secrets.set(B, &Password::new("two")).unwrap();
    let registered = |device| device == A;
    let now = SystemTime::now();
    // Its program may still be on the way to the registry.
    secrets.settle(&registered, now + Duration::from_secs(60)).unwrap();
    assert!(secrets.has(A) && secrets.has(B));
    let late = now + Duration::from_secs(3_600);
    secrets.settle(&registered, late).unwrap();
    assert!(secrets.has(A) && !secrets.has(B));
    assert_eq!(secrets.pay_debts(), None);
    assert_eq!((held(&vault), get(&secrets, A).as_deref()), (1, Some("one")));
    // A device that came once and is in no registry any more (an older copy was restored) keeps its password.
    secrets.settle(&|_| false, late + Duration::from_secs(3_600)).unwrap();
    assert_eq!(get(&secrets, A).as_deref(), Some("one"));
}

#[test]
fn an_entry_that_a_killed_program_began_is_found_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let vault = FakeVault::default();
    let secrets = with_vault(dir.path(), &vault);
    let sealed = Secrets::without_keyring(dir.path());
    sealed.set(A, &Password::new("one")).unwrap();
    let now = SystemTime::now();
    let begin = |home: &Home, document: &mut Document| Rows::of(document).begin_entry(A, now, home);
    let account = secrets.at_home(begin).unwrap();
    vault.set(&account, &Password::new("two")).unwrap();
    // Killed here. The former password counts, and the entry goes.
    assert_eq!(get(&secrets, A).as_deref(), Some("one"));
    secrets.settle(&|_| true, now + Duration::from_secs(3_600)).unwrap();
    assert_eq!((secrets.pay_debts(), held(&vault)), (None, 0));
    assert_eq!(get(&secrets, A).as_deref(), Some("one"));
}

/// Copies the files of a profile into another folder.
fn copied(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map_while(Result::ok) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_copied_profile_reads_the_passwords_of_the_original_and_removes_none_of_them() {
    let (original, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = FakeVault::default();
    let here = with_vault(original.path(), &vault);
    here.set(A, &Password::new("one")).unwrap();
    here.set(B, &Password::new("two")).unwrap();
    copied(original.path(), copy.path());
    let there = with_vault(copy.path(), &vault);
    // One is removed before it was ever read, one after.
    assert_eq!(there.clear(A).unwrap(), Forgotten::Gone);
    assert_eq!(get(&there, B).as_deref(), Some("two"));
    assert_eq!(held(&vault), 3, "it has an entry of its own now");
    there.set(B, &Password::new("three")).unwrap();
    assert_eq!(get(&here, B).as_deref(), Some("two"));
    assert_eq!(there.clear(B).unwrap(), Forgotten::Gone);
    assert_eq!(
        (get(&here, A).as_deref(), get(&here, B).as_deref()),
        (Some("one"), Some("two"))
    );
    assert_eq!((held(&vault), there.owed().len()), (2, 0));
    // The other way round: the original's removal leaves the copy's own password.
    there.set(A, &Password::new("mine")).unwrap();
    here.clear(A).unwrap();
    assert_eq!(get(&there, A).as_deref(), Some("mine"));
}

#[test]
fn a_copy_of_an_earlier_versions_profile_is_one_too_and_takes_no_debt_along() {
    let (original, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = FakeVault::default();
    // As earlier versions wrote it: a bare id, and no name of the entry.
    atomic::write(&original.path().join("profile.id"), b"00000000000000aa").unwrap();
    let record = format!("version = 1\n[device.{A}]\nin-keyring = true\n[device.{B}]\nin-keyring = true\n");
    atomic::write(&original.path().join("secrets.toml"), record.as_bytes()).unwrap();
    vault
        .set(&format!("00000000000000aa/{A}"), &Password::new("one"))
        .unwrap();
    vault
        .set(&format!("00000000000000aa/{B}"), &Password::new("two"))
        .unwrap();
    let here = with_vault(original.path(), &vault);
    assert_eq!(get(&here, A).as_deref(), Some("one"));
    vault.fails.store(true, Ordering::Relaxed);
    here.clear(B).unwrap();
    vault.fails.store(false, Ordering::Relaxed);
    copied(original.path(), copy.path());
    let there = with_vault(copy.path(), &vault);
    assert_eq!(get(&there, A).as_deref(), Some("one"));
    assert_eq!((there.owed().len(), here.owed().len()), (0, 1));
    there.clear(A).unwrap();
    assert_eq!(get(&here, A).as_deref(), Some("one"));
}

#[cfg(unix)]
#[test]
fn a_profile_that_was_moved_is_the_same_one() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = (dir.path().join("before"), dir.path().join("after"));
    fs::create_dir(&before).unwrap();
    let vault = FakeVault::default();
    with_vault(&before, &vault).set(A, &Password::new("one")).unwrap();
    fs::rename(&before, &after).unwrap();
    let moved = with_vault(&after, &vault);
    assert_eq!(get(&moved, A).as_deref(), Some("one"));
    assert_eq!(held(&vault), 1, "no second entry");
    assert_eq!((moved.clear(A).unwrap(), held(&vault)), (Forgotten::Gone, 0));
}

/// The original is on a disk that is not plugged in while the copy is used.
#[cfg(unix)]
#[test]
fn a_copy_whose_original_is_away_for_now_is_a_copy_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (original, away, copy) = (dir.path().join("a"), dir.path().join("away"), dir.path().join("c"));
    fs::create_dir(&original).unwrap();
    fs::create_dir(&copy).unwrap();
    let vault = FakeVault::default();
    with_vault(&original, &vault).set(A, &Password::new("one")).unwrap();
    copied(&original, &copy);
    fs::rename(&original, &away).unwrap();
    with_vault(&copy, &vault).clear(A).unwrap();
    fs::rename(&away, &original).unwrap();
    assert_eq!(get(&with_vault(&original, &vault), A).as_deref(), Some("one"));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_key_or_of_the_id_is_said_and_not_waited_for() {
    for name in ["secrets.key", "profile.id"] {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::without_keyring(dir.path());
        crate::private::make_pipe(&dir.path().join(name));
        let error = secrets.set(A, &Password::new("s3cret")).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("pipe"), "{error}");
        assert!(!secrets.has(A));
    }
}

#[cfg(unix)]
#[test]
fn the_key_that_root_makes_is_the_owners_of_the_profile() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let dir = tempfile::tempdir().unwrap();
    if chown(dir.path(), Some(4_321), Some(4_322)).is_err() {
        crate::skipped::skip("a key by root", "only root can give files away");
        return;
    }
    Secrets::without_keyring(dir.path())
        .set(A, &Password::new("s3cret"))
        .unwrap();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let meta = entry.metadata().unwrap();
        assert_eq!((meta.uid(), meta.gid()), (4_321, 4_322), "{:?}", entry.file_name());
    }
}
