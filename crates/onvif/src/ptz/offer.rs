//! What a camera offers to who steers it: read from its profile, its PTZ node and their options.

use std::time::Duration;

use super::order::TimeoutRange;
use crate::fault::said;
use crate::xml::{XmlElement, XmlTree};

/// What can be steered. A camera offers only what its profile has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PtzOffer {
    pub pan_tilt: bool,
    pub zoom: bool,
    pub focus: bool,
    /// It has preset tours.
    pub tours: bool,
}

/// A tour that the camera makes by itself, from preset to preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetTour {
    pub token: String,
    /// Its token where it has no name.
    pub name: String,
    /// It says that it is on this tour.
    pub on: bool,
}

/// The most presets or preset tours that are taken of one camera.
const MOST: usize = 512;

/// What a profile says of PTZ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProfilePtz {
    /// Of its PTZ configuration.
    pub configuration: String,
    pub node: String,
    /// Of the camera, for the focus.
    pub source: String,
    /// The spaces that a move without one is in.
    pub pan_tilt_space: String,
    pub zoom_space: String,
}

/// The fastest speeds in the spaces that are used, and what can be moved at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NodePtz {
    /// Pan and tilt; `None`: it does not turn.
    pub turns: Option<(f32, f32)>,
    pub zooms: Option<f32>,
    pub tours: bool,
}

impl Default for NodePtz {
    /// What holds where a node says nothing: the generic spaces.
    fn default() -> Self {
        Self {
            turns: Some((1.0, 1.0)),
            zooms: Some(1.0),
            tours: false,
        }
    }
}

/// The profile with this token, of either media service; `None`: it is not there, or has no PTZ.
pub(super) fn profile(tree: &XmlTree, token: &str) -> Option<ProfilePtz> {
    let is_it = |element: &XmlElement<'_>| {
        matches!(element.name(), "Profile" | "Profiles") && element.attribute("token") == Some(token)
    };
    let profile = tree.top().below().find(is_it)?;
    let configurations = profile.child("Configurations").unwrap_or(profile);
    let of = |long: &str, short: &str| configurations.child(long).or_else(|| configurations.child(short));
    let ptz = of("PTZConfiguration", "PTZ")?;
    let text = |names: &[&str]| ptz.text_of(names).unwrap_or_default().to_owned();
    let source = of("VideoSourceConfiguration", "VideoSource");
    Some(ProfilePtz {
        configuration: ptz.attribute("token").unwrap_or_default().to_owned(),
        node: text(&["NodeToken"]),
        source: source
            .and_then(|source| source.text_of(&["SourceToken"]))
            .unwrap_or_default()
            .to_owned(),
        pan_tilt_space: text(&["DefaultContinuousPanTiltVelocitySpace"]),
        zoom_space: text(&["DefaultContinuousZoomVelocitySpace"]),
    })
}

/// The node of a profile, from the answer to GetNode.
pub(super) fn node(tree: &XmlTree, profile: &ProfilePtz) -> NodePtz {
    let Some(node) = tree.find("PTZNode") else {
        return NodePtz::default();
    };
    let Some(spaces) = node.child("SupportedPTZSpaces") else {
        return NodePtz::default();
    };
    let space = |name: &'static str, default: &str| {
        let all = || spaces.children().filter(move |space| space.name() == name);
        let is_default = |space: &XmlElement<'_>| space.text_of(&["URI"]) == Some(default);
        all().find(is_default).or_else(|| all().next())
    };
    let turns = space("ContinuousPanTiltVelocitySpace", &profile.pan_tilt_space);
    let zooms = space("ContinuousZoomVelocitySpace", &profile.zoom_space);
    let tours = number(
        node,
        &["Extension", "SupportedPresetTour", "MaximumNumberOfPresetTours"],
    );
    NodePtz {
        turns: turns.map(|space| (fastest(space, "XRange"), fastest(space, "YRange"))),
        zooms: zooms.map(|space| fastest(space, "XRange")),
        tours: tours.is_some_and(|tours| tours > 0.0),
    }
}

/// How long a move may last, from the answer to GetConfigurationOptions.
pub(super) fn timeout_range(tree: &XmlTree) -> TimeoutRange {
    let Some(range) = tree.find("PTZTimeout") else {
        return TimeoutRange::Any;
    };
    let duration = |name: &str| range.text_of(&[name]).and_then(duration);
    match (duration("Min"), duration("Max")) {
        // A range of no length: each Timeout would be outside of it.
        (_, Some(Duration::ZERO)) => TimeoutRange::Never,
        (least, Some(most)) if least.unwrap_or_default() <= most => {
            TimeoutRange::Within(least.unwrap_or_default(), most)
        }
        _ => TimeoutRange::Any,
    }
}

/// Whether the focus can be moved on and on, from the answer to GetMoveOptions; its fastest speed.
pub(super) fn focus(tree: &XmlTree) -> Option<f32> {
    let continuous = tree.find("MoveOptions")?.child("Continuous")?;
    Some(fastest(continuous, "Speed"))
}

/// Token and name of each preset, from the answer to GetPresets.
pub(super) fn presets(tree: &XmlTree) -> Vec<(String, String)> {
    let found = tree.top().all("Preset").filter_map(|preset| {
        let token = preset.attribute("token").filter(|token| !token.is_empty())?;
        Some((token.to_owned(), said(preset.text_of(&["Name"]).unwrap_or_default())))
    });
    found.take(MOST).collect()
}

/// The tours, from the answer to GetPresetTours.
pub(super) fn tours(tree: &XmlTree) -> Vec<PresetTour> {
    let found = tree.top().all("PresetTour").filter_map(|tour| {
        let token = tour.attribute("token").filter(|token| !token.is_empty())?;
        let name = said(tour.text_of(&["Name"]).unwrap_or_default());
        Some(PresetTour {
            token: token.to_owned(),
            name: if name.is_empty() { said(token) } else { name },
            on: tour.text_of(&["Status", "State"]) == Some("Touring"),
        })
    });
    found.take(MOST).collect()
}

/// The end of a range of speeds; the generic one where it is none.
fn fastest(space: XmlElement<'_>, range: &str) -> f32 {
    let most = number(space, &[range, "Max"]);
    most.filter(|most| *most > 0.0).unwrap_or(1.0)
}

fn number(element: XmlElement<'_>, names: &[&str]) -> Option<f32> {
    // Extensions may be nested once more.
    let text = element
        .text_of(names)
        .or_else(|| element.find(names.last()?).map(|found| found.text()))?;
    text.parse::<f32>().ok().filter(|number| number.is_finite())
}

/// A duration of hours, minutes and seconds (ISO 8601), such as `PT10S`; a device counts nothing else here.
fn duration(text: &str) -> Option<Duration> {
    let (days, time) = text.trim().strip_prefix('P')?.split_once('T').unwrap_or(("", "0S"));
    if !days.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    let mut digits = String::new();
    for character in time.chars() {
        let factor = match character {
            'H' => 3_600.0,
            'M' => 60.0,
            'S' => 1.0,
            other => {
                digits.push(other);
                continue;
            }
        };
        seconds += digits.parse::<f64>().ok()? * factor;
        digits.clear();
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|_| digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::XmlLimits;

    fn tree(text: &str) -> XmlTree {
        XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap()
    }

    #[test]
    fn a_profile_of_either_service_says_its_node_and_its_camera() {
        let media1 = "<Profile token='m'><VideoSourceConfiguration token='v'><SourceToken>s</SourceToken></VideoSourceConfiguration>\
            <PTZConfiguration token='p'><NodeToken>n</NodeToken></PTZConfiguration></Profile>";
        let media2 = "<Profiles token='x'/><Profiles token='m'><Configurations><VideoSource token='v'><SourceToken>s</SourceToken></VideoSource>\
            <PTZ token='p'><NodeToken>n</NodeToken></PTZ></Configurations></Profiles>";
        for text in [media1, media2] {
            let found = profile(&tree(text), "m").unwrap();
            assert_eq!(
                (found.configuration.as_str(), found.node.as_str(), found.source.as_str()),
                ("p", "n", "s")
            );
        }
        assert_eq!(profile(&tree(media2), "x"), None, "it has no PTZ");
        assert_eq!(profile(&tree(media2), "other"), None);
    }

    #[test]
    fn a_node_says_what_moves_and_how_fast() {
        let space = |name: &str, uri: &str, ranges: &str| format!("<{name}><URI>{uri}</URI>{ranges}</{name}>");
        let range = |name: &str, most: &str| format!("<{name}><Min>-{most}</Min><Max>{most}</Max></{name}>");
        let both = range("XRange", "1") + &range("YRange", "0.5");
        let text = format!(
            "<PTZNode token='n'><SupportedPTZSpaces>{}{}</SupportedPTZSpaces><Extension><SupportedPresetTour>\
             <MaximumNumberOfPresetTours>4</MaximumNumberOfPresetTours></SupportedPresetTour></Extension></PTZNode>",
            space("ContinuousPanTiltVelocitySpace", "degrees", &range("XRange", "90")),
            space("ContinuousPanTiltVelocitySpace", "generic", &both)
        );
        let profile = ProfilePtz {
            pan_tilt_space: "generic".to_owned(),
            ..ProfilePtz::default()
        };
        let found = node(&tree(&text), &profile);
        assert_eq!(found.turns, Some((1.0, 0.5)));
        assert_eq!((found.zooms, found.tours), (None, true));
        assert_eq!(node(&tree("<x/>"), &profile), NodePtz::default());
        assert!(!node(&tree("<PTZNode><SupportedPTZSpaces/></PTZNode>"), &profile).tours);
    }

    #[test]
    fn a_timeout_is_sent_only_where_the_range_has_room_for_it() {
        let of = |least: &str, most: &str| {
            timeout_range(&tree(&format!(
                "<o><PTZTimeout><Min>{least}</Min><Max>{most}</Max></PTZTimeout></o>"
            )))
        };
        let seconds = Duration::from_secs;
        assert_eq!(of("PT0S", "PT0S"), TimeoutRange::Never);
        assert_eq!(of("PT1S", "PT1M"), TimeoutRange::Within(seconds(1), seconds(60)));
        assert_eq!(of("PT1H", "PT1S"), TimeoutRange::Any, "no range");
        assert_eq!(of("soon", "later"), TimeoutRange::Any);
        assert_eq!(timeout_range(&tree("<o/>")), TimeoutRange::Any);
        for (text, expected) in [
            ("PT1M30.5S", Some(90.5)),
            ("P1DT1S", None),
            ("PT5", None),
            ("5S", None),
            ("PT-1S", None),
            ("PT1e400S", None),
        ] {
            assert_eq!(
                duration(text).map(|duration| duration.as_secs_f64()),
                expected,
                "{text}"
            );
        }
    }
}
