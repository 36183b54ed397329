//! Any bytes as a message head: no panic, and what is accepted holds together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtsp::{StartLine, parse_head};

fuzz_target!(|bytes: &[u8]| {
    let Ok((head, _)) = parse_head(bytes) else { return };
    if let StartLine::Response { status, .. } = &head.start {
        assert!((100..1000).contains(status));
    }
    let _ = (head.cseq(), head.content_length());
    for (name, value) in head.headers() {
        assert!(!name.is_empty() && !name.contains('\n') && !value.contains('\n'));
        assert!(head.all(name).any(|other| other == value));
    }
});
