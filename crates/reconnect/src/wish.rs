//! What a group wishes: to dial now and in which line, or to be looked at later.

use std::time::Instant;

use super::basis::Basis;
use super::class::Class;
use super::groups::{CanaryTimes, Group, Groups, is_cut_off, is_on_screen};
use super::plans::{DevicePlan, Plans};
use super::process::Process;
use super::queue::{GroupWish, QueueLine};

/// `gated`: one canary goes for all sites, this one among them.
pub(super) fn of(group: &Group, gated: bool, plans: &Plans, process: &Process, basis: &Basis) -> GroupWish {
    if is_cut_off(group, basis) {
        return GroupWish::Never;
    }
    if group.probe().is_none() {
        return of_open(group, plans, basis);
    }
    let now = basis.now();
    let times = CanaryTimes::of(group, gated, plans, process, basis);
    let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
    let on_screen = is_on_screen(group, plans);
    if is_due(times.hurried) {
        return to_dial(group, Class::Hurried, on_screen, None, basis);
    }
    if is_due(times.regular) {
        // While it waits for its turn, what hurries it may become worth one.
        return to_dial(group, Class::Doubtful, on_screen, times.hurried, basis);
    }
    times.first().map_or(GroupWish::Never, GroupWish::At)
}

fn of_open(group: &Group, plans: &Plans, basis: &Basis) -> GroupWish {
    let now = basis.now();
    if !group.has_slot(basis.limits(), now) {
        return GroupWish::Never;
    }
    let later = group.lineup().next_waiting().map(|(at, _)| at);
    match (Groups::front(group, basis), later) {
        (Some((turn, device, at)), _) if at <= now => {
            let on_screen = plans.get(device).is_some_and(DevicePlan::is_on_screen);
            to_dial(group, group.class_of(turn, now), on_screen, None, basis)
        }
        (Some((_, _, at)), Some(later)) => GroupWish::At(at.min(later)),
        (Some((_, _, at)), None) | (None, Some(at)) => GroupWish::At(at),
        (None, None) => GroupWish::Never,
    }
}

/// Groups of which nothing is proven stand by the time of their last turn, the others by their arrival.
fn to_dial(group: &Group, class: Class, on_screen: bool, again: Option<Instant>, basis: &Basis) -> GroupWish {
    let since = match class {
        Class::Proven | Class::Promising | Class::Hurried => basis.born(),
        Class::Unknown | Class::Doubtful => group.last_turn(),
    };
    let line = QueueLine { class, on_screen };
    GroupWish::Now { line, since, again }
}
