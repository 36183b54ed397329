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
    assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Describe));
    assert_eq!(
        peer.failure().detail,
        "401 the password is not sent by Basic to where a redirect led"
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
