//! How much the machine has to bear, measured once a second.

use std::time::{Duration, Instant};

use super::core::Core;
use super::process::cpu_time;
use wall::{Load, Overload, Relief};

/// The policy and the readings that it is fed with.
#[derive(Default)]
pub(super) struct Strain {
    overload: Overload,
    pub relief: Relief,
    last: Option<(Instant, Duration)>,
}

impl Core {
    /// `pictures`, `replaced`: of all streams since the last reading.
    pub(super) fn note_load(&mut self, pictures: u64, replaced: u64, now: Instant) {
        let used = cpu_time();
        let last = std::mem::replace(&mut self.strain.last, used.map(|used| (now, used)));
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f32);
        let cpu = match (last, used) {
            (Some((then, before)), Some(used)) if now > then => {
                Some(used.saturating_sub(before).as_secs_f32() / now.duration_since(then).as_secs_f32() / cores)
            }
            _ => None,
        };
        let relief = self.strain.overload.note(
            Load {
                cpu,
                pictures,
                replaced,
            },
            now,
        );
        if relief != self.strain.relief {
            tracing::info!(from = ?self.strain.relief, to = ?relief, cpu, pictures, replaced, "overload");
            self.strain.relief = relief;
            self.publisher.dirty();
        }
    }
}
