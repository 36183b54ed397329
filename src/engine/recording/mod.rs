//! RECORDING: which streams are recorded now, and why; the ring before an alarm; how far each recording is.
//!
//! Belongs here: the rules of the settings, what a person asked for, what events ask for, and the threads that write. Does not belong
//! here: connections (they are asked to keep streams), the format of files (`recording`), disks (`store`).

mod bounds;
mod inlet;
mod news;
mod reading;
mod recorder;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::clock::clock_of;
use super::inbox::Inbox;
use crate::bridge::{RecordingExport, RecordingExportStatus, RecordingView, RecordingsRequest, RecordingsShown};
use crate::store::{Secrets, default_folder};
use device::{ChannelId, DeviceId, Registry, StreamId};
use events::{LocalTime, WallTime};
use recording::{Bounds, RecordingCause};
use settings::Settings;

use bounds::RecorderSettings;
pub(super) use inlet::{Inlet, Inlets};
use inlet::{RecordingOrder, ToRecorder, Wanted};
pub(super) use news::RecordingsNews;

/// How long the last parts get when the program ends.
const LAST_PARTS: Duration = Duration::from_secs(3);

/// What recordings want of others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RecordingEffect {
    /// These streams are to be connected, whether a window shows them or not.
    Keep(Vec<StreamId>),
    Changed,
}

pub(super) struct Recordings {
    inlets: Arc<Inlets>,
    settings: Arc<Settings>,
    registry: Arc<Registry>,
    /// What a person asked for.
    by_hand: BTreeSet<StreamId>,
    /// Until when an event is recorded.
    events: BTreeMap<ChannelId, Instant>,
    wanted: BTreeMap<StreamId, Wanted>,
    shown: RecordingsShown,
    /// Stops the export that is under way.
    exporting: Option<Arc<AtomicBool>>,
    effects: VecDeque<RecordingEffect>,
    /// The thread that writes begins with the first recording.
    recorder: Option<Receiver<()>>,
    waiting: Option<Receiver<ToRecorder>>,
    /// `None`: not known yet, so that no schedule counts.
    local: Option<LocalTime>,
}

impl Recordings {
    pub(super) fn new() -> Self {
        #[allow(
            clippy::disallowed_methods,
            reason = "the inlets bound it by bytes: what waits is of very different sizes"
        )]
        let (to, waiting) = channel();
        Self {
            inlets: Arc::new(Inlets::new(to)),
            settings: Arc::default(),
            registry: Arc::default(),
            by_hand: BTreeSet::new(),
            events: BTreeMap::new(),
            wanted: BTreeMap::new(),
            shown: RecordingsShown::default(),
            exporting: None,
            effects: VecDeque::new(),
            recorder: None,
            waiting: Some(waiting),
            local: None,
        }
    }

    /// Where attempts bring pictures.
    pub(super) fn inlets(&self) -> &Arc<Inlets> {
        &self.inlets
    }

    pub(super) fn set_settings(&mut self, settings: &Arc<Settings>, now: Instant) {
        let changed = self.settings.recording != settings.recording;
        self.settings = Arc::clone(settings);
        if changed {
            if self.recorder.is_some() {
                self.inlets.send(ToRecorder::Settings(self.recorder_settings()));
            }
            self.decide(now);
        }
    }

    pub(super) fn set_registry(&mut self, registry: &Arc<Registry>, now: Instant) {
        self.registry = Arc::clone(registry);
        let is_there = |stream: &StreamId| has(registry, stream.channel);
        self.by_hand.retain(is_there);
        self.decide(now);
    }

    /// A person begins or ends the recording of a stream.
    pub(super) fn by_hand(&mut self, stream: StreamId, on: bool, now: Instant) {
        if on && has(&self.registry, stream.channel) {
            self.by_hand.insert(stream);
        } else if !on {
            // Whichever of its streams it was.
            self.by_hand.retain(|own| own.channel != stream.channel);
        }
        self.decide(now);
    }

    /// Something happened before a camera; `channel`: `None` where the device does not say which.
    pub(super) fn happened(&mut self, device: DeviceId, channel: Option<u16>, now: Instant) {
        let until = now + Duration::from_secs(self.settings.recording.after.into());
        let channels = channels_of(&self.registry, device);
        let rules = &self.settings.recording.rules;
        let concerned = channels.filter(|known| channel.is_none_or(|number| number == known.number));
        for channel in concerned.filter(|channel| rules.of(*channel).is_some_and(|rule| rule.on_event)) {
            self.events.insert(channel, until);
        }
        self.decide(now);
    }

    pub(super) fn tick(&mut self, local: LocalTime, now: Instant) {
        let minute = self.local.replace(local) != Some(local);
        let over = self.events.values().any(|until| *until <= now);
        if minute || over {
            self.decide(now);
        }
        self.look();
    }

    /// What is to be recorded now, and what is kept in memory.
    fn decide(&mut self, now: Instant) {
        self.events.retain(|_, until| *until > now);
        let mut wanted: BTreeMap<StreamId, Wanted> = BTreeMap::new();
        let registry = Arc::clone(&self.registry);
        let mut causes: BTreeMap<StreamId, RecordingCause> = BTreeMap::new();
        let before = i64::from(self.settings.recording.before) * 1_000_000;
        for rule_channel in all_channels(&registry) {
            let Some(rule) = self.settings.recording.rules.of(rule_channel) else {
                continue;
            };
            let stream = StreamId {
                channel: rule_channel,
                kind: rule.stream,
            };
            if rule.on_event {
                wanted.insert(stream, Wanted::Ring(before));
            }
            if self.local.is_some_and(|local| rule.schedule.contains(local)) {
                causes.insert(stream, RecordingCause::Schedule);
            }
            if self.events.contains_key(&rule_channel) {
                causes.insert(stream, RecordingCause::Event);
            }
        }
        for stream in &self.by_hand {
            causes
                .entry(*stream)
                .and_modify(|cause| *cause = (*cause).max(RecordingCause::Hand))
                .or_insert(RecordingCause::Hand);
        }
        for (stream, cause) in causes {
            wanted.insert(stream, Wanted::Files(Arc::new(order(&registry, stream.channel, cause))));
        }
        self.want(wanted);
    }

    fn want(&mut self, wanted: BTreeMap<StreamId, Wanted>) {
        if wanted == self.wanted {
            return;
        }
        if wanted.values().any(|wanted| matches!(wanted, Wanted::Files(_))) {
            self.start();
        }
        for stream in self.wanted.keys().filter(|stream| !wanted.contains_key(stream)) {
            self.inlets.of(*stream).want(Wanted::Nothing);
        }
        for (stream, wanted) in &wanted {
            self.inlets.of(*stream).want(wanted.clone());
        }
        self.wanted = wanted;
        self.inlets.forget_unused();
        let keep = self.wanted.keys().copied().collect();
        self.effects.push_back(RecordingEffect::Keep(keep));
        self.look();
    }

    fn recorder_settings(&self) -> RecorderSettings {
        let recording = &self.settings.recording;
        let gib = |gib: u32| u64::from(gib) << 30;
        RecorderSettings {
            folder: self.folder(),
            bounds: Bounds {
                bytes: Some(gib(recording.size)).filter(|most| *most > 0),
                age: Some(i64::from(recording.days) * 86_400_000_000).filter(|age| *age > 0),
                floor: gib(recording.floor),
            },
        }
    }

    fn start(&mut self) {
        let Some(from) = self.waiting.take() else { return };
        let settings = self.recorder_settings();
        let (done, ended) = sync_channel(1);
        let thread = std::thread::Builder::new().name("recordings".to_owned());
        match thread.spawn(move || recorder::run(settings, &from, &done)) {
            Ok(_) => self.recorder = Some(ended),
            Err(error) => tracing::error!(%error, "nothing can be recorded: the system gives no thread"),
        }
    }

    /// Looks how far the recordings are.
    fn look(&mut self) {
        let mut shown = BTreeMap::new();
        for (stream, wanted) in &self.wanted {
            let Wanted::Files(order) = wanted else { continue };
            let state = self.inlets.of(*stream).state();
            let view = RecordingView {
                cause: order.cause,
                since: state.since,
                since_clock: state
                    .since
                    .map(|at| clock_of(WallTime(u64::try_from(at / 1_000).unwrap_or(0)))),
                by_hand: self.by_hand.contains(stream),
                trouble: state.trouble,
            };
            shown.insert(*stream, view);
        }
        if shown != *self.shown.now {
            self.shown.now = Arc::new(shown);
            self.effects.push_back(RecordingEffect::Changed);
        }
    }

    pub(super) fn shown(&self) -> RecordingsShown {
        self.shown.clone()
    }

    fn folder(&self) -> Option<PathBuf> {
        self.settings.recording.folder.clone().or_else(default_folder)
    }

    /// Looks for the recordings of a day.
    pub(super) fn read(&self, request: RecordingsRequest, inbox: &mpsc::Sender<Inbox>) {
        reading::read(request, self.folder(), inbox.clone());
    }

    /// Exports, in place of an export that is under way.
    pub(super) fn export(&mut self, export: RecordingExport, secrets: Secrets, inbox: &mpsc::Sender<Inbox>) {
        self.stop_export();
        let stopped = Arc::new(AtomicBool::new(false));
        self.exporting = Some(Arc::clone(&stopped));
        self.shown.export = Some(Arc::new(RecordingExportStatus {
            id: export.id,
            done: 0,
            ended: None,
        }));
        self.effects.push_back(RecordingEffect::Changed);
        reading::export(export, self.folder(), secrets, stopped, inbox.clone());
    }

    pub(super) fn stop_export(&mut self) {
        if let Some(stopped) = self.exporting.take() {
            stopped.store(true, Ordering::Release);
        }
    }

    pub(super) fn news(&mut self, news: RecordingsNews) {
        match news {
            RecordingsNews::Read(read) => self.shown.read = Some(Arc::new(*read)),
            RecordingsNews::Export(status) => {
                // An export that was replaced says nothing any more.
                let is_newest = self.shown.export.as_ref().is_some_and(|shown| shown.id == status.id);
                if !is_newest {
                    return;
                }
                if status.ended.is_some() {
                    self.exporting = None;
                }
                self.shown.export = Some(Arc::new(status));
            }
        }
        self.effects.push_back(RecordingEffect::Changed);
    }

    pub(super) fn poll_effect(&mut self) -> Option<RecordingEffect> {
        self.effects.pop_front()
    }

    /// Ends everything; returns what is to be waited for, off the loop, so that the last parts are finished.
    pub(super) fn end(&mut self) -> Option<impl FnOnce() + Send + use<>> {
        self.want(BTreeMap::new());
        self.stop_export();
        self.inlets.send(ToRecorder::Quit);
        let ended = self.recorder.take()?;
        Some(move || {
            if ended.recv_timeout(LAST_PARTS).is_err() {
                tracing::warn!("the last recordings are finished at the next start");
            }
        })
    }
}

fn all_channels(registry: &Registry) -> impl Iterator<Item = ChannelId> {
    let enabled = registry.devices.iter().filter(|device| device.enabled);
    enabled.flat_map(|device| device.channel_ids())
}

fn channels_of(registry: &Registry, device: DeviceId) -> impl Iterator<Item = ChannelId> {
    let device = registry.device(device).filter(|device| device.enabled);
    device.into_iter().flat_map(|device| device.channel_ids())
}

fn has(registry: &Registry, channel: ChannelId) -> bool {
    channels_of(registry, channel.device).any(|known| known == channel)
}

fn order(registry: &Registry, channel: ChannelId, cause: RecordingCause) -> RecordingOrder {
    let device = registry.device(channel.device);
    let site = device.and_then(|device| registry.site(device.site));
    let at = usize::from(channel.number).checked_sub(1);
    let name = device.zip(at).and_then(|(device, at)| device.channels.get(at));
    RecordingOrder {
        cause,
        site: site.map(|site| site.name.clone()).unwrap_or_default(),
        device: device.map(|device| device.name.clone()).unwrap_or_default(),
        channel: name.map(|channel| channel.name.clone()).unwrap_or_default(),
    }
}
