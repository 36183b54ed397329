//! How much the computer has to bear, measured once a second.

use std::time::{Duration, Instant};

use super::super::process::cpu_time;
use wall::{Load, Overload, Relief};

/// The policy for an overloaded computer, and the readings that it is fed with.
#[derive(Default)]
pub(super) struct Strain {
    overload: Overload,
    relief: Relief,
    last: Option<(Instant, Duration)>,
}

impl Strain {
    /// What an overloaded computer gives up now.
    pub(super) fn relief(&self) -> Relief {
        self.relief
    }

    /// Takes the pictures that were `shown` and `replaced` since the last reading; whether the relief is another one now.
    pub(super) fn note(&mut self, shown: u64, replaced: u64, now: Instant) -> bool {
        let used = cpu_time();
        let last = std::mem::replace(&mut self.last, used.map(|used| (now, used)));
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f32);
        let cpu = match (last, used) {
            (Some((then, before)), Some(used)) if now > then => {
                Some(used.saturating_sub(before).as_secs_f32() / now.duration_since(then).as_secs_f32() / cores)
            }
            _ => None,
        };
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
