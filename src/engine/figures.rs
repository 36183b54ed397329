//! What the program costs, told to the log now and then, so that a problem report can show it over time.

use std::time::{Duration, Instant};

use crate::bridge::EngineTotals;

/// How often the log hears of it: 288 lines a day.
const FIGURES: Duration = Duration::from_secs(300);

/// When the log heard last.
#[derive(Default)]
pub(super) struct FiguresTeller {
    told: Option<Instant>,
}

impl FiguresTeller {
    /// Tells the log the figures, where that is due.
    pub(super) fn tick(&mut self, now: Instant, totals: impl FnOnce() -> EngineTotals) {
        let told = *self.told.get_or_insert(now);
        if now.saturating_duration_since(told) < FIGURES {
            return;
        }
        self.told = Some(now);
        let EngineTotals {
            live,
            wanted,
            attempts_last_minute,
            attempts,
            failed,
            half_open,
            process,
            relief: _,
        } = totals();
        let (memory_kib, threads) = (process.memory_kib, process.threads);
        let cpu_permille = process.cpu_permille.unwrap_or_default();
        // `problem_report::FIGURES_LINE` names this line.
        tracing::info!(
            cpu_permille,
            memory_kib,
            threads,
            live,
            wanted,
            half_open,
            attempts_last_minute,
            attempts,
            failed,
            "own figures"
        );
    }
}
