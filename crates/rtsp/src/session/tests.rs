//! Whole sessions against a scripted device: bytes in, bytes and events out, no socket and no clock.

mod datagrams;
mod life;
mod refusal;
mod replay;
mod sign_in;
mod sloppy;
mod sound;

use std::time::{Duration, Instant};

use super::*;
use device::{Credentials, MediaTransport, Password};

use crate::{Codec, DatagramOrder, Media, Ports, Redirect, SessionPatience};

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n\
    m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n";
const PATIENCE: SessionPatience = SessionPatience {
    reply: Duration::from_secs(12),
    media: Duration::from_secs(10),
    longest: Duration::from_secs(120),
};
const PASSWORD: &str = "p@ss:w/rd%#\u{65e5}\u{672c}";
const DIGEST: &str = r#"WWW-Authenticate: Digest realm="DVR", nonce="n1", qop="auth""#;

fn request() -> Request {
    Request {
        secure: false,
        authority: "dvr.example:8554".into(),
        target: "/live/ch1".into(),
        credentials: None,
        basic: true,
        user_agent: "Monomi/test".into(),
        audio: false,
        challenge: None,
        transport: MediaTransport::default(),
        habits: without_reports(),
        patience: PATIENCE,
        replay: None,
        seed: 7,
    }
}

/// A recorder that hangs up on reports, so that requests alone are told.
fn without_reports() -> crate::Habits {
    let mut habits = crate::Habits::default();
    habits.recorder.keepalive.deadly.insert(crate::Sign::Report);
    habits
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
    reports: Vec<Bytes>,
    events: Vec<Event>,
    /// What the sockets beside the connection were told.
    orders: Vec<DatagramOrder>,
    /// Whether ports can be had and groups joined.
    has_ports: bool,
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
            reports: Vec::new(),
            events: Vec::new(),
            orders: Vec::new(),
            has_ports: true,
            wakes: now,
            why: "",
        };
        peer.poll();
        peer
    }

    fn poll(&mut self) {
        loop {
            match self.session.poll_output() {
                SessionOutput::Send(bytes) if bytes[0] == b'$' => self.reports.push(bytes),
                SessionOutput::Send(bytes) => self
                    .sent
                    .push(String::from_utf8(bytes.to_vec()).expect("requests are UTF-8")),
                SessionOutput::Event(event) => {
                    let ended = self.events.last().is_some_and(Event::is_terminal);
                    assert!(!ended, "{event:?} after the end");
                    self.events.push(event);
                }
                SessionOutput::Datagrams(order) => {
                    let ports = self.ports_for(&order);
                    if let DatagramOrder::Bind { track } | DatagramOrder::Join { track, .. } = order {
                        self.session.ports(track, ports.filter(|_| self.has_ports), self.now);
                    }
                    self.orders.push(order);
                }
                SessionOutput::Sleep { until, why } => {
                    (self.wakes, self.why) = (until, why);
                    return;
                }
            }
        }
    }

    /// 5000 and 5001 for the first track, 5002 and 5003 for the next; those of a group as they are.
    fn ports_for(&self, order: &DatagramOrder) -> Option<Ports> {
        match order {
            DatagramOrder::Bind { track } => {
                let rtp = 5_000 + 2 * u16::try_from(*track).ok()?;
                Some(Ports { rtp, rtcp: rtp + 1 })
            }
            DatagramOrder::Join { ports, .. } => Some(*ports),
            _ => None,
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
        loop {
            let why = self.why;
            self.now = self.wakes;
            self.wait(Duration::ZERO);
            if why != "media may have ended" {
                return;
            }
        }
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

    fn failure(&self) -> &SessionError {
        match self.events.last() {
            Some(Event::Failed(failure)) => failure,
            other => panic!("not failed but {other:?}"),
        }
    }

    fn failed(&self) -> (SessionErrorKind, Step) {
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

    fn is_over(&self) -> bool {
        self.events.last().is_some_and(Event::is_terminal)
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
fn keepalives_go_at_half_of_the_timeout() {
    for (session, seconds, public, method) in [
        ("Session: 1", 30.0, "Public: OPTIONS, GET_PARAMETER", "GET_PARAMETER"),
        (
            "Session: 1;timeout=60",
            30.0,
            "Public: OPTIONS get_parameter",
            "GET_PARAMETER",
        ),
        ("Session: 1 ; timeout = 20", 10.0, "Public: OPTIONS", "OPTIONS"),
        ("Session: 1;timeout=86400", 30.0, "X: y", "OPTIONS"),
        ("Session: 1;timeout=1", 0.5, "X: y", "OPTIONS"),
    ] {
        let mut peer = Peer::new(request());
        peer.reply(&["200 OK", public], "");
        peer = peer.describe();
        peer.reply(&["200 OK", session, "Transport: RTP/AVP/TCP;interleaved=0-1"], "");
        peer.reply(&["200 OK"], "");
        assert_eq!(
            (peer.wakes - peer.now, peer.why),
            (Duration::from_secs_f64(seconds), "next keepalive"),
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
    assert_eq!(peer.asked().0, "OPTIONS", "another kind goes at once");
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
    let begun = peer.now;
    for _ in 0..60 * 24 * 120 {
        peer.sleep();
        assert_eq!(peer.sent.len(), 5, "one keepalive, then silence");
        peer.reply(&["200 OK"], "");
        peer.bytes(&packet(0));
        peer.sent.truncate(4);
        peer.events.clear();
    }
    assert!(peer.now - begun >= Duration::from_secs(60 * 24 * 3600 - 60));
    assert_eq!(peer.session.deinterleaver.buffered(), 0);
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
        assert_eq!(peer.failed(), (SessionErrorKind::Ended, Step::Media), "{text}");
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
        peer.wait(PATIENCE.reply - Duration::from_millis(1));
        assert!(!peer.events.last().is_some_and(Event::is_terminal));
        peer.wait(Duration::from_millis(1));
        assert_eq!(peer.failed(), (SessionErrorKind::Timeout, step));
        assert_eq!(peer.why, "over");
    }
}

#[test]
fn a_recorder_that_is_slow_at_every_step_plays_because_no_limit_undoes_another() {
    let slow = PATIENCE.reply - Duration::from_millis(1);
    let mut peer = Peer::new(request());
    peer.wait(slow);
    peer = peer.options();
    peer.wait(slow);
    peer = peer.describe();
    assert_eq!((peer.wakes - peer.now, peer.why), (PATIENCE.reply, "reply to SETUP"));
    peer.wait(slow);
    peer = peer.set_up();
    peer.wait(Duration::from_secs(1));
    peer = peer.play();
    assert!(peer.is_playing());
    assert_eq!(peer.session.slowest_reply(), slow);
}

#[test]
fn a_description_that_comes_long_after_its_head_is_waited_for() {
    let mut peer = Peer::new(request()).options();
    let head = format!(
        "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
        SDP.len()
    );
    peer.bytes(head.as_bytes());
    peer.wait(PATIENCE.reply - Duration::from_millis(1));
    peer.bytes(SDP.as_bytes());
    assert_eq!(peer.asked().0, "SETUP");
    let mut peer = Peer::new(request()).options();
    peer.bytes(head.as_bytes());
    peer.wait(PATIENCE.reply);
    assert_eq!(peer.failed(), (SessionErrorKind::Timeout, Step::Describe));
}

#[test]
fn a_closed_connection_ends_it() {
    let mut peer = Peer::playing();
    peer.eof();
    assert_eq!(peer.failed(), (SessionErrorKind::Ended, Step::Media));
    assert_eq!(peer.sent.len(), 4, "nobody is there to be told");
    let mut peer = Peer::new(request()).options();
    peer.session
        .handle_input(b"RTSP/1.0 404 Not Found\r\nCSeq: 2", peer.now);
    peer.eof();
    assert_eq!(
        peer.failed(),
        (SessionErrorKind::NoSuchStream, Step::Describe),
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
