//! Recorders with odd ways to ask for a sign-in play, named after what they do.

use std::time::Duration;

use super::{Fleet, PATIENCE, state};
use crate::fake_dvr::{Auth, Script};
use crate::watch::Log;

/// 録画機, 表示 and ソ in Shift_JIS: in the last two the second byte of a character is a backslash.
const RECORDER: &[u8] = b"\x98\x5e\x89\xe6\x8b\x40";
const SHOWN: &[u8] = b"\x95\x5c\x8e\xa6";
const SO: &[u8] = b"\x83\x5c";

#[test]
fn recorders_whose_sign_in_is_in_any_bytes_play_at_the_first_attempt() {
    let with = |auth, realm| Script {
        auth,
        realm,
        ..Script::default()
    };
    let stories = vec![
        ("japanese-in-utf-8", with(Auth::DigestMd5, "録画機 1号".as_bytes())),
        ("japanese-by-sha-256", with(Auth::DigestSha256, "録画機".as_bytes())),
        ("without-qop", with(Auth::DigestPlain, "録画機".as_bytes())),
        ("shift-jis", with(Auth::DigestMd5, RECORDER)),
        ("shift-jis-with-a-backslash", with(Auth::DigestMd5, SHOWN)),
        ("shift-jis-that-ends-in-a-backslash", with(Auth::DigestSha256, SO)),
        ("latin-1", with(Auth::DigestPlain, b"Enregistreur g\xe9n\xe9ral")),
        ("korean", with(Auth::DigestStale, b"\xb3\xec\xc8\xad\xb1\xe2")),
        (
            "japanese-user",
            Script {
                user: "管理者".to_owned(),
                ..with(Auth::DigestMd5, "録画機".as_bytes())
            },
        ),
    ];
    let names: Vec<_> = stories.iter().map(|(name, _)| *name).collect();
    let fleet = Fleet::start(stories);
    let watch = fleet.watch();
    let live = |log: &Log| names.iter().all(|name| state(log, name) == "live");
    let done = watch.until(PATIENCE, live);
    let log = watch.stop();
    let attempts: Vec<_> = names.iter().map(|name| (*name, fleet.dvr(name).seen().len())).collect();
    assert!(done.is_ok(), "{attempts:?} {}", log.tail(20));
    assert!(attempts.iter().all(|(_, attempts)| *attempts == 1), "{attempts:?}");
}

#[test]
fn recorders_that_close_after_each_challenge_play_at_the_second_connection() {
    let with = |auth| Script {
        auth,
        ..Script::default()
    };
    let fleet = Fleet::start(vec![
        ("digest", with(Auth::DigestCloses)),
        ("basic", with(Auth::BasicCloses)),
    ]);
    let watch = fleet.watch();
    let live = |log: &Log| ["digest", "basic"].iter().all(|name| state(log, name) == "live");
    let done = watch.until(PATIENCE, live);
    let log = watch.stop();
    assert!(done.is_ok(), "{}", log.tail(20));
    for name in ["digest", "basic"] {
        let seen = fleet.dvr(name).seen();
        assert_eq!(seen.len(), 2, "{name}");
        let signed = |index: usize| {
            seen[index]
                .requests
                .iter()
                .all(|request| request.header("Authorization").is_some())
        };
        assert!(signed(1), "{name}: from the first request");
        let states = log.at_site(name);
        let told: Vec<_> = states.of("state").map(|line| line.text("state").to_owned()).collect();
        assert!(
            told.iter()
                .all(|state| ["connecting", "waiting", "live"].contains(&state.as_str())),
            "{name}: it signs in, nothing has failed: {told:?}"
        );
    }
}

#[test]
fn a_wrong_password_at_a_recorder_that_closes_is_said_after_few_tries_and_not_tried_again() {
    let script = Script {
        auth: Auth::DigestCloses,
        ..Script::default()
    };
    let fleet = Fleet::start(vec![("closes", script)]);
    // What the user typed is another one.
    fleet.dvr("closes").script().password = "other".to_owned();
    let watch = fleet.watch();
    let refused = |log: &Log| {
        log.at_site("closes")
            .of("outcome")
            .any(|line| line.text("result") == "auth")
    };
    let done = watch.until(PATIENCE, refused);
    assert!(done.is_ok(), "{}", watch.log().tail(20));
    let after = fleet.dvr("closes").seen().len();
    // As long as several further attempts would take.
    let more = watch.until(Duration::from_secs(12), |_| fleet.dvr("closes").seen().len() > after);
    assert!(more.is_err(), "a wrong password is not tried again");
    let seen = fleet.dvr("closes").seen();
    let tries = seen.iter().flat_map(|connection| &connection.requests);
    let tries = tries.filter(|request| request.method == "DESCRIBE" && request.header("Authorization").is_some());
    assert!(tries.count() <= 2 && seen.len() <= 3);
    watch.stop();
}

#[test]
fn a_wrong_password_is_a_failed_sign_in_after_a_few_tries_although_the_recorder_calls_each_nonce_too_old() {
    let with = |auth| Script {
        auth,
        ..Script::default()
    };
    let fleet = Fleet::start(vec![
        ("stays", with(Auth::AlwaysStale)),
        ("closes", with(Auth::AlwaysStaleCloses)),
    ]);
    // What the user typed is another one.
    for name in ["stays", "closes"] {
        fleet.dvr(name).script().password = "other".to_owned();
    }
    let watch = fleet.watch();
    let refused = |log: &Log| {
        ["stays", "closes"]
            .iter()
            .all(|name| state(log, name) == "sign-in-failed")
    };
    let done = watch.until(PATIENCE, refused);
    assert!(done.is_ok(), "{}", watch.log().tail(20));
    for (name, connections) in [("stays", 2), ("closes", 4)] {
        let seen = fleet.dvr(name).seen();
        assert_eq!(seen.len(), connections, "{name}");
        let tries = seen.iter().flat_map(|connection| &connection.requests);
        let tries = tries.filter(|request| request.method == "DESCRIBE" && request.header("Authorization").is_some());
        assert!(tries.count() <= 4, "{name}");
    }
    watch.stop();
}
