//! What a device refuses, and what is made of it.

use super::*;

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
    let wait = |seconds| SessionErrorKind::Limit {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let full = SessionErrorKind::Limit { retry_after: None };
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
        assert_eq!(peer.failed(), (SessionErrorKind::NoSuchStream, Step::Describe));
        assert_eq!(peer.failure().detail, status);
        assert_eq!(peer.sent.len(), 2, "nothing was set up, so nothing is torn down");
    }
}

#[test]
fn what_cannot_be_shown_is_named() {
    let mut peer = Peer::new(request()).options();
    peer.reply(&["200 OK"], "v=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 VP9/90000\r\n");
    assert_eq!(peer.failed(), (SessionErrorKind::NoVideo, Step::Describe));
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
    assert_eq!(peer.header("Transport"), Some("RTP/AVP;unicast;client_port=5000-5001"));
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
    assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Play));
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
    assert_eq!(peer.failed(), (SessionErrorKind::NoSuchStream, Step::Setup));
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
        assert!(matches!(peer.failed(), (SessionErrorKind::Protocol, Step::Play)));
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
    assert_eq!(peer.failed(), (SessionErrorKind::Protocol, Step::Describe));
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
fn a_redirect_never_gives_up_encryption() {
    let secure = || Request {
        secure: true,
        ..signed()
    };
    for location in ["rtsp://10.1.2.3/other", "RTSP://dvr.example:8554/live/ch1"] {
        let mut peer = Peer::new(secure()).options();
        peer.reply(&["302 Found", &format!("Location: {location}")], "");
        assert_eq!(
            peer.failed(),
            (SessionErrorKind::Protocol, Step::Describe),
            "{location}"
        );
        assert!(peer.failure().detail.contains("without encryption"));
    }
    for location in ["rtsps://10.1.2.3/other", "/other"] {
        let mut peer = Peer::new(secure()).options();
        peer.reply(&["302 Found", &format!("Location: {location}")], "");
        assert!(
            matches!(peer.events.last(), Some(Event::Redirect(to)) if to.secure),
            "{location}"
        );
    }
}

#[test]
fn a_web_server_is_recognised() {
    let mut peer = Peer::new(request());
    peer.bytes(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(peer.failed(), (SessionErrorKind::Http, Step::Options));
    let mut peer = Peer::new(signed());
    peer.bytes(format!("HTTP/1.0 401 Unauthorized\r\nCSeq: 1\r\n{DIGEST}\r\n\r\n").as_bytes());
    assert!(
        peer.header("Authorization").is_some(),
        "but some recorders just mistype"
    );
}
