//! Recorders that count some signs of life and not others, in simulated time, over as many sessions as it takes.

use super::*;
use crate::{Habits, KeepaliveHabits, Sign, keepalive::Keepalive};

/// What a recorder heard.
struct Heard<'a> {
    /// `RTCP` for a report.
    method: &'a str,
    uri: &'a str,
    has_session: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Reply {
    Good,
    WithoutCSeq,
    Status(&'static str),
    Nothing,
    HangUp,
}

#[derive(Clone, Copy)]
struct Recorder {
    public: &'static str,
    /// What stands behind the session's name.
    stated: &'static str,
    /// After so many seconds without a sign that it counts it ends the session.
    real: f64,
    counts: fn(&Heard) -> bool,
    reply: fn(&str) -> Reply,
    /// It ends the media alone and leaves the connection open.
    freezes: bool,
    /// It takes a report for the beginning of a request, so that no request after it is understood.
    deaf: bool,
    interval: f64,
}

const ALL: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN";
const FEW: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN";

const GOOD: Recorder = Recorder {
    public: ALL,
    stated: ";timeout=60",
    real: 60.0,
    counts: |heard| heard.method != "RTCP",
    reply: |_| Reply::Good,
    freezes: false,
    deaf: false,
    interval: 0.2,
};

impl Recorder {
    /// How long one session lasts, in seconds, up to `most`; what it taught goes into `habits`.
    fn session(self, habits: &mut Habits, most: f64) -> f64 {
        let request = Request {
            habits: habits.clone(),
            seed: fastrand::Rng::with_seed(habits.recorder.keepalive.revision.into()).u64(..),
            ..request()
        };
        let mut peer = Peer::new(request);
        peer.reply(&["200 OK", &format!("Public: {}", self.public)], "");
        let mut peer = peer.describe();
        peer.reply(
            &[
                "200 OK",
                &format!("Session: 4711{}", self.stated),
                "Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
            ],
            "",
        );
        let mut peer = peer.play();
        let (began, mut counted) = (peer.now, peer.now);
        let mut deaf = false;
        let (mut number, mut next_media, mut frozen) = (0_u16, peer.now, None::<Instant>);
        let mut heard_until = (peer.sent.len(), peer.reports.len());
        let since = |from: Instant, now: Instant| (now - from).as_secs_f64();
        loop {
            let step = Duration::from_millis(50);
            peer.wait(step);
            let now = peer.now;
            let mut hung_up = false;
            for report in peer.reports.split_off(heard_until.1) {
                assert_eq!((report[1], report[5]), (1, 201), "on the channel of its track");
                let heard = Heard {
                    method: "RTCP",
                    uri: "",
                    has_session: false,
                };
                deaf |= self.deaf;
                hung_up |= (self.reply)("RTCP") == Reply::HangUp;
                if (self.counts)(&heard) {
                    counted = now;
                }
            }
            while heard_until.0 < peer.sent.len() {
                let text = peer.sent[heard_until.0].clone();
                heard_until.0 += 1;
                if deaf {
                    continue;
                }
                let mut words = text.split(' ');
                let (method, uri) = (words.next().unwrap(), words.next().unwrap());
                let heard = Heard {
                    method,
                    uri,
                    has_session: text.contains("\r\nSession: 4711\r\n"),
                };
                if (self.counts)(&heard) {
                    counted = now;
                }
                match (self.reply)(method) {
                    Reply::Good => peer.reply(&["200 OK"], ""),
                    Reply::Status(status) => peer.reply(&[status], ""),
                    Reply::WithoutCSeq => peer.bytes(b"RTSP/1.0 200 OK\r\n\r\n"),
                    Reply::Nothing => {}
                    Reply::HangUp => hung_up = true,
                }
            }
            let late = since(counted, now) > self.real;
            if hung_up || late && !self.freezes {
                peer.eof();
            } else if late && frozen.is_none() {
                frozen = Some(now);
            }
            // As long as the engine waits before it dials anew.
            let given_up = frozen.is_some_and(|at| since(at, now) > 10.0);
            if frozen.is_none() && now >= next_media {
                number += 1;
                next_media = now + Duration::from_secs_f64(self.interval);
                let mut media = packet(0);
                media[6..8].copy_from_slice(&number.to_be_bytes());
                peer.bytes(&media);
            }
            let ended = peer.events.last().is_some_and(Event::is_terminal);
            let done = given_up || ended || since(began, now) >= most;
            for event in peer.events.drain(..) {
                if let Event::Learnt(lesson) = event {
                    habits.learn(&lesson);
                }
            }
            if done {
                return since(began, frozen.unwrap_or(now));
            }
        }
    }

    /// How many sessions end before one lasts, or 9.
    fn drops(self) -> (usize, Habits) {
        let mut habits = Habits::default();
        for drops in 0..9 {
            if self.session(&mut habits, 600.0) >= 600.0 {
                return (drops, habits);
            }
        }
        (9, habits)
    }
}

fn counts(method: &str) -> impl Fn(&Heard) -> bool {
    move |heard| heard.method == method
}

#[test]
fn a_recorder_drops_at_most_twice_for_each_method_and_then_never_again() {
    let rows: Vec<(&str, usize, Recorder)> = vec![
        ("counts any request", 0, GOOD),
        (
            "offers GET_PARAMETER, never answers it, counts OPTIONS",
            0,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                reply: |method| {
                    if method == "GET_PARAMETER" {
                        Reply::Nothing
                    } else {
                        Reply::Good
                    }
                },
                ..GOOD
            },
        ),
        (
            "answers GET_PARAMETER, counts OPTIONS alone",
            1,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                ..GOOD
            },
        ),
        (
            "counts GET_PARAMETER alone and does not offer it",
            1,
            Recorder {
                public: FEW,
                counts: |heard| counts("GET_PARAMETER")(heard),
                ..GOOD
            },
        ),
        (
            "hangs up on GET_PARAMETER",
            1,
            Recorder {
                reply: |method| {
                    if method == "GET_PARAMETER" {
                        Reply::HangUp
                    } else {
                        Reply::Good
                    }
                },
                ..GOOD
            },
        ),
        (
            "hangs up on OPTIONS in a session",
            1,
            Recorder {
                public: FEW,
                reply: |method| {
                    if method == "OPTIONS" {
                        Reply::HangUp
                    } else {
                        Reply::Good
                    }
                },
                ..GOOD
            },
        ),
        (
            "hangs up on GET_PARAMETER and OPTIONS, counts reports",
            2,
            Recorder {
                counts: |heard| counts("RTCP")(heard),
                reply: |method| match method {
                    "GET_PARAMETER" | "OPTIONS" => Reply::HangUp,
                    _ => Reply::Good,
                },
                ..GOOD
            },
        ),
        (
            "hangs up on reports",
            1,
            Recorder {
                reply: |method| if method == "RTCP" { Reply::HangUp } else { Reply::Good },
                ..GOOD
            },
        ),
        (
            "counts reports alone",
            0,
            Recorder {
                counts: |heard| counts("RTCP")(heard),
                ..GOOD
            },
        ),
        (
            "answers nothing, counts reports alone",
            0,
            Recorder {
                counts: |heard| counts("RTCP")(heard),
                reply: |_| Reply::Nothing,
                ..GOOD
            },
        ),
        (
            "refuses GET_PARAMETER with 454, counts OPTIONS",
            0,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                reply: |method| match method {
                    "GET_PARAMETER" => Reply::Status("454 Session Not Found"),
                    _ => Reply::Good,
                },
                ..GOOD
            },
        ),
        (
            "refuses all but SET_PARAMETER, which counts",
            2,
            Recorder {
                counts: |heard| counts("SET_PARAMETER")(heard),
                reply: |method| match method {
                    "SET_PARAMETER" => Reply::Good,
                    _ => Reply::Status("405 Method Not Allowed"),
                },
                ..GOOD
            },
        ),
        (
            "counts PLAY alone",
            4,
            Recorder {
                counts: |heard| counts("PLAY")(heard),
                ..GOOD
            },
        ),
        (
            "counts requests with the name of the session at the address of the whole",
            0,
            Recorder {
                counts: |heard| heard.has_session && heard.uri.ends_with("/live/ch1/"),
                ..GOOD
            },
        ),
        (
            "counts requests at the address that was asked for in the beginning",
            3,
            Recorder {
                counts: |heard| heard.uri.ends_with("/live/ch1"),
                ..GOOD
            },
        ),
        (
            "answers without CSeq",
            0,
            Recorder {
                reply: |_| Reply::WithoutCSeq,
                ..GOOD
            },
        ),
        (
            "names no timeout and means twenty seconds",
            2,
            Recorder {
                stated: "",
                real: 20.0,
                ..GOOD
            },
        ),
        (
            "names no timeout and means half a minute",
            2,
            Recorder {
                stated: "",
                real: 30.0,
                ..GOOD
            },
        ),
        (
            "ends the media when nothing that counts comes, and leaves the connection open",
            1,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                freezes: true,
                ..GOOD
            },
        ),
        (
            "does so with one picture each five seconds",
            1,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                freezes: true,
                interval: 5.0,
                ..GOOD
            },
        ),
        (
            "states a minute and means three",
            2,
            Recorder {
                counts: |heard| counts("OPTIONS")(heard),
                real: 180.0,
                ..GOOD
            },
        ),
        (
            "wants a report each four seconds",
            3,
            Recorder {
                counts: |heard| heard.method == "RTCP",
                real: 4.0,
                freezes: true,
                ..GOOD
            },
        ),
        ("is deaf after a report", 2, Recorder { deaf: true, ..GOOD }),
        (
            "counts reports and OPTIONS, which it does not answer",
            0,
            Recorder {
                counts: |heard| heard.method == "OPTIONS",
                reply: |method| {
                    if method == "OPTIONS" {
                        Reply::Nothing
                    } else {
                        Reply::Status("501 Not Implemented")
                    }
                },
                ..GOOD
            },
        ),
    ];
    let mut faults = Vec::new();
    for (name, most, recorder) in rows {
        for (stated, real) in [(";timeout=60", 60.0), (";timeout=10", 10.0), (";timeout=5;x=y", 5.0)] {
            let own = recorder.stated != GOOD.stated || recorder.real != GOOD.real || recorder.interval > real / 2.0;
            if own && real != 60.0 {
                continue;
            }
            let recorder = if own {
                recorder
            } else {
                Recorder {
                    stated,
                    real,
                    ..recorder
                }
            };
            let (drops, habits) = recorder.drops();
            if drops > most {
                faults.push(format!(
                    "{name}, {real} s: {drops} drops, {:?}",
                    habits.recorder.keepalive
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_worked_is_kept_by_the_next_session_at_once() {
    let recorder = Recorder {
        public: FEW,
        stated: ";timeout=10",
        real: 10.0,
        counts: |heard| heard.method == "GET_PARAMETER",
        ..GOOD
    };
    let (drops, habits) = recorder.drops();
    assert_eq!(drops, 1);
    assert!(habits.recorder.keepalive.proven);
    let mut again = habits.clone();
    assert!(recorder.session(&mut again, 3_600.0) >= 3_600.0);
    assert_eq!(again, habits, "nothing new, nothing to write");
}

#[test]
fn sixteen_sessions_that_end_together_teach_once() {
    let recorder = Recorder {
        stated: ";timeout=10",
        real: 10.0,
        counts: |heard| heard.method == "OPTIONS",
        ..GOOD
    };
    let mut first = Habits::default();
    recorder.session(&mut first, 60.0);
    let effort = first.recorder.keepalive.effort;
    let mut all = Habits::default();
    for _ in 0..16 {
        // Each began before any of the others had ended.
        let mut own = Habits::default();
        recorder.session(&mut own, 60.0);
        let end = crate::KeepaliveEnd::Dropped {
            life: own.recorder.keepalive.last_life.unwrap(),
        };
        all.learn(&crate::Lesson::Keepalive(crate::KeepaliveLesson::Ended {
            revision: 0,
            end,
        }));
    }
    assert_eq!((effort, all.recorder.keepalive.effort), (1, 1));
}

#[test]
fn a_recorder_that_fails_now_and_then_is_kept_as_before() {
    let mut habits = Habits::default();
    for life in [100.0, 31.0, 400.0, 7.0, 200.0, 15.0, 999.0, 130.0] {
        GOOD.session(&mut habits, 200.0);
        // It reboots.
        let dying = Recorder {
            real: life,
            counts: |_| false,
            ..GOOD
        };
        dying.session(&mut habits, 2_000.0);
    }
    let KeepaliveHabits {
        effort,
        deadly,
        timeout,
        proven,
        ..
    } = habits.recorder.keepalive;
    assert_eq!(
        (effort, deadly, timeout, proven),
        (0, crate::Signs::default(), None, true)
    );
}

#[test]
fn a_keepalive_and_the_other_one_fit_before_any_timeout() {
    for seconds in [1, 2, 5, 10, 30, 60, 86_400] {
        let (start, timeout) = (
            Instant::now(),
            Duration::from_secs(seconds).min(Duration::from_secs(60)),
        );
        let mut keepalive = Keepalive::new(&KeepaliveHabits::default(), start);
        keepalive.states(Duration::from_secs(seconds), start);
        keepalive.begin(start);
        let first = keepalive.deadline();
        let sign = keepalive.poll(false, first).unwrap();
        let other_at = first + keepalive.patience();
        keepalive.failed(sign, other_at);
        let other = keepalive.poll(false, other_at).unwrap();
        assert_ne!(sign, other);
        assert!(other_at < start + timeout, "{seconds}");
        assert_ne!(other, Sign::Report);
    }
}

#[test]
fn a_timeout_that_is_stated_when_media_flows_already_counts() {
    let mut peer = Peer::new(request()).options().describe().set_up();
    peer.bytes(&packet(0));
    assert!(peer.is_playing());
    peer.reply(&["200 OK", "Session: 4711;timeout=5"], "");
    peer.bytes(&packet(0));
    assert_eq!(
        (peer.wakes - peer.now, peer.why),
        (Duration::from_millis(2_500), "next keepalive")
    );
}

#[test]
fn a_camera_that_fails_again_and_again_changes_nothing_for_a_recorder_that_is_kept_well() {
    let (mut all, mut well) = (Habits::default(), Habits::default());
    GOOD.session(&mut well, 600.0);
    for life in [50.0, 20.0, 70.0, 31.0, 120.0, 66.0] {
        let dying = Recorder {
            real: life,
            counts: |_| false,
            ..GOOD
        };
        let before = all.recorder.keepalive.proven;
        dying.session(&mut all, 2_000.0);
        if !before {
            // The other channels began at the same time, and go on.
            let way = crate::KeepaliveWay {
                deadly: crate::Signs::default(),
                effort: 0,
                timeout: None,
            };
            all.learn(&crate::Lesson::Keepalive(crate::KeepaliveLesson::Proven(way)));
        }
    }
    let KeepaliveHabits { effort, timeout, .. } = all.recorder.keepalive;
    assert_eq!((effort, timeout), (0, None));
}
