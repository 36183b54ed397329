//! One attempt at one stream, from the dial to the last packet. It reports and obeys; it decides nothing and never retries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::clock;
use super::ear::Ear;
use super::failure::{failure, of_dial, of_session, of_socket, stage_of};
use super::refusals::{Refusals, recorder_of};
use super::track::{caps_of, label};
use crate::bridge::{FrameSlot, SoundState, Waker};
use crate::device::{Credentials, Fingerprint, StreamKind, Template};
use crate::net::{DialStep, Target};
use crate::reconnect::{Failure, Kind, Permit, Stage};
use crate::rtsp;
use crate::video::{DecoderChoice, Player, PlayerConfig, PlayerEvent, SoundOutput, TrackCaps};
use crate::wall::Listen;

/// One run of one link; an attempt may inherit the run of an older one that came back to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunId(pub u64);

/// Everything one attempt needs.
pub(super) struct Job {
    pub run: RunId,
    pub permit: Permit,
    pub target: Target,
    pub path: PathSource,
    pub credentials: Box<dyn FnOnce() -> Result<Option<Credentials>, String> + Send>,
    pub refusals: Arc<Refusals>,
    /// How long a refusal of the same words is the answer, without asking the recorder.
    pub believe_refusal: Duration,
    pub decode: bool,
    pub listen: Listen,
    pub output: SoundOutput,
    pub decoder: DecoderChoice,
    pub slot: Arc<FrameSlot>,
    pub waker: Waker,
    pub counters: Arc<Counters>,
    pub report: mpsc::Sender<Report>,
    pub control: mpsc::Receiver<Control>,
}

/// Where the request path comes from.
pub(super) enum PathSource {
    Template {
        template: Template,
        channel: u16,
        kind: StreamKind,
    },
    /// As a redirect gave it.
    Literal(String),
}

/// Bytes that came in; read by the driver at its leisure.
#[derive(Debug, Default)]
pub(super) struct Counters {
    bytes: AtomicU64,
}

impl Counters {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Decode(bool),
    Listen(Listen),
    /// TEARDOWN on the same socket, then end.
    Close,
}

#[derive(Debug)]
pub(super) struct Report {
    pub run: RunId,
    pub news: News,
}

#[derive(Debug)]
pub(super) enum News {
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
    /// Closed on our wish.
    Closed,
}

pub(super) async fn run(job: Job) {
    let Job { run, report, .. } = &job;
    let (run, report) = (*run, report.clone());
    let news = attempt(job).await;
    // The driver may be gone already: then nobody needs to know.
    report.send(Report { run, news }).await.ok();
}

async fn attempt(mut job: Job) -> News {
    let failed = |address, local_port, failure| News::Failed {
        address,
        local_port,
        failure,
    };
    let credentials = match spawn_blocking(job.credentials).await {
        Ok(Ok(credentials)) => credentials,
        Ok(Err(text)) => return failed(None, None, failure(Kind::Local, Stage::Resolve, text)),
        Err(_panicked) => {
            return failed(
                None,
                None,
                failure(Kind::Local, Stage::Resolve, "the password store failed"),
            );
        }
    };
    let words = job
        .refusals
        .words(&job.target.host, job.target.port, credentials.as_ref());
    if let Some(refusal) = job.refusals.lately(words, job.believe_refusal, clock::now()) {
        return failed(None, None, failure(Kind::Auth, Stage::Resolve, refusal.detail));
    }
    let tell = |news| {
        job.report.try_send(Report { run: job.run, news }).ok();
    };
    let dialling = crate::net::dial(job.permit, &job.target, |step| match step {
        DialStep::Resolved(address) => tell(News::Dialling(address)),
        DialStep::Connected => tell(News::Reached(Stage::Tls)),
        DialStep::Secured => tell(News::Reached(Stage::Options)),
    });
    let dialled = tokio::select! {
        biased;
        () = closed(&mut job.control, &mut job.decode, &mut job.listen) => return News::Closed,
        dialled = dialling => dialled,
    };
    let dialled = match dialled {
        Ok(dialled) => dialled,
        Err(error) => return failed(error.address, error.local_port, of_dial(&error)),
    };
    let peer = dialled.peer;
    tell(News::Connected {
        address: peer,
        fingerprint: dialled.fingerprint,
    });
    let request = rtsp::Request {
        secure: matches!(job.target.carrier, crate::device::Carrier::Rtsps),
        authority: authority(&job.target),
        target: match &job.path {
            PathSource::Literal(path) => path.clone(),
            PathSource::Template {
                template,
                channel,
                kind,
            } => template.expand(*channel, *kind, credentials.as_ref()),
        },
        credentials,
        user_agent: concat!("Monomi/", env!("CARGO_PKG_VERSION")).to_owned(),
        seed: fastrand::u64(..),
        audio: job.listen != Listen::No,
    };
    let mut pump = Pump {
        session: rtsp::Session::new(request, clock::now()),
        stage: Stage::Options,
        outgoing: BytesMut::new(),
        player: None,
        video: 0,
        playing: false,
        ear: Ear::new(job.listen, job.output),
        run: job.run,
        decode: job.decode,
        decoder: job.decoder,
        caps: None,
        rebuilt: 0,
        slot: job.slot,
        waker: job.waker,
        report: job.report.clone(),
        faults: mpsc::channel(4),
    };
    let end = pump.pump(dialled.stream, &mut job.control, &job.counters).await;
    if pump.playing {
        job.refusals.accepted(words);
    }
    match end {
        End::Closed => News::Closed,
        End::Failed(failure) => {
            if failure.kind == Kind::Auth {
                let recorder = recorder_of(&job.target.host, job.target.port);
                job.refusals.refused(words, recorder, failure.clone(), clock::now());
            }
            failed(Some(peer), None, failure)
        }
        End::Redirected(to) => News::Redirected {
            address: Some(peer),
            to,
        },
    }
}

/// Until [`Control::Close`] comes, or the driver is gone.
async fn closed(control: &mut mpsc::Receiver<Control>, decode: &mut bool, listen: &mut Listen) {
    loop {
        match control.recv().await {
            Some(Control::Decode(wanted)) => *decode = wanted,
            Some(Control::Listen(wanted)) => *listen = wanted,
            Some(Control::Close) | None => return,
        }
    }
}

fn authority(target: &Target) -> String {
    let usual = match target.carrier {
        crate::device::Carrier::Rtsp => 554,
        crate::device::Carrier::Rtsps => 322,
    };
    let host = target.host.in_url();
    if target.port == usual {
        host
    } else {
        format!("{host}:{}", target.port)
    }
}

enum End {
    Closed,
    Failed(Failure),
    Redirected(rtsp::Redirect),
}

/// Carries bytes between the socket and the session, and packets from the session to the player.
struct Pump {
    session: rtsp::Session,
    /// As far as was told.
    stage: Stage,
    outgoing: BytesMut,
    player: Option<Player>,
    /// Which of the session's tracks is shown.
    video: usize,
    playing: bool,
    ear: Ear,
    run: RunId,
    decode: bool,
    decoder: DecoderChoice,
    caps: Option<TrackCaps>,
    rebuilt: u32,
    slot: Arc<FrameSlot>,
    waker: Waker,
    report: mpsc::Sender<Report>,
    faults: (mpsc::Sender<PlayerEvent>, mpsc::Receiver<PlayerEvent>),
}

/// A decoder that fails more often than this in one session fails the stream.
const MOST_REBUILDS: u32 = 3;

/// One read takes at most this much, so that a fast device cannot starve the others.
const READ: usize = 64 * 1024;

impl Pump {
    async fn pump(
        &mut self,
        stream: crate::net::Stream,
        control: &mut mpsc::Receiver<Control>,
        counters: &Counters,
    ) -> End {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut buffer = vec![0; READ];
        let mut obedient = true;
        loop {
            let until = match self.drain().await {
                Ok(until) => until,
                Err(end) => {
                    // A last TEARDOWN or reply goes out if the socket takes it at once.
                    futures_util::FutureExt::now_or_never(writer.write(&self.outgoing));
                    return end;
                }
            };
            tokio::select! {
                read = reader.read(&mut buffer) => match read {
                    Ok(0) => self.session.handle_eof(clock::now()),
                    Ok(length) => {
                        counters.add(length as u64);
                        self.session.handle_input(&buffer[..length], clock::now());
                    }
                    Err(error) => return End::Failed(of_socket(&error, self.playing)),
                },
                written = writer.write(&self.outgoing), if !self.outgoing.is_empty() => match written {
                    Ok(length) => {
                        self.outgoing.advance(length);
                    }
                    Err(error) => return End::Failed(of_socket(&error, self.playing)),
                },
                order = control.recv(), if obedient => match order {
                    Some(Control::Decode(decode)) => {
                        self.decode = decode;
                        if let Some(player) = &self.player {
                            player.set_decode(decode);
                        }
                    }
                    Some(Control::Listen(listen)) => {
                        self.session.set_audio(listen != Listen::No, clock::now());
                        let heard = self.ear.set(listen, &self.session.sound());
                        self.tell_sound(heard.filter(|_| self.playing));
                    }
                    Some(Control::Close) | None => {
                        obedient = false;
                        self.session.close(clock::now());
                    }
                },
                heard = self.ear.next() => self.tell_sound(heard),
                Some(event) = self.faults.1.recv() => {
                    if let Err(failure) = self.on_player(event) {
                        self.session.close(clock::now());
                        if let Ok(_until) = self.drain().await {
                            futures_util::FutureExt::now_or_never(writer.write(&self.outgoing));
                        }
                        return End::Failed(failure);
                    }
                },
                () = tokio::time::sleep_until(until.into()) => self.session.handle_timeout(clock::now()),
            }
        }
    }

    /// Takes all that the session has to say; the time of its next timer, or how it ended.
    async fn drain(&mut self) -> Result<Instant, End> {
        loop {
            match self.session.poll_output() {
                rtsp::Output::Send(bytes) => self.outgoing.extend_from_slice(&bytes),
                rtsp::Output::Sleep { until, .. } => {
                    self.note_step();
                    return Ok(until);
                }
                rtsp::Output::Event(event) => self.on_event(event).await?,
            }
        }
    }

    /// Tells how far the sign-in has come, as often as it comes further.
    fn note_step(&mut self) {
        let stage = stage_of(self.session.step());
        if stage > self.stage && stage < Stage::Media {
            self.stage = stage;
            self.tell(News::Reached(stage));
        }
    }

    async fn on_event(&mut self, event: rtsp::Event) -> Result<(), End> {
        match event {
            rtsp::Event::Playing { tracks } => self.on_playing(&tracks).await?,
            rtsp::Event::Rtp { track, packet } => self.on_rtp(track, packet),
            rtsp::Event::Rtcp { .. } => {}
            rtsp::Event::Quirk(quirk) => tracing::debug!(run = self.run.0, quirk = quirk.as_str(), "tolerated"),
            rtsp::Event::Redirect(to) => return Err(End::Redirected(to)),
            rtsp::Event::Failed(error) => return Err(End::Failed(of_session(&error))),
            rtsp::Event::Closed => return Err(End::Closed),
        }
        Ok(())
    }

    async fn on_playing(&mut self, tracks: &[rtsp::Track]) -> Result<(), End> {
        let unsupported = |text: &str| End::Failed(failure(Kind::UnsupportedCodec, Stage::Play, text));
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
        // Building a pipeline loads plug-ins the first time: not on a thread that serves sockets.
        let player = spawn_blocking(self.build(caps)).await;
        match player {
            Ok(Ok(player)) => self.player = Some(player),
            Ok(Err(error)) => return Err(unsupported(&format!("{codec}: {error}"))),
            Err(_panicked) => return Err(unsupported(&codec)),
        }
        self.playing = true;
        self.report
            .send(Report {
                run: self.run,
                news: News::Playing { codec },
            })
            .await
            .ok();
        Ok(())
    }

    fn on_rtp(&self, track: usize, packet: Bytes) {
        if track == self.video
            && let Some(player) = &self.player
        {
            player.push(packet);
        } else {
            self.ear.push(track, packet);
        }
    }

    fn tell_sound(&self, heard: Option<SoundState>) {
        if let Some(state) = heard {
            self.tell(News::Sound(state));
        }
    }

    /// A decoder that gave up is built anew once, in software where it was hardware; then the stream fails.
    fn on_player(&mut self, event: PlayerEvent) -> Result<(), Failure> {
        match event {
            PlayerEvent::FirstPicture { .. } => {
                self.tell(News::FirstPicture);
                Ok(())
            }
            PlayerEvent::Picture { .. } | PlayerEvent::Resized { .. } => Ok(()),
            PlayerEvent::Unsupported { codec, detail } => Err(failure(
                Kind::UnsupportedCodec,
                Stage::Media,
                format!("{codec}: {detail}"),
            )),
            PlayerEvent::DecodeError { detail, hardware } => self.rebuild(hardware, &detail),
            PlayerEvent::Ended => self.rebuild(false, "the decoder ended"),
        }
    }

    fn rebuild(&mut self, hardware: bool, detail: &str) -> Result<(), Failure> {
        let gave_up = |text: &str| failure(Kind::Undecodable, Stage::Media, text);
        self.player = None;
        if self.rebuilt >= MOST_REBUILDS {
            return Err(gave_up(detail));
        }
        self.rebuilt += 1;
        if hardware {
            self.decoder = DecoderChoice::Software;
        }
        let Some(caps) = self.caps.clone() else {
            return Err(gave_up(detail));
        };
        tracing::info!(run = self.run.0, detail, hardware, "the decoder is built anew");
        self.player = Some(self.build(caps)().map_err(|error| gave_up(&error.to_string()))?);
        Ok(())
    }

    /// How to build the player; the work may wait for plug-ins to load.
    fn build(&self, caps: TrackCaps) -> impl FnOnce() -> Result<Player, crate::video::VideoError> + Send + use<> {
        let config = PlayerConfig {
            caps,
            threads: 1,
            decoder: self.decoder,
            decode: self.decode,
        };
        let (slot, waker, events) = (Arc::clone(&self.slot), Arc::clone(&self.waker), self.faults.0.clone());
        move || {
            Player::new(config, slot, waker, move |event| {
                events.try_send(event).ok();
            })
        }
    }

    fn tell(&self, news: News) {
        self.report.try_send(Report { run: self.run, news }).ok();
    }
}
