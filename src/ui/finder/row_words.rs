//! What is said of a device that is being added, in one line.

use std::time::Instant;

use i18n_embed_fl::fl;

use crate::bridge::{Clock, EnquiryState};
use crate::i18n::Words;
use crate::ui::{advice, identity, state};
use ::onvif::EnquiryFault;
use reconnect::Failure;

/// How far it is; `None`: it has ended.
pub(super) fn under_way(words: &Words, enquiry: &EnquiryState, now: Instant) -> Option<String> {
    Some(match enquiry {
        EnquiryState::Waiting { until: Some(until) } => {
            let wait = words.countdown(until.saturating_duration_since(now));
            fl!(words, "find-row-waiting-until", wait = wait)
        }
        EnquiryState::Waiting { until: None } => fl!(words, "find-row-waiting"),
        EnquiryState::Asking { .. } => fl!(words, "find-row-asking"),
        EnquiryState::Done(_) | EnquiryState::NotAsked(_) | EnquiryState::Failed(_) => return None,
    })
}

/// Why it told no channels, with what the device itself said.
pub(super) fn fault(words: &Words, fault: &EnquiryFault) -> String {
    let (reason, _) = identity::fault(words, fault);
    with_words(words, reason, identity::words_of_device(fault))
}

pub(super) fn failure(words: &Words, failure: &Failure) -> String {
    with_words(words, advice::reason(words, failure), advice::words_of_device(failure))
}

/// It refused the same sign-in at this time of day.
pub(super) fn not_asked(words: &Words, clock: Clock) -> String {
    fl!(words, "test-refused-before", clock = state::clock(clock))
}

fn with_words(words: &Words, reason: String, said: Option<&str>) -> String {
    match said {
        None => reason,
        Some(said) => fl!(words, "find-row-said", reason = reason, said = said),
    }
}
