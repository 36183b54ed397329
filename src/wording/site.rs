//! The words for what is wrong with a field of a site.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use device::{SiteProblem, WebAddress, WebAddressError};

/// The sentence beside the field.
#[must_use]
pub fn problem(words: &Words, problem: &SiteProblem) -> String {
    match problem {
        SiteProblem::TooLong { max } => fl!(words, "problem-too-long", max = max.to_string()),
        SiteProblem::ControlCharacter => fl!(words, "problem-control-character"),
        SiteProblem::NotSecure => fl!(words, "problem-feed-not-secure"),
        SiteProblem::Address(error) => match error {
            WebAddressError::NotWeb => fl!(words, "problem-address-not-web"),
            WebAddressError::NoHost => fl!(words, "problem-empty-host"),
            WebAddressError::User => fl!(words, "problem-address-user"),
            WebAddressError::Port => fl!(words, "problem-out-of-range", min = "1", max = "65535"),
            WebAddressError::Character => fl!(words, "problem-address-character"),
            WebAddressError::TooLong => fl!(words, "problem-too-long", max = WebAddress::LONGEST.to_string()),
        },
    }
}
