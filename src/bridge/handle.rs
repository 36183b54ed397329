use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::command::Command;
use super::state::EngineState;
use frame::Waker;

/// The screen's end of the engine: reads the newest engine state, sends commands, says how to be woken.
#[derive(Clone)]
pub struct EngineHandle {
    state: Arc<ArcSwap<EngineState>>,
    waker: Arc<ArcSwapOption<Waker>>,
    picture_waker: Arc<ArcSwapOption<Waker>>,
    send: Arc<dyn Fn(Command) + Send + Sync>,
    working: Arc<AtomicBool>,
}

impl EngineHandle {
    /// `send` must not block: it is called while painting.
    pub fn new(first: EngineState, send: impl Fn(Command) + Send + Sync + 'static) -> Self {
        Self {
            state: Arc::new(ArcSwap::from_pointee(first)),
            waker: Arc::default(),
            picture_waker: Arc::default(),
            send: Arc::new(send),
            working: Arc::default(),
        }
    }

    #[must_use]
    pub fn state(&self) -> Arc<EngineState> {
        self.state.load_full()
    }

    /// For the engine: something is being written or read, which may wait for a disk or a keyring.
    pub fn set_working(&self, working: bool) {
        self.working.store(working, Ordering::Relaxed);
    }

    /// Whether something is being written or read now. Everything else goes on meanwhile.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.working.load(Ordering::Relaxed)
    }

    pub fn send(&self, command: Command) {
        (self.send)(command);
    }

    /// Called after every new engine state; replaces an earlier one.
    pub fn set_waker(&self, waker: Waker) {
        self.waker.store(Some(Arc::new(waker)));
    }

    /// Called after every new picture; replaces an earlier one.
    pub fn set_picture_waker(&self, waker: Waker) {
        self.picture_waker.store(Some(Arc::new(waker)));
    }

    /// For the engine: makes `state` the newest and wakes the screen.
    pub fn publish(&self, state: EngineState) {
        self.state.store(Arc::new(state));
        if let Some(waker) = &*self.waker.load() {
            waker();
        }
    }

    /// For the engine: tells the screen, if one is there, that a slot has a new picture.
    pub fn picture_came(&self) {
        if let Some(waker) = &*self.picture_waker.load() {
            waker();
        }
    }
}
