//! One binary for all integration tests, a module a story.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod architecture;
mod fake_dvr;
mod natlab;
mod skipped;
mod watch;
