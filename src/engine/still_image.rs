//! Keeps the picture of a channel as a file, at the stream's own size.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::clock::local_clock;
use super::inbox::Inbox;
use crate::bridge::{Clock, Frame, FrameSlot, NoticeKind, SnapshotProblem};
use crate::store;
use device::{ChannelId, Registry};
use settings::Settings;

/// A live stream shows its next picture well within this.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the picture is called and where it is kept.
pub(super) struct Plan {
    device: String,
    channel: u16,
    title: String,
    folder: Option<PathBuf>,
}

impl Plan {
    /// `None`: the channel's device is not registered.
    pub(super) fn new(channel: ChannelId, registry: &Registry, settings: &Settings) -> Option<Self> {
        let device = registry.device(channel.device)?;
        let name = registry.label_of(device);
        let number = channel.number;
        let given = usize::from(number)
            .checked_sub(1)
            .and_then(|index| device.channels.get(index));
        let title = match given {
            Some(given) if !given.name.is_empty() => format!("{} · {name}", given.name),
            _ => format!("CH{number} · {name}"),
        };
        Some(Self {
            device: name.into_owned(),
            channel: number,
            title,
            folder: settings.snapshot_folder.clone(),
        })
    }

    /// Takes the next picture that comes to `slot`, and reports in a notice where it is.
    ///
    /// # Errors
    /// The notice that says why there can be none.
    pub(super) fn start(self, slot: Option<Arc<FrameSlot>>, inbox: mpsc::Sender<Inbox>) -> Result<(), NoticeKind> {
        let slot = slot.ok_or_else(|| self.failed(SnapshotProblem::NoPicture))?;
        let (give, picture) = tokio::sync::oneshot::channel();
        slot.capture(move |frame| {
            give.send((frame, local_clock())).ok();
        });
        tokio::spawn(async move {
            let notice = match tokio::time::timeout(PATIENCE, picture).await {
                Ok(Ok((frame, taken))) => self.keep(frame, taken).await,
                Ok(Err(_)) | Err(_) => self.failed(SnapshotProblem::NoPicture),
            };
            inbox.send(Inbox::Notice(notice)).await.ok();
        });
        Ok(())
    }

    async fn keep(self, frame: Frame, taken: Clock) -> NoticeKind {
        let device = self.device.clone();
        let work = move || {
            let folder = self.folder.clone().or_else(store::pictures_folder);
            let folder = folder.ok_or(SnapshotProblem::NoFolder)?;
            self.save(&folder, &frame, taken).map_err(SnapshotProblem::Write)
        };
        let saved = tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|stopped| Err(SnapshotProblem::Write(stopped.to_string())));
        match saved {
            Ok(path) => NoticeKind::SnapshotSaved { path },
            Err(problem) => {
                tracing::warn!(?problem, "a snapshot was not saved");
                NoticeKind::SnapshotFailed { device, problem }
            }
        }
    }

    fn failed(&self, problem: SnapshotProblem) -> NoticeKind {
        NoticeKind::SnapshotFailed {
            device: self.device.clone(),
            problem,
        }
    }

    fn save(&self, folder: &Path, frame: &Frame, taken: Clock) -> Result<PathBuf, String> {
        let Clock {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = taken;
        let name = store::snapshot_name(
            &self.device,
            self.channel,
            &format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}"),
        );
        let picture = store::StillImage {
            width: frame.width,
            height: frame.height,
            rgba: &frame.data,
            title: &self.title,
            taken: &format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
        };
        store::save_snapshot(folder, &name, picture).map_err(|error| error.to_string())
    }
}
