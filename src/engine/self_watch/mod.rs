//! SELF-WATCH: what the program itself costs, minute by minute, and when that is too much.
//!
//! Belongs here: when the figures are taken, what is measured in the loop and what beside it, when they are written. Does not belong here: the series and its
//! limits (`self_watch`), its file (`store`), words on screen.

mod news;
mod system;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::news::Beside;
pub(super) use self::news::OwnFiguresNews;
use super::inbox::{Inbox, MOST_WAITING};
use super::process::{cpu_time, process_figures};
use crate::bridge::OwnShown;
use crate::store::{OwnFiguresFile, Profile};
use ::self_watch::{Ceilings, ExcessNews, OwnExcess, OwnFigure, OwnLimit, OwnLimits, OwnSample, OwnSeries};

/// From one sample to the next.
const SAMPLE: Duration = Duration::from_secs(60);

/// What was measured beside the loop counts for so long: a disk that does not answer is not said to be what it was.
const FRESH: Duration = Duration::from_secs(150);

/// So many minutes wait for a disk that does not answer. What is more is in memory alone.
const MOST_UNWRITTEN: usize = 120;

/// What other parts have to do.
#[derive(Debug)]
pub(super) enum SelfWatchEffect {
    /// It begins to be too much, or still is, and how much, in figures that need no language.
    TooMuch(OwnLimit, String),
    Over(OwnLimit),
}

/// What is taken in the loop for a sample.
pub(super) struct LoopFigures {
    pub tasks: usize,
    /// Decoders that were built anew since the start.
    pub decoders: u64,
}

pub(super) struct SelfWatch {
    /// `None`: this program is not the one that watches itself.
    profile: Option<Profile>,
    file: Option<Arc<Mutex<OwnFiguresFile>>>,
    series: Arc<OwnSeries>,
    limits: OwnLimits,
    ceilings: Ceilings,
    excesses: Arc<BTreeMap<OwnLimit, OwnExcess>>,
    /// What an earlier run left was read: before that, nothing is written.
    opened: bool,
    sampled: Option<Instant>,
    /// The worst since the last sample.
    delay: Duration,
    waiting: usize,
    cpu: Option<(Instant, Duration)>,
    decoders: u64,
    unwritten: Vec<OwnSample>,
    /// What was measured beside the loop last.
    beside: Option<(Instant, Beside)>,
    under_way: bool,
    write_fails: bool,
    effects: VecDeque<SelfWatchEffect>,
}

impl SelfWatch {
    /// `profile`: where the figures are kept; `None`: this program is not the one that watches itself.
    pub(super) fn new(profile: Option<Profile>) -> Self {
        let file = profile
            .as_ref()
            .map(|profile| Arc::new(Mutex::new(profile.own_figures_file())));
        let ceilings = Ceilings {
            queue: u32::try_from(MOST_WAITING).ok(),
            ..system::ceilings()
        };
        Self {
            profile,
            file,
            series: Arc::default(),
            limits: OwnLimits::default(),
            ceilings,
            excesses: Arc::default(),
            opened: false,
            sampled: None,
            delay: Duration::ZERO,
            waiting: 0,
            cpu: None,
            decoders: 0,
            unwritten: Vec::new(),
            beside: None,
            under_way: false,
            write_fails: false,
            effects: VecDeque::new(),
        }
    }

    pub(super) fn shown(&self) -> OwnShown {
        OwnShown {
            series: Arc::clone(&self.series),
            excesses: Arc::clone(&self.excesses),
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<SelfWatchEffect> {
        self.effects.pop_front()
    }

    /// The loop came so late to what was due, and so much waits for it.
    pub(super) fn turned(&mut self, delay: Duration, waiting: usize) {
        self.delay = self.delay.max(delay);
        self.waiting = self.waiting.max(waiting);
    }

    /// Has what an earlier run left read.
    pub(super) fn open(&mut self, inbox: &mpsc::Sender<Inbox>) {
        let Some(profile) = self.profile.clone() else { return };
        self.begin(inbox, move || OwnFiguresNews {
            series: Some(Box::new(profile.load_own_series())),
            beside: system::beside(profile.path()),
            written: Ok(()),
        });
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        let since = self.sampled.map(|sampled| now.saturating_duration_since(sampled));
        self.profile.is_some() && self.opened && since.is_none_or(|since| since >= SAMPLE)
    }

    /// Takes the figures of the last minute. `unix`: the wall clock, in seconds since 1970.
    pub(super) fn sample(&mut self, figures: &LoopFigures, (now, unix): (Instant, i64), inbox: &mpsc::Sender<Inbox>) {
        self.sampled = Some(now);
        let sample = self.figures(figures, now, unix);
        Arc::make_mut(&mut self.series).push(sample);
        if self.unwritten.len() < MOST_UNWRITTEN {
            self.unwritten.push(sample);
        }
        self.judge();
        let (Some(profile), Some(file), false) = (&self.profile, &self.file, self.under_way) else {
            return;
        };
        let (folder, file) = (profile.path().to_owned(), Arc::clone(file));
        let (minutes, series) = (std::mem::take(&mut self.unwritten), Arc::clone(&self.series));
        self.begin(inbox, move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let written = file.add(&minutes, &series).map_err(|error| error.to_string());
            OwnFiguresNews {
                series: None,
                beside: system::beside(&folder),
                written,
            }
        });
    }

    /// What was done beside the loop.
    pub(super) fn news(&mut self, news: OwnFiguresNews, now: Instant) {
        self.under_way = false;
        self.beside = Some((now, news.beside));
        if let Some(series) = news.series {
            (self.series, self.opened) = (Arc::new(*series), true);
        }
        let fails = news.written.is_err();
        if let (Err(error), false) = (&news.written, self.write_fails) {
            tracing::warn!(error, "what Monomi costs is not kept for the next start");
        }
        self.write_fails = fails;
    }

    fn figures(&mut self, figures: &LoopFigures, now: Instant, unix: i64) -> OwnSample {
        let process = process_figures();
        let known = |value: u64| Some(value).filter(|value| *value > 0);
        let used = cpu_time();
        let before = std::mem::replace(&mut self.cpu, used.map(|used| (now, used)));
        let cpu = before.zip(used).and_then(|((then, before), used)| {
            let passed = u64::try_from(now.saturating_duration_since(then).as_millis()).ok()?;
            let used = u64::try_from(used.saturating_sub(before).as_millis()).ok()?;
            (used * 1_000).checked_div(passed)
        });
        let decoders = figures
            .decoders
            .saturating_sub(std::mem::replace(&mut self.decoders, figures.decoders));
        let delay = std::mem::take(&mut self.delay);
        let waiting = std::mem::take(&mut self.waiting);
        let fresh = |at: &Instant| now.saturating_duration_since(*at) < FRESH;
        let beside = self
            .beside
            .filter(|(at, _)| fresh(at))
            .map(|(_, beside)| beside)
            .unwrap_or_default();
        OwnSample::at(unix)
            .with(OwnFigure::Memory, known(process.rss_kib))
            .with(OwnFigure::Cpu, cpu)
            .with(OwnFigure::Handles, known(process.open_fds))
            .with(OwnFigure::Threads, known(process.threads))
            .with(OwnFigure::Tasks, u64::try_from(figures.tasks).ok())
            .with(OwnFigure::LoopDelay, u64::try_from(delay.as_millis()).ok())
            .with(OwnFigure::Queue, u64::try_from(waiting).ok())
            .with(OwnFigure::Decoders, Some(decoders))
            .with(OwnFigure::Disk, beside.disk_free_mib)
            .with(OwnFigure::GpuUse, beside.gpu_percent)
            .with(OwnFigure::GpuMemory, beside.gpu_memory_mib)
    }

    fn judge(&mut self) {
        let news = self.limits.look(&self.series, self.ceilings);
        if news.is_empty() {
            return;
        }
        let mut excesses = BTreeMap::clone(&self.excesses);
        for news in news {
            let effect = match news {
                ExcessNews::Begins(excess) | ExcessNews::Lasts(excess) => {
                    excesses.insert(excess.limit, excess);
                    SelfWatchEffect::TooMuch(excess.limit, self.detail(excess))
                }
                ExcessNews::Ends(limit) => {
                    excesses.remove(&limit);
                    SelfWatchEffect::Over(limit)
                }
            };
            if !matches!(news, ExcessNews::Lasts(_)) {
                tracing::info!(?effect, "own limits");
            }
            self.effects.push_back(effect);
        }
        self.excesses = Arc::new(excesses);
    }

    /// How much it is, in figures that need no language.
    fn detail(&self, excess: OwnExcess) -> String {
        let OwnExcess { limit, value, bound } = excess;
        let mib = |kib: u32| kib / 1_024;
        match limit {
            OwnLimit::Memory => format!(
                "{} MiB / {} MiB",
                mib(value),
                mib(self.ceilings.memory.unwrap_or_default())
            ),
            OwnLimit::MemoryGrowth => format!("+{} MiB/h", mib(value)),
            OwnLimit::Handles => format!("{value} / {}", self.ceilings.handles.unwrap_or_default()),
            OwnLimit::Disk => format!("{value} MiB"),
            OwnLimit::LoopDelay => format!("{value} ms"),
            OwnLimit::Queue => format!("{value} / {}", self.ceilings.queue.unwrap_or(bound)),
            OwnLimit::Decoders => format!("{value} × /h"),
        }
    }

    /// Does this beside the loop: a disk may not answer.
    fn begin(&mut self, inbox: &mpsc::Sender<Inbox>, work: impl FnOnce() -> OwnFiguresNews + Send + 'static) {
        self.under_way = true;
        let inbox = inbox.clone();
        tokio::spawn(async move {
            let done = tokio::task::spawn_blocking(work).await;
            let news = done.unwrap_or_else(|stopped| OwnFiguresNews {
                series: None,
                beside: Beside::default(),
                written: Err(stopped.to_string()),
            });
            // The loop may be gone already: then nobody needs to know.
            inbox.send(Inbox::OwnFigures(Box::new(news))).await.ok();
        });
    }
}

#[cfg(test)]
impl SelfWatch {
    /// Minutes that wait for the disk.
    pub(super) fn unwritten(&self) -> usize {
        self.unwritten.len()
    }
}

#[cfg(test)]
mod tests;
