//! One, thirty and three hundred sites: what the process spends does not grow with their number.

use std::time::{Duration, Instant};

use device::SiteId;
use reconnect::{Limits, LinkView, Machine, Rank};

use super::law::{self, Law};
use super::world::{Event, Path, World, seconds};

const DEAD: [Path; 2] = [Path::BlackHole, Path::Rst];

/// So many sites of two cameras.
fn world(seed: u64, sites: usize) -> World<Machine> {
    let base = Instant::now();
    World::new(
        Machine::new(seed, Limits::default(), base),
        base,
        &vec![vec![1; 2]; sites],
    )
}

fn live_world(seed: u64, sites: usize) -> World<Machine> {
    let mut world = world(seed, sites);
    world.start();
    let late = world.run_while(seconds(300.0), |world| world.live() < world.wanted());
    assert!(!late, "{} of {} live", world.live(), world.wanted());
    world.run(world.now.as_secs_f64() + 90.0);
    world
}

fn all(world: &mut World<Machine>, path: Path) {
    for site in 0..world.sites.len() {
        world.happen(Event::Site(site, path));
    }
}

fn run_for(world: &mut World<Machine>, span: f64) {
    world.run(world.now.as_secs_f64() + span);
}

/// Seconds until this holds; it must within `limit`.
fn until(world: &mut World<Machine>, limit: f64, holds: impl Fn(&World<Machine>) -> bool) -> f64 {
    let from = world.now;
    let late = world.run_while(from + seconds(limit), |world| !holds(world));
    assert!(
        !late,
        "not after {limit} s: {} of {} live",
        world.live(),
        world.wanted()
    );
    (world.now - from).as_secs_f64()
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

/// Every site falls at once: two attempts a minute for the whole machine, for hours, and all are back as fast as one.
#[test]
fn all_sites_that_fall_at_once_cost_one_canary() {
    for path in DEAD {
        for sites in [2, 30, 300] {
            let mut first = Vec::new();
            for seed in 0..4 {
                let mut world = live_world(seed, sites);
                let fell = world.now;
                all(&mut world, path);
                run_for(&mut world, 1_200.0 + 7.0 * seed as f64);
                let (failed, syns) = law::process_from(&world, fell);
                assert!(
                    failed <= 6 && syns <= 12,
                    "{path:?}, {sites} sites: {failed} failed, {syns} SYNs"
                );
                let (failed, syns) = law::process_from(&world, fell + seconds(75.0));
                assert!(
                    failed <= 2 && syns <= 4,
                    "{path:?}, {sites} sites: {failed} failed, {syns} SYNs"
                );
                all(&mut world, Path::Up);
                first.push(until(&mut world, 36.0, |world| world.live() > 0));
                let cameras = world.wanted() as f64;
                until(&mut world, 12.0 + cameras / 6.0, |world| world.live() == world.wanted());
                law::hold(&world, Law::default());
            }
            assert!(mean(&first) <= 25.0, "{path:?}, {sites} sites: {first:?}");
        }
    }
}

/// One after another, so that nothing speaks for one cause: the target holds, and each site is looked at in its turn.
#[test]
fn sites_that_fall_one_after_another_share_the_target() {
    for path in DEAD {
        for sites in [30, 300] {
            let mut world = live_world(3, sites);
            let fell = world.now;
            // The last one stays up.
            for site in 0..sites - 1 {
                world.happen(Event::Site(site, path));
                run_for(&mut world, if sites == 30 { 20.0 } else { 12.0 });
            }
            run_for(&mut world, 3_600.0);
            let (failed, syns) = law::process_from(&world, fell);
            assert!(
                failed <= 14 && syns <= 28,
                "{path:?}, {sites} sites: {failed} failed, {syns} SYNs"
            );
            let last_hour = world.now - seconds(3_500.0);
            let (failed, syns) = law::process_from(&world, last_hour);
            assert!(
                failed <= 12 && syns <= 24,
                "{path:?}, {sites} sites: {failed} failed, {syns} SYNs"
            );
            let mut looks: Vec<Vec<Duration>> = vec![Vec::new(); sites - 1];
            for dial in world
                .dials
                .iter()
                .filter(|dial| dial.at >= last_hour && dial.site < sites - 1)
            {
                looks[dial.site].push(dial.at);
            }
            // 12 a minute for all of them, in turn.
            let longest = sites as f64 / 12.0 * 60.0 * 1.3 + 30.0;
            for looks in &looks {
                let gaps = looks.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64());
                let gap = gaps.fold(0.0, f64::max);
                assert!(
                    !looks.is_empty() && gap <= longest,
                    "{path:?}, {sites} sites: {gap} s between two looks"
                );
            }
            law::hold(&world, Law::default());
        }
    }
}

/// What comes back does not wait behind what is dead: once its turn has come, it is live as if nothing else were dead.
#[test]
fn a_site_that_returns_among_dead_ones_waits_for_its_turn_alone() {
    let mut waits = Vec::new();
    for seed in 0..8 {
        let mut world = live_world(seed, 31);
        for site in 0..30 {
            world.happen(Event::Site(site, Path::BlackHole));
            run_for(&mut world, 20.0);
        }
        run_for(&mut world, 400.0 + 13.0 * seed as f64);
        world.happen(Event::Site(7, Path::Up));
        let first = until(&mut world, 200.0, |world| world.is_live(14) || world.is_live(15));
        let both = until(&mut world, 5.0, |world| world.is_live(14) && world.is_live(15));
        assert!(both <= 2.0, "seed {seed}: the second camera {both} s after the first");
        waits.push(first);
        law::hold(&world, Law::default());
    }
    // 30 sites at 12 a minute: a turn each 150 s.
    assert!(mean(&waits) <= 100.0, "{waits:?}");
}

#[test]
fn at_a_start_with_only_dead_sites_the_limits_hold() {
    for path in DEAD {
        for sites in [30, 300] {
            let mut world = world(5, sites);
            all(&mut world, path);
            world.start();
            world.run(3_600.0);
            let (failed, syns) = law::process(&world);
            assert!(
                failed <= 12 && syns <= 24,
                "{path:?}, {sites} sites: {failed} failed, {syns} SYNs"
            );
            let tried: std::collections::BTreeSet<_> = world.dials.iter().map(|dial| dial.site).collect();
            assert_eq!(tried.len(), sites, "{path:?}: each was looked at");
            if path == Path::BlackHole {
                let (failed, _) = law::process_from(&world, seconds(2_400.0));
                assert!(
                    failed <= 2,
                    "{sites} sites, nothing has ever answered: {failed} a minute"
                );
            }
            law::hold(&world, Law::default());
        }
    }
}

/// As soon as one answers, the others follow: nobody waits until the minute of the first looks is over.
#[test]
fn sites_that_were_dead_at_the_start_are_back_as_fast_as_one() {
    for path in DEAD {
        for sites in [1_u32, 30, 300] {
            let (mut first, mut last) = (Vec::new(), Vec::new());
            let cameras = f64::from(2 * sites);
            for seed in 0..12 {
                let mut world = world(seed, sites as usize);
                all(&mut world, path);
                world.start();
                world.run(200.0 + 5.3 * seed as f64);
                all(&mut world, Path::Up);
                first.push(until(&mut world, 36.0, |world| world.live() > 0));
                last.push(until(&mut world, 20.0 + cameras / 8.0, |world| {
                    world.live() == world.wanted()
                }));
                law::hold(&world, Law::default());
            }
            println!("{path:?}, {sites} sites: first picture {first:.1?}, all live {last:.1?} later");
            assert!(mean(&first) <= 20.0, "{path:?}, {sites} sites: {first:?}");
        }
    }
}

/// The first sites of a list share a fate that says nothing of the others.
#[test]
fn at_a_start_the_first_sites_of_a_list_do_not_hold_up_the_others() {
    let mut waits = Vec::new();
    for seed in 0..20 {
        let mut world = world(seed, 30);
        for site in 0..15 {
            world.happen(Event::Site(site, Path::BlackHole));
        }
        world.start();
        waits.push(until(&mut world, 60.0, |world| world.live() == 30));
        law::hold(&world, Law::default());
    }
    assert!(mean(&waits) <= 15.0, "{waits:?}");
}

#[test]
fn at_a_start_with_half_dead_sites_the_healthy_ones_are_soon_live() {
    for (sites, limit) in [(30, 15.0), (300, 900.0)] {
        let mut world = world(6, sites);
        for site in (0..sites).step_by(2) {
            world.happen(Event::Site(site, Path::BlackHole));
        }
        world.start();
        until(&mut world, limit, |world| world.live() == sites);
        law::hold(&world, Law::default());
    }
}

/// A free hint is heard at once, however long the queue is; and a storm of them is not.
#[test]
fn a_hint_is_heard_at_once_and_a_storm_is_bounded() {
    for sites in [30, 300] {
        let mut world = live_world(8, sites + 1);
        for site in 0..sites {
            world.happen(Event::Site(site, Path::BlackHole));
            run_for(&mut world, 12.0);
        }
        run_for(&mut world, 300.0);
        world.happen(Event::Site(3, Path::Up));
        world.happen(Event::Hint(6));
        let took = until(&mut world, 10.0, |world| world.is_live(6));
        assert!(took <= 2.5, "{sites} sites: {took} s after the hint");
        world.happen(Event::Site(4, Path::Up));
        world.happen(Event::Click(8));
        let took = until(&mut world, 10.0, |world| world.is_live(8));
        assert!(took <= 2.5, "{sites} sites: {took} s after the click");
        let from = world.now;
        for step in 0..6_000_u32 {
            let device = 2 * (5 + step as usize % (sites - 5));
            let at = world.now.as_secs_f64() + f64::from(step) * 0.1;
            world.at(
                at,
                if step % 2 == 0 {
                    Event::Hint(device)
                } else {
                    Event::Click(device)
                },
            );
        }
        run_for(&mut world, 600.0);
        let (failed, syns) = law::process_from(&world, from);
        assert!(
            failed <= 30 && syns <= 60,
            "{sites} sites: {failed} failed, {syns} SYNs"
        );
        law::hold(&world, Law::default());
    }
}

/// What is on screen goes first, and what is not is not starved.
#[test]
fn sites_on_screen_have_three_of_four_turns() {
    let mut world = live_world(9, 61);
    for site in 0..60 {
        if site % 2 == 1 {
            world.happen(Event::Want(2 * site, Rank::Background));
            world.happen(Event::Want(2 * site + 1, Rank::Background));
        }
        world.happen(Event::Site(site, Path::BlackHole));
        run_for(&mut world, 12.0);
    }
    run_for(&mut world, 600.0);
    let from = world.now;
    run_for(&mut world, 3_600.0);
    let looks = |odd: usize| {
        let dials = world.dials.iter().filter(|dial| dial.at >= from && dial.site < 60);
        dials.filter(|dial| dial.site % 2 == odd).count()
    };
    let (on_screen, others) = (looks(0), looks(1));
    assert!(
        (2.5..=3.5).contains(&(on_screen as f64 / others as f64)),
        "{on_screen} and {others}"
    );
    law::hold(&world, Law::default());
}

/// What a tile counts down to is what happens: no look sooner, and none much later.
#[test]
fn the_countdown_of_a_waiting_site_is_true() {
    let mut world = live_world(10, 31);
    for site in 0..30 {
        world.happen(Event::Site(site, Path::BlackHole));
        run_for(&mut world, 20.0);
    }
    run_for(&mut world, 600.0);
    for _ in 0..20 {
        run_for(&mut world, 17.3);
        let told: Vec<Option<Duration>> = (0..30)
            .map(|site| {
                let view = world.client.site(SiteId(site + 1)).unwrap();
                let link = world
                    .client
                    .link(world.devices[usize::try_from(site).unwrap() * 2].links[0].0);
                if let Some(LinkView::Waiting { until, .. }) = link {
                    assert_eq!(until, view.next_canary, "the tile says what the site says");
                }
                view.next_canary.map(|at| at - world.instant() + world.now)
            })
            .collect();
        let (from, seen) = (world.now, world.dials.len());
        run_for(&mut world, 240.0);
        for (site, told) in told.into_iter().enumerate() {
            let Some(told) = told else { continue };
            let look = world.dials[seen..].iter().find(|dial| dial.site == site).unwrap().at;
            let off = look.as_secs_f64() - told.as_secs_f64();
            assert!(
                (-10.0..=20.0).contains(&off),
                "site {site}: told {:?}, looked at after {:?}",
                told - from,
                look - from
            );
        }
    }
}
