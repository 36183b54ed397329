//! A Test of one device: what is asked and how far it has come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::Clock;
use device::{DeviceEdit, StreamId};
use frame::FrameSlot;
use reconnect::{Failure, Stage};

/// The number of a Test. The screen chooses it and never uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestId(pub u64);

/// The request of the device dialog's *Test*.
#[derive(Clone, Debug)]
pub struct TestRequest {
    pub id: TestId,
    pub edit: DeviceEdit,
    pub stream: StreamId,
}

/// The progress of a Test.
#[derive(Clone, Debug)]
pub struct TestStatus {
    pub id: TestId,
    /// How long the Test waited for its turn, once it had it.
    pub waited: Option<Duration>,
    /// When the recorder refused the same sign-in, which is why it was not asked again.
    pub not_asked: Option<Clock>,
    /// The steps that succeeded so far, in order, each with its own time.
    pub done: Vec<(Stage, Duration)>,
    /// How long the step took that failed.
    pub failed_after: Option<Duration>,
    pub state: TestState,
    /// The slot that the first picture arrives in.
    pub slot: Arc<FrameSlot>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TestState {
    /// The Test waits for a permit, until about this time.
    Waiting {
        until: Option<Instant>,
    },
    /// This step is under way since then.
    Running {
        stage: Stage,
        since: Instant,
    },
    /// The first picture came: codec and size.
    Passed {
        codec: String,
        width: u32,
        height: u32,
    },
    Failed(Failure),
}
