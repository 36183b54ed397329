//! A simulated world: sites behind routers, devices that serve or fail, an operating system that reports. It knows nothing of
//! how the client decides; a client is whatever takes inputs and asks for dials. Time is simulated.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use device::{DeviceId, SiteId};
use reconnect::{
    AttemptId, Failure, FailureKind, Hint, Input, Limits, LinkId, Machine, Network, Output, Rank, RoadEnd, RoadsOf,
    Stage, Why,
};

pub fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Whoever decides when to connect.
pub trait Client {
    fn handle(&mut self, input: Input, now: Instant);
    /// The next thing to do now.
    fn act(&mut self, now: Instant) -> Act;
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    Dial {
        attempt: AttemptId,
        link: LinkId,
        device: DeviceId,
        road: usize,
        why: Why,
        reuse_port: bool,
    },
    Abort(AttemptId),
    /// The device takes this road; `returns` to that one.
    Road {
        device: DeviceId,
        taken: usize,
        returns: Option<usize>,
    },
    Sleep(Option<Instant>),
}

impl Client for Machine {
    fn handle(&mut self, input: Input, now: Instant) {
        self.handle(input, now);
    }

    fn act(&mut self, now: Instant) -> Act {
        loop {
            return match self.poll(now) {
                Output::Dial(dial) => Act::Dial {
                    attempt: dial.attempt,
                    link: dial.link,
                    device: dial.device,
                    road: dial.road,
                    why: dial.why,
                    reuse_port: dial.reuse_port,
                },
                Output::Abort(attempt) => Act::Abort(attempt),
                Output::Road(device) => match self.road(device) {
                    Some(view) => Act::Road {
                        device,
                        taken: view.taken,
                        returns: view.returns.then_some(view.goal),
                    },
                    None => continue,
                },
                Output::SiteChanged(site) => {
                    assert!(self.site(site).is_some(), "a site that changed can be read");
                    continue;
                }
                Output::Sleep { until, .. } => Act::Sleep(until),
            };
        }
    }
}

/// What becomes of a packet on its way to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Up,
    /// Swallowed.
    BlackHole,
    /// The router answers for the devices with RST.
    Rst,
    /// The router reports that there is no way.
    Icmp,
}

/// What a device makes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Serves,
    /// Pulled from the wall.
    Gone,
    /// Up, but its service is not.
    Refuses,
    /// Accepts, then talks nonsense.
    HalfSuccess,
    /// Accepts, then says nothing.
    Mute,
    WrongPassword,
    Full(Option<Duration>),
    NoSuchChannel,
    /// Plays and is lost at once.
    PlaysBriefly,
}

/// Something that happens in the world or that a person does.
#[derive(Clone, Debug)]
pub enum Event {
    Site(usize, Path),
    Device(usize, Health),
    /// What becomes of packets by one road of a device alone.
    Road(usize, usize, Path),
    /// A person wants a device to take one road, or none in particular.
    Pin(usize, Option<usize>),
    /// The cable of this machine; the operating system reports it unless `silent`.
    Cable {
        plugged: bool,
        silent: bool,
    },
    NetworkChanged,
    /// The machine sleeps this long; the clock leaps.
    Sleep(Duration),
    /// The clock leaps, and nobody says why.
    Leap(Duration),
    /// Happens this long after the next dial begins.
    InMidAttempt(Duration, Box<Self>),
    Edit(usize),
    Remove(usize),
    Add(usize),
    Unwant(usize),
    Want(usize, Rank),
    Click(usize),
    Hint(usize),
    Limits(Limits),
    /// The policy forbids every address (or no longer).
    InternalOnly(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Played,
    Failed(FailureKind),
    Aborted,
}

/// One dial, as the world saw it.
#[derive(Clone, Debug)]
pub struct Dialled {
    pub link: LinkId,
    pub device: usize,
    pub road: usize,
    /// A look at a road: it shows no picture.
    pub look: bool,
    pub channel: usize,
    pub site: usize,
    pub why: Why,
    pub at: Duration,
    /// SYNs so far with the last one's time, and the local port.
    pub syns: u32,
    pub last_syn: Duration,
    pub port: u64,
    pub connected: Option<Duration>,
    pub end: Option<(Duration, End)>,
    /// When the stream that it opened was lost, or closed because nobody wanted it any more.
    pub lost: Option<Duration>,
    pub closed: bool,
    pub loopback: bool,
}

impl Dialled {
    pub fn failed_at(&self) -> Option<Duration> {
        match self.end {
            Some((at, End::Failed(kind))) if !matches!(kind, FailureKind::Policy | FailureKind::NoRoute) => Some(at),
            _ => None,
        }
    }

    pub fn half_open_until(&self) -> Duration {
        self.connected.or(self.end.map(|(at, _)| at)).unwrap_or(Duration::MAX)
    }
}

pub struct Site {
    pub path: Path,
    /// Every change, oldest first.
    pub history: Vec<(Duration, Path)>,
    /// How it stood after each event that concerns it, oldest first.
    pub standings: Vec<(Duration, Standing)>,
}

/// How a site stands, by all the roads of its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No road leads anywhere.
    Dead,
    /// The preferred road of no device does, and the same other one of every device does.
    Carried,
    /// Neither.
    Otherwise,
}

pub struct Device {
    pub site: usize,
    pub health: Health,
    pub health_since: Duration,
    pub registered: bool,
    pub revision: u64,
    pub address: IpAddr,
    /// Devices with the same number are entries of one recorder.
    pub recorder: u64,
    pub links: Vec<(LinkId, bool)>,
    /// Its way alone, beside that of its site.
    pub path: Path,
    /// Its other roads, which do not lead through its site.
    pub others: Vec<OtherRoad>,
    pub pinned: Option<usize>,
    port: u64,
    /// Times at which the user edited it.
    pub edits: Vec<Duration>,
}

pub struct OtherRoad {
    pub path: Path,
    /// What stands where it ends makes of a connection, if that is another recorder.
    pub health: Option<Health>,
    pub address: IpAddr,
    pub recorder: u64,
    port: u64,
}

impl Device {
    /// What is made of a connection by one of its roads.
    fn health_by(&self, road: usize) -> Health {
        let other = road.checked_sub(1).and_then(|other| self.others[other].health);
        other.unwrap_or(self.health)
    }

    /// Where one of its roads leads, and which recorder stands there.
    pub fn road(&self, road: usize) -> (IpAddr, u64) {
        match road.checked_sub(1) {
            None => (self.address, self.recorder),
            Some(other) => (self.others[other].address, self.others[other].recorder),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Script(Event),
    Syn(AttemptId),
    GiveUp(AttemptId, FailureKind, Stage),
    Connected(AttemptId),
    Reply(AttemptId),
    Beat(AttemptId, Duration),
}

const ROUND_TRIP: Duration = Duration::from_millis(20);
const REPLY: Duration = Duration::from_millis(130);
/// A kernel of today sends the first SYNs a second apart (measured: 2 in 1.9 s, 5 in 5 s).
const SYN_AGAIN: Duration = Duration::from_secs(1);
const DEADLINE: Duration = Duration::from_millis(1700);
const MUTE: Duration = Duration::from_secs(5);
const STALL: Duration = Duration::from_secs(10);

pub struct World<C> {
    pub client: C,
    pub now: Duration,
    pub sites: Vec<Site>,
    pub devices: Vec<Device>,
    pub dials: Vec<Dialled>,
    pub playing: BTreeMap<LinkId, AttemptId>,
    /// Every road that a device took, in order.
    pub turns: Vec<(Duration, usize, usize)>,
    /// Who returns, to which road; and what each heir is to take over.
    returning: BTreeMap<usize, usize>,
    heirs: BTreeMap<LinkId, (usize, usize)>,
    pub offline: bool,
    pub offline_spans: Vec<(Duration, Duration)>,
    /// When a connect that nobody answers is given up.
    pub deadline: Duration,
    /// When the client could look at everything anew: a cable plugged in, a wake, a policy lifted.
    pub resumed: Vec<Duration>,
    /// A device's Hello arrives as soon as its site is back.
    pub hints: bool,
    internal_only: bool,
    in_mid_attempt: VecDeque<(Duration, Event)>,
    /// The operating system's last word was that there is no network.
    pub told_offline: bool,
    base: Instant,
    wake: Option<Duration>,
    queue: BinaryHeap<Reverse<(Duration, u64)>>,
    steps: BTreeMap<u64, Step>,
    by_attempt: BTreeMap<AttemptId, usize>,
    last_step: u64,
    last_link: u64,
    last_port: u64,
}

impl<C: Client> World<C> {
    /// `fleet`: for each site the number of channels of each of its devices.
    pub fn new(client: C, base: Instant, fleet: &[Vec<usize>]) -> Self {
        let mut world = Self {
            client,
            now: Duration::ZERO,
            sites: Vec::new(),
            devices: Vec::new(),
            dials: Vec::new(),
            playing: BTreeMap::new(),
            turns: Vec::new(),
            returning: BTreeMap::new(),
            heirs: BTreeMap::new(),
            offline: false,
            offline_spans: Vec::new(),
            deadline: DEADLINE,
            resumed: Vec::new(),
            hints: false,
            internal_only: false,
            in_mid_attempt: VecDeque::new(),
            told_offline: false,
            base,
            wake: Some(Duration::ZERO),
            queue: BinaryHeap::new(),
            steps: BTreeMap::new(),
            by_attempt: BTreeMap::new(),
            last_step: 0,
            last_link: 0,
            last_port: 0,
        };
        for (site, devices) in fleet.iter().enumerate() {
            world.sites.push(Site {
                path: Path::Up,
                history: vec![(Duration::ZERO, Path::Up)],
                standings: vec![(Duration::ZERO, Standing::Otherwise)],
            });
            for &channels in devices {
                let index = world.devices.len();
                let links = (0..channels).map(|_| (world.new_link(), true)).collect();
                let address = IpAddr::V4(Ipv4Addr::from(0x0A00_0001 + u32::try_from(index).unwrap()));
                world.devices.push(Device {
                    site,
                    health: Health::Serves,
                    health_since: Duration::ZERO,
                    registered: true,
                    revision: 1,
                    address,
                    recorder: id_of(index).0,
                    links,
                    path: Path::Up,
                    others: Vec::new(),
                    pinned: None,
                    port: 0,
                    edits: Vec::new(),
                });
            }
        }
        world
    }

    /// Every device has so many roads.
    pub fn with_roads(mut self, roads: usize) -> Self {
        for (index, device) in self.devices.iter_mut().enumerate() {
            let other = |road: usize| {
                let number = u32::try_from(road * 4_096 + index).unwrap();
                OtherRoad {
                    path: Path::Up,
                    health: None,
                    address: IpAddr::V4(Ipv4Addr::from(0xAC10_0000 + number)),
                    recorder: u64::from(number) + (1 << 40),
                    port: 0,
                }
            };
            device.others = (1..roads).map(other).collect();
        }
        self
    }

    /// Registers every device and wants every channel.
    pub fn start(&mut self) {
        for device in 0..self.devices.len() {
            self.register(device);
        }
    }

    pub fn at(&mut self, at: f64, event: Event) {
        self.schedule(seconds(at), Step::Script(event));
    }

    /// Nothing that was to happen happens any more.
    pub fn calm(&mut self) {
        self.in_mid_attempt.clear();
        self.steps.retain(|_, step| !matches!(step, Step::Script(_)));
    }

    /// Runs what is due by now. A leap of the clock beyond the end of a run leaves answers under way that belong before it.
    pub fn let_answers_arrive(&mut self) {
        self.run_while(self.now, |_| true);
    }

    pub fn happen(&mut self, event: Event) {
        self.script(event);
        self.drain();
    }

    pub fn instant(&self) -> Instant {
        self.base + self.now
    }

    pub fn run(&mut self, until: f64) {
        let until = seconds(until);
        self.run_while(until, |_| true);
    }

    /// Runs until `until` or until the condition no longer holds; says whether it still held at the end.
    pub fn run_while(&mut self, until: Duration, condition: impl Fn(&Self) -> bool) -> bool {
        self.drain();
        while condition(self) {
            let step = self.queue.peek().map(|Reverse((at, _))| *at);
            let Some(next) = [step, self.wake]
                .into_iter()
                .flatten()
                .min()
                .filter(|next| *next <= until)
            else {
                self.now = self.now.max(until);
                return true;
            };
            self.now = self.now.max(next);
            if step.is_some_and(|at| at <= self.now) {
                let Some(Reverse((_, id))) = self.queue.pop() else {
                    continue;
                };
                if let Some(step) = self.steps.remove(&id) {
                    self.step(step);
                }
            }
            self.drain();
        }
        false
    }

    pub fn live(&self) -> usize {
        self.playing.len()
    }

    pub fn wanted(&self) -> usize {
        self.devices
            .iter()
            .filter(|d| d.registered)
            .flat_map(|d| &d.links)
            .filter(|(_, wanted)| *wanted)
            .count()
    }

    pub fn is_live(&self, device: usize) -> bool {
        let links = &self.devices[device].links;
        links
            .iter()
            .filter(|(_, wanted)| *wanted)
            .all(|(link, _)| self.playing.contains_key(link))
    }

    /// Since when nothing has stood between the client and this device, if nothing does; what somebody did to it counts.
    pub fn well_since(&self, device: usize) -> Option<Duration> {
        let Device {
            site,
            health,
            registered,
            ..
        } = self.devices[device];
        let (changed, path) = *self.sites[site].history.last()?;
        let well = path == Path::Up && health == Health::Serves && !self.offline && !self.told_offline;
        let marks = [self.resumed.last(), self.devices[device].edits.last(), Some(&changed)];
        let latest = marks.into_iter().flatten().copied().max()?;
        (well && registered && !self.internal_only).then(|| latest.max(self.devices[device].health_since))
    }

    /// What a packet to this device meets now.
    fn reach(&self, device: usize, road: usize) -> Path {
        let device = &self.devices[device];
        let path = match (road.checked_sub(1), self.sites[device.site].path) {
            (Some(other), _) => device.others[other].path,
            (None, Path::Up) => device.path,
            (None, path) => path,
        };
        match (path, device.health) {
            (_, _) if device.address.is_loopback() && device.health == Health::Serves => Path::Up,
            (Path::Up, Health::Gone) => Path::BlackHole,
            (Path::Up, Health::Refuses) => Path::Rst,
            (path, _) => path,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Script(event) => self.script(event),
            Step::Syn(id) => {
                let Some(index) = self.under_way(id) else { return };
                self.dials[index].syns += 1;
                self.dials[index].last_syn = self.now;
                self.syn(id, index);
            }
            Step::GiveUp(id, kind, stage) => self.fail(id, kind, stage),
            Step::Connected(id) => {
                let Some(index) = self.under_way(id) else { return };
                self.dials[index].connected = Some(self.now);
                let Dialled { device, road, look, .. } = self.dials[index];
                let (address, _) = self.devices[device].road(road);
                self.tell(Input::Connected { attempt: id, address });
                if look {
                    self.by_attempt.remove(&id);
                    self.end(index, End::Played);
                    self.dials[index].lost = Some(self.now);
                    self.dials[index].closed = true;
                    self.tell(Input::Answered { attempt: id });
                    return;
                }
                self.schedule(self.now + REPLY, Step::Reply(id));
            }
            Step::Reply(id) => self.reply(id),
            Step::Beat(id, last) => self.beat(id, last),
        }
    }

    /// What becomes of the SYN that leaves now.
    fn syn(&mut self, id: AttemptId, index: usize) {
        let Dialled { device, road, at, .. } = self.dials[index];
        let soon = self.now + ROUND_TRIP;
        match self.reach(device, road) {
            Path::Up => self.schedule(soon, Step::Connected(id)),
            Path::Rst => self.schedule(soon, Step::GiveUp(id, FailureKind::Refused, Stage::Connect)),
            Path::Icmp => self.schedule(soon, Step::GiveUp(id, FailureKind::Unreachable, Stage::Connect)),
            Path::BlackHole if self.now + SYN_AGAIN >= at + self.deadline => {
                self.schedule(
                    at + self.deadline,
                    Step::GiveUp(id, FailureKind::Timeout, Stage::Connect),
                );
            }
            Path::BlackHole => self.schedule(self.now + SYN_AGAIN, Step::Syn(id)),
        }
    }

    fn reply(&mut self, id: AttemptId) {
        let Some(index) = self.under_way(id) else { return };
        let Dialled { device, road, link, .. } = self.dials[index];
        let say = |kind| Step::GiveUp(id, kind, Stage::Describe);
        let health = self.devices[device].health_by(road);
        let next = match (self.reach(device, road), health) {
            (Path::Up, Health::Serves | Health::PlaysBriefly) => {
                self.end(index, End::Played);
                self.playing.insert(self.dials[index].link, id);
                self.tell(Input::Playing { attempt: id });
                self.inherits(link);
                if health == Health::PlaysBriefly {
                    self.fail(id, FailureKind::Protocol, Stage::Media);
                } else {
                    self.schedule(self.now + seconds(1.0), Step::Beat(id, self.now));
                }
                return;
            }
            (Path::Up, Health::HalfSuccess) => say(FailureKind::Protocol),
            (Path::Up, Health::WrongPassword) => say(FailureKind::Auth),
            (Path::Up, Health::Full(retry_after)) => say(FailureKind::Limit { retry_after }),
            (Path::Up, Health::NoSuchChannel) => say(FailureKind::NoSuchChannel),
            _ => {
                self.schedule(self.now + MUTE, say(FailureKind::Timeout));
                return;
            }
        };
        self.schedule(self.now, next);
    }

    fn beat(&mut self, id: AttemptId, last: Duration) {
        let Some(&index) = self.by_attempt.get(&id) else { return };
        match (
            self.offline,
            self.reach(self.dials[index].device, self.dials[index].road),
            self.devices[self.dials[index].device].health_by(self.dials[index].road),
        ) {
            (false, Path::Up, health) if health != Health::HalfSuccess => {
                self.tell(Input::Media { attempt: id });
                self.schedule(self.now + seconds(1.0), Step::Beat(id, self.now));
            }
            (false, Path::Rst | Path::Up, _) => self.fail(id, FailureKind::Protocol, Stage::Media),
            _ if self.now >= last + STALL => self.fail(id, FailureKind::Timeout, Stage::Media),
            _ => self.schedule(self.now + seconds(1.0), Step::Beat(id, last)),
        }
    }

    fn fail(&mut self, id: AttemptId, kind: FailureKind, stage: Stage) {
        let Some(index) = self.by_attempt.remove(&id) else {
            return;
        };
        let link = self.dials[index].link;
        if self.dials[index].end.is_none() {
            self.end(index, End::Failed(kind));
        } else {
            self.dials[index].lost = Some(self.now);
        }
        self.playing.remove(&link);
        let address = Some(self.devices[self.dials[index].device].road(self.dials[index].road).0);
        let detail = String::new();
        self.tell(Input::Failed {
            attempt: id,
            address,
            failure: Failure { kind, stage, detail },
        });
    }

    fn end(&mut self, index: usize, end: End) {
        self.dials[index].end = Some((self.now, end));
    }

    /// The dial, if it has not ended yet.
    fn under_way(&self, id: AttemptId) -> Option<usize> {
        self.by_attempt
            .get(&id)
            .copied()
            .filter(|index| self.dials[*index].end.is_none())
    }

    fn drain(&mut self) {
        let now = self.instant();
        for _ in 0..100_000 {
            match self.client.act(now) {
                Act::Dial {
                    attempt,
                    link,
                    device,
                    road,
                    why,
                    reuse_port,
                } => self.dial(attempt, (link, device, road), why, reuse_port),
                Act::Road { device, taken, returns } => self.takes_road(index_of(device), taken, returns),
                Act::Abort(id) => {
                    if let Some(index) = self.by_attempt.remove(&id) {
                        if self.dials[index].end.is_none() {
                            self.end(index, End::Aborted);
                        } else {
                            self.dials[index].lost = Some(self.now);
                            self.dials[index].closed = true;
                        }
                        self.playing.remove(&self.dials[index].link);
                    }
                }
                Act::Sleep(until) => {
                    assert!(until.is_none_or(|until| until > now), "Sleep.until is in the past");
                    self.wake = until.map(|until| until - self.base);
                    return;
                }
            }
        }
        panic!("the client never sleeps");
    }

    fn dial(
        &mut self,
        attempt: AttemptId,
        (link, device, road): (LinkId, DeviceId, usize),
        why: Why,
        reuse_port: bool,
    ) {
        let index = index_of(device);
        let known = match road.checked_sub(1) {
            None => &mut self.devices[index].port,
            Some(other) => &mut self.devices[index].others[other].port,
        };
        if !reuse_port || *known == 0 {
            self.last_port += 1;
            *known = self.last_port;
        }
        let port = *known;
        let site = self.devices[index].site;
        let (address, _) = self.devices[index].road(road);
        let mut links = self.devices[index].links.iter();
        let channel = match (links.position(|(other, _)| *other == link), self.heirs.get(&link)) {
            (Some(channel), _) => channel,
            (None, Some((_, channel))) => usize::MAX - 1 - channel,
            (None, None) => usize::MAX,
        };
        self.dials.push(Dialled {
            link,
            device: index,
            road,
            look: channel == usize::MAX,
            channel,
            site,
            why,
            at: self.now,
            syns: 1,
            last_syn: self.now,
            port,
            connected: None,
            end: None,
            lost: None,
            closed: false,
            loopback: address.is_loopback(),
        });
        if let Some((after, event)) = self.in_mid_attempt.pop_front() {
            self.schedule(self.now + after, Step::Script(event));
        }
        let dial = self.dials.len() - 1;
        self.by_attempt.insert(attempt, dial);
        if self.internal_only {
            self.dials[dial].syns = 0;
            self.schedule(self.now, Step::GiveUp(attempt, FailureKind::Policy, Stage::Connect));
        } else if self.offline && !address.is_loopback() {
            self.dials[dial].syns = 0;
            self.schedule(self.now, Step::GiveUp(attempt, FailureKind::NoRoute, Stage::Connect));
        } else {
            self.syn(attempt, dial);
        }
    }

    /// A device takes another road, or returns.
    fn takes_road(&mut self, device: usize, taken: usize, returns: Option<usize>) {
        let last = self.turns.iter().rev().find(|turn| turn.1 == device);
        if last.map_or(0, |turn| turn.2) != taken {
            self.turns.push((self.now, device, taken));
        }
        match returns {
            Some(goal) => {
                self.returning.insert(device, goal);
                self.next_heir(device);
            }
            None => {
                self.returning.remove(&device);
                let waiting: Vec<_> = self
                    .heirs
                    .iter()
                    .filter(|(_, of)| of.0 == device)
                    .map(|(heir, _)| *heir)
                    .collect();
                for heir in waiting {
                    self.heirs.remove(&heir);
                    self.tell(Input::Unwant(heir));
                }
            }
        }
    }

    /// One stream of a device that returns gets its heir.
    fn next_heir(&mut self, device: usize) {
        let Some(goal) = self.returning.get(&device).copied() else {
            return;
        };
        if self.heirs.values().any(|of| of.0 == device) {
            return;
        }
        let by_another_road = |link: &LinkId| {
            let attempt = self.playing.get(link).and_then(|attempt| self.by_attempt.get(attempt));
            attempt.is_some_and(|dial| self.dials[*dial].road != goal)
        };
        let links = &self.devices[device].links;
        let Some(channel) = links.iter().position(|(link, wanted)| *wanted && by_another_road(link)) else {
            return;
        };
        let of = links[channel].0;
        let heir = self.new_link();
        self.heirs.insert(heir, (device, channel));
        self.tell(Input::Heir { heir, of });
    }

    /// The picture of an heir has come: what it inherits is let go.
    fn inherits(&mut self, link: LinkId) {
        if let Some((device, channel)) = self.heirs.remove(&link) {
            let of = std::mem::replace(&mut self.devices[device].links[channel].0, link);
            self.tell(Input::Unwant(of));
            self.next_heir(device);
        }
    }

    fn script(&mut self, event: Event) {
        let concerned = match &event {
            Event::Site(site, _) => *site..site + 1,
            Event::Device(device, _)
            | Event::Road(device, ..)
            | Event::Pin(device, _)
            | Event::Edit(device)
            | Event::Remove(device)
            | Event::Add(device)
            | Event::Unwant(device)
            | Event::Want(device, _)
            | Event::Click(device)
            | Event::Hint(device) => {
                let site = self.devices[*device].site;
                site..site + 1
            }
            _ => 0..self.sites.len(),
        };
        self.happens(event);
        for site in concerned {
            let standing = self.standing(site);
            self.sites[site].standings.push((self.now, standing));
        }
    }

    fn standing(&self, site: usize) -> Standing {
        let devices: Vec<&Device> = self.devices.iter().filter(|device| device.site == site).collect();
        let leads = |device: &Device| -> Vec<bool> { device.others.iter().map(|road| road.path == Path::Up).collect() };
        let is_alone_and_dead = devices.len() == 1 && devices[0].path != Path::Up;
        if self.sites[site].path == Path::Up && !is_alone_and_dead {
            return Standing::Otherwise;
        }
        let around: Vec<Vec<bool>> = devices.iter().map(|device| leads(device)).collect();
        if !around.iter().flatten().any(|leads| *leads) {
            return match self.sites[site].path {
                Path::Up => Standing::Otherwise,
                _ => Standing::Dead,
            };
        }
        let is_well = |device: &&Device| {
            let is_same = device.others.iter().all(|road| road.health.is_none());
            device.registered && device.pinned.is_none() && device.health == Health::Serves && is_same
        };
        match around.windows(2).all(|pair| pair[0] == pair[1]) && devices.iter().all(is_well) {
            true => Standing::Carried,
            false => Standing::Otherwise,
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Site(site, path) => {
                if self.sites[site].path != path {
                    self.sites[site].path = path;
                    self.sites[site].history.push((self.now, path));
                    if self.hints && path == Path::Up {
                        let device = self.devices.iter().position(|device| device.site == site);
                        self.script(Event::Hint(device.unwrap_or_default()));
                    }
                }
            }
            Event::Road(device, road, path) => match road.checked_sub(1) {
                None => self.devices[device].path = path,
                Some(other) => self.devices[device].others[other].path = path,
            },
            Event::Pin(device, road) => {
                self.devices[device].pinned = road;
                self.tell_roads(device);
            }
            Event::Device(device, health) => {
                self.devices[device].health = health;
                self.devices[device].health_since = self.now;
            }
            Event::Cable { plugged, silent } => {
                if plugged == self.offline {
                    match plugged {
                        true => {
                            if let Some(span) = self.offline_spans.last_mut() {
                                span.1 = self.now;
                            }
                        }
                        false => self.offline_spans.push((self.now, Duration::MAX)),
                    }
                }
                self.offline = !plugged;
                self.resumed.push(self.now);
                if !silent {
                    self.told_offline = !plugged;
                    self.tell(Input::Network(if plugged { Network::Up } else { Network::Down }));
                }
            }
            Event::NetworkChanged => {
                if std::mem::take(&mut self.told_offline) {
                    self.resumed.push(self.now);
                }
                self.tell(Input::Network(Network::Changed));
            }
            Event::Sleep(span) => {
                self.now += span;
                self.resumed.push(self.now);
                self.tell(Input::Woke);
            }
            Event::Leap(span) => {
                self.now += span;
                self.resumed.push(self.now);
            }
            Event::InMidAttempt(after, event) => self.in_mid_attempt.push_back((after, *event)),
            Event::Edit(device) => {
                self.devices[device].revision += 1;
                let now = self.now;
                self.devices[device].edits.push(now);
                if self.devices[device].registered {
                    self.register(device);
                }
            }
            Event::Remove(device) => {
                if std::mem::take(&mut self.devices[device].registered) {
                    let now = self.now;
                    self.devices[device].edits.push(now);
                    self.tell(Input::DeviceRemoved(id_of(device)));
                }
            }
            Event::Add(device) => {
                if !self.devices[device].registered {
                    let site = self.devices[device].site;
                    if !self.devices.iter().any(|other| other.site == site && other.registered) {
                        self.resumed.push(self.now);
                    }
                    self.devices[device].registered = true;
                    let count = self.devices[device].links.len();
                    self.devices[device].links = (0..count).map(|_| (self.new_link(), true)).collect();
                    self.register(device);
                }
            }
            Event::Unwant(device) => {
                for channel in 0..self.devices[device].links.len() {
                    let link = &mut self.devices[device].links[channel];
                    link.1 = false;
                    let link = link.0;
                    self.tell(Input::Unwant(link));
                }
            }
            Event::Want(device, rank) => {
                for channel in 0..self.devices[device].links.len() {
                    if !self.devices[device].links[channel].1 {
                        self.devices[device].links[channel] = (self.new_link(), true);
                    }
                    let link = self.devices[device].links[channel].0;
                    if self.devices[device].registered {
                        self.tell(Input::Want {
                            link,
                            device: id_of(device),
                            rank,
                        });
                    }
                }
            }
            Event::Click(device) => self.tell(Input::RetryNow(id_of(device))),
            Event::Hint(device) => {
                let address = self.devices[device].address;
                self.tell(Input::Hint(Hint::Address(address)));
            }
            Event::Limits(limits) => self.tell(Input::Limits(limits)),
            Event::InternalOnly(on) => {
                self.internal_only = on;
                self.resumed.push(self.now);
                if on {
                    let playing: BTreeSet<_> = self.playing.values().copied().collect();
                    for id in playing {
                        self.fail(id, FailureKind::Policy, Stage::Media);
                    }
                }
                self.tell(Input::PolicyChanged);
            }
        }
    }

    fn register(&mut self, device: usize) {
        let Device {
            site,
            address,
            recorder,
            revision,
            ..
        } = self.devices[device];
        let site = SiteId(u64::try_from(site).unwrap() + 1);
        self.tell(Input::Device {
            id: id_of(device),
            site,
            address: Some(address),
            recorder,
            revision,
        });
        self.tell_roads(device);
        for (link, wanted) in self.devices[device].links.clone() {
            if wanted {
                self.tell(Input::Want {
                    link,
                    device: id_of(device),
                    rank: Rank::Visible,
                });
            }
        }
    }

    fn tell_roads(&mut self, device: usize) {
        let count = self.devices[device].others.len() + 1;
        if count < 2 {
            return;
        }
        let road = |road| {
            let (address, recorder) = self.devices[device].road(road);
            RoadEnd {
                address: Some(address),
                recorder,
            }
        };
        let number = u64::try_from(device).unwrap();
        let roads = RoadsOf {
            roads: (0..count).map(road).collect(),
            pinned: self.devices[device].pinned,
            scout: DeviceId((1 << 32) + number),
            look: LinkId((1 << 32) + number),
        };
        let device = id_of(device);
        self.tell(Input::Roads { device, roads });
    }

    fn tell(&mut self, input: Input) {
        let now = self.instant();
        self.client.handle(input, now);
    }

    fn schedule(&mut self, at: Duration, step: Step) {
        self.last_step += 1;
        self.queue.push(Reverse((at, self.last_step)));
        self.steps.insert(self.last_step, step);
    }

    fn new_link(&mut self) -> LinkId {
        self.last_link += 1;
        LinkId(self.last_link)
    }
}

pub fn id_of(device: usize) -> DeviceId {
    DeviceId(u64::try_from(device).unwrap() + 1)
}

fn index_of(device: DeviceId) -> usize {
    usize::try_from(device.0).unwrap() - 1
}
