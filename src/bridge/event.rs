use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::stream::TileState;
use device::{DeviceId, SiteId, StreamId};
use reconnect::{Failure, SiteState, Why};

/// Something that happened in the engine. Events come in order; `watch` prints them and the log keeps the changes of
/// state.
#[derive(Clone, Debug)]
pub enum EngineEvent {
    Attempt {
        at: Instant,
        site: SiteId,
        stream: StreamId,
        address: Option<SocketAddr>,
        attempt: u64,
        why: Why,
    },
    /// An attempt ended: it plays, or `result` says why not. `took`: the time since it began.
    Outcome {
        at: Instant,
        stream: StreamId,
        attempt: u64,
        result: Result<(), Failure>,
        took: Duration,
    },
    State {
        at: Instant,
        stream: StreamId,
        state: TileState,
    },
    /// A device is reached by another of its addresses; 0: the preferred one.
    Road {
        at: Instant,
        device: DeviceId,
        before: usize,
        taken: usize,
    },
    Site {
        at: Instant,
        site: SiteId,
        state: SiteState,
        next_canary: Option<Instant>,
    },
}
