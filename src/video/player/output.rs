//! The end of a player's pipeline: decoded pictures become frames in the slot.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::super::convert::{FrameConverter, TileFormat};
use super::super::error::VideoError;
use super::{PlayerEvent, PlayerShared};

/// How often [`PlayerEvent::Picture`] may come.
const ALIVE_EVERY: Duration = Duration::from_secs(1);

/// A picture is converted at least this often, however few are wanted.
const LONGEST_SKIP: Duration = Duration::from_millis(500);

/// Takes every decoded picture on its way into `sink`, which never gets one: an `appsink` keeps the last picture until the next comes
/// (GStreamer 1.22 holds the sample that it lent), which is one picture more where the decoder itself needs it no longer as a reference.
pub(super) fn stand_before(sink: &gst::Element, shared: Arc<PlayerShared>) {
    let Some(pad) = sink.static_pad("sink") else { return };
    let output = Mutex::new(Output::new(shared));
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let (Some(picture), Some(caps)) = (info.buffer(), pad.current_caps()) {
            let shown = output
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(picture, &caps);
            if let Err(error) = &shown
                && let Some(sink) = pad.parent_element()
            {
                gst::element_error!(sink, gst::StreamError::Format, ["{error}"]);
            }
            info.flow_res = shown.map_or(Err(gst::FlowError::Error), |()| Ok(gst::FlowSuccess::Ok));
        }
        // Not `Drop`: GStreamer 1.22 then complains about a buffer that the bindings have already freed.
        gst::PadProbeReturn::Handled
    });
}

/// Says when the last picture has come.
pub(super) fn ended(shared: Arc<PlayerShared>) -> gst_app::AppSinkCallbacks {
    gst_app::AppSinkCallbacks::builder()
        .eos(move |_| shared.end(PlayerEvent::Ended))
        .build()
}

/// Converts every decoded picture to the size that its tile has at that moment, and puts it into the slot.
struct Output {
    shared: Arc<PlayerShared>,
    converter: FrameConverter,
    /// How many were converted.
    frames: u64,
    /// The stream's own size, as it was told.
    size: Option<(u32, u32)>,
    told_alive: Option<Instant>,
    /// Pictures since the last that was converted.
    skipped: u32,
    converted: Option<Instant>,
}

impl Output {
    fn new(shared: Arc<PlayerShared>) -> Self {
        Self {
            converter: FrameConverter::new(shared.codec.is_full_range()),
            shared,
            frames: 0,
            size: None,
            told_alive: None,
            skipped: 0,
            converted: None,
        }
    }

    fn take(&mut self, picture: &gst::BufferRef, caps: &gst::CapsRef) -> Result<(), VideoError> {
        let shared = &self.shared;
        if shared.stopped.load(Ordering::Acquire) {
            return Ok(());
        }
        shared.still.comes(shared.began, Instant::now());
        let ripens = |left: u32| left.checked_sub(1);
        if shared
            .recovering
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, ripens)
            .is_ok()
        {
            return Ok(());
        }
        // An overloaded machine saves the conversion of some pictures, but stays alive to the eye.
        self.skipped += 1;
        let fresh = self.converted.is_some_and(|at| at.elapsed() < LONGEST_SKIP);
        if self.skipped < shared.slot.every() && fresh {
            return Ok(());
        }
        self.skipped = 0;
        let full_range = shared.codec.is_full_range();
        let number = self.frames + 1;
        shared.slot.serve_captures(|| {
            FrameConverter::new(full_range)
                .convert(picture, caps, TileFormat::ALL, number)
                .ok()
        });
        let wanted = TileFormat {
            target: shared.slot.target(),
            order: shared.slot.order(),
        };
        let frame = self.converter.convert(picture, caps, wanted, number)?;
        self.frames = number;
        let at = frame.at;
        self.converted = Some(at);
        let source = self.converter.source_size();
        if let Some((width, height)) = source {
            shared.slot.set_source(width, height);
        }
        let arrived = picture.pts().map(|pts| shared.began + Duration::from(pts));
        shared.slot.publish_arrived(frame, arrived);
        (shared.waker)();
        self.tell(source, at);
        Ok(())
    }

    /// Tells the owner of a new size, and now and then that pictures come.
    fn tell(&mut self, source: Option<(u32, u32)>, at: Instant) {
        if let (Some((width, height)), true) = (source, self.size != source) {
            self.shared.send(match self.size {
                None => PlayerEvent::FirstPicture {
                    width,
                    height,
                    codec: self.shared.codec.name,
                },
                Some(_) => PlayerEvent::Resized { width, height },
            });
            self.size = source;
        }
        if self
            .told_alive
            .is_none_or(|told| at.duration_since(told) >= ALIVE_EVERY)
        {
            self.told_alive = Some(at);
            self.shared.send(PlayerEvent::Picture { frames: self.frames });
        }
    }
}
