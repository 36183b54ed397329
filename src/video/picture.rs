use std::sync::Arc;
use std::time::Instant;

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::bridge::{Frame, PixelOrder};

use super::error::VideoError;

/// A tile that grows or shrinks by no more than this many pixels keeps the size of its pictures.
const TOLERANCE: u32 = 2;

/// Down to half the size, two taps (bilinear) look as good as the many that avoid aliasing, for half of the time.
const BILINEAR_DOWN_TO: u32 = 2;

/// A small stream is enlarged up to this size where no GPU does it.
const LARGEST: (u32, u32) = (3840, 2160);

/// Buffers kept for reuse: one in the slot, one at the painter, one being written.
const KEPT_BUFFERS: usize = 3;

/// Converts raw pictures to the painter's pixels at the size of their tile, with the stream's own matrix and range.
///
/// Works in two steps, both of which GStreamer does with SIMD: scale the planes as they are, then convert what is left.
/// (One step would take its slow general path: 2 to 3 times the time.)
pub(super) struct Painter {
    full_range: bool,
    plan: Option<Plan>,
    buffers: Vec<Arc<[u8]>>,
}

/// How pictures of one kind become tiles of one size.
struct Plan {
    caps: gst::Caps,
    wanted: Wanted,
    source: gst_video::VideoInfo,
    output: gst_video::VideoInfo,
    scale: Option<Scale>,
    convert: gst_video::VideoConverter,
}

/// What the painter asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// In pixels; none: as large as the stream.
    pub target: Option<(u32, u32)>,
    pub order: PixelOrder,
}

struct Scale {
    converter: gst_video::VideoConverter,
    info: gst_video::VideoInfo,
    picture: gst::Buffer,
}

/// Lent to GStreamer as a buffer, and taken back full.
struct Pixels(Arc<[u8]>);

impl AsMut<[u8]> for Pixels {
    fn as_mut(&mut self) -> &mut [u8] {
        // Always the only owner: see `Painter::buffer`.
        Arc::get_mut(&mut self.0).unwrap_or_default()
    }
}

impl Painter {
    /// `full_range`: the codec always uses the full range, whatever the decoder says.
    pub(super) fn new(full_range: bool) -> Self {
        Self {
            full_range,
            plan: None,
            buffers: Vec::new(),
        }
    }

    /// The stream's own size, once a picture was painted.
    pub(super) fn source_size(&self) -> Option<(u32, u32)> {
        self.plan
            .as_ref()
            .map(|plan| (plan.source.width(), plan.source.height()))
    }

    /// Paints `sample` as the frame `number`, as large as wanted; a GPU enlarges by itself, so that a picture for one is never
    /// larger than the stream.
    pub(super) fn paint(&mut self, sample: &gst::SampleRef, wanted: Wanted, number: u64) -> Result<Frame, VideoError> {
        let buffer = sample
            .buffer()
            .ok_or_else(|| VideoError::Start("a sample without a buffer".into()))?;
        let caps = sample
            .caps()
            .ok_or_else(|| VideoError::Start("a sample without caps".into()))?;
        if !self.plan.as_ref().is_some_and(|plan| plan.fits(caps, wanted)) {
            self.plan = Some(Plan::new(caps, wanted, self.full_range)?);
        }
        let pixels = {
            let size = self.plan.as_ref().map_or(0, |plan| plan.output.size());
            Pixels(self.buffer(size))
        };
        let Some(plan) = &mut self.plan else {
            return Err(VideoError::Start("no plan".into()));
        };
        let data = plan.paint(buffer, pixels)?;
        if self.buffers.len() < KEPT_BUFFERS {
            self.buffers.push(Arc::clone(&data));
        }
        Ok(Frame {
            width: plan.output.width(),
            height: plan.output.height(),
            data,
            order: wanted.order,
            number,
            at: Instant::now(),
        })
    }

    /// A buffer of `size` bytes that nobody else holds.
    fn buffer(&mut self, size: usize) -> Arc<[u8]> {
        self.buffers.retain(|buffer| buffer.len() == size);
        let free = self
            .buffers
            .iter_mut()
            .position(|buffer| Arc::get_mut(buffer).is_some());
        match free {
            Some(index) => self.buffers.swap_remove(index),
            None => {
                if self.buffers.len() >= KEPT_BUFFERS {
                    self.buffers.remove(0);
                }
                std::iter::repeat_n(0, size).collect()
            }
        }
    }
}

impl Plan {
    fn new(caps: &gst::CapsRef, wanted: Wanted, full_range: bool) -> Result<Self, VideoError> {
        let decoded = gst_video::VideoInfo::from_caps(caps)?;
        let (width, height) = fit((decoded.width(), decoded.height()), wanted);
        let colorimetry = if full_range {
            jpeg_colorimetry()
        } else {
            decoded.colorimetry()
        };
        // The fields of an interlaced picture are shown woven: a tile is mostly smaller than its source.
        let info = |width, height| {
            gst_video::VideoInfo::builder(decoded.format(), width, height)
                .colorimetry(&colorimetry)
                .chroma_site(decoded.chroma_site())
                .build()
        };
        let source = info(decoded.width(), decoded.height())?;
        let format = match wanted.order {
            PixelOrder::Rgba => gst_video::VideoFormat::Rgba,
            PixelOrder::Bgrx => gst_video::VideoFormat::Bgrx,
        };
        let output = gst_video::VideoInfo::builder(format, width, height).build()?;
        let scaled = info(width, height)?;
        let scale = if (width, height) == (source.width(), source.height()) {
            None
        } else {
            let converter = gst_video::VideoConverter::new(&source, &scaled, Some(scaling(&source, &scaled)))?;
            Some(Scale {
                converter,
                picture: gst::Buffer::with_size(scaled.size())?,
                info: scaled.clone(),
            })
        };
        let convert = gst_video::VideoConverter::new(&scaled, &output, Some(cheap()))?;
        Ok(Self {
            caps: caps.to_owned(),
            wanted,
            source,
            output,
            scale,
            convert,
        })
    }

    fn fits(&self, caps: &gst::CapsRef, wanted: Wanted) -> bool {
        if self.caps.as_ref() != caps || self.wanted.order != wanted.order {
            return false;
        }
        if self.wanted == wanted {
            return true;
        }
        let (width, height) = fit((self.source.width(), self.source.height()), wanted);
        self.output.width().abs_diff(width) <= TOLERANCE && self.output.height().abs_diff(height) <= TOLERANCE
    }

    fn paint(&mut self, picture: &gst::BufferRef, pixels: Pixels) -> Result<Arc<[u8]>, VideoError> {
        let mut painted = gst::Buffer::from_mut_slice(pixels);
        {
            let source = gst_video::VideoFrameRef::from_buffer_ref_readable(picture, &self.source)?;
            let writable = painted.get_mut().ok_or_else(shared_buffer)?;
            let mut output = gst_video::VideoFrameRef::from_buffer_ref_writable(writable, &self.output)?;
            match &mut self.scale {
                None => self.convert.frame_ref(&source, &mut output),
                Some(scale) => {
                    scale.run(&source)?;
                    let scaled = gst_video::VideoFrameRef::from_buffer_ref_readable(&scale.picture, &scale.info)?;
                    self.convert.frame_ref(&scaled, &mut output);
                }
            }
        }
        match painted.try_into_inner::<Pixels>() {
            Ok(pixels) => Ok(pixels.0),
            Err((_, error)) => Err(VideoError::Start(error.to_string())),
        }
    }
}

impl Scale {
    fn run(&mut self, source: &gst_video::VideoFrameRef<&gst::BufferRef>) -> Result<(), VideoError> {
        let buffer = self.picture.get_mut().ok_or_else(shared_buffer)?;
        let mut scaled = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &self.info)?;
        self.converter.frame_ref(source, &mut scaled);
        Ok(())
    }
}

fn shared_buffer() -> VideoError {
    VideoError::Start("a buffer of ours is shared".into())
}

/// The picture's size: as asked for. Who has a GPU gets nothing larger than the source, who has none nothing larger than a screen.
fn fit(source: (u32, u32), wanted: Wanted) -> (u32, u32) {
    let most = match wanted.order {
        PixelOrder::Rgba => source,
        PixelOrder::Bgrx => (source.0.max(LARGEST.0), source.1.max(LARGEST.1)),
    };
    wanted.target.map_or(source, |(width, height)| {
        (width.clamp(1, most.0), height.clamp(1, most.1))
    })
}

/// JFIF: BT.601 matrix, full range.
fn jpeg_colorimetry() -> gst_video::VideoColorimetry {
    gst_video::VideoColorimetry::new(
        gst_video::VideoColorRange::Range0_255,
        gst_video::VideoColorMatrix::Bt601,
        gst_video::VideoTransferFunction::Unknown,
        gst_video::VideoColorPrimaries::Unknown,
    )
}

/// The matrix is honoured; what only a studio monitor would show is not done.
fn cheap() -> gst_video::VideoConverterConfig {
    let mut config = gst_video::VideoConverterConfig::new();
    config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_chroma_mode(gst_video::VideoChromaMode::None);
    config.set_dither_method(gst_video::VideoDitherMethod::None);
    config.set_gamma_mode(gst_video::VideoGammaMode::None);
    config.set_primaries_mode(gst_video::VideoPrimariesMode::None);
    config.set_matrix_mode(gst_video::VideoMatrixMode::Full);
    config.set_threads(1);
    config
}

fn scaling(source: &gst_video::VideoInfo, scaled: &gst_video::VideoInfo) -> gst_video::VideoConverterConfig {
    let mut config = cheap();
    let small_step = |from: u32, to: u32| from <= to.saturating_mul(BILINEAR_DOWN_TO);
    if small_step(source.width(), scaled.width()) && small_step(source.height(), scaled.height()) {
        config.set_resampler_taps(2);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_as_large_as_its_tile_but_never_larger_than_its_source() {
        let rgba = |target| Wanted {
            target,
            order: PixelOrder::Rgba,
        };
        assert_eq!(fit((1280, 720), rgba(None)), (1280, 720));
        assert_eq!(fit((1280, 720), rgba(Some((480, 270)))), (480, 270));
        assert_eq!(fit((352, 240), rgba(Some((1920, 1080)))), (352, 240));
        assert_eq!(fit((704, 480), rgba(Some((800, 300)))), (704, 300));
    }

    #[test]
    fn without_a_gpu_a_small_picture_is_enlarged_but_never_beyond_a_screen() {
        let bgrx = |target| Wanted {
            target,
            order: PixelOrder::Bgrx,
        };
        assert_eq!(fit((352, 240), bgrx(None)), (352, 240));
        assert_eq!(fit((352, 240), bgrx(Some((1920, 1080)))), (1920, 1080));
        assert_eq!(fit((352, 240), bgrx(Some((30_000, 20_000)))), LARGEST);
    }

    #[test]
    fn buffers_are_reused_once_nobody_holds_them() {
        let mut painter = Painter::new(false);
        let first = painter.buffer(16);
        let address = first.as_ptr();
        painter.buffers.push(Arc::clone(&first));
        assert_ne!(painter.buffer(16).as_ptr(), address, "still held by the slot");
        drop(first);
        assert_eq!(painter.buffer(16).as_ptr(), address);
        assert!(painter.buffers.is_empty());
    }
}
