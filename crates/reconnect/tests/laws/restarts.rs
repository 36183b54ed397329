//! A program that is killed and started again spends no more than one that ran through.

use std::time::Duration;

use reconnect::{Limits, Machine, Spent};

use super::rig::{Answer, REFUSED, Rig, TIMEOUT};

/// Kills the program and starts it anew, with what it had written.
fn restart(rig: &mut Rig, seed: u64, down_for: f64) {
    let spent = rig
        .machine
        .spent(rig.instant())
        .later(Duration::from_secs_f64(down_for));
    rig.kill(down_for);
    rig.machine = Machine::new(seed, Limits::default(), rig.instant());
    rig.machine.resume(&spent, rig.instant());
    rig.tell(reconnect::Input::Network(reconnect::Network::Up));
}

/// Failed attempts in any minute of ten, with a restart each 2.4 s or with none.
fn most_failed(answer: Answer, devices: u64, restarts: bool) -> u32 {
    let mut rig = Rig::new(7, move |_, _, _| answer);
    rig.sites(devices, 1);
    let end = 600.0;
    let mut seed = 100;
    while rig.time() < end {
        rig.run(rig.time() + 2.35);
        if restarts {
            seed += 1;
            restart(&mut rig, seed, 0.05);
            rig.sites(devices, 1);
        }
    }
    rig.most_within(60.0, |dial| dial.at > 75.0)
}

#[test]
fn twenty_five_restarts_a_minute_cost_no_more_than_none() {
    for answer in [TIMEOUT, REFUSED] {
        for devices in [1, 2, 64] {
            let through = most_failed(answer, devices, false);
            let restarted = most_failed(answer, devices, true);
            assert!(
                restarted <= through.max(2),
                "{answer:?}, {devices} devices: {restarted} with restarts, {through} without"
            );
        }
    }
}

/// The same for many sites, that fell together while the program ran or were dead when it first began.
#[test]
fn restarts_cost_no_more_where_thirty_sites_are_dead() {
    for answer in [TIMEOUT, REFUSED] {
        for fell in [true, false] {
            let most = |restarts: bool| {
                let mut rig = Rig::new(
                    23,
                    move |_, _, at| if fell && at < 100.0 { Answer::Plays } else { answer },
                );
                rig.sites(60, 30);
                rig.run(100.0);
                if fell {
                    assert_eq!(rig.playing.len(), 60);
                    rig.fall_silent();
                }
                let mut seed = 100;
                while rig.time() < 1_500.0 {
                    rig.run(rig.time() + 2.35);
                    if restarts {
                        seed += 1;
                        restart(&mut rig, seed, 0.05);
                        rig.sites(60, 30);
                    }
                }
                (
                    rig.most_within(60.0, |dial| !fell || dial.at > 100.0),
                    // Until then a site may be looked at whose answer is not known yet.
                    rig.most_within(60.0, |dial| dial.at > 1_000.0),
                )
            };
            let (through, restarted) = (most(false), most(true));
            assert!(restarted.0 <= 12, "{answer:?}, fell {fell}: {restarted:?}");
            assert!(
                restarted.1 <= through.1,
                "{answer:?}, fell {fell}: {restarted:?}, {through:?} without restarts"
            );
        }
    }
}

#[test]
fn one_dead_device_among_healthy_ones_keeps_its_wait_over_restarts() {
    let mut rig = Rig::new(9, |device, _, _| if device == 1 { TIMEOUT } else { Answer::Plays });
    rig.sites(16, 1);
    rig.run(120.0);
    for seed in 0..25 {
        restart(&mut rig, seed, 0.1);
        rig.sites(16, 1);
        rig.run(rig.time() + 2.3);
    }
    let tried = rig
        .dials
        .iter()
        .filter(|dial| dial.device == 1 && dial.at > 120.0)
        .count();
    assert!(
        tried <= 3,
        "the dead one was tried {tried} times in a minute of restarts"
    );
}

#[test]
fn a_healthy_site_starts_anew_without_a_wait() {
    let mut rig = Rig::new(11, |_, _, _| Answer::Plays);
    rig.sites(16, 1);
    rig.run(60.0);
    assert_eq!(
        rig.machine.spent(rig.instant()),
        Spent::default(),
        "what plays costs nothing"
    );
    restart(&mut rig, 12, 1.0);
    rig.sites(16, 1);
    rig.run(rig.time() + 5.0);
    assert_eq!(rig.playing.len(), 16);
}

#[test]
fn an_attempt_under_way_is_spent_until_it_plays() {
    let mut rig = Rig::new(13, |_, _, _| Answer::PlaysLate(1.0));
    rig.sites(1, 1);
    rig.run(0.5);
    let spent = rig.machine.spent(rig.instant());
    assert_eq!(spent.process, [Duration::from_millis(500)]);
    assert_eq!(spent.sites[0].failed, spent.process);
    assert_eq!(spent.recorders[0].connects, spent.process);
    let revision = rig.machine.spent_revision();
    rig.run(2.0);
    assert_ne!(rig.machine.spent_revision(), revision);
    assert_eq!(rig.machine.spent(rig.instant()), Spent::default());
}

#[test]
fn what_is_old_falls_away_and_is_not_kept_for_ever() {
    let mut rig = Rig::new(17, |_, _, _| TIMEOUT);
    rig.sites(4, 2);
    rig.run(100.0);
    restart(&mut rig, 18, 3_600.0);
    rig.sites(4, 2);
    rig.run(rig.time() + 0.01);
    assert!(
        !rig.dials.iter().all(|dial| dial.at < 3_000.0),
        "its next look is overdue"
    );
    let spent = rig.machine.spent(rig.instant());
    assert!(spent.process.iter().all(|age| *age < Duration::from_secs(61)));
}

#[test]
fn a_wrong_password_is_not_asked_at_each_restart() {
    let refused = Answer::Fails(reconnect::FailureKind::Auth, reconnect::Stage::Describe, 0.2);
    let mut rig = Rig::new(19, move |_, _, _| refused);
    rig.sites(1, 1);
    for seed in 0..25 {
        rig.run(rig.time() + 2.3);
        restart(&mut rig, seed, 0.1);
        rig.sites(1, 1);
    }
    assert!(
        rig.dials.len() <= 2,
        "{} sign-ins in a minute of restarts",
        rig.dials.len()
    );
}
