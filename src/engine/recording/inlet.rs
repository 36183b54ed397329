//! Where the pictures of one stream are taken for its recording: from the attempt that receives them, by way of the ring before an
//! alarm, into the queue of whoever writes. Nothing here waits for a disk.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bounds::RecorderSettings;
use crate::bridge::RecordingTrouble;
use device::StreamId;
use recording::{RecordedCodec, RecordingCause, Ring, Unit};

/// All rings together, in bytes.
const MOST_IN_RINGS: u64 = 160 << 20;
/// What may wait for the disk, of one stream and of all, in bytes.
const MOST_QUEUED: u64 = 16 << 20;
const MOST_QUEUED_IN_ALL: u64 = 160 << 20;
/// A connection that was silent for so long gives way to an older one that goes on, in microseconds.
const SILENT: i64 = 2_000_000;

/// Why and under which names a stream is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct RecordingOrder {
    pub cause: RecordingCause,
    pub site: String,
    pub device: String,
    pub channel: String,
}

/// What a stream is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Wanted {
    Nothing,
    /// Keep so much in memory, in microseconds.
    Ring(i64),
    /// Write.
    Files(Arc<RecordingOrder>),
}

/// What comes to whoever writes.
pub(super) enum ToRecorder {
    Unit {
        inlet: Arc<Inlet>,
        codec: RecordedCodec,
        unit: Unit,
        order: Arc<RecordingOrder>,
    },
    /// No picture of this stream follows, unless it is recorded anew.
    End(Arc<Inlet>),
    Settings(RecorderSettings),
    Quit,
}

/// How far the recording of a stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InletState {
    /// Since when pictures have reached files, in microseconds since 1970.
    pub since: Option<i64>,
    pub trouble: Option<RecordingTrouble>,
}

/// The inlet of one stream, shared by the attempts that receive it, whoever writes, and the loop.
pub(in crate::engine) struct Inlet {
    stream: StreamId,
    /// 0: nothing, 1: ring, 2: files. What [`Intake::wanted`] says, to be read without its lock.
    mode: AtomicU8,
    intake: Mutex<Intake>,
    /// Bytes that wait to be written.
    queued: AtomicU64,
    state: Mutex<InletState>,
    shared: Arc<Shared>,
}

struct Intake {
    wanted: Wanted,
    ring: Ring,
    /// Of the pictures in the ring.
    codec: Option<RecordedCodec>,
    /// So many bytes came from the ring into the queue, and count extra as long as so many wait: they are in memory already.
    from_ring: u64,
    /// Which connection the pictures come from, and when the last one did.
    source: Option<(u64, i64)>,
    /// There was no room: everything is left out up to the next key picture.
    leaves_out: bool,
    left_out: u64,
}

struct Shared {
    to: Sender<ToRecorder>,
    in_rings: AtomicU64,
    queued: AtomicU64,
}

/// The inlets of all streams.
pub(in crate::engine) struct Inlets {
    all: Mutex<HashMap<StreamId, Arc<Inlet>>>,
    shared: Arc<Shared>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inlets {
    pub(super) fn new(to: Sender<ToRecorder>) -> Self {
        Self {
            all: Mutex::default(),
            shared: Arc::new(Shared {
                to,
                in_rings: AtomicU64::new(0),
                queued: AtomicU64::new(0),
            }),
        }
    }

    /// The inlet of a stream; it is made where there is none.
    pub(in crate::engine) fn of(&self, stream: StreamId) -> Arc<Inlet> {
        let mut all = locked(&self.all);
        let inlet = all.entry(stream).or_insert_with(|| {
            Arc::new(Inlet {
                stream,
                mode: AtomicU8::new(0),
                intake: Mutex::new(Intake {
                    wanted: Wanted::Nothing,
                    ring: Ring::default(),
                    codec: None,
                    from_ring: 0,
                    source: None,
                    leaves_out: false,
                    left_out: 0,
                }),
                queued: AtomicU64::new(0),
                state: Mutex::default(),
                shared: Arc::clone(&self.shared),
            })
        });
        Arc::clone(inlet)
    }

    /// Forgets inlets that nobody uses.
    pub(super) fn forget_unused(&self) {
        locked(&self.all).retain(|_, inlet| Arc::strong_count(inlet) > 1 || inlet.takes());
    }

    pub(super) fn send(&self, message: ToRecorder) {
        // Whoever writes is gone at the end of the program alone.
        let _ = self.shared.to.send(message);
    }
}

impl Inlet {
    pub(in crate::engine) fn stream(&self) -> StreamId {
        self.stream
    }

    /// Whether pictures are wanted at all: one load, so that a stream that is not recorded costs nothing.
    pub(in crate::engine) fn takes(&self) -> bool {
        self.mode.load(Ordering::Acquire) != 0
    }

    pub(super) fn want(self: &Arc<Self>, wanted: Wanted) {
        let mut intake = locked(&self.intake);
        if intake.wanted == wanted {
            return;
        }
        let mode = match wanted {
            Wanted::Nothing => 0,
            Wanted::Ring(_) => 1,
            Wanted::Files(_) => 2,
        };
        let wrote = matches!(intake.wanted, Wanted::Files(_));
        if mode == 0 {
            self.change_ring(&mut intake, Ring::clear);
            intake.source = None;
        }
        if mode != 2 {
            intake.leaves_out = false;
            intake.left_out = 0;
        }
        intake.wanted = wanted;
        self.mode.store(mode, Ordering::Release);
        if wrote && mode != 2 {
            let _ = self.shared.to.send(ToRecorder::End(Arc::clone(self)));
        }
        if mode != 2 {
            *locked(&self.state) = InletState::default();
        }
        if let Wanted::Files(order) = intake.wanted.clone() {
            self.queue_ring(&mut intake, &order);
        }
    }

    /// What was before the alarm is written at once: the camera may send nothing any more.
    fn queue_ring(self: &Arc<Self>, intake: &mut Intake, order: &Arc<RecordingOrder>) {
        let Some(codec) = intake.codec.filter(|_| intake.ring.bytes() > 0) else {
            return;
        };
        let waiting = self.queued.load(Ordering::Acquire);
        intake.from_ring = intake.from_ring.min(waiting) + intake.ring.bytes();
        let mut before = Vec::new();
        self.change_ring(intake, |ring| before.extend(ring.take()));
        for unit in before {
            self.queue(intake, codec, unit, order);
        }
    }

    /// Takes a picture that connection `run` brought; a higher number is a later one.
    pub(in crate::engine) fn take(self: &Arc<Self>, run: u64, codec: RecordedCodec, unit: Unit) {
        let mut intake = locked(&self.intake);
        match intake.source {
            Some((source, _)) if source == run => {}
            // Where two connections bring the same stream, the later one counts, from a key picture on.
            Some((source, last)) if !unit.key || (run < source && unit.at - last < SILENT) => return,
            Some(_) | None => {}
        }
        intake.source = Some((run, unit.at));
        match intake.wanted.clone() {
            Wanted::Nothing => {}
            Wanted::Ring(span) => {
                if intake.codec.replace(codec).is_some_and(|before| before != codec) {
                    self.change_ring(&mut intake, Ring::clear);
                }
                let held = intake.ring.bytes();
                let others = self.shared.in_rings.load(Ordering::Acquire).saturating_sub(held);
                let room = MOST_IN_RINGS.saturating_sub(others);
                self.change_ring(&mut intake, |ring| ring.push(unit, span, room));
            }
            Wanted::Files(order) => {
                intake.from_ring = intake.from_ring.min(self.queued.load(Ordering::Acquire));
                self.queue(&mut intake, codec, unit, &order);
            }
        }
    }

    fn change_ring(&self, intake: &mut Intake, change: impl FnOnce(&mut Ring)) {
        let before = intake.ring.bytes();
        change(&mut intake.ring);
        self.shared.in_rings.fetch_add(intake.ring.bytes(), Ordering::AcqRel);
        self.shared.in_rings.fetch_sub(before, Ordering::AcqRel);
    }

    fn queue(self: &Arc<Self>, intake: &mut Intake, codec: RecordedCodec, unit: Unit, order: &Arc<RecordingOrder>) {
        let bytes = cost(&unit);
        let has_room = self.queued.load(Ordering::Acquire) + bytes <= MOST_QUEUED + intake.from_ring
            && self.shared.queued.load(Ordering::Acquire) + bytes <= MOST_QUEUED_IN_ALL + MOST_IN_RINGS;
        let begins = !intake.leaves_out || unit.key;
        if !(begins && has_room) {
            // A group is left out once, whether it begins or goes on.
            intake.left_out += u64::from(begins);
            intake.leaves_out = true;
            let groups = intake.left_out;
            // Nothing is known to reach a file: the disk may hang.
            let mut state = locked(&self.state);
            if begins {
                state.since = None;
            }
            state.trouble = Some(RecordingTrouble::TooSlow { groups });
            return;
        }
        intake.leaves_out = false;
        self.queued.fetch_add(bytes, Ordering::AcqRel);
        self.shared.queued.fetch_add(bytes, Ordering::AcqRel);
        let _ = self.shared.to.send(ToRecorder::Unit {
            inlet: Arc::clone(self),
            codec,
            unit,
            order: Arc::clone(order),
        });
    }

    /// Says that nothing writes files for these pictures.
    pub(in crate::engine) fn cannot(&self, codec: &str) {
        if self.mode.load(Ordering::Acquire) == 2 {
            locked(&self.state).trouble = Some(RecordingTrouble::Codec(codec.to_owned()));
        }
    }

    /// A picture left the queue.
    pub(super) fn unqueued(&self, unit: &Unit) {
        let bytes = cost(unit);
        self.queued.fetch_sub(bytes, Ordering::AcqRel);
        self.shared.queued.fetch_sub(bytes, Ordering::AcqRel);
    }

    pub(super) fn state(&self) -> InletState {
        locked(&self.state).clone()
    }

    /// Pictures have reached a file; what went wrong before is over, but where pictures are still being left out.
    pub(super) fn written(&self, at: i64) {
        if self.mode.load(Ordering::Acquire) != 2 {
            return;
        }
        let leaves_out = locked(&self.intake).leaves_out;
        let mut state = locked(&self.state);
        state.since = state.since.or(Some(at));
        if !(leaves_out && matches!(state.trouble, Some(RecordingTrouble::TooSlow { .. }))) {
            state.trouble = None;
        }
    }

    /// No picture comes: nothing is being written.
    pub(super) fn pauses(&self) {
        locked(&self.state).since = None;
    }

    pub(super) fn failed(&self, trouble: RecordingTrouble) {
        if self.mode.load(Ordering::Acquire) == 2 {
            *locked(&self.state) = InletState {
                since: None,
                trouble: Some(trouble),
            };
        }
    }
}

fn cost(unit: &Unit) -> u64 {
    (unit.data.len() + unit.sets.len() + size_of::<Unit>()) as u64
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use bytes::Bytes;
    use device::{ChannelId, DeviceId, StreamKind};

    fn unit(at: i64, key: bool, bytes: usize) -> Unit {
        Unit {
            data: Bytes::from(vec![7; bytes]),
            at,
            rtp_time: 0,
            key,
            sets: Bytes::new(),
            size: Some((16, 16)),
        }
    }

    fn inlet() -> (Inlets, Arc<Inlet>, Receiver<ToRecorder>) {
        #[allow(clippy::disallowed_methods, reason = "as the loop makes it")]
        let (to, from) = channel();
        let inlets = Inlets::new(to);
        let channel = ChannelId {
            device: DeviceId(1),
            number: 1,
        };
        let inlet = inlets.of(StreamId {
            channel,
            kind: StreamKind::Main,
        });
        (inlets, inlet, from)
    }

    fn files() -> Wanted {
        Wanted::Files(Arc::new(RecordingOrder {
            cause: RecordingCause::Event,
            site: String::new(),
            device: String::new(),
            channel: String::new(),
        }))
    }

    fn times(from: &Receiver<ToRecorder>) -> Vec<i64> {
        let units = from.try_iter().filter_map(|message| match message {
            ToRecorder::Unit { inlet, unit, .. } => {
                inlet.unqueued(&unit);
                Some(unit.at)
            }
            _ => None,
        });
        units.collect()
    }

    #[test]
    fn what_was_before_the_alarm_is_recorded_first() {
        let (_inlets, inlet, from) = inlet();
        inlet.want(Wanted::Ring(1_000_000));
        for n in 0..30 {
            inlet.take(1, RecordedCodec::H264, unit(n * 100_000, n % 5 == 0, 10));
        }
        assert!(times(&from).is_empty());
        inlet.want(files());
        inlet.take(1, RecordedCodec::H264, unit(3_000_000, true, 10));
        let times = times(&from);
        assert_eq!((times.first(), times.last()), (Some(&1_500_000), Some(&3_000_000)));
        assert_eq!(inlet.shared.in_rings.load(Ordering::Acquire), 0);
    }

    #[test]
    fn all_that_was_before_the_alarm_is_taken_though_it_is_more_than_may_wait_and_nothing_follows() {
        let (_inlets, inlet, from) = inlet();
        inlet.want(Wanted::Ring(1_000_000_000));
        for n in 0..40 {
            inlet.take(1, RecordedCodec::H264, unit(n, n % 4 == 0, 1 << 20));
        }
        inlet.want(files());
        // The pictures after it have the room that pictures always have, until all that waits was written.
        for n in 40..80 {
            inlet.take(1, RecordedCodec::H264, unit(n, n % 4 == 0, 1 << 20));
        }
        assert!(matches!(inlet.state().trouble, Some(RecordingTrouble::TooSlow { .. })));
        assert_eq!(times(&from), (0..55).collect::<Vec<_>>());
        for n in 80..120 {
            inlet.take(1, RecordedCodec::H264, unit(n, n % 4 == 0, 1 << 20));
        }
        assert_eq!(times(&from).len(), 15);
        // A camera that dies with the alarm.
        inlet.want(Wanted::Ring(1_000_000_000));
        inlet.take(1, RecordedCodec::H264, unit(200, true, 10));
        inlet.want(files());
        assert_eq!(times(&from), [200]);
    }

    #[test]
    fn a_disk_that_hangs_is_no_recording_and_one_that_goes_on_is_one_again() {
        let (_inlets, inlet, from) = inlet();
        inlet.want(files());
        inlet.take(1, RecordedCodec::H264, unit(0, true, 1 << 20));
        inlet.written(0);
        assert_eq!(inlet.state().since, Some(0));
        for n in 1..40 {
            inlet.take(1, RecordedCodec::H264, unit(n, n % 4 == 0, 1 << 20));
        }
        let state = inlet.state();
        assert!(state.since.is_none() && state.trouble.is_some(), "{state:?}");
        // It takes one again, and others are still left out.
        inlet.written(0);
        let state = inlet.state();
        assert!(state.since.is_some() && state.trouble.is_some(), "{state:?}");
        times(&from);
        inlet.take(1, RecordedCodec::H264, unit(40, true, 10));
        inlet.written(0);
        let state = inlet.state();
        assert!(state.since.is_some() && state.trouble.is_none(), "{state:?}");
    }

    #[test]
    fn a_disk_that_does_not_keep_up_costs_whole_groups_and_is_said() {
        let (_inlets, inlet, from) = inlet();
        inlet.want(files());
        for n in 0..40 {
            inlet.take(1, RecordedCodec::H264, unit(n, n % 4 == 0, 1 << 20));
        }
        assert!(matches!(inlet.state().trouble, Some(RecordingTrouble::TooSlow { groups }) if groups > 1));
        let first = times(&from);
        assert_eq!(first, (0..15).collect::<Vec<_>>());
        // There is room again: it goes on with the next key picture.
        for n in 41..46 {
            inlet.take(1, RecordedCodec::H264, unit(n, n == 44, 10));
        }
        assert_eq!(times(&from), [44, 45]);
    }

    #[test]
    fn of_two_connections_the_later_one_counts_until_it_is_silent() {
        let (_inlets, inlet, from) = inlet();
        inlet.want(files());
        inlet.take(5, RecordedCodec::H264, unit(0, true, 1));
        inlet.take(6, RecordedCodec::H264, unit(1, false, 1));
        inlet.take(6, RecordedCodec::H264, unit(2, true, 1));
        inlet.take(5, RecordedCodec::H264, unit(3, true, 1));
        inlet.take(5, RecordedCodec::H264, unit(2_000_003, true, 1));
        assert_eq!(times(&from), [0, 2, 2_000_003]);
    }
}
