mod ask;
mod carriage;
mod datagrams;
mod life;
mod replay;
mod reply;
mod sound;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fmt,
    net::IpAddr,
    time::{Duration, Instant},
};

use ask::RequestPurpose;
use bytes::Bytes;

use super::{
    Challenge, Counters, Deinterleaver, Event, Media, Quirk, Quirks, Request, SessionError, SessionErrorKind,
    SessionOutput, SoundOffer, Step, Track, WireItem,
    auth::{self, Signer},
    limit, refusal,
    transport::InterleavedChannels,
    url,
};

/// One RTSP/1.0 session (RFC 2326) over one connection: OPTIONS, DESCRIBE, SETUP, PLAY, keepalive, TEARDOWN.
///
/// It does no I/O and reads no clock. After each `handle_*` call and after [`Session::new`] call [`Session::poll_output`] until
/// it returns [`SessionOutput::Sleep`]; the memory that the session holds then stays bounded. After a terminal [`Event`] only `Sleep` follows. Equal input
/// and an equal [`Request`] (with its seed) give equal output, however the bytes were cut.
pub struct Session {
    request: Request,
    step: Step,
    over: bool,
    now: Instant,
    deinterleaver: Deinterleaver,
    output: VecDeque<SessionOutput>,
    noted: Quirks,
    /// How many packets came before PLAY was sent.
    early: u64,
    eof: bool,

    cseq: u32,
    /// The longest that a reply took before anything played.
    slowest_reply: Duration,
    pending: Option<PendingRequest>,
    /// The number of a request whose reply came too late and is ignored if it still comes.
    abandoned: Option<u32>,

    signer: Option<Signer>,
    /// What is signed answers a challenge of an earlier connection.
    presigned: bool,
    /// The device took a signed request since its last challenge.
    accepted: bool,
    /// It said of each answer that its challenge was too old.
    stale: bool,
    /// It refused the user or the password.
    wrong: bool,
    nonces: fastrand::Rng,
    /// Whether the device refused a sign-in while it played. The session then signs in no more.
    signed_out: bool,

    /// The path to which relative control URLs are added.
    base: String,
    /// The path that PLAY and all later requests name.
    aggregate: String,
    tracks: Vec<PlannedTrack>,
    session: Option<String>,
    set_up_again: bool,
    sound: sound::Sound,
    life: life::Life,
    carriage: carriage::Carriage,
    datagrams: datagrams::DatagramTracks,
    tells_messages: bool,
    /// Recorded pictures are played, not live ones.
    replay: Option<replay::Replaying>,
}

/// A track of the description and, once set up, its channels.
struct PlannedTrack {
    track: Track,
    path: String,
    /// The channels; where datagrams carry it, only that it is set up.
    channels: Option<InterleavedChannels>,
    /// The group and the port at which the description says that it is sent.
    group: (Option<IpAddr>, Option<u16>),
}

/// The one request that waits for a reply.
struct PendingRequest {
    cseq: u32,
    purpose: RequestPurpose,
    sent: Instant,
    deadline: Instant,
    signed: bool,
    /// How often this request was answered to a challenge.
    answers: u8,
}

impl Session {
    /// A session that begins with OPTIONS.
    #[must_use]
    pub fn new(request: Request, now: Instant) -> Self {
        let target = url::clean_target(&request.target);
        let mut session = Self {
            step: Step::Options,
            over: false,
            now,
            slowest_reply: Duration::ZERO,
            deinterleaver: Deinterleaver::default(),
            output: VecDeque::new(),
            noted: Quirks::default(),
            early: 0,
            eof: false,
            cseq: 0,
            pending: None,
            abandoned: None,
            presigned: request.challenge.is_some() && request.credentials.is_some(),
            signer: request
                .challenge
                .clone()
                .zip(request.credentials.as_ref())
                .map(|(challenge, credentials)| Signer::of(challenge, credentials)),
            accepted: false,
            stale: false,
            wrong: false,
            nonces: fastrand::Rng::with_seed(request.seed),
            signed_out: false,
            base: target.clone(),
            aggregate: target.clone(),
            tracks: Vec::new(),
            session: None,
            set_up_again: false,
            sound: sound::Sound::default(),
            life: life::Life::new(&request.habits, request.seed, now),
            carriage: carriage::Carriage::new(&request),
            datagrams: datagrams::DatagramTracks::default(),
            tells_messages: false,
            replay: request.replay.as_ref().map(replay::Replaying::new),
            request: Request { target, ..request },
        };
        session.send(RequestPurpose::Options);
        session
    }

    /// From now on each message of the device is told as it came ([`Event::Message`]), before it is answered.
    pub fn tell_messages(&mut self) {
        self.tells_messages = true;
    }

    /// What the socket delivered.
    pub fn handle_input(&mut self, bytes: &[u8], now: Instant) {
        self.now = self.now.max(now);
        if !self.over {
            self.deinterleaver.push(bytes, self.now);
        }
    }

    /// The device closed the connection.
    pub fn handle_eof(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.eof = true;
        self.deinterleaver.end();
    }

    /// The time of the last [`SessionOutput::Sleep`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Ends the session: TEARDOWN on this same connection where something was set up, then [`Event::Closed`] on the reply or
    /// after 500 ms.
    pub fn close(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if self.over || self.step == Step::Teardown {
            return;
        }
        if self.is_set_up() && !self.eof {
            self.abandoned = self.pending.take().map(|pending| pending.cseq);
            self.step = Step::Teardown;
            self.send(RequestPurpose::Teardown);
        } else {
            self.finish(Event::Closed);
        }
    }

    /// The next thing to do. Call until [`SessionOutput::Sleep`].
    pub fn poll_output(&mut self) -> SessionOutput {
        loop {
            if let Some(output) = self.output.pop_front() {
                return output;
            }
            if self.over {
                return SessionOutput::Sleep {
                    until: self.now + limit::OVER,
                    why: "over",
                };
            }
            let describing = self
                .pending
                .as_ref()
                .is_some_and(|pending| pending.purpose == RequestPurpose::Describe);
            self.deinterleaver.expect_description(describing);
            let item = self.deinterleaver.next(self.now);
            while let Some(quirk) = self.deinterleaver.next_quirk() {
                self.note(quirk);
            }
            match item {
                Some(WireItem::Packet { channel, payload }) => self.on_packet(channel, payload),
                Some(WireItem::Message(message)) => {
                    if self.tells_messages {
                        self.emit(Event::Message(message.clone()));
                    }
                    self.on_message(&message);
                }
                None if self.deinterleaver.is_garbage() => self.fail(SessionErrorKind::Protocol, "garbage"),
                None if self.eof && self.step == Step::Teardown => self.finish(Event::Closed),
                None if self.eof => {
                    self.transport_ends();
                    self.fail(SessionErrorKind::Ended, "the device closed the connection");
                }
                None if self.tick() => {}
                None if self.output.is_empty() => {
                    let (until, why) = self.deadline();
                    return SessionOutput::Sleep { until, why };
                }
                None => {}
            }
        }
    }

    /// How far the session has come.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// The challenge with which the next connection to this device should begin: one after which it closed this connection, one
    /// with which this connection began and which still holds, or the last one where each was said to be too old.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        let signer = self.signer.as_ref().filter(|_| !self.wrong && !self.signed_out)?;
        let mut challenge = signer.challenge().clone();
        if self.accepted {
            challenge.is_accepted();
        }
        (self.presigned || self.eof && !self.accepted || self.stale).then_some(challenge)
    }

    /// Whether the device closed the connection after a challenge, so that the next connection signs in.
    #[must_use]
    pub fn leaves_a_challenge(&self) -> bool {
        self.eof && !self.presigned && !self.accepted && self.step < Step::Media && self.challenge().is_some()
    }

    /// The longest that the device took for a reply so far, before anything played.
    #[must_use]
    pub fn slowest_reply(&self) -> Duration {
        self.slowest_reply
    }

    /// What was received and what was thrown away.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let counters = self.deinterleaver.counters();
        Counters {
            packets: counters.packets - self.early,
            dropped: counters.dropped + self.early,
            ..counters
        }
    }

    fn on_packet(&mut self, channel: u8, packet: Bytes) {
        if self.replay.as_ref().is_some_and(replay::Replaying::drops) {
            return;
        }
        let set_up = || self.tracks.iter().filter_map(|planned| planned.channels);
        let rtp = set_up().position(|channels| channels.rtp == channel);
        let rtcp = set_up().position(|channels| channels.rtcp == channel);
        let found = match (rtp, rtcp) {
            // Some devices give one channel to the RTP of one track and the RTCP of another. The packet itself says which it is.
            (Some(_), Some(rtcp)) if is_rtcp(&packet) => Some((rtcp, true)),
            (Some(rtp), _) => Some((rtp, false)),
            (None, rtcp) => rtcp.map(|track| (track, true)),
        };
        match (self.step, found) {
            (Step::Play | Step::Media, Some((track, rtcp))) => {
                if self.step == Step::Play {
                    self.note(Quirk::DataBeforePlay);
                    self.begin_media();
                }
                if rtcp {
                    self.life.on_rtcp(track, &packet, self.now);
                    self.heed_goodbye(track, &packet);
                } else {
                    self.life.on_rtp(track, &packet, self.now);
                }
                self.emit(if rtcp {
                    Event::Rtcp { track, packet }
                } else {
                    Event::Rtp { track, packet }
                });
            }
            _ => self.early += 1,
        }
    }

    fn begin_media(&mut self) {
        self.step = Step::Media;
        self.life.keepalive.begin(self.now);
        if !self.awaits_datagrams() {
            self.tell_tracks();
        }
    }

    fn tell_tracks(&mut self) {
        let playing = self.tracks.iter().filter(|planned| planned.channels.is_some());
        self.life.begin(playing.map(|planned| &planned.track), self.now);
        let tracks = self
            .tracks
            .iter()
            .filter(|planned| planned.channels.is_some())
            .map(|planned| planned.track.clone())
            .collect();
        self.emit(Event::Playing { tracks });
    }

    /// Does what is due at `now`; returns whether that was anything.
    fn tick(&mut self) -> bool {
        let expired = self
            .pending
            .as_ref()
            .filter(|pending| self.now >= pending.deadline)
            .map(|pending| pending.purpose);
        if self.tick_datagrams() {
            return true;
        }
        if self.carriage.is_moving() && expired.is_some() {
            self.abandoned = self.pending.take().map(|pending| pending.cseq);
            self.torn_down();
            return true;
        }
        match self.step {
            Step::Teardown => {
                if expired.is_some() {
                    self.finish(Event::Closed);
                }
                expired.is_some()
            }
            Step::Media => {
                if let Some(purpose) = expired
                    && self.replay_is_late(purpose)
                {
                    self.abandoned = self.pending.take().map(|pending| pending.cseq);
                } else if let Some(purpose) = expired
                    && !self.sound_is_late(purpose)
                {
                    // The pictures show whether the device still lives, so that a missing reply ends nothing.
                    self.abandoned = self.pending.take().map(|pending| pending.cseq);
                    if let RequestPurpose::Keepalive(sign) = purpose {
                        self.life.keepalive.failed(sign, self.now);
                        self.note(Quirk::KeepaliveUnanswered);
                    } else {
                        self.note(Quirk::PlayUnanswered);
                    }
                }
                let driven = self.drive_replay();
                let added = self.add_sound();
                let lived = self.live();
                driven || added || lived || expired.is_some()
            }
            _ => {
                if expired.is_some() {
                    self.fail(SessionErrorKind::Timeout, "no reply in time");
                }
                expired.is_some()
            }
        }
    }

    fn deadline(&self) -> (Instant, &'static str) {
        let pending = self
            .pending
            .as_ref()
            .map(|pending| (pending.deadline, pending.purpose.waits_for()));
        let rest = match self.step {
            Step::Media => self.life.deadline(self.pending.is_some()),
            _ => None,
        };
        let body = self.deinterleaver.deadline().map(|at| (at, "body of a reply"));
        let datagrams = self.datagrams.deadline();
        let first = [pending, rest, body, datagrams]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at);
        first.unwrap_or((self.now + limit::OVER, "nothing"))
    }

    fn is_set_up(&self) -> bool {
        self.tracks.iter().any(|planned| planned.channels.is_some())
    }

    fn emit(&mut self, event: Event) {
        self.output.push_back(SessionOutput::Event(event));
    }

    fn note(&mut self, quirk: Quirk) {
        if self.noted.insert(quirk) {
            self.emit(Event::Quirk(quirk));
        }
    }

    /// Ends the session with an error. What was set up is torn down first, because recorders count sessions.
    fn fail(&mut self, kind: SessionErrorKind, text: &str) {
        let step = self.step;
        if step == Step::Media && kind == SessionErrorKind::Ended {
            self.died();
        }
        if self.is_set_up() && !self.eof && step != Step::Teardown {
            self.send(RequestPurpose::Teardown);
        }
        let detail = self.detail(text);
        self.finish(Event::Failed(SessionError { kind, step, detail }));
    }

    fn finish(&mut self, event: Event) {
        self.emit(event);
        self.over = true;
        self.pending = None;
        self.deinterleaver.close();
    }

    /// The part of a device's text that may be shown: bounded, and only the status of a text that repeats a secret.
    fn detail(&self, text: &str) -> String {
        if self.secrets().iter().any(|secret| text.contains(secret.as_str())) {
            return refusal::detail(
                text.split_whitespace()
                    .next()
                    .filter(|word| word.parse::<u16>().is_ok())
                    .unwrap_or_default(),
            );
        }
        refusal::detail(text)
    }

    /// The password in every spelling in which a device could send it back, and the path, which may hold it.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        if self.request.target.len() > 1 {
            secrets.push(self.request.target.clone());
        }
        if let Some(credentials) = &self.request.credentials
            && !credentials.password.is_empty()
        {
            let password = credentials.password.expose();
            secrets.push(password.to_owned());
            secrets
                .push(percent_encoding::utf8_percent_encode(password, percent_encoding::NON_ALPHANUMERIC).to_string());
            secrets.push(url::clean_target(password).trim_start_matches('/').to_owned());
            let basic = auth::basic(credentials);
            secrets.extend(basic.split_once(' ').map(|(_, token)| token.to_owned()));
        }
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }
}

/// Whether a packet is RTCP: its second byte has a value that RTP does not use (RFC 5761 §4).
fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("request", &self.request)
            .field("step", &self.step)
            .field("over", &self.over)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}
