//! A device that says anything at any time: no panic, no secret, and always an end.
#![no_main]

use std::time::{Duration, Instant};

use device::{Credentials, MediaTransport, Password};
use libfuzzer_sys::fuzz_target;
use rtsp::{DatagramOrder, Event, Ports, Request, Session, SessionOutput, SessionPatience};

const PASSWORD: &str = "a secret that nobody guesses";

// `listen`: which of the pieces are followed by a click on the loudspeaker, bit by bit, over and over.
fuzz_target!(|input: (u8, u16, u8, &[u8])| {
    let (cut, wait, listen, bytes) = input;
    let mut now = Instant::now();
    let request = Request {
        secure: false,
        authority: "dvr.example".into(),
        target: "/live".into(),
        credentials: Some(Credentials {
            user: "user".into(),
            password: Password::new(PASSWORD),
        }),
        basic: true,
        user_agent: "Monomi".into(),
        audio: false,
        transport: MediaTransport::default(),
        challenge: None,
        habits: rtsp::Habits::default(),
        patience: SessionPatience {
            reply: Duration::from_secs(10),
            media: Duration::from_secs(10),
            longest: Duration::from_secs(120),
        },
        seed: 1,
    };
    let mut session = Session::new(request, now);
    let (mut ended, mut audio) = (false, false);
    for (piece, chunk) in bytes.chunks(usize::from(cut) + 1).enumerate() {
        session.handle_input(chunk, now);
        ended |= poll(&mut session, now).0;
        // Where it plays in datagrams, they are anything too.
        session.handle_datagram(usize::from(listen & 1), bytes::Bytes::copy_from_slice(chunk), now);
        ended |= poll(&mut session, now).0;
        if listen & (1 << (piece % 8)) != 0 {
            audio = !audio;
            session.set_audio(audio, now);
            ended |= poll(&mut session, now).0;
        }
        now += Duration::from_millis(u64::from(wait) / 8);
        session.handle_timeout(now);
        ended |= poll(&mut session, now).0;
    }
    session.close(now);
    for _ in 0..4 {
        let (end, until) = poll(&mut session, now);
        ended |= end;
        session.handle_timeout(until);
    }
    assert!(ended);
});

/// Whether it ended, and how long it wants to sleep.
fn poll(session: &mut Session, now: Instant) -> (bool, Instant) {
    let mut ended = false;
    loop {
        match session.poll_output() {
            SessionOutput::Send(bytes) => assert!(bytes.ends_with(b"\r\n\r\n") || bytes.starts_with(b"$")),
            SessionOutput::Datagrams(DatagramOrder::Bind { track } | DatagramOrder::Join { track, .. }) => {
                session.ports(track, Some(Ports { rtp: 5_000, rtcp: 5_001 }), now);
            }
            SessionOutput::Datagrams(_) => {}
            SessionOutput::Event(event) => {
                assert!(!ended, "{event:?} after the end");
                ended = event.is_terminal();
                if let Event::Failed(failure) = &event {
                    assert!(failure.detail.chars().count() <= 200 && !failure.detail.contains(PASSWORD));
                }
            }
            SessionOutput::Sleep { until, .. } => return (ended, until),
        }
    }
}
