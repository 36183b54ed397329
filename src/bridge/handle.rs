use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::command::Command;
use super::state::EngineState;
use frame::Waker;

/// The screen's connection to the engine: it reads the newest engine state, sends commands and sets what wakes the
/// screen.
#[derive(Clone)]
pub struct EngineHandle {
    state: Arc<ArcSwap<EngineState>>,
    waker: Arc<ArcSwapOption<Waker>>,
    picture_waker: Arc<ArcSwapOption<Waker>>,
    send: Arc<dyn Fn(Command) + Send + Sync>,
    working: Arc<AtomicBool>,
}

impl EngineHandle {
    /// `send` carries commands to the engine. It must not block, because it is called while painting.
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

    /// For the engine: says whether it waits for a disk or a keyring.
    pub fn set_working(&self, working: bool) {
        self.working.store(working, Ordering::Relaxed);
    }

    /// Whether the engine waits for a disk or a keyring. Everything else goes on meanwhile.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.working.load(Ordering::Relaxed)
    }

    pub fn send(&self, command: Command) {
        (self.send)(command);
    }

    /// Sets what is called after every new engine state; replaces the former one.
    pub fn set_waker(&self, waker: Waker) {
        self.waker.store(Some(Arc::new(waker)));
    }

    /// Sets what is called after every new picture; replaces the former one.
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
