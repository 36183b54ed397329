//! The newest picture of each stream as a texture.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Color32, ColorImage, Context, ImageData, Painter, Rect, TextureHandle, TextureOptions, Vec2, vec2};

use super::blit::{Blit, Surface};
use crate::bridge::{Frame, FrameSlot};
use crate::device::StreamId;

/// One texture for each stream, however many tiles show it.
#[derive(Default)]
pub struct Pictures {
    shown: HashMap<StreamId, Picture>,
    blit: Option<Blit>,
    ground: Option<Color32>,
}

struct Picture {
    size: [usize; 2],
    texture: Texture,
}

enum Texture {
    /// With what was uploaded last; its memory is used again for the next picture.
    Egui(TextureHandle, Arc<ColorImage>),
    Copied(Arc<Surface>),
}

impl Pictures {
    /// `blit`: copies pictures to the screen instead of leaving them to egui.
    #[must_use]
    pub fn new(blit: Option<Blit>) -> Self {
        Self {
            shown: HashMap::new(),
            blit,
            ground: None,
        }
    }

    /// Decides for one frame what the window is cleared to, so that as little as possible is painted over it: clearing costs a
    /// software rasteriser next to nothing. `empty`: the colour of a tile without a picture, where windows can have it.
    pub fn begin_frame(&mut self, empty: Option<Color32>) {
        let empty = empty.filter(|_| self.shown.is_empty());
        self.ground = self.blit.is_some().then(|| empty.unwrap_or(Color32::BLACK));
    }

    /// What the window is cleared to, where pictures decide that.
    #[must_use]
    pub fn ground(&self) -> Option<Color32> {
        self.ground
    }

    /// Takes the newest picture out of `slot`, if there is a new one.
    pub fn take(&mut self, ctx: &Context, stream: StreamId, slot: &FrameSlot) {
        let Some(frame) = slot.take().filter(is_whole) else {
            return;
        };
        let size = [frame.width as usize, frame.height as usize];
        let known = self.shown.remove(&stream);
        let texture = match (&self.blit, known) {
            (
                Some(_),
                Some(Picture {
                    texture: Texture::Copied(surface),
                    ..
                }),
            ) => Texture::Copied(surface.with(frame)),
            (Some(blit), _) => Texture::Copied(blit.surface().with(frame)),
            (
                None,
                Some(Picture {
                    size: was,
                    texture: Texture::Egui(mut texture, mut image),
                }),
            ) => {
                match Arc::get_mut(&mut image).filter(|_| was == size) {
                    Some(image) => image.as_raw_mut().copy_from_slice(&frame.data),
                    None => image = image_of(size, &frame),
                }
                let data = ImageData::Color(Arc::clone(&image));
                if was == size {
                    // A part that is the whole: the texture's memory on the graphics side is written over, not made anew.
                    texture.set_partial([0, 0], data, TextureOptions::LINEAR);
                } else {
                    texture.set(data, TextureOptions::LINEAR);
                }
                Texture::Egui(texture, image)
            }
            (None, _) => {
                let image = image_of(size, &frame);
                let data = ImageData::Color(Arc::clone(&image));
                Texture::Egui(ctx.load_texture("picture", data, TextureOptions::LINEAR), image)
            }
        };
        self.shown.insert(stream, Picture { size, texture });
    }

    /// The size of a stream's picture in pixels, once there was one.
    #[must_use]
    pub fn size(&self, stream: StreamId) -> Option<Vec2> {
        let [width, height] = self.shown.get(&stream)?.size;
        Some(vec2(width as f32, height as f32))
    }

    /// Fills `area` with the `part` of the stream's picture (0 to 1 from the upper left), darkened to `light` of 255.
    pub fn paint(&self, painter: &Painter, stream: StreamId, area: Rect, part: Rect, light: u8) {
        let Some(picture) = self.shown.get(&stream) else { return };
        match &picture.texture {
            Texture::Egui(texture, _) => {
                painter.image(texture.id(), area, part, Color32::from_gray(light));
            }
            Texture::Copied(surface) => {
                painter.add(surface.shape(area, part));
                if light < u8::MAX {
                    painter.rect_filled(area, 0.0, Color32::from_black_alpha(u8::MAX - light));
                }
            }
        }
    }

    /// Lets go of the pictures of streams that nobody shows any more.
    pub fn retain(&mut self, shown: impl Fn(StreamId) -> bool) {
        self.shown.retain(|stream, _| shown(*stream));
    }
}

fn is_whole(frame: &Frame) -> bool {
    frame.width > 0 && frame.height > 0 && frame.data.len() == frame.width as usize * frame.height as usize * 4
}

fn image_of(size: [usize; 2], frame: &Frame) -> Arc<ColorImage> {
    let mut image = ColorImage::filled(size, Color32::BLACK);
    image.as_raw_mut().copy_from_slice(&frame.data);
    Arc::new(image)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::device::{ChannelId, DeviceId, StreamKind};

    const STREAM: StreamId = StreamId {
        channel: ChannelId {
            device: DeviceId(1),
            number: 1,
        },
        kind: StreamKind::Main,
    };

    fn frame(width: u32, height: u32, bytes: usize) -> Frame {
        Frame {
            width,
            height,
            data: vec![7; bytes].into(),
            number: 1,
            at: Instant::now(),
        }
    }

    #[test]
    fn a_picture_replaces_the_last_one_and_may_change_its_size() {
        let (ctx, slot, mut pictures) = (Context::default(), FrameSlot::default(), Pictures::default());
        for (width, height) in [(4, 2), (4, 2), (8, 4)] {
            slot.publish(frame(width, height, (width * height * 4) as usize));
            pictures.take(&ctx, STREAM, &slot);
            assert_eq!(pictures.size(STREAM), Some(vec2(width as f32, height as f32)));
        }
        pictures.retain(|_| false);
        assert!(pictures.size(STREAM).is_none());
    }

    #[test]
    fn a_frame_whose_bytes_do_not_match_its_size_is_not_painted() {
        let (ctx, slot, mut pictures) = (Context::default(), FrameSlot::default(), Pictures::default());
        for broken in [frame(4, 4, 60), frame(0, 0, 0)] {
            slot.publish(broken);
            pictures.take(&ctx, STREAM, &slot);
            assert!(pictures.size(STREAM).is_none());
        }
    }
}
