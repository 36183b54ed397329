//! How much the computer has to bear, measured once a second.

use std::time::{Duration, Instant};

use super::super::process::{cpu_time, process_figures};
use crate::bridge::ProcessCost;
use wall::{Load, Overload, Relief};

/// The policy for an overloaded computer, and the readings that it is fed with.
#[derive(Default)]
pub(super) struct Strain {
    overload: Overload,
    relief: Relief,
    last: Option<(Instant, Duration)>,
    cost: ProcessCost,
    /// The part of all cores that was used since the last measurement.
    cpu: Option<f32>,
}

impl Strain {
    /// What an overloaded computer gives up now.
    pub(super) fn relief(&self) -> Relief {
        self.relief
    }

    /// What the program costs the computer.
    pub(super) fn cost(&self) -> ProcessCost {
        self.cost
    }

    /// Measures what the program has cost since the last call.
    pub(super) fn measure(&mut self, now: Instant) {
        let used = cpu_time();
        let last = std::mem::replace(&mut self.last, used.map(|used| (now, used)));
        let cores = match (last, used) {
            (Some((then, before)), Some(used)) if now > then => {
                Some(used.saturating_sub(before).as_secs_f32() / now.duration_since(then).as_secs_f32())
            }
            _ => None,
        };
        let figures = process_figures();
        self.cost = ProcessCost {
            cpu_permille: cores.map(|cores| (cores * 1_000.0) as u32),
            memory_kib: figures.rss_kib,
            threads: figures.threads,
        };
        let all = std::thread::available_parallelism().map_or(1.0, |all| all.get() as f32);
        self.cpu = cores.map(|cores| cores / all);
    }

    /// Takes the pictures that were `shown` and `replaced` since the last call; whether the relief is another one now.
    pub(super) fn note(&mut self, shown: u64, replaced: u64, now: Instant) -> bool {
        let cpu = self.cpu;
        let load = Load {
            cpu,
            pictures: shown,
            replaced,
        };
        let relief = self.overload.note(load, now);
        if relief == self.relief {
            return false;
        }
        tracing::info!(from = ?self.relief, to = ?relief, cpu, shown, replaced, "overload");
        self.relief = relief;
        true
    }
}
