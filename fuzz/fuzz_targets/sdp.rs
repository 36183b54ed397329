//! Any bytes as a session description: no panic, and a track that is chosen can be depayloaded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtsp::parse_sdp;

fuzz_target!(|bytes: &[u8]| {
    let mut description = parse_sdp(bytes);
    if let Ok(tracks) = description.tracks(true) {
        for (track, _) in tracks {
            assert_eq!(track.codec.media(), Some(track.media));
            assert!(track.clock_rate > 0 && !track.encoding_name.is_empty());
        }
    }
});
