//! What was said to a device, and what it answered.

use std::time::Duration;

/// The longest text that is kept, in bytes; a description of many tracks has less.
pub const LONGEST_TEXT: usize = 6 * 1_024;

/// The most texts that one step keeps.
pub const MOST_EXCHANGES: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// To the device.
    Said,
    /// By the device.
    Answered,
}

/// One message as it went over the wire, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub kind: ExchangeKind,
    pub text: String,
    /// Since the trace began.
    pub at: Duration,
}

impl Exchange {
    pub(crate) fn new(kind: ExchangeKind, text: &str, at: Duration) -> Self {
        let text = text.trim_end();
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut kept = text[..end].replace('\r', "");
        if end < text.len() {
            kept.push('…');
        }
        Self { kind, text: kept, at }
    }
}
