//! The same laws over random fleets and faults.

use std::time::{Duration, Instant};

use device::SiteId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use reconnect::{FailureKind, Limits, Machine, Rank};

use super::law::{self, Law, MINUTE};
use super::world::{Dialled, End, Event, Health, Path, World, seconds};

/// Cases a property; `MONOMI_LAW_CASES` for long runs.
fn config(default: u32) -> Config {
    let cases = std::env::var("MONOMI_LAW_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default);
    Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    }
}

fn fleets() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let device = prop_oneof![6 => Just(1_usize), 1 => 2..6_usize];
    prop::collection::vec(prop::collection::vec(device, 1..14), 1..5)
}

fn paths() -> impl Strategy<Value = Path> {
    prop_oneof![3 => Just(Path::Up), 3 => Just(Path::BlackHole), 2 => Just(Path::Rst), 1 => Just(Path::Icmp)]
}

fn healths() -> impl Strategy<Value = Health> {
    prop_oneof![
        4 => Just(Health::Serves),
        2 => Just(Health::Gone),
        2 => Just(Health::Refuses),
        1 => Just(Health::HalfSuccess),
        1 => Just(Health::Mute),
        1 => Just(Health::WrongPassword),
        1 => Just(Health::Full(None)),
        1 => (0..200_u64).prop_map(|s| Health::Full(Some(Duration::from_secs(s)))),
        1 => Just(Health::NoSuchChannel),
        1 => Just(Health::PlaysBriefly),
    ]
}

fn leaps() -> impl Strategy<Value = Duration> {
    prop_oneof![1..60_u64, Just(3600), Just(3 * 86_400)].prop_map(Duration::from_secs)
}

/// Indices are folded into the fleet.
fn events() -> impl Strategy<Value = Event> {
    let device = 0..64_usize;
    prop_oneof![
        6 => (0..48_usize, paths()).prop_map(|(site, path)| Event::Site(site, path)),
        6 => (device.clone(), healths()).prop_map(|(device, health)| Event::Device(device, health)),
        1 => any::<(bool, bool)>().prop_map(|(plugged, silent)| Event::Cable { plugged, silent }),
        1 => Just(Event::NetworkChanged),
        1 => leaps().prop_map(Event::Sleep),
        1 => leaps().prop_map(Event::Leap),
        2 => device.clone().prop_map(Event::Edit),
        1 => device.clone().prop_map(Event::Remove),
        1 => device.clone().prop_map(Event::Add),
        1 => device.clone().prop_map(Event::Unwant),
        1 => (device.clone(), prop_oneof![Just(Rank::Selected), Just(Rank::Visible), Just(Rank::Background)])
            .prop_map(|(device, rank)| Event::Want(device, rank)),
        2 => device.clone().prop_map(Event::Click),
        2 => device.prop_map(Event::Hint),
        1 => any::<bool>().prop_map(Event::InternalOnly),
    ]
}

/// What happens once, what happens while an attempt is under way, and a site that flaps; with the seconds after which each
/// event happens.
fn scenes() -> impl Strategy<Value = Vec<(f64, Event)>> {
    let in_mid_attempt = (1..2000_u64, events())
        .prop_map(|(after, event)| vec![(0.0, Event::InMidAttempt(Duration::from_millis(after), Box::new(event)))]);
    let flapping = (
        0..48_usize,
        paths(),
        prop::collection::vec((0.0..59.0_f64, 0.1..120.0_f64), 2..12),
    );
    prop_oneof![
        6 => events().prop_map(|event| vec![(0.0, event)]),
        2 => in_mid_attempt,
        1 => flapping.prop_map(|(site, path, spans)| {
            let mut at = 0.0;
            let mut scene = Vec::new();
            for (up, down) in spans {
                scene.extend([(at, Event::Site(site, path)), (at + down, Event::Site(site, Path::Up))]);
                at += down + up;
            }
            scene
        }),
    ]
}

fn scripts(
    span: f64,
    scenes_in_it: impl Into<prop::collection::SizeRange>,
) -> impl Strategy<Value = Vec<(f64, Event)>> {
    prop::collection::vec((0.0..span, scenes()), scenes_in_it).prop_map(|scenes| {
        let events = scenes
            .into_iter()
            .flat_map(|(at, scene)| scene.into_iter().map(move |(after, event)| (at + after, event)));
        events.collect()
    })
}

/// A world in which this happens; every third device is a second entry of the recorder before it.
fn world_of(seed: u64, fleet: &[Vec<usize>], entries: bool, script: Vec<(f64, Event)>) -> World<Machine> {
    let base = Instant::now();
    let mut world = World::new(Machine::new(seed, Limits::default(), base), base, fleet);
    let (sites, devices) = (world.sites.len(), world.devices.len());
    for second in (2..devices).step_by(3).filter(|_| entries) {
        world.devices[second].recorder = world.devices[second - 1].recorder;
    }
    for (at, event) in script {
        world.at(at, fold(event, sites, devices));
    }
    world.start();
    world
}

fn fold(event: Event, sites: usize, devices: usize) -> Event {
    match event {
        Event::Site(site, path) => Event::Site(site % sites, path),
        Event::Device(device, health) => Event::Device(device % devices, health),
        Event::Edit(device) => Event::Edit(device % devices),
        Event::Remove(device) => Event::Remove(device % devices),
        Event::Add(device) => Event::Add(device % devices),
        Event::Unwant(device) => Event::Unwant(device % devices),
        Event::Want(device, rank) => Event::Want(device % devices, rank),
        Event::Click(device) => Event::Click(device % devices),
        Event::Hint(device) => Event::Hint(device % devices),
        Event::InMidAttempt(after, event) => Event::InMidAttempt(after, Box::new(fold(*event, sites, devices))),
        other => other,
    }
}

/// The longest waits that nothing shortens: a stream that the device does not know (an hour at most), a device that asked for
/// 200 s, an outage of days whose canary goes each 72 s.
const LONGEST_WAIT: Duration = Duration::from_secs(4_500);

/// The device refused to sign in, and nobody has edited it since; another entry of its recorder is told the same.
fn is_stopped(world: &World<Machine>, device: usize) -> bool {
    let dials = world.dials.iter().rev().filter(|dial| dial.device == device);
    let refused = dials
        .filter_map(|dial| dial.end.filter(|(_, end)| *end == End::Failed(FailureKind::Auth)))
        .map(|(at, _)| at);
    let edited = world.devices[device].edits.last().copied();
    refused.max().is_some_and(|at| Some(at) > edited)
}

/// For the message of a law that is broken: what the client plans, and what was tried.
fn last_words(world: &World<Machine>, device: usize) -> String {
    let links = world.devices[device].links.iter();
    let plans: Vec<_> = links
        .map(|(link, wanted)| (*wanted, world.client.link(*link)))
        .collect();
    let site = world.client.site(SiteId(world.devices[device].site as u64 + 1));
    let tried = world.dials.iter().rev().filter(|dial| dial.device == device).take(4);
    let tried: Vec<_> = tried.map(|dial| (dial.at, dial.why, dial.end, dial.lost)).collect();
    format!("{plans:#?} {site:?} {tried:?}")
}

/// Mends everything, as the user and the world would; `silently`: the operating system reports it only where it must.
fn heal(world: &mut World<Machine>, silently: bool) {
    world.calm();
    world.let_answers_arrive();
    world.happen(Event::Cable {
        plugged: true,
        silent: silently && !world.told_offline,
    });
    world.happen(Event::InternalOnly(false));
    for site in 0..world.sites.len() {
        world.happen(Event::Site(site, Path::Up));
    }
    for device in 0..world.devices.len() {
        world.happen(Event::Device(device, Health::Serves));
        let refused =
            |dial: &Dialled| dial.device == device && matches!(dial.end, Some((_, End::Failed(FailureKind::Auth))));
        if world.dials.iter().any(refused) {
            world.happen(Event::Edit(device));
        }
    }
}

/// A recorder had refused the password before it was put right, but its answer comes after: the user sees it and edits once more.
#[test]
fn an_answer_under_way_when_all_is_mended_belongs_before_it() {
    let mut world = world_of(1, &[vec![1]], false, Vec::new());
    world.happen(Event::Device(0, Health::WrongPassword));
    world.at(0.05, Event::Leap(Duration::from_secs(3_600)));
    world.run(10.0);
    assert!(
        world.dials[0].end.is_none(),
        "its answer is under way: {:?}",
        world.dials[0].end
    );
    heal(&mut world, false);
    world.run_while(world.now + MINUTE, |world| world.live() < 1);
    assert_eq!(world.live(), 1, "{}", last_words(&world, 0));
}

proptest! {
    #![proptest_config(config(60))]

    /// Whatever happens, every row of the table holds in every window; and once all is mended, everything wanted is live.
    #[test]
    fn every_row_holds_and_all_come_back(
        seed in any::<u64>(),
        fleet in fleets(),
        silently in any::<bool>(),
        entries in any::<bool>(),
        script in scripts(900.0, 0..60),
    ) {
        let mut world = world_of(seed, &fleet, entries, script);
        world.run(900.0);
        let after_the_script = world.now;
        heal(&mut world, silently);
        let late = world.run_while(after_the_script + LONGEST_WAIT, |world| world.live() < world.wanted());
        prop_assert!(!late, "{} of {} live", world.live(), world.wanted());
        law::hold(&world, Law::default());
    }
}

proptest! {
    #![proptest_config(config(12))]

    /// The same for many sites, some of which are dead from the start.
    #[test]
    fn every_row_holds_for_many_sites(
        seed in any::<u64>(),
        fleet in prop::collection::vec(prop::collection::vec(1..3_usize, 1..3), 10..48),
        dead in prop::collection::vec((0..48_usize, paths()), 0..48),
        script in scripts(1_800.0, 0..80),
    ) {
        let dead = dead.into_iter().map(|(site, path)| (0.0, Event::Site(site, path)));
        let mut world = world_of(seed, &fleet, false, dead.chain(script).collect());
        world.run(1_800.0);
        let after_the_script = world.now;
        heal(&mut world, false);
        let late = world.run_while(after_the_script + LONGEST_WAIT, |world| world.live() < world.wanted());
        let dark = (0..world.devices.len()).find(|device| !world.is_live(*device));
        prop_assert!(
            !late,
            "{} of {} live, device {dark:?} is dark: {}",
            world.live(),
            world.wanted(),
            dark.map(|device| last_words(&world, device)).unwrap_or_default()
        );
        law::hold(&world, Law::default());
    }
}

proptest! {
    #![proptest_config(config(3))]

    /// A day of everything. Nobody is starved in it: what is wanted and well is live, whatever befalls the others.
    #[test]
    fn a_day_of_anything(
        seed in any::<u64>(),
        fleet in prop::collection::vec(prop::collection::vec(1..3_usize, 1..4), 1..4),
        entries in any::<bool>(),
        mut script in scripts(86_400.0, 200..400),
    ) {
        // It is to be a day, not a minute and a long sleep.
        script.retain(|(_, event)| !matches!(event, Event::Sleep(span) | Event::Leap(span) if *span > MINUTE));
        let mut world = world_of(seed, &fleet, entries, script);
        let end = seconds(86_400.0);
        while world.now < end {
            world.run((world.now + MINUTE).as_secs_f64());
            for device in 0..world.devices.len() {
                let well = world.well_since(device).is_some_and(|since| world.now - since >= LONGEST_WAIT);
                prop_assert!(
                    !well || world.is_live(device) || is_stopped(&world, device),
                    "device {device} is dark at {:?}: {}", world.now, last_words(&world, device)
                );
            }
        }
        law::hold(&world, Law::default());
        heal(&mut world, false);
        let late = world.run_while(world.now + LONGEST_WAIT, |world| world.live() < world.wanted());
        prop_assert!(!late, "{} of {} live", world.live(), world.wanted());
    }

    /// Same seed, same run, whatever happens in it.
    #[test]
    fn chance_is_seeded(seed in any::<u64>(), fleet in fleets(), script in scripts(900.0, 0..60)) {
        let run = |seed| {
            let mut world = world_of(seed, &fleet, true, script.clone());
            world.run(900.0);
            world.dials.iter().map(|d| (d.at, d.link, d.why, d.port, d.end)).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(seed), run(seed));
    }
}

proptest! {
    #![proptest_config(config(24))]

    /// Faults that a canary can see the end of: every device is live within 60 s and what the 8 a second allow.
    #[test]
    fn sites_that_return_are_live_within_a_minute(
        seed in any::<u64>(),
        fleet in fleets(),
        path in prop_oneof![Just(Path::BlackHole), Just(Path::Rst), Just(Path::Icmp)],
        span in 1.0..1800.0_f64,
    ) {
        let base = Instant::now();
        let mut world = World::new(Machine::new(seed, Limits::default(), base), base, &fleet);
        world.start();
        world.run(120.0);
        prop_assert_eq!(world.live(), world.wanted());
        world.happen(Event::Site(0, path));
        world.run(120.0 + span);
        world.happen(Event::Site(0, Path::Up));
        let back = world.now;
        let late = world.run_while(back + seconds(60.0), |world| world.live() < world.wanted());
        prop_assert!(!late, "{} of {} live a minute after the site is back", world.live(), world.wanted());
        law::hold(&world, Law::default());
    }

    /// Flapping at any rhythm, for hours.
    #[test]
    fn flapping_sites_stay_within_the_law(
        seed in any::<u64>(),
        count in 1..40_usize,
        path in prop_oneof![Just(Path::BlackHole), Just(Path::Rst), Just(Path::Icmp)],
        spans in prop::collection::vec((0.0..59.0_f64, 0.1..120.0_f64), 1..60),
    ) {
        let base = Instant::now();
        let mut world = World::new(Machine::new(seed, Limits::default(), base), base, &[vec![1; count], vec![1; 2]]);
        let mut at = 20.0;
        for (up, down) in spans {
            world.at(at, Event::Site(0, path));
            world.at(at + down, Event::Site(0, Path::Up));
            at += down + up;
        }
        world.start();
        world.run(at + 300.0);
        law::hold(&world, Law::default());
        prop_assert_eq!(world.live(), world.wanted());
    }
}
