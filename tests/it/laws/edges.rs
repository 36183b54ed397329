//! Stories at the edges: inputs that cross each other, and what nobody must gain by them.

use monomi::reconnect::{Input, Kind, Network, Stage};

use super::rig::{Answer, Rig, TIMEOUT, address};

/// Two sites are lost together, so one canary goes for both; while it is under way, devices change their site.
#[test]
fn a_canary_whose_site_is_split_or_merged_holds_nobody_for_ever() {
    for (seed, target) in [(1, 0), (1, 3), (2, 3), (3, 9)] {
        let mut rig = Rig::new(seed, |_, _, at| if (60.0..200.0).contains(&at) { TIMEOUT } else { Answer::Plays });
        rig.sites(8, 2);
        rig.run(60.0);
        rig.fall_silent();
        let canary = rig.run_to_next_dial().device;
        let other = (1..=8).find(|other| *other != canary && other % 2 == canary % 2).unwrap();
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
