//! FILES: what the user registered and prefers, as it is in memory and as it gets to the disk and the keyring.
//!
//! Belongs here: edits, passwords, certificates, undo, what is read and written and in which order. The reading and writing is
//! done by workers beside the loop; an edit is in memory at once. What other parts have to do comes out as a [`FilesEffect`].
//! Does not belong here: how a file is read or written (`store`), connections, the screen.

mod bulk;
mod certificates;
mod disk;
mod edits;
mod kiosk;
mod passwords;
mod profile;
mod reload;
mod secrets;
mod taking;
mod views;
mod webhook;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use self::disk::{Disk, Opened, Reloaded, Written};
use self::passwords::{Passwords, Unreadable};
use self::reload::Looks;
use super::certificates::Certificates;
use super::clock;
use super::password::{PasswordAnswer, PasswordQuestion};
use super::worker::Worker;
use crate::bridge::{FileFault, NoticeKind, ProfileAnswer, SecretsPlace, Unlock, ViewsTransfer};
use crate::store::{
    Arrangement, Autostart, Found, KeptFeeds, LoadProblem, Loaded, PasswordPlace, Profile, Secrets, TrustBook,
};
use device::{Device, DeviceId, Password, Registry, Site, VirtualDvr};
use health::HealthBook;
use outbox::KeptOutbox;
use reconnect::Spent;
use rtsp::HabitBook;
use settings::{PasswordHash, Settings, WebAddress};
use wall::{Views, WindowView};

/// The file of the letters that wait.
pub(super) const OUTBOX_FILE: &str = "outbox.json";

/// What other parts have to do.
pub(super) enum FilesEffect {
    /// What an earlier run of the program spent.
    Spent(Spent),
    /// What recorders taught earlier runs of the program.
    Habits(HabitBook),
    /// How available devices were in earlier runs of the program.
    Health(HealthBook),
    /// What status feeds said to an earlier run.
    Feeds(KeptFeeds),
    /// The letters that an earlier run of the program left.
    Outbox(KeptOutbox),
    Registry(Arc<Registry>),
    Settings(Arc<Settings>),
    /// The certificates that are trusted now.
    Certificates(Arc<Certificates>),
    /// Whatever certificate the device shows next is trusted.
    TrustAnew(DeviceId),
    /// The answer to the question with this number.
    Password(u64, PasswordAnswer),
    /// Passwords that could not be read may be readable now.
    PasswordsChanged,
    Notice(NoticeKind),
    Withdraw(fn(&NoticeKind) -> bool),
    /// How writing a file ended.
    Written(&'static str, Result<(), String>),
    /// What was wrong with a file that was read.
    Problems(&'static str, Vec<LoadProblem>),
    /// A file cannot be read as a whole; what is known goes on.
    Kept(&'static str, FileFault),
    Unlock(Unlock),
    Transferred(ViewsTransfer),
    Profile(ProfileAnswer),
    /// What is shown of the files changed.
    Changed,
}

/// What a worker answers.
pub(super) enum WorkerAnswer {
    Opened(Box<Opened>),
    Reloaded(Option<Box<Reloaded>>),
    Disk(DiskAnswer),
    Keyring(KeyringAnswer),
    Report(Box<profile::Changed>),
    /// The keyring answered somebody who had given up waiting.
    KeyringOpened,
    /// The hash of a password for the kiosk, made for this wish.
    KioskPassword(u64, Result<Option<PasswordHash>, String>),
    Unlock(Unlock),
}

pub(super) enum DiskAnswer {
    /// The registry on disk after the edit with this number.
    Registry(u64, Result<Written<Registry>, String>),
    Settings(u64, Result<Written<()>, String>),
    /// How the windows and views were written, or those that could not be read before.
    Arranged(Result<Option<Box<Loaded<Arrangement>>>, String>),
    Trust(u64, Result<(), String>),
    Written(&'static str, Result<(), String>),
    Password(PasswordQuestion, Result<Option<Password>, Unreadable>),
    Places(Loaded<BTreeMap<DeviceId, PasswordPlace>>),
    Marked,
    Transferred(ViewsTransfer),
    Profile(Box<profile::Changed>),
}

pub(super) enum KeyringAnswer {
    Place(PasswordPlace),
    Password(PasswordQuestion, Result<Option<Password>, Unreadable>),
    Stored(Box<secrets::Stored>),
    /// The password of a device before an edit of several replaced it.
    Former(DeviceId, Result<Option<Password>, String>),
    Profile(Box<profile::Changed>),
    /// Whether the keyring still holds passwords of removed devices.
    Cleared {
        owed: bool,
    },
}

/// Numbers the writes of one file, so that the answer to an older one does not undo a newer one.
#[derive(Default)]
struct Writes {
    ordered: u64,
    answered: u64,
}

impl Writes {
    fn order(&mut self) -> u64 {
        self.ordered += 1;
        self.ordered
    }

    /// Whether the write that was answered is the newest one.
    fn answer(&mut self, number: u64) -> bool {
        self.answered = self.answered.max(number);
        self.are_done()
    }

    fn are_done(&self) -> bool {
        self.answered == self.ordered
    }
}

pub(super) struct Files {
    profile: Profile,
    registry: Arc<Registry>,
    settings: Arc<Settings>,
    /// As they were when the profile was opened, or when they could be read.
    views: Arc<Views>,
    windows: Arc<Vec<WindowView>>,
    certificates: Arc<Certificates>,
    /// As it was read last.
    trust_book: TrustBook,
    /// What is wrong with the file that says where the passwords are, so that some may be missing.
    passwords_lost: Option<String>,
    passwords: Passwords,
    secrets_place: SecretsPlace,
    disk: Worker<Disk, WorkerAnswer>,
    keyring: Worker<Secrets, WorkerAnswer>,
    /// Makes problem reports: it reads many logs, and nobody else waits for it.
    reports: Worker<Profile, WorkerAnswer>,
    answers: mpsc::Sender<WorkerAnswer>,
    registry_writes: Writes,
    settings_writes: Writes,
    trust_writes: Writes,
    /// When the last write of each failed: what is in memory is newer than the file.
    unsaved: Unsaved,
    /// Somebody changed a file while a write was under way: it is read once that is done.
    reload_later: bool,
    looks: Looks,
    undo: Vec<(usize, Site, Device)>,
    undo_virtual: Option<(usize, VirtualDvr)>,
    former: bulk::Former,
    /// Which password of the kiosk was asked for last.
    kiosk_wish: u64,
    /// Hashes of it that are being made.
    kiosk_hashes: usize,
    autostart: Option<Autostart>,
    /// The address whose path is on its way from the file of settings to the passwords, or could not get there.
    hides: Option<WebAddress>,
    effects: VecDeque<FilesEffect>,
}

/// When the last write failed, where it did.
#[derive(Default)]
struct Unsaved {
    registry: Option<Instant>,
    settings: Option<Instant>,
    arrangement: Option<Instant>,
    trust: Option<Instant>,
}

/// The files at one time.
pub(super) struct FilesShown {
    pub registry: Arc<Registry>,
    /// Devices that are registered may be missing in it, because its file cannot be read as a whole.
    pub registry_awaited: bool,
    pub settings: Arc<Settings>,
    pub views: Arc<Views>,
    pub windows: Arc<Vec<WindowView>>,
    pub secrets: SecretsPlace,
}

impl Files {
    /// Passwords and keys of the profile. Asking it may wait for the keyring.
    pub(super) fn secrets(&self) -> Secrets {
        self.profile.secrets()
    }

    /// Reads what the first state of the screen shows, and starts the workers. Their answers come to `answers`.
    pub(super) fn load(profile: Profile, autostart: Option<Autostart>, answers: mpsc::Sender<WorkerAnswer>) -> Self {
        let mut effects = VecDeque::new();
        let (registry, settings) = (profile.load_registry(), profile.load_settings());
        let arrangement = profile.load_arrangement();
        let looks = Looks::new(&registry.found, &settings.found);
        let is_sound = |found: &Found| matches!(found, Found::Whole | Found::Nothing);
        let look_soon = ![&registry.found, &settings.found, &arrangement.found]
            .into_iter()
            .all(is_sound);
        let disk = Disk::new(profile.clone(), &registry.value, &settings.value, &arrangement);
        let registry = problems_of("devices.toml", registry, &mut effects);
        let settings = problems_of("settings.toml", settings, &mut effects);
        let Arrangement { windows, views } = problems_of("views.toml", arrangement, &mut effects);
        let keyring = Worker::start(profile.secrets(), answers.clone());
        let reports = Worker::start(profile.clone(), answers.clone());
        let mut files = Self {
            profile,
            registry: Arc::new(registry),
            settings: Arc::new(settings),
            views: Arc::new(views),
            windows: Arc::new(windows),
            certificates: Arc::default(),
            trust_book: TrustBook::default(),
            passwords_lost: None,
            passwords: Passwords::default(),
            secrets_place: SecretsPlace::default(),
            disk: Worker::start(disk, answers.clone()),
            keyring,
            reports,
            answers,
            registry_writes: Writes::default(),
            settings_writes: Writes::default(),
            trust_writes: Writes::default(),
            unsaved: Unsaved::default(),
            reload_later: false,
            looks,
            undo: Vec::new(),
            undo_virtual: None,
            former: bulk::Former::default(),
            kiosk_wish: 0,
            kiosk_hashes: 0,
            autostart,
            hides: None,
            effects,
        };
        if look_soon {
            files.look_soon(clock::now());
        }
        files
    }

    /// Orders what must be read before anything is dialled; it is answered with [`WorkerAnswer::Opened`].
    pub(super) fn open(&mut self) {
        let lost = Opened {
            trust: nothing(),
            secrets: nothing(),
            removed: Vec::new(),
            owed: false,
            spent: None,
            habits: nothing(),
            health: nothing(),
            feeds: nothing(),
            outbox: KeptOutbox::default(),
        };
        let now = clock::wall();
        self.disk.order(WorkerAnswer::Opened(Box::new(lost)), move |disk| {
            WorkerAnswer::Opened(Box::new(disk.open(now)))
        });
        // Whether there is a keyring is found out by asking it, which may take two seconds.
        let lost = WorkerAnswer::Keyring(KeyringAnswer::Place(PasswordPlace::EncryptedFile));
        let answers = self.answers.clone();
        self.keyring.order(lost, move |secrets| {
            secrets.tell_when_open(move || drop(answers.try_send(WorkerAnswer::KeyringOpened)));
            WorkerAnswer::Keyring(KeyringAnswer::Place(secrets.place()))
        });
        // Switched off, nothing is touched: the entry may be that of another profile.
        if self.settings.start_at_login {
            self.start_at_login();
        }
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<FilesEffect> {
        self.effects.pop_front()
    }

    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(super) fn shown(&self) -> FilesShown {
        FilesShown {
            registry: Arc::clone(&self.registry),
            registry_awaited: self.is_registry_awaited(),
            settings: Arc::clone(&self.settings),
            views: Arc::clone(&self.views),
            windows: Arc::clone(&self.windows),
            secrets: self.secrets_place,
        }
    }

    /// Whether something is being read or written, or waits for a keyring.
    pub(super) fn is_busy(&self) -> bool {
        !self.disk.is_idle() || !self.keyring.is_idle() || !self.reports.is_idle() || self.kiosk_hashes > 0
    }

    /// A worker has answered.
    pub(super) fn answered(&mut self, answer: WorkerAnswer, now: Instant) {
        match answer {
            WorkerAnswer::Opened(opened) => {
                self.disk.answered();
                self.opened(*opened);
            }
            WorkerAnswer::Reloaded(reloaded) => {
                self.disk.answered();
                if let Some(reloaded) = reloaded {
                    self.reloaded(*reloaded, now);
                }
            }
            WorkerAnswer::Disk(answer) => {
                self.disk.answered();
                self.disk_answered(answer, now);
            }
            WorkerAnswer::Keyring(answer) => {
                self.keyring.answered();
                self.keyring_answered(answer);
            }
            WorkerAnswer::Report(changed) => {
                self.reports.answered();
                self.profile_answered(*changed);
            }
            WorkerAnswer::KeyringOpened => self.keyring_opened(),
            WorkerAnswer::KioskPassword(wish, hash) => self.keep_kiosk_password(wish, hash),
            WorkerAnswer::Unlock(unlock) => self.effects.push_back(FilesEffect::Unlock(unlock)),
        }
        if self.reload_later && self.are_written() {
            self.reload_later = false;
            self.reload();
        }
    }

    fn disk_answered(&mut self, answer: DiskAnswer, now: Instant) {
        match answer {
            DiskAnswer::Registry(number, result) => self.registry_written(number, result, now),
            DiskAnswer::Settings(number, result) => self.settings_written(number, result, now),
            DiskAnswer::Arranged(result) => self.arranged(result, now),
            DiskAnswer::Trust(number, result) => {
                self.trust_writes.answer(number);
                if result.is_err() {
                    self.unsaved.trust = Some(now);
                }
                self.effects.push_back(FilesEffect::Written("trust.toml", result));
            }
            DiskAnswer::Written(file, result) => self.effects.push_back(FilesEffect::Written(file, result)),
            DiskAnswer::Password(question, answer) => self.password_read(question, answer),
            DiskAnswer::Places(places) => {
                self.places_read(places, false);
                self.passwords.changed();
                self.effects.push_back(FilesEffect::PasswordsChanged);
            }
            DiskAnswer::Marked => {}
            DiskAnswer::Profile(changed) => self.profile_answered(*changed),
            DiskAnswer::Transferred(transfer) => self.effects.push_back(FilesEffect::Transferred(transfer)),
        }
    }

    fn opened(&mut self, opened: Opened) {
        self.looks.opened_trust(&opened.trust.found);
        let trust = problems_of("trust.toml", opened.trust, &mut self.effects);
        self.trust_read(trust);
        self.places_read(opened.secrets, true);
        let gone = |device: &DeviceId| self.registry.device(*device).is_none();
        for device in opened.removed.into_iter().filter(gone).collect::<Vec<_>>() {
            self.clear_password(device);
        }
        if opened.owed {
            self.pay_debts();
        }
        self.effects.extend(opened.spent.map(FilesEffect::Spent));
        for problem in &opened.habits.problems {
            tracing::info!(%problem, "what recorders taught is learnt anew");
        }
        self.effects.push_back(FilesEffect::Habits(opened.habits.value));
        for problem in &opened.health.problems {
            tracing::info!(%problem, "how available devices are is counted anew");
        }
        self.effects.push_back(FilesEffect::Health(opened.health.value));
        self.effects.push_back(FilesEffect::Outbox(opened.outbox));
        self.effects
            .push_back(FilesEffect::Registry(Arc::clone(&self.registry)));
        // Behind the registry, which says whose feeds they are.
        self.effects.push_back(FilesEffect::Feeds(opened.feeds.value));
    }

    /// Has what recorders taught written. Nothing that the user entered is in it, so that a failure is for the log alone.
    pub(super) fn keep_habits(&mut self, book: Arc<HabitBook>) {
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), move |disk| {
            if let Err(error) = disk.profile().save_habits(&book) {
                tracing::warn!(%error, "what recorders taught is not kept for the next start");
            }
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }

    /// Has written how available devices were. Nothing that the user entered is in it, so that a failure is for the log alone.
    pub(super) fn keep_health(&mut self, book: Arc<HealthBook>) {
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), move |disk| {
            if let Err(error) = disk.profile().save_health(&book) {
                tracing::warn!(%error, "how available devices were is not kept for the next start");
            }
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }

    /// Has written what status feeds said. Nothing that the user entered is in it, so that a failure is for the log alone.
    pub(super) fn keep_feeds(&mut self, kept: Arc<KeptFeeds>) {
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), move |disk| {
            if let Err(error) = disk.profile().save_feeds(&kept) {
                tracing::warn!(%error, "what status feeds said is not kept for the next start");
            }
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }

    /// Somebody was told that the loop stood still. A failure is for the log alone: it is told twice then.
    pub(super) fn forget_standstill(&mut self) {
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), move |disk| {
            let mut book = disk.profile().load_restarts();
            book.untold = None;
            if let Err(error) = disk.profile().save_restarts(&book) {
                tracing::warn!(%error, "that Monomi stood still is told once more at the next start");
            }
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }

    /// Has the letters written that wait.
    pub(super) fn keep_outbox(&mut self, outbox: Arc<KeptOutbox>) {
        let answer = |result| WorkerAnswer::Disk(DiskAnswer::Written(OUTBOX_FILE, result));
        let lost = Err("a defect of this program".to_owned());
        self.disk.order(answer(lost), move |disk| {
            let written = disk.profile().save_outbox(&outbox);
            answer(written.map_err(|error| error.to_string()))
        });
    }

    /// Whether all that is in memory and can also be changed by others is on disk, as far as it could be written.
    fn are_written(&self) -> bool {
        let writes = [&self.registry_writes, &self.settings_writes, &self.trust_writes];
        writes.iter().all(|writes| writes.are_done())
    }

    fn notice(&mut self, kind: NoticeKind) {
        self.effects.push_back(FilesEffect::Notice(kind));
    }
}

/// The value of a file; what was wrong with it goes to the screen.
fn problems_of<T>(file: &'static str, loaded: Loaded<T>, effects: &mut VecDeque<FilesEffect>) -> T {
    effects.push_back(FilesEffect::Problems(file, loaded.problems));
    loaded.value
}

fn nothing<T: Default>() -> Loaded<T> {
    Loaded {
        value: T::default(),
        problems: Vec::new(),
        found: Found::Nothing,
    }
}

#[cfg(test)]
impl Files {
    /// As if the user had entered it: in memory, not on disk.
    pub(super) fn put_registry(&mut self, registry: Registry) {
        self.set_registry(registry);
    }

    /// The number of the newest write of the registry.
    pub(super) fn last_registry_write(&self) -> u64 {
        self.registry_writes.ordered
    }

    /// Whether the write of the registry with this number was answered.
    pub(super) fn is_answered(&self, number: u64) -> bool {
        self.registry_writes.answered >= number
    }

    pub(super) fn hashes_awaited(&self) -> usize {
        self.kiosk_hashes
    }

    /// How much is held, by name.
    pub(super) fn sizes(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("certificates", self.certificates.pins.len()),
            ("undo", self.undo.len()),
        ])
    }
}
