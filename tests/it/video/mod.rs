//! Real GStreamer pipelines: RTP made here goes into the player, pictures come out; and the demo DVR over its socket.

mod colours;
mod damage;
mod demo;
mod footage;
mod habits;
mod playing;
pub mod sound;
mod source;
mod standstill;
