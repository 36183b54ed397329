//! A recorder with its maker's own interface for events, with a socket: Hikvision's `alertStream` or Dahua's `attach`, and their habits.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};

pub const PASSWORD: &str = "s3cret";

/// How it behaves.
#[derive(Clone, Debug)]
pub struct VendorHabits {
    /// What its stream is found under.
    pub path: &'static str,
    /// How often it says that it lives; `None`: never.
    pub heartbeat: Option<(Duration, &'static str)>,
    /// Each stream is closed after so long.
    pub closes_after: Option<Duration>,
    /// It refuses the sign-in from this stream on.
    pub refuses_after: Option<u32>,
    /// It answers this status instead of a stream.
    pub status: Option<u16>,
}

pub const DAHUA: VendorHabits = VendorHabits {
    path: "/cgi-bin/eventManager.cgi?action=attach",
    heartbeat: Some((Duration::from_millis(300), "Heartbeat")),
    closes_after: None,
    refuses_after: None,
    status: None,
};

pub const HIKVISION: VendorHabits = VendorHabits {
    path: "/ISAPI/Event/notification/alertStream",
    heartbeat: Some((
        Duration::from_millis(300),
        "<EventNotificationAlert><channelID>1</channelID><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>",
    )),
    closes_after: None,
    refuses_after: None,
    status: None,
};

pub struct FakeVendor {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    seen: Mutex<Seen>,
    ends: AtomicBool,
}

struct Seen {
    habits: VendorHabits,
    connects: u32,
    requests: u32,
    streams: u32,
    open: u32,
    refused: u32,
    parts: VecDeque<Vec<u8>>,
}

impl FakeVendor {
    pub fn start(habits: VendorHabits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            ends: AtomicBool::new(false),
            seen: Mutex::new(Seen {
                habits,
                connects: 0,
                requests: 0,
                streams: 0,
                open: 0,
                refused: 0,
                parts: VecDeque::new(),
            }),
        });
        let serving = Arc::clone(&inner);
        named(move || {
            while let Ok((stream, _)) = listener.accept() {
                if serving.ends.load(Ordering::Relaxed) {
                    return;
                }
                serving.seen().connects += 1;
                let inner = Arc::clone(&serving);
                named(move || {
                    inner.serve(stream);
                });
            }
        });
        Self { address, inner }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn connects(&self) -> u32 {
        self.inner.seen().connects
    }

    pub fn requests(&self) -> u32 {
        self.inner.seen().requests
    }

    pub fn refused(&self) -> u32 {
        self.inner.seen().refused
    }

    /// Streams that are open now.
    pub fn open(&self) -> u32 {
        self.inner.seen().open
    }

    pub fn set(&self, change: impl FnOnce(&mut VendorHabits)) {
        change(&mut self.inner.seen().habits);
    }

    /// Says this as the next part of its stream.
    pub fn say(&self, text: &str) {
        let part = format!(
            "--myboundary\r\nContent-Type: text/plain\r\nContent-Length:{}\r\n\r\n{text}\r\n\r\n",
            text.len()
        );
        self.say_raw(part.as_bytes());
    }

    /// These bytes come next on its stream.
    pub fn say_raw(&self, bytes: &[u8]) {
        self.inner.seen().parts.push_back(bytes.to_vec());
    }
}

impl Drop for FakeVendor {
    fn drop(&mut self) {
        self.inner.ends.store(true, Ordering::Relaxed);
        #[expect(clippy::disallowed_methods, reason = "it wakes the thread that accepts")]
        TcpStream::connect(self.address).ok();
    }
}

fn named(serve: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("vendor".to_owned());
    thread.spawn(serve).expect("a thread");
}

impl Inner {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers requests until a stream ends or the client is gone.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut stream = stream;
        loop {
            let (target, authorization) = request(&mut reader)?;
            self.seen().requests += 1;
            let (habits, streams) = {
                let seen = self.seen();
                (seen.habits.clone(), seen.streams)
            };
            let is_signed = authorization.as_ref().is_some_and(|value| is_right(value, &target));
            let is_locked = habits.refuses_after.is_some_and(|most| streams >= most);
            if !is_signed || is_locked {
                self.seen().refused += u32::from(authorization.is_some());
                let challenge = "WWW-Authenticate: Digest realm=\"Login\", nonce=\"5eed\", qop=\"auth\"";
                write!(
                    stream,
                    "HTTP/1.1 401 Unauthorized\r\n{challenge}\r\nContent-Length: 0\r\n\r\n"
                )
                .ok()?;
                continue;
            }
            let status = habits.status.or((!target.starts_with(habits.path)).then_some(404));
            if let Some(status) = status {
                write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n").ok()?;
                continue;
            }
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=myboundary\r\n\r\n"
            )
            .ok()?;
            self.seen().streams += 1;
            self.seen().open += 1;
            let end = self.tell(&mut stream);
            self.seen().open -= 1;
            return end;
        }
    }

    fn tell(&self, stream: &mut TcpStream) -> Option<()> {
        let begin = Instant::now();
        let mut beat = begin;
        while !self.ends.load(Ordering::Relaxed) {
            let habits = self.seen().habits.clone();
            if habits.closes_after.is_some_and(|after| begin.elapsed() >= after) {
                return None;
            }
            let next = self.seen().parts.pop_front();
            if let Some(part) = next {
                stream.write_all(&part).ok()?;
            }
            if let Some((_, text)) = habits.heartbeat.filter(|(every, _)| beat.elapsed() >= *every) {
                beat = Instant::now();
                write!(
                    stream,
                    "--myboundary\r\nContent-Length:{}\r\n\r\n{text}\r\n\r\n",
                    text.len()
                )
                .ok()?;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

/// Path and query of a request, and its sign-in.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Option<String>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let target = line.split_whitespace().nth(1)?.to_owned();
    let mut authorization = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => authorization = Some(value.to_owned()),
            Some(_) => {}
            None => return Some((target, authorization)),
        }
    }
}

/// RFC 7616 §3.4.1, with MD5.
fn is_right(authorization: &str, target: &str) -> bool {
    let hash = |text: String| -> String { Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect() };
    let value = |name: &str| {
        let mut parameters = authorization.trim_start_matches("Digest ").split(',');
        let found =
            parameters.find_map(|parameter| parameter.trim().strip_prefix(&format!("{name}=")).map(str::to_owned));
        found.unwrap_or_default().trim_matches('"').to_owned()
    };
    let secret = hash(format!("admin:Login:{PASSWORD}"));
    let asked = hash(format!("GET:{target}"));
    let expected = hash(format!(
        "{secret}:5eed:{}:{}:auth:{asked}",
        value("nc"),
        value("cnonce")
    ));
    value("username") == "admin" && value("response") == expected
}
