//! How a session is kept alive (RFC 2326 §10.8, §12.37): which sign of life goes when, and what the end of a session teaches about it.
//!
//! Recorders count different things: any request, one kind of request alone, receiver reports alone. Some hang up on what others need.
//! What a recorder counts shows only in how its sessions end, so that the next session is kept otherwise.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Something that tells the device that somebody still watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    GetParameter,
    Options,
    SetParameter,
    /// PLAY of what plays already.
    Play,
    /// RTCP receiver reports.
    Report,
}

impl Sign {
    pub const ALL: [Self; 5] = [
        Self::GetParameter,
        Self::Options,
        Self::SetParameter,
        Self::Play,
        Self::Report,
    ];

    /// The method of the request; `RTCP` for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GetParameter => "GET_PARAMETER",
            Self::Options => "OPTIONS",
            Self::SetParameter => "SET_PARAMETER",
            Self::Play => "PLAY",
            Self::Report => "RTCP",
        }
    }
}

/// A set of signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(u8);

impl Signs {
    pub fn insert(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u8;
    }

    #[must_use]
    pub fn contains(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u8) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Sign> {
        Sign::ALL.into_iter().filter(move |sign| self.contains(*sign))
    }
}

impl FromIterator<Sign> for Signs {
    fn from_iter<I: IntoIterator<Item = Sign>>(signs: I) -> Self {
        let mut set = Self::default();
        signs.into_iter().for_each(|sign| set.insert(sign));
        set
    }
}

/// What is known of how a recorder's sessions are kept alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeepaliveHabits {
    /// Counts how often the end of a session changed how the next is kept. Sessions that ran side by side end for the same reason:
    /// only the first one counts.
    pub revision: u32,
    /// Signs after which sessions went on.
    pub passed: Signs,
    /// Signs on which the recorder hung up.
    pub deadly: Signs,
    /// Requests that it refused or did not answer.
    pub poor: Signs,
    /// How much is tried, from 0 to [`MOST_EFFORT`]: it grows when a session ends as if by its timeout.
    pub effort: u8,
    /// Its session timeout, where it is shorter than it states.
    pub timeout: Option<Duration>,
    /// How long the last session played that the recorder ended.
    pub last_life: Option<Duration>,
    /// Whether a session outlived three timeouts, kept as it is now.
    pub proven: bool,
}

/// What a session taught about this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepaliveLesson {
    /// The session went on after this sign.
    Passed(Sign),
    /// This request was refused or not answered.
    Poor(Sign),
    /// A session outlived three timeouts, kept so.
    Proven(KeepaliveWay),
    /// The recorder ended a session that began with this revision, and what that looks like.
    Ended { revision: u32, end: KeepaliveEnd },
}

/// How a session is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepaliveWay {
    pub deadly: Signs,
    pub effort: u8,
    pub timeout: Option<Duration>,
}

/// What the end of a session looks like. `life` is the time from the first media to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepaliveEnd {
    /// It came right after this sign.
    HungUp { sign: Sign, life: Duration },
    /// By a timeout that is shorter than what is stated.
    Sooner { timeout: Duration },
    /// By a timeout, so that what was sent does not count.
    Dropped { life: Duration },
    /// For another reason, as far as one can say.
    Otherwise { life: Duration },
}

/// One request; two and three that take turns; three in other spellings; PLAY as well.
pub const MOST_EFFORT: u8 = 4;
/// Without receiver reports: some devices take them for the beginning of a request.
const WITHOUT_REPORTS: u8 = 2;
/// From here on each second request names what was asked for in the beginning, not what the description named.
const OTHER_ADDRESS: u8 = 3;

impl KeepaliveHabits {
    pub(super) fn learn(&mut self, lesson: &KeepaliveLesson) {
        match lesson {
            KeepaliveLesson::Passed(sign) => self.passed.insert(*sign),
            KeepaliveLesson::Poor(sign) => self.poor.insert(*sign),
            KeepaliveLesson::Proven(way) if *way == self.way() => self.proven = true,
            // One that began before another one ended shows that it did not end because of how it was kept.
            KeepaliveLesson::Proven(way) if way.effort < self.effort => {
                let KeepaliveWay {
                    deadly,
                    effort,
                    timeout,
                } = *way;
                (self.deadly, self.effort, self.timeout, self.proven) = (deadly, effort, timeout, true);
                self.revision = self.revision.wrapping_add(1);
            }
            KeepaliveLesson::Ended { revision, end } if *revision == self.revision => {
                // What changes nothing of how sessions are kept leaves those that run in the right.
                if !matches!(end, KeepaliveEnd::Otherwise { .. }) {
                    self.revision = self.revision.wrapping_add(1);
                }
                self.ended(*end);
            }
            KeepaliveLesson::Proven(_) | KeepaliveLesson::Ended { .. } => {}
        }
    }

    fn way(&self) -> KeepaliveWay {
        KeepaliveWay {
            deadly: self.deadly,
            effort: self.effort,
            timeout: self.timeout,
        }
    }

    fn ended(&mut self, end: KeepaliveEnd) {
        match end {
            KeepaliveEnd::HungUp { sign, life } => {
                self.deadly.insert(sign);
                (self.last_life, self.proven) = (Some(life), false);
            }
            KeepaliveEnd::Sooner { timeout } => {
                (self.timeout, self.deadly) = (Some(timeout.max(SHORTEST)), Signs::default());
                (self.last_life, self.proven) = (None, false);
            }
            KeepaliveEnd::Dropped { life } => {
                if self.effort < MOST_EFFORT {
                    self.effort += 1;
                } else {
                    // All was tried that was not thought to be deadly: perhaps it is not, and perhaps it came too late.
                    (self.effort, self.deadly) = (1, Signs::default());
                    let timeout = self.timeout.unwrap_or(LONGEST).min(life);
                    self.timeout = Some((timeout / 2).max(SHORTEST_GUESS.min(timeout)));
                }
                (self.last_life, self.proven) = (Some(life), false);
            }
            KeepaliveEnd::Otherwise { life } => self.last_life = Some(life),
        }
    }

    fn reports(&self) -> bool {
        self.effort != WITHOUT_REPORTS && !self.deadly.contains(Sign::Report)
    }

    /// How many kinds of request take turns.
    fn turns(&self) -> usize {
        match self.effort {
            0 => 1,
            1 => 2,
            2 | 3 => 3,
            _ => 4,
        }
    }
}

/// The keepalive of one session.
#[derive(Debug)]
pub(super) struct Keepalive {
    /// As the session began.
    begun_with: KeepaliveHabits,
    /// With what it taught since.
    habits: KeepaliveHabits,
    offers_get_parameter: bool,
    /// The session timeout that is reckoned with.
    timeout: Duration,
    began: Option<Instant>,
    next: Instant,
    /// Goes at once, because the request before was not answered well.
    instead: Option<Sign>,
    /// Those of this round that were not answered well.
    tried: Signs,
    turn: usize,
    /// When each sign went for the first time in this session.
    first: [Option<Instant>; Sign::ALL.len()],
    last_media: Option<Instant>,
    longest_gap: Duration,
    over: bool,
    lessons: VecDeque<KeepaliveLesson>,
}

/// The session timeout where the device names none (RFC 2326 §12.37), and the longest that is trusted.
const LONGEST: Duration = Duration::from_secs(60);
/// The shortest that is learnt.
const SHORTEST: Duration = Duration::from_secs(2);
/// The shortest that is guessed where nothing helps.
const SHORTEST_GUESS: Duration = Duration::from_secs(8);
/// The shortest time between two keepalives.
const FASTEST: Duration = Duration::from_millis(400);
/// An end so soon after a sign is because of it.
const HANG_UP: Duration = Duration::from_secs(2);
/// Media that stayed away for so long, and for twice the longest pause before, has ended. Shorter than the time after which the
/// stream counts as failed, so that the next session knows.
const SILENCE: Duration = Duration::from_secs(8);
/// A longer life is no timeout.
const LONGEST_LIFE: Duration = Duration::from_secs(15 * 60);

impl Keepalive {
    pub fn new(habits: &KeepaliveHabits, now: Instant) -> Self {
        Self {
            begun_with: habits.clone(),
            habits: habits.clone(),
            offers_get_parameter: false,
            timeout: habits.timeout.unwrap_or(LONGEST),
            began: None,
            next: now,
            instead: None,
            tried: Signs::default(),
            turn: 0,
            first: [None; Sign::ALL.len()],
            last_media: None,
            longest_gap: Duration::ZERO,
            over: false,
            lessons: VecDeque::new(),
        }
    }

    pub fn offers_get_parameter(&mut self) {
        self.offers_get_parameter = true;
    }

    /// The device states this session timeout.
    pub fn states(&mut self, timeout: Duration, now: Instant) {
        self.timeout = timeout.min(LONGEST).min(self.habits.timeout.unwrap_or(LONGEST));
        // Some say so only when media flows already.
        self.next = self.next.min(now + self.interval());
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    pub fn sends_reports(&self) -> bool {
        self.habits.reports()
    }

    /// Media may come from now on.
    pub fn begin(&mut self, now: Instant) {
        self.began.get_or_insert(now);
        self.next = now + self.interval();
    }

    /// An RTP packet came.
    pub fn on_media(&mut self, now: Instant) {
        if let Some(last) = self.last_media {
            self.longest_gap = self.longest_gap.max(now.saturating_duration_since(last));
        }
        self.last_media = Some(now);
    }

    /// When the next request is due.
    pub fn deadline(&self) -> Instant {
        self.next
    }

    /// The request that is due. While another one waits for its reply none is.
    pub fn poll(&mut self, waits_for_reply: bool, now: Instant) -> Option<Sign> {
        if self.silent_at().is_some_and(|at| now >= at) {
            self.ended(now);
        }
        if waits_for_reply || now < self.next {
            return None;
        }
        self.note_survival(now);
        let requests = self.requests();
        let taking_turns = &requests[..requests.len().min(self.habits.turns())];
        let regular = taking_turns.get(self.turn % taking_turns.len().max(1)).copied();
        let sign = match self.instead.take() {
            Some(sign) => Some(sign),
            None => {
                self.turn = self.turn.wrapping_add(1);
                self.tried = Signs::default();
                regular
            }
        };
        self.next = now + self.interval();
        let sign = sign?;
        self.first[sign as usize].get_or_insert(now);
        Some(sign)
    }

    /// Whether the request that goes now names what was asked for in the beginning.
    pub fn names_request(&self) -> bool {
        self.habits.effort >= OTHER_ADDRESS && self.turn / 2 % 2 == 1
    }

    /// Receiver reports go now.
    pub fn reported(&mut self, now: Instant) {
        self.note_survival(now);
        self.first[Sign::Report as usize].get_or_insert(now);
    }

    /// How long a request waits for its reply: so short that the others fit before the timeout.
    pub fn patience(&self) -> Duration {
        (self.timeout / 6).clamp(FASTEST, Duration::from_secs(10))
    }

    /// The reply to a request was good.
    pub fn answered(&mut self) {
        self.tried = Signs::default();
    }

    /// A request was refused, or its reply did not come in time: another kind goes at once.
    pub fn failed(&mut self, sign: Sign, now: Instant) {
        self.tried.insert(sign);
        self.teach(KeepaliveLesson::Poor(sign));
        let requests = self.requests();
        let others = requests.iter().take(self.habits.turns().max(2));
        self.instead = others.copied().find(|other| !self.tried.contains(*other));
        if self.instead.is_some() {
            self.next = now;
        }
    }

    /// The device ended the session, or its media.
    pub fn ended(&mut self, now: Instant) {
        let silent = self.silent_at().is_some_and(|at| now >= at);
        let Some(began) = self.began.filter(|_| !std::mem::replace(&mut self.over, true)) else {
            return;
        };
        self.note_survival(now);
        let end = self.last_media.filter(|_| silent).unwrap_or(now);
        let life = end.saturating_duration_since(began);
        let revision = self.begun_with.revision;
        let end = self.judge(end, life);
        self.teach(KeepaliveLesson::Ended { revision, end });
    }

    /// The next thing that was learnt.
    pub fn next_lesson(&mut self) -> Option<KeepaliveLesson> {
        self.lessons.pop_front()
    }

    fn judge(&self, end: Instant, life: Duration) -> KeepaliveEnd {
        let before = self
            .begun_with
            .last_life
            .filter(|_| (SHORTEST..LONGEST_LIFE).contains(&life));
        let again = before.is_some_and(|before| {
            let much = (before / 7).max(Duration::from_millis(200));
            before.abs_diff(life) <= much
        });
        let is_early = |life| life < self.timeout * 3 / 4;
        let early = is_early(life);
        if let Some(sign) = self.hung_up_on(end) {
            // What ended after the same time before, when other signs were sent, was no answer to a sign.
            return match again && self.begun_with.deadly != Signs::default() {
                true => KeepaliveEnd::Sooner { timeout: life },
                false => KeepaliveEnd::HungUp { sign, life },
            };
        }
        let near = !early && life <= self.timeout * 8 / 5 + Duration::from_secs(3);
        // Two that both ended early and not after the same time: what is sent goes too rarely, now and then.
        let rarely = !self.habits.proven && before.is_some_and(is_early);
        match (near && !self.habits.proven, again) {
            (_, again) if early && (again || rarely) => KeepaliveEnd::Sooner {
                timeout: before.map_or(life, |before| before.min(life)),
            },
            (true, _) | (_, true) => KeepaliveEnd::Dropped { life },
            (false, false) => KeepaliveEnd::Otherwise { life },
        }
    }

    /// The sign that the end followed, unless it was survived before.
    fn hung_up_on(&self, end: Instant) -> Option<Sign> {
        let window = HANG_UP.min(self.interval() / 2);
        let suspects = Sign::ALL.into_iter().filter_map(|sign| {
            let sent = self.first[sign as usize].filter(|_| !self.habits.passed.contains(sign))?;
            // Media may still come for a moment after the sign that ends it.
            let close = sent <= end + window && end.saturating_duration_since(sent) <= window;
            close.then_some((sent, sign))
        });
        suspects.max_by_key(|(sent, _)| *sent).map(|(_, sign)| sign)
    }

    /// Takes note of what the session outlived.
    fn note_survival(&mut self, now: Instant) {
        let (Some(began), Some(media)) = (self.began, self.last_media) else {
            return;
        };
        for sign in Sign::ALL {
            if self.first[sign as usize].is_some_and(|sent| media > sent + HANG_UP)
                && !self.habits.passed.contains(sign)
            {
                self.teach(KeepaliveLesson::Passed(sign));
            }
        }
        let outlived = media.min(now).saturating_duration_since(began) >= self.timeout * 3;
        if outlived && !self.habits.proven {
            self.teach(KeepaliveLesson::Proven(self.begun_with.way()));
        }
    }

    /// When media counts as ended if none comes.
    pub fn silent_at(&self) -> Option<Instant> {
        let last = self.last_media.filter(|_| !self.over)?;
        Some(last + SILENCE.max(self.longest_gap * 2))
    }

    /// All kinds of request that may be sent, the best first.
    fn requests(&self) -> Vec<Sign> {
        let first = if self.offers_get_parameter {
            [Sign::GetParameter, Sign::Options]
        } else {
            [Sign::Options, Sign::GetParameter]
        };
        let all = first.into_iter().chain([Sign::SetParameter, Sign::Play]);
        let mut requests: Vec<Sign> = all.filter(|sign| !self.habits.deadly.contains(*sign)).collect();
        // Among those that take turns, so that a kind of last resort does not come before one that was merely not answered.
        let turns = requests.len().min(self.habits.turns().max(2));
        requests[..turns].sort_by_key(|sign| self.habits.poor.contains(*sign));
        requests
    }

    /// So that each kind of request comes once within the timeout. After a device hung up it is another time than before, so that
    /// a hang-up can be told from a timeout.
    fn interval(&self) -> Duration {
        let deadly = self.begun_with.deadly.iter();
        let hung_up = deadly.filter(|sign| *sign != Sign::Report).count();
        let parts = 2 * (self.habits.turns() + 1) + hung_up;
        (self.timeout * 2 / u32::try_from(parts).unwrap_or(2)).max(FASTEST)
    }

    fn teach(&mut self, lesson: KeepaliveLesson) {
        let before = self.habits.clone();
        self.habits.learn(&lesson);
        if self.habits != before {
            self.lessons.push_back(lesson);
        }
    }
}
