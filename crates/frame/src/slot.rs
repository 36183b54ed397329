use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pixels::Pixels;

/// One picture, ready to paint: four bytes a pixel, rows without padding (`data.len() == width * height * 4`).
#[derive(Clone)]
pub struct Frame {
    pub width: u32,
    pub height: u32,
    pub data: Pixels,
    pub order: PixelOrder,
    /// Counts up by one for every picture of the stream that is painted; from 1.
    pub number: u64,
    /// When the picture came out of the decoder.
    pub at: Instant,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}x{} #{})", self.width, self.height, self.number)
    }
}

/// The order of a pixel's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PixelOrder {
    /// The order of GPUs and picture files.
    #[default]
    Rgba,
    /// The order in a window's memory. The fourth byte means nothing.
    Bgrx,
}

/// Wakes whoever shows pictures or the engine state; cheap, may be called from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Holds the newest picture of one stream. Nothing queues: a picture that nobody took is replaced and counted.
///
/// The target size travels the other way: the screen says how large the tile is in pixels, the decoder's threads scale to it.
#[derive(Debug, Default)]
pub struct FrameSlot {
    newest: Mutex<Option<Newest>>,
    published: AtomicU64,
    replaced: AtomicU64,
    /// Wanted size as `width << 32 | height` in pixels; 0: the stream's own size.
    target: AtomicU64,
    /// The stream's own size, same packing; 0 until known.
    source: AtomicU64,
    /// Whether pictures are wanted as [`PixelOrder::Bgrx`].
    for_window: AtomicBool,
    lost: AtomicU32,
    captures: Captures,
    /// Of how many pictures one is wanted; 0 and 1: all.
    every: AtomicU32,
    /// What was asked for in one frame of the screen, and which frame that was.
    asked: Mutex<(u64, Asked)>,
    /// The clock that says when a picture is taken. Without it no delay is measured.
    clock: Option<fn() -> Instant>,
    delays: Mutex<(Duration, u32)>,
}

/// What a tile needs of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How large the picture is painted, in pixels.
    pub size: (u32, u32),
    /// Of how many pictures one is enough.
    pub every: u32,
}

#[derive(Debug)]
struct Newest {
    frame: Frame,
    /// When the last packet of the picture arrived.
    arrived: Option<Instant>,
}

/// Those who wait for the next picture at the stream's own size.
#[derive(Default)]
struct Captures {
    any: AtomicBool,
    waiting: Mutex<Vec<Capture>>,
}

type Capture = Box<dyn FnOnce(Frame) + Send>;

impl std::fmt::Debug for Captures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Captures(any: {:?})", self.any)
    }
}

/// What happened to the pictures of a slot since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotCounts {
    /// Pictures that were painted: of those that came out of the decoder as many as were wanted ([`FrameSlot::every`]).
    pub published: u64,
    /// Pictures among them that were replaced before anyone took them.
    pub replaced: u64,
    /// RTP packets that are missing by their sequence numbers.
    pub lost: u32,
}

impl FrameSlot {
    /// A slot that measures how long pictures take from their arrival to their painting.
    #[must_use]
    pub fn with_clock(clock: fn() -> Instant) -> Self {
        Self {
            clock: Some(clock),
            ..Self::default()
        }
    }

    /// Puts `frame` in place of an older one.
    pub fn publish(&self, frame: Frame) {
        self.publish_arrived(frame, None);
    }

    /// The same, with the time at which the last packet of the picture arrived.
    pub fn publish_arrived(&self, frame: Frame, arrived: Option<Instant>) {
        self.published.fetch_add(1, Ordering::Relaxed);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.replace(Newest { frame, arrived }).is_some() {
            self.replaced.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the newest picture, if there is one that was not taken yet.
    pub fn take(&self) -> Option<Frame> {
        let Newest { frame, arrived } = self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        if let (Some(clock), Some(arrived)) = (self.clock, arrived) {
            let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
            delays.0 += clock().saturating_duration_since(arrived);
            delays.1 += 1;
        }
        Some(frame)
    }

    /// How long the pictures that were taken since the last call took from the arrival of their last packet until then.
    pub fn mean_delay(&self) -> Option<Duration> {
        let (sum, count) = std::mem::take(&mut *self.delays.lock().unwrap_or_else(PoisonError::into_inner));
        sum.checked_div(count)
    }

    /// Asks for what a tile needs that shows the stream in the screen's `frame`. Of several tiles the one that needs most
    /// decides. More is granted at once, less only after a frame in which no tile needed more.
    pub fn ask(&self, asked: Asked, frame: u64) {
        let mut most = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if most.0 != frame {
            self.give(most.1);
            *most = (frame, Asked::default());
        }
        most.1 = most.1.and(asked);
        let now = Asked {
            size: self.target().unwrap_or_default(),
            every: self.every(),
        };
        self.give(now.and(asked));
    }

    fn give(&self, asked: Asked) {
        if asked != Asked::default() {
            self.set_target(asked.size.0, asked.size.1);
            self.set_every(asked.every);
        }
    }

    /// Says that one of `every` pictures is enough.
    pub fn set_every(&self, every: u32) {
        self.every.store(every, Ordering::Relaxed);
    }

    /// Of how many pictures one is wanted; at least 1.
    pub fn every(&self) -> u32 {
        self.every.load(Ordering::Relaxed).max(1)
    }

    /// Says how large the picture is painted, in pixels; (0, 0) for the stream's own size.
    pub fn set_target(&self, width: u32, height: u32) {
        self.target.store(pack(width, height), Ordering::Relaxed);
    }

    /// The size asked for, in pixels; `None`: the stream's own.
    pub fn target(&self) -> Option<(u32, u32)> {
        unpack(self.target.load(Ordering::Relaxed))
    }

    /// Says in which order the painter wants the bytes of pixels.
    pub fn set_order(&self, order: PixelOrder) {
        self.for_window.store(order == PixelOrder::Bgrx, Ordering::Relaxed);
    }

    pub fn order(&self) -> PixelOrder {
        if self.for_window.load(Ordering::Relaxed) {
            PixelOrder::Bgrx
        } else {
            PixelOrder::Rgba
        }
    }

    /// The stream's own size, in pixels.
    pub fn set_source(&self, width: u32, height: u32) {
        self.source.store(pack(width, height), Ordering::Relaxed);
    }

    /// The stream's own size in pixels, once the decoder knows it.
    pub fn source(&self) -> Option<(u32, u32)> {
        unpack(self.source.load(Ordering::Relaxed))
    }

    /// Hands the next picture to `take`, at the stream's own size and whatever the target is; never called when none comes.
    pub fn capture(&self, take: impl FnOnce(Frame) + Send + 'static) {
        let mut waiting = self.captures.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Box::new(take));
        self.captures.any.store(true, Ordering::Release);
    }

    /// For the decoder: paints one picture at the stream's own size if somebody waits for one.
    pub fn serve_captures(&self, paint: impl FnOnce() -> Option<Frame>) {
        if !self.captures.any.swap(false, Ordering::AcqRel) {
            return;
        }
        let waiting = std::mem::take(&mut *self.captures.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(frame) = paint() else { return };
        for take in waiting {
            take(frame.clone());
        }
    }

    /// Counts RTP packets that did not come in time.
    pub fn add_lost(&self, packets: u32) {
        self.lost.fetch_add(packets, Ordering::Relaxed);
    }

    pub fn counts(&self) -> SlotCounts {
        SlotCounts {
            published: self.published.load(Ordering::Relaxed),
            replaced: self.replaced.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }
}

impl Asked {
    /// What is enough for both. The default asks for nothing.
    fn and(self, other: Self) -> Self {
        let size = (self.size.0.max(other.size.0), self.size.1.max(other.size.1));
        let every = match (self.every, other.every) {
            (0, every) | (every, 0) => every,
            (one, other) => one.min(other),
        };
        Self { size, every }
    }
}

fn pack(width: u32, height: u32) -> u64 {
    u64::from(width) << 32 | u64::from(height)
}

fn unpack(packed: u64) -> Option<(u32, u32)> {
    let (width, height) = ((packed >> 32) as u32, packed as u32);
    (width > 0 && height > 0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64) -> Frame {
        Frame {
            width: 1,
            height: 1,
            data: vec![0; 4].into(),
            order: PixelOrder::Rgba,
            number,
            at: Instant::now(),
        }
    }

    #[test]
    fn the_newest_frame_wins_and_the_replaced_one_is_counted() {
        let slot = FrameSlot::default();
        slot.publish(frame(1));
        slot.publish(frame(2));
        assert_eq!(slot.take().map(|f| f.number), Some(2));
        assert!(slot.take().is_none());
        assert_eq!(
            slot.counts(),
            SlotCounts {
                published: 2,
                replaced: 1,
                lost: 0
            }
        );
    }

    #[test]
    fn a_capture_takes_one_picture() {
        let (slot, taken) = (FrameSlot::default(), Arc::new(Mutex::new(Vec::new())));
        slot.serve_captures(|| unreachable!("nobody waits"));
        let log = Arc::clone(&taken);
        slot.capture(move |frame| log.lock().unwrap().push(frame.number));
        slot.serve_captures(|| Some(frame(7)));
        slot.serve_captures(|| unreachable!("nobody waits any more"));
        assert_eq!(*taken.lock().unwrap(), [7]);
        assert!(slot.take().is_none(), "the tile's own picture is another one");
    }

    #[test]
    fn the_delay_is_measured_from_the_arrival_to_the_taking() {
        let slot = FrameSlot::with_clock(Instant::now);
        assert_eq!(slot.mean_delay(), None);
        let arrived = Instant::now().checked_sub(Duration::from_secs(5));
        slot.publish_arrived(frame(1), arrived);
        slot.take();
        slot.publish(frame(2));
        slot.take();
        let delay = slot.mean_delay().unwrap();
        assert!(
            delay >= Duration::from_secs(5),
            "the one without an arrival does not count: {delay:?}"
        );
        assert_eq!(slot.mean_delay(), None);
    }

    #[test]
    fn of_several_tiles_the_largest_and_the_quickest_gets_what_it_needs() {
        let slot = FrameSlot::default();
        let ask = |width, every, frame| {
            slot.ask(
                Asked {
                    size: (width, 90),
                    every,
                },
                frame,
            );
        };
        for frame in 1..5 {
            ask(160, 4, frame);
            ask(640, 1, frame);
            ask(320, 2, frame);
            assert_eq!((slot.target(), slot.every()), (Some((640, 90)), 1), "in frame {frame}");
        }
        ask(160, 4, 5);
        ask(320, 2, 5);
        assert_eq!(slot.target(), Some((640, 90)), "kept until the frame is over");
        ask(160, 4, 6);
        assert_eq!((slot.target(), slot.every()), (Some((320, 90)), 2));
    }

    #[test]
    fn sizes_travel_both_ways() {
        let slot = FrameSlot::default();
        assert_eq!((slot.target(), slot.source()), (None, None));
        slot.set_target(480, 270);
        slot.set_source(1280, 720);
        assert_eq!((slot.target(), slot.source()), (Some((480, 270)), Some((1280, 720))));
    }
}
