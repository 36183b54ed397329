//! Recorded pictures: what is asked, that all of it stays in one session, and that packets of another time are told apart.

use super::*;
use crate::{Replay, ReplayAnswer, ReplayEvent, ReplayOrder, ReplayRefusal, ReplayStart, ReplayWay};

fn clock(text: &str) -> ReplayOrder {
    ReplayOrder::from(ReplayStart::Clock(text.into()))
}

fn of_way(way: ReplayWay, order: ReplayOrder) -> Request {
    Request {
        replay: Some(Replay { way, order }),
        ..request()
    }
}

fn playing() -> Peer {
    Peer::new(of_way(ReplayWay::Onvif, clock("20261128T090000.000Z")))
        .options()
        .describe()
        .set_up()
        .play()
}

impl Peer {
    fn order(&mut self, order: ReplayOrder) {
        self.session.replay(order, self.now);
        self.poll();
    }

    fn replay_events(&mut self) -> Vec<ReplayEvent> {
        let events = std::mem::take(&mut self.events);
        let of_replay = |event| match event {
            Event::Replay(event) => Some(event),
            _ => None,
        };
        events.into_iter().filter_map(of_replay).collect()
    }

    fn packets(&self) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Rtp { .. }))
            .count()
    }
}

#[test]
fn set_up_and_play_say_that_a_replay_is_meant() {
    let peer = Peer::new(of_way(ReplayWay::Onvif, clock("20261128T090000.000Z")))
        .options()
        .describe();
    assert_eq!(
        (peer.asked().0, peer.header("Require")),
        ("SETUP", Some("onvif-replay"))
    );
    let mut peer = peer.set_up();
    assert_eq!((peer.asked().0, peer.header("Require")), ("PLAY", Some("onvif-replay")));
    assert_eq!(peer.header("Range"), Some("clock=20261128T090000.000Z-"));
    peer.reply(
        &[
            "200 OK",
            "Range: clock=20261128T085958.000Z-",
            "RTP-Info: url=x;rtptime=90",
        ],
        "",
    );
    assert!(peer.is_playing());
    let answer = ReplayAnswer {
        range: Some("clock=20261128T085958.000Z-".into()),
        scale: None,
        rtp_time: Some(90),
    };
    assert_eq!(
        peer.replay_events(),
        [ReplayEvent::Begins { tag: 0 }, ReplayEvent::Answered(answer)]
    );
    // Without the header a device that knows no replay plays something else.
    let peer = Peer::new(of_way(ReplayWay::Clock, clock("20261128T090000.000Z")))
        .options()
        .describe();
    assert_eq!(peer.header("Require"), None);
}

#[test]
fn how_fast_is_said_before_it_plays_and_the_time_that_was_asked_stays() {
    let mut peer = Peer::new(of_way(ReplayWay::Onvif, clock("20261128T090000.000Z")))
        .options()
        .describe();
    peer.order(ReplayOrder {
        scale: 2.0,
        ..ReplayOrder::default()
    });
    let peer = peer.set_up();
    assert_eq!(peer.asked().0, "PLAY");
    assert_eq!(peer.header("Range"), Some("clock=20261128T090000.000Z-"));
    assert_eq!(peer.header("Scale"), Some("2.000"));
}

#[test]
fn a_hundred_seeks_are_one_session_and_what_is_old_is_not_shown() {
    let mut peer = playing();
    peer.replay_events();
    for seek in 0..100 {
        peer.order(clock(&format!("20261128T09{:02}00.000Z", seek % 60)));
        assert_eq!(peer.asked().0, "PAUSE");
        // Behind the request there is still some of the time before.
        peer.bytes(&packet(0));
        assert_eq!(peer.packets(), 0, "{seek}");
        peer.reply(&["200 OK"], "");
        assert_eq!((peer.asked().0, peer.header("Session")), ("PLAY", Some("4711")));
        assert_eq!(peer.header("Immediate"), Some("yes"));
        // Some send before they answer.
        peer.bytes(&packet(0));
        assert_eq!(peer.packets(), 1, "{seek}");
        peer.reply(&["200 OK"], "");
        assert!(matches!(
            peer.replay_events()[..],
            [ReplayEvent::Begins { .. }, ReplayEvent::Answered(_)]
        ));
    }
    let set_ups = peer
        .sent
        .iter()
        .filter(|sent| sent.starts_with("SETUP") || sent.starts_with("TEARDOWN"))
        .count();
    assert_eq!(set_ups, 1);
}

#[test]
fn of_many_orders_while_one_is_under_way_the_newest_goes_out() {
    let mut peer = playing();
    for minute in 0..30 {
        peer.order(clock(&format!("20261128T09{minute:02}00.000Z")));
    }
    // How fast says nothing of where.
    peer.order(ReplayOrder {
        scale: 2.0,
        ..ReplayOrder::default()
    });
    let before = peer.sent.len();
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.sent.len(), before + 1);
    assert_eq!(peer.header("Range"), Some("clock=20261128T092900.000Z-"));
    assert_eq!(peer.header("Scale"), Some("2.000"));
}

#[test]
fn it_pauses_and_goes_on_and_nothing_that_is_sent_to_keep_it_ends_the_pause() {
    let mut peer = playing();
    peer.replay_events();
    peer.order(ReplayOrder {
        paused: true,
        ..ReplayOrder::default()
    });
    assert_eq!(peer.asked().0, "PAUSE");
    // What is under way is of now: whoever steps on wants it.
    peer.bytes(&packet(0));
    assert_eq!(peer.packets(), 1);
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.replay_events(), [ReplayEvent::Paused]);
    let before = peer.sent.len();
    for _ in 0..20 {
        peer.sleep();
        if !peer.last().starts_with("PLAY") {
            peer.reply(&["501 Not Implemented"], "");
        }
    }
    assert!(peer.sent.len() > before + 5);
    assert!(
        peer.sent[before..].iter().all(|sent| !sent.starts_with("PLAY")),
        "{:?}",
        peer.sent
    );
    assert!(
        !peer.events.iter().any(|event| matches!(event, Event::Learnt(_))),
        "a pause is no end"
    );
    peer.order(ReplayOrder::default());
    assert_eq!((peer.asked().0, peer.header("Range")), ("PLAY", None));
}

#[test]
fn a_recorder_that_knows_no_pause_seeks_all_the_same() {
    let mut peer = playing();
    peer.replay_events();
    peer.order(clock("20261128T100000.000Z"));
    peer.reply(&["501 Not Implemented"], "");
    assert_eq!(peer.asked().0, "PLAY");
    peer.bytes(&packet(0));
    assert_eq!(peer.packets(), 0, "it may be of the time before");
    peer.reply(&["200 OK"], "");
    assert!(matches!(
        peer.replay_events()[..],
        [ReplayEvent::Begins { .. }, ReplayEvent::Answered(_)]
    ));
    peer.bytes(&packet(0));
    assert_eq!(peer.packets(), 1);
    // The next one does not ask for it any more.
    peer.order(clock("20261128T110000.000Z"));
    assert_eq!(peer.asked().0, "PLAY");
}

#[test]
fn a_full_recorder_is_named_and_not_asked_again() {
    for (status, why) in [
        ("453 Not Enough Bandwidth", ReplayRefusal::Full),
        ("503 Service Unavailable", ReplayRefusal::Full),
        ("457 Invalid Range", ReplayRefusal::NoRecording),
        ("551 Option not supported", ReplayRefusal::Unknown),
    ] {
        let mut peer = Peer::new(of_way(ReplayWay::Onvif, clock("20261128T090000.000Z")))
            .options()
            .describe()
            .set_up();
        let plays = |peer: &Peer| peer.sent.iter().filter(|sent| sent.starts_with("PLAY")).count();
        peer.reply(&[status], "");
        assert!(peer.is_over(), "{status}");
        assert_eq!(plays(&peer), 1, "nothing else is played instead");
        let told = peer.replay_events();
        assert!(
            matches!(told.last(), Some(ReplayEvent::Refused { why: said, .. }) if *said == why),
            "{told:?}"
        );
    }
    // At SETUP, where live pictures would try another transport.
    let mut peer = Peer::new(of_way(ReplayWay::Onvif, clock("20261128T090000.000Z")))
        .options()
        .describe();
    peer.reply(&["551 Option not supported"], "");
    assert!(peer.is_over());
    assert!(matches!(
        peer.replay_events()[..],
        [ReplayEvent::Refused {
            why: ReplayRefusal::Unknown,
            ..
        }]
    ));
}

#[test]
fn a_time_without_a_recording_is_named_and_the_session_goes_on() {
    let mut peer = playing();
    peer.replay_events();
    peer.order(clock("20261128T100000.000Z"));
    peer.reply(&["200 OK"], "");
    peer.reply(&["457 Invalid Range"], "");
    assert!(!peer.is_over());
    let told = peer.replay_events();
    assert!(
        matches!(
            told[..],
            [
                ReplayEvent::Begins { .. },
                ReplayEvent::Refused {
                    why: ReplayRefusal::NoRecording,
                    ..
                }
            ]
        ),
        "{told:?}"
    );
    peer.order(clock("20261128T090000.000Z"));
    assert_eq!(peer.asked().0, "PLAY");
}

#[test]
fn the_end_of_the_recording_is_said_and_is_no_end_of_the_session() {
    let mut peer = playing();
    peer.replay_events();
    peer.bytes(b"ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 1\r\nx-notice: 2101 End-of-Stream Reached\r\n\r\n");
    // Goodbye says the same once more.
    peer.bytes(&[b'$', 1, 0, 8, 0x81, 203, 0, 1, 0, 0, 0, 1]);
    assert_eq!(peer.replay_events(), [ReplayEvent::Ended]);
    assert!(!peer.is_over());
    peer.order(clock("20261128T090000.000Z"));
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.asked().0, "PLAY");
}

#[test]
fn where_the_path_says_the_time_another_one_is_asked_on_the_same_connection() {
    let begin = ReplayOrder::from(ReplayStart::Path("/tracks/101?starttime=1".into()));
    let mut request = of_way(ReplayWay::Path, begin);
    request.target = "/tracks/101?starttime=1".into();
    let mut peer = Peer::new(request).options();
    assert_eq!(peer.asked(), ("DESCRIBE", "/tracks/101?starttime=1"));
    peer = peer.describe().set_up();
    assert_eq!(peer.header("Range"), Some("npt=0.000-"));
    peer = peer.play();
    peer.replay_events();
    peer.order(ReplayOrder::from(ReplayStart::Path("/tracks/101?starttime=2".into())));
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.bytes(&packet(0));
    assert_eq!(peer.packets(), 0);
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.asked(), ("DESCRIBE", "/tracks/101?starttime=2"));
    assert_eq!(peer.header("Session"), None);
    peer = peer.describe().set_up().play();
    let told = peer.replay_events();
    assert!(
        matches!(told[..], [ReplayEvent::Begins { .. }, ReplayEvent::Answered(_)]),
        "{told:?}"
    );
    peer.bytes(&packet(0));
    assert_eq!(peer.packets(), 1);
}
