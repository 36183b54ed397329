use std::str::FromStr as _;

use gstreamer as gst;
use gstreamer::prelude::*;
use rtp::{PictureFormat, frame_size};

use super::caps::TrackCaps;
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

/// What turns one codec's pictures, or its RTP packets, into raw pictures.
///
/// The elements are named here instead of being found by decodebin3: a live stream's codec is known from its SDP, so
/// there is nothing to find out, and the chain runs in one thread without decodebin3's queues (see the figures in `player`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PictureCodec {
    /// As in `a=rtpmap`.
    encoding: &'static str,
    /// The usual name of the codec.
    pub name: &'static str,
    /// Where this program does not put the pictures together itself.
    depay: Option<&'static str>,
    parse: Option<&'static str>,
    /// What the decoder is fed with.
    media_type: &'static str,
    /// The caps of whole pictures as they are put together here.
    pictures: Option<&'static str>,
    /// How many pictures its decoder holds for reference, where the stream does not say it.
    held: u64,
    /// Where a decoder for it comes from.
    package: &'static str,
}

#[rustfmt::skip]
const CODECS: &[PictureCodec] = &[
    PictureCodec { encoding: "H264", name: "H.264", depay: None, parse: Some("h264parse"), media_type: "video/x-h264", pictures: Some("video/x-h264, stream-format=byte-stream, alignment=au"), held: 16, package: LIBAV },
    PictureCodec { encoding: "H265", name: "H.265", depay: None, parse: Some("h265parse"), media_type: "video/x-h265", pictures: Some("video/x-h265, stream-format=byte-stream, alignment=au"), held: 16, package: LIBAV },
    PictureCodec { encoding: "JPEG", name: "MJPEG", depay: None, parse: None, media_type: "image/jpeg", pictures: Some("image/jpeg, parsed=true"), held: 0, package: GOOD },
    PictureCodec { encoding: "MP4V-ES", name: "MPEG-4", depay: None, parse: Some("mpeg4videoparse"), media_type: "video/mpeg", pictures: Some("video/mpeg, mpegversion=4, systemstream=false"), held: 2, package: LIBAV },
    PictureCodec { encoding: "VP8", name: "VP8", depay: Some("rtpvp8depay"), parse: None, media_type: "video/x-vp8", pictures: None, held: 3, package: GOOD },
    PictureCodec { encoding: "VP9", name: "VP9", depay: Some("rtpvp9depay"), parse: None, media_type: "video/x-vp9", pictures: None, held: 8, package: GOOD },
];

/// The size that a picture states in its own header.
pub(super) type ReadSize = fn(&[u8]) -> Option<frame_size::Size>;

/// A decoder that was found and started.
pub(super) struct Decoder {
    pub element: gst::Element,
    pub hardware: bool,
}

impl Decoder {
    /// What GStreamer calls the element.
    pub(super) fn name(&self) -> String {
        self.element
            .factory()
            .map(|factory| factory.name().to_string())
            .unwrap_or_default()
    }
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
    /// The caps of what goes into the pipeline.
    pub(super) fn source_caps(&self, track: &TrackCaps) -> gst::Caps {
        let pictures = self.pictures.and_then(|caps| gst::Caps::from_str(caps).ok());
        pictures.unwrap_or_else(|| track.to_caps())
    }

    /// Whether a decoder wants to hear the size of a picture before it comes: JPEG has no parser that would tell it.
    pub(super) fn states_size(&self) -> bool {
        self.encoding == "JPEG"
    }

    /// Reads the size that a picture states itself, where nothing else tells it before the decoder.
    pub(super) fn stated_size(&self) -> Option<ReadSize> {
        match self.encoding {
            "VP8" => Some(frame_size::vp8),
            "VP9" => Some(frame_size::vp9),
            _ => None,
        }
    }

    /// What its decoder takes for pictures of this size, where nothing but their size is known: two bytes a pixel, with what is
    /// noted of each.
    pub(super) fn format(&self, width: u64, height: u64) -> PictureFormat {
        let picture = width.saturating_mul(height).saturating_mul(2);
        PictureFormat {
            width,
            height,
            decoder_bytes: picture.saturating_mul(self.held + 2),
        }
    }

    /// The same caps with the size of the pictures.
    pub(super) fn caps_of_size(&self, format: &PictureFormat) -> gst::Caps {
        let mut caps = self
            .pictures
            .and_then(|caps| gst::Caps::from_str(caps).ok())
            .unwrap_or_else(gst::Caps::new_any);
        let side = |pixels: u64| i32::try_from(pixels).unwrap_or(i32::MAX);
        if let Some(structure) = caps.make_mut().structure_mut(0) {
            structure.set("width", side(format.width));
            structure.set("height", side(format.height));
        }
        caps
    }

    /// The elements in front of `decoder`, in order.
    ///
    /// A parser costs about 0.4 MiB a stream. The decoders of libav find out by themselves what it would tell them; those for
    /// hardware mostly want to know profile and size beforehand.
    pub(super) fn front(&self, decoder: &gst::Element) -> Result<Vec<gst::Element>, VideoError> {
        let mut elements = Vec::new();
        if let Some(depay) = self.depay {
            elements.push(make(depay, GOOD)?);
        }
        if let Some(parse) = self.parse.filter(|_| !self.takes_pictures(decoder)) {
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

    /// Whether `decoder` takes whole pictures as they are.
    fn takes_pictures(&self, decoder: &gst::Element) -> bool {
        let caps = self.pictures.and_then(|caps| gst::Caps::from_str(caps).ok());
        let factory = decoder.factory();
        caps.zip(factory)
            .is_some_and(|(caps, factory)| factory.can_sink_all_caps(&caps))
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
    use gstreamer_app as gst_app;

    use super::*;

    #[test]
    fn codecs_are_found_by_their_rtpmap_name_in_any_case() {
        assert_eq!(codec("h264").unwrap().name, "H.264");
        assert_eq!(codec(" H265 ").unwrap().media_type, "video/x-h265");
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
    fn a_parser_before_a_decoder_holds_no_picture_back() {
        gst::init().unwrap();
        let h264 = codec("H264").unwrap();
        let encoder = gst::parse::launch(
            "videotestsrc num-buffers=3 ! video/x-raw,width=160,height=120 ! x264enc tune=zerolatency \
             ! video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline ! appsink name=out sync=false",
        );
        let encoder = encoder.unwrap().downcast::<gst::Pipeline>().unwrap();
        let encoded = encoder.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
        encoder.set_state(gst::State::Playing).unwrap();
        let pictures: Vec<gst::Buffer> = std::iter::from_fn(|| encoded.pull_sample().ok()?.buffer_owned()).collect();
        encoder.set_state(gst::State::Null).unwrap();

        let decoder = gst::ElementFactory::make("openh264dec").build().unwrap();
        let source = gst_app::AppSrc::builder()
            .caps(&h264.source_caps(&TrackCaps::default()))
            .build();
        let sink = gst_app::AppSink::builder().sync(false).build();
        let mut elements = vec![source.clone().upcast()];
        elements.extend(h264.front(&decoder).unwrap());
        elements.extend([decoder, sink.clone().upcast()]);
        let pipeline = gst::Pipeline::new();
        pipeline.add_many(&elements).unwrap();
        gst::Element::link_many(&elements).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        for picture in pictures {
            source.push_buffer(picture).unwrap();
            // It comes without the next one.
            assert!(sink.try_pull_sample(gst::ClockTime::from_seconds(20)).is_some());
        }
        pipeline.set_state(gst::State::Null).unwrap();
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
