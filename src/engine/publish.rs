//! What the screen and `watch` hear: engine states at a bounded rate, events as they come.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::clock;
use super::core::Core;
use super::record::{Link, Purpose, tile_state};
use crate::bridge::{
    Clock, EngineState, Event, Notice, NoticeKind, SecretsPlace, SiteStatus, StreamStatus, TileState, Totals,
};
use crate::store::{LoadProblem, Loaded};
use device::{DeviceId, Registry, StreamId};
use reconnect::SiteState;
use settings::Settings;

/// Engine states are published no faster than this: a burst of changes is published once.
const GAP: Duration = Duration::from_millis(50);

/// Figures are measured this often.
const MEASURE: Duration = Duration::from_secs(1);

/// How long a note is shown that needs no answer.
const NOTE: Duration = Duration::from_secs(6);

/// Keeps what is to be told and when it was told last.
pub(super) struct Publisher {
    events: Option<mpsc::Sender<Event>>,
    dirty: bool,
    look: bool,
    last: Option<Instant>,
    measured: Option<Instant>,
    /// Of the wall clock, in the engine state published last.
    second: u8,
    notices: Vec<Notice>,
    next_notice: u64,
    /// When the note of a saved snapshot goes.
    note_until: Option<Instant>,
}

impl Publisher {
    pub(super) fn new(events: Option<mpsc::Sender<Event>>) -> Self {
        Self {
            events,
            dirty: true,
            look: true,
            last: None,
            measured: None,
            second: u8::MAX,
            notices: Vec::new(),
            next_notice: 0,
            note_until: None,
        }
    }

    /// Something that the screen shows changed.
    pub(super) fn dirty(&mut self) {
        self.dirty = true;
    }

    /// A tick passed: states may have changed by time alone.
    pub(super) fn tick(&mut self) {
        self.look = true;
        if self.note_until.is_some_and(|until| clock::now() >= until) {
            self.note_until = None;
            self.withdraw(|kind| matches!(kind, NoticeKind::SnapshotSaved { .. }));
        }
    }

    pub(super) fn tell(&self, event: Event) {
        if let Some(events) = &self.events
            && events.try_send(event).is_err()
        {
            tracing::warn!("an event was not told: its reader is too slow or gone");
        }
    }

    /// Adds a notice, unless the same one is shown already.
    pub(super) fn notice(&mut self, kind: NoticeKind) {
        if self.notices.iter().any(|notice| notice.kind == kind) {
            return;
        }
        if matches!(
            kind,
            NoticeKind::SnapshotSaved { .. } | NoticeKind::SnapshotFailed { .. }
        ) {
            // The last snapshot is the one that matters.
            self.withdraw(|kind| {
                matches!(
                    kind,
                    NoticeKind::SnapshotSaved { .. } | NoticeKind::SnapshotFailed { .. }
                )
            });
            self.note_until = Some(clock::now() + NOTE);
        }
        self.next_notice += 1;
        self.notices.push(Notice {
            id: self.next_notice,
            kind,
        });
        const MOST: usize = 50;
        if self.notices.len() > MOST {
            self.notices.remove(0);
        }
        self.dirty = true;
    }

    /// The value of a file; what was wrong with the file becomes notices.
    pub(super) fn loaded<T>(&mut self, file: &str, loaded: Loaded<T>) -> T {
        let mut warnings = Vec::new();
        for problem in loaded.problems {
            match problem {
                LoadProblem::SetAside { file, beside, reason } => {
                    tracing::warn!(file, beside, reason, "not usable, kept as it is");
                    self.notice(NoticeKind::FileSetAside { file, beside, reason });
                }
                LoadProblem::Warning { at, message } => warnings.push(format!("{at}: {message}")),
            }
        }
        self.withdraw(|kind| matches!(kind, NoticeKind::FileWarnings { file: about, .. } if about == file));
        if !warnings.is_empty() {
            tracing::warn!(file, ?warnings, "not understood, kept as it is");
            self.notice(NoticeKind::FileWarnings {
                file: file.to_owned(),
                warnings,
            });
        }
        loaded.value
    }

    pub(super) fn dismiss(&mut self, id: u64) {
        self.notices.retain(|notice| notice.id != id);
        self.dirty = true;
    }

    /// Takes notices back that are no longer true.
    pub(super) fn withdraw(&mut self, untrue: impl Fn(&NoticeKind) -> bool) {
        self.notices.retain(|notice| !untrue(&notice.kind));
        self.dirty = true;
    }

    /// What is shown before anything happened.
    pub(super) fn first(
        &self,
        registry: &Arc<Registry>,
        settings: &Arc<Settings>,
        secrets: SecretsPlace,
        now: Instant,
    ) -> EngineState {
        EngineState {
            now,
            clock: local_clock(),
            registry: Arc::clone(registry),
            settings: Arc::clone(settings),
            streams: Arc::default(),
            sites: Arc::default(),
            totals: Totals::default(),
            notices: Arc::new(self.notices.clone()),
            secrets,
            test: None,
            excluded: Arc::default(),
            windows: Arc::default(),
            views: Arc::default(),
            transfer: None,
            unlock: None,
        }
    }
}

impl Core {
    /// Publishes the engine state when something changed and the last one is old enough; when to ask again.
    pub(super) fn publish(&mut self) -> Option<Instant> {
        let now = clock::now();
        let last = self.publisher.last;
        if std::mem::take(&mut self.publisher.look) || self.publisher.dirty {
            let changed = self.judge(now);
            // With the second of the wall clock, so that the clock on screen is never a second behind.
            let second = local_clock().second;
            let heartbeat = std::mem::replace(&mut self.publisher.second, second) != second;
            self.publisher.dirty |= changed || heartbeat;
        }
        if !self.publisher.dirty {
            return None;
        }
        if let Some(last) = last
            && now.duration_since(last) < GAP
        {
            return Some(last + GAP);
        }
        self.publisher.dirty = false;
        self.publisher.last = Some(now);
        self.measure(now);
        let state = self.state(now);
        self.engine.publish(state);
        None
    }

    /// Publishes at once: who reads the events that follow finds their names in the engine state.
    pub(super) fn publish_now(&mut self) {
        self.publisher.last = None;
        self.publisher.dirty();
        self.publish();
    }

    /// Works out what every tile says now; whether one of them changed.
    fn judge(&mut self, now: Instant) -> bool {
        let mut changed = false;
        let mut told = Vec::new();
        for (id, link) in &mut self.links {
            if link.purpose != Purpose::Stream || !link.decode {
                continue;
            }
            let revived = link.revived(now);
            let running = link.running.as_ref();
            let state = tile_state(
                self.machine.link(*id),
                running,
                revived,
                link.facts.last_picture,
                link.decode_since,
                now,
            );
            if link.facts.state.as_ref() == Some(&state) {
                continue;
            }
            changed = true;
            let before = link.facts.state.replace(state.clone());
            if before.as_ref().is_none_or(|before| differs(before, &state)) {
                told.push((link.stream, state));
            }
        }
        for (stream, state) in told {
            self.log_state(stream, &state);
            self.publisher.tell(Event::State { at: now, stream, state });
        }
        changed
    }

    fn log_state(&self, stream: StreamId, state: &TileState) {
        let device = self
            .registry
            .device(stream.channel.device)
            .map_or("", |device| &device.name);
        let failure = state.failure();
        tracing::info!(
            device,
            channel = stream.channel.number,
            stream = stream.kind.as_str(),
            state = state.name(),
            cause = failure.map(|failure| failure.kind.name()),
            detail = failure.map(|failure| failure.detail.as_str()),
            "state"
        );
    }

    fn measure(&mut self, now: Instant) {
        let due = self
            .publisher
            .measured
            .is_none_or(|last| now.duration_since(last) >= MEASURE);
        if !due {
            return;
        }
        self.publisher.measured = Some(now);
        let (mut pictures, mut replaced) = (0, 0);
        for link in self.links.values_mut() {
            let before = std::mem::replace(&mut link.facts.counted, link.slot.counts());
            pictures += link.facts.counted.published.saturating_sub(before.published);
            replaced += link.facts.counted.replaced.saturating_sub(before.replaced);
            link.measure(now);
        }
        // Nobody paints for `watch`.
        if self.want_all.is_none() {
            self.note_load(pictures, replaced, now);
        }
    }

    fn state(&self, now: Instant) -> EngineState {
        let streams: HashMap<StreamId, StreamStatus> = self
            .links
            .values()
            // A stream that is kept warm shows nothing: to the screen it is not watched.
            .filter(|link| link.purpose == Purpose::Stream && link.decode)
            .filter_map(|link| Some((link.stream, link.status()?)))
            .collect();
        let live = streams
            .values()
            .filter(|status| status.state == TileState::Live)
            .count();
        let totals = self.machine.totals();
        let totals = Totals {
            live,
            wanted: streams.len(),
            attempts_last_minute: u32::try_from(self.dials.len()).unwrap_or(u32::MAX),
            attempts: totals.attempts,
            failed: totals.failed,
            half_open: totals.half_open,
            relief: self.strain.relief,
        };
        EngineState {
            now,
            clock: local_clock(),
            registry: Arc::clone(&self.registry),
            settings: Arc::clone(&self.settings),
            sites: Arc::new(self.site_statuses(&streams)),
            streams: Arc::new(streams),
            totals,
            notices: Arc::new(self.publisher.notices.clone()),
            secrets: super::core::place_of(&self.secrets),
            test: self
                .trial
                .as_ref()
                .map(|trial| Arc::new(trial.status(self.links.get(&trial.link), self.machine.link(trial.link)))),
            excluded: Arc::new(self.excluded()),
            windows: Arc::clone(&self.windows),
            views: Arc::clone(&self.views),
            transfer: self.transfer.clone(),
            unlock: self.unlock,
        }
    }

    fn site_statuses(&self, streams: &HashMap<StreamId, StreamStatus>) -> Vec<SiteStatus> {
        let live: std::collections::HashSet<DeviceId> = streams
            .iter()
            .filter(|(_, status)| status.state == TileState::Live)
            .map(|(stream, _)| stream.channel.device)
            .collect();
        let mut members: HashMap<device::SiteId, (u32, u32)> = HashMap::new();
        for device in self.registry.devices.iter().filter(|device| device.enabled) {
            let (devices, devices_live) = members.entry(device.site).or_default();
            *devices += 1;
            *devices_live += u32::from(live.contains(&device.id));
        }
        let status = |site: &device::Site| {
            let (devices, devices_live) = members.get(&site.id).copied().unwrap_or_default();
            let view = self.machine.site(site.id);
            SiteStatus {
                id: site.id,
                name: site.name.clone(),
                state: view.map_or(SiteState::Up, |view| view.state),
                next_canary: view.and_then(|view| view.next_canary),
                half_open: view.map_or(0, |view| view.half_open),
                attempts: view.map_or(0, |view| view.attempts),
                failed: view.map_or(0, |view| view.failed),
                attempts_last_minute: view.map_or(0, |view| view.attempts_last_minute),
                failed_last_minute: view.map_or(0, |view| view.failed_last_minute),
                budget_per_minute: view.map_or(self.settings.limits.site_failed_per_minute, |view| view.failed_allowed),
                devices,
                devices_live,
            }
        };
        self.registry.sites.iter().map(status).collect()
    }

    /// Enabled devices whose address, as far as it is known, the policy forbids.
    pub(super) fn excluded(&self) -> Vec<DeviceId> {
        let known = |device: &device::Device| {
            let found = || self.devices.get(&device.id).and_then(|memory| memory.address);
            device.host.ip().or_else(found)
        };
        let policy = self.policy.load();
        self.registry
            .devices
            .iter()
            .filter(|device| device.enabled)
            .filter(|device| known(device).is_some_and(|ip| !policy.allows(ip)))
            .map(|device| device.id)
            .collect()
    }
}

impl Link {
    fn measure(&mut self, now: Instant) {
        let counts = self.slot.counts();
        let info = &mut self.facts.info;
        info.frames = counts.published;
        info.delay = self.slot.mean_delay();
        info.dropped = counts.replaced + u64::from(counts.lost);
        if let Some((width, height)) = self.slot.source() {
            (info.width, info.height) = (width, height);
        }
        match &self.running {
            Some(running) => {
                let bytes = running.counters.bytes();
                (info.fps, info.kbit_s) = self.facts.meter.read(now, counts.published, bytes);
            }
            None => (info.fps, info.kbit_s) = (0.0, 0),
        }
    }

    fn status(&self) -> Option<StreamStatus> {
        Some(StreamStatus {
            state: self.facts.state.clone()?,
            last_picture: self.facts.last_picture,
            last_picture_clock: self.facts.last_picture_clock,
            slot: Arc::clone(&self.slot),
            sound: self.sound.clone(),
            info: self.facts.info.clone(),
        })
    }
}

/// Whether a change is worth telling: another state or another cause, not a countdown that moved.
fn differs(before: &TileState, after: &TileState) -> bool {
    let cause = |state: &TileState| state.failure().map(|failure| (failure.kind, failure.detail.clone()));
    before.name() != after.name() || cause(before) != cause(after)
}

/// The local wall clock.
pub(super) fn local_clock() -> Clock {
    let now = jiff::Zoned::now();
    let byte = |value: i8| u8::try_from(value).unwrap_or(0);
    Clock {
        year: now.year().into(),
        month: byte(now.month()),
        day: byte(now.day()),
        hour: byte(now.hour()),
        minute: byte(now.minute()),
        second: byte(now.second()),
    }
}
