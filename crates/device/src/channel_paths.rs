//! Paths that each channel has for itself, as a device told them.

use super::{StreamKind, Template};

/// The request paths of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelPaths {
    pub main: Template,
    /// Without it the main stream serves both.
    pub sub: Option<Template>,
}

/// The same as texts, in a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftPaths {
    pub main: String,
    /// May be empty.
    pub sub: String,
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
        }
    }
}
