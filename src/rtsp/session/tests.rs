//! Whole sessions against a scripted device: bytes in, bytes and events out, no socket and no clock.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::{
    device::{Credentials, Password},
    rtsp::{Codec, Media, Redirect},
};

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n\
    m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n";
const PASSWORD: &str = "p@ss:w/rd%#\u{65e5}\u{672c}";
const DIGEST: &str = r#"WWW-Authenticate: Digest realm="DVR", nonce="n1", qop="auth""#;

fn request() -> Request {
    Request {
        secure: false,
        authority: "dvr.example:8554".into(),
        target: "/live/ch1".into(),
        credentials: None,
        user_agent: "Monomi/test".into(),
        audio: false,
        seed: 7,
    }
}

fn signed() -> Request {
    Request {
        credentials: Some(Credentials {
            user: "admin".into(),
            password: Password::new(PASSWORD),
        }),
        ..request()
    }
}

/// The session and everything it said so far.
struct Peer {
    session: Session,
    now: Instant,
    sent: Vec<String>,
    events: Vec<Event>,
    wakes: Instant,
    why: &'static str,
}

impl Peer {
    fn new(request: Request) -> Self {
        let now = Instant::now();
        let mut peer = Self {
            session: Session::new(request, now),
            now,
            sent: Vec::new(),
            events: Vec::new(),
            wakes: now,
            why: "",
        };
        peer.poll();
        peer
    }

    fn poll(&mut self) {
        loop {
            match self.session.poll_output() {
                Output::Send(bytes) => self
                    .sent
                    .push(String::from_utf8(bytes.to_vec()).expect("requests are UTF-8")),
                Output::Event(event) => {
                    let ended = self.events.last().is_some_and(Event::is_terminal);
                    assert!(!ended, "{event:?} after the end");
                    self.events.push(event);
                }
                Output::Sleep { until, why } => {
                    (self.wakes, self.why) = (until, why);
                    return;
                }
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.session.handle_input(bytes, self.now);
        self.poll();
    }

    /// A reply with the right CSeq; `lines` are the status and further headers.
    fn reply(&mut self, lines: &[&str], body: &str) {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let (first, rest) = lines.split_first().expect("a status");
        let headers: String = rest.iter().map(|line| format!("{line}\r\n")).collect();
        let text = format!(
            "RTSP/1.0 {first}\r\nCSeq: {}\r\n{headers}{length}\r\n{body}",
            self.cseq()
        );
        self.bytes(text.as_bytes());
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_timeout(self.now);
        self.poll();
    }

    /// Sleeps as long as the session wants to.
    fn sleep(&mut self) {
        self.now = self.wakes;
        self.wait(Duration::ZERO);
    }

    fn eof(&mut self) {
        self.session.handle_eof(self.now);
        self.poll();
    }

    fn close(&mut self) {
        self.session.close(self.now);
        self.poll();
    }

    fn last(&self) -> &str {
        self.sent.last().expect("something was sent")
    }

    fn cseq(&self) -> u32 {
        self.header("CSeq").expect("a CSeq").parse().expect("a number")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.last()
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Method and path of the last request.
    fn asked(&self) -> (&str, &str) {
        let mut words = self.last().split(' ');
        let (method, uri) = (words.next().expect("a method"), words.next().expect("a URI"));
        (
            method,
            uri.strip_prefix("rtsp://dvr.example:8554").expect("our own host"),
        )
    }

    fn quirks(&self) -> Vec<Quirk> {
        self.events
            .iter()
            .filter_map(|event| {
                if let Event::Quirk(quirk) = event {
                    Some(*quirk)
                } else {
                    None
                }
            })
            .collect()
    }

    fn failure(&self) -> &Failure {
        match self.events.last() {
            Some(Event::Failed(failure)) => failure,
            other => panic!("not failed but {other:?}"),
        }
    }

    fn failed(&self) -> (FailureKind, Step) {
        (self.failure().kind, self.failure().step)
    }

    fn tracks(&self) -> &[Track] {
        self.events
            .iter()
            .find_map(|event| {
                if let Event::Playing { tracks } = event {
                    Some(&tracks[..])
                } else {
                    None
                }
            })
            .expect("playing")
    }

    fn is_playing(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Playing { .. }))
            && !self.events.last().is_some_and(Event::is_terminal)
    }

    fn options(mut self) -> Self {
        self.reply(
            &[
                "200 OK",
                "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN",
            ],
            "",
        );
        self
    }

    fn describe(mut self) -> Self {
        self.reply(
            &[
                "200 OK",
                "Content-Type: application/sdp",
                "Content-Base: rtsp://10.0.0.1/live/ch1/",
            ],
            SDP,
        );
        self
    }

    fn set_up(mut self) -> Self {
        self.reply(
            &[
                "200 OK",
                "Session: 4711;timeout=60",
                "Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
            ],
            "",
        );
        self
    }

    fn play(mut self) -> Self {
        self.reply(&["200 OK", "Session: 4711"], "");
        self
    }

    fn playing() -> Self {
        Self::new(request()).options().describe().set_up().play()
    }
}

fn packet(channel: u8) -> Vec<u8> {
    [&[b'$', channel, 0, 16, 0x80, 96][..], &[0; 10], b"data"].concat()
}

#[test]
fn a_correct_device_plays() {
    let mut peer = Peer::new(request());
    assert_eq!(
        peer.last(),
        "OPTIONS rtsp://dvr.example:8554/live/ch1 RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Monomi/test\r\n\r\n"
    );
    assert_eq!((peer.session.step(), peer.why), (Step::Options, "reply to OPTIONS"));
    peer = peer.options();
    assert_eq!(peer.asked(), ("DESCRIBE", "/live/ch1"));
    assert_eq!(peer.header("Accept"), Some("application/sdp"));
    peer = peer.describe();
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=1"));
    assert_eq!(peer.header("Transport"), Some("RTP/AVP/TCP;unicast;interleaved=0-1"));
    assert_eq!(peer.header("Session"), None);
    peer = peer.set_up();
    assert_eq!(peer.asked(), ("PLAY", "/live/ch1/"));
    assert_eq!(
        (peer.header("Session"), peer.header("Range")),
        (Some("4711"), Some("npt=0.000-"))
    );
    peer = peer.play();
    let [track] = peer.tracks() else { panic!("one track") };
    assert_eq!(
        (track.media, &track.codec, track.payload_type),
        (Media::Video, &Codec::H264, 96)
    );
    peer.bytes(&packet(0));
    peer.bytes(&packet(1));
    let [
        ..,
        Event::Rtp { track: 0, packet: rtp },
        Event::Rtcp { track: 0, packet: rtcp },
    ] = &peer.events[..]
    else {
        panic!("{:?}", peer.events)
    };
    assert!(rtp.ends_with(b"data") && rtcp.len() == 16);
    peer.close();
    assert_eq!(peer.asked(), ("TEARDOWN", "/live/ch1/"));
    assert_eq!(peer.header("Session"), Some("4711"));
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.events.last(), Some(&Event::Closed));
    assert_eq!(peer.quirks(), []);
    assert_eq!(peer.sent.len(), 5);
}

#[test]
fn sound_is_set_up_only_where_asked_for() {
    let mut peer = Peer::new(Request {
        audio: true,
        ..request()
    })
    .options()
    .describe()
    .set_up();
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=2"));
    assert_eq!(
        (peer.header("Transport"), peer.header("Session")),
        (Some("RTP/AVP/TCP;unicast;interleaved=2-3"), Some("4711"))
    );
    peer.reply(
        &["200 OK", "Session: 4711", "Transport: RTP/AVP/TCP;interleaved=2-3"],
        "",
    );
    peer = peer.play();
    assert_eq!(
        peer.tracks().iter().map(|track| track.media).collect::<Vec<_>>(),
        [Media::Video, Media::Audio]
    );
    peer.bytes(&packet(3));
    assert!(matches!(peer.events.last(), Some(Event::Rtcp { track: 1, .. })));

    let mut peer = Peer::new(Request {
        audio: true,
        ..request()
    })
    .options()
    .describe()
    .set_up();
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["461 Unsupported Transport"], "");
    peer = peer.play();
    assert_eq!(peer.tracks().len(), 1, "the picture does not depend on the sound");
    assert!(peer.quirks().contains(&Quirk::SoundRefused));
}

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
        assert_eq!(peer.failed(), (FailureKind::SignIn, Step::Describe));
        assert_eq!(
            peer.sent.iter().filter(|text| text.contains("Authorization:")).count(),
            1,
            "{second}"
        );
    }
    let mut peer = Peer::new(signed());
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Basic realm=\"DVR\""], "");
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Basic realm=\"DVR\""], "");
    assert_eq!(peer.failed(), (FailureKind::SignIn, Step::Options));
}

#[test]
fn without_credentials_a_challenge_ends_it() {
    let mut peer = Peer::new(request()).options();
    peer.reply(&["401 Unauthorized", DIGEST], "");
    assert_eq!(peer.failed(), (FailureKind::SignIn, Step::Describe));
    assert_eq!(peer.failure().detail, "401 Unauthorized");
}

#[test]
fn an_unknown_sign_in_method_is_named() {
    let mut peer = Peer::new(signed()).options();
    peer.reply(&["401 Unauthorized", "WWW-Authenticate: Negotiate"], "");
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Describe));
    assert_eq!(peer.failure().detail, "401 sign-in method not supported: Negotiate");
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
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Describe));
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
fn keepalives_go_at_half_of_the_timeout() {
    for (session, seconds, public, method) in [
        ("Session: 1", 30, "Public: OPTIONS, GET_PARAMETER", "GET_PARAMETER"),
        (
            "Session: 1;timeout=60",
            30,
            "Public: OPTIONS get_parameter",
            "GET_PARAMETER",
        ),
        ("Session: 1 ; timeout = 20", 10, "Public: OPTIONS", "OPTIONS"),
        ("Session: 1;timeout=86400", 30, "X: y", "OPTIONS"),
        ("Session: 1;timeout=1", 1, "X: y", "OPTIONS"),
    ] {
        let mut peer = Peer::new(request());
        peer.reply(&["200 OK", public], "");
        peer = peer.describe();
        peer.reply(&["200 OK", session, "Transport: RTP/AVP/TCP;interleaved=0-1"], "");
        peer.reply(&["200 OK"], "");
        assert_eq!(
            (peer.wakes - peer.now, peer.why),
            (Duration::from_secs(seconds), "next keepalive"),
            "{session}"
        );
        for _ in 0..3 {
            let before = peer.sent.len();
            peer.sleep();
            assert_eq!(
                (peer.asked(), peer.header("Session")),
                ((method, "/live/ch1/"), Some("1")),
                "{session}"
            );
            assert_eq!(peer.sent.len(), before + 1);
            peer.reply(&["200 OK"], "");
        }
        assert!(peer.is_playing());
    }
}

#[test]
fn a_keepalive_may_fail() {
    let mut peer = Peer::playing();
    peer.sleep();
    peer.reply(&["454 Session Not Found"], "");
    assert!(peer.is_playing() && peer.quirks().contains(&Quirk::KeepaliveRefused));
    peer.sleep();
    assert_eq!(peer.asked().0, "OPTIONS", "what is refused is not asked again");
    peer.sleep();
    assert!(peer.is_playing() && peer.quirks().contains(&Quirk::KeepaliveUnanswered));
    let late = peer.cseq();
    peer.sleep();
    assert_eq!(peer.cseq(), late + 1);
    peer.bytes(format!("RTSP/1.0 200 OK\r\nCSeq: {late}\r\n\r\n").as_bytes());
    peer.reply(&["200 OK"], "");
    assert!(peer.is_playing());
    assert!(!peer.quirks().contains(&Quirk::WrongCSeq), "the late reply is known");
}

#[test]
fn sixty_days_of_keepalives_change_nothing() {
    let mut peer = Peer::playing();
    peer.session.cseq = u32::MAX - 3;
    for _ in 0..60 * 24 * 120 {
        peer.sleep();
        assert_eq!(peer.sent.len(), 5, "one keepalive, then silence");
        peer.reply(&["200 OK"], "");
        peer.bytes(&packet(0));
        peer.sent.truncate(4);
        peer.events.clear();
    }
    assert!(peer.now - peer.session.started >= Duration::from_secs(60 * 24 * 3600 - 60));
    assert_eq!(peer.session.framer.buffered(), 0);
    assert_eq!(peer.session.output.len(), 0);
    assert_eq!(
        peer.session.counters(),
        Counters {
            packets: 60 * 24 * 120,
            dropped: 0,
            junk: 0
        }
    );
}

#[test]
fn data_before_the_reply_to_play_counts() {
    let mut peer = Peer::new(request()).options().describe().set_up();
    peer.bytes(&packet(0));
    assert!(
        matches!(
            peer.events[..],
            [
                Event::Quirk(Quirk::DataBeforePlay),
                Event::Playing { .. },
                Event::Rtp { .. }
            ]
        ),
        "{:?}",
        peer.events
    );
    peer = peer.play();
    peer.bytes(&packet(0));
    assert_eq!(peer.events.len(), 4, "playing once");

    let mut peer = Peer::new(request()).options().describe().set_up();
    peer.bytes(&packet(0));
    peer.sleep();
    assert!(peer.is_playing(), "a reply that never comes does not matter then");
    assert!(peer.quirks().contains(&Quirk::PlayUnanswered));
    peer.sleep();
    assert_eq!(peer.asked().0, "GET_PARAMETER");
}

#[test]
fn cseq_may_be_wrong_or_missing() {
    for (cseq, quirk) in [
        ("", Quirk::MissingCSeq),
        ("CSeq: 99\r\n", Quirk::WrongCSeq),
        ("CSeq: x\r\n", Quirk::MissingCSeq),
    ] {
        let mut peer = Peer::new(request());
        for reply in ["", "\r\n", "Session: 1\r\n", ""] {
            let body = if reply == "\r\n" { SDP } else { "" };
            let headers = format!("{}Content-Length: {}\r\n", reply.trim_start(), body.len());
            peer.bytes(format!("RTSP/1.0 200 OK\r\n{cseq}{headers}\r\n{body}").as_bytes());
        }
        assert!(peer.is_playing());
        assert_eq!(peer.quirks(), [quirk, Quirk::MissingChannels]);
    }
}

#[test]
fn a_reply_to_nothing_is_ignored() {
    let mut peer = Peer::playing();
    peer.bytes(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n");
    peer.bytes(b"RTSP/1.0 404 Not Found\r\n\r\n");
    assert!(peer.is_playing());
    assert_eq!(peer.quirks(), [Quirk::UnexpectedReply]);
    let mut peer = Peer::new(request());
    peer.reply(&["100 Continue"], "");
    assert_eq!(peer.sent.len(), 1);
    assert!(peer.options().sent.len() == 2);
}

#[test]
fn channels_are_those_the_device_states() {
    for (transport, rtp, quirk) in [
        ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1", 0, None),
        (
            "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1",
            4,
            Some(Quirk::OtherChannels),
        ),
        ("Transport: RTP/AVP/TCP;unicast", 0, Some(Quirk::MissingChannels)),
        ("X: y", 0, Some(Quirk::MissingChannels)),
        (
            "Transport: RTP/AVP;client_port=1-2, RTP/AVP/TCP;interleaved=6-7",
            6,
            Some(Quirk::OtherChannels),
        ),
    ] {
        let mut peer = Peer::new(request()).options().describe();
        peer.reply(&["200 OK", "Session: 1", transport], "");
        peer = peer.play();
        assert_eq!(peer.quirks(), quirk.into_iter().collect::<Vec<_>>(), "{transport}");
        peer.bytes(&packet(rtp));
        assert!(
            matches!(peer.events.last(), Some(Event::Rtp { track: 0, .. })),
            "{transport}"
        );
        peer.bytes(&packet(rtp + 1));
        assert!(
            matches!(peer.events.last(), Some(Event::Rtcp { track: 0, .. })),
            "{transport}"
        );
    }
}

#[test]
fn tracks_with_the_same_channels_are_those_asked_for() {
    let mut peer = Peer::new(Request {
        audio: true,
        ..request()
    })
    .options()
    .describe()
    .set_up()
    .set_up()
    .play();
    peer.bytes(&packet(2));
    assert!(matches!(peer.events.last(), Some(Event::Rtp { track: 1, .. })));
}

#[test]
fn junk_and_unknown_channels_do_not_disturb() {
    let mut peer = Peer::playing();
    let stream = [
        packet(0),
        b"junk $ junk".to_vec(),
        packet(0),
        packet(1),
        packet(9),
        packet(0),
    ]
    .concat();
    peer.bytes(&stream);
    let media = peer
        .events
        .iter()
        .filter(|event| matches!(event, Event::Rtp { .. } | Event::Rtcp { .. }))
        .count();
    assert_eq!(media, 4);
    assert_eq!(peer.quirks(), [Quirk::Junk, Quirk::UnknownChannel]);
    assert_eq!(
        peer.session.counters(),
        Counters {
            packets: 4,
            dropped: 1,
            junk: 11
        }
    );
}

#[test]
fn control_urls_lead_where_they_mean() {
    for (base, session, media, setup, play) in [
        (
            "Content-Base: rtsp://192.168.1.64:554/live/ch1/",
            "*",
            "trackID=1",
            "/live/ch1/trackID=1",
            "/live/ch1/",
        ),
        (
            "Content-Base: 192.168.1.64:554/live/ch1/",
            "*",
            "trackID=1",
            "/live/ch1/trackID=1",
            "/live/ch1/",
        ),
        (
            "Content-Location: /other/",
            "*",
            "trackID=1",
            "/other/trackID=1",
            "/other/",
        ),
        ("X: y", "*", "trackID=1", "/live/ch1/trackID=1", "/live/ch1"),
        ("X: y", "*", "*", "/live/ch1", "/live/ch1"),
        (
            "X: y",
            "rtsp://192.168.1.64/live/ch1/",
            "rtsp://192.168.1.64/live/ch1/trackID=1",
            "/live/ch1/trackID=1",
            "/live/ch1/",
        ),
        (
            "Content-Base: rtsp://10.0.0.9/a/",
            "rtsp://10.0.0.9/b/",
            "trackID=1",
            "/b/trackID=1",
            "/b/",
        ),
        ("X: y", "", "/trackID=1", "/live/ch1/trackID=1", "/live/ch1"),
    ] {
        let mut peer = Peer::new(request()).options();
        let sdp = format!("v=0\r\na=control:{session}\r\nm=video 0 RTP/AVP 26\r\na=control:{media}\r\n");
        peer.reply(&["200 OK", base], &sdp);
        assert_eq!(peer.asked(), ("SETUP", setup), "{base} {session} {media}");
        peer = peer.set_up();
        assert_eq!(peer.asked(), ("PLAY", play), "{base} {session} {media}");
    }
}

#[test]
fn refusals_of_options_are_tolerated() {
    for status in [
        "405 Method Not Allowed",
        "501 Not Implemented",
        "404 Not Found",
        "551 Option Not Supported",
        "403 Forbidden",
    ] {
        let mut peer = Peer::new(request());
        peer.reply(&[status], "");
        assert_eq!(peer.asked().0, "DESCRIBE", "{status}");
        peer = peer.describe().set_up().play();
        peer.sleep();
        assert_eq!(peer.asked().0, "OPTIONS");
        assert_eq!(peer.quirks(), [Quirk::OptionsRefused]);
    }
}

#[test]
fn a_full_device_asks_to_wait() {
    let wait = |seconds| FailureKind::Limit {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let full = FailureKind::Limit { retry_after: None };
    for (lines, kind) in [
        (&["453 Not Enough Bandwidth", "Retry-After: 120"][..], wait(120)),
        (&["503 Service Unavailable", "Retry-After: 5"], wait(5)),
        (&["486 Busy Here"], full),
        (&["403 Forbidden (online user amount)"], full),
        (&["401 Too Many Users"], full),
        (
            &["503 Service Unavailable", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"],
            full,
        ),
    ] {
        let peer = |depth: usize| {
            let peer = Peer::new(signed());
            match depth {
                0 => peer,
                1 => peer.options(),
                2 => peer.options().describe(),
                _ => peer.options().describe().set_up(),
            }
        };
        for (depth, step) in [Step::Options, Step::Describe, Step::Setup, Step::Play]
            .into_iter()
            .enumerate()
        {
            let mut peer = peer(depth);
            peer.reply(lines, "");
            assert_eq!(peer.failed(), (kind, step), "{lines:?}");
        }
    }
    let mut peer = Peer::new(signed()).options();
    peer.reply(
        &["403 Forbidden", "Content-Type: text/plain"],
        "the number of users exceeds the limit",
    );
    assert_eq!(peer.failed(), (full, Step::Describe));
}

#[test]
fn an_unknown_stream_is_named() {
    for status in ["404 Not Found", "400 Bad Request", "410 Gone", "454 Session Not Found"] {
        let mut peer = Peer::new(request()).options();
        peer.reply(&[status], "");
        assert_eq!(peer.failed(), (FailureKind::NoSuchStream, Step::Describe));
        assert_eq!(peer.failure().detail, status);
        assert_eq!(peer.sent.len(), 2, "nothing was set up, so nothing is torn down");
    }
}

#[test]
fn what_cannot_be_shown_is_named() {
    let mut peer = Peer::new(request()).options();
    peer.reply(&["200 OK"], "v=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 VP9/90000\r\n");
    assert_eq!(peer.failed(), (FailureKind::NoVideo, Step::Describe));
    assert_eq!(peer.failure().detail, "VP9");
}

#[test]
fn transports_are_retried_in_the_plain_form() {
    let mut peer = Peer::new(request()).options().describe();
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(
        (peer.asked().0, peer.header("Transport")),
        ("SETUP", Some("RTP/AVP/TCP;interleaved=0-1"))
    );
    assert!(peer.set_up().play().is_playing());
    let mut peer = Peer::new(request()).options().describe();
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Setup));
    assert_eq!(peer.failure().detail, "461 Unsupported Transport");
}

#[test]
fn a_lost_session_is_set_up_once_more() {
    let mut peer = Peer::new(request()).options().describe().set_up();
    peer.reply(&["454 Session Not Found"], "");
    assert_eq!(
        (peer.asked(), peer.header("Session")),
        (("SETUP", "/live/ch1/trackID=1"), None)
    );
    peer = peer.set_up();
    assert_eq!(peer.asked().0, "PLAY");
    peer.reply(&["454 Session Not Found"], "");
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Play));
    assert_eq!(peer.asked().0, "TEARDOWN", "what was set up is given back");

    let mut peer = Peer::new(Request {
        audio: true,
        ..request()
    })
    .options()
    .describe()
    .set_up();
    peer.reply(&["454 Session Not Found"], "");
    assert_eq!(
        (peer.asked(), peer.header("Session")),
        (("SETUP", "/live/ch1/trackID=2"), None)
    );
    let mut peer = Peer::new(request()).options().describe();
    peer.reply(&["454 Session Not Found"], "");
    assert_eq!(peer.failed(), (FailureKind::NoSuchStream, Step::Setup));
}

#[test]
fn play_is_put_otherwise_where_refused() {
    for (status, path, range) in [
        ("457 Invalid Range", "/live/ch1/", None),
        ("459 Aggregate Not Allowed", "/live/ch1/trackID=1", None),
    ] {
        let mut peer = Peer::new(request()).options().describe().set_up();
        peer.reply(&[status], "");
        assert_eq!((peer.asked(), peer.header("Range")), (("PLAY", path), range));
        assert!(peer.play().is_playing());
        let mut peer = Peer::new(request()).options().describe().set_up();
        peer.reply(&[status], "");
        peer.reply(&[status], "");
        assert!(matches!(peer.failed(), (FailureKind::Protocol, Step::Play)));
    }
}

#[test]
fn redirects_are_reported_not_followed() {
    let to = |host: &str, port, secure, target: &str| {
        Event::Redirect(Redirect {
            host: host.into(),
            port,
            secure,
            target: target.into(),
        })
    };
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "305 Use Proxy",
        "307 Temporary Redirect",
    ] {
        let mut peer = Peer::new(request()).options();
        peer.reply(&[status, "Location: rtsp://10.1.2.3:8554/other"], "");
        assert_eq!(
            peer.events.last(),
            Some(&to("10.1.2.3", 8554, false, "/other")),
            "{status}"
        );
    }
    let mut peer = Peer::new(request());
    peer.reply(&["302", "Location:rtsps://cam.example/x?y=z "], "");
    assert_eq!(peer.events.last(), Some(&to("cam.example", 322, true, "/x?y=z")));
    let mut peer = Peer::new(request()).options();
    peer.reply(&["302 Found"], "");
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Describe));
    let mut peer = Peer::playing();
    peer.bytes(b"REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://10.1.2.3/other\r\n\r\n");
    assert_eq!(peer.events.last(), Some(&to("10.1.2.3", 554, false, "/other")));
    assert!(
        peer.sent
            .iter()
            .any(|text| text == "RTSP/1.0 200 OK\r\nCSeq: 9\r\nSession: 4711\r\n\r\n")
    );
    assert_eq!(peer.asked().0, "TEARDOWN");
}

#[test]
fn requests_of_the_device_are_answered() {
    for (method, status) in [
        ("OPTIONS", "200 OK"),
        ("GET_PARAMETER", "200 OK"),
        ("SET_PARAMETER", "200 OK"),
        ("ANNOUNCE", "200 OK"),
        ("RECORD", "501 Not Implemented"),
        ("X_VENDOR", "501 Not Implemented"),
    ] {
        let mut peer = Peer::playing();
        peer.bytes(
            format!("{method} rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 12\r\nContent-Length: 4\r\n\r\nbody").as_bytes(),
        );
        assert!(
            peer.last()
                .starts_with(&format!("RTSP/1.0 {status}\r\nCSeq: 12\r\nSession: 4711\r\n")),
            "{}",
            peer.last()
        );
        assert!(peer.is_playing());
        peer.bytes(format!("{method} * RTSP/1.0\n\n").as_bytes());
        assert!(
            peer.last().starts_with(&format!("RTSP/1.0 {status}\r\nSession")),
            "{}",
            peer.last()
        );
    }
    let mut peer = Peer::new(request());
    peer.bytes(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    assert!(peer.last().starts_with("RTSP/1.0 200 OK"), "also before a reply");
    peer.bytes(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n");
    assert_eq!(peer.asked().0, "DESCRIBE");
}

#[test]
fn the_announced_end_ends_it() {
    for text in [
        "ANNOUNCE * RTSP/1.0\r\nCSeq: 5\r\nx-notice: 2101 \"End-of-Stream Reached\" event-date=20000101\r\n\r\n",
        "ANNOUNCE * RTSP/1.0\r\nCSeq: 5\r\nContent-Length: 14\r\n\r\nEnd of stream\n",
        "PLAY_NOTIFY * RTSP/1.0\r\nCSeq: 5\r\nNotify-Reason: end-of-stream\r\n\r\n",
        "TEARDOWN rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 5\r\n\r\n",
        "REDIRECT rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 5\r\n\r\n",
    ] {
        let mut peer = Peer::playing();
        peer.bytes(text.as_bytes());
        assert_eq!(peer.failed(), (FailureKind::Ended, Step::Media), "{text}");
        assert!(
            peer.sent
                .iter()
                .any(|text| text.starts_with("RTSP/1.0 200 OK\r\nCSeq: 5\r\n"))
        );
    }
}

#[test]
fn every_step_has_an_end() {
    let peers = [
        Peer::new(request()),
        Peer::new(request()).options(),
        Peer::new(request()).options().describe(),
        Peer::new(request()).options().describe().set_up(),
    ];
    for (mut peer, step) in peers
        .into_iter()
        .zip([Step::Options, Step::Describe, Step::Setup, Step::Play])
    {
        peer.wait(limit::REPLY - Duration::from_millis(1));
        assert!(!peer.events.last().is_some_and(Event::is_terminal));
        peer.wait(Duration::from_millis(1));
        assert_eq!(peer.failed(), (FailureKind::Timeout, step));
        assert_eq!(peer.why, "over");
    }
    let mut slow = Peer::new(request());
    slow.wait(Duration::from_secs(9));
    slow = slow.options();
    slow.wait(Duration::from_secs(9));
    slow = slow.describe();
    assert_eq!((slow.wakes - slow.now, slow.why), (Duration::from_secs(2), "handshake"));
    slow.sleep();
    assert_eq!(slow.failed(), (FailureKind::Timeout, Step::Setup));
}

#[test]
fn a_closed_connection_ends_it() {
    let mut peer = Peer::playing();
    peer.eof();
    assert_eq!(peer.failed(), (FailureKind::Ended, Step::Media));
    assert_eq!(peer.sent.len(), 4, "nobody is there to be told");
    let mut peer = Peer::new(request()).options();
    peer.session
        .handle_input(b"RTSP/1.0 404 Not Found\r\nCSeq: 2", peer.now);
    peer.eof();
    assert_eq!(
        peer.failed(),
        (FailureKind::NoSuchStream, Step::Describe),
        "what came before the end counts"
    );
}

#[test]
fn closing_is_short_whatever_the_device_does() {
    let mut peer = Peer::new(request()).options();
    peer.close();
    assert_eq!(
        (peer.events.last(), peer.sent.len()),
        (Some(&Event::Closed), 2),
        "nothing to tear down"
    );
    let mut peer = Peer::playing();
    peer.close();
    assert_eq!(
        (peer.wakes - peer.now, peer.why),
        (Duration::from_millis(500), "reply to TEARDOWN")
    );
    peer.bytes(&packet(0));
    assert!(
        matches!(peer.events.last(), Some(Event::Playing { .. })),
        "no more packets"
    );
    peer.close();
    peer.sleep();
    assert_eq!(peer.events.last(), Some(&Event::Closed));
    peer.close();
    for status in [
        "500 Internal Server Error",
        "454 Session Not Found",
        "401 Unauthorized",
        "302 Found",
    ] {
        let mut peer = Peer::playing();
        peer.sleep();
        peer.close();
        peer.reply(&[status, "Location: rtsp://10.0.0.1/"], "");
        assert_eq!(peer.events.last(), Some(&Event::Closed), "{status}");
    }
    let mut peer = Peer::playing();
    peer.close();
    peer.eof();
    assert_eq!(peer.events.last(), Some(&Event::Closed));
}

#[test]
fn a_web_server_is_recognised() {
    let mut peer = Peer::new(request());
    peer.bytes(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Options));
    let mut peer = Peer::new(signed());
    peer.bytes(format!("HTTP/1.0 401 Unauthorized\r\nCSeq: 1\r\n{DIGEST}\r\n\r\n").as_bytes());
    assert!(
        peer.header("Authorization").is_some(),
        "but some recorders just mistype"
    );
}

#[test]
fn endless_garbage_ends_in_a_named_failure() {
    for pattern in [
        &b"garbage "[..],
        b"\xFF\x00",
        b"$\x07\x00\x04abcd",
        b"RTSP/1.0 200 OK\r\nA: b\r\n",
    ] {
        let mut peer = Peer::playing();
        let chunk = pattern.repeat(1000);
        let mut sent = 0;
        while !peer.events.last().is_some_and(Event::is_terminal) {
            peer.bytes(&chunk);
            sent += chunk.len();
            assert!(sent < 2 * limit::JUNK && peer.session.framer.buffered() <= 128 * 1024);
        }
        assert_eq!(peer.failed(), (FailureKind::Protocol, Step::Media));
        assert_eq!(peer.failure().detail, "garbage");
        peer.bytes(&chunk);
        assert_eq!(peer.session.framer.buffered(), 0, "nothing is kept after the end");
    }
    let mut peer = Peer::new(request());
    for _ in 0..100 {
        peer.bytes(b"RTSP/1.0 100 Continue\r\n\r\n");
        peer.wait(Duration::from_millis(300));
    }
    assert_eq!(
        peer.failed(),
        (FailureKind::Timeout, Step::Options),
        "chatter does not lengthen the wait"
    );
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

/// What a sloppy device says in a whole session, whatever it is asked.
fn sloppy_device() -> Vec<u8> {
    let mut stream = b"\r\nRTSP/1.0 200\nCSeq : 1\nPublic: OPTIONS\nnonsense\n\n".to_vec();
    stream.extend(
        format!(
            "RTSP/1.0 200 OK\r\nServer: G\u{e9}n\r\nContent-Length: {} \r\n\r\n{SDP}",
            SDP.len()
        )
        .as_bytes(),
    );
    stream.extend(b"RTSP/1.0 200 OK\r\nCSeq: 77\r\nSession: 1 ; timeout = 30\r\n\r\n");
    for _ in 0..3 {
        stream.extend(packet(0));
        stream.extend(b"junk");
        stream.extend(packet(1));
        stream.extend(packet(5));
    }
    stream.extend(b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nContent-Length: 12\r\n\r\n");
    stream.extend(packet(0));
    stream.extend(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    stream.extend(packet(0));
    stream.extend(b"ANNOUNCE * RTSP/1.0\r\nCSeq: 2\r\nx-notice: 2101 End-of-Stream Reached\r\n\r\n");
    stream
}

#[test]
fn byte_by_byte_is_the_same() {
    let mut whole = Peer::new(request());
    whole.bytes(&sloppy_device());
    assert_eq!(whole.failed(), (FailureKind::Ended, Step::Media));
    assert_eq!(
        whole
            .events
            .iter()
            .filter(|event| matches!(event, Event::Rtp { .. } | Event::Rtcp { .. }))
            .count(),
        8
    );
    let mut single = Peer::new(request());
    sloppy_device().iter().for_each(|byte| single.bytes(&[*byte]));
    assert_eq!(whole.events, single.events);
    assert_eq!(whole.sent, single.sent);
}

proptest! {
    #[test]
    fn how_bytes_are_cut_does_not_matter(cuts in proptest::collection::vec(1..200usize, 1..20)) {
        let mut whole = Peer::new(request());
        whole.bytes(&sloppy_device());
        let mut cut = Peer::new(request());
        let stream = sloppy_device();
        let mut rest = &stream[..];
        for length in cuts.iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(*length));
            cut.bytes(now);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(whole.events, cut.events);
        prop_assert_eq!(whole.sent, cut.sent);
    }

    #[test]
    fn any_device_leads_to_an_end(
        replies in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            (prop_oneof![Just(200u16), Just(401), Just(454), Just(461), 100..600u16], "[ -~]{0,60}")
                .prop_map(|(status, header)| format!("RTSP/1.0 {status} x\r\nSession: 1\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"{header}\"\r\nX: {header}\r\n\r\n").into_bytes()),
            Just(format!("RTSP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len()).into_bytes()),
            (0..3u8).prop_map(packet),
        ], 0..20),
        waits in proptest::collection::vec(0..5000u64, 20),
    ) {
        let mut peer = Peer::new(signed());
        for (reply, wait) in replies.iter().zip(waits) {
            peer.bytes(reply);
            peer.wait(Duration::from_millis(wait));
        }
        peer.close();
        for _ in 0..3 {
            peer.sleep();
        }
        prop_assert!(peer.events.last().is_some_and(Event::is_terminal), "{:?}", peer.events.last());
        prop_assert!(peer.sent.len() <= 60);
        prop_assert!(peer.sent.iter().all(|text| text.ends_with("\r\n\r\n")));
    }
}
