//! What goes into a player's pipeline: whole pictures where this program knows the payload format, else the packets as they came.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use rtp::{Condition, Depacketizer, Format, Key, PictureFormat, Sync, TrackParameters};

use super::caps::TrackCaps;
use super::given_sets::Front;

/// Takes packets and gives what the first element of the pipeline wants.
pub(super) enum Feed {
    Pictures(Box<PictureFeed>),
    /// For a depayloader of GStreamer.
    Packets(PacketFeed),
}

/// Packets as they came.
#[derive(Default)]
pub(super) struct PacketFeed {
    waiting: VecDeque<Fed>,
    /// The number of the last one, where some may be lost on the way.
    last: Option<Option<u16>>,
}

impl PacketFeed {
    fn push(&mut self, packet: Bytes, now: Instant) {
        let number = packet
            .get(2..4)
            .map(|number| u16::from_be_bytes([number[0], number[1]]));
        let lost = match (&mut self.last, number) {
            (Some(last), Some(number)) => {
                let step = last.replace(number).map_or(1, |last| number.wrapping_sub(last));
                // A larger one is a sender that began anew.
                if step < MOST_MISSING {
                    u32::from(step).saturating_sub(1)
                } else {
                    0
                }
            }
            _ => 0,
        };
        self.waiting.push_back(Fed {
            data: packet,
            arrival: now,
            key: true,
            recovering: 0,
            format: None,
            front: Front::None,
            lost,
        });
    }
}

/// A larger step of the numbers is no loss.
const MOST_MISSING: u16 = 1_000;

/// The packets of one track on their way to whole pictures.
pub(super) struct PictureFeed {
    track: Depacketizer,
    /// Packets were left out because nobody saw the stream.
    left_out: bool,
    /// A picture has come since packets were left out, so that something is known of the pictures.
    begun: bool,
}

/// One buffer for the pipeline.
pub(super) struct Fed {
    pub data: Bytes,
    /// When its last packet arrived.
    pub arrival: Instant,
    /// Decoding can begin with it.
    pub key: bool,
    /// How many pictures from it on are not whole yet.
    pub recovering: u32,
    /// What the decoder will make of it, where that is known.
    pub format: Option<PictureFormat>,
    pub front: Front,
    /// Packets that are missing before it.
    pub lost: u32,
}

impl Feed {
    /// `lossy`: packets may be lost on the way.
    pub(super) fn new(caps: &TrackCaps, lossy: bool, now: Instant) -> Self {
        let Some(format) = Format::from_encoding_name(&caps.encoding_name) else {
            return Self::Packets(PacketFeed {
                last: lossy.then_some(None),
                ..PacketFeed::default()
            });
        };
        let parameters = TrackParameters {
            format,
            payload_type: caps.payload_type,
            fmtp: &caps.fmtp,
            dimensions: caps.dimensions(),
        };
        Self::Pictures(Box::new(PictureFeed {
            track: if lossy {
                Depacketizer::new(&parameters, now).lossy()
            } else {
                Depacketizer::new(&parameters, now)
            },
            left_out: false,
            begun: false,
        }))
    }

    pub(super) fn push(&mut self, packet: Bytes, now: Instant) {
        match self {
            Self::Pictures(pictures) => {
                if std::mem::take(&mut pictures.left_out) {
                    pictures.track.restart(now);
                    pictures.begun = false;
                }
                pictures.track.push(&packet, now);
            }
            Self::Packets(packets) => packets.push(packet, now),
        }
    }

    /// Packets are left out.
    pub(super) fn leave_out(&mut self) {
        if let Self::Pictures(pictures) = self {
            pictures.left_out = true;
        }
    }

    /// What is ready; to be called after every packet.
    pub(super) fn next(&mut self) -> Option<Fed> {
        let pictures = match self {
            Self::Packets(packets) => return packets.waiting.pop_front(),
            Self::Pictures(pictures) => pictures,
        };
        let unit = pictures.track.next_unit()?;
        pictures.begun = true;
        let is_whole = unit.condition != Condition::Damaged;
        let front = match unit.front {
            _ if unit.sets_changed => Front::Changed,
            0 => Front::None,
            bytes => Front::Same(bytes),
        };
        Some(Fed {
            data: unit.data,
            arrival: unit.last_arrival,
            key: unit.key.is_some() && is_whole,
            recovering: match unit.key {
                Some(Key::Recovery { pictures }) if unit.condition != Condition::Whole => pictures,
                _ => 0,
            },
            format: unit.format,
            front,
            lost: unit.lost,
        })
    }

    /// When [`Feed::poll`] is to be called if no packet arrives.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Pictures(pictures) if !pictures.left_out => pictures.track.deadline(),
            _ => None,
        }
    }

    /// The last picture before a pause may be complete.
    pub(super) fn poll(&mut self, now: Instant) {
        if let Self::Pictures(pictures) = self
            && !pictures.left_out
        {
            pictures.track.poll(now);
        }
    }

    /// Whether pictures are whole; `None` before the first one, and where a depayloader would have to know.
    pub(super) fn sync(&self) -> Option<Sync> {
        match self {
            Self::Pictures(pictures) => pictures.begun.then(|| pictures.track.sync()),
            Self::Packets(_) => None,
        }
    }
}
