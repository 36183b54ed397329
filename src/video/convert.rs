use std::time::Instant;

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::bridge::{Blank, Frame, PixelOrder, Pixels};

use super::error::VideoError;

/// A tile that grows or shrinks by no more than this many pixels keeps the size of its pictures.
const TOLERANCE: u32 = 2;

/// Down to this fraction of the size bilinear scaling looks as good as a filter with more taps, in half of the time.
const BILINEAR_DOWN_TO: u32 = 2;

/// A small stream is enlarged up to this size where no GPU does it.
const LARGEST: (u32, u32) = (3840, 2160);

/// Converts raw pictures to the painter's pixels at the size of their tile, with the stream's own matrix and range.
///
/// Works in two steps, both of which GStreamer does with SIMD: scale the planes as they are, then convert what is left.
/// (One step would take its slow general path: 2 to 3 times the time.)
pub(super) struct FrameConverter {
    full_range: bool,
    plan: Option<Conversion>,
}

/// The converters for pictures of one format and tiles of one size.
struct Conversion {
    caps: gst::Caps,
    wanted: TileFormat,
    source: gst_video::VideoInfo,
    output: gst_video::VideoInfo,
    scale: Option<Scale>,
    convert: gst_video::VideoConverter,
}

/// The pixels that the tile needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TileFormat {
    /// The size in pixels; `None`: as large as the stream, but no larger than a screen, because nobody has said what it is for.
    pub target: Option<(u32, u32)>,
    pub order: PixelOrder,
}

impl TileFormat {
    /// All pixels that the stream has.
    pub(super) const ALL: Self = Self {
        target: Some((u32::MAX, u32::MAX)),
        order: PixelOrder::Rgba,
    };
}

struct Scale {
    converter: gst_video::VideoConverter,
    info: gst_video::VideoInfo,
}

impl FrameConverter {
    /// `full_range`: the codec always uses the full range, whatever the decoder says.
    pub(super) fn new(full_range: bool) -> Self {
        Self { full_range, plan: None }
    }

    /// The stream's own size, once a picture was converted.
    pub(super) fn source_size(&self) -> Option<(u32, u32)> {
        self.plan
            .as_ref()
            .map(|plan| (plan.source.width(), plan.source.height()))
    }

    /// Converts `picture`, which is as `caps` say, to the frame `number` in the wanted size. For a GPU the frame is never larger than
    /// the stream, because a GPU enlarges it itself.
    pub(super) fn convert(
        &mut self,
        picture: &gst::BufferRef,
        caps: &gst::CapsRef,
        wanted: TileFormat,
        number: u64,
    ) -> Result<Frame, VideoError> {
        if !self.plan.as_ref().is_some_and(|plan| plan.fits(caps, wanted)) {
            self.plan = Some(Conversion::new(caps, wanted, self.full_range)?);
        }
        let Some(plan) = &mut self.plan else {
            return Err(VideoError::Start("no plan".into()));
        };
        let data = plan.run(picture)?;
        Ok(Frame {
            width: plan.output.width(),
            height: plan.output.height(),
            data,
            order: wanted.order,
            number,
            at: Instant::now(),
        })
    }
}

impl Conversion {
    fn new(caps: &gst::CapsRef, wanted: TileFormat, full_range: bool) -> Result<Self, VideoError> {
        let decoded = gst_video::VideoInfo::from_caps(caps)?;
        let (width, height) = fit((decoded.width(), decoded.height()), wanted);
        let colorimetry = if full_range {
            jpeg_colorimetry()
        } else {
            decoded.colorimetry()
        };
        // The two fields of an interlaced picture are woven together, because a tile is mostly smaller than its source.
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

    fn fits(&self, caps: &gst::CapsRef, wanted: TileFormat) -> bool {
        if self.caps.as_ref() != caps || self.wanted.order != wanted.order {
            return false;
        }
        if self.wanted == wanted {
            return true;
        }
        let (width, height) = fit((self.source.width(), self.source.height()), wanted);
        self.output.width().abs_diff(width) <= TOLERANCE && self.output.height().abs_diff(height) <= TOLERANCE
    }

    fn run(&mut self, picture: &gst::BufferRef) -> Result<Pixels, VideoError> {
        let source = gst_video::VideoFrameRef::from_buffer_ref_readable(picture, &self.source)?;
        let Some(scale) = &mut self.scale else {
            return filled(&self.output, |output| self.convert.frame_ref(&source, output)).and_then(pixels_of);
        };
        let scaled = filled(&scale.info, |scaled| scale.converter.frame_ref(&source, scaled))?;
        let scaled = gst_video::VideoFrameRef::from_buffer_ref_readable(&scaled, &scale.info)?;
        filled(&self.output, |output| self.convert.frame_ref(&scaled, output)).and_then(pixels_of)
    }
}

/// A picture made by `fill` in memory that is lent to GStreamer.
fn filled(
    info: &gst_video::VideoInfo,
    fill: impl FnOnce(&mut gst_video::VideoFrameRef<&mut gst::BufferRef>),
) -> Result<gst::Buffer, VideoError> {
    let mut buffer = gst::Buffer::from_mut_slice(Blank::new(info.size()));
    let writable = buffer.get_mut().ok_or_else(shared_buffer)?;
    fill(&mut gst_video::VideoFrameRef::from_buffer_ref_writable(writable, info)?);
    Ok(buffer)
}

/// Takes the memory back from GStreamer.
fn pixels_of(buffer: gst::Buffer) -> Result<Pixels, VideoError> {
    match buffer.try_into_inner::<Blank>() {
        Ok(full) => Ok(full.into()),
        Err((_, error)) => Err(VideoError::Start(error.to_string())),
    }
}

fn shared_buffer() -> VideoError {
    VideoError::Start("a buffer of ours is shared".into())
}

/// The size of the frame: the wanted one, but with a GPU not larger than the source, and without one not larger than a
/// screen.
fn fit(source: (u32, u32), wanted: TileFormat) -> (u32, u32) {
    let most = match wanted.order {
        PixelOrder::Rgba => source,
        PixelOrder::Bgrx => (source.0.max(LARGEST.0), source.1.max(LARGEST.1)),
    };
    match wanted.target {
        Some((width, height)) => (width.clamp(1, most.0), height.clamp(1, most.1)),
        None => (source.0.min(LARGEST.0), source.1.min(LARGEST.1)),
    }
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

/// The converter's options, chosen for speed: the colour matrix is applied; dithering, gamma and primaries, whose effect
/// only a studio monitor shows, are not.
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
        let rgba = |target| TileFormat {
            target,
            order: PixelOrder::Rgba,
        };
        assert_eq!(fit((1280, 720), rgba(None)), (1280, 720));
        assert_eq!(fit((1280, 720), rgba(Some((480, 270)))), (480, 270));
        assert_eq!(fit((352, 240), rgba(Some((1920, 1080)))), (352, 240));
        assert_eq!(fit((704, 480), rgba(Some((800, 300)))), (704, 300));
        assert_eq!(fit((8_192, 8_192), rgba(None)), LARGEST, "nobody paints it yet");
        assert_eq!(fit((8_192, 8_192), TileFormat::ALL), (8_192, 8_192));
    }

    #[test]
    fn without_a_gpu_a_small_picture_is_enlarged_but_never_beyond_a_screen() {
        let bgrx = |target| TileFormat {
            target,
            order: PixelOrder::Bgrx,
        };
        assert_eq!(fit((352, 240), bgrx(None)), (352, 240));
        assert_eq!(fit((352, 240), bgrx(Some((1920, 1080)))), (1920, 1080));
        assert_eq!(fit((352, 240), bgrx(Some((30_000, 20_000)))), LARGEST);
    }
}
