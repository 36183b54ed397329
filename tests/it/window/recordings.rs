//! Recording in the window: the key and the red point, what is said where it fails, and the browser of recordings.

use std::path::PathBuf;
use std::sync::Arc;

use device::{ChannelId, DeviceId, StreamId, StreamKind};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{
    Clock, Command, EngineState, RecordingExportStatus, RecordingTrouble, RecordingView, RecordingsRead, ShownPart,
    TileState,
};
use monomi::i18n::Language;
use recording::{RecordedPart, RecordingCause};

use super::rig::{WindowRig, WindowSetup, cameras, picture, set_streams};

const CHANNEL: ChannelId = ChannelId {
    device: DeviceId(1),
    number: 1,
};

fn live(state: &mut EngineState) {
    set_streams(state, |_| Some(TileState::Live));
    for (stream, status) in state.streams.iter() {
        status.slot.set_source(1280, 720);
        status.slot.publish(picture(stream.channel.number, 320, 180));
    }
}

fn clock(hour: u8, minute: u8) -> Clock {
    Clock {
        year: 2026,
        month: 11,
        day: 21,
        hour,
        minute,
        second: 0,
    }
}

fn opened(language: Language) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(4)).open();
    rig.change(live);
    rig
}

#[test]
fn a_key_begins_and_ends_a_recording_and_a_red_point_says_that_it_is_written() {
    for (language, since, full) in [
        (
            Language::En,
            "Recorded since 09:05:00",
            "Not recorded: the disk is full",
        ),
        (
            Language::Ja,
            "09:05:00 から録画中",
            "録画できません：ディスクがいっぱい",
        ),
    ] {
        let mut rig = opened(language);
        rig.sent();
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::R);
        rig.harness.run();
        let asked = rig.sent().into_iter().find_map(|command| match command {
            Command::Record(stream, on) => Some((stream, on)),
            _ => None,
        });
        let (stream, on) = asked.expect("a recording is asked for");
        assert!(on && stream.channel == CHANNEL);
        assert!(!rig.is_shown(since), "nothing has reached the disk yet");
        let view = RecordingView {
            cause: RecordingCause::Hand,
            since: Some(1),
            since_clock: Some(clock(9, 5)),
            by_hand: true,
            trouble: None,
        };
        let publish = |rig: &mut WindowRig, view: &RecordingView| {
            let now = Arc::new([(stream, view.clone())].into());
            rig.change(|state| state.recordings.now = now);
        };
        publish(&mut rig, &view);
        assert!(rig.is_shown(since));
        let trouble = RecordingView {
            since: None,
            trouble: Some(RecordingTrouble::NoSpace),
            ..view
        };
        publish(&mut rig, &trouble);
        assert!(!rig.is_shown(since), "nothing is written now");
        assert!(
            rig.painted().iter().any(|said| said.starts_with(full)),
            "{:?}",
            rig.painted()
        );
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::R);
        rig.harness.run();
        let ended = rig
            .sent()
            .into_iter()
            .any(|command| matches!(command, Command::Record(at, false) if at == stream));
        assert!(ended);
    }
}

/// A day of 25 hours, with a part by schedule and one of an event.
fn read(id: u64) -> RecordingsRead {
    const MINUTE: i64 = 60_000_000;
    let part = |from: i64, to: i64, cause, finished| ShownPart {
        part: RecordedPart {
            path: PathBuf::from(format!("/recordings/{from}.mp4")),
            stream: StreamId {
                channel: CHANNEL,
                kind: StreamKind::Main,
            },
            cause,
            from: from * MINUTE,
            to: to * MINUTE,
            bytes: 5 << 20,
            finished,
            site: "Tokyo".to_owned(),
            device: "DVR".to_owned(),
            channel: String::new(),
        },
        from: clock((from / 60) as u8, (from % 60) as u8),
        to: clock((to / 60) as u8, (to % 60) as u8),
    };
    RecordingsRead {
        id,
        day: (2026, 11, 21),
        from: 0,
        to: 25 * 60 * MINUTE,
        hours: (0..25)
            .map(|hour| (hour * 60 * MINUTE, (hour - i64::from(hour > 2)) as u8))
            .collect(),
        parts: vec![
            part(60, 70, RecordingCause::Schedule, true),
            part(90, 91, RecordingCause::Event, false),
        ],
        damaged: 0,
        fault: None,
    }
}

#[test]
fn the_browser_shows_a_day_plays_and_exports() {
    for (language, title, row, play, export, wrong, done) in [
        (
            Language::En,
            "Recordings",
            "01:00:00 – 01:10:00   By schedule   Main stream   5.0 MiB",
            "Play",
            "Export",
            "Write both times",
            "One file exported and read back",
        ),
        (
            Language::Ja,
            "録画",
            "01:00:00 – 01:10:00   スケジュール   メイン   5.0 MiB",
            "再生",
            "書き出し",
            "時刻は",
            "1 個のファイルを書き出し",
        ),
    ] {
        let mut rig = opened(language);
        rig.sent();
        rig.harness
            .key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
        rig.harness.run();
        assert!(rig.is_shown(title));
        let asked = rig.sent().into_iter().find_map(|command| match command {
            Command::ReadRecordings(request) => Some(request),
            _ => None,
        });
        let asked = asked.expect("the recordings of today are asked for");
        assert_eq!(asked.day, (2026, 11, 21));
        rig.change(|state| state.recordings.read = Some(Arc::new(read(asked.id))));
        rig.click(row);
        rig.harness.get_all_by_label(play).next().expect("a button").click();
        rig.harness.run();
        let played = rig
            .sent()
            .into_iter()
            .any(|command| matches!(command, Command::PlayRecording(path) if path.ends_with("60.mp4")));
        assert!(played);
        rig.click(export);
        let exported = rig.sent().into_iter().find_map(|command| match command {
            Command::ExportRecordings(export) => Some(*export),
            _ => None,
        });
        let exported = exported.expect("the part that was chosen");
        assert_eq!(exported.channels, [CHANNEL]);
        // 01:00 and 01:10 of that day.
        assert_eq!((exported.from, exported.to), (3_600_000_000, 4_200_000_000));
        let files = vec![PathBuf::from("/exports/a.mp4")];
        rig.change(|state| {
            state.recordings.export = Some(Arc::new(RecordingExportStatus {
                id: exported.id,
                done: 1_000,
                ended: Some(Ok(files)),
            }));
        });
        assert!(
            rig.painted().iter().any(|said| said.starts_with(done)),
            "{:?}",
            rig.painted()
        );
        assert!(!rig.painted().iter().any(|said| said.starts_with(wrong)));
    }
}
