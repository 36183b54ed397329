//! Devices that refuse to send on the connection, and what comes in datagrams instead.

use bytes::Bytes;

use super::*;
use crate::{Lesson, LowerTransport, TransportFault};

const UNICAST: &str = "Transport: RTP/AVP;unicast;client_port=5000-5001;server_port=6256-6257;ssrc=1";
const SECOND: Duration = Duration::from_secs(1);
const REFUSED: SessionErrorKind = SessionErrorKind::NoTransport(TransportFault::Refused);
const SILENT: SessionErrorKind = SessionErrorKind::NoTransport(TransportFault::Silent);

fn wanted(transport: MediaTransport) -> Request {
    Request { transport, ..request() }
}

fn remembered(transport: LowerTransport) -> Request {
    let mut request = request();
    request.habits.recorder.transport = Some(transport);
    request
}

/// A packet of RTP whose number and content are `number`.
fn rtp(number: u16) -> Bytes {
    let [high, low] = number.to_be_bytes();
    Bytes::copy_from_slice(&[0x80, 96, high, low, 0, 0, 0, 0, 0, 0, 0, 1, high, low])
}

impl Peer {
    /// At SETUP of the picture.
    fn asking(request: Request) -> Self {
        Self::new(request).options().describe()
    }

    /// Plays in datagrams, of which none came yet.
    fn in_datagrams(request: Request) -> Self {
        let mut peer = Self::asking(request);
        peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
        peer.play()
    }

    fn datagram(&mut self, track: usize, datagram: Bytes) {
        self.session.handle_datagram(track, datagram, self.now);
        self.poll();
    }

    fn transport(&self) -> &str {
        assert_eq!(self.asked().0, "SETUP");
        self.header("Transport").expect("a transport")
    }

    /// The numbers of the packets that came out, of all tracks.
    fn numbers(&self) -> Vec<(usize, u16)> {
        let number = |event: &Event| match event {
            Event::Rtp { track, packet } => Some((*track, u16::from_be_bytes([packet[2], packet[3]]))),
            _ => None,
        };
        self.events.iter().filter_map(number).collect()
    }

    fn learnt(&self) -> Vec<LowerTransport> {
        let lesson = |event: &Event| match event {
            Event::Learnt(Lesson::Transport(transport)) => Some(*transport),
            _ => None,
        };
        self.events.iter().filter_map(lesson).collect()
    }

    /// What sessions knew that ended at SETUP.
    fn ends_at_setup(&self) -> Vec<u8> {
        let known = |event: &Event| match event {
            Event::Learnt(Lesson::EndAtSetup { known }) => Some(*known),
            _ => None,
        };
        self.events.iter().filter_map(known).collect()
    }

    /// To which ports of the device something was sent.
    fn punched(&self) -> Vec<u16> {
        let port = |order: &DatagramOrder| match order {
            DatagramOrder::Send { port, .. } => Some(*port),
            _ => None,
        };
        self.orders.iter().filter_map(port).collect()
    }
}

#[test]
fn a_device_that_refuses_the_connection_is_asked_for_datagrams_on_the_same_one() {
    let mut peer = Peer::asking(request());
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(peer.transport(), "RTP/AVP/TCP;interleaved=0-1");
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(peer.orders, [DatagramOrder::Bind { track: 0 }]);
    assert_eq!(peer.transport(), "RTP/AVP;unicast;client_port=5000-5001");
    peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
    assert_eq!(peer.asked().0, "PLAY");
    peer = peer.play();
    assert!(!peer.is_playing(), "nothing came yet");
    peer.datagram(0, rtp(7));
    assert_eq!((peer.tracks().len(), peer.numbers()), (1, vec![(0, 7)]));
    assert_eq!(peer.learnt(), [LowerTransport::Udp]);
    assert_eq!(peer.sent.iter().filter(|sent| sent.starts_with("TEARDOWN")).count(), 0);
    peer.eof();
    assert_eq!(
        peer.failed().0,
        SessionErrorKind::Ended,
        "the connection is the session's life"
    );
}

#[test]
fn other_refusals_may_be_about_the_transport_too() {
    for status in [
        "400 Bad Request",
        "451 Parameter Not Understood",
        "406 Not Acceptable",
        "500 Internal Server Error",
    ] {
        let mut peer = Peer::asking(request());
        peer.reply(&[status], "");
        assert_eq!(peer.transport(), "RTP/AVP;unicast;client_port=5000-5001", "{status}");
        peer.reply(&[status], "");
        assert_eq!(peer.transport(), "RTP/AVP;multicast", "{status}");
        peer.reply(&[status], "");
        assert_eq!(
            peer.failed(),
            (SessionErrorKind::Protocol, Step::Setup),
            "what it said first: {status}"
        );
        assert_eq!(peer.failure().detail, status);
    }
}

#[test]
fn a_device_that_refuses_everything_is_named() {
    let mut peer = Peer::asking(request());
    for _ in 0..5 {
        assert_eq!(peer.asked().0, "SETUP");
        peer.reply(&["461 Unsupported Transport"], "");
    }
    assert_eq!(peer.failed(), (REFUSED, Step::Setup));
    for transport in [MediaTransport::Tcp, MediaTransport::Udp, MediaTransport::Multicast] {
        let mut peer = Peer::asking(wanted(transport));
        for _ in 0..3 {
            peer.reply(&["461 Unsupported Transport"], "");
        }
        assert_eq!(peer.failed(), (REFUSED, Step::Setup), "{transport:?}");
        let asked: String = peer.sent.concat();
        assert_eq!(
            asked.contains("interleaved"),
            transport == MediaTransport::Tcp,
            "{asked}"
        );
        assert_eq!(
            asked.contains("client_port"),
            transport == MediaTransport::Udp,
            "{asked}"
        );
        assert_eq!(
            asked.contains("multicast"),
            transport == MediaTransport::Multicast,
            "{asked}"
        );
    }
}

#[test]
fn what_worked_last_is_asked_for_first() {
    let peer = Peer::asking(remembered(LowerTransport::Udp));
    assert_eq!(peer.transport(), "RTP/AVP;unicast;client_port=5000-5001");
    let mut peer = Peer::asking(remembered(LowerTransport::Multicast));
    assert_eq!(peer.transport(), "RTP/AVP;multicast");
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(peer.transport(), "RTP/AVP/TCP;unicast;interleaved=0-1");
    peer = peer.set_up().play();
    assert!(peer.is_playing());
    assert_eq!(peer.learnt(), [LowerTransport::Interleaved]);
    let mut peer = Peer::asking(Request {
        transport: MediaTransport::Tcp,
        ..remembered(LowerTransport::Udp)
    });
    assert_eq!(
        peer.transport(),
        "RTP/AVP/TCP;unicast;interleaved=0-1",
        "the user's choice is more than a memory"
    );
    peer = peer.set_up().play();
    assert!(peer.is_playing());
}

#[test]
fn a_device_that_answers_udp_to_tcp_is_set_up_anew_in_datagrams() {
    let mut peer = Peer::asking(request());
    peer.reply(
        &[
            "200 OK",
            "Session: 4711",
            "Transport: RTP/AVP;unicast;client_port=0-0;server_port=6000-6001",
        ],
        "",
    );
    assert_eq!((peer.asked().0, peer.header("Session")), ("TEARDOWN", Some("4711")));
    peer.reply(&["200 OK"], "");
    assert_eq!(
        (peer.transport(), peer.header("Session")),
        ("RTP/AVP;unicast;client_port=5000-5001", None)
    );
    peer.reply(&["200 OK", "Session: 4712", UNICAST], "");
    peer = peer.play();
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing());

    // The same where TEARDOWN is not answered, and for a group.
    let mut peer = Peer::asking(request());
    peer.reply(
        &[
            "200 OK",
            "Session: 4711",
            "Transport: RTP/AVP;multicast;destination=239.1.1.1;port=7000-7001",
        ],
        "",
    );
    peer.wait(SECOND);
    assert_eq!(peer.transport(), "RTP/AVP;multicast");
}

#[test]
fn a_device_that_answers_tcp_to_udp_plays_on_the_connection() {
    let mut peer = Peer::asking(wanted(MediaTransport::Udp));
    peer = peer.set_up().play();
    assert!(peer.is_playing());
    assert_eq!(peer.orders.last(), Some(&DatagramOrder::Close));
    peer.bytes(&packet(0));
    assert_eq!(peer.numbers().len(), 1);
}

#[test]
fn datagrams_come_out_in_order_and_without_those_that_never_came() {
    let mut peer = Peer::in_datagrams(wanted(MediaTransport::Udp));
    for number in [1, 3, 2, 2, 5] {
        peer.datagram(0, rtp(number));
    }
    assert_eq!(peer.numbers(), [(0, 1), (0, 2), (0, 3)]);
    assert_eq!(peer.why, "datagrams out of order");
    assert!(peer.wakes <= peer.now + crate::REORDER_WINDOW);
    peer.sleep();
    assert_eq!(peer.numbers().last(), Some(&(0, 5)));
    peer.datagram(0, Bytes::from_static(b"not RTP at all"));
    peer.datagram(1, rtp(6));
    peer.datagram(0, Bytes::new());
    assert_eq!(peer.numbers().len(), 4);
}

#[test]
fn media_before_the_reply_to_play_is_media() {
    let mut peer = Peer::asking(wanted(MediaTransport::Udp));
    peer.datagram(0, rtp(1));
    peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
    assert!(peer.numbers().is_empty(), "nothing was asked for yet");
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing());
    peer = peer.play();
    assert_eq!((peer.numbers(), peer.quirks()), (vec![(0, 1)], vec![]));
    peer.wait(30 * SECOND);
    assert_eq!(peer.asked().0, "GET_PARAMETER", "the connection is kept alive as ever");
}

#[test]
fn where_no_datagram_comes_the_connection_is_asked_unless_it_was_refused() {
    let mut peer = Peer::in_datagrams(remembered(LowerTransport::Udp));
    let began = peer.now;
    for _ in 0..50 {
        if peer.asked().0 == "PLAY" {
            peer.sleep();
        }
    }
    assert_eq!(peer.now - began, 10 * SECOND);
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.transport(), "RTP/AVP/TCP;unicast;interleaved=0-1");
    assert_eq!(peer.orders.last(), Some(&DatagramOrder::Close));
    peer = peer.set_up().play();
    assert!(peer.is_playing());
    assert_eq!(peer.learnt(), [LowerTransport::Interleaved]);

    let mut peer = Peer::asking(request());
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["200 OK", "Session: 4711", &format!("{UNICAST};source=192.0.2.9")], "");
    peer = peer.play();
    let began = peer.now;
    while !peer.events.iter().any(|event| matches!(event, Event::Silent { .. })) {
        peer.sleep();
    }
    assert_eq!(peer.now - began, 10 * SECOND, "it is said soon");
    while !peer.is_over() {
        peer.sleep();
    }
    assert_eq!(peer.now - began, 120 * SECOND, "and waited for as long as ever");
    assert_eq!(peer.failed(), (SILENT, Step::Media));
    assert!(peer.failure().detail.contains("192.0.2.9"), "{:?}", peer.failure());
    assert!(!peer.events.iter().any(|event| matches!(event, Event::Playing { .. })));
}

#[test]
fn a_device_whose_first_datagram_takes_long_plays_whenever_it_comes() {
    for seconds in [1, 9, 11, 40, 78, 119] {
        let mut peer = Peer::asking(request());
        for _ in 0..2 {
            peer.reply(&["461 Unsupported Transport"], "");
        }
        peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
        peer = peer.play();
        peer.wait(seconds * SECOND);
        assert!(!peer.is_playing(), "{seconds}: nothing came, nothing plays");
        peer.datagram(0, rtp(1));
        assert!(peer.is_playing(), "{seconds}");
        assert_eq!(peer.numbers(), [(0, 1)]);
        assert_eq!(peer.session.media_awaited(), seconds * SECOND);
        peer.wait(200 * SECOND);
        assert!(!peer.is_over(), "{seconds}: the wait is over");
    }
}

#[test]
fn what_is_known_of_a_slow_device_is_waited_for_before_another_transport_is_asked_for() {
    let patience = SessionPatience {
        media: 80 * SECOND,
        ..PATIENCE
    };
    let mut peer = Peer::in_datagrams(Request {
        patience,
        ..remembered(LowerTransport::Udp)
    });
    peer.wait(79 * SECOND);
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing());
    assert!(!peer.events.iter().any(|event| matches!(event, Event::Silent { .. })));
}

#[test]
fn a_slow_device_that_refuses_the_connection_is_waited_for_in_datagrams_once_more() {
    // Its transport is remembered, its slowness is not.
    let mut peer = Peer::in_datagrams(remembered(LowerTransport::Udp));
    peer.wait(10 * SECOND);
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.reply(&["200 OK"], "");
    for _ in 0..2 {
        assert!(peer.transport().contains("TCP"));
        peer.reply(&["461 Unsupported Transport"], "");
    }
    while peer.asked().0 == "SETUP" && peer.transport().contains("multicast") {
        peer.reply(&["461 Unsupported Transport"], "");
    }
    assert!(peer.transport().contains("client_port"));
    peer.reply(&["200 OK", "Session: 4712", UNICAST], "");
    peer = peer.play();
    peer.wait(40 * SECOND);
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing());
}

#[test]
fn a_device_that_hangs_up_when_its_datagrams_are_ended_is_asked_otherwise_the_next_time() {
    let mut peer = Peer::in_datagrams(remembered(LowerTransport::Udp));
    peer.wait(10 * SECOND);
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.eof();
    assert_eq!(peer.failed().0, SessionErrorKind::Ended);
    assert_eq!(peer.learnt(), [LowerTransport::Interleaved]);
}

/// It set up UDP where TCP was asked for, and takes the end of that for the end of all.
#[test]
fn a_device_that_answers_teardown_and_then_hangs_up_is_asked_otherwise_the_next_time() {
    let mut peer = Peer::asking(request());
    peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.reply(&["200 OK"], "");
    peer.eof();
    assert_eq!(peer.failed().0, SessionErrorKind::Ended);
    assert_eq!(peer.learnt(), [LowerTransport::Udp]);
    // One that hangs up at SETUP without having set up anything may have no word for what it does not like.
    let mut peer = Peer::asking(request());
    peer.eof();
    assert_eq!(peer.learnt(), []);
    assert_eq!(peer.ends_at_setup(), [0]);
}

#[test]
fn a_device_that_hung_up_at_setup_twice_is_asked_for_datagrams_first_and_for_tcp_again_after_two_more_ends() {
    let mut habits = crate::Habits::default();
    let first = |habits: &crate::Habits, chosen| {
        let request = Request {
            habits: habits.clone(),
            ..wanted(chosen)
        };
        Peer::asking(request)
    };
    let mut asked = Vec::new();
    for _ in 0..6 {
        let mut peer = first(&habits, MediaTransport::Automatic);
        asked.push(peer.transport().contains("TCP"));
        peer.eof();
        for known in peer.ends_at_setup() {
            // Sixteen channels of one recorder end side by side.
            for _ in 0..16 {
                habits.learn(&Lesson::EndAtSetup { known });
            }
        }
    }
    assert_eq!(asked, [true, true, false, false, true, true]);
    // A choice of the user stays one.
    let chosen = first(&habits, MediaTransport::Tcp);
    assert!(chosen.transport().contains("TCP"));
    // What works is remembered, and the ends are forgotten.
    habits.recorder.ends_at_setup = 2;
    let mut peer = first(&habits, MediaTransport::Automatic);
    peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
    peer = peer.play();
    peer.datagram(0, rtp(7));
    assert_eq!(peer.learnt(), [LowerTransport::Udp]);
    habits.learn(&Lesson::Transport(LowerTransport::Udp));
    assert_eq!(habits.recorder.ends_at_setup, 0);
    assert!(!first(&habits, MediaTransport::Automatic).transport().contains("TCP"));
}

#[test]
fn a_device_that_hangs_up_elsewhere_says_nothing_of_transports() {
    let mut peer = Peer::new(request()).options();
    peer.eof();
    assert_eq!(peer.ends_at_setup(), []);
    let mut peer = Peer::asking(wanted(MediaTransport::Tcp));
    peer.eof();
    assert_eq!(peer.ends_at_setup(), [], "the user chose it");
}

/// It has described the stream to this user just now, so that it may mean how it is to be sent.
#[test]
fn a_stream_that_is_forbidden_or_not_found_only_over_tcp_comes_in_datagrams() {
    for (status, kind) in [
        ("403 Forbidden", SessionErrorKind::SignIn),
        ("404 Not Found", SessionErrorKind::NoSuchStream),
        ("501 Not Implemented", SessionErrorKind::Protocol),
        ("551 Option not supported", SessionErrorKind::Protocol),
    ] {
        let mut peer = Peer::asking(request());
        peer.reply(&[status], "");
        assert_eq!(peer.transport(), "RTP/AVP;unicast;client_port=5000-5001", "{status}");
        peer.reply(&["200 OK", "Session: 4711", UNICAST], "");
        peer = peer.play();
        peer.datagram(0, rtp(7));
        assert!(peer.is_playing(), "{status}");
        // Where it allows no other way either, that is what it means.
        let mut peer = Peer::asking(request());
        peer.reply(&[status], "");
        // Both forms over UDP, then multicast.
        for _ in 0..3 {
            assert_eq!(peer.asked().0, "SETUP");
            peer.reply(&["461 Unsupported Transport"], "");
        }
        let expected = if kind == SessionErrorKind::Protocol {
            REFUSED
        } else {
            kind
        };
        assert_eq!(peer.failed(), (expected, Step::Setup), "{status}");
    }
    let mut peer = Peer::asking(request());
    peer.reply(&["403 Too Many Clients"], "");
    assert_eq!(peer.failed().0, SessionErrorKind::Limit { retry_after: None });
}

#[test]
fn the_way_is_opened_by_few_datagrams_and_only_to_ports_that_the_device_named() {
    let mut peer = Peer::in_datagrams(wanted(MediaTransport::Udp));
    assert_eq!(peer.punched(), [6256, 6257, 6256, 6257]);
    peer.wait(9 * SECOND);
    assert_eq!(peer.punched().len(), 6);
    let mut peer = Peer::in_datagrams(wanted(MediaTransport::Udp));
    peer.datagram(0, rtp(1));
    peer.wait(9 * SECOND);
    assert_eq!(peer.punched().len(), 4, "the way is open");
    let mut peer = Peer::asking(wanted(MediaTransport::Udp));
    peer.reply(
        &[
            "200 OK",
            "Session: 4711",
            "Transport: RTP/AVP;unicast;client_port=5000-5001",
        ],
        "",
    );
    peer = peer.play();
    assert!(peer.punched().is_empty());
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing(), "the device need not say from where it sends");
}

#[test]
fn a_group_is_joined_as_the_reply_says_or_else_as_the_description_does() {
    let of = |order: Option<&DatagramOrder>| match order {
        Some(DatagramOrder::Join { group, ports, .. }) => (group.to_string(), ports.rtp, ports.rtcp),
        other => panic!("{other:?}"),
    };
    let mut peer = Peer::asking(wanted(MediaTransport::Multicast));
    peer.reply(
        &[
            "200 OK",
            "Session: 1",
            "Transport: RTP/AVP;multicast;destination=239.1.2.3;port=7000-7001;ttl=5",
        ],
        "",
    );
    assert_eq!(of(peer.orders.last()), ("239.1.2.3".to_owned(), 7000, 7001));
    peer = peer.play();
    peer.datagram(0, rtp(1));
    assert!(peer.is_playing() && peer.punched().is_empty());
    assert_eq!(peer.learnt(), [LowerTransport::Multicast]);

    let sdp = SDP
        .replace("t=0 0\r\n", "c=IN IP4 239.9.9.9/16\r\nt=0 0\r\n")
        .replace("m=video 0", "m=video 8000");
    let mut peer = Peer::new(request()).options();
    peer.reply(&["200 OK"], &sdp);
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(
        peer.transport(),
        "RTP/AVP;multicast",
        "a described group comes before datagrams of our own"
    );
    peer.reply(&["200 OK", "Session: 1"], "");
    assert_eq!(of(peer.orders.last()), ("239.9.9.9".to_owned(), 8000, 8001));

    let mut peer = Peer::asking(wanted(MediaTransport::Multicast));
    peer.reply(&["200 OK", "Session: 1"], "");
    assert_eq!(peer.failed().0, REFUSED, "no group is known");
}

#[test]
fn without_ports_or_where_a_group_is_forbidden_the_next_transport_is_asked_for() {
    let mut peer = Peer::new(request());
    peer.has_ports = false;
    peer = peer.options().describe();
    peer.reply(&["461 Unsupported Transport"], "");
    peer.reply(&["461 Unsupported Transport"], "");
    assert_eq!(peer.transport(), "RTP/AVP;multicast");
    peer.reply(
        &[
            "200 OK",
            "Session: 1",
            "Transport: RTP/AVP;multicast;destination=224.0.0.5;port=7000",
        ],
        "",
    );
    assert_eq!(peer.failed().0, SessionErrorKind::NoTransport(TransportFault::Unopened));
    let told = peer.events.iter().find_map(|event| match event {
        Event::Failed(error) => Some(error.detail.as_str()),
        _ => None,
    });
    assert_eq!(
        told,
        Some("this computer may not join the group to which the device sends"),
        "and not the 461 of another transport"
    );
    assert_eq!(peer.asked().0, "TEARDOWN");
}

#[test]
fn in_tls_nothing_leaves_the_encryption() {
    let secure = |request| Request {
        secure: true,
        ..request
    };
    for transport in [MediaTransport::Udp, MediaTransport::Multicast] {
        let peer = Peer::new(secure(wanted(transport))).options();
        let peer = peer.describe();
        assert_eq!(
            peer.failed().0,
            SessionErrorKind::NoTransport(TransportFault::Encrypted)
        );
    }
    let mut peer = Peer::new(secure(remembered(LowerTransport::Udp))).options().describe();
    for _ in 0..2 {
        assert!(peer.last().contains("interleaved"));
        peer.reply(&["461 Unsupported Transport"], "");
    }
    assert_eq!(
        peer.failed().0,
        SessionErrorKind::NoTransport(TransportFault::Encrypted)
    );
    assert_eq!(peer.orders, []);
}

#[test]
fn sound_is_added_in_datagrams_to_a_picture_that_plays() {
    let mut peer = Peer::in_datagrams(wanted(MediaTransport::Udp));
    peer.datagram(0, rtp(1));
    peer.session.set_audio(true, peer.now);
    peer.poll();
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=2"));
    assert_eq!(peer.transport(), "RTP/AVP;unicast;client_port=5002-5003");
    peer.reply(
        &[
            "200 OK",
            "Session: 4711",
            "Transport: RTP/AVP;unicast;client_port=5002-5003",
        ],
        "",
    );
    assert_eq!(peer.asked().0, "PLAY");
    peer = peer.play();
    peer.datagram(1, rtp(100));
    peer.datagram(0, rtp(2));
    assert_eq!(peer.numbers(), [(0, 1), (1, 100), (0, 2)]);
    let tracks = peer.events.iter().filter_map(|event| match event {
        Event::Playing { tracks } => Some(tracks.len()),
        _ => None,
    });
    assert_eq!(tracks.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn rtcp_bye_ends_the_session_unless_media_goes_on() {
    let bye = |ssrc: u8| Bytes::copy_from_slice(&[0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, ssrc]);
    let mut peer = Peer::in_datagrams(wanted(MediaTransport::Udp));
    peer.datagram(0, rtp(1));
    peer.datagram(0, bye(2));
    peer.wait(3 * SECOND);
    assert!(peer.is_playing(), "of another source");
    peer.datagram(0, bye(1));
    peer.datagram(0, rtp(2));
    peer.wait(3 * SECOND);
    assert!(peer.is_playing(), "media went on");
    peer.datagram(0, bye(1));
    peer.wait(3 * SECOND);
    assert_eq!(peer.failed(), (SessionErrorKind::Ended, Step::Media));
    assert_eq!(peer.asked().0, "TEARDOWN");
}

#[test]
fn receiver_reports_go_to_the_port_that_the_device_named() {
    let mut peer = Peer::in_datagrams(Request {
        habits: crate::Habits::default(),
        ..wanted(MediaTransport::Udp)
    });
    for number in [10, 11, 13] {
        peer.datagram(0, rtp(number));
    }
    let before = peer.orders.len();
    peer.wait(8 * SECOND);
    let [
        DatagramOrder::Send {
            track: 0,
            rtcp: true,
            port: 6257,
            datagram,
        },
    ] = &peer.orders[before..]
    else {
        panic!("{:?}", &peer.orders[before..])
    };
    assert_eq!(datagram[1], 201);
    assert_eq!(
        (&datagram[13..16], &datagram[18..20]),
        (&[0, 0, 1][..], &[0, 13][..]),
        "one is lost, 13 is the last"
    );
}
