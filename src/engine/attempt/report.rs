//! What passes between an attempt and the part that owns the connections: orders one way, reports the other.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::playback::ReplayNews;
use crate::bridge::{Clock, DecoderUsed, SoundState};
use crate::video::{TooLarge, Whole};
use device::Certificate;
use reconnect::{Failure, Stage};
use trace::Note;
use wall::Listen;

/// One run of one link; an attempt may inherit the run of an older one that came back to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::engine) struct RunId(pub u64);

/// What came in on one connection. The attempt adds to it, the loop reads it now and then.
#[derive(Debug, Default)]
pub(in crate::engine) struct Received {
    bytes: AtomicU64,
    packets: AtomicU64,
    pictures: AtomicU64,
    whole: Mutex<Whole>,
    too_large: Mutex<Option<TooLarge>>,
    decoder: Mutex<Option<DecoderUsed>>,
}

impl Received {
    pub(in crate::engine) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// RTP packets of the picture.
    pub(in crate::engine) fn add_packets(&self, packets: u64) {
        self.packets.fetch_add(packets, Ordering::Relaxed);
    }

    /// A picture came out of the decoder.
    pub(in crate::engine) fn add_picture(&self) {
        self.pictures.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::engine) fn set_whole(&self, whole: Whole) {
        *self.whole.lock().unwrap_or_else(PoisonError::into_inner) = whole;
    }

    pub(in crate::engine) fn set_too_large(&self, too_large: Option<TooLarge>) {
        *self.too_large.lock().unwrap_or_else(PoisonError::into_inner) = too_large;
    }

    pub(in crate::engine) fn set_decoder(&self, decoder: DecoderUsed) {
        *self.decoder.lock().unwrap_or_else(PoisonError::into_inner) = Some(decoder);
    }

    /// What decodes it, or did last.
    pub(in crate::engine) fn decoder(&self) -> Option<DecoderUsed> {
        self.decoder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is not decoded because of its size.
    pub(in crate::engine) fn too_large(&self) -> Option<TooLarge> {
        *self.too_large.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::engine) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(in crate::engine) fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    pub(in crate::engine) fn pictures(&self) -> u64 {
        self.pictures.load(Ordering::Relaxed)
    }

    pub(in crate::engine) fn whole(&self) -> Whole {
        *self.whole.lock().unwrap_or_else(PoisonError::into_inner)
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
        /// The one that it showed; `None` without TLS.
        certificate: Option<Box<Certificate>>,
    },
    /// It showed this certificate instead of the remembered one; the attempt fails.
    OtherCertificate(Box<Certificate>),
    Reached(Stage),
    /// The recorder refused the same sign-in at this time of day: it is not asked again, and the attempt fails.
    NotAsked(Clock),
    Playing {
        codec: String,
        /// The longest that the device took for a reply.
        slowest_reply: Duration,
        /// How long it was waited for something to play after PLAY had been answered: datagrams are awaited before.
        awaited: Duration,
    },
    /// PLAY was answered, and no datagram came so far. It is waited for on.
    Silent(Failure),
    /// A picture came out of the decoder for the first time in this run.
    FirstPicture,
    /// Whether the pictures are whole changed; [`Received::whole`] says how it is now.
    Whole,
    /// Pictures became too large for this computer's memory, or are no longer so; [`Received::too_large`] says how it is now.
    TooLarge,
    /// The decoder failed or stood still, as is said here, and is built anew; the connection stays.
    DecoderRestarted(String),
    /// While somebody listens.
    Sound(SoundState),
    /// The device taught something that the next attempt should begin with.
    Learnt(rtsp::Lesson),
    /// What a [`Recorder`](super::Recorder) told.
    Traced(Note),
    /// What a playback tells.
    Replay(ReplayNews),
    Redirected {
        address: Option<SocketAddr>,
        to: rtsp::Redirect,
    },
    /// The device closes the connection after saying what it wants for a sign-in: the next attempt brings it along.
    Challenged,
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
            | Self::NotAsked(_)
            | Self::OtherCertificate(_)
            | Self::Playing { .. }
            | Self::Silent(_)
            | Self::Challenged
            | Self::FirstPicture
            | Self::Whole
            | Self::TooLarge
            | Self::DecoderRestarted(_)
            | Self::Sound(_)
            | Self::Learnt(_)
            | Self::Traced(_)
            | Self::Replay(_) => false,
        }
    }
}
