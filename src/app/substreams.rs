//! Which devices offer a small stream beside the large one.

use std::collections::HashMap;

use device::{Brands, DeviceId, Registry, StreamKind};
use wall::ShownTile;

/// Remembers for each device whether its small stream differs from the large one, because this is asked many times a
/// second.
#[derive(Default)]
pub(super) struct Substreams(HashMap<DeviceId, bool>);

impl Substreams {
    pub(super) fn registry_changed(&mut self) {
        self.0.clear();
    }

    pub(super) fn learn<'a>(
        &mut self,
        shown: impl IntoIterator<Item = &'a ShownTile>,
        registry: &Registry,
        brands: &Brands,
    ) {
        for tile in shown {
            let id = tile.channel.device;
            self.0.entry(id).or_insert_with(|| {
                let path = |kind| {
                    let device = registry.device(id)?;
                    Some(brands.template(device, 1, kind)?.expand(1, kind, None))
                };
                path(StreamKind::Sub).is_some_and(|sub| path(StreamKind::Main).as_ref() != Some(&sub))
            });
        }
    }

    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.0.get(&device).copied().unwrap_or(false)
    }
}
