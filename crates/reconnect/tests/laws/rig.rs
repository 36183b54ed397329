//! The machine alone, with scripted answers: for what no world of sites and routers would do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use device::{DeviceId, SiteId};
use reconnect::{AttemptId, Failure, FailureKind, Input, Limits, LinkId, Machine, Output, Rank, SiteState, Stage};

use super::world::seconds;

/// What becomes of one dial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Fails so after this many seconds.
    Fails(FailureKind, Stage, f64),
    /// Connects, and nothing follows.
    Hangs,
    /// Connects, says nothing for this long while it is waited for, then fails or plays.
    FailsWaiting(f64),
    PlaysWaiting(f64),
    /// Plays until somebody ends it.
    Plays,
    /// Plays, but only after this many seconds.
    PlaysLate(f64),
    /// Plays for this many seconds, then is lost.
    PlaysFor(f64),
    Redirects,
}

pub const TIMEOUT: Answer = Answer::Fails(FailureKind::Timeout, Stage::Connect, 1.8);
pub const REFUSED: Answer = Answer::Fails(FailureKind::Refused, Stage::Connect, 0.02);
pub const NO_ROUTE: Answer = Answer::Fails(FailureKind::NoRoute, Stage::Connect, 0.0);

#[derive(Clone, Copy, Debug)]
pub struct Dialled {
    pub at: f64,
    pub device: u64,
    pub attempt: AttemptId,
}

/// Devices, links and sites are plain numbers; times are seconds since the start.
pub struct Rig {
    pub machine: Machine,
    pub dials: Vec<Dialled>,
    pub playing: BTreeMap<u64, AttemptId>,
    pub aborted: usize,
    pub changes: usize,
    now: Instant,
    base: Instant,
    pending: BTreeMap<(Instant, u64), Input>,
    last: u64,
    answer: Box<dyn Fn(u64, usize, f64) -> Answer>,
}

impl Rig {
    /// `answer`: of a device, to its nth dial (from 1), at this time.
    pub fn new(seed: u64, answer: impl Fn(u64, usize, f64) -> Answer + 'static) -> Self {
        let now = Instant::now();
        Self {
            machine: Machine::new(seed, Limits::default(), now),
            dials: Vec::new(),
            playing: BTreeMap::new(),
            aborted: 0,
            changes: 0,
            now,
            base: now,
            pending: BTreeMap::new(),
            last: 0,
            answer: Box::new(answer),
        }
    }

    /// Registers devices 1 to `count`, dealt to this many sites, each with one link of its own number.
    pub fn sites(&mut self, count: u64, sites: u64) {
        for device in 1..=count {
            self.device(device, 1 + device % sites, Some(&address(device)), 1);
            self.want(device, device);
        }
    }

    pub fn device(&mut self, id: u64, site: u64, address: Option<&str>, revision: u64) {
        self.entry(id, site, address, id, revision);
    }

    /// A device that is an entry of this recorder.
    pub fn entry(&mut self, id: u64, site: u64, address: Option<&str>, recorder: u64, revision: u64) {
        self.tell(Input::Device {
            id: DeviceId(id),
            site: SiteId(site),
            address: address.map(|text| text.parse().unwrap()),
            recorder,
            revision,
        });
    }

    pub fn want(&mut self, link: u64, device: u64) {
        self.tell(Input::Want {
            link: LinkId(link),
            device: DeviceId(device),
            rank: Rank::Visible,
        });
    }

    pub fn unwant(&mut self, link: u64) {
        self.playing.remove(&link);
        self.tell(Input::Unwant(LinkId(link)));
    }

    pub fn tell(&mut self, input: Input) {
        self.machine.handle(input, self.now);
    }

    /// Every stream falls silent, and 10 s later it is called lost.
    pub fn fall_silent(&mut self) {
        let silent = std::mem::take(&mut self.playing);
        self.run(self.time() + 10.0);
        for attempt in silent.into_values() {
            self.tell(failed(attempt, FailureKind::Timeout, Stage::Media));
        }
    }

    /// What the engine says of a refused connect to a name, once it knows where that led.
    pub fn refusal_from(&self, dial: Dialled, place: &str) -> Input {
        Input::Failed {
            attempt: dial.attempt,
            address: Some(place.parse().unwrap()),
            failure: Failure {
                kind: FailureKind::Refused,
                stage: Stage::Connect,
                detail: String::new(),
            },
        }
    }

    pub fn instant(&self) -> Instant {
        self.now
    }

    /// The program dies and is away for this long: what was under way comes to nothing.
    pub fn kill(&mut self, away: f64) {
        self.pending.clear();
        self.playing.clear();
        self.now += seconds(away);
    }

    pub fn time(&self) -> f64 {
        (self.now - self.base).as_secs_f64()
    }

    pub fn state(&self, site: u64) -> SiteState {
        self.machine.site(SiteId(site)).unwrap().state
    }

    /// Dials that began in this span.
    pub fn dialled(&self, from: f64, to: f64) -> usize {
        self.dials.iter().filter(|dial| dial.at >= from && dial.at < to).count()
    }

    /// The most dials in any window of this length, of those that `counts`.
    pub fn most_within(&self, window: f64, counts: impl Fn(&Dialled) -> bool) -> u32 {
        let times = self
            .dials
            .iter()
            .filter(|dial| counts(dial))
            .map(|dial| seconds(dial.at));
        super::law::most_within(times.collect(), seconds(window))
    }

    pub fn run(&mut self, until: f64) {
        let end = self.base + seconds(until);
        loop {
            let wake = self.drain();
            let next = self.pending.keys().next().map(|(at, _)| *at);
            let Some(at) = [wake, next].into_iter().flatten().min().filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(at);
            if next.is_some_and(|at| at <= self.now)
                && let Some((_, input)) = self.pending.pop_first()
            {
                self.arrive(input);
            }
        }
    }

    /// Runs until something is dialled.
    pub fn run_to_next_dial(&mut self) -> Dialled {
        let before = self.dials.len();
        for _ in 0..100_000 {
            if let Some(dial) = self.dials.get(before) {
                return *dial;
            }
            self.run(self.time() + 0.01);
        }
        panic!("nothing is dialled in 1,000 s");
    }

    fn arrive(&mut self, input: Input) {
        if let Input::Media { attempt } = input {
            if !self.playing.values().any(|other| *other == attempt) {
                return;
            }
            self.later(1.0, Input::Media { attempt });
        }
        if let Input::Failed { attempt, .. } = input {
            self.playing.retain(|_, other| *other != attempt);
        }
        self.tell(input);
    }

    fn drain(&mut self) -> Option<Instant> {
        for _ in 0..100_000 {
            match self.machine.poll(self.now) {
                Output::Dial(dial) => self.dial(dial.link.0, dial.device.0, dial.attempt),
                Output::Abort(attempt) => {
                    self.aborted += 1;
                    self.playing.retain(|_, other| *other != attempt);
                }
                Output::SiteChanged(_) | Output::Road(_) => self.changes += 1,
                Output::Sleep { until, .. } => {
                    assert!(until.is_none_or(|until| until > self.now), "Sleep.until is in the past");
                    return until;
                }
            }
        }
        panic!("the machine never sleeps");
    }

    fn dial(&mut self, link: u64, device: u64, attempt: AttemptId) {
        let at = self.time();
        self.dials.push(Dialled { at, device, attempt });
        let nth = self.dials.iter().filter(|dial| dial.device == device).count();
        let elsewhere: IpAddr = "10.9.9.9".parse().unwrap();
        match (self.answer)(device, nth, at) {
            Answer::Fails(kind, stage, after) => self.later(after, failed(attempt, kind, stage)),
            Answer::Hangs => self.later(
                0.02,
                Input::Connected {
                    attempt,
                    address: address(device).parse().unwrap(),
                },
            ),
            Answer::FailsWaiting(after) => {
                self.waits(device, attempt);
                self.later(after, failed(attempt, FailureKind::Timeout, Stage::Describe));
            }
            Answer::PlaysWaiting(after) => {
                self.playing.insert(link, attempt);
                self.waits(device, attempt);
                self.later(after, Input::Playing { attempt });
                self.later(after + 1.0, Input::Media { attempt });
            }
            Answer::Plays => {
                self.playing.insert(link, attempt);
                self.later(0.15, Input::Playing { attempt });
                self.later(1.15, Input::Media { attempt });
            }
            Answer::PlaysLate(after) => {
                self.playing.insert(link, attempt);
                self.later(after, Input::Playing { attempt });
                self.later(after + 1.0, Input::Media { attempt });
            }
            Answer::PlaysFor(span) => {
                self.playing.insert(link, attempt);
                self.later(0.15, Input::Playing { attempt });
                self.later(0.65, Input::Media { attempt });
                self.later(0.15 + span, failed(attempt, FailureKind::Protocol, Stage::Media));
            }
            Answer::Redirects => self.later(
                0.1,
                Input::Redirected {
                    attempt,
                    address: elsewhere,
                },
            ),
        }
    }

    /// It accepts the connection, and after 5 s it is said that it is still waited for.
    fn waits(&mut self, device: u64, attempt: AttemptId) {
        let address = address(device).parse().unwrap();
        self.later(0.02, Input::Connected { attempt, address });
        self.later(5.0, Input::Waits { attempt });
    }

    fn later(&mut self, after: f64, input: Input) {
        self.last += 1;
        self.pending
            .insert((self.now + Duration::from_secs_f64(after), self.last), input);
    }
}

pub fn address(device: u64) -> String {
    format!("10.0.{}.{}", device / 250, device % 250 + 1)
}

fn failed(attempt: AttemptId, kind: FailureKind, stage: Stage) -> Input {
    Input::Failed {
        attempt,
        address: None,
        failure: Failure {
            kind,
            stage,
            detail: String::new(),
        },
    }
}
