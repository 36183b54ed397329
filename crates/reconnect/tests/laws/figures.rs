//! The figures of the table that are means, percentiles and rates: measured over many outages, each with a seed of its own.

use std::time::{Duration, Instant};

use reconnect::{Limits, Machine};

use super::law::{self, Law, MINUTE, most_within};
use super::world::{Event, Path, World, seconds};

const DROPS: f64 = 90.0;

/// A site of cameras that was live and then lost its path for `span`.
fn outage(seed: u64, cameras: usize, path: Path, span: f64) -> World<Machine> {
    let base = Instant::now();
    let mut world = World::new(Machine::new(seed, Limits::default(), base), base, &[vec![1; cameras]]);
    world.start();
    world.run(DROPS);
    assert_eq!(world.live(), cameras);
    world.happen(Event::Site(0, path));
    world.run(DROPS + span);
    world
}

/// When the canary went, from this time on.
fn probes(world: &World<Machine>, from: f64) -> Vec<Duration> {
    world
        .dials
        .iter()
        .map(|dial| dial.at)
        .filter(|at| *at >= seconds(from))
        .collect()
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

/// Asked twice a minute and never three times, and yet back soon. Where the network swallows packets, the second SYN of an
/// attempt is a look of its own a second later, which is why the first picture comes within half of the 30 s.
#[test]
fn an_outage_costs_two_attempts_a_minute_and_ends_within_seconds() {
    for (path, first_picture, syns) in [(Path::BlackHole, 15.0, 4), (Path::Icmp, 16.5, 2), (Path::Rst, 16.5, 2)] {
        let (mut first, mut all) = (Vec::new(), Vec::new());
        for seed in 0..400_u32 {
            // Evenly spread over what the canary's rhythm may be.
            let back = 300.0 + (f64::from(seed) * 0.618_034).fract() * 120.0;
            let mut world = outage(seed.into(), 8, path, back);
            let steady = law::steady_failures(&world, 0);
            assert!(
                steady <= 2,
                "{path:?}, seed {seed}: {steady} failed attempts in a minute"
            );
            let sent = law::syns_per_minute(&world, 0);
            assert!(sent <= syns, "{path:?}, seed {seed}: {sent} SYNs in a minute");
            // Two while the canary has just moved.
            assert!(law::nat_entries(&world, 0) <= 2, "{path:?}, seed {seed}: NAT entries");
            world.happen(Event::Site(0, Path::Up));
            let back = world.now;
            for (live, took) in [(1, &mut first), (8, &mut all)] {
                let late = world.run_while(back + seconds(60.0), |world| world.live() < live);
                assert!(!late, "{path:?}, seed {seed}: {} live", world.live());
                took.push((world.now - back).as_secs_f64());
            }
            law::hold(&world, Law::default());
        }
        first.sort_by(f64::total_cmp);
        let (mean_first, mean_all, p95) = (mean(&first), mean(&all), first[380]);
        assert!(
            mean_first <= first_picture,
            "{path:?}: first picture after {mean_first} s"
        );
        assert!(p95 <= 36.0, "{path:?}: first picture after {p95} s in one of 20");
        assert!(mean_all <= 30.0, "{path:?}: all live after {mean_all} s");
    }
}

/// What the packets of an outage can buy, and what they do buy. An oracle spends as many attempts, but at the best times: evenly
/// spaced, for the wait until the next look is least when no gap is longer than another. Where packets are swallowed an attempt
/// looks twice, a second apart. No client that spends the same can show a first picture 10 s after the site is back.
#[test]
fn the_first_picture_comes_as_soon_as_the_packets_allow() {
    for path in [Path::BlackHole, Path::Rst] {
        let (mut first, mut all, mut oracle) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 0..400_u32 {
            let back = 300.0 + (f64::from(seed) * 0.618_034).fract() * 300.0;
            let mut world = outage(seed.into(), 64, path, back);
            let steady = (DROPS + 130.0, DROPS + back);
            let looks = probes(&world, steady.0).len() as f64;
            let gap = (steady.1 - steady.0) / looks;
            oracle.push(match path {
                Path::BlackHole => ((gap - 1.0).powi(2) + 1.0) / (2.0 * gap),
                _ => gap / 2.0,
            });
            world.happen(Event::Site(0, Path::Up));
            let back = world.now;
            for (live, took) in [(1, &mut first), (64, &mut all)] {
                let late = world.run_while(back + seconds(60.0), |world| world.live() < live);
                assert!(!late, "{path:?}, seed {seed}: {} live", world.live());
                took.push((world.now - back).as_secs_f64());
            }
        }
        let (first, all, oracle) = (mean(&first), mean(&all), mean(&oracle));
        println!("{path:?}: first picture {first:.2} s, at best {oracle:.2} s; all live {all:.2} s");
        assert!(oracle >= 13.5, "{path:?}: {oracle} s");
        assert!(first <= oracle + 0.8, "{path:?}: {first} s, {oracle} s at best");
        assert!(all <= first + 4.0, "{path:?}: all live after {all} s");
    }
}

#[test]
fn a_site_of_any_size_is_back_within_a_minute() {
    for cameras in [64, 256] {
        for seed in 0..4 {
            let mut world = outage(seed, cameras, Path::BlackHole, 200.0 + 17.0 * seed as f64);
            let first_minute = most_within(
                probes(&world, DROPS)
                    .into_iter()
                    .filter(|at| *at <= seconds(DROPS) + MINUTE)
                    .collect(),
                MINUTE,
            );
            assert!(
                first_minute <= 8,
                "{cameras} cameras: {first_minute} in the first minute"
            );
            world.happen(Event::Site(0, Path::Up));
            let back = world.now;
            // What the process's rate allows.
            let limit = if cameras == 64 {
                60.0
            } else {
                36.0 + cameras as f64 / 7.5
            };
            let late = world.run_while(back + seconds(limit), |world| world.live() < cameras);
            assert!(!late, "{} of {cameras} live after {limit} s", world.live());
            law::hold(&world, Law::default());
        }
    }
}

/// The router holds one entry for most of an outage, and yet a canary that is dead itself does not hold up the site for long.
#[test]
fn one_address_is_asked_and_another_one_each_six_minutes() {
    let mut world = outage(5, 64, Path::BlackHole, 3500.0);
    let held = law::nat_entries_at_each_dial(&world, 0);
    let one = held.iter().filter(|entries| **entries == 1).count();
    assert!(held.iter().all(|entries| *entries <= 2), "{held:?}");
    assert!(one * 2 >= held.len(), "{one} of {} times one entry", held.len());
    let canary = world.dials.last().unwrap().device;
    world.happen(Event::Device(canary, super::world::Health::Gone));
    world.happen(Event::Site(0, Path::Up));
    let back = world.now;
    let late = world.run_while(back + seconds(420.0), |world| world.live() < 63);
    assert!(!late, "{} live", world.live());
}

/// Many clients that lose the same site in the same moment: their canaries keep the rhythm, each its own.
#[test]
fn clients_do_not_fall_into_step() {
    let mut all = Vec::new();
    for seed in 0..20 {
        let world = outage(seed, 4, Path::BlackHole, 3000.0);
        let probes = probes(&world, 200.0);
        let gaps: Vec<_> = probes
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect();
        assert!(gaps.iter().all(|gap| (24.0..=36.0).contains(gap)), "±20 %: {gaps:?}");
        let (least, most) = (
            gaps.iter().copied().reduce(f64::min),
            gaps.iter().copied().reduce(f64::max),
        );
        assert!(
            most.unwrap() - least.unwrap() >= 2.0,
            "each wait is drawn anew: {gaps:?}"
        );
        all.extend(probes);
    }
    let together = most_within(
        all.into_iter().filter(|at| *at >= seconds(600.0)).collect(),
        seconds(1.0),
    );
    assert!(together <= 7, "{together} of 20 clients in one second");
}

/// What hurries the canary has a budget of its own: two looks at once, then one each 15 s for hints, each 10 s for people; and
/// it moves the canary to few other addresses.
#[test]
fn hints_and_clicks_hurry_a_canary_a_few_times() {
    for seed in 0..5 {
        // Of a person's clicks the gap of 5 s at each address allows no more either.
        for (click, allowed) in [(false, 3), (true, 4)] {
            let mut world = outage(seed, 64, Path::BlackHole, 400.0);
            let before = world.dials.len();
            world.run_while(world.now + MINUTE, |world| world.dials.len() == before);
            let regular = world.now.as_secs_f64();
            for step in 1..1_000_u32 {
                let device = step as usize % 64;
                let event = if click {
                    Event::Click(device)
                } else {
                    Event::Hint(device)
                };
                world.at(regular + f64::from(step) * 0.1, event);
            }
            world.run(regular + 100.0);
            let hurried = probes(&world, regular + 0.001).into_iter();
            let hurried = hurried.filter(|at| *at <= seconds(regular + 29.0)).count();
            assert!(
                (2..=allowed).contains(&hurried),
                "seed {seed}, clicks {click}: {hurried} in 29 s"
            );
            law::hold(&world, Law::default());
        }
    }
}
