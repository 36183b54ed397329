//! What is told of the network, of a device or by a person, and what is tried anew because of it.

use std::net::IpAddr;

use super::all_sites::AllSites;
use super::basis::Basis;
use super::failure::Failure;
use super::groups::{Groups, PermitFor};
use super::limits::Limits;
use super::plans::{GroupId, Plans};
use super::port::Network;
use device::{DeviceId, SiteId};

/// The operating system speaks of the network.
pub(super) fn told(
    network: Network,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let news = basis.set_network(network);
    if basis.is_offline() {
        all_sites.give_up();
        groups.touch_all(plans, basis);
        return;
    }
    routes_may_be_back(groups, plans, basis);
    // The first report only says how the network is: nothing has changed, and an outage of an earlier run goes on.
    if news {
        look_again(false, all_sites, groups, plans, basis);
    }
}

/// This machine slept and woke.
pub(super) fn woke(all_sites: &mut AllSites, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    routes_may_be_back(groups, plans, basis);
    look_again(true, all_sites, groups, plans, basis);
}

/// The policy was switched or edited: what it had refused is asked again, through the ramp.
pub(super) fn policy_changed(groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    basis.policy_changed();
    for device in plans.policy_changed() {
        groups.line_up(device, plans, basis);
        let Some(id) = plans.group_of(device) else { continue };
        if let Some(group) = groups.get_mut(id) {
            group.ramps_up(1);
        }
        groups.touch(id, plans, basis);
    }
}

/// The policy forbids the address of a device: it is not tried before another policy, or for a name before it is looked up again.
pub(super) fn forbidden(device: DeviceId, address: IpAddr, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    let Some(plan) = plans.get_mut(device) else { return };
    // A refused sign-in stays refused: were this in its place, the next change of the policy would have it asked again.
    if plan.stopped().is_some() || plan.links().any(|(_, link)| link.attempt().is_some()) {
        return;
    }
    let until = plan.is_named().then(|| basis.now() + basis.dice().policy());
    plan.stops(&Failure::forbidden(address), until);
    if let Some(group) = groups.get_mut(plan.group()) {
        group.clear_failing(device);
    }
    groups.line_up_and_touch(device, plans, basis);
}

/// A person asks to try a device now.
pub(super) fn retry_now(device: DeviceId, groups: &mut Groups, plans: &mut Plans, basis: &Basis) {
    let now = basis.now();
    let Some(plan) = plans.get_mut(device) else { return };
    if !plan.is_asked_for(now) {
        return;
    }
    let wanted = plan.due(true, now).is_some();
    let id = plan.group();
    match groups.get_mut(id).map(|group| group.probe_mut()) {
        None => return,
        Some(None) => plan.set_manual(wanted),
        Some(Some(probe)) if wanted => {
            probe.is_asked_for();
            groups.move_canary(id, device, now);
        }
        Some(Some(_)) => {}
    }
    groups.line_up_and_touch(device, plans, basis);
}

/// Something suggests that a device may answer again.
pub(super) fn hint(device: DeviceId, groups: &mut Groups, plans: &mut Plans, basis: &Basis) {
    let now = basis.now();
    let Some(plan) = plans.get_mut(device) else { return };
    let id = plan.group();
    let Some(group) = groups.get_mut(id) else { return };
    // Who says that it has just started may have been updated.
    if plan.may_have_changed(now) && group.budget_mut().take(PermitFor::Hint, now) {
        plan.resumes();
        groups.line_up_and_touch(device, plans, basis);
        return;
    }
    let Some(due) = plan.due(true, now) else { return };
    if let Some(probe) = group.probe_mut() {
        probe.hurry();
        if due <= now {
            groups.move_canary(id, device, now);
        }
    } else if plan.backs_off_at(now) && group.budget_mut().take(PermitFor::Hint, now) {
        plan.skip_backoff();
    } else {
        return;
    }
    groups.line_up_and_touch(device, plans, basis);
}

/// The user lowers or raises the limits. What was spent stays spent.
pub(super) fn set_limits(limits: Limits, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    let before = basis.set_limits(limits);
    let (now, limits) = (basis.now(), *basis.limits());
    if limits == before {
        return;
    }
    if limits.site_failed_per_minute != before.site_failed_per_minute {
        for (_, group) in groups.iter_mut() {
            group.budget_mut().relimit(&limits, now);
        }
    }
    if limits.slow_sign_in_retry != before.slow_sign_in_retry {
        plans.retry_sign_ins(|| limits.slow_sign_in_retry.then(|| now + basis.dice().sign_in()));
        for device in plans.iter().map(|(id, _)| id) {
            groups.line_up(device, plans, basis);
        }
    }
    groups.touch_all(plans, basis);
}

/// The routes of this machine may have changed, and to ask for one costs no packet.
fn routes_may_be_back(groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    for device in plans.routes_may_be_back() {
        groups.line_up(device, plans, basis);
    }
    groups.routes_may_be_back(basis);
    groups.touch_all(plans, basis);
}

/// Backoff is forgotten; what does not play now goes through a canary and the ramp. Where pictures arrive nothing is
/// disturbed. However often it is reported, the budget of hints bounds what comes of it.
fn look_again(woke: bool, all_sites: &mut AllSites, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    let mut looked = false;
    for id in groups.ids() {
        looked |= group_looks_again(id, woke, groups, plans, basis);
    }
    all_sites.look_again(looked, groups, plans, basis);
}

/// The same for one group; says whether it may look at once.
fn group_looks_again(id: GroupId, woke: bool, groups: &mut Groups, plans: &mut Plans, basis: &Basis) -> bool {
    let now = basis.now();
    let Some(group) = groups.get_mut(id) else { return false };
    if group.hears(now) && !woke {
        groups.touch(id, plans, basis);
        return false;
    }
    if woke {
        group.forgets_media();
    }
    if !group.budget_mut().take(PermitFor::Hint, now) {
        if let Some(probe) = group.probe_mut() {
            probe.hurry();
        }
        groups.touch(id, plans, basis);
        return false;
    }
    for device in group.members() {
        if let Some(plan) = plans.get_mut(device) {
            plan.forgive();
        }
    }
    group.looks_again(now);
    groups.line_up_all(id, plans, basis);
    groups.touch(id, plans, basis);
    true
}

/// Somebody works at a site from now on, or does no more: then it is looked at at once.
pub(super) fn planned(site: SiteId, on: bool, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    if !basis.set_planned(site, on) {
        return;
    }
    let Some(id) = groups.of_site(site) else { return };
    if on {
        groups.touch(id, plans, basis);
    } else {
        group_looks_again(id, false, groups, plans, basis);
    }
}
