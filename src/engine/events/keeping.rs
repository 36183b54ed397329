//! What goes to the log and what comes back from it.

use std::time::Instant;

use super::log_keeper::{LogAnswer, number_by_time};
use super::{EventKeeper, EventsEffect, clock};
use crate::bridge::{LogExport, LogRequest};
use crate::store::{LoadProblem, LogAside};
use events::{EventBook, EventRecord, Happening, LogChange, LogOpened, News, Occurrence, Subject, Tracker, WallTime};

impl EventKeeper {
    /// Reads what earlier runs of the program kept.
    pub(in crate::engine) fn open(&mut self) {
        if let Some(log) = &mut self.log {
            log.open(clock::wall_of_events());
        }
    }

    /// The log answers.
    pub(in crate::engine) fn answered(&mut self, answer: LogAnswer, now: Instant) {
        if self.viewer.as_mut().is_some_and(|viewer| viewer.answered(&answer)) {
            self.effects.push_back(EventsEffect::Changed);
            return;
        }
        let Some(log) = &mut self.log else { return };
        log.answered(&answer, now);
        match answer {
            LogAnswer::Opened(Ok((opened, aside))) => {
                self.tell(Ok(()));
                self.opened(opened, aside, now);
            }
            LogAnswer::Opened(Err(reason)) => {
                self.tell(Err(reason));
                // Nobody waits for a disk to be told what fails.
                let last = Some(number_by_time(clock::wall_of_events()));
                let nothing = EventBook::restore([], last, WallTime::default());
                let opened = LogOpened {
                    book: nothing,
                    crashed: false,
                };
                self.opened(opened, Vec::new(), now);
            }
            LogAnswer::Written(result) => {
                if result.is_ok() {
                    self.written += 1;
                    self.effects.push_back(EventsEffect::Changed);
                }
                let result = result.map(|aside| {
                    if let Some(aside) = aside {
                        self.set_aside(aside, now);
                    }
                });
                self.tell(result);
                self.write(now);
            }
            LogAnswer::Pruned(_)
            | LogAnswer::Ended
            | LogAnswer::Read(_)
            | LogAnswer::Reopened
            | LogAnswer::Exported(_) => {}
        }
    }

    /// Says once that the log cannot be written, and that it can again.
    fn tell(&mut self, result: Result<(), String>) {
        let fails = result.is_err();
        if std::mem::replace(&mut self.log_fails, fails) != fails {
            self.effects.push_back(EventsEffect::Written(result));
        }
    }

    fn opened(&mut self, opened: LogOpened, aside: Vec<LogAside>, now: Instant) {
        if std::mem::replace(&mut self.opened, true) {
            // It could not be opened before, and what has happened since goes on.
            return;
        }
        self.tracker = Tracker::new(opened.book);
        self.resume_calls();
        if let Some(stood) = self.stood_still.take() {
            // It is the reason for which the run before did not come to its end.
            let at = clock::clock_of(WallTime(u64::try_from(stood.at).unwrap_or(0) * 1_000));
            let (hour, minute, second) = (at.hour, at.minute, at.second);
            let detail = format!("{hour:02}:{minute:02}:{second:02}, {}; {}", stood.post, stood.threads);
            let stuck = Happening::new(Subject::Computer, Occurrence::ProgramStuck);
            self.happened(stuck.detail(&detail), now);
            self.effects.push_back(EventsEffect::StandstillTold);
        } else if opened.crashed {
            self.happened(Happening::new(Subject::Computer, Occurrence::ProgramCrashed), now);
        }
        let started = Happening::new(Subject::Computer, Occurrence::ProgramStarted);
        self.happened(started.detail(env!("CARGO_PKG_VERSION")), now);
        for aside in aside {
            self.set_aside(aside, now);
        }
        for happening in std::mem::take(&mut self.early) {
            self.happened(happening, now);
        }
        self.list_anew();
    }

    fn set_aside(&mut self, aside: LogAside, now: Instant) {
        if let Some(viewer) = &mut self.viewer {
            viewer.set_aside();
        }
        let damaged = Happening::new(Subject::Computer, Occurrence::LogDamaged);
        let LogAside { file, beside, reason } = aside;
        self.happened(damaged.detail(&format!("{file} → {beside}: {reason}")), now);
        let problem = LoadProblem::SetAside { file, beside, reason };
        self.effects.push_back(EventsEffect::Aside(problem));
    }

    pub(in crate::engine) fn is_busy(&self) -> bool {
        let viewer_is_busy = self.viewer.as_ref().is_some_and(|viewer| !viewer.is_idle());
        self.log.as_ref().is_some_and(|log| !log.is_idle()) || viewer_is_busy
    }

    /// A part of the log is wanted on screen.
    pub(in crate::engine) fn read(&mut self, request: LogRequest) {
        if let Some(viewer) = &mut self.viewer {
            viewer.read(request);
        }
    }

    /// Events are to be written to a file.
    pub(in crate::engine) fn export(&mut self, export: LogExport) {
        if let Some(viewer) = &mut self.viewer {
            viewer.export(export);
        }
    }

    /// The program ends: what lasts is known to have lasted until now.
    pub(in crate::engine) fn end(&mut self, now: Instant) {
        if self.opened {
            self.happened(Happening::new(Subject::Computer, Occurrence::ProgramEnded), now);
            self.gather();
            let lasts = self.tracker.book().iter().any(EventRecord::lasts);
            if let Some(log) = &mut self.log {
                log.end(lasts, now, clock::wall_of_events());
            }
        }
    }

    /// Has what changed in the log written, as far as it is due.
    pub(super) fn write(&mut self, now: Instant) {
        self.gather();
        let lasts = self.tracker.book().iter().any(EventRecord::lasts) || !self.aggregator.is_calm();
        if let Some(log) = &mut self.log {
            log.tick(lasts, now, clock::wall_of_events());
        }
    }

    /// Takes over the rows that changed.
    fn gather(&mut self) {
        let now = clock::moment(clock::now());
        let mut news = Vec::new();
        for event in self.aggregator.changes() {
            news.extend(self.report(&event, now));
            self.keep(LogChange::Put(Box::new(event)));
        }
        if !news.is_empty() {
            self.alert(&news, now);
        }
    }

    /// What became of troubles goes to the log.
    pub(super) fn keep_news(&mut self, news: &[News], wall: WallTime) {
        for news in news {
            match *news {
                News::Opened(id) | News::Again(id) | News::Widened(id) | News::Changed(id) | News::Gone(id) => {
                    if let Some(event) = self.tracker.book().get(id).cloned() {
                        self.keep(LogChange::Put(Box::new(event)));
                    }
                }
                News::Absorbed(id, into) => self.keep(LogChange::Under(id, into, wall)),
                // The log has bounds of its own.
                News::Settled(_) | News::Forgotten(_) | News::Pruned => {}
            }
        }
    }

    pub(super) fn keep(&mut self, change: LogChange) {
        if let Some(log) = &mut self.log
            && !log.keep(change)
        {
            self.aggregator.not_kept(1);
        }
    }
}
