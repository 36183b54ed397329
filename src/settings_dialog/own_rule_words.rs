//! What topics, places and days of rules are called.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use crate::ui::events::says;
use crate::wording::event;
use device::Registry;
use events::{RuleTopic, Subject};

/// The days of the week in short, from Monday on.
pub(super) fn days(words: &Words) -> [String; 7] {
    [
        fl!(words, "alerts-day-mon"),
        fl!(words, "alerts-day-tue"),
        fl!(words, "alerts-day-wed"),
        fl!(words, "alerts-day-thu"),
        fl!(words, "alerts-day-fri"),
        fl!(words, "alerts-day-sat"),
        fl!(words, "alerts-day-sun"),
    ]
}

/// What a topic is called.
pub(super) fn topic(words: &Words, of: RuleTopic) -> String {
    match of {
        RuleTopic::Category(category) => event::category(words, category),
        RuleTopic::Kind(kind) => says::kind(words, kind),
        RuleTopic::Occurrence(occurrence) => event::occurrence(words, occurrence),
    }
}

/// What a place of a rule is called.
pub(super) fn place(registry: &Registry, of: &Subject) -> String {
    let name = match of {
        Subject::Site(id) => registry.site(*id).map(|site| site.name.clone()),
        Subject::Device(id) => registry
            .device(*id)
            .map(|device| registry.label_of(device).into_owned()),
        _ => None,
    };
    name.unwrap_or_else(|| of.to_string())
}
