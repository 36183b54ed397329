//! A client that follows a peer's policy with real connects: the same policy as in the simulator, and the same lines as `watch --json`.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use device::DeviceId;
use reconnect::{AttemptId, Failure, FailureKind, Input, LinkId, Rank, Stage};
use serde_json::{Value, json};

use super::CAMERAS;
use super::lab::{Lab, PORT};
use super::story::Story;
use crate::peers::{PEERS, Peer};
use crate::world::{Act, Client};

/// Set in the environment of the process that is to follow a policy: its place among the peers.
const POLICY: &str = "MONOMI_BENCH_POLICY";
/// As in the simulator.
const CONNECT: Duration = Duration::from_secs(5);
const REPLY: Duration = Duration::from_secs(5);
/// A stream without media for so long is lost.
const STALL: Duration = Duration::from_secs(10);

/// This program on the PC of a laboratory.
pub fn command(story: &Story, policy: usize) -> Command {
    let mut command = story.lab().on_pc(&format!("/proc/{}/exe", std::process::id()));
    command.env(POLICY, policy.to_string());
    command
}

/// `false`: this process is to follow no policy.
pub fn run_if_asked() -> bool {
    let Some(policy) = std::env::var(POLICY).ok().and_then(|place| place.parse::<usize>().ok()) else {
        return false;
    };
    let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
    assert!(
        network("self").is_some() && network("self") != network("1"),
        "a flood belongs into a namespace of its own"
    );
    run(Peer::new(PEERS[policy].1, policy as u64));
    true
}

/// What a connection has to tell.
struct News {
    attempt: AttemptId,
    link: LinkId,
    at: Instant,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Playing,
    Failed(FailureKind, Stage),
}

fn run(mut peer: Peer) {
    let start = Instant::now();
    let (tell, news) = sync_channel(4 * CAMERAS as usize);
    for link in 1..=u64::from(CAMERAS) {
        let want = Input::Want {
            link: LinkId(link),
            device: DeviceId(link),
            rank: Rank::Visible,
        };
        peer.handle(want, start);
    }
    let mut playing = [false; CAMERAS as usize];
    loop {
        let now = Instant::now();
        let until = match peer.act(now) {
            Act::Dial { attempt, link, .. } => {
                print(start, now, "attempt", link, json!({ "attempt": attempt.0 }));
                dial(attempt, link, tell.clone());
                continue;
            }
            Act::Abort(_) | Act::Road { .. } => continue,
            Act::Sleep(until) => until,
        };
        let Some(News {
            attempt,
            link,
            at,
            what,
        }) = next(&news, until)
        else {
            continue;
        };
        let was = &mut playing[place(link)];
        match what {
            What::Playing => {
                *was = true;
                print(
                    start,
                    at,
                    "outcome",
                    link,
                    json!({ "attempt": attempt.0, "result": "connected" }),
                );
                print(start, at, "state", link, json!({ "state": "live" }));
                peer.handle(Input::Playing { attempt }, at);
            }
            What::Failed(kind, stage) => {
                if std::mem::take(was) {
                    print(start, at, "state", link, json!({ "state": "lost" }));
                } else {
                    let fields = json!({ "attempt": attempt.0, "result": kind.name(), "cause": stage.name() });
                    print(start, at, "outcome", link, fields);
                }
                let failure = Failure {
                    kind,
                    stage,
                    detail: String::new(),
                };
                peer.handle(
                    Input::Failed {
                        attempt,
                        address: None,
                        failure,
                    },
                    at,
                );
            }
        }
    }
}

fn next(news: &Receiver<News>, until: Option<Instant>) -> Option<News> {
    match until {
        Some(until) => news.recv_timeout(until.saturating_duration_since(Instant::now())).ok(),
        None => news.recv().ok(),
    }
}

fn place(link: LinkId) -> usize {
    usize::try_from(link.0 - 1).expect("a small number")
}

/// As `watch --json` says it. Whoever reads may have gone: then there is nothing left to do.
fn print(start: Instant, at: Instant, event: &str, link: LinkId, fields: Value) {
    let number = u32::try_from(place(link)).expect("a small number");
    let mut line = json!({
        "t": at.saturating_duration_since(start).as_secs_f64(),
        "event": event,
        "device": Story::device(0, number),
        "channel": 1,
    });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

fn dial(attempt: AttemptId, link: LinkId, tell: SyncSender<News>) {
    let number = u32::try_from(place(link)).expect("a small number");
    let talk = move || {
        let say = |what| {
            let at = Instant::now();
            // The policy's loop ends with the process.
            let _ = tell.send(News {
                attempt,
                link,
                at,
                what,
            });
        };
        let Err((kind, stage)) = play(Lab::address(0, number), || say(What::Playing));
        say(What::Failed(kind, stage));
    };
    std::thread::Builder::new()
        .name("peer".to_owned())
        .spawn(talk)
        .expect("a thread");
}

/// Connects, asks for pictures, calls `playing` at the first packet of media, and reads until the stream is lost.
fn play(address: Ipv4Addr, playing: impl FnOnce()) -> Result<std::convert::Infallible, (FailureKind, Stage)> {
    let to = SocketAddr::from((address, PORT));
    #[expect(clippy::disallowed_methods, reason = "the client of a peer, not ours")]
    let connected = TcpStream::connect_timeout(&to, CONNECT);
    let mut stream = connected.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => (FailureKind::Refused, Stage::Connect),
        ErrorKind::TimedOut => (FailureKind::Timeout, Stage::Connect),
        _ => (FailureKind::Unreachable, Stage::Connect),
    })?;
    let lost = |stage| {
        move |error: std::io::Error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => (FailureKind::Timeout, stage),
            _ => (FailureKind::Protocol, stage),
        }
    };
    let url = format!("rtsp://{to}/live/1");
    let mut inbox = Vec::new();
    stream.set_read_timeout(Some(REPLY)).map_err(lost(Stage::Describe))?;
    ask(
        &mut stream,
        &mut inbox,
        &format!("DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    )
    .map_err(lost(Stage::Describe))?;
    let setup =
        format!("SETUP {url}/trackID=1 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n");
    let head = ask(&mut stream, &mut inbox, &setup).map_err(lost(Stage::Setup))?;
    let session = value(&head, "session").split(';').next().unwrap_or_default();
    let begin = format!("PLAY {url} RTSP/1.0\r\nCSeq: 3\r\nSession: {session}\r\n\r\n");
    ask(&mut stream, &mut inbox, &begin).map_err(lost(Stage::Play))?;
    let mut bytes = [0; 16 * 1024];
    if inbox.is_empty() {
        read(&mut stream, &mut bytes).map_err(lost(Stage::Play))?;
    }
    playing();
    stream.set_read_timeout(Some(STALL)).map_err(lost(Stage::Media))?;
    loop {
        read(&mut stream, &mut bytes).map_err(lost(Stage::Media))?;
    }
}

/// Sends a request and takes its response out of the inbox: the head.
fn ask(stream: &mut TcpStream, inbox: &mut Vec<u8>, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut bytes = [0; 4096];
    loop {
        if let Some(end) = inbox.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&inbox[..end]).into_owned();
            let whole = end + 4 + value(&head, "content-length").parse::<usize>().unwrap_or(0);
            if inbox.len() >= whole {
                if !head.starts_with("RTSP/1.0 200") {
                    return Err(std::io::Error::other("refused"));
                }
                inbox.drain(..whole);
                return Ok(head);
            }
        }
        let count = read(stream, &mut bytes)?;
        inbox.extend_from_slice(&bytes[..count]);
    }
}

fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value.trim())
}

fn read(stream: &mut TcpStream, bytes: &mut [u8]) -> std::io::Result<usize> {
    match stream.read(bytes)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}
