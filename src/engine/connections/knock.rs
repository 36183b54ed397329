//! A knock: one connect that asks whether anybody is there, for a find. Like an errand it has a permit of the governor. For the machine each
//! address is a device at a site of its own, so that addresses at which nobody is are no outage of anybody.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::errand::Granted;
use super::{Connections, ConnectionsEffect};
use crate::net::{LocalPort, Target, Trust};
use device::{Carrier, DeviceId, Host, SiteId};
use discovery::Knocked;
use reconnect::{AttemptId, Dial, Failure, FailureKind, Input, LinkId, Rank};

/// Set in the identity of what knocks go to, as of errands; their recorder, with another port, tells them apart.
const KNOCK_BITS: u64 = 3 << 62;

/// A knock that is wanted.
pub(super) struct Knock {
    link: LinkId,
    device: DeviceId,
    ip: IpAddr,
    port: u16,
    /// Once it may be done.
    attempt: Option<AttemptId>,
}

impl Connections {
    /// Wants one connect to a port. It is granted by [`ConnectionsEffect::Knock`].
    pub(in crate::engine) fn begin_knock(&mut self, ip: IpAddr, port: u16, now: Instant) {
        let host = Host::Ip(ip);
        let recorder = recorder_of(&host, port);
        let device = DeviceId(recorder | KNOCK_BITS);
        let (link, revision) = (LinkId(self.fresh_id()), self.fresh_id());
        self.machine.handle(
            Input::Device {
                id: device,
                // Random ones of the registry have other bits nearly always; what they share is a budget for a moment.
                site: SiteId(recorder | KNOCK_BITS),
                address: Some(ip),
                recorder,
                revision,
            },
            now,
        );
        let rank = Rank::Selected;
        self.knocks.push(Knock {
            link,
            device,
            ip,
            port,
            attempt: None,
        });
        self.machine.handle(Input::Want { link, device, rank }, now);
    }

    /// Wants none of them any longer.
    pub(in crate::engine) fn end_knocks(&mut self, now: Instant) {
        for knock in std::mem::take(&mut self.knocks) {
            self.forget_knock(&knock, now);
        }
    }

    fn forget_knock(&mut self, knock: &Knock, now: Instant) {
        self.machine.handle(Input::Unwant(knock.link), now);
        self.machine.handle(Input::DeviceRemoved(knock.device), now);
    }

    /// Grants a permit, if it is for a knock; else it comes back.
    pub(super) fn grant_knock(&mut self, dial: Dial, now: Instant) -> Option<Dial> {
        let Some(at) = self.knocks.iter().position(|knock| knock.link == dial.link) else {
            return Some(dial);
        };
        self.keep_budget(now);
        let knock = &mut self.knocks[at];
        knock.attempt = Some(dial.attempt);
        let granted = Granted {
            attempt: dial.attempt,
            permit: dial.permit,
            counted: self.means.budget.on_disk(self.spent_revision),
            target: Target {
                host: Host::Ip(knock.ip),
                port: knock.port,
                carrier: Carrier::Rtsp,
                trust: Trust::FirstUse,
                policy: Arc::clone(&self.policy),
                local_port: LocalPort::Any,
                turn: 0,
            },
        };
        self.dials.push_back(now);
        self.effects.push_back(ConnectionsEffect::Knock(Box::new(granted)));
        None
    }

    /// What came of a knock: its address and port, unless nobody wants it any more.
    pub(in crate::engine) fn knock_done(
        &mut self,
        attempt: AttemptId,
        result: Result<IpAddr, (Option<IpAddr>, Failure)>,
        now: Instant,
    ) -> Option<(IpAddr, u16, Knocked)> {
        if self.looked(attempt, &result, now) {
            return None;
        }
        let knocked = match &result {
            Ok(_) => Knocked::Open,
            Err((_, failure)) if failure.kind == FailureKind::Refused => Knocked::Refused,
            Err(_) => Knocked::Silent,
        };
        match result {
            Ok(address) => {
                self.machine.handle(Input::Connected { attempt, address }, now);
                self.machine.handle(Input::Playing { attempt }, now);
            }
            Err((address, failure)) => {
                let input = Input::Failed {
                    attempt,
                    address,
                    failure,
                };
                self.machine.handle(input, now);
            }
        }
        let at = self.knocks.iter().position(|knock| knock.attempt == Some(attempt))?;
        let knock = self.knocks.swap_remove(at);
        self.forget_knock(&knock, now);
        Some((knock.ip, knock.port, knocked))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::clock;
    use super::super::super::failure::failure;
    use super::super::super::rig::Rig;
    use super::*;
    use discovery::Knocks;
    use reconnect::Stage;

    #[tokio::test(start_paused = true)]
    async fn addresses_at_which_nobody_is_cost_what_was_said_and_no_more_than_the_budget() {
        const TAKES: Duration = Duration::from_millis(1_800);
        let mut rig = Rig::new().await;
        let connections = rig.core.connections();
        let addresses: Vec<IpAddr> = (1..=30).map(|last| IpAddr::from([192, 0, 2, last])).collect();
        let mut knocks = Knocks::new(&addresses);
        let start = clock::now();
        let (mut now, mut sent, mut under_way) = (start, Vec::new(), Vec::new());
        while !knocks.is_over() {
            while let Some((ip, port)) = knocks.begin_next() {
                connections.begin_knock(ip, port, now);
            }
            let wake = connections.poll_machine(now);
            while let Some(effect) = connections.poll_effect() {
                if let ConnectionsEffect::Knock(granted) = effect {
                    sent.push(now);
                    under_way.push((now + TAKES, granted.attempt));
                }
            }
            assert!(connections.machine().totals().half_open <= 4);
            let ends = under_way.iter().map(|(at, _)| *at).min();
            now = [wake, ends]
                .into_iter()
                .flatten()
                .min()
                .expect("something comes")
                .max(now);
            let (ended, rest) = under_way.into_iter().partition::<Vec<_>, _>(|(at, _)| *at <= now);
            under_way = rest;
            for (_, attempt) in ended {
                let timeout = failure(FailureKind::Timeout, Stage::Connect, "");
                let done = connections.knock_done(attempt, Err((None, timeout)), now);
                let (ip, port, knocked) = done.expect("it is wanted");
                knocks.ended(ip, port, knocked);
            }
        }
        assert_eq!(sent.len(), 60);
        let most = sent.iter().map(|from| {
            let minute = |at: &&Instant| **at >= *from && **at < *from + Duration::from_secs(60);
            sent.iter().filter(minute).count()
        });
        assert!(most.max().is_some_and(|most| most <= 30));
        let (_, said) = Knocks::cost(addresses.len());
        assert!(now - start <= said * 2, "{:?} instead of {said:?}", now - start);
        assert_eq!(connections.machine().totals().half_open, 0);
    }
}
