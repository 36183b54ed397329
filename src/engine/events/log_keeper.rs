//! The log on disk, beside the loop: what is to be written waits here until it is committed, bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::super::worker::Worker;
use crate::bridge::{LogExported, LogRead};
use crate::store::{EventLog, LogAside, LogFault, Profile};
use events::{EventId, LogBounds, LogChange, LogOpened, WallTime};

/// Changes that wait to be committed, with those under way. What comes beyond that is counted.
const MOST_WAITING: usize = 20_000;
/// So many are committed at once.
const BATCH: usize = 5_000;
/// A write that failed is tried again after this time, and so is an opening.
const AGAIN: Duration = Duration::from_secs(10);
/// While something lasts it is noted so often that it does, so that a program that is killed knows until when it lasted.
const REFRESH: Duration = Duration::from_secs(300);
/// From one look at the bounds to the next.
const PRUNE: Duration = Duration::from_secs(600);

/// What the worker answers.
pub(in crate::engine) enum LogAnswer {
    Opened(Result<(LogOpened, Vec<LogAside>), String>),
    /// Whether it is committed; where the file turned out to be damaged, which one takes its place.
    Written(Result<Option<LogAside>, String>),
    /// Whether there is more to be dropped.
    Pruned(bool),
    Ended,
    Read(Arc<LogRead>),
    /// What is read next is read from another file.
    Reopened,
    Exported(LogExported),
}

/// What the worker owns.
struct Hand {
    profile: Profile,
    log: Option<EventLog>,
}

/// The loop's end of the log.
pub(super) struct LogKeeper {
    worker: Worker<Hand, LogAnswer>,
    state: State,
    waiting: VecDeque<LogChange>,
    /// Those that are being written, until they are committed.
    batch: Option<Arc<Vec<LogChange>>>,
    /// Whether the worker has them.
    under_way: bool,
    not_before: Option<Instant>,
    written: Option<Instant>,
    pruned: Option<Instant>,
    bounds: LogBounds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Opening,
    Open,
}

impl LogKeeper {
    pub(super) fn new(profile: Profile, answers: mpsc::Sender<LogAnswer>) -> Self {
        Self {
            worker: Worker::start(Hand { profile, log: None }, answers),
            state: State::Closed,
            waiting: VecDeque::new(),
            batch: None,
            under_way: false,
            not_before: None,
            written: None,
            pruned: None,
            bounds: LogBounds::default(),
        }
    }

    pub(super) fn open(&mut self, now: WallTime) {
        self.state = State::Opening;
        let lost = LogAnswer::Opened(Err(defect()));
        let bounds = self.bounds;
        self.worker.order(lost, move |hand| {
            let opened = hand.profile.open_event_log(now);
            let opened = opened.map(|(mut log, opened, aside)| {
                log.set_bounds(bounds);
                hand.log = Some(log);
                (opened, aside)
            });
            LogAnswer::Opened(opened.map_err(|fault| fault.to_string()))
        });
    }

    /// To be called for every answer.
    pub(super) fn answered(&mut self, answer: &LogAnswer, now: Instant) {
        self.worker.answered();
        match answer {
            LogAnswer::Opened(Ok(_)) => {
                self.state = State::Open;
                self.not_before = None;
            }
            LogAnswer::Opened(Err(_)) => {
                self.state = State::Closed;
                self.not_before = Some(now + AGAIN);
            }
            LogAnswer::Written(result) => {
                self.under_way = false;
                if result.is_ok() {
                    self.batch = None;
                    self.not_before = None;
                } else {
                    self.not_before = Some(now + AGAIN);
                }
            }
            LogAnswer::Pruned(more) => self.pruned = Some(now).filter(|_| !more),
            LogAnswer::Ended | LogAnswer::Read(_) | LogAnswer::Reopened | LogAnswer::Exported(_) => {}
        }
    }

    pub(super) fn set_bounds(&mut self, bounds: LogBounds) {
        if std::mem::replace(&mut self.bounds, bounds) != bounds {
            self.pruned = None;
            self.worker.order(LogAnswer::Ended, move |hand| {
                if let Some(log) = &mut hand.log {
                    log.set_bounds(bounds);
                }
                LogAnswer::Ended
            });
        }
    }

    /// Has a change written with the next ones; `false`: too many wait already.
    pub(super) fn keep(&mut self, change: LogChange) -> bool {
        let waiting = self.waiting.len() + self.batch.as_ref().map_or(0, |batch| batch.len());
        let has_room = waiting < MOST_WAITING;
        if has_room {
            self.waiting.push_back(change);
        }
        has_room
    }

    /// Hands on what is due. `lasts`: whether something lasts.
    pub(super) fn tick(&mut self, lasts: bool, now: Instant, wall: WallTime) {
        if self.not_before.is_some_and(|at| now < at) {
            return;
        }
        match self.state {
            State::Closed if self.not_before.is_some() => self.open(wall),
            State::Closed | State::Opening => {}
            State::Open => {
                let is_old = |written: Instant| now.saturating_duration_since(written) >= REFRESH;
                let refreshes = lasts && self.written.is_none_or(is_old);
                self.write(refreshes, now, wall);
                let is_due = |pruned: Instant| now.saturating_duration_since(pruned) >= PRUNE;
                if self.pruned.is_none_or(is_due) {
                    self.pruned = Some(now);
                    self.prune(wall);
                }
            }
        }
    }

    /// The program ends: everything is written that can be.
    pub(super) fn end(&mut self, lasts: bool, now: Instant, wall: WallTime) {
        if self.state != State::Open {
            return;
        }
        self.write(lasts, now, wall);
        if self.under_way && !self.waiting.is_empty() {
            let rest: Vec<LogChange> = self.waiting.drain(..).collect();
            self.order(Arc::new(rest), wall);
        }
        self.worker.order(LogAnswer::Ended, |hand| {
            if let Some(Err(fault)) = hand.log.as_mut().map(EventLog::end) {
                tracing::warn!(%fault, "the log does not know that the program ended");
            }
            hand.log = None;
            LogAnswer::Ended
        });
    }

    pub(super) fn is_idle(&self) -> bool {
        self.worker.is_idle()
    }

    fn write(&mut self, refreshes: bool, now: Instant, wall: WallTime) {
        if self.under_way {
            return;
        }
        if self.batch.is_none() {
            if self.waiting.is_empty() && !refreshes {
                return;
            }
            let many = self.waiting.len().min(BATCH);
            self.batch = Some(Arc::new(self.waiting.drain(..many).collect()));
        }
        if let Some(batch) = &self.batch {
            self.under_way = true;
            self.written = Some(now);
            self.order(Arc::clone(batch), wall);
        }
    }

    fn order(&mut self, batch: Arc<Vec<LogChange>>, wall: WallTime) {
        let lost = LogAnswer::Written(Err(defect()));
        self.worker
            .order(lost, move |hand| LogAnswer::Written(written(hand, &batch, wall)));
    }

    fn prune(&mut self, wall: WallTime) {
        self.worker.order(LogAnswer::Pruned(false), move |hand| {
            let more = hand.log.as_mut().map(|log| log.prune(wall));
            LogAnswer::Pruned(match more {
                Some(Ok(more)) => more,
                Some(Err(fault)) => {
                    tracing::warn!(%fault, "nothing old was dropped from the log of events");
                    false
                }
                None => false,
            })
        });
    }
}

/// Commits a batch; in another file where this one is damaged.
fn written(hand: &mut Hand, batch: &[LogChange], wall: WallTime) -> Result<Option<LogAside>, String> {
    let Some(log) = &mut hand.log else {
        return Err("the log of events is not open".to_owned());
    };
    match log.write(batch, wall) {
        Ok(()) => Ok(None),
        Err(LogFault::Refused(reason)) => Err(reason),
        Err(fault @ (LogFault::Damaged(_) | LogFault::Newer)) => {
            let aside = log.set_aside(&fault, wall).map_err(|fault| fault.to_string())?;
            log.write(batch, wall).map_err(|fault| fault.to_string())?;
            Ok(Some(aside))
        }
    }
}

/// A number that no event of the file has, where the file cannot be read: the sequence goes on from the time.
pub(super) fn number_by_time(now: WallTime) -> EventId {
    EventId(now.0)
}

pub(super) fn defect() -> String {
    "a defect of this program".to_owned()
}
