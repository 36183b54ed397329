//! Whoever writes: one thread that puts pictures into parts, and one beside it that waits for the disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::bounds::RecorderSettings;
use super::inlet::{Inlet, RecordingOrder, ToRecorder};
use crate::bridge::RecordingTrouble;
use crate::store::{PartFile, RecordingFolder, Settled};
use device::StreamId;
use recording::{Bounds, Cut, PartInfo, RecordedCodec, StreamDescription, Unit, make_room};

/// Room that is made for what is to be written until the next look, in bytes; where much is kept, more of it, so that the many files
/// are not listed each time ([`room_for`]).
const ROOM: u64 = 256 << 20;
/// How often the room on the disk is looked at while something is recorded.
const LOOK: Duration = Duration::from_secs(10);
/// How often all parts are listed where they have bounds of their own.
const LIST: Duration = Duration::from_secs(600);
/// After a fault of the disk it is tried again after so long.
const AGAIN: Duration = Duration::from_secs(10);
/// Of a stream that brings no picture for so long nothing is being written.
const SILENT: Duration = Duration::from_secs(10);
/// After so long its part is closed, so that it can be played.
const IDLE: Duration = Duration::from_secs(65);
const SWEEP: Duration = Duration::from_secs(2);
/// Parts that wait until the disk has them.
const MOST_SETTLING: usize = 256;

struct OpenPart {
    file: PartFile,
    order: Arc<RecordingOrder>,
    inlet: Arc<Inlet>,
    last: Instant,
}

struct Recorder {
    settings: RecorderSettings,
    folder: Option<RecordingFolder>,
    open: HashMap<StreamId, OpenPart>,
    settle: SyncSender<Settled>,
    looked: Option<Instant>,
    /// When all parts were listed last, and how many bytes were written since.
    listed: Option<Instant>,
    grown: u64,
    /// How much room was made then, in bytes.
    room: u64,
    /// Parts that could not be removed, and when that was tried.
    stuck: HashMap<PathBuf, Instant>,
    failed: HashMap<StreamId, Instant>,
    /// The disk is full, and nothing of ours is left that could go.
    full: bool,
}

/// Runs until it is told to quit, or nobody can tell it anything any more.
pub(super) fn run(settings: RecorderSettings, from: &Receiver<ToRecorder>, done: &SyncSender<()>) {
    let (settle, settling) = sync_channel::<Settled>(MOST_SETTLING);
    let settler = std::thread::Builder::new()
        .name("recordings-sync".to_owned())
        .spawn(move || {
            for settled in settling {
                if let Err(error) = settled.settle() {
                    tracing::warn!(%error, "the disk did not take a recording");
                }
            }
        });
    let mut recorder = Recorder {
        settings,
        folder: None,
        open: HashMap::new(),
        settle,
        looked: None,
        listed: None,
        grown: 0,
        room: ROOM,
        stuck: HashMap::new(),
        failed: HashMap::new(),
        full: false,
    };
    let mut swept = Instant::now();
    loop {
        if swept.elapsed() >= SWEEP {
            swept = Instant::now();
            recorder.close_idle();
        }
        match from.recv_timeout(SWEEP) {
            Ok(ToRecorder::Quit) | Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            Ok(ToRecorder::Unit {
                inlet,
                codec,
                unit,
                order,
            }) => {
                recorder.take(&inlet, codec, &unit, &order);
                inlet.unqueued(&unit);
            }
            Ok(ToRecorder::End(inlet)) => recorder.close(inlet.stream()),
            Ok(ToRecorder::Settings(settings)) => recorder.set_settings(settings),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
    recorder.close_all();
    drop(recorder);
    if let Ok(settler) = settler {
        let _ = settler.join();
    }
    let _ = done.send(());
}

impl Recorder {
    fn set_settings(&mut self, settings: RecorderSettings) {
        if self.settings.folder != settings.folder {
            self.close_all();
            self.folder = None;
            self.failed.clear();
        }
        self.settings = settings;
        self.stuck.clear();
        (self.looked, self.listed) = (None, None);
    }

    fn take(&mut self, inlet: &Arc<Inlet>, codec: RecordedCodec, unit: &Unit, order: &Arc<RecordingOrder>) {
        let stream = inlet.stream();
        let description = unit.key.then(|| StreamDescription::of(codec, unit)).flatten();
        if let Some(part) = self.open.get(&stream) {
            let cut = part.file.cut(unit, description.as_ref());
            let cut = cut.or((unit.key && part.order != *order).then_some(Cut::Cause));
            if cut.is_some() {
                self.close(stream);
            }
        }
        self.look(false);
        if !self.open.contains_key(&stream) {
            let Some(description) = description else { return };
            if !self.begin(inlet, unit, order, description) {
                return;
            }
        }
        let Some(part) = self.open.get_mut(&stream) else { return };
        part.last = Instant::now();
        self.grown = self.grown.saturating_add(unit.data.len() as u64);
        match part.file.push(unit) {
            Ok(false) => {}
            Ok(true) => {
                inlet.written(part.file.info().begin);
                if let Some(settled) = part.file.to_settle() {
                    // Where the disk is far behind, the next one is soon enough.
                    let _ = self.settle.try_send(settled);
                }
            }
            Err(error) => self.fault(inlet, &error),
        }
    }

    /// Begins a part with a key picture; whether it did.
    fn begin(
        &mut self,
        inlet: &Arc<Inlet>,
        unit: &Unit,
        order: &Arc<RecordingOrder>,
        description: StreamDescription,
    ) -> bool {
        let stream = inlet.stream();
        if self.failed.get(&stream).is_some_and(|at| at.elapsed() < AGAIN) {
            return false;
        }
        self.failed.remove(&stream);
        if let Err(error) = self.open_folder() {
            self.fault(inlet, &error);
            return false;
        }
        self.look(true);
        if self.full {
            self.failed.insert(stream, Instant::now());
            inlet.failed(RecordingTrouble::NoSpace);
            return false;
        }
        let Some(folder) = &self.folder else { return false };
        let info = PartInfo {
            stream,
            cause: order.cause,
            begin: unit.at,
            offset: offset_at(unit.at),
            site: order.site.clone(),
            device: order.device.clone(),
            channel: order.channel.clone(),
        };
        match PartFile::begin(folder.root(), info, description) {
            Ok(file) => {
                let part = OpenPart {
                    file,
                    order: Arc::clone(order),
                    inlet: Arc::clone(inlet),
                    last: Instant::now(),
                };
                self.open.insert(stream, part);
                true
            }
            Err(error) => {
                self.fault(inlet, &error);
                false
            }
        }
    }

    /// Takes the folder, and finishes what was left in it.
    fn open_folder(&mut self) -> std::io::Result<()> {
        if self.folder.is_some() {
            return Ok(());
        }
        let root = self.settings.folder.clone();
        let root = root.ok_or_else(|| std::io::Error::other("the system names no folder of videos"))?;
        let mut folder = RecordingFolder::new(root);
        if folder.take()? {
            let finished = folder.finish_left(|_| false);
            if finished > 0 {
                tracing::info!(finished, "recordings that were left in the middle are finished");
            }
        }
        self.folder = Some(folder);
        Ok(())
    }

    /// Looks at the room on the disk now and then, and makes some.
    fn look(&mut self, before_a_part: bool) {
        let due = self.looked.is_none_or(|at| at.elapsed() >= LOOK);
        let (true, Some(folder)) = (due, &self.folder) else {
            return;
        };
        if self.open.is_empty() && !before_a_part {
            return;
        }
        self.looked = Some(Instant::now());
        let free = match folder.free() {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "how much of the disk is free is not known");
                return;
            }
        };
        let bounds = self.settings.bounds;
        self.full = free < bounds.floor;
        // Many thousand parts are listed only where one may have to go.
        let old = self.listed.is_none_or(|at| at.elapsed() >= LIST);
        let is_needed = free < bounds.floor.saturating_add(ROOM)
            || bounds.bytes.is_some() && (old || self.grown > self.room / 2)
            || bounds.age.is_some() && old;
        if !is_needed {
            return;
        }
        (self.listed, self.grown) = (Some(Instant::now()), 0);
        let (kept, paths) = folder.kept();
        let is_open = |path: &PathBuf| self.open.values().any(|part| part.file.path() == path);
        self.room = room_for(kept.iter().map(|part| part.bytes).sum());
        // What cannot be removed is tried again later, for each try takes its time on a disk in a network.
        self.stuck.retain(|_, at| at.elapsed() < LIST);
        let stuck = &self.stuck;
        let stays = |path: &PathBuf| is_open(path) || stuck.contains_key(path);
        let (staying, kept): (Vec<_>, Vec<_>) = kept.into_iter().partition(|part| stays(&paths[part.id]));
        let staying: u64 = staying.iter().map(|part| part.bytes).sum();
        let bounds = Bounds {
            bytes: bounds.bytes.map(|most| most.saturating_sub(staying)),
            ..bounds
        };
        let mut fails = Vec::new();
        let free = make_room(kept, bounds, free, self.room, unix_micros(), |part| {
            match folder.remove(&paths[part.id]) {
                Ok(()) => {
                    tracing::info!(bytes = part.bytes, "the oldest recording was removed to make room");
                    true
                }
                Err(error) => {
                    tracing::warn!(%error, "a recording cannot be removed");
                    fails.push(part.id);
                    false
                }
            }
        });
        for id in fails {
            self.stuck.insert(paths[id].clone(), Instant::now());
        }
        self.full = free < bounds.floor;
        if self.full {
            let inlets: Vec<Arc<Inlet>> = self.open.values().map(|part| Arc::clone(&part.inlet)).collect();
            self.close_all();
            for inlet in inlets {
                self.failed.insert(inlet.stream(), Instant::now());
                inlet.failed(RecordingTrouble::NoSpace);
            }
        }
    }

    fn fault(&mut self, inlet: &Arc<Inlet>, error: &std::io::Error) {
        let stream = inlet.stream();
        tracing::warn!(%error, "a recording cannot be written");
        if let Some(part) = self.open.remove(&stream) {
            part.file.abandon();
        }
        self.failed.insert(stream, Instant::now());
        self.looked = None;
        let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded].contains(&error.kind());
        inlet.failed(if full {
            RecordingTrouble::NoSpace
        } else {
            RecordingTrouble::Write(error.to_string())
        });
    }

    fn close(&mut self, stream: StreamId) {
        let Some(part) = self.open.remove(&stream) else { return };
        match part.file.close() {
            Ok(Some(settled)) => {
                if self.settle.send(settled).is_err() {
                    tracing::warn!("a recording is finished at the next start");
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "the end of a recording was not written");
            }
        }
    }

    fn close_idle(&mut self) {
        for part in self.open.values().filter(|part| part.last.elapsed() >= SILENT) {
            part.inlet.pauses();
        }
        let idle = self.open.iter().filter(|(_, part)| part.last.elapsed() >= IDLE);
        let idle: Vec<StreamId> = idle.map(|(stream, _)| *stream).collect();
        for stream in idle {
            self.close(stream);
        }
    }

    fn close_all(&mut self) {
        let all: Vec<StreamId> = self.open.keys().copied().collect();
        for stream in all {
            self.close(stream);
        }
    }
}

/// How much room is made where so many bytes are kept.
fn room_for(kept: u64) -> u64 {
    ROOM.max((kept / 50).min(16 * ROOM))
}

/// How far the clock on the wall is ahead of UTC at that time, in minutes.
fn offset_at(micros: i64) -> i16 {
    let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    let seconds = jiff::tz::TimeZone::system().to_offset(at).seconds();
    i16::try_from(seconds / 60).unwrap_or(0)
}

fn unix_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_much_is_kept_more_room_is_made_at_once() {
        assert_eq!(room_for(0), ROOM);
        assert_eq!(room_for(50 * ROOM), ROOM);
        assert_eq!(room_for(500 * ROOM), 10 * ROOM);
        assert_eq!(room_for(u64::MAX), 16 * ROOM);
    }
}
