//! What must hold of events and calls, in simulated time.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use device::{ChannelId, DeviceId, SiteId};
use events::{
    Acknowledged, Alert, AlertSettings, AlertSound, Alerter, Cause, End, EventBook, EventId, EventRecord, EventsById,
    Kind, LocalTime, Means, Moment, News, NoteText, Observation, Occurrence, OwnName, OwnRule, Part, Reported,
    Sighting, Subject, Tracker, Unwatched, WallTime,
};
use proptest::prelude::*;

const SITE: SiteId = SiteId(1);

/// Recorders at one site, and what is found of them every second.
struct World {
    tracker: Tracker,
    alerter: Alerter,
    settings: AlertSettings,
    begin: Instant,
    /// In seconds.
    time: u64,
    /// What each recorder fails for.
    failing: BTreeMap<u64, Cause>,
    recorders: u64,
    /// Those that are on screen; the others are neither known to fail nor to show.
    watched: BTreeSet<u64>,
    /// One of the failing is tried for all: what turns up on screen waits for it.
    outage: bool,
    /// Minutes that the local clock is ahead of the simulated time.
    shift: i64,
    alerts: Vec<(u64, Alert)>,
}

impl World {
    fn new(recorders: u64) -> Self {
        Self {
            tracker: Tracker::default(),
            alerter: Alerter::default(),
            settings: AlertSettings::default(),
            begin: Instant::now(),
            // Monday at noon.
            time: 12 * 3_600,
            failing: BTreeMap::new(),
            recorders,
            watched: (1..=recorders).collect(),
            outage: false,
            shift: 0,
            alerts: Vec::new(),
        }
    }

    fn now(&self) -> Moment {
        let minute = i64::try_from(self.time / 60).unwrap() + self.shift;
        Moment {
            steady: self.begin + Duration::from_secs(self.time),
            wall: WallTime(self.time * 1_000),
            local: LocalTime {
                weekday: u8::try_from(minute.div_euclid(1_440).rem_euclid(7)).unwrap(),
                minute: u16::try_from(minute.rem_euclid(1_440)).unwrap(),
                // 1970-01-05 was a Monday.
                day: minute.div_euclid(1_440) + 4,
            },
        }
    }

    /// As the screen groups them: the site, where all that is watched there fails for one cause.
    fn look(&self) -> Observation {
        let channel = |device: u64| ChannelId {
            device: DeviceId(device),
            number: 1,
        };
        let watched = || self.watched.iter().copied();
        let failing: Vec<(u64, Cause)> = self
            .failing
            .iter()
            .filter(|(device, _)| self.watched.contains(device))
            .map(|(device, cause)| (*device, *cause))
            .collect();
        let sighting = |subject, name: &str, devices: &[(u64, Cause)]| Sighting {
            subject,
            name: name.to_owned(),
            site: Some((SITE, "Osaka".to_owned())),
            cause: devices[0].1,
            since: None,
            parts: devices.iter().map(|(id, _)| Part::Device(DeviceId(*id))).collect(),
            held: BTreeSet::new(),
        };
        let held: BTreeSet<u64> = watched().filter(|id| !self.failing.contains_key(id)).collect();
        if let (true, false, Some((_, cause))) = (self.outage, held.is_empty(), self.failing.iter().next()) {
            let known = self.failing.keys().chain(&held);
            let all: Vec<(u64, Cause)> = known.map(|id| (*id, *cause)).collect();
            let held = held.iter().map(|id| Part::Device(DeviceId(*id))).collect();
            return Observation {
                sightings: vec![Sighting {
                    held,
                    ..sighting(Subject::Site(SITE), "Osaka", &all)
                }],
                shown: BTreeSet::new(),
                watched: watched().map(channel).collect(),
                registered: (1..=self.recorders).map(DeviceId).collect(),
            };
        }
        let one_cause = failing
            .iter()
            .all(|(_, cause)| Some(*cause) == failing.first().map(|(_, cause)| *cause));
        let sightings = if failing.len() > 1 && failing.len() == self.watched.len() && one_cause {
            vec![sighting(Subject::Site(SITE), "Osaka", &failing)]
        } else {
            let device = |of: &(u64, Cause)| sighting(Subject::Device(DeviceId(of.0)), &format!("DVR{}", of.0), &[*of]);
            failing.iter().map(device).collect()
        };
        Observation {
            sightings,
            shown: watched()
                .filter(|id| !self.failing.contains_key(id))
                .map(channel)
                .collect(),
            watched: watched().map(channel).collect(),
            registered: (1..=self.recorders).map(DeviceId).collect(),
        }
    }

    fn run(&mut self, seconds: u64) {
        let at = self.now().local;
        self.alerter.set_settings(&self.settings, self.tracker.book(), at);
        for _ in 0..seconds {
            self.time += 1;
            let (now, look) = (self.now(), self.look());
            let news = self.tracker.look(&look, self.settings.after(), now);
            self.alerter.take(&news, self.tracker.book(), now);
            self.alerter.tick(self.tracker.book(), now);
            while let Some(alert) = self.alerter.poll() {
                self.alerts.push((self.time, alert));
            }
        }
    }

    /// The program ends and starts again.
    fn restart(&mut self) {
        let kept: Vec<EventRecord> = self.tracker.book().iter().cloned().collect();
        let last = self.tracker.book().last();
        let book = EventBook::restore(kept, Some(last), self.now().wall);
        self.tracker = Tracker::new(book);
        self.alerter = Alerter::default();
    }

    fn fail(&mut self, devices: impl IntoIterator<Item = u64>, cause: Cause) {
        self.failing.extend(devices.into_iter().map(|device| (device, cause)));
    }

    fn events(&self) -> Vec<&EventRecord> {
        self.tracker.book().iter().collect()
    }

    fn see_all(&mut self) {
        let ids: Vec<EventId> = self.tracker.book().iter().map(|event| event.id).collect();
        self.tracker.see(ids);
    }

    fn sounds(&self) -> Vec<u64> {
        let sounds = self.alerts.iter().filter(|(_, alert)| *alert == Alert::Sound);
        sounds.map(|(at, _)| *at).collect()
    }

    /// The calls that were said on the desktop: how many different ones began, and how many were said to be over.
    fn said(&self) -> (usize, usize) {
        let calls = |ended: bool| {
            let calls = self.alerts.iter().filter_map(|(_, alert)| match alert {
                Alert::Notify { call, over, .. } if *over == ended => Some(*call),
                _ => None,
            });
            calls.collect::<BTreeSet<u64>>().len()
        };
        (calls(false), calls(true))
    }
}

#[test]
fn a_blink_of_twenty_seconds_calls_nobody() {
    let mut world = World::new(4);
    for _ in 0..20 {
        world.fail([2], Cause::NoAnswer);
        world.run(20);
        world.failing.clear();
        world.run(40);
    }
    assert!(world.events().is_empty() && world.alerts.is_empty());
}

#[test]
fn sixty_four_cameras_that_drop_together_are_one_event_and_one_call_and_one_end() {
    let mut world = World::new(64);
    world.fail(1..=64, Cause::NoAnswer);
    world.run(600);
    world.failing.clear();
    world.run(600);
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].subject, Subject::Site(SITE));
    assert_eq!(events[0].devices.len(), 64);
    assert!(matches!(events[0].end, End::At(_)));
    assert_eq!(world.sounds().len(), 1);
    assert_eq!(world.said(), (1, 1));
}

#[test]
fn a_page_that_is_turned_in_an_outage_is_neither_another_event_nor_another_call() {
    for seconds in [60, 600] {
        let mut world = World::new(4);
        world.watched = BTreeSet::from([1]);
        world.fail([1], Cause::NoAnswer);
        world.outage = true;
        world.run(seconds);
        world.see_all();
        let (alerts, id) = (world.alerts.len(), world.events()[0].id);
        for page in [&[2, 3][..], &[4], &[1], &[3, 4]] {
            world.watched = page.iter().copied().collect();
            world.run(120);
        }
        assert_eq!(world.alerts.len(), alerts, "{:?}", world.alerts);
        let events = world.events();
        assert_eq!(
            (events.len(), events[0].id, events[0].seen),
            (1, id, true),
            "{events:?}"
        );
        // The one that is tried for all is now another one.
        world.fail([3], Cause::NoAnswer);
        world.run(120);
        assert_eq!((world.events().len(), world.alerts.len()), (1, alerts));
        world.outage = false;
        world.failing.clear();
        world.run(300);
        let events = world.events();
        assert!(events.len() == 1 && matches!(events[0].end, End::At(_)), "{events:?}");
    }
}

#[test]
fn an_outage_that_an_earlier_run_found_is_an_event_of_those_that_wait() {
    let mut world = World::new(2);
    world.outage = true;
    world.watched = BTreeSet::from([1]);
    world.failing = BTreeMap::from([(2, Cause::NoAnswer)]);
    world.run(60);
    let events = world.events();
    assert_eq!((events.len(), events[0].subject), (1, Subject::Site(SITE)));
}

#[test]
fn an_outage_that_is_found_device_by_device_is_one_event_and_one_call_all_the_same() {
    let mut world = World::new(16);
    for device in 1..=16 {
        world.fail([device], Cause::NoAnswer);
        world.run(5);
    }
    world.run(300);
    let events = world.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((events[0].subject, events[0].devices.len()), (Subject::Site(SITE), 16));
    assert_eq!(events[0].since, WallTime((12 * 3_600 + 1) * 1_000));
    // Back one after the other, as after an outage.
    for device in 1..=16 {
        world.failing.remove(&device);
        world.run(4);
    }
    world.run(300);
    assert_eq!((world.sounds().len(), world.said()), (1, (1, 1)));
    assert_eq!(world.tracker.book().len(), 1);
}

#[test]
fn a_recorder_that_stays_dead_when_its_site_is_back_is_an_event_of_its_own_and_calls() {
    let mut world = World::new(4);
    world.fail(1..=4, Cause::NoAnswer);
    world.run(600);
    let back = world.time + 1;
    for device in 1..=3 {
        world.failing.remove(&device);
    }
    world.run(600);
    let events = world.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].end, End::At(WallTime(back * 1_000)));
    assert_eq!(
        (events[1].subject, events[1].end),
        (Subject::Device(DeviceId(4)), End::Lasts)
    );
    assert_eq!(events[1].since, events[0].since);
    assert_eq!(world.said(), (2, 1));
}

#[test]
fn a_device_that_was_dead_before_stays_an_event_of_its_own_in_an_outage() {
    let mut world = World::new(4);
    world.fail([1], Cause::NoAnswer);
    world.run(3_600);
    world.fail(2..=4, Cause::NoAnswer);
    world.run(600);
    let events = world.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].subject, Subject::Device(DeviceId(1)));
    assert_eq!((events[1].subject, events[1].devices.len()), (Subject::Site(SITE), 3));
    assert_eq!(world.said().0, 2);
}

#[test]
fn what_flaps_is_one_event_with_a_count_and_calls_a_few_times_at_most() {
    let mut world = World::new(2);
    for _ in 0..(24 * 60 / 4) {
        world.fail([1], Cause::NoAnswer);
        world.run(120);
        world.failing.clear();
        world.run(120);
    }
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].count, 24 * 60 / 4);
    assert!((1..=4).contains(&world.sounds().len()), "{:?}", world.sounds());
    // An end that holds is said, and what comes then is a new event.
    world.run(700);
    assert_eq!(world.said().0, world.said().1);
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    assert_eq!(world.tracker.book().len(), 2);
}

#[test]
fn a_recorder_that_starts_again_is_one_event_and_one_that_then_refuses_the_sign_in_another() {
    let mut world = World::new(2);
    for cause in [Cause::BrokenOff, Cause::NoAnswer, Cause::Limit] {
        world.fail([1], cause);
        world.run(60);
    }
    world.fail([1], Cause::Refused);
    world.run(60);
    assert_eq!(
        (world.events().len(), world.events()[0].cause()),
        (1, Some(Cause::Refused))
    );
    world.fail([1], Cause::SignIn);
    world.run(60);
    let events = world.events();
    assert_eq!((events.len(), events[1].cause()), (2, Some(Cause::SignIn)));
    assert!(matches!(events[0].end, End::At(at) if at <= events[1].since));
}

#[test]
fn an_event_does_not_end_because_nobody_looks_and_after_long_its_end_is_not_known() {
    let mut world = World::new(2);
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    let left = world.time;
    world.watched.remove(&1);
    world.run(600);
    assert_eq!(world.events()[0].end, End::Lasts);
    world.watched.insert(1);
    world.run(10);
    assert_eq!((world.events().len(), world.events()[0].count), (1, 1));
    world.watched.remove(&1);
    world.run(1_000);
    assert_eq!(
        world.events()[0].end,
        End::Unknown(WallTime((left + 610) * 1_000), Unwatched::NotWatched)
    );
    assert_eq!(world.said(), (1, 0), "nobody knows that it ended");
}

#[test]
fn a_device_that_is_removed_ends_its_event_at_once() {
    let mut world = World::new(2);
    world.fail([2], Cause::NoAnswer);
    world.run(60);
    world.recorders = 1;
    world.watched.remove(&2);
    world.run(1);
    assert!(matches!(world.events()[0].end, End::Unknown(_, Unwatched::NotWatched)));
}

#[test]
fn until_seen_sounds_every_few_seconds_and_stops_at_once() {
    let mut world = World::new(2);
    world.settings.sound = AlertSound::UntilSeen;
    world.fail([1], Cause::NoAnswer);
    world.run(120);
    let sounds = world.sounds();
    assert!(
        sounds.len() >= 15 && sounds.windows(2).all(|pair| pair[1] - pair[0] == 5),
        "{sounds:?}"
    );
    // Its end does not stop it: nobody has seen it.
    world.failing.clear();
    world.run(60);
    assert!(world.sounds().last().unwrap() + 5 >= world.time);
    world.see_all();
    let before = world.sounds().len();
    world.run(120);
    assert_eq!(world.sounds().len(), before);
}

#[test]
fn somebody_who_has_heard_it_ends_the_sound_and_the_next_trouble_sounds_again() {
    let mut world = World::new(4);
    world.settings.sound = AlertSound::UntilSeen;
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    assert!(world.alerter.is_sounding());
    world.alerter.hush();
    assert!(!world.alerter.is_sounding());
    let before = world.sounds().len();
    world.run(120);
    assert_eq!(world.sounds().len(), before);
    assert!(world.events().iter().all(|event| !event.seen), "heard is not seen");
    world.fail([2], Cause::Refused);
    world.run(60);
    assert!(world.alerter.is_sounding() && world.sounds().len() > before + 1);
}

#[test]
fn a_kiosk_says_nothing_on_the_desktop_unless_it_is_asked_to() {
    let mut settings = AlertSettings::default();
    assert!(settings.in_kiosk().attention && settings.in_kiosk().sound == AlertSound::Once);
    assert!(!settings.in_kiosk().notification);
    settings.kiosk_notification = true;
    assert!(settings.in_kiosk().notification);
    settings.notification = false;
    assert!(!settings.in_kiosk().notification);
}

#[test]
fn a_sound_that_is_switched_off_stops_at_once_and_none_begins() {
    let mut world = World::new(4);
    world.settings.sound = AlertSound::UntilSeen;
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    world.settings.sound = AlertSound::Off;
    let before = world.sounds().len();
    world.run(120);
    world.fail([2, 3], Cause::Refused);
    world.run(120);
    assert_eq!(world.sounds().len(), before);
    assert!(world.said().0 > 1, "the other means call");
}

#[test]
fn quiet_hours_call_nobody_and_what_lasts_at_their_end_calls_then() {
    let mut world = World::new(4);
    world.settings.sound = AlertSound::UntilSeen;
    world.settings.quiet_hours = Some("22:00-07:00".parse().unwrap());
    world.run(11 * 3_600);
    world.fail([1], Cause::NoAnswer);
    world.run(600);
    world.failing.clear();
    world.run(1_200);
    world.fail([2], Cause::NoAnswer);
    world.run(6 * 3_600);
    assert_eq!(world.events().len(), 2, "the list has both");
    assert!(world.alerts.is_empty());
    world.run(2 * 3_600);
    let (first, _) = world.alerts[0];
    assert_eq!(first, (24 + 7) * 3_600);
    let about = world.alerts.iter().find_map(|(_, alert)| match alert {
        Alert::Notify { about, .. } => Some(about.clone()),
        _ => None,
    });
    assert_eq!(about, Some(vec![world.events()[1].id]), "what was over calls nobody");
}

#[test]
fn quiet_hours_go_by_the_clock_on_the_wall_when_it_is_set_forward_or_back() {
    for shift in [60, -60] {
        let mut world = World::new(2);
        world.settings.sound = AlertSound::UntilSeen;
        world.settings.quiet_hours = Some("22:00-07:00".parse().unwrap());
        world.fail([1], Cause::NoAnswer);
        world.run(14 * 3_600);
        // At two in the morning.
        world.shift = shift;
        world.run(8 * 3_600);
        let sounds = world.sounds();
        let evening = sounds.iter().filter(|at| **at < 22 * 3_600).count();
        assert!(evening > 1_000);
        let morning = sounds.iter().find(|at| **at >= 22 * 3_600).copied();
        let seven = i64::from(31 * 3_600) - shift * 60;
        assert_eq!(morning.map(|at| i64::try_from(at).unwrap()), Some(seven));
    }
}

#[test]
fn each_kind_and_each_site_calls_by_its_own_means() {
    let mut world = World::new(4);
    let rules = &mut world.settings.rules;
    rules.set(None, Kind::SignIn, Means::NONE);
    rules.set(
        None,
        Kind::Refused,
        Means {
            attention: true,
            ..Means::NONE
        },
    );
    world.fail([1], Cause::SignIn);
    world.run(120);
    assert_eq!((world.events().len(), world.alerts.len()), (1, 0));
    world.fail([2], Cause::Refused);
    world.run(120);
    let alerts: Vec<Alert> = world.alerts.drain(..).map(|(_, alert)| alert).collect();
    assert_eq!(alerts, [Alert::Attention]);
    world.settings.rules.set_own(SITE, true);
    world.settings.rules.set(Some(SITE), Kind::NoAnswer, Means::NONE);
    world.fail([3], Cause::NoAnswer);
    world.run(120);
    assert!(world.alerts.is_empty());
}

#[test]
fn what_lasted_when_the_program_ended_has_an_end_that_nobody_knows() {
    let mut world = World::new(2);
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    let kept: Vec<EventRecord> = world.tracker.book().iter().cloned().collect();
    let at = WallTime(world.time * 1_000);
    let book = EventBook::restore(kept, None, at);
    assert_eq!(
        book.iter().next().unwrap().end,
        End::Unknown(at, Unwatched::ProgramEnded)
    );
    world.tracker = Tracker::new(book);
    world.run(60);
    let events: Vec<(EventId, bool)> = world.events().iter().map(|event| (event.id, event.lasts())).collect();
    assert_eq!(events, [(EventId(1), true)], "it lasts still, and is the same event");
}

#[test]
fn what_lasted_when_the_program_ended_and_is_over_has_ended_while_it_was_off() {
    let mut world = World::new(2);
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    let at = world.now().wall;
    world.restart();
    world.failing.clear();
    world.time += 3_600;
    world.run(20);
    assert_eq!(
        world.events()[0].end,
        End::Unknown(at, Unwatched::ProgramEnded),
        "not yet"
    );
    world.run(40);
    assert_eq!(world.events()[0].end, End::Unknown(at, Unwatched::WhileOff));
}

#[test]
fn what_fails_again_two_days_later_is_another_trouble_and_what_nobody_watches_is_forgotten() {
    let mut world = World::new(2);
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    world.restart();
    world.time += 2 * 24 * 3_600;
    world.run(60);
    let lasting: Vec<EventId> = world.events().iter().filter(|of| of.lasts()).map(|of| of.id).collect();
    assert_eq!(lasting, [EventId(2)]);
    world.restart();
    world.watched.clear();
    world.run(3_600);
    assert!(world.tracker.is_calm() && world.tracker.awaited().is_empty());
    assert!(
        world
            .events()
            .iter()
            .all(|of| matches!(of.end, End::Unknown(_, Unwatched::ProgramEnded)))
    );
}

fn rule(text: &str) -> OwnRule {
    text.parse().unwrap()
}

#[test]
fn the_first_rule_that_fits_decides_and_else_the_table_does() {
    let mut world = World::new(3);
    world.settings.own_rules = vec![
        rule("what=sign-in; means=none"),
        rule("what=sign-in+refused; means=attention"),
    ];
    world.fail([1], Cause::SignIn);
    world.run(60);
    assert!(world.alerts.is_empty());
    world.fail([2], Cause::Refused);
    world.run(60);
    let alerts: Vec<Alert> = world.alerts.drain(..).map(|(_, alert)| alert).collect();
    assert_eq!(alerts, [Alert::Attention]);
    world.fail([3], Cause::CertificateChanged);
    world.run(60);
    assert!(
        world
            .alerts
            .iter()
            .any(|(_, alert)| matches!(alert, Alert::Notify { .. }))
    );
}

#[test]
fn what_ends_before_it_lasted_as_long_as_the_rule_says_calls_nobody() {
    let mut world = World::new(2);
    world.settings.own_rules = vec![rule("after=300; means=mail")];
    world.fail([1], Cause::NoAnswer);
    world.run(200);
    world.failing.clear();
    world.run(1_200);
    assert!(world.alerts.is_empty(), "{:?}", world.alerts);
    world.fail([2], Cause::NoAnswer);
    let begun = world.time;
    world.run(600);
    let first = world
        .alerts
        .first()
        .map(|(at, alert)| (*at - begun, matches!(alert, Alert::Write { over: false, .. })));
    assert!(matches!(first, Some((300..=302, true))), "{first:?}");
    world.failing.clear();
    world.run(600);
    assert!(matches!(
        world.alerts.last(),
        Some((_, Alert::Write { over: true, .. }))
    ));
    assert_eq!(world.alerts.len(), 2);
}

#[test]
fn what_ends_for_a_moment_still_calls_when_it_has_lasted_as_long_as_the_rule_says() {
    let mut world = World::new(2);
    world.settings.own_rules = vec![rule("after=300; means=mail")];
    world.fail([1], Cause::NoAnswer);
    world.run(200);
    world.failing.clear();
    world.run(3);
    world.fail([1], Cause::NoAnswer);
    world.run(600);
    assert!(
        matches!(&world.alerts[..], [(_, Alert::Write { over: false, .. })]),
        "{:?}",
        world.alerts
    );
    // The same at the end of quiet hours.
    let mut world = World::new(2);
    world.settings.quiet_hours = Some("11:00-12:20".parse().unwrap());
    world.fail([1], Cause::NoAnswer);
    world.run(20 * 60 - 1);
    world.failing.clear();
    world.run(3);
    world.fail([1], Cause::NoAnswer);
    world.run(120);
    assert_eq!(world.said(), (1, 0), "{:?}", world.alerts);
}

#[test]
fn what_lasts_is_not_let_go_for_what_is_over() {
    let world = World::new(1);
    let mut reported = Reported::default();
    let event = |number: u64, end: End| EventRecord {
        end,
        ..EventRecord::new(
            EventId(number),
            Subject::Device(DeviceId(1)),
            Occurrence::Input,
            world.now().wall,
        )
    };
    reported.take(event(1, End::Lasts), world.now());
    let mut forgotten = Vec::new();
    for number in 2..1_500 {
        let news = reported.take(event(number, End::At(world.now().wall)), world.now());
        forgotten.extend(news.into_iter().filter(|news| matches!(news, News::Forgotten(_))));
    }
    assert!(reported.get(EventId(1)).is_some() && reported.iter().count() <= 1_000);
    assert_eq!(forgotten.first(), Some(&News::Forgotten(EventId(2))));
}

#[test]
fn what_begins_outside_of_a_rules_hours_and_lasts_calls_when_they_begin() {
    let mut world = World::new(3);
    // It is Monday noon. By the table nobody is called about refusals.
    world.settings.rules.set(None, Kind::Refused, Means::NONE);
    world.settings.own_rules = vec![rule(
        "what=refused; when=mon-fri 18:00-08:00 / holiday none; means=mail",
    )];
    world.fail([1], Cause::Refused);
    world.run(3_600);
    world.failing.clear();
    world.run(3_600);
    world.fail([2], Cause::Refused);
    world.run(6 * 3_600);
    let called: Vec<u64> = world.alerts.drain(..).map(|(at, _)| at).collect();
    assert_eq!(called, [18 * 3_600]);
    world.failing.clear();
    world.run(1_200);
    assert_eq!(world.alerts.drain(..).count(), 1, "its end");
    // Tuesday is a holiday.
    world.settings.holidays = vec!["1970-01-06".parse().unwrap()];
    world.run(24 * 3_600);
    world.fail([3], Cause::Refused);
    world.run(3 * 3_600);
    assert!(world.alerts.is_empty(), "{:?}", world.alerts);
}

#[test]
fn cameras_are_opened_about_what_a_rule_says_and_may_close_when_it_ends() {
    let mut world = World::new(2);
    world.settings.own_rules = vec![rule("means=border; open=event; close=yes")];
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    let id = world.events()[0].id;
    assert!(matches!(&world.alerts[..], [(_, Alert::Open { event, view })] if *event == id && view.of_event));
    assert!(world.alerter.bordered().contains(&id));
    world.failing.clear();
    world.run(600);
    assert_eq!(
        world.alerts.last().map(|(_, alert)| alert.clone()),
        Some(Alert::Close { event: id })
    );
    assert!(world.alerter.bordered().contains(&id), "nobody has seen it");
    world.see_all();
    world.run(1);
    assert!(world.alerter.bordered().is_empty());
}

#[test]
fn what_lasts_and_was_acknowledged_calls_no_more_also_after_a_restart_and_is_listed_as_ended_when_it_ends() {
    let mut world = World::new(2);
    world.settings.sound = AlertSound::UntilSeen;
    world.fail([1], Cause::NoAnswer);
    world.run(60);
    let id = world.events()[0].id;
    let noted = Acknowledged {
        at: world.now().wall,
        who: OwnName::new("tanaka"),
        note: NoteText::new("the shop is called"),
    };
    assert!(world.tracker.acknowledge(id, &noted));
    world.run(1);
    world.alerts.clear();
    world.run(24 * 3_600);
    assert!(world.alerts.is_empty(), "{:?}", world.alerts.first());
    world.restart();
    world.run(3_600);
    assert!(world.alerts.is_empty(), "{:?}", world.alerts.first());
    assert!(world.events()[0].lasts() && world.events()[0].acknowledged.is_some());
    world.failing.clear();
    world.run(600);
    assert_eq!(world.events().len(), 1);
    assert!(matches!(world.events()[0].end, End::At(_)));
}

/// A door that a camera reports: what calls is what a rule is about.
#[test]
fn what_devices_report_calls_where_a_rule_is_about_it_and_its_end_is_told_once() {
    let mut world = World::new(1);
    let mut reported = Reported::default();
    let channel = ChannelId {
        device: DeviceId(1),
        number: 1,
    };
    world.settings.own_rules = vec![rule("what=input; means=mail")];
    world.run(1);
    let mut event = EventRecord::new(
        EventId(70),
        Subject::Channel(channel),
        Occurrence::Input,
        world.now().wall,
    );
    let say = |world: &mut World, reported: &mut Reported, event: Option<&EventRecord>, seconds: u64| {
        let mut news: Vec<News> = event
            .map(|event| reported.take(event.clone(), world.now()))
            .unwrap_or_default();
        for _ in 0..seconds {
            world.time += 1;
            let now = world.now();
            news.extend(reported.tick(now));
            let both = Both(&world.tracker, reported);
            world.alerter.take(&news, &both, now);
            world.alerter.tick(&both, now);
            news.clear();
            while let Some(alert) = world.alerter.poll() {
                world.alerts.push((world.time, alert));
            }
        }
    };
    say(&mut world, &mut reported, Some(&event), 5);
    let said = |world: &World| -> Vec<bool> {
        let over = world.alerts.iter().filter_map(|(_, alert)| match alert {
            Alert::Write { over, .. } => Some(*over),
            _ => None,
        });
        over.collect()
    };
    assert_eq!(said(&world), [false]);
    // It comes and goes on the same row.
    event.end = End::At(world.now().wall);
    say(&mut world, &mut reported, Some(&event), 20);
    event.end = End::Lasts;
    event.count = 2;
    say(&mut world, &mut reported, Some(&event), 20);
    assert_eq!(said(&world), [false]);
    event.end = End::At(world.now().wall);
    say(&mut world, &mut reported, Some(&event), 120);
    assert_eq!(said(&world), [false, true]);
    // What has no length has no end that is told.
    let moment = EventRecord {
        id: EventId(71),
        end: End::At(world.now().wall),
        since: world.now().wall,
        ..event
    };
    say(&mut world, &mut reported, Some(&moment), 300);
    assert_eq!(said(&world), [false, true, false]);
}

struct Both<'a>(&'a Tracker, &'a Reported);

impl EventsById for Both<'_> {
    fn event(&self, id: EventId) -> Option<&EventRecord> {
        self.0.book().get(id).or_else(|| self.1.get(id))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: what has ended or never was is never said to last, what fails for long is always in the list, and nobody is
    /// called about what is not in it.
    #[test]
    fn the_list_is_true_whatever_happens(
        steps in prop::collection::vec((1_u64..=6, 0_usize..4, 1_u64..400, any::<bool>()), 1..60),
    ) {
        let mut world = World::new(6);
        for (device, what, seconds, watched) in steps {
            match what {
                0 => drop(world.failing.remove(&device)),
                1 => drop(world.failing.insert(device, Cause::NoAnswer)),
                2 => drop(world.failing.insert(device, Cause::SignIn)),
                _ if watched => drop(world.watched.insert(device)),
                _ => drop(world.watched.remove(&device)),
            }
            world.run(seconds);
            let lasting: Vec<&EventRecord> = world.events().into_iter().filter(|event| event.lasts()).collect();
            for event in &lasting {
                let may_fail = |device: &DeviceId| world.failing.contains_key(&device.0) || !world.watched.contains(&device.0);
                prop_assert!(event.devices.iter().any(may_fail), "{event:?}");
            }
            let listed: BTreeSet<DeviceId> = lasting.iter().flat_map(|event| event.devices.iter().copied()).collect();
            if seconds > 60 {
                for (device, _) in world.failing.iter().filter(|(device, _)| world.watched.contains(device)) {
                    prop_assert!(listed.contains(&DeviceId(*device)), "{device} fails and is not listed");
                }
            }
            for event in world.events() {
                prop_assert!(event.until().is_none_or(|until| until >= event.since));
            }
        }
        let ids: BTreeSet<EventId> = world.events().iter().map(|event| event.id).collect();
        let known = ids.last().map_or(0, |id| id.0);
        for (_, alert) in &world.alerts {
            if let Alert::Notify { about, .. } = alert {
                prop_assert!(about.iter().all(|id| id.0 <= known));
            }
        }
    }
}

#[test]
fn nobody_is_called_while_somebody_works_there_and_what_lasts_then_calls_once() {
    let mut world = World::new(8);
    world.alerter.set_planned((1..=4).map(DeviceId).collect());
    world.fail(1..=4, Cause::NoAnswer);
    world.run(600);
    assert!(
        world.alerts.is_empty() && !world.events().is_empty(),
        "{:?}",
        world.alerts
    );
    // Another one fails: that is nobody's plan.
    world.fail([7], Cause::Refused);
    world.run(120);
    assert_eq!(world.said(), (1, 0), "{:?}", world.alerts);
    // Two are back before the work is over, and two are not.
    world.failing.remove(&1);
    world.failing.remove(&2);
    world.run(120);
    assert_eq!(world.said(), (1, 0));
    let before = world.alerts.len();
    world.alerter.set_planned(BTreeSet::new());
    world.run(120);
    assert_eq!(world.said().0, 2, "{:?}", &world.alerts[before..]);
    world.failing.clear();
    world.run(900);
    assert_eq!(
        world.said().1,
        2,
        "each end is told once: {:?}",
        &world.alerts[before..]
    );
}

#[test]
fn what_came_and_went_while_somebody_worked_there_is_told_nobody() {
    let mut world = World::new(4);
    world.alerter.set_planned((1..=4).map(DeviceId).collect());
    for _ in 0..3 {
        world.fail(1..=4, Cause::NoAnswer);
        world.run(300);
        world.failing.clear();
        world.run(900);
    }
    world.alerter.set_planned(BTreeSet::new());
    world.run(900);
    assert!(world.alerts.is_empty(), "{:?}", world.alerts);
}
