use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::{glib, prelude::*};
use gstreamer_app as gst_app;

use super::caps::TrackCaps;
use super::elements::{self, BASE, GOOD, LIBAV, make};
use super::error::VideoError;
use settings::Volume;

/// Packets that may wait, in bytes: some seconds of G.711.
const MAX_WAITING_BYTES: u64 = 64 << 10;

/// How late a packet may be before the sound has a gap. A recorder sends sound in bursts, between the packets of the
/// picture.
const LATENCY_MS: u32 = 200;

/// Where sound goes and how loud it is: to the system's speakers, or into an element that the caller makes.
#[derive(Clone, Default)]
pub struct SoundOutput {
    make: Option<Arc<dyn Fn() -> gst::Element + Send + Sync>>,
    loudness: Arc<Mutex<Loudness>>,
}

/// The volume, and the volume elements of the sounds that play now.
#[derive(Default)]
struct Loudness {
    volume: Volume,
    followers: Vec<glib::WeakRef<gst::Element>>,
}

impl SoundOutput {
    pub fn made_by(make: impl Fn() -> gst::Element + Send + Sync + 'static) -> Self {
        Self {
            make: Some(Arc::new(make)),
            ..Self::default()
        }
    }

    /// Sets the volume of all sounds, those that play now and later ones.
    pub fn set_volume(&self, volume: Volume) {
        let mut loudness = self.loudness.lock().unwrap_or_else(PoisonError::into_inner);
        loudness.volume = volume;
        loudness.followers.retain(|follower| {
            let element = follower.upgrade();
            if let Some(element) = &element {
                element.set_property("volume", volume.amplitude());
            }
            element.is_some()
        });
    }

    /// An element that follows the volume.
    fn volume_element(&self) -> Result<gst::Element, VideoError> {
        let element = make("volume", BASE)?;
        let mut loudness = self.loudness.lock().unwrap_or_else(PoisonError::into_inner);
        element.set_property("volume", loudness.volume.amplitude());
        loudness.followers.retain(|follower| follower.upgrade().is_some());
        loudness.followers.push(element.downgrade());
        Ok(element)
    }
}

/// What a sound player reports to its owner. The callback runs on GStreamer's threads and must not block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundEvent {
    /// The first samples are at the output.
    Playing,
    /// The sound failed and the player is to be dropped.
    Failed(SoundFault),
}

/// Why there is no sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundFault {
    /// No sound server and no sound card answers.
    NoDevice,
    /// GStreamer has no plug-in for an audio output; these packages have one.
    NoPlugin(&'static str),
    /// The output fails, in the words of the system.
    Output(String),
    /// The sound cannot be decoded, or an element is missing.
    Decode(String),
}

/// Plays one track of RTP packets until it is dropped.
///
/// `appsrc ! rtpjitterbuffer ! depayloader ! decoder ! audioconvert ! audioresample ! volume ! output`. Unlike pictures, samples are
/// played by the sender's clock, which the jitter buffer follows; sound that is late is left out and never delays the picture.
pub struct SoundPlayer {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    shared: Arc<SoundShared>,
}

struct SoundShared {
    events: Box<dyn Fn(SoundEvent) + Send + Sync>,
    stopped: AtomicBool,
    playing: AtomicBool,
}

/// The elements for one codec: depayloader, parser, the media type of the decoder, and the package that usually has it.
#[derive(Debug)]
struct SoundCodec {
    encoding: &'static str,
    depay: &'static str,
    parse: Option<&'static str>,
    media_type: &'static str,
    package: &'static str,
}

#[rustfmt::skip]
const CODECS: &[SoundCodec] = &[
    SoundCodec { encoding: "PCMU", depay: "rtppcmudepay", parse: None, media_type: "audio/x-mulaw", package: GOOD },
    SoundCodec { encoding: "PCMA", depay: "rtppcmadepay", parse: None, media_type: "audio/x-alaw", package: GOOD },
    SoundCodec { encoding: "MPEG4-GENERIC", depay: "rtpmp4gdepay", parse: Some("aacparse"), media_type: "audio/mpeg", package: LIBAV },
    SoundCodec { encoding: "MP4A-LATM", depay: "rtpmp4adepay", parse: Some("aacparse"), media_type: "audio/mpeg", package: LIBAV },
];

impl SoundPlayer {
    /// Builds and starts the pipeline. May take a second where the system's sound server is slow to answer.
    ///
    /// # Errors
    /// [`SoundFault`].
    pub fn new(
        caps: &TrackCaps,
        output: &SoundOutput,
        events: impl Fn(SoundEvent) + Send + Sync + 'static,
    ) -> Result<Self, SoundFault> {
        let shared = Arc::new(SoundShared {
            events: Box::new(events),
            stopped: AtomicBool::new(false),
            playing: AtomicBool::new(false),
        });
        let source = gst_app::AppSrc::builder()
            .caps(&caps.to_caps())
            .is_live(true)
            .format(gst::Format::Time)
            .do_timestamp(true)
            .block(false)
            .max_bytes(MAX_WAITING_BYTES)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let mut elements = vec![source.clone().upcast::<gst::Element>()];
        elements.extend(decoding(&caps.encoding_name)?);
        elements.push(output.volume_element()?);
        let output = open(output)?;
        tell_of_the_first_sample(&output, &shared);
        elements.push(output);

        let pipeline = gst::Pipeline::new();
        report_errors(&pipeline, Arc::clone(&shared));
        // From here on, dropping the player stops what was started.
        let sound = Self {
            pipeline,
            source,
            shared,
        };
        sound.pipeline.add_many(&elements).map_err(VideoError::from)?;
        gst::Element::link_many(&elements).map_err(VideoError::from)?;
        let started = sound.pipeline.set_state(gst::State::Playing);
        started.map_err(|error| SoundFault::Output(error.to_string()))?;
        Ok(sound)
    }

    /// Hands in one RTP packet, in the order of arrival. Never blocks.
    pub fn push(&self, packet: Bytes) {
        // After an error the source refuses packets; an event reports the error.
        let _ = self.source.push_buffer(gst::Buffer::from_slice(packet));
    }
}

impl Drop for SoundPlayer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        elements::stop(&self.pipeline, "sound-stop");
    }
}

impl SoundShared {
    fn end(&self, fault: SoundFault) {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            (self.events)(SoundEvent::Failed(fault));
        }
    }
}

/// The elements that turn packets into samples for any output.
fn decoding(encoding: &str) -> Result<Vec<gst::Element>, SoundFault> {
    let codec = CODECS
        .iter()
        .find(|codec| codec.encoding.eq_ignore_ascii_case(encoding.trim()))
        .ok_or_else(|| SoundFault::Decode(encoding.trim().to_owned()))?;
    let jitter = make("rtpjitterbuffer", GOOD)?;
    jitter.set_property("latency", LATENCY_MS);
    jitter.set_property("drop-on-latency", true);
    // Over TCP nothing is lost on the way; a packet that is missing was never sent and is not waited for.
    jitter.set_property("do-lost", false);
    let mut elements = vec![jitter, make(codec.depay, GOOD)?];
    if let Some(parse) = codec.parse {
        elements.push(make(parse, GOOD)?);
    }
    elements.push(codec.decoder()?);
    elements.push(make("audioconvert", BASE)?);
    elements.push(make("audioresample", BASE)?);
    Ok(elements)
}

impl SoundCodec {
    /// The best decoder that starts.
    fn decoder(&self) -> Result<gst::Element, SoundFault> {
        let started = |factory: &gst::ElementFactory| {
            let element = factory.create().build().ok()?;
            let starts = element.set_state(gst::State::Ready).is_ok();
            let _ = element.set_state(gst::State::Null);
            starts.then_some(element)
        };
        let package = self.package;
        let missing = || SoundFault::Decode(format!("{}: install {package}", self.encoding));
        elements::decoders(self.media_type)
            .iter()
            .find_map(started)
            .ok_or_else(missing)
    }
}

/// The opened output. It is opened here, because without a working one GStreamer plays into nothing and reports no
/// error.
pub(super) fn open(output: &SoundOutput) -> Result<gst::Element, SoundFault> {
    if let Some(make) = &output.make {
        return Ok(make());
    }
    let sink = make("autoaudiosink", GOOD)?;
    let opened = sink.set_state(gst::State::Ready);
    let nothing = sink.downcast_ref::<gst::Bin>().is_none_or(|bin| {
        let chosen = bin.iterate_elements().into_iter().flatten().next();
        chosen
            .and_then(|chosen| chosen.factory())
            .is_none_or(|factory| factory.name() == "fakesink")
    });
    if opened.is_err() || nothing {
        let _ = sink.set_state(gst::State::Null);
        let installed = ["pulsesink", "pipewiresink", "alsasink", "wasapi2sink", "osxaudiosink"]
            .iter()
            .any(|name| gst::ElementFactory::find(name).is_some());
        return Err(if installed {
            SoundFault::NoDevice
        } else {
            SoundFault::NoPlugin("gstreamer1.0-plugins-good, gstreamer1.0-alsa")
        });
    }
    Ok(sink)
}

fn tell_of_the_first_sample(output: &gst::Element, shared: &Arc<SoundShared>) {
    let Some(pad) = output.static_pad("sink") else { return };
    let shared = Arc::clone(shared);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        if !shared.playing.swap(true, Ordering::AcqRel) && !shared.stopped.load(Ordering::Acquire) {
            (shared.events)(SoundEvent::Playing);
        }
        gst::PadProbeReturn::Remove
    });
}

fn report_errors(pipeline: &gst::Pipeline, shared: Arc<SoundShared>) {
    let Some(bus) = pipeline.bus() else { return };
    let pipeline = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => {
                let reason = error.error();
                tracing::debug!(error = %reason, debug = ?error.debug(), "the sound failed");
                // An unplugged device is an error of the output, which GStreamer reports as a resource error.
                shared.end(if reason.kind::<gst::ResourceError>().is_some() {
                    SoundFault::Output(reason.to_string())
                } else {
                    SoundFault::Decode(reason.to_string())
                });
            }
            // The output knows its own delay once the format is known.
            gst::MessageView::Latency(_) => {
                if let Some(pipeline) = pipeline.upgrade() {
                    pipeline.call_async(|pipeline| {
                        let _ = pipeline.recalculate_latency();
                    });
                }
            }
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

impl From<VideoError> for SoundFault {
    fn from(error: VideoError) -> Self {
        Self::Decode(error.to_string())
    }
}
