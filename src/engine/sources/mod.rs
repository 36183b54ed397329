//! SOURCES: the events that devices tell of themselves. Each recorder is listened to on one connection, however often it is registered.
//!
//! Belongs here: who is listened to, when a connection is wanted, and what is shown of it. Does not belong here: what is asked and what it means
//! (`onvif`, `vendor`), what becomes of an incident (`events`).
//!
//! Events come last: nothing is asked of a device before its pictures come, or while they are missing.

mod happening;
mod line;
mod listener;
mod news;
mod source;
mod wanted;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub(super) use self::happening::happening;
pub(super) use self::news::{SourceEffect, SourceNews};
use self::source::Source;
use self::wanted::wanted;
use super::connections::{GrantedQuestion, QuestionId};
use super::inbox::Inbox;
use crate::bridge::SourceStatus;
use device::{Brands, DeviceId, Registry};
use reconnect::{Failure, LinkView};

/// What is shown of all that is listened to.
pub(super) type SourcesShown = Arc<BTreeMap<DeviceId, Arc<SourceStatus>>>;

/// Whether one is due is found out this often, and one is begun each time.
const LOOK: Duration = Duration::from_secs(1);

/// What is seen of the pictures of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pictures {
    /// Some come.
    Come,
    /// Some are wanted, and none comes.
    Missing,
}

pub(super) struct Sources {
    /// Somebody is there to whom events are told.
    is_on: bool,
    brands: Arc<Brands>,
    /// By recorder.
    sources: BTreeMap<u64, Source>,
    looked: Option<Instant>,
    shown: SourcesShown,
    effects: VecDeque<SourceEffect>,
}

impl Sources {
    /// `is_on`: somebody is there to whom events are told; else nothing is asked.
    pub(super) fn new(brands: Arc<Brands>, is_on: bool) -> Self {
        Self {
            is_on,
            brands,
            sources: BTreeMap::new(),
            looked: None,
            shown: Arc::default(),
            effects: VecDeque::new(),
        }
    }

    /// Who is to be listened to from now on. What changed is listened to anew.
    pub(super) fn set_registry(&mut self, registry: &Registry) {
        if !self.is_on {
            return;
        }
        let mut wanted = wanted(registry, &self.brands);
        let mut gone = Vec::new();
        for (recorder, source) in &mut self.sources {
            match wanted.remove(recorder) {
                Some(now) if source.is_as(&now) => source.set_wanted(now),
                Some(now) => {
                    gone.push(*recorder);
                    wanted.insert(*recorder, now);
                }
                None => gone.push(*recorder),
            }
        }
        for recorder in gone {
            if let Some(mut source) = self.sources.remove(&recorder) {
                source.leave();
                while let Some(effect) = source.poll_effect() {
                    self.effects.push_back(effect);
                }
                self.effects.push_back(SourceEffect::Changed);
            }
        }
        for (recorder, wanted) in wanted {
            self.sources.insert(recorder, Source::new(wanted));
            self.effects.push_back(SourceEffect::Changed);
        }
    }

    /// Begins what is due, one at a time. `pictures`: what is seen of the devices of which any are wanted.
    pub(super) fn tick(
        &mut self,
        pictures: impl FnOnce() -> BTreeMap<DeviceId, Pictures>,
        view: impl Fn(QuestionId) -> Option<LinkView>,
        now: Instant,
    ) {
        let rests = self.looked.is_some_and(|at| now.saturating_duration_since(at) < LOOK);
        if self.sources.is_empty() || rests {
            return;
        }
        self.looked = Some(now);
        for source in self.sources.values_mut() {
            source.judge(&view, now);
        }
        if !self.sources.values().any(|source| source.is_due(now)) {
            return;
        }
        let pictures = pictures();
        for source in self.sources.values_mut().filter(|source| source.is_due(now)) {
            if source.may_begin(&pictures, now) {
                source.begin();
                break;
            }
        }
    }

    /// Whether this question is one of a source.
    pub(super) fn owns(&self, question: QuestionId) -> bool {
        self.sources.values().any(|source| source.question() == Some(question))
    }

    /// The question of this device was begun; `None`: it is not to be asked.
    pub(super) fn begun(&mut self, device: DeviceId, question: Option<QuestionId>, now: Instant) {
        let of = |source: &&mut Source| source.asked_device() == Some(device);
        if let Some(source) = self.sources.values_mut().find(of) {
            source.begun(question, now);
        }
    }

    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>, now: Instant) {
        if let Some(source) = self.by_question(granted.question) {
            source.start(granted, inbox, now);
        }
    }

    pub(super) fn news(&mut self, news: SourceNews, now: Instant) {
        if let Some(source) = self.by_question(news.question) {
            source.news(news, now);
        }
    }

    /// The connections ended a question.
    pub(super) fn ended(&mut self, question: QuestionId, failure: Failure, now: Instant) {
        if let Some(source) = self.by_question(question) {
            source.ended(failure, now);
        }
    }

    /// A person wants this device to be tried at once.
    pub(super) fn retry(&mut self, device: DeviceId, now: Instant) {
        for source in self.sources.values_mut().filter(|source| source.has(device)) {
            source.retry(now);
        }
    }

    /// This device is reached by another of its roads, where another recorder may stand.
    pub(super) fn takes_another_road(&mut self, device: DeviceId, now: Instant) {
        let of = |source: &&mut Source| source.asked_device() == Some(device);
        if let Some(source) = self.sources.values_mut().find(of) {
            source.takes_another_road(now);
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<SourceEffect> {
        let own = self.effects.pop_front();
        let effect = own.or_else(|| self.sources.values_mut().find_map(Source::poll_effect))?;
        if matches!(effect, SourceEffect::Changed) {
            let mut shown = BTreeMap::new();
            for source in self.sources.values() {
                let status = Arc::new(source.status());
                shown.extend(source.devices().map(|device| (device, Arc::clone(&status))));
            }
            self.shown = Arc::new(shown);
        }
        Some(effect)
    }

    pub(super) fn shown(&self) -> SourcesShown {
        Arc::clone(&self.shown)
    }

    /// The program ends: recorders that keep a place for each listener are told.
    pub(super) fn release_all(&mut self, now: Instant) {
        self.sources.values_mut().for_each(|source| source.release(now));
    }

    pub(super) fn is_ending(&self) -> bool {
        self.sources.values().any(Source::is_ending)
    }

    fn by_question(&mut self, question: QuestionId) -> Option<&mut Source> {
        self.sources
            .values_mut()
            .find(|source| source.question() == Some(question))
    }
}
