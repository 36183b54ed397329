//! What is recorded of a fake DVR: by key, by rule, and before an event; as files that a foreign judge reads.

use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::Arc;

use device::{StreamId, StreamKind};
use monomi::bridge::{Command, RecordingsRead, RecordingsRequest};
use recording::{RecordingCause, RecordingRule, Schedule};
use settings::Settings;

use super::rig::{EngineRig, PATIENCE};
use crate::fake_dvr::{Codec, FakeDvr, Script};
use crate::skipped::skip;

fn record_into(stage: &EngineRig, folder: &Path, change: impl FnOnce(&mut Settings)) {
    let mut settings = Settings::clone(&stage.state().settings);
    settings.recording.folder = Some(folder.to_owned());
    settings.recording.floor = 1;
    change(&mut settings);
    let wanted = settings.recording.clone();
    stage.send(Command::SaveSettings(Box::new(settings)));
    stage.until("the settings", |state| {
        (state.settings.recording == wanted).then_some(())
    });
}

/// Waits until pictures have reached a file.
fn until_recorded(stage: &EngineRig, stream: StreamId) -> RecordingCause {
    stage.until("a recording", |state| {
        let view = state.recordings.now.get(&stream)?;
        assert_eq!(view.trouble, None);
        view.since.map(|_| view.cause)
    })
}

/// The recordings of the days on which this is asked (midnight may lie between two questions), once there are so many and all are finished.
fn until_finished(stage: &EngineRig, count: usize) -> Vec<PathBuf> {
    let end = std::time::Instant::now() + PATIENCE;
    let mut id = 0;
    let mut days = std::collections::BTreeSet::new();
    loop {
        let clock = stage.state().clock;
        days.insert((clock.year, clock.month, clock.day));
        let mut parts = Vec::new();
        for day in days.iter().copied() {
            id += 1;
            stage.send(Command::ReadRecordings(RecordingsRequest { id, day }));
            let read: Arc<RecordingsRead> = stage.until("the recordings", |state| {
                state.recordings.read.clone().filter(|read| read.id == id)
            });
            assert_eq!(read.fault, None);
            parts.extend(
                read.parts
                    .iter()
                    .map(|shown| (shown.part.path.clone(), shown.part.finished)),
            );
        }
        if parts.len() >= count && parts.iter().all(|(_, finished)| *finished) {
            return parts.into_iter().map(|(path, _)| path).collect();
        }
        assert!(std::time::Instant::now() < end, "{parts:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// What ffprobe says of a file: codec, width, height, and how many pictures can be decoded; `None`: it is not installed.
fn judged(path: &Path) -> Option<(String, u32, u32, u32)> {
    let judge = Program::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v:0",
            "-of",
            "csv=p=0",
        ])
        .args(["-show_entries", "stream=codec_name,width,height,nb_read_frames"])
        .arg(path)
        .output();
    let Ok(output) = judge else {
        skip("recordings read by ffprobe", "ffprobe is not installed");
        return None;
    };
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("a line");
    let mut words = text.trim().split(',');
    let name = words.next().expect("a codec").to_owned();
    let mut number = || words.next().expect("a number").parse().expect("a number");
    Some((name, number(), number(), number()))
}

#[test]
fn what_is_recorded_by_key_is_a_file_that_anybody_plays() {
    for (codec, name) in [(Codec::H264, "h264"), (Codec::H265, "hevc"), (Codec::Mjpeg, "mjpeg")] {
        let dvr = FakeDvr::start(Script {
            codec,
            fps: 15,
            ..Script::default()
        });
        let stage = EngineRig::new();
        let folder = tempfile::tempdir().expect("a folder");
        record_into(&stage, folder.path(), |_| {});
        let stream = stage.show(stage.add(&dvr, None).id);
        stage.until_state(stream, "live");
        stage.send(Command::Record(stream, true));
        assert_eq!(until_recorded(&stage, stream), RecordingCause::Hand);
        stage.send(Command::Record(stream, false));
        stage.until("its end", |state| state.recordings.now.is_empty().then_some(()));
        let files = until_finished(&stage, 1);
        assert_eq!(dvr.seen().len(), 1, "by the same connection");
        if let Some((read, width, height, pictures)) = judged(&files[0]) {
            assert_eq!(read, name);
            assert!(width > 0 && height > 0 && pictures > 0, "{width}×{height}, {pictures}");
            let part = recording::read_part(std::fs::File::open(&files[0]).expect("a file")).expect("a part");
            assert_eq!(pictures as usize, part.samples.len());
            assert_eq!(part.description.size(), (width, height));
        }
    }
}

#[test]
fn what_a_rule_wants_is_recorded_without_a_window_that_shows_it() {
    let dvr = FakeDvr::start(Script::default());
    let mut stage = EngineRig::new();
    let folder = tempfile::tempdir().expect("a folder");
    let device = stage.add(&dvr, None);
    record_into(&stage, folder.path(), |settings| {
        settings.recording.rules.set(RecordingRule {
            device: device.id,
            channel: Some(1),
            stream: StreamKind::Main,
            schedule: Schedule::always(),
            on_event: false,
        });
    });
    let stream = super::rig::main_of(device.id);
    assert_eq!(until_recorded(&stage, stream), RecordingCause::Schedule);
    // The program ends: the part is finished before it does.
    stage.stop();
    stage.start();
    until_recorded(&stage, stream);
    record_into(&stage, folder.path(), |settings| {
        settings.recording.rules = Default::default();
    });
    stage.until("its end", |state| state.recordings.now.is_empty().then_some(()));
    until_finished(&stage, 2);
}
