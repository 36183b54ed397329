//! What is asked of a camera, as XML inside of the element of a call.

use super::asked::{Asked, Once, Opening};
use super::known::Known;
use super::offer::{NodePtz, ProfilePtz};
use super::order::{Order, TourOrder};
use super::{Drive, Motion, Velocity};
use crate::envelope::{Service, escaped};

const SCHEMA: &str = "http://www.onvif.org/ver10/schema";

/// A call, its name and its content.
pub(super) type Written = (Service, &'static str, String);

/// What is asked of the profile `aim`. `media`: the service that is asked for profiles.
pub(super) fn written(asked: &Asked, aim: &str, known: &Known, media: Service) -> Written {
    let profile = known.profile.clone().flatten().unwrap_or_default();
    let node = known.node.unwrap_or_default();
    let of_profile = || element("ProfileToken", aim);
    let ptz = |name, content| (Service::Ptz, name, content);
    let device = |name, content| (Service::Device, name, content);
    match asked {
        Asked::Opening(Opening::Clock) => device("GetSystemDateAndTime", String::new()),
        Asked::Opening(Opening::Services) => device("GetServices", element("IncludeCapability", "false")),
        Asked::Opening(Opening::Capabilities) => device("GetCapabilities", element("Category", "All")),
        Asked::Profile if media == Service::Media2 => {
            let content = element("Token", aim) + &element("Type", "All");
            (media, "GetProfiles", content)
        }
        Asked::Profile => (media, "GetProfile", of_profile()),
        Asked::Node => ptz("GetNode", element("NodeToken", &profile.node)),
        Asked::Timeouts => ptz(
            "GetConfigurationOptions",
            element("ConfigurationToken", &profile.configuration),
        ),
        Asked::Focus => {
            let content = element("VideoSourceToken", &profile.source);
            (Service::Imaging, "GetMoveOptions", content)
        }
        Asked::Presets => ptz("GetPresets", of_profile()),
        Asked::Tours => ptz("GetPresetTours", of_profile()),
        Asked::Order(asked) => order(*asked, aim, (&profile, &node), known.focus.flatten().unwrap_or(1.0)),
        Asked::Once(Once::GoTo(preset), _) => go_to(aim, preset),
        Asked::Once(Once::Tour(token, order), _) => tour(aim, token, *order),
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<p:{name}>{}</p:{name}>", escaped(text))
}

/// `profile`: the token of the profile that is steered. `focus`: the fastest speed of its focus.
fn order(order: Order, profile: &str, known: (&ProfilePtz, &NodePtz), focus: f32) -> Written {
    let (ptz, node) = known;
    let profile = element("ProfileToken", profile);
    let source = element("VideoSourceToken", &ptz.source);
    let turn = |velocity: Velocity| format!("{profile}<p:Velocity>{}</p:Velocity>", vector(velocity, node));
    let sharpen = |speed: f32| {
        let speed = figure(speed * focus);
        format!("{source}<p:Focus><Continuous xmlns=\"{SCHEMA}\"><Speed>{speed}</Speed></Continuous></p:Focus>")
    };
    match order {
        Order::Move {
            motion: Motion::Turn(velocity),
            timeout,
        } => {
            let timeout = timeout.map(|timeout| element("Timeout", &format!("PT{}S", timeout.as_secs().max(1))));
            let content = turn(velocity) + &timeout.unwrap_or_default();
            (Service::Ptz, "ContinuousMove", content)
        }
        Order::Zero(Drive::Turn) => (Service::Ptz, "ContinuousMove", turn(Velocity::default())),
        Order::Stop(Drive::Turn) => {
            let content = profile + &element("PanTilt", "true") + &element("Zoom", "true");
            (Service::Ptz, "Stop", content)
        }
        Order::Move {
            motion: Motion::Focus(speed),
            ..
        } => (Service::Imaging, "Move", sharpen(speed)),
        Order::Zero(Drive::Focus) => (Service::Imaging, "Move", sharpen(0.0)),
        Order::Stop(Drive::Focus) => (Service::Imaging, "Stop", source),
    }
}

fn go_to(profile: &str, preset: &str) -> Written {
    let content = element("ProfileToken", profile) + &element("PresetToken", preset);
    (Service::Ptz, "GotoPreset", content)
}

fn tour(profile: &str, tour: &str, order: TourOrder) -> Written {
    let operation = match order {
        TourOrder::Start => "Start",
        TourOrder::Stop => "Stop",
        TourOrder::Pause => "Pause",
    };
    let content =
        element("ProfileToken", profile) + &element("PresetTourToken", tour) + &element("Operation", operation);
    (Service::Ptz, "OperatePresetTour", content)
}

/// What the camera has of a vector: one that does not turn refuses a move that names pan and tilt.
fn vector(velocity: Velocity, node: &NodePtz) -> String {
    let turn = node.turns.map(|(pan, tilt)| {
        let (x, y) = (figure(velocity.pan * pan), figure(velocity.tilt * tilt));
        format!("<PanTilt xmlns=\"{SCHEMA}\" x=\"{x}\" y=\"{y}\"/>")
    });
    let zoom = node.zooms.map(|fastest| {
        let x = figure(velocity.zoom * fastest);
        format!("<Zoom xmlns=\"{SCHEMA}\" x=\"{x}\"/>")
    });
    turn.unwrap_or_default() + &zoom.unwrap_or_default()
}

/// Without an exponent, which some read as another number.
fn figure(number: f32) -> String {
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_move_says_what_the_camera_has_in_its_own_units() {
        let ptz = ProfilePtz {
            source: "s&1".to_owned(),
            ..ProfilePtz::default()
        };
        let motion = Motion::Turn(Velocity {
            pan: -0.5,
            tilt: 0.000_01,
            zoom: 1.0,
        });
        let asked = Order::Move {
            motion,
            timeout: Some(Duration::from_secs(2)),
        };
        let node = NodePtz {
            turns: Some((90.0, 1.0)),
            ..NodePtz::default()
        };
        let (_, name, content) = order(asked, "main<1>", (&ptz, &node), 1.0);
        assert_eq!(name, "ContinuousMove");
        assert!(content.contains("x=\"-45\" y=\"0\"/>"), "{content}");
        assert!(content.contains("<p:Timeout>PT2S</p:Timeout>"), "{content}");
        assert!(content.starts_with("<p:ProfileToken>main&lt;1&gt;<"), "{content}");
        let zooms = NodePtz {
            turns: None,
            ..NodePtz::default()
        };
        let (_, _, content) = order(asked, "m", (&ptz, &zooms), 1.0);
        assert!(!content.contains("PanTilt"), "{content}");
        let (service, name, content) = order(Order::Zero(Drive::Focus), "m", (&ptz, &node), 7.0);
        assert_eq!((service, name), (Service::Imaging, "Move"));
        assert!(
            content.contains("s&amp;1") && content.contains("<Speed>0</Speed>"),
            "{content}"
        );
    }
}
