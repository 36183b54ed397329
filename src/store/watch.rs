use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};

use super::profile::Profile;
use super::read::Print;

/// A file of the profile that changed, whoever changed it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Changed {
    Registry,
    Settings,
    Secrets,
    /// Any other TOML file, by name.
    Other(String),
}

/// The watch of a profile, which ends when this is dropped.
pub struct Watch {
    wake: SyncSender<WatchSignal>,
    _watcher: Option<notify::RecommendedWatcher>,
}

/// Calls `tell` from its own thread after a file of the profile changed: once for a burst of changes, within about 0.1
/// s, or within a second if the operating system does not report changes.
pub fn watch(profile: &Profile, tell: impl Fn(Changed) + Send + 'static) -> std::io::Result<Watch> {
    let dir = profile.path().to_owned();
    let (wake, woken) = sync_channel(1);
    let watcher = watcher(&dir, wake.clone()).ok();
    let pause = if watcher.is_some() { WATCHED } else { POLLED };
    // The state to compare with is read here and not in the thread, which may start later.
    let seen = state(&dir);
    std::thread::Builder::new()
        .name("monomi-watch".to_owned())
        .spawn(move || run(&dir, seen, pause, &woken, &tell))?;
    Ok(Watch {
        wake,
        _watcher: watcher,
    })
}

impl Drop for Watch {
    fn drop(&mut self) {
        // If the channel is full, the thread wakes up anyway and finds the channel closed.
        let _ = self.wake.try_send(WatchSignal::End);
    }
}

enum WatchSignal {
    Look,
    End,
}

/// How long to wait for further changes of a burst.
const QUIET: Duration = Duration::from_millis(50);
const POLLED: Duration = Duration::from_secs(1);
/// The folder is also looked at regularly, because a report of a change can get lost (an overflowing queue, a network
/// file system).
const WATCHED: Duration = Duration::from_secs(5);

fn watcher(dir: &Path, wake: SyncSender<WatchSignal>) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            let _ = wake.try_send(WatchSignal::Look);
        }
    })?;
    watcher.watch(dir, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

fn run(dir: &Path, mut seen: FolderPrint, pause: Duration, woken: &Receiver<WatchSignal>, tell: &dyn Fn(Changed)) {
    loop {
        match woken.recv_timeout(pause) {
            Ok(WatchSignal::Look) => {
                if !quiet(woken) {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(WatchSignal::End) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = state(dir);
        let mut changed: Vec<Changed> = now
            .iter()
            .filter(|(path, print)| seen.get(*path) != Some(print))
            .map(|(path, _)| kind(path))
            .collect();
        changed.extend(
            seen.keys()
                .filter(|path| !now.contains_key(*path))
                .map(|path| kind(path)),
        );
        changed.sort();
        changed.dedup();
        seen = now;
        changed.into_iter().for_each(tell);
    }
}

/// Waits until no more changes are reported, for a bounded time. `false`: the watch has ended.
fn quiet(woken: &Receiver<WatchSignal>) -> bool {
    for _ in 0..10 {
        match woken.recv_timeout(QUIET) {
            Ok(WatchSignal::Look) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Ok(WatchSignal::End) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

type FolderPrint = HashMap<PathBuf, Print>;

fn state(dir: &Path) -> FolderPrint {
    let Ok(entries) = fs::read_dir(dir) else {
        return FolderPrint::new();
    };
    let toml = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"));
    toml.filter_map(|path| Print::of(&path).map(|print| (path, print)))
        .collect()
}

fn kind(path: &Path) -> Changed {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.split('.').next() {
        Some("devices") => Changed::Registry,
        Some("settings") => Changed::Settings,
        Some("secrets") => Changed::Secrets,
        _ => Changed::Other(name.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use settings::Settings;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn watched(profile: &Profile) -> (Watch, Receiver<Changed>) {
        let (tell, told) = sync_channel(64);
        (
            watch(profile, move |changed| tell.send(changed).unwrap()).unwrap(),
            told,
        )
    }

    #[test]
    fn every_changed_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        let (watch, told) = watched(&profile);
        for number in 1..4 {
            profile
                .update_settings(|settings| settings.limits.site_in_flight = number)
                .unwrap();
            assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Settings));
        }
        profile
            .update_registry(|registry| registry.save_site(device::Site::new(device::SiteId(1), "S".into())))
            .unwrap()
            .unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Registry));
        profile
            .secrets()
            .set(device::DeviceId(1), &device::Password::new("x"))
            .unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Secrets));
        super::super::atomic::write(&dir.path().join("views.toml"), b"").unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Other("views.toml".to_owned())));
        fs::remove_file(dir.path().join("views.toml")).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Other("views.toml".to_owned())));
        // Nobody is told after the end: the other side of the channel goes.
        drop(watch);
        assert_eq!(told.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn without_change_notices_the_folder_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        let (wake, woken) = sync_channel(1);
        let (tell, told) = sync_channel(64);
        let seen = state(dir.path());
        std::thread::scope(|scope| {
            let told_all = move |changed| tell.send(changed).unwrap();
            scope.spawn(move || run(dir.path(), seen, Duration::from_millis(10), &woken, &told_all));
            profile
                .save_settings(&Settings {
                    show_figures: true,
                    ..Settings::default()
                })
                .unwrap();
            assert_eq!(told.recv_timeout(PATIENCE), Ok(Changed::Settings));
            drop(wake);
        });
    }
}
