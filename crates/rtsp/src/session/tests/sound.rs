//! Sound that is asked for while pictures play.

use super::*;

impl Peer {
    fn listen(&mut self, audio: bool) {
        self.session.set_audio(audio, self.now);
        self.poll();
    }

    /// How many tracks every `Playing` so far told of.
    fn told(&self) -> Vec<usize> {
        let tracks = |event: &Event| match event {
            Event::Playing { tracks } => Some(tracks.len()),
            _ => None,
        };
        self.events.iter().filter_map(tracks).collect()
    }

    fn sound_set_up(&mut self) {
        self.reply(
            &["200 OK", "Session: 4711", "Transport: RTP/AVP/TCP;interleaved=2-3"],
            "",
        );
    }
}

#[test]
fn sound_is_added_on_the_same_connection_while_pictures_play() {
    let mut peer = Peer::playing();
    assert_eq!(peer.session.sound(), SoundOffer::Playable);
    let before = peer.sent.len();
    peer.listen(true);
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=2"));
    assert_eq!(peer.header("Session"), Some("4711"));
    peer.bytes(&packet(0));
    assert!(
        matches!(peer.events.last(), Some(Event::Rtp { track: 0, .. })),
        "the picture goes on"
    );
    peer.sound_set_up();
    assert_eq!((peer.asked().0, peer.header("Range")), ("PLAY", None));
    peer = peer.play();
    assert_eq!(peer.told(), [1, 2]);
    peer.bytes(&packet(2));
    assert!(matches!(peer.events.last(), Some(Event::Rtp { track: 1, .. })));
    // Off and on again costs no request.
    peer.listen(false);
    peer.listen(true);
    assert_eq!(peer.sent.len(), before + 2);
    peer.wait(Duration::from_secs(30));
    assert_eq!(peer.asked().0, "GET_PARAMETER", "keepalives go on");
}

#[test]
fn a_keepalive_under_way_is_waited_for() {
    let mut peer = Peer::playing();
    peer.wait(Duration::from_secs(30));
    peer.listen(true);
    assert_eq!(peer.asked().0, "GET_PARAMETER");
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=2"));
}

#[test]
fn a_device_that_adds_nothing_is_set_up_again_on_the_same_connection() {
    for refusal in ["455 Method Not Valid in This State", "454 Session Not Found", "500 Oh"] {
        let mut peer = Peer::playing();
        peer.listen(true);
        peer.reply(&[refusal], "");
        assert_eq!(peer.asked().0, "TEARDOWN", "{refusal}");
        peer.bytes(&packet(0));
        peer.reply(&["200 OK"], "");
        assert_eq!(
            (peer.asked(), peer.header("Session")),
            (("SETUP", "/live/ch1/trackID=1"), None),
            "{refusal}"
        );
        peer = peer.set_up();
        assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=2"));
        peer.sound_set_up();
        assert_eq!(peer.header("Range"), Some("npt=0.000-"));
        peer = peer.play();
        assert_eq!(peer.told(), [1, 2]);
        assert!(peer.quirks().contains(&Quirk::SetUpAnew));
    }
}

#[test]
fn no_answer_to_the_sound_ends_nothing() {
    let mut peer = Peer::playing();
    peer.listen(true);
    peer.wait(PATIENCE.reply);
    assert_eq!(peer.asked().0, "TEARDOWN");
    peer.wait(limit::TEARDOWN);
    assert_eq!(peer.asked(), ("SETUP", "/live/ch1/trackID=1"));
    peer = peer.set_up();
    peer.sound_set_up();
    peer = peer.play();
    assert_eq!(peer.told(), [1, 2]);
    assert!(peer.is_playing());
}

#[test]
fn sound_that_is_refused_twice_leaves_the_picture_alone_until_it_is_asked_for_again() {
    let mut peer = Peer::playing();
    peer.listen(true);
    peer.reply(&["455 Method Not Valid in This State"], "");
    peer.reply(&["200 OK"], "");
    peer = peer.set_up();
    peer.reply(&["403 Forbidden"], "");
    assert_eq!(peer.asked().0, "PLAY");
    peer = peer.play();
    assert_eq!(peer.told(), [1, 1]);
    assert_eq!(peer.session.sound(), SoundOffer::Refused);
    peer.bytes(&packet(0));
    assert!(matches!(peer.events.last(), Some(Event::Rtp { track: 0, .. })));
    let sent = peer.sent.len();
    peer.wait(Duration::from_secs(1));
    assert_eq!(peer.sent.len(), sent, "it is not asked for again by itself");
    peer.listen(true);
    assert_eq!(peer.asked().0, "SETUP");
}

#[test]
fn a_device_that_closes_on_teardown_has_ended_the_stream() {
    let mut peer = Peer::playing();
    peer.listen(true);
    peer.reply(&["455 Method Not Valid in This State"], "");
    peer.eof();
    assert_eq!(peer.failed().0, SessionErrorKind::Ended);
}

#[test]
fn closing_in_the_middle_ends_at_once() {
    let mut peer = Peer::playing();
    peer.listen(true);
    peer.reply(&["455 Method Not Valid in This State"], "");
    peer.close();
    peer.reply(&["200 OK"], "");
    assert_eq!(peer.events.last(), Some(&Event::Closed));
}

#[test]
fn a_description_without_sound_asks_for_none() {
    let mut peer = Peer::new(request()).options();
    peer.reply(
        &["200 OK", "Content-Type: application/sdp"],
        "m=video 0 RTP/AVP 26\r\na=control:1\r\n",
    );
    peer = peer.set_up().play();
    let sent = peer.sent.len();
    peer.listen(true);
    assert_eq!((peer.session.sound(), peer.sent.len()), (SoundOffer::None, sent));
}
