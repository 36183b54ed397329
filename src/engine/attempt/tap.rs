//! Takes the pictures of a stream for its recording, beside the player and before any decoder.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::super::clock;
use super::super::recording::Inlet;
use crate::video::{RecordedUnits, TrackCaps};

pub(super) struct Tap {
    inlet: Option<Arc<Inlet>>,
    run: u64,
    /// While something is recorded.
    units: Option<RecordedUnits>,
}

impl Tap {
    pub(super) fn new(inlet: Option<Arc<Inlet>>, run: u64) -> Self {
        Self {
            inlet,
            run,
            units: None,
        }
    }

    /// Takes packets of the picture, in the order of arrival.
    pub(super) fn push(&mut self, packets: &[Bytes], caps: &TrackCaps, lossy: bool) {
        let Some(inlet) = self.inlet.as_ref() else { return };
        if !inlet.takes() {
            self.units = None;
            return;
        }
        let now = clock::now();
        if self.units.is_none() {
            self.units = RecordedUnits::new(caps, lossy, now);
        }
        let Some(units) = &mut self.units else {
            inlet.cannot(&caps.encoding_name);
            return;
        };
        let wall = micros(clock::wall());
        let codec = units.codec();
        let at = |then: Instant| {
            let ago = now.saturating_duration_since(then);
            wall.saturating_sub(i64::try_from(ago.as_micros()).unwrap_or(0))
        };
        for packet in packets {
            units.push(packet, now);
            while let Some(unit) = units.next(at) {
                inlet.take(self.run, codec, unit);
            }
        }
    }
}

fn micros(wall: SystemTime) -> i64 {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
