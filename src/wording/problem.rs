//! The words for what is wrong with a field.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use device::{DraftError, Field, HostError, Problem, Reading, TemplateError, is_hidden, with_hidden_shown};

/// The sentence beside the field that `error` names.
pub fn sentence(words: &Words, error: &DraftError) -> String {
    match &error.problem {
        Problem::Empty => empty(words, error.field),
        Problem::TooLong { max } => fl!(words, "problem-too-long", max = max.to_string()),
        Problem::ControlCharacter => fl!(words, "problem-control-character"),
        Problem::Duplicate => fl!(words, "problem-duplicate"),
        Problem::Host(host) => self::host(words, host),
        Problem::Template(template) => self::template(words, template),
        Problem::NotANumber => fl!(words, "problem-not-a-number"),
        Problem::OutOfRange { min, max } => {
            fl!(
                words,
                "problem-out-of-range",
                min = min.to_string(),
                max = max.to_string()
            )
        }
        Problem::UnknownBrand => fl!(words, "problem-unknown-brand"),
        Problem::BadUrl => fl!(words, "problem-bad-url"),
        Problem::TwoPasswords => fl!(words, "problem-two-passwords"),
        Problem::NotInName => fl!(words, "problem-not-in-name"),
        Problem::SameRoad => fl!(words, "problem-same-road"),
        Problem::TooMany { most } => fl!(words, "problem-too-many-roads", most = (*most)),
        Problem::NotEncrypted => fl!(words, "problem-not-encrypted"),
        Problem::UnclearPassword => fl!(words, "problem-unclear-password"),
        Problem::Ambiguous(_) => fl!(words, "problem-ambiguous"),
        Problem::HttpOnly => fl!(words, "problem-http-only"),
    }
}

/// One way to read an address, as something to choose.
pub fn reading(words: &Words, reading: &Reading) -> String {
    let host = match (&reading.host, reading.at) {
        (Some(host), _) => host.clone(),
        (None, Some(at)) => fl!(words, "reading-host-after", number = at),
        (None, None) => fl!(words, "reading-host-in-front"),
    };
    match &reading.user {
        Some(user) => fl!(words, "reading-with-user", host = host, user = shown(user)),
        None => fl!(words, "reading-without-user", host = host),
    }
}

/// A text that somebody typed, short and without hidden characters.
fn shown(text: &str) -> String {
    let mut short: String = with_hidden_shown(text).chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn empty(words: &Words, field: Field) -> String {
    match field {
        Field::Site => fl!(words, "problem-empty-site"),
        Field::Name | Field::ChannelName(_) => fl!(words, "problem-empty-name"),
        Field::RoadName(_) => fl!(words, "problem-empty-name"),
        Field::Host | Field::RoadHost(_) | Field::Url => fl!(words, "problem-empty-host"),
        Field::Port | Field::RoadPort(_) | Field::Channels => fl!(words, "problem-not-a-number"),
        Field::Brand | Field::MainPath | Field::SubPath => fl!(words, "problem-empty-path"),
        Field::User | Field::Password | Field::Transport => fl!(words, "problem-empty"),
    }
}

fn host(words: &Words, error: &HostError) -> String {
    match error {
        HostError::Empty => fl!(words, "problem-empty-host"),
        HostError::TooLong => fl!(words, "problem-host-too-long"),
        HostError::BadCharacter(' ' | '\u{3000}') => fl!(words, "problem-host-space"),
        HostError::BadCharacter(character) => fl!(words, "problem-host-character", character = visible(*character)),
        HostError::BadLabel => fl!(words, "problem-host-label"),
        HostError::BadIpv4 => fl!(words, "problem-host-ipv4"),
    }
}

fn template(words: &Words, error: &TemplateError) -> String {
    match error {
        TemplateError::Empty => fl!(words, "problem-empty-path"),
        TemplateError::TooLong => fl!(words, "problem-path-too-long"),
        TemplateError::ControlCharacter => fl!(words, "problem-control-character"),
        TemplateError::UnbalancedBrace => fl!(words, "problem-path-brace"),
        TemplateError::UnknownPlaceholder(name) => fl!(words, "problem-path-placeholder", name = shortened(name)),
        TemplateError::WholeUrl => fl!(words, "problem-path-url"),
        TemplateError::HoldsPassword => fl!(words, "problem-path-password"),
    }
}

fn visible(character: char) -> String {
    if is_hidden(character) {
        format!("U+{:04X}", u32::from(character))
    } else {
        character.to_string()
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(20).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{{{short}}}")
}
