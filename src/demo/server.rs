use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as gst_rtsp_server;
use gstreamer_rtsp_server::gst_rtsp::{RTSPAuthMethod, RTSPLowerTrans};
use gstreamer_rtsp_server::prelude::*;

use device::Credentials;

use super::encoder::{DemoStream, Encoder, STREAMS};
use super::recorded;
use super::test_card::{CardTexts, TestCard};

/// The configuration of the demo DVR.
#[derive(Clone, Debug)]
pub struct DemoConfig {
    /// The address to listen on. Port 0 takes any free one, see [`DemoDvr::address`].
    pub listen: SocketAddr,
    /// At least 1.
    pub channels: u16,
    /// The user and password that Digest sign-in asks for; `None`: no sign-in.
    pub credentials: Option<Credentials>,
}

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("GStreamer does not start: {0}")]
    Init(#[source] gst::glib::Error),
    #[error("no video encoder is installed: install gstreamer1.0-plugins-ugly")]
    NoEncoder,
    #[error("a demo DVR needs at least one channel")]
    NoChannels,
    /// The port is taken, or the address is not one of this machine.
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: String },
    #[error("the demo DVR does not start: {0}")]
    Thread(#[source] std::io::Error),
}

/// A running demo DVR: `/ch{n}/main` (1280×720, 15 fps) and `/ch{n}/sub` (352×240, 10 fps) for n from 1, each encoded once for all
/// who watch it and only while somebody does; channels 1 to 3 with sound (G.711 µ-law, A-law, AAC), made while
/// somebody has set it up. `/ch{n}/recorded` plays what was to be seen at the time that `Range: clock=` names. Stops when it is dropped, within
/// a second.
pub struct DemoDvr {
    address: SocketAddr,
    server: gst_rtsp_server::RTSPServer,
    context: gst::glib::MainContext,
    main_loop: gst::glib::MainLoop,
    thread: Option<JoinHandle<()>>,
    encoding: Arc<AtomicUsize>,
    sound_made: Arc<AtomicUsize>,
}

/// Who may watch; the one role of the demo.
const ROLE: &str = "viewer";

/// How often sessions that timed out are cleared away.
const CLEAN_UP_EVERY: Duration = Duration::from_secs(2);

impl DemoDvr {
    /// Starts to listen; returns when clients can connect.
    ///
    /// # Errors
    /// See [`DemoError`].
    pub fn start(config: DemoConfig) -> Result<Self, DemoError> {
        if config.channels == 0 {
            return Err(DemoError::NoChannels);
        }
        gst::init().map_err(DemoError::Init)?;
        let encoder = Encoder::installed().ok_or(DemoError::NoEncoder)?;
        let encoding = Arc::new(AtomicUsize::new(0));
        let sound_made = Arc::new(AtomicUsize::new(0));

        let server = gst_rtsp_server::RTSPServer::new();
        server.set_address(&config.listen.ip().to_string());
        server.set_service(&config.listen.port().to_string());
        // A pool of threads, so that clients do not wait for each other's requests, such as one that starts an encoder.
        let threads = gst_rtsp_server::RTSPThreadPool::new();
        threads.set_max_threads(4);
        server.set_thread_pool(Some(&threads));
        if let Some(mounts) = server.mount_points() {
            for channel in 1..=config.channels {
                for stream in &STREAMS {
                    let factory = factory(encoder, channel, stream, &encoding, &sound_made);
                    if config.credentials.is_some() {
                        allow_viewers(&factory);
                    }
                    mounts.add_factory(&format!("/ch{channel}/{}", stream.name), factory);
                }
                let recorded = recorded::factory(encoder, channel);
                if config.credentials.is_some() {
                    allow_viewers(&recorded);
                }
                mounts.add_factory(&format!("/ch{channel}/recorded"), recorded);
            }
        }
        if let Some(credentials) = &config.credentials {
            server.set_auth(Some(&digest(credentials)));
        }

        // `attach` does not say why it fails, so that a socket is made to find out.
        let listen_error = |reason: String| DemoError::Listen {
            address: config.listen,
            reason,
        };
        drop(
            server
                .create_socket(gst_rtsp_server::gio::Cancellable::NONE)
                .map_err(|e| listen_error(e.to_string()))?,
        );
        let context = gst::glib::MainContext::new();
        server.attach(Some(&context)).map_err(|e| listen_error(e.to_string()))?;
        let port = u16::try_from(server.bound_port()).map_err(|e| listen_error(e.to_string()))?;

        if let Some(sessions) = server.session_pool() {
            let clean = gst::glib::timeout_source_new(
                CLEAN_UP_EVERY,
                Some("demo-sessions"),
                gst::glib::Priority::DEFAULT,
                move || {
                    sessions.cleanup();
                    gst::glib::ControlFlow::Continue
                },
            );
            clean.attach(Some(&context));
        }
        let main_loop = gst::glib::MainLoop::new(Some(&context), false);
        let thread = {
            let (context, main_loop) = (context.clone(), main_loop.clone());
            std::thread::Builder::new()
                .name("demo-dvr".into())
                .spawn(move || {
                    let _ = context.with_thread_default(|| main_loop.run());
                })
                .map_err(DemoError::Thread)?
        };
        Ok(Self {
            address: SocketAddr::new(config.listen.ip(), port),
            server,
            context,
            main_loop,
            thread: Some(thread),
            encoding,
            sound_made,
        })
    }

    /// The address that it listens on, with the real port if 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a channel's stream, without user and password. Channels count from 1.
    #[must_use]
    pub fn url(&self, channel: u16, main: bool) -> String {
        format!(
            "rtsp://{}/ch{channel}/{}",
            self.address,
            if main { "main" } else { "sub" }
        )
    }

    /// How many streams are being encoded just now.
    #[must_use]
    pub fn encoding(&self) -> usize {
        self.encoding.load(Ordering::Relaxed)
    }

    /// How many pieces of sound (20 ms each) were made so far.
    #[must_use]
    pub fn sound_made(&self) -> usize {
        self.sound_made.load(Ordering::Relaxed)
    }
}

impl Drop for DemoDvr {
    fn drop(&mut self) {
        let (server, main_loop) = (self.server.clone(), self.main_loop.clone());
        // Closing a client ends its sessions and with them the encoders; the listening socket goes with the context.
        self.context.invoke(move || {
            server.client_filter(Some(&mut |_, _| gst_rtsp_server::RTSPFilterResult::Remove));
            if let Some(sessions) = server.session_pool() {
                sessions.filter(Some(&mut |_, _| gst_rtsp_server::RTSPFilterResult::Remove));
            }
            main_loop.quit();
        });
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn factory(
    encoder: Encoder,
    channel: u16,
    stream: &'static DemoStream,
    encoding: &Arc<AtomicUsize>,
    sound_made: &Arc<AtomicUsize>,
) -> gst_rtsp_server::RTSPMediaFactory {
    let factory = gst_rtsp_server::RTSPMediaFactory::new();
    factory.set_launch(&encoder.launch(stream, channel));
    factory.set_shared(true);
    factory.set_latency(0);
    factory.set_protocols(RTSPLowerTrans::TCP | RTSPLowerTrans::UDP);
    let (encoding, sound_made) = (Arc::clone(encoding), Arc::clone(sound_made));
    factory.connect_media_configure(move |_, media| {
        let bin = media.element().downcast::<gst::Bin>().ok();
        let pad_of = |name: &str| bin.as_ref()?.by_name(name)?.static_pad("src");
        if let Some(pad) = pad_of("picture") {
            paint_over(&pad, TestCard::new(stream.width, stream.height, channel));
        }
        if let (Some(pad), Some(sound)) = (pad_of("sound"), media.stream(SOUND)) {
            sound_only_for_listeners(&pad, sound, Arc::clone(&sound_made));
        }
        encoding.fetch_add(1, Ordering::Relaxed);
        let encoding = Arc::clone(&encoding);
        media.connect_unprepared(move |_| {
            encoding.fetch_sub(1, Ordering::Relaxed);
        });
    });
    factory
}

/// The number of the sound among the streams of a medium.
const SOUND: u32 = 1;

/// The part of the tone, in pieces of 20 ms, that is made before anybody can listen, because the SDP needs its
/// description.
const DESCRIBING: usize = 50;

/// Lets the tone pass to its encoder only while a client has set the sound up, because most clients never do.
fn sound_only_for_listeners(pad: &gst::Pad, sound: gst_rtsp_server::RTSPStream, made: Arc<AtomicUsize>) {
    let described = AtomicUsize::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let mut listeners = false;
        sound.transport_filter(Some(&mut |_, _| {
            listeners = true;
            gst_rtsp_server::RTSPFilterResult::Keep
        }));
        if !listeners && described.fetch_add(1, Ordering::Relaxed) >= DESCRIBING {
            return gst::PadProbeReturn::Drop;
        }
        made.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
}

/// Paints the test card into every frame that leaves `pad`.
fn paint_over(pad: &gst::Pad, card: TestCard) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut()
            && let Ok(mut frame) = buffer.make_mut().map_writable()
        {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            // GLib's local time keeps the name of the zone for ever on Windows, with each call (2.82).
            let now = jiff::Zoned::now();
            let text = |format: &str| now.strftime(format).to_string();
            let caption = CardTexts {
                clock: &text("%H:%M:%S"),
                date: &text("%Y-%m-%d"),
                time_code: (since_1970.as_millis() & u128::from(u32::MAX)) as u32,
            };
            card.paint(&mut frame, since_1970.as_secs_f64() % 86_400.0, &caption);
        }
        gst::PadProbeReturn::Ok
    });
}

fn digest(credentials: &Credentials) -> gst_rtsp_server::RTSPAuth {
    let auth = gst_rtsp_server::RTSPAuth::new();
    auth.set_supported_methods(RTSPAuthMethod::Digest);
    auth.set_realm(Some("Monomi demo DVR"));
    let token = gst_rtsp_server::RTSPToken::builder()
        .field(gst_rtsp_server::RTSP_TOKEN_MEDIA_FACTORY_ROLE, ROLE)
        .build();
    auth.add_digest(&credentials.user, credentials.password.expose(), &token);
    auth
}

fn allow_viewers(factory: &gst_rtsp_server::RTSPMediaFactory) {
    let role = gst::Structure::builder(ROLE)
        .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_ACCESS, true)
        .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, true)
        .build();
    factory.add_role_from_structure(&role);
}
