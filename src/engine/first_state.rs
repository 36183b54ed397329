//! The engine state before anything happened.

use std::sync::Arc;
use std::time::Instant;

use super::clock;
use super::files::Files;
use crate::bridge::{EngineState, EngineTotals, EventsShown};

/// What is shown before anything happened.
pub(super) fn first_state(files: &Files, now: Instant) -> EngineState {
    let files = files.shown();
    EngineState {
        now,
        clock: clock::local_clock(),
        registry: files.registry,
        registry_awaited: files.registry_awaited,
        settings: files.settings,
        windows: files.windows,
        views: files.views,
        secrets: files.secrets,
        streams: Arc::default(),
        sites: Arc::default(),
        devices: Arc::default(),
        roads: Arc::default(),
        totals: EngineTotals::default(),
        excluded: Arc::default(),
        notices: Arc::default(),
        events: EventsShown::default(),
        messengers: Arc::default(),
        transfer: None,
        profile: None,
        find: Arc::default(),
        moved: Arc::default(),
        unlock: None,
        test: None,
        traces: Arc::default(),
        enquiries: Arc::default(),
        identities: Arc::default(),
        certificates: crate::bridge::CertificatesShown::default(),
        ptz: Arc::default(),
        recordings: crate::bridge::RecordingsShown::default(),
        sources: Arc::default(),
        health: Arc::default(),
        password_warnings: Arc::default(),
        planned: Arc::default(),
        feeds: Arc::default(),
        own: crate::bridge::OwnShown::default(),
        playbacks: Arc::default(),
        update: None,
    }
}
