//! RTSPS with recorders as they were built ten years ago, by OpenSSL's own server: the real binary connects, remembers, and says
//! what is in its way.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::fake_dvr::{FakeDvr, Script};
use crate::skipped::skip;
use crate::watch::{Log, Watch, add_device, monomi};

const PATIENCE: Duration = Duration::from_secs(90);

fn has_openssl(what: &str) -> bool {
    let found = Command::new("openssl").arg("version").stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skip(what, "openssl is not installed");
    }
    found
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {told}");
}

/// A key and a certificate of its own, in `NAME.key` and `NAME.pem`.
fn make(folder: &Path, name: &str, key: &str, certificate: &str) {
    openssl(folder, &format!("genpkey {key} -out {name}.key"));
    openssl(
        folder,
        &format!("req -new -key {name}.key -subj /CN=dvr -out {name}.csr"),
    );
    openssl(
        folder,
        &format!("x509 -req -in {name}.csr -signkey {name}.key -out {name}.pem {certificate}"),
    );
}

const RSA_1024: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024";
const RSA_2048: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";

/// `openssl s_server` in front of a plain RTSP server: one process a connection.
struct Terminator {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    child: Arc<Mutex<Option<Child>>>,
    running: Option<JoinHandle<()>>,
}

impl Terminator {
    fn start(host: u8, folder: &Path, name: &str, arguments: &str, behind: SocketAddr) -> Self {
        // A port that is free now; OpenSSL binds it again for each connection.
        let address = SocketAddr::from((Ipv4Addr::new(127, 0, 2, host), 0));
        let address = TcpListener::bind(address)
            .and_then(|free| free.local_addr())
            .expect("a port");
        Self::start_on(address, folder, name, arguments, behind)
    }

    fn start_on(address: SocketAddr, folder: &Path, name: &str, arguments: &str, behind: SocketAddr) -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let child = Arc::new(Mutex::new(None));
        let mut command = Command::new("openssl");
        command
            .args(["s_server", "-quiet", "-naccept", "1", "-accept", &address.to_string()])
            .args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")])
            .args(arguments.split_whitespace())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let running = {
            let (connections, stopped, child) = (Arc::clone(&connections), Arc::clone(&stopped), Arc::clone(&child));
            std::thread::Builder::new()
                .name("openssl".to_owned())
                .spawn(move || {
                    while !stopped.load(Ordering::SeqCst) {
                        serve_once(&mut command, &child, &stopped, behind);
                        if !stopped.load(Ordering::SeqCst) {
                            connections.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                })
                .expect("a thread")
        };
        let terminator = Self {
            address,
            connections,
            stopped,
            child,
            running: Some(running),
        };
        terminator.until_it_listens();
        terminator
    }

    /// Without a connection, which would be counted.
    fn until_it_listens(&self) {
        let port = format!(":{:04X} ", self.address.port());
        for _ in 0..1_000 {
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
            if sockets
                .lines()
                .any(|line| line.contains(&port) && line.contains(" 0A "))
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("openssl does not listen on {}", self.address);
    }

    fn url(&self) -> String {
        format!("rtsps://{}/live/1", self.address)
    }

    /// Connections that have ended.
    fn ended(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Terminator {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(child) = self.child.lock().expect("the process").as_mut() {
            let _ = child.kill();
        }
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}

/// Runs the server until its one connection is over.
fn serve_once(command: &mut Command, child: &Mutex<Option<Child>>, stopped: &AtomicBool, behind: SocketAddr) {
    let mut started = command.spawn().expect("openssl");
    let mut to_client = started.stdin.take().expect("its input");
    let mut from_client = started.stdout.take().expect("its output");
    {
        let mut child = child.lock().expect("the process");
        let started = child.insert(started);
        // Who stops this looked for a process before this one began.
        if stopped.load(Ordering::SeqCst) {
            let _ = started.kill();
        }
    }
    let mut bytes = [0; 16 * 1024];
    // Nothing comes where the handshake fails.
    if let Ok(length @ 1..) = from_client.read(&mut bytes) {
        #[expect(clippy::disallowed_methods, reason = "a server in a test connects to another one")]
        let mut server = TcpStream::connect(behind).expect("the server behind");
        let mut answers = server.try_clone().expect("a second handle");
        let answering = std::thread::Builder::new()
            .name("openssl answers".to_owned())
            .spawn(move || {
                let mut bytes = [0; 16 * 1024];
                while let Ok(length @ 1..) = answers.read(&mut bytes) {
                    if to_client
                        .write_all(&bytes[..length])
                        .and_then(|()| to_client.flush())
                        .is_err()
                    {
                        break;
                    }
                }
            })
            .expect("a thread");
        let mut asked = server.write_all(&bytes[..length]).is_ok();
        while asked {
            asked =
                matches!(from_client.read(&mut bytes), Ok(length @ 1..) if server.write_all(&bytes[..length]).is_ok());
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = answering.join();
    }
    if let Some(mut ended) = child.lock().expect("the process").take() {
        let _ = ended.kill();
        let _ = ended.wait();
    }
}

struct Bench {
    folder: tempfile::TempDir,
    profile: tempfile::TempDir,
    dvr: FakeDvr,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            profile: tempfile::tempdir().expect("a profile"),
            dvr: FakeDvr::start(Script::default()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    fn add(&self, name: &str, url: &str) {
        add_device(self.profile.path(), name, &format!("{name}-dvr"), url);
    }

    fn watch(&self) -> Watch {
        Watch::start(monomi(self.profile.path()))
    }
}

fn last_cause(log: &Log, name: &str) -> String {
    let log = log.at_site(name);
    let last = log.of("outcome").filter(|line| line.is_failure()).last();
    last.map(|line| line.text("cause").to_owned()).unwrap_or_default()
}

/// No certificate here would pass a public verifier; each is the recorder's own.
#[test]
fn recorders_with_certificates_of_any_make_play() {
    if !has_openssl("tls: certificates of any make") {
        return;
    }
    let bench = Bench::new();
    let old = "-cipher ALL:@SECLEVEL=0";
    let stories = [
        ("v1-1024-tls12", RSA_1024, "-sha1", "-tls1_2"),
        ("v1-1024-tls13", RSA_1024, "-sha1", "-tls1_3"),
        ("v1-2048", RSA_2048, "-sha1", ""),
        ("expired", RSA_2048, "-days 0", ""),
        (
            "pss-key",
            "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "",
            "-tls1_3",
        ),
        ("p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "", "-tls1_2"),
        ("p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "", "-tls1_3"),
        (
            "curve-spelt-out",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "",
            "-tls1_2",
        ),
        ("ed25519", "-algorithm ED25519", "", "-tls1_3"),
        ("sha1-handshake", RSA_2048, "", "-tls1_2 -sigalgs RSA+SHA1"),
    ];
    let servers: Vec<(&str, Terminator)> = (1..)
        .zip(stories)
        .map(|(host, (name, key, certificate, versions))| {
            make(bench.folder.path(), name, key, certificate);
            let arguments = format!("{old} {versions}");
            let server = Terminator::start(host, bench.folder.path(), name, &arguments, bench.dvr.address());
            bench.add(name, &server.url());
            (name, server)
        })
        .collect();
    let watch = bench.watch();
    let late = |log: &Log| -> Vec<String> {
        let late = servers.iter().filter(|(name, _)| log.live(name).is_empty());
        late.map(|(name, _)| format!("{name}: {}", last_cause(log, name)))
            .collect()
    };
    let played = watch.until(PATIENCE, |log| late(log).is_empty());
    assert!(played.is_ok(), "not live: {:#?}", late(&watch.log()));
    assert_eq!(watch.log().attempts(), servers.len(), "at the first attempt");
}

#[test]
fn another_certificate_of_an_old_recorder_is_refused_until_it_is_trusted() {
    if !has_openssl("tls: another certificate of an old recorder") {
        return;
    }
    let bench = Bench::new();
    for name in ["first", "second"] {
        make(bench.folder.path(), name, RSA_1024, "-sha1");
    }
    let arguments = "-tls1_2 -cipher ALL:@SECLEVEL=0";
    let start = |address, name| Terminator::start_on(address, &bench.path(), name, arguments, bench.dvr.address());
    let server = Terminator::start(60, &bench.path(), "first", arguments, bench.dvr.address());
    let address = server.address;
    bench.add("old", &server.url());
    let watch = bench.watch();
    watch.until_live("old", 1, PATIENCE);
    watch.stop();
    drop(server);
    let seen = bench.dvr.seen().len();

    let server = start(address, "second");
    let watch = bench.watch();
    let refused = watch.until(PATIENCE, |log| {
        last_cause(log, "old").contains("the certificate changed")
    });
    assert!(refused.is_ok(), "{}", watch.log().tail(10));
    let waited = watch.until(Duration::from_secs(15), |log| log.attempts() > 1);
    assert!(waited.is_err(), "it was tried again: {}", watch.log().tail(10));
    watch.stop();
    drop(server);
    assert_eq!(bench.dvr.seen().len(), seen, "nothing was said to a stranger");

    let _server = start(address, "first");
    bench.watch().until_live("old", 1, PATIENCE);
}

/// What cannot be spoken is tried once, named, and waits; the others at its site play on.
#[test]
fn recorders_whose_tls_cannot_be_spoken_are_named_and_left_alone() {
    if !has_openssl("tls: what cannot be spoken") {
        return;
    }
    let bench = Bench::new();
    make(bench.folder.path(), "dvr", RSA_2048, "");
    let stories = [
        ("tls10", "-tls1 -cipher ALL:@SECLEVEL=0", "TLS 1.1 or older"),
        ("tls11", "-tls1_1 -cipher ALL:@SECLEVEL=0", "TLS 1.1 or older"),
        ("rsa-cbc", "-tls1_2 -cipher AES128-SHA:@SECLEVEL=0", "offers no cipher"),
        ("rsa-gcm", "-tls1_2 -cipher AES128-GCM-SHA256", "offers no cipher"),
        ("dhe", "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", "offers no cipher"),
        ("asks-12", "-tls1_2 -Verify 1", "wants a certificate"),
        ("asks-13", "-tls1_3 -Verify 1", "wants a certificate"),
    ];
    let servers: Vec<(&str, &str, Terminator)> = (1..)
        .zip(stories)
        .map(|(host, (name, arguments, cause))| {
            let server = Terminator::start(70 + host, bench.folder.path(), "dvr", arguments, bench.dvr.address());
            bench.add(name, &server.url());
            (name, cause, server)
        })
        .collect();
    bench.add("healthy", &bench.dvr.url());
    let watch = bench.watch();
    let unnamed = |log: &Log| -> Vec<String> {
        let wrong = servers
            .iter()
            .filter(|(name, cause, _)| !last_cause(log, name).contains(cause));
        wrong
            .map(|(name, ..)| format!("{name}: {}", last_cause(log, name)))
            .collect()
    };
    let named = watch.until(PATIENCE, |log| {
        unnamed(log).is_empty() && !log.live("healthy").is_empty()
    });
    assert!(named.is_ok(), "not named: {:#?}", unnamed(&watch.log()));
    let again = watch.until(Duration::from_secs(30), |log| log.attempts() > servers.len() + 1);
    assert!(again.is_err(), "tried again: {}", watch.log().tail(20));
    let log = watch.log();
    for (name, _, server) in &servers {
        let states = log.states(name);
        assert!(states.values().all(|state| state == "offline"), "{name}: {states:?}");
        assert_eq!(server.ended(), 1, "{name}");
        let site = log.of("site").filter(|line| line.text("site") == *name).last();
        assert!(
            site.is_none_or(|line| line.text("state") != "outage"),
            "{name}: {site:?}"
        );
    }
}

/// Takes connections, reads what comes first, and closes them: so do recorders to which TLS 1.2 is too new.
fn hangs_up() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 2, 90), 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let serve = move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut stream: TcpStream = stream;
            let _ = stream.read(&mut [0; 4_096]);
        }
    };
    let thread = std::thread::Builder::new().name("hangs-up".to_owned());
    thread.spawn(serve).expect("a thread");
    (address, taken)
}

#[test]
fn a_recorder_that_hangs_up_on_tls_is_named_after_three_times_and_looked_at_minutes_later() {
    let bench = Bench::new();
    let (address, taken) = hangs_up();
    bench.add("hangs-up", &format!("rtsps://{address}/live/1"));
    bench.add("healthy", &bench.dvr.url());
    let watch = bench.watch();
    let stated = |log: &Log| -> (String, f64) {
        let log = log.at_site("hangs-up");
        let last = log.of("state").last();
        last.map(|line| {
            let wait = line.fields["next_try_s"].as_f64().unwrap_or_default();
            (line.text("cause").to_owned(), wait)
        })
        .unwrap_or_default()
    };
    let named = watch.until(PATIENCE, |log| {
        stated(log).0.contains("hangs up whenever TLS is spoken") && !log.live("healthy").is_empty()
    });
    assert!(named.is_ok(), "{}", watch.log().tail(20));
    assert_eq!(taken.load(Ordering::SeqCst), 3);
    let wait = stated(&watch.log()).1;
    assert!((240.0..=360.0).contains(&wait), "next look in {wait} s");
    let again = watch.until(Duration::from_secs(40), |_| taken.load(Ordering::SeqCst) > 3);
    assert!(again.is_err(), "tried again: {}", watch.log().tail(20));
}
