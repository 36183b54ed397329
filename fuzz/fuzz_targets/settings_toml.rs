//! Any text gives settings within their limits, which survive being written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use settings::{KEYS, Settings};
use monomi::store::text::{settings_from_text, settings_to_text};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (settings, _) = settings_from_text(&text);
    for key in KEYS {
        assert_eq!(key.set(&mut Settings::default(), key.get(&settings)), Ok(()), "{}", key.name);
    }
    if let Some(written) = settings_to_text(&text, &settings) {
        assert_eq!(settings_from_text(&written).0, settings, "{written}");
    }
});
