use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::stream::TileState;
use device::{SiteId, StreamId};
use reconnect::{Failure, SiteState, Why};

/// What happened in the engine, in order; `watch` prints these and the log keeps the state changes.
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
    /// `result`: plays, or why not; `took` since the attempt.
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
    Site {
        at: Instant,
        site: SiteId,
        state: SiteState,
        next_canary: Option<Instant>,
    },
}
