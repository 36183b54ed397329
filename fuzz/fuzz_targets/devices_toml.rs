//! Any text gives a registry that keeps its invariants and survives being written.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use monomi::store::text::{registry_from_text, registry_to_text};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (registry, _) = registry_from_text(&text);
    let mut names = HashSet::new();
    for device in &registry.devices {
        assert!(registry.site(device.site).is_some());
        assert!(names.insert(device.name.trim().to_lowercase()));
        assert!((1..=256).contains(&device.channels.len()));
    }
    if let Some(written) = registry_to_text(&text, &registry) {
        assert_eq!(registry_from_text(&written).0, registry, "{written}");
    }
});
