//! Which recorders there are: what answers is told from what is registered, and a device that has moved is known again.

mod knock;
mod known;
mod once;
mod run;
mod told;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

pub(super) use self::knock::knock;
use self::known::Known;
pub use self::once::find_once;
use self::run::{FindNews, FindPlan, run_find};
pub(super) use self::told::FindTold;
use super::inbox::Inbox;
use crate::bridge::{FindRequest, FindStatus, FoundRow, FoundState};
use crate::net::Policy;
use device::{Device, DeviceId, Host, Identity, Registry};
use discovery::{FoundBook, FoundDevice, FoundId, Knocked, Knocks, Noted, Places, ProbeAnswer, Way};
use settings::Settings;

/// How long after the start the first find by itself begins: what people look at comes first.
const FIRST: Duration = Duration::from_secs(60);

/// Between two finds that nobody asked for.
const AGAIN: Duration = Duration::from_secs(2 * 60 * 60);

/// What the finder wants of the other parts.
pub(super) enum FindEffect {
    Changed,
    /// Registered devices have said who they are.
    Learn(Vec<(DeviceId, Identity)>),
    Relocate(Relocation),
    Confirm(DeviceId),
    /// A connection is wanted, to see whether anybody takes it.
    Knock(IpAddr, u16),
}

/// A device that is asked at another address from now on.
pub(super) struct Relocation {
    pub device: DeviceId,
    pub from: Host,
    pub to: Host,
    /// By which it is known.
    pub identity: Identity,
    /// A person says that it is the same device.
    pub confirmed: bool,
}

/// The last find, and where registered devices were heard of.
pub(super) struct Finder {
    registry: Arc<Registry>,
    known: Known,
    book: FoundBook,
    places: Places,
    /// Devices that answer elsewhere.
    moved: Vec<(DeviceId, Host)>,
    /// Addresses that stayed silent, and the connections that are tried there.
    silent: Vec<IpAddr>,
    knocks: Option<Knocks>,
    shown: Arc<FindStatus>,
    /// Rows have changed since they were shown.
    stale: bool,
    run: u64,
    task: Option<tokio::task::AbortHandle>,
    /// When the next find by itself is due.
    due: Instant,
    effects: VecDeque<FindEffect>,
}

impl Finder {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            registry: Arc::default(),
            known: Known::default(),
            book: FoundBook::default(),
            places: Places::default(),
            moved: Vec::new(),
            silent: Vec::new(),
            knocks: None,
            shown: Arc::default(),
            stale: false,
            run: 0,
            task: None,
            due: now + FIRST,
            effects: VecDeque::new(),
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<FindEffect> {
        self.effects.pop_front()
    }

    /// Whether a find by itself is due and wanted.
    pub(super) fn is_due(&self, settings: &Settings, now: Instant) -> bool {
        settings.find_by_itself && self.task.is_none() && now >= self.due
    }

    /// Begins a find, in place of one that is under way.
    pub(super) fn begin(
        &mut self,
        request: FindRequest,
        policy: Arc<ArcSwap<Policy>>,
        inbox: &mpsc::Sender<Inbox>,
        now: Instant,
    ) {
        self.end();
        self.due = now + AGAIN;
        self.run += 1;
        let (run, inbox) = (self.run, inbox.clone());
        // What a person looks at is not taken away by a find that nobody asked for.
        if request.hurried {
            self.book = FoundBook::default();
            self.shown = Arc::default();
        }
        self.change(|status| {
            status.progress = Some(discovery::ScanProgress::default());
            (status.full, status.forbidden, status.silent, status.knocks) = (false, 0, 0, None);
        });
        let plan = FindPlan {
            ranges: request.ranges,
            hurried: request.hurried,
            policy,
        };
        let tell = move |news| {
            let inbox = inbox.clone();
            async move { inbox.send(Inbox::Find(FindTold { run, news })).await.is_ok() }
        };
        self.task = Some(tokio::spawn(run_find(plan, tell)).abort_handle());
    }

    /// Ends a find that is under way. What was found stays.
    pub(super) fn cancel(&mut self) {
        self.end();
        self.change(|status| (status.progress, status.knocks) = (None, None));
    }

    /// Tries connections to the addresses that stayed silent.
    pub(super) fn begin_knocks(&mut self) {
        if self.task.is_none() && self.knocks.is_none() {
            self.knocks = Some(Knocks::new(&self.silent));
            self.go_on_knocking();
        }
    }

    /// What came of a connection.
    pub(super) fn knocked(&mut self, ip: IpAddr, port: u16, knocked: Knocked, now: Instant) {
        let Some(knocks) = &mut self.knocks else { return };
        knocks.ended(ip, port, knocked);
        if knocked == Knocked::Open {
            self.heard(ProbeAnswer::default(), Host::Ip(ip), Way::Port(port), now);
        }
        self.go_on_knocking();
    }

    fn go_on_knocking(&mut self) {
        let Some(knocks) = &mut self.knocks else { return };
        let next = std::iter::from_fn(|| knocks.begin_next());
        self.effects.extend(next.map(|(ip, port)| FindEffect::Knock(ip, port)));
        let progress = (!knocks.is_over()).then(|| knocks.progress());
        if progress.is_none() {
            self.knocks = None;
            self.silent.clear();
        }
        let silent = self.silent.len();
        self.change(|status| (status.knocks, status.silent) = (progress, silent));
    }

    fn end(&mut self) {
        // What it has told already is nobody's.
        self.run += 1;
        self.knocks = None;
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Takes in what the find under way tells.
    pub(super) fn told(&mut self, FindTold { run, news }: FindTold, now: Instant) {
        if run != self.run {
            return;
        }
        match news {
            FindNews::AskedFrom(own) => self.change(|status| status.asked_from = own),
            FindNews::Progress { progress, forbidden } => self.change(|status| {
                (status.progress, status.forbidden) = (Some(progress), forbidden);
            }),
            FindNews::Heard(heard) => {
                for (answer, host, way) in heard {
                    self.heard(answer, host, way, now);
                }
            }
            FindNews::Silent(silent) => {
                self.silent = silent;
                let silent = self.silent.len();
                self.change(|status| status.silent = silent);
            }
            FindNews::Done => {
                self.task = None;
                self.change(|status| status.progress = None);
                self.learn();
            }
        }
    }

    /// A device that has just started says who it is.
    pub(super) fn hello(&mut self, ip: IpAddr, answers: Vec<ProbeAnswer>, now: Instant) {
        // A link-local address means nothing without its interface.
        let is_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        for answer in answers.into_iter().filter(|_| !is_local) {
            self.place(&answer.identity, Host::Ip(ip), now);
        }
    }

    fn heard(&mut self, answer: ProbeAnswer, host: Host, way: Way, now: Instant) {
        if way.is_reachable() {
            self.place(&answer.identity, host.clone(), now);
        }
        match self.book.note(answer, host, way) {
            Noted::New(_) | Noted::Changed(_) => {
                self.stale = true;
                self.effects.push_back(FindEffect::Changed);
            }
            Noted::Full => self.change(|status| status.full = true),
            Noted::Known(_) => {}
        }
    }

    fn place(&mut self, identity: &Identity, host: Host, now: Instant) {
        let devices = self.known.by_identity(identity, &self.registry);
        if devices.is_empty() {
            return;
        }
        for device in devices {
            self.places.note(device, host.clone(), now);
        }
        self.look_for_moved();
        self.effects.push_back(FindEffect::Changed);
    }

    /// Registered devices whose identity is not known whole, and that answered at their address, are known by what they said.
    fn learn(&mut self) {
        let mut learnt = Vec::new();
        for found in self.book.rows() {
            for (host, _) in &found.addresses {
                let Some(device) = self.known.alone_at(host).and_then(|id| self.device(id)) else {
                    continue;
                };
                let mut identity = device.identity.clone();
                let may = identity.is_empty() || identity.is_same(&found.identity);
                if may && !device.unconfirmed && identity.learn(&found.identity) {
                    learnt.push((device.id, found.identity.clone()));
                }
            }
        }
        if !learnt.is_empty() {
            self.effects.push_back(FindEffect::Learn(learnt));
        }
    }

    pub(super) fn set_registry(&mut self, registry: &Arc<Registry>) {
        let now = Known::new(registry);
        for device in self.places.devices().collect::<Vec<_>>() {
            let before = self.device(device).map(|device| &device.host);
            let host = now.device(registry, device).map(|device| &device.host);
            if before != host {
                self.places.forget(device);
            }
        }
        self.registry = Arc::clone(registry);
        self.known = now;
        self.look_for_moved();
        self.stale = true;
    }

    /// A person says that a device is the one that was found elsewhere, or that it is the same one where it was put by itself.
    pub(super) fn take_moved(&mut self, device: DeviceId) {
        match self.relocation(device, true) {
            Some(moved) => self.effects.push_back(FindEffect::Relocate(moved)),
            None => self.effects.push_back(FindEffect::Confirm(device)),
        }
    }

    /// Asks a device where it was found; nobody has said that it is the same one.
    pub(super) fn follow(&mut self, device: DeviceId) {
        let moved = self.relocation(device, false);
        if let Some(moved) = moved.filter(|_| self.device(device).is_some_and(|device| !device.unconfirmed)) {
            self.effects.push_back(FindEffect::Relocate(moved));
        }
    }

    fn relocation(&self, id: DeviceId, confirmed: bool) -> Option<Relocation> {
        let device = self.device(id)?;
        let to = self.moved_to(device)?;
        Some(Relocation {
            device: id,
            from: device.host.clone(),
            to: to.clone(),
            identity: device.identity.clone(),
            confirmed,
        })
    }

    /// Devices that answer elsewhere.
    pub(super) fn moved_devices(&self) -> Vec<DeviceId> {
        self.moved.iter().map(|(id, _)| *id).collect()
    }

    /// Where the devices are that answer elsewhere and are down where they are registered.
    pub(super) fn moved(&self, is_down: impl Fn(DeviceId) -> bool) -> Arc<HashMap<DeviceId, Host>> {
        let down = self.moved.iter().filter(|(id, _)| is_down(*id));
        Arc::new(down.cloned().collect())
    }

    fn look_for_moved(&mut self) {
        let moved = self.places.devices().filter_map(|id| {
            let device = self.device(id)?;
            Some((id, self.moved_to(device)?.clone()))
        });
        self.moved = moved.collect();
    }

    /// Where a device is now, where that is no address of its own.
    fn moved_to(&self, device: &Device) -> Option<&Host> {
        let to = self.places.moved(device.id, &device.host)?;
        (!device.is_at(to)).then_some(to)
    }

    fn device(&self, id: DeviceId) -> Option<&Device> {
        self.known.device(&self.registry, id)
    }

    pub(super) fn shown(&self) -> Arc<FindStatus> {
        Arc::clone(&self.shown)
    }

    /// Makes the rows what is known now.
    pub(super) fn refresh(&mut self) {
        if std::mem::take(&mut self.stale) {
            let rows = self.book.rows().iter().enumerate();
            let rows: Vec<FoundRow> = rows.map(|(index, found)| self.row(FoundId(index), found)).collect();
            let mut status = FindStatus::clone(&self.shown);
            status.rows = Arc::new(rows);
            self.shown = Arc::new(status);
        }
    }

    fn row(&self, id: FoundId, found: &FoundDevice) -> FoundRow {
        let by_address = found.addresses.iter().find_map(|(host, _)| self.known.at(host));
        let by_identity = self.known.by_identity(&found.identity, &self.registry).first().copied();
        let is_there = |id: DeviceId| {
            let mut hosts = found.addresses.iter().map(|(host, _)| host);
            self.device(id)
                .is_some_and(|device| hosts.any(|host| device.is_at(host)))
        };
        let state = match (by_identity, by_address) {
            (Some(device), _) if is_there(device) => FoundState::Registered(device),
            (Some(device), _) if found.way().is_reachable() => FoundState::Moved(device),
            // Another device stands at the address of one that is known by something else.
            (None, Some(device)) if self.is_unknown_or_same(device, &found.identity) => FoundState::Registered(device),
            _ if !found.way().is_reachable() => FoundState::Elsewhere,
            _ => FoundState::New,
        };
        FoundRow {
            id,
            identity: found.identity.clone(),
            maker: found.maker.clone(),
            model: found.model.clone(),
            name: found.name.clone(),
            host: found.host().clone(),
            also: found.addresses.iter().skip(1).map(|(host, _)| host.clone()).collect(),
            port: found.place.as_ref().map(|place| place.port).or(match found.way() {
                Way::Port(port) => Some(port),
                _ => None,
            }),
            place: found.place.clone(),
            state,
        }
    }

    fn is_unknown_or_same(&self, device: DeviceId, identity: &Identity) -> bool {
        self.device(device).is_some_and(|device| {
            device.identity.is_empty() || identity.is_empty() || device.identity.is_same(identity)
        })
    }

    fn change(&mut self, change: impl FnOnce(&mut FindStatus)) {
        let mut status = FindStatus::clone(&self.shown);
        change(&mut status);
        self.shown = Arc::new(status);
        self.effects.push_back(FindEffect::Changed);
    }
}

#[cfg(test)]
mod tests;
