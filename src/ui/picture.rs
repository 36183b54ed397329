//! The newest picture of each stream as a texture.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{ColorImage, Context, ImageData, TextureHandle, TextureId, TextureOptions, Vec2, vec2};

use crate::bridge::{Frame, FrameSlot};
use crate::device::StreamId;

/// One texture for each stream, however many tiles show it.
#[derive(Default)]
pub struct Pictures {
    textures: HashMap<StreamId, Picture>,
}

struct Picture {
    texture: TextureHandle,
    /// What was uploaded last; its memory is used again for the next picture.
    image: Arc<ColorImage>,
}

impl Pictures {
    /// Takes the newest picture out of `slot`, if there is a new one.
    pub fn take(&mut self, ctx: &Context, stream: StreamId, slot: &FrameSlot) {
        let Some(frame) = slot.take().filter(is_whole) else {
            return;
        };
        let size = [frame.width as usize, frame.height as usize];
        match self.textures.get_mut(&stream) {
            Some(picture) if picture.image.size == size => {
                match Arc::get_mut(&mut picture.image) {
                    Some(image) => image.as_raw_mut().copy_from_slice(&frame.data),
                    None => picture.image = image_of(size, &frame),
                }
                let image = ImageData::Color(Arc::clone(&picture.image));
                // A part that is the whole: the texture's memory on the graphics side is written over, not made anew.
                picture.texture.set_partial([0, 0], image, TextureOptions::LINEAR);
            }
            Some(picture) => {
                picture.image = image_of(size, &frame);
                picture
                    .texture
                    .set(ImageData::Color(Arc::clone(&picture.image)), TextureOptions::LINEAR);
            }
            None => {
                let image = image_of(size, &frame);
                let data = ImageData::Color(Arc::clone(&image));
                let texture = ctx.load_texture("picture", data, TextureOptions::LINEAR);
                self.textures.insert(stream, Picture { texture, image });
            }
        }
    }

    /// The texture of a stream and its size in pixels, once there was a picture.
    #[must_use]
    pub fn of(&self, stream: StreamId) -> Option<(TextureId, Vec2)> {
        let picture = self.textures.get(&stream)?;
        let [width, height] = picture.image.size;
        Some((picture.texture.id(), vec2(width as f32, height as f32)))
    }

    /// Lets go of the pictures of streams that nobody shows any more.
    pub fn retain(&mut self, shown: impl Fn(StreamId) -> bool) {
        self.textures.retain(|stream, _| shown(*stream));
    }
}

fn is_whole(frame: &Frame) -> bool {
    frame.width > 0 && frame.height > 0 && frame.data.len() == frame.width as usize * frame.height as usize * 4
}

fn image_of(size: [usize; 2], frame: &Frame) -> Arc<ColorImage> {
    let mut image = ColorImage::filled(size, egui::Color32::BLACK);
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
            assert_eq!(
                pictures.of(STREAM).map(|(_, size)| size),
                Some(vec2(width as f32, height as f32))
            );
        }
        pictures.retain(|_| false);
        assert!(pictures.of(STREAM).is_none());
    }

    #[test]
    fn a_frame_whose_bytes_do_not_match_its_size_is_not_painted() {
        let (ctx, slot, mut pictures) = (Context::default(), FrameSlot::default(), Pictures::default());
        for broken in [frame(4, 4, 60), frame(0, 0, 0)] {
            slot.publish(broken);
            pictures.take(&ctx, STREAM, &slot);
            assert!(pictures.of(STREAM).is_none());
        }
    }
}
