//! Which camera each window steers, and what the engine is told of the hands on it: a hold that changes at once, one that goes on
//! several times a second, and its end in the frame in which nobody holds any more.

use std::time::Duration;

use egui::Context;

use super::MonomiApp;
use crate::bridge::{Command, Motion, PtzWish, Velocity};
use crate::ui::SteerAct;
use crate::ui::steer;
use device::ChannelId;

/// A hold that goes on is said again after so long, in seconds: well before the engine takes it for let go.
const AGAIN: f64 = 0.25;

/// Told whether anybody steers, it says how the joystick stands: pan, tilt and zoom from −1 to 1, right, up and in positive; `None`
/// where there is none.
pub type JoystickReader = Box<dyn FnMut(bool) -> Option<[f32; 3]>>;

/// How often a joystick is looked at, in milliseconds.
const STICK: u64 = 50;

/// What is closer to the middle of its way than this is at rest: a stick never returns to exactly the same place.
const REST: f32 = 0.15;

/// The hands of all windows: one camera is held at a time.
#[derive(Debug, Default)]
pub(super) struct Steerer {
    /// What is held in the frame that is painted.
    now: Option<(ChannelId, Motion)>,
    /// What the engine was told, and when, in seconds of egui's clock.
    told: Option<((ChannelId, Motion), f64)>,
    /// The joystick was looked at in the frame that is painted, and in the one before it.
    looks: (bool, bool),
    /// The joystick was at rest since it was taken.
    rested: bool,
}

impl Steerer {
    fn note(&mut self, channel: ChannelId, motion: Motion) {
        self.now.get_or_insert((channel, motion));
    }

    /// What a joystick that stands so asks for. It counts once it was at rest: one that is held while steering begins, or that has no
    /// middle, moves nothing.
    fn stick(&mut self, stands: [f32; 3]) -> Option<Motion> {
        // Slow near the middle, where a hand is not exact.
        let speed = |way: f32| match (way.abs() - REST) / (1.0 - REST) {
            speed if speed > 0.0 => (speed * speed).copysign(way),
            _ => 0.0,
        };
        let [pan, tilt, zoom] = stands.map(speed);
        let motion = Motion::Turn(Velocity { pan, tilt, zoom });
        self.rested |= motion.is_none();
        (self.rested && !motion.is_none()).then_some(motion)
    }

    /// At the end of a frame: whether the joystick is to be let go.
    fn leaves_stick(&mut self) -> bool {
        let (now, before) = self.looks;
        self.looks = (false, now);
        self.rested &= now;
        before && !now
    }

    /// At the end of a frame: what the engine is to be told. `time`: in seconds of egui's clock.
    fn settle(&mut self, time: f64) -> Vec<Command> {
        let mut commands = Vec::new();
        let (now, told) = (self.now.take(), self.told);
        if let Some(((before, _), _)) = told
            && now.is_none_or(|(channel, _)| channel != before)
        {
            commands.push(Command::Ptz(before, PtzWish::Release));
            self.told = None;
        }
        if let Some((channel, motion)) = now {
            let is_known = told.is_some_and(|(held, at)| held == (channel, motion) && time - at < AGAIN);
            if !is_known {
                commands.push(Command::Ptz(channel, PtzWish::Hold(motion)));
                self.told = Some(((channel, motion), time));
            }
        }
        commands
    }
}

impl MonomiApp {
    pub(super) fn steer(&mut self, at: usize, act: SteerAct) {
        match act {
            SteerAct::Begin(place, channel) => {
                self.end_steering(at);
                let window = &mut self.windows[at];
                window.view.wall.select(place);
                window.steered = Some(channel);
                self.engine.send(Command::Ptz(channel, PtzWish::Open));
            }
            SteerAct::End => self.end_steering(at),
            SteerAct::Hold(channel, motion) => self.steerer.note(channel, motion),
            SteerAct::Ask(channel, wish) => self.engine.send(Command::Ptz(channel, wish)),
            SteerAct::Question(channel, preset) => self.dialogs.ask_service(self.windows[at].id, channel, preset),
        }
    }

    /// Nobody steers in this window any more.
    pub(super) fn end_steering(&mut self, at: usize) {
        if let Some(channel) = self.windows[at].steered.take() {
            self.engine.send(Command::Ptz(channel, PtzWish::Close));
        }
    }

    /// A tile that was left, by the selection, a page, a view or the registry, is not steered any more. The keys that are down are held.
    pub(super) fn keep_steering(&mut self, ctx: &Context, at: usize, keys: bool) {
        let window = &self.windows[at];
        let Some(channel) = window.steered else { return };
        let is_there = window.view.wall.selected_channel() == Some(channel) && steer::can(&self.engine_state, channel);
        if !is_there || self.kiosk.is_on() {
            return self.end_steering(at);
        }
        if !keys {
            return;
        }
        if let Some(motion) = steer::held_keys(ctx) {
            self.steerer.note(channel, motion);
        }
        let focused = ctx.input(|input| input.focused);
        if let Some(read) = self.options.joystick.as_mut().filter(|_| focused) {
            self.steerer.looks.0 = true;
            if let Some(stands) = read(true) {
                ctx.request_repaint_after(Duration::from_millis(STICK));
                if let Some(motion) = self.steerer.stick(stands) {
                    self.steerer.note(channel, motion);
                }
            }
        }
    }

    /// After all windows were painted: what is held is told to the engine, and let go where nobody holds it.
    pub(super) fn tell_steering(&mut self, ctx: &Context) {
        if self.steerer.leaves_stick()
            && let Some(read) = &mut self.options.joystick
        {
            read(false);
        }
        let time = ctx.input(|input| input.time);
        for command in self.steerer.settle(time) {
            self.engine.send(command);
        }
        if self.steerer.told.is_some() {
            ctx.request_repaint_after(Duration::from_secs_f64(AGAIN));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::DeviceId;

    const A: ChannelId = ChannelId {
        device: DeviceId(1),
        number: 1,
    };
    const B: ChannelId = ChannelId {
        device: DeviceId(2),
        number: 1,
    };

    fn turn(pan: f32) -> Motion {
        Motion::Turn(Velocity {
            pan,
            ..Velocity::default()
        })
    }

    fn frame(steerer: &mut Steerer, held: Option<(ChannelId, Motion)>, time: f64) -> Vec<(ChannelId, PtzWish)> {
        if let Some((channel, motion)) = held {
            steerer.note(channel, motion);
        }
        let told = steerer.settle(time).into_iter().map(|command| match command {
            Command::Ptz(channel, wish) => (channel, wish),
            other => panic!("{other:?}"),
        });
        told.collect()
    }

    #[test]
    fn a_hold_is_told_at_once_again_while_it_lasts_and_its_end_in_the_same_frame() {
        let mut steerer = Steerer::default();
        let hold = |pan| (A, PtzWish::Hold(turn(pan)));
        assert_eq!(frame(&mut steerer, Some((A, turn(0.5))), 0.0), [hold(0.5)]);
        assert_eq!(frame(&mut steerer, Some((A, turn(0.5))), 0.1), []);
        assert_eq!(frame(&mut steerer, Some((A, turn(0.6))), 0.12), [hold(0.6)]);
        assert_eq!(frame(&mut steerer, Some((A, turn(0.6))), 0.4), [hold(0.6)]);
        assert_eq!(frame(&mut steerer, None, 0.41), [(A, PtzWish::Release)]);
        assert_eq!(frame(&mut steerer, None, 0.5), []);
    }

    #[test]
    fn a_joystick_counts_once_it_was_at_rest_and_is_slow_near_its_middle() {
        let mut steerer = Steerer::default();
        let speeds = |motion: Option<Motion>| match motion {
            Some(Motion::Turn(velocity)) => [velocity.pan, velocity.tilt, velocity.zoom],
            _ => [0.0; 3],
        };
        assert_eq!(steerer.stick([1.0, 0.0, -1.0]), None, "nobody has let go of it yet");
        assert_eq!(steerer.stick([0.1, -0.1, 0.0]), None, "at rest");
        assert_eq!(speeds(steerer.stick([1.0, 0.05, -1.0])), [1.0, 0.0, -1.0]);
        let [slow, ..] = speeds(steerer.stick([-0.4, 0.0, 0.0]));
        assert!(slow < -0.05 && slow > -0.15, "{slow}");
        assert_eq!(steerer.stick([f32::NAN, 0.0, 0.0]), None);
        // Another window, or nobody steers: it has to be at rest anew.
        assert!(!steerer.leaves_stick());
        assert_eq!(steerer.stick([1.0, 0.0, 0.0]), None);
    }

    #[test]
    fn another_camera_is_held_after_the_first_one_was_let_go() {
        let mut steerer = Steerer::default();
        frame(&mut steerer, Some((A, turn(0.5))), 0.0);
        let told = frame(&mut steerer, Some((B, turn(0.5))), 0.05);
        assert_eq!(told, [(A, PtzWish::Release), (B, PtzWish::Hold(turn(0.5)))]);
    }
}
