//! The policies of peers, each in a few lines with its constants; every stream retries by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use device::DeviceId;
use reconnect::{AttemptId, Input, LinkId, Why};

use crate::world::{Act, Client};

/// Named by their policy.
pub const PEERS: [(&str, Policy); 5] = [
    ("fixed 5 s", Policy::Fixed(5.0)),
    ("fixed 1 s", Policy::Fixed(1.0)),
    ("steps 1 s ×4, 5 s ×5, 10 s ×10, then 60 s", Policy::Steps(&STEPS)),
    (
        "exponential 1→60 s, full jitter",
        Policy::FullJitter { base: 1.0, cap: 60.0 },
    ),
    (
        "herd budget: 1→15 s ×2, then 60 s; 3 per 3 s for the fleet",
        Policy::HerdBudget,
    ),
];

const STEPS: [f64; 20] = [
    1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 60.0,
];

#[derive(Clone, Copy)]
pub enum Policy {
    /// The same wait after every failure.
    Fixed(f64),
    /// These waits in order, the last one for ever.
    Steps(&'static [f64]),
    /// Chance between 0 and a doubling wait.
    FullJitter { base: f64, cap: f64 },
    /// 1 to 15 s doubling for 8 tries, then 60 s, up to 1 s of jitter, and 3 connects per window of 3 s for the whole fleet.
    HerdBudget,
}

struct Stream {
    device: DeviceId,
    failures: u32,
    due: Option<Instant>,
}

/// A client that follows one policy.
pub struct Peer {
    policy: Policy,
    chance: fastrand::Rng,
    streams: BTreeMap<LinkId, Stream>,
    attempts: BTreeMap<AttemptId, LinkId>,
    last_attempt: u64,
    window: Option<Instant>,
    in_window: u32,
}

impl Peer {
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            chance: fastrand::Rng::with_seed(seed),
            streams: BTreeMap::new(),
            attempts: BTreeMap::new(),
            last_attempt: 0,
            window: None,
            in_window: 0,
        }
    }

    fn wait(&mut self, failures: u32) -> Duration {
        let nth = usize::try_from(failures).unwrap() - 1;
        let doubled = |base: f64, cap: f64| (base * 2_f64.powi(i32::try_from(failures).unwrap().min(30) - 1)).min(cap);
        Duration::from_secs_f64(match self.policy {
            Policy::Fixed(wait) => wait,
            Policy::Steps(steps) => steps[nth.min(steps.len() - 1)],
            Policy::FullJitter { base, cap } => doubled(base, cap) * self.chance.f64(),
            Policy::HerdBudget if failures > 8 => 60.0 + self.chance.f64(),
            Policy::HerdBudget => doubled(1.0, 15.0) + self.chance.f64(),
        })
    }

    /// When the fleet's budget lets another connect go.
    fn admitted(&mut self, now: Instant) -> Result<(), Instant> {
        if !matches!(self.policy, Policy::HerdBudget) {
            return Ok(());
        }
        let span = Duration::from_secs(3);
        match self.window {
            Some(start) if now < start + span => {
                if self.in_window >= 3 {
                    return Err(start + span);
                }
            }
            _ => {
                self.window = Some(now);
                self.in_window = 0;
            }
        }
        self.in_window += 1;
        Ok(())
    }
}

impl Client for Peer {
    fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Want { link, device, .. } => {
                self.streams.insert(
                    link,
                    Stream {
                        device,
                        failures: 0,
                        due: Some(now),
                    },
                );
            }
            Input::Playing { attempt } => {
                if let Some(stream) = self.attempts.get(&attempt).and_then(|link| self.streams.get_mut(link)) {
                    stream.failures = 0;
                }
            }
            Input::Failed { attempt, .. } => {
                let Some(link) = self.attempts.remove(&attempt) else {
                    return;
                };
                let failures = self.streams[&link].failures + 1;
                let wait = self.wait(failures);
                if let Some(stream) = self.streams.get_mut(&link) {
                    stream.failures = failures;
                    stream.due = Some(now + wait);
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, now: Instant) -> Act {
        let next = self
            .streams
            .iter()
            .filter_map(|(link, stream)| Some((stream.due?, *link)))
            .min();
        let Some((due, link)) = next else {
            return Act::Sleep(None);
        };
        if due > now {
            return Act::Sleep(Some(due));
        }
        if let Err(at) = self.admitted(now) {
            return Act::Sleep(Some(at));
        }
        self.last_attempt += 1;
        let attempt = AttemptId(self.last_attempt);
        self.attempts.insert(attempt, link);
        let stream = self.streams.get_mut(&link).unwrap();
        stream.due = None;
        Act::Dial {
            attempt,
            link,
            device: stream.device,
            road: 0,
            why: Why::Retry,
            reuse_port: false,
        }
    }
}
