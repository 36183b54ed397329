//! One stream of events, without its socket: what is asked, what comes, and when the silence is too long.
//!
//! A stream is never limited as a whole, only its silences, because a healthy one that is torn each five minutes is attached each five minutes. It is
//! attached anew once a day at a quiet moment, for heartbeats were seen to go on where events had ceased.

use std::time::{Duration, Instant};

use device::Credentials;
use incidents::{ChannelBelief, Incident, Pause};
use onvif::{SignInRefusal, WebReply, WebSignIn, WebSignInVerdict};

use super::multipart::MultipartReader;
use super::said::{Report, Said};
use super::{dahua, hikvision};

/// Whose interface it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    Hikvision,
    Dahua,
}

/// What hearing begins with.
#[derive(Debug)]
pub struct EventStreamPlan {
    pub maker: Maker,
    pub credentials: Option<Credentials>,
    /// The password may be sent in clear.
    pub may_basic: bool,
    /// So many channels are registered: only those are told apart.
    pub channels: usize,
    /// For nonces.
    pub seed: u64,
}

/// A GET whose answer is endless.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamRequest {
    /// Path and query.
    pub target: String,
    /// The value of `Authorization`.
    pub authorization: Option<Vec<u8>>,
}

impl std::fmt::Debug for StreamRequest {
    /// Without the sign-in.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamRequest")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamNext {
    Ask(StreamRequest),
    /// Nothing before this moment, for which no connection is kept.
    Rest(Instant),
    /// Nothing any more.
    Stop,
}

/// The head of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// As [`WebReply`] has it; its body is what came where it is no stream.
    pub reply: WebReply,
    pub content_type: String,
}

/// What the head means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamOpened {
    /// Events follow.
    Streams,
    /// There is no stream: what [`EventStream::next`] says is to be done.
    Not,
}

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamTrouble {
    /// Nothing more is asked before the sign-in is changed.
    SignIn(SignInRefusal),
    /// The device has no such interface; its status.
    Unsupported(u16),
    /// It refuses another stream, or this account; its status.
    Refused(u16),
    /// Nothing came for too long.
    Silent,
}

/// A silence as long as this is the end of a stream, unless it was learnt that this device is silent for longer.
const SILENCE: Duration = Duration::from_secs(30);
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// So many heartbeats in one stream prove that they come regularly.
const REGULAR: u32 = 3;

/// A stream is attached anew after this time, once nothing happens for so long.
const ANEW: Duration = Duration::from_secs(86_400);
const QUIET: Duration = Duration::from_secs(300);

const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// The hearing of one device.
pub struct EventStream {
    maker: Maker,
    sign_in: WebSignIn,
    /// Which of the paths of its maker is asked.
    path: usize,
    reader: Option<MultipartReader>,
    belief: ChannelBelief,
    channels: usize,
    /// When the stream began; when something came on it last, and an incident.
    began: Option<Instant>,
    came: Option<Instant>,
    happened: Option<Instant>,
    heartbeats: u32,
    silence: Duration,
    pause: Pause,
    rest_until: Option<Instant>,
    trouble: Option<StreamTrouble>,
    heard: Vec<Incident>,
    accepted: bool,
}

impl EventStream {
    #[must_use]
    pub fn new(plan: EventStreamPlan) -> Self {
        Self {
            maker: plan.maker,
            sign_in: WebSignIn::new(plan.credentials, plan.may_basic, plan.seed),
            path: 0,
            reader: None,
            belief: ChannelBelief::default(),
            channels: plan.channels,
            began: None,
            came: None,
            happened: None,
            heartbeats: 0,
            silence: SILENCE,
            pause: Pause::new(FIRST_PAUSE, LONGEST_PAUSE),
            rest_until: None,
            trouble: None,
            heard: Vec::new(),
            accepted: false,
        }
    }

    /// What to do now, where no stream is open.
    pub fn next(&mut self, now: Instant) -> StreamNext {
        if matches!(self.trouble, Some(StreamTrouble::SignIn(_))) {
            return StreamNext::Stop;
        }
        if let Some(until) = self.rest_until.filter(|until| *until > now) {
            return StreamNext::Rest(until);
        }
        let target = match self.maker {
            Maker::Hikvision => hikvision::PATHS.get(self.path).copied().unwrap_or_default().to_owned(),
            Maker::Dahua => dahua::path(),
        };
        let authorization = self.sign_in.authorize("GET", &target);
        StreamNext::Ask(StreamRequest { target, authorization })
    }

    /// When there is something to ask at the earliest; `None`: never.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        match self.trouble {
            Some(StreamTrouble::SignIn(_)) => None,
            _ => Some(self.rest_until.unwrap_or(now).max(now)),
        }
    }

    /// Takes the head of the answer.
    pub fn opened(&mut self, head: &StreamHead, now: Instant) -> StreamOpened {
        let status = head.reply.status;
        match self.sign_in.judge(&head.reply) {
            WebSignInVerdict::Fine => {}
            WebSignInVerdict::Again => return StreamOpened::Not,
            WebSignInVerdict::Refused(refusal) => {
                self.trouble = Some(StreamTrouble::SignIn(refusal));
                return StreamOpened::Not;
            }
        }
        match status {
            200..300 => {
                self.accepted |= self.sign_in.has_signed();
                let ends_with = match self.maker {
                    Maker::Hikvision => hikvision::ENDS_WITH,
                    Maker::Dahua => b"",
                };
                self.reader = Some(MultipartReader::new(&head.content_type, ends_with));
                (self.began, self.came, self.heartbeats) = (Some(now), Some(now), 0);
                self.trouble = None;
                return StreamOpened::Streams;
            }
            404 | 405 | 501 if self.maker == Maker::Hikvision && self.path + 1 < hikvision::PATHS.len() => {
                self.path += 1;
            }
            404 | 405 | 501 => self.rest(StreamTrouble::Unsupported(status), LONGEST_PAUSE, now),
            _ => {
                let pause = self.pause.grow();
                self.rest(StreamTrouble::Refused(status), pause, now);
            }
        }
        StreamOpened::Not
    }

    /// Takes the next bytes of the stream.
    pub fn bytes(&mut self, bytes: &[u8], now: Instant) {
        let Some(reader) = &mut self.reader else { return };
        self.came = Some(now);
        for part in reader.feed(bytes) {
            let said = match self.maker {
                Maker::Hikvision => hikvision::read(&part.body),
                Maker::Dahua => dahua::read(&part.body),
            };
            match said {
                Some(Said::Heartbeat) => self.heartbeats = self.heartbeats.saturating_add(1),
                Some(Said::Report(report)) => {
                    self.happened = Some(now);
                    let incident = self.incident(report);
                    self.heard.push(incident);
                }
                None => {}
            }
        }
        let lasted = self
            .began
            .is_some_and(|began| now.saturating_duration_since(began) >= 2 * FIRST_PAUSE);
        if lasted {
            self.pause.reset();
        }
    }

    /// When the stream that is open is over, unless something comes.
    #[must_use]
    pub fn silent_at(&self) -> Option<Instant> {
        self.reader.as_ref()?;
        Some(self.came? + self.silence)
    }

    /// Nothing came until [`Self::silent_at`].
    pub fn fell_silent(&mut self, now: Instant) {
        if self.heartbeats < REGULAR {
            // Some say that they live once, and then only what happens.
            self.silence = (self.silence * 2).min(LONGEST_SILENCE);
        }
        let pause = self.pause.grow();
        self.rest(StreamTrouble::Silent, pause, now);
    }

    /// Whether the stream that is open is to be attached anew now.
    #[must_use]
    pub fn is_due_anew(&self, now: Instant) -> bool {
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        let is_quiet = since(self.happened).is_none_or(|quiet| quiet >= QUIET);
        self.reader.is_some() && is_quiet && since(self.began).is_some_and(|age| age >= ANEW)
    }

    /// The connection is over.
    pub fn lost(&mut self) {
        self.reader = None;
    }

    /// Whether it never said more than that it lives, for so long: perhaps its events are not switched on.
    #[must_use]
    pub fn says_nothing(&self, for_as_long: Duration, now: Instant) -> bool {
        self.happened.is_none()
            && self
                .began
                .is_some_and(|began| now.saturating_duration_since(began) >= for_as_long)
    }

    #[must_use]
    pub fn trouble(&self) -> Option<&StreamTrouble> {
        self.trouble.as_ref()
    }

    /// Whether a password was sent with the request under way.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.sign_in.has_signed()
    }

    /// The device takes the sign-in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.accepted
    }

    /// What was heard since the last call.
    pub fn take(&mut self) -> Vec<Incident> {
        std::mem::take(&mut self.heard)
    }

    fn rest(&mut self, trouble: StreamTrouble, pause: Duration, now: Instant) {
        self.trouble = Some(trouble);
        self.rest_until = Some(now + pause);
        self.reader = None;
    }

    fn incident(&mut self, report: Report) -> Incident {
        let said = report.channel.filter(|_| report.kind.is_of_camera());
        Incident {
            kind: report.kind,
            state: report.state,
            channel: self.belief.judge(said, self.channels),
            name: report.name,
            detail: report.detail,
            device_time: report.device_time,
            is_news: true,
            ends_after: report.ends_after,
        }
    }
}

#[cfg(test)]
mod tests;
