//! A recorder that speaks ONVIF, with a socket: what it answers is scripted in the crate `onvif`. It counts connects and requests.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use onvif::sample::{ScriptedAnswer, ScriptedHabits, ScriptedRecorder, SeenRequest};

pub struct FakeOnvif {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    recorder: Mutex<ScriptedRecorder>,
    /// Where it speaks in TLS alone.
    certificate: Mutex<Option<Arc<rustls::ServerConfig>>>,
    connects: AtomicU32,
    ends: AtomicBool,
    /// The connection of the next request ends without an answer, and without that the recorder has heard it.
    cuts: AtomicBool,
}

impl FakeOnvif {
    pub fn start(habits: ScriptedHabits) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), habits)
    }

    pub fn start_at(at: SocketAddr, habits: ScriptedHabits) -> Self {
        Self::start_on(at, habits, None)
    }

    /// In TLS, with a certificate that it signed itself.
    pub fn start_secure(habits: ScriptedHabits) -> Self {
        let certificate = Some(crate::fake_dvr::own_certificate());
        Self::start_on(([127, 0, 0, 1], 0).into(), habits, certificate)
    }

    /// It signs another certificate, or somebody else stands at its address.
    pub fn change_certificate(&self) {
        *self.inner.certificate.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(crate::fake_dvr::own_certificate());
    }

    fn start_on(at: SocketAddr, habits: ScriptedHabits, certificate: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind(at).expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            recorder: Mutex::new(ScriptedRecorder::new(habits)),
            certificate: Mutex::new(certificate),
            connects: AtomicU32::new(0),
            ends: AtomicBool::new(false),
            cuts: AtomicBool::new(false),
        });
        let serving = Arc::clone(&inner);
        named(move || {
            while let Ok((stream, _)) = listener.accept() {
                if serving.ends.load(Ordering::Relaxed) {
                    return;
                }
                serving.connects.fetch_add(1, Ordering::Relaxed);
                let inner = Arc::clone(&serving);
                named(move || inner.serve(stream));
            }
        });
        Self { address, inner }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn connects(&self) -> u32 {
        self.inner.connects.load(Ordering::Relaxed)
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut ScriptedRecorder) -> T) -> T {
        look(&mut self.inner.recorder.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection of the next request breaks.
    pub fn cut(&self) {
        self.inner.cuts.store(true, Ordering::Relaxed);
    }

    pub fn requests(&self) -> u32 {
        self.with(|recorder| recorder.calls.values().sum())
    }
}

impl Drop for FakeOnvif {
    fn drop(&mut self) {
        self.inner.ends.store(true, Ordering::Relaxed);
        #[expect(clippy::disallowed_methods, reason = "it wakes the thread that accepts")]
        TcpStream::connect(self.address).ok();
    }
}

fn named(serve: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("onvif".to_owned());
    thread.spawn(serve).expect("a thread");
}

impl Inner {
    fn serve(&self, stream: TcpStream) {
        let certificate = self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match certificate {
            None => self.answer_all(stream),
            Some(config) => {
                let session = rustls::ServerConnection::new(config).expect("a session");
                self.answer_all(rustls::StreamOwned::new(session, stream));
            }
        }
    }

    fn answer(&self, request: &SeenRequest) -> ScriptedAnswer {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.answer(request, SystemTime::now())
    }

    fn answer_all(&self, stream: impl Read + Write) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read(&mut reader) {
            if self.cuts.swap(false, Ordering::Relaxed) {
                return;
            }
            let mut answer = self.answer(&request);
            let until = Instant::now() + answer.waits;
            while !answer.waits.is_zero() && Instant::now() < until {
                if self.ends.load(Ordering::Relaxed) {
                    return;
                }
                let has_news = self
                    .recorder
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .events
                    .has_news();
                if has_news {
                    answer = self.answer(&request);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            if answer.silent {
                continue;
            }
            let mut head = format!(
                "HTTP/1.1 {} Said\r\nContent-Length: {}\r\n",
                answer.status,
                answer.body.len()
            );
            for (name, value) in &answer.headers {
                head += &format!("{name}: {value}\r\n");
            }
            if answer.closes {
                head += "Connection: close\r\n";
            }
            let stream = reader.get_mut();
            let written = stream.write_all(format!("{head}\r\n").as_bytes());
            if written.and_then(|()| stream.write_all(&answer.body)).is_err() || answer.closes {
                return;
            }
        }
    }
}

fn read(reader: &mut BufReader<impl Read>) -> Option<SeenRequest> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(SeenRequest {
        method,
        target,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
