use std::collections::BTreeMap;
use std::fmt;

use super::{Device, EventSource, Paths, PlaybackWay, StreamKind, Template};

/// The stable name of a brand preset, such as `hikvision`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BrandId(pub String);

/// The request paths of a maker's recorders. A maker with several schemes has several presets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    pub id: BrandId,
    /// The maker's name, then the names under which others sell the same devices. Never empty.
    pub names: Vec<String>,
    /// Path of the main stream; may name the sub stream as well through `{s}` or `{s0}`. `None`: no RTSP path is known.
    pub main: Option<Template>,
    /// Path of the sub stream where it differs from `main`.
    pub sub: Option<Template>,
    /// The RTSP port of a new device of this maker.
    pub port: u16,
    /// How its devices are asked for what happens at them, where that is not by ONVIF.
    pub events: Option<EventSource>,
    /// How its recorders are asked for recorded pictures, where that is known.
    pub playback: Option<PlaybackWay>,
    /// What the user should know, by the tag of its language, such as `en`.
    pub notes: BTreeMap<String, String>,
}

/// Every brand preset, in the order in which a list shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brands(Vec<Brand>);

impl Brand {
    /// All names in one line, such as `Hikvision / LTS / ABUS / Annke`.
    #[must_use]
    pub fn label(&self) -> String {
        self.names.join(" / ")
    }

    /// What the user should know, in the language of this tag.
    #[must_use]
    pub fn note(&self, tag: &str) -> Option<&str> {
        self.notes.get(tag).map(String::as_str)
    }

    /// The path pattern of a stream; `None` where the device speaks no RTSP that is known.
    #[must_use]
    pub fn template(&self, kind: StreamKind) -> Option<&Template> {
        match kind {
            StreamKind::Main => self.main.as_ref(),
            StreamKind::Sub => self.sub.as_ref().or(self.main.as_ref()),
        }
    }
}

impl Brands {
    #[must_use]
    pub fn new(brands: Vec<Brand>) -> Self {
        Self(brands)
    }

    #[must_use]
    pub fn all(&self) -> &[Brand] {
        &self.0
    }

    #[must_use]
    pub fn get(&self, id: &BrandId) -> Option<&Brand> {
        self.0.iter().find(|brand| brand.id == *id)
    }

    /// How this device is asked for recorded pictures, where its preset says so.
    #[must_use]
    pub fn playback<'a>(&'a self, device: &Device) -> Option<&'a PlaybackWay> {
        match &device.paths {
            Paths::Brand(id) => self.get(id)?.playback.as_ref(),
            Paths::Own { .. } | Paths::Listed(_) => None,
        }
    }

    /// The path pattern to ask `device` for; `None` where its preset is not in the table or has no RTSP path, or where the device told no
    /// path of this channel. `channel` counts from 1.
    #[must_use]
    pub fn template<'a>(&'a self, device: &'a Device, channel: u16, kind: StreamKind) -> Option<&'a Template> {
        match (&device.paths, kind) {
            (Paths::Brand(id), kind) => self.get(id)?.template(kind),
            (Paths::Own { sub: Some(sub), .. }, StreamKind::Sub) => Some(sub),
            (Paths::Own { main, .. }, _) => Some(main),
            (Paths::Listed(listed), kind) => {
                let paths = listed.get(usize::from(channel).checked_sub(1)?)?;
                Some(paths.of(kind))
            }
        }
    }
}

impl fmt::Display for BrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
