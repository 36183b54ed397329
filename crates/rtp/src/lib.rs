//! WHAT A PICTURE IS: RTP packets of one track in, access units out (RFC 3550, 6184, 7798, 2435, 6416).
//!
//! Belongs here: packet headers, reassembly, where a picture begins and ends, which pictures are key frames, parameter sets and
//! the size that they state, what is missing. Does not belong here: sockets, clocks, RTSP, decoding.
//!
//! Packets come over TCP, or in datagrams that were put in order before: in the order in which the recorder sent them. Their arrival is the truth; sequence numbers, times,
//! markers and source identifiers are hints, because recorders get each of them wrong. Whatever is thrown away is counted by
//! reason. Memory and work are bounded whatever the bytes say.

mod access_unit;
mod assembler;
mod bits;
mod credit;
mod decoding_order;
mod depacketizer;
mod endings;
mod fragments;
mod frame_numbers;
pub mod frame_size;
mod h264;
mod h265;
mod header;
mod jpeg;
mod mpeg4;
mod ordered_units;
mod parameters;
mod picture_format;
mod references;
mod replay;
mod sequence;
mod sets;
mod sync;
mod syntax;

pub use access_unit::{AccessUnit, Condition, Counts, Discarded, Key};
pub use depacketizer::{Depacketizer, Format, MOST_READY, TrackParameters};
pub use picture_format::PictureFormat;
pub use replay::{ReplayStamp, replay_stamp, rtp_time};
pub use sync::Sync;
