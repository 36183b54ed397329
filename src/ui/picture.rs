//! The newest picture of each stream: as a texture, or without a GPU as a picture that the window paints itself.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{
    Color32, ColorImage, Context, ImageData, PaintCallback, Painter, Rect, Shape, TextureHandle, TextureOptions, Vec2,
    vec2,
};

use crate::bridge::{Frame, FrameSlot, PixelOrder};
use device::{ChannelId, StreamId};
use soft_window::raster::{NewestPicture, PictureCallback, is_whole};
use wall::{Aspect, Shapes};

/// The newest picture of each stream. Tiles that show the same stream share it.
#[derive(Default)]
pub struct Pictures {
    shown: HashMap<StreamId, ShownPicture>,
    shapes: Shapes,
    /// The window paints without a GPU: it takes pictures out of their slots itself, without egui.
    direct: bool,
}

enum ShownPicture {
    Texture {
        size: [usize; 2],
        texture: TextureHandle,
        /// The picture that was uploaded last; its memory is used again for the next one.
        image: Arc<ColorImage>,
    },
    Direct(Arc<NewestPicture>),
}

impl Pictures {
    /// `direct`: the window is painted by `raster`, which needs no textures of pictures.
    #[must_use]
    pub fn new(direct: bool) -> Self {
        Self {
            direct,
            ..Self::default()
        }
    }

    /// Takes the newest picture out of `slot`, if there is a new one.
    pub fn take(&mut self, ctx: &Context, stream: StreamId, slot: &Arc<FrameSlot>) {
        if let Some(size) = slot.source() {
            self.shapes.learn(stream, size);
        }
        if self.direct {
            let picture = self
                .shown
                .entry(stream)
                .or_insert_with(|| ShownPicture::Direct(Arc::new(NewestPicture::new(slot))));
            if let ShownPicture::Direct(newest) = picture {
                newest.follow(slot);
                newest.refresh();
            }
            return;
        }
        slot.set_order(PixelOrder::Rgba);
        let Some(frame) = slot
            .take()
            .filter(is_whole)
            .filter(|frame| frame.order == PixelOrder::Rgba)
        else {
            return;
        };
        let size = [frame.width as usize, frame.height as usize];
        let picture = match self.shown.remove(&stream) {
            Some(ShownPicture::Texture {
                size: was,
                mut texture,
                mut image,
            }) => {
                match Arc::get_mut(&mut image).filter(|_| was == size) {
                    Some(image) => image.as_raw_mut().copy_from_slice(&frame.data),
                    None => image = image_of(size, &frame),
                }
                let data = ImageData::Color(Arc::clone(&image));
                if was == size {
                    // Updating "a part" that covers the whole texture overwrites its memory on the GPU instead of
                    // allocating it anew.
                    texture.set_partial([0, 0], data, TextureOptions::LINEAR);
                } else {
                    texture.set(data, TextureOptions::LINEAR);
                }
                ShownPicture::Texture { size, texture, image }
            }
            _ => {
                let image = image_of(size, &frame);
                let data = ImageData::Color(Arc::clone(&image));
                let texture = ctx.load_texture("picture", data, TextureOptions::LINEAR);
                ShownPicture::Texture { size, texture, image }
            }
        };
        self.shown.insert(stream, picture);
    }

    /// The size of a stream's newest picture in pixels; `None` before the first one.
    #[must_use]
    pub fn size(&self, stream: StreamId) -> Option<Vec2> {
        match self.shown.get(&stream)? {
            ShownPicture::Texture {
                size: [width, height], ..
            } => Some(vec2(*width as f32, *height as f32)),
            ShownPicture::Direct(newest) => newest.size().map(|[width, height]| vec2(width as f32, height as f32)),
        }
    }

    /// Width and height of the channel's picture, of which only the relation counts; `None`: no picture of it was seen yet.
    #[must_use]
    pub fn shape(&self, channel: ChannelId) -> Option<[f32; 2]> {
        self.shapes.of(channel)
    }

    /// The size that a tile lays the picture of `stream` out by: its main stream's, so that it does not jump when the streams
    /// change, but pixel by pixel its own. `slot`: where the stream's pictures come from.
    #[must_use]
    pub fn laid_out_by(&self, stream: StreamId, slot: &FrameSlot, aspect: Aspect) -> Option<Vec2> {
        let painted = self.size(stream)?;
        let own = slot.source();
        let own = own.map_or(painted, |(width, height)| vec2(width as f32, height as f32));
        match aspect {
            Aspect::Original => Some(own),
            Aspect::Fit | Aspect::Fill | Aspect::Stretch => Some(self.shape(stream.channel).map_or(own, Vec2::from)),
        }
    }

    /// Drops what is known of channels that are not registered any more.
    pub fn forget(&mut self, exists: impl Fn(ChannelId) -> bool) {
        self.shapes.retain(exists);
    }

    /// Paints the `part` of the stream's picture (fractions from the upper left) into `area`. `light` dims it: 255 is
    /// full brightness.
    pub fn paint(&self, painter: &Painter, stream: StreamId, area: Rect, part: Rect, light: u8) {
        match self.shown.get(&stream) {
            Some(ShownPicture::Texture { texture, .. }) => {
                painter.image(texture.id(), area, part, Color32::from_gray(light));
            }
            Some(ShownPicture::Direct(newest)) => {
                let shown = PictureCallback {
                    newest: Arc::clone(newest),
                    part,
                };
                painter.add(Shape::Callback(PaintCallback {
                    rect: area,
                    callback: Arc::new(shown),
                }));
                if light < u8::MAX {
                    painter.rect_filled(area, 0.0, Color32::from_black_alpha(u8::MAX - light));
                }
            }
            None => {}
        }
    }

    /// Drops the pictures of all streams for which `shown` says no.
    pub fn retain(&mut self, shown: impl Fn(StreamId) -> bool) {
        self.shown.retain(|stream, _| shown(*stream));
    }
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
    use device::{ChannelId, DeviceId, StreamKind};

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
            order: PixelOrder::Rgba,
            number: 1,
            at: Instant::now(),
        }
    }

    #[test]
    fn a_picture_replaces_the_last_one_and_may_change_its_size() {
        for direct in [false, true] {
            let (ctx, slot, mut pictures) = (Context::default(), Arc::default(), Pictures::new(direct));
            for (width, height) in [(4, 2), (4, 2), (8, 4)] {
                FrameSlot::publish(&slot, frame(width, height, (width * height * 4) as usize));
                pictures.take(&ctx, STREAM, &slot);
                assert_eq!(pictures.size(STREAM), Some(vec2(width as f32, height as f32)));
            }
            pictures.retain(|_| false);
            assert!(pictures.size(STREAM).is_none());
        }
    }

    #[test]
    fn a_frame_whose_bytes_do_not_match_its_size_is_not_painted() {
        for direct in [false, true] {
            let (ctx, slot, mut pictures) = (Context::default(), Arc::default(), Pictures::new(direct));
            for broken in [frame(4, 4, 60), frame(0, 0, 0)] {
                FrameSlot::publish(&slot, broken);
                pictures.take(&ctx, STREAM, &slot);
                assert!(pictures.size(STREAM).is_none());
            }
        }
    }
}
