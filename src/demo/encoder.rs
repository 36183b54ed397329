use gstreamer as gst;

/// The two streams of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DemoStream {
    pub name: &'static str,
    pub width: usize,
    pub height: usize,
    pub fps: u32,
    kbit_s: u32,
    colorimetry: &'static str,
}

pub(super) const STREAMS: [DemoStream; 2] = [
    DemoStream {
        name: "main",
        width: 1280,
        height: 720,
        fps: 15,
        kbit_s: 2_000,
        colorimetry: "bt709",
    },
    DemoStream {
        name: "sub",
        width: 352,
        height: 240,
        fps: 10,
        kbit_s: 256,
        colorimetry: "bt601",
    },
];

/// What is recorded of a channel.
pub(super) const RECORDED: DemoStream = DemoStream {
    name: "recorded",
    width: 640,
    height: 360,
    fps: 15,
    kbit_s: 1_000,
    colorimetry: "bt709",
};

/// One of the encoders that may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoder {
    X264,
    OpenH264,
    Jpeg,
}

impl Encoder {
    /// The best one that is installed.
    pub(super) fn installed() -> Option<Self> {
        [Self::X264, Self::OpenH264, Self::Jpeg]
            .into_iter()
            .find(|encoder| gst::ElementFactory::find(encoder.element()).is_some())
    }

    fn element(self) -> &'static str {
        match self {
            Self::X264 => "x264enc",
            Self::OpenH264 => "openh264enc",
            Self::Jpeg => "jpegenc",
        }
    }

    /// The pipeline of a recording: the same pictures, which can be sought in and are sent in their own time.
    pub(super) fn launch_recorded(self) -> String {
        let DemoStream {
            width,
            height,
            fps,
            colorimetry,
            ..
        } = RECORDED;
        format!(
            "( videotestsrc name=picture pattern=black \
             ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1,colorimetry={colorimetry} \
             ! {} )",
            self.encode(&RECORDED)
        )
    }

    /// From the raw pictures to the packets.
    fn encode(self, stream: &DemoStream) -> String {
        let DemoStream { fps, kbit_s, .. } = *stream;
        match self {
            Self::X264 => format!(
                "x264enc speed-preset=ultrafast tune=zerolatency threads=1 sliced-threads=false aud=false \
                 key-int-max={fps} bitrate={kbit_s} ! video/x-h264,profile=constrained-baseline \
                 ! rtph264pay name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency"
            ),
            Self::OpenH264 => format!(
                "openh264enc complexity=low rate-control=bitrate multi-thread=1 gop-size={fps} bitrate={} \
                 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency",
                kbit_s * 1_000
            ),
            Self::Jpeg => "jpegenc quality=70 ! rtpjpegpay name=pay0 pt=26".to_owned(),
        }
    }

    /// The pipeline of `stream` with the sound of `channel`, for gst-rtsp-server; the element "picture" makes the frames that are
    /// painted over, the element "sound" makes the tone. A key frame comes every second, nothing waits inside, and one thread encodes.
    pub(super) fn launch(self, stream: &DemoStream, channel: u16) -> String {
        let DemoStream {
            width,
            height,
            fps,
            colorimetry,
            ..
        } = *stream;
        let encode = self.encode(stream);
        format!(
            "( videotestsrc name=picture is-live=true pattern=black \
             ! video/x-raw,format=I420,width={width},height={height},framerate={fps}/1,colorimetry={colorimetry} \
             ! {encode} {} )",
            sound(channel).unwrap_or_default()
        )
    }
}

/// The sound of a channel: a tick every second, for the first channels in the formats of recorders. The others are
/// silent, as most cameras are.
fn sound(channel: u16) -> Option<String> {
    let pitch = 440 + 110 * u32::from(channel.min(8));
    let (rate, encode) = match channel {
        1 => (8_000, "mulawenc ! rtppcmupay name=pay1 pt=0".to_owned()),
        2 => (8_000, "alawenc ! rtppcmapay name=pay1 pt=8".to_owned()),
        3 => {
            // libav's default coder searches in two nested loops, and now and then a call of it never returned with this tone.
            let encoders = ["voaacenc", "fdkaacenc", "avenc_aac aac-coder=fast"];
            let element = |launch: &str| launch.split(' ').next().map(str::to_owned);
            let installed =
                |launch: &&&str| element(launch).is_some_and(|name| gst::ElementFactory::find(&name).is_some());
            let encoder = encoders.iter().find(installed)?;
            (16_000, format!("{encoder} ! aacparse ! rtpmp4gpay name=pay1 pt=97"))
        }
        _ => return None,
    };
    Some(format!(
        "audiotestsrc name=sound is-live=true wave=ticks freq={pitch} sine-periods-per-tick=100 apply-tick-ramp=true volume=0.4 \
         samplesperbuffer={} ! audio/x-raw,rate={rate},channels=1 ! audioconvert ! {encode}",
        rate / 50
    ))
}
