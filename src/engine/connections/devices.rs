//! What is known of each device beyond the registry, and the registry as it was told last.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::super::certificates::Certificates;
use super::super::clock;
use super::super::failure::of_dial_stage;
use super::patience::Patience;
use crate::bridge::{DeviceStatus, Tried};
use crate::net::{LocalPort, Trust};
use device::{CertificateOwner, Device, DeviceId, Host, Registry, StreamId};
use reconnect::{Failure, FailureKind, LinkId, RoadEnd, RoadsOf, Stage};

/// The devices that may be dialled: those that are registered and enabled, and the one of the last Test.
#[derive(Default)]
pub(super) struct Devices {
    registry: Arc<Registry>,
    certificates: Arc<Certificates>,
    known: BTreeMap<DeviceId, DeviceMemory>,
}

#[derive(Default)]
struct DeviceMemory {
    /// Of host, port, carrier, user and password: when it changes, the machine forgets old failures.
    revision: u64,
    /// Where its roads end.
    places: Vec<(Host, u16)>,
    /// By road; those that it has left are forgotten.
    roads: BTreeMap<usize, RoadMemory>,
    /// The road that it takes, the one by which pictures came last, and the link of the looks at another one.
    road: usize,
    shown_by: usize,
    look: Option<LinkId>,
    /// How often the user trusted a new certificate; part of the revision.
    trusted_anew: u32,
    /// With its replies.
    replies: Patience,
    /// What its attempts found, for the screen.
    status: DeviceStatus,
    /// A person asked for it, and no attempt has ended since.
    asked: bool,
}

/// What attempts by one road of a device taught.
#[derive(Default)]
struct RoadMemory {
    /// Where it answered last.
    address: Option<IpAddr>,
    /// What was dialled last, answer or not.
    dialled: Option<IpAddr>,
    /// The local port of the last attempt that failed without an answer.
    local_port: Option<u16>,
    /// Counts failed attempts: the next one takes the next address of the name.
    turn: usize,
}

impl DeviceMemory {
    /// Its roads end here now. Where each of those before is among them, if they are others.
    fn set_places(&mut self, places: Vec<(Host, u16)>) -> Option<Vec<Option<usize>>> {
        let before = std::mem::replace(&mut self.places, places);
        let had_one = before.len() < 2 && self.places.len() < 2;
        if had_one || before.is_empty() || before == self.places {
            return None;
        }
        let is_now = |place: &(Host, u16)| self.places.iter().position(|other| other == place);
        let now_at: Vec<Option<usize>> = before.iter().map(is_now).collect();
        let at = |road: usize| now_at.get(road).copied().flatten();
        let roads = std::mem::take(&mut self.roads);
        self.roads = roads
            .into_iter()
            .filter_map(|(road, memory)| Some((at(road)?, memory)))
            .collect();
        self.road = at(self.road).unwrap_or(0);
        self.shown_by = at(self.shown_by).unwrap_or(0);
        Some(now_at)
    }

    fn by(&mut self, road: usize) -> &mut RoadMemory {
        self.roads.entry(road).or_default()
    }
}

/// How an attempt at a device, or a stream of it, ended badly.
pub(super) struct Ended<'a> {
    pub failure: &'a Failure,
    /// Another stream of the device plays.
    pub others_play: bool,
    /// The newest one of all its streams.
    pub last_picture: Option<Instant>,
    /// A person had asked for this attempt.
    pub by_hand: bool,
}

/// What the machine is told of a device.
pub(super) struct Registered {
    pub address: Option<IpAddr>,
    pub recorder: u64,
    pub revision: u64,
    /// Its address or its sign-in is another one than before.
    pub changed: bool,
    /// Where each of the roads that it had is among those of now, if they are others.
    pub roads: Option<Vec<Option<usize>>>,
}

impl Devices {
    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    pub(super) fn set_registry(&mut self, registry: Arc<Registry>) {
        self.registry = registry;
    }

    pub(super) fn set_certificates(&mut self, certificates: Arc<Certificates>) {
        self.certificates = certificates;
    }

    pub(super) fn get(&self, id: DeviceId) -> Option<&Device> {
        self.registry.device(id)
    }

    /// What the device is called in notices and in the log.
    pub(super) fn label(&self, id: DeviceId) -> Option<String> {
        let device = self.registry.device(id)?;
        Some(self.registry.label_of(device).into_owned())
    }

    /// Whether this channel of an enabled device is registered.
    pub(super) fn has(&self, stream: StreamId) -> bool {
        self.get(stream.channel.device)
            .is_some_and(|device| device.enabled && usize::from(stream.channel.number) <= device.channels.len())
    }

    /// Devices that are remembered but not enabled any more.
    pub(super) fn vanished(&self) -> Vec<DeviceId> {
        let enabled = |id: DeviceId| self.get(id).is_some_and(|device| device.enabled);
        self.known.keys().copied().filter(|id| !enabled(*id)).collect()
    }

    pub(super) fn forget(&mut self, id: DeviceId) {
        self.known.remove(&id);
    }

    /// Remembers nothing but that it is there: for the device of a Test.
    pub(super) fn remember(&mut self, id: DeviceId) {
        self.known.entry(id).or_default();
    }

    /// Takes note of a device as it is registered now.
    pub(super) fn register(&mut self, device: &Device) -> Registered {
        let memory = self.known.entry(device.id).or_default();
        let places = (0..device.roads.count()).filter_map(|road| device.place(road));
        let roads = memory.set_places(places.map(|(host, port)| (host.clone(), port)).collect());
        let revision = revision_of(device, memory.trusted_anew);
        let changed = memory.revision != 0 && memory.revision != revision;
        if changed {
            *memory = DeviceMemory {
                trusted_anew: memory.trusted_anew,
                look: memory.look,
                places: std::mem::take(&mut memory.places),
                road: memory.road,
                shown_by: memory.shown_by,
                roads: kept_ports(&memory.roads),
                ..DeviceMemory::default()
            };
        }
        memory.revision = revision;
        let found = memory.roads.get(&0).and_then(|road| road.address);
        Registered {
            address: known_address(&device.host).or(found),
            recorder: recorder_of(&device.host, device.port),
            revision,
            changed,
            roads,
        }
    }

    pub(super) fn trust_anew(&mut self, id: DeviceId) {
        self.known.entry(id).or_default().trusted_anew += 1;
    }

    /// From which local port, with which address of its name, and trusting what the device is dialled next.
    pub(super) fn next_dial(&mut self, (id, road): (DeviceId, usize), reuse_port: bool) -> (LocalPort, usize, Trust) {
        let memory = self.known.entry(id).or_default().by(road);
        let port = match memory.local_port {
            Some(port) if reuse_port => LocalPort::Again(port),
            _ => LocalPort::Any,
        };
        let owner = CertificateOwner::from(id).by(road);
        (port, memory.turn, self.certificates.trust(owner))
    }

    /// What may be shown where a certificate is remembered for this one.
    pub(super) fn trust(&self, owner: CertificateOwner) -> Trust {
        self.certificates.trust(owner)
    }

    pub(super) fn dialled(&mut self, (id, road): (DeviceId, usize), address: IpAddr) {
        if let Some(memory) = self.known.get_mut(&id) {
            memory.by(road).dialled = Some(address);
        }
    }

    pub(super) fn connected(&mut self, (id, road): (DeviceId, usize), address: IpAddr) {
        if let Some(memory) = self.known.get_mut(&id) {
            let memory = memory.by(road);
            memory.address = Some(address);
            memory.local_port = None;
        }
    }

    /// Remembers what the next attempt should know.
    pub(super) fn failed(&mut self, (id, road): (DeviceId, usize), local_port: Option<u16>, failure: &Failure) {
        let Some(memory) = self.known.get_mut(&id) else { return };
        if of_dial_stage(failure.stage) {
            let memory = memory.by(road);
            memory.local_port = local_port.or(memory.local_port);
            memory.turn = memory.turn.wrapping_add(1);
        } else if failure.kind == FailureKind::Timeout && (Stage::Options..=Stage::Play).contains(&failure.stage) {
            memory.replies.timed_out();
        }
    }

    /// A person asks for it: how its next attempt ends is the answer.
    pub(super) fn asked(&mut self, id: DeviceId) {
        if let Some(memory) = self.known.get_mut(&id) {
            memory.asked = true;
        }
    }

    /// Takes note of what an attempt found, for the screen.
    pub(super) fn ended(&mut self, id: DeviceId, ended: &Ended<'_>, now: Instant) {
        let Some(memory) = self.known.get_mut(&id) else { return };
        let asked = std::mem::take(&mut memory.asked);
        let status = &mut memory.status;
        status.tried = Some(Tried {
            at: now,
            clock: clock::local_clock(),
            failure: ended.failure.clone(),
            by_hand: asked || ended.by_hand,
        });
        if !ended.others_play {
            status.failure = Some(ended.failure.clone());
            status.since = status.since.or(ended.last_picture).or(Some(now));
        }
    }

    /// There are pictures of it.
    pub(super) fn shows(&mut self, id: DeviceId) {
        if let Some(memory) = self.known.get_mut(&id) {
            memory.asked = false;
            memory.status = DeviceStatus::default();
        }
    }

    /// Of which something was tried in vain.
    pub(super) fn statuses(&self) -> HashMap<DeviceId, DeviceStatus> {
        let tried = self.known.iter().filter(|(_, memory)| memory.status.tried.is_some());
        tried.map(|(id, memory)| (*id, memory.status.clone())).collect()
    }

    /// With its replies.
    pub(super) fn patience(&self, id: DeviceId) -> Patience {
        self.known.get(&id).map(|memory| memory.replies).unwrap_or_default()
    }

    /// It answered all that was asked until its session played.
    pub(super) fn answered(&mut self, id: DeviceId) {
        if let Some(memory) = self.known.get_mut(&id) {
            memory.replies.rewarded();
        }
    }

    /// Where each road of a registered device leads, as far as that is known; the preferred one first.
    pub(super) fn addresses_of(&self, device: &Device) -> impl Iterator<Item = Option<IpAddr>> {
        let memory = self.known.get(&device.id);
        let found = move |road| {
            memory
                .and_then(|memory| memory.roads.get(&road))
                .and_then(|road| road.dialled)
        };
        (0..device.roads.count()).map(move |road| {
            let (host, _) = device.place(road)?;
            host.ip().or_else(|| found(road))
        })
    }

    /// The roads of a device as the machine hears of them. `link`: for the looks, the first time.
    pub(super) fn roads_of(&mut self, device: &Device, link: LinkId) -> RoadsOf {
        let look = *self.known.entry(device.id).or_default().look.get_or_insert(link);
        let places = (0..device.roads.count()).filter_map(|road| device.place(road));
        let road = |(host, port): (&Host, u16)| RoadEnd {
            address: known_address(host),
            recorder: recorder_of(host, port),
        };
        RoadsOf {
            roads: places.map(road).collect(),
            pinned: device.roads.pinned,
            scout: scout_of(device.id),
            look,
        }
    }

    /// Whether this link of a device is that of its looks.
    pub(super) fn is_look(&self, id: DeviceId, link: LinkId) -> bool {
        self.known.get(&id).is_some_and(|memory| memory.look == Some(link))
    }

    /// Whether it has several roads.
    pub(super) fn has_roads(&self, id: DeviceId) -> bool {
        self.get(id).is_some_and(|device| device.roads.count() > 1)
    }

    /// Its pictures come by this road; by which they came before, where that is another one.
    pub(super) fn shows_by(&mut self, id: DeviceId, road: usize) -> Option<usize> {
        let memory = self.known.get_mut(&id)?;
        let before = std::mem::replace(&mut memory.shown_by, road);
        Some(before).filter(|before| *before != road)
    }

    /// It takes this road from now on; whether that is another one. What was learnt of others is forgotten, but for the preferred one.
    pub(super) fn take_road(&mut self, id: DeviceId, road: usize) -> bool {
        let Some(memory) = self.known.get_mut(&id) else {
            return false;
        };
        let turns = std::mem::replace(&mut memory.road, road) != road;
        if turns {
            for (_, left) in memory
                .roads
                .iter_mut()
                .filter(|(other, _)| **other != road && **other != 0)
            {
                // Its port makes the next attempt there the same entry of the router.
                (left.address, left.dialled, left.turn) = (None, None, 0);
            }
        }
        turns
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// As after so many failed attempts at every device.
    #[cfg(test)]
    pub(super) fn set_turns(&mut self, turn: usize) {
        self.known.values_mut().for_each(|memory| memory.by(0).turn = turn);
    }
}

/// Who looks at the preferred address of a device: for the machine a device of its own, the same in each run.
fn scout_of(device: DeviceId) -> DeviceId {
    DeviceId(!device.0)
}

/// What an edit does not clear: the router still holds an entry for each of these ports.
fn kept_ports(roads: &BTreeMap<usize, RoadMemory>) -> BTreeMap<usize, RoadMemory> {
    let kept = |memory: &RoadMemory| RoadMemory {
        local_port: memory.local_port,
        ..RoadMemory::default()
    };
    roads.iter().map(|(road, memory)| (*road, kept(memory))).collect()
}

/// Where a host is, as far as that needs no look-up.
pub(super) fn known_address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ip(_) | Host::Zoned(..) => host.ip().map(|ip| ip.to_canonical()),
        // RFC 6761, section 6.3: it is this machine, network or not.
        Host::Name(name) if name.eq_ignore_ascii_case("localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        Host::Name(_) => None,
    }
}

/// A number that changes when the device would have to be dialled anew; never 0.
fn revision_of(device: &Device, trusted_anew: u32) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (
        &device.host,
        device.port,
        device.carrier,
        device.transport,
        &device.user,
        device.password_revision,
        device.unconfirmed,
        trusted_anew,
    )
        .hash(&mut hasher);
    format!("{:?}", device.paths).hash(&mut hasher);
    hasher.finish().max(1)
}
