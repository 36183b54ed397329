//! What a device says that it is, and what came of asking it, in words.

use i18n_embed_fl::fl;

use crate::bridge::KnownIdentity;
use crate::i18n::Words;
use onvif::{DeviceIdentity, EnquiryFault, SignInRefusal};

/// A clock that is so close is right: an answer takes a moment.
const RIGHT: i64 = 2;

/// Maker, model, firmware, serial number and clock in one line; empty where nothing is known.
pub fn line(words: &Words, known: &KnownIdentity) -> String {
    of(words, &known.identity).join(" · ")
}

/// The same, each for itself.
pub fn of(words: &Words, identity: &DeviceIdentity) -> Vec<String> {
    let DeviceIdentity {
        maker,
        model,
        firmware,
        serial,
        clock_offset,
    } = identity;
    let what = [maker.as_str(), model.as_str()];
    let what = what
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let named = |text: &str, said: String| (!text.is_empty()).then_some(said);
    let parts = [
        named(&what, what.clone()),
        named(firmware, fl!(words, "identity-firmware", firmware = firmware.as_str())),
        named(serial, fl!(words, "identity-serial", serial = serial.as_str())),
        clock_offset.map(|offset| clock(words, offset)),
    ];
    parts.into_iter().flatten().collect()
}

fn clock(words: &Words, offset: i64) -> String {
    if offset.abs() <= RIGHT {
        return fl!(words, "identity-clock-right");
    }
    let sign = if offset > 0 { "+" } else { "−" };
    let seconds = offset.unsigned_abs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let off = match (hours, minutes) {
        (0, 0) => fl!(words, "identity-seconds", seconds = seconds),
        (0, _) => fl!(words, "identity-minutes", minutes = minutes, seconds = (seconds % 60)),
        _ => fl!(words, "identity-hours", hours = hours, minutes = minutes),
    };
    fl!(words, "identity-clock", off = format!("{sign}{off}"))
}

/// Why an enquiry ended early, and what a person can do about it.
pub fn fault(words: &Words, fault: &EnquiryFault) -> (String, String) {
    match fault {
        EnquiryFault::SignIn(SignInRefusal::Missing) => {
            (fl!(words, "onvif-no-user"), fl!(words, "onvif-no-user-advice"))
        }
        EnquiryFault::SignIn(SignInRefusal::InClear) => {
            (fl!(words, "onvif-in-clear"), fl!(words, "onvif-in-clear-advice"))
        }
        EnquiryFault::SignIn(SignInRefusal::Refused {
            lockout, clock: off, ..
        }) => {
            let mut said = vec![fl!(words, "onvif-refused")];
            if lockout.locked {
                said.push(match lockout.minutes {
                    Some(minutes) => fl!(words, "onvif-locked-minutes", minutes = minutes),
                    None => fl!(words, "onvif-locked"),
                });
            }
            said.extend(
                lockout
                    .attempts_left
                    .map(|left| fl!(words, "onvif-attempts-left", left = left)),
            );
            said.extend(off.filter(|off| off.abs() > RIGHT).map(|off| clock(words, off)));
            (said.join(" "), fl!(words, "onvif-refused-advice"))
        }
        EnquiryFault::NotOnvif { status, .. } => (
            fl!(words, "onvif-none", status = status),
            fl!(words, "onvif-none-advice"),
        ),
        EnquiryFault::NotAllowed(_) => (fl!(words, "onvif-not-allowed"), fl!(words, "onvif-not-allowed-advice")),
        EnquiryFault::Busy => (fl!(words, "onvif-busy"), fl!(words, "onvif-busy-advice")),
        EnquiryFault::Refused(_) | EnquiryFault::Unreadable(_) => {
            (fl!(words, "onvif-unreadable"), fl!(words, "onvif-by-hand-advice"))
        }
        EnquiryFault::NoChannels => (fl!(words, "onvif-no-channels"), fl!(words, "onvif-by-hand-advice")),
    }
}

/// What the device itself said of it, if it did.
pub fn words_of_device(fault: &EnquiryFault) -> Option<&str> {
    let text = match fault {
        EnquiryFault::SignIn(SignInRefusal::Refused { text, .. })
        | EnquiryFault::NotOnvif { text, .. }
        | EnquiryFault::NotAllowed(text)
        | EnquiryFault::Refused(text) => text,
        EnquiryFault::SignIn(_) | EnquiryFault::Busy | EnquiryFault::Unreadable(_) | EnquiryFault::NoChannels => {
            return None;
        }
    };
    Some(text.as_str()).filter(|text| !text.is_empty())
}
