//! An errand: one connect that is not to a recorder, by the same dial and governor as everything else. For the machine it is a
//! device at a site of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::super::budget_keeper::OnDisk;
use super::{Connections, ConnectionsEffect};
use crate::net::{LocalPort, Target, Trust};
use device::{Carrier, DeviceId, Host, SiteId};
use events::Messenger;
use reconnect::{AttemptId, Dial, Failure, Input, LinkId, Permit, Rank};

/// Set in the identity of what errands go to, as of a tested device; what follows tells the one from the other.
const ERRAND_BITS: u64 = 3 << 62;

/// Whose errand it is. Each has one at a time, and a site of its own, so that one server that is down holds up no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum ErrandOf {
    /// The question whether there is a newer version.
    Update,
    /// What is said of events.
    Messenger(Messenger),
    /// The status feed of a site.
    Feed(SiteId),
}

impl ErrandOf {
    /// The sites of the registry are random.
    fn site(self) -> SiteId {
        SiteId(match self {
            Self::Update => u64::MAX,
            Self::Messenger(Messenger::Mail) => u64::MAX - 1,
            Self::Messenger(Messenger::Webhook) => u64::MAX - 2,
            Self::Messenger(Messenger::Syslog) => u64::MAX - 3,
            // A site of its own beside the one that it is about, so that neither's budget is the other's.
            Self::Feed(site) => !site.0,
        })
    }
}

/// Where an errand goes.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ErrandTo {
    pub host: Host,
    pub port: u16,
    /// In TLS, with a server that an authority vouches for.
    pub secure: bool,
    /// A person waits for it.
    pub by_hand: bool,
}

/// An errand that may be done now.
pub(in crate::engine) struct Granted {
    pub attempt: AttemptId,
    pub permit: Permit,
    /// That it counts as spent, which must be on disk before its first packet.
    pub counted: OnDisk,
    pub target: Target,
}

/// An errand that is wanted.
pub(super) struct Errand {
    link: LinkId,
    to: ErrandTo,
    /// Once it may be done.
    attempt: Option<AttemptId>,
}

/// The errands that are wanted, and where the last of each went: the machine keeps that, so that asking again and again is held back.
#[derive(Default)]
pub(super) struct Errands {
    wanted: BTreeMap<ErrandOf, Errand>,
    last: BTreeMap<ErrandOf, DeviceId>,
}

impl Errands {
    fn of_link(&self, link: LinkId) -> Option<ErrandOf> {
        let mut wanted = self.wanted.iter();
        wanted.find_map(|(of, errand)| (errand.link == link).then_some(*of))
    }

    fn of_attempt(&self, attempt: AttemptId) -> Option<ErrandOf> {
        let mut wanted = self.wanted.iter();
        wanted.find_map(|(of, errand)| (errand.attempt == Some(attempt)).then_some(*of))
    }
}

impl Connections {
    /// Wants one connect, in place of an earlier errand of the same. It is granted by [`ConnectionsEffect::Errand`].
    pub(in crate::engine) fn begin_errand(&mut self, of: ErrandOf, to: ErrandTo, now: Instant) {
        self.end_errand(of, now);
        let recorder = recorder_of(&to.host, to.port);
        // The same for the same server, so that clicking again and again is held back like any retry.
        let device = DeviceId(recorder.wrapping_add(of.site().0) | ERRAND_BITS);
        if let Some(before) = self.errands.last.insert(of, device).filter(|before| *before != device) {
            self.machine.handle(Input::DeviceRemoved(before), now);
        }
        let link = LinkId(self.fresh_id());
        let revision = self.fresh_id();
        self.machine.handle(
            Input::Device {
                id: device,
                site: of.site(),
                address: to.host.ip(),
                recorder,
                revision,
            },
            now,
        );
        let rank = if to.by_hand { Rank::Selected } else { Rank::Background };
        let by_hand = to.by_hand;
        let errand = Errand {
            link,
            to,
            attempt: None,
        };
        self.errands.wanted.insert(of, errand);
        self.machine.handle(Input::Want { link, device, rank }, now);
        if by_hand {
            self.machine.handle(Input::RetryNow(device), now);
        }
    }

    /// Wants it no longer.
    pub(in crate::engine) fn end_errand(&mut self, of: ErrandOf, now: Instant) {
        if let Some(errand) = self.errands.wanted.remove(&of) {
            self.machine.handle(Input::Unwant(errand.link), now);
        }
    }

    /// Whether this permit is for an errand.
    pub(super) fn is_errand(&self, link: LinkId) -> bool {
        self.errands.of_link(link).is_some()
    }

    pub(super) fn grant_errand(&mut self, dial: Dial, now: Instant) {
        self.keep_budget(now);
        let Some(of) = self.errands.of_link(dial.link) else {
            return;
        };
        let Some(Errand { to, attempt, .. }) = self.errands.wanted.get_mut(&of) else {
            return;
        };
        *attempt = Some(dial.attempt);
        let granted = Granted {
            attempt: dial.attempt,
            permit: dial.permit,
            counted: self.means.budget.on_disk(self.spent_revision),
            target: Target {
                host: to.host.clone(),
                port: to.port,
                // What they call the same connection without RTSP.
                carrier: if to.secure { Carrier::Rtsps } else { Carrier::Rtsp },
                trust: Trust::Authorities,
                policy: Arc::clone(&self.policy),
                local_port: LocalPort::Any,
                turn: 0,
            },
        };
        self.dials.push_back(now);
        self.effects.push_back(ConnectionsEffect::Errand(of, Box::new(granted)));
    }

    /// The errand has reached its server.
    pub(in crate::engine) fn errand_connected(&mut self, attempt: AttemptId, address: IpAddr, now: Instant) {
        self.machine.handle(Input::Connected { attempt, address }, now);
    }

    /// Its server was reached and takes its time; an errand that is over waits for nothing.
    pub(in crate::engine) fn errand_waits(&mut self, attempt: AttemptId, now: Instant) {
        self.machine.handle(Input::Waits { attempt }, now);
    }

    /// The errand is done, well or not.
    pub(in crate::engine) fn errand_done(
        &mut self,
        attempt: AttemptId,
        result: Result<(), (Option<IpAddr>, Failure)>,
        now: Instant,
    ) {
        let input = match result {
            Ok(()) => Input::Playing { attempt },
            Err((address, failure)) => Input::Failed {
                attempt,
                address,
                failure,
            },
        };
        self.machine.handle(input, now);
        // The answer of an earlier one is nobody's.
        if let Some(of) = self.errands.of_attempt(attempt) {
            self.end_errand(of, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::clock;
    use super::super::super::rig::Rig;
    use super::*;

    /// The next permit, within a minute of held time.
    async fn granted(connections: &mut Connections) -> Granted {
        for _ in 0..60 {
            connections.poll_machine(clock::now());
            let effects = std::iter::from_fn(|| connections.poll_effect());
            let granted = effects.filter_map(|effect| match effect {
                ConnectionsEffect::Errand(_, granted) => Some(*granted),
                _ => None,
            });
            if let Some(granted) = granted.last() {
                return granted;
            }
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
        }
        panic!("no permit in a minute");
    }

    #[tokio::test(start_paused = true)]
    async fn errands_of_two_go_side_by_side_and_each_ends_its_own() {
        let mut rig = Rig::new().await;
        let to = |host: &str| ErrandTo {
            host: host.parse().unwrap(),
            port: 25,
            secure: false,
            by_hand: false,
        };
        let (mail, syslog) = (
            ErrandOf::Messenger(Messenger::Mail),
            ErrandOf::Messenger(Messenger::Syslog),
        );
        let connections = rig.core.connections();
        connections.begin_errand(mail, to("192.0.2.7"), clock::now());
        let first = granted(connections).await;
        connections.begin_errand(syslog, to("192.0.2.8"), clock::now());
        let second = granted(connections).await;
        assert_eq!(second.target.host.to_string(), "192.0.2.8");
        connections.errand_done(first.attempt, Ok(()), clock::now());
        let wanted: Vec<ErrandOf> = connections.errands.wanted.keys().copied().collect();
        assert_eq!(wanted, [syslog]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_of_an_earlier_errand_ends_no_later_one() {
        let mut rig = Rig::new().await;
        let to = ErrandTo {
            host: "192.0.2.7".parse().unwrap(),
            port: 80,
            secure: false,
            by_hand: true,
        };
        let connections = rig.core.connections();
        connections.begin_errand(ErrandOf::Update, to.clone(), clock::now());
        let first = granted(connections).await;
        assert_eq!(connections.machine().totals().half_open, 1);
        connections.begin_errand(ErrandOf::Update, to, clock::now());
        connections.errand_done(first.attempt, Ok(()), clock::now());
        assert!(connections.errands.wanted.contains_key(&ErrandOf::Update));
        connections.end_errand(ErrandOf::Update, clock::now());
        assert_eq!(connections.machine().totals().half_open, 0);
    }
}
