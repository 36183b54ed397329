//! What the loop does for a find: commands, knocks, and what the finder wants of the other parts.

use std::net::IpAddr;
use std::time::Instant;

use super::super::find::FindEffect;
use super::Core;
use crate::bridge::{Command, FindRequest};
use reconnect::{AttemptId, Failure};

impl Core {
    pub(super) fn on_find_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Find(request) => self.begin_find(request, now),
            Command::KnockSilent => self.finder.begin_knocks(),
            Command::CancelFind => {
                self.finder.cancel();
                self.connections.end_knocks(now);
            }
            Command::TakeMoved(device) => self.finder.take_moved(device),
            _ => {}
        }
    }

    fn begin_find(&mut self, request: FindRequest, now: Instant) {
        self.connections.end_knocks(now);
        self.finder.begin(request, self.connections.policy(), &self.inbox, now);
    }

    pub(super) fn on_knocked(
        &mut self,
        attempt: AttemptId,
        result: Result<IpAddr, (Option<IpAddr>, Failure)>,
        now: Instant,
    ) {
        if let Some((ip, port, knocked)) = self.connections.knock_done(attempt, result, now) {
            self.finder.knocked(ip, port, knocked, now);
        }
    }

    /// Begins a find that nobody asked for, where it is wanted and due. Devices that are down where they are registered and answer elsewhere are
    /// asked there, where the user chose so.
    pub(super) fn find_on_tick(&mut self, now: Instant) {
        let settings = self.files.settings();
        let due = self.listen && self.finder.is_due(settings, now);
        let ranges = due.then(|| settings.find_ranges.clone());
        if settings.follow_moved_devices {
            for device in self.finder.moved_devices() {
                if self.connections.is_down(device) {
                    self.finder.follow(device);
                }
            }
        }
        if let Some(ranges) = ranges {
            let hurried = false;
            self.begin_find(FindRequest { ranges, hurried }, now);
        }
    }

    pub(super) fn do_for_finder(&mut self, effect: FindEffect, now: Instant) {
        match effect {
            FindEffect::Changed => self.screen.changed(),
            FindEffect::Knock(ip, port) => self.connections.begin_knock(ip, port, now),
            FindEffect::Learn(known) => self.files.learn_identities(known),
            FindEffect::Relocate(moved) => self.files.relocate(moved),
            FindEffect::Confirm(device) => self.files.confirm(device),
        }
    }
}
