#![no_main]
//! A file in the folder for recordings, whatever is in it.

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use recording::{plan, read_info, read_part, read_plain};

fuzz_target!(|bytes: &[u8]| {
    let length = bytes.len() as u64;
    let _ = read_info(Cursor::new(bytes));
    if let Ok(part) = read_part(Cursor::new(bytes)) {
        for sample in &part.samples {
            assert!(sample.at + u64::from(sample.size) <= length);
        }
        let _ = part.seal();
        let begin = part.info.begin;
        let _ = plan(&[part], begin, begin.saturating_add(1_000_000));
    }
    if let Ok(plain) = read_plain(Cursor::new(bytes)) {
        for sample in &plain.samples {
            assert!(sample.at + u64::from(sample.size) <= length);
        }
    }
});
