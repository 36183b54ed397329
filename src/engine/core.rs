//! The loop itself: one input at a time, then the machine is polled dry, then the screen hears of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::clock;
use super::failure::failure;
use super::fleet::policy_of;
use super::inbox::Inbox;
use super::link::{Control, Job, Report, RunId};
use super::publish::Publisher;
use super::record::{DeviceMemory, Link, OFFLINE, Running};
use super::trial::Trial;
use super::{LAST_WORDS, Options};
use crate::bridge::{Command, EngineHandle, Event, NoticeKind, SecretsPlace};
use crate::net::{NetworkEvent, Policy};
use crate::store::{Loaded, Place, Profile, Secrets};
use device::{Brands, Device, DeviceId, Fingerprint, Registry, SiteId, StreamId, StreamKind};
use reconnect::{AttemptId, FailureKind, Hint, Input, LinkId, Machine, Network, Output, SiteState, Stage};
use settings::Settings;

/// How often pictures and stalls are looked at.
const TICK: Duration = Duration::from_millis(250);

/// A wall clock that ran this much further than the monotonic one: the machine slept.
const SLEPT: Duration = Duration::from_secs(5);

/// How long after it ended what listens to the network is started again.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// How an attempt is made: [`super::link::run`], or what a test has in its place.
pub(super) type Runner = Box<dyn Fn(Job) -> BoxFuture<'static, ()> + Send + Sync>;

pub(super) struct Core {
    pub machine: Machine,
    pub links: HashMap<LinkId, Link>,
    pub streams: HashMap<StreamId, LinkId>,
    pub runs: HashMap<RunId, LinkId>,
    pub devices: HashMap<DeviceId, DeviceMemory>,
    pub next_id: u64,
    /// When the dials of the last minute left, oldest first.
    pub dials: VecDeque<Instant>,
    pub registry: Arc<Registry>,
    pub settings: Arc<Settings>,
    pub brands: Arc<Brands>,
    pub profile: Profile,
    pub secrets: Arc<Secrets>,
    /// Shared with every dial under way: a switch acts on them too.
    pub policy: Arc<ArcSwap<Policy>>,
    /// The certificate that each RTSPS device showed first.
    pub trust: BTreeMap<DeviceId, Fingerprint>,
    pub trial: Option<Trial>,
    /// The device of the last Test, which the machine keeps so that clicking is held back.
    pub last_trial: Option<DeviceId>,
    pub refusals: Arc<super::refusals::Refusals>,
    pub runner: Runner,
    /// As last logged.
    pub site_states: HashMap<SiteId, SiteState>,
    pub publisher: Publisher,
    pub engine: EngineHandle,
    pub reports: (mpsc::Sender<Report>, mpsc::Receiver<Report>),
    pub want_all: Option<StreamKind>,
    pub strain: super::overload::Strain,
    pub undo: Vec<(usize, device::Site, Device)>,
    pub undo_virtual: Option<(usize, device::VirtualDvr)>,
    /// The registry in memory is newer than the file: the last write failed.
    pub unsaved: Option<Instant>,
    /// What the windows showed when the profile was opened.
    pub windows: Arc<Vec<wall::WindowView>>,
    pub inbox: mpsc::Sender<Inbox>,
    pub views: Arc<wall::Views>,
    pub transfer: Option<Arc<crate::bridge::ViewsTransfer>>,
    pub unlock: Option<crate::bridge::Unlock>,
    /// Which password of the kiosk was asked for last.
    pub kiosk_wish: u64,
    listen: bool,
    pub autostart: Option<crate::store::Autostart>,
    pub output: crate::video::SoundOutput,
    clocks: (Instant, SystemTime),
}

impl Core {
    pub(super) fn new(
        options: Options,
        inbox: mpsc::Sender<Inbox>,
        send: impl Fn(Command) + Send + Sync + 'static,
    ) -> (EngineHandle, Self) {
        let now = clock::now();
        let Options {
            profile,
            brands,
            events,
            want_all,
            listen,
            autostart,
            output,
        } = options;
        let mut publisher = Publisher::new(events);
        let registry = publisher.loaded("devices.toml", profile.load_registry());
        let settings = publisher.loaded("settings.toml", profile.load_settings());
        let secrets = Arc::new(profile.secrets());
        let problems = secrets.problems();
        publisher.loaded("secrets.toml", Loaded { value: (), problems });
        output.set_volume(settings.sound_volume);
        let policy = Arc::new(ArcSwap::from_pointee(policy_of(&settings)));
        let machine = Machine::new(fastrand::u64(..), settings.limits, now);
        let (registry, settings) = (Arc::new(registry), Arc::new(settings));
        let windows = Arc::new(publisher.loaded("views.toml", profile.load_windows()));
        let trust = publisher.loaded("trust.toml", profile.load_trust());
        let views = Arc::new(profile.load_views().value);
        let mut first = publisher.first(&registry, &settings, place_of(&secrets), now);
        first.windows = Arc::clone(&windows);
        first.views = Arc::clone(&views);
        let engine = EngineHandle::new(first, send);
        let core = Self {
            machine,
            links: HashMap::new(),
            streams: HashMap::new(),
            runs: HashMap::new(),
            devices: HashMap::new(),
            next_id: 0,
            dials: VecDeque::new(),
            registry,
            settings,
            brands,
            profile,
            secrets,
            policy,
            trust,
            trial: None,
            last_trial: None,
            refusals: Arc::default(),
            runner: Box::new(|job| Box::pin(super::link::run(job))),
            site_states: HashMap::new(),
            publisher,
            engine: engine.clone(),
            reports: mpsc::channel(super::INBOX),
            want_all,
            strain: super::overload::Strain::default(),
            undo: Vec::new(),
            undo_virtual: None,
            unsaved: None,
            windows,
            views,
            transfer: None,
            unlock: None,
            kiosk_wish: 0,
            inbox,
            listen,
            autostart,
            output,
            clocks: (now, SystemTime::now()),
        };
        (engine, core)
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Inbox>) {
        self.start_video().await;
        let _watch = self.watch_files();
        self.listen_to_the_network();
        self.devices_changed();
        // Switched off, nothing is touched: the entry may be that of another profile.
        if self.settings.start_at_login {
            self.start_at_login();
        }
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.turn(&mut inbox, &mut tick).await {}
        self.close_all().await;
    }

    /// Does what is due, then waits for one thing to happen and takes it in; whether to go on.
    pub(super) async fn turn(&mut self, inbox: &mut mpsc::Receiver<Inbox>, tick: &mut tokio::time::Interval) -> bool {
        let wake = self.pump();
        let publish = self.publish();
        let until = [wake, publish].into_iter().flatten().min();
        tokio::select! {
            message = inbox.recv() => match message {
                None | Some(Inbox::Quit) => return false,
                Some(message) => self.on_message(message),
            },
            Some(report) = self.reports.1.recv() => self.on_report(report),
            _ = tick.tick() => self.on_tick(),
            () = sleep_until(until) => {}
        }
        true
    }

    /// GStreamer loads its plug-ins while the window is being made; nothing is dialled before it can be shown.
    async fn start_video(&mut self) {
        let reason = match tokio::task::spawn_blocking(crate::video::init).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(reason, "no video");
        self.publisher.notice(NoticeKind::NoVideo { reason });
    }

    pub(super) fn on_message(&mut self, message: Inbox) {
        let now = clock::now();
        match message {
            Inbox::Command(command) => {
                self.engine.set_working(true);
                self.on_command(command);
                self.engine.set_working(false);
            }
            Inbox::Network(NetworkEvent::Down) => self.machine.handle(Input::Network(Network::Down), now),
            Inbox::Network(NetworkEvent::Up) => self.machine.handle(Input::Network(Network::Up), now),
            Inbox::Network(NetworkEvent::Changed) => self.machine.handle(Input::Network(Network::Changed), now),
            Inbox::Network(NetworkEvent::Neighbour(ip)) | Inbox::Hello(ip) => {
                self.machine.handle(Input::Hint(Hint::Address(ip)), now);
            }
            Inbox::FilesChanged => self.reload(),
            Inbox::Notice(kind) => self.publisher.notice(kind),
            Inbox::KioskPassword { wish, hash } => self.keep_kiosk_password(wish, hash),
            Inbox::Unlock(unlock) => self.tell_unlock(unlock),
            Inbox::Quit => {}
        }
    }

    /// Polls the machine until it has nothing left to do; when it wants to be polled again.
    fn pump(&mut self) -> Option<Instant> {
        loop {
            let now = clock::now();
            match self.machine.poll(now) {
                Output::Dial(dial) => self.dial(dial, now),
                Output::Abort(attempt) => self.abort(attempt),
                Output::SiteChanged(site) => {
                    self.publisher.dirty();
                    if let Some(view) = self.machine.site(site) {
                        let name = self
                            .registry
                            .site(site)
                            .map(|site| site.name.clone())
                            .unwrap_or_default();
                        if self.site_states.insert(site, view.state) != Some(view.state) {
                            tracing::info!(site = name, state = ?view.state, "site");
                        }
                        self.publisher.tell(Event::Site {
                            at: now,
                            site,
                            state: view.state,
                            next_canary: view.next_canary,
                        });
                    }
                }
                Output::Sleep { until, .. } => return until,
            }
        }
    }

    fn abort(&mut self, attempt: AttemptId) {
        let running = |link: &&mut Link| link.running.as_ref().is_some_and(|running| running.attempt == attempt);
        if let Some(link) = self.links.values_mut().find(running)
            && let Some(running) = link.running.take()
        {
            running.close();
        }
    }

    /// Looks at what came in since the last tick: pictures, bytes, stalls, a sleep of the machine.
    fn on_tick(&mut self) {
        let now = clock::now();
        self.notice_sleep(now);
        self.write_again(now);
        let clock = super::publish::local_clock();
        let mut inputs = Vec::new();
        let mut failed_tests = Vec::new();
        for (id, link) in &mut self.links {
            link.look(now, clock, &mut inputs);
            if let Some(stalled) = link.stalled(now, OFFLINE) {
                let detail = if stalled.bytes_flow {
                    "no picture can be decoded"
                } else {
                    "no media"
                };
                let kind = if stalled.bytes_flow {
                    FailureKind::Undecodable
                } else {
                    FailureKind::Timeout
                };
                let address = stalled.address.map(|address| address.ip());
                let failure = failure(kind, Stage::Media, detail);
                tracing::info!(link = id.0, detail, "stalled");
                failed_tests.push((*id, failure.clone()));
                inputs.push(Input::Failed {
                    attempt: stalled.attempt,
                    address,
                    failure,
                });
            }
        }
        for input in inputs {
            self.machine.handle(input, now);
        }
        for (link, failure) in failed_tests {
            self.trial_failed(link, failure, now);
        }
        while self
            .dials
            .front()
            .is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(60))
        {
            self.dials.pop_front();
        }
        self.publisher.tick();
    }

    fn notice_sleep(&mut self, now: Instant) {
        let wall = SystemTime::now();
        let (then, then_wall) = std::mem::replace(&mut self.clocks, (now, wall));
        let passed = wall.duration_since(then_wall).unwrap_or_default();
        // Where the monotonic clock runs on in sleep, the gap between two ticks shows it.
        let gap = !cfg!(target_os = "linux") && now.duration_since(then) > 2 * SLEPT;
        if gap || passed > now.duration_since(then) + SLEPT {
            tracing::info!(
                seconds = passed.as_secs(),
                "the machine slept, or its clock was set forward"
            );
            self.machine.handle(Input::Woke, now);
        }
    }

    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn watch_files(&self) -> Option<crate::store::Watch> {
        let inbox = self.inbox.clone();
        let tell = move |_changed| {
            inbox.blocking_send(Inbox::FilesChanged).ok();
        };
        match crate::store::watch(&self.profile, tell) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, "changes of the profile by others are not noticed");
                None
            }
        }
    }

    fn listen_to_the_network(&self) {
        if !self.listen {
            return;
        }
        tokio::spawn(watch_the_network(self.inbox.clone()));
        tokio::spawn(hear_hello(self.inbox.clone()));
    }

    /// Tears every socket down and waits a little for it.
    async fn close_all(&mut self) {
        for link in self.links.values() {
            link.running.iter().chain(&link.parked).for_each(Running::close);
        }
        let until = tokio::time::Instant::now() + LAST_WORDS;
        while !self.runs.is_empty() {
            match tokio::time::timeout_at(until, self.reports.1.recv()).await {
                Ok(Some(Report { run, news })) if news.is_last() => {
                    self.runs.remove(&run);
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        self.forget_removed();
    }
}

/// Passes on what the system says of the network. Hints may be dropped when the loop is busy; whether there is a network may not.
async fn watch_the_network(inbox: mpsc::Sender<Inbox>) {
    let (state, mut states) = tokio::sync::watch::channel(None);
    let forward = async {
        while states.changed().await.is_ok() {
            let event = *states.borrow_and_update();
            if let Some(event) = event
                && inbox.send(Inbox::Network(event)).await.is_err()
            {
                return;
            }
        }
    };
    let listen = async {
        loop {
            let tell = |event| match event {
                NetworkEvent::Neighbour(_) => drop(inbox.try_send(Inbox::Network(event))),
                NetworkEvent::Down | NetworkEvent::Up | NetworkEvent::Changed => {
                    state.send_replace(Some(event));
                }
            };
            if let Err(error) = crate::net::monitor(tell).await {
                tracing::warn!(error, "the system does not report network changes");
            }
            // Not knowing is no reason to be silent.
            state.send_replace(Some(NetworkEvent::Up));
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    };
    tokio::select! {
        () = forward => {}
        () = listen => {}
    }
}

/// Listens for devices that say Hello. Without a network there is no group to join, so that a program which was started with the
/// session, before its network, asks again.
async fn hear_hello(inbox: mpsc::Sender<Inbox>) {
    let mut said = false;
    loop {
        let heard = |ip| {
            inbox.try_send(Inbox::Hello(ip)).ok();
        };
        if let Err(error) = crate::net::listen_for_hello(heard).await
            && !std::mem::replace(&mut said, true)
        {
            tracing::info!(%error, "no listening for WS-Discovery Hello");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}

pub(super) fn place_of(secrets: &Secrets) -> SecretsPlace {
    match secrets.place() {
        Place::Keyring => SecretsPlace::Keyring,
        Place::EncryptedFile => SecretsPlace::EncryptedFile,
    }
}

impl Running {
    /// Asks the link to tear its connection down; it reports when that is done.
    pub(super) fn close(&self) {
        self.control.try_send(Control::Close).ok();
    }
}
