//! A site at which somebody works, as was planned: it is looked at once a minute at most, nobody else is held up, and its end is looked at
//! at once.

use device::{DeviceId, SiteId};
use reconnect::Input;

use super::rig::{Answer, REFUSED, Rig, TIMEOUT};

fn planned(rig: &mut Rig, on: bool) {
    let site = SiteId(1);
    rig.tell(Input::Planned { site, on });
}

/// Devices 2, 4, 6 … stand at site 1, the others at site 2.
fn is_there(device: u64) -> bool {
    device.is_multiple_of(2)
}

#[test]
fn a_site_that_is_worked_at_is_looked_at_once_a_minute_and_at_once_when_they_are_done() {
    for (seed, dead) in (0..10).flat_map(|seed| [(seed, TIMEOUT), (seed, REFUSED)]) {
        let mut rig = Rig::new(seed, move |device, _, at| match at {
            at if is_there(device) && (100.0..1_900.0).contains(&at) => dead,
            _ => Answer::Plays,
        });
        rig.sites(12, 2);
        rig.run(100.0);
        assert_eq!(rig.playing.len(), 12);
        planned(&mut rig, true);
        for device in [2, 4, 6, 8, 10, 12] {
            rig.unwant(device);
            rig.want(device, device);
        }
        rig.run(1_900.0);
        let there: Vec<f64> = rig
            .dials
            .iter()
            .filter(|dial| is_there(dial.device) && dial.at >= 161.0)
            .map(|dial| dial.at)
            .collect();
        let gaps = there.windows(2).map(|two| two[1] - two[0]);
        assert!(gaps.clone().all(|gap| gap >= 59.99), "seed {seed}, {dead:?}: {there:?}");
        assert!(there.len() >= 20, "seed {seed}, {dead:?}: {there:?}");
        assert_eq!(rig.playing.len(), 6, "the other site goes on");
        planned(&mut rig, false);
        let back = rig.run_to_next_dial();
        assert!(back.at < 1_903.0, "seed {seed}, {dead:?}: {back:?}");
        rig.run(1_960.0);
        assert_eq!(rig.playing.len(), 12, "seed {seed}, {dead:?}");
    }
}

#[test]
fn what_works_while_somebody_works_there_is_shown_as_ever() {
    let mut rig = Rig::new(3, |_, _, _| Answer::Plays);
    planned(&mut rig, true);
    rig.sites(32, 1);
    rig.run(70.0);
    assert_eq!(rig.playing.len(), 32, "a way that is proven costs nothing");
}

#[test]
fn one_device_that_is_worked_on_waits_a_minute_and_a_person_need_not() {
    let mut rig = Rig::new(4, |device, _, at| match device {
        2 if at < 1_000.0 => REFUSED,
        _ => Answer::Plays,
    });
    planned(&mut rig, true);
    rig.sites(8, 1);
    rig.run(900.0);
    assert_eq!(rig.playing.len(), 7);
    let of_it = |rig: &Rig| rig.dials.iter().filter(|dial| dial.device == 2).count();
    let before = of_it(&rig);
    assert!((10..=16).contains(&before), "{before}");
    rig.tell(Input::RetryNow(DeviceId(2)));
    rig.run(903.0);
    assert_eq!(of_it(&rig), before + 1);
}

#[test]
fn an_address_that_another_site_shares_is_not_rested() {
    let mut rig = Rig::new(5, |_, _, _| TIMEOUT);
    rig.device(1, 1, Some("203.0.113.7"), 1);
    rig.device(2, 2, Some("203.0.113.7"), 1);
    planned(&mut rig, true);
    rig.want(1, 1);
    rig.want(2, 2);
    rig.run(300.0);
    assert!(rig.dials.len() > 7, "{}", rig.dials.len());
}
