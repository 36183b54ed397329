use std::time::Instant;

use bytes::Bytes;
use rtp::{Condition, Depacketizer, Format, TrackParameters};

use super::caps::TrackCaps;
use recording::{RecordedCodec, TIMESCALE, Unit};

/// The pictures of one track as they were encoded, for a recording: no decoder is involved.
pub struct RecordedUnits {
    track: Depacketizer,
    codec: RecordedCodec,
    /// Ticks a second of its RTP times.
    rate: u64,
}

impl RecordedUnits {
    /// `lossy`: packets may be lost on the way. `None`: pictures that are coded so are not recorded.
    #[must_use]
    pub fn new(caps: &TrackCaps, lossy: bool, now: Instant) -> Option<Self> {
        let format = Format::from_encoding_name(&caps.encoding_name)?;
        let codec = match format {
            Format::H264 => RecordedCodec::H264,
            Format::H265 => RecordedCodec::H265,
            Format::Jpeg => RecordedCodec::Jpeg,
            Format::Mpeg4 => return None,
        };
        let parameters = TrackParameters {
            format,
            payload_type: caps.payload_type,
            fmtp: &caps.fmtp,
            dimensions: caps.dimensions(),
        };
        let track = Depacketizer::new(&parameters, now);
        Some(Self {
            track: if lossy { track.lossy() } else { track },
            codec,
            rate: match caps.clock_rate {
                0 => TIMESCALE.into(),
                rate => rate.into(),
            },
        })
    }

    #[must_use]
    pub fn codec(&self) -> RecordedCodec {
        self.codec
    }

    pub fn push(&mut self, packet: &Bytes, now: Instant) {
        self.track.push(packet, now);
    }

    /// The next picture that is complete. `at`: a moment in microseconds since 1970.
    pub fn next(&mut self, at: impl Fn(Instant) -> i64) -> Option<Unit> {
        let unit = self.track.next_unit()?;
        let key = unit.key.is_some() && unit.condition != Condition::Damaged;
        let sets = if key { self.track.parameter_sets() } else { Vec::new() };
        let ticks = u64::from(unit.rtp_time) * u64::from(TIMESCALE) / self.rate;
        Some(Unit {
            data: unit.data,
            at: at(unit.last_arrival),
            rtp_time: u32::try_from(ticks & u64::from(u32::MAX)).unwrap_or(0),
            key,
            sets: sets.into(),
            size: unit.format.and_then(|format| {
                let pixels = |size: u64| u32::try_from(size).ok();
                Some((pixels(format.width)?, pixels(format.height)?))
            }),
        })
    }
}
