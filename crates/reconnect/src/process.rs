//! What the whole process may spend, however many sites there are: connects in flight, connects a second, and above all
//! attempts that fail.

use std::time::{Duration, Instant};

use super::class::Class;
use super::gcra::Gcra;
use super::ledger::Ledger;
use super::limits::Limits;
use super::queue::{QueueLine, Wake, sooner};

/// Failed attempts of the process in any minute: what is aimed at, and what is never exceeded. An attempt sends two SYNs at
/// most.
const TARGET: u32 = 12;
const HARD: u32 = 30;
/// At a start so many first looks at sites on screen go at once, so that a healthy site is not kept waiting by the dead ones.
/// Once anything has played they may exceed the target up to this; the rest up to the hard limit is left to hints, people
/// and proven paths. The permits for both come back slowly.
const FIRST_LOOKS: u32 = 12;
const MOST_FIRST_LOOKS: u32 = 24;
const FIRST_LOOKS_AGAIN: Duration = Duration::from_secs(120);
/// Connects of the process are at least this far apart: all, those of no proven path, and those that may well fail.
const RATE: Duration = Duration::from_millis(50);
const UNPROVEN_RATE: Duration = Duration::from_millis(125);
const DOUBTFUL_RATE: Duration = Duration::from_millis(250);
/// Streams of the process that were lost almost at once, in a minute: from then on to play is no success yet.
const BRIEF: u32 = 3;

/// Invariant: `half_open`, `pending` and `not_lasted` are entered and left in pairs, by class.
pub(super) struct Process {
    rate: Gcra,
    unproven_rate: Gcra,
    doubtful_rate: Gcra,
    failed: Ledger,
    briefs: Ledger,
    /// What probably fails, evenly over the minute: all at once it would leave nothing to see with for the rest of it.
    pace: Gcra,
    /// For what hurries, for first looks that do not wait for the pace, and for those beyond the target.
    hurries: Gcra,
    first_looks: Gcra,
    beyond: Gcra,
    /// Something has played in this run, so that this machine has a network.
    has_played: bool,
    /// Attempts that are not connected yet, and those whose outcome is not known yet.
    half_open: [u32; 5],
    pending: [u32; 5],
    /// Streams that play, but have not lasted yet.
    not_lasted: u32,
}

impl Process {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            rate: Gcra::new(1, RATE, now),
            unproven_rate: Gcra::new(1, UNPROVEN_RATE, now),
            doubtful_rate: Gcra::new(1, DOUBTFUL_RATE, now),
            failed: Ledger::default(),
            briefs: Ledger::default(),
            pace: Gcra::new(2, Ledger::WINDOW / TARGET, now),
            hurries: Gcra::new(6, Duration::from_secs(10), now),
            first_looks: Gcra::new(FIRST_LOOKS, FIRST_LOOKS_AGAIN, now),
            beyond: Gcra::new(MOST_FIRST_LOOKS - TARGET, FIRST_LOOKS_AGAIN, now),
            has_played: false,
            half_open: [0; 5],
            pending: [0; 5],
            not_lasted: 0,
        }
    }

    /// Whether another connect of this class may be half-open. A dead site holds a slot until its deadline, so what is
    /// doubtful gets half of them, and what is not proven leaves one to what works.
    pub(super) fn has_slot(&self, class: Class, limits: &Limits) -> bool {
        let all = limits.process_in_flight;
        let unproven: u32 = doubted(&self.half_open);
        self.half_open() < all
            && match class {
                Class::Proven | Class::Promising => true,
                Class::Hurried | Class::Unknown => unproven < (all - 1).max(1),
                Class::Doubtful => {
                    unproven < (all - 1).max(1) && self.half_open[Class::Doubtful as usize] < (all / 2).max(1)
                }
            }
    }

    /// Whether a group of this line may dial now, as far as the process is concerned; else when to ask again.
    pub(super) fn is_open(&self, line: QueueLine, limits: &Limits, wake: &mut Wake, now: Instant) -> bool {
        let QueueLine { class, on_screen } = line;
        if !self.has_slot(class, limits) {
            return false;
        }
        let Some(room) = self.room(class, on_screen, now) else {
            return false;
        };
        let rate = self.rate(class, now);
        if room > now {
            sooner(wake, room.max(rate), "the process's budget");
        } else if rate > now {
            sooner(wake, rate, "the process's rate");
        }
        room <= now && rate <= now
    }

    pub(super) fn half_open(&self) -> u32 {
        self.half_open.iter().sum()
    }

    /// When the rates admit a connect of this class.
    pub(super) fn rate(&self, class: Class, now: Instant) -> Instant {
        let at = self.rate.earliest(now);
        match class {
            Class::Proven => at,
            Class::Promising | Class::Unknown => at.max(self.unproven_rate.earliest(now)),
            Class::Hurried | Class::Doubtful => at
                .max(self.unproven_rate.earliest(now))
                .max(self.doubtful_rate.earliest(now)),
        }
    }

    /// When the minute has room for one more attempt of this class that may fail. Every attempt whose outcome is not known
    /// counts as failed. `None`: not before one of them ends.
    pub(super) fn room(&self, class: Class, on_screen: bool, now: Instant) -> Option<Instant> {
        let hard = self.failed.room(HARD, self.pending_at(now), now)?;
        // What is proven is left out here: it succeeds.
        let doubtful = doubted(&self.pending);
        match class {
            Class::Proven | Class::Promising => Some(hard),
            Class::Hurried => Some(hard.max(self.hurries.earliest(now))),
            Class::Unknown | Class::Doubtful => {
                let target = self.failed.room(TARGET, doubtful, now);
                let paced = target.map(|at| at.max(self.pace.earliest(now)));
                if class == Class::Doubtful || !on_screen {
                    return Some(hard.max(paced?));
                }
                let at_once = target.map(|at| at.max(self.first_looks.earliest(now)));
                let beyond = self.failed.room(MOST_FIRST_LOOKS, doubtful, now);
                let beyond = beyond.filter(|_| self.has_played);
                let beyond = beyond.map(|at| at.max(self.beyond.earliest(now)));
                Some(hard.max([paced, at_once, beyond].into_iter().flatten().min()?))
            }
        }
    }

    /// When the `nth` doubtful attempt from now on (from 0) finds room, if all before it fail.
    pub(super) fn forecast(&self, nth: usize, now: Instant) -> Instant {
        let minute = Ledger::WINDOW;
        let doubtful = doubted(&self.pending);
        let target = usize::try_from(TARGET).unwrap_or(usize::MAX);
        let mut leaves: Vec<Instant> = self.failed.recent(now).map(|at| at + minute).collect();
        leaves.extend((0..doubtful).map(|_| now + minute));
        // Only the youngest of them can be in the way of the next ones.
        let from = leaves.len().saturating_sub(target);
        let mut leaves = leaves.split_off(from);
        while leaves.len() < target {
            leaves.insert(0, now);
        }
        let rounds = u32::try_from(nth / target).unwrap_or(u32::MAX);
        let room = leaves[nth % target].max(now) + minute.saturating_mul(rounds);
        room.max(self.pace.nth(nth, now))
    }

    /// An attempt begins. The rates and the room were asked before.
    pub(super) fn begins(&mut self, class: Class, now: Instant) {
        debug_assert!(self.rate(class, now) <= now, "the rates were asked before");
        let _ = self.rate.take(now);
        if class != Class::Proven {
            let _ = self.unproven_rate.take(now);
        }
        if is_slow(class) {
            let _ = self.doubtful_rate.take(now);
        }
        match class {
            Class::Hurried => drop(self.hurries.take(now)),
            Class::Unknown | Class::Doubtful => {
                let doubtful = doubted(&self.pending);
                let in_target = self.failed.room(TARGET, doubtful, now).is_some_and(|at| at <= now);
                let _ = match class {
                    Class::Unknown if !in_target => self.beyond.take(now),
                    Class::Unknown => self.first_looks.take(now).or_else(|_| self.pace.take(now)),
                    _ => self.pace.take(now),
                };
            }
            Class::Proven | Class::Promising => {}
        }
        self.half_open[class as usize] += 1;
        self.pending[class as usize] += 1;
    }

    /// An attempt is connected, or ends without.
    pub(super) fn closes(&mut self, class: Class) {
        leave(&mut self.half_open[class as usize]);
    }

    /// The outcome of an attempt is known: it plays, failed or was aborted.
    pub(super) fn ends(&mut self, class: Class) {
        leave(&mut self.pending[class as usize]);
    }

    /// It sent nothing. Later than their interval its permits are worth nothing: others have been given out since.
    pub(super) fn sent_nothing(&mut self, class: Class, age: Duration, now: Instant) {
        if age < RATE {
            self.rate.give_back(now);
        }
        if class != Class::Proven && age < UNPROVEN_RATE {
            self.unproven_rate.give_back(now);
        }
        if is_slow(class) && age < DOUBTFUL_RATE {
            self.doubtful_rate.give_back(now);
        }
        self.cost_nothing(class, now);
    }

    /// It plays or sent nothing: what it took beyond the target is handed back.
    pub(super) fn cost_nothing(&mut self, class: Class, now: Instant) {
        match class {
            Class::Hurried => self.hurries.give_back(now),
            // The permit that comes back slowest is the dearest.
            Class::Unknown => {
                let slow = [&mut self.beyond, &mut self.first_looks];
                match slow.into_iter().find(|limit| !limit.is_full(now)) {
                    Some(limit) => limit.give_back(now),
                    None => self.pace.give_back(now),
                }
            }
            Class::Doubtful => self.pace.give_back(now),
            Class::Proven | Class::Promising => {}
        }
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failed.note(now);
    }

    /// A stream was lost almost at once: a failed attempt that came late.
    pub(super) fn failed_late(&mut self, now: Instant) {
        self.failed.note(now);
        self.briefs.note(now);
    }

    pub(super) fn plays(&mut self) {
        self.has_played = true;
        self.not_lasted += 1;
    }

    /// A stream has lasted, or is gone.
    pub(super) fn lasts(&mut self) {
        leave(&mut self.not_lasted);
    }

    /// When the failed attempts of the last minute were.
    pub(super) fn failed_lately(&self, now: Instant) -> impl Iterator<Item = Instant> + '_ {
        self.failed.recent(now)
    }

    /// Takes over what an earlier run spent.
    pub(super) fn resume(&mut self, failed: &Ledger) {
        self.failed.merge(failed);
    }

    pub(super) fn footprint(&self) -> usize {
        self.failed.len() + self.briefs.len()
    }

    fn pending_at(&self, now: Instant) -> u32 {
        let not_lasted = if self.briefs.count(now) >= BRIEF {
            self.not_lasted
        } else {
            0
        };
        self.pending.iter().sum::<u32>() + not_lasted
    }
}

/// How many of these are not of a path that works.
fn doubted(counts: &[u32; 5]) -> u32 {
    counts[Class::Hurried as usize..].iter().sum()
}

/// Whether the slower rate holds for it.
fn is_slow(class: Class) -> bool {
    matches!(class, Class::Hurried | Class::Doubtful)
}

fn leave(count: &mut u32) {
    debug_assert!(*count > 0, "more left than entered");
    *count = count.saturating_sub(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// An attempt of this class that fails at once.
    fn fail(process: &mut Process, class: Class, now: Instant) {
        process.begins(class, now);
        process.closes(class);
        process.ends(class);
        process.failed(now);
    }

    #[test]
    fn doubtful_attempts_stop_at_the_target_and_proven_ones_go_on() {
        let start = Instant::now();
        let mut process = Process::new(start);
        for attempt in 0..12 {
            let now = at(start, 5 * attempt);
            assert_eq!(process.room(Class::Doubtful, true, now), Some(now));
            fail(&mut process, Class::Doubtful, now);
        }
        let now = at(start, 58);
        assert_eq!(process.room(Class::Doubtful, true, now), Some(start + Ledger::WINDOW));
        assert_eq!(process.room(Class::Proven, true, now), Some(now));
        assert_eq!(process.room(Class::Hurried, true, now), Some(now));
    }

    #[test]
    fn doubtful_attempts_are_spread_over_the_minute() {
        let start = Instant::now();
        let mut process = Process::new(start);
        // First looks at many sites leave no room for a minute.
        for second in 0..u64::from(TARGET) {
            fail(&mut process, Class::Unknown, at(start, second));
        }
        let mut attempts = Vec::new();
        for second in 60..660 {
            let now = at(start, second);
            if process.room(Class::Doubtful, true, now) == Some(now) {
                fail(&mut process, Class::Doubtful, now);
                attempts.push(second);
            }
        }
        let longest = attempts.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(longest.is_some_and(|longest| longest <= 10), "{attempts:?}");
        assert!(attempts.len() >= 100, "the target is used: {attempts:?}");
    }

    #[test]
    fn nothing_exceeds_the_hard_limit() {
        let start = Instant::now();
        let mut process = Process::new(start);
        for second in 0..30 {
            fail(&mut process, Class::Proven, at(start, second));
        }
        for class in [
            Class::Proven,
            Class::Promising,
            Class::Hurried,
            Class::Unknown,
            Class::Doubtful,
        ] {
            let room = process.room(class, true, at(start, 30));
            assert!(room.is_some_and(|room| room >= start + Ledger::WINDOW), "{class:?}");
        }
    }

    #[test]
    fn pending_attempts_count_as_failed_until_they_play() {
        let start = Instant::now();
        let mut process = Process::new(start);
        for attempt in 0..12 {
            process.begins(Class::Doubtful, at(start, 5 * attempt));
        }
        let now = at(start, 60);
        assert_eq!(process.room(Class::Doubtful, true, now), None);
        process.closes(Class::Doubtful);
        process.ends(Class::Doubtful);
        assert_eq!(process.room(Class::Doubtful, true, now), Some(now));
    }

    /// When first looks go that all fail, one a second at most.
    fn first_looks(process: &mut Process, start: Instant, seconds: u64) -> Vec<u64> {
        let mut looks = Vec::new();
        for second in 0..seconds {
            let now = at(start, second);
            if process.room(Class::Unknown, true, now) == Some(now) {
                fail(process, Class::Unknown, now);
                looks.push(second);
            }
        }
        looks
    }

    #[test]
    fn first_looks_go_at_once_and_are_spread_after_that() {
        let start = Instant::now();
        let looks = first_looks(&mut Process::new(start), start, 360);
        assert_eq!(looks[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "{looks:?}");
        assert!(looks[12] >= 60, "nothing has played: the target holds: {looks:?}");
        let longest = looks[12..].windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(longest.is_some_and(|longest| longest <= 15), "{looks:?}");
    }

    #[test]
    fn first_looks_on_screen_exceed_the_target_once_where_something_has_played() {
        let start = Instant::now();
        let mut process = Process::new(start);
        process.plays();
        let looks = first_looks(&mut process, start, 120);
        assert_eq!(looks.iter().filter(|second| **second < 60).count(), 24);
        let later = looks.iter().filter(|second| **second >= 60).count();
        assert!((10..=14).contains(&later), "{looks:?}");
        let before_the_screen = process.room(Class::Unknown, false, start);
        assert!(before_the_screen.is_none_or(|at| at > start));
    }

    #[test]
    fn the_forecast_is_when_the_minute_has_room() {
        let start = Instant::now();
        let mut process = Process::new(start);
        for attempt in 0..12 {
            fail(&mut process, Class::Doubtful, at(start, 5 * attempt));
        }
        let now = at(start, 56);
        assert_eq!(process.forecast(0, now), start + Ledger::WINDOW);
        assert_eq!(process.forecast(11, now), at(start, 55) + Ledger::WINDOW);
        assert_eq!(process.forecast(12, now), start + 2 * Ledger::WINDOW);
        assert_eq!(Process::new(start).forecast(1, start), start);
        assert_eq!(
            Process::new(start).forecast(3, start),
            start + 2 * (Ledger::WINDOW / TARGET)
        );
    }
}
