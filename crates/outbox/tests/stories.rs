//! What must hold of letters, in simulated time: from what fails to what a server has.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use device::{ChannelId, DeviceId, SiteId};
use events::{
    Alert, AlertSettings, Alerter, Cause, EventBook, LocalTime, Messenger, Moment, Observation, Part, Sighting,
    Subject, ToldCall, Tracker, WallTime,
};
use outbox::{Delivery, DeliveryEnd, KeptOutbox, LetterText, Outbox, Phase, TroubleFacts};
use proptest::prelude::*;

const SITE: SiteId = SiteId(1);
const MAIL: Messenger = Messenger::Mail;

/// How the server of mails behaves.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    Up,
    Down,
    /// It takes the connection and has no time.
    Busy,
    RefusesSignIn,
    /// It takes none of the letters.
    RefusesLetters,
}

/// Recorders at one site, a program that looks each second, and a mail server.
struct World {
    tracker: Tracker,
    alerter: Alerter,
    outbox: Outbox,
    begin: Instant,
    /// In seconds.
    time: u64,
    failing: BTreeMap<u64, Cause>,
    recorders: u64,
    server: Server,
    /// What was tried, and when.
    connects: Vec<u64>,
    /// What the server has: the letters of each mail.
    mails: Vec<Vec<(u64, Phase)>>,
}

impl World {
    fn new(recorders: u64) -> Self {
        let mut world = Self {
            tracker: Tracker::default(),
            alerter: Alerter::default(),
            outbox: Outbox::default(),
            begin: Instant::now(),
            time: 1_000_000,
            failing: BTreeMap::new(),
            recorders,
            server: Server::Up,
            connects: Vec::new(),
            mails: Vec::new(),
        };
        world.outbox.set_messengers(&BTreeMap::from([(MAIL, 1)]));
        world
    }

    fn wall(&self) -> WallTime {
        WallTime(self.time * 1_000)
    }

    fn look(&self) -> Observation {
        let channel = |device: u64| ChannelId {
            device: DeviceId(device),
            number: 1,
        };
        let all = || 1..=self.recorders;
        let sighting = |(device, cause): (&u64, &Cause)| Sighting {
            subject: Subject::Device(DeviceId(*device)),
            name: format!("DVR{device}"),
            site: Some((SITE, "Osaka".to_owned())),
            cause: *cause,
            since: None,
            parts: BTreeSet::from([Part::Device(DeviceId(*device))]),
            held: BTreeSet::new(),
        };
        Observation {
            sightings: self.failing.iter().map(sighting).collect(),
            shown: all().filter(|id| !self.failing.contains_key(id)).map(channel).collect(),
            watched: all().map(channel).collect(),
            registered: all().map(DeviceId).collect(),
        }
    }

    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.time += 1;
            let now = Moment {
                steady: self.begin + Duration::from_secs(self.time),
                wall: self.wall(),
                local: LocalTime::default(),
            };
            self.alerter
                .set_settings(&AlertSettings::default(), self.tracker.book(), now.local);
            let news = self.tracker.look(&self.look(), Duration::from_secs(30), now);
            self.alerter.take(&news, self.tracker.book(), now);
            self.alerter.tick(self.tracker.book(), now);
            while let Some(alert) = self.alerter.poll() {
                if let Alert::Forget { by, call } = alert {
                    self.outbox.forget(by, call);
                }
                if let Alert::Write {
                    by: MAIL,
                    call,
                    about,
                    over,
                } = alert
                {
                    let events = about.iter().filter_map(|id| self.tracker.book().get(*id));
                    let facts: Vec<TroubleFacts> = events.map(TroubleFacts::of).collect();
                    let text = LetterText {
                        subject: format!("{} of call {call}", facts.len()),
                        body: String::new(),
                    };
                    self.outbox.write(MAIL, call, over, text, facts, self.wall());
                }
            }
            self.deliver();
        }
    }

    fn deliver(&mut self) {
        let now = self.wall();
        let Some((messenger, _)) = self.outbox.due(now) else {
            return;
        };
        self.connects.push(self.time);
        self.outbox.set_out(messenger);
        assert_eq!(self.outbox.due(now), None, "one connection at a time");
        let parcels = self.outbox.load(messenger, now);
        assert!(!parcels.is_empty(), "nobody goes for nothing");
        let ids: Vec<_> = parcels
            .iter()
            .flat_map(|parcel| &parcel.letters)
            .map(|letter| letter.id)
            .collect();
        let (delivered, refused, end) = match self.server {
            Server::Up => (ids, Vec::new(), DeliveryEnd::Done),
            Server::Down | Server::Busy => (Vec::new(), Vec::new(), DeliveryEnd::Later),
            Server::RefusesSignIn => (Vec::new(), Vec::new(), DeliveryEnd::Stopped),
            Server::RefusesLetters => (Vec::new(), ids, DeliveryEnd::Done),
        };
        if self.server == Server::Up {
            let mail = |parcel: &outbox::Parcel| {
                parcel
                    .letters
                    .iter()
                    .map(|letter| (letter.id.0, letter.phase))
                    .collect()
            };
            self.mails.extend(parcels.iter().map(mail));
        }
        self.outbox.done(
            messenger,
            &Delivery {
                delivered,
                refused,
                end,
            },
            now,
        );
    }

    /// The program ends and starts again.
    fn restart(&mut self) {
        let kept = self.outbox.kept();
        self.outbox = Outbox::restore(kept);
        self.outbox.set_messengers(&BTreeMap::from([(MAIL, 1)]));
        let book = EventBook::restore(
            self.tracker.book().iter().cloned(),
            Some(self.tracker.book().last()),
            self.wall(),
        );
        self.tracker = Tracker::new(book);
        self.alerter = Alerter::default();
        let told: Vec<ToldCall> = self.outbox.told().cloned().collect();
        self.alerter.resume(told, &self.tracker.awaited(), self.tracker.book());
    }

    /// All letters that arrived, by their numbers.
    fn arrived(&self) -> Vec<u64> {
        self.mails.iter().flatten().map(|(id, _)| *id).collect()
    }

    fn phases(&self) -> Vec<Phase> {
        self.mails.iter().flatten().map(|(_, phase)| *phase).collect()
    }
}

#[test]
fn sixty_four_cameras_that_drop_are_one_mail_and_one_at_the_end() {
    let mut world = World::new(64);
    // A power cut takes them one after another.
    for device in 1..=64 {
        world.failing.insert(device, Cause::NoAnswer);
        if device % 4 == 0 {
            world.run(1);
        }
    }
    world.run(900);
    assert_eq!(world.phases(), [Phase::Begun]);
    assert_eq!(world.connects.len(), 1);
    world.failing.clear();
    world.run(900);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
    assert_eq!(world.connects.len(), 2);
    assert!(world.outbox.is_empty());
}

#[test]
fn a_certificate_that_was_renewed_on_thirty_devices_is_one_mail() {
    let mut world = World::new(30);
    world
        .failing
        .extend((1..=30).map(|device| (device, Cause::CertificateChanged)));
    world.run(3_600);
    assert_eq!(world.phases(), [Phase::Begun]);
    assert_eq!(world.mails.len(), 1);
}

#[test]
fn a_trouble_that_outlasts_a_restart_is_one_mail_and_one_at_its_end() {
    let mut world = World::new(4);
    world.failing.extend((1..=4).map(|device| (device, Cause::NoAnswer)));
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun]);
    for _ in 0..3 {
        world.restart();
        world.time += 60;
        world.run(600);
    }
    assert_eq!(world.phases(), [Phase::Begun], "nobody is told again what they know");
    world.failing.clear();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
}

#[test]
fn the_end_of_what_ended_while_the_program_was_off_is_told_once() {
    let mut world = World::new(2);
    world.failing.insert(1, Cause::NoAnswer);
    world.run(600);
    world.restart();
    // Killed again before anybody looked.
    world.restart();
    world.failing.clear();
    world.time += 2 * 3_600;
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
    world.restart();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
}

#[test]
fn of_several_that_ended_one_after_another_each_end_is_told_once_over_a_restart() {
    let mut world = World::new(4);
    world.failing.extend([(1, Cause::NoAnswer), (2, Cause::SignIn)]);
    world.run(600);
    world.failing.remove(&1);
    world.run(300);
    world.failing.insert(1, Cause::NoAnswer);
    world.run(300);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Begun]);
    world.restart();
    world.failing.clear();
    world.run(900);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Begun, Phase::Over, Phase::Over]);
    world.restart();
    world.run(600);
    assert_eq!(world.phases().len(), 4);
    assert_eq!(world.outbox.told().count(), 0, "nothing is left to be told");
}

#[test]
fn an_end_just_before_the_program_ended_is_told_after_the_start() {
    let mut world = World::new(2);
    world.failing.insert(1, Cause::NoAnswer);
    world.run(600);
    world.failing.clear();
    world.run(5);
    assert_eq!(world.phases(), [Phase::Begun]);
    world.restart();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
}

#[test]
fn a_letter_that_waited_when_the_program_was_killed_is_sent_once_and_grows_as_before() {
    let mut world = World::new(3);
    world.failing.insert(1, Cause::NoAnswer);
    world.run(40);
    assert!(world.phases().is_empty());
    world.restart();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun]);
    world.failing.clear();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Begun, Phase::Over]);
}

#[test]
fn what_is_over_before_anybody_was_told_is_one_letter() {
    let mut world = World::new(2);
    let text = || LetterText::default();
    world.outbox.write(MAIL, 1, false, text(), Vec::new(), world.wall());
    world.run(30);
    world.outbox.write(MAIL, 1, true, text(), Vec::new(), world.wall());
    world.run(600);
    assert_eq!(world.phases(), [Phase::Over]);
    // A second word of the same end is none.
    assert!(!world.outbox.write(MAIL, 1, true, text(), Vec::new(), world.wall()));
}

#[test]
fn a_server_that_was_down_for_a_day_gets_each_letter_once_and_is_not_flooded() {
    let mut world = World::new(3);
    world.server = Server::Down;
    for hour in 0..24 {
        world.failing.insert(1 + hour % 3, Cause::NoAnswer);
        world.run(1_800);
        world.failing.clear();
        world.run(1_800);
        if hour % 7 == 3 {
            world.restart();
        }
    }
    assert!(world.arrived().is_empty());
    let day = world.connects.len();
    assert!((24..=60).contains(&day), "{day} connects in a day");
    let waiting = world.outbox.kept().letters.len();
    assert!(waiting > 20, "{waiting}");
    world.server = Server::Up;
    world.run(3_600);
    let arrived = world.arrived();
    let once: BTreeSet<u64> = arrived.iter().copied().collect();
    assert_eq!((arrived.len(), once.len()), (waiting, waiting));
    assert_eq!(world.mails.len(), 1, "many are a digest");
    assert!(world.outbox.is_empty());
}

#[test]
fn a_few_letters_that_waited_are_mails_of_their_own_over_one_connection() {
    let mut world = World::new(3);
    world.server = Server::Busy;
    for device in 1..=3 {
        world.failing.insert(device, Cause::NoAnswer);
        world.run(400);
    }
    world.server = Server::Up;
    let before = world.connects.len();
    world.run(1_900);
    assert_eq!((world.mails.len(), world.connects.len() - before), (3, 1));
}

#[test]
fn a_refused_sign_in_is_not_tried_again_before_something_changes() {
    let mut world = World::new(1);
    world.server = Server::RefusesSignIn;
    world.failing.insert(1, Cause::NoAnswer);
    world.run(7_200);
    assert_eq!(world.connects.len(), 1);
    world.restart();
    world.run(7_200);
    assert_eq!(world.connects.len(), 1, "a restart changes nothing");
    assert!(world.outbox.view(MAIL, world.wall()).unwrap().stopped);
    world.server = Server::Up;
    world.outbox.set_messengers(&BTreeMap::from([(MAIL, 2)]));
    world.run(60);
    assert_eq!(world.phases(), [Phase::Begun]);
}

#[test]
fn a_letter_that_is_refused_holds_up_no_other_and_is_given_up() {
    let mut world = World::new(1);
    world.server = Server::RefusesLetters;
    world.failing.insert(1, Cause::NoAnswer);
    world.run(600);
    assert_eq!(world.connects.len(), 1);
    world.server = Server::Up;
    world.failing.clear();
    world.run(600);
    assert_eq!(world.phases(), [Phase::Over], "its end is not held up");
    world.server = Server::RefusesLetters;
    world.run(20_000);
    assert!(world.outbox.is_empty(), "it is given up");
}

#[test]
fn a_trial_goes_at_once_and_its_failure_is_its_end() {
    let mut world = World::new(1);
    world.server = Server::RefusesSignIn;
    world.outbox.try_out(MAIL, LetterText::default(), world.wall());
    world.run(1);
    assert_eq!((world.connects.len(), world.outbox.len()), (1, 0));
    world.server = Server::Up;
    world.outbox.try_out(MAIL, LetterText::default(), world.wall());
    world.run(1);
    assert_eq!(world.phases(), [Phase::Trial], "who asks lifts the stop");
    assert!(world.outbox.kept().letters.is_empty());
}

#[test]
fn a_trial_goes_along_however_many_letters_wait() {
    let mut world = World::new(1);
    for call in 0..100 {
        world
            .outbox
            .write(MAIL, call, false, LetterText::default(), Vec::new(), world.wall());
    }
    world.time += 61;
    world.outbox.try_out(MAIL, LetterText::default(), world.wall());
    world.run(1);
    assert!(world.phases().contains(&Phase::Trial));
}

#[test]
fn a_refusal_of_what_was_changed_meanwhile_stops_nothing() {
    let mut world = World::new(1);
    world
        .outbox
        .write(MAIL, 1, false, LetterText::default(), Vec::new(), world.wall());
    world.time += 61;
    world.outbox.set_out(MAIL);
    assert_eq!(world.outbox.load(MAIL, world.wall()).len(), 1);
    // Another password is entered while the earlier one is on its way.
    world.outbox.lift(MAIL);
    let refused = Delivery {
        delivered: Vec::new(),
        refused: Vec::new(),
        end: DeliveryEnd::Stopped,
    };
    world.outbox.done(MAIL, &refused, world.wall());
    assert!(!world.outbox.view(MAIL, world.wall()).unwrap().stopped);
    world.run(61);
    assert_eq!(world.phases(), [Phase::Begun]);
}

#[test]
fn with_no_server_nothing_is_written_and_switching_off_drops_what_waits() {
    let mut world = World::new(1);
    world.server = Server::Down;
    world.failing.insert(1, Cause::NoAnswer);
    world.run(300);
    assert_eq!(world.outbox.len(), 1);
    world.outbox.set_messengers(&BTreeMap::new());
    assert!(world.outbox.is_empty());
    let wrote = world
        .outbox
        .write(MAIL, 9, false, LetterText::default(), Vec::new(), world.wall());
    assert!(!wrote && world.outbox.due(world.wall()).is_none());
}

#[test]
fn while_nobody_knows_who_has_a_server_what_waits_is_kept() {
    let mut world = World::new(1);
    world.server = Server::Down;
    world.failing.insert(1, Cause::NoAnswer);
    world.run(300);
    let kept = world.outbox.kept();
    world.outbox = Outbox::restore(kept.clone());
    world.outbox.set_known_messengers(&BTreeMap::new());
    assert!(world.outbox.due(world.wall()).is_none());
    assert_eq!(world.outbox.kept(), kept);
    world.outbox.set_messengers(&BTreeMap::from([(MAIL, 1)]));
    assert_eq!((world.outbox.len(), world.outbox.told().count()), (1, 1));
}

#[test]
fn a_clock_that_is_set_back_by_years_holds_up_nothing_for_long() {
    let mut world = World::new(1);
    world.server = Server::Down;
    world.failing.insert(1, Cause::NoAnswer);
    world.run(600);
    let kept = world.outbox.kept();
    world.outbox = Outbox::restore(kept);
    world.outbox.set_messengers(&BTreeMap::from([(MAIL, 1)]));
    world.server = Server::Up;
    let earlier = WallTime(1_000);
    assert_eq!(world.outbox.due(earlier), Some((MAIL, false)));
}

proptest! {
    // Each simulates some hours.
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However recorders and the server come and go: no letter arrives twice, and no minute has two connects.
    #[test]
    fn no_letter_arrives_twice_and_no_minute_has_two_connects(
        steps in proptest::collection::vec((1_u64..4, any::<bool>(), 0_u8..4, 1_u64..600, 0_u8..8), 1..40)
    ) {
        let mut world = World::new(3);
        for (device, fails, server, seconds, restart) in steps {
            match fails {
                true => drop(world.failing.insert(device, Cause::NoAnswer)),
                false => drop(world.failing.remove(&device)),
            }
            world.server = [Server::Up, Server::Down, Server::Busy, Server::Up][usize::from(server)];
            world.run(seconds);
            if restart == 0 {
                world.restart();
            }
        }
        let arrived = world.arrived();
        let once: BTreeSet<u64> = arrived.iter().copied().collect();
        prop_assert_eq!(arrived.len(), once.len());
        prop_assert!(world.connects.windows(2).all(|pair| pair[1] - pair[0] >= 60));
        let kept: KeptOutbox = world.outbox.kept();
        prop_assert!(kept.letters.iter().all(|(_, _, letter)| !once.contains(&letter.id.0)));
    }
}
