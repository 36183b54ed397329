//! The fake DVR's pictures: a short clip, encoded once, as RTP packets that are sent again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::script::Codec;

pub const WIDTH: u32 = 160;
pub const HEIGHT: u32 = 120;
const FRAMES: u32 = 20;
const LONG_GROUP: u32 = 40;
const HUGE_FRAMES: u32 = 4;
/// Four black pictures of 8192×8192, for encoding them takes minutes and 3 GiB:
/// `gst-launch-1.0 videotestsrc pattern=black num-buffers=4 ! video/x-raw,format=I420,width=8192,height=8192,framerate=2/1
/// ! x265enc speed-preset=ultrafast tune=zerolatency key-int-max=100 ! video/x-h265,stream-format=byte-stream ! filesink`
const HUGE: &str = concat!(
    "filesrc location=",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/fake_dvr/huge.h265"
);
const CLOCK: u32 = 90_000;

/// The pictures of one codec; every picture is a few RTP packets.
pub struct Clip {
    pictures: Vec<Vec<Vec<u8>>>,
    pub payload_type: u8,
    /// As in `a=rtpmap`; `None`: a static payload type needs no such line.
    pub encoding: Option<String>,
    /// As in `a=fmtp`, may be empty.
    pub fmtp: String,
}

impl Clip {
    /// Made on the first call, kept for the others.
    pub fn of(codec: Codec, fps: u32) -> Arc<Self> {
        type Clips = Mutex<HashMap<(Codec, u32), Arc<Clip>>>;
        static CLIPS: OnceLock<Clips> = OnceLock::new();
        let mut clips = CLIPS.get_or_init(Mutex::default).lock().expect("the clips");
        Arc::clone(
            clips
                .entry((codec, fps))
                .or_insert_with(|| Arc::new(Self::encode(codec, fps))),
        )
    }

    fn encode(codec: Codec, fps: u32) -> Self {
        gst::init().expect("GStreamer");
        let (width, height) = match codec {
            Codec::MjpegLarge => (2_560, 1_440),
            _ => (WIDTH, HEIGHT),
        };
        let frames = match codec {
            Codec::H265Huge => HUGE_FRAMES,
            Codec::H264LongGroup | Codec::H264IntraRefresh => LONG_GROUP,
            _ => FRAMES,
        };
        let encoder = match codec {
            Codec::H264LongGroup => format!(
                "x264enc tune=zerolatency key-int-max={LONG_GROUP} bitrate=400 option-string=scenecut=0 \
                 ! rtph264pay pt=96 config-interval=-1 mtu=600"
            ),
            Codec::H264IntraRefresh => format!(
                "x264enc tune=zerolatency intra-refresh=true key-int-max={fps} bitrate=100 \
                 ! rtph264pay pt=96 config-interval=-1 aggregate-mode=none mtu=1200"
            ),
            Codec::H264Slices => format!(
                "x264enc tune=zerolatency key-int-max={fps} bitrate=100 option-string=slices=4:sliced-threads=0 \
                 ! rtph264pay pt=96 config-interval=-1 mtu=1200"
            ),
            Codec::H264 | Codec::Unknown | Codec::AudioOnly => {
                format!(
                    "x264enc tune=zerolatency key-int-max={fps} bitrate=100 ! rtph264pay pt=96 config-interval=-1 mtu=1200"
                )
            }
            Codec::H265Huge => "h265parse ! rtph265pay pt=96 config-interval=-1 mtu=1200".to_owned(),
            Codec::H265 => format!(
                "x265enc tune=zerolatency key-int-max={fps} bitrate=100 ! rtph265pay pt=96 config-interval=-1 mtu=1200"
            ),
            Codec::Mjpeg | Codec::MjpegLarge => {
                "video/x-raw,format=I420 ! jpegenc quality=60 ! rtpjpegpay mtu=1200".to_owned()
            }
        };
        let source = format!(
            "videotestsrc pattern=ball num-buffers={frames} ! video/x-raw,width={width},height={height},framerate={fps}/1 ! \
             videoconvert"
        );
        let source = if codec == Codec::H265Huge {
            HUGE.to_owned()
        } else {
            source
        };
        let line = format!("{source} ! {encoder} ! appsink name=sink sync=false");
        let pipeline = gst::parse::launch(&line)
            .expect("the encoder")
            .downcast::<gst::Pipeline>()
            .expect("a pipeline");
        let sink = pipeline
            .by_name("sink")
            .expect("a sink")
            .downcast::<gst_app::AppSink>()
            .expect("an appsink");
        pipeline.set_state(gst::State::Playing).expect("a running encoder");
        let mut pictures: Vec<Vec<Vec<u8>>> = Vec::new();
        let mut fields = HashMap::new();
        let (mut last, mut ended) = (None, false);
        while let Ok(sample) = sink.pull_sample() {
            if let Some(caps) = sample.caps().and_then(|caps| caps.structure(0)) {
                fields = caps
                    .iter()
                    .filter_map(|(name, value)| Some((name.to_string(), value.get::<String>().ok()?)))
                    .collect();
            }
            let mut add = |buffer: &gst::BufferRef| {
                let packet = buffer.map_readable().expect("a packet").to_vec();
                let time = packet[4..8].to_vec();
                // Pictures that come from a file may have no time.
                if ended || last.as_ref() != Some(&time) {
                    pictures.push(Vec::new());
                    last = Some(time);
                }
                ended = packet[1] & 0x80 != 0;
                pictures.last_mut().expect("a picture").push(packet);
            };
            if let Some(list) = sample.buffer_list() {
                list.iter().for_each(&mut add);
            } else if let Some(buffer) = sample.buffer() {
                add(buffer);
            }
        }
        pipeline.set_state(gst::State::Null).expect("a stopped encoder");
        assert_eq!(pictures.len(), frames as usize, "every picture was encoded");
        Self::described(codec, pictures, &fields)
    }

    fn described(codec: Codec, pictures: Vec<Vec<Vec<u8>>>, fields: &HashMap<String, String>) -> Self {
        let fmtp = |names: &[&str]| {
            let set: Vec<String> = names
                .iter()
                .filter_map(|name| Some(format!("{name}={}", fields.get(*name)?)))
                .collect();
            set.join(";")
        };
        let (payload_type, encoding, fmtp) = match codec {
            Codec::H264 | Codec::H264Slices | Codec::H264LongGroup | Codec::H264IntraRefresh | Codec::AudioOnly => (
                96,
                Some("H264/90000"),
                format!(
                    "packetization-mode=1;{}",
                    fmtp(&["profile-level-id", "sprop-parameter-sets"])
                ),
            ),
            Codec::H265 | Codec::H265Huge => (96, Some("H265/90000"), fmtp(&["sprop-vps", "sprop-sps", "sprop-pps"])),
            Codec::Mjpeg | Codec::MjpegLarge => (26, None, String::new()),
            Codec::Unknown => (96, Some("X-SECRET-CODEC/90000"), String::new()),
        };
        Self {
            pictures,
            payload_type,
            encoding: encoding.map(str::to_owned),
            fmtp,
        }
    }
}

/// Goes through a clip again and again with sequence numbers and timestamps that run on.
pub struct Player {
    clip: Arc<Clip>,
    fps: u32,
    picture: u32,
    /// How many pictures of the clip are left out at its beginning, each time.
    skipped: u32,
    sequence: u16,
}

impl Player {
    /// Begins with the picture `joins_at`.
    pub fn new(clip: Arc<Clip>, fps: u32, joins_at: u32, never_whole: bool) -> Self {
        Self {
            clip,
            fps,
            picture: if never_whole { 0 } else { joins_at },
            skipped: if never_whole { joins_at } else { 0 },
            sequence: 65_500,
        }
    }

    /// The next picture's packets.
    pub fn next_picture(&mut self) -> Vec<Vec<u8>> {
        let number = self.picture;
        self.picture = self.picture.wrapping_add(1);
        let time = number.wrapping_mul(CLOCK / self.fps).wrapping_add(4_294_900_000);
        let skipped = self.skipped as usize;
        let source = &self.clip.pictures[skipped + number as usize % (self.clip.pictures.len() - skipped)];
        let mut packets = source.clone();
        for packet in &mut packets {
            packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            packet[4..8].copy_from_slice(&time.to_be_bytes());
            packet[8..12].copy_from_slice(&0x4d4f_4e4f_u32.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
        }
        packets
    }
}

/// A tone in G.711 µ-law, as RTP packets of 20 ms.
#[derive(Default)]
pub struct Tone {
    sequence: u16,
    time: u32,
}

impl Tone {
    /// The packets of so much time.
    pub fn next(&mut self, time: std::time::Duration) -> Vec<Vec<u8>> {
        // A loud square wave of 400 Hz: µ-law 0x0f and 0x8f are its two levels.
        let samples: Vec<u8> = (0..160).map(|n| if n % 20 < 10 { 0x0f } else { 0x8f }).collect();
        let packets = time.as_millis() / 20;
        let packet = |_| {
            let mut packet = vec![0x80, 0];
            packet.extend_from_slice(&self.sequence.to_be_bytes());
            packet.extend_from_slice(&self.time.to_be_bytes());
            packet.extend_from_slice(b"TONE");
            packet.extend_from_slice(&samples);
            self.sequence = self.sequence.wrapping_add(1);
            self.time = self.time.wrapping_add(160);
            packet
        };
        (0..packets).map(packet).collect()
    }
}
