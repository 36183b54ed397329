//! What each channel has for itself, as a device told it over ONVIF.

use super::{StreamKind, Template};

/// The request paths of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelPaths {
    pub main: Template,
    /// Without it the main stream serves both.
    pub sub: Option<Template>,
    /// The token of the ONVIF profile by which its camera is steered, where it can be.
    pub ptz: Option<String>,
}

/// The same as texts, in a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftPaths {
    pub main: String,
    /// May be empty.
    pub sub: String,
    /// Empty where it cannot be steered.
    pub ptz: String,
}

impl ChannelPaths {
    pub(crate) fn of(&self, kind: StreamKind) -> &Template {
        match kind {
            StreamKind::Main => &self.main,
            StreamKind::Sub => self.sub.as_ref().unwrap_or(&self.main),
        }
    }

    pub(crate) fn drafted(&self) -> DraftPaths {
        DraftPaths {
            main: self.main.to_string(),
            sub: self.sub.as_ref().map(Template::to_string).unwrap_or_default(),
            ptz: self.ptz.clone().unwrap_or_default(),
        }
    }
}
