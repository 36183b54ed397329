//! What a group takes over when it is formed: its devices, the history of others, an outage of an earlier run.

use std::time::Instant;

use super::Group;
use crate::groups::probe::{Path, Probe};
use crate::groups::traffic::Traffic;
use crate::plans::DevicePlan;
use device::DeviceId;

impl Group {
    /// It is formed of these, whose dials and streams are `traffic`; who waits is to be placed anew.
    pub(crate) fn reform<'a>(&mut self, plans: impl Iterator<Item = (DeviceId, &'a DevicePlan)>, traffic: Traffic) {
        self.members.clear();
        self.sites.clear();
        self.locked_out.clear();
        self.lineup.clear();
        (self.loopback, self.wanted, self.traffic) = (true, 0, traffic);
        for (id, plan) in plans {
            self.members.insert(id);
            self.sites.insert(plan.site());
            self.loopback &= plan.is_loopback();
            self.wanted += usize::from(plan.is_wanted());
            if plan.is_locked_out() {
                self.locked_out.insert(id);
            }
        }
        let members = &self.members;
        self.failing.retain(|device| members.contains(device));
    }

    /// Takes over the history of another group: the worse of both.
    pub(crate) fn inherit(&mut self, donor: &Self) {
        self.ledger.merge(&donor.ledger);
        self.briefs.merge(&donor.briefs);
        self.failing.extend(&donor.failing);
        self.in_vain = self.in_vain.max(donor.in_vain);
        self.last_turn = self.last_turn.min(donor.last_turn);
        self.refuses |= donor.refuses;
        self.lasted |= donor.lasted;
        self.step = self.step.max(donor.step);
        self.last_media = self.last_media.max(donor.last_media);
        self.last_routed = self.last_routed.max(donor.last_routed);
        self.down_since = match (self.down_since, donor.down_since) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if let Some(probe) = &donor.probe {
            let dead = |probe: &Probe| probe.path() == Path::Dead;
            if self.probe.as_ref().is_none_or(|own| dead(probe) && !dead(own)) {
                self.probe = Some(probe.inherited());
            }
        }
    }

    /// Goes on with an outage of an earlier run, unless something plays or has played.
    pub(crate) fn resume(&mut self, down_since: Instant, step: u32, last: Option<Instant>, probe: Probe) {
        if self.last_media.is_some() {
            return;
        }
        self.down_since = Some(self.down_since.map_or(down_since, |at| at.min(down_since)));
        self.step = self.step.max(step);
        self.last_turn = last.unwrap_or(self.last_turn);
        self.probe.get_or_insert(probe);
    }

    /// An earlier run made so many attempts there in vain.
    pub(crate) fn resume_in_vain(&mut self, in_vain: u32) {
        self.in_vain = self.in_vain.max(in_vain);
    }

    /// It stands as if it had had its last turn then.
    pub(crate) fn stands_since(&mut self, at: Instant) {
        self.last_turn = at;
    }
}
