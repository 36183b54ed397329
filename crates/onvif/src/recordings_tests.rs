use super::*;
use crate::sample::{ArchiveHabits, NOON, ScriptedHabits, ScriptedRecorder, SeenRequest, SignInHabit, TOOK};
use crate::{DEVICE_SERVICE, SignInRefusal};
use device::Password;

const HOUR: i64 = 3_600;
/// 2026-11-28: before 1971 devices mean never.
const DAY: i64 = 1_795_824_000;
/// A day in which it recorded with a gap of ten minutes.
const SPANS: [(i64, i64); 2] = [
    (DAY + 10 * HOUR, DAY + 12 * HOUR),
    (DAY + 12 * HOUR + 600, DAY + 14 * HOUR),
];

fn habits(archive: ArchiveHabits) -> ScriptedHabits {
    ScriptedHabits {
        archive: Some(ArchiveHabits {
            spans: SPANS.to_vec(),
            ..archive
        }),
        ..ScriptedHabits::default()
    }
}

/// Asks a scripted recorder until it is done; what was found, and how many requests that took.
fn asked(habits: ScriptedHabits, password: &str) -> (FoundRecordings, u32, ScriptedRecorder) {
    conversed(habits, password, |_, _| {})
}

/// The same, with a look at each request and at the answer to it, which may be changed.
fn conversed(
    habits: ScriptedHabits,
    password: &str,
    mut look: impl FnMut(&str, &mut Vec<u8>),
) -> (FoundRecordings, u32, ScriptedRecorder) {
    let channels = habits.channels;
    let mut recorder = ScriptedRecorder::new(habits);
    let mut recordings = Recordings::new(RecordingsPlan {
        path: DEVICE_SERVICE.to_owned(),
        credentials: Some(Credentials {
            user: "admin".to_owned(),
            password: Password::new(password),
        }),
        may_basic: false,
        seed: 1,
        channel: 1,
        channels,
        from: DAY,
        to: DAY + 24 * HOUR,
    });
    let mut requests = 0;
    while let RecordingsNext::Ask(request) = recordings.next(NOON) {
        requests += 1;
        assert!(requests < 500, "it never ends");
        assert!(!request.body.contains(['\n', '\r']), "{}", request.body);
        let mut headers = BTreeMap::from([("content-type".to_owned(), request.content_type)]);
        if let Some(value) = request.authorization {
            headers.insert("authorization".to_owned(), String::from_utf8(value).unwrap());
        }
        let seen = SeenRequest {
            method: "POST".to_owned(),
            target: request.target,
            headers,
            body: request.body,
        };
        let mut answer = recorder.answer(&seen, NOON);
        look(&seen.body, &mut answer.body);
        let challenges = answer.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate");
        let reply = WebReply {
            status: answer.status,
            challenges: challenges.map(|(_, value)| value.as_bytes().to_vec()).collect(),
            server: None,
            body: answer.body,
        };
        recordings.answered(&reply, TOOK, NOON);
    }
    (recordings.result().clone(), requests, recorder)
}

const PASSWORD: &str = "p@ss:日";

#[test]
fn a_recorder_says_when_it_has_pictures_and_where_they_are_played() {
    let (found, _, recorder) = asked(habits(ArchiveHabits::default()), PASSWORD);
    assert_eq!(found.failed, None);
    assert_eq!(found.chosen.as_deref(), Some("r1"));
    assert_eq!(found.spans, SPANS);
    assert!(!found.rough && !found.cut_off);
    // The host that it names is nobody's business.
    let place = found.place.unwrap();
    assert_eq!((place.port, place.target.as_str()), (Some(554), "/replay/r1"));
    assert_eq!(recorder.calls.get("EndSearch"), Some(&2), "no search is left open");
    assert_eq!(found.recordings[0].latest, Some(DAY + 14 * HOUR));
}

#[test]
fn what_still_goes_on_is_known_up_to_its_newest_picture() {
    let running = ArchiveHabits {
        goes_on: true,
        ..ArchiveHabits::default()
    };
    let (found, ..) = asked(habits(running), PASSWORD);
    assert_eq!(found.spans, SPANS);
    assert_eq!(found.known_until, Some(DAY + 14 * HOUR));
    // One that ended is known to have ended.
    let (found, ..) = asked(habits(ArchiveHabits::default()), PASSWORD);
    assert_eq!(found.known_until, None);
}

#[test]
fn of_events_without_an_end_what_came_is_known_and_no_more() {
    let archive = ArchiveHabits {
        spans: vec![(DAY, DAY + 60)],
        never_ends: true,
        ..ArchiveHabits::default()
    };
    let habits = ScriptedHabits {
        archive: Some(archive),
        ..ScriptedHabits::default()
    };
    let time = |second: i64| iso_time(SystemTime::UNIX_EPOCH + Duration::from_secs(second.unsigned_abs()));
    let mut page = 0;
    // Each page has another two minutes, with pictures in the first one of them.
    let (found, requests, _) = conversed(habits, PASSWORD, |request, answer| {
        if request.contains("FindRecordings") || request.contains("GetRecordingSearchResults") {
            let text = String::from_utf8(answer.clone()).unwrap();
            *answer = text.replace(&time(DAY + 60), &time(DAY + 24 * HOUR)).into_bytes();
        }
        if request.contains("GetEventSearchResults") {
            let text = String::from_utf8(answer.clone()).unwrap();
            let text = text.replace(&time(DAY + 60), &time(DAY + page * 120 + 60));
            *answer = text.replace(&time(DAY), &time(DAY + page * 120)).into_bytes();
            page += 1;
        }
    });
    assert!(found.cut_off && requests < 100, "{requests}");
    let last = DAY + (page - 1) * 120 + 60;
    assert_eq!(found.known_until, Some(last));
    assert_eq!(found.spans.last(), Some(&(last - 60, last)));
    assert_eq!(i64::try_from(found.spans.len()), Ok(page));
}

#[test]
fn a_recorder_is_asked_by_its_own_clock() {
    let ahead = 5 * HOUR;
    let late = ScriptedHabits {
        clock: ahead,
        ..habits(ArchiveHabits::default())
    };
    let mut asked_for = Vec::new();
    let (found, ..) = conversed(late, PASSWORD, |request, _| {
        let between = |from: &str, to: &str| Some(request.split_once(from)?.1.split_once(to)?.0.to_owned());
        asked_for.extend(between("StartPoint>", "<").zip(between("EndPoint>", "<")));
    });
    let offset = found.clock_offset.unwrap();
    assert!((offset - ahead).abs() <= 1, "{offset}");
    let time = |second: i64| iso_time(SystemTime::UNIX_EPOCH + Duration::from_secs(second.unsigned_abs()));
    assert_eq!(asked_for, [(time(DAY + offset), time(DAY + 24 * HOUR + offset))]);
    assert_eq!(found.spans, SPANS, "and it answers by it");
}

#[test]
fn each_habit_of_a_recorder_comes_to_an_end() {
    let (found, requests, _) = asked(
        habits(ArchiveHabits {
            never_ends: true,
            ..ArchiveHabits::default()
        }),
        PASSWORD,
    );
    assert_eq!(found.failed, None);
    // The same events again and again are no more events.
    assert!(requests < 25, "{requests}");
    assert_eq!((found.spans.as_slice(), found.cut_off), (&SPANS[..], false));
    assert_eq!(found.known_until, None);
    let (found, ..) = asked(
        habits(ArchiveHabits {
            is_empty: true,
            ..ArchiveHabits::default()
        }),
        PASSWORD,
    );
    assert_eq!(found.failed, Some(RecordingsFault::NoRecording));
    let (found, ..) = asked(
        habits(ArchiveHabits {
            no_filters: true,
            ..ArchiveHabits::default()
        }),
        PASSWORD,
    );
    assert_eq!(found.spans, SPANS);
    let (found, ..) = asked(
        habits(ArchiveHabits {
            wrong_tokens: true,
            ..ArchiveHabits::default()
        }),
        PASSWORD,
    );
    assert_eq!(found.spans, SPANS);
}

#[test]
fn without_events_only_the_oldest_and_the_newest_picture_are_known_and_that_is_said() {
    let (found, ..) = asked(
        habits(ArchiveHabits {
            no_events: true,
            ..ArchiveHabits::default()
        }),
        PASSWORD,
    );
    assert!(found.rough);
    assert_eq!(found.spans, [(DAY + 10 * HOUR, DAY + 14 * HOUR)]);
    assert!(found.place.is_some());
}

#[test]
fn where_nothing_says_of_which_channel_a_recording_is_none_is_guessed() {
    let one_of_two = ScriptedHabits {
        channels: 2,
        ..habits(ArchiveHabits {
            only_first: true,
            ..ArchiveHabits::default()
        })
    };
    let (found, ..) = asked(one_of_two, PASSWORD);
    assert_eq!(found.failed, Some(RecordingsFault::NoRecording));
    assert_eq!(found.recordings.len(), 1);
}

#[test]
fn a_device_without_the_service_is_asked_no_further_and_a_wrong_password_goes_out_once() {
    let (found, requests, _) = asked(ScriptedHabits::default(), PASSWORD);
    assert_eq!(found.failed, Some(RecordingsFault::NoSearch));
    assert!(requests <= 3, "{requests}");
    for sign_in in [
        SignInHabit::Token,
        SignInHabit::Digest {
            sha256: true,
            nonce_each: false,
        },
    ] {
        let wrong = ScriptedHabits {
            sign_in,
            ..habits(ArchiveHabits::default())
        };
        let (found, _, recorder) = asked(wrong.clone(), "wrong");
        let refused = RecordingsFault::Other(EnquiryFault::SignIn(SignInRefusal::Missing));
        assert!(
            matches!(found.failed, Some(RecordingsFault::Other(EnquiryFault::SignIn(_))))
                && found.failed != Some(refused)
        );
        assert_eq!(recorder.refused, 1);
        assert_eq!(asked(wrong, PASSWORD).0.spans, SPANS);
    }
    let sloppy = ScriptedHabits {
        sloppy: true,
        ..habits(ArchiveHabits::default())
    };
    assert_eq!(asked(sloppy, PASSWORD).0.spans, SPANS);
}
