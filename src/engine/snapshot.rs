//! Keeps the picture of a channel as a file, at the stream's own size.

use std::time::Duration;

use super::core::Core;
use super::inbox::Inbox;
use super::publish::local_clock;
use super::record::Purpose;
use crate::bridge::{Clock, Frame, NoticeKind, SnapshotProblem, TileState};
use crate::store;
use device::{ChannelId, StreamKind};

/// A live stream shows its next picture well within this.
const PATIENCE: Duration = Duration::from_secs(5);

impl Core {
    /// Takes the next picture of the channel, of the main stream where it is live, and reports in a notice where it is.
    pub(super) fn save_snapshot(&mut self, channel: ChannelId) {
        let Some(device) = self.registry.device(channel.device) else {
            return;
        };
        let name = device.name.clone();
        let given = usize::from(channel.number)
            .checked_sub(1)
            .and_then(|index| device.channels.get(index));
        let title = match given {
            Some(given) if !given.name.is_empty() => format!("{} · {name}", given.name),
            _ => format!("CH{} · {name}", channel.number),
        };
        let live = |kind| {
            let mut links = self.links.values().filter(|link| link.purpose == Purpose::Stream);
            links.find(|link| {
                let stream = link.stream;
                (stream.channel, stream.kind) == (channel, kind) && link.facts.state == Some(TileState::Live)
            })
        };
        let failed = |problem| NoticeKind::SnapshotFailed {
            device: name.clone(),
            problem,
        };
        let Some(link) = live(StreamKind::Main).or_else(|| live(StreamKind::Sub)) else {
            self.publisher.notice(failed(SnapshotProblem::NoPicture));
            return;
        };
        let Some(folder) = self.settings.snapshot_folder.clone().or_else(store::pictures_folder) else {
            self.publisher.notice(failed(SnapshotProblem::NoFolder));
            return;
        };
        let (give, picture) = tokio::sync::oneshot::channel();
        link.slot.capture(move |frame| {
            give.send((frame, local_clock())).ok();
        });
        let (inbox, number) = (self.inbox.clone(), channel.number);
        tokio::spawn(async move {
            let result = match tokio::time::timeout(PATIENCE, picture).await {
                Ok(Ok((frame, taken))) => {
                    let device = name.clone();
                    let work = move || save(&folder, &device, number, &title, &frame, taken);
                    tokio::task::spawn_blocking(work)
                        .await
                        .unwrap_or_else(|stopped| Err(stopped.to_string()))
                }
                Ok(Err(_)) | Err(_) => {
                    let problem = SnapshotProblem::NoPicture;
                    inbox
                        .send(Inbox::Notice(NoticeKind::SnapshotFailed { device: name, problem }))
                        .await
                        .ok();
                    return;
                }
            };
            let notice = match result {
                Ok(path) => NoticeKind::SnapshotSaved { path },
                Err(reason) => {
                    tracing::warn!(reason, "a snapshot was not saved");
                    NoticeKind::SnapshotFailed {
                        device: name,
                        problem: SnapshotProblem::Write(reason),
                    }
                }
            };
            inbox.send(Inbox::Notice(notice)).await.ok();
        });
    }
}

fn save(
    folder: &std::path::Path,
    device: &str,
    channel: u16,
    title: &str,
    frame: &Frame,
    taken: Clock,
) -> Result<String, String> {
    let Clock {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = taken;
    let name = store::snapshot_name(
        device,
        channel,
        &format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}"),
    );
    let picture = store::Picture {
        width: frame.width,
        height: frame.height,
        rgba: &frame.data,
        title,
        taken: &format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    };
    let path = store::save_snapshot(folder, &name, picture).map_err(|error| error.to_string())?;
    Ok(path.display().to_string())
}
