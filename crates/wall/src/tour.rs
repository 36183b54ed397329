//! A tour: one view or page after the other, each for its seconds.

use std::time::{Duration, Instant};

/// What a tour goes through and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TourPlan {
    pub over: Over,
    /// How long each stop is shown, where the view says nothing else.
    pub seconds: u32,
    /// A stop without anything live is left out; else it is shown like any other.
    pub skip_dead: bool,
}

/// What the stops are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// All named views in their order.
    #[default]
    Views,
    /// The pages of the wall.
    Pages,
}

impl TourPlan {
    pub const SHORTEST: u32 = 5;
    pub const LONGEST: u32 = 3_600;
}

impl Default for TourPlan {
    fn default() -> Self {
        Self {
            over: Over::Views,
            seconds: 20,
            skip_dead: true,
        }
    }
}

/// A tour under way in one window. Time is an argument; call [`Tour::poll`] at [`Tour::next_change`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tour {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Stopped,
    Running(Leg),
    Paused {
        leg: Leg,
        until: Instant,
    },
}

/// From one stop to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Leg {
    at: usize,
    since: Instant,
    next: usize,
    /// Since when `next` is being connected.
    asked: Instant,
}

/// The stop that is being prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    pub stop: usize,
    /// `false`: connected only; `true`: shortly before it is shown, so that its first moment has pictures.
    pub decode: bool,
}

/// What the status bar says of a tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourState {
    Stopped,
    /// How long until the next stop; zero while it is not ready.
    Running {
        left: Duration,
    },
    /// How long until it goes on by itself.
    Paused {
        left: Duration,
    },
}

/// How long a tour pauses after somebody used the window.
pub const REST: Duration = Duration::from_secs(30);
/// Pictures of the next stop are decoded this long before it is shown: a key frame comes in that time.
pub const LEAD: Duration = Duration::from_secs(5);
/// A stop of which nothing is connected after this time counts as dead.
pub const PATIENCE: Duration = Duration::from_secs(8);

impl Tour {
    pub fn start(&mut self, now: Instant) {
        // The first poll finds out which stop the window shows.
        let leg = Leg {
            at: usize::MAX,
            since: now,
            next: 0,
            asked: now,
        };
        self.state = State::Running(leg);
    }

    pub fn stop(&mut self) {
        self.state = State::Stopped;
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state != State::Stopped
    }

    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.state, State::Paused { .. })
    }

    /// Somebody uses the window: the tour waits until nobody did for `REST`.
    pub fn touched(&mut self, now: Instant) {
        if let State::Running(leg) | State::Paused { leg, .. } = self.state {
            self.state = State::Paused { leg, until: now + REST };
        }
    }

    /// Goes on at once after a touch.
    pub fn resume(&mut self, now: Instant) {
        if let State::Paused { leg, .. } = self.state {
            self.state = State::Running(leg.again(now));
        }
    }

    /// The stop to go to now. `here`: the stop that is shown, if it is one; `seconds`: how long each stop is shown; `alive`:
    /// something of the stop is connected.
    pub fn poll(
        &mut self,
        here: Option<usize>,
        seconds: &[u32],
        skip_dead: bool,
        alive: impl Fn(usize) -> bool,
        now: Instant,
    ) -> Option<usize> {
        if let State::Paused { until, .. } = self.state
            && now >= until
        {
            self.resume(now);
        }
        let State::Running(leg) = &mut self.state else {
            return None;
        };
        let count = seconds.len();
        let Some(here) = here.filter(|here| *here < count) else {
            return (count > 0).then_some(0);
        };
        if leg.at != here || leg.next >= count {
            *leg = Leg::new(here, count, now);
        }
        if leg.next == here {
            return None;
        }
        if skip_dead && !alive(leg.next) {
            if now.saturating_duration_since(leg.asked) >= PATIENCE {
                leg.next = (leg.next + 1) % count;
                if leg.next == here {
                    leg.next = (here + 1) % count;
                }
                leg.asked = now;
            }
            return None;
        }
        let due = leg.due(seconds)?;
        (now >= due).then(|| {
            let to = leg.next;
            *leg = Leg::new(to, count, now);
            to
        })
    }

    /// What is to be connected, and soon decoded, for the next stop.
    #[must_use]
    pub fn ahead(&self, seconds: &[u32], now: Instant) -> Option<Ahead> {
        let (leg, running) = match self.state {
            State::Stopped => return None,
            State::Running(leg) => (leg, true),
            State::Paused { leg, .. } => (leg, false),
        };
        (leg.next < seconds.len() && leg.next != leg.at).then(|| Ahead {
            stop: leg.next,
            decode: running && leg.due(seconds).is_some_and(|due| now + LEAD >= due),
        })
    }

    /// When something changes by itself, at the earliest.
    #[must_use]
    pub fn next_change(&self, seconds: &[u32], now: Instant) -> Option<Instant> {
        match self.state {
            State::Stopped => None,
            State::Paused { until, .. } => Some(until),
            State::Running(leg) => {
                let due = leg.due(seconds)?;
                let times = [due.checked_sub(LEAD), Some(due), Some(leg.asked + PATIENCE)];
                times.into_iter().flatten().filter(|at| *at > now).min()
            }
        }
    }

    #[must_use]
    pub fn state(&self, seconds: &[u32], now: Instant) -> TourState {
        match self.state {
            State::Stopped => TourState::Stopped,
            State::Running(leg) => TourState::Running {
                left: leg
                    .due(seconds)
                    .map_or(Duration::ZERO, |due| due.saturating_duration_since(now)),
            },
            State::Paused { until, .. } => TourState::Paused {
                left: until.saturating_duration_since(now),
            },
        }
    }
}

impl Leg {
    fn new(at: usize, count: usize, now: Instant) -> Self {
        Self {
            at,
            since: now,
            next: (at + 1) % count,
            asked: now,
        }
    }

    fn again(self, now: Instant) -> Self {
        Self {
            since: now,
            asked: now,
            ..self
        }
    }

    fn due(&self, seconds: &[u32]) -> Option<Instant> {
        Some(self.since + Duration::from_secs((*seconds.get(self.at)?).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Trip {
        tour: Tour,
        start: Instant,
        here: Option<usize>,
        seconds: Vec<u32>,
        skip: bool,
        dead: Vec<usize>,
    }

    impl Trip {
        fn new(seconds: &[u32]) -> Self {
            let start = Instant::now();
            let mut tour = Tour::default();
            tour.start(start);
            Self {
                tour,
                start,
                here: Some(0),
                seconds: seconds.to_vec(),
                skip: true,
                dead: vec![],
            }
        }

        fn now(&self, at: f32) -> Instant {
            self.start + Duration::from_secs_f32(at)
        }

        /// Polls until `to` (seconds), four times a second; when each stop was reached.
        fn run(&mut self, from: f32, to: f32) -> Vec<(u32, usize)> {
            let mut reached = Vec::new();
            for quarter in (from * 4.0) as u32..=(to * 4.0) as u32 {
                let at = quarter as f32 / 4.0;
                let (dead, now) = (self.dead.clone(), self.now(at));
                if let Some(stop) =
                    self.tour
                        .poll(self.here, &self.seconds, self.skip, |stop| !dead.contains(&stop), now)
                {
                    self.here = Some(stop);
                    reached.push((at as u32, stop));
                }
            }
            reached
        }
    }

    #[test]
    fn each_stop_is_shown_for_its_seconds_and_the_round_begins_anew() {
        let mut trip = Trip::new(&[10, 20, 5]);
        assert_eq!(trip.run(0.0, 50.0), [(10, 1), (30, 2), (35, 0), (45, 1)]);
    }

    #[test]
    fn the_next_stop_is_connected_from_the_start_and_decoded_shortly_before() {
        let mut trip = Trip::new(&[10, 10]);
        trip.run(0.0, 4.0);
        let ahead = |trip: &Trip, at| trip.tour.ahead(&trip.seconds, trip.now(at));
        assert_eq!(ahead(&trip, 4.0), Some(Ahead { stop: 1, decode: false }));
        assert_eq!(ahead(&trip, 5.0), Some(Ahead { stop: 1, decode: true }));
        assert_eq!(trip.tour.next_change(&trip.seconds, trip.now(4.0)), Some(trip.now(5.0)));
        trip.run(4.0, 10.0);
        assert_eq!(ahead(&trip, 10.0), Some(Ahead { stop: 0, decode: false }));
    }

    #[test]
    fn a_dead_stop_is_skipped_or_shown_as_set() {
        let mut trip = Trip::new(&[10, 10, 10]);
        trip.dead = vec![1];
        assert_eq!(trip.run(0.0, 25.0), [(10, 2), (20, 0)]);
        let mut trip = Trip::new(&[10, 10, 10]);
        (trip.dead, trip.skip) = (vec![1], false);
        assert_eq!(trip.run(0.0, 25.0), [(10, 1), (20, 2)]);
    }

    #[test]
    fn when_everything_else_is_dead_the_tour_stays_and_goes_on_once_something_lives() {
        let mut trip = Trip::new(&[10, 10, 10]);
        trip.dead = vec![1, 2];
        assert_eq!(trip.run(0.0, 100.0), []);
        assert!(trip.tour.ahead(&trip.seconds, trip.now(100.0)).is_some(), "still tried");
        trip.dead = vec![1];
        assert_eq!(trip.run(100.25, 120.0).first().map(|(_, stop)| *stop), Some(2));
    }

    #[test]
    fn a_touch_pauses_until_nobody_touched_for_a_while() {
        let mut trip = Trip::new(&[10, 10]);
        trip.run(0.0, 9.0);
        trip.tour.touched(trip.now(9.0));
        assert_eq!(trip.run(9.0, 30.0), []);
        trip.tour.touched(trip.now(30.0));
        assert_eq!(
            trip.tour.state(&trip.seconds, trip.now(40.0)),
            TourState::Paused {
                left: Duration::from_secs(20)
            }
        );
        assert_eq!(trip.run(30.0, 75.0), [(70, 1)], "goes on at 60 with a whole stay");
    }

    #[test]
    fn resuming_by_hand_goes_on_at_once() {
        let mut trip = Trip::new(&[10, 10]);
        trip.run(0.0, 5.0);
        trip.tour.touched(trip.now(5.0));
        trip.tour.resume(trip.now(6.0));
        assert_eq!(trip.run(6.0, 17.0), [(16, 1)]);
    }

    #[test]
    fn a_page_turned_by_hand_is_where_the_tour_goes_on() {
        let mut trip = Trip::new(&[10, 10, 10]);
        trip.run(0.0, 5.0);
        trip.here = Some(1);
        assert_eq!(trip.run(5.0, 16.0), [(15, 2)]);
    }

    #[test]
    fn without_another_stop_nothing_moves_and_from_nowhere_the_first_one_is_shown() {
        assert_eq!(Trip::new(&[10]).run(0.0, 50.0), []);
        let mut trip = Trip::new(&[]);
        assert_eq!(trip.run(0.0, 50.0), []);
        let mut trip = Trip::new(&[10, 10]);
        trip.here = None;
        assert_eq!(trip.run(0.0, 12.0), [(0, 0), (10, 1)]);
    }

    #[test]
    fn a_tour_that_is_stopped_does_nothing() {
        let mut trip = Trip::new(&[5, 5]);
        trip.tour.stop();
        trip.tour.touched(trip.now(1.0));
        assert_eq!((trip.run(0.0, 60.0), trip.tour.is_on()), (vec![], false));
        assert_eq!(trip.tour.ahead(&trip.seconds, trip.now(1.0)), None);
    }
}
