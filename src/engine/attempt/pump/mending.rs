//! Decoders are built beside the threads that serve sockets, and built anew where they fail or stand still, while the connection stays.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::super::super::clock;
use super::super::super::failure::failure;
use super::super::playback::Valve;
use super::super::report::AttemptEvent;
use super::Pump;
use crate::bridge::Waker;
use crate::video::{DecoderChoice, Player, PlayerConfig, TrackCaps, VideoError};
use reconnect::{Failure, FailureKind, Stage};

/// A decoder that fails more often than this in one session fails the stream.
const MOST_REBUILDS: u32 = 3;

/// A decoder that was given pictures that need no other, and of which nothing comes for so long, stands still. One that comes late is far below: the
/// computer would have given up pictures before.
const STANDS_STILL: Duration = Duration::from_secs(20);

/// To build a decoder takes milliseconds, and some seconds where plug-ins are read from a slow disk.
const BUILDING: Duration = Duration::from_secs(60);

/// Why there is no decoder.
pub(super) enum Unbuilt {
    Unsupported(VideoError),
    Panicked,
    /// It neither comes nor fails.
    Hangs,
}

impl Pump {
    pub(super) async fn rebuild(&mut self, hardware: bool, detail: &str) -> Result<(), Failure> {
        self.player = None;
        if self.rebuilt >= MOST_REBUILDS {
            return Err(undecodable(detail));
        }
        self.rebuilt += 1;
        if hardware {
            self.picture.decoder = DecoderChoice::Software;
        }
        tracing::info!(run = self.run.0, detail, hardware, "the decoder is built anew");
        self.tell(AttemptEvent::DecoderRestarted(detail.to_owned()));
        self.build_anew().await
    }

    /// A pipeline that stands still is built anew alone: the connection stays, and so it costs no packet. In software where it was hardware.
    pub(super) async fn mend(&mut self) -> Result<(), Failure> {
        let Some(player) = &self.player else { return Ok(()) };
        // While a person pauses nothing more is handed in, and the decoder is not to be blamed.
        if self.valve.as_ref().is_some_and(Valve::is_shut) {
            self.shut_at = Some(clock::now());
            return Ok(());
        }
        let Some(since) = player.awaited_since() else {
            return Ok(());
        };
        let since = self.shut_at.map_or(since, |shut| since.max(shut));
        // One that stands still again and again is left to whoever judges the stream as a whole.
        if self.stood_still >= MOST_REBUILDS || clock::now().saturating_duration_since(since) < STANDS_STILL {
            return Ok(());
        }
        self.stood_still += 1;
        let hardware = player.decoder().hardware;
        if hardware {
            self.picture.decoder = DecoderChoice::Software;
        }
        let detail = format!("{} stood still", player.decoder().element);
        tracing::warn!(run = self.run.0, detail, hardware, "the decoder is built anew");
        self.player = None;
        self.tell(AttemptEvent::DecoderRestarted(detail));
        self.build_anew().await
    }

    /// Makes a decoder for a stream that plays and has none.
    pub(super) async fn build_anew(&mut self) -> Result<(), Failure> {
        let Some(caps) = self.caps.clone() else {
            return Ok(());
        };
        let player = self.built(caps).await.map_err(|why| match why {
            Unbuilt::Unsupported(error) => undecodable(&error.to_string()),
            Unbuilt::Panicked => undecodable("the decoder cannot be built"),
            Unbuilt::Hangs => undecodable("the decoder does not start"),
        })?;
        self.player = Some(player);
        Ok(())
    }

    /// Building a pipeline loads plug-ins the first time: not on a thread that serves sockets. A driver that hangs in it is waited for no longer than a minute.
    pub(super) async fn built(&mut self, caps: TrackCaps) -> Result<Player, Unbuilt> {
        let building = spawn_blocking(self.build(caps));
        match tokio::time::timeout(BUILDING, self.beside_datagrams(building)).await {
            Ok(Ok(built)) => built.map_err(Unbuilt::Unsupported),
            Ok(Err(_panicked)) => Err(Unbuilt::Panicked),
            Err(_elapsed) => Err(Unbuilt::Hangs),
        }
    }

    /// How to build the player; the work may wait for plug-ins to load.
    fn build(&self, caps: TrackCaps) -> impl FnOnce() -> Result<Player, VideoError> + Send + use<> {
        let config = PlayerConfig {
            caps,
            threads: 1,
            decoder: self.picture.decoder,
            decode: self.picture.decode,
            lossy: self.datagrams.is_open(),
        };
        let (slot, events) = (Arc::clone(&self.picture.slot), self.faults.0.clone());
        let (wake, received) = (Arc::clone(&self.picture.waker), Arc::clone(&self.picture.received));
        let decoded = Arc::clone(&received);
        let waker: Waker = Arc::new(move || {
            received.add_picture();
            wake();
        });
        move || {
            let player = Player::new(config, slot, waker, move |event| {
                events.try_send(event).ok();
            })?;
            decoded.set_decoder(player.decoder().clone());
            Ok(player)
        }
    }
}

pub(super) fn undecodable(detail: &str) -> Failure {
    failure(FailureKind::Undecodable, Stage::Media, detail)
}
