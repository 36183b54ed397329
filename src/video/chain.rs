use std::str::FromStr as _;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::elements::{self, BAD, BASE, GOOD, LIBAV, make};
use super::error::VideoError;

/// Which decoders may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecoderChoice {
    /// As GStreamer ranks them: hardware where its driver is trusted.
    #[default]
    Auto,
    Software,
    /// Hardware first, software where there is none.
    Hardware,
}

/// What turns one codec's RTP packets into raw pictures.
///
/// The elements are named here instead of being found by decodebin3: a live stream's codec is known from its SDP, so
/// there is nothing to find out, and the chain runs in one thread without decodebin3's queues (see the figures in `player`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PictureCodec {
    /// As in `a=rtpmap`.
    encoding: &'static str,
    /// The usual name of the codec.
    pub name: &'static str,
    pub depay: &'static str,
    pub parse: Option<&'static str>,
    /// The media type that the decoder takes.
    media_type: &'static str,
    /// The most complete form that the depayloader can produce. A decoder that takes all of it needs no parser.
    best: Option<&'static str>,
    /// The package that has a decoder for it.
    package: &'static str,
}

#[rustfmt::skip]
const CODECS: &[PictureCodec] = &[
    PictureCodec { encoding: "H264", name: "H.264", depay: "rtph264depay", parse: Some("h264parse"), media_type: "video/x-h264", best: Some("video/x-h264, stream-format=avc, alignment=au"), package: LIBAV },
    PictureCodec { encoding: "H265", name: "H.265", depay: "rtph265depay", parse: Some("h265parse"), media_type: "video/x-h265", best: None, package: LIBAV },
    PictureCodec { encoding: "JPEG", name: "MJPEG", depay: "rtpjpegdepay", parse: None, media_type: "image/jpeg", best: None, package: GOOD },
    PictureCodec { encoding: "MP4V-ES", name: "MPEG-4", depay: "rtpmp4vdepay", parse: Some("mpeg4videoparse"), media_type: "video/mpeg", best: None, package: LIBAV },
    PictureCodec { encoding: "VP8", name: "VP8", depay: "rtpvp8depay", parse: None, media_type: "video/x-vp8", best: None, package: GOOD },
    PictureCodec { encoding: "VP9", name: "VP9", depay: "rtpvp9depay", parse: None, media_type: "video/x-vp9", best: None, package: GOOD },
];

/// A decoder that was found and started.
pub(super) struct Decoder {
    pub element: gst::Element,
    pub hardware: bool,
}

/// The codec of an `a=rtpmap` encoding name.
pub(super) fn codec(encoding_name: &str) -> Result<&'static PictureCodec, VideoError> {
    CODECS
        .iter()
        .find(|codec| codec.encoding.eq_ignore_ascii_case(encoding_name.trim()))
        .ok_or_else(|| VideoError::Unsupported {
            codec: encoding_name.trim().to_owned(),
            package: None,
        })
}

/// Fails if an element without a substitute is missing. Also loads the libraries of the usual decoders.
pub(super) fn check_installed() -> Result<(), VideoError> {
    let needed = [
        ("appsrc", BASE),
        ("appsink", BASE),
        ("rtph264depay", GOOD),
        ("rtph265depay", GOOD),
        ("rtpjpegdepay", GOOD),
        ("h264parse", BAD),
        ("h265parse", BAD),
    ];
    for (element, package) in needed {
        make(element, package)?;
    }
    for codec in CODECS.iter().take(3) {
        let found = decoders(codec, DecoderChoice::Software)
            .iter()
            .any(|factory| factory.load().is_ok());
        // H.265 may be missing; its streams then say so.
        if !found && codec.encoding != "H265" {
            return Err(VideoError::Unsupported {
                codec: codec.name.to_owned(),
                package: Some(codec.package),
            });
        }
    }
    Ok(())
}

impl PictureCodec {
    /// The elements in front of `decoder`, in order.
    ///
    /// A parser costs about 0.4 MiB a stream. The decoders of libav find out by themselves what it would tell them; those for
    /// hardware mostly want to know profile and size beforehand.
    pub(super) fn front(&self, decoder: &gst::Element) -> Result<Vec<gst::Element>, VideoError> {
        let mut elements = vec![make(self.depay, GOOD)?];
        let whole = self.whole_pictures(decoder);
        let needs_parser = whole.is_none();
        // Without a parser the module `h264` reads what has to be known before the decoder.
        if let Some(caps) = whole.or_else(|| self.parameters_in_band()) {
            let filter = make("capsfilter", BASE)?;
            filter.set_property("caps", caps);
            elements.push(filter);
        }
        if let Some(parse) = self.parse.filter(|_| needs_parser) {
            let parse = make(parse, BAD)?;
            if parse
                .find_property("config-interval")
                .is_some_and(|property| property.value_type() == i32::static_type())
            {
                // The parser puts the parameter sets before every key frame, because the gate may have dropped earlier
                // ones.
                parse.set_property("config-interval", -1);
            }
            elements.push(parse);
        }
        Ok(elements)
    }

    /// The depayloader's most complete form, if `decoder` takes it: whole pictures, with the parameter sets in the
    /// caps.
    pub(super) fn whole_pictures(&self, decoder: &gst::Element) -> Option<gst::Caps> {
        let caps = gst::Caps::from_str(self.best?).ok()?;
        decoder.factory()?.can_sink_all_caps(&caps).then_some(caps)
    }

    /// H.265 with its parameter sets among the pictures instead of in the caps: h265parse refuses caps with a damaged set,
    /// which ends the pipeline; in band it costs pictures up to the next good one.
    fn parameters_in_band(&self) -> Option<gst::Caps> {
        (self.encoding == "H265").then(|| {
            gst::Caps::builder(self.media_type)
                .field("stream-format", "byte-stream")
                .field("alignment", "au")
                .build()
        })
    }

    /// The best decoder that starts. `threads`: how many it may use; more than one costs delay and memory.
    pub(super) fn decoder(&self, choice: DecoderChoice, threads: u32) -> Result<Decoder, VideoError> {
        for factory in decoders(self, choice) {
            let Ok(element) = factory.create().build() else {
                continue;
            };
            limit_threads(&element, threads);
            // A hardware decoder may be installed and yet refuse to open its device.
            if element.set_state(gst::State::Ready).is_ok() {
                return Ok(Decoder {
                    element,
                    hardware: is_hardware(&factory),
                });
            }
            let _ = element.set_state(gst::State::Null);
        }
        Err(VideoError::Unsupported {
            codec: self.name.to_owned(),
            package: Some(self.package),
        })
    }

    /// Whether pictures use the full range of values whatever the decoder says (JFIF).
    pub(super) fn is_full_range(&self) -> bool {
        self.encoding == "JPEG"
    }
}

/// All decoders for `codec`, best first.
fn decoders(codec: &PictureCodec, choice: DecoderChoice) -> Vec<gst::ElementFactory> {
    let mut found = elements::decoders(codec.media_type);
    found.retain(|factory| choice != DecoderChoice::Software || !is_hardware(factory));
    found.sort_by_key(|factory| !(choice == DecoderChoice::Hardware && is_hardware(factory)));
    found
}

fn is_hardware(factory: &gst::ElementFactory) -> bool {
    factory
        .metadata(gst::ELEMENT_METADATA_KLASS)
        .is_some_and(|klass| klass.contains("Hardware"))
}

fn limit_threads(decoder: &gst::Element, threads: u32) {
    let threads = i32::try_from(threads.max(1)).unwrap_or(1);
    for name in ["max-threads", "n-threads", "threads"] {
        match decoder.find_property(name).map(|property| property.value_type()) {
            Some(gst::glib::Type::I32) => decoder.set_property(name, threads),
            Some(gst::glib::Type::U32) => decoder.set_property(name, threads.unsigned_abs()),
            _ => {}
        }
    }
    // Pictures are shown as they come, so that the decoder must not drop late ones.
    if decoder.find_property("qos").is_some() {
        decoder.set_property("qos", false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_found_by_their_rtpmap_name_in_any_case() {
        assert_eq!(codec("h264").unwrap().name, "H.264");
        assert_eq!(codec(" H265 ").unwrap().depay, "rtph265depay");
        assert!(
            matches!(codec("X-VENDOR"), Err(VideoError::Unsupported { codec, package: None }) if codec == "X-VENDOR")
        );
    }

    #[test]
    fn only_a_decoder_that_wants_to_know_more_than_the_packets_say_gets_a_parser() {
        gst::init().unwrap();
        let h264 = codec("H264").unwrap();
        let has_parser = |decoder: &str| {
            let decoder = gst::ElementFactory::make(decoder).build().unwrap();
            let parser =
                |element: &gst::Element| element.factory().is_some_and(|factory| factory.name() == "h264parse");
            h264.front(&decoder).unwrap().iter().any(parser)
        };
        assert!(!has_parser("avdec_h264"));
        assert!(has_parser("openh264dec"), "it takes some profiles only");
    }

    #[test]
    fn software_decoders_exclude_hardware_and_hardware_comes_first_where_wanted() {
        gst::init().unwrap();
        let h264 = codec("H264").unwrap();
        assert!(
            decoders(h264, DecoderChoice::Software)
                .iter()
                .all(|factory| !is_hardware(factory))
        );
        let wanted = decoders(h264, DecoderChoice::Hardware);
        let first_software = wanted
            .iter()
            .position(|factory| !is_hardware(factory))
            .unwrap_or(wanted.len());
        assert!(wanted[first_software..].iter().all(|factory| !is_hardware(factory)));
    }
}
