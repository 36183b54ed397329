//! The words for what a table would do, and for what is wrong with it.

use i18n_embed_fl::fl;

use super::env::Env;
use crate::bridge::ProfileFault;
use crate::i18n::Words;
use crate::ui::profile;
use crate::wording;
use device::MediaTransport;
use registry_csv::{CsvChange, CsvColumn, CsvFault, CsvMistake, CsvOutcome};

/// Why a table was not read or written.
pub(super) fn fault(words: &Words, fault: &ProfileFault) -> String {
    match fault {
        ProfileFault::NoTable(CsvFault::Empty) => fl!(words, "csv-empty"),
        ProfileFault::NoTable(CsvFault::TooLarge) => fl!(words, "csv-too-large"),
        ProfileFault::NoTable(CsvFault::Encoding) => fl!(words, "csv-encoding"),
        ProfileFault::NoTable(CsvFault::NoHeader) => fl!(words, "csv-no-header"),
        ProfileFault::NoTable(CsvFault::Twice(twice)) => fl!(words, "csv-twice", column = column(words, *twice)),
        other => profile::problem(words, other),
    }
}

/// What becomes of a row.
pub(super) fn outcome(env: &Env, outcome: &CsvOutcome) -> String {
    let words = env.words;
    match outcome {
        CsvOutcome::New(edit) => fl!(
            words,
            "csv-row-new",
            address = edit.device.host.with_port(edit.device.port)
        ),
        CsvOutcome::Same => fl!(words, "csv-row-same"),
        CsvOutcome::Changed(_, changes) => {
            let changes: Vec<String> = changes.iter().map(|each| change(env, each)).collect();
            words.list(&changes)
        }
        CsvOutcome::Bad(mistakes) => {
            let mistakes: Vec<String> = mistakes.iter().map(|each| mistake(words, each)).collect();
            mistakes.join(" / ")
        }
    }
}

fn change(env: &Env, change: &CsvChange) -> String {
    let (words, name) = (env.words, column(env.words, change.column));
    if change.column == CsvColumn::Password {
        return fl!(words, "csv-password-set");
    }
    let (before, after) = (
        value(env, change.column, &change.before),
        value(env, change.column, &change.after),
    );
    fl!(words, "csv-change", column = name, before = before, after = after)
}

fn mistake(words: &Words, mistake: &CsvMistake) -> String {
    let reason = wording::reason(words, &mistake.reason);
    match &mistake.column {
        Some(column) => fl!(words, "csv-mistake", column = column.as_str(), reason = reason),
        None => reason,
    }
}

fn column(words: &Words, column: CsvColumn) -> String {
    match column {
        CsvColumn::Site => fl!(words, "editor-site"),
        CsvColumn::Name => fl!(words, "editor-name"),
        CsvColumn::Enabled => fl!(words, "devices-column-state"),
        CsvColumn::Host => fl!(words, "editor-host"),
        CsvColumn::Port => fl!(words, "editor-port"),
        CsvColumn::Carrier => fl!(words, "bulk-carrier"),
        CsvColumn::Transport => fl!(words, "editor-transport"),
        CsvColumn::User => fl!(words, "editor-user"),
        CsvColumn::Password => fl!(words, "editor-password"),
        CsvColumn::Brand => fl!(words, "editor-brand"),
        CsvColumn::MainPath => fl!(words, "editor-main-path"),
        CsvColumn::SubPath => fl!(words, "editor-sub-path"),
        CsvColumn::Channels => fl!(words, "editor-channels"),
        CsvColumn::ChannelNames => fl!(words, "editor-channel-names"),
        CsvColumn::SiteNote => fl!(words, "site-editor-note"),
        CsvColumn::SiteContact => fl!(words, "site-editor-contact"),
        CsvColumn::SitePage => fl!(words, "site-editor-page"),
        CsvColumn::SiteFeed => fl!(words, "site-editor-feed"),
        CsvColumn::Id => fl!(words, "csv-column-id"),
        CsvColumn::AddingMode => fl!(words, "csv-column-adding-mode"),
    }
}

/// A value as the editor shows it, in one line.
fn value(env: &Env, column: CsvColumn, text: &str) -> String {
    let words = env.words;
    match (column, text) {
        (_, "") => fl!(words, "bulk-none"),
        (CsvColumn::Enabled, "yes") => fl!(words, "bulk-enabled"),
        (CsvColumn::Enabled, _) => fl!(words, "bulk-disabled"),
        (CsvColumn::Carrier, text) => text.to_uppercase(),
        (CsvColumn::Transport, text) => match MediaTransport::from_word(text) {
            Some(MediaTransport::Automatic) => fl!(words, "editor-transport-automatic"),
            Some(MediaTransport::Tcp) => fl!(words, "editor-transport-tcp"),
            Some(MediaTransport::Udp) => fl!(words, "editor-transport-udp"),
            Some(MediaTransport::Multicast) => fl!(words, "editor-transport-multicast"),
            None => text.to_owned(),
        },
        (CsvColumn::Brand, text) => {
            let brand = env.brands.all().iter().find(|brand| brand.id.0 == text);
            brand.map_or_else(|| text.to_owned(), device::Brand::label)
        }
        (CsvColumn::ChannelNames, text) => {
            let names: Vec<String> = text
                .lines()
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            words.list(&names)
        }
        (_, text) => text.to_owned(),
    }
}
