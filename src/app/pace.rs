//! Decides how often the window is painted: as often as the fastest stream needs, and not at all when nothing changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use egui::{Context, ViewportId};

use crate::bridge::Waker;

/// Turns many wake-ups (one for each picture of each stream) into few repaints.
pub(super) struct Pace {
    ctx: Context,
    state: Arc<PaceState>,
}

struct PaceState {
    /// A repaint was asked for and has not begun.
    asked: AtomicBool,
    /// The shortest time from a wake-up to its repaint, in ms.
    delay: AtomicU32,
}

/// The limits of the delay, in ms: at most 60 repaints a second, and at most a fourteenth of a second until something
/// new is on screen.
const SHORTEST: f32 = 8.0;
const LONGEST: f32 = 70.0;

impl Pace {
    pub(super) fn new(ctx: &Context) -> Self {
        let state = PaceState {
            asked: AtomicBool::new(false),
            delay: AtomicU32::new(LONGEST as u32),
        };
        Self {
            ctx: ctx.clone(),
            state: Arc::new(state),
        }
    }

    pub(super) fn waker(&self) -> Waker {
        let (ctx, state) = (self.ctx.clone(), Arc::clone(&self.state));
        Arc::new(move || {
            if !state.asked.swap(true, Ordering::AcqRel) {
                // The first window is repainted, whichever one is being laid out, because only its pass takes a new
                // engine state over.
                let delay = Duration::from_millis(state.delay.load(Ordering::Relaxed).into());
                ctx.request_repaint_after_for(delay, ViewportId::ROOT);
            }
        })
    }

    /// Called when a frame begins: the next wake-up asks for a repaint again.
    pub(super) fn frame_begins(&self) {
        self.state.asked.store(false, Ordering::Release);
    }

    /// `fps`: the frame rate of the fastest stream on screen, 0 while nothing is measured.
    pub(super) fn set_fps(&self, fps: f32) {
        self.state.delay.store(delay(fps) as u32, Ordering::Relaxed);
    }
}

/// The delay in ms: seven tenths of the time between two pictures of the fastest stream. Each picture is then painted
/// before the next one replaces it, also when they come unevenly, and streams share repaints.
fn delay(fps: f32) -> f32 {
    if fps > 0.0 {
        (700.0 / fps).clamp(SHORTEST, LONGEST)
    } else {
        LONGEST
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn many_wake_ups_are_one_repaint_until_it_begins() {
        let ctx = Context::default();
        let repaints = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&repaints);
        ctx.set_request_repaint_callback(move |info| log.lock().unwrap().push(info.delay));
        let pace = Pace::new(&ctx);
        pace.set_fps(10.0);
        let waker = pace.waker();
        for _ in 0..100 {
            waker();
        }
        assert_eq!(*repaints.lock().unwrap(), [Duration::from_millis(70)]);
        pace.frame_begins();
        waker();
        assert!(pace.state.asked.load(Ordering::Relaxed));
    }

    #[test]
    fn the_fastest_stream_sets_the_pace_within_limits() {
        assert_eq!(
            (delay(0.0), delay(5.0), delay(15.0), delay(1_000.0)),
            (LONGEST, LONGEST, 700.0 / 15.0, SHORTEST)
        );
    }
}
