//! Challenges, wrong passwords and secrets.

use super::*;

#[test]
fn digest_is_answered_and_then_sent_ahead() {
    for (challenge, scheme) in [
        (DIGEST, "Digest username=\"admin\""),
        ("WWW-Authenticate: Basic realm=\"DVR\"", "Basic "),
    ] {
        let mut peer = Peer::new(signed()).options();
        assert_eq!(peer.header("Authorization"), None);
        peer.reply(&["401 Unauthorized", challenge], "");
        assert_eq!(peer.asked().0, "DESCRIBE");
        assert!(
            peer.header("Authorization")
                .is_some_and(|value| value.starts_with(scheme)),
            "{}",
            peer.last()
        );
        let peer = peer.describe();
        assert_eq!(peer.asked().0, "SETUP");
        assert!(
            peer.header("Authorization")
                .is_some_and(|value| value.starts_with(scheme)),
            "{}",
            peer.last()
        );
        assert!(peer.set_up().play().is_playing());
    }
}

#[test]
fn a_wrong_password_is_tried_exactly_once() {
    for second in [
        DIGEST,
        r#"WWW-Authenticate: Digest realm="DVR", nonce="n2", qop="auth""#,
        "Server: x",
    ] {
        let mut peer = Peer::new(signed()).options();
        peer.reply(&["401 Unauthorized", DIGEST], "");
        peer.reply(&["401 Unauthorized", second], "");
        assert_eq!(peer.failed(), (SessionErrorKind::SignIn, Step::Describe));
        assert_eq!(
            peer.sent.iter().filter(|text| text.contains("Authorization:")).count(),
            1,
            "{second}"
        );
    }
    let mut peer = Peer::new(signed());
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Basic realm=\"DVR\""], "");
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Basic realm=\"DVR\""], "");
    assert_eq!(peer.failed(), (SessionErrorKind::SignIn, Step::Options));
}

#[test]
fn without_credentials_a_challenge_ends_it() {
    let mut peer = Peer::new(request()).options();
    peer.reply(&["401 Unauthorized", DIGEST], "");
    assert_eq!(peer.failed(), (SessionErrorKind::SignIn, Step::Describe));
    assert_eq!(peer.failure().detail, "401 Unauthorized");
}

#[test]
fn an_unknown_sign_in_method_is_named() {
    let mut peer = Peer::new(signed()).options();
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Negotiate"], "");
    assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Describe));
    assert_eq!(peer.failure().detail, "401 sign-in method not supported: Negotiate");
}

#[test]
fn where_a_redirect_led_to_another_origin_only_digest_is_answered() {
    let elsewhere = || Request {
        basic: false,
        ..signed()
    };
    let basic = "WWW-Authenticate: Basic realm=\"DVR\"";
    let mut peer = Peer::new(elsewhere()).options();
    peer.reply(&["401 Unauthorized", basic], "");
    assert_eq!(peer.failed(), (SessionErrorKind::InClear, Step::Describe));
    assert_eq!(
        peer.failure().detail,
        "401 the password is not sent by Basic to what may be another device"
    );
    assert!(peer.sent.iter().all(|text| !text.contains("Authorization:")));
    let mut peer = Peer::new(elsewhere()).options();
    peer.reply(&["401 Unauthorized", basic, DIGEST], "");
    assert!(
        peer.header("Authorization")
            .is_some_and(|value| value.starts_with("Digest "))
    );
    assert!(peer.describe().set_up().play().is_playing());
}

/// Every signed request is refused once because its nonce is too old, whether or not the device says so.
#[test]
fn a_stale_nonce_is_answered_at_every_step() {
    for stale in [", stale=true", ""] {
        let mut nonce = 0;
        let mut refuse = |peer: &mut Peer, method: &str| {
            assert_eq!(peer.asked().0, method);
            let signed = peer.header("Authorization").map(str::to_owned);
            nonce += 1;
            let challenge = format!(r#"WWW-Authenticate: Digest realm="DVR", nonce="n{nonce}", qop="auth"{stale}"#);
            let before = peer.cseq();
            peer.reply(&["401 Unauthorized", &challenge], "");
            assert_eq!((peer.asked().0, peer.cseq()), (method, before + 1));
            let answer = peer.header("Authorization").expect("an answer");
            assert!(
                answer.contains(&format!("nonce=\"n{nonce}\"")) && answer.contains("nc=00000001"),
                "{answer}"
            );
            assert_eq!(signed.is_some(), method != "OPTIONS", "sent ahead");
        };
        let mut peer = Peer::new(signed());
        refuse(&mut peer, "OPTIONS");
        peer = peer.options();
        refuse(&mut peer, "DESCRIBE");
        peer = peer.describe();
        refuse(&mut peer, "SETUP");
        peer = peer.set_up();
        refuse(&mut peer, "PLAY");
        peer = peer.play();
        peer.sleep();
        refuse(&mut peer, "GET_PARAMETER");
        peer.reply(&["200 OK"], "");
        peer.close();
        refuse(&mut peer, "TEARDOWN");
        peer.reply(&["200 OK"], "");
        assert_eq!(peer.events.last(), Some(&Event::Closed));
        assert_eq!(peer.quirks(), []);
    }
}

#[test]
fn a_nonce_that_is_always_stale_ends_it() {
    let mut peer = Peer::new(signed()).options();
    for number in 0..10 {
        if peer.events.last().is_some_and(Event::is_terminal) {
            break;
        }
        peer.reply(
            &[
                "401 Unauthorized",
                &format!(r#"WWW-Authenticate: Digest realm="DVR", nonce="n{number}", stale=true"#),
            ],
            "",
        );
    }
    assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Describe));
    assert!(peer.sent.len() <= 4);
}

#[test]
fn a_keepalive_that_is_refused_is_never_a_second_wrong_try() {
    let mut peer = Peer::new(signed()).options();
    peer.reply(&["401 Unauthorized", DIGEST], "");
    peer = peer.describe().set_up().play();
    for _ in 0..5 {
        peer.sleep();
        if peer.session.pending.is_some() {
            peer.reply(
                &[
                    "401 Unauthorized",
                    r#"WWW-Authenticate: Digest realm="DVR", nonce="n1", qop="auth""#,
                ],
                "",
            );
        }
    }
    let wrong = peer
        .sent
        .iter()
        .skip(5)
        .filter(|text| text.contains("Authorization"))
        .count();
    assert_eq!(wrong, 1, "{:#?}", peer.sent);
    assert!(peer.is_playing() && peer.quirks().contains(&Quirk::KeepaliveRefused));
}

#[test]
fn no_secret_is_told() {
    let target = "/user=admin&password=tlJwpbo6&channel=1";
    let basic = "WWW-Authenticate: Basic realm=\"DVR\"";
    for echo in [
        PASSWORD.to_owned(),
        target.to_owned(),
        "p%40ss%3Aw%2Frd%25%23%E6%97%A5%E6%9C%AC".to_owned(),
        "YWRtaW46cEBzczp3L3JkJSPml6XmnKw=".to_owned(),
    ] {
        let mut peer = Peer::new(Request {
            target: target.into(),
            ..signed()
        });
        peer.reply(&["401 Unauthorized", basic], "");
        let shown = format!("{:?}", peer.session);
        peer.reply(&[&format!("404 no {echo} here")], "");
        peer.reply(&[&format!("404 no {echo} here")], "");
        assert_eq!(peer.failure().detail, "404");
        let shown = format!("{shown} {:?}", peer.events);
        assert!(
            !shown.contains(PASSWORD) && !shown.contains("tlJwpbo6") && !shown.contains("YWRt"),
            "{shown}"
        );
    }
    let output = Session::new(signed(), Instant::now()).poll_output();
    assert!(format!("{output:?}").starts_with("Send("));
    assert!(!format!("{:?}", signed()).contains("p@ss"));
}

#[test]
fn equal_seeds_give_equal_sessions() {
    let run = |seed| {
        let mut peer = Peer::new(Request { seed, ..signed() });
        peer.reply(&["401 Unauthorized", DIGEST], "");
        peer.last().to_owned()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// A device that closes after each 401; what it wants is kept for the next connection.
struct Closing {
    kept: Option<Challenge>,
    signed: usize,
}

impl Closing {
    /// One connection on which DESCRIBE is answered so and then closed; how it ended.
    fn connection(&mut self, replies: &[&str]) -> (SessionErrorKind, Step) {
        let mut peer = self.connect();
        peer = peer.options();
        for reply in replies {
            peer.reply(&["401 Unauthorized", reply], "");
            if peer.events.last().is_some_and(Event::is_terminal) {
                break;
            }
        }
        peer.eof();
        self.end(&peer);
        peer.failed()
    }

    fn connect(&self) -> Peer {
        Peer::new(Request {
            challenge: self.kept.clone(),
            ..signed()
        })
    }

    fn end(&mut self, peer: &Peer) {
        self.kept = peer.session.challenge();
        let answers = peer
            .sent
            .iter()
            .filter(|text| text.starts_with("DESCRIBE") && text.contains("Authorization"));
        self.signed += answers.count();
    }
}

fn nonce(nonce: &str) -> String {
    format!("WWW-Authenticate: Digest realm=\"DVR\", nonce=\"{nonce}\", qop=\"auth\"")
}

#[test]
fn a_device_that_closes_after_a_challenge_plays_at_the_second_connection() {
    let mut device = Closing { kept: None, signed: 0 };
    assert_eq!(
        device.connection(&[&nonce("n1")]),
        (SessionErrorKind::Ended, Step::Describe)
    );
    let mut peer = device.connect();
    assert!(
        peer.header("Authorization")
            .is_some_and(|value| value.contains("nonce=\"n1\"")),
        "from the first request"
    );
    let first = peer.header("Authorization").map(str::to_owned);
    peer = peer.options();
    assert!(
        peer.header("Authorization")
            .is_some_and(|value| Some(value) != first.as_deref()),
        "counted on"
    );
    peer = peer.describe().set_up().play();
    assert!(peer.is_playing());
    device.end(&peer);
    let mut peer = device.connect();
    let counts = |text: &str| text.split("nc=").nth(1).map(|rest| rest[..8].to_owned());
    assert_eq!(
        peer.header("Authorization").and_then(counts).as_deref(),
        Some("00000006"),
        "the count goes on"
    );
    // By then the nonce is too old: it closes, and plays at the next connection.
    peer = peer.options();
    peer.reply(&["401 Unauthorized", &nonce("n2")], "");
    peer.eof();
    device.end(&peer);
    let peer = device.connect();
    assert!(
        peer.header("Authorization")
            .is_some_and(|value| value.contains("nonce=\"n2\""))
    );
    assert!(peer.options().describe().set_up().play().is_playing());
}

#[test]
fn a_wrong_password_at_a_device_that_closes_is_tried_twice_and_then_said() {
    let mut device = Closing { kept: None, signed: 0 };
    assert_eq!(device.connection(&[&nonce("n1")]).0, SessionErrorKind::Ended);
    // Perhaps the first nonce had become too old meanwhile.
    assert_eq!(device.connection(&[&nonce("n2")]).0, SessionErrorKind::Ended);
    assert_eq!(
        device.connection(&[&nonce("n3")]),
        (SessionErrorKind::SignIn, Step::Describe)
    );
    assert!(device.kept.is_none());
    assert!(
        device.signed <= 4,
        "two that it read and two into a closed connection: {}",
        device.signed
    );
    let mut device = Closing { kept: None, signed: 0 };
    device.connection(&[&nonce("n1")]);
    assert_eq!(
        device.connection(&[&nonce("n1")]).0,
        SessionErrorKind::SignIn,
        "the nonce was good"
    );
    let mut open = Closing { kept: None, signed: 0 };
    assert_eq!(
        open.connection(&[&nonce("n1"), &nonce("n2")]).0,
        SessionErrorKind::SignIn
    );
    assert!(open.kept.is_none());
}

#[test]
fn a_wrong_password_is_said_after_a_few_tries_although_the_device_calls_each_challenge_too_old() {
    let stale = |number: u8| format!("{}, stale=true", nonce(&format!("n{number}")));
    let mut closing = Closing { kept: None, signed: 0 };
    let ends: Vec<_> = (0..4).map(|number| closing.connection(&[&stale(number)]).0).collect();
    assert_eq!(ends[..3], [SessionErrorKind::Ended; 3]);
    assert_eq!(ends[3], SessionErrorKind::SignIn);
    assert!(closing.kept.is_none());
    let mut open = Closing { kept: None, signed: 0 };
    let replies: Vec<String> = (0..5).map(stale).collect();
    let replies: Vec<&str> = replies.iter().map(String::as_str).collect();
    assert_eq!(open.connection(&replies).0, SessionErrorKind::Protocol, "perhaps it is");
    assert_eq!(open.connection(&replies).0, SessionErrorKind::SignIn);
    assert_eq!(open.signed, 3);
    assert!(open.kept.is_none());
    // A good answer in between makes the next refusal the first one.
    let mut device = Closing { kept: None, signed: 0 };
    for number in 0..3 {
        device.connection(&[&stale(number)]);
    }
    let peer = device.connect().options().describe().set_up().play();
    assert!(peer.is_playing());
    device.end(&peer);
    assert_eq!(device.connection(&[&stale(9)]).0, SessionErrorKind::Ended);
}

#[test]
fn nothing_is_kept_of_a_device_that_takes_the_answer_at_once() {
    let mut peer = Peer::new(signed()).options();
    peer.reply(&["401 Unauthorized", DIGEST], "");
    assert!(peer.session.challenge().is_none(), "it may answer yet");
    peer = peer.describe();
    assert!(peer.session.challenge().is_none());
    peer.eof();
    assert!(peer.session.challenge().is_none());
    // Kept, refused and then taken on one connection: the device does not close.
    let mut device = Closing { kept: None, signed: 0 };
    device.connection(&[&nonce("n1")]);
    let mut peer = device.connect().options();
    peer.reply(&["401 Unauthorized", &nonce("n2")], "");
    peer = peer.describe();
    assert!(peer.session.challenge().is_none());
    assert!(Peer::new(request()).session.challenge().is_none());
}

#[test]
fn a_name_of_a_session_and_a_path_in_any_bytes_are_told_as_they_came() {
    let mut peer = Peer::new(request()).options();
    let description = SDP.replace("trackID=1", "TRACK");
    let (before, after) = description.split_once("TRACK").unwrap();
    let body = [before.as_bytes(), b"\x98\x5e\x89\xe6", after.as_bytes()].concat();
    let head = format!(
        "RTSP/1.0 200 OK\r\nCSeq: {}\r\nContent-Length: {}\r\n\r\n",
        peer.cseq(),
        body.len()
    );
    peer.bytes(&[head.as_bytes(), &body].concat());
    assert_eq!(
        peer.asked(),
        ("SETUP", "/live/ch1/%98%5E%89%E6".replace("%5E", "^").as_str())
    );
    let head = format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\nSession: ", peer.cseq());
    peer.session
        .handle_input(&[head.as_bytes(), b"\x83\x5cA;timeout=60\r\n\r\n"].concat(), peer.now);
    let mut sent = None;
    loop {
        match peer.session.poll_output() {
            SessionOutput::Send(bytes) => sent = Some(bytes),
            SessionOutput::Event(_) => {}
            SessionOutput::Sleep { .. } | SessionOutput::Datagrams(_) => break,
        }
    }
    let play = sent.expect("PLAY");
    assert!(
        play.windows(14).any(|part| part == b"Session: \x83\x5cA\r\n"),
        "{play:?}"
    );
}
