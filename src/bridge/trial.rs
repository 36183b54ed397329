//! A Test of one device: what is asked and how far it has come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use device::{DeviceEdit, StreamId};
use frame::FrameSlot;
use reconnect::{Failure, Stage};

/// Chosen by the screen, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestId(pub u64);

/// What the device dialog's *Test* sends.
#[derive(Clone, Debug)]
pub struct TestRequest {
    pub id: TestId,
    pub edit: DeviceEdit,
    pub stream: StreamId,
}

/// How far a Test has come.
#[derive(Clone, Debug)]
pub struct TestStatus {
    pub id: TestId,
    /// The steps that succeeded so far, in order, each with its milliseconds.
    pub done: Vec<(Stage, Duration)>,
    pub state: TestState,
    /// The first picture arrives here.
    pub slot: Arc<FrameSlot>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TestState {
    /// Waiting for a permit until about this time.
    Waiting {
        until: Option<Instant>,
    },
    Running {
        stage: Stage,
    },
    /// The first picture came: codec and size.
    Passed {
        codec: String,
        width: u32,
        height: u32,
    },
    Failed(Failure),
}
