//! What is recorded, and when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use device::{DeviceId, Registry, StreamKind, sample};
use events::LocalTime;
use recording::{RecordingCause, RecordingRules};
use settings::Settings;

const DEVICE: DeviceId = DeviceId(7);

fn stream(number: u16, kind: StreamKind) -> StreamId {
    StreamId {
        channel: ChannelId { device: DEVICE, number },
        kind,
    }
}

fn at(hour: u16) -> LocalTime {
    LocalTime {
        weekday: 0,
        minute: hour * 60,
        // A Monday.
        day: 4,
    }
}

fn recordings(rules: &[&str], now: Instant) -> Recordings {
    let mut registry: Registry = sample::registry(&[sample::device(DEVICE.0, "NVR", 1)]);
    registry.devices[0].channels = sample::channels(&["a", "b"]);
    let mut settings = Settings::default();
    settings.recording.folder = Some(std::env::temp_dir().join("nothing is written here"));
    settings.recording.rules = RecordingRules::read(rules.iter().copied()).unwrap();
    let mut recordings = Recordings::new();
    recordings.set_settings(&Arc::new(settings), now);
    recordings.set_registry(&Arc::new(registry), now);
    recordings
}

/// The streams that are to stay connected, as of the last effect, and the causes of what is recorded.
fn wanted(recordings: &mut Recordings) -> (Option<Vec<StreamId>>, Vec<RecordingCause>) {
    let mut keep = None;
    while let Some(effect) = recordings.poll_effect() {
        if let RecordingEffect::Keep(streams) = effect {
            keep = Some(streams);
        }
    }
    let shown = recordings.shown();
    (keep, shown.now.values().map(|view| view.cause).collect())
}

#[test]
fn a_schedule_records_in_its_hours_once_the_time_is_known() {
    let now = Instant::now();
    let mut recordings = recordings(&["7=sub;08:00-20:00", "7/2=main;00:00-01:00"], now);
    assert_eq!(wanted(&mut recordings), (None, vec![]));
    recordings.tick(at(9), now);
    let own = stream(1, StreamKind::Sub);
    assert_eq!(
        wanted(&mut recordings),
        (Some(vec![own]), vec![RecordingCause::Schedule])
    );
    assert!(recordings.inlets().of(own).takes());
    recordings.tick(at(21), now);
    assert_eq!(wanted(&mut recordings), (Some(vec![]), vec![]));
    assert!(!recordings.inlets().of(own).takes());
}

#[test]
fn an_event_is_recorded_from_the_ring_until_some_seconds_after_its_last_report() {
    let now = Instant::now();
    let mut recordings = recordings(&["7=main;events"], now);
    recordings.tick(at(9), now);
    let both = vec![stream(1, StreamKind::Main), stream(2, StreamKind::Main)];
    assert_eq!(wanted(&mut recordings), (Some(both), vec![]), "in memory alone");
    recordings.happened(DEVICE, Some(2), now);
    assert_eq!(wanted(&mut recordings).1, [RecordingCause::Event]);
    // It is said again: the same recording goes on.
    let later = now + Duration::from_secs(20);
    recordings.happened(DEVICE, Some(2), later);
    recordings.tick(at(9), later + Duration::from_secs(29));
    assert_eq!(wanted(&mut recordings).1, [RecordingCause::Event]);
    recordings.tick(at(9), later + Duration::from_secs(31));
    assert_eq!(wanted(&mut recordings).1, []);
    // Where the device does not say which camera, all that are to record events do.
    recordings.happened(DEVICE, None, later);
    assert_eq!(
        wanted(&mut recordings).1,
        [RecordingCause::Event, RecordingCause::Event]
    );
    recordings.happened(DeviceId(8), None, later);
}

#[test]
fn what_a_person_began_only_a_person_ends() {
    let now = Instant::now();
    let mut recordings = recordings(&["7/1=main;08:00-20:00"], now);
    recordings.tick(at(9), now);
    let own = stream(1, StreamKind::Main);
    recordings.by_hand(own, true, now);
    assert_eq!(wanted(&mut recordings).1, [RecordingCause::Hand]);
    assert!(recordings.shown().now[&own].by_hand);
    recordings.tick(at(21), now);
    assert_eq!(wanted(&mut recordings).1, [RecordingCause::Hand]);
    recordings.by_hand(own, false, now);
    assert_eq!(wanted(&mut recordings).1, []);
    recordings.by_hand(stream(9, StreamKind::Main), true, now);
    assert_eq!(wanted(&mut recordings).1, [], "there is no such channel");
}
