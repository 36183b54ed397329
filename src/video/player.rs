mod claim;
mod output;
mod probes;
mod still;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::bridge::{DecoderUsed, FrameSlot, Waker};

use super::caps::TrackCaps;
use super::chain::{self, DecoderChoice, PictureCodec};
use super::elements;
use super::error::VideoError;
use super::feed::{Fed, Feed};
use super::gate::DecodeGate;
use claim::{Claim, ClaimAnswer};
use still::Still;

pub use claim::TooLarge;

/// Pictures that may wait for the decoder, in bytes; the oldest go first. A key frame of a large camera fits twice.
const MAX_WAITING_BYTES: u64 = 4 << 20;

/// What the decoder of a hidden stream may keep, in bytes: it is shown again without being built anew. A stream of 1920×1080 takes
/// 30 to 45 MiB.
const MOST_KEPT: u64 = 48 << 20;

/// What to decode, and how.
#[derive(Clone, Debug)]
pub struct PlayerConfig {
    pub caps: TrackCaps,
    /// Threads of the decoder, at least 1. One is right for a grid; each further one delays pictures.
    pub threads: u32,
    pub decoder: DecoderChoice,
    /// `false`: the stream begins hidden, see [`Player::set_decode`].
    pub decode: bool,
    /// Packets come in datagrams, of which some may be lost.
    pub lossy: bool,
}

/// What a player reports to its owner. The callback runs on GStreamer's threads and must not block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerEvent {
    /// The first picture is in the slot. Sizes are the stream's own, in pixels.
    FirstPicture {
        width: u32,
        height: u32,
        codec: &'static str,
    },
    /// Pictures keep coming: at most once a second, with how many were converted so far.
    Picture { frames: u64 },
    /// The stream changed its size.
    Resized { width: u32, height: u32 },
    /// The decoder knows the codec, but not this kind of stream.
    Unsupported { codec: &'static str, detail: String },
    /// Decoding failed and the player is to be dropped. After an error of a `hardware` decoder the next player should
    /// be built with [`DecoderChoice::Software`].
    DecodeError { detail: String, hardware: bool },
    /// The pipeline came to its end.
    Ended,
}

/// Whether all that a picture consists of has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whole {
    /// As far as is known.
    #[default]
    Yes,
    /// Pictures are damaged, or refer to others that never came; the next key frame makes them whole. It is awaited since then.
    AwaitsKey { since: Instant },
    /// Pictures have come for long and never a key frame: nothing says whether they are whole.
    Never,
}

/// Decodes one RTP stream into one slot until it is dropped.
///
/// Packets are put together to whole pictures first (`rtp`). Then come `appsrc ! decoder ! appsink` (with a parser where the
/// decoder wants one, and a depayloader for the formats that `rtp` does not know), all in one thread of its own, which also
/// converts and scales (`FrameConverter`). There is no jitter buffer, because packets that came over TCP are in order and its
/// waiting would only delay them, and no decodebin3, because the codec is known from the SDP. Measured for 16
/// streams of 704×480 at 15 pictures a second to 480×270 RGBA, 2 cores, GStreamer 1.22 (the first two with a parser):
///
/// | | CPU of one core | threads |
/// |---|---|---|
/// | depayload, parse, decode, throw away | 29 % | 18 |
/// | this player, pictures painted | 36 % | 18 |
/// | rtpjitterbuffer, decodebin3, throw away | 37 % | 66 |
/// | rtpjitterbuffer, decodebin3, videoscale, videoconvert | 50 % | 66 |
pub struct Player {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    feed: Mutex<Feed>,
    shared: Arc<PlayerShared>,
}

/// The data that the pipeline's threads and the player share. It never holds the pipeline, which would be a reference
/// cycle.
struct PlayerShared {
    slot: Arc<FrameSlot>,
    waker: Waker,
    events: Box<dyn Fn(PlayerEvent) + Send + Sync>,
    gate: DecodeGate,
    stopped: AtomicBool,
    /// Times in the pipeline count from here.
    began: Instant,
    /// So many of the next pictures are not whole yet, and not shown.
    recovering: AtomicU32,
    /// Since when pictures pass the gate that refer to others that did not; milliseconds from `began`, 0: none do.
    smeared: AtomicU64,
    still: Still,
    codec: &'static PictureCodec,
    decoder: DecoderUsed,
    /// Of the memory that all decoders may take: given back when the last thread of the pipeline has ended.
    claim: Claim,
}

impl Player {
    /// Builds and starts the pipeline; takes a few milliseconds.
    ///
    /// # Errors
    /// [`VideoError::Unsupported`] for an unknown codec or one without a decoder, [`VideoError::Missing`],
    /// [`VideoError::Start`].
    pub fn new(
        config: PlayerConfig,
        slot: Arc<FrameSlot>,
        waker: Waker,
        events: impl Fn(PlayerEvent) + Send + Sync + 'static,
    ) -> Result<Self, VideoError> {
        let encoding = &config.caps.encoding_name;
        if config.caps.media != "video" {
            return Err(VideoError::Unsupported {
                codec: encoding.clone(),
                package: None,
            });
        }
        let codec = chain::codec(encoding)?;
        let decoder = codec.decoder(config.decoder, config.threads)?;
        let shared = Arc::new(PlayerShared {
            slot,
            waker,
            events: Box::new(events),
            gate: DecodeGate::new(config.decode),
            stopped: AtomicBool::new(false),
            began: Instant::now(),
            recovering: AtomicU32::new(0),
            smeared: AtomicU64::new(0),
            still: Still::default(),
            codec,
            decoder: DecoderUsed {
                element: decoder.name(),
                hardware: decoder.hardware,
            },
            claim: Claim::new(),
        });

        let source = gst_app::AppSrc::builder()
            .caps(&codec.source_caps(&config.caps))
            .is_live(true)
            .format(gst::Format::Time)
            .block(false)
            .max_bytes(MAX_WAITING_BYTES)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let sink = gst_app::AppSink::builder()
            .caps(&gst::Caps::new_empty_simple("video/x-raw"))
            .max_buffers(1)
            .drop(true)
            .sync(false)
            .async_(false)
            .enable_last_sample(false)
            .callbacks(output::ended(Arc::clone(&shared)))
            .build();

        let mut elements = vec![source.clone().upcast::<gst::Element>()];
        let front = codec.front(&decoder.element)?;
        // Drivers may forget sets when they begin anew, and parsers send them in a form of their own.
        let keeps_sets = !decoder.hardware && front.is_empty();
        elements.extend(front);
        probes::stand_at(&decoder.element, keeps_sets, Arc::clone(&shared));
        elements.push(decoder.element);
        probes::accept_strides(sink.upcast_ref());
        output::stand_before(sink.upcast_ref(), Arc::clone(&shared));
        elements.push(sink.upcast());

        let pipeline = gst::Pipeline::new();
        report_errors(&pipeline, Arc::clone(&shared));
        // From here on, dropping the player stops what was started.
        let player = Self {
            pipeline,
            source,
            feed: Mutex::new(Feed::new(&config.caps, config.lossy, shared.began)),
            shared,
        };
        player.pipeline.add_many(&elements)?;
        gst::Element::link_many(&elements)?;
        player
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(|error| VideoError::Start(error.to_string()))?;
        Ok(player)
    }

    /// What decodes its pictures.
    #[must_use]
    pub fn decoder(&self) -> &DecoderUsed {
        &self.shared.decoder
    }

    /// Hands in one RTP packet; see [`Player::push_all`].
    pub fn push(&self, packet: Bytes) {
        self.push_all([packet]);
    }

    /// Hands in RTP packets, in the order of arrival. Never blocks; what is not RTP is ignored. Packets that came together
    /// wake the decoder's thread once.
    ///
    /// GStreamer 1.22 prints a critical message (`gst_mini_object_unref`, of nothing) where a pipeline is stopped in the very moment in
    /// which a list leaves its source (`gst_base_src_get_range` takes it for a buffer); the list is let go later, and no harm is done.
    pub fn push_all(&self, packets: impl IntoIterator<Item = Bytes>) {
        let mut feed = self.feed();
        // A hidden stream costs nothing: its packets end here.
        if !self.shared.gate.decodes() {
            feed.leave_out();
            return;
        }
        let now = Instant::now();
        let mut list = gst::BufferList::new();
        for packet in packets {
            feed.push(packet, now);
            while let Some(fed) = feed.next() {
                self.add(fed, &mut list);
            }
        }
        self.send(list);
    }

    /// When [`Player::poll`] is to be called if no packet arrives before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.feed().deadline()
    }

    /// Shows the last picture before a pause where only the silence says that it is complete.
    pub fn poll(&self, now: Instant) {
        let mut feed = self.feed();
        feed.poll(now);
        let mut list = gst::BufferList::new();
        while let Some(fed) = feed.next() {
            self.add(fed, &mut list);
        }
        self.send(list);
    }

    /// Whether the pictures that are shown are whole.
    #[must_use]
    pub fn whole(&self) -> Whole {
        let smeared = self.shared.smeared.load(Ordering::Acquire);
        match self.feed().sync() {
            Some(rtp::Sync::WithoutKeys) => Whole::Never,
            Some(
                rtp::Sync::WaitingForKey { since } | rtp::Sync::Recovering { since, .. } | rtp::Sync::Smeared { since },
            ) => Whole::AwaitsKey { since },
            Some(rtp::Sync::Synced) | None if smeared > 0 => Whole::AwaitsKey {
                since: self.shared.began + Duration::from_millis(smeared),
            },
            Some(rtp::Sync::Synced) | None => Whole::Yes,
        }
    }

    /// Whether a picture that needs no other has come, as far as that is known.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.feed().sync() == Some(rtp::Sync::Synced)
    }

    /// What is not decoded now because of its size; what smaller pictures, or memory that others give back, end by themselves.
    #[must_use]
    pub fn too_large(&self) -> Option<TooLarge> {
        self.shared.claim.refused().filter(|_| self.shared.gate.decodes())
    }

    /// Whether its decoder takes so little memory that it may keep it while the stream is hidden.
    #[must_use]
    pub fn is_light(&self) -> bool {
        self.shared.claim.bytes() <= MOST_KEPT
    }

    /// Since when a picture should have come of what was handed in, where pictures have come before: its pipeline may stand still.
    #[must_use]
    pub fn awaited_since(&self) -> Option<Instant> {
        self.shared
            .still
            .since(self.shared.began)
            .filter(|_| self.shared.gate.decodes())
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, fed: Fed, list: &mut gst::BufferList) {
        if fed.lost > 0 {
            self.shared.slot.add_lost(fed.lost);
        }
        if let Some(format) = fed.format {
            match self.shared.claim.ask(format, fed.key) {
                ClaimAnswer::Same => {}
                ClaimAnswer::New if self.shared.codec.states_size() => {
                    // The caps are of what comes next.
                    self.send(std::mem::replace(list, gst::BufferList::new()));
                    self.source.set_caps(Some(&self.shared.codec.caps_of_size(&format)));
                }
                ClaimAnswer::New => {}
                ClaimAnswer::Refused => return,
            }
        }
        let mut buffer = gst::Buffer::from_slice(fed.data);
        if let Some(buffer) = buffer.get_mut() {
            let since = fed.arrival.saturating_duration_since(self.shared.began);
            buffer.set_pts(gst::ClockTime::try_from(since).ok());
            if !fed.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            if fed.recovering > 0 {
                buffer.set_offset(fed.recovering.into());
            }
            buffer.set_offset_end(fed.front.to_offset());
        }
        if let Some(buffers) = list.get_mut() {
            buffers.add(buffer);
        }
        self.shared.still.takes(fed.key, self.shared.began, Instant::now());
    }

    fn send(&self, list: gst::BufferList) {
        if !list.is_empty() && !self.shared.stopped.load(Ordering::Acquire) {
            // After an error, or while stopping, pictures have nowhere to go; the event says so.
            let _ = self.source.push_buffer_list(list);
        }
    }

    /// Shows or hides the stream: a hidden one is not decoded; shown again it goes on with the next key frame.
    pub fn set_decode(&self, decode: bool) {
        self.shared.gate.set_decode(decode);
        self.shared.still.begin();
    }

    /// The usual name of the codec.
    #[must_use]
    pub fn codec(&self) -> &'static str {
        self.shared.codec.name
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        elements::stop(&self.pipeline, "video-stop");
    }
}

impl PlayerShared {
    fn send(&self, event: PlayerEvent) {
        if !self.stopped.load(Ordering::Acquire) {
            (self.events)(event);
        }
    }

    /// Sends the last event: what an ending pipeline says besides is of no use.
    fn end(&self, event: PlayerEvent) {
        if !self.stopped.swap(true, Ordering::AcqRel) {
            (self.events)(event);
        }
    }
}

/// Turns errors on the bus into events in the thread that raises them, so that no main loop is needed.
fn report_errors(pipeline: &gst::Pipeline, shared: Arc<PlayerShared>) {
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Error(error) => {
                let reason = error.error();
                tracing::debug!(error = %reason, debug = ?error.debug(), codec = shared.codec.name, "decoding failed");
                let detail = reason.to_string();
                let unsupported = [gst::StreamError::CodecNotFound, gst::StreamError::NotImplemented]
                    .iter()
                    .any(|&kind| reason.matches(kind));
                shared.end(if unsupported {
                    PlayerEvent::Unsupported {
                        codec: shared.codec.name,
                        detail,
                    }
                } else {
                    PlayerEvent::DecodeError {
                        detail,
                        hardware: shared.decoder.hardware,
                    }
                });
            }
            gst::MessageView::Warning(warning) => {
                tracing::trace!(warning = %warning.error(), codec = shared.codec.name, "decoding goes on");
            }
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}
