use std::collections::BTreeMap;

use super::*;
use crate::ptz::{ServiceFunction, Velocity};
use crate::sample::{CameraHabits, ScriptedHabits, ScriptedRecorder, SeenRequest, SignInHabit};
use device::Password;

const MS: Duration = Duration::from_millis(1);
const PROFILE: &str = "main1";

fn turn(pan: f32) -> Motion {
    Motion::Turn(Velocity {
        pan,
        ..Velocity::default()
    })
}

/// A steering on a scripted recorder, in time that passes only here.
struct Rig {
    steering: Steering,
    recorder: ScriptedRecorder,
    start: Instant,
    now: Instant,
    requests: u32,
    /// The answer that is on its way.
    answer: Option<(Instant, Option<WebReply>)>,
}

impl Rig {
    fn new(sign_in: SignInHabit, camera: CameraHabits) -> Self {
        let start = Instant::now();
        Self {
            steering: Steering::new(SteeringPlan {
                path: "/onvif/device_service".to_owned(),
                credentials: Some(Credentials {
                    user: "admin".to_owned(),
                    password: Password::new("p@ss:日"),
                }),
                may_basic: false,
                seed: 1,
            }),
            recorder: ScriptedRecorder::new(ScriptedHabits {
                sign_in,
                channels: 2,
                camera: Some(camera),
                clock: 36_000,
                ..ScriptedHabits::default()
            }),
            start,
            now: start,
            requests: 0,
            answer: None,
        }
    }

    fn digest(camera: CameraHabits) -> Self {
        let sign_in = SignInHabit::Digest {
            sha256: false,
            nonce_each: false,
        };
        Self::new(sign_in, camera)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + (self.now - self.start)
    }

    fn is_moving(&self) -> bool {
        self.recorder.camera.is_moving(self.wall())
    }

    fn run(&mut self, held: Option<Motion>, for_ms: u32) {
        for ms in 0..for_ms {
            if let Some(motion) = held
                && ms % 250 == 0
            {
                self.steering.hold(PROFILE, motion, self.now);
            }
            self.step();
            self.now += MS;
        }
    }

    fn step(&mut self) {
        if let Some((_, reply)) = self.answer.take_if(|(at, _)| *at <= self.now)
            && let Some(reply) = reply
        {
            let (now, wall) = (self.now, self.wall());
            self.steering.answered(&reply, 10 * MS, now, wall);
        }
        match self.steering.next(self.now, self.wall()) {
            SteeringNext::Ask(request) => {
                assert!(self.answer.is_none(), "one request at a time");
                self.requests += 1;
                let answer = self.recorder.answer(&seen(*request), self.wall());
                let challenges = answer.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate");
                let reply = WebReply {
                    status: answer.status,
                    challenges: challenges.map(|(_, value)| value.as_bytes().to_vec()).collect(),
                    server: None,
                    body: answer.body,
                };
                self.answer = Some((self.now + 10 * MS, (!answer.silent).then_some(reply)));
                if answer.silent {
                    self.answer = None;
                }
            }
            SteeringNext::GiveUp => {
                self.answer = None;
                self.steering.lost(true, self.now);
            }
            SteeringNext::Wait(until) => assert!(until.is_none_or(|until| until > self.now), "it would spin"),
        }
    }

    fn view(&self) -> SteeringView {
        self.steering.view(PROFILE)
    }
}

fn seen(request: WebRequest) -> SeenRequest {
    let mut headers = BTreeMap::from([("content-type".to_owned(), request.content_type)]);
    if let Some(value) = request.authorization {
        headers.insert("authorization".to_owned(), String::from_utf8(value).unwrap());
    }
    SeenRequest {
        method: "POST".to_owned(),
        target: request.target,
        headers,
        body: request.body,
    }
}

#[test]
fn every_way_to_sign_in_moves_the_camera_and_stops_it() {
    for sign_in in [
        SignInHabit::Nobody,
        SignInHabit::Token,
        SignInHabit::Digest {
            sha256: true,
            nonce_each: false,
        },
        SignInHabit::Digest {
            sha256: false,
            nonce_each: true,
        },
    ] {
        let mut rig = Rig::new(sign_in, CameraHabits::default());
        rig.run(Some(turn(0.5)), 1_500);
        assert!(rig.is_moving(), "{sign_in:?} {:?}", rig.view());
        assert_eq!(rig.recorder.camera.velocity(rig.wall()), [0.5, 0.0, 0.0]);
        rig.steering.release(rig.now);
        rig.run(None, 200);
        assert!(!rig.is_moving(), "{sign_in:?}");
        rig.run(None, 1_000);
        let view = rig.view();
        assert_eq!((view.doing, view.trouble), (SteeringDoing::Still, None));
        let offer = PtzOffer {
            pan_tilt: true,
            zoom: true,
            focus: true,
            tours: true,
        };
        assert_eq!(view.offer, Some(offer));
        let names: Vec<_> = view
            .presets
            .unwrap()
            .into_iter()
            .map(|preset| (preset.token, preset.service))
            .collect();
        assert_eq!(names[0], ("1".to_owned(), None));
        assert_eq!(names[3], ("94".to_owned(), Some(ServiceFunction::Reboot)));
        assert_eq!(view.tours[0].name, "Night tour1");
        assert!(rig.steering.is_at_rest());
        assert_eq!(rig.recorder.refused, 0);
        let calls = &rig.recorder.calls;
        assert!(!calls.contains_key("GetStatus"), "{calls:?}");
    }
}

#[test]
fn an_account_that_may_only_watch_is_said_once_and_is_no_refused_sign_in() {
    for (sign_in, status) in [
        (SignInHabit::Token, 400),
        (
            SignInHabit::Digest {
                sha256: false,
                nonce_each: false,
            },
            400,
        ),
        (
            SignInHabit::Digest {
                sha256: false,
                nonce_each: false,
            },
            401,
        ),
    ] {
        let mut rig = Rig::new(
            sign_in,
            CameraHabits {
                only_watches: Some(status),
                ..CameraHabits::default()
            },
        );
        for _ in 0..4 {
            rig.run(Some(turn(1.0)), 2_000);
            rig.steering.release(rig.now);
            rig.run(None, 500);
        }
        rig.steering.go_to(PROFILE, "1", rig.now);
        rig.run(None, 1_000);
        let view = rig.view();
        assert!(matches!(view.trouble, Some(SteeringTrouble::NotAllowed(_))), "{view:?}");
        assert_eq!(view.refusal, None, "the sign-in is right");
        // With a challenge of its own each time, it takes two to know.
        assert!(rig.recorder.camera.acts.len() <= 2, "{:?}", rig.recorder.camera.acts);
        assert_eq!(view.presets.map(|presets| presets.len()), Some(4), "it may see them");
    }
}

#[test]
fn a_wrong_password_ends_it_before_anything_moves() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.recorder.habits.password = "other".to_owned();
    rig.run(Some(turn(1.0)), 10_000);
    assert!(matches!(rig.view().refusal, Some(SignInRefusal::Refused { .. })));
    assert_eq!(rig.recorder.refused, 1);
    assert!(rig.recorder.camera.acts.is_empty());
    assert!(rig.steering.is_at_rest() && !rig.steering.wants(rig.now));
}

#[test]
fn cameras_that_break_the_book_stand_still_after_they_were_let_go() {
    let book = CameraHabits::default;
    for camera in [
        CameraHabits {
            ignores_timeout: true,
            ..book()
        },
        CameraHabits {
            refuses_timeout: true,
            ..book()
        },
        CameraHabits {
            timeouts: ["PT0S", "PT0S"],
            refuses_timeout: true,
            ..book()
        },
        CameraHabits {
            ignores_timeout: true,
            refuses_stop: Some("InvalidArgVal"),
            ..book()
        },
        CameraHabits {
            ignores_timeout: true,
            refuses_stop: Some("ActionNotSupported"),
            ..book()
        },
        CameraHabits {
            refuses_timeout: true,
            ignores_stop: true,
            ..book()
        },
    ] {
        let said = format!("{camera:?}");
        let mut rig = Rig::digest(camera);
        for _ in 0..2 {
            rig.run(Some(turn(-1.0)), 3_000);
            assert!(rig.is_moving(), "{said}");
            rig.steering.release(rig.now);
            rig.run(None, 500);
            assert!(!rig.is_moving(), "{said}");
        }
        assert_eq!(rig.view().trouble, None, "{said}");
    }
}

#[test]
fn a_range_of_no_length_is_heeded_from_the_first_move_on() {
    let mut rig = Rig::digest(CameraHabits {
        timeouts: ["PT0S", "PT0S"],
        ..CameraHabits::default()
    });
    rig.run(Some(turn(1.0)), 2_000);
    assert!(rig.recorder.camera.moves.iter().all(|(_, timeout)| timeout.is_empty()));
}

#[test]
fn a_preset_is_gone_to_once_a_tour_is_begun_and_a_person_stops_it() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.steering.go_to(PROFILE, "1", rig.now);
    rig.run(None, 2_000);
    assert_eq!(rig.recorder.camera.preset.as_deref(), Some("1"));
    rig.steering.tour(PROFILE, "tour1", TourOrder::Start, rig.now);
    rig.run(None, 1_000);
    assert!(rig.view().tours[0].on, "{:?}", rig.view().tours);
    rig.steering.halt(PROFILE, rig.now);
    rig.run(None, 1_000);
    assert_eq!(rig.recorder.camera.acts, ["GotoPreset", "OperatePresetTour", "Stop"]);
    // A connection that was closed while it was idle: once more.
    rig.steering.go_to(PROFILE, "2", rig.now);
    rig.step();
    rig.answer = None;
    rig.steering.lost(false, rig.now);
    rig.run(None, 1_000);
    assert_eq!(rig.recorder.camera.preset.as_deref(), Some("2"));
    assert_eq!(rig.view().trouble, None);
}

#[test]
fn another_camera_of_the_same_device_is_turned_when_the_first_one_stands_still() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.run(Some(turn(1.0)), 1_000);
    assert!(!rig.steering.aim("main2", rig.now));
    rig.run(None, 500);
    assert!(!rig.is_moving());
    rig.steering.hold("main2", turn(1.0), rig.now);
    rig.run(None, 500);
    let view = rig.steering.view("main2");
    assert_eq!(
        view.trouble,
        Some(SteeringTrouble::NotSteerable),
        "the second one has no PTZ"
    );
    assert!(!rig.is_moving());
}

#[test]
fn the_focus_goes_by_the_imaging_service_at_its_own_speed() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.steering.aim(PROFILE, rig.now);
    rig.run(None, 1_000);
    rig.run(Some(Motion::Focus(-0.5)), 1_000);
    assert_eq!(rig.recorder.camera.focus(), -3.5);
    rig.steering.release(rig.now);
    rig.run(None, 200);
    assert_eq!(rig.recorder.camera.focus(), 0.0);
    assert!(!rig.recorder.camera.acts.contains(&"ContinuousMove".to_owned()));
}

#[test]
fn what_is_known_of_a_camera_is_not_asked_again_for_the_next_hold() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.run(Some(turn(1.0)), 1_000);
    rig.steering.release(rig.now);
    rig.run(None, 2_000);
    let before = rig.requests;
    rig.run(Some(turn(1.0)), 500);
    rig.steering.release(rig.now);
    rig.run(None, 500);
    assert_eq!(rig.requests, before + 2, "a move and a Stop");
}

#[test]
fn hostile_answers_end_nothing_but_themselves() {
    let mut rig = Rig::digest(CameraHabits::default());
    rig.steering.aim(PROFILE, rig.now);
    for body in [
        &b""[..],
        b"\xff\xfe\x00",
        b"<a",
        b"<Envelope><Body/></Envelope>",
        &[b'<'; 10_000],
    ] {
        for status in [200, 400, 403, 404, 500, 599, 999] {
            if let SteeringNext::Ask(_) = rig.steering.next(rig.now, rig.wall()) {
                let mut reply = WebReply::new(status, [], "");
                reply.body = body.to_vec();
                rig.steering.answered(&reply, MS, rig.now, rig.wall());
            }
            rig.now += MS;
        }
    }
    assert_eq!(rig.view().trouble, Some(SteeringTrouble::NotSteerable));
}
