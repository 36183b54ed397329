//! What a camera has said of itself, and what it is still to be asked.

use super::Preset;
use super::asked::Asked;
use super::offer::{self, NodePtz, PresetTour, ProfilePtz, PtzOffer};
use super::order::{Lessons, TimeoutRange};
use crate::xml::XmlTree;

/// What a camera said of itself; `None`: it was not asked yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Without PTZ it is no profile to steer.
    pub profile: Option<Option<ProfilePtz>>,
    pub node: Option<NodePtz>,
    pub range: Option<TimeoutRange>,
    pub focus: Option<Option<f32>>,
    pub presets: Option<Vec<Preset>>,
    pub tours: Option<Vec<PresetTour>>,
    pub lessons: Lessons,
}

impl Known {
    pub(super) fn offer(&self) -> Option<PtzOffer> {
        self.profile.as_ref()?.as_ref()?;
        let node = self.node?;
        Some(PtzOffer {
            pan_tilt: node.turns.is_some(),
            zoom: node.zooms.is_some(),
            focus: self.focus.flatten().is_some(),
            tours: node.tours,
        })
    }

    /// Whether its profile has no PTZ.
    pub(super) fn is_none(&self) -> bool {
        self.profile == Some(None)
    }

    /// What has to be known before a move can be said.
    pub(super) fn lacks_to_move(&self) -> Option<Asked> {
        match &self.profile {
            None => Some(Asked::Profile),
            Some(None) => None,
            Some(Some(_)) if self.node.is_none() => Some(Asked::Node),
            Some(Some(_)) => self.range.is_none().then_some(Asked::Timeouts),
        }
    }

    /// What else is worth to know. `imaging`: there is a service for the focus.
    pub(super) fn lacks(&self, imaging: bool) -> Option<Asked> {
        let profile = self.profile.as_ref()?.as_ref()?;
        let tours = self.node.is_some_and(|node| node.tours);
        match () {
            () if self.presets.is_none() => Some(Asked::Presets),
            () if self.tours.is_none() && tours => Some(Asked::Tours),
            () if self.focus.is_none() && imaging && !profile.source.is_empty() => Some(Asked::Focus),
            () => None,
        }
    }

    /// Takes the answer to what was asked; without one it is done without. `has_ptz`: the device has a service for it.
    pub(super) fn read(&mut self, asked: &Asked, aim: &str, tree: Option<&XmlTree>, has_ptz: bool) {
        match asked {
            Asked::Profile => {
                let profile = tree.and_then(|tree| offer::profile(tree, aim));
                self.profile = Some(profile.filter(|_| has_ptz));
            }
            Asked::Node => {
                let profile = self.profile.clone().flatten().unwrap_or_default();
                self.node = Some(tree.map(|tree| offer::node(tree, &profile)).unwrap_or_default());
            }
            Asked::Timeouts => self.range = Some(tree.map(offer::timeout_range).unwrap_or_default()),
            Asked::Focus => self.focus = Some(tree.and_then(offer::focus)),
            Asked::Presets => {
                let presets = tree.map(offer::presets).unwrap_or_default();
                let presets = presets.into_iter().map(|(token, name)| Preset::new(token, &name));
                self.presets = Some(presets.collect());
            }
            Asked::Tours => self.tours = Some(tree.map(offer::tours).unwrap_or_default()),
            Asked::Opening(_) | Asked::Order(_) | Asked::Once(..) => {}
        }
    }
}
