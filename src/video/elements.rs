//! Elements by name, decoders by rank, and the end of a pipeline: what pictures and sound both need.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::error::VideoError;

/// The packages that have the elements; on Windows they come with the program.
#[cfg(not(windows))]
mod packages {
    pub(in crate::video) const BASE: &str = "gstreamer1.0-plugins-base";
    pub(in crate::video) const GOOD: &str = "gstreamer1.0-plugins-good";
    pub(in crate::video) const BAD: &str = "gstreamer1.0-plugins-bad";
    pub(in crate::video) const LIBAV: &str = "gstreamer1.0-libav";
}
#[cfg(windows)]
mod packages {
    pub(in crate::video) const BASE: &str = "Monomi again";
    pub(in crate::video) const GOOD: &str = BASE;
    pub(in crate::video) const BAD: &str = BASE;
    pub(in crate::video) const LIBAV: &str = BASE;
}
pub(super) use packages::{BAD, BASE, GOOD, LIBAV};

/// Makes an element. `package`: the package that has it, for the error message.
pub(super) fn make(element: &'static str, package: &'static str) -> Result<gst::Element, VideoError> {
    gst::ElementFactory::make(element).build().map_err(|error| {
        tracing::debug!(%error, element, "a GStreamer element is missing");
        VideoError::Missing { element, package }
    })
}

/// All decoders of a media type, the highest rank first.
pub(super) fn decoders(media_type: &str) -> Vec<gst::ElementFactory> {
    let mut caps = gst::Caps::builder(media_type);
    // Version 4 of both: MPEG-4 Part 2, and AAC.
    if ["video/mpeg", "audio/mpeg"].contains(&media_type) {
        caps = caps.field("mpegversion", 4);
    }
    // What decodes transparency beside the picture takes no stream without it, and ranks first.
    let caps = caps.field("codec-alpha", false).build();
    let mut found: Vec<_> =
        gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL)
            .into_iter()
            .filter(|factory| factory.can_sink_any_caps(&caps))
            .collect();
    found.sort_by_key(|factory| (std::cmp::Reverse(factory.rank()), factory.name()));
    found
}

/// Stops a pipeline in a thread called `name`: stopping waits, for the picture that is being decoded or for a sound server.
pub(super) fn stop(pipeline: &gst::Pipeline, name: &str) {
    let stopping = pipeline.clone();
    let stop = move || {
        let _ = stopping.set_state(gst::State::Null);
    };
    if std::thread::Builder::new().name(name.to_owned()).spawn(stop).is_err() {
        let _ = pipeline.set_state(gst::State::Null);
    }
}
