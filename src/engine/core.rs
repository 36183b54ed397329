//! The loop itself: it takes one input, hands it to the part that it concerns, and hands what that part wants of others on to
//! them. Then the machine is polled until it is done, and the screen hears of it.

mod archive;
mod certifying;
mod diagnosing;
mod ending;
mod enquiring;
mod errands;
mod feeding;
mod filing;
mod finding;
mod health;
mod letters;
mod opening;
mod planning;
mod playback;
mod ptz;
mod recording;
mod roads;
mod self_watch;
mod sources;
mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::archive::Archives;
use super::attempt::AttemptReport;
use super::budget_keeper::BudgetKeeper;
use super::certificates::CertificateWatch;
use super::clock::{self, SleepDetector};
use super::connections::{self, Connections};
use super::diagnosis::Diagnoses;
use super::enquiry::Enquiries;
use super::events::{AlertOutputs, EventKeeper, LogAnswer};
use super::feeds::Feeds;
use super::figures::FiguresTeller;
use super::files::{self, Files};
use super::find::{self, Finder};
use super::first_state::first_state;
use super::guardian::{Beat, Post};
use super::habits::HabitKeeper;
use super::health::HealthKeeper;
use super::inbox::{Inbox, MOST_WAITING, input_of};
use super::letters::Letters;
use super::options::{OpenFolder, Options};
use super::planned::Planner;
use super::playback::Playbacks;
use super::ptz::Steerings;
use super::recording::Recordings;
use super::screen::{Due, Screen};
use super::self_watch::SelfWatch;
use super::sources::Sources;
use super::trial::Trial;
use super::update::Updates;
use super::{folder, listeners};
use crate::bridge::{Command, EngineHandle};
use reconnect::{Hint, Input};

/// How often pictures and stalls are looked at.
const TICK: Duration = Duration::from_millis(250);

/// How long the sockets get for their TEARDOWN when the engine ends.
const LAST_WORDS: Duration = Duration::from_millis(1_200);

/// How long the last writes get when the engine ends; longer than that only a dead disk or a keyring that waits takes.
pub(super) const LAST_WRITES: Duration = Duration::from_secs(4);

pub(super) struct Core {
    connections: Connections,
    files: Files,
    habits: HabitKeeper,
    certificates: CertificateWatch,
    events: EventKeeper,
    letters: Letters,
    screen: Screen,
    trial: Trial,
    updates: Updates,
    enquiries: Enquiries,
    diagnoses: Diagnoses,
    finder: Finder,
    ptz: Steerings,
    recordings: Recordings,
    playbacks: Playbacks,
    archives: Archives,
    sources: Sources,
    health: HealthKeeper,
    planner: Planner,
    feeds: Feeds,
    reports: mpsc::Receiver<AttemptReport>,
    answers: mpsc::Receiver<files::WorkerAnswer>,
    log_answers: mpsc::Receiver<LogAnswer>,
    inbox: mpsc::Sender<Inbox>,
    sleep: SleepDetector,
    /// Listen to what arrives by itself.
    listen: bool,
    open_folder: OpenFolder,
    figures: FiguresTeller,
    self_watch: SelfWatch,
    /// By which the guardian sees that the loop turns.
    beat: Arc<Beat>,
}

impl Core {
    pub(super) fn new(
        options: Options,
        inbox: mpsc::Sender<Inbox>,
        send: impl Fn(Command) + Send + Sync + 'static,
    ) -> (EngineHandle, Self) {
        let now = clock::now();
        let (report, reports) = mpsc::channel(MOST_WAITING);
        let (answer, answers) = mpsc::channel(MOST_WAITING);
        let (log_answer, log_answers) = mpsc::channel(MOST_WAITING);
        let budget = BudgetKeeper::start(options.profile.clone());
        // A command that is over soon says nothing of how the program does.
        let watches = (options.hears || options.listen).then(|| options.profile.clone());
        let stood_still = options
            .want_all
            .is_none()
            .then(|| options.profile.load_restarts().untold);
        let log = options
            .want_all
            .is_none()
            .then(|| (options.profile.clone(), log_answer));
        let files = Files::load(options.profile, options.autostart, answer);
        let screen = Screen::new(first_state(&files, now), options.events, send);
        let outputs = options.notifier.map(|notifier| AlertOutputs {
            notifier,
            sound: options.output.clone(),
            inbox: inbox.clone(),
        });
        let mut events = EventKeeper::new(outputs, log);
        events.set_settings(files.settings(), now);
        events.stood_still(stood_still.flatten());
        let sources = Sources::new(Arc::clone(&options.brands), options.hears);
        let health = HealthKeeper::new(options.hears);
        let mut letters = Letters::new(options.letters.filter(|_| options.want_all.is_none()));
        letters.set_settings(files.settings(), files.are_settings_known());
        let mut recordings = Recordings::new();
        recordings.set_settings(files.settings(), now);
        let means = connections::Means {
            brands: options.brands,
            output: options.output,
            waker: screen.picture_waker(),
            budget,
            want_all: options.want_all,
            inlets: Arc::clone(recordings.inlets()),
        };
        let connections = Connections::new(Arc::clone(files.settings()), means, report, now);
        let engine = screen.engine().clone();
        let mut core = Self {
            connections,
            files,
            habits: HabitKeeper::default(),
            certificates: CertificateWatch::default(),
            events,
            letters,
            screen,
            trial: Trial::default(),
            updates: Updates::default(),
            enquiries: Enquiries::default(),
            diagnoses: Diagnoses::default(),
            finder: Finder::new(now),
            ptz: Steerings::default(),
            recordings,
            playbacks: Playbacks::default(),
            archives: Archives::default(),
            sources,
            health,
            planner: Planner::default(),
            feeds: Feeds::default(),
            reports,
            answers,
            log_answers,
            inbox,
            sleep: SleepDetector::new(now),
            listen: options.listen,
            open_folder: options.open_folder,
            figures: FiguresTeller::default(),
            self_watch: SelfWatch::new(watches),
            beat: Arc::default(),
        };
        // What was wrong with the files is shown from the start.
        core.publish_now();
        (engine, core)
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Inbox>) {
        self.start_video().await;
        if self.listen {
            listeners::start(&self.inbox);
        }
        self.open().await;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.turn(&mut inbox, &mut tick).await {}
        self.beat.ends();
        self.end(&mut inbox).await;
    }

    /// Does what is due, then waits for one thing to happen and takes it in; whether to go on.
    pub(super) async fn turn(&mut self, inbox: &mut mpsc::Receiver<Inbox>, tick: &mut tokio::time::Interval) -> bool {
        self.beat.turns(Post::Governor);
        let wake = self.connections.poll_machine(clock::now());
        self.settle();
        let steered = self.poll_ptz(clock::now());
        self.beat.at(Post::Screen);
        let publish = self.publish();
        self.beat.at(Post::Waits);
        let until = [wake, steered, publish].into_iter().flatten().min();
        tokio::select! {
            message = inbox.recv() => match message {
                None | Some(Inbox::Quit) => return false,
                Some(message) => self.on_message(message),
            },
            Some(report) = self.reports.recv() => self.on_report(report),
            Some(answer) = self.answers.recv() => self.on_answer(answer),
            Some(answer) = self.log_answers.recv() => self.on_log_answer(answer),
            due = tick.tick() => self.on_tick(due, inbox.len()),
            () = opening::sleep_until(until) => {}
        }
        self.settle();
        true
    }

    pub(super) fn on_message(&mut self, message: Inbox) {
        let now = clock::now();
        self.beat.at(Post::of(&message));
        match message {
            Inbox::Command(command) => self.on_command(command, now),
            Inbox::Network(event) => self.connections.tell_machine(input_of(event), now),
            Inbox::Hello(ip, answers) => {
                self.connections.tell_machine(Input::Hint(Hint::Address(ip)), now);
                self.finder.hello(ip, answers, now);
            }
            Inbox::Find(told) => self.finder.told(told, now),
            Inbox::Knocked(attempt, result) => self.on_knocked(attempt, result, now),
            Inbox::FileChanged(changed) => self.files.changed_on_disk(&changed),
            Inbox::Notice(kind) => self.screen.notice(kind),
            Inbox::Alerted(done) => self.events.done(done),
            Inbox::Feed(news) => self.on_feed(*news, now),
            Inbox::Errand(news) => self.on_errand(news, now),
            Inbox::Letters(news) => self.on_letters(news, now),
            Inbox::Enquiry(news) => self.on_enquiry(*news, now),
            Inbox::Diagnosis(id, news) => self.on_survey(id, news, now),
            Inbox::Archive(news) => self.on_archive(*news, now),
            Inbox::Ptz(news) => self.on_ptz(*news, now),
            Inbox::Checked(news) => self.on_checked(*news, now),
            Inbox::Source(news) => self.sources.news(*news, now),
            Inbox::OwnFigures(news) => self.on_own_figures(*news, now),
            Inbox::Recordings(news) => self.recordings.news(news),
            Inbox::Quit => {}
        }
    }

    pub(super) fn on_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Show(wanted) => self.connections.show(&wanted, now),
            Command::RetryNow(device) => self.retry_now(device, now),
            Command::TrustCertificate(device) => self.trust_certificate(device, now),
            Command::TrustCertificates(seen) => self.trust_certificates(&seen, now),
            Command::SaveSnapshot(channel) => self.save_snapshot(channel),
            Command::OpenFolderOf(file) => folder::open(&file, &self.open_folder, &self.inbox),
            Command::Test(request) => self.begin_test(*request, now),
            Command::CancelTest(id) => self.cancel_test(Some(id), now),
            Command::Diagnose(request) => self.begin_diagnosis(*request, now),
            Command::CancelDiagnosis(id) => self.diagnoses.cancel(id, now),
            Command::Enquire(request) => self.begin_enquiry(*request, now),
            Command::CancelEnquiry(id) => self.cancel_enquiry(id, now),
            Command::Ptz(channel, wish) => self.on_ptz_command(channel, wish, now),
            Command::Record(..)
            | Command::ReadRecordings(_)
            | Command::ExportRecordings(_)
            | Command::StopRecordingExport
            | Command::PlayRecording(_) => self.on_recording_command(command, now),
            Command::Playback(channel, wish) => self.on_playback_command(channel, wish, now),
            Command::SeeEvents(_)
            | Command::SeeAllEvents
            | Command::AcknowledgeEvent(..)
            | Command::ReadLog(_)
            | Command::ExportLog(_)
            | Command::TryAlert
            | Command::HushAlerts
            | Command::DismissAlarms(_)
            | Command::InKiosk(_) => self.on_event_command(command, now),
            Command::TryMessenger(messenger) => self.try_messenger(messenger, now),
            Command::SetMessengerSecret(messenger, secret) => self.set_messenger_secret(messenger, secret),
            Command::Find(_) | Command::KnockSilent | Command::CancelFind | Command::TakeMoved(_) => {
                self.on_find_command(command, now);
            }
            Command::CheckForUpdate => self.check_for_update(now),
            Command::Tell(kind) => self.screen.notice(kind),
            Command::Dismiss(id) => self.screen.dismiss(id),
            Command::Read(ids) => self.screen.read_by_person(&ids, now),
            Command::SaveDevice(edit) => self.files.save_device(*edit),
            Command::SaveDevices(edits) => self.files.save_devices(edits),
            Command::AddDevices { edits, run } => self.files.add_devices(edits, run),
            Command::UndoEdit => self.files.undo_edit(),
            Command::RemoveDevices(ids) => self.files.remove_devices(&ids),
            Command::UndoRemove => self.files.undo_remove(),
            Command::SetEnabled(ids, enabled) => self.files.set_enabled(ids, enabled),
            Command::PinRoad(device, road) => self.files.pin_road(device, road),
            Command::MoveDevice { device, index } => self.files.move_device(device, index),
            Command::SaveSite(site) => self.files.save_site(site),
            Command::EditSite(edit) => self.files.edit_site(*edit),
            Command::PlanWork(site, order) => self.order_work(site, order, now),
            Command::RemoveSite(site) => self.files.remove_site(site),
            Command::SaveVirtualDvr(dvr) => self.files.save_virtual_dvr(*dvr),
            Command::RemoveVirtualDvr(id) => self.files.remove_virtual_dvr(id),
            Command::UndoRemoveVirtualDvr => self.files.undo_remove_virtual_dvr(),
            Command::SaveWindows(windows) => self.files.save_windows(windows),
            Command::SaveViews(views) => self.files.save_views(*views),
            Command::ExportViews { id, path, views } => self.files.export_views(id, path, views),
            Command::ImportViews { id, path } => self.files.import_views(id, path),
            Command::Profile { id, request } => self.files.ask_profile(id, *request),
            Command::SaveSettings(settings) => self.save_settings(*settings),
            Command::SetVolume(volume) => self.connections.set_volume(volume),
            Command::SetKioskPassword(password) => self.files.set_kiosk_password(password),
            Command::Unlock { id, password } => self.files.check_kiosk_password(id, password),
        }
        self.settle();
    }

    fn on_tick(&mut self, due: tokio::time::Instant, waiting: usize) {
        let now = clock::now();
        self.note_turn(due, waiting);
        if let Some(passed) = self.sleep.slept(now) {
            let seconds = passed.as_secs();
            tracing::info!(seconds, "the machine slept, or its clock was set forward");
            self.connections.tell_machine(Input::Woke, now);
        }
        self.beat.at(Post::Files);
        self.files.tick(now);
        self.habits.tick(now);
        self.beat.at(Post::Events);
        self.events.tick(now);
        self.letters.tick(now);
        self.letters.take_pictures(now, || self.connections.live_slots());
        if self.events.awaits_a_look(now) {
            self.screen.changed();
        }
        self.beat.at(Post::Connections);
        self.connections.tick(now);
        self.beat.at(Post::Find);
        if self.playbacks.is_any_open() {
            self.look_at_archives(now);
            self.screen.changed();
        }
        self.find_on_tick(now);
        if self.updates.gives_up(now) {
            self.connections.end_errand(connections::ErrandOf::Update, now);
            self.screen.changed();
        }
        self.look_at_planned(now);
        self.look_at_feeds(now);
        self.beat.at(Post::Devices);
        self.look_at_devices(now);
        self.look_at_sources(now);
        self.look_at_health(now);
        self.recordings.tick(clock::moment(now).local, now);
        self.check_devices(now);
        self.beat.at(Post::Program);
        self.watch_itself(now);
        self.certificates.tick(clock::unix());
        self.screen.tick(now);
        let engine = self.screen.engine();
        self.figures.tick(now, || engine.state().totals);
    }

    /// Hands on what each part wants of others, until none wants anything more.
    pub(super) fn settle(&mut self) {
        let now = clock::now();
        loop {
            if let Some(effect) = self.files.poll_effect() {
                self.do_for_files(effect, now);
            } else if let Some(effect) = self.connections.poll_effect() {
                self.do_for_connections(effect, now);
            } else if let Some(effect) = self.habits.poll_effect() {
                self.do_for_habits(effect);
            } else if let Some(effect) = self.events.poll_effect() {
                self.do_for_events(effect, now);
            } else if let Some(effect) = self.letters.poll_effect() {
                self.do_for_letters(effect, now);
            } else if let Some(effect) = self.certificates.poll_effect() {
                self.do_for_certificates(effect);
            } else if let Some(effect) = self.diagnoses.poll_effect() {
                self.do_for_diagnoses(effect, now);
            } else if let Some(effect) = self.finder.poll_effect() {
                self.do_for_finder(effect, now);
            } else if let Some(effect) = self.ptz.poll_effect() {
                self.do_for_ptz(effect, now);
            } else if let Some(effect) = self.archives.poll_effect() {
                self.do_for_archives(effect, now);
            } else if let Some(effect) = self.playbacks.poll_effect() {
                self.do_for_playbacks(effect, now);
            } else if let Some(effect) = self.sources.poll_effect() {
                self.do_for_sources(effect, now);
            } else if let Some(effect) = self.health.poll_effect() {
                self.do_for_health(effect);
            } else if let Some(effect) = self.feeds.poll_effect() {
                self.do_for_feeds(effect, now);
            } else if let Some(effect) = self.self_watch.poll_effect() {
                self.do_for_self_watch(effect, now);
            } else if let Some(effect) = self.recordings.poll_effect() {
                self.do_for_recordings(effect, now);
            } else {
                break;
            }
        }
        self.screen.set_working(self.files.is_busy());
    }

    fn do_for_connections(&mut self, effect: connections::ConnectionsEffect, now: Instant) {
        use connections::ConnectionsEffect;
        match effect {
            ConnectionsEffect::Changed => self.screen.changed(),
            ConnectionsEffect::Tell(event) => self.screen.tell(event),
            ConnectionsEffect::DecoderRestarted(channel, detail) => self.decoder_restarted(channel, &detail, now),
            ConnectionsEffect::RoadChanged(device, detail) => self.road_changed(device, &detail, now),
            ConnectionsEffect::Notice(kind) => self.screen.notice(kind),
            ConnectionsEffect::Withdraw(untrue) => self.screen.withdraw(untrue),
            ConnectionsEffect::Certificate(owner, certificate) => self.certificate_shown(owner, &certificate),
            ConnectionsEffect::OtherCertificate(owner, certificate) => {
                self.certificates.showed_other(owner, *certificate, clock::unix());
            }
            ConnectionsEffect::AskPassword(question) => self.files.ask_password(question),
            ConnectionsEffect::Learnt(device, stream, lesson) => self.habits.learnt(&device, stream, &lesson, now),
            ConnectionsEffect::Errand(of, granted) => self.start_errand(of, *granted, now),
            ConnectionsEffect::Question(granted) => self.start_question(*granted, now),
            ConnectionsEffect::QuestionEnded(question, failure) => self.question_ended(question, failure, now),
            ConnectionsEffect::Playback(link, progress) => {
                self.playbacks.progress(link, progress, (now, clock::timestamp()));
            }
            ConnectionsEffect::Knock(granted) => find::knock(*granted, self.inbox.clone()),
            ConnectionsEffect::Diagnosis(traced) => self.on_traced(traced, now),
            ConnectionsEffect::Test(link, progress) => {
                if self.trial.note(link, progress, now) {
                    self.connections.unwant(link, now);
                }
            }
        }
    }

    /// Publishes the engine state when something changed and the last one is old enough; when to ask again.
    pub(super) fn publish(&mut self) -> Option<Instant> {
        let now = clock::now();
        self.judge_enquiries(now);
        self.judge_diagnosis(now);
        self.judge_ptz();
        if self.screen.wants_a_look() {
            let changed = self.connections.judge(now);
            self.screen.looked(changed);
        }
        match self.screen.due(now) {
            Due::Never => None,
            Due::At(at) => Some(at),
            Due::Now => {
                if let Some(counts) = self.connections.measure(now) {
                    self.screen.measure(now);
                    if counts.on_screen {
                        self.screen.note_pictures(counts.shown, counts.replaced, now);
                    }
                }
                self.finder.refresh();
                let mut state = self.state(now);
                if self.events.look(&state, now) {
                    state.events = self.events.shown();
                }
                if self.diagnoses.look(&state) {
                    state.traces = self.diagnoses.shown();
                }
                self.screen.publish(state, now);
                None
            }
        }
    }

    /// Publishes at once.
    pub(super) fn publish_now(&mut self) {
        self.settle();
        self.screen.hurry();
        self.publish();
    }
}

#[cfg(test)]
impl Core {
    pub(super) fn connections(&mut self) -> &mut Connections {
        &mut self.connections
    }

    pub(super) fn files(&mut self) -> &mut Files {
        &mut self.files
    }

    pub(super) fn self_watch(&mut self) -> &mut SelfWatch {
        &mut self.self_watch
    }

    /// As if the user had entered this registry; nothing is written.
    pub(super) fn enter(&mut self, registry: device::Registry) {
        self.files.put_registry(registry);
        self.settle();
    }

    /// As if a source had reported these.
    pub(super) fn hear(&mut self, reports: impl IntoIterator<Item = ::events::Happening>) {
        for report in reports {
            self.events.happened(report, clock::now());
        }
        self.settle();
    }

    pub(super) fn registry(&self) -> &Arc<device::Registry> {
        self.files.registry()
    }

    /// How much is held, by name.
    pub(super) fn sizes(&self) -> std::collections::BTreeMap<&'static str, usize> {
        let mut sizes = self.connections.sizes();
        sizes.extend(self.files.sizes());
        sizes.insert("reports", self.reports.len());
        sizes.extend(self.events.sizes());
        sizes.extend([("letters", self.letters.len()), ("health", self.health.shown().len())]);
        sizes.insert("minutes to be written", self.self_watch.unwritten());
        sizes
    }
}
