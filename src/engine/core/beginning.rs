//! What the loop does before it turns.

use super::super::{clock, files};
use super::Core;
use crate::bridge::NoticeKind;
use crate::video;

impl Core {
    /// GStreamer loads its plug-ins while the window is being made; nothing is dialled before it can be shown.
    pub(super) async fn start_video(&mut self) {
        let reason = match tokio::task::spawn_blocking(video::init).await {
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
        while let Some(answer) = self.answers.recv().await {
            let opened = matches!(answer, files::WorkerAnswer::Opened(_));
            self.files.answered(answer, clock::now());
            self.settle();
            if opened {
                return;
            }
        }
    }
}
