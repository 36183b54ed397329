use i18n_embed_fl::fl;

use crate::demo::{DemoConfig, DemoDvr};
use crate::i18n::Words;
use crate::store::{Profile, Scratch};
use device::{BrandId, Draft};
use settings::{Settings, Theme};

/// How many channels the demo shows: a wall of 4 × 4.
const CHANNELS: u16 = 16;

/// A demo DVR on loopback and a throw-away profile in which it is registered; both go when this is dropped.
pub struct DemoProfile {
    _dvr: DemoDvr,
    folder: Scratch,
}

impl DemoProfile {
    /// Starts the DVR on a free port and registers it under a name in this language. `theme`: that of its window.
    ///
    /// # Errors
    /// In words for a person: no port, no temporary folder, or no GStreamer plug-in.
    pub fn start(theme: Option<Theme>, words: &Words) -> Result<Self, String> {
        let config = DemoConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            channels: CHANNELS,
            credentials: None,
        };
        let dvr = DemoDvr::start(config).map_err(|error| error.to_string())?;
        let folder = Scratch::new("monomi-demo-").map_err(|error| error.to_string())?;
        let demo = Self { folder, _dvr: dvr };
        let profile = demo.profile()?;
        let address = demo._dvr.address();
        let draft = Draft {
            site: fl!(words, "demo-site"),
            name: fl!(words, "demo-device"),
            brand: Some(BrandId("monomi-demo".to_owned())),
            host: address.ip().to_string(),
            port: address.port().to_string(),
            channels: CHANNELS.to_string(),
            ..Draft::new()
        };
        let brands = crate::store::brands();
        if let Some(theme) = theme {
            let settings = Settings {
                theme,
                ..Settings::default()
            };
            profile.save_settings(&settings).map_err(|error| error.to_string())?;
        }
        let saved = profile.update_registry(|registry| {
            let edit = draft
                .parse(registry, &brands, None)
                .map_err(|errors| format!("{errors:?}"))?;
            registry.save(edit).map_err(|error| error.to_string())
        });
        saved.map_err(|error| error.to_string())??;
        Ok(demo)
    }

    /// The throw-away profile.
    ///
    /// # Errors
    /// When its folder cannot be used.
    pub fn profile(&self) -> Result<Profile, String> {
        Profile::open(Some(self.folder.path().to_path_buf())).map_err(|error| error.to_string())
    }
}
