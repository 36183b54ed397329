//! The shape of each channel's picture: that of its main stream, because recorders squeeze the sub stream into sizes of their own.

use std::collections::HashMap;

use device::{ChannelId, StreamId, StreamKind};

/// What is known of the shapes of pictures, as long as the program runs.
#[derive(Debug, Default)]
pub struct Shapes {
    known: HashMap<ChannelId, Sizes>,
}

/// Width and height of a channel's streams, in pixels.
#[derive(Clone, Copy, Debug, Default)]
struct Sizes {
    main: Option<[f32; 2]>,
    sub: Option<[f32; 2]>,
}

impl Shapes {
    /// Pictures of `stream` have this size in pixels.
    pub fn learn(&mut self, stream: StreamId, (width, height): (u32, u32)) {
        if width == 0 || height == 0 {
            return;
        }
        let size = [width as f32, height as f32];
        let sizes = self.known.entry(stream.channel).or_default();
        match stream.kind {
            StreamKind::Main => sizes.main = Some(size),
            StreamKind::Sub if sizes.sub == Some(size) => {}
            StreamKind::Sub => {
                // Another size comes with another camera or another setting, whose main stream was not seen yet.
                if sizes.sub.replace(size).is_some() {
                    sizes.main = None;
                }
            }
        }
    }

    /// Width and height that the channel's picture is laid out by: those of the main stream once it was seen, until then those of
    /// the sub stream. Only their relation counts.
    #[must_use]
    pub fn of(&self, channel: ChannelId) -> Option<[f32; 2]> {
        let sizes = self.known.get(&channel)?;
        sizes.main.or(sizes.sub)
    }

    /// Forgets channels that are no longer registered.
    pub fn retain(&mut self, exists: impl Fn(ChannelId) -> bool) {
        self.known.retain(|channel, _| exists(*channel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::DeviceId;

    fn stream(kind: StreamKind) -> StreamId {
        let channel = ChannelId {
            device: DeviceId(1),
            number: 1,
        };
        StreamId { channel, kind }
    }

    #[test]
    fn the_main_stream_decides_once_it_was_seen_and_holds() {
        let mut shapes = Shapes::default();
        let channel = stream(StreamKind::Main).channel;
        assert_eq!(shapes.of(channel), None);
        shapes.learn(stream(StreamKind::Sub), (352, 240));
        assert_eq!(shapes.of(channel), Some([352.0, 240.0]));
        shapes.learn(stream(StreamKind::Main), (1920, 1080));
        shapes.learn(stream(StreamKind::Sub), (352, 240));
        assert_eq!(shapes.of(channel), Some([1920.0, 1080.0]));
        shapes.learn(stream(StreamKind::Main), (0, 0));
        assert_eq!(shapes.of(channel), Some([1920.0, 1080.0]));
    }

    #[test]
    fn another_camera_is_not_shown_in_the_shape_of_the_one_before() {
        let mut shapes = Shapes::default();
        let channel = stream(StreamKind::Main).channel;
        shapes.learn(stream(StreamKind::Sub), (352, 240));
        shapes.learn(stream(StreamKind::Main), (1920, 1080));
        shapes.learn(stream(StreamKind::Sub), (480, 640));
        assert_eq!(shapes.of(channel), Some([480.0, 640.0]));
        shapes.learn(stream(StreamKind::Main), (1200, 1600));
        assert_eq!(shapes.of(channel), Some([1200.0, 1600.0]));
        shapes.retain(|_| false);
        assert_eq!(shapes.of(channel), None);
    }
}
