//! A scripted fake DVR: an RTSP server that signs in, sends real pictures, and misbehaves as its [`Script`] says.
//!
//! It records what it saw. It shares no code with the client.

mod auth;
mod datagrams;
mod habits;
mod life;
mod media;
mod script;
mod sdp;
mod session;
mod stories;
mod wire;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

pub use auth::base64;
pub use datagrams::{Datagrams, Interleaved, Says, Way};
pub use life::{Life, MIDDLE, Report};
pub use script::{
    Answer, Auth, Base, Codec, Ending, Fault, Flow, Habit, Heads, Pace, Script, Sdp, Sound, Step, Transport,
};

/// A running DVR; stops and lets its connections go when dropped.
pub struct FakeDvr {
    shared: Arc<Shared>,
    listener: TcpListener,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// One connection, as the DVR saw it.
#[derive(Clone, Debug)]
pub struct Connection {
    pub at: Instant,
    pub requests: Vec<Request>,
    /// Receiver reports of the client.
    pub reports: Vec<Report>,
    /// So many were sent.
    pub pictures: u64,
    pub ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Instant,
    /// The client closed it, not the DVR.
    pub by_client: bool,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    /// All of it as it came.
    pub head: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What the connections of one DVR share.
struct Shared {
    script: Mutex<Script>,
    seen: Mutex<Vec<Connection>>,
    stopped: AtomicBool,
    counts: auth::Counts,
    certificate: OnceLock<Arc<rustls::ServerConfig>>,
}

impl Shared {
    /// Made and signed by this DVR alone, at its first need.
    fn certificate(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(self.certificate.get_or_init(own_certificate))
    }
}

/// A certificate that nobody else has signed, with its key.
pub fn own_certificate() -> Arc<rustls::ServerConfig> {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a configuration");
    Arc::new(config)
}

impl FakeDvr {
    /// On a free loopback port.
    pub fn start(script: Script) -> Self {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script)
    }

    pub fn start_on(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"));
        let address = listener.local_addr().expect("an own address");
        let _ = media::Clip::of(script.codec, script.fps);
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            seen: Mutex::default(),
            stopped: AtomicBool::new(false),
            counts: auth::Counts::default(),
            certificate: OnceLock::new(),
        });
        let accepting = {
            let (shared, listener) = (Arc::clone(&shared), listener.try_clone().expect("a second handle"));
            std::thread::Builder::new()
                .name("fake dvr".to_owned())
                .spawn(move || accept(&shared, &listener))
                .expect("a thread")
        };
        Self {
            shared,
            listener,
            address,
            accepting: Some(accepting),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Without user and password.
    pub fn url(&self) -> String {
        let scheme = if self.script().tls { "rtsps" } else { "rtsp" };
        format!("{scheme}://{}/live/1", self.address)
    }

    /// The behaviour from now on; connections under way keep theirs, except for faults.
    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script.lock().expect("the script")
    }

    /// Everything so far, in the order of the connects.
    pub fn seen(&self) -> Vec<Connection> {
        self.shared.seen.lock().expect("what was seen").clone()
    }
}

impl Drop for FakeDvr {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = socket2::SockRef::from(&self.listener).shutdown(std::net::Shutdown::Both);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    let mut number = 0;
    while !shared.stopped.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            if shared.stopped.load(Ordering::SeqCst) {
                return;
            }
            continue;
        };
        let index = {
            let mut seen = shared.seen.lock().expect("what was seen");
            seen.push(Connection {
                at: Instant::now(),
                requests: Vec::new(),
                reports: Vec::new(),
                pictures: 0,
                ended: None,
            });
            seen.len() - 1
        };
        number += 1;
        let shared = Arc::clone(shared);
        let talk = move || {
            let by_client = session::talk(&shared, stream, index, number);
            shared.seen.lock().expect("what was seen")[index].ended = Some(Ended {
                at: Instant::now(),
                by_client,
            });
        };
        std::thread::Builder::new()
            .name(format!("fake dvr {number}"))
            .spawn(talk)
            .expect("a thread");
    }
}
