//! Stories at the edges: inputs that cross each other, and what nobody must gain by them.

use std::time::Instant;

use device::DeviceId;
use reconnect::{FailureKind, Hint, Input, Limits, LinkId, LinkView, Machine, Network, SiteState, Stage};

use super::rig::{Answer, NO_ROUTE, REFUSED, Rig, TIMEOUT, address};
use super::world::{Event, Path, World, seconds};

/// Two sites are lost together, so one canary goes for both; while it is under way, devices change their site.
#[test]
fn a_canary_whose_site_is_split_or_merged_holds_nobody_for_ever() {
    for (seed, target) in [(1, 0), (1, 3), (2, 3), (3, 9)] {
        let mut rig = Rig::new(seed, |_, _, at| {
            if (60.0..200.0).contains(&at) {
                TIMEOUT
            } else {
                Answer::Plays
            }
        });
        rig.sites(8, 2);
        rig.run(60.0);
        rig.fall_silent();
        let canary = rig.run_to_next_dial().device;
        let other = (1..=8)
            .find(|other| *other != canary && other % 2 == canary % 2)
            .unwrap();
        match target {
            0 => rig.device(other, 1 + (other + 1) % 2, Some(&address(other)), 1),
            site => rig.device(other, site, Some(&address(other)), 1),
        }
        rig.run(400.0);
        assert_eq!(rig.playing.len(), 8, "seed {seed}, to site {target}");
    }
}

/// The same, but the network changes in between: what the old canary waits for is no matter any more.
#[test]
fn a_change_of_network_replaces_the_canary_of_all_sites() {
    let mut rig = Rig::new(1, |_, nth, at| match nth {
        2 if at < 80.0 => Answer::Fails(FailureKind::Timeout, Stage::Connect, 60.0),
        _ => Answer::Plays,
    });
    rig.sites(8, 2);
    rig.run(60.0);
    rig.fall_silent();
    rig.run_to_next_dial();
    rig.run(80.0);
    assert_eq!(rig.dialled(60.0, 80.0), 1, "one canary for both sites");
    rig.tell(Input::Network(Network::Changed));
    rig.run(86.0);
    assert_eq!(rig.playing.len(), 4, "the other site does not wait for it");
}

#[test]
fn a_device_without_a_route_holds_up_itself_alone() {
    for seed in 0..30 {
        let mut rig = Rig::new(seed, |device, _, _| if device <= 2 { NO_ROUTE } else { Answer::Plays });
        rig.sites(6, 1);
        rig.run(10.0);
        assert_eq!(rig.playing.len(), 4, "seed {seed}");
        rig.run(3600.0);
        let asked = rig.dials.iter().filter(|dial| dial.device <= 2).count();
        assert!((6..=24).contains(&asked), "asked again after 1 to 10 min: {asked}");
        assert!(rig.changes <= 3, "seed {seed}: {} changes of the site", rig.changes);
        assert_eq!(rig.machine.totals().failed, 0, "no packet was sent");
        // A change of network is heard although pictures arrive.
        let before = rig.dials.len();
        rig.tell(Input::Network(Network::Changed));
        rig.run(3602.0);
        assert_eq!(rig.dials.len(), before + 2, "seed {seed}");
    }
}

#[test]
fn a_site_has_no_network_when_each_of_its_devices_says_so() {
    let mut rig = Rig::new(1, |_, _, at| if at < 5000.0 { NO_ROUTE } else { Answer::Plays });
    rig.sites(16, 1);
    rig.run(30.0);
    assert_eq!(rig.state(1), SiteState::NoNetwork);
    assert_eq!(rig.dials.len(), 16, "each was asked once");
    rig.run(5000.0);
    assert!(rig.dialled(30.0, 5000.0) <= 10, "{}", rig.dialled(30.0, 5000.0));
    rig.tell(Input::Network(Network::Up));
    rig.run(5015.0);
    assert_eq!(rig.playing.len(), 16);
}

/// A name with two addresses, one of a family that this machine has no route for.
#[test]
fn a_canary_without_a_route_makes_room_for_the_next() {
    for seed in 0..20 {
        let back = 700.0 + seed as f64 * 13.0;
        let mut rig = Rig::new(seed, move |_, nth, at| match nth % 2 {
            _ if at >= back => Answer::Plays,
            1 => TIMEOUT,
            _ => NO_ROUTE,
        });
        rig.sites(8, 1);
        rig.run(back);
        assert_eq!(rig.state(1), SiteState::Outage, "seed {seed}");
        let first = rig.run_to_next_dial().at;
        assert!(first - back <= 37.0, "seed {seed}: {} s", first - back);
    }
}

#[test]
fn a_refusal_by_the_policy_may_be_asked_for_again_and_slows_nobody() {
    let policy = Answer::Fails(FailureKind::Policy, Stage::Resolve, 0.0);
    let mut rig = Rig::new(1, move |device, nth, _| match device {
        1..=60 if nth == 1 => policy,
        _ => Answer::Plays,
    });
    rig.sites(64, 64);
    rig.run(1.2);
    assert_eq!(rig.playing.len(), 4, "refusals took no permit of the process");
    rig.tell(Input::RetryNow(DeviceId(7)));
    rig.run(5.0);
    assert!(rig.playing.contains_key(&7));
}

#[test]
fn clicks_on_dead_tiles_hold_up_no_healthy_device() {
    for seed in 0..5 {
        let mut rig = Rig::new(seed, |device, nth, _| match device {
            1..=32 => REFUSED,
            40 if nth == 1 => Answer::PlaysFor(700.0),
            _ => Answer::Plays,
        });
        rig.sites(64, 1);
        rig.run(600.0);
        assert_eq!(rig.playing.len(), 32);
        while rig.playing.contains_key(&40) {
            rig.run(rig.time() + 0.1);
        }
        let lost = rig.time();
        for device in 1..=32 {
            rig.tell(Input::RetryNow(DeviceId(device)));
        }
        rig.run(lost + 8.0);
        assert!(rig.playing.contains_key(&40), "seed {seed}");
    }
}

/// However a person toggles tiles, clicks or edits: at most 5 connects in 10 s of one device that do not come to play, and
/// of failures as many in a minute as ever.
#[test]
fn toggling_and_editing_buy_no_attempts() {
    let auth = Answer::Fails(FailureKind::Auth, Stage::Describe, 0.1);
    for (answer, in_a_minute) in [
        (Answer::Hangs, 12),
        (REFUSED, 12),
        (TIMEOUT, 12),
        (auth, 12),
        // One that begins late in its turn is closed by the person before it is lost.
        (Answer::PlaysFor(0.1), 16),
        (Answer::Plays, 30),
    ] {
        for (edits, gap) in [(false, 0.3), (true, 0.1), (true, 1.0), (true, 3.0)] {
            let mut rig = Rig::new(1, move |_, _, _| answer);
            for device in 1..=3 {
                rig.device(device, 1, Some(&address(device)), 1);
            }
            for turn in 1..=400 {
                if edits {
                    rig.device(1, 1, Some(&address(1)), 1 + turn);
                }
                rig.want(turn, 1);
                rig.tell(Input::RetryNow(DeviceId(1)));
                rig.run(turn as f64 * gap);
                rig.unwant(turn);
            }
            let burst = rig.most_within(10.0, |_| true);
            let minute = rig.most_within(60.0, |_| true);
            assert!(burst <= 5, "{answer:?}, edits {edits}, each {gap} s: {burst} in 10 s");
            assert!(
                minute <= in_a_minute,
                "{answer:?}, edits {edits}, each {gap} s: {minute} in a minute"
            );
        }
    }
}

#[test]
fn a_page_that_is_turned_and_turned_back_is_quick() {
    let mut rig = Rig::new(1, |_, _, _| Answer::Plays);
    rig.sites(64, 1);
    for channel in 0..16 {
        rig.want(1000 + channel, 1);
    }
    rig.run(80.0);
    assert_eq!(rig.playing.len(), 80);
    let links: Vec<_> = rig.playing.keys().copied().collect();
    links.iter().for_each(|link| rig.unwant(*link));
    rig.run(81.0);
    for link in links {
        rig.want(link + 5000, if link < 1000 { link } else { 1 });
    }
    rig.run(81.0 + 13.0);
    assert_eq!(rig.playing.len(), 80);
}

#[test]
fn a_redirect_is_no_edit() {
    let mut rig = Rig::new(1, |_, nth, _| if nth == 1 { Answer::Redirects } else { Answer::Plays });
    rig.device(1, 1, Some(&address(1)), 5);
    rig.want(1, 1);
    rig.run(10.0);
    assert_eq!((rig.playing.len(), rig.dials.len()), (1, 2));
    // Any edit of the registry registers every device again.
    rig.device(1, 1, Some(&address(1)), 5);
    rig.run(20.0);
    assert_eq!((rig.aborted, rig.dials.len()), (0, 2));
    rig.device(1, 1, Some("10.7.7.7"), 5);
    assert_eq!(
        (rig.run_to_next_dial().device, rig.aborted),
        (1, 1),
        "another literal is one"
    );
}

#[test]
fn to_play_and_be_lost_at_once_is_a_failed_attempt() {
    for count in [64, 256, 1024] {
        let mut rig = Rig::new(1, |_, _, _| Answer::PlaysFor(1.0));
        rig.sites(count, 1);
        rig.run(300.0);
        let first = rig.dialled(0.0, 60.0);
        assert!(first <= 12, "{count}: {first} in the first minute");
        let steady = rig.most_within(60.0, |dial| dial.at > 60.0);
        assert!(steady <= 12, "{count}: {steady} in a minute");
    }
}

/// 64 recorders that send their clients from one to the other: a failure like any other, and a site that is down.
#[test]
fn a_loop_of_redirects_is_an_outage() {
    for count in [1, 2, 64] {
        let mut rig = Rig::new(1, |_, _, _| Answer::Redirects);
        rig.sites(count, 1);
        rig.run(20_000.0);
        let first = rig.most_within(60.0, |_| true);
        assert!(first <= 12, "{count} recorders: {first} connects in a minute");
        let steady = rig.most_within(60.0, |dial| dial.at > 75.0);
        assert!(steady <= 6, "{count} recorders: {steady} connects in a minute");
        let mean = rig.dialled(2_000.0, 3_500.0) / 25;
        assert!(mean <= 2, "{count} recorders: {mean} a minute");
        let known = rig.most_within(60.0, |dial| dial.at > 15_000.0);
        assert!(
            known <= 2,
            "{count} recorders: {known} connects in a minute once all are known"
        );
        assert_ne!(rig.state(1), SiteState::Up, "{count} recorders");
        assert!(rig.machine.totals().failed > 0);
    }
}

/// A recorder that redirects every time may also do so when it comes back from an outage, and after a loop.
#[test]
fn one_redirect_is_followed_also_after_a_loop() {
    for seed in 0..5 {
        let mut rig = Rig::new(seed, |device, nth, at| match at {
            _ if at < 1_000.0 => Answer::Redirects,
            _ if at < 2_000.0 => TIMEOUT,
            // Each look is sent aside once, then plays.
            _ if (nth + usize::try_from(device).unwrap()) % 2 == 0 => Answer::Redirects,
            _ => Answer::Plays,
        });
        rig.sites(8, 1);
        rig.run(2_000.0);
        assert_eq!(rig.playing.len(), 0);
        rig.run(2_120.0);
        assert_eq!(rig.playing.len(), 8, "seed {seed}");
    }
}

#[test]
fn what_a_device_says_holds_although_the_network_goes() {
    let mut rig = Rig::new(1, |_, _, _| Answer::Fails(FailureKind::Auth, Stage::Describe, 0.1));
    rig.sites(1, 1);
    rig.run(0.05);
    rig.tell(Input::Network(Network::Down));
    for round in 1..20 {
        rig.run(f64::from(round) * 7.0);
        rig.tell(Input::Network(Network::Up));
    }
    assert_eq!(rig.dials.len(), 1, "a refused sign-in is not tried again");
}

#[test]
fn what_the_policy_forbids_counts_down_no_more_until_it_is_allowed() {
    let mut rig = Rig::new(1, |_, _, _| REFUSED);
    rig.sites(2, 1);
    rig.run(30.0);
    let waits = |rig: &Rig, link| {
        let view = rig.machine.link(LinkId(link));
        matches!(view, Some(LinkView::BackingOff { .. } | LinkView::Waiting { .. }))
    };
    assert!(waits(&rig, 1) && waits(&rig, 2));
    let device = DeviceId(1);
    rig.tell(Input::PolicyChanged);
    rig.tell(Input::Forbidden {
        device,
        address: address(1).parse().unwrap(),
    });
    let Some(LinkView::Stopped { failure, until: None }) = rig.machine.link(LinkId(1)) else {
        panic!("{:?}", rig.machine.link(LinkId(1)))
    };
    assert_eq!(failure.kind, FailureKind::Policy);
    let of_first = |rig: &Rig| rig.dials.iter().filter(|dial| dial.device == 1).count();
    let before = of_first(&rig);
    rig.run(600.0);
    assert_eq!(of_first(&rig), before, "nothing is dialled that is forbidden");
    rig.tell(Input::PolicyChanged);
    rig.run(700.0);
    assert!(of_first(&rig) > before, "what is allowed again is tried again");
}

/// Sixteen streams that broke off, and then nothing listens: three of them have tried, and all say so.
#[test]
fn all_links_of_a_device_wait_for_what_its_last_attempt_found() {
    let mut rig = Rig::new(1, |_, nth, _| if nth <= 4 { Answer::PlaysFor(30.0) } else { REFUSED });
    rig.sites(1, 1);
    for link in 2..=4 {
        rig.want(link, 1);
    }
    rig.run(29.0);
    assert_eq!(rig.playing.len(), 4);
    rig.run(60.0);
    let cause = |link| match rig.machine.link(LinkId(link)) {
        Some(LinkView::BackingOff { failure, .. }) => Some(failure.kind),
        Some(LinkView::Waiting { failure, .. }) => failure.map(|failure| failure.kind),
        other => panic!("{other:?}"),
    };
    let causes: Vec<_> = (1..=4).map(cause).collect();
    assert_eq!(causes, [Some(FailureKind::Refused); 4]);
}

#[test]
fn a_forbidden_device_keeps_its_refused_sign_in() {
    let mut rig = Rig::new(1, |_, _, _| Answer::Fails(FailureKind::Auth, Stage::Describe, 0.1));
    rig.sites(1, 1);
    rig.run(5.0);
    for _ in 0..3 {
        rig.tell(Input::PolicyChanged);
        rig.tell(Input::Forbidden {
            device: DeviceId(1),
            address: address(1).parse().unwrap(),
        });
        rig.tell(Input::PolicyChanged);
        rig.run(rig.time() + 60.0);
    }
    assert_eq!(rig.dials.len(), 1, "no switch has a refused sign-in asked again");
}

#[test]
fn to_toggle_a_limit_refills_nothing() {
    let mut rig = Rig::new(1, |_, _, _| TIMEOUT);
    rig.sites(64, 1);
    for turn in 0..1200_u32 {
        rig.run(f64::from(turn) * 0.5);
        rig.tell(Input::Limits(Limits {
            site_failed_per_minute: 11 + turn % 2,
            ..Limits::default()
        }));
        rig.tell(Input::Hint(Hint::Device(DeviceId(u64::from(turn % 64) + 1))));
    }
    let mut most = 0;
    for dial in rig.dials.iter().filter(|dial| dial.at > 150.0) {
        let held = rig
            .dials
            .iter()
            .filter(|other| other.at <= dial.at && other.at > dial.at - 120.0);
        let devices: std::collections::BTreeSet<_> = held.map(|other| other.device).collect();
        most = most.max(devices.len());
    }
    assert!(most <= 4, "{most} addresses in 120 s");
}

#[test]
fn a_failure_of_this_machine_says_nothing_of_the_site() {
    let local = Answer::Fails(FailureKind::Local, Stage::Resolve, 0.0);
    let mut rig = Rig::new(1, move |device, _, at| match device {
        1 => local,
        _ if at < 100.0 => Answer::Plays,
        _ => TIMEOUT,
    });
    rig.sites(8, 1);
    rig.run(100.0);
    assert_eq!(rig.playing.len(), 7);
    assert_eq!(rig.machine.totals().failed, 0);
    assert!(rig.machine.link(LinkId(1)).is_some());
    rig.fall_silent();
    rig.run(500.0);
    assert_eq!(rig.state(1), SiteState::Outage);
    let sent = rig.most_within(60.0, |dial| dial.device != 1 && dial.at > 180.0);
    assert!(sent <= 6, "{sent} in a minute of a steady outage");
    let own = rig.dials.iter().filter(|dial| dial.device == 1).count();
    assert!((6..=40).contains(&own), "asked again, with growing waits: {own}");
}

#[test]
fn to_wake_is_to_look_at_once() {
    let mut rig = Rig::new(1, |_, _, _| TIMEOUT);
    rig.sites(4, 1);
    rig.run(1000.0);
    let last = rig.run_to_next_dial().at;
    rig.run(last + 5.0);
    rig.tell(Input::Woke);
    let next = rig.run_to_next_dial().at;
    assert!(next <= last + 7.0, "{} s after the wake", next - last - 5.0);
}

#[test]
fn an_outage_of_hours_is_probed_once_a_minute() {
    let mut rig = Rig::new(1, |_, _, _| TIMEOUT);
    rig.sites(4, 1);
    rig.run(3.0 * 3600.0);
    let young = rig.dialled(600.0, 3600.0);
    assert!((83..=125).contains(&young), "{young} in 50 min");
    let old = rig.dialled(7200.0, 10_800.0);
    assert!((50..=75).contains(&old), "{old} in an hour");
}

#[test]
fn the_ramp_goes_one_two_four_eight() {
    let mut rig = Rig::new(1, |_, _, _| Answer::PlaysLate(2.0));
    rig.sites(64, 1);
    rig.run(12.0);
    let rounds = [(0.0, 1.99), (1.99, 3.99), (3.99, 5.99)];
    let dials = rounds.map(|(from, to)| rig.dialled(from, to));
    assert_eq!(dials, [1, 2, 4]);
    // Each takes 2 s, so this is how many are in flight at once.
    assert_eq!(rig.most_within(2.0, |_| true), 8);
}

#[test]
fn a_canary_that_is_answered_is_followed_by_two() {
    let mut rig = Rig::new(1, |_, nth, at| match at {
        _ if nth == 1 => Answer::Plays,
        at if at < 200.0 => TIMEOUT,
        _ => Answer::PlaysLate(2.0),
    });
    rig.sites(32, 1);
    rig.run(80.0);
    rig.fall_silent();
    rig.run(200.0);
    let canary = rig.run_to_next_dial().at;
    rig.run(canary + 3.95);
    assert_eq!(rig.dialled(canary + 0.01, canary + 1.95), 0, "one alone");
    assert_eq!(rig.dialled(canary + 1.95, canary + 3.95), 2);
}

#[test]
fn the_process_has_eight_half_open_however_many_sites_work() {
    let mut rig = Rig::new(1, |device, _, _| match device {
        1..=32 => Answer::Plays,
        _ => Answer::Fails(FailureKind::Timeout, Stage::Connect, 20.0),
    });
    rig.sites(32, 4);
    rig.run(30.0);
    assert_eq!(rig.playing.len(), 32);
    for device in 33..=96 {
        rig.device(device, 1 + device % 4, Some(&address(device)), 1);
        rig.want(device, device);
    }
    rig.run(49.0);
    assert_eq!(rig.dialled(30.0, 49.0), 8);
}

/// Outages on each other's heels leave no stream the minute of media that it would need to prove itself: that is the site's doing,
/// not the stream's, so the site's return brings all of them back.
#[test]
fn outages_in_a_row_hold_no_stream_back_once_the_site_is_up() {
    for seed in 0..20 {
        let base = Instant::now();
        let mut world = World::new(Machine::new(seed, Limits::default(), base), base, &[vec![1; 64]]);
        world.start();
        for length in [17.0, 31.0, 45.0, 58.0, 20.0, 12.0, 13.0] {
            let up = world.now.as_secs_f64();
            assert!(
                !world.run_while(seconds(up + 60.0), |world| world.live() < 64),
                "seed {seed}, {} live 60 s after an outage",
                world.live()
            );
            world.happen(Event::Site(0, Path::BlackHole));
            world.run(world.now.as_secs_f64() + length);
            world.happen(Event::Site(0, Path::Up));
        }
    }
}

/// A refusal by an older policy is forgotten at once, and costs no permit of the process: then the pace of a device is all that
/// keeps its dials apart.
#[test]
fn the_dials_of_a_device_are_a_tenth_of_a_second_apart() {
    let mut rig = Rig::new(1, |_, _, _| Answer::Fails(FailureKind::Policy, Stage::Resolve, 0.004));
    rig.sites(1, 1);
    rig.want(2, 1);
    for step in 1..=1_000 {
        rig.run(f64::from(step) * 0.002);
        rig.tell(Input::PolicyChanged);
    }
    let gaps: Vec<_> = rig.dials.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(gaps.len() >= 12, "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= 0.099_9), "{gaps:?}");
}
