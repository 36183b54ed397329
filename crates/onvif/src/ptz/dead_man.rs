//! The dead man: a camera moves only as long as somebody holds it.
//!
//! Nothing that a camera promises ends a motion for certain: some ignore the `Timeout` of a move and its default alike (84 s of motion
//! were measured), some refuse it, some know no Stop, some refuse Stop with InvalidArgVal. So a move says a `Timeout` and is sent again
//! while it is held, Stop follows its end, a move of no speed follows a Stop that failed, and after a lost connection Stop goes first.
//! GetStatus is never asked: cameras were seen that keep it until the motion is over.

use std::time::{Duration, Instant};

use super::order::{Due, Lessons, Order, OrderAnswer, SteeringTrouble, TimeoutRange};
use super::{Drive, Motion, Velocity};

/// Who holds a camera says so again within this time; else it is let go.
pub const HOLD_LASTS: Duration = Duration::from_secs(1);

/// The `Timeout` of a move, where the camera takes it.
const TIMEOUT: Duration = Duration::from_secs(2);
/// A move that has changed goes out after so long: five a second.
const GAP: Duration = Duration::from_millis(200);
/// One that has not changed is sent again after so long, well within its `Timeout`.
const RENEW: Duration = Duration::from_millis(700);
/// Where each request costs a connect, so that Stop finds one left.
const RENEW_COSTLY: Duration = Duration::from_secs(10);
/// An answer that took longer may be one to something else, or the camera did it long after: it counts as unknown.
const LATE: Duration = Duration::from_secs(2);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same of a move, once Stop waits behind it on its connection.
const PATIENCE_BEFORE_STOP: Duration = Duration::from_millis(2_500);
/// Between two rounds of Stop and a move of no speed that were both refused.
const STOP_AGAIN: Duration = Duration::from_secs(1);
/// So many rounds.
const MOST_ROUNDS: u32 = 3;
/// For so long a lost Stop is sent anew.
const STOP_FOR: Duration = Duration::from_secs(30);
/// So many moves without an answer end a hold.
const MOST_UNANSWERED: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    Stop,
    Zero,
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    order: Order,
    at: Instant,
    /// What was known before it was sent.
    before: (Option<(Motion, Instant)>, Option<Drive>),
}

#[derive(Clone, Copy, Debug)]
struct Stopping {
    rung: Rung,
    began: Instant,
    not_before: Instant,
    /// It was answered late once, and is asked again.
    repeated: bool,
    rounds: u32,
}

#[derive(Debug, Default)]
pub struct DeadMan {
    /// What is held, and until when without a word.
    held: Option<(Motion, Instant)>,
    /// What may move, for all that is known.
    moving: Option<Drive>,
    /// A move was confirmed since it stood still.
    accepted: bool,
    /// The last move, and when it was sent.
    sent: Option<(Motion, Instant)>,
    /// The last move ends by itself, if the camera keeps to the book.
    protected: bool,
    flight: Option<Flight>,
    stopping: Option<Stopping>,
    unanswered: u32,
    lessons: Lessons,
    range: TimeoutRange,
    costly: bool,
    trouble: Option<SteeringTrouble>,
    /// How often what was asked for has come to its end.
    finished: u32,
    /// The last word of whoever holds it.
    last_word: Option<Instant>,
    /// What is held has ended by a trouble: it has to be let go before it counts anew.
    ended: bool,
}

impl DeadMan {
    /// With what the camera taught before.
    #[must_use]
    pub fn new(lessons: Lessons) -> Self {
        Self {
            lessons,
            ..Self::default()
        }
    }

    pub(super) fn set_range(&mut self, range: TimeoutRange) {
        self.range = range;
    }

    /// Each request costs a connect of its own.
    pub fn set_costly(&mut self, costly: bool) {
        self.costly = costly;
    }

    /// Somebody holds the camera so. It is said again within [`HOLD_LASTS`], or it counts as let go.
    pub fn hold(&mut self, motion: Motion, now: Instant) {
        if matches!(self.trouble, Some(SteeringTrouble::NotAllowed(_))) {
            return;
        }
        if motion.is_none() {
            return self.release(now);
        }
        let before = self.last_word.replace(now);
        let goes_on = before.is_some_and(|before| now.saturating_duration_since(before) < HOLD_LASTS);
        if self.ended && goes_on {
            return;
        }
        self.ended = false;
        if self.held.is_none() {
            self.trouble = None;
            self.unanswered = 0;
        }
        self.held = Some((motion, now + HOLD_LASTS));
    }

    /// Nobody holds it any more.
    pub fn release(&mut self, now: Instant) {
        self.held = None;
        self.ended = false;
        if self.moving.is_some() {
            self.begin_stop(now);
        }
    }

    /// Somebody wants it to stop, whatever made it move.
    pub fn halt(&mut self, now: Instant) {
        self.held = None;
        if self.moving.is_none() {
            (self.moving, self.protected) = (Some(Drive::Turn), true);
        }
        self.begin_stop(now);
    }

    /// What is due. An order that it says to send counts as sent.
    pub fn poll(&mut self, now: Instant) -> Due {
        if self.held.is_some_and(|(_, until)| until <= now) {
            self.release(now);
        }
        let until = self.held.map(|(_, until)| until);
        if let Some(flight) = &self.flight {
            let is_move = matches!(flight.order, Order::Move { .. });
            let patience = match is_move && self.stopping.is_some() {
                true => PATIENCE_BEFORE_STOP,
                false => PATIENCE,
            };
            let late = flight.at + patience;
            return match now >= late {
                true => Due::GiveUp,
                false => Due::Wait(Some(until.map_or(late, |until| until.min(late)))),
            };
        }
        let drive = self.moving.unwrap_or(Drive::Turn);
        // What moves now is stopped before anything else moves.
        if let Some((motion, _)) = self.held
            && self.moving.is_some_and(|moving| moving != motion.drive())
        {
            self.begin_stop(now);
        }
        if let Some(stopping) = self.stopping {
            if now < stopping.not_before {
                return Due::Wait(Some(stopping.not_before));
            }
            let order = match stopping.rung {
                Rung::Stop => Order::Stop(drive),
                Rung::Zero => Order::Zero(drive),
            };
            return self.send(order, now);
        }
        let Some((motion, until)) = self.held else {
            return Due::Wait(None);
        };
        let motion = self.shaped(motion);
        match self.move_due(motion, now) {
            Some(due) if due <= now => {
                let timeout = self.timeout().filter(|_| motion.drive() == Drive::Turn);
                self.send(Order::Move { motion, timeout }, now)
            }
            due => Due::Wait(Some(due.map_or(until, |due| due.min(until)))),
        }
    }

    /// Whether something is to be sent now.
    pub fn wants(&mut self, now: Instant) -> bool {
        if self.held.is_some_and(|(_, until)| until <= now) {
            self.release(now);
        }
        let is_due = |(motion, _): (Motion, Instant)| {
            let turns = self.moving.is_some_and(|moving| moving != motion.drive());
            turns || self.move_due(self.shaped(motion), now).is_some_and(|due| due <= now)
        };
        self.flight.is_none()
            && match self.stopping {
                Some(stopping) => stopping.not_before <= now,
                None => self.held.is_some_and(is_due),
            }
    }

    /// When it is to be looked at again, where nothing is sent meanwhile.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let until = self.held.map(|(_, until)| until);
        let stop = self.stopping.map(|stopping| stopping.not_before);
        let due = self
            .held
            .and_then(|(motion, _)| self.move_due(self.shaped(motion), now));
        [until, stop, due].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// The order that was sent last has to be sent anew, as the sign-in wants it; whatever is due by then goes out instead.
    pub fn unsent(&mut self) {
        if let Some(flight) = self.flight.take() {
            (self.sent, self.moving) = flight.before;
            if self.moving.is_none() {
                self.stopping = None;
            }
        }
    }

    /// The answer to the order that was sent last.
    pub fn answered(&mut self, answer: OrderAnswer, now: Instant) {
        let Some(flight) = self.flight.take() else { return };
        let is_late = now.saturating_duration_since(flight.at) > LATE;
        match flight.order {
            Order::Move { timeout, .. } => self.move_answered(answer, timeout.is_some(), now),
            Order::Stop(_) | Order::Zero(_) => self.stop_answered(flight.order, answer, is_late, now),
        }
    }

    /// A new wish of a person: what was in the way before is past. `false`: the account may not, and is not asked again.
    pub(super) fn begin_anew(&mut self) -> bool {
        let may_not = matches!(self.trouble, Some(SteeringTrouble::NotAllowed(_)));
        if !may_not {
            self.trouble = None;
        }
        !may_not
    }

    /// The answer to what is not held, such as to go to a preset.
    pub(super) fn once_answered(&mut self, answer: OrderAnswer) {
        self.finished += 1;
        self.trouble = match answer {
            OrderAnswer::Done => None,
            OrderAnswer::NotAllowed(text) => Some(SteeringTrouble::NotAllowed(text)),
            OrderAnswer::Unknown(text) | OrderAnswer::Refused(text) => Some(SteeringTrouble::Refused(text)),
        };
    }

    /// What is not held was not answered.
    pub(super) fn once_unanswered(&mut self) {
        self.trouble = Some(SteeringTrouble::NoAnswer);
    }

    /// The connection is gone. `unanswered`: because an answer did not come.
    pub fn lost(&mut self, unanswered: bool, now: Instant) {
        let flight = self.flight.take();
        if let Some(Flight {
            order: Order::Move { motion, .. },
            ..
        }) = flight
            && unanswered
        {
            self.unanswered += 1;
            if let Motion::Turn(velocity) = motion
                && velocity.is_diagonal()
            {
                self.lessons.one_axis = true;
            } else if self.unanswered >= MOST_UNANSWERED {
                self.end_by(SteeringTrouble::NoAnswer);
            }
        }
        if self.moving.is_none() {
            return;
        }
        let gives_up = self
            .stopping
            .is_some_and(|stopping| now.saturating_duration_since(stopping.began) >= STOP_FOR);
        if gives_up {
            return self.stop_failed();
        }
        self.begin_stop(now);
        if let Some(stopping) = &mut self.stopping {
            (stopping.rung, stopping.not_before) = (Rung::Stop, now);
        }
    }

    /// There is no way to the camera any more.
    pub fn cut_off(&mut self) {
        self.flight = None;
        self.ended |= self.held.take().is_some();
        if self.moving.is_some() {
            self.stop_failed();
        }
    }

    #[must_use]
    pub fn is_still(&self) -> bool {
        self.moving.is_none() && self.flight.is_none()
    }

    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    #[must_use]
    pub fn trouble(&self) -> Option<&SteeringTrouble> {
        self.trouble.as_ref()
    }

    /// How often what was asked for has come to its end: a camera stands still again, or an answer came.
    #[must_use]
    pub fn finished(&self) -> u32 {
        self.finished
    }

    #[must_use]
    pub fn lessons(&self) -> Lessons {
        self.lessons
    }

    /// When a move goes out; `None`: it need not be sent again.
    fn move_due(&self, motion: Motion, now: Instant) -> Option<Instant> {
        match self.sent {
            None => Some(now),
            // The focus has no `Timeout`.
            Some((same, _)) if same == motion && motion.drive() == Drive::Focus => None,
            Some((_, at)) if self.costly => Some(at + RENEW_COSTLY),
            Some((same, at)) if same == motion => Some(at + RENEW),
            Some((_, at)) => Some(at + GAP),
        }
    }

    fn send(&mut self, order: Order, now: Instant) -> Due {
        let before = (self.sent, self.moving);
        if let Order::Move { motion, timeout } = order {
            self.sent = Some((motion, now));
            self.moving = Some(motion.drive());
            self.protected = timeout.is_some();
        }
        self.flight = Some(Flight { order, at: now, before });
        Due::Send(order)
    }

    fn move_answered(&mut self, answer: OrderAnswer, had_timeout: bool, now: Instant) {
        let refused = match answer {
            OrderAnswer::Done => {
                self.accepted = true;
                self.unanswered = 0;
                return;
            }
            OrderAnswer::NotAllowed(text) => Some(SteeringTrouble::NotAllowed(text)),
            OrderAnswer::Unknown(_) | OrderAnswer::Refused(_) if had_timeout && !self.lessons.refuses_timeout => {
                self.lessons.refuses_timeout = true;
                None
            }
            OrderAnswer::Unknown(text) | OrderAnswer::Refused(text) => Some(SteeringTrouble::Refused(text)),
        };
        self.sent = None;
        if let Some(trouble) = refused {
            self.end_by(trouble);
        }
        if !self.accepted {
            // It has done nothing of what was asked since it stood still.
            self.stand_still();
        } else if self.held.is_none() {
            self.begin_stop(now);
        }
    }

    fn stop_answered(&mut self, order: Order, answer: OrderAnswer, is_late: bool, now: Instant) {
        let Some(stopping) = &mut self.stopping else { return };
        let is_stop = matches!(order, Order::Stop(_));
        match answer {
            OrderAnswer::Done if is_late && !stopping.repeated => {
                stopping.repeated = true;
                stopping.not_before = now;
            }
            // Nothing but Stop ends it, and cameras were seen that confirm a Stop and go on.
            OrderAnswer::Done if is_stop && !self.protected && order == Order::Stop(Drive::Turn) => {
                stopping.rung = Rung::Zero;
            }
            OrderAnswer::Done => self.stand_still(),
            OrderAnswer::Unknown(_) | OrderAnswer::Refused(_) | OrderAnswer::NotAllowed(_) if is_stop => {
                self.lessons.knows_no_stop |= matches!(answer, OrderAnswer::Unknown(_));
                stopping.rung = Rung::Zero;
            }
            _ => {
                stopping.rounds += 1;
                (stopping.rung, stopping.not_before) = (Rung::Stop, now + STOP_AGAIN);
                if stopping.rounds >= MOST_ROUNDS {
                    self.stop_failed();
                }
            }
        }
    }

    fn begin_stop(&mut self, now: Instant) {
        let rung = match self.lessons.knows_no_stop {
            true => Rung::Zero,
            false => Rung::Stop,
        };
        self.stopping.get_or_insert(Stopping {
            rung,
            began: now,
            not_before: now,
            repeated: false,
            rounds: 0,
        });
    }

    fn stop_failed(&mut self) {
        self.stand_still();
        self.end_by(SteeringTrouble::MayStillMove);
    }

    fn end_by(&mut self, trouble: SteeringTrouble) {
        self.ended |= self.held.take().is_some();
        self.trouble = Some(trouble);
    }

    fn stand_still(&mut self) {
        self.finished += u32::from(self.stopping.is_some());
        self.moving = None;
        self.accepted = false;
        self.sent = None;
        self.stopping = None;
    }

    fn shaped(&self, motion: Motion) -> Motion {
        match motion {
            Motion::Turn(velocity) => {
                let velocity = velocity.bounded();
                Motion::Turn(match self.lessons.one_axis {
                    true => Velocity::of_one_axis(velocity),
                    false => velocity,
                })
            }
            Motion::Focus(speed) => Motion::Focus(speed.clamp(-1.0, 1.0)),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if self.lessons.refuses_timeout {
            return None;
        }
        match self.range {
            TimeoutRange::Any => Some(TIMEOUT),
            TimeoutRange::Never => None,
            TimeoutRange::Within(least, most) => Some(TIMEOUT.min(most).max(least)),
        }
    }
}

#[cfg(test)]
mod tests;
