use i18n_embed_fl::fl;

use crate::i18n::Words;
use discovery::RangeError;

/// Why a range cannot be used, and what to write instead.
pub(super) fn fault(words: &Words, error: &RangeError) -> String {
    match error {
        RangeError::NotARange(text) => fl!(words, "find-range-not", text = text.as_str()),
        RangeError::Backwards { text } => fl!(words, "find-range-backwards", text = text.as_str()),
        RangeError::TooWide { text, most } => fl!(words, "find-range-wide", text = text.as_str(), most = most),
        RangeError::NoHost { text } => fl!(words, "find-range-no-host", text = text.as_str()),
    }
}
