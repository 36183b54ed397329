use device::Password;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn stream(maker: Maker) -> EventStream {
    EventStream::new(EventStreamPlan {
        maker,
        credentials: Some(Credentials {
            user: "admin".to_owned(),
            password: Password::new("s3cret"),
        }),
        may_basic: false,
        channels: 4,
        seed: 1,
    })
}

fn head(status: u16, challenge: Option<&str>) -> StreamHead {
    StreamHead {
        reply: WebReply::new(status, challenge, ""),
        content_type: "multipart/x-mixed-replace; boundary=b".to_owned(),
    }
}

fn asked(stream: &mut EventStream, now: Instant) -> StreamRequest {
    match stream.next(now) {
        StreamNext::Ask(request) => request,
        other => panic!("{other:?}"),
    }
}

const DIGEST: &str = "Digest realm=\"NVR\", nonce=\"a\", qop=\"auth\"";

fn opened(maker: Maker, now: Instant) -> EventStream {
    let mut stream = stream(maker);
    asked(&mut stream, now);
    assert_eq!(stream.opened(&head(200, None), now), StreamOpened::Streams);
    stream
}

fn part(text: &str) -> Vec<u8> {
    format!("--b\r\nContent-Length: {}\r\n\r\n{text}\r\n", text.len()).into_bytes()
}

#[test]
fn it_signs_in_once_and_a_refusal_ends_it() {
    let now = Instant::now();
    let mut stream = stream(Maker::Dahua);
    assert_eq!(asked(&mut stream, now).authorization, None);
    assert_eq!(stream.opened(&head(401, Some(DIGEST)), now), StreamOpened::Not);
    let signed = asked(&mut stream, now);
    let header = String::from_utf8(signed.authorization.clone().unwrap()).unwrap();
    assert!(
        header.contains("uri=\"/cgi-bin/eventManager.cgi?action=attach"),
        "{header}"
    );
    assert!(!format!("{signed:?}{header}").contains("s3cret"));
    assert_eq!(
        stream.opened(&head(401, Some("Digest realm=\"NVR\", nonce=\"b\"")), now),
        StreamOpened::Not
    );
    assert!(matches!(stream.trouble(), Some(StreamTrouble::SignIn(_))));
    assert_eq!(stream.next(now + 3_600 * SECOND), StreamNext::Stop);
}

#[test]
fn a_device_that_wants_a_token_is_not_asked_twice() {
    let now = Instant::now();
    let mut stream = stream(Maker::Hikvision);
    asked(&mut stream, now);
    assert_eq!(stream.opened(&head(401, None), now), StreamOpened::Not);
    assert_eq!(stream.next(now), StreamNext::Stop);
}

#[test]
fn the_second_path_is_tried_and_then_an_hour_is_waited() {
    let now = Instant::now();
    let mut stream = stream(Maker::Hikvision);
    assert_eq!(asked(&mut stream, now).target, hikvision::PATHS[0]);
    stream.opened(&head(404, None), now);
    assert_eq!(asked(&mut stream, now).target, hikvision::PATHS[1]);
    stream.opened(&head(404, None), now);
    assert_eq!(stream.next(now), StreamNext::Rest(now + LONGEST_PAUSE));
    assert_eq!(stream.trouble(), Some(&StreamTrouble::Unsupported(404)));
}

#[test]
fn one_that_is_full_is_asked_again_after_pauses_that_grow() {
    let mut now = Instant::now();
    let mut stream = stream(Maker::Dahua);
    for pause in [60, 120, 240] {
        asked(&mut stream, now);
        stream.opened(&head(503, None), now);
        assert_eq!(stream.next(now), StreamNext::Rest(now + pause * SECOND));
        now += pause * SECOND;
    }
}

#[test]
fn incidents_come_with_channels_that_can_be_believed() {
    let now = Instant::now();
    let mut stream = opened(Maker::Dahua, now);
    stream.bytes(&part("Code=VideoMotion;action=Start;index=0;data={}"), now);
    stream.bytes(&part("Code=VideoMotion;action=Start;index=2"), now);
    stream.bytes(&part("Code=AlarmLocal;action=Start;index=0"), now);
    stream.bytes(&part("Code=VideoLoss;action=Start;index=9"), now);
    let channels: Vec<_> = stream.take().iter().map(|one| (one.kind, one.channel)).collect();
    use incidents::IncidentKind as Kind;
    assert_eq!(
        channels,
        [
            (Kind::Motion, None),
            (Kind::Motion, Some(3)),
            (Kind::AlarmInput, None),
            (Kind::VideoLoss, None)
        ]
    );
    assert!(stream.take().is_empty());
}

#[test]
fn silences_end_it_and_a_device_that_is_silent_by_habit_is_learnt() {
    let begin = Instant::now();
    let mut stream = opened(Maker::Dahua, begin);
    for beat in 1..=5 {
        let now = begin + beat * 10 * SECOND;
        stream.bytes(&part("Heartbeat"), now);
        assert_eq!(stream.silent_at(), Some(now + SILENCE));
    }
    stream.fell_silent(begin + 80 * SECOND);
    assert_eq!(stream.trouble(), Some(&StreamTrouble::Silent));
    assert_eq!(stream.silent_at(), None);
    assert_eq!(stream.silence, SILENCE, "its heartbeats were regular");
    assert!(matches!(stream.next(begin + 80 * SECOND), StreamNext::Rest(_)));
    let mut quiet = opened(Maker::Hikvision, begin);
    let mut now = begin;
    for silence in [30, 60, 120, 240, 480, 600, 600] {
        assert_eq!(quiet.silent_at(), Some(now + silence * SECOND));
        now += silence * SECOND;
        quiet.fell_silent(now);
        now += LONGEST_PAUSE;
        asked(&mut quiet, now);
        quiet.opened(&head(200, None), now);
    }
}

#[test]
fn it_is_attached_anew_once_a_day_at_a_quiet_moment() {
    let begin = Instant::now();
    let mut stream = opened(Maker::Dahua, begin);
    assert!(!stream.is_due_anew(begin + ANEW / 2));
    stream.bytes(&part("Code=VideoMotion;action=Pulse;index=0"), begin + ANEW);
    assert!(!stream.is_due_anew(begin + ANEW + SECOND));
    assert!(stream.is_due_anew(begin + ANEW + QUIET));
    stream.lost();
    assert!(!stream.is_due_anew(begin + 2 * ANEW));
}

#[test]
fn one_that_says_nothing_but_that_it_lives_is_known() {
    let begin = Instant::now();
    let mut stream = opened(Maker::Hikvision, begin);
    stream.bytes(&part("<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>"), begin);
    assert!(stream.says_nothing(600 * SECOND, begin + 600 * SECOND));
    stream.bytes(&part("<EventNotificationAlert><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>"), begin);
    assert!(!stream.says_nothing(600 * SECOND, begin + 600 * SECOND));
}
