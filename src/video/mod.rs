//! WHAT GSTREAMER DOES: one stream's RTP packets into one slot of pictures, and one track's into the speakers.
//!
//! Belongs here: decoding, conversion to RGBA at the tile's size, sound, the tone of an alert, and nothing that lasts longer than one
//! stream. Does not belong here: sockets and RTSP (packets are handed in), when to connect or to try again (a [`Player`]
//! reports a failure once and is then rebuilt by its owner), painting.

mod budget;
mod caps;
mod chain;
mod convert;
mod elements;
mod error;
mod feed;
mod gate;
mod given_sets;
mod player;
mod recorded;
mod sound;
mod tone;

pub use budget::Excess;
pub use caps::TrackCaps;
pub use chain::DecoderChoice;
pub use error::VideoError;
pub use player::{Player, PlayerConfig, PlayerEvent, TooLarge, Whole};
pub use recorded::RecordedUnits;
pub use sound::{SoundEvent, SoundFault, SoundOutput, SoundPlayer};
pub use tone::play_tone;

/// Which GStreamer this is and what it can decode pictures with, for a report.
#[must_use]
pub fn about() -> String {
    use gstreamer::prelude::GstObjectExt as _;
    if let Err(error) = init() {
        return format!("no video: {error}\n");
    }
    let names = |media_type| {
        let found = elements::decoders(media_type);
        let names: Vec<String> = found.iter().map(|factory| factory.name().to_string()).collect();
        names.join(", ")
    };
    let codecs = [
        ("H.264", "video/x-h264"),
        ("H.265", "video/x-h265"),
        ("MJPEG", "image/jpeg"),
    ];
    let lines = codecs.map(|(codec, media_type)| format!("{codec}: {}\n", names(media_type)));
    format!("{}\n{}", gstreamer::version_string(), lines.concat())
}

/// What this computer has, in bytes; `None` where it does not tell.
#[must_use]
pub fn memory_of_computer() -> Option<u64> {
    budget::memory()
}

/// Starts GStreamer and checks that what every stream needs is installed. Call once, before any [`Player`]; takes some
/// 100 ms because it also loads the decoders' libraries, so that the first picture does not wait for them.
///
/// # Errors
/// [`VideoError::Init`] when GStreamer does not start, [`VideoError::Missing`] with the package's name when an element
/// that nothing can stand in for is not installed.
pub fn init() -> Result<(), VideoError> {
    gstreamer::init().map_err(VideoError::Init)?;
    budget::DECODERS.measure();
    chain::check_installed()
}
