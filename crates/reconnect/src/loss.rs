//! A stream that played has ended: a short life, one stream of many, or the whole site.

use std::time::Duration;

use super::attempt::Attempt;
use super::backoff::{PROVEN_BY, SHORT_LIFE};
use super::failure::{Failure, FailureKind, Remedy};
use super::group::{GroupId, Path};
use super::machine::Machine;

impl Machine {
    /// A stream that played ended.
    pub(super) fn lost(&mut self, attempt: &Attempt, media: Duration, failure: &Failure) {
        let now = self.now;
        let device = attempt.device;
        if media < PROVEN_BY {
            self.each_entry(device, |member| member.note_connect(attempt.begun));
        }
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        let id = member.group;
        let Some(group) = self.groups.get_mut(&id) else { return };
        member.last_failure = Some(failure.clone());
        // To play and be lost at once is a failed attempt that came late: its permit is spent again. A path that fell silent
        // says nothing of the attempt: else a site that goes dark while it starts would have no budget left for its canary.
        let brief = media < SHORT_LIFE && failure.sent_packets() && !failure.blames_path();
        if brief {
            group.ledger.note(now);
            group.briefs.note(now);
            self.process.failed_late(now);
            if !attempt.on_trial {
                group.budget.spend(attempt.charge, now);
            }
            member.recently_lost = true;
            member.failed_in = Some(group.epoch);
        }
        match failure.kind.remedy() {
            Remedy::StopUntilChanged
            | Remedy::AwaitChange
            | Remedy::AwaitPolicy
            | Remedy::WaitAtLeast(_)
            | Remedy::RetrySlowly => {
                self.set_remedy(attempt, failure);
                return;
            }
            Remedy::RetryWithBackoff if failure.kind == FailureKind::Local => return,
            Remedy::RetryWithBackoff | Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
        }
        group.failing.insert(device);
        if let Some(link) = self.links.get_mut(&attempt.link) {
            link.setbacks = if media >= PROVEN_BY {
                0
            } else {
                link.setbacks.saturating_add(1)
            };
            link.wait = (link.setbacks > 0).then(|| now + self.dice.stream(link.setbacks));
        }
        if self.offline && !group.loopback {
            return;
        }
        if group.probe().is_some() {
            group.refuses |= !failure.blames_path();
            if group.traffic.live() == 0 {
                self.suspect_network();
            }
            return;
        }
        let many = group.many();
        let lost = group.losses.add(device, now);
        let silent = if failure.blames_path() {
            group.silences.add(device, now)
        } else {
            0
        };
        // It was the last one that played: the path is proved no more.
        let fell = group.traffic.live() == 0 && group.down_since.is_none();
        if fell {
            group.down_since = Some(now);
            group.refuses = !failure.blames_path();
        }
        if silent >= many && (fell || !group.hears(now)) {
            self.probe(id, Path::Dead);
        } else if lost == many && !group.hears(now) || fell && !brief {
            self.ramp(id);
        } else if fell {
            group.restart_round(1);
        }
        if fell {
            self.suspect_network();
        }
    }

    /// Many streams were lost at once, but nothing says that the path is dead: begin again with one.
    fn ramp(&mut self, id: GroupId) {
        let epoch = self.new_epoch();
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.epoch = epoch;
        group.ramping = true;
        group.restart_round(1);
        self.refresh_all(id);
    }
}
