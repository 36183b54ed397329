use std::collections::BTreeMap;

use incidents::IncidentState;

use super::*;
use crate::sample::{EventHabits, NOON, Naming, ScriptedHabits, ScriptedRecorder, SeenRequest, SignInHabit, TOOK};
use device::Password;

const SECOND: Duration = Duration::from_secs(1);
const RIGHT: &str = "p@ss:日";

/// A recorder and who hears it, in a time of their own.
struct Story {
    recorder: ScriptedRecorder,
    point: PullPoint,
    begin: Instant,
    now: Instant,
    /// When each request went out, by name.
    asked: Vec<(Duration, String)>,
    /// Each request has a connection of its own.
    connects: u32,
    heard: Vec<Incident>,
}

fn habits(events: EventHabits) -> ScriptedHabits {
    ScriptedHabits {
        sign_in: SignInHabit::Digest {
            sha256: false,
            nonce_each: false,
        },
        channels: 4,
        events: Some(events),
        ..ScriptedHabits::default()
    }
}

impl Story {
    fn new(habits: ScriptedHabits, password: &str) -> Self {
        let begin = Instant::now();
        let plan = PullPointPlan {
            path: crate::DEVICE_SERVICE.to_owned(),
            credentials: Some(Credentials {
                user: "admin".to_owned(),
                password: Password::new(password),
            }),
            may_basic: false,
            channels: usize::from(habits.channels),
            seed: 1,
        };
        Self {
            recorder: ScriptedRecorder::new(habits),
            point: PullPoint::new(plan),
            begin,
            now: begin,
            asked: Vec::new(),
            connects: 1,
            heard: Vec::new(),
        }
    }

    fn of(events: EventHabits) -> Self {
        Self::new(habits(events), RIGHT)
    }

    fn wall(&self) -> SystemTime {
        NOON + Duration::from_secs(1_795_956_000) + (self.now - self.begin)
    }

    /// Lets so long pass. What waits for an answer gets it when it is due; `happens` says what the recorder has to tell in the meantime.
    fn run(&mut self, seconds: u64) -> &mut Self {
        let end = self.now + SECOND * u32::try_from(seconds).unwrap();
        while self.now < end {
            match self.point.next(self.now, self.wall()) {
                PullNext::Ask(request) => self.ask(*request),
                PullNext::Wait(at) | PullNext::Rest(at) => {
                    assert!(at > self.now, "it would turn on the spot");
                    self.now = at.min(end);
                }
                PullNext::Stop => self.now = end,
            }
        }
        self
    }

    fn ask(&mut self, request: WebRequest) {
        let mut headers = BTreeMap::from([("content-type".to_owned(), request.content_type.clone())]);
        if let Some(value) = request.authorization {
            headers.insert("authorization".to_owned(), String::from_utf8(value).unwrap());
        }
        let name = request
            .content_type
            .rsplit('/')
            .next()
            .unwrap()
            .trim_end_matches('"')
            .to_owned();
        self.asked.push((self.now - self.begin, name));
        let seen = SeenRequest {
            method: "POST".to_owned(),
            target: request.target,
            headers,
            body: request.body,
        };
        let answer = self.recorder.answer(&seen, self.wall());
        let took = TOOK + answer.waits;
        self.now += took;
        let challenges = answer.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate");
        let reply = WebReply {
            status: answer.status,
            challenges: challenges.map(|(_, value)| value.as_bytes().to_vec()).collect(),
            server: None,
            body: answer.body,
        };
        self.point.answered(&reply, took, self.now, self.wall());
        self.heard.extend(self.point.take());
        if answer.closes {
            self.connects += 1;
            self.point.set_costly(self.now);
        }
    }

    fn count(&self, name: &str) -> usize {
        self.asked.iter().filter(|(_, asked)| asked == name).count()
    }

    fn times(&self, name: &str) -> Vec<u64> {
        let of = self.asked.iter().filter(|(_, asked)| asked == name);
        of.map(|(at, _)| at.as_secs()).collect()
    }
}

const MAKE: &str = "CreatePullPointSubscriptionRequest";
const PULL: &str = "PullMessagesRequest";

#[test]
fn a_recorder_that_keeps_to_the_book_is_pulled_once_a_minute() {
    let mut story = Story::of(EventHabits::default());
    story.run(3_600);
    assert_eq!(story.count(MAKE), 1);
    assert!((58..=61).contains(&story.count(PULL)), "{}", story.count(PULL));
    assert_eq!(story.count("RenewRequest"), 0, "pulls make it last");
    assert_eq!(story.point.trouble(), None);
}

#[test]
fn events_at_once_and_for_ever_are_pulled_once_a_second_at_most() {
    let mut story = Story::of(EventHabits {
        floods: true,
        lasts: Duration::ZERO,
        ..EventHabits::default()
    });
    story.run(600);
    assert!((560..=600).contains(&story.count(PULL)), "{}", story.count(PULL));
    assert_eq!(
        (story.count(MAKE), story.count("RenewRequest")),
        (1, 0),
        "that it has ended already is not believed"
    );
    assert!(story.heard.len() >= 560);
}

#[test]
fn empty_answers_before_their_time_make_the_pace_slow() {
    let mut story = Story::of(EventHabits {
        hurries: true,
        ..EventHabits::default()
    });
    story.run(600);
    assert!((55..=65).contains(&story.count(PULL)), "{}", story.count(PULL));
    story.recorder.events.motion(1, true);
    story.run(10);
    assert_eq!(story.heard.len(), 1);
}

#[test]
fn what_pulls_do_not_make_last_is_renewed_and_a_lost_renew_is_no_flood() {
    let events = EventHabits {
        lasts: Duration::from_secs(300),
        pulls_prolong: false,
        ..EventHabits::default()
    };
    let mut story = Story::of(events.clone());
    story.run(3_600);
    assert_eq!(story.count(MAKE), 1);
    assert!(
        (10..=20).contains(&story.count("RenewRequest")),
        "{:?}",
        story.times("RenewRequest")
    );
    let mut lost = Story::of(EventHabits {
        renews: false,
        forgets_after: Some(5),
        ..events
    });
    lost.run(7_200);
    let made = lost.times(MAKE);
    assert_eq!(lost.count("RenewRequest"), 1, "it is never known there: {made:?}");
    assert!(made.windows(2).all(|pair| pair[1] - pair[0] >= 60), "{made:?}");
    assert!(made.len() <= 20, "{made:?}");
}

#[test]
fn a_device_that_forgets_at_once_is_asked_after_pauses_that_grow() {
    let mut story = Story::of(EventHabits {
        forgets_after: Some(0),
        ..EventHabits::default()
    });
    story.run(24 * 3_600);
    let made = story.times(MAKE);
    let pauses: Vec<u64> = made.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|pause| *pause >= 60), "{pauses:?}");
    assert!(pauses.last().is_some_and(|last| *last >= 3_600), "{pauses:?}");
    assert!(made.len() < 40, "{made:?}");
}

#[test]
fn a_subscription_is_reached_whatever_it_is_called() {
    for names in [Naming::Address, Naming::Parameters, Naming::Nothing] {
        let mut story = Story::of(EventHabits {
            names,
            ..EventHabits::default()
        });
        story.run(130);
        assert_eq!((story.count(MAKE), story.point.trouble()), (1, None), "{names:?}");
        story.point.end();
        story.run(10);
        assert_eq!(story.recorder.events.lives, None, "{names:?}");
        assert_eq!(story.count("UnsubscribeRequest"), 1);
    }
}

#[test]
fn an_end_is_said_by_their_clock_where_they_want_a_time() {
    let mut story = Story::new(
        ScriptedHabits {
            clock: 36_000,
            ..habits(EventHabits {
                wants_absolute: true,
                ..EventHabits::default()
            })
        },
        RIGHT,
    );
    story.run(300);
    assert_eq!(story.count(MAKE), 2, "by a length, by a time: {:?}", story.asked);
    assert_eq!((story.recorder.events.made, story.point.trouble()), (1, None));
    assert_eq!(story.point.clock(), Some(36_000));
    assert!(story.count(PULL) >= 4);
}

#[test]
fn channels_are_known_by_tokens_and_one_that_is_always_the_same_is_the_devices() {
    let mut story = Story::of(EventHabits::default());
    story.run(5);
    for channel in [3, 2, 3, 4] {
        story.recorder.events.motion(channel, true);
    }
    story.run(61);
    let channels: Vec<Option<u16>> = story.heard.iter().map(|one| one.channel).collect();
    assert_eq!(channels, [None, Some(2), Some(3), Some(4)]);
    assert_eq!(story.heard[0].state, IncidentState::Begin);
    let mut first = Story::of(EventHabits {
        always_first: true,
        ..EventHabits::default()
    });
    first.run(5);
    for channel in [3, 2, 3, 4] {
        first.recorder.events.motion(channel, true);
    }
    first.run(61);
    assert!(first.heard.len() == 4 && first.heard.iter().all(|one| one.channel.is_none()));
}

#[test]
fn a_refused_sign_in_is_the_end() {
    let mut story = Story::new(habits(EventHabits::default()), "wrong");
    story.run(24 * 3_600);
    assert_eq!(story.recorder.refused, 1);
    let asked = story.asked.len();
    assert!(matches!(
        story.point.trouble(),
        Some(PullTrouble::SignIn(SignInRefusal::Refused { .. }))
    ));
    story.run(24 * 3_600);
    assert_eq!(story.asked.len(), asked);
    let mut middle = Story::of(EventHabits {
        refuses_after: Some(3),
        ..EventHabits::default()
    });
    middle.run(24 * 3_600);
    assert_eq!(
        middle.count(PULL),
        5,
        "an old nonce is answered anew once: {:?}",
        middle.asked.len()
    );
    assert!(matches!(middle.point.trouble(), Some(PullTrouble::SignIn(_))));
}

#[test]
fn a_device_that_closes_after_each_answer_is_dialled_at_the_slow_pace() {
    let mut story = Story::new(
        ScriptedHabits {
            closes: true,
            ..habits(EventHabits {
                floods: true,
                ..EventHabits::default()
            })
        },
        RIGHT,
    );
    story.run(600);
    assert!(story.connects <= 70, "{}", story.connects);
    assert!(story.count(PULL) >= 50);
}

#[test]
fn what_knows_no_events_is_asked_again_after_an_hour() {
    let mut none = Story::new(
        ScriptedHabits {
            events: None,
            ..habits(EventHabits::default())
        },
        RIGHT,
    );
    none.run(3 * 3_600);
    assert!(none.count(MAKE) <= 5, "{:?}", none.times(MAKE));
    assert!(matches!(none.point.trouble(), Some(PullTrouble::Unsupported(_))));
    let mut page = Story::new(
        ScriptedHabits {
            page: Some((404, "<html><body>no</body></html>".to_owned())),
            ..habits(EventHabits::default())
        },
        RIGHT,
    );
    page.run(24 * 3_600);
    assert!(page.asked.len() <= 3 * 40, "{}", page.asked.len());
}

#[test]
fn after_an_absence_how_things_stand_is_asked_anew_on_the_same_subscription() {
    let mut story = Story::of(EventHabits::default());
    story.run(130);
    story.point.lost(story.now);
    story.now += SECOND * 300;
    story.point.connected(story.now);
    story.run(70);
    assert_eq!(
        (story.count(MAKE), story.count("SetSynchronizationPointRequest")),
        (1, 1)
    );
    // Longer than it lasts: it is made anew, and the old one left to die.
    story.point.lost(story.now);
    story.now += SECOND * 900;
    story.point.connected(story.now);
    story.run(70);
    assert_eq!(story.count(MAKE), 2);
}
