//! Many sites die, in all sorts of ways: the short cases.

use std::time::{Duration, Instant};

use super::sites::{MANY, MOST_ATTEMPTS, MOST_SYNS, PATIENCE, Sites, in_both_ways, judge, never_stutters};
use super::skipped;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn thirty_sites_that_die_at_once_share_one_budget() {
    if skipped("natlab: 30 sites die at once") {
        return;
    }
    in_both_ways(|death| {
        let sites = Sites::build(MANY, 0);
        let watch = sites.watch_all_live();
        let before = sites.syns();
        let down = Instant::now();
        sites.die(death);
        std::thread::sleep(seconds(30));
        let outage = sites.syns().since(&before);
        let entries = sites.most_nat_entries(down, Instant::now());
        judge(&format!("30 sites, {death:?}, 30 s"), &outage, MOST_ATTEMPTS, MOST_SYNS);
        assert!(entries <= MOST_ATTEMPTS, "{entries} NAT entries in SYN_SENT");
        let told = watch.log().between(down, Instant::now()).failed_in_any_minute();
        assert!(told <= MOST_ATTEMPTS, "{told} failed attempts by its own account");
        sites.come_back(death);
        let (first, all) = sites.recovery(&watch, PATIENCE);
        println!("30 sites, {death:?}: back, first picture after {first:.1} s, all live after {all:.1} s");
    });
}

#[test]
fn a_site_that_plays_is_left_alone_while_thirty_others_are_dead() {
    if skipped("natlab: 30 of 31 sites die") {
        return;
    }
    in_both_ways(|death| {
        let sites = Sites::build(MANY, 1);
        let watch = sites.watch_all_live();
        let (before, healthy) = (sites.syns(), sites.syns_to_healthy());
        let down = Instant::now();
        sites.die(death);
        std::thread::sleep(seconds(30));
        let outage = sites.syns().since(&before);
        judge(
            &format!("30 of 31 sites, {death:?}, 30 s"),
            &outage,
            MOST_ATTEMPTS,
            MOST_SYNS,
        );
        never_stutters(&watch.log().between(down, Instant::now()), MANY);
        assert_eq!(
            sites.syns_to_healthy().since(&healthy).count(),
            0,
            "the healthy site is not dialled again"
        );
    });
}

#[test]
fn sites_that_die_one_after_another_share_one_budget() {
    if skipped("natlab: sites die one after another") {
        return;
    }
    let sites = Sites::build(MANY, 0);
    let watch = sites.watch_all_live();
    let before = sites.syns();
    for site in 0..MANY {
        sites.die_alone(site);
        std::thread::sleep(Duration::from_millis(700));
    }
    // A stream without media is lost after 10 s.
    std::thread::sleep(seconds(12));
    let outage = sites.syns().since(&before);
    judge("30 sites die one after another", &outage, MOST_ATTEMPTS, MOST_SYNS);
    drop(watch);
}

#[test]
fn a_start_with_thirty_dead_sites_costs_no_more_than_an_outage() {
    if skipped("natlab: start with 30 dead sites") {
        return;
    }
    in_both_ways(|death| {
        let sites = Sites::build(MANY, 0);
        sites.die(death);
        let watch = sites.watch();
        let tried = watch.until(PATIENCE, |log| log.attempts() > 0);
        assert!(tried.is_ok(), "nothing was tried");
        std::thread::sleep(seconds(30));
        judge(
            &format!("start with 30 dead sites, {death:?}, 30 s"),
            &sites.syns(),
            MOST_ATTEMPTS,
            MOST_SYNS,
        );
    });
}
