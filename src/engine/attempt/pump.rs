//! Carries bytes between the socket and the session, and packets from the session to the player and the ear.

mod mending;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWrite};
use tokio::sync::{mpsc, watch};

use self::mending::{Unbuilt, undecodable};
use super::super::clock;
use super::super::failure::{failure, of_session, of_socket, stage_of};
use super::super::recording::Inlet;
use super::ear::Ear;
use super::outbox::Outbox;
use super::playback::Valve;
use super::recorder::Recorder;
use super::report::{AttemptEvent, AttemptReport, Received, RunId, StreamOrders};
use super::tap::Tap;
use super::track::{caps_of, label};
use crate::bridge::{FrameSlot, SoundState, Waker};
use crate::net::Datagrams;
use crate::video::{DecoderChoice, Player, PlayerEvent, TooLarge, TrackCaps};
use reconnect::{Failure, FailureKind, Stage, TransportObstacle};
use wall::Listen;

/// How a session ended.
pub(super) enum SessionEnd {
    Closed,
    Failed(Failure),
    /// The device takes the password in clear alone, which it does not get.
    InClear(Failure),
    Redirected(rtsp::Redirect),
}

/// One session on one socket.
pub(super) struct Pump {
    pub(super) session: rtsp::Session,
    /// The sockets beside the connection; none, unless the device sends datagrams.
    pub(super) datagrams: Datagrams,
    /// Whether the session is with the device itself, so that what it teaches is kept.
    teaches: bool,
    /// As far as was told.
    stage: Stage,
    outgoing: Outbox,
    player: Option<Player>,
    /// Packets of the last read, for the player.
    pub(super) arrived: Vec<Bytes>,
    /// Takes pictures for a recording.
    tap: Tap,
    /// Which of the session's tracks is shown.
    video: usize,
    playing: bool,
    ear: Ear,
    pub(super) run: RunId,
    picture: PictureOutlet,
    caps: Option<TrackCaps>,
    rebuilt: u32,
    /// How often it was built anew because it stood still.
    stood_still: u32,
    pub(super) report: mpsc::Sender<AttemptReport>,
    /// While somebody diagnoses the device, until the first picture.
    recorder: Option<Box<Recorder>>,
    /// Between recorded packets and the player.
    pub(super) valve: Option<Valve>,
    /// When a person's pause held back what comes, for the last time.
    pub(super) shut_at: Option<Instant>,
    pub(super) faults: (mpsc::Sender<PlayerEvent>, mpsc::Receiver<PlayerEvent>),
}

/// What becomes of the pictures.
pub(super) struct PictureOutlet {
    pub decode: bool,
    pub decoder: DecoderChoice,
    pub slot: Arc<FrameSlot>,
    pub waker: Waker,
    pub received: Arc<Received>,
    pub inlet: Option<Arc<Inlet>>,
}

/// One read takes at most this much, so that a fast device cannot starve the others; every connection holds as much.
const READ: usize = 16 * 1024;

/// What may wait to be sent, in bytes: a device that asks and asks and reads no answer must not fill the memory. Some times what
/// one read can call forth.
const MOST_UNSENT: usize = 1024 * 1024;

impl Pump {
    pub(super) fn new(
        (session, teaches): (rtsp::Session, bool),
        datagrams: Datagrams,
        run: RunId,
        report: mpsc::Sender<AttemptReport>,
        picture: PictureOutlet,
        ear: Ear,
    ) -> Self {
        Self {
            session,
            datagrams,
            teaches,
            stage: Stage::Options,
            outgoing: Outbox::default(),
            player: None,
            arrived: Vec::new(),
            tap: Tap::new(picture.inlet.clone(), run.0),
            video: 0,
            playing: false,
            ear,
            run,
            picture,
            caps: None,
            rebuilt: 0,
            stood_still: 0,
            report,
            recorder: None,
            valve: None,
            shut_at: None,
            faults: mpsc::channel(4),
        }
    }

    /// Tells what is said and answered from now on.
    pub(super) fn record(&mut self, recorder: Recorder) {
        self.session.tell_messages();
        self.recorder = Some(Box::new(recorder));
    }

    /// Whether the device has answered PLAY.
    pub(super) fn is_playing(&self) -> bool {
        self.playing
    }

    /// What the next attempt should begin with.
    pub(super) fn challenge(&self) -> Option<rtsp::Challenge> {
        self.session.challenge()
    }

    /// Whether the device closed the connection after it, so that the next attempt signs in.
    pub(super) fn leaves_a_challenge(&self) -> bool {
        self.session.leaves_a_challenge()
    }

    pub(super) async fn pump(
        &mut self,
        stream: crate::net::Stream,
        orders: &mut watch::Receiver<StreamOrders>,
    ) -> SessionEnd {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut buffer = vec![0; READ];
        let mut obedient = true;
        loop {
            let until = match self.drain().await {
                Ok(until) => until,
                Err(end) => {
                    // A last TEARDOWN or reply goes out if the socket takes it at once.
                    self.outgoing.send_at_once(&mut writer);
                    return end;
                }
            };
            if self.outgoing.len() > MOST_UNSENT {
                let text = "it asks and does not read the answers";
                return SessionEnd::Failed(failure(FailureKind::Protocol, stage_of(self.session.step()), text));
            }
            if let Err(failure) = self.mend().await {
                return self.give_up(failure, &mut writer).await;
            }
            let wake = self.wake_at(until);
            tokio::select! {
                read = reader.read(&mut buffer), if !self.valve.as_ref().is_some_and(Valve::is_full) => match read {
                    Ok(0) => self.session.handle_eof(clock::now()),
                    Ok(length) => {
                        self.note_bytes(length);
                        self.session.handle_input(&buffer[..length], clock::now());
                    }
                    Err(error) => return self.lost(&error).await,
                },
                datagram = self.datagrams.receive(), if self.datagrams.is_open() => {
                    self.on_datagram(datagram);
                },
                passed_on = self.outgoing.pass_on(&mut writer), if !self.outgoing.is_sent() => {
                    if let Err(error) = passed_on {
                        return self.lost(&error).await;
                    }
                },
                changed = orders.changed(), if obedient => match changed {
                    Ok(()) => {
                        let orders = *orders.borrow_and_update();
                        if let Err(failure) = self.obey(orders).await {
                            return self.give_up(failure, &mut writer).await;
                        }
                    }
                    Err(_not_wanted) => {
                        obedient = false;
                        self.session.close(clock::now());
                    }
                },
                () = Valve::changed(self.valve.as_mut()), if self.valve.is_some() => self.obey_playback(),
                heard = self.ear.next() => self.tell_sound(heard),
                Some(event) = self.faults.1.recv() => {
                    if let Err(failure) = self.on_player(event).await {
                        return self.give_up(failure, &mut writer).await;
                    }
                },
                () = tokio::time::sleep_until(wake.into()) => {
                    let now = clock::now();
                    if until <= now {
                        self.session.handle_timeout(now);
                    }
                    if let Some(player) = &self.player {
                        player.poll(now);
                    }
                    self.note_pictures();
                    self.trace_pictures();
                },
            }
        }
    }

    /// The connection was lost. What that teaches is heard, and the loss itself is what is told.
    async fn lost(&mut self, error: &std::io::Error) -> SessionEnd {
        self.session.handle_eof(clock::now());
        let _end = self.drain().await;
        SessionEnd::Failed(of_socket(error, self.playing))
    }

    /// Ends a session whose pictures cannot be decoded.
    async fn give_up(&mut self, failure: Failure, writer: &mut (impl AsyncWrite + Unpin)) -> SessionEnd {
        self.session.close(clock::now());
        if let Ok(_until) = self.drain().await {
            self.outgoing.send_at_once(writer);
        }
        SessionEnd::Failed(failure)
    }

    async fn obey(&mut self, orders: StreamOrders) -> Result<(), Failure> {
        let StreamOrders { decode, listen } = orders;
        if std::mem::replace(&mut self.picture.decode, decode) != decode {
            match &self.player {
                Some(player) if decode || player.is_light() => player.set_decode(decode),
                // Only without its decoder does a stream give the memory of its pictures back. It needs a key frame afterwards
                // in either case.
                Some(_) => {
                    self.player = None;
                    self.note_size(None);
                }
                None if decode => self.build_anew().await?,
                None => {}
            }
        }
        if self.ear.listens() != listen {
            self.session.set_audio(listen != Listen::No, clock::now());
            let heard = self.ear.set(listen, &self.session.sound());
            self.tell_sound(heard.filter(|_| self.playing));
        }
        Ok(())
    }

    /// Takes all that the session has to say; the time of its next timer, or how it ended.
    async fn drain(&mut self) -> Result<Instant, SessionEnd> {
        loop {
            match self.session.poll_output() {
                rtsp::SessionOutput::Send(bytes) => {
                    if let Some(recorder) = &self.recorder {
                        self.tell(AttemptEvent::Traced(recorder.said(&bytes)));
                    }
                    self.outgoing.push(&bytes);
                }
                rtsp::SessionOutput::Datagrams(order) => self.obey_session(order),
                rtsp::SessionOutput::Sleep { until, .. } => {
                    self.play_arrived();
                    self.note_step();
                    if self.minds_recorder() {
                        continue;
                    }
                    return Ok(until);
                }
                rtsp::SessionOutput::Event(event) => self.on_event(event).await?,
            }
        }
    }

    /// Tells how far the sign-in has come, as often as it comes further.
    fn note_step(&mut self) {
        let stage = stage_of(self.session.step());
        // Whoever plays has told so.
        if stage > self.stage && !self.playing {
            self.stage = stage;
            self.tell(AttemptEvent::Reached(stage));
        }
    }

    async fn on_event(&mut self, event: rtsp::Event) -> Result<(), SessionEnd> {
        match event {
            rtsp::Event::Playing { tracks } => self.on_playing(&tracks).await?,
            rtsp::Event::Silent { detail } => {
                let obstacle = TransportObstacle::Silent;
                let failure = failure(FailureKind::NoTransport { obstacle }, Stage::Media, detail);
                let event = AttemptEvent::Silent(failure);
                self.report.send(AttemptReport { run: self.run, event }).await.ok();
            }
            rtsp::Event::Rtp { track, packet } => self.on_rtp(track, packet),
            rtsp::Event::Rtcp { .. } => {}
            rtsp::Event::Quirk(quirk) => tracing::debug!(run = self.run.0, quirk = quirk.as_str(), "tolerated"),
            rtsp::Event::Learnt(lesson) => self.learnt(lesson).await,
            rtsp::Event::Replay(event) => self.on_replay(event).await,
            rtsp::Event::Message(message) => {
                if let Some(recorder) = &self.recorder {
                    self.tell(AttemptEvent::Traced(recorder.answered(&message)));
                }
            }
            rtsp::Event::Redirect(to) => return Err(SessionEnd::Redirected(to)),
            rtsp::Event::Failed(error) if error.kind == rtsp::SessionErrorKind::InClear => {
                return Err(SessionEnd::InClear(of_session(&error)));
            }
            rtsp::Event::Failed(error) => return Err(SessionEnd::Failed(of_session(&error))),
            rtsp::Event::Closed => return Err(SessionEnd::Closed),
        }
        Ok(())
    }

    async fn on_playing(&mut self, tracks: &[rtsp::Track]) -> Result<(), SessionEnd> {
        let unsupported = |text: &str| SessionEnd::Failed(failure(FailureKind::UnsupportedCodec, Stage::Play, text));
        let Some((index, track)) = tracks
            .iter()
            .enumerate()
            .find(|(_, track)| track.media == rtsp::Media::Video)
        else {
            return Err(unsupported("no video"));
        };
        let heard = self.ear.on_playing(tracks, &self.session.sound());
        self.tell_sound(heard);
        if self.playing {
            // Told again because of the sound: the picture goes on as it is.
            return Ok(());
        }
        self.video = index;
        let codec = label(&track.codec);
        let caps = caps_of(track);
        self.caps = Some(caps.clone());
        match self.built(caps).await {
            Ok(player) => self.player = Some(player),
            Err(Unbuilt::Unsupported(error)) => return Err(unsupported(&format!("{codec}: {error}"))),
            Err(Unbuilt::Panicked) => return Err(unsupported(&codec)),
            Err(Unbuilt::Hangs) => return Err(SessionEnd::Failed(undecodable("the decoder does not start"))),
        }
        self.playing = true;
        let event = AttemptEvent::Playing {
            codec,
            slowest_reply: self.session.slowest_reply(),
            awaited: self.session.media_awaited(),
        };
        self.report.send(AttemptReport { run: self.run, event }).await.ok();
        Ok(())
    }

    /// Has the next attempt begin with what this one learnt.
    async fn learnt(&self, lesson: rtsp::Lesson) {
        if self.teaches {
            let event = AttemptEvent::Learnt(lesson);
            self.report.send(AttemptReport { run: self.run, event }).await.ok();
        }
    }

    fn on_rtp(&mut self, track: usize, packet: Bytes) {
        if track == self.video && self.caps.is_some() {
            self.on_picture(packet);
        } else if self.valve.is_none() {
            self.ear.push(track, packet);
        }
    }

    /// Hands the player at once what came at once.
    pub(super) fn play_arrived(&mut self) {
        if self.arrived.is_empty() {
            return;
        }
        self.picture.received.add_packets(self.arrived.len() as u64);
        if let Some(caps) = &self.caps {
            self.tap.push(&self.arrived, caps, self.datagrams.is_open());
        }
        match &self.player {
            Some(player) => player.push_all(self.arrived.drain(..)),
            None => self.arrived.clear(),
        }
        self.trace_pictures();
        self.note_pictures();
    }

    fn trace_pictures(&mut self) {
        let Some(recorder) = &mut self.recorder else { return };
        let has_key = self.player.as_ref().is_some_and(Player::has_key);
        let packets = self.picture.received.packets();
        for note in recorder.media(packets, has_key).into_iter().flatten() {
            self.tell(AttemptEvent::Traced(note));
        }
    }

    pub(super) fn note_bytes(&self, length: usize) {
        self.picture.received.add_bytes(length as u64);
    }

    /// Tells whether the pictures are whole, and whether they are too large, as often as that changes.
    fn note_pictures(&self) {
        let Some(player) = &self.player else { return };
        let received = &self.picture.received;
        let whole = player.whole();
        if whole != received.whole() {
            received.set_whole(whole);
            self.tell(AttemptEvent::Whole);
        }
        self.note_size(player.too_large());
    }

    fn note_size(&self, too_large: Option<TooLarge>) {
        let received = &self.picture.received;
        if too_large != received.too_large() {
            received.set_too_large(too_large);
            self.tell(AttemptEvent::TooLarge);
        }
    }

    /// The session's next timer, or that of the player where it comes first.
    fn wake_at(&self, until: Instant) -> Instant {
        let player = self.player.as_ref().and_then(Player::deadline);
        player.map_or(until, |player| player.min(until))
    }

    fn tell_sound(&self, heard: Option<SoundState>) {
        if let Some(state) = heard {
            self.tell(AttemptEvent::Sound(state));
        }
    }

    /// A decoder that gave up is built anew, in software where it was hardware; after some times the stream fails.
    async fn on_player(&mut self, event: PlayerEvent) -> Result<(), Failure> {
        match event {
            PlayerEvent::FirstPicture { .. } => {
                // The trace ends with it.
                self.trace_pictures();
                self.recorder = None;
                self.tell(AttemptEvent::FirstPicture);
                Ok(())
            }
            PlayerEvent::Picture { .. } | PlayerEvent::Resized { .. } => Ok(()),
            PlayerEvent::Unsupported { codec, detail } => Err(failure(
                FailureKind::UnsupportedCodec,
                Stage::Media,
                format!("{codec}: {detail}"),
            )),
            PlayerEvent::DecodeError { detail, hardware } => self.rebuild(hardware, &detail).await,
            PlayerEvent::Ended => self.rebuild(false, "the decoder ended").await,
        }
    }

    pub(super) fn tell(&self, event: AttemptEvent) {
        self.report.try_send(AttemptReport { run: self.run, event }).ok();
    }
}
