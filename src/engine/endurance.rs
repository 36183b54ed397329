//! Weeks of a flapping fleet in the time of a cup of tea: the loop as it is, with held time, and a network that is pretended.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::attempt::{AttemptEvent, AttemptPlan, AttemptReport, recorder_of};
use super::clock;
use super::core::Core;
use super::failure::failure;
use super::inbox::Inbox;
use super::rig::Rig;
use crate::bridge::{Command, EngineHandle, Frame, TestId, TestRequest, WantedStream};
use crate::net::NetworkEvent;
use device::{
    Certificate, Device, DeviceEdit, Fingerprint, Host, PasswordEdit, Registry, Site, SiteId, StreamId, StreamKind,
    sample,
};
use reconnect::{FailureKind, Hint, Input, Rank, Stage};
use wall::Listen;

/// Three of them are a day.
const SHIFT: Duration = Duration::from_secs(8 * 3_600);
const HOUR: Duration = Duration::from_secs(3_600);
/// At the end of each every site serves, and the registry is what it was at first.
const REST: Duration = Duration::from_secs(1_800);

/// What must not differ by one between two rests; the rest is what the last minute or half hour left behind.
const EXACT: [&str; 7] = [
    "links",
    "streams",
    "runs",
    "devices",
    "certificates",
    "states of sites",
    "undo",
];

/// What a site does at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Serves,
    Silent,
    Refuses,
    Moves,
    WrongPassword,
    /// It shows a certificate that another one than before has signed.
    OtherCertificate,
}

/// Sites that flap: each with its own rhythm, and in the rests all serve.
pub(super) struct FlappingNetwork {
    pub start: Instant,
    /// For each site, from when on it does what; the first from the start.
    pub changes: Vec<Vec<(Duration, Fate)>>,
}

impl FlappingNetwork {
    pub(super) fn new(start: Instant, sites: usize, shifts: u32) -> Self {
        let mut dice = fastrand::Rng::with_seed(9);
        let changes = (0..sites)
            .map(|_| {
                let (mut at, mut changes) = (Duration::ZERO, vec![(Duration::ZERO, Fate::Serves)]);
                while at < SHIFT * shifts {
                    // Up for 0 to 59 s, and now and then for an hour; down for longer.
                    let up = if dice.u8(..) < 16 { 3_600.0 } else { 59.0 };
                    at += Duration::from_secs_f64(dice.f64() * up);
                    let fate = match dice.u8(..16) {
                        0 => Fate::WrongPassword,
                        1..3 => Fate::Moves,
                        3..7 => Fate::Refuses,
                        _ => Fate::Silent,
                    };
                    changes.push((at, fate));
                    at += Duration::from_secs_f64(dice.f64() * 900.0);
                    changes.push((at, Fate::Serves));
                }
                changes
            })
            .collect();
        Self { start, changes }
    }

    fn fate(&self, ip: IpAddr) -> Fate {
        let IpAddr::V4(ip) = ip else { return Fate::Silent };
        let now = clock::now() - self.start;
        if now.as_secs() % SHIFT.as_secs() >= (SHIFT - REST).as_secs() {
            return Fate::Serves;
        }
        let changes = &self.changes[usize::from(ip.octets()[2])];
        let index = changes.partition_point(|(at, _)| *at <= now);
        changes[index - 1].1
    }
}

/// An attempt, as [`super::attempt::run`] would report it.
pub(super) async fn pretend(plan: AttemptPlan, network: Arc<FlappingNetwork>) {
    let (run, report) = (plan.run, plan.report.clone());
    let event = pretended(plan, &network).await;
    report.send(AttemptReport { run, event }).await.ok();
}

async fn pretended(mut plan: AttemptPlan, network: &FlappingNetwork) -> AttemptEvent {
    let Host::Ip(ip) = plan.target.host.clone() else {
        unreachable!("literals only")
    };
    let address = SocketAddr::new(ip, plan.target.port);
    let failed = |kind, stage| AttemptEvent::Failed {
        address: Some(address),
        local_port: Some(40_000),
        failure: failure(kind, stage, "pretended"),
    };
    let (run, report) = (plan.run, plan.report.clone());
    plan.counted.wait().await;
    let tell = |event| drop(report.try_send(AttemptReport { run, event }));
    tell(AttemptEvent::Dialling(address));
    let (wait, outcome) = match network.fate(ip) {
        Fate::Silent => (1_800, Some(failed(FailureKind::Timeout, Stage::Connect))),
        Fate::Refuses => (20, Some(failed(FailureKind::Refused, Stage::Connect))),
        Fate::OtherCertificate => {
            let shown = Certificate {
                issuer: "New CA".to_owned(),
                ..Certificate::unread(Fingerprint([2; 32]))
            };
            tell(AttemptEvent::OtherCertificate(Box::new(shown)));
            (20, Some(failed(FailureKind::CertificateChanged, Stage::Tls)))
        }
        Fate::Serves | Fate::Moves | Fate::WrongPassword => (20, None),
    };
    tokio::select! {
        () = closed(&mut plan) => return AttemptEvent::Closed,
        () = tokio::time::sleep(Duration::from_millis(wait)) => {}
    }
    if let Some(outcome) = outcome {
        return outcome;
    }
    tell(AttemptEvent::Connected {
        address,
        certificate: None,
    });
    tell(AttemptEvent::Reached(Stage::Describe));
    match network.fate(ip) {
        Fate::WrongPassword => {
            let refusal = failure(FailureKind::Auth, Stage::Describe, "pretended");
            let key = plan.refusals.key(&plan.target.host, plan.target.port, None);
            let recorder = recorder_of(&plan.target.host, plan.target.port);
            plan.refusals.refused(key, recorder, refusal, clock::now());
            return failed(FailureKind::Auth, Stage::Describe);
        }
        Fate::Moves => {
            let to = rtsp::Redirect {
                host: ip.to_string(),
                port: plan.target.port,
                secure: false,
                target: "/moved".to_owned(),
            };
            return AttemptEvent::Redirected {
                address: Some(address),
                to,
            };
        }
        Fate::Silent | Fate::Refuses | Fate::Serves | Fate::OtherCertificate => {}
    }
    tell(AttemptEvent::Playing {
        codec: "H.264".to_owned(),
        slowest_reply: Duration::ZERO,
        awaited: Duration::ZERO,
    });
    let mut pictures = 0;
    loop {
        tokio::select! {
            () = closed(&mut plan) => return AttemptEvent::Closed,
            () = tokio::time::sleep(Duration::from_secs(2)) => match network.fate(ip) {
                Fate::Silent => {}
                Fate::Refuses | Fate::OtherCertificate => return failed(FailureKind::Protocol, Stage::Media),
                Fate::Serves | Fate::Moves | Fate::WrongPassword => {
                    pictures += 1;
                    plan.received.add_bytes(200_000);
                    plan.received.add_packets(100);
                    plan.received.add_picture();
                    let data = vec![0; 4].into();
                    plan.slot.publish(Frame { width: 1, height: 1, data, order: plan.slot.order(), number: pictures, at: clock::now() });
                    if pictures == 1 {
                        tell(AttemptEvent::FirstPicture);
                    }
                }
            },
        }
    }
}

async fn closed(plan: &mut AttemptPlan) {
    while plan.orders.changed().await.is_ok() {}
}

/// Sites of 4, 2 and 1 devices, one of them a recorder with 4 channels; `edits` renames, moves and changes some of them.
pub(super) fn registry(edits: u32) -> Registry {
    let site_of = |index: u32| Site::new(SiteId(u64::from(index) + 1), format!("Site {index}"));
    let mut registry = Registry {
        // The last one is there for one edit only.
        sites: (0..3).chain([100 + edits]).map(site_of).collect(),
        ..Registry::default()
    };
    for (index, site) in [0_u32, 0, 0, 0, 1, 1, 2].into_iter().enumerate() {
        let number = index as u32;
        let moved = number == 5 && edits % 2 == 1;
        registry.devices.push(Device {
            site: SiteId(u64::from(if moved { 100 + edits } else { site }) + 1),
            host: Host::Ip(Ipv4Addr::new(10, 0, site as u8, number as u8 + 1).into()),
            user: format!("user {}", if number == 0 { edits } else { 0 }),
            password_revision: edits,
            enabled: number != 3 || !edits.is_multiple_of(3),
            ..sample::device(
                u64::from(number) + 1,
                &format!("Device {number}"),
                if number == 6 { 4 } else { 1 },
            )
        });
    }
    registry
}

/// What people and the system do once an hour.
fn meddle(core: &mut Core, hour: u32) {
    let devices = core.registry().devices.clone();
    let channels = devices.iter().flat_map(Device::channel_ids);
    let wanted = channels
        .enumerate()
        .filter(|(index, _)| !hour.is_multiple_of(5) || index.is_multiple_of(2));
    let wanted = wanted.map(|(index, channel)| WantedStream {
        stream: StreamId {
            channel,
            kind: if hour.is_multiple_of(7) {
                StreamKind::Sub
            } else {
                StreamKind::Main
            },
        },
        rank: if index == 0 { Rank::Selected } else { Rank::Visible },
        decode: hour % 11 != index as u32,
        listen: Listen::No,
    });
    core.on_command(Command::Show(wanted.collect()), clock::now());
    let device = devices[hour as usize % devices.len()].clone();
    core.on_command(Command::RetryNow(device.id), clock::now());
    core.connections()
        .tell_machine(Input::Hint(Hint::Device(device.id)), clock::now());
    let site = core.registry().site(device.site).cloned();
    if let (Some(site), true) = (site, hour.is_multiple_of(2)) {
        let request = TestRequest {
            id: TestId(u64::from(hour)),
            stream: StreamId {
                channel: device::ChannelId {
                    device: device.id,
                    number: 1,
                },
                kind: StreamKind::Main,
            },
            edit: DeviceEdit {
                site,
                device: Device {
                    port: 554 + (hour % 1_000) as u16,
                    ..device
                },
                password: PasswordEdit::Keep,
                before: None,
            },
        };
        core.on_command(Command::Test(Box::new(request)), clock::now());
    }
    match hour % 6 {
        0 => core.enter(registry(hour)),
        1 => core.connections().tell_machine(Input::Woke, clock::now()),
        2 => core.connections().policy_changed(clock::now()),
        _ => {}
    }
}

pub(super) fn show_all(core: &mut Core) {
    let enabled: Vec<_> = core
        .registry()
        .devices
        .iter()
        .filter(|device| device.enabled)
        .cloned()
        .collect();
    let wanted = enabled
        .iter()
        .flat_map(Device::channel_ids)
        .map(|channel| WantedStream {
            stream: StreamId {
                channel,
                kind: StreamKind::Main,
            },
            rank: Rank::Visible,
            decode: true,
            listen: Listen::No,
        });
    core.on_command(Command::Show(wanted.collect()), clock::now());
}

fn sizes(core: &Core, engine: &EngineHandle) -> BTreeMap<&'static str, usize> {
    let mut sizes = core.sizes();
    sizes.insert("notices", engine.state().notices.len());
    sizes.insert("tasks", tokio::runtime::Handle::current().metrics().num_alive_tasks());
    sizes
}

/// `MONOMI_ENDURANCE_DAYS` for long runs.
fn days() -> u32 {
    let text = std::env::var("MONOMI_ENDURANCE_DAYS").ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[tokio::test(start_paused = true)]
async fn days_of_flapping_grow_nothing() {
    let Rig {
        mut core,
        engine,
        inbox,
        mut receiver,
        mut events,
        folder: _folder,
    } = Rig::new().await;
    let (shifts, start) = (days() * 3, clock::now());
    let network = Arc::new(FlappingNetwork::new(start, 3, shifts));
    core.connections()
        .set_runner(Box::new(move |plan| Box::pin(pretend(plan, Arc::clone(&network)))));
    // Counters that a program of many years would have come to: nothing may end at 32 bits.
    core.enter(registry(0));
    core.connections().age();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let (mut hour, mut told) = (0, 0_u64);
    let mut rests: Vec<BTreeMap<&str, usize>> = Vec::new();
    while rests.len() < shifts as usize {
        core.turn(&mut receiver, &mut tick).await;
        while events.try_recv().is_ok() {
            told += 1;
        }
        let now = clock::now() - start;
        if now >= HOUR * hour {
            meddle(&mut core, hour);
            let event = if hour % 24 == 5 {
                NetworkEvent::Down
            } else {
                NetworkEvent::Changed
            };
            inbox.try_send(Inbox::Network(event)).unwrap();
            hour += 1;
        }
        // In the rest all is as in any other, and everything is live before it ends.
        let end = SHIFT * (rests.len() as u32 + 1);
        if now >= end - REST && core.registry().sites[3].id != SiteId(101) {
            core.enter(registry(0));
            show_all(&mut core);
        }
        if now >= end - Duration::from_secs(30) {
            assert!(core.connections().all_play(), "shift {}: all are live", rests.len());
            rests.push(sizes(&core, &engine));
        }
    }
    let second = &rests[1];
    println!(
        "{} attempts in {shifts} shifts, {told} events told; {second:?}",
        core.connections().machine().totals().attempts
    );
    for (shift, sizes) in rests.iter().enumerate().skip(2) {
        for (what, size) in sizes {
            let play = match *what {
                exact if EXACT.contains(&exact) => 0,
                // The list of what happened is as long as it may be, in the end.
                "events" | "events shown" => events::MOST_EVENTS,
                _ => 40,
            };
            let before = second[what];
            assert!(
                *size <= before + play,
                "shift {shift}: {size} {what}, {before} in the second"
            );
        }
    }
    let last_id = core.connections().last_id();
    assert!(last_id > u64::from(u32::MAX), "{last_id} identities");
}
