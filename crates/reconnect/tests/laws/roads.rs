//! Devices with several roads: the next one carries what the preferred one does not, and costs no packet more.

use std::time::{Duration, Instant};

use reconnect::{FailureKind, Limits, Machine};

use super::law::{self, Law};
use super::world::{End, Event, Health, Path, World, seconds};

/// Devices of one channel at so many sites, each with so many roads.
fn world(seed: u64, sites: usize, devices: usize, roads: usize) -> World<Machine> {
    let base = Instant::now();
    let machine = Machine::new(seed, Limits::default(), base);
    World::new(machine, base, &vec![vec![1; devices]; sites]).with_roads(roads)
}

/// The same, all of them live by the preferred road for more than a minute.
fn live(seed: u64, sites: usize, devices: usize, roads: usize) -> World<Machine> {
    let mut world = world(seed, sites, devices, roads);
    world.start();
    let late = world.run_while(seconds(600.0), |world| world.live() < world.wanted());
    assert!(!late, "{} of {} live", world.live(), world.wanted());
    run_for(&mut world, 90.0);
    assert!(world.turns.is_empty(), "{:?}", world.turns);
    world
}

fn run_for(world: &mut World<Machine>, span: f64) {
    world.run(world.now.as_secs_f64() + span);
}

/// Seconds until this holds; it must within `limit`.
fn until(world: &mut World<Machine>, limit: f64, holds: impl Fn(&World<Machine>) -> bool) -> f64 {
    let from = world.now;
    let late = world.run_while(from + seconds(limit), |world| !holds(world));
    let roads = || -> Vec<_> {
        let devices = (0..world.devices.len()).map(|device| world.client.road(super::world::id_of(device)));
        devices.collect()
    };
    let sites = || {
        world
            .client
            .sites()
            .map(|site| world.client.site(site))
            .collect::<Vec<_>>()
    };
    let dials = || world.dials.iter().rev().take(6).collect::<Vec<_>>();
    assert!(
        !late,
        "not after {limit} s, since {from:?}: {} of {} live, {:?}, {:?}, the last dials {:#?}",
        world.live(),
        world.wanted(),
        roads(),
        sites(),
        dials()
    );
    (world.now - from).as_secs_f64()
}

/// The road that each device took last.
fn taken(world: &World<Machine>) -> Vec<usize> {
    let last = |device| {
        world
            .turns
            .iter()
            .rev()
            .find(|turn| turn.1 == device)
            .map_or(0, |turn| turn.2)
    };
    (0..world.devices.len()).map(last).collect()
}

fn all_by(world: &World<Machine>, road: usize) -> bool {
    world.live() == world.wanted() && taken(world).into_iter().all(|taken| taken == road)
}

/// The longest time from this one on in which no stream of the device played.
fn longest_gap(world: &World<Machine>, device: usize, from: Duration) -> Duration {
    let streams = world.dials.iter().filter(|dial| dial.device == device && !dial.look);
    let played = streams.filter_map(|dial| match dial.end {
        Some((at, End::Played)) => Some((at, dial.lost.unwrap_or(world.now))),
        _ => None,
    });
    let mut played: Vec<_> = played.filter(|(_, to)| *to >= from).collect();
    played.sort_unstable();
    let (mut lit, mut gap) = (from, Duration::ZERO);
    for (begin, end) in played.into_iter().chain([(world.now, world.now)]) {
        gap = gap.max(begin.saturating_sub(lit));
        lit = lit.max(end);
    }
    gap
}

/// SYNs from this time on to streams that did not come to play, and to looks.
fn syns_in_vain(world: &World<Machine>, from: Duration) -> u32 {
    let dials = world.dials.iter().filter(|dial| dial.at >= from);
    let in_vain = dials.filter(|dial| dial.look || !matches!(dial.end, Some((_, End::Played))));
    in_vain.map(|dial| dial.syns).sum()
}

#[test]
fn the_preferred_road_dies_another_carries_and_it_comes_back_without_a_gap() {
    let (mut carried, mut back) = (Vec::new(), Vec::new());
    for path in [Path::BlackHole, Path::Rst, Path::Icmp] {
        for seed in 0..20 {
            let mut world = live(seed, 1, 1, 2);
            world.happen(Event::Site(0, path));
            carried.push(until(&mut world, 40.0, |world| all_by(world, 1)));
            run_for(&mut world, 600.0);
            assert_eq!(taken(&world), [1]);
            let returned = world.now;
            world.happen(Event::Site(0, Path::Up));
            back.push(until(&mut world, 120.0, |world| all_by(world, 0)));
            run_for(&mut world, 120.0);
            assert_eq!(
                longest_gap(&world, 0, returned),
                Duration::ZERO,
                "{path:?}, seed {seed}"
            );
            assert_eq!(world.turns.len(), 2, "{:?}", world.turns);
            law::hold(&world, Law::default());
        }
    }
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
    assert!(mean(&carried) <= 22.0, "{}: {carried:?}", mean(&carried));
    assert!(mean(&back) <= 80.0, "{}: {back:?}", mean(&back));
}

/// A site of sixteen: one canary finds the road that works, and all follow it; one scout looks for all, and all come back.
#[test]
fn a_site_turns_together_and_returns_together_and_costs_what_one_road_costs() {
    for path in [Path::BlackHole, Path::Rst] {
        for seed in 0..10 {
            let (mut costs, mut steady) = (Vec::new(), Vec::new());
            for roads in [1, 2, 3] {
                let mut world = live(seed, 1, 16, roads);
                let fell = world.now;
                world.happen(Event::Site(0, path));
                if roads > 1 {
                    until(&mut world, 60.0, |world| all_by(world, 1));
                }
                world.run((fell + seconds(1_800.0)).as_secs_f64());
                costs.push(syns_in_vain(&world, fell));
                steady.push(syns_in_vain(&world, fell + seconds(120.0)));
                let returned = world.now;
                world.happen(Event::Site(0, Path::Up));
                until(&mut world, 150.0, |world| all_by(world, 0));
                run_for(&mut world, 60.0);
                if roads > 1 {
                    for device in 0..16 {
                        assert_eq!(longest_gap(&world, device, returned), Duration::ZERO, "device {device}");
                    }
                }
                law::hold(&world, Law::default());
            }
            assert!(
                costs.iter().all(|cost| *cost <= costs[0]) && steady.iter().all(|cost| *cost <= steady[0]),
                "{path:?}, seed {seed}: {costs:?}, steady {steady:?}"
            );
        }
    }
}

/// Where no road leads anywhere, several cost exactly as few attempts as one does.
#[test]
fn roads_that_are_all_dead_cost_no_more_than_one() {
    for path in [Path::BlackHole, Path::Rst] {
        for (sites, devices) in [(1, 1), (1, 16), (30, 2), (300, 2)] {
            let mut costs = Vec::new();
            for roads in [1, 2, 4] {
                let mut world = live(5, sites, devices, roads);
                let fell = world.now;
                for device in 0..world.devices.len() {
                    (1..roads).for_each(|road| world.happen(Event::Road(device, road, path)));
                }
                (0..sites).for_each(|site| world.happen(Event::Site(site, path)));
                run_for(&mut world, 1_800.0);
                let (failed, syns) = law::process_from(&world, fell + seconds(75.0));
                assert!(
                    failed <= 6 && syns <= 12,
                    "{path:?}, {sites} sites, {roads} roads: {failed}, {syns} SYNs"
                );
                costs.push(syns_in_vain(&world, fell));
                (0..sites).for_each(|site| world.happen(Event::Site(site, Path::Up)));
                let cameras = world.wanted() as f64;
                // The one that works is looked at in its turn.
                let limit = 36.0 * roads as f64 + 60.0 + cameras;
                until(&mut world, limit, |world| world.live() == world.wanted());
                law::hold(&world, Law::default());
            }
            let most = f64::from(costs[0]) * 1.1 + 6.0;
            assert!(
                costs.iter().all(|cost| f64::from(*cost) <= most),
                "{path:?}, {sites} sites of {devices}: {costs:?}"
            );
        }
    }
}

/// Thirty and three hundred sites whose preferred roads die one after another: the process spends as little as ever, and each
/// carries on by its other road.
#[test]
fn many_sites_are_carried_and_their_scouts_share_the_budget_of_the_process() {
    for sites in [30, 300] {
        let fall = |roads| {
            let mut world = live(2, sites, 1, roads);
            let fell = world.now;
            for site in 0..sites {
                world.happen(Event::Site(site, Path::BlackHole));
                run_for(&mut world, if sites == 30 { 20.0 } else { 4.0 });
            }
            run_for(&mut world, 300.0);
            let costs = law::process_from(&world, fell);
            (world, costs)
        };
        let (_, (of_one, _)) = fall(1);
        let (mut world, (failed, syns)) = fall(2);
        assert!(
            failed <= of_one.max(14) && syns <= 2 * failed,
            "{sites} sites: {failed} failed instead of {of_one}"
        );
        until(&mut world, 3_600.0, |world| all_by(world, 1));
        let returned = world.now;
        (0..sites).for_each(|site| world.happen(Event::Site(site, Path::Up)));
        until(&mut world, 3_600.0, |world| all_by(world, 0));
        for device in 0..world.devices.len() {
            assert_eq!(longest_gap(&world, device, returned), Duration::ZERO, "device {device}");
        }
        law::hold(&world, Law::default());
    }
}

/// The network of this computer was gone, not the roads: nobody stays on a road that was only tried meanwhile.
#[test]
fn what_was_down_because_this_computer_was_comes_back_by_the_preferred_road() {
    for silent in [false, true] {
        for seed in 0..10 {
            let mut world = live(seed, 5, 2, 2);
            world.happen(Event::Cable { plugged: false, silent });
            run_for(&mut world, 900.0);
            world.happen(Event::Cable {
                plugged: true,
                silent: false,
            });
            until(&mut world, 90.0, |world| world.live() == world.wanted());
            until(&mut world, 240.0, |world| all_by(world, 0));
            law::hold(&world, Law::default());
        }
    }
}

#[test]
fn a_device_that_is_alone_in_its_trouble_turns_alone() {
    for seed in 0..20 {
        let mut world = live(seed, 1, 16, 2);
        world.happen(Event::Road(7, 0, Path::BlackHole));
        until(&mut world, 40.0, |world| {
            taken(world)[7] == 1 && world.live() == world.wanted()
        });
        run_for(&mut world, 600.0);
        let turned = taken(&world).into_iter().filter(|road| *road == 1).count();
        assert_eq!(turned, 1, "{:?}", world.turns);
        world.happen(Event::Road(7, 0, Path::Up));
        until(&mut world, 120.0, |world| all_by(world, 0));
        law::hold(&world, Law::default());
    }
}

/// A road that comes and goes for a day is not followed each time.
#[test]
fn a_preferred_road_that_flaps_does_not_swing_its_device() {
    for (up, down) in [(40.0, 40.0), (120.0, 60.0), (300.0, 30.0)] {
        let mut world = live(3, 1, 4, 2);
        let from = world.now.as_secs_f64();
        while world.now.as_secs_f64() < from + 86_400.0 {
            world.happen(Event::Site(0, Path::BlackHole));
            run_for(&mut world, down);
            world.happen(Event::Site(0, Path::Up));
            run_for(&mut world, up);
        }
        let per_device = world.turns.len() / 4;
        assert!(per_device <= 60, "up {up} s, down {down} s: {per_device} turns a day");
        until(&mut world, 3_900.0, |world| all_by(world, 0));
        law::hold(&world, Law::default());
    }
}

#[test]
fn who_is_pinned_takes_no_other_road_and_goes_to_a_new_pin_without_a_gap() {
    let mut world = live(4, 1, 2, 3);
    let from = world.now;
    world.happen(Event::Pin(0, Some(2)));
    until(&mut world, 20.0, |world| taken(world) == [2, 0] && world.live() == 2);
    run_for(&mut world, 5.0);
    assert_eq!(longest_gap(&world, 0, from), Duration::ZERO);
    world.happen(Event::Road(0, 2, Path::BlackHole));
    run_for(&mut world, 900.0);
    assert_eq!(
        (taken(&world), world.live()),
        (vec![2, 0], 1),
        "it waits for the road that it is pinned to"
    );
    world.happen(Event::Pin(0, None));
    until(&mut world, 120.0, |world| all_by(world, 0));
    law::hold(&world, Law::default());
}

/// To pin a dead road is what a person asked for: it shows nothing, and says so.
#[test]
fn a_road_that_is_pinned_while_it_is_dead_is_taken_all_the_same() {
    let mut world = live(4, 1, 2, 2);
    world.happen(Event::Road(0, 1, Path::BlackHole));
    world.happen(Event::Pin(0, Some(1)));
    until(&mut world, 30.0, |world| taken(world) == [1, 0] && world.live() == 1);
    world.happen(Event::Road(0, 1, Path::Up));
    until(&mut world, 90.0, |world| world.live() == 2);
    law::hold(&world, Law::default());
}

/// The preferred road takes connects and shows no picture: the return ends, the pictures go on, and it is tried again later.
#[test]
fn a_return_that_finds_no_picture_ends_and_is_tried_again() {
    let mut world = live(8, 1, 1, 2);
    world.happen(Event::Road(0, 0, Path::BlackHole));
    until(&mut world, 40.0, |world| all_by(world, 1));
    run_for(&mut world, 60.0);
    let from = world.now;
    world.happen(Event::Road(0, 0, Path::Up));
    // The first heir meets a road that has just died again.
    until(&mut world, 200.0, |world| {
        world
            .dials
            .iter()
            .any(|dial| dial.road == 0 && dial.at > from && !dial.look)
    });
    world.happen(Event::Road(0, 0, Path::BlackHole));
    run_for(&mut world, 600.0);
    assert!(all_by(&world, 1), "{:?}", world.turns);
    world.happen(Event::Road(0, 0, Path::Up));
    until(&mut world, 400.0, |world| all_by(world, 0));
    assert_eq!(longest_gap(&world, 0, from), Duration::ZERO);
    law::hold(&world, Law::default());
}

/// A recorder that refuses a sign-in or is full does so by every road: no other one is asked.
#[test]
fn a_refusal_of_the_recorder_is_taken_to_no_other_road() {
    for health in [Health::WrongPassword, Health::Full(None)] {
        let mut world = world(1, 1, 1, 3);
        world.devices[0].health = health;
        world.start();
        run_for(&mut world, 1_200.0);
        assert!(world.turns.is_empty(), "{health:?}: {:?}", world.turns);
        assert!(world.dials.iter().all(|dial| dial.road == 0));
        law::hold(&world, Law::default());
    }
}

/// The recorder that stands in refuses the sign-in, is full or lacks the channel: nobody waits for it once the preferred road is back,
/// and a refusal is asked for once.
#[test]
fn who_has_nothing_to_show_elsewhere_is_left_when_the_preferred_road_is_back() {
    for health in [Health::WrongPassword, Health::Full(None), Health::NoSuchChannel] {
        for devices in [1, 4] {
            let mut world = live(3, 1, devices, 2);
            for device in &mut world.devices {
                device.others[0].health = Some(health);
            }
            world.happen(Event::Site(0, Path::BlackHole));
            run_for(&mut world, 1_500.0);
            assert_eq!(world.live(), 0, "{health:?}");
            let refusals = world.dials.iter().filter(|dial| match dial.end {
                Some((_, End::Failed(kind))) => kind == FailureKind::Auth,
                _ => false,
            });
            assert!(refusals.count() <= devices, "each is asked once");
            world.happen(Event::Site(0, Path::Up));
            until(&mut world, 900.0, |world| all_by(world, 0));
            law::hold(&world, Law::default());
        }
    }
}

/// Roads, sites and devices fail and return by chance; the laws hold in all of it, and in the end all is as it should be.
#[test]
fn whatever_happens_the_laws_hold_and_everybody_comes_home() {
    for seed in 0..60 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let (sites, devices, roads) = (chance.usize(1..4), chance.usize(1..5), chance.usize(2..5));
        let mut world = world(seed, sites, devices, roads);
        world.start();
        let count = world.devices.len();
        for _ in 0..40 {
            let path = *chance
                .choice([Path::Up, Path::BlackHole, Path::Rst, Path::Icmp].iter())
                .unwrap();
            let (site, device, road) = (chance.usize(0..sites), chance.usize(0..count), chance.usize(0..roads));
            let event = match chance.u32(0..14) {
                0..4 => Event::Site(site, path),
                4..8 => Event::Road(device, road, path),
                8 => Event::Device(device, Health::Mute),
                9 => Event::Device(device, Health::Serves),
                10 => Event::Pin(device, chance.bool().then_some(road)),
                11 => Event::Click(device),
                12 => Event::Edit(device),
                _ => Event::NetworkChanged,
            };
            world.happen(event);
            run_for(&mut world, chance.f64() * 200.0);
        }
        for device in 0..count {
            world.happen(Event::Pin(device, None));
            world.happen(Event::Device(device, Health::Serves));
            (0..roads).for_each(|road| world.happen(Event::Road(device, road, Path::Up)));
        }
        (0..sites).for_each(|site| world.happen(Event::Site(site, Path::Up)));
        until(&mut world, 400.0, |world| world.live() == world.wanted());
        until(&mut world, 9_000.0, |world| all_by(world, 0));
        law::hold(&world, Law::default());
    }
}

/// Sixty outages in five days leave nothing behind.
#[test]
fn days_of_turns_leave_the_machine_as_large_as_it_was() {
    let mut world = live(6, 2, 1, 2);
    let mut after = Vec::new();
    for outage in 0..60 {
        world.happen(Event::Site(outage % 2, Path::BlackHole));
        run_for(&mut world, 900.0);
        world.happen(Event::Site(outage % 2, Path::Up));
        run_for(&mut world, 6_300.0);
        after.push(world.client.footprint());
    }
    assert!(all_by(&world, 0));
    assert!(world.turns.len() >= 120, "{}", world.turns.len());
    let most = |part: &[usize]| part.iter().copied().max().unwrap_or_default();
    assert!(most(&after[30..]) <= most(&after[..30]), "{after:?}");
}
