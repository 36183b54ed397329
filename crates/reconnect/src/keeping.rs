//! What must be kept for the next start.

use std::time::{Duration, Instant};

use super::backoff::canary_wait;
use super::failure::Failure;
use super::groups::{FORGOTTEN, Group, Path};
use super::plans::GroupId;
use super::spent::{DeviceSpent, OutageSpent, RecorderSpent, SiteSpent, Spent};
use super::view::Survey;
use device::SiteId;

/// What the next start must know at this time, not before the last input or poll.
pub(super) fn spent(view: &Survey<'_>, now: Instant) -> Spent {
    let age = |at: Instant| now.saturating_duration_since(at);
    let recorders = view.plans.recorders().filter_map(|(recorder, entry)| {
        let connects: Vec<_> = entry.connects().map(age).filter(|age| *age < FORGOTTEN).collect();
        (!connects.is_empty()).then_some(RecorderSpent { recorder, connects })
    });
    let devices = view.plans.iter().filter_map(|(device, plan)| {
        if plan.last_dial().is_some_and(|at| age(at) >= FORGOTTEN) {
            return None;
        }
        let (failures, until) = plan.spent();
        let next_try = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        (failures > 0 || !next_try.is_zero()).then_some(DeviceSpent {
            device,
            failures,
            next_try,
        })
    });
    let process = view.process.failed_lately(now).chain(view.attempts.pending(None));
    Spent {
        network: view.all_sites.spent(now),
        process: ages(process.collect(), now),
        sites: view
            .groups
            .sites()
            .filter_map(|site| of_site(view, site, now))
            .collect(),
        recorders: recorders.collect(),
        devices: devices.collect(),
    }
}

fn of_site(view: &Survey<'_>, (site, group): (SiteId, GroupId), now: Instant) -> Option<SiteSpent> {
    let group = view.groups.get(group)?;
    let pending = view.attempts.pending(Some(site));
    let failed = ages(group.ledger().recent(now).chain(pending).collect(), now);
    let lately = now.saturating_duration_since(group.last_turn()) < FORGOTTEN;
    let in_vain = group.in_vain() > 0 && group.last_media().is_none() && lately;
    let outage = probing(group, now).or_else(|| doubtful(view, group, &failed, now).filter(|_| in_vain));
    (!failed.is_empty() || outage.is_some() || in_vain).then_some(SiteSpent {
        site,
        failed,
        in_vain: group.in_vain(),
        outage,
    })
}

/// A look under way counts as one that came to nothing.
fn probing(group: &Group, now: Instant) -> Option<OutageSpent> {
    let age = |at: Instant| now.saturating_duration_since(at);
    let probe = group.probe()?;
    let since = group.down_since()?;
    let (more, next) = probe.if_in_vain();
    let last_turn = Some(group.last_turn()).filter(|_| group.in_vain() > 0);
    Some(OutageSpent {
        since: age(since),
        step: group.step().saturating_add(more),
        last_look: probe.last().or(last_turn).map(age),
        next_look: next.saturating_duration_since(now),
        canary: probe.canary(),
        answers: probe.path() == Path::Alive,
    })
}

/// Killed before it could see that the site is dead: the next run begins with one canary all the same.
fn doubtful(view: &Survey<'_>, group: &Group, failed: &[Duration], now: Instant) -> Option<OutageSpent> {
    let age = |at: Instant| now.saturating_duration_since(at);
    let in_vain = group.in_vain();
    let since = group.down_since().map(age);
    let last = age(group.last_turn());
    let mut members = view.plans.of(group.members());
    Some(OutageSpent {
        since: since.or(failed.first().copied().filter(|_| in_vain >= 2))?,
        step: in_vain,
        last_look: Some(last),
        next_look: canary_wait(in_vain.saturating_sub(1)).saturating_sub(last),
        canary: None,
        answers: members.any(|(_, plan)| plan.last_failure().is_some_and(Failure::is_an_answer)),
    })
}

/// Oldest first.
fn ages(mut times: Vec<Instant>, now: Instant) -> Vec<Duration> {
    times.sort_unstable();
    times.into_iter().map(|at| now.saturating_duration_since(at)).collect()
}
