//! The demo DVR over its socket, watched by GStreamer's own RTSP client.

use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use device::{Credentials, Password};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use monomi::demo::{DemoConfig, DemoDvr, DemoError, read_time_code};

use super::source::PATIENCE;

fn start(channels: u16, credentials: Option<Credentials>) -> DemoDvr {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    DemoDvr::start(DemoConfig {
        listen,
        channels,
        credentials,
    })
    .unwrap()
}

/// A client that decodes to RGBA.
struct Client {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

impl Client {
    fn new(url: &str, sign_in: &str) -> Self {
        Self::listening(url, sign_in, true)
    }

    /// With or without setting up the sound, which it does not decode.
    fn listening(url: &str, sign_in: &str, sound: bool) -> Self {
        gst::init().unwrap();
        let launch = format!(
            "rtspsrc name=in location={url} protocols=tcp latency=0 {sign_in} ! rtph264depay ! avdec_h264 max-threads=1 \
             ! videoconvert ! video/x-raw,format=RGBA ! appsink name=out sync=false max-buffers=2"
        );
        let pipeline = gst::parse::launch(&launch)
            .unwrap()
            .downcast::<gst::Pipeline>()
            .unwrap();
        if !sound {
            let source = pipeline.by_name("in").unwrap();
            source.connect("select-stream", false, |values| {
                let caps = values[2].get::<gst::Caps>().unwrap();
                let media = caps.structure(0).unwrap().get::<String>("media");
                Some((media.as_deref() == Ok("video")).to_value())
            });
        }
        let sink = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, sink }
    }

    /// The next picture: width, height, RGBA; or why there is none.
    fn next(&self) -> Result<(usize, usize, Vec<u8>), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
                let size = sample.caps().unwrap().structure(0).unwrap();
                let side = |name| size.get::<i32>(name).unwrap() as usize;
                let data = sample.buffer().unwrap().map_readable().unwrap().to_vec();
                return Ok((side("width"), side("height"), data));
            }
            let bus = self.pipeline.bus().unwrap();
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
                && let gst::MessageView::Error(error) = message.view()
            {
                return Err(format!("{} {}", error.error(), error.debug().unwrap_or_default()));
            }
            assert!(Instant::now() < deadline, "no picture and no error");
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

#[test]
fn main_and_sub_streams_move_and_carry_the_time() {
    let dvr = start(2, None);
    for (url, size) in [(dvr.url(1, true), (1280, 720)), (dvr.url(2, false), (352, 240))] {
        let client = Client::new(&url, "");
        let (width, height, first) = client.next().unwrap();
        assert_eq!((width, height), size);
        let (_, _, second) = client.next().unwrap();
        assert_ne!(first, second, "the picture moves");
        let code = |rgba: &[u8]| read_time_code(width, height, rgba).expect("a time code");
        let step = code(&second).wrapping_sub(code(&first));
        assert!((1..10_000).contains(&step), "{step} ms between two pictures");
    }
}

#[test]
fn a_stream_is_encoded_once_for_all_and_only_while_somebody_watches() {
    let dvr = start(4, None);
    assert_eq!(dvr.encoding(), 0);
    let (one, two) = (Client::new(&dvr.url(3, false), ""), Client::new(&dvr.url(3, false), ""));
    one.next().unwrap();
    two.next().unwrap();
    assert_eq!(dvr.encoding(), 1);
    drop(one);
    two.next().unwrap();
    drop(two);
    wait_for("the encoder to stop", || dvr.encoding() == 0);
}

/// Sound that nobody hears costs nothing: its encoder gets the second that the description needs, and no more.
#[test]
fn sound_is_made_only_while_somebody_has_set_it_up() {
    let described = 50;
    let dvr = start(3, None);
    for channel in 1..=3 {
        let before = dvr.sound_made();
        let watching = Client::listening(&dvr.url(channel, false), "", false);
        for _ in 0..20 {
            watching.next().unwrap();
        }
        assert!(dvr.sound_made() <= before + described, "channel {channel}");
        drop(watching);
        let before = dvr.sound_made();
        let _listening = Client::new(&dvr.url(channel, true), "");
        wait_for("sound", || dvr.sound_made() > before + described);
    }
}

#[test]
fn a_client_that_vanishes_stops_the_encoder_too() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let dvr = start(1, None);
    // A foreign client by hand, so that it can go without TEARDOWN.
    #[expect(clippy::disallowed_methods, reason = "this is the other end of the line")]
    let mut socket = std::net::TcpStream::connect(dvr.address()).unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut ask = |request: String| -> String {
        socket.write_all(request.as_bytes()).unwrap();
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "closed after {head}");
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink()).unwrap();
                return head;
            }
            head += &line;
        }
    };
    let url = dvr.url(1, false);
    ask(format!("DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"));
    let reply = ask(format!(
        "SETUP {url}/stream=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    ));
    let session = reply
        .lines()
        .find_map(|line| line.strip_prefix("Session: "))
        .expect(&reply)
        .to_owned();
    let session = session.split(';').next().unwrap();
    assert!(ask(format!("PLAY {url} RTSP/1.0\r\nCSeq: 3\r\nSession: {session}\r\n\r\n")).contains("200 OK"));
    assert_eq!(dvr.encoding(), 1);
    drop((reader, socket));
    wait_for("the encoder to stop", || dvr.encoding() == 0);
}

#[test]
fn sign_in_is_asked_for_with_digest_alone() {
    let credentials = Credentials {
        user: "operator".into(),
        password: Password::new("p@ss:w/rd%#日本"),
    };
    let dvr = start(1, Some(credentials));
    let url = dvr.url(1, false);
    assert!(!url.contains("operator"));
    let right = Client::new(&url, "user-id=operator user-pw=\"p@ss:w/rd%#日本\"");
    right.next().unwrap();
    for wrong in [
        "",
        "user-id=operator user-pw=wrong",
        "user-id=nobody user-pw=\"p@ss:w/rd%#日本\"",
    ] {
        let error = Client::new(&url, wrong).next().unwrap_err();
        assert!(
            error.contains("401") || error.to_lowercase().contains("authori"),
            "{error}"
        );
    }
}

#[test]
fn channels_that_do_not_exist_are_not_found() {
    let dvr = start(1, None);
    let error = Client::new(&dvr.url(2, false), "").next().unwrap_err();
    assert!(error.contains("404"), "{error}");
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let result = DemoDvr::start(DemoConfig {
        listen,
        channels: 1,
        credentials: None,
    });
    let Err(error @ DemoError::Listen { .. }) = result else {
        panic!("it started on a taken port")
    };
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[test]
fn no_channels_is_a_clear_error() {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let result = DemoDvr::start(DemoConfig {
        listen,
        channels: 0,
        credentials: None,
    });
    assert!(matches!(result, Err(DemoError::NoChannels)));
}

#[test]
fn stopping_with_viewers_frees_the_port() {
    let dvr = start(4, None);
    let clients: Vec<Client> = (1..=4)
        .map(|channel| Client::new(&dvr.url(channel, false), ""))
        .collect();
    clients.iter().for_each(|client| {
        client.next().unwrap();
    });
    let address = dvr.address();
    drop(dvr);
    wait_for("the port to be free", || {
        DemoDvr::start(DemoConfig {
            listen: address,
            channels: 1,
            credentials: None,
        })
        .is_ok()
    });
}
