//! What befalls a group, and what that says of its path.

use std::time::{Duration, Instant};

use super::Group;
use crate::class::Class;
use crate::groups::probe::{Path, Probe};
use crate::groups::ramp::Round;
use device::DeviceId;

impl Group {
    /// A device is dialled.
    pub(crate) fn dials(&mut self, class: Class, now: Instant) {
        self.traffic.begins();
        self.in_vain = self.in_vain.saturating_add(1);
        if !matches!(class, Class::Proven | Class::Promising) {
            self.last_turn = now;
        }
    }

    /// This machine has a route to some device.
    pub(crate) fn is_routed(&mut self, now: Instant) {
        self.last_routed = Some(now);
    }

    /// An attempt failed after packets were sent.
    pub(crate) fn fails(&mut self, now: Instant) {
        self.ledger.note(now);
    }

    /// A stream was lost almost at once.
    pub(crate) fn fails_late(&mut self, now: Instant) {
        self.ledger.note(now);
        self.briefs.note(now);
    }

    /// A device plays. Where the group is open, the window grows with the round.
    pub(crate) fn plays(&mut self, device: DeviceId, now: Instant) {
        self.traffic.plays();
        self.failing.remove(&device);
        self.down_since = None;
        self.refuses = false;
        self.in_vain = 0;
        self.last_media = Some(now);
        self.silences.clear();
        if self.probe.is_none() {
            self.round.succeeds();
        }
    }

    /// Pictures arrive; `lasted`: the stream has done so for a little, `proven`: for long. Says whether that proves a path
    /// which had been given up: what was on its way then does not.
    pub(crate) fn media_arrives(&mut self, lasted: bool, proven: bool, now: Instant) -> bool {
        self.last_media = Some(now);
        self.lasted |= lasted;
        if proven {
            self.step = 0;
        }
        let since = self.probe.as_ref().map(Probe::since);
        let proves = since.is_some_and(|since| now >= since + Duration::from_secs(1));
        if proves {
            self.down_since = None;
        }
        proves
    }

    /// A device of an open group did not serve.
    pub(crate) fn is_refused(&mut self, device: DeviceId, silent: bool, now: Instant) -> Refused {
        self.round.fails(silent);
        let together = if silent { self.silences.add(device, now) } else { 0 };
        if silent && self.traffic.live() == 0 && self.last_media.is_none() {
            self.down_since.get_or_insert(now);
        }
        if self.hears(now) {
            if self.round.is_bad() {
                self.round.slow_down();
            }
            Refused::Alone
        } else if together >= self.many() || self.round.is_silent() {
            Refused::With(Path::Dead)
        } else if self.round.is_bad() || self.wanted == 1 {
            Refused::With(Path::Alive)
        } else {
            Refused::Alone
        }
    }

    /// A stream of an open group was lost; `silent`: it fell silent, `brief`: it had played for a moment only.
    pub(crate) fn loses(&mut self, device: DeviceId, silent: bool, brief: bool, now: Instant) -> Lost {
        let many = self.many();
        let lost = self.losses.add(device, now);
        let silences = if silent { self.silences.add(device, now) } else { 0 };
        // It was the last one that played: the path is proved no more.
        let fell = self.traffic.live() == 0 && self.down_since.is_none();
        if fell {
            self.down_since = Some(now);
            self.refuses = !silent;
        }
        let then = if silences >= many && (fell || !self.hears(now)) {
            AfterLoss::Freeze
        } else if lost == many && !self.hears(now) || fell && !brief {
            AfterLoss::Ramp
        } else {
            if fell {
                self.round = Round::new(1);
            }
            AfterLoss::GoOn
        };
        Lost { fell, then }
    }

    /// The timers freeze: one canary goes for all.
    pub(crate) fn freeze(&mut self, probe: Probe) {
        self.probe = Some(probe);
        self.round = Round::new(1);
    }

    /// The same, after what happened just now. Returns when it went down, and how far the canary's waits had grown.
    pub(crate) fn goes_down(&mut self, now: Instant) -> (Instant, u32) {
        let down_since = *self.down_since.get_or_insert(now);
        self.silences.clear();
        self.losses.clear();
        (down_since, self.takes_step())
    }

    /// One more look comes to nothing. Returns how far the waits had grown before.
    pub(crate) fn takes_step(&mut self) -> u32 {
        let step = self.step;
        self.step = step.saturating_add(1);
        step
    }

    /// A canary came back: it is down since now at the latest.
    pub(crate) fn was_probed(&mut self, now: Instant) {
        self.takes_step();
        self.down_since.get_or_insert(now);
    }

    /// The path is proved: its devices have their own timers again, and begin with so many dials in flight.
    pub(crate) fn opens(&mut self, epoch: u64, window: u32) {
        self.probe = None;
        self.silences.clear();
        self.losses.clear();
        self.ramps(epoch, window);
    }

    /// It begins again with so many dials in flight.
    pub(crate) fn ramps(&mut self, epoch: u64, window: u32) {
        self.epoch = epoch;
        self.ramps_up(window);
    }

    pub(crate) fn ramps_up(&mut self, window: u32) {
        self.ramping = true;
        self.round = Round::new(window);
    }

    /// The network is another, or this machine slept: the waits begin anew; where something had failed, so does everything.
    pub(crate) fn looks_again(&mut self, now: Instant) {
        self.step = 0;
        let troubled = self.is_troubled() && !self.loopback;
        match &mut self.probe {
            Some(probe) => probe.look_at(now),
            None if troubled => self.freeze(Probe::new(Path::Unknown, now, now)),
            None => {}
        }
    }

    /// This machine slept: what was heard before says nothing now.
    pub(crate) fn forgets_media(&mut self) {
        self.last_media = None;
        self.round = Round::new(1);
    }
}

/// What a refusal says of an open group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The device failed by itself, as far as is known.
    Alone,
    /// Its site failed with it.
    With(Path),
}

/// What a lost stream says of an open group.
pub(crate) struct Lost {
    /// It was the last one that played.
    pub(crate) fell: bool,
    pub(crate) then: AfterLoss,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterLoss {
    GoOn,
    /// Many were lost, but nothing says that the path is dead: begin again with one.
    Ramp,
    Freeze,
}
