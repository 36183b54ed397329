use std::collections::BTreeMap;

use super::*;
use crate::sample::{NOON, ScriptedHabits, ScriptedRecorder, SeenRequest, SignInHabit, TOOK};
use device::Password;

const DIGEST: SignInHabit = SignInHabit::Digest {
    sha256: false,
    nonce_each: false,
};

fn plan(goal: EnquiryGoal, password: &str) -> EnquiryPlan {
    EnquiryPlan {
        goal,
        path: DEVICE_SERVICE.to_owned(),
        credentials: Some(Credentials {
            user: "admin".to_owned(),
            password: Password::new(password),
        }),
        may_basic: false,
        seed: 1,
    }
}

/// Asks a scripted recorder until it is done. Returns what was found and how many requests that took.
fn asked(recorder: &mut ScriptedRecorder, plan: EnquiryPlan) -> (EnquiryResult, u32) {
    let mut enquiry = Enquiry::new(plan);
    let mut requests = 0;
    while let EnquiryNext::Ask(request) = enquiry.next(NOON) {
        requests += 1;
        assert!(requests < 1_000, "it never ends: {:?}", enquiry.step());
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
        let answer = recorder.answer(&seen, NOON);
        let challenges = answer.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate");
        let reply = WebReply {
            status: answer.status,
            challenges: challenges.map(|(_, value)| value.as_bytes().to_vec()).collect(),
            server: None,
            body: answer.body,
        };
        enquiry.answered(&reply, TOOK, NOON);
    }
    (enquiry.result().clone(), requests)
}

fn habits(sign_in: SignInHabit) -> ScriptedHabits {
    ScriptedHabits {
        sign_in,
        channels: 2,
        ..ScriptedHabits::default()
    }
}

const RIGHT: &str = "p@ss:日";

#[test]
fn every_way_to_sign_in_leads_to_the_same_channels_and_costs_no_refusal() {
    let each = [
        SignInHabit::Nobody,
        SignInHabit::Token,
        DIGEST,
        SignInHabit::Digest {
            sha256: true,
            nonce_each: false,
        },
        SignInHabit::Digest {
            sha256: false,
            nonce_each: true,
        },
    ];
    for sign_in in each {
        for sloppy in [false, true] {
            let mut recorder = ScriptedRecorder::new(ScriptedHabits {
                sloppy,
                clock: 36_000,
                ..habits(sign_in)
            });
            let (result, requests) = asked(&mut recorder, plan(EnquiryGoal::Channels, RIGHT));
            assert_eq!(result.failed, None, "{sign_in:?} {sloppy}");
            assert_eq!(recorder.refused, 0, "{sign_in:?}");
            assert_eq!(result.identity.model, "NVR-64");
            assert_eq!(result.identity.maker, "Emstone & Söhne");
            assert_eq!(result.identity.clock_offset, Some(36_000));
            let names: Vec<&str> = result.channels.iter().map(|channel| channel.name.as_str()).collect();
            assert_eq!(names, ["Camera 1 監視", "Camera 2 監視"]);
            let main = &result.channels[1].main;
            assert_eq!((main.codec.as_str(), main.width), ("H.265", 1920));
            let place = main.place.clone().unwrap().unwrap();
            assert_eq!(
                place.target,
                "/Streaming/Channels/201?transportmode=unicast&profile=main2"
            );
            assert_eq!(place.port, Some(554));
            let sub = result.channels[1].sub.clone().unwrap();
            assert!(sub.place.unwrap().unwrap().target.contains("/202?"));
            // Clock, services, identity, profiles, four addresses; and the challenges.
            let most = match sign_in {
                SignInHabit::Nobody => 8,
                SignInHabit::Digest { nonce_each: true, .. } => 8 + 6,
                _ => 9,
            };
            assert!(requests <= most, "{sign_in:?}: {requests}");
        }
    }
}

#[test]
fn a_wrong_password_is_tried_once_and_says_what_is_left() {
    for (sign_in, tries) in [(DIGEST, 1), (SignInHabit::Token, 1)] {
        let mut recorder = ScriptedRecorder::new(habits(sign_in));
        let (result, _) = asked(&mut recorder, plan(EnquiryGoal::Channels, "wrong"));
        assert_eq!(recorder.refused, tries, "{sign_in:?}");
        let Some((EnquiryStep::Identity, EnquiryFault::SignIn(SignInRefusal::Refused { lockout, .. }))) = result.failed
        else {
            panic!("{:?}", result.failed);
        };
        assert_eq!(lockout.attempts_left, Some(2), "{sign_in:?}");
        assert_eq!(result.identity.clock_offset, Some(0), "what anybody may know is known");
    }
    // A token by a clock that is off may be wrong for that, and is sent once more by ours: twice at most.
    let mut recorder = ScriptedRecorder::new(ScriptedHabits {
        clock: 36_000,
        ..habits(SignInHabit::Token)
    });
    let (result, _) = asked(&mut recorder, plan(EnquiryGoal::Channels, "wrong"));
    assert_eq!(recorder.refused, 2);
    let Some((_, EnquiryFault::SignIn(SignInRefusal::Refused { clock, .. }))) = result.failed else {
        panic!("{:?}", result.failed);
    };
    assert_eq!(clock, Some(36_000));
}

#[test]
fn an_identity_costs_three_requests() {
    let mut recorder = ScriptedRecorder::new(habits(DIGEST));
    let (result, requests) = asked(&mut recorder, plan(EnquiryGoal::Identity, RIGHT));
    assert_eq!((result.identity.serial.as_str(), requests), ("SN0123456789", 3));
    assert!(result.channels.is_empty() && result.failed.is_none());
    let steps: Vec<EnquiryStep> = result.done.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [EnquiryStep::Clock, EnquiryStep::Identity]);
}

#[test]
fn an_old_recorder_has_the_first_media_service_alone() {
    let mut recorder = ScriptedRecorder::new(ScriptedHabits {
        media2: false,
        ..habits(DIGEST)
    });
    let (result, _) = asked(&mut recorder, plan(EnquiryGoal::Channels, RIGHT));
    assert_eq!(result.failed, None);
    assert_eq!(result.channels[0].main.codec, "H.264");
}

#[test]
fn what_knows_no_onvif_is_named_with_a_preset_that_may_fit() {
    for (status, page) in [
        (404, "<html><head><title>404 Not Found</title></head></html>"),
        (200, "<html><head><title>NetSurveillance WEB</title></head></html>"),
        (500, ""),
    ] {
        let mut recorder = ScriptedRecorder::new(ScriptedHabits {
            page: Some((status, page.to_owned())),
            ..habits(DIGEST)
        });
        let (result, requests) = asked(&mut recorder, plan(EnquiryGoal::Channels, RIGHT));
        assert!(
            matches!(result.failed, Some((EnquiryStep::Clock, EnquiryFault::NotOnvif { .. }))),
            "{:?}",
            result.failed
        );
        assert_eq!(requests, 1);
        assert_eq!(result.brand.is_some(), page.contains("NetSurveillance"));
    }
}

#[test]
fn sixty_four_channels_are_found_one_address_after_the_other() {
    let mut recorder = ScriptedRecorder::new(ScriptedHabits {
        channels: 64,
        ..habits(DIGEST)
    });
    let (result, requests) = asked(&mut recorder, plan(EnquiryGoal::Channels, RIGHT));
    assert_eq!((result.channels.len(), requests), (64, 5 + 128));
}

#[test]
fn any_answer_leads_to_an_end() {
    let bodies: &[&str] = &[
        "",
        "<s:Envelope><s:Body/></s:Envelope>",
        "<Envelope><Body><Fault/></Body></Envelope>",
        "<Envelope><Body><Fault><Reason><Text>Sender not Authorized</Text></Reason></Fault></Body></Envelope>",
        "<Envelope><Body><Profiles token='a'/><Uri>nonsense</Uri></Body></Envelope>",
        "\u{0}\u{1}<<<<",
    ];
    for body in bodies {
        for status in [200, 204, 302, 400, 401, 403, 500, 503] {
            for challenge in [
                "",
                "Digest nonce=\"x\"",
                "Digest nonce=\"x\", stale=true",
                "Basic realm=\"gSOAP\"",
                "Basic realm=\"x\"",
            ] {
                for goal in [EnquiryGoal::Identity, EnquiryGoal::Channels] {
                    let mut enquiry = Enquiry::new(plan(goal, RIGHT));
                    let mut requests = 0;
                    let mut signed = 0;
                    while enquiry.next(NOON) != EnquiryNext::Done {
                        requests += 1;
                        signed += u32::from(enquiry.has_signed());
                        assert!(requests < 20, "{body} {status} {challenge}: {:?}", enquiry.step());
                        enquiry.answered(&WebReply::new(status, [challenge], body), TOOK, NOON);
                    }
                    let refused = matches!(enquiry.result().failed, Some((_, EnquiryFault::SignIn(_))));
                    assert!(!refused || signed <= 2, "{body} {status} {challenge}: {signed}");
                }
            }
        }
    }
}
