//! The begin of the loop, and how long it waits.

use std::time::Instant;

use super::super::{clock, files};
use super::Core;
use crate::bridge::NoticeKind;

impl Core {
    /// GStreamer loads its plug-ins while the window is being made; nothing is dialled before it can be shown.
    pub(super) async fn start_video(&mut self) {
        let reason = match tokio::task::spawn_blocking(crate::video::init).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(reason, "no video");
        self.screen.notice(NoticeKind::NoVideo { reason });
    }

    /// Waits for what must be read before anything is dialled.
    pub(in crate::engine) async fn open(&mut self) {
        self.events.open();
        self.files.open();
        self.self_watch.open(&self.inbox);
        while let Some(answer) = self.answers.recv().await {
            let opened = matches!(answer, files::WorkerAnswer::Opened(_));
            self.files.answered(answer, clock::now());
            self.settle();
            if opened {
                self.files.hide_path_of_file();
                return;
            }
        }
    }
}

/// Waits until then; where that is not known, for ever.
pub(super) async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}
