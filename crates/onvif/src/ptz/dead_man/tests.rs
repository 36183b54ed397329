//! The laws of the dead man, in simulated time.

use std::collections::VecDeque;

use super::*;

const MS: Duration = Duration::from_millis(1);
const RIGHT: Motion = Motion::Turn(Velocity {
    pan: 0.5,
    tilt: 0.0,
    zoom: 0.0,
});
const DIAGONAL: Motion = Motion::Turn(Velocity {
    pan: 0.5,
    tilt: -0.4,
    zoom: 0.0,
});

/// A camera that answers each order after `answers_after`.
#[derive(Clone)]
struct Camera {
    answers_after: Duration,
    ignores_timeout: bool,
    refuses_timeout: bool,
    stop: fn() -> OrderAnswer,
    ignores_stop: bool,
    zero: fn() -> OrderAnswer,
    silent_to: fn(&Order) -> bool,
    may: bool,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            answers_after: 20 * MS,
            ignores_timeout: false,
            refuses_timeout: false,
            stop: || OrderAnswer::Done,
            ignores_stop: false,
            zero: || OrderAnswer::Done,
            silent_to: |_| false,
            may: true,
        }
    }
}

struct World {
    start: Instant,
    now: Instant,
    man: DeadMan,
    camera: Camera,
    /// Orders with their times, in milliseconds since the start.
    orders: Vec<(u128, Order)>,
    answers: VecDeque<(Instant, Option<OrderAnswer>)>,
    /// Until when it moves by itself; far away where nothing but an order ends it.
    moves_until: Option<Instant>,
    lost: u32,
}

const FOR_EVER: Duration = Duration::from_secs(1_000_000);

impl World {
    fn new(camera: Camera) -> Self {
        let start = Instant::now();
        Self {
            start,
            now: start,
            man: DeadMan::default(),
            camera,
            orders: Vec::new(),
            answers: VecDeque::new(),
            moves_until: None,
            lost: 0,
        }
    }

    fn is_moving(&self) -> bool {
        self.moves_until.is_some_and(|until| self.now < until)
    }

    /// Lets so much time pass, while `held` is held and said again each 300 ms.
    fn run(&mut self, held: Option<Motion>, for_ms: u32) {
        for ms in 0..for_ms {
            if let Some(motion) = held
                && ms % 300 == 0
            {
                self.man.hold(motion, self.now);
            }
            self.step();
            self.now += MS;
        }
    }

    fn release(&mut self) {
        self.man.release(self.now);
    }

    fn step(&mut self) {
        if self.answers.front().is_some_and(|(at, _)| *at <= self.now)
            && let Some((_, Some(answer))) = self.answers.pop_front()
        {
            self.man.answered(answer, self.now);
        }
        loop {
            match self.man.poll(self.now) {
                Due::Send(order) => {
                    let answer = self.take(order);
                    self.orders.push(((self.now - self.start).as_millis(), order));
                    let is_silent = (self.camera.silent_to)(&order);
                    let after = if is_silent { FOR_EVER } else { self.camera.answers_after };
                    self.answers.push_back((self.now + after, Some(answer)));
                    assert_eq!(self.answers.len(), 1, "one in flight");
                }
                Due::GiveUp => {
                    self.lose(true);
                }
                Due::Wait(until) => {
                    assert!(until.is_none_or(|until| until > self.now), "it would spin");
                    break;
                }
            }
        }
    }

    fn lose(&mut self, unanswered: bool) {
        self.answers.clear();
        self.lost += 1;
        self.man.lost(unanswered, self.now);
    }

    fn take(&mut self, order: Order) -> OrderAnswer {
        if !self.camera.may {
            return OrderAnswer::NotAllowed("Sender not Authorized".to_owned());
        }
        match order {
            Order::Move { timeout, motion } => {
                if timeout.is_some() && self.camera.refuses_timeout {
                    return OrderAnswer::Refused("InvalidArgVal".to_owned());
                }
                if (self.camera.silent_to)(&order) {
                    return OrderAnswer::Done;
                }
                let lasts = timeout.filter(|_| !self.camera.ignores_timeout && motion.drive() == Drive::Turn);
                self.moves_until = Some(self.now + lasts.unwrap_or(FOR_EVER));
                OrderAnswer::Done
            }
            Order::Stop(_) => {
                let answer = (self.camera.stop)();
                if answer == OrderAnswer::Done && !self.camera.ignores_stop {
                    self.moves_until = None;
                }
                answer
            }
            Order::Zero(_) => {
                let answer = (self.camera.zero)();
                if answer == OrderAnswer::Done {
                    self.moves_until = None;
                }
                answer
            }
        }
    }

    fn count(&self, fit: impl Fn(&Order) -> bool) -> usize {
        self.orders.iter().filter(|(_, order)| fit(order)).count()
    }

    fn names(&self) -> Vec<&'static str> {
        let name = |(_, order): &(u128, Order)| match order {
            Order::Move { timeout: Some(_), .. } => "move",
            Order::Move { timeout: None, .. } => "move without end",
            Order::Stop(_) => "stop",
            Order::Zero(_) => "zero",
        };
        let mut names: Vec<&str> = self.orders.iter().map(name).collect();
        names.dedup();
        names
    }

    /// The law: half a second after it was let go, nothing moves.
    fn law(&mut self) {
        self.release();
        self.run(None, 500);
        assert!(!self.is_moving(), "{:?}", self.orders);
        assert!(self.man.is_still() && !self.man.is_stopping());
        assert_eq!(self.man.trouble(), None);
    }
}

fn is_move(order: &Order) -> bool {
    matches!(order, Order::Move { .. })
}

#[test]
fn a_camera_moves_as_long_as_it_is_held_and_stop_ends_it() {
    let mut world = World::new(Camera::default());
    world.run(Some(RIGHT), 10_000);
    assert!(world.is_moving(), "it went on past its Timeout");
    assert!((13..=16).contains(&world.orders.len()), "{}", world.orders.len());
    let ends = |order: &Order| matches!(order, Order::Move { timeout: Some(timeout), .. } if *timeout <= Duration::from_secs(2));
    assert_eq!(world.count(ends), world.orders.len(), "each says when it ends");
    world.law();
    assert_eq!(world.names(), ["move", "stop"]);
}

#[test]
fn who_holds_it_and_says_nothing_more_has_let_go() {
    let mut world = World::new(Camera {
        ignores_timeout: true,
        ..Camera::default()
    });
    world.man.hold(RIGHT, world.now);
    world.run(None, 999);
    assert!(world.is_moving());
    world.run(None, 100);
    assert!(!world.is_moving(), "the window hangs, the camera does not turn");
}

#[test]
fn a_stick_that_is_moved_sends_the_newest_alone_and_at_most_five_a_second() {
    for answers_after in [5 * MS, 150 * MS, 900 * MS] {
        let mut world = World::new(Camera {
            answers_after,
            ..Camera::default()
        });
        for step in 0..1_000_u16 {
            let pan = f32::from(step) / 1_000.0 + 0.001;
            let motion = Motion::Turn(Velocity {
                pan,
                ..Velocity::default()
            });
            world.man.hold(motion, world.now);
            world.run(None, 5);
        }
        let times: Vec<u128> = world.orders.iter().map(|(at, _)| *at).collect();
        assert!(times.windows(6).all(|six| six[5] - six[0] >= 1_000), "{times:?}");
        let Some((
            _,
            Order::Move {
                motion: Motion::Turn(last),
                ..
            },
        )) = world.orders.last()
        else {
            panic!("{:?}", world.orders.last());
        };
        assert!(last.pan > 0.75, "what was overtaken is not sent: {last:?}");
        world.release();
        world.run(None, 2_000);
        assert!(!world.is_moving() && world.man.is_still());
    }
}

#[test]
fn a_camera_that_ignores_its_timeout_is_stopped() {
    let mut world = World::new(Camera {
        ignores_timeout: true,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 3_000);
    world.law();
}

#[test]
fn a_camera_that_refuses_a_timeout_is_sent_none_from_then_on_and_stopped_twice() {
    let mut world = World::new(Camera {
        refuses_timeout: true,
        ignores_stop: true,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 2_000);
    assert!(world.is_moving());
    assert_eq!(world.names(), ["move", "move without end"]);
    assert!(world.man.lessons().refuses_timeout);
    // Nothing but Stop would end it, so that a move of no speed follows.
    world.law();
    assert_eq!(world.names(), ["move", "move without end", "stop", "zero"]);
    let before = world.orders.len();
    world.run(Some(RIGHT), 100);
    assert!(matches!(world.orders[before], (_, Order::Move { timeout: None, .. })));
}

#[test]
fn a_range_of_no_length_means_that_none_is_sent() {
    let mut world = World::new(Camera::default());
    world.man.set_range(TimeoutRange::Never);
    world.run(Some(RIGHT), 2_000);
    assert_eq!(world.names(), ["move without end"]);
    world.law();
    let mut world = World::new(Camera::default());
    world
        .man
        .set_range(TimeoutRange::Within(Duration::ZERO, Duration::from_secs(1)));
    world.run(Some(RIGHT), 100);
    let second = Some(Duration::from_secs(1));
    assert!(matches!(world.orders[0].1, Order::Move { timeout, .. } if timeout == second));
}

#[test]
fn a_camera_that_ignores_stop_ends_by_its_timeout() {
    let mut world = World::new(Camera {
        ignores_stop: true,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 3_000);
    world.release();
    world.run(None, 2_000);
    assert!(!world.is_moving());
}

#[test]
fn a_stop_that_is_refused_or_unknown_is_followed_by_a_move_of_no_speed() {
    let stops: [fn() -> OrderAnswer; 2] = [
        || OrderAnswer::Refused("InvalidArgVal".to_owned()),
        || OrderAnswer::Unknown("Optional Action Not Implemented".to_owned()),
    ];
    for stop in stops {
        let mut world = World::new(Camera {
            ignores_timeout: true,
            stop,
            ..Camera::default()
        });
        for _ in 0..2 {
            world.run(Some(RIGHT), 1_000);
            world.law();
        }
        let stops = world.count(|order| matches!(order, Order::Stop(_)));
        // One that is not there is not tried again.
        let is_unknown = matches!(stop(), OrderAnswer::Unknown(_));
        assert_eq!(stops, if is_unknown { 1 } else { 2 });
    }
}

#[test]
fn where_nothing_stops_it_three_rounds_are_made_and_a_person_is_told() {
    let refused: fn() -> OrderAnswer = || OrderAnswer::Refused("no".to_owned());
    let mut world = World::new(Camera {
        ignores_timeout: true,
        stop: refused,
        zero: refused,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 1_000);
    world.release();
    world.run(None, 60_000);
    assert_eq!(world.man.trouble(), Some(&SteeringTrouble::MayStillMove));
    assert_eq!(world.count(|order| !is_move(order)), 6);
}

#[test]
fn an_answer_that_comes_late_counts_as_unknown_and_stop_is_repeated_once() {
    let mut world = World::new(Camera {
        answers_after: 2_400 * MS,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 100);
    world.release();
    world.run(None, 20_000);
    assert_eq!(world.count(|order| matches!(order, Order::Stop(_))), 2);
    assert!(world.man.is_still());
    assert_eq!((world.man.trouble(), world.lost), (None, 0));
}

#[test]
fn after_a_lost_connection_stop_goes_first_and_then_what_is_held() {
    let mut world = World::new(Camera {
        ignores_timeout: true,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 1_000);
    world.lose(false);
    let before = world.orders.len();
    world.run(Some(RIGHT), 300);
    let after: Vec<Order> = world.orders[before..].iter().map(|(_, order)| *order).collect();
    assert_eq!(after[0], Order::Stop(Drive::Turn));
    assert!(is_move(&after[1]), "{after:?}");
    // Where nothing moved there is nothing to stop.
    world.law();
    world.lose(false);
    let before = world.orders.len();
    world.run(None, 1_000);
    assert_eq!(world.orders.len(), before);
}

#[test]
fn pan_and_tilt_together_that_are_not_answered_become_one_axis() {
    let mut world = World::new(Camera {
        silent_to: |order| matches!(order, Order::Move { motion: Motion::Turn(velocity), .. } if velocity.pan != 0.0 && velocity.tilt != 0.0),
        ..Camera::default()
    });
    world.run(Some(DIAGONAL), 8_000);
    assert!(world.man.lessons().one_axis && world.is_moving());
    assert_eq!(world.lost, 1, "one connection");
    let Some((
        _,
        Order::Move {
            motion: Motion::Turn(velocity),
            ..
        },
    )) = world.orders.last()
    else {
        panic!("{:?}", world.orders.last());
    };
    assert_eq!((velocity.pan, velocity.tilt), (0.5, 0.0));
    world.law();
}

#[test]
fn a_move_that_is_not_answered_is_given_up_for_its_stop_and_twice_ends_the_hold() {
    let mut world = World::new(Camera {
        silent_to: is_move,
        ..Camera::default()
    });
    world.run(Some(RIGHT), 100);
    world.release();
    world.run(None, 2_600);
    assert_eq!(world.names(), ["move", "stop"], "Stop does not wait for five seconds");
    world.run(Some(RIGHT), 15_000);
    assert_eq!(world.man.trouble(), Some(&SteeringTrouble::NoAnswer));
    assert!(world.count(is_move) <= 1 + 3, "{:?}", world.orders);
    assert!(world.man.is_still());
}

#[test]
fn an_account_that_may_only_watch_is_told_so_once_and_nothing_is_sent_again() {
    let mut world = World::new(Camera {
        may: false,
        ..Camera::default()
    });
    for _ in 0..5 {
        world.run(Some(RIGHT), 2_000);
        world.release();
        world.run(None, 500);
    }
    assert_eq!(world.orders.len(), 1);
    assert!(matches!(world.man.trouble(), Some(SteeringTrouble::NotAllowed(_))));
    assert!(world.man.is_still());
}

#[test]
fn where_each_request_costs_a_connect_a_hold_costs_two() {
    let mut world = World::new(Camera::default());
    world.man.set_costly(true);
    world.run(Some(RIGHT), 5_000);
    world.run(Some(DIAGONAL), 3_000);
    world.law();
    assert_eq!(world.names(), ["move", "stop"]);
    assert_eq!(world.orders.len(), 2);
}

#[test]
fn the_focus_is_moved_once_and_stopped_and_what_turns_stops_before() {
    let mut world = World::new(Camera::default());
    world.run(Some(RIGHT), 500);
    world.run(Some(Motion::Focus(-1.0)), 5_000);
    let names: Vec<Order> = world.orders.iter().map(|(_, order)| *order).collect();
    let begins = names
        .iter()
        .position(|order| *order == Order::Stop(Drive::Turn))
        .unwrap();
    assert_eq!(names.len(), begins + 2, "{names:?}");
    assert!(matches!(
        names[begins + 1],
        Order::Move {
            motion: Motion::Focus(_),
            timeout: None
        }
    ));
    world.law();
    assert_eq!(
        world.orders.last().map(|(_, order)| *order),
        Some(Order::Stop(Drive::Focus))
    );
}

#[test]
fn a_person_stops_what_they_did_not_start() {
    let mut world = World::new(Camera::default());
    world.man.halt(world.now);
    world.run(None, 1_000);
    assert_eq!(world.names(), ["stop"]);
    assert!(world.man.is_still());
}

#[test]
fn what_is_no_number_moves_nothing() {
    let mut world = World::new(Camera::default());
    for motion in [
        Motion::Focus(f32::NAN),
        Motion::Turn(Velocity {
            pan: f32::NAN,
            tilt: f32::INFINITY,
            zoom: 0.0,
        }),
    ] {
        world.run(Some(motion), 1_000);
    }
    assert!(world.orders.is_empty());
}

proptest::proptest! {
    /// Whatever a hand does and whichever answers come, nothing is sent more than five times a second but Stop, and in the end all stands still.
    #[test]
    fn whatever_happens_it_stands_still_in_the_end(
        hands in proptest::collection::vec((0_u8..4, 1_u32..2_500), 1..12),
        answers_after in 1_u32..4_000, ignores_timeout: bool, refuses_timeout: bool, refuses_stop: bool, loses in 0_u32..5_000,
    ) {
        let mut world = World::new(Camera {
            answers_after: MS * answers_after,
            ignores_timeout,
            refuses_timeout,
            stop: if refuses_stop { || OrderAnswer::Refused("InvalidArgVal".to_owned()) } else { || OrderAnswer::Done },
            ..Camera::default()
        });
        let mut since = 0;
        for (hand, ms) in hands {
            match hand {
                0 => world.run(Some(RIGHT), ms),
                1 => world.run(Some(DIAGONAL), ms),
                2 => world.run(Some(Motion::Focus(1.0)), ms),
                _ => {
                    world.release();
                    world.run(None, ms);
                }
            }
            since += ms;
            if since > loses {
                since = 0;
                world.lose(false);
            }
        }
        world.release();
        world.run(None, 90_000);
        proptest::prop_assert!(world.man.is_still() && !world.man.is_stopping());
        proptest::prop_assert!(!world.is_moving() || world.man.trouble() == Some(&SteeringTrouble::MayStillMove));
        let moves: Vec<u128> = world.orders.iter().filter(|(_, order)| is_move(order)).map(|(at, _)| *at).collect();
        // A move after a Stop is a new one.
        proptest::prop_assert!(moves.windows(12).all(|twelve| twelve[11] - twelve[0] >= 1_000));
    }
}
