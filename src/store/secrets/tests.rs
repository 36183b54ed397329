use std::collections::HashMap;
use std::sync::Mutex;

use super::*;

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
        secrets.document().table()[DEVICE][&device.to_string()][SEALED]
            .as_str()
            .unwrap()
            .to_owned()
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
    let sealed_a = secrets.document().table()[DEVICE][&A.to_string()][SEALED]
        .as_str()
        .unwrap()
        .to_owned();
    let sealed_b = secrets.document().table()[DEVICE][&B.to_string()][SEALED]
        .as_str()
        .unwrap()
        .to_owned();
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
    assert!(plain.document().table()[DEVICE][&A.to_string()].get(SEALED).is_none());
    secrets.clear(A).unwrap();
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
