//! What others change: files are looked at, and taken over where they can be read as a whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::file_fault;
use super::disk::{Foreign, Reloaded};
use super::taking::{self, FileDifference, FileVerdict, SeenFile, Taking};
use super::{DiskAnswer, Files, FilesEffect, WorkerAnswer, problems_of};
use crate::store::{Arrangement, Changed, Found, Loaded, Print, TrustBook};
use device::Registry;
use settings::Settings;

/// The shortest and the longest time until a file that cannot be read is looked at again. The system does not tell when a lock, a
/// permission or a disk changes.
const SOON: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(10);

/// What is known of the files that others change.
pub(super) struct Looks {
    registry: Taking,
    settings: Taking,
    trust: Taking,
    arrangement: Taking,
    /// When the files are looked at again, though nobody told of a change.
    again: Option<Instant>,
    pause: Duration,
}

impl Looks {
    /// What is known was read from there.
    pub(super) fn new(registry: &Found, settings: &Found) -> Self {
        Self {
            registry: Taking::new(registry.clone()),
            settings: Taking::new(settings.clone()),
            trust: Taking::new(Found::Nothing),
            arrangement: Taking::new(Found::Whole),
            again: None,
            pause: SOON,
        }
    }

    pub(super) fn registry(&mut self) -> &mut Taking {
        &mut self.registry
    }

    pub(super) fn settings(&mut self) -> &mut Taking {
        &mut self.settings
    }

    pub(super) fn opened_trust(&mut self, found: &Found) {
        self.trust = Taking::new(found.clone());
    }

    fn look_again(&mut self, at: Instant) {
        self.again = Some(self.again.map_or(at, |again| again.min(at)));
    }
}

impl Files {
    /// Somebody changed a file of the profile.
    pub(in crate::engine) fn changed_on_disk(&mut self, changed: &Changed) {
        self.looks.pause = SOON;
        match changed {
            Changed::Secrets => {
                let lost = WorkerAnswer::Disk(DiskAnswer::Marked);
                self.disk
                    .order(lost, |disk| WorkerAnswer::Disk(DiskAnswer::Places(disk.places())));
            }
            // Only this program writes it, and what is in memory is newer.
            Changed::Other(name)
                if ["habits.", "events.", "health.", "feeds."]
                    .iter()
                    .any(|own| name.starts_with(own)) => {}
            Changed::Registry | Changed::Settings | Changed::Other(_) => self.reload(),
        }
    }

    pub(super) fn reload(&mut self) {
        self.looks.again = None;
        self.disk.order(WorkerAnswer::Reloaded(None), |disk| {
            WorkerAnswer::Reloaded(Some(Box::new(disk.reload())))
        });
    }

    /// Has what could not be read looked at soon, though nobody may tell of it.
    pub(super) fn look_soon(&mut self, now: Instant) {
        self.looks.look_again(now + SOON);
    }

    /// Looks again at what could not be read, or was just being written.
    pub(super) fn look_again(&mut self, now: Instant) {
        if self.looks.again.is_some_and(|at| now >= at) && self.disk.is_idle() {
            self.reload();
        }
    }

    /// Whether devices that are registered may be missing, because their file was not readable as a whole.
    pub(super) fn is_registry_awaited(&self) -> bool {
        let stands_somewhere = || self.windows.iter().any(|window| !window.wall.known().is_empty());
        match self.looks.registry.source() {
            Found::Whole => false,
            // A fresh profile, unless there are windows that show something.
            Found::Nothing => self.registry.devices.is_empty() && stands_somewhere(),
            Found::Beside(_) | Found::Part | Found::Unreadable => true,
        }
    }

    /// Whether the settings are those of their file, or there is none.
    pub(in crate::engine) fn are_settings_known(&self) -> bool {
        matches!(self.looks.settings.source(), Found::Whole | Found::Nothing)
    }

    /// Takes over what is different from what is in memory, unless that is still on its way to the disk.
    pub(super) fn reloaded(&mut self, reloaded: Reloaded, now: Instant) {
        if !self.are_written() {
            self.reload_later = true;
            return;
        }
        self.places_read(reloaded.places, false);
        self.arrived_late(reloaded.late);
        if reloaded.awaits_arrangement {
            self.looks.look_again(now + LATE);
        }
        let at_home = reloaded.at_home;
        let foreign = reloaded
            .foreign
            .map(|foreign| (foreign, reloaded.registry.1.value.clone()));
        let registry = self.judge_registry(reloaded.registry, at_home, now);
        let settings = self.judge_settings(reloaded.settings, at_home, now);
        self.judge_trust(reloaded.trust, at_home, now);
        if registry.is_some() || settings.is_some() {
            let taken = WorkerAnswer::Disk(DiskAnswer::Marked);
            self.disk.order(taken, move |disk| {
                disk.taken(registry, settings);
                WorkerAnswer::Disk(DiskAnswer::Marked)
            });
        }
        if let Some((foreign, registry)) = foreign {
            self.judge_arrangement(foreign, &registry, at_home, now);
        }
        // Whether what stands on the walls is awaited may be another thing now.
        self.effects.push_back(FilesEffect::Changed);
    }

    /// Takes the registry over, if it may be; the one that was taken.
    fn judge_registry(
        &mut self,
        seen: (Option<Print>, Loaded<Registry>),
        at_home: bool,
        now: Instant,
    ) -> Option<Registry> {
        let (print, loaded) = seen;
        let difference = taking::between_registries(&self.registry, &loaded.value);
        let verdict = self
            .looks
            .registry
            .judge(look(&loaded.found, print, difference, at_home), now);
        let registry = self.taken("devices.toml", verdict, loaded, now)?;
        if self.unsaved.registry.is_some() || *self.registry == registry {
            return None;
        }
        tracing::info!("the registry was changed beside the engine");
        self.set_registry(registry.clone());
        self.keep_what_is_back();
        Some(registry)
    }

    fn judge_settings(
        &mut self,
        seen: (Option<Print>, Loaded<Settings>),
        at_home: bool,
        now: Instant,
    ) -> Option<Settings> {
        let (print, loaded) = seen;
        let difference = taking::between_settings(&self.settings, &loaded.value);
        let verdict = self
            .looks
            .settings
            .judge(look(&loaded.found, print, difference, at_home), now);
        let settings = self.taken("settings.toml", verdict, loaded, now)?;
        if self.unsaved.settings.is_some() || *self.settings == settings {
            return None;
        }
        tracing::info!("the settings were changed beside the engine");
        self.set_settings(settings.clone());
        Some(settings)
    }

    /// Windows and views that somebody else wrote, beside this registry: a copy was restored, or a profile imported, by the command line.
    /// They come after their devices, for a wall drops what it does not know.
    fn judge_arrangement(&mut self, foreign: Foreign, beside: &Registry, at_home: bool, now: Instant) {
        let Foreign {
            print,
            arrangement,
            difference,
            windows_differ,
        } = foreign;
        let seen = look(&Found::Whole, Some(print), difference, at_home);
        let verdict = match *self.registry == *beside {
            true => self.looks.arrangement.judge(seen, now),
            false => FileVerdict::Wait(SOON),
        };
        match verdict {
            FileVerdict::Take => {}
            FileVerdict::Wait(wait) => return self.looks.look_again(now + wait),
            FileVerdict::Keep => return,
        }
        tracing::info!("the windows and views were changed beside the engine");
        if windows_differ {
            self.windows = Arc::new(arrangement.windows.clone());
        }
        self.views = Arc::new(arrangement.views.clone());
        let taken = WorkerAnswer::Disk(DiskAnswer::Marked);
        self.disk.order(taken, move |disk| {
            disk.arrangement_taken(print, arrangement);
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }

    fn judge_trust(&mut self, seen: (Option<Print>, Loaded<TrustBook>), at_home: bool, now: Instant) {
        let (print, loaded) = seen;
        let difference = taking::between_trust(&self.certificates.pins, &loaded.value.pins);
        let verdict = self
            .looks
            .trust
            .judge(look(&loaded.found, print, difference, at_home), now);
        let Some(trusted) = self.taken("trust.toml", verdict, loaded, now) else {
            return;
        };
        self.trust_read(trusted);
    }

    /// What was read, if it is taken; else it is said why not, and looked at again.
    fn taken<T>(&mut self, file: &'static str, verdict: FileVerdict, loaded: Loaded<T>, now: Instant) -> Option<T> {
        match verdict {
            FileVerdict::Take => Some(problems_of(file, loaded, &mut self.effects)),
            FileVerdict::Wait(wait) => {
                self.looks.look_again(now + wait);
                None
            }
            FileVerdict::Keep => {
                tracing::debug!(file, problems = ?loaded.problems, "not taken");
                self.effects
                    .push_back(FilesEffect::Kept(file, file_fault::of_problems(&loaded.problems)));
                self.looks.look_again(now + self.looks.pause);
                self.looks.pause = (self.looks.pause * 2).min(LATE);
                None
            }
        }
    }

    /// The windows and views that could not be read when the program started.
    pub(super) fn arrived_late(&mut self, late: Option<Loaded<Arrangement>>) {
        let Some(late) = late else { return };
        tracing::info!("the windows and views can be read now");
        let Arrangement { windows, views } = problems_of("views.toml", late, &mut self.effects);
        self.windows = Arc::new(windows);
        self.views = Arc::new(views);
        self.unsaved.arrangement = None;
        self.effects.push_back(FilesEffect::Changed);
    }
}

fn look(found: &Found, print: Option<Print>, difference: FileDifference, at_home: bool) -> SeenFile<'_> {
    SeenFile {
        found,
        print,
        difference,
        at_home,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::super::super::endurance::registry;
    use super::super::super::rig::Rig;
    use super::*;
    use crate::bridge::NoticeKind;
    use crate::store::Profile;
    use device::{Site, SiteId};
    use wall::{Wall, WindowView};

    /// A running engine on a profile with devices.
    struct Running {
        folder: tempfile::TempDir,
        rig: Rig,
    }

    impl Running {
        async fn start() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let profile = Profile::open(Some(folder.path().into())).unwrap();
            profile.save_registry(&registry(0)).unwrap();
            Self::on(folder).await
        }

        async fn on(folder: tempfile::TempDir) -> Self {
            let rig = Rig::on(folder.path(), Profile::without_keyring).await;
            Self { folder, rig }
        }

        fn file(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        async fn until(&mut self, what: &str, mut fits: impl FnMut(&mut Rig) -> bool) {
            let mut tick = tokio::time::interval(Duration::from_millis(250));
            for _ in 0..4_000 {
                if fits(&mut self.rig) {
                    return;
                }
                self.rig.core.turn(&mut self.rig.receiver, &mut tick).await;
            }
            panic!("{what} did not come");
        }

        /// Tells the engine that the registry changed, as the watch of the profile does.
        fn tell(&mut self) {
            self.rig.core.files().changed_on_disk(&Changed::Registry);
        }
    }

    fn put(path: &std::path::Path, bytes: &[u8]) {
        fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn is_kept(rig: &Rig, name: &str) -> bool {
        let state = rig.engine.state();
        let mut kinds = state.notices.iter().map(|notice| &notice.kind);
        kinds.any(|kind| matches!(kind, NoticeKind::FileKept { file, .. } if file == name))
    }

    /// Damages the file at this path, which holds these bytes.
    type Fault = fn(&std::path::Path, &[u8]);

    /// Ways in which a file cannot be read as a whole.
    fn faults() -> Vec<(&'static str, Fault)> {
        fn away(path: &std::path::Path) {
            if path.is_dir() {
                fs::remove_dir(path).unwrap();
            } else {
                let _ = fs::remove_file(path);
            }
        }
        vec![
            ("half written", |path, good| put(path, &good[..good.len() - 20])),
            ("empty", |path, _| put(path, b"")),
            ("not UTF-8", |path, good| put(path, &[good, b"\xff\xfe = 1"].concat())),
            ("zeros", |path, good| put(path, &vec![0; good.len()])),
            ("gone", |path, _| away(path)),
            ("a folder", |path, _| {
                away(path);
                fs::create_dir(path).unwrap();
            }),
            #[cfg(unix)]
            ("a link to nothing", |path, _| {
                away(path);
                std::os::unix::fs::symlink("nowhere", path).unwrap();
            }),
        ]
    }

    fn restore(path: &std::path::Path, good: &[u8]) {
        if path.is_dir() {
            fs::remove_dir(path).unwrap();
        } else {
            let _ = fs::remove_file(path);
        }
        put(path, good);
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_cannot_be_read_for_a_moment_changes_nothing_and_is_said() {
        let mut running = Running::start().await;
        let (path, known) = (running.file("devices.toml"), running.rig.core.registry().clone());
        let good = fs::read(&path).unwrap();
        for (name, fault) in faults() {
            fault(&path, &good);
            running.tell();
            running.until(name, |rig| is_kept(rig, "devices.toml")).await;
            assert!(Arc::ptr_eq(running.rig.core.registry(), &known), "{name}");
            restore(&path, &good);
            running.tell();
            running.until(name, |rig| !is_kept(rig, "devices.toml")).await;
            assert!(Arc::ptr_eq(running.rig.core.registry(), &known), "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_taken_when_it_reads_whole_again_though_nobody_tells() {
        let mut running = Running::start().await;
        let path = running.file("devices.toml");
        let text = fs::read_to_string(&path).unwrap();
        put(&path, &text.as_bytes()[..text.len() - 9]);
        running.tell();
        running.until("the notice", |rig| is_kept(rig, "devices.toml")).await;
        let name = running.rig.core.registry().devices[0].name.clone();
        put(
            &path,
            text.replacen(&format!("name = \"{name}\""), "name = \"renamed\"", 1)
                .as_bytes(),
        );
        running
            .until("the new name", |rig| {
                rig.core
                    .registry()
                    .devices
                    .iter()
                    .any(|device| device.name == "renamed")
            })
            .await;
        running.until("the end", |rig| !is_kept(rig, "devices.toml")).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_is_cut_off_between_two_devices_is_not_believed_while_it_is_being_written() {
        let mut running = Running::start().await;
        let (path, known) = (running.file("devices.toml"), running.rig.core.registry().clone());
        let good = fs::read_to_string(&path).unwrap();
        let cut = good.rfind("[[device]]").unwrap();
        put(&path, &good.as_bytes()[..cut]);
        running.tell();
        running
            .until("the look", |rig| rig.core.files().looks.again.is_some())
            .await;
        assert!(Arc::ptr_eq(running.rig.core.registry(), &known));
        put(&path, good.as_bytes());
        running.tell();
        running
            .until("the whole file", |rig| rig.core.files().looks.again.is_none())
            .await;
        assert!(Arc::ptr_eq(running.rig.core.registry(), &known));
        // Who means it leaves it so.
        put(&path, &good.as_bytes()[..cut]);
        running.tell();
        let fewer = known.devices.len() - 1;
        running
            .until("the edit", |rig| rig.core.registry().devices.len() == fewer)
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_meanwhile_is_kept_without_a_byte_of_the_file_and_reaches_the_file_when_it_is_whole() {
        for (name, fault) in faults() {
            let mut running = Running::start().await;
            let path = running.file("devices.toml");
            let good = fs::read(&path).unwrap();
            fault(&path, &good);
            let bad = fs::read(&path).ok();
            running.tell();
            running.until(name, |rig| is_kept(rig, "devices.toml")).await;
            let site = Site::new(SiteId(900), "ours".to_owned());
            running.rig.core.files().save_site(site);
            let number = running.rig.core.files().last_registry_write();
            running
                .until("the answer", |rig| rig.core.files().is_answered(number))
                .await;
            let devices = registry(0).devices.len();
            let known = running.rig.core.registry();
            assert_eq!(
                (known.devices.len(), known.site(SiteId(900)).is_some()),
                (devices, true)
            );
            if bad.as_ref().is_some_and(|bytes| !bytes.is_empty()) {
                assert_eq!(fs::read(&path).ok(), bad, "{name}: no byte of it is lost");
            }
            if !matches!(name, "empty" | "gone") {
                restore(&path, &good);
            }
            running.tell();
            running
                .until(name, |_| {
                    let folder = path.parent().unwrap().to_owned();
                    let (_, on_disk) = Profile::open_to_read(Some(folder)).unwrap().look_at_registry();
                    on_disk.found == Found::Whole
                        && on_disk.value.site(SiteId(900)).is_some()
                        && on_disk.value.devices.len() == devices
                })
                .await;
            running.until(name, |rig| !is_kept(rig, "devices.toml")).await;
            assert!(running.rig.core.registry().site(SiteId(900)).is_some(), "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn settings_that_cannot_be_read_for_a_moment_open_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().into())).unwrap();
        profile.save_settings(&Settings::cautious()).unwrap();
        let mut running = Running::on(folder).await;
        let path = running.file("settings.toml");
        let good = fs::read(&path).unwrap();
        for (name, fault) in faults() {
            fault(&path, &good);
            running.tell();
            running.until(name, |rig| is_kept(rig, "settings.toml")).await;
            assert!(running.rig.core.files().settings().internal_network_only, "{name}");
            restore(&path, &good);
            running.tell();
            running.until(name, |rig| !is_kept(rig, "settings.toml")).await;
        }
        // A setting that is changed meanwhile reaches the file, and nothing else of it is changed.
        put(&path, &good[..good.len() - 3]);
        let changed = Settings {
            show_figures: true,
            ..Settings::cautious()
        };
        running.rig.core.files().save_settings(changed.clone());
        running.until("the write", |rig| !rig.core.files().is_busy()).await;
        let text = String::from_utf8(good).unwrap() + "theme = \"dark\"\n";
        put(&path, text.as_bytes());
        running.tell();
        let both = Settings {
            theme: settings::Theme::Dark,
            ..changed
        };
        running.until("both", |rig| **rig.core.files().settings() == both).await;
        assert_eq!(profile.look_at_settings().1.value, both);
    }

    /// A window that shows the first two devices.
    fn window() -> WindowView {
        let mut wall = Wall::default();
        wall.follow(&registry(0));
        WindowView {
            wall,
            ..WindowView::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn windows_that_could_not_be_read_at_the_start_are_never_written_over_and_come_when_they_can() {
        for (name, fault) in faults() {
            let folder = tempfile::tempdir().unwrap();
            let profile = Profile::open(Some(folder.path().into())).unwrap();
            profile.save_registry(&registry(0)).unwrap();
            profile.save_windows(&[window()]).unwrap();
            let path = folder.path().join("views.toml");
            let good = fs::read(&path).unwrap();
            fault(&path, &good);
            let mut running = Running::on(folder).await;
            restore(&path, &good);
            // The window opened empty and was left again.
            running.rig.core.files().save_windows(vec![WindowView::default()]);
            running
                .until(name, |rig| *rig.engine.state().windows == [window()])
                .await;
            assert_eq!(fs::read(&path).unwrap(), good, "{name}");
            // From now on what the windows show is written again.
            running.rig.core.files().save_windows(vec![window(), window()]);
            running.until("the write", |rig| !rig.core.files().is_busy()).await;
            assert_eq!(profile.load_windows().value.len(), 2, "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn windows_and_views_that_could_not_be_written_are_written_together_later() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().into())).unwrap();
        profile.save_registry(&registry(0)).unwrap();
        profile.save_windows(&[window()]).unwrap();
        let mut views = wall::Views::default();
        views.add(wall::View::of("Night", &window().wall));
        profile.save_views(&views).unwrap();
        let mut running = Running::on(folder).await;
        let path = running.file("views.toml");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        running.rig.core.files().save_windows(vec![window(), window()]);
        running
            .until("the notice", |rig| {
                let state = rig.engine.state();
                let mut kinds = state.notices.iter().map(|notice| &notice.kind);
                kinds.any(|kind| matches!(kind, NoticeKind::WriteFailed { file, .. } if file == "views.toml"))
            })
            .await;
        fs::remove_dir(&path).unwrap();
        running.until("the file", |_| path.is_file()).await;
        let written = profile.load_arrangement().value;
        assert_eq!((written.windows.len(), &written.views), (2, &views));
    }

    fn night() -> wall::Views {
        let mut views = wall::Views::default();
        views.add(wall::View::of("Night", &window().wall));
        views
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_that_is_restored_beside_the_engine_is_taken_over_with_its_windows_and_nothing_writes_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().into())).unwrap().without_keyring();
        profile.save_registry(&registry(0)).unwrap();
        profile.save_windows(&[window()]).unwrap();
        profile.save_views(&night()).unwrap();
        let copy = profile.copies()[0].id.clone();
        let all = registry(0);
        profile
            .update_registry(|registry| registry.remove(all.devices[0].id))
            .unwrap();
        profile.save_windows(&[WindowView::default()]).unwrap();
        profile.save_views(&wall::Views::default()).unwrap();
        let mut running = Running::on(folder).await;
        assert_eq!(running.rig.core.registry().devices.len(), all.devices.len() - 1);
        profile.restore_copy(&copy).unwrap();
        // What the window shows comes a moment before the engine knows.
        running.rig.core.files().save_windows(vec![WindowView::default(); 2]);
        running.tell();
        running
            .until("the copy", |rig| {
                let state = rig.engine.state();
                *state.windows == [window()] && *state.views == night() && state.registry.devices == all.devices
            })
            .await;
        running.until("rest", |rig| !rig.core.files().is_busy()).await;
        let on_disk = profile.load_arrangement().value;
        assert_eq!((on_disk.windows.as_slice(), on_disk.views), (&[window()][..], night()));
        // From now on what the windows show is written again.
        running.rig.core.files().save_windows(vec![window(), window()]);
        running.until("the write", |rig| !rig.core.files().is_busy()).await;
        let on_disk = profile.load_arrangement().value;
        assert_eq!((on_disk.windows.len(), on_disk.views), (2, night()));
    }

    #[tokio::test(start_paused = true)]
    async fn views_that_somebody_else_adds_come_and_leave_the_windows_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().into())).unwrap().without_keyring();
        profile.save_registry(&registry(0)).unwrap();
        profile.save_windows(&[window()]).unwrap();
        let mut running = Running::on(folder).await;
        let windows = Arc::clone(&running.rig.engine.state().windows);
        profile.save_views(&night()).unwrap();
        running.rig.core.files().save_windows(vec![window(), window()]);
        running.tell();
        running
            .until("the views", |rig| *rig.engine.state().views == night())
            .await;
        assert!(Arc::ptr_eq(&running.rig.engine.state().windows, &windows));
        running.until("rest", |rig| !rig.core.files().is_busy()).await;
        let on_disk = profile.load_arrangement().value;
        assert_eq!((on_disk.windows.len(), on_disk.views), (2, night()));
        // A file with fewer views is believed when it rests.
        profile.save_views(&wall::Views::default()).unwrap();
        running.tell();
        running
            .until("fewer views", |rig| rig.engine.state().views.list().is_empty())
            .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_removed_device_that_a_copy_brings_back_keeps_its_password() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().into())).unwrap().without_keyring();
        profile.save_registry(&registry(0)).unwrap();
        let copy = profile.copies()[0].id.clone();
        let id = registry(0).devices[0].id;
        let password = device::Password::new("s3cret");
        profile.secrets().set(id, &password).unwrap();
        let mut running = Running::on(folder).await;
        running.rig.core.files().remove_devices(&[id]);
        running.until("the removal", |rig| !rig.core.files().is_busy()).await;
        profile.restore_copy(&copy).unwrap();
        running.tell();
        running
            .until("the device", |rig| rig.core.registry().device(id).is_some())
            .await;
        running.rig.core.files().forget_removed();
        running.until("rest", |rig| !rig.core.files().is_busy()).await;
        assert_eq!(profile.secrets().get(id).unwrap(), Some(password));
        assert!(profile.secrets().removed().is_empty());
    }
}
