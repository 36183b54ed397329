use std::collections::HashMap;

use egui::{Color32, ImageData, TextureFilter, TextureId, TexturesDelta};

/// The textures that egui asked to keep, above all its atlas of glyphs.
#[derive(Default)]
pub struct Textures(HashMap<TextureId, Texture>);

pub(super) struct Texture {
    size: [usize; 2],
    pixels: Vec<Color32>,
    smooth: bool,
}

impl Textures {
    /// Takes changes over. `true`: a texture was made anew, so that what was painted with it may look different now.
    pub fn apply(&mut self, mut delta: TexturesDelta) -> bool {
        let mut anew = false;
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                match change.pos {
                    None => {
                        anew = true;
                        let texture = Texture {
                            size: image.size,
                            pixels: image.pixels.clone(),
                            smooth: change.options.magnification == TextureFilter::Linear,
                        };
                        self.0.insert(id, texture);
                    }
                    Some(at) => {
                        if let Some(texture) = self.0.get_mut(&id) {
                            texture.patch(at, image);
                        }
                    }
                }
            }
        }
        self.free(std::mem::take(&mut delta.free));
        anew
    }

    pub fn free(&mut self, ids: impl IntoIterator<Item = TextureId>) {
        for id in ids {
            self.0.remove(&id);
        }
    }

    pub(super) fn get(&self, id: TextureId) -> Option<&Texture> {
        self.0.get(&id)
    }
}

impl Texture {
    /// Width and height, in texels.
    pub(super) fn size(&self) -> [f32; 2] {
        self.size.map(|side| side as f32)
    }

    pub(super) fn is_smooth(&self) -> bool {
        self.smooth
    }

    fn patch(&mut self, [left, top]: [usize; 2], image: &egui::ColorImage) {
        for (row, source) in image.pixels.chunks_exact(image.size[0].max(1)).enumerate() {
            let start = (top + row) * self.size[0] + left;
            if left + source.len() <= self.size[0]
                && let Some(target) = self.pixels.get_mut(start..start + source.len())
            {
                target.copy_from_slice(source);
            }
        }
    }

    /// The texel at a place; the edge's own outside of the texture.
    #[inline]
    pub(super) fn texel(&self, x: i32, y: i32) -> [u8; 4] {
        let x = (x.max(0) as usize).min(self.size[0].saturating_sub(1));
        let y = (y.max(0) as usize).min(self.size[1].saturating_sub(1));
        self.pixels
            .get(y * self.size[0] + x)
            .copied()
            .unwrap_or_default()
            .to_array()
    }

    /// The colour between four texels. `x`, `y`: in texels.
    pub(super) fn between(&self, x: f32, y: f32) -> [u8; 4] {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = (x - left, y - top);
        let (left, top) = (left as i32, top as i32);
        let [a, b, c, d] = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(right, down)| self.texel(left.saturating_add(right), top.saturating_add(down)));
        std::array::from_fn(|channel| {
            let mix = |from: u8, to: u8, share: f32| f32::from(from) + (f32::from(to) - f32::from(from)) * share;
            let upper = mix(a[channel], b[channel], right_share);
            let lower = mix(c[channel], d[channel], right_share);
            (upper + (lower - upper) * lower_share + 0.5) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use egui::epaint::ImageDelta;
    use egui::{ColorImage, TextureOptions};

    use super::*;

    fn image(size: [usize; 2], value: u8) -> Arc<ColorImage> {
        Arc::new(ColorImage::filled(size, Color32::from_gray(value)))
    }

    #[test]
    fn a_texture_is_made_patched_and_freed() {
        let mut textures = Textures::default();
        let id = TextureId::default();
        let mut made = TexturesDelta::default();
        made.push(id, ImageDelta::full(image([4, 4], 0), TextureOptions::LINEAR));
        assert!(textures.apply(made));
        let mut patch = TexturesDelta::default();
        patch.push(
            id,
            ImageDelta::partial([1, 2], image([2, 1], 200), TextureOptions::LINEAR),
        );
        patch.push(
            id,
            ImageDelta::partial([3, 3], image([2, 2], 99), TextureOptions::LINEAR),
        );
        assert!(!textures.apply(patch), "what was painted stays right");
        let texture = textures.get(id).unwrap();
        assert_eq!(texture.texel(1, 2)[0], 200);
        assert_eq!(texture.texel(3, 2)[0], 0);
        assert_eq!(texture.texel(3, 3)[0], 0, "a patch that does not fit is left out");
        assert_eq!(texture.between(2.0, 2.5)[0], 200);
        assert_eq!(texture.between(3.0, 2.5)[0], 100);
        let mut freed = TexturesDelta::default();
        freed.free(id);
        textures.apply(freed);
        assert!(textures.get(id).is_none());
    }
}
