use std::time::Instant;

/// The engine's time: that of its timers, which a test may hold and let run ahead.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
