//! What the engine knows now, for whoever looks for a fault: English, as the log is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use crate::bridge::{EngineState, TileState};
use device::{StreamId, StreamKind};
use reconnect::Failure;

/// Sites, devices with their last failures, streams, and the notices on screen.
pub(super) fn of(state: &EngineState) -> String {
    let mut text = String::new();
    let totals = state.totals;
    let _ = writeln!(
        text,
        "live {} of {}, attempts {} (failed {}, last minute {}), half-open {}, relief {:?}",
        totals.live,
        totals.wanted,
        totals.attempts,
        totals.failed,
        totals.attempts_last_minute,
        totals.half_open,
        totals.relief
    );
    let _ = writeln!(text, "passwords are kept in: {:?}", state.secrets);
    let _ = writeln!(text, "\nSites");
    for site in state.sites.iter() {
        let _ = writeln!(
            text,
            "{:?}: {:?}, attempts {} (failed {}), {:?}",
            site.name, site.state, site.attempts, site.failed, site.devices
        );
    }
    let _ = writeln!(text, "\nDevices");
    let mut streams: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, status) in state.streams.iter() {
        streams.entry(id.channel.device).or_default().push((*id, status));
    }
    for device in &state.registry.devices {
        let at = device.host.with_port(device.port);
        let name = state.registry.label_of(device);
        let _ = writeln!(text, "{name:?} at {at}, {:?}, {:?}", device.carrier, device.transport);
        if let Some(status) = state.devices.get(&device.id) {
            if let Some(failure) = &status.failure {
                let _ = writeln!(text, "  fails{}: {}", ago(status.since, state.now), said(failure));
            }
            if let Some(tried) = &status.tried {
                let _ = writeln!(
                    text,
                    "  last tried{}: {}",
                    ago(Some(tried.at), state.now),
                    said(&tried.failure)
                );
            }
        }
        let mut own = streams.remove(&device.id).unwrap_or_default();
        own.sort_by_key(|(id, _)| *id);
        for (id, status) in own {
            let _ = writeln!(text, "  {}: {}", stream(id), tile(&status.state));
        }
    }
    let _ = writeln!(text, "\nNotices");
    for notice in state.notices.iter() {
        let _ = writeln!(text, "{:?}", notice.kind);
    }
    text
}

fn ago(since: Option<Instant>, now: Instant) -> String {
    since.map_or_else(String::new, |since| {
        format!(" ({} s ago)", now.saturating_duration_since(since).as_secs())
    })
}

fn said(failure: &Failure) -> String {
    format!("{failure:?}")
}

fn stream(id: StreamId) -> String {
    let kind = match id.kind {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    };
    format!("channel {} {kind}", id.channel.number)
}

fn tile(state: &TileState) -> String {
    let failure = match state {
        TileState::Offline { failure, .. }
        | TileState::Refused { failure }
        | TileState::SignInFailed { failure, .. }
        | TileState::NoSuchChannel { failure, .. }
        | TileState::UnsupportedCodec { failure, .. }
        | TileState::TooLarge { failure } => Some(failure),
        TileState::Waiting { failure, .. } => failure.as_ref(),
        TileState::Connecting { .. }
        | TileState::Live
        | TileState::Late
        | TileState::AwaitingKeyFrame { .. }
        | TileState::WithoutKeyFrames => None,
    };
    match failure {
        Some(failure) => format!("{} ({})", state.name(), said(failure)),
        None => state.name().to_owned(),
    }
}
