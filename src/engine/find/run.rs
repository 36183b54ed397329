//! A find under way: it does what the scan says, with the sockets of `net`, and tells what comes back.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::super::clock;
use crate::net::{OwnAddress, Policy, ProbedBy, Probes, Sent, follow_own_addresses};
use device::Host;
use discovery::{ProbeAnswer, ProbeIds, ProbeKind, Ranges, Scan, ScanProgress, ScanStep, Way, read_answers};

/// So often it tells how far it is, and what it has heard.
const TELLS: Duration = Duration::from_millis(200);

/// How long the system may take to say which addresses this computer has.
const ADDRESSES: Duration = Duration::from_secs(2);

/// The most datagrams of one sender that are read, and of all: who floods is not listened to.
const MOST_OF_ONE: u32 = 64;
const MOST_OF_ALL: u32 = 50_000;

/// Where to look, and what holds it back.
#[derive(Clone, Debug)]
pub(super) struct FindPlan {
    pub ranges: Ranges,
    /// A person waits for it.
    pub hurried: bool,
    pub policy: Arc<ArcSwap<Policy>>,
}

/// What a find tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum FindNews {
    /// The addresses of this computer from which the group is asked.
    AskedFrom(Vec<IpAddr>),
    Heard(Vec<(ProbeAnswer, Host, Way)>),
    Progress {
        progress: ScanProgress,
        /// Addresses that the policy forbids.
        forbidden: usize,
    },
    /// The addresses of the ranges that were asked and stayed silent.
    Silent(Vec<IpAddr>),
    Done,
}

/// Looks for recorders until everybody was asked and answers were waited for. Ends early where `tell` says that nobody listens.
pub(super) async fn run_find<F>(plan: FindPlan, tell: impl Fn(FindNews) -> F)
where
    F: Future<Output = bool>,
{
    let (changed, mut own) = watch::channel(None::<Vec<OwnAddress>>);
    let follow = follow_own_addresses(|now| {
        changed.send_if_modified(|known| {
            let differs = known.as_ref() != Some(&now);
            *known = Some(now);
            differs
        });
    });
    let find = async {
        // Without an answer single addresses are asked all the same.
        tokio::time::timeout(ADDRESSES, own.changed()).await.ok();
        find(&plan, &mut own, &tell).await;
    };
    tokio::select! {
        () = find => {}
        // Where the system tells nothing more, the find goes on with what it knows.
        _never = async { follow.await.ok(); std::future::pending::<()>().await } => {}
    }
}

async fn find<F>(plan: &FindPlan, own: &mut watch::Receiver<Option<Vec<OwnAddress>>>, tell: &impl Fn(FindNews) -> F)
where
    F: Future<Output = bool>,
{
    let mut addresses = own.borrow_and_update().clone().unwrap_or_default();
    let mut probes = Probes::open(&addresses, Arc::clone(&plan.policy));
    tell(FindNews::AskedFrom(probes.asks_from().collect())).await;
    let ids = ProbeIds {
        transmitter: fastrand::u128(..),
        device: fastrand::u128(..),
    };
    let texts = ProbeKind::ALL.map(|kind| ids.datagram(kind).into_bytes());
    let text = |kind: ProbeKind| match kind {
        ProbeKind::Transmitter => &texts[0],
        ProbeKind::Device => &texts[1],
    };
    let mut scan = Scan::new(&plan.ranges, true, plan.hurried, clock::now());
    let mut heard = Heard::default();
    let mut forbidden = HashSet::new();
    let mut told = clock::now();
    loop {
        let now = clock::now();
        if now.saturating_duration_since(told) >= TELLS {
            told = now;
            let progress = FindNews::Progress {
                progress: scan.progress(now),
                forbidden: forbidden.len(),
            };
            let fresh = heard.take();
            if !fresh.is_empty() && !tell(FindNews::Heard(fresh)).await || !tell(progress).await {
                return;
            }
        }
        match scan.poll(now) {
            ScanStep::ToGroup(kind) => {
                probes.ask_group(text(kind));
            }
            ScanStep::ToAddress(ip, kind) => {
                if probes.ask(ip, text(kind)) == Sent::Forbidden {
                    forbidden.insert(ip);
                    // It is not looked at again.
                    scan.answered(ip);
                }
            }
            ScanStep::Done => break,
            ScanStep::Wait(until) => {
                let until = until.min(told + TELLS);
                tokio::select! {
                    (datagram, from, asked) = probes.receive() => {
                        if heard.take_in(&datagram, from, asked, &addresses) {
                            scan.answered(from.ip().to_canonical());
                        }
                    }
                    Ok(()) = own.changed() => {
                        addresses = own.borrow_and_update().clone().unwrap_or_default();
                        probes.set_own(&addresses);
                        scan.links_changed(clock::now());
                        tell(FindNews::AskedFrom(probes.asks_from().collect())).await;
                    }
                    () = tokio::time::sleep_until(until.into()) => {}
                }
            }
        }
    }
    let progress = scan.progress(clock::now());
    let fresh = heard.take();
    let last = [
        FindNews::Heard(fresh),
        FindNews::Progress {
            progress,
            forbidden: forbidden.len(),
        },
        FindNews::Silent(scan.silent()),
        FindNews::Done,
    ];
    for news in last {
        tell(news).await;
    }
}

/// What came in and was not told yet.
#[derive(Default)]
struct Heard {
    fresh: Vec<(ProbeAnswer, Host, Way)>,
    senders: HashMap<IpAddr, u32>,
    all: u32,
}

impl Heard {
    /// Reads a datagram; whether a recorder sent it.
    fn take_in(&mut self, datagram: &[u8], from: SocketAddr, asked: ProbedBy, own: &[OwnAddress]) -> bool {
        let ip = from.ip().to_canonical();
        self.all += 1;
        let of_this = self.senders.entry(ip).or_default();
        *of_this += 1;
        if *of_this > MOST_OF_ONE || self.all > MOST_OF_ALL {
            return false;
        }
        let answers = read_answers(datagram, ip);
        let Some(host) = host(from) else { return false };
        let way = match asked {
            ProbedBy::Address => Way::Asked,
            ProbedBy::Group if own.iter().any(|own| own.is_beside(ip)) => Way::Group,
            ProbedBy::Group => Way::Elsewhere,
        };
        let any = !answers.is_empty();
        let answers = answers.into_iter().map(|answer| (answer, host.clone(), way));
        self.fresh.extend(answers);
        any
    }

    fn take(&mut self) -> Vec<(ProbeAnswer, Host, Way)> {
        std::mem::take(&mut self.fresh)
    }
}

/// The sender as a host that can be dialled: a link-local address with its interface.
fn host(from: SocketAddr) -> Option<Host> {
    match from {
        SocketAddr::V6(from) if from.ip().is_unicast_link_local() => {
            (from.scope_id() > 0).then(|| Host::Zoned(*from.ip(), from.scope_id().to_string()))
        }
        from => Some(Host::Ip(from.ip().to_canonical())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_floods_is_not_listened_to_and_who_is_elsewhere_is_told() {
        let own = [OwnAddress {
            interface: 2,
            ip: "192.168.1.9".parse().unwrap(),
            prefix: 24,
            multicasts: true,
        }];
        let text = b"<ProbeMatch><Types>tds:Device</Types></ProbeMatch>";
        let mut heard = Heard::default();
        for _ in 0..1_000 {
            heard.take_in(text, "192.168.1.66:3702".parse().unwrap(), ProbedBy::Group, &own);
        }
        assert_eq!(heard.take().len(), 64);
        assert!(!heard.take_in(b"<Hello/>", "192.168.1.20:3702".parse().unwrap(), ProbedBy::Group, &own));
        for (from, asked, way) in [
            ("192.168.1.20:3702", ProbedBy::Group, Way::Group),
            ("192.0.2.20:3702", ProbedBy::Group, Way::Elsewhere),
            ("10.8.0.20:3702", ProbedBy::Address, Way::Asked),
        ] {
            assert!(heard.take_in(text, from.parse().unwrap(), asked, &own));
            assert_eq!(heard.take()[0].2, way, "{from}");
        }
    }
}
