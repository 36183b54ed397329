//! What passes between an attempt and the part that owns the connections: orders one way, reports the other.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bridge::SoundState;
use device::Fingerprint;
use reconnect::{Failure, Stage};
use wall::Listen;

/// One run of one link; an attempt may inherit the run of an older one that came back to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::engine) struct RunId(pub u64);

/// Counts the bytes that came in on one connection. The attempt adds to it, the loop reads it now and then.
#[derive(Debug, Default)]
pub(in crate::engine) struct ReceivedBytes(AtomicU64);

impl ReceivedBytes {
    pub(in crate::engine) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(in crate::engine) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a stream is wanted for now. It is given by a `watch` channel, so that the newest state cannot be lost; the stream is
/// closed by dropping the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct StreamOrders {
    pub decode: bool,
    pub listen: Listen,
}

#[derive(Debug)]
pub(in crate::engine) struct AttemptReport {
    pub run: RunId,
    pub event: AttemptEvent,
}

/// How an attempt comes along, in the order in which it happens.
#[derive(Debug)]
pub(in crate::engine) enum AttemptEvent {
    /// The policy allowed this address; the SYN goes out now.
    Dialling(SocketAddr),
    Connected {
        address: SocketAddr,
        fingerprint: Option<Fingerprint>,
    },
    Reached(Stage),
    Playing {
        codec: String,
    },
    /// A picture came out of the decoder for the first time in this run.
    FirstPicture,
    /// While somebody listens.
    Sound(SoundState),
    /// The device taught something that the next attempt should begin with.
    Learnt(rtsp::Lesson),
    Redirected {
        address: Option<SocketAddr>,
        to: rtsp::Redirect,
    },
    /// The attempt failed, or the stream ended by itself.
    Failed {
        address: Option<SocketAddr>,
        local_port: Option<u16>,
        failure: Failure,
    },
    /// Closed because it is not wanted any more.
    Closed,
}

impl AttemptEvent {
    /// After this the run says nothing more.
    pub(in crate::engine) fn is_last(&self) -> bool {
        match self {
            Self::Redirected { .. } | Self::Failed { .. } | Self::Closed => true,
            Self::Dialling(_)
            | Self::Connected { .. }
            | Self::Reached(_)
            | Self::Playing { .. }
            | Self::FirstPicture
            | Self::Sound(_)
            | Self::Learnt(_) => false,
        }
    }
}
