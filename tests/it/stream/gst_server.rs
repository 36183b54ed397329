//! A gst-rtsp-server of the tests' own, with one stream at `/live`.

use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer_rtsp_server as rtsp_server;
use gstreamer_rtsp_server::gst_rtsp::{RTSPAuthMethod, RTSPLowerTrans};
use gstreamer_rtsp_server::prelude::*;

/// Where it sends by multicast.
const GROUP: &str = "239.255.78.1";
const GROUP_PORTS: std::ops::Range<u16> = 47_300..47_309;

pub struct GstServer {
    pub port: u16,
    main_loop: gst::glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl GstServer {
    /// `encoder` ends in a payloader named `pay0`. `user`: who may watch, with Digest or Basic.
    pub fn start(encoder: &str, user: Option<(&str, &str, RTSPAuthMethod)>) -> Self {
        Self::with(RTSPLowerTrans::TCP, encoder, user)
    }

    /// One that serves by these transports alone.
    pub fn with(transports: RTSPLowerTrans, encoder: &str, user: Option<(&str, &str, RTSPAuthMethod)>) -> Self {
        Self::at("127.0.0.1", "lo", transports, encoder, user)
    }

    /// At this address of this computer; what goes to a group leaves by `interface`.
    pub fn at(
        address: &str,
        interface: &str,
        transports: RTSPLowerTrans,
        encoder: &str,
        user: Option<(&str, &str, RTSPAuthMethod)>,
    ) -> Self {
        gst::init().expect("GStreamer");
        let server = rtsp_server::RTSPServer::new();
        server.set_address(address);
        server.set_service("0");
        let factory = rtsp_server::RTSPMediaFactory::new();
        factory.set_launch(&format!(
            "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=10/1 ! videoconvert ! {encoder} )"
        ));
        factory.set_shared(true);
        factory.set_protocols(transports);
        if transports.contains(RTSPLowerTrans::UDP_MCAST) {
            let pool = rtsp_server::RTSPAddressPool::new();
            let (first, last) = (GROUP_PORTS.start, GROUP_PORTS.end);
            pool.add_range(GROUP, GROUP, first, last, 1).expect("a group");
            factory.set_address_pool(Some(&pool));
            factory.set_multicast_iface(Some(interface));
        }
        if let Some((user, password, method)) = user {
            let auth = rtsp_server::RTSPAuth::new();
            auth.set_supported_methods(method);
            let token = rtsp_server::RTSPToken::builder()
                .field(rtsp_server::RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
                .build();
            match method {
                RTSPAuthMethod::Basic => auth.add_basic(&rtsp_server::RTSPAuth::make_basic(user, password), &token),
                _ => auth.add_digest(user, password, &token),
            }
            server.set_auth(Some(&auth));
            factory.add_role_from_structure(
                &gst::Structure::builder("viewer")
                    .field(rtsp_server::RTSP_PERM_MEDIA_FACTORY_ACCESS, true)
                    .field(rtsp_server::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, true)
                    .build(),
            );
        }
        server
            .mount_points()
            .expect("mount points")
            .add_factory("/live", factory);
        let context = gst::glib::MainContext::new();
        server.attach(Some(&context)).expect("a port");
        let port = u16::try_from(server.bound_port()).expect("a port");
        let main_loop = gst::glib::MainLoop::new(Some(&context), false);
        let running = main_loop.clone();
        let serve = move || {
            let _server = server;
            let _ = context.with_thread_default(|| running.run());
        };
        let thread = std::thread::Builder::new()
            .name("gst server".to_owned())
            .spawn(serve)
            .expect("a thread");
        Self {
            port,
            main_loop,
            thread: Some(thread),
        }
    }
}

impl Drop for GstServer {
    fn drop(&mut self) {
        self.main_loop.quit();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
