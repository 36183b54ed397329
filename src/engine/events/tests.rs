//! The loop as it is, with held time and a network that is pretended: what is listed, and who is called.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer::prelude::*;

use super::super::endurance::{Fate, FlappingNetwork, pretend, registry, show_all};
use super::super::rig::Rig;
use super::super::{Notifier, clock, planned};
use crate::bridge::{
    Command, LogExport, LogPeriod, LogQuery, LogRequest, NoticeKind, Notification, NotificationAbout, Trying,
};
use crate::store::Profile;
use crate::video::SoundOutput;
use device::{ChannelId, DeviceId, SiteId};
use events::{
    AlertSound, Category, End, EventQuery, EventRecord, Happening, LogFormat, LogLabels, LogPlace, LogStart, NoteText,
    Occurrence, Severity, Subject,
};
use settings::Settings;

const SECOND: Duration = Duration::from_secs(1);

/// What was said on the desktop, and how often the tone was played.
#[derive(Default)]
struct Called {
    said: Mutex<Vec<NotificationAbout>>,
    tones: AtomicUsize,
}

impl Called {
    fn notifier(self: &Arc<Self>) -> Notifier {
        let called = Arc::clone(self);
        Arc::new(move |told: &Notification| {
            called.said.lock().unwrap().push(told.about.clone());
            Ok(())
        })
    }

    /// An output that plays at once.
    fn output(self: &Arc<Self>) -> SoundOutput {
        let called = Arc::clone(self);
        SoundOutput::made_by(move || {
            called.tones.fetch_add(1, Ordering::Relaxed);
            let sink = gstreamer::ElementFactory::make("fakesink").build().unwrap();
            sink.set_property("sync", false);
            sink
        })
    }

    fn said(&self) -> Vec<NotificationAbout> {
        self.said.lock().unwrap().clone()
    }

    fn tones(&self) -> usize {
        self.tones.load(Ordering::Relaxed)
    }
}

/// A site of three devices that is silent from 100 s on for `seconds`; two other sites serve. After `until` the loop stands still.
async fn outage(seconds: u64, settings: Settings, until: u64) -> (Rig, Arc<Called>) {
    outage_at(false, seconds, settings, until).await
}

/// The same, at a kiosk or not.
async fn outage_at(kiosk: bool, seconds: u64, settings: Settings, until: u64) -> (Rig, Arc<Called>) {
    crate::video::init().unwrap();
    let called = Arc::new(Called::default());
    let folder = tempfile::tempdir().unwrap();
    let (notifier, output) = (called.notifier(), called.output());
    let mut rig = Rig::calling(folder.path(), Profile::without_keyring, Some(notifier), output).await;
    rig.folder = Some(folder);
    let start = clock::now();
    let serves = || vec![(Duration::ZERO, Fate::Serves)];
    let fails = vec![
        (100 * SECOND, Fate::Silent),
        ((100 + seconds as u32) * SECOND, Fate::Serves),
    ];
    let network = Arc::new(FlappingNetwork {
        start,
        changes: vec![[serves(), fails].concat(), serves(), serves()],
    });
    let runner =
        move |plan| -> futures_util::future::BoxFuture<'static, ()> { Box::pin(pretend(plan, Arc::clone(&network))) };
    rig.core.connections().set_runner(Box::new(runner));
    rig.core.enter(registry(0));
    rig.core.on_command(Command::SaveSettings(Box::new(settings)), start);
    rig.core.on_command(Command::InKiosk(kiosk), start);
    show_all(&mut rig.core);
    let mut tick = tokio::time::interval(SECOND);
    while clock::now() < start + Duration::from_secs(until) {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    (rig, called)
}

fn listed(rig: &Rig) -> Vec<EventRecord> {
    let state = rig.engine.state();
    state.events.list.iter().map(|shown| shown.event.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sites_outage_is_one_event_one_call_and_one_end_with_no_window_there() {
    let (rig, called) = outage(400, Settings::default(), 900).await;
    let events = listed(&rig);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (events[0].subject, events[0].devices.len()),
        (Subject::Site(SiteId(1)), 3)
    );
    let End::At(end) = events[0].end else {
        panic!("it has not ended: {:?}", events[0])
    };
    let lasted = (end.0 - events[0].since.0) / 1_000;
    assert!((400..=520).contains(&lasted), "{lasted} s");
    assert!(
        matches!(&called.said()[..], [NotificationAbout::Begun(_), .., NotificationAbout::Over(over)] if over.len() == 1)
    );
    let ends = called
        .said()
        .iter()
        .filter(|said| matches!(said, NotificationAbout::Over(_)))
        .count();
    assert_eq!((ends, called.tones()), (1, 1));
    assert_eq!(
        (rig.engine.state().events.unseen, rig.engine.state().events.attention),
        (1, 1)
    );
}

/// A site of three devices that is silent from 100 s to 400 s, while somebody works there for `minutes` from 90 s on.
async fn worked_at(minutes: u32, until: u64) -> (Rig, Arc<Called>) {
    let (mut rig, called) = outage(300, Settings::default(), 90).await;
    let start = clock::now();
    let mut worked_at = registry(0);
    let plan = &mut worked_at.sites[0].about.work;
    *plan = plan.with_work_for(minutes, planned::moment(start)).unwrap();
    rig.core.enter(worked_at);
    let mut tick = tokio::time::interval(SECOND);
    while clock::now() < start + Duration::from_secs(until - 90) {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    (rig, called)
}

#[tokio::test(start_paused = true)]
async fn nobody_is_called_for_a_site_that_is_worked_at_and_what_fails_there_is_a_detail_of_that() {
    let (rig, called) = worked_at(20, 900).await;
    assert!(called.said().is_empty() && called.tones() == 0, "{:?}", called.said());
    let events = listed(&rig);
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].parent.is_some() && !events[0].lasts(), "{events:?}");
    let state = rig.engine.state();
    assert!(state.planned_until(SiteId(1)).is_some() && state.planned_until(SiteId(2)).is_none());
    for device in state.registry.devices_of(SiteId(1)) {
        let down = state
            .health
            .get(&device.id)
            .map(|record| record.over(24, clock::unix()).down);
        assert!(down.is_none_or(|down| down < 30), "{down:?} s down");
    }
}

#[tokio::test(start_paused = true)]
async fn what_lasts_when_the_work_is_over_calls_then() {
    let (rig, called) = worked_at(2, 390).await;
    assert_eq!(called.said().len(), 1, "{:?}", called.said());
    assert_eq!(rig.engine.state().planned_until(SiteId(1)), None);
    let events = listed(&rig);
    assert!(
        events.len() == 1 && events[0].parent.is_some(),
        "it began then: {events:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_while_somebody_works_there_and_lasts_when_that_is_over_calls_then() {
    let mut settings = Settings::default();
    let rule = "what=video-loss; least=info; means=notification".parse();
    settings.alerts.own_rules.push(rule.unwrap());
    let (mut rig, called) = outage(300, settings, 10).await;
    let (start, mut worked_at) = (clock::now(), registry(0));
    let plan = &mut worked_at.sites[0].about.work;
    *plan = plan.with_work_for(1, planned::moment(start)).unwrap();
    rig.core.enter(worked_at);
    let site = SiteId(1);
    let device = rig.core.registry().devices_of(site).next().unwrap().id;
    let report = |number| {
        let camera = Subject::Channel(ChannelId { device, number });
        Happening::new(camera, Occurrence::VideoLoss)
    };
    rig.core.hear([report(1).begins_for(None), report(2).begins_for(None)]);
    turned_until(&mut rig, |events| events.list.len() == 2).await;
    assert!(rig.engine.state().planned_until(site).is_some() && called.said().is_empty());
    assert!(listed(&rig).iter().all(|event| event.parent.is_some()));
    rig.core.hear([report(2).ends()]);
    let mut tick = tokio::time::interval(SECOND);
    while called.said().is_empty() {
        assert!(clock::now() < start + 80 * SECOND, "nobody was called");
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    assert_eq!(rig.engine.state().planned_until(site), None);
    let said = called.said();
    assert!(
        matches!(&said[..], [NotificationAbout::Begun(events)] if events.len() == 1),
        "{said:?}"
    );
}

/// Thirty recorders of one site have got new certificates since Monomi ran last.
#[tokio::test(start_paused = true)]
async fn new_certificates_of_a_whole_site_are_one_notice_one_event_and_one_call() {
    crate::video::init().unwrap();
    let called = Arc::new(Called::default());
    let folder = tempfile::tempdir().unwrap();
    let (notifier, output) = (called.notifier(), called.output());
    let mut rig = Rig::calling(folder.path(), Profile::without_keyring, Some(notifier), output).await;
    let start = clock::now();
    let network = Arc::new(FlappingNetwork {
        start,
        changes: vec![vec![(Duration::ZERO, Fate::OtherCertificate)]],
    });
    let runner =
        move |plan| -> futures_util::future::BoxFuture<'static, ()> { Box::pin(pretend(plan, Arc::clone(&network))) };
    rig.core.connections().set_runner(Box::new(runner));
    let mut registry = device::Registry::default();
    registry
        .sites
        .push(device::Site::new(device::sample::SITE, "Shop".to_owned()));
    for number in 1..=30_u8 {
        registry.devices.push(device::Device {
            host: device::Host::Ip([10, 0, 0, number].into()),
            ..device::sample::device(number.into(), &format!("DVR {number}"), 1)
        });
    }
    rig.core.enter(registry);
    show_all(&mut rig.core);
    let mut tick = tokio::time::interval(SECOND);
    while clock::now() < start + 600 * SECOND {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let state = rig.engine.state();
    let notices: Vec<&NoticeKind> = state.notices.iter().map(|notice| &notice.kind).collect();
    let [NoticeKind::CertificatesChanged { issuer, names, .. }] = notices[..] else {
        panic!("{notices:?}");
    };
    assert_eq!((issuer.as_deref(), names.len()), (Some("New CA"), 30));
    let events = listed(&rig);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].devices.len(), 30);
    let calls = called.said();
    assert!(
        calls.iter().all(|call| matches!(call, NotificationAbout::Begun(_))),
        "{calls:?}"
    );
    assert_eq!(called.tones(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_blink_is_no_event_and_calls_nobody() {
    let (rig, called) = outage(15, Settings::default(), 300).await;
    assert!(listed(&rig).is_empty() && called.said().is_empty());
    assert_eq!(called.tones(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_kiosk_calls_by_sound_and_task_bar_and_on_its_desktop_only_if_that_was_asked_for() {
    let mut settings = Settings::default();
    let (rig, called) = outage_at(true, 300, settings.clone(), 900).await;
    assert_eq!((called.tones(), called.said().len()), (1, 0));
    assert_eq!(rig.engine.state().events.attention, 1);
    settings.alerts.kiosk_notification = true;
    let (_rig, called) = outage_at(true, 300, settings.clone(), 900).await;
    assert_eq!(called.said().len(), 2);
    settings.alerts.kiosk_notification = false;
    let (mut rig, _) = outage_at(true, 300, settings, 50).await;
    // With the password the window is one like any other.
    rig.core.on_command(Command::InKiosk(false), clock::now());
    let mut tick = tokio::time::interval(SECOND);
    rig.core.on_command(Command::TryAlert, clock::now());
    let notified = |rig: &Rig| rig.engine.state().events.trial.clone().map(|trial| trial.notification);
    while notified(&rig) != Some(Trying::Done) {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_somebody_heard_ends_while_nobody_has_seen_what_happened() {
    let mut settings = Settings::default();
    settings.alerts.sound = AlertSound::UntilSeen;
    let (mut rig, called) = outage_at(true, 300, settings, 300).await;
    assert!(rig.engine.state().events.sounding);
    rig.core.on_command(Command::HushAlerts, clock::now());
    let before = called.tones();
    let mut tick = tokio::time::interval(SECOND);
    let end = clock::now() + 60 * SECOND;
    while clock::now() < end {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    // One may be under way.
    assert!(called.tones() <= before + 1, "{} after {before}", called.tones());
    let events = rig.engine.state().events.clone();
    assert_eq!((events.sounding, events.unseen), (false, 1));
}

#[tokio::test(start_paused = true)]
async fn with_the_sound_off_nothing_is_played_and_with_until_seen_it_plays_until_somebody_has_seen_it() {
    let mut settings = Settings::default();
    settings.alerts.sound = AlertSound::Off;
    let (_rig, called) = outage(300, settings.clone(), 900).await;
    assert_eq!((called.tones(), called.said().len()), (0, 2));

    settings.alerts.sound = AlertSound::UntilSeen;
    let (mut rig, called) = outage(300, settings, 300).await;
    let before = called.tones();
    assert!(before > 10, "{before}");
    let ids = listed(&rig).iter().map(|event| event.id).collect();
    rig.core.on_command(Command::SeeEvents(ids), clock::now());
    let mut tick = tokio::time::interval(SECOND);
    let end = clock::now() + 60 * SECOND;
    // One may be under way.
    while clock::now() < end {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    assert!(called.tones() <= before + 1, "{} after {before}", called.tones());
    assert_eq!(rig.engine.state().events.unseen, 0);
}

#[tokio::test(start_paused = true)]
async fn a_desktop_that_shows_nothing_is_said_once() {
    crate::video::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let silent: Notifier = Arc::new(|_: &Notification| Err("no desktop".to_owned()));
    let mut rig = Rig::calling(
        folder.path(),
        Profile::without_keyring,
        Some(silent),
        Arc::new(Called::default()).output(),
    )
    .await;
    let mut tick = tokio::time::interval(SECOND);
    let notices = |rig: &Rig| {
        let state = rig.engine.state();
        let failed = state
            .notices
            .iter()
            .filter(|notice| matches!(notice.kind, NoticeKind::AlertFailed(_)));
        failed.map(|notice| notice.id).collect::<Vec<_>>()
    };
    rig.core.on_command(Command::TryAlert, clock::now());
    while notices(&rig).is_empty() {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let id = notices(&rig)[0];
    rig.core.on_command(Command::Dismiss(id), clock::now());
    rig.core.on_command(Command::TryAlert, clock::now());
    let end = clock::now() + 30 * SECOND;
    while clock::now() < end {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    assert!(notices(&rig).is_empty(), "it was said and closed");
    let trial = rig.engine.state().events.trial.clone().unwrap();
    assert_eq!(trial.notification, Trying::Failed("no desktop".to_owned()));
    assert_eq!(trial.sound, Trying::Done);
}

/// The log on disk, the oldest first.
fn log_of(folder: &std::path::Path) -> Vec<EventRecord> {
    let profile = Profile::open(Some(folder.to_path_buf())).unwrap().without_keyring();
    let Some(mut log) = profile.read_event_log().unwrap() else {
        return Vec::new();
    };
    let mut events = Vec::new();
    loop {
        let start = (events.last().map(LogPlace::of)).map_or(LogStart::Newest, LogStart::Older);
        let page = log.page(&EventQuery::default(), start, 1_000).unwrap();
        events.extend(page.events);
        if !page.more {
            events.sort_by_key(|event: &EventRecord| event.id);
            return events;
        }
    }
}

/// What the log on disk says, the oldest first.
fn logged(folder: &std::path::Path) -> Vec<(String, String)> {
    let said = |event: &EventRecord| (event.what.word().to_owned(), event.detail.to_string());
    log_of(folder).iter().map(said).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_person_changes_is_in_the_log_a_moment_later_and_an_end_that_was_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    let mut tick = tokio::time::interval(SECOND);
    let settings = Settings {
        show_figures: !Settings::default().show_figures,
        ..Settings::default()
    };
    rig.core
        .on_command(Command::SaveSettings(Box::new(settings)), clock::now());
    rig.core.enter(registry(0));
    while logged(folder.path()).len() < 3 {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let said = logged(folder.path());
    assert_eq!(said[0].0, "program-started");
    assert!(
        said.iter()
            .any(|(what, detail)| what == "settings-edited" && detail.starts_with("show-figures: "))
    );
    assert!(said.iter().any(|(what, _)| what == "device-added"), "{said:?}");
    drop(rig);
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    while !logged(folder.path()).iter().any(|(what, _)| what == "program-crashed") {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_reports_a_second_are_all_in_the_log_each_once() {
    const EACH: usize = 500;
    const TIMES: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    let mut tick = tokio::time::interval(SECOND / 4);
    while logged(folder.path()).is_empty() {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let of_device = Subject::Device(DeviceId(1));
    let report = |name: &str| Happening::own(of_device, name, Category::Device, Severity::Info);
    for time in 0..TIMES {
        let reports = (0..EACH).map(|number| report(&format!("burst {}", time * EACH + number)));
        rig.core.hear(reports);
        let begin = clock::now();
        while clock::now() < begin + SECOND / 4 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
    }
    // What comes after the others is written after them.
    while !logged(folder.path()).iter().any(|(what, _)| what == "last") {
        rig.core.hear([report("last")]);
        for _ in 0..8 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
    }
    let events = log_of(folder.path());
    let bursts = events.iter().filter(|event| event.what.word().starts_with("burst "));
    let mut numbers: Vec<usize> = bursts
        .inspect(|event| assert_eq!(event.count, 1, "{event:?}"))
        .map(|event| event.what.word()["burst ".len()..].parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..TIMES * EACH), "each is there once");
    assert!(
        events.iter().all(|event| event.what.word() != "too-many"),
        "none was refused"
    );
}

#[tokio::test(start_paused = true)]
async fn the_window_reads_the_log_notes_on_it_and_writes_it_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::on(folder.path(), Profile::without_keyring).await;
    let mut tick = tokio::time::interval(SECOND / 4);
    let wanted = LogQuery {
        query: EventQuery {
            text: "burst".to_owned(),
            ..EventQuery::default()
        },
        period: LogPeriod::Hours(1),
    };
    let of_device = Subject::Device(DeviceId(1));
    let names = ["burst 1", "burst 2", "other"];
    rig.core
        .hear(names.map(|name| Happening::own(of_device, name, Category::Device, Severity::Alarm)));
    while rig.engine.state().events.written == 0 || log_of(folder.path()).len() < 4 {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let ask = |id| {
        Command::ReadLog(Box::new(LogRequest {
            id,
            wanted: wanted.clone(),
            start: LogStart::Newest,
            most: 10,
        }))
    };
    // The last of them is answered; of the others those that were not begun give way.
    for id in 1..=5 {
        rig.core.on_command(ask(id), clock::now());
    }
    let read = |rig: &Rig, id: u64| rig.engine.state().events.read.clone().filter(|read| read.id == id);
    while read(&rig, 5).is_none() {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    let part = read(&rig, 5).unwrap().part.clone().unwrap();
    let found: Vec<&str> = part.rows.iter().map(|row| row.event.what.word()).collect();
    assert_eq!(found, ["burst 2", "burst 1"]);
    let id = part.rows[0].event.id;
    let note = Command::AcknowledgeEvent(id, NoteText::new("見た"));
    rig.core.on_command(note, clock::now());
    let noted = |folder: &std::path::Path| {
        let events = log_of(folder).into_iter();
        events
            .filter_map(|event| Some((event.id, event.acknowledged?.note)))
            .collect::<Vec<_>>()
    };
    while noted(folder.path()).is_empty() {
        rig.core.turn(&mut rig.receiver, &mut tick).await;
    }
    assert_eq!(noted(folder.path()), [(id, NoteText::new("見た"))]);
    for (id, format, name) in [(8, LogFormat::Json, "log.json"), (9, LogFormat::Csv, "log.csv")] {
        let path = folder.path().join(name);
        let labels = LogLabels {
            head: vec!["開始".to_owned(); 15],
            ..LogLabels::default()
        };
        let export = LogExport {
            id,
            wanted: wanted.clone(),
            format,
            labels,
            path: path.clone(),
        };
        rig.core.on_command(Command::ExportLog(Box::new(export)), clock::now());
        let done = |rig: &Rig| rig.engine.state().events.exported.clone().filter(|done| done.id == id);
        while done(&rig).is_none() {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        assert_eq!(done(&rig).unwrap().count, Ok(2));
        let text = std::fs::read_to_string(path).unwrap();
        match format {
            LogFormat::Json => {
                let events: serde_json::Value = serde_json::from_str(&text).unwrap();
                let words: Vec<&str> = events
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|of| of["what"].as_str().unwrap())
                    .collect();
                assert_eq!(words, ["burst 1", "burst 2"]);
            }
            LogFormat::Csv => assert!(
                text.starts_with('\u{feff}') && text.lines().count() == 3 && text.contains("見た"),
                "{text}"
            ),
        }
    }
}

#[test]
fn a_day_is_from_midnight_to_midnight_where_the_computer_is() {
    let (from, before) = clock::times_of(LogPeriod::Days((2026, 11, 21), (2026, 11, 22)));
    let [from, before] = [from, before].map(|at| clock::clock_of(at.unwrap()));
    assert_eq!((from.day, from.hour, from.minute), (21, 0, 0));
    assert_eq!((before.day, before.hour, before.minute), (23, 0, 0));
    assert_eq!(clock::times_of(LogPeriod::Any), (None, None));
}

/// The loop turns until it is so.
async fn turned_until(rig: &mut Rig, is_so: impl Fn(&crate::bridge::EventsShown) -> bool) {
    let mut tick = tokio::time::interval(SECOND);
    while !is_so(&rig.engine.state().events) {
        assert!(rig.core.turn(&mut rig.receiver, &mut tick).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_camera_reports_opens_it_where_a_rule_says_so_and_it_closes_by_itself_or_is_dismissed() {
    let mut rig = Rig::new().await;
    rig.core.enter(registry(0));
    let mut settings = Settings::default();
    let rule = "what=motion; least=info; means=border; open=event; close=yes".parse();
    settings.alerts.own_rules.push(rule.unwrap());
    rig.core
        .on_command(Command::SaveSettings(Box::new(settings)), clock::now());
    let device = rig.core.registry().devices[0].id;
    let camera = ChannelId { device, number: 1 };
    let report = |what: Occurrence| Happening::new(Subject::Channel(camera), what);
    // What no rule is about calls nobody.
    rig.core.hear([
        report(Occurrence::Motion).begins_for(None),
        report(Occurrence::LineCrossing).begins_for(None),
    ]);
    turned_until(&mut rig, |events| events.alarms.len() == 1).await;
    let events = rig.engine.state().events.clone();
    assert_eq!(events.alarms[0].cameras, [camera]);
    assert_eq!(*events.bordered, [camera].into());
    assert_eq!((events.list.len(), events.unseen), (1, 1));
    rig.core.hear([report(Occurrence::Motion).ends()]);
    turned_until(&mut rig, |events| events.alarms.is_empty()).await;
    let events = rig.engine.state().events.clone();
    assert!(!events.list[0].event.lasts(), "it stays in the list as ended");
    assert_eq!(*events.bordered, [camera].into(), "nobody has seen it");
    rig.core.on_command(Command::SeeAllEvents, clock::now());
    turned_until(&mut rig, |events| events.bordered.is_empty()).await;
    // Once more, later: it is another one, and a person dismisses it.
    tokio::time::sleep(SECOND * 3_600).await;
    rig.core.hear([report(Occurrence::Motion).begins_for(None)]);
    turned_until(&mut rig, |events| events.alarms.len() == 1).await;
    let id = rig.engine.state().events.alarms[0].about.event.id;
    rig.core.on_command(Command::DismissAlarms(vec![id]), clock::now());
    turned_until(&mut rig, |events| events.alarms.is_empty()).await;
}
