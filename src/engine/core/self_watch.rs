//! The loop and what the program itself costs, where it is, and what of it was mended alone.

use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::AttemptReport;
use super::super::clock;
use super::super::events::LogAnswer;
use super::super::files::WorkerAnswer;
use super::super::guardian::{Beat, Post};
use super::super::self_watch::{LoopFigures, OwnFiguresNews, SelfWatchEffect};
use super::Core;
use crate::bridge::occurrence_of;
use device::ChannelId;
use events::{Happening, Occurrence, Subject};

impl Core {
    /// By which is seen that the loop turns.
    #[cfg(all(test, unix))]
    pub(in crate::engine) fn beat(&self) -> Arc<Beat> {
        Arc::clone(&self.beat)
    }

    /// By this one it is seen from now on.
    pub(in crate::engine) fn follow(&mut self, beat: Arc<Beat>) {
        self.beat = beat;
    }

    pub(super) fn on_report(&mut self, report: AttemptReport) {
        self.beat.at(Post::Attempts);
        self.connections.report(report, clock::now());
    }

    pub(super) fn on_answer(&mut self, answer: WorkerAnswer) {
        self.beat.at(Post::Files);
        self.files.answered(answer, clock::now());
    }

    pub(super) fn on_log_answer(&mut self, answer: LogAnswer) {
        self.beat.at(Post::Events);
        self.events.answered(answer, clock::now());
    }

    /// Takes the figures, where they are due.
    pub(super) fn watch_itself(&mut self, now: Instant) {
        if !self.self_watch.is_due(now) {
            return;
        }
        let figures = LoopFigures {
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            decoders: self.connections.decoders_restarted(),
        };
        self.self_watch.sample(&figures, (now, clock::unix()), &self.inbox);
        self.screen.changed();
    }

    /// A tick that was due then is taken in now, while so much waits.
    pub(super) fn note_turn(&mut self, due: tokio::time::Instant, waiting: usize) {
        let late = clock::now().saturating_duration_since(due.into_std());
        let queues = [waiting, self.reports.len(), self.answers.len(), self.log_answers.len()];
        self.self_watch
            .turned(late, queues.into_iter().max().unwrap_or_default());
    }

    pub(super) fn on_own_figures(&mut self, news: OwnFiguresNews, now: Instant) {
        self.self_watch.news(news, now);
        self.screen.changed();
    }

    pub(super) fn do_for_self_watch(&mut self, effect: SelfWatchEffect, now: Instant) {
        let of = |limit| Happening::new(Subject::Computer, occurrence_of(limit));
        let happening = match effect {
            SelfWatchEffect::TooMuch(limit, detail) => of(limit).begins().detail(&detail),
            SelfWatchEffect::Over(limit) => of(limit).ends(),
        };
        self.events.happened(happening, now);
    }

    /// The decoder of this channel failed or stood still, and was built anew.
    pub(super) fn decoder_restarted(&mut self, channel: ChannelId, detail: &str, now: Instant) {
        let restarted = Happening::new(Subject::Channel(channel), Occurrence::DecoderRestarted);
        self.events.happened(restarted.detail(detail), now);
    }
}
