use i18n_embed_fl::fl;

use super::{problem, site};
use crate::i18n::Words;
use registry_csv::CsvReason;

/// Why a cell or a row of a table cannot be taken.
#[must_use]
pub fn reason(words: &Words, reason: &CsvReason) -> String {
    match reason {
        CsvReason::Field(error) => problem::sentence(words, error),
        CsvReason::Site(error) => site::problem(words, error),
        CsvReason::NotAnId => fl!(words, "csv-not-an-id"),
        CsvReason::NotYesOrNo => fl!(words, "csv-not-yes-or-no"),
        CsvReason::UnknownCarrier => fl!(words, "csv-unknown-carrier"),
        CsvReason::UnknownTransport => fl!(words, "csv-unknown-transport"),
        CsvReason::SameAsRow(row) => fl!(words, "csv-same-as-row", row = (*row)),
        CsvReason::TooManyCells => fl!(words, "csv-too-many-cells"),
        CsvReason::OpenQuote => fl!(words, "csv-open-quote"),
        CsvReason::AddingMode => fl!(words, "csv-adding-mode"),
    }
}
