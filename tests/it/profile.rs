//! A profile that is handled badly: what cannot be read, who writes beside Monomi, disks that are full or away. Commands end with
//! words, no stream is closed, no place and no byte is lost.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::fake_dvr::{FakeDvr, Script};
use crate::skipped::{is_root, skip};
use crate::watch::{BINARY, Watch, add_device, monomi};

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

    let fifo = Command::new("mkfifo").arg(&devices).status();
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

/// `monomi --profile PROFILE` for which permissions hold, also where the tests run as root; `None`: that is not possible here.
fn unprivileged(profile: &Path) -> Option<Command> {
    if !is_root() {
        return Some(monomi(profile));
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]);
    let mut version = Command::new("setpriv");
    version.args(command.get_args()).args([BINARY, "--version"]);
    command.arg(BINARY).arg("--profile").arg(profile);
    version
        .output()
        .is_ok_and(|output| output.status.success())
        .then_some(command)
}

#[test]
fn a_profile_without_permission_ends_every_command_with_its_reason() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    if unprivileged(folder.path()).is_none() {
        skip("a profile without permission", "needs setpriv");
        return;
    }
    add_device(folder.path(), "S", "A", "rtsp://192.0.2.1/live");
    let devices = folder.path().join("devices.toml");
    for (path, mode, usual) in [(devices.as_path(), 0o000, 0o600), (folder.path(), 0o000, 0o700)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for arguments in COMMANDS {
            let mut command = unprivileged(folder.path()).unwrap();
            let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
            let text = said(&output).to_lowercase();
            assert!(text.contains("permission"), "{arguments:?}: {text}");
        }
        fs::set_permissions(path, fs::Permissions::from_mode(usual)).unwrap();
    }
    assert!(!folder.path().join("devices.recovered.toml").exists());
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

// A running engine -----------------------------------------------------------------------------------------------------------

/// How long streams may take until they are live.
const PATIENCE: Duration = Duration::from_secs(90);

/// Longer than a moment: the engine has looked at what happened, and would have closed every stream.
const A_MOMENT: Duration = Duration::from_millis(2_500);

/// Two recorders that are watched.
struct Watched {
    dvrs: [FakeDvr; 2],
    watch: Watch,
    good: Vec<u8>,
}

impl Watched {
    fn start(profile: &Path) -> Self {
        Self::start_as(profile, monomi(profile))
    }

    fn start_as(profile: &Path, command: Command) -> Self {
        let dvrs = [FakeDvr::start(Script::default()), FakeDvr::start(Script::default())];
        for (index, dvr) in dvrs.iter().enumerate() {
            add_device(profile, "s", &format!("s-{index}"), &dvr.url());
        }
        let watch = Watch::start(command);
        watch.until_live("s", 2, PATIENCE);
        let good = fs::read(profile.join("devices.toml")).unwrap();
        Self { dvrs, watch, good }
    }

    /// No stream was closed, and no other connection was made.
    #[track_caller]
    fn went_on(&self, what: &str) {
        for dvr in &self.dvrs {
            let seen = dvr.seen();
            assert_eq!(seen.len(), 1, "{what}: it was dialled again");
            assert!(seen[0].ended.is_none(), "{what}: a stream was closed");
        }
        let live = self.watch.log().live("s").len();
        assert_eq!(live, 2, "{what}: {live} streams are live");
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
}

#[test]
fn a_registry_that_is_damaged_or_away_for_a_moment_closes_no_stream() {
    let folder = tempfile::tempdir().unwrap();
    let devices = folder.path().join("devices.toml");
    let watched = Watched::start(folder.path());
    let good = &watched.good;
    let second = String::from_utf8(good.clone()).unwrap().rfind("[[device]]").unwrap();
    for (what, bytes) in [
        ("half written", Some(&good[..good.len() - 30])),
        ("cut off between two devices", Some(&good[..second])),
        ("of no length", Some(&b""[..])),
        ("not UTF-8", Some(b"version = 1\n\xff\xfe\n")),
        ("gone", None),
    ] {
        match bytes {
            Some(bytes) => put(&devices, bytes),
            None => fs::remove_file(&devices).unwrap(),
        }
        std::thread::sleep(A_MOMENT);
        watched.went_on(what);
        put(&devices, good);
        std::thread::sleep(A_MOMENT);
        watched.went_on(what);
    }
    fs::rename(&devices, folder.path().join("away")).unwrap();
    fs::create_dir(&devices).unwrap();
    std::thread::sleep(A_MOMENT);
    watched.went_on("a folder in its place");
    fs::remove_dir(&devices).unwrap();
    fs::rename(folder.path().join("away"), &devices).unwrap();
    std::thread::sleep(A_MOMENT);
    watched.went_on("back again");
    assert_eq!(&fs::read(&devices).unwrap(), good, "no byte is lost");
    // What is changed afterwards is taken over as ever.
    add_device(folder.path(), "s", "s-2", &watched.dvrs[0].url());
    watched.watch.until_live("s", 3, PATIENCE);
}

#[test]
fn a_permission_that_goes_for_a_moment_closes_no_stream() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let devices = folder.path().join("devices.toml");
    let Some(command) = unprivileged(folder.path()) else {
        skip("a permission that goes", "needs setpriv");
        return;
    };
    let watched = Watched::start_as(folder.path(), command);
    fs::set_permissions(&devices, fs::Permissions::from_mode(0o000)).unwrap();
    // Nobody is told of permissions: something else has to change.
    put(
        &folder.path().join("settings.toml"),
        b"version = 1\nshow-figures = true\n",
    );
    std::thread::sleep(A_MOMENT);
    watched.went_on("without permission");
    fs::set_permissions(&devices, fs::Permissions::from_mode(0o600)).unwrap();
    std::thread::sleep(A_MOMENT);
    watched.went_on("with permission again");
}

#[test]
fn a_second_writer_in_a_loop_closes_no_stream_and_loses_no_device() {
    let folder = tempfile::tempdir().unwrap();
    let devices = folder.path().join("devices.toml");
    let watched = Watched::start(folder.path());
    // A tool that writes in place, in pieces, again and again.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(6) {
        let mut file = fs::File::create(&devices).unwrap();
        for piece in watched.good.chunks(watched.good.len() / 3) {
            std::io::Write::write_all(&mut file, piece).unwrap();
            std::thread::sleep(Duration::from_millis(120));
        }
    }
    watched.went_on("written in place");
    // Other processes of Monomi, all at once.
    std::thread::scope(|scope| {
        for side in 0..3 {
            let profile = folder.path();
            scope.spawn(move || {
                for number in 0..4 {
                    let name = format!("other-{side}-{number}");
                    let arguments = ["device", "add", "--disabled", "--name", &name, "--host", "192.0.2.9"];
                    let output = run(profile, &arguments);
                    assert!(output.status.success(), "{}", said(&output));
                    assert!(
                        run(profile, &["settings", "set", "show-figures", "true"])
                            .status
                            .success()
                    );
                }
            });
        }
    });
    watched.went_on("other processes");
    let list = String::from_utf8(run(folder.path(), &["device", "list"]).stdout).unwrap();
    assert_eq!(list.lines().count(), 1 + 2 + 12, "{list}");
}

/// A folder that is mounted at another place, and taken away there when this is dropped.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn at(place: &'a Path, folder: &Path) -> Option<Self> {
        let mount = Command::new("mount").arg("--bind").arg(folder).arg(place).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(place))
    }

    fn tmpfs(place: &'a Path) -> Option<Self> {
        let arguments = ["-t", "tmpfs", "-o", "size=512k", "tmpfs"];
        let mount = Command::new("mount").args(arguments).arg(place).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(place))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_vanishes_for_a_while_closes_no_stream_and_is_taken_up_again() {
    let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(mounted) = Mounted::at(place.path(), folder.path()) else {
        skip("a disk that vanishes", "nothing can be mounted here (needs root)");
        return;
    };
    let watched = Watched::start(place.path());
    drop(mounted);
    assert!(!place.path().join("devices.toml").exists());
    // Also the look that comes every five seconds finds nothing.
    std::thread::sleep(Duration::from_secs(8));
    watched.went_on("the disk is away");
    // Somebody begins anew in the folder that is left.
    add_device(place.path(), "s", "s-stray", "rtsp://192.0.2.1/live");
    std::thread::sleep(A_MOMENT);
    watched.went_on("another registry in its place");
    fs::remove_file(place.path().join("devices.toml")).unwrap();
    let _mounted = Mounted::at(place.path(), folder.path()).unwrap();
    assert_eq!(fs::read(place.path().join("devices.toml")).unwrap(), watched.good);
    add_device(place.path(), "s", "s-2", &watched.dvrs[0].url());
    watched.watch.until_live("s", 3, PATIENCE);
    assert!(watched.dvrs[1].seen()[0].ended.is_none());
}

#[test]
fn a_full_disk_refuses_a_change_in_words_and_changes_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let Some(_mounted) = Mounted::tmpfs(place.path()) else {
        skip("a full disk", "a small file system cannot be mounted here (needs root)");
        return;
    };
    let watched = Watched::start(place.path());
    let mut filler = fs::File::create(place.path().join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[0; 1024]).is_ok() {}
    let output = run(place.path(), &["device", "add", "--name", "B", "--host", "192.0.2.2"]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(
        text.contains("disk is full") || text.contains("No space left"),
        "{text}"
    );
    watched.went_on("a full disk");
    assert_eq!(fs::read(place.path().join("devices.toml")).unwrap(), watched.good);
}

#[test]
fn a_running_program_that_is_killed_loses_nothing_of_its_profile() {
    let folder = tempfile::tempdir().unwrap();
    let files = || {
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap_or_default();
        (
            read("devices.toml"),
            read("settings.toml"),
            read("secrets.toml"),
            read("views.toml"),
        )
    };
    let mut watched = Watched::start(folder.path());
    let before = files();
    for _ in 0..3 {
        watched.watch.kill();
        let watch = Watch::start(monomi(folder.path()));
        watch.until_live("s", 2, PATIENCE);
        assert!(run(folder.path(), &["device", "disable", "s-0"]).status.success());
        assert!(run(folder.path(), &["device", "enable", "s-0"]).status.success());
        watched.watch = watch;
    }
    assert_eq!(files(), before);
}
