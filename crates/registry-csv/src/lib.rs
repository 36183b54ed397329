//! THE REGISTRY AS A TABLE: the CSV that spreadsheets read and write, and the batch template of iVMS-4200.
//!
//! Belongs here: what a cell, a column and a file of rows mean, and what they would make of a registry. Bytes in, a plan out, and the
//! way back.
//! Does not belong here: files (`store`), saving (`engine`), sentences for people (`settings_dialog`, `cli`).

mod cell;
mod column;
mod export;
mod fault;
mod plan;
mod reading;
mod sheet;
mod text;

pub use column::CsvColumn;
pub use export::{CsvHeader, write};
pub use fault::{CsvFault, CsvMistake, CsvReason};
pub use plan::{CsvChange, CsvOutcome, CsvPlan, CsvRow, read};
pub use sheet::{CsvDelimiter, CsvKind};
pub use text::CsvEncoding;

/// The most bytes that a file is read of: 5,000 devices with 16 named channels each have about 2 MiB.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
