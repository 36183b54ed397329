//! Recordings of a day, and exports of them, done beside the loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::super::clock::{clock_of, times_of};
use super::super::inbox::Inbox;
use super::news::RecordingsNews;
use crate::bridge::{LogPeriod, RecordingExport, RecordingExportStatus, RecordingsRead, RecordingsRequest, ShownPart};
use crate::store::{ExportRequest, RecordingFolder, Secrets, SigningKey, export_recordings};
use events::WallTime;

const HOUR: i64 = 3_600_000_000;

/// Reads the recordings of a day from this folder.
pub(super) fn read(request: RecordingsRequest, folder: Option<PathBuf>, inbox: mpsc::Sender<Inbox>) {
    tokio::task::spawn_blocking(move || {
        let (from, to) = times_of(LogPeriod::Days(request.day, request.day));
        let micros = |at: Option<WallTime>| at.map_or(0, |at| i64::try_from(at.0).unwrap_or(0).saturating_mul(1_000));
        let (from, to) = (micros(from), micros(to));
        let mut read = RecordingsRead {
            id: request.id,
            day: request.day,
            from,
            to,
            ..RecordingsRead::default()
        };
        // A day of 23 or 25 hours has as many.
        let hours = (0..).map(|hour| from + hour * HOUR).take_while(|at| *at < to);
        read.hours = hours.map(|at| (at, clock_at(at).hour)).collect();
        match folder.map(|folder| RecordingFolder::new(folder).find(from, to)) {
            None => {}
            Some(Ok(found)) => {
                read.damaged = found.damaged;
                let parts = found.parts.into_iter().map(|part| ShownPart {
                    from: clock_at(part.from),
                    to: clock_at(part.to),
                    part,
                });
                read.parts = parts.collect();
            }
            Some(Err(error)) => read.fault = Some(error.to_string()),
        }
        tell(&inbox, RecordingsNews::Read(Box::new(read)));
    });
}

fn clock_at(micros: i64) -> crate::bridge::Clock {
    clock_of(WallTime(u64::try_from(micros / 1_000).unwrap_or(0)))
}

/// Exports from this folder until `stopped`.
pub(super) fn export(
    export: RecordingExport,
    folder: Option<PathBuf>,
    secrets: Secrets,
    stopped: Arc<AtomicBool>,
    inbox: mpsc::Sender<Inbox>,
) {
    tokio::task::spawn_blocking(move || {
        let id = export.id;
        let status = |done, ended| RecordingsNews::Export(RecordingExportStatus { id, done, ended });
        let request = ExportRequest {
            channels: export.channels,
            from: export.from,
            to: export.to,
            folder: export.folder,
            operator: super::super::who(),
            tool: concat!("Monomi ", env!("CARGO_PKG_VERSION")).to_owned(),
            now: jiff::Timestamp::now().as_microsecond(),
        };
        let mut told = 0;
        let go_on = |done: u16| {
            if done >= told + 10 {
                told = done;
                tell(&inbox, status(done, None));
            }
            !stopped.load(Ordering::Acquire)
        };
        let run = || {
            let folder = folder.ok_or_else(|| "the system names no folder of videos".to_owned())?;
            let key = SigningKey::of(&secrets).map_err(|fault| fault.to_string())?;
            let recordings = RecordingFolder::new(folder);
            let all = export_recordings(&recordings, &request, &key, go_on).map_err(|fault| fault.to_string())?;
            Ok(all.files.into_iter().map(|file| file.path).collect())
        };
        let ended = run();
        tell(&inbox, status(1_000, Some(ended)));
    });
}

fn tell(inbox: &mpsc::Sender<Inbox>, news: RecordingsNews) {
    inbox.blocking_send(Inbox::Recordings(news)).ok();
}
