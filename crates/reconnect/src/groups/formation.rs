//! Who shares a way out: the closure of "same site" and "same public address".

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::traffic::Traffic;
use crate::attempts::{Attempts, Phase};
use crate::plans::Plans;
use device::{DeviceId, SiteId, is_public};

/// The devices of each group.
pub(crate) fn components(plans: &Plans) -> Vec<Vec<DeviceId>> {
    let mut parent: Vec<usize> = Vec::new();
    let mut first_of_site: BTreeMap<SiteId, usize> = BTreeMap::new();
    let mut first_of_address: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for (index, (_, plan)) in plans.iter().enumerate() {
        parent.push(index);
        join(&mut parent, *first_of_site.entry(plan.site()).or_insert(index), index);
        if let Some(address) = plan.address().filter(|address| is_public(*address)) {
            join(&mut parent, *first_of_address.entry(address).or_insert(index), index);
        }
    }
    let mut components: BTreeMap<usize, Vec<DeviceId>> = BTreeMap::new();
    for (index, (id, _)) in plans.iter().enumerate() {
        components.entry(find(&mut parent, index)).or_default().push(id);
    }
    components.into_values().collect()
}

/// The dials and streams of these devices.
pub(crate) fn traffic_of(devices: &[DeviceId], plans: &Plans, attempts: &Attempts) -> Traffic {
    let mut traffic = Traffic::default();
    let links = plans.of(devices.iter().copied()).flat_map(|(_, plan)| plan.links());
    for attempt in links.filter_map(|(_, link)| attempts.get(link.attempt()?)) {
        traffic.begins();
        if matches!(attempt.phase(), Phase::HalfOpen) {
            continue;
        }
        traffic.closes();
        if matches!(attempt.phase(), Phase::Connected) {
            continue;
        }
        traffic.ends();
        if matches!(attempt.phase(), Phase::Waiting) {
            continue;
        }
        traffic.plays();
        if attempt.has_lasted() {
            traffic.lasts();
        }
    }
    traffic
}

fn join(parent: &mut [usize], one: usize, other: usize) {
    let root = find(parent, one);
    let own = find(parent, other);
    parent[own] = root;
}

fn find(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{DevicePlan, GroupId, Registration};
    use std::time::Instant;

    #[test]
    fn a_public_address_ties_two_sites_together_and_a_private_one_says_nothing() {
        let mut plans = Plans::default();
        let fleet = [
            (1, 1, "203.0.113.7"),
            (2, 1, "10.0.0.1"),
            (3, 2, "203.0.113.7"),
            (4, 3, "10.0.0.1"),
        ];
        for (id, site, address) in fleet {
            let registration = Registration {
                site: SiteId(site),
                address: Some(address.parse().unwrap()),
                recorder: id,
                revision: 1,
            };
            plans.insert(
                DeviceId(id),
                DevicePlan::new(registration, GroupId(0), 0, Instant::now()),
            );
        }
        let groups = components(&plans);
        assert_eq!(groups, [vec![DeviceId(1), DeviceId(2), DeviceId(3)], vec![DeviceId(4)]]);
    }
}
