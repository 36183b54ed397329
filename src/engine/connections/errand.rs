//! An errand: one connect that is not to a recorder, by the same dial and governor as everything else. For the machine it is a
//! device at a site of its own.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::super::budget_keeper::OnDisk;
use super::{Connections, ConnectionsEffect};
use crate::net::{LocalPort, Target, Trust};
use device::{Carrier, DeviceId, Host, SiteId};
use reconnect::{AttemptId, Dial, Failure, Input, LinkId, Permit, Rank};

/// Set in the identity of what errands go to, as of a tested device; what follows tells the one from the other.
const ERRAND_BITS: u64 = 3 << 62;

/// The site of all errands. Those of the registry are random.
const NOWHERE: SiteId = SiteId(u64::MAX);

/// Where an errand goes.
#[derive(Clone, Debug)]
pub(in crate::engine) struct ErrandTo {
    pub host: Host,
    pub port: u16,
    /// In TLS, with a server that an authority vouches for.
    pub secure: bool,
}

/// An errand that may be done now.
pub(in crate::engine) struct Granted {
    pub attempt: AttemptId,
    pub permit: Permit,
    /// That it counts as spent, which must be on disk before its first packet.
    pub counted: OnDisk,
    pub target: Target,
}

/// The errand that is wanted.
pub(super) struct Errand {
    link: LinkId,
    to: ErrandTo,
    /// Once it may be done.
    attempt: Option<AttemptId>,
}

impl Connections {
    /// Wants one connect, in place of an earlier errand. It is granted by [`ConnectionsEffect::Errand`].
    pub(in crate::engine) fn begin_errand(&mut self, to: ErrandTo, now: Instant) {
        self.end_errand(now);
        let recorder = recorder_of(&to.host, to.port);
        // The same for the same server, so that clicking again and again is held back like any retry.
        let device = DeviceId(recorder | ERRAND_BITS);
        if let Some(before) = self.last_errand.replace(device).filter(|before| *before != device) {
            self.machine.handle(Input::DeviceRemoved(before), now);
        }
        let link = LinkId(self.fresh_id());
        let revision = self.fresh_id();
        self.machine.handle(
            Input::Device {
                id: device,
                site: NOWHERE,
                address: to.host.ip(),
                recorder,
                revision,
            },
            now,
        );
        let rank = Rank::Selected;
        self.errand = Some(Errand {
            link,
            to,
            attempt: None,
        });
        self.machine.handle(Input::Want { link, device, rank }, now);
        self.machine.handle(Input::RetryNow(device), now);
    }

    /// Wants it no longer.
    pub(in crate::engine) fn end_errand(&mut self, now: Instant) {
        if let Some(errand) = self.errand.take() {
            self.machine.handle(Input::Unwant(errand.link), now);
        }
    }

    /// Whether this permit is for the errand.
    pub(super) fn is_errand(&self, link: LinkId) -> bool {
        self.errand.as_ref().is_some_and(|errand| errand.link == link)
    }

    pub(super) fn grant_errand(&mut self, dial: Dial, now: Instant) {
        self.keep_budget(now);
        let Some(Errand { to, attempt, .. }) = &mut self.errand else {
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
        self.effects.push_back(ConnectionsEffect::Errand(Box::new(granted)));
    }

    /// The errand has reached its server.
    pub(in crate::engine) fn errand_connected(&mut self, attempt: AttemptId, address: IpAddr, now: Instant) {
        self.machine.handle(Input::Connected { attempt, address }, now);
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
        if self
            .errand
            .as_ref()
            .is_some_and(|errand| errand.attempt == Some(attempt))
        {
            self.end_errand(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::clock;
    use super::super::super::rig::Rig;
    use super::*;

    fn granted(connections: &mut Connections) -> Granted {
        connections.poll_machine(clock::now());
        let effects = std::iter::from_fn(|| connections.poll_effect());
        let granted = effects.filter_map(|effect| match effect {
            ConnectionsEffect::Errand(granted) => Some(*granted),
            _ => None,
        });
        granted.last().expect("a permit")
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_of_an_earlier_errand_ends_no_later_one() {
        let mut rig = Rig::new().await;
        let to = ErrandTo {
            host: "192.0.2.7".parse().unwrap(),
            port: 80,
            secure: false,
        };
        let connections = rig.core.connections();
        connections.begin_errand(to.clone(), clock::now());
        let first = granted(connections);
        assert_eq!(connections.machine().totals().half_open, 1);
        connections.begin_errand(to, clock::now());
        connections.errand_done(first.attempt, Ok(()), clock::now());
        assert!(connections.errand.is_some());
        connections.end_errand(clock::now());
        assert_eq!(connections.machine().totals().half_open, 0);
    }
}
