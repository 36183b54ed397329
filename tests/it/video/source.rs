//! Makes RTP streams out of plain colours, and watches what a player makes of them.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use monomi::bridge::{Frame, FrameSlot};
use monomi::video::{DecoderChoice, Player, PlayerConfig, PlayerEvent, TrackCaps};

pub type Rgb = [u8; 3];

/// Long enough for a busy machine; only a failing test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How to encode and to packetize: GStreamer elements from raw video to RTP.
pub const H264: &str =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 ! rtph264pay pt=96 config-interval=-1";
pub const H265: &str = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 log-level=none option-string=open-gop=0:repeat-headers=1 ! rtph265pay pt=96 config-interval=-1";
pub const MPEG4: &str = "avenc_mpeg4 bitrate=4000000 gop-size=10 ! rtpmp4vpay pt=96";
pub const JPEG: &str = "jpegenc quality=95 ! rtpjpegpay pt=26";

/// One encoded stream.
pub struct Rtp {
    pub caps: TrackCaps,
    /// The packets of each picture.
    pub pictures: Vec<Vec<Bytes>>,
}

/// Whether everything in the pipeline `elements` is installed; says what is skipped otherwise.
pub fn installed(elements: &str) -> bool {
    gst::init().unwrap();
    let missing = elements
        .split('!')
        .filter_map(|part| part.split_whitespace().next())
        // Caps between elements are no element.
        .filter(|part| !part.contains('/'))
        .find(|element| gst::ElementFactory::find(element).is_none());
    if let Some(element) = missing {
        crate::skipped::skip(elements, &format!("the GStreamer element {element} is not installed"));
    }
    missing.is_none()
}

/// Encodes one picture of each colour. `raw`: further caps of the raw video, as ",colorimetry=bt709".
pub fn encode(colours: &[Rgb], size: (usize, usize), raw: &str, elements: &str) -> Rtp {
    let picture = |[r, g, b]: &Rgb| [*r, *g, *b, 255].repeat(size.0 * size.1);
    encode_pictures(colours.iter().map(picture), size, raw, elements)
}

/// Encodes pictures of four bytes a pixel: red, green, blue and nothing.
pub fn encode_pictures(
    all: impl ExactSizeIterator<Item = Vec<u8>>,
    (width, height): (usize, usize),
    raw: &str,
    elements: &str,
) -> Rtp {
    gst::init().unwrap();
    let count = all.len();
    let interlaced = if raw.contains("interlace") {
        ",interlace-mode=interleaved"
    } else {
        ""
    };
    let launch = format!(
        "appsrc name=in format=time caps=video/x-raw,format=RGBA,width={width},height={height},framerate=15/1{interlaced} \
         ! videoconvert ! video/x-raw,format=I420{raw} ! {elements} ! appsink name=out sync=false"
    );
    let pipeline = gst::parse::launch(&launch)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let input = pipeline.by_name("in").unwrap().downcast::<gst_app::AppSrc>().unwrap();
    let output = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for (index, pixels) in all.enumerate() {
        let mut buffer = gst::Buffer::from_slice(pixels);
        buffer
            .get_mut()
            .unwrap()
            .set_pts(gst::ClockTime::from_mseconds(index as u64 * 66));
        input.push_buffer(buffer).unwrap();
    }
    input.end_of_stream().unwrap();
    let mut pictures = vec![Vec::new()];
    let mut caps = None;
    while let Ok(sample) = output.pull_sample() {
        caps = sample.caps_owned().or(caps);
        let packets: Vec<Bytes> = match sample.buffer_list() {
            Some(list) => list.iter().map(packet).collect(),
            None => vec![packet(sample.buffer().unwrap())],
        };
        for packet in packets {
            let last_of_picture = packet[1] & 0x80 != 0;
            pictures.last_mut().unwrap().push(packet);
            if last_of_picture {
                pictures.push(Vec::new());
            }
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    pictures.pop();
    assert_eq!(pictures.len(), count, "one marker bit a picture");
    Rtp {
        caps: track(&caps.expect("an encoded stream")),
        pictures,
    }
}

fn packet(buffer: &gst::BufferRef) -> Bytes {
    Bytes::copy_from_slice(&buffer.map_readable().unwrap())
}

/// What an SDP would say about the payloader's caps.
fn track(caps: &gst::Caps) -> TrackCaps {
    let structure = caps.structure(0).unwrap();
    let text = |name: &str| structure.get::<String>(name).ok();
    TrackCaps {
        media: "video".into(),
        encoding_name: text("encoding-name").unwrap(),
        payload_type: structure.get::<i32>("payload").unwrap() as u8,
        clock_rate: 90_000,
        fmtp: [
            "packetization-mode",
            "sprop-parameter-sets",
            "sprop-vps",
            "sprop-sps",
            "sprop-pps",
            "config",
        ]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), text(name)?)))
        .collect(),
        extra: text("x-dimensions")
            .map(|size| ("x-dimensions".to_owned(), size))
            .into_iter()
            .collect(),
        alone: true,
    }
}

/// A player, its slot, and what it said.
pub struct Watched {
    pub player: Player,
    pub slot: Arc<FrameSlot>,
    news: Arc<News>,
}

#[derive(Default)]
struct News {
    events: Mutex<Vec<PlayerEvent>>,
    changed: Condvar,
}

impl Watched {
    pub fn new(caps: &TrackCaps) -> Self {
        Self::with(caps, None, true)
    }

    pub fn with(caps: &TrackCaps, target: Option<(u32, u32)>, decode: bool) -> Self {
        monomi::video::init().unwrap();
        let (slot, news) = (Arc::new(FrameSlot::default()), Arc::new(News::default()));
        if let Some((width, height)) = target {
            slot.set_target(width, height);
        }
        let (woken, told) = (Arc::clone(&news), Arc::clone(&news));
        let player = Player::new(
            PlayerConfig {
                caps: caps.clone(),
                threads: 1,
                decoder: DecoderChoice::Software,
                decode,
                lossy: false,
            },
            Arc::clone(&slot),
            Arc::new(move || {
                let _guard = woken.events.lock().unwrap();
                woken.changed.notify_all();
            }),
            move |event| {
                told.events.lock().unwrap().push(event);
                told.changed.notify_all();
            },
        )
        .unwrap();
        Self { player, slot, news }
    }

    pub fn push(&self, packets: &[Bytes]) {
        packets.iter().for_each(|packet| self.player.push(packet.clone()));
    }

    /// Pushes pictures one after another, each once the one before it came out.
    pub fn play(&self, pictures: &[Vec<Bytes>]) {
        for packets in pictures {
            let before = self.slot.counts().published;
            self.push(packets);
            self.wait_for("the next picture", |slot, _| slot.counts().published > before);
        }
    }

    /// Waits until `condition` holds; panics with `what` and all events when it never does.
    pub fn wait_for(&self, what: &str, mut condition: impl FnMut(&FrameSlot, &[PlayerEvent]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut events = self.news.events.lock().unwrap();
        while !condition(&self.slot, &events) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "waited in vain for {what}; {:?}, {events:?}",
                self.slot.counts()
            );
            // As the owner of a player does at its deadline.
            let pause = left.min(Duration::from_millis(10));
            events = self.news.changed.wait_timeout(events, pause).unwrap().0;
            drop(events);
            self.player.poll(Instant::now());
            events = self.news.events.lock().unwrap();
        }
    }

    /// Waits for a picture that is `colour` in the middle.
    pub fn frame_of(&self, colour: Rgb) -> Frame {
        let mut found = None;
        let mut seen = None;
        self.wait_for(&format!("a picture of {colour:?}"), |slot, _| {
            if let Some(frame) = slot.take() {
                seen = Some(middle(&frame));
                if near(middle(&frame), colour) {
                    found = Some(frame);
                }
            }
            found.is_some()
        });
        found.unwrap()
    }

    pub fn events(&self) -> Vec<PlayerEvent> {
        self.news.events.lock().unwrap().clone()
    }
}

/// The colour in the middle of a picture.
pub fn middle(frame: &Frame) -> Rgb {
    assert_eq!(frame.data.len(), frame.width as usize * frame.height as usize * 4);
    let at = (frame.height as usize / 2 * frame.width as usize + frame.width as usize / 2) * 4;
    assert_eq!(frame.data[at + 3], 255, "opaque");
    [frame.data[at], frame.data[at + 1], frame.data[at + 2]]
}

/// Encoders round; a wrong matrix or range is further off than this.
pub fn near(a: Rgb, b: Rgb) -> bool {
    a.iter().zip(b).all(|(&a, b)| a.abs_diff(b) <= 6)
}
