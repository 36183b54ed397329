//! What a track of the session is to GStreamer and to a person.

use crate::video::TrackCaps;
use rtsp::{Codec, Media, Track};

/// The codec as people write it.
pub(super) fn label(codec: &Codec) -> String {
    match codec {
        Codec::H264 => "H.264",
        Codec::H265 => "H.265",
        Codec::Mjpeg => "MJPEG",
        Codec::Mpeg4 => "MPEG-4",
        Codec::Pcmu => "G.711 µ-law",
        Codec::Pcma => "G.711 A-law",
        Codec::Aac | Codec::AacLatm => "AAC",
        Codec::Other(name) => name,
    }
    .to_owned()
}

pub(super) fn caps_of(track: &Track) -> TrackCaps {
    let dimensions = track
        .dimensions
        .map(|(width, height)| ("x-dimensions".to_owned(), format!("{width},{height}")));
    let rate = track.frame_rate.map(|rate| ("framerate".to_owned(), rate.to_string()));
    let channels = track
        .channels
        .map(|channels| ("encoding-params".to_owned(), channels.to_string()));
    let extra = dimensions.into_iter().chain(rate).chain(channels).collect();
    let media = match track.media {
        Media::Video => "video",
        Media::Audio => "audio",
    };
    TrackCaps {
        media: media.to_owned(),
        encoding_name: track.encoding_name.clone(),
        payload_type: track.payload_type,
        clock_rate: track.clock_rate,
        fmtp: track.fmtp.clone(),
        extra,
        alone: track.alone,
    }
}
