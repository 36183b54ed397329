//! What devices get wrong, and devices that are none.

use proptest::prelude::*;

use super::*;

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
fn a_channel_of_two_tracks_carries_the_sound_of_one_and_the_rtcp_of_the_other() {
    let mut peer = Peer::new(Request {
        audio: true,
        ..request()
    })
    .options()
    .describe()
    .set_up();
    peer.reply(
        &["200 OK", "Session: 4711", "Transport: RTP/AVP/TCP;interleaved=1-2"],
        "",
    );
    peer = peer.play();
    peer.bytes(&packet(1));
    assert!(matches!(peer.events.last(), Some(Event::Rtp { track: 1, .. })));
    let report = [&[b'$', 1, 0, 8, 0x80, 200][..], &[0; 6]].concat();
    peer.bytes(&report);
    assert!(matches!(peer.events.last(), Some(Event::Rtcp { track: 0, .. })));
    assert_eq!(peer.quirks(), [Quirk::OtherChannels]);
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
            assert!(sent < 2 * limit::JUNK && peer.session.deinterleaver.buffered() <= 128 * 1024);
        }
        assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Media));
        assert_eq!(peer.failure().detail, "garbage");
        peer.bytes(&chunk);
        assert_eq!(
            peer.session.deinterleaver.buffered(),
            0,
            "nothing is kept after the end"
        );
    }
    let mut peer = Peer::new(request());
    for _ in 0..100 {
        peer.bytes(b"RTSP/1.0 100 Continue\r\n\r\n");
        peer.wait(Duration::from_millis(300));
    }
    assert_eq!(
        peer.failed(),
        (SessionErrorKind::Timeout, Step::Options),
        "chatter does not lengthen the wait"
    );
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
    assert_eq!(whole.failed(), (SessionErrorKind::Ended, Step::Media));
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
