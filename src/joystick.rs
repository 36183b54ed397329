//! The joystick: how it stands, for who steers a camera with it.
//!
//! It is opened when a camera is steered for the first time. On Linux one thread waits then for sticks that are plugged in, and costs
//! nothing while it does; elsewhere a thread looks at them many times a second, so that it ends when nobody steers any more.

use gilrs::{Axis, Gilrs, GilrsBuilder};

/// Waiting costs nothing here, and a thread that waits cannot be ended.
const STAYS_OPEN: bool = cfg!(target_os = "linux");

/// What reads it: told whether anybody steers, it says pan, tilt and zoom from −1 to 1, right, up and in positive; `None`: nobody
/// steers, or no joystick is there.
pub fn reader() -> Box<dyn FnMut(bool) -> Option<[f32; 3]>> {
    let mut opened: Option<Option<Gilrs>> = None;
    Box::new(move |wanted| {
        if !wanted {
            if !STAYS_OPEN {
                opened = None;
            }
            return None;
        }
        let gilrs = opened.get_or_insert_with(open).as_mut()?;
        // What has happened becomes the state that is read below.
        while gilrs.next_event().is_some() {}
        let (_, stick) = gilrs.gamepads().find(|(_, stick)| stick.is_connected())?;
        // One with a second stick is a gamepad, whose third axis is a trigger; the third axis of a joystick is its twist.
        let zoom = match stick.axis_code(Axis::RightStickX) {
            Some(_) => stick.value(Axis::RightStickY),
            None => stick.value(Axis::LeftZ),
        };
        Some([stick.value(Axis::LeftStickX), stick.value(Axis::LeftStickY), zoom])
    })
}

fn open() -> Option<Gilrs> {
    // The table of a thousand gamepads is not needed: the axes have the same numbers on all of them.
    let gilrs = GilrsBuilder::new()
        .with_default_filters(false)
        .add_included_mappings(false)
        .add_env_mappings(false)
        .build();
    gilrs
        .inspect_err(|error| tracing::info!(%error, "no joystick can be read"))
        .ok()
}
