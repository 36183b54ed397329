//! The laws, checked on what the world saw: nothing here knows how the machine decides.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use reconnect::FailureKind;

use super::world::{Dialled, End, Standing, World, seconds};

pub const MINUTE: Duration = Duration::from_secs(60);
/// After this long without a path an outage is steady: a minute, and the 10 s that it takes a stream to be called stalled.
pub const STEADY_AFTER: Duration = Duration::from_secs(75);

#[derive(Clone, Copy)]
pub struct Law {
    pub failed_per_minute: u32,
    pub slow_sign_in_retry: bool,
}

impl Default for Law {
    fn default() -> Self {
        Self {
            failed_per_minute: 12,
            slow_sign_in_retry: false,
        }
    }
}

/// The most events in any window of this length (half-open at its end).
pub fn most_within(mut times: Vec<Duration>, window: Duration) -> u32 {
    times.sort_unstable();
    let mut recent = VecDeque::new();
    let mut most = 0;
    for at in times {
        while recent.front().is_some_and(|first| *first + window <= at) {
            recent.pop_front();
        }
        recent.push_back(at);
        most = most.max(recent.len());
    }
    u32::try_from(most).unwrap()
}

/// The spans in which a site has been without a path long enough for the outage to be steady. An outage that the client
/// could not see, because it had no network, was asleep, forbidden to look or not asked to, begins with its first look.
pub fn steady_spans<C>(world: &World<C>, site: usize) -> Vec<(Duration, Duration)> {
    // What has a road that leads around its site is in no outage.
    let standings = world.sites[site].standings.iter();
    let standings = standings.map(|(at, standing)| (*at, Some(*standing == Standing::Dead)));
    let resumed = world.resumed.iter().map(|at| (*at, None));
    let mut marks: Vec<_> = standings.chain(resumed).chain([(world.now, Some(false))]).collect();
    marks.sort_by_key(|(at, _)| *at);
    let first_look = |since: Duration| {
        world
            .dials
            .iter()
            .find(|d| d.site == site && d.at >= since)
            .map(|d| d.at)
    };
    let mut spans = Vec::new();
    let mut down: Option<Duration> = None;
    for (at, is_dead) in marks {
        if let Some(since) = down
            && is_dead != Some(true)
        {
            if let Some(from) = first_look(since).map(|look| look + STEADY_AFTER)
                && at > from
            {
                spans.push((from, at));
            }
            down = is_dead.is_none().then_some(at);
        } else if down.is_none() && is_dead == Some(true) {
            down = Some(at);
        }
    }
    spans
}

/// The spans in which every device of a site is reached around it, from when the client had as much time to find that out as it has to
/// find out an outage.
pub fn carried_spans<C>(world: &World<C>, site: usize) -> Vec<(Duration, Duration)> {
    let standings = world.sites[site].standings.iter();
    let standings = standings.map(|(at, standing)| (*at, Some(*standing == Standing::Carried)));
    let resumed = world.resumed.iter().map(|at| (*at, None));
    let mut marks: Vec<_> = standings.chain(resumed).chain([(world.now, Some(false))]).collect();
    marks.sort_by_key(|(at, _)| *at);
    let mut spans = Vec::new();
    let mut carried: Option<Duration> = None;
    for (at, is_carried) in marks {
        if let Some(from) = carried.map(|since| since + STEADY_AFTER)
            && at > from
        {
            spans.push((from, at));
        }
        carried = is_carried.unwrap_or(carried.is_some()).then_some(at);
    }
    spans
}

/// The most failed attempts of a site in any minute that began in a steady outage.
pub fn steady_failures<C>(world: &World<C>, site: usize) -> u32 {
    failures_in(world, site, &steady_spans(world, site))
}

fn failures_in<C>(world: &World<C>, site: usize, spans: &[(Duration, Duration)]) -> u32 {
    let within = |(from, to): &(Duration, Duration)| {
        let times = world
            .dials
            .iter()
            .filter(|dial| dial.site == site && dial.failed_at().is_some());
        most_within(
            times.map(|dial| dial.at).filter(|at| at >= from && at < to).collect(),
            MINUTE,
        )
    };
    spans.iter().map(within).max().unwrap_or(0)
}

/// The most NAT entries for unanswered connects that the router of a site held at once in a steady outage (120 s each).
pub fn nat_entries<C>(world: &World<C>, site: usize) -> usize {
    nat_entries_at_each_dial(world, site).into_iter().max().unwrap_or(0)
}

/// The same, at each dial of a steady outage.
pub fn nat_entries_at_each_dial<C>(world: &World<C>, site: usize) -> Vec<usize> {
    entries_in(world, site, &steady_spans(world, site))
}

fn entries_in<C>(world: &World<C>, site: usize, spans: &[(Duration, Duration)]) -> Vec<usize> {
    // An RST ends the entry.
    let unanswered = |d: &&Dialled| {
        d.syns > 0 && d.connected.is_none() && !matches!(d.end, Some((_, End::Failed(FailureKind::Refused))))
    };
    let dials = world.dials.iter().filter(|d| d.site == site).filter(unanswered);
    let dials: Vec<&Dialled> = dials.collect();
    let mut entries = Vec::new();
    for (from, to) in spans {
        let from = *from + Duration::from_secs(120);
        for (index, dial) in dials.iter().enumerate().filter(|(_, d)| d.at >= from && d.at < *to) {
            let held = dials[..=index]
                .iter()
                .rev()
                .take_while(|d| d.last_syn + Duration::from_secs(120) >= dial.at);
            let ports: std::collections::BTreeSet<_> = held.map(|d| (d.device, d.road, d.port)).collect();
            entries.push(ports.len());
        }
    }
    entries
}

pub fn syns_per_minute<C>(world: &World<C>, site: usize) -> u32 {
    syns_in(world, &steady_spans(world, site), |dial| dial.site == site)
}

fn syns_in<C>(world: &World<C>, spans: &[(Duration, Duration)], counts: impl Fn(&Dialled) -> bool) -> u32 {
    let mut most = 0;
    for (from, to) in spans {
        let dials = world
            .dials
            .iter()
            .filter(|d| d.syns > 0 && counts(d) && d.at >= *from && d.at < *to);
        let syns = dials
            .flat_map(|d| [Some(d.at), (d.syns > 1).then_some(d.last_syn)])
            .flatten()
            .collect();
        most = most.max(most_within(syns, MINUTE));
    }
    most
}

/// While its devices are reached around it, a dead site costs what it costs in an outage: what their streams take by the other road is
/// none of it.
fn carried<C>(world: &World<C>, site: usize) {
    let spans = carried_spans(world, site);
    let failed = failures_in(world, site, &spans);
    assert!(
        failed <= 6,
        "site {site}: {failed} failed attempts in a minute while another road carries it"
    );
    let syns = syns_in(world, &spans, |dial| dial.site == site && dial.failed_at().is_some());
    assert!(
        syns <= 12,
        "site {site}: {syns} SYNs in vain in a minute while another road carries it"
    );
    let entries = entries_in(world, site, &spans).into_iter().max().unwrap_or(0);
    assert!(
        entries <= 4,
        "site {site}: {entries} NAT entries while another road carries it"
    );
}

/// Panics with what was broken.
pub fn hold<C>(world: &World<C>, law: Law) {
    for site in 0..world.sites.len() {
        let failed = || {
            world
                .dials
                .iter()
                .filter(move |dial| dial.site == site && dial.failed_at().is_some())
        };
        let begun = most_within(failed().map(|dial| dial.at).collect(), MINUTE);
        let ended = most_within(failed().filter_map(Dialled::failed_at).collect(), MINUTE);
        assert!(
            begun <= law.failed_per_minute,
            "site {site}: {begun} failed attempts began in one minute"
        );
        assert!(
            ended <= law.failed_per_minute,
            "site {site}: {ended} attempts failed in one minute"
        );
        let steady = steady_failures(world, site);
        assert!(
            steady <= 6,
            "site {site}: {steady} failed attempts in a minute of a steady outage"
        );
        assert!(syns_per_minute(world, site) <= 12, "site {site}: SYNs a minute");
        assert!(
            nat_entries(world, site) <= 4,
            "site {site}: {} NAT entries",
            nat_entries(world, site)
        );
        carried(world, site);
    }
    let most = world.dials.iter().map(|dial| dial.syns).max().unwrap_or(0);
    assert!(most <= 2, "{most} SYNs for one attempt");
    process(world);
    in_flight(world);
    rates(world);
    gaps(world);
    answers(world, law);
    for (from, to) in &world.offline_spans {
        let during = world
            .dials
            .iter()
            .filter(|d| !d.loopback && d.at > *from && d.at < *to && d.syns > 0);
        assert_eq!(during.count(), 0, "packets without a network");
    }
}

fn in_flight<C>(world: &World<C>) {
    let steady: Vec<_> = (0..world.sites.len()).map(|site| steady_spans(world, site)).collect();
    let mut open: Vec<&Dialled> = Vec::new();
    for dial in &world.dials {
        open.retain(|other| other.half_open_until() > dial.at);
        open.push(dial);
        assert!(open.len() <= 8, "{} half-open in the process", open.len());
        let same = open.iter().filter(|other| other.site == dial.site).count();
        if steady[dial.site]
            .iter()
            .any(|(from, to)| dial.at >= *from && dial.at < *to)
        {
            assert!(same <= 1, "{same} half-open at a site in outage");
        }
    }
    let mut busy: BTreeMap<u64, Duration> = BTreeMap::new();
    for dial in &world.dials {
        let until = busy.insert(
            world.devices[dial.device].road(dial.road).1,
            dial.end.map_or(Duration::MAX, |(at, _)| at),
        );
        assert!(
            until.is_none_or(|until| until <= dial.at),
            "two dials in flight at the recorder of device {}",
            dial.device
        );
    }
}

fn rates<C>(world: &World<C>) {
    let sent = || world.dials.iter().filter(|dial| dial.syns > 0);
    let all = most_within(sent().map(|dial| dial.at).collect(), seconds(1.0));
    assert!(all <= 20, "{all} connects in a second");
    let steady: Vec<_> = (0..world.sites.len()).map(|site| steady_spans(world, site)).collect();
    let dead = |d: &&Dialled| steady[d.site].iter().any(|(from, to)| d.at >= *from && d.at < *to);
    let outage = most_within(sent().filter(dead).map(|dial| dial.at).collect(), seconds(1.0));
    assert!(outage <= 4, "{outage} connects in a second to sites in outage");
}

fn gaps<C>(world: &World<C>) {
    let mut last: BTreeMap<(usize, usize), Duration> = BTreeMap::new();
    let mut ended: BTreeMap<_, Duration> = BTreeMap::new();
    for dial in &world.dials {
        if let Some(before) = last.insert((dial.device, dial.road), dial.at) {
            assert!(
                dial.at >= before + Duration::from_millis(100),
                "device {} dialled twice in 100 ms",
                dial.device
            );
        }
        let gone = match dial.end {
            Some((_, End::Failed(FailureKind::Policy))) => None,
            Some((at, End::Failed(_))) => Some(at),
            _ => dial.lost.filter(|_| !dial.closed),
        };
        let edits = &world.devices[dial.device].edits;
        if let Some(before) = ended.get(&(dial.device, dial.channel))
            && !edits.iter().any(|at| at >= before)
            && dial.syns > 0
        {
            assert!(
                dial.at >= *before + seconds(5.0),
                "link {:?} dialled {:?} after its end",
                dial.link,
                dial.at - *before
            );
        }
        if let Some(gone) = gone {
            ended.insert((dial.device, dial.channel), gone);
        }
    }
}

/// Sign-in stops, and a device that asks to wait is left alone.
fn answers<C>(world: &World<C>, law: Law) {
    // By each road for itself: another recorder may stand where it ends.
    let mut until: BTreeMap<(usize, usize), (Duration, Duration)> = BTreeMap::new();
    for dial in &world.dials {
        if let Some((since, until)) = until.get(&(dial.device, dial.road))
            && !world.devices[dial.device].edits.iter().any(|at| at >= since)
        {
            assert!(
                dial.at >= *until,
                "device {} dialled at {:?}, stopped until {until:?}",
                dial.device,
                dial.at
            );
        }
        match dial.end {
            Some((at, End::Failed(FailureKind::Auth))) => {
                let wait = if law.slow_sign_in_retry {
                    Duration::from_secs(1800)
                } else {
                    Duration::from_secs(1 << 40)
                };
                until.insert((dial.device, dial.road), (at, at + wait));
            }
            Some((at, End::Failed(FailureKind::Limit { retry_after }))) => {
                let wait = retry_after
                    .unwrap_or(Duration::from_secs(30))
                    .min(Duration::from_secs(86_400));
                until.insert((dial.device, dial.road), (at, at + wait));
            }
            _ => {}
        }
    }
}

/// Failed attempts of the process and their SYNs in any minute: the hard limits, and the figures themselves.
pub fn process<C>(world: &World<C>) -> (u32, u32) {
    let (failed, syns) = process_from(world, Duration::ZERO);
    assert!(failed <= 30, "{failed} failed attempts of the process in one minute");
    assert!(
        syns <= 60,
        "{syns} SYNs of failed attempts of the process in one minute"
    );
    (failed, syns)
}

/// The most failed attempts of the process, and the most SYNs of theirs, in any minute from this time on.
pub fn process_from<C>(world: &World<C>, from: Duration) -> (u32, u32) {
    let failed = || {
        let dials = world.dials.iter().filter(move |dial| dial.at >= from);
        dials.filter(|dial| dial.failed_at().is_some())
    };
    let begun = most_within(failed().map(|dial| dial.at).collect(), MINUTE);
    let ended = most_within(failed().filter_map(Dialled::failed_at).collect(), MINUTE);
    let syns = failed()
        .flat_map(|dial| [Some(dial.at), (dial.syns > 1).then_some(dial.last_syn)])
        .flatten();
    (begun.max(ended), most_within(syns.collect(), MINUTE))
}
