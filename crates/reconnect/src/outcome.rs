//! What an outcome says of a device and of its site: an attempt that did not reach its picture, a stream that was lost.

use std::time::Duration;

use super::all_sites::AllSites;
use super::attempts::{Attempt, Phase, Verdict};
use super::backoff::SHORT_LIFE;
use super::basis::Basis;
use super::failure::{Failure, FailureKind, Remedy};
use super::groups::{AfterLoss, Groups, Path, Refused, is_cut_off};
use super::plans::{GroupId, Plans};
use super::port::SignIn;
use device::DeviceId;

/// An attempt did not reach its picture.
pub(super) fn refused(
    attempt: &Attempt,
    failure: &Failure,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let now = basis.now();
    let (id, device) = (attempt.id(), attempt.device());
    let Some(plan) = plans.get_mut(device) else { return };
    let group_id = plan.group();
    let Some(group) = groups.get_mut(group_id) else { return };
    let failure = &plan.note_failure(failure);
    let waited = attempt.phase() == Phase::Waiting;
    if waited {
        plan.waited_in_vain();
    }
    if failure.sent_packets() {
        if !waited {
            group.fails(now);
        }
        group.is_routed(now);
        plan.was_asked(failure.kind, waited || attempt.phase() == Phase::Connected);
    } else {
        plans.each_entry(device, |entry| entry.forget_connect(attempt.begun()));
        group.budget_mut().give_back(attempt.charge(), now);
    }
    if is_cut_off(group, basis) {
        // Nothing can be learned of a device while there is no network. But what it has said holds.
        group.note_failing(device);
        all_sites.freed(id, now);
        groups.canary_gone(group_id, id, basis);
        match failure.kind.remedy() {
            Remedy::StopUntilChanged
            | Remedy::AwaitChange
            | Remedy::LookRarely
            | Remedy::RetrySlowly
            | Remedy::WaitAtLeast(_)
            | Remedy::AwaitPolicy => answer_with_remedy(attempt, failure, groups, plans, basis),
            Remedy::RetryWithBackoff | Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
        }
        return;
    }
    if failure.kind == FailureKind::Local {
        // This machine could not even begin: a wait of the device alone, and no word about the path.
        if let Some(plan) = plans.get_mut(device) {
            plan.not_begun(basis.dice(), now);
        }
        canary_sent_nothing(attempt, group_id, all_sites, groups, basis);
        groups.touch(group_id, plans, basis);
        return;
    }
    match failure.kind.remedy() {
        Remedy::AwaitPolicy => {
            all_sites.freed(id, now);
            groups.canary_gone(group_id, id, basis);
            answer_with_remedy(attempt, failure, groups, plans, basis);
        }
        Remedy::AwaitNetwork => {
            // That is the device's own wait. No packet was sent, so a canary may go to another device at once.
            if let Some(plan) = plans.get_mut(device) {
                plan.route_mut().is_missing(basis.dice(), now);
            }
            canary_sent_nothing(attempt, group_id, all_sites, groups, basis);
            groups.has_no_route(group_id, device, plans, basis);
            groups.touch(group_id, plans, basis);
        }
        Remedy::AwaitPassword => {
            canary_sent_nothing(attempt, group_id, all_sites, groups, basis);
            let detail = failure.detail.clone();
            sign_in(device, SignIn::Unreadable { detail }, groups, plans, basis);
        }
        Remedy::StopUntilChanged if !failure.sent_packets() => {
            canary_sent_nothing(attempt, group_id, all_sites, groups, basis);
            answer_with_remedy(attempt, failure, groups, plans, basis);
        }
        remedy => {
            let verdict = match remedy {
                Remedy::StopUntilChanged | Remedy::AwaitChange | Remedy::LookRarely | Remedy::RetrySlowly => {
                    Verdict::Well
                }
                Remedy::RetryWithBackoff if failure.blames_path() => Verdict::Silent,
                _ => Verdict::Answered,
            };
            judge(attempt, verdict, all_sites, groups, plans, basis);
            answer_with_remedy(attempt, failure, groups, plans, basis);
        }
    }
}

/// The same of the road that a device does not take: it is billed like any other and says something of its scout alone, for what the
/// device takes instead may play.
pub(super) fn road_refused(
    attempt: &Attempt,
    failure: &Failure,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let now = basis.now();
    let device = attempt.device();
    let Some(plan) = plans.get_mut(device) else { return };
    let Some(group) = groups.get_mut(plan.group()) else {
        return;
    };
    let failure = &plan.note_failure(failure);
    let waited = attempt.phase() == Phase::Waiting;
    if waited {
        plan.waited_in_vain();
    }
    if failure.sent_packets() {
        if !waited {
            group.fails(now);
        }
        plan.was_asked(failure.kind, waited || attempt.phase() == Phase::Connected);
    } else {
        plans.each_entry(device, |entry| entry.forget_connect(attempt.begun()));
        group.budget_mut().give_back(attempt.charge(), now);
    }
    answer_with_remedy(attempt, failure, groups, plans, basis);
}

/// Whether a stream that is lost after this much media is a failed attempt that came late, so that its permit is spent again.
/// A path that fell silent says nothing of the attempt: else a site that goes dark while it starts would have no budget left
/// for its canary.
pub(super) fn is_brief(media: Duration, failure: &Failure) -> bool {
    media < SHORT_LIFE && failure.sent_packets() && !failure.blames_path()
}

/// A stream that played has ended: a short life, one stream of many, or the whole site.
pub(super) fn lost(
    attempt: &Attempt,
    media: Duration,
    failure: &Failure,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let now = basis.now();
    let device = attempt.device();
    let Some(plan) = plans.get_mut(device) else { return };
    let id = plan.group();
    let Some(group) = groups.get_mut(id) else { return };
    let failure = &plan.note_failure(failure);
    let brief = is_brief(media, failure);
    if brief {
        group.fails_late(now);
        if !attempt.is_on_trial() {
            group.budget_mut().spend(attempt.charge(), now);
        }
        plan.lost_briefly(group.epoch());
    }
    match failure.kind.remedy() {
        Remedy::StopUntilChanged
        | Remedy::AwaitChange
        | Remedy::LookRarely
        | Remedy::AwaitPolicy
        | Remedy::WaitAtLeast(_)
        | Remedy::RetrySlowly => {
            answer_with_remedy(attempt, failure, groups, plans, basis);
            return;
        }
        Remedy::RetryWithBackoff if failure.kind == FailureKind::Local => return,
        Remedy::RetryWithBackoff | Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
    }
    group.note_failing(device);
    if let Some(link) = plan.link_mut(attempt.link()) {
        link.lost(media, basis.dice(), now);
    }
    if is_cut_off(group, basis) {
        return;
    }
    let silent = failure.blames_path();
    if group.probe().is_some() {
        group.note_refusal(!silent);
        if group.traffic().live() == 0 {
            all_sites.suspect(groups, plans, basis);
        }
        return;
    }
    let loss = group.loses(device, silent, brief, now);
    match loss.then {
        AfterLoss::Freeze => freeze(id, Path::Dead, all_sites, groups, plans, basis),
        AfterLoss::Ramp => groups.ramp(id, plans, basis),
        AfterLoss::GoOn => {}
    }
    if loss.fell {
        all_sites.suspect(groups, plans, basis);
    }
}

/// What the password store says of a device. An attempt under way has its password already.
pub(super) fn sign_in(device: DeviceId, state: SignIn, groups: &mut Groups, plans: &mut Plans, basis: &Basis) {
    if plans.get_mut(device).is_some_and(|plan| plan.set_sign_in(state)) {
        groups.line_up_and_touch(device, plans, basis);
    }
}

/// The device has answered a question that is no stream.
pub(super) fn answered(
    attempt: &Attempt,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    judge(attempt, Verdict::Well, all_sites, groups, plans, basis);
}

/// A sign-in was refused where no attempt is under way any more.
pub(super) fn sign_in_refused(
    device: DeviceId,
    failure: &Failure,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let now = basis.now();
    let Some(plan) = plans.get_mut(device) else { return };
    let failure = &plan.note_failure(failure);
    let retry = basis.limits().slow_sign_in_retry;
    plan.stops(failure, retry.then(|| now + basis.dice().sign_in()));
    if let Some(group) = groups.get_mut(plan.group()) {
        group.note_failing(device);
    }
    groups.line_up_and_touch(device, plans, basis);
}

/// What the failure means for the device and its link alone.
fn answer_with_remedy(attempt: &Attempt, failure: &Failure, groups: &mut Groups, plans: &mut Plans, basis: &mut Basis) {
    let now = basis.now();
    let device = attempt.device();
    let Some(plan) = plans.get_mut(device) else { return };
    let Some(group) = groups.get_mut(plan.group()) else {
        return;
    };
    match failure.kind.remedy() {
        Remedy::RetryWithBackoff => {
            plan.fails_in(group.epoch());
            group.note_failing(device);
            if group.probe().is_none_or(|probe| probe.path() == Path::Alive) {
                plan.backs_off(basis.dice(), now);
            }
        }
        Remedy::WaitAtLeast(asked) => {
            plan.fails_in(group.epoch());
            group.note_failing(device);
            plan.holds(asked, basis.dice(), now);
        }
        Remedy::RetrySlowly => {
            if let Some(link) = plan.link_mut(attempt.link()) {
                link.is_useless(basis.dice(), now);
            }
        }
        Remedy::StopUntilChanged => {
            group.note_failing(device);
            let retry = basis.limits().slow_sign_in_retry;
            plan.stops(failure, retry.then(|| now + basis.dice().sign_in()));
        }
        Remedy::AwaitChange => {
            group.note_failing(device);
            plan.stops(failure, None);
        }
        Remedy::LookRarely => {
            group.note_failing(device);
            plan.looks_rarely(failure, basis.dice(), now);
        }
        Remedy::AwaitPolicy => {
            group.clear_failing(device);
            if attempt.policy() == basis.policy() {
                let until = plan.is_named().then(|| now + basis.dice().policy());
                plan.stops(failure, until);
            }
        }
        Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
    }
}

/// An attempt waits so long for an answer that nobody else should wait for it: its device backs off, and a canary has found that
/// the path works.
pub(super) fn waits(
    attempt: &Attempt,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let now = basis.now();
    let Some(plan) = plans.get_mut(attempt.device()) else {
        return;
    };
    plan.backs_off(basis.dice(), now);
    let Some(group) = groups.get_mut(plan.group()) else {
        return;
    };
    plan.fails_in(group.epoch());
    if group.probe().is_some_and(|probe| probe.looks_by(attempt.id())) {
        judge_canary(attempt, Verdict::Answered, all_sites, groups, plans, basis);
    }
}

fn judge(
    attempt: &Attempt,
    verdict: Verdict,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let device = attempt.device();
    let Some(id) = plans.group_of(device) else { return };
    let Some(group) = groups.get_mut(id) else { return };
    match group.probe() {
        Some(probe) if probe.looks_by(attempt.id()) => judge_canary(attempt, verdict, all_sites, groups, plans, basis),
        Some(probe) => {
            // One that was under way when the timers froze.
            if verdict != Verdict::Silent && probe.path() != Path::Alive {
                groups.open(id, 1, plans, basis);
                all_sites.hear(id, verdict, groups, plans, basis);
            }
        }
        None if verdict == Verdict::Well => all_sites.hear(id, verdict, groups, plans, basis),
        None => {
            let silent = verdict == Verdict::Silent;
            match group.is_refused(device, silent, basis.now()) {
                Refused::With(path) => freeze(id, path, all_sites, groups, plans, basis),
                Refused::Alone => {}
            }
            if silent {
                all_sites.suspect(groups, plans, basis);
            } else {
                all_sites.hear(id, verdict, groups, plans, basis);
            }
        }
    }
}

fn judge_canary(
    attempt: &Attempt,
    verdict: Verdict,
    all_sites: &mut AllSites,
    groups: &mut Groups,
    plans: &mut Plans,
    basis: &mut Basis,
) {
    let device = attempt.device();
    let Some(id) = plans.group_of(device) else { return };
    let Some(look) = groups.canary_finds(id, device, verdict, plans, basis) else {
        return;
    };
    if verdict == Verdict::Silent {
        all_sites.silent(attempt.id(), groups, plans, basis);
        if look.newly_dead {
            all_sites.suspect(groups, plans, basis);
        }
        return;
    }
    if look.opens {
        groups.open(id, 1, plans, basis);
    }
    all_sites.hear(id, verdict, groups, plans, basis);
    // What only refuses, as it did before, is no news.
    all_sites.silent(attempt.id(), groups, plans, basis);
}

/// The timers of a group freeze. It may not be the only one.
fn freeze(id: GroupId, path: Path, all_sites: &mut AllSites, groups: &mut Groups, plans: &Plans, basis: &mut Basis) {
    groups.freeze(id, path, plans, basis);
    all_sites.suspect(groups, plans, basis);
    groups.touch(id, plans, basis);
}

/// Another canary may go at once.
fn canary_sent_nothing(attempt: &Attempt, id: GroupId, all_sites: &mut AllSites, groups: &mut Groups, basis: &Basis) {
    all_sites.sent_nothing(attempt.id(), basis.now());
    groups.canary_sent_nothing(id, attempt.id(), basis.now());
}
