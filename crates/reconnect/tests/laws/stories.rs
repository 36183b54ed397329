//! Named stories: what issue "A dropped site floods nothing" promises, one by one.

use std::time::{Duration, Instant};

use device::SiteId;
use reconnect::{Limits, LinkView, Machine, Rank, SiteState, Why};

use super::law::{self, Law, most_within};
use super::world::{Event, Health, Path, World, id_of, seconds};

fn world(seed: u64, fleet: &[Vec<usize>]) -> World<Machine> {
    let base = Instant::now();
    let mut world = World::new(Machine::new(seed, Limits::default(), base), base, fleet);
    world.start();
    world
}

fn cameras(count: usize) -> Vec<Vec<usize>> {
    vec![vec![1; count]]
}

/// Runs until every wanted link is live and says how long that took.
fn until_all_live(world: &mut World<Machine>, limit: f64) -> f64 {
    let from = world.now;
    let late = world.run_while(from + seconds(limit), |world| world.live() < world.wanted());
    assert!(!late, "{} of {} live after {limit} s", world.live(), world.wanted());
    (world.now - from).as_secs_f64()
}

fn until_first_live(world: &mut World<Machine>, limit: f64) -> f64 {
    let from = world.now;
    let late = world.run_while(from + seconds(limit), |world| world.live() == 0);
    assert!(!late, "nothing is live after {limit} s");
    (world.now - from).as_secs_f64()
}

fn attempts(world: &World<Machine>, from: f64, to: f64) -> usize {
    world
        .dials
        .iter()
        .filter(|dial| dial.at >= seconds(from) && dial.at < seconds(to))
        .count()
}

fn failed(world: &World<Machine>, from: f64, to: f64) -> usize {
    let dials = world.dials.iter().filter(|dial| dial.failed_at().is_some());
    dials
        .filter(|dial| dial.at >= seconds(from) && dial.at < seconds(to))
        .count()
}

fn state(world: &World<Machine>, site: u64) -> SiteState {
    world.client.site(SiteId(site)).unwrap().state
}

#[test]
fn sixty_four_healthy_cameras_are_live_in_twelve_seconds() {
    let mut world = world(1, &cameras(64));
    let took = until_all_live(&mut world, 20.0);
    assert!(took <= 12.0, "{took} s");
    assert_eq!(state(&world, 1), SiteState::Up);
    law::hold(&world, Law::default());
}

#[test]
fn one_recorder_of_sixteen_channels_is_live_in_five_seconds() {
    let mut world = world(1, &[vec![16]]);
    let took = until_all_live(&mut world, 10.0);
    assert!(took <= 5.0, "{took} s");
    law::hold(&world, Law::default());
}

#[test]
fn sixty_four_cameras_drop_at_once() {
    for path in [Path::BlackHole, Path::Icmp, Path::Rst] {
        let mut world = world(7, &cameras(64));
        world.run(90.0);
        assert_eq!(world.live(), 64);
        world.happen(Event::Site(0, path));
        world.run(90.0 + 10.0 + 600.0);
        // Before it is steady: from the drop (and from the moment a stall can be seen) a minute.
        assert!(
            failed(&world, 90.0, 150.0) <= 8,
            "{path:?}: {} in the first minute",
            failed(&world, 90.0, 150.0)
        );
        assert!(
            failed(&world, 100.0, 160.0) <= 8,
            "{path:?}: {} in the first minute",
            failed(&world, 100.0, 160.0)
        );
        let steady = failed(&world, 180.0, 700.0) as f64 / 520.0 * 60.0;
        assert!(steady <= 2.3, "{path:?}: {steady} a minute");
        assert!(law::nat_entries(&world, 0) <= 2, "{path:?}");
        let expected = if path == Path::Rst {
            SiteState::Partial
        } else {
            SiteState::Outage
        };
        assert_eq!(state(&world, 1), expected);
        world.happen(Event::Site(0, Path::Up));
        let first = until_first_live(&mut world, 40.0);
        let all = first + until_all_live(&mut world, 60.0 - first);
        assert!(all <= 60.0, "{path:?}: all live after {all} s");
        law::hold(&world, Law::default());
    }
}

#[test]
fn the_size_of_the_site_does_not_matter() {
    for count in [1, 2, 3, 16, 256, 1024] {
        let mut world = world(3, &cameras(count));
        world.happen(Event::Site(0, Path::BlackHole));
        world.run(400.0);
        assert!(failed(&world, 0.0, 60.0) <= 8, "{count}: {}", failed(&world, 0.0, 60.0));
        assert!(
            failed(&world, 100.0, 400.0) <= 12,
            "{count}: {} in 5 min",
            failed(&world, 100.0, 400.0)
        );
        law::hold(&world, Law::default());
    }
}

#[test]
fn a_dead_site_found_at_start_is_live_soon_after_it_returns() {
    let mut world = world(3, &cameras(64));
    world.happen(Event::Site(0, Path::BlackHole));
    world.run(300.0);
    assert_eq!(state(&world, 1), SiteState::Outage);
    world.happen(Event::Site(0, Path::Up));
    assert!(until_first_live(&mut world, 40.0) <= 37.0);
    assert!(until_all_live(&mut world, 30.0) <= 20.0);
}

#[test]
fn a_recorder_that_vanishes_is_one_canary_not_sixteen() {
    let mut world = world(3, &[vec![16]]);
    world.run(100.0);
    world.happen(Event::Site(0, Path::BlackHole));
    world.run(400.0);
    assert!(failed(&world, 100.0, 170.0) <= 8, "{}", failed(&world, 100.0, 170.0));
    assert!(failed(&world, 200.0, 400.0) <= 8, "{}", failed(&world, 200.0, 400.0));
    law::hold(&world, Law::default());
    world.happen(Event::Site(0, Path::Up));
    assert!(until_all_live(&mut world, 60.0) <= 45.0);
}

#[test]
fn one_dead_device_of_sixty_four_is_no_outage() {
    let mut world = world(3, &cameras(64));
    world.run(100.0);
    world.happen(Event::Device(5, Health::Gone));
    world.run(700.0);
    assert_eq!(state(&world, 1), SiteState::Partial);
    assert_eq!(world.live(), 63);
    assert!(failed(&world, 300.0, 700.0) <= 10);
    law::hold(&world, Law::default());
    world.happen(Event::Device(5, Health::Serves));
    assert!(until_all_live(&mut world, 80.0) <= 75.0);
}

#[test]
fn half_of_the_devices_are_dead_and_the_others_do_not_wait_for_them() {
    let mut world = world(3, &cameras(64));
    for device in 0..32 {
        world.happen(Event::Device(
            device * 2,
            if device % 2 == 0 { Health::Gone } else { Health::Refuses },
        ));
    }
    world.run(400.0);
    assert_eq!(world.live(), 32, "every healthy device is live");
    assert_eq!(state(&world, 1), SiteState::Partial);
    law::hold(&world, Law::default());
    // One of the healthy ones is lost and returns at once: it does not queue behind the dead.
    world.happen(Event::Device(1, Health::HalfSuccess));
    world.run(402.0);
    world.happen(Event::Device(1, Health::Serves));
    let from = world.now;
    let late = world.run_while(from + seconds(60.0), |world| !world.is_live(1));
    assert!(!late && world.now - from <= seconds(20.0), "{:?}", world.now - from);
    for device in 0..64 {
        world.happen(Event::Device(device, Health::Serves));
    }
    until_all_live(&mut world, 120.0);
}

#[test]
fn a_healthy_site_is_not_slowed_by_twenty_dead_ones() {
    let mut fleet = vec![vec![1; 16]; 21];
    fleet[20] = vec![1; 32];
    let base = Instant::now();
    let mut world = World::new(Machine::new(5, Limits::default(), base), base, &fleet);
    for site in 0..20 {
        world.happen(Event::Site(site, Path::BlackHole));
    }
    world.start();
    let healthy = 320..352;
    let late = world.run_while(seconds(60.0), |world| {
        !healthy.clone().all(|device| world.is_live(device))
    });
    assert!(!late, "the healthy site is live");
    assert!(world.now <= seconds(14.0), "{:?}", world.now);
    // A stream that is lost there is back as fast as if nothing else happened.
    world.run(300.0);
    world.happen(Event::Device(330, Health::HalfSuccess));
    world.run(302.0);
    world.happen(Event::Device(330, Health::Serves));
    let from = world.now;
    let late = world.run_while(from + seconds(30.0), |world| !world.is_live(330));
    assert!(!late && world.now - from <= seconds(8.0), "{:?}", world.now - from);
    law::hold(&world, Law::default());
}

#[test]
fn the_cable_is_pulled_and_plugged() {
    let mut world = world(3, &vec![vec![1; 8]; 4]);
    world.run(100.0);
    world.happen(Event::Cable {
        plugged: false,
        silent: false,
    });
    world.run(1000.0);
    assert_eq!(attempts(&world, 100.0, 1000.0), 0);
    assert_eq!(state(&world, 1), SiteState::NoNetwork);
    assert!(matches!(
        world.client.link(world.devices[0].links[0].0),
        Some(LinkView::Waiting { .. })
    ));
    world.happen(Event::Cable {
        plugged: true,
        silent: false,
    });
    let all = until_all_live(&mut world, 30.0);
    assert!(all <= 12.0, "{all}");
    law::hold(&world, Law::default());
}

#[test]
fn without_a_route_nothing_is_sent_and_a_change_brings_it_back() {
    let mut world = world(3, &vec![vec![1; 8]; 4]);
    world.run(100.0);
    world.happen(Event::Cable {
        plugged: false,
        silent: true,
    });
    world.run(500.0);
    let tried = attempts(&world, 110.0, 500.0);
    // Each device is asked once, which costs no packet, and then hardly ever.
    assert!(tried <= 32 + 8, "{tried} attempts");
    let later = attempts(&world, 200.0, 500.0);
    assert!(later <= 4, "{later} attempts later");
    assert_eq!(state(&world, 1), SiteState::NoNetwork);
    world.happen(Event::Cable {
        plugged: true,
        silent: false,
    });
    assert!(until_all_live(&mut world, 30.0) <= 15.0);
    law::hold(&world, Law::default());
}

#[test]
fn loopback_needs_no_network() {
    let base = Instant::now();
    let mut world = World::new(Machine::new(1, Limits::default(), base), base, &[vec![16], vec![4]]);
    world.devices[0].address = "127.0.0.1".parse().unwrap();
    world.happen(Event::Cable {
        plugged: false,
        silent: false,
    });
    world.start();
    world.run(10.0);
    assert_eq!(world.live(), 16);
    assert_eq!(state(&world, 1), SiteState::Up);
    assert_eq!(state(&world, 2), SiteState::NoNetwork);
}

#[test]
fn sleep_and_wake_are_a_ramp_and_not_a_burst() {
    let mut world = world(3, &vec![vec![1; 32]; 3]);
    world.run(100.0);
    // While it slept the sessions died.
    world.happen(Event::Sleep(Duration::from_secs(8 * 3600)));
    for site in 0..3 {
        world.happen(Event::Site(site, Path::Rst));
    }
    world.run(world.now.as_secs_f64() + 2.0);
    for site in 0..3 {
        world.happen(Event::Site(site, Path::Up));
    }
    until_all_live(&mut world, 60.0);
    law::hold(&world, Law::default());
}

#[test]
fn a_wrong_password_is_tried_once() {
    let mut world = world(3, &[vec![16, 1, 1]]);
    world.happen(Event::Device(0, Health::WrongPassword));
    world.run(86_400.0);
    assert_eq!(world.dials.iter().filter(|dial| dial.device == 0).count(), 1);
    assert!(matches!(
        world.client.link(world.devices[0].links[3].0),
        Some(LinkView::Stopped { until: None, .. })
    ));
    world.happen(Event::Click(0));
    world.run(86_460.0);
    assert_eq!(world.dials.iter().filter(|dial| dial.device == 0).count(), 1);
    world.happen(Event::Device(0, Health::Serves));
    world.happen(Event::Edit(0));
    until_all_live(&mut world, 15.0);
    law::hold(&world, Law::default());
}

#[test]
fn a_slow_sign_in_retry_waits_half_an_hour() {
    let mut world = world(3, &[vec![2]]);
    world.happen(Event::Limits(Limits {
        slow_sign_in_retry: true,
        ..Limits::default()
    }));
    world.happen(Event::Device(0, Health::WrongPassword));
    world.run(86_400.0);
    let count = world.dials.len();
    assert!((38..=48).contains(&count), "{count}");
    law::hold(
        &world,
        Law {
            slow_sign_in_retry: true,
            ..Law::default()
        },
    );
}

#[test]
fn a_full_recorder_is_left_alone_and_its_streams_stay() {
    let mut world = world(3, &[vec![8]]);
    let late = world.run_while(seconds(10.0), |world| world.live() < 4);
    assert!(!late);
    world.happen(Event::Device(0, Health::Full(Some(Duration::from_secs(120)))));
    let from = world.now.as_secs_f64();
    world.run(from + 100.0);
    assert!(world.live() >= 4);
    assert!(attempts(&world, from, from + 100.0) <= 2);
    world.happen(Event::Device(0, Health::Serves));
    until_all_live(&mut world, 60.0);
    law::hold(&world, Law::default());
}

#[test]
fn a_hundred_clicks_make_five_attempts() {
    // At one device, at 64 devices; in an outage, and where the site is up but the devices are dead.
    for (outage, devices) in [(true, 1), (true, 64), (false, 1), (false, 64), (true, 0)] {
        let count = if devices == 0 { 1 } else { 64 };
        let mut world = world(3, &[vec![if devices == 0 { 16 } else { 1 }; count], vec![1; 3]]);
        world.run(100.0);
        if outage {
            world.happen(Event::Site(0, Path::BlackHole));
        } else {
            for device in 1..count {
                world.happen(Event::Device(device, Health::Refuses));
            }
        }
        world.run(400.0);
        for click in 0..100 {
            world.run(400.0 + f64::from(click) * 0.1);
            world.happen(Event::Click(if devices == 64 {
                (click as usize) % 63 + 1
            } else {
                count - 1
            }));
        }
        world.run(410.0);
        let made = attempts(&world, 400.0, 410.0);
        assert!(made <= 5, "outage {outage}, {devices} devices: {made} attempts");
        assert!(made >= 1, "outage {outage}, {devices} devices: a click does something");
        law::hold(&world, Law::default());
    }
}

#[test]
fn a_hint_brings_the_picture_within_two_seconds() {
    for seed in 0..10 {
        let mut world = world(seed, &cameras(64));
        world.hints = true;
        world.run(100.0);
        world.happen(Event::Site(0, Path::BlackHole));
        world.run(700.0 + seed as f64);
        world.happen(Event::Site(0, Path::Up));
        let first = until_first_live(&mut world, 40.0);
        assert!(first <= 2.0, "{first} s");
        law::hold(&world, Law::default());
    }
}

#[test]
fn a_storm_of_hints_on_a_dead_site_stays_within_the_budget() {
    let mut world = world(3, &cameras(64));
    world.run(100.0);
    world.happen(Event::Site(0, Path::BlackHole));
    for i in 0..3000 {
        world.at(110.0 + f64::from(i) * 0.2, Event::Hint(i as usize % 64));
        world.at(110.1 + f64::from(i) * 0.2, Event::NetworkChanged);
    }
    world.run(720.0);
    law::hold(&world, Law::default());
    // The noise does not use up what the canary needs: whenever the site returns, somebody looks soon.
    let probes: Vec<_> = world
        .dials
        .iter()
        .map(|dial| dial.at)
        .filter(|at| *at > seconds(115.0))
        .collect();
    let longest = probes.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= seconds(36.0), "{longest:?} without a look");
    world.happen(Event::Site(0, Path::Up));
    assert!(until_all_live(&mut world, 60.0) <= 60.0);
}

#[test]
fn flapping_never_makes_a_hot_loop() {
    for up in [0.0, 1.0, 5.0, 20.0, 59.0] {
        for path in [Path::BlackHole, Path::Rst, Path::Icmp] {
            let mut world = world(3, &cameras(16));
            let mut at = 60.0;
            while at < 1500.0 {
                world.at(at, Event::Site(0, path));
                world.at(at + 20.0, Event::Site(0, Path::Up));
                at += 20.0 + up + 0.01;
            }
            world.run(1500.0);
            law::hold(&world, Law::default());
        }
    }
}

#[test]
fn streams_that_play_and_die_at_once_back_off() {
    let mut world = world(3, &cameras(16));
    for device in 0..16 {
        world.happen(Event::Device(device, Health::PlaysBriefly));
    }
    world.run(1200.0);
    let rate = attempts(&world, 600.0, 1200.0);
    assert!(rate <= 16 * 11, "{rate} connects in 10 min");
    law::hold(&world, Law::default());
}

#[test]
fn backoff_is_forgotten_only_after_a_minute_of_media() {
    for (life, forgotten) in [(20.0, false), (55.0, false), (75.0, true)] {
        let mut world = world(3, &[vec![1; 2]]);
        world.run(10.0);
        let mut gaps = Vec::new();
        for _ in 0..6 {
            world.run(world.now.as_secs_f64() + life);
            world.happen(Event::Device(0, Health::HalfSuccess));
            let from = world.now.as_secs_f64();
            world.run(from + 1.5);
            assert!(!world.is_live(0));
            world.happen(Event::Device(0, Health::Serves));
            let late = world.run_while(seconds(from + 100.0), |world| !world.is_live(0));
            assert!(!late);
            gaps.push(world.now.as_secs_f64() - from);
        }
        let last = gaps[5];
        assert!(
            if forgotten { last < 8.0 } else { last > 45.0 },
            "a life of {life} s: {gaps:?}"
        );
    }
}

#[test]
fn the_canary_of_a_flapping_site_does_not_begin_at_two_seconds_again() {
    for (life, calm) in [(50.0, true), (90.0, false)] {
        let mut world = world(3, &cameras(8));
        world.run(100.0);
        world.happen(Event::Site(0, Path::BlackHole));
        world.run(400.0);
        world.happen(Event::Site(0, Path::Up));
        until_all_live(&mut world, 60.0);
        world.run(world.now.as_secs_f64() + life);
        world.happen(Event::Site(0, Path::BlackHole));
        let from = world.now.as_secs_f64();
        world.run(from + 70.0);
        let tries = failed(&world, from, from + 70.0);
        assert!(
            if calm { tries <= 3 } else { tries >= 4 },
            "up for {life} s: {tries} attempts in the minute after"
        );
    }
}

#[test]
fn internal_only_and_back() {
    let mut world = world(3, &cameras(32));
    world.run(100.0);
    world.happen(Event::InternalOnly(true));
    assert_eq!(world.live(), 0);
    world.run(700.0);
    let syns: u32 = world
        .dials
        .iter()
        .filter(|dial| dial.at > seconds(100.0))
        .map(|dial| dial.syns)
        .sum();
    assert_eq!(syns, 0);
    let view = world.client.site(SiteId(1)).unwrap();
    assert_eq!(view.failed, 0, "a refusal by the policy is no failed attempt");
    world.happen(Event::InternalOnly(false));
    let all = until_all_live(&mut world, 20.0);
    assert!(all <= 12.0, "{all}");
    law::hold(&world, Law::default());
}

#[test]
fn what_is_selected_comes_first() {
    let base = Instant::now();
    let mut world = World::new(Machine::new(9, Limits::default(), base), base, &cameras(64));
    world.start();
    for device in 0..64 {
        world.happen(Event::Unwant(device));
    }
    world.run(30.0);
    world.happen(Event::Site(0, Path::BlackHole));
    for device in 0..64 {
        let rank = match device {
            50 => Rank::Selected,
            20..36 => Rank::Visible,
            _ => Rank::Background,
        };
        world.happen(Event::Want(device, rank));
    }
    world.run(130.0);
    world.happen(Event::Site(0, Path::Up));
    let from = world.now;
    until_all_live(&mut world, 60.0);
    let order: Vec<usize> = world
        .dials
        .iter()
        .filter(|d| d.at >= from && d.lost.is_none())
        .map(|d| d.device)
        .collect();
    let place = |device| order.iter().position(|other| *other == device).unwrap();
    assert!(
        place(50) <= 1,
        "the selected one after the canary at most: {}",
        place(50)
    );
    let last_visible = (20..36).map(place).max().unwrap();
    assert!(last_visible <= 18, "what is on screen before the rest: {last_visible}");
}

#[test]
fn limits_are_lowered_at_once_and_never_raised() {
    let mut world = world(3, &cameras(64));
    let limits = Limits {
        site_failed_per_minute: 2,
        site_in_flight: 2,
        process_in_flight: 1,
        slow_sign_in_retry: false,
    };
    world.happen(Event::Limits(limits));
    for device in 0..60 {
        world.happen(Event::Device(device, Health::Refuses));
    }
    world.run(1800.0);
    law::hold(
        &world,
        Law {
            failed_per_minute: 2,
            ..Law::default()
        },
    );
    let limits = Limits {
        site_failed_per_minute: 1_000,
        site_in_flight: 1_000,
        process_in_flight: 1_000,
        slow_sign_in_retry: false,
    };
    world.happen(Event::Limits(limits));
    world.run(3600.0);
    law::hold(
        &world,
        Law {
            failed_per_minute: Limits::CEILING_FAILED_PER_MINUTE,
            ..Law::default()
        },
    );
}

#[test]
fn nobody_is_starved_where_most_are_dead() {
    let mut world = world(3, &cameras(64));
    for device in 0..63 {
        world.happen(Event::Device(device, Health::Refuses));
    }
    world.run(1200.0);
    assert!(world.is_live(63));
    let tried: std::collections::BTreeSet<_> = world
        .dials
        .iter()
        .filter(|dial| dial.at > seconds(600.0))
        .map(|dial| dial.device)
        .collect();
    assert!(
        tried.len() >= 63,
        "each dead device is looked at within 10 min: {}",
        tried.len()
    );
    law::hold(&world, Law::default());
}

#[test]
fn sixty_days_of_flapping_grow_nothing() {
    let base = Instant::now();
    let mut world = World::new(Machine::new(3, Limits::default(), base), base, &[vec![1; 3], vec![2]]);
    world.start();
    // Most of the time is spent down: a day of it is a few thousand attempts.
    for day in 0..60 {
        let start = f64::from(day) * 86_400.0;
        world.at(start + 60.0, Event::Site(0, Path::BlackHole));
        world.at(start + 61.0, Event::Site(1, Path::Rst));
        world.at(start + 86_300.0, Event::Site(0, Path::Up));
        world.at(start + 86_290.0, Event::Site(1, Path::Up));
    }
    let mut before = 0;
    for day in 1..=60 {
        world.run(f64::from(day) * 86_400.0);
        let size = world.client.footprint();
        assert!(
            day < 3 || size <= before + 8,
            "day {day}: {size} entries after {before}"
        );
        before = size.max(before);
    }
}

#[test]
fn to_delete_and_add_again_buys_no_attempts() {
    let mut world = world(3, &cameras(1));
    world.happen(Event::Site(0, Path::BlackHole));
    for i in 0..200 {
        world.at(10.0 + f64::from(i), Event::Remove(0));
        world.at(10.5 + f64::from(i), Event::Add(0));
    }
    world.run(300.0);
    // An attempt that was aborted half-open is on the bill too, although it did not fail.
    let dials: Vec<_> = world.dials.iter().map(|dial| dial.at).collect();
    assert!(most_within(dials, Duration::from_secs(60)) <= 12);
}

#[test]
fn same_seed_same_run() {
    let run = |seed| {
        let mut world = world(seed, &vec![vec![1; 8]; 3]);
        world.at(50.0, Event::Site(0, Path::BlackHole));
        world.at(90.0, Event::Site(1, Path::Rst));
        world.at(150.0, Event::Click(2));
        world.at(200.0, Event::Site(0, Path::Up));
        world.run(400.0);
        world
            .dials
            .iter()
            .map(|dial| (dial.at, dial.link, dial.why, dial.port))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(4), run(4));
    assert_ne!(run(4), run(5));
    assert_eq!(id_of(0).0, 1);
}

#[test]
fn a_refusal_under_an_older_policy_is_forgotten() {
    let mut world = world(0, &cameras(3));
    world.happen(Event::InternalOnly(true));
    world.run(0.001);
    world.run(300.0);
    world.happen(Event::Cable {
        plugged: true,
        silent: false,
    });
    // The refusals of dials that began before are still on their way.
    world.happen(Event::InternalOnly(false));
    until_all_live(&mut world, 15.0);
}

#[test]
fn clicks_in_an_outage_move_the_canary_within_their_budget() {
    let mut world = world(2, &[vec![1]]);
    world.happen(Event::Site(0, Path::BlackHole));
    world.run(20.0);
    for click in 0..20 {
        world.run(20.0 + f64::from(click) * 0.5);
        world.happen(Event::Click(0));
    }
    world.run(30.0);
    let manual = world.dials.iter().filter(|dial| dial.why == Why::Manual).count();
    assert!((1..=3).contains(&manual), "{manual} canaries by clicks in 10 s");
    law::hold(&world, Law::default());
}
