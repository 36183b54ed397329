//! CONNECTIONS: the machine that decides when to connect, and all that is connected or wants to be.
//!
//! Belongs here: links and their runs, what is remembered of devices, passwords in use, what is told to the machine and done
//! for it. What other parts have to do comes out as a [`ConnectionsEffect`].
//! Does not belong here: how an attempt is made (`attempt`), files and the password store (`files`), the screen (`screen`).

mod devices;
mod diagnosing;
mod dialling;
mod errand;
mod keyless;
mod knock;
mod lessons;
mod links;
mod meter;
mod patience;
mod pictures;
mod playback_plan;
mod playing_back;
mod question;
mod reports;
mod roads;
mod run;
mod showing;
mod sign_ins;
mod sound;
mod testing;
mod tile_state;
mod wanting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use self::devices::{Devices, Ended};
use self::diagnosing::Diagnosed;
pub(super) use self::diagnosing::{Diagnosable, Traced};
use self::errand::Errands;
pub(super) use self::errand::{ErrandOf, ErrandTo, Granted};
use self::knock::Knock;
use self::links::{Links, Stalled};
pub(super) use self::playback_plan::PlaybackPlan;
pub(super) use self::playing_back::PlaybackProgress;
use self::question::Questions;
pub(super) use self::question::{Addressee, GrantedQuestion, QuestionId, SignInKeys};
use self::run::{Run, Stall};
use self::sign_ins::SignIns;
use super::attempt::{self, AttemptPlan, AttemptReport, Challenges, Refusals};
use super::budget_keeper::BudgetKeeper;
use super::clock;
use super::failure::failure;
use super::password::PasswordQuestion;
use super::recording::Inlets;
use crate::bridge::{Clock, EngineEvent, NoticeKind, Waker, WantedStream};
use crate::net::Policy;
use crate::video::SoundOutput;
use device::{Brands, Certificate, CertificateOwner, ChannelId, Device, DeviceId, SiteId, StreamId, StreamKind};
use reconnect::{AttemptId, Failure, FailureKind, Input, LinkId, Machine, Output, SiteState, Spent, Stage};
use rtsp::{HabitBook, Lesson};
use settings::{Settings, Volume};

/// What other parts have to do.
pub(super) enum ConnectionsEffect {
    /// What the screen shows changed.
    Changed,
    Tell(EngineEvent),
    /// A decoder of this channel failed or stood still, as is said here, and was built anew.
    DecoderRestarted(ChannelId, String),
    /// Pictures of this device come by another of its roads: from which to which.
    RoadChanged(DeviceId, String),
    Notice(NoticeKind),
    Withdraw(Box<dyn Fn(&NoticeKind) -> bool + Send>),
    /// It was connected to and showed this certificate.
    Certificate(CertificateOwner, Box<Certificate>),
    /// This one was shown instead of the remembered one.
    OtherCertificate(CertificateOwner, Box<Certificate>),
    AskPassword(PasswordQuestion),
    /// A stream of this device taught something.
    Learnt(Box<Device>, StreamId, Lesson),
    /// The link of a Test has come so far.
    Test(LinkId, TestProgress),
    /// The link of a playback has come so far.
    Playback(LinkId, PlaybackProgress),
    /// An errand that is wanted may be done now.
    Errand(ErrandOf, Box<Granted>),
    /// A connect of a question may be made now.
    Question(Box<GrantedQuestion>),
    /// A question ended before its answer.
    QuestionEnded(QuestionId, Failure),
    /// A knock may be done now.
    Knock(Box<Granted>),
    /// What became of the attempt that is diagnosed.
    Diagnosis(Traced),
}

pub(super) enum TestProgress {
    Reached(Stage),
    /// The sign-in was refused at this time of day, and is not asked again.
    NotAsked(Clock),
    /// The first picture came, in this codec.
    Passed {
        codec: String,
    },
    Failed(Failure),
}

/// How an attempt is made: [`attempt::run`], or what a test has in its place.
pub(super) type Runner = Box<dyn Fn(AttemptPlan) -> BoxFuture<'static, ()> + Send + Sync>;

/// What the connections are made with, from the start to the end.
pub(super) struct Means {
    pub brands: Arc<Brands>,
    pub output: SoundOutput,
    /// Called after every new picture.
    pub waker: Waker,
    pub budget: BudgetKeeper,
    /// Want every channel of every enabled device in this stream; otherwise the screen says what it wants.
    pub want_all: Option<StreamKind>,
    /// Where pictures are taken for recordings.
    pub inlets: Arc<Inlets>,
}

pub(super) struct Connections {
    machine: Machine,
    links: Links,
    devices: Devices,
    sign_ins: SignIns,
    settings: Arc<Settings>,
    /// Shared with every dial under way: a switch acts on them too.
    policy: Arc<ArcSwap<Policy>>,
    refusals: Arc<Refusals>,
    challenges: Arc<Challenges>,
    /// What recorders taught.
    habits: Arc<HabitBook>,
    means: Means,
    /// What the screen wants, and what recordings want beside it.
    on_screen: Vec<WantedStream>,
    recorded: Vec<StreamId>,
    runner: Runner,
    reports: mpsc::Sender<AttemptReport>,
    /// The device of the last Test, which the machine keeps so that clicking is held back.
    last_test: Option<DeviceId>,
    diagnosed: Option<Diagnosed>,
    questions: Questions,
    errands: Errands,
    knocks: Vec<Knock>,
    /// Looks at roads that are under way: of which device, and at which of its roads.
    looks: BTreeMap<AttemptId, (DeviceId, usize)>,
    /// Whose streams return to the road that it should take.
    returning: BTreeSet<DeviceId>,
    /// Of what the machine spent, as it was kept last.
    spent_revision: u64,
    /// When the dials of the last minute left, oldest first.
    dials: VecDeque<Instant>,
    /// Devices of which was told that they send no key frames.
    keyless: BTreeSet<DeviceId>,
    /// As last logged.
    site_states: BTreeMap<SiteId, SiteState>,
    measured: Option<Instant>,
    /// When the last tick looked at what came in.
    looked: Option<Instant>,
    last_id: u64,
    /// Decoders that were built anew since the start.
    decoders_restarted: u64,
    /// The permits that each device used up since they were taken.
    attempts: BTreeMap<DeviceId, u32>,
    effects: VecDeque<ConnectionsEffect>,
}

impl Connections {
    pub(super) fn new(
        settings: Arc<Settings>,
        means: Means,
        reports: mpsc::Sender<AttemptReport>,
        now: Instant,
    ) -> Self {
        means.output.set_volume(settings.sound_volume);
        Self {
            machine: Machine::new(fastrand::u64(..), settings.limits, now),
            links: Links::default(),
            devices: Devices::default(),
            sign_ins: SignIns::default(),
            policy: Arc::new(ArcSwap::from_pointee(policy_of(&settings))),
            settings,
            refusals: Arc::default(),
            challenges: Arc::default(),
            habits: Arc::default(),
            means,
            on_screen: Vec::new(),
            recorded: Vec::new(),
            runner: Box::new(|plan| Box::pin(attempt::run(plan))),
            reports,
            last_test: None,
            diagnosed: None,
            questions: Questions::default(),
            errands: Errands::default(),
            knocks: Vec::new(),
            looks: BTreeMap::new(),
            returning: BTreeSet::new(),
            spent_revision: 0,
            dials: VecDeque::new(),
            keyless: BTreeSet::new(),
            site_states: BTreeMap::new(),
            measured: None,
            looked: None,
            last_id: 0,
            decoders_restarted: 0,
            attempts: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    /// Decoders that were built anew since the start, because they failed or stood still.
    pub(super) fn decoders_restarted(&self) -> u64 {
        self.decoders_restarted
    }

    /// How often each registered device was dialled since the last call: its streams, questions and looks at its roads, each with a permit.
    pub(super) fn take_attempts(&mut self) -> BTreeMap<DeviceId, u32> {
        std::mem::take(&mut self.attempts)
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<ConnectionsEffect> {
        self.effects.pop_front()
    }

    /// Tells the machine what happened outside.
    pub(super) fn tell_machine(&mut self, input: Input, now: Instant) {
        self.machine.handle(input, now);
    }

    /// Polls the machine until it has nothing left to do; when it wants to be polled again.
    pub(super) fn poll_machine(&mut self, now: Instant) -> Option<Instant> {
        loop {
            match self.machine.poll(now) {
                Output::Dial(dial) => self.dial(dial, now),
                Output::Abort(attempt) => self.abort(attempt),
                Output::SiteChanged(site) => self.site_changed(site, now),
                Output::Road(device) => self.road_changed(device, now),
                Output::Sleep { until, .. } => {
                    self.keep_budget(now);
                    return until;
                }
            }
        }
    }

    /// Takes back what an earlier run of the program spent; before any device is registered.
    pub(super) fn resume(&mut self, spent: &Spent, now: Instant) {
        self.machine.resume(spent, now);
    }

    /// Has what was spent written, where that changed.
    fn keep_budget(&mut self, now: Instant) {
        let revision = self.machine.spent_revision();
        if std::mem::replace(&mut self.spent_revision, revision) != revision {
            self.means.budget.keep(revision, self.machine.spent(now));
        }
    }

    fn abort(&mut self, attempt: AttemptId) {
        self.abort_question(attempt);
        self.looks.remove(&attempt);
        let links = self.links.iter_mut().map(|(_, link)| link);
        for link in links {
            drop(link.run.take_if(|run| run.attempt == attempt));
        }
    }

    fn site_changed(&mut self, site: SiteId, now: Instant) {
        self.changed();
        let Some(view) = self.machine.site(site) else { return };
        if self.site_states.insert(site, view.state) != Some(view.state) {
            let name = self.devices.registry().site(site).map_or("", |site| &site.name);
            tracing::info!(site = name, state = ?view.state, "site");
        }
        self.effects.push_back(ConnectionsEffect::Tell(EngineEvent::Site {
            at: now,
            site,
            state: view.state,
            next_canary: view.next_canary,
        }));
    }

    /// Looks at what came in since the last tick: pictures, bytes, stalls.
    pub(super) fn tick(&mut self, now: Instant) {
        self.looked = Some(now);
        let clock = clock::local_clock();
        let mut inputs = Vec::new();
        let (mut lessons, mut stalls) = (Vec::new(), Vec::new());
        // What is recorded may pause as long as it likes.
        let live = self.links.iter_mut().filter(|(_, link)| !link.is_playback());
        for (id, link) in live {
            let look = link.look(now, clock);
            inputs.extend(look.inputs);
            lessons.extend(look.lessons.into_iter().map(|lesson| (id, lesson)));
            stalls.extend(link.stalled(now).map(|stalled| (id, stalled)));
        }
        // A recorder that is slow to answer holds up no other.
        let playbacks = self.links.iter_mut().filter(|(_, link)| link.is_playback());
        for run in playbacks.filter_map(|(_, link)| link.run.as_mut()) {
            if run.waits_from_now(now) {
                inputs.push(Input::Waits { attempt: run.attempt });
            }
        }
        for (id, lesson) in lessons {
            self.learnt(id, lesson);
        }
        for input in inputs {
            self.machine.handle(input, now);
        }
        for (id, stalled) in stalls {
            if let Some(lesson) = stalled.lesson.clone() {
                self.learnt(id, lesson);
            }
            self.stalled(id, &stalled, now);
        }
        self.end_stopped_playbacks(now);
        self.go_on_returning(now);
        let minute = Duration::from_secs(60);
        while self.dials.front().is_some_and(|at| now.duration_since(*at) >= minute) {
            self.dials.pop_front();
        }
    }

    fn stalled(&mut self, link: LinkId, stalled: &Stalled, now: Instant) {
        let (kind, detail) = match stalled.why {
            Stall::Undecodable => (FailureKind::Undecodable, "no picture can be decoded"),
            Stall::Silent => (FailureKind::Timeout, "no media"),
        };
        tracing::info!(link = link.0, detail, "stalled");
        let failure = failure(kind, Stage::Media, detail);
        self.note_ended(link, &failure, false, now);
        self.machine.handle(
            Input::Failed {
                attempt: stalled.attempt,
                address: stalled.address.map(|address| address.ip()),
                failure: failure.clone(),
            },
            now,
        );
        self.tell_test(link, TestProgress::Failed(failure));
    }

    /// Takes note of what an attempt of the link `id`, or its stream, ended with.
    fn note_ended(&mut self, id: LinkId, failure: &Failure, by_hand: bool, now: Instant) {
        let Some(link) = self.links.get(id).filter(|link| link.is_stream()) else {
            return;
        };
        let device = link.device;
        let streams = || {
            self.links
                .iter()
                .filter(move |(_, link)| link.is_stream() && link.device == device)
        };
        let plays = |run: &Run| run.playing.is_some();
        let ended = Ended {
            failure,
            others_play: streams().any(|(other, link)| other != id && link.run.as_ref().is_some_and(plays)),
            last_picture: streams().filter_map(|(_, link)| link.last_picture()).max(),
            by_hand,
        };
        self.devices.ended(device, &ended, now);
    }

    /// Takes over changed settings, also for the connections that stand.
    pub(super) fn set_settings(&mut self, settings: Arc<Settings>, now: Instant) {
        let before = std::mem::replace(&mut self.settings, settings);
        let settings = Arc::clone(&self.settings);
        if before.sound_volume != settings.sound_volume {
            self.set_volume(settings.sound_volume);
        }
        if before.limits != settings.limits {
            self.machine.handle(Input::Limits(settings.limits), now);
        }
        let switched_on = !before.internal_network_only && settings.internal_network_only;
        if before.internal_network_only != settings.internal_network_only
            || before.internal_networks != settings.internal_networks
        {
            self.policy_changed(now);
            self.effects.push_back(ConnectionsEffect::Withdraw(Box::new(|kind| {
                matches!(kind, NoticeKind::Excluded { .. })
            })));
        }
        if switched_on {
            self.tell_excluded();
        }
        self.changed();
    }

    fn tell_excluded(&mut self) {
        let excluded = self.excluded();
        let devices: Vec<String> = excluded.iter().filter_map(|id| self.devices.label(*id)).collect();
        if !devices.is_empty() {
            tracing::info!(count = devices.len(), "devices excluded by internal network only");
            self.effects
                .push_back(ConnectionsEffect::Notice(NoticeKind::Excluded { devices }));
        }
    }

    /// The brand table.
    pub(super) fn brands(&self) -> Arc<Brands> {
        Arc::clone(&self.means.brands)
    }

    /// What recorders taught, for the attempts that begin from now on.
    pub(super) fn set_habits(&mut self, book: Arc<HabitBook>) {
        self.habits = book;
    }

    /// From now on, without keeping it.
    pub(super) fn set_volume(&self, volume: Volume) {
        self.means.output.set_volume(volume);
    }

    /// Closes everything; [`Connections::has_open_runs`] says when that is done.
    pub(super) fn close(&mut self) {
        for (_, link) in self.links.iter_mut() {
            (link.run, link.parked) = (None, None);
        }
    }

    pub(super) fn has_open_runs(&self) -> bool {
        self.links.open_runs() > 0
    }

    /// Tells a Test of this link how far it is, and who diagnoses it.
    fn tell_test(&mut self, link: LinkId, progress: TestProgress) {
        if self.diagnosed.is_some() {
            self.trace_progress(link, &progress);
        }
        if self
            .links
            .get(link)
            .is_some_and(|link| !link.is_stream() && !link.is_playback())
        {
            if let TestProgress::Failed(failure) = &progress {
                let (cause, stage) = (failure.kind.name(), failure.stage.name());
                tracing::info!(cause, stage, detail = failure.detail, "a test failed");
            }
            self.effects.push_back(ConnectionsEffect::Test(link, progress));
        }
    }

    fn changed(&mut self) {
        self.effects.push_back(ConnectionsEffect::Changed);
    }

    /// Never used before.
    fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

pub(in crate::engine) fn policy_of(settings: &Settings) -> Policy {
    Policy {
        internal_only: settings.internal_network_only,
        own: settings.internal_networks.clone(),
    }
}

#[cfg(test)]
impl Connections {
    pub(super) fn set_runner(&mut self, runner: Runner) {
        self.runner = runner;
    }

    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Counters as a program of many years would have them.
    pub(super) fn age(&mut self) {
        self.last_id = u64::from(u32::MAX) - 1_000;
        self.devices.set_turns(usize::MAX - 1_000);
    }

    pub(super) fn last_id(&self) -> u64 {
        self.last_id
    }

    pub(super) fn all_play(&self) -> bool {
        let mut links = self.links.iter();
        links.all(|(_, link)| link.run.as_ref().is_some_and(|run| run.playing.is_some()))
    }

    pub(super) fn open_runs(&self) -> usize {
        self.links.open_runs()
    }

    /// How much is held, by name.
    pub(super) fn sizes(&self) -> BTreeMap<&'static str, usize> {
        BTreeMap::from([
            ("links", self.links.len()),
            ("streams", self.links.streams_len()),
            ("runs", self.links.open_runs()),
            ("devices", self.devices.len()),
            ("questions", self.questions.len()),
            ("looks", self.looks.len()),
            ("returning", self.returning.len()),
            ("dials of a minute", self.dials.len()),
            ("refused sign-ins", self.refusals.len()),
            ("kept challenges", self.challenges.len()),
            ("states of sites", self.site_states.len()),
            ("readings", self.links.iter().map(|(_, link)| link.readings()).sum()),
            ("the machine", self.machine.footprint()),
        ])
    }
}
