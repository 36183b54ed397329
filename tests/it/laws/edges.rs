//! Stories at the edges: inputs that cross each other, and what nobody must gain by them.

use monomi::device::DeviceId;
use monomi::reconnect::{Input, Kind, Network, SiteState, Stage};

use super::rig::{Answer, NO_ROUTE, REFUSED, Rig, TIMEOUT, address};

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
        2 if at < 80.0 => Answer::Fails(Kind::Timeout, Stage::Connect, 60.0),
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
    let policy = Answer::Fails(Kind::Policy, Stage::Resolve, 0.0);
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
